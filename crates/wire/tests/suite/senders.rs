//! Senders as they are: what each maker's line says, field by field. The lines are ours, in
//! the makers' forms; they arrive at 22:30 in Vietnam on 26 November 2026.

use crate::support::{NOT_TOLD, TEN, hold, read};
use wire::syslog::{Dialect, Zone};

#[test]
fn cisco_with_zones_numbers_and_two_headers() {
    #[rustfmt::skip]
    hold(&[
        ("<189>1: sw: Nov 26 2026 22:00:00 GMT+7: %SYS-5-CONFIG_I: x", "sw", "SYS", 5, TEN),
        ("<189>1: sw: Nov 26 2026 22:00:00 UTC+07:00: %SYS-5-CONFIG_I: x", "sw", "SYS", 5, TEN),
        ("<189>1: sw: Nov 26 2026 22:00:00 Hanoi: %SYS-5-CONFIG_I: x", "sw", "SYS", 5, TEN),
        ("<189>123: Nov 26 22:00:00 SAIGON: %SYS-5-CONFIG_I: x", "", "SYS", 5, TEN),
        ("<189>123: Nov 26 17:00:00 MEST: %SYS-5-CONFIG_I: x", "", "SYS", 5, TEN),
        ("<189>000123: *Nov 26 22:00:00 GMT+07:00: %SYS-5-CONFIG_I: x", "", "SYS", 5, TEN),
        ("<190>7: Nov 26 21:00:00 10.1.1.1 sw01: 9: Nov 26 2026 15:00:00 UTC: %SYS-6-X: y", "sw01", "SYS", 6, TEN),
        ("<189>2026-11-26T21:00:00+07:00 10.1.1.1 12: Nov 26 22:00:00: %SYS-5-X: y", "10.1.1.1", "SYS", 5, TEN),
        ("<189>38: [syslog@9 s_id=\"sw1:666\"]: Nov 26 22:00:00: %LINK-5-CHANGED: y", "", "LINK", 5, TEN),
        ("<165>Nov 26 22:00:00 sw1 Bgp: %BGP-5-ADJCHANGE: peer", "sw1", "BGP", 5, TEN),
        ("<166>:Nov 26 22:00:00 ICT: %ASA-session-6-302015: Built", "", "ASA", 6, TEN),
        // Five capitals before a firewall's message are its name, and no zone.
        ("<166>Nov 26 2026 22:00:00 FWHUE: %ASA-6-302013: Built", "FWHUE", "ASA", 6, TEN),
        ("<45>Nov 26 21:00:00 wlc *spamApTask0: Nov 26 22:00:00: %CAPWAP-3-X: [SA]f.c:7 y", "wlc", "CAPWAP", 5, TEN),
        ("<187>Nov 26 22:00:00 ICT: *%LWAPP-3-REPLAY_ERR: 1 wcm: y", "", "LWAPP", 3, TEN),
        ("<165>Nov 26 21:00:00 ise CISE_Alarm 0001 1 0 2026-11-26 15:00:00.000 +00:00 0042 y", "ise", "CISE_Alarm", 5, TEN),
    ]);
}

#[test]
fn a_zone_that_nobody_knows_is_flagged() {
    let zone = |line| read(line).zone;
    assert_eq!(
        zone("<189>1: sw: Nov 26 22:00:00 XYZW: %SYS-5-X: y"),
        Zone::Unknown
    );
    assert_eq!(
        zone("<189>1: sw: Nov 26 22:00:00 ICT: %SYS-5-X: y"),
        Zone::Told
    );
    assert_eq!(
        zone("<189>1: sw: Nov 26 22:00:00: %SYS-5-X: y"),
        Zone::NotTold
    );
    assert_eq!(zone("<13>Nov 26 22:00:00 sw su: y"), Zone::NotTold);
    assert_eq!(
        zone("<30>time=\"2026-11-26 22:00:00 QQT\" x=y"),
        Zone::Unknown
    );
}

#[test]
fn huawei_and_h3c() {
    #[rustfmt::skip]
    hold(&[
        ("<188>Nov 26 2026 22:00:00+07:00 SW-XA %%01SHELL/5/LOGIN(s)[12]:VTY login", "SW-XA", "SHELL", 4, TEN),
        ("<187>Nov 26 2026 11:00:00-04:00 ne40 %%01IFNET/2/linkDown_clear(l):CID=0x8", "ne40", "IFNET", 3, TEN),
        ("<190>2026-11-26 22:00:00 USG %%01POLICY/6/POLICYPERMIT(l):vsys=public", "USG", "POLICY", 6, TEN),
        ("<187>2026-11-26 22:00:00+07:00 DST HW %%01INFO/4/SUPPRESS_LOG(l)[0]:x", "HW", "INFO", 3, TEN),
        // Without a priority the level is the body's.
        ("Nov 26 2026 22:00:00 HW %%01SHELL/4/LOGINFAIL(s)[3]:x", "HW", "SHELL", 4, TEN),
        ("<29> Nov 26 22:00:00 2026 sw (Stack) %%10SC/6/SC_AAA_LAUNCH(l): x", "sw", "SC", 5, TEN),
        ("<190>Nov 26 22:00:00 2026 H3C %%10SHELL/6/SHELL_CMD: -Line=vty0", "H3C", "SHELL", 6, TEN),
        ("%Nov 26 22:00:00:000 2026 H3C SHELL/5/SHELL_LOGIN: VTY", "H3C", "SHELL", 5, TEN),
    ]);
    let m = read("<188>Nov 26 22:00:00 HW %%01SHELL/5/LOGIN(s)[12]:VTY login");
    assert_eq!(
        (m.dialect, m.msgid.as_deref()),
        (Dialect::Huawei, Some("LOGIN"))
    );
}

#[test]
fn firewalls_of_other_makers() {
    #[rustfmt::skip]
    hold(&[
        ("<111> Nov 26 21:00:00 relay date=2026-11-26 time=22:00:00 devname=FGT type=utm hostname=\"site.example\"", "FGT", "utm", 7, TEN),
        ("<189>date=2026-11-26,time=22:00:00,devname=FGT,type=traffic", "FGT", "traffic", 5, TEN),
        ("<30>date=2026-11-26 time=10:00:00 timezone=\"(GMT-5:00)Eastern Time(US & Canada)\" devname=FWB", "FWB", "", 6, TEN),
        ("<30>device=\"SFW\" date=2026-11-26 time=10:00:00 timezone=\"CDT\" device_name=\"XG\"", "XG", "", 6, TEN),
        ("<30>device_name=\"XG\" timestamp=\"2026-11-26T22:00:00+0700\" severity=\"Error\"", "XG", "", 6, TEN),
        ("id=firewall sn=0 time=\"2026-11-26 15:00:00 UTC\" fw=10.1.1.1 pri=3 msg=\"x\"", "", "", 3, TEN),
        ("<14>Nov 26 21:00:00 PA-850 1,2026/11/26 22:00:00,0123,SYSTEM,auth,0,x", "PA-850", "SYSTEM", 6, TEN),
        ("<14>Nov 26 21:00:00 1,2026/11/26 22:00:00,0123,TRAFFIC,end,1", "", "TRAFFIC", 6, TEN),
        // The relay's header says where the clock stands.
        ("<14>2026-11-26T17:00:00+02:00 pa 1,2026/11/26 17:00:00,0123,THREAT,url,1", "pa", "THREAT", 6, TEN),
        ("1 2026-11-26T15:00:00Z gw CheckPoint 19710 - [action:\"Drop\"; x]", "gw", "CheckPoint", NOT_TOLD, TEN),
        ("Nov 26 21:00:00 10.1.1.1 junos-flow: 2026-11-26T15:00:00.000Z srx RT_FLOW - x", "10.1.1.1", "junos-flow", NOT_TOLD, TEN),
        ("<37>Nov 26 22:00:00 mx1 mgd[4153]: %INTERACT-5-UI_CMDLINE_READ_LINE: User", "mx1", "mgd", 5, TEN),
        ("<134>1 1795705200.000000000 MX84 flows src=10.1.1.1", "MX84", "", 6, "2026-11-26T15:00:00Z"),
        ("<189>Nov 26 22:00:00 FGT CEF:0|Fortinet|Fortigate|v7|1|x|3|y", "FGT", "CEF", 5, TEN),
        ("<14>1 2026-11-26T15:00:00Z ksc CEF:0|Kaspersky|x|1|a|b|1|c", "ksc", "CEF", 6, TEN),
        ("<14>1 2026-11-26T15:00:00Z ksc - - - - CEF:0|Kaspersky|x|1|a|b|1|c", "ksc", "CEF", 6, TEN),
        ("<14>1 2026-11-26T15:00:00Z fp - - - [a b=\"c\"] \u{feff}LEEF:1.0|Forcepoint|x|1|a|b", "fp", "LEEF", 6, TEN),
        ("<14>1 2026-11-26T15:00:00Z ksc own - - - CEF:0|Kaspersky|x|1|a|b|1|c", "ksc", "own", 6, TEN),
    ]);
}

#[test]
fn servers_and_services() {
    #[rustfmt::skip]
    hold(&[
        ("<14> Nov 26 22:00:00 10.1.1.1 00076 ports:  port 5 is now on-line", "10.1.1.1", "", 6, TEN),
        ("<132>Nov 26 22:00:00 f5 warning tmm[23068]: 01260013:4: x", "f5", "tmm", 4, TEN),
        ("<189> Nov 26 22:00:00 dell TRAPMGR[trapTask]: x", "dell", "TRAPMGR[trapTask]", 5, TEN),
        ("<30>Nov 26 22:00:00 [localhost] sshd[12]: x", "localhost", "sshd", 6, TEN),
        ("<134>Nov 26 22:00:00 10.90.90.90 INFO: Port 1 link up", "10.90.90.90", "", 6, TEN),
        ("<166>2026-11-26T15:00:00.000Z esx01 Hostd: info hostd[2099] x", "esx01", "Hostd", 6, TEN),
        ("<13>DC01\tMSWinEventLog\t1\tSecurity\t12\tThu Nov 26 22:00:00 2026\t4625\tx", "DC01", "MSWinEventLog", 5, TEN),
        ("2026 Nov 26 21:00:00 (agent) 10.1.1.9->WinEvtLog 2026 Nov 26 22:00:00 WinEvtLog: Security: AUDIT_SUCCESS(4624): S: u: D: PC9: x", "PC9", "WinEvtLog", NOT_TOLD, TEN),
        ("2026-11-26 22:00:00.00 Logon       Login failed for user 'sa'.", "", "Logon", NOT_TOLD, TEN),
        ("2026/11/26 22:00:00 [error] 2865#0: *6 password mismatch", "", "", NOT_TOLD, TEN),
        // An address is a host, whatever year it begins with.
        ("<13>Nov 26 22:00:00 2001:db8::5 app[1]: y", "2001:db8::5", "app", 5, TEN),
        ("<13>Nov 26 22:00:00 2001:DB8:1:2:3:4:5:6 app: y", "2001:DB8:1:2:3:4:5:6", "app", 5, TEN),
        ("<13>Nov 26 22:00:00 2001:db8::7 %LINK-3-UPDOWN: y", "2001:db8::7", "LINK", 5, TEN),
        ("web01 nginx[23141]: x", "web01", "nginx", NOT_TOLD, ""),
        ("Auth: [SMB2,(null)] user [WG]\\[x] at [Thu, 26 Nov 2026 15:00:00 UTC] with [NTLMv2]", "", "", NOT_TOLD, TEN),
        ("2026-11-26T15:00:00.000Z,EX-1\\Default,08DA,9,10.1.1.1:25,10.1.1.2:53722,>,535 x,", "", "", NOT_TOLD, TEN),
        ("type=USER_ACCT msg=audit(1795705200.000:6042): pid=1 hostname=10.1.1.1", "", "USER_ACCT", NOT_TOLD, TEN),
        // Prose that only looks like a header.
        ("Thursday is the day", "", "", NOT_TOLD, ""),
        ("see foo(1) and bar[2] for more", "", "", NOT_TOLD, ""),
    ]);
}
