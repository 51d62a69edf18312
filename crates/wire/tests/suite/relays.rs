//! Devices' lines as rsyslogd 8 passes them on in its three formats, to the byte; its own
//! address is 127.0.0.9 and its clock stands at UTC. Device, program and severity are the device's.

use crate::support::hold;

#[test]
fn traditional() {
    #[rustfmt::skip]
    hold(&[
        ("<189>Nov 27 19:37:48 127.0.0.9 45: sw-a: Nov 26 22:00:00.000 ICT: %SYS-5-CONFIG_I: Configured", "sw-a", "SYS", 5, "2026-11-26T15:00:00Z"),
        ("<189>Nov 27 19:37:48 127.0.0.9 46: Nov 26 22:00:00.000 ICT: %SYS-5-CONFIG_I: no name", "127.0.0.9", "SYS", 5, "2026-11-26T15:00:00Z"),
        ("<188>Nov 26 22:00:00 SW-HW %%01SHELL/5/LOGIN(s)[12]: VTY login from 10.1.1.2.", "SW-HW", "SHELL", 4, "2026-11-26T15:00:00Z"),
        ("<188>Nov 27 19:37:48 Nov 26 2026 22:00:00+07:00 SW-HW2 %%01SHELL/5/LOGIN(s)[12]:VTY login from 10.1.1.2.", "SW-HW2", "SHELL", 4, "2026-11-26T15:00:00Z"),
        ("<189>Nov 26 22:00:00 2026 H3C-1 %%10SHELL/5/SHELL_LOGIN: -DevIP=10.1.1.1; VTY logged in", "H3C-1", "SHELL", 5, "2026-11-26T15:00:00Z"),
        ("<189>Nov 27 19:37:48 127.0.0.9 date=2026-11-26 time=22:00:00 devname=\"FGT-1\" devid=\"FG1\" tz=\"+0700\" type=\"event\" level=\"notice\"", "FGT-1", "event", 5, "2026-11-26T15:00:00Z"),
        ("<166>Nov 26 22:00:00 ASA-1 : %ASA-6-302013: Built outbound", "ASA-1", "ASA", 6, "2026-11-26T15:00:00Z"),
        ("<30>Nov 26 22:00:00 gw-1 system,info,account user admin logged in", "gw-1", "system", 6, "2026-11-26T15:00:00Z"),
        ("<14>Nov 26 22:00:00 PA-1 1,2026/11/26 22:00:00,0123,TRAFFIC,end,1", "PA-1", "TRAFFIC", 6, "2026-11-26T15:00:00Z"),
        ("<189>Nov 27 19:37:48 127.0.0.9 : 2026 Nov 26 22:00:00 ICT: %VSHD-5-VSHD_SYSLOG_CONFIG_I: Configured", "127.0.0.9", "VSHD", 5, "2026-11-26T15:00:00Z"),
        ("<28>Nov 26 22:00:00 srx-1 RT_FLOW: RT_FLOW_SESSION_DENY: x", "srx-1", "RT_FLOW", 4, "2026-11-26T15:00:00Z"),
        ("<131>Nov 27 19:37:48 127.0.0.9 WLC01: *Dot1x_NW_MsgTask_0: Nov 26 22:00:00.000: %DOT1X-3-INVALID_WPA: x", "WLC01", "DOT1X", 3, "2026-11-26T15:00:00Z"),
        ("<30>Nov 27 19:37:48 127.0.0.9 device=\"SFW\" date=2026-11-26 time=22:00:00 timezone=\"+07\" device_name=\"XG-1\" device_id=C1 log_type=\"Event\"", "XG-1", "", 6, "2026-11-26T15:00:00Z"),
        ("<134>Nov 27 19:37:48 127.0.0.9 id=firewall sn=0017 time=\"2026-11-26 22:00:00\" fw=10.1.1.1 pri=6 c=1024 m=97 msg=\"x\"", "127.0.0.9", "", 6, "2026-11-26T15:00:00Z"),
        ("<166>Nov 26 15:00:00 esx01 Hostd[2099]: [Originator@6876] x", "esx01", "Hostd", 6, "2026-11-26T08:00:00Z"),
        ("<189>Nov 27 19:37:48 127.0.0.9 45: sw-core-01: 000046: *Nov 26 2026 22:00:00.000 GMT+7: %LINEPROTO-5-UPDOWN: x", "sw-core-01", "LINEPROTO", 5, "2026-11-26T15:00:00Z"),
    ]);
}

#[test]
fn forward() {
    #[rustfmt::skip]
    hold(&[
        ("<189>2026-11-27T19:37:48.519943+00:00 127.0.0.9 45: sw-a: Nov 26 22:00:00.000 ICT: %SYS-5-CONFIG_I: Configured", "sw-a", "SYS", 5, "2026-11-26T15:00:00Z"),
        ("<189>2026-11-27T19:37:48.533886+00:00 127.0.0.9 46: Nov 26 22:00:00.000 ICT: %SYS-5-CONFIG_I: no name", "127.0.0.9", "SYS", 5, "2026-11-26T15:00:00Z"),
        ("<188>2026-11-26T22:00:00+00:00 SW-HW %%01SHELL/5/LOGIN(s)[12]: VTY login from 10.1.1.2.", "SW-HW", "SHELL", 4, "2026-11-26T22:00:00Z"),
        ("<188>2026-11-27T19:37:48.556258+00:00 Nov 26 2026 22:00:00+07:00 SW-HW2 %%01SHELL/5/LOGIN(s)[12]:VTY login from 10.1.1.2.", "SW-HW2", "SHELL", 4, "2026-11-26T15:00:00Z"),
        ("<189>2026-11-26T22:00:00+00:00 2026 H3C-1 %%10SHELL/5/SHELL_LOGIN: -DevIP=10.1.1.1; VTY logged in", "H3C-1", "SHELL", 5, "2026-11-26T22:00:00Z"),
        ("<189>2026-11-27T19:37:48.576636+00:00 127.0.0.9 date=2026-11-26 time=22:00:00 devname=\"FGT-1\" devid=\"FG1\" tz=\"+0700\" type=\"event\" level=\"notice\"", "FGT-1", "event", 5, "2026-11-26T15:00:00Z"),
        ("<166>2026-11-26T22:00:00+00:00 ASA-1 : %ASA-6-302013: Built outbound", "ASA-1", "ASA", 6, "2026-11-26T22:00:00Z"),
        ("<30>2026-11-26T22:00:00+00:00 gw-1 system,info,account user admin logged in", "gw-1", "system", 6, "2026-11-26T22:00:00Z"),
        ("<14>2026-11-26T22:00:00+00:00 PA-1 1,2026/11/26 22:00:00,0123,TRAFFIC,end,1", "PA-1", "TRAFFIC", 6, "2026-11-26T22:00:00Z"),
        ("<189>2026-11-27T19:37:48.617356+00:00 127.0.0.9 : 2026 Nov 26 22:00:00 ICT: %VSHD-5-VSHD_SYSLOG_CONFIG_I: Configured", "127.0.0.9", "VSHD", 5, "2026-11-26T15:00:00Z"),
        ("<28>2026-11-26T22:00:00+00:00 srx-1 RT_FLOW: RT_FLOW_SESSION_DENY: x", "srx-1", "RT_FLOW", 4, "2026-11-26T22:00:00Z"),
        ("<131>2026-11-27T19:37:48.651284+00:00 127.0.0.9 WLC01: *Dot1x_NW_MsgTask_0: Nov 26 22:00:00.000: %DOT1X-3-INVALID_WPA: x", "WLC01", "DOT1X", 3, "2026-11-26T15:00:00Z"),
        ("<30>2026-11-27T19:37:48.661688+00:00 127.0.0.9 device=\"SFW\" date=2026-11-26 time=22:00:00 timezone=\"+07\" device_name=\"XG-1\" device_id=C1 log_type=\"Event\"", "XG-1", "", 6, "2026-11-26T15:00:00Z"),
        ("<134>2026-11-27T19:37:48.671623+00:00 127.0.0.9 id=firewall sn=0017 time=\"2026-11-26 22:00:00\" fw=10.1.1.1 pri=6 c=1024 m=97 msg=\"x\"", "127.0.0.9", "", 6, "2026-11-26T15:00:00Z"),
        ("<166>2026-11-26T15:00:00.123Z esx01 Hostd[2099]: [Originator@6876] x", "esx01", "Hostd", 6, "2026-11-26T15:00:00.123000Z"),
        ("<189>2026-11-27T19:37:48.702138+00:00 127.0.0.9 45: sw-core-01: 000046: *Nov 26 2026 22:00:00.000 GMT+7: %LINEPROTO-5-UPDOWN: x", "sw-core-01", "LINEPROTO", 5, "2026-11-26T15:00:00Z"),
        ("<189>2026-11-27T19:37:48.898897+00:00 127.0.0.9 : 2026 Nov 26 22:00:00 ICT: %VSHD-5-VSHD_SYSLOG_CONFIG_I: Configured from vty", "127.0.0.9", "VSHD", 5, "2026-11-26T15:00:00Z"),
        ("<189>2026-11-27T19:37:48.919374+00:00 127.0.0.9 : N9K-1: 2026 Nov 26 22:00:00 ICT: %ETHPORT-5-IF_UP: x", "N9K-1", "ETHPORT", 5, "2026-11-26T15:00:00Z"),
        ("<189>2026-11-27T19:37:48.960625+00:00 127.0.0.9 45: WLC9800: Nov 26 2026 22:00:00.000 ICT: %CLIENT_ORCH_LOG-6-CLIENT_ADDED_TO_RUN_STATE: Chassis 1 R0/0: wncd: x", "WLC9800", "CLIENT_ORCH_LOG", 5, "2026-11-26T15:00:00Z"),
        ("<13>2026-11-27T19:37:49.095663+00:00 127.0.0.9 #Nov 26 2026 22:00:00 S5720 L2IFPPI/4/MFLPVLANALARM:OID 1.3.6.1", "S5720", "L2IFPPI", 5, "2026-11-26T15:00:00Z"),
        ("<188>2026-11-27T19:37:49.105963+00:00 Nov 26 2026 22:00:00.120.1+07:00 CE6850 %%01DEVM/4/hwEntityInvalid(l):CID=0x8", "CE6850", "DEVM", 4, "2026-11-26T15:00:00.120000Z"),
        ("<188>2026-11-27T19:37:49.126399+00:00 Nov 26 2026 15:00:00+00:00 SW %%01IFNET/4/LINK_STATE(l)[0]:x", "SW", "IFNET", 4, "2026-11-26T15:00:00Z"),
        ("<189>2026-11-26T22:00:00+00:00 2026 H3C %%10SHELL/5/SHELL_LOGIN: -DevIP=10.1.1.1; VTY logged in from 10.1.1.2.", "H3C", "SHELL", 5, "2026-11-26T22:00:00Z"),
        ("<187>2026-11-27T19:37:49.187777+00:00 Nov 26 22:00:00:123 2026 H3C %%10IFNET/3/PHY_UPDOWN: x", "H3C", "IFNET", 3, "2026-11-26T15:00:00.123000Z"),
        ("<13>2026-11-27T19:37:49.198005+00:00 127.0.0.9 %@12345%Nov 26 22:00:00:123 2026 H3C SHELL/5/SHELL_LOGIN: VTY logged in", "H3C", "SHELL", 5, "2026-11-26T15:00:00.123000Z"),
        ("<189>2026-11-27T19:37:49.231515+00:00 Nov 26 22:00:00:123 2026 H3C SHELL/5/SHELL_CMD: x", "H3C", "SHELL", 5, "2026-11-26T15:00:00.123000Z"),
        ("<14>2026-11-26T22:00:00.123+00:00 2026 srx-hq RT_FLOW: RT_FLOW_SESSION_CREATE: x", "srx-hq", "RT_FLOW", 6, "2026-11-26T22:00:00.123000Z"),
        ("<30>2026-11-26T22:00:00+00:00 2026 mx1 rpd[123]: bgp x", "mx1", "rpd", 6, "2026-11-26T22:00:00Z"),
        ("<37>2026-11-26T22:00:00+00:00 2026 mx1 sshd[9]: %AUTH-5: x", "mx1", "sshd", 5, "2026-11-26T22:00:00Z"),
    ]);
}

#[test]
fn ietf() {
    #[rustfmt::skip]
    hold(&[
        ("<189>1 2026-11-27T19:37:48.519943+00:00 127.0.0.9 45 - - -  sw-a: Nov 26 22:00:00.000 ICT: %SYS-5-CONFIG_I: Configured", "sw-a", "SYS", 5, "2026-11-26T15:00:00Z"),
        ("<189>1 2026-11-27T19:37:48.533886+00:00 127.0.0.9 46 - - -  Nov 26 22:00:00.000 ICT: %SYS-5-CONFIG_I: no name", "127.0.0.9", "SYS", 5, "2026-11-26T15:00:00Z"),
        ("<188>1 2026-11-26T22:00:00+00:00 SW-HW %%01SHELL 12 - - VTY login from 10.1.1.2.", "SW-HW", "SHELL", 4, "2026-11-26T22:00:00Z"),
        ("<188>1 2026-11-27T19:37:48.556258+00:00 Nov 26 - - -  2026 22:00:00+07:00 SW-HW2 %%01SHELL/5/LOGIN(s)[12]:VTY login from 10.1.1.2.", "SW-HW2", "SHELL", 4, "2026-11-26T15:00:00Z"),
        ("<189>1 2026-11-26T22:00:00+00:00 2026 H3C-1 - - -  %%10SHELL/5/SHELL_LOGIN: -DevIP=10.1.1.1; VTY logged in", "H3C-1", "SHELL", 5, "2026-11-26T22:00:00Z"),
        ("<189>1 2026-11-27T19:37:48.576636+00:00 127.0.0.9 date=2026-11-26 - - -  time=22:00:00 devname=\"FGT-1\" devid=\"FG1\" tz=\"+0700\" type=\"event\" level=\"notice\"", "FGT-1", "event", 5, "2026-11-26T15:00:00Z"),
        ("<166>1 2026-11-26T22:00:00+00:00 ASA-1 - - - -  %ASA-6-302013: Built outbound", "ASA-1", "ASA", 6, "2026-11-26T22:00:00Z"),
        ("<30>1 2026-11-26T22:00:00+00:00 gw-1 system,info,account - - -  user admin logged in", "gw-1", "system", 6, "2026-11-26T22:00:00Z"),
        ("<14>1 2026-11-26T22:00:00+00:00 PA-1 1,2026 - - -  22:00:00,0123,TRAFFIC,end,1", "PA-1", "TRAFFIC", 6, "2026-11-26T22:00:00Z"),
        ("<189>1 2026-11-27T19:37:48.617356+00:00 127.0.0.9 - - - -  2026 Nov 26 22:00:00 ICT: %VSHD-5-VSHD_SYSLOG_CONFIG_I: Configured", "127.0.0.9", "VSHD", 5, "2026-11-26T15:00:00Z"),
        ("<131>1 2026-11-27T19:37:48.651284+00:00 127.0.0.9 WLC01 - - -  *Dot1x_NW_MsgTask_0: Nov 26 22:00:00.000: %DOT1X-3-INVALID_WPA: x", "WLC01", "DOT1X", 3, "2026-11-26T15:00:00Z"),
        ("<30>1 2026-11-27T19:37:48.661688+00:00 127.0.0.9 device=\"SFW\" - - -  date=2026-11-26 time=22:00:00 timezone=\"+07\" device_name=\"XG-1\" device_id=C1 log_type=\"Event\"", "XG-1", "", 6, "2026-11-26T15:00:00Z"),
        ("<134>1 2026-11-27T19:37:48.671623+00:00 127.0.0.9 id=firewall - - -  sn=0017 time=\"2026-11-26 22:00:00\" fw=10.1.1.1 pri=6 c=1024 m=97 msg=\"x\"", "127.0.0.9", "", 6, "2026-11-26T15:00:00Z"),
        ("<166>1 2026-11-26T15:00:00.123Z esx01 Hostd 2099 - -  [Originator@6876] x", "esx01", "Hostd", 6, "2026-11-26T15:00:00.123000Z"),
        ("<187>1 2026-11-27T19:37:48.691991+00:00 127.0.0.9 000045 - - -  SW-HCM: 000123: Nov 26 22:00:00.000 ICT: %LINK-3-UPDOWN: Interface Gi0/1, changed state to down", "SW-HCM", "LINK", 3, "2026-11-26T15:00:00Z"),
        ("<189>1 2026-11-27T19:37:48.702138+00:00 127.0.0.9 45 - - -  sw-core-01: 000046: *Nov 26 2026 22:00:00.000 GMT+7: %LINEPROTO-5-UPDOWN: x", "sw-core-01", "LINEPROTO", 5, "2026-11-26T15:00:00Z"),
        ("<189>1 2026-11-27T19:37:48.732851+00:00 127.0.0.9 45 - - -  Nov 26 22:00:00 VNTIME: %SYS-5-CONFIG_I: x", "127.0.0.9", "SYS", 5, "2026-11-26T15:00:00Z"),
        ("<189>1 2026-11-26T22:00:00+00:00 127.0.0.9 VNTIME - - -  %SYS-5-CONFIG_I: x", "127.0.0.9", "SYS", 5, "2026-11-26T22:00:00Z"),
        ("<189>1 2026-11-27T19:37:48.810910+00:00 127.0.0.9 45 - - -  sw1: 00:00:15: %SYS-5-CONFIG_I: x", "sw1", "SYS", 5, "2026-11-27T19:37:48.810000Z"),
        ("<189>1 2026-11-27T19:37:48.898897+00:00 127.0.0.9 - - - -  2026 Nov 26 22:00:00 ICT: %VSHD-5-VSHD_SYSLOG_CONFIG_I: Configured from vty", "127.0.0.9", "VSHD", 5, "2026-11-26T15:00:00Z"),
        ("<189>1 2026-11-27T19:37:48.919374+00:00 127.0.0.9 - - - -  N9K-1: 2026 Nov 26 22:00:00 ICT: %ETHPORT-5-IF_UP: x", "N9K-1", "ETHPORT", 5, "2026-11-26T15:00:00Z"),
        ("<131>1 2026-11-27T19:37:48.929534+00:00 127.0.0.9 WLC01 - - -  *Dot1x_NW_MsgTask_0: Nov 26 22:00:00.000: %DOT1X-3-INVALID_WPA_KEY_MSG_STATE: [SA]1x_eapkey.c:123 Invalid", "WLC01", "DOT1X", 3, "2026-11-26T15:00:00Z"),
        ("<132>1 2026-11-27T19:37:48.940020+00:00 127.0.0.9 WLC-HQ - - -  *apfMsConnTask_4: Nov 26 22:00:00.000: %APF-4-REGISTER_IPADD_ON_MSCB_FAILED: x", "WLC-HQ", "APF", 4, "2026-11-26T15:00:00Z"),
        ("<132>1 2026-11-27T19:37:48.950472+00:00 127.0.0.9 WLC-HQ - - -  *spamApTask4: Nov 26 22:00:00.000: #CAPWAP-4-DISC_INTF_ERR2: capwap_ac_sm.c:1457 x", "WLC-HQ", "CAPWAP", 4, "2026-11-26T15:00:00Z"),
        ("<189>1 2026-11-27T19:37:48.960625+00:00 127.0.0.9 45 - - -  WLC9800: Nov 26 2026 22:00:00.000 ICT: %CLIENT_ORCH_LOG-6-CLIENT_ADDED_TO_RUN_STATE: Chassis 1 R0/0: wncd: x", "WLC9800", "CLIENT_ORCH_LOG", 5, "2026-11-26T15:00:00Z"),
        ("<190>1 2026-11-26T22:00:00+00:00 SG350 %AAA-I-CONNECT - - -  New http connection for user cisco, source 10.1.1.2", "SG350", "AAA", 6, "2026-11-26T22:00:00Z"),
        ("<190>1 2026-11-27T19:37:48.981230+00:00 127.0.0.9 %LINK-I-Up - - -   gi1/0/1", "127.0.0.9", "LINK", 6, "2026-11-27T19:37:48.981000Z"),
        ("<188>1 2026-11-26T22:00:00+00:00 10.1.1.250 - - - - %LINK-W-Down:  gi3", "10.1.1.250", "LINK", 4, "2026-11-26T22:00:00Z"),
        ("<164>1 2026-11-27T19:37:49.044540+00:00 127.0.0.9 2026-11-26T15 - - - 00:00Z: %ASA-4-106023: Deny tcp src", "127.0.0.9", "ASA", 4, "2026-11-26T15:00:00Z"),
        ("<190>1 2026-11-26T22:00:00+00:00 AR2220 %%01SSH 45 - - The SSH user succeeded", "AR2220", "SSH", 6, "2026-11-26T22:00:00Z"),
        ("<13>1 2026-11-27T19:37:49.095663+00:00 127.0.0.9 #Nov - - -  26 2026 22:00:00 S5720 L2IFPPI/4/MFLPVLANALARM:OID 1.3.6.1", "S5720", "L2IFPPI", 5, "2026-11-26T15:00:00Z"),
        ("<188>1 2026-11-27T19:37:49.105963+00:00 Nov 26 - - -  2026 22:00:00.120.1+07:00 CE6850 %%01DEVM/4/hwEntityInvalid(l):CID=0x8", "CE6850", "DEVM", 4, "2026-11-26T15:00:00.120000Z"),
        ("<188>1 2026-11-27T19:37:49.116114+00:00 2026-11-26 22 - - - 00:00.120 CE6850 %%01DEVM/4/hwEntityInvalid(l):CID=0x8", "CE6850", "DEVM", 4, "2026-11-26T15:00:00.120000Z"),
        ("<188>1 2026-11-27T19:37:49.126399+00:00 Nov 26 - - -  2026 15:00:00+00:00 SW %%01IFNET/4/LINK_STATE(l)[0]:x", "SW", "IFNET", 4, "2026-11-26T15:00:00Z"),
        ("<190>1 2026-11-26T22:00:00+00:00 AR1 %%01ACLE 3 - - Acl 3000 deny", "AR1", "ACLE", 6, "2026-11-26T22:00:00Z"),
        ("<190>1 2026-11-27T19:37:49.146794+00:00 AR1 %%01ACLE 3 - - Acl 3000 deny", "AR1", "ACLE", 6, "2026-11-27T19:37:49.146000Z"),
        ("<188>1 2026-11-26T22:00:00+00:00 127.0.0.9 UTC+07 - - - 00 SW1 %%01IFNET/4/LINK_STATE(l)[0]:x", "SW1", "IFNET", 4, "2026-11-26T22:00:00Z"),
        ("<189>1 2026-11-26T22:00:00+00:00 2026 H3C - - -  %%10SHELL/5/SHELL_LOGIN: -DevIP=10.1.1.1; VTY logged in from 10.1.1.2.", "H3C", "SHELL", 5, "2026-11-26T22:00:00Z"),
        ("<187>1 2026-11-27T19:37:49.187777+00:00 Nov 26 - - -  22:00:00:123 2026 H3C %%10IFNET/3/PHY_UPDOWN: x", "H3C", "IFNET", 3, "2026-11-26T15:00:00.123000Z"),
        ("<13>1 2026-11-27T19:37:49.198005+00:00 127.0.0.9 %@12345%Nov - - -  26 22:00:00:123 2026 H3C SHELL/5/SHELL_LOGIN: VTY logged in", "H3C", "SHELL", 5, "2026-11-26T15:00:00.123000Z"),
        ("<187>1 2026-11-26T22:00:00+07:00 H3C %%10IFNET - - -  x", "H3C", "IFNET", 3, "2026-11-26T15:00:00Z"),
        ("<189>1 2026-11-26T22:00:00+00:00 H3C %%10SHELL - - -  x", "H3C", "SHELL", 5, "2026-11-26T22:00:00Z"),
        ("<189>1 2026-11-27T19:37:49.231515+00:00 Nov 26 - - -  22:00:00:123 2026 H3C SHELL/5/SHELL_CMD: x", "H3C", "SHELL", 5, "2026-11-26T15:00:00.123000Z"),
        ("<14>1 2026-11-26T22:00:00.123+00:00 2026 srx-hq - - -  RT_FLOW: RT_FLOW_SESSION_CREATE: x", "srx-hq", "RT_FLOW", 6, "2026-11-26T22:00:00.123000Z"),
        ("<30>1 2026-11-26T22:00:00+00:00 2026 mx1 - - -  rpd[123]: bgp x", "mx1", "rpd", 6, "2026-11-26T22:00:00Z"),
        ("<37>1 2026-11-26T22:00:00+00:00 2026 mx1 - - -  sshd[9]: %AUTH-5: x", "mx1", "sshd", 5, "2026-11-26T22:00:00Z"),
        ("<14>1 2026-11-26T22:00:00+07:00 PA-850 - - - - 1,2026/11/26 22:00:00,0123,TRAFFIC,end,1", "PA-850", "TRAFFIC", 6, "2026-11-26T15:00:00Z"),
        ("<14>1 2026-11-26T22:00:00+00:00 PA-850 ,2026 - - -  22:00:00,0123,TRAFFIC,end,1", "PA-850", "TRAFFIC", 6, "2026-11-26T22:00:00Z"),
        ("<14>1 2026-11-26T22:00:00+00:00 PA-850.xa.local 1,2026 - - -  22:00:00,0123,GLOBALPROTECT,0,2561,2026/11/26", "PA-850.xa.local", "GLOBALPROTECT", 6, "2026-11-26T22:00:00Z"),
        ("<30>1 2026-11-26T22:00:00+00:00 gw system,info,account - - -  user admin logged in from 10.0.0.2 via winbox", "gw", "system", 6, "2026-11-26T22:00:00Z"),
        ("<13>1 2026-11-27T19:37:49.430998+00:00 127.0.0.9 wireguard,info - - -  wg1: handshake", "127.0.0.9", "wireguard", 5, "2026-11-27T19:37:49.430000Z"),
        ("<30>1 2026-11-26T22:00:00+00:00 gw wireguard,info - - -  wg1: handshake", "gw", "wireguard", 6, "2026-11-26T22:00:00Z"),
        ("<13>1 2026-11-27T19:37:49.454987+00:00 127.0.0.9 wifi,info - - -  wifi1: AA:BB connected", "127.0.0.9", "wifi", 5, "2026-11-27T19:37:49.454000Z"),
        ("<13>1 2026-11-27T19:37:49.475340+00:00 127.0.0.9 watchdog,info - - -  x", "127.0.0.9", "watchdog", 5, "2026-11-27T19:37:49.475000Z"),
        ("<13>1 2026-11-27T19:37:49.485627+00:00 127.0.0.9 firewall,info - - -  forward: in:ether1 out:bridge, x", "127.0.0.9", "firewall", 5, "2026-11-27T19:37:49.485000Z"),
        ("<13>1 2026-11-27T19:37:49.516318+00:00 127.0.0.9 dhcp,info - - -  dhcp1 assigned 10.1.1.9 to AA", "127.0.0.9", "dhcp", 5, "2026-11-27T19:37:49.516000Z"),
        ("<30>1 2026-11-27T19:37:49.526584+00:00 127.0.0.9 gw1 - - -  system,info,account user admin logged in", "gw1", "system", 6, "2026-11-27T19:37:49.526000Z"),
        ("<30>1 2026-11-26T22:00:00+00:00 gw1 CEF - - - 0|MikroTik|CHR|7.19|1|system,info|Low|x", "gw1", "CEF", 6, "2026-11-26T22:00:00Z"),
        ("<30>1 2026-11-27T19:37:49.600583+00:00 127.0.0.9 2026 - - - 11:26-22:00:00 utm ulogd[4321]: id=\"2001\" severity=\"info\" sys=\"SecureNet\"", "utm", "ulogd", 6, "2026-11-26T15:00:00Z"),
    ]);
}

#[test]
fn what_somebody_typed_names_no_sender() {
    for line in [
        "<38>Nov 26 21:59:00 fw-a sshd[1]: Failed password for 2026-11-26 22:00:00 SW-B %%01SHELL/5/LOGIN(l):x",
        "<38>1 2026-11-26T22:00:00+07:00 fw-a Nov - - - 26 22:00:00 SW-B sshd: x",
        "<38>1 2026-11-26T22:00:00+07:00 fw-a sshd 1 - - Nov 26 22:00:00 SW-B %%01SHELL/5/LOGIN(l):x",
        "<13>Nov 26 22:00:00 fw-a app[12]: SW-B %SYS-5-CONFIG_I: x",
        "<13>Nov 26 22:00:00 fw-a app[12]: SW-B: Nov 26 22:00:00: %SYS-5-X: y",
        "<13>Nov 26 22:00:00 fw-a sshd[12]: 12: SW-B #SYS-5-X: y",
        "<13>Nov 26 22:00:00 fw-a app[12]: [x] SW-B %SYS-5-X: y",
        "<13>Nov 26 22:00:00 fw-a app: #Nov 26 22:00:00 2026 SW-B L2IFPPI/4/X: a",
    ] {
        let host = crate::support::read(line).host;
        assert_eq!(host.as_deref(), Some("fw-a"), "{line}");
    }
    for line in [
        "<86>Nov 26 22:00:00 web01 sshd[12]: Invalid user %%01A/5/B: from 203.0.113.9 port 1",
        "<86>Nov 26 22:00:00 web01 sshd: Invalid user %%01A/5/B: from 203.0.113.9 port 1",
        "<86>1 2026-11-26T22:00:00+07:00 10.50.0.4 sshd 12 - - Invalid user %%01A/5/B: from 203.0.113.9",
    ] {
        let message = crate::support::read(line);
        assert_eq!(message.application.as_deref(), Some("sshd"), "{line}");
    }
    let line = "<189>date=2026-11-26 time=22:00:00 devname=\"SW-A\" url=\"/a\" devname=\"SW-B\" device_name=SW-C";
    assert_eq!(crate::support::read(line).host.as_deref(), Some("SW-A"));
    // A device's own form may bear another name than its header; a relay's header is believed.
    for (line, host) in [
        (
            "<13>Nov 26 22:00:00 fw-a SW-B: system,info,account user admin logged in",
            "SW-B",
        ),
        (
            "<13>Nov 26 22:00:00 fw-a date=2026-11-26 time=22:00:00 devname=\"SW-B\" logid=1 type=a",
            "SW-B",
        ),
        (
            "<13>Nov 26 22:00:00 fw-a WinEvtLog: a: b: c: d: e: SW-B: x",
            "SW-B",
        ),
    ] {
        let message = crate::support::read(line);
        assert_eq!(message.host.as_deref(), Some(host), "{line}");
        assert_eq!(message.senders(), [Some("fw-a"), None], "{line}");
    }
    // An address in the header is asked for before what the text calls itself.
    let line = "<13>Nov 26 22:00:00 10.50.0.4 date=2026-11-26 time=22:00:00 devname=\"SW-B\" logid=1 type=a";
    let message = crate::support::read(line);
    assert_eq!(message.senders(), [Some("10.50.0.4"), Some("SW-B")]);
    for line in [
        "<38>1 2026-11-26T22:00:00+07:00 10.50.0.4 app 12 - - app: x Nov 26 22:00:00 SW-B %%01SHELL/5/LOGIN(s)[1]:x",
        "<38>1 2026-11-26T22:00:00+07:00 10.50.0.4 app 1 - - Nov 26 22:00:00 SW-B %%01SHELL/5/LOGIN(s)[1]:x",
    ] {
        assert_eq!(
            crate::support::read(line).senders()[0],
            Some("10.50.0.4"),
            "{line}"
        );
    }
}

/// Whoever can make a program say something does not choose whose line it is.
#[test]
fn what_a_program_says_names_no_sender() {
    let says = [
        "SW-A %SYS-5-CONFIG_I: f",
        "SW-A: %SYS-5-X: f",
        "SW-A: 12: *Nov 26 22:00:00: %SYS-5-X: f",
        "[a] SW-A %SYS-5-X: f",
        "RP/0/RSP0/CPU0:SW-A %SYS-5-X: f",
        "SW-A %%01SHELL/5/L(s)[1]:f",
        "x Nov 26 2026 22:00:00 SW-A %%01SHELL/5/L(s)[1]:f",
        "Nov 26 2026 22:00:00 SW-A %%01SHELL/5/L(s)[1]:f",
        "(x Nov 26 2026 22:00:00 SW-A %%01SHELL/5/L(s)[1]:f",
        "Nov 26 2026 22:00:00 SW-A SHELL/5/L(s)[1]:f",
        "#Nov 26 2026 22:00:00 SW-A L2IFPPI/4/X:f",
        "SW-A: system,info,account user",
        "date=2026-11-26 time=22:00:00 devname=\"SW-A\" type=event",
    ];
    for program in [
        "nginx",
        "sshd",
        "postfix/smtpd",
        "systemd/logind",
        "bgp#zebra",
    ] {
        for text in says {
            for line in [
                format!("<13>1 2026-11-26T22:00:00+07:00 10.50.0.4 {program} - - - {text}"),
                format!("<13>1 2026-11-26T22:00:00+07:00 10.50.0.4 {program} - - -  {text}"),
                format!("<13>1 2026-11-26T22:00:00+07:00 10.50.0.4 {program} 1 - - {text}"),
                format!("<13>1 2026-11-26T22:00:00+07:00 - {program} - - - {text}"),
                format!("<13>1 2026-11-26T22:00:00+07:00 - {program} 1 - - {text}"),
                format!("<13>1 - - {program} - - - {text}"),
                format!("<13>Nov 26 22:00:00 10.50.0.4 {program}: {text}"),
                format!("<13>Nov 26 22:00:00 10.50.0.4 {program}[1]: {text}"),
                format!("<13>Nov 26 22:00:00 {program}: {text}"),
                format!("<13>{program}: {text}"),
                format!("<13>{program}[1]: {text}"),
            ] {
                let message = crate::support::read(&line);
                assert!(!message.senders().contains(&Some("SW-A")), "{line}");
                let application = message.application.as_deref();
                assert!(!matches!(application, Some("SHELL" | "event")), "{line}");
            }
        }
    }
    // A number is a device's only as a relay leaves it, with the blank behind its colon.
    for text in [
        "SW-A: %SYS-5-X: f",
        "x Nov 26 22:00:00 SW-A %%01A/5/L(s)[1]:f",
    ] {
        let line = format!("<13>1 2026-11-26T22:00:00+07:00 10.50.0.4 12 - - - {text}");
        assert_eq!(
            crate::support::read(&line).host.as_deref(),
            Some("10.50.0.4"),
            "{line}"
        );
    }
    let line = "<13>Nov 26 22:00:00 (sd-pam) devname=SW-A type=x";
    assert_eq!(crate::support::read(line).senders()[0], Some("(sd-pam)"));
}

#[test]
fn what_a_visitor_sends_is_no_mark() {
    let mark = "x Nov 26 10:00:00 SW-A %%01SHELL/5/LOGIN(s)[1]:f";
    let agent = format!("1.1.1.1 - - [x] \"GET / HTTP/1.1\" 200 12 \"-\" \"{mark}\"");
    for (line, application) in [
        (
            format!("<13>1 2026-11-26T22:00:00+07:00 web01 nginx - - - {agent}"),
            Some("nginx"),
        ),
        (
            format!("<13>1 2026-11-26T22:00:00+07:00 web01 nginx - - - {mark}"),
            Some("nginx"),
        ),
        (
            format!("<13>Nov 26 22:00:00 web01 dhcpd DHCPREQUEST ({mark}"),
            None,
        ),
        (format!("<13>Nov 26 22:00:00 web01 dhcpd {mark}"), None),
        (format!("<13>Nov 26 22:00:00 web01 nginx:{mark}"), None),
        (
            "<13>Nov 26 22:00:00 web01 dhcpd SHELL/5/LOGIN(s)[1]:f".into(),
            None,
        ),
        (
            "<13>Nov 26 22:00:00 web01 nginx[1]: SW-A: %SYS-5-X: f".into(),
            Some("nginx"),
        ),
    ] {
        let message = crate::support::read(&line);
        assert_eq!(message.application.as_deref(), application, "{line}");
        assert_eq!(message.host.as_deref(), Some("web01"), "{line}");
    }
}
