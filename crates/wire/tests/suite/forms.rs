//! Forms that were once read wrongly: a part of a time or a zone is no name, letters are levels
//! too, and what a maker leaves out or puts before.

use crate::support::{NOT_TOLD, TEN, hold, read};
use wire::syslog::Zone;

#[test]
fn cisco() {
    #[rustfmt::skip]
    hold(&[
        ("<189>45: *00:01:02.123: %SYS-5-CONFIG_I: x", "", "SYS", 5, ""),
        ("<132>WLC-HQ: *spamApTask4: Nov 26 22:00:00.000: #CAPWAP-4-DISC_INTF_ERR2: capwap_ac_sm.c:1457 x", "WLC-HQ", "CAPWAP", 4, TEN),
        ("<190>Nov 26 22:00:00 SG350 %AAA-I-CONNECT: New http connection for user cisco, source 10.1.1.2", "SG350", "AAA", 6, TEN),
        ("<190>%LINK-I-Up:  gi1/0/1", "", "LINK", 6, ""),
        ("<188>Nov 26 22:00:00 10.1.1.250 :%LINK-W-Down:  gi3", "10.1.1.250", "LINK", 4, TEN),
        ("<189>Nov 26 22:00:00 VNTIME: %SYS-5-X: x", "", "SYS", 5, TEN),
        ("<189>: 2026 Nov 26 22:00:00 HANOI7: %ETHPORT-5-IF_UP: x", "", "ETHPORT", 5, TEN),
        ("<187>45: *Nov 26 22:00:00 VN+7: %SYS-3-X: x", "", "SYS", 3, TEN),
        ("<189>Nov 26 22:00:00 ICT %SYS-5-X: y", "", "SYS", 5, TEN),
        ("<189>Nov 26 22:00:00 xa-tan-thanh: %SYS-5-X: y", "xa-tan-thanh", "SYS", 5, TEN),
        ("<189>*00:01:02.123: %SYS-5-X: y", "", "SYS", 5, ""),
        ("<189>sw1: *00:01:02: %SYS-5-X: y", "sw1", "SYS", 5, ""),
        ("<188>Nov 26 22:00:00 SW1 %STP-W-PORTSTATUS: gi1/0/1: STP status Forwarding", "SW1", "STP", 4, TEN),
        ("%LINK-W-Down:  gi3", "", "LINK", 4, ""),
        ("<132>*spamApTask4: Nov 26 22:00:00.000: #LOG-3-Q_IND: x", "", "LOG", 4, TEN),
        ("<13>1 2026-11-26T22:00:00+07:00 nms poller - - - saw %SYS-5-CONFIG_I: on sw1", "nms", "poller", 5, TEN),
        ("<37>1 2026-11-26T22:00:00+07:00 mx1 mgd 4153 - -  %INTERACT-5-UI_CMDLINE_READ_LINE: User", "mx1", "mgd", 5, TEN),
    ]);
}

#[test]
fn huawei_and_h3c() {
    #[rustfmt::skip]
    hold(&[
        ("<188>Nov 26 2026 22:00:00 S5720-LH DS/4/DATASYNC_CFGCHANGE:OID 1.3.6.1.4.1.2011.5.25.191.3.1 configurations have been changed.", "S5720-LH", "DS", 4, TEN),
        ("#Nov 26 2026 22:00:00 S5720 L2IFPPI/4/MFLPVLANALARM:OID 1.3.6.1", "S5720", "L2IFPPI", 4, TEN),
        ("<188>Nov 26 2026 22:00:00.120.1+07:00 CE6850 %%01DEVM/4/hwEntityInvalid(l):CID=0x8", "CE6850", "DEVM", 4, "2026-11-26T22:00:00.120+07:00"),
        ("%@12345%Nov 26 22:00:00:123 2026 H3C SHELL/5/SHELL_LOGIN: VTY logged in", "H3C", "SHELL", 5, "2026-11-26T22:00:00.123+07:00"),
        ("<188>Nov 26 2026 22:00:00 BJ SW1 %%01IFNET/4/X(l)[0]:y", "SW1", "IFNET", 4, "2026-11-26T21:00:00+07:00"),
        ("<188>Nov 26 2026 22:00:00 Hanoi SW1 DS/4/CFGCHANGE:OID 1", "SW1", "DS", 4, TEN),
        ("<188>Nov 26 2026 22:00:00 HN %%01IFNET/4/X(l):y", "HN", "IFNET", 4, TEN),
        ("<188>Nov 26 2026 22:00:00+07:00 HN SW1 %%01IFNET/4/X(l):y", "SW1", "IFNET", 4, TEN),
        ("<188>Nov 26 22:00:00 10.1.1.1 Nov 26 2026 21:00:00 SW1 %%01IFNET/4/X(l):y", "SW1", "IFNET", 4, "2026-11-26T21:00:00+07:00"),
    ]);
}

#[test]
fn others() {
    #[rustfmt::skip]
    hold(&[
        ("<14>1 2026-11-26T22:00:00+07:00 PA-850 - - - - 1,2026/11/26 22:00:00,0123,TRAFFIC,end,1", "PA-850", "TRAFFIC", 6, TEN),
        ("<14>Nov 26 22:00:00 PA-850 ,2026/11/26 22:00:00,0123,TRAFFIC,end,1", "PA-850", "TRAFFIC", 6, TEN),
        ("<30>2026:11:26-22:00:00 utm ulogd[4321]: id=\"2001\" severity=\"info\" sys=\"SecureNet\"", "utm", "ulogd", 6, TEN),
        ("\u{feff}<13>Nov 26 22:00:00 may ung: x", "may", "ung", 5, TEN),
        ("<14>1 2026-11-26T22:00:00+07:00 PA-850 - - - - ,2026/11/26 22:00:00,0123,TRAFFIC,end,1", "PA-850", "TRAFFIC", 6, TEN),
        ("<14>,2026/11/26 22:00:00,0123,SYSTEM,auth", "", "SYSTEM", 6, TEN),
        ("\u{feff}<14>1 2026-11-26T22:00:00+07:00 h app - - - x", "h", "app", 6, TEN),
        ("<30>2026:11:26-22:00:00 utm-1 httpproxy[123]: id=\"0001\"", "utm-1", "httpproxy", 6, TEN),
        ("<13>1 2026-11-26T22:00:00+07:00 h kernel - - -  IN=eth0 OUT= MAC=1 hostname=x", "h", "kernel", 5, TEN),
        ("<13>1 2026-11-26T22:00:00+07:00 h java - - -  2026-11-26 21:00:00,123 INFO app: x", "h", "java", 5, TEN),
        ("<13>1 2026-11-26T22:00:00+07:00 h java - - - 2026-11-26 21:00:00,123 INFO app: x", "h", "java", 5, TEN),
        ("<13>Nov 26 22:00:00 may 12 foo", "may", "", 5, TEN),
        ("<13>Nov 26 22:00:00 2026 su: x", "", "su", 5, TEN),
    ]);
}

#[test]
fn mikrotik() {
    #[rustfmt::skip]
    hold(&[
        ("wireguard,info wg1: handshake", "", "wireguard", 6, ""),
        ("<30>Nov 26 22:00:00 gw wireguard,info wg1: handshake", "gw", "wireguard", 6, TEN),
        ("wifi,info wifi1: AA:BB connected", "", "wifi", 6, ""),
        ("web-proxy,account 10.1.1.2 GET http://x", "", "web-proxy", NOT_TOLD, ""),
        ("watchdog,info x", "", "watchdog", 6, ""),
        ("pim,debug x", "", "pim", 7, ""),
        ("rip,warning x", "", "rip", 4, ""),
        ("<30>gw1: system,info,account user admin logged in", "gw1", "system", 6, ""),
        ("<30>gw-xa.local: firewall,info forward: in:ether1", "gw-xa.local", "firewall", 6, ""),
        ("<30>Nov 26 22:00:00 gw vpls,warning x", "gw", "vpls", 6, TEN),
        ("newtopic,info x", "", "newtopic", 6, ""),
    ]);
}

#[test]
fn a_zone_that_nobody_knows_is_no_name() {
    for line in [
        "<189>Nov 26 22:00:00 VNTIME: %SYS-5-CONFIG_I: x",
        "<189>: 2026 Nov 26 22:00:00 HANOI7: %ETHPORT-5-IF_UP: x",
        "<189>*Nov 26 22:00:00.123 XAVL: %SYS-5-CONFIG_I: x",
    ] {
        let m = read(line);
        assert_eq!((m.host.as_deref(), m.zone), (None, Zone::Unknown), "{line}");
    }
}
