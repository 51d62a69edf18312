//! Lines as real senders wrote them.

use jiff::{Timestamp, tz::TimeZone};
use wire::syslog::{Dialect, Message, Severity, parse};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn read(line: &[u8]) -> Message<'_> {
    let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
    parse(line, at("2026-11-21T10:00:00+07:00"), &zone)
}

#[test]
fn rfc5424_with_structured_data() {
    // RFC 5424 §6.5, example 3.
    let line = "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 \
                [exampleSDID@32473 iut=\"3\" eventSource=\"App\\\"lication\" eventID=\"1011\"][examplePriority@32473 class=\"high\"] \
                \u{feff}An application event log entry...";
    let m = read(line.as_bytes());
    assert_eq!(m.dialect, Dialect::Rfc5424);
    assert_eq!((m.facility, m.severity), (Some(20), Some(Severity::Notice)));
    assert_eq!(m.sent_at, Some(at("2003-10-11T22:14:15.003Z")));
    assert_eq!(m.host.as_deref(), Some("mymachine.example.com"));
    assert_eq!(m.application.as_deref(), Some("evntslog"));
    assert_eq!(m.procid, None);
    assert_eq!(m.msgid.as_deref(), Some("ID47"));
    assert_eq!(m.text(), "An application event log entry...");
    let elements: Vec<_> = m.elements().collect();
    assert_eq!(elements.len(), 2);
    assert_eq!(elements[0].id, "exampleSDID@32473");
    let parameters: Vec<_> = elements[0].parameters().collect();
    assert_eq!(
        parameters[1],
        ("eventSource".into(), "App\"lication".into())
    );
    assert_eq!(parameters[2], ("eventID".into(), "1011".into()));
    assert_eq!(
        elements[1].parameters().next(),
        Some(("class".into(), "high".into()))
    );
}

#[test]
fn rfc5424_with_nothing_but_nil() {
    let m = read(b"<0>1 - - - - - -");
    assert_eq!(m.dialect, Dialect::Rfc5424);
    assert_eq!(
        (m.facility, m.severity),
        (Some(0), Some(Severity::Emergency))
    );
    assert_eq!(
        (m.sent_at, m.host, m.application, m.procid, m.msgid),
        (None, None, None, None, None)
    );
    assert!(m.message.is_empty() && m.structured_data.is_empty());
}

#[test]
fn rfc5424_of_util_linux_logger() {
    let m = read(b"<13>1 2026-11-21T09:59:58.123456+07:00 web01 root - - [timeQuality tzKnown=\"1\" isSynced=\"1\" syncAccuracy=\"412500\"] xin ch\xc3\xa0o");
    assert_eq!(m.sent_at, Some(at("2026-11-21T02:59:58.123456Z")));
    assert_eq!(m.application.as_deref(), Some("root"));
    assert_eq!(m.elements().next().unwrap().id, "timeQuality");
    assert_eq!(m.text(), "xin chào");
}

#[test]
fn structured_data_that_never_ends_stays_readable() {
    let m = read(b"<13>1 - h a - - [x y=\"1 no end");
    assert_eq!(m.dialect, Dialect::Rfc5424);
    assert_eq!(m.message, b"[x y=\"1 no end");
    assert_eq!(m.elements().count(), 0);
}

#[test]
fn rfc3164_of_the_rfc() {
    let m = read(b"<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8");
    assert_eq!(m.dialect, Dialect::Rfc3164);
    assert_eq!(
        (m.facility, m.severity),
        (Some(4), Some(Severity::Critical))
    );
    assert_eq!(m.sent_at, Some(at("2026-10-11T22:14:15+07:00")));
    assert_eq!(m.host.as_deref(), Some("mymachine"));
    assert_eq!(m.application.as_deref(), Some("su"));
    assert_eq!(m.text(), "'su root' failed for lonvick on /dev/pts/8");
}

#[test]
fn rfc3164_of_rsyslog() {
    let m = read(b"<38>Nov 21 09:59:57 gw01 sshd[2211]: Accepted publickey for admin from 10.1.2.3 port 52112 ssh2");
    assert_eq!(
        (m.application.as_deref(), m.procid.as_deref()),
        (Some("sshd"), Some("2211"))
    );
    let m =
        read(b"<30>2026-11-21T09:59:57.000512+07:00 gw01 systemd[1]: Started session-4.scope.\n");
    assert_eq!(m.dialect, Dialect::Rfc3164);
    assert_eq!(m.sent_at, Some(at("2026-11-21T02:59:57.000512Z")));
    assert_eq!(m.host.as_deref(), Some("gw01"));
    assert_eq!(m.application.as_deref(), Some("systemd"));
    assert_eq!(m.text(), "Started session-4.scope.");
}

#[test]
fn a_local_socket_sends_no_host() {
    let m = read(b"<86>Nov 21 09:59:57 sudo: pam_unix(sudo:session): session opened");
    assert_eq!(m.host, None);
    assert_eq!(m.application.as_deref(), Some("sudo"));
    let m = read(b"<86>Nov 21 09:59:57 CRON[88]: (root) CMD (true)");
    assert_eq!((m.host.as_deref(), m.procid.as_deref()), (None, Some("88")));
}

#[test]
fn a_tag_without_time_is_still_a_program() {
    let m = read(b"<13>dropbear[411]: Exit before auth");
    assert_eq!(
        (m.application.as_deref(), m.procid.as_deref()),
        (Some("dropbear"), Some("411"))
    );
    assert_eq!(m.sent_at, None);
}

#[test]
fn cisco_ios() {
    let line = b"<189>123: *Mar  1 00:01:02.123: %SYS-5-CONFIG_I: Configured from console by vty0 (10.0.0.1)";
    let m = read(line);
    assert_eq!(m.dialect, Dialect::Cisco);
    assert_eq!((m.facility, m.severity), (Some(23), Some(Severity::Notice)));
    assert!(!m.clock_set);
    assert_eq!(m.sent_at, Some(at("2026-03-01T00:01:02.123+07:00")));
    assert_eq!(m.host, None);
    assert_eq!(m.application.as_deref(), Some("SYS"));
    assert_eq!(m.msgid.as_deref(), Some("SYS-5-CONFIG_I"));
    assert_eq!(m.procid.as_deref(), Some("123"));
    assert_eq!(
        m.text(),
        "%SYS-5-CONFIG_I: Configured from console by vty0 (10.0.0.1)"
    );
}

#[test]
fn cisco_with_origin_year_and_zone() {
    let m = read(b"<187>000045: sw-core: Nov 21 2026 09:58:00.001 ICT: %LINK-3-UPDOWN: Interface GigabitEthernet1/0/1, changed state to down");
    assert_eq!(m.host.as_deref(), Some("sw-core"));
    assert!(m.clock_set);
    assert_eq!(m.sent_at, Some(at("2026-11-21T09:58:00.001+07:00")));
    let m = read(b"<189>46: .Nov 21 02:58:00 UTC: %SYS-6-LOGGINGHOST_STARTSTOP: Logging to host 10.0.0.9 started");
    assert_eq!(m.sent_at, Some(at("2026-11-21T02:58:00Z")));
    assert!(!m.clock_set);
}

#[test]
fn cisco_kin() {
    // Time since start.
    let m = read(b"<189>51: 1d02h: %SYS-5-RESTART: System restarted --");
    assert_eq!((m.sent_at, m.procid.as_deref()), (None, Some("51")));
    let m = read(b"<189>52: 00:00:41: %LINEPROTO-5-UPDOWN: Line protocol on Interface Vlan1, changed state to up");
    assert_eq!((m.sent_at, m.procid.as_deref()), (None, Some("52")));
    // NX-OS.
    let m = read(b"<189>: 2026 Nov 21 09:59:00 ICT: %ETHPORT-5-IF_UP: Interface Ethernet1/1 is up");
    assert_eq!(m.sent_at, Some(at("2026-11-21T09:59:00+07:00")));
    assert_eq!(m.application.as_deref(), Some("ETHPORT"));
    // ASA.
    let m = read(b"<166>Nov 21 2026 09:59:00 asa1 : %ASA-6-302013: Built outbound TCP connection 1 for outside:1.1.1.1/443");
    assert_eq!(
        (m.host.as_deref(), m.msgid.as_deref()),
        (Some("asa1"), Some("ASA-6-302013"))
    );
    // IOS-XR.
    let m = read(b"<189>1234: RP/0/RSP0/CPU0:Nov 21 09:59:00.500 : ifmgr[226]: %PKT_INFRA-LINK-3-UPDOWN : Interface TenGigE0/0/0/1, changed state to Down");
    assert_eq!(
        (m.application.as_deref(), m.procid.as_deref()),
        (Some("PKT_INFRA-LINK"), Some("226"))
    );
    assert_eq!(m.sent_at, Some(at("2026-11-21T09:59:00.5+07:00")));
    // Passed on by a relay that put its own header before it.
    let m = read(
        b"<189>Nov 21 10:00:00 10.0.0.1 46: Nov 21 09:58:00.001 ICT: %SYS-5-CONFIG_I: Configured",
    );
    assert_eq!(
        (m.host.as_deref(), m.procid.as_deref()),
        (Some("10.0.0.1"), Some("46"))
    );
    assert_eq!(m.sent_at, Some(at("2026-11-21T09:58:00.001+07:00")));
}

#[test]
fn a_program_that_quotes_cisco_is_not_cisco() {
    let m = read(b"<13>Nov 21 09:59:57 nms poller: saw %SYS-5-CONFIG_I: on sw1");
    assert_eq!(m.dialect, Dialect::Rfc3164);
    assert_eq!(m.application.as_deref(), Some("poller"));
}

#[test]
fn mikrotik_with_and_without_header() {
    let m = read(b"<30>system,info,account user admin logged in from 10.0.0.2 via winbox");
    assert_eq!(m.dialect, Dialect::MikroTik);
    assert_eq!(m.application.as_deref(), Some("system"));
    assert_eq!(m.msgid.as_deref(), Some("system,info,account"));
    assert_eq!(m.text(), "user admin logged in from 10.0.0.2 via winbox");
    let m = read(b"<30>Nov 21 09:59:57 xa-long-ho firewall,info forward: in:ether1 out:ether2, proto TCP (SYN), 10.1.1.1:1->10.2.2.2:2, len 60");
    assert_eq!(m.dialect, Dialect::MikroTik);
    assert_eq!(m.host.as_deref(), Some("xa-long-ho"));
    assert_eq!(m.application.as_deref(), Some("firewall"));
    assert!(m.text().starts_with("forward: in:ether1"));
    // No priority at all: the topic tells the severity.
    let m = read(b"interface,warning ether1 excessive broadcasts");
    assert_eq!(
        (m.dialect, m.severity),
        (Dialect::MikroTik, Some(Severity::Warning))
    );
}

#[test]
fn fortigate() {
    let line = br#"<189>date=2026-11-21 time=09:59:30 devname="FGT-VL-01" devid="FGT60FTK20000001" eventtime=1795229970123456789 tz="+0700" logid="0100032001" type="event" subtype="system" level="information" vd="root" logdesc="Admin login successful" user="admin" msg="Administrator \"admin\" logged in""#;
    let m = read(line);
    assert_eq!(m.dialect, Dialect::KeyValue);
    assert_eq!(m.host.as_deref(), Some("FGT-VL-01"));
    assert_eq!(m.application.as_deref(), Some("event"));
    assert_eq!(m.msgid.as_deref(), Some("0100032001"));
    assert_eq!(m.sent_at, Some(at("2026-11-21T09:59:30+07:00")));
    assert!(
        m.message.starts_with(b"date=2026-11-21 time="),
        "the first pair is kept"
    );
}

#[test]
fn fortigate_behind_a_header_and_without_priority() {
    let m = read(br#"<189>Nov 21 09:59:31 10.9.9.9 date=2026-11-21 time=09:59:30 devname="FGT" tz="+0700" type="traffic" level="notice""#);
    assert_eq!(
        (m.dialect, m.host.as_deref()),
        (Dialect::KeyValue, Some("FGT"))
    );
    let m =
        read(br#"date=2026-11-21 time=09:59:30 devname=FGT type=traffic level=warning msg="x""#);
    assert_eq!(
        (m.severity, m.has_priority),
        (Some(Severity::Warning), false)
    );
    assert_eq!(
        m.sent_at,
        Some(at("2026-11-21T09:59:30+07:00")),
        "without tz the zone given counts"
    );
    let m = read(br#"<134>id=firewall sn=18B1 time="2026-11-21 02:59:00 UTC" fw=203.113.1.1 pri=6 c=1024 m=537 msg="Connection Closed""#);
    assert_eq!(m.dialect, Dialect::KeyValue);
}

#[test]
fn without_priority_and_with_a_wrong_one() {
    let m = read(b"just some words: here");
    assert_eq!(
        (m.dialect, m.facility, m.severity),
        (Dialect::Bare, None, None)
    );
    assert_eq!(m.application, None);
    assert_eq!(m.text(), "just some words: here");
    for line in [&b"<192>x"[..], b"<>x", b"<1234>x", b"<13 x", b"<", b""] {
        let m = read(line);
        assert!(!m.has_priority, "{line:?}");
        assert_eq!(m.message, line);
    }
}

#[test]
fn invalid_utf8_is_kept_raw_and_shown_lossily() {
    let line = b"<13>Nov 21 09:59:57 h\xff app: caf\xe9 \x00\x01";
    let m = read(line);
    assert_eq!(m.raw, line);
    assert_eq!(m.host.as_deref(), Some("h\u{fffd}"));
    assert_eq!(m.text(), "caf\u{fffd} \u{0}\u{1}");
}

#[test]
fn last_years_line_read_in_january() {
    let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
    let m = parse(
        b"<13>Dec 31 23:59:59 h a: b",
        at("2027-01-01T00:00:10+07:00"),
        &zone,
    );
    assert_eq!(m.sent_at, Some(at("2026-12-31T23:59:59+07:00")));
}
