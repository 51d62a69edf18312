//! Syslog from real senders: `logger` and `rsyslogd`.

use std::path::Path;

use observe::syslog::Settings;
use vault::{Flags, Record, Transport};

use crate::rig::{LOCAL, Rig, settings};
use crate::world::{Program, run};

fn logger(port: u16, options: &[&str], message: &str) {
    let port = port.to_string();
    let mut args = vec!["-n", "127.0.0.1", "-P", &port, "-t", "kiemtra"];
    args.extend(options);
    args.push(message);
    run("logger", &args);
}

fn with<'r>(records: &'r [Record], text: &str) -> Vec<&'r Record> {
    records.iter().filter(|r| r.text().contains(text)).collect()
}

#[tokio::test]
async fn logger_is_understood_in_every_way_it_can_send() {
    let rig = Rig::start(settings());
    let ways: [(&[&str], Transport); 6] = [
        (&["-d", "--rfc3164"], Transport::Udp),
        (&["-d", "--rfc5424"], Transport::Udp),
        (&["-T", "--rfc3164"], Transport::Tcp),
        (&["-T", "--rfc5424"], Transport::Tcp),
        (&["-T", "--octet-count", "--rfc3164"], Transport::Tcp),
        (&["-T", "--octet-count", "--rfc5424"], Transport::Tcp),
    ];
    for (n, (options, transport)) in ways.iter().enumerate() {
        let port = if *transport == Transport::Udp {
            rig.udp()
        } else {
            rig.tcp()
        }
        .port();
        let mut options = options.to_vec();
        options.extend(["-p", "local3.warning"]);
        logger(port, &options, &format!("cách {n}: đã đăng nhập"));
    }
    let records = rig.lines(ways.len() as u64).await;
    assert_eq!(records.len(), ways.len(), "{records:#?}");
    for (n, (options, transport)) in ways.iter().enumerate() {
        let found = with(&records, &format!("cách {n}: đã đăng nhập"));
        let [record] = found[..] else {
            panic!("{options:?}: {records:#?}")
        };
        assert_eq!(
            (record.transport, record.source, record.unit),
            (*transport, LOCAL.source, LOCAL.unit)
        );
        assert_eq!(
            (record.facility, record.severity),
            (Some(19), Some(4)),
            "{options:?}"
        );
        assert_eq!(record.application, "kiemtra", "{options:?}");
        assert!(!record.host.is_empty(), "{options:?}");
        assert_eq!(record.flags, Flags::default(), "{options:?}");
        let late = record.received_at_ms - record.sent_at_ms.expect("logger says when");
        assert!((-2_000..60_000).contains(&late), "{options:?}: {late} ms");
    }
    let snapshot = rig.syslog.snapshot();
    assert_eq!(snapshot.sources[&LOCAL.source].lines, 6);
    assert_eq!(rig.syslog.unknown_senders(), []);
}

/// An rsyslogd that takes lines from a socket of its own and forwards them by
/// UDP and by TCP in both framings.
fn rsyslogd(dir: &Path, rig: &Rig) -> Program {
    let (udp, tcp) = (rig.udp().port(), rig.tcp().port());
    let forward = |kind: &str, rest: &str| {
        format!(
            "action(type=\"omfwd\" target=\"127.0.0.1\" {rest} \
             queue.type=\"LinkedList\" queue.filename=\"{kind}\" queue.saveOnShutdown=\"on\" \
             action.resumeRetryCount=\"-1\" action.resumeInterval=\"1\")\n"
        )
    };
    let mut config = format!(
        "global(workDirectory=\"{0}\" maxMessageSize=\"64k\")\n\
         module(load=\"imuxsock\" SysSock.Use=\"off\")\n\
         input(type=\"imuxsock\" Socket=\"{0}/log\" RateLimit.Interval=\"0\")\n",
        dir.display()
    );
    config += &forward("udp", &format!("port=\"{udp}\" protocol=\"udp\""));
    let tcp = format!("port=\"{tcp}\" protocol=\"tcp\"");
    config += &forward(
        "lines",
        &format!("{tcp} TCP_Framing=\"traditional\" template=\"RSYSLOG_ForwardFormat\""),
    );
    config += &forward(
        "counted",
        &format!("{tcp} TCP_Framing=\"octet-counted\" template=\"RSYSLOG_SyslogProtocol23Format\""),
    );
    std::fs::write(dir.join("rsyslog.conf"), config).expect("the folder is ours");
    let (config, pid) = (dir.join("rsyslog.conf"), dir.join("pid"));
    let _ = std::fs::remove_file(dir.join("log"));
    let args = [
        "-n",
        "-f",
        config.to_str().unwrap(),
        "-i",
        pid.to_str().unwrap(),
    ];
    let program = Program::start("rsyslogd", &args);
    while !dir.join("log").exists() {
        std::thread::yield_now();
    }
    program
}

fn log(dir: &Path, message: &str) {
    let socket = dir.join("log");
    run(
        "logger",
        &[
            "-u",
            socket.to_str().unwrap(),
            "-t",
            "may-chu",
            "-p",
            "auth.err",
            message,
        ],
    );
}

#[tokio::test]
async fn rsyslogd_sends_stops_and_starts_and_nothing_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let rig = Rig::start_in(dir.path(), settings());
    let (udp, tcp) = (rig.udp(), rig.tcp());
    let sender = rsyslogd(dir.path(), &rig);
    for n in 0..20 {
        log(dir.path(), &format!("trước {n}."));
    }
    let records = rig.lines(60).await;
    for n in 0..20 {
        let found = with(&records, &format!("trước {n}."));
        let transports: Vec<_> = found.iter().map(|r| r.transport).collect();
        assert_eq!(
            transports.iter().filter(|&&t| t == Transport::Udp).count(),
            1
        );
        assert_eq!(
            transports.iter().filter(|&&t| t == Transport::Tcp).count(),
            2
        );
        assert!(
            found
                .iter()
                .all(|r| (r.facility, r.severity) == (Some(4), Some(3))),
            "{found:#?}"
        );
        assert!(
            found.iter().all(|r| r.application == "may-chu"),
            "{found:#?}"
        );
    }
    let connected = rig.syslog.snapshot().counts.connections;
    assert_eq!(connected, 2);

    // The sender stops and starts.
    sender.stop();
    rig.until(|s| s.counts.connections == 0).await;
    let sender = rsyslogd(dir.path(), &rig);
    log(dir.path(), "sau khi khởi động lại");
    let records = rig.lines(63).await;
    assert_eq!(with(&records, "sau khi khởi động lại").len(), 3);

    // We stop and start: what came meanwhile waits at the sender. A line that
    // rsyslogd writes into a connection that is just closing is lost to it (plain
    // TCP has no acknowledgement), so a first line shows it that we are gone.
    let before = rig.stop().await;
    assert_eq!(before.len(), 63);
    log(dir.path(), "không ai nghe");
    let again = Settings {
        udp: vec![udp],
        tcp: vec![tcp],
        ..Settings::default()
    };
    for n in 0..20 {
        log(dir.path(), &format!("trong lúc chờ {n}."));
    }
    let rig = Rig::start_in(dir.path(), again);
    let wanted = |records: &[Record]| {
        (0..20).all(|n| {
            let found = with(records, &format!("trong lúc chờ {n}."));
            found
                .iter()
                .filter(|r| r.transport == Transport::Tcp)
                .count()
                >= 2
        })
    };
    let mut seen = 0;
    while !wanted(&rig.stored()) {
        seen = rig.until(|s| s.counts.lines > seen).await.counts.lines;
    }
    sender.stop();
}
