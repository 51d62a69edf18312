//! Senders that do not behave, and a disk that is full.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::time::Duration;

use observe::seats::Places;
use observe::syslog::{Entry, Settings, Source};
use vault::Flags;

use crate::rig::{LOCAL, Rig, settings};
use crate::world::{root, run};

pub fn connect(to: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(to).expect("it listens");
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("a timeout can be set");
    stream
}

/// Whether the other side has closed the connection.
pub fn is_closed(stream: &mut TcpStream) -> bool {
    match stream.read(&mut [0]) {
        Ok(n) => n == 0,
        Err(e) => e.kind() == std::io::ErrorKind::ConnectionReset,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_lines_and_broken_text_harm_nothing_else() {
    let rig = Rig::start(settings());
    let mut stream = connect(rig.tcp());
    let mut sent = b"<13>gw app: ".to_vec();
    sent.extend(vec![b'x'; 1 << 20]);
    sent.extend(b"\n<13>gw app: after the long one\n");
    sent.extend(b"<13>gw app: \xff\xfe not text \x00 here\n");
    sent.extend(b"1048576 <13>gw app: counted");
    sent.extend(vec![b'y'; (1 << 20) - 19]);
    sent.extend(b"12 <13>the end\n");
    stream.write_all(&sent).unwrap();
    drop(stream);
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    udp.send_to(b"<13>gw app: \xc3\x28 bad too\n", rig.udp())
        .unwrap();
    udp.send_to(b"", rig.udp()).unwrap();
    udp.send_to(b"<13>gw app: after the empty one", rig.udp())
        .unwrap();
    // A NUL ends a frame like a line end does: what follows is a line of its own.
    let records = rig.lines(8).await;
    assert_eq!(records.len(), 8);
    let raw: Vec<&[u8]> = records.iter().map(|r| &r.raw[..]).collect();
    for whole in [
        &b"<13>gw app: after the long one"[..],
        b"<13>gw app: \xff\xfe not text ",
        b" here",
        b"<13>the end",
        b"<13>gw app: \xc3\x28 bad too",
        b"<13>gw app: after the empty one",
    ] {
        assert!(raw.contains(&whole), "{}", String::from_utf8_lossy(whole));
    }
    let cut: Vec<_> = records
        .iter()
        .filter(|r| r.flags.has(Flags::TRUNCATED))
        .collect();
    assert_eq!(cut.len(), 2);
    assert!(cut.iter().all(|r| r.raw.len() == settings().max_line));
    assert_eq!(rig.syslog.snapshot().counts.truncated, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_that_never_ends_ends_its_connection_and_no_other() {
    let rig = Rig::start(Settings {
        frame_timeout: Duration::from_millis(400),
        ..settings()
    });
    let mut good = connect(rig.tcp());
    good.write_all(b"<13>one\n").unwrap();
    // A line without end, a count that is never reached, a drip and a flood of bytes.
    let mut silent = connect(rig.tcp());
    silent.write_all(b"<13>gw app: no end").unwrap();
    let mut counted = connect(rig.tcp());
    counted
        .write_all(b"9999999 <13>gw app: less than promised")
        .unwrap();
    let mut drip = connect(rig.tcp());
    let dripping = std::thread::spawn(move || {
        // A closed connection refuses what is written to it, sooner or later.
        while drip.write_all(b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let mut flood = connect(rig.tcp());
    let flooding = std::thread::spawn(move || while flood.write_all(&[b'x'; 65_536]).is_ok() {});
    assert!(is_closed(&mut silent) && is_closed(&mut counted));
    dripping.join().unwrap();
    flooding.join().unwrap();
    good.write_all(b"<13>two\n").unwrap();
    let snapshot = rig
        .until(|s| s.counts.lines >= 6 && s.counts.connections == 1)
        .await;
    assert_eq!(snapshot.counts.frames_unended, 4);
    let records = rig.stored();
    let find = |text: &str| {
        records
            .iter()
            .find(|r| r.text().contains(text))
            .expect(text)
    };
    assert_eq!(find("no end").flags, Flags::default());
    assert!(find("less than promised").flags.has(Flags::CUT));
    assert!(find("two").flags == Flags::default());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_cannot_take_all_connections() {
    let rig = Rig::start(Settings {
        registered: Places {
            all: 5,
            each: 3,
            quiet: Duration::from_secs(60),
        },
        ..settings()
    });
    let mut mine: Vec<_> = (0..3).map(|_| connect(rig.tcp())).collect();
    rig.until(|s| s.counts.connections == 3).await;
    let mut fourth = connect(rig.tcp());
    assert!(is_closed(&mut fourth));
    assert_eq!(rig.syslog.snapshot().counts.connections_refused, 1);
    mine[0].write_all(b"<13>still here\n").unwrap();
    rig.lines(1).await;
    // One that ends makes room.
    mine.pop();
    rig.until(|s| s.counts.connections == 2).await;
    let mut fifth = connect(rig.tcp());
    fifth.write_all(b"<13>in again\n").unwrap();
    rig.lines(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_sender_is_kept_listed_and_adopted() {
    let rig = Rig::start(settings());
    let stranger = UdpSocket::bind("127.0.0.77:0").unwrap();
    for n in 0..3 {
        let line = format!("<13>Nov 21 10:00:00 sw77 app: line {n}");
        stranger.send_to(line.as_bytes(), rig.udp()).unwrap();
    }
    let records = rig.lines(3).await;
    assert!(
        records
            .iter()
            .all(|r| r.source == [0; 16] && r.unit == [0; 16])
    );
    let unknown = rig.syslog.unknown_senders();
    assert_eq!(unknown.len(), 1);
    assert_eq!((unknown[0].lines, &*unknown[0].host), (3, "sw77"));
    assert_eq!(unknown[0].peer, Ipv4Addr::new(127, 0, 0, 77));
    assert!(unknown[0].sample.ends_with("line 2"));
    let adopted = Source {
        source: [5; 16],
        unit: [6; 16],
    };
    rig.syslog.set_sources([
        Entry {
            peer: unknown[0].peer,
            host: None,
            source: adopted,
            zone: None,
        },
        Entry {
            peer: Ipv4Addr::LOCALHOST.into(),
            host: None,
            source: LOCAL,
            zone: None,
        },
    ]);
    assert_eq!(rig.syslog.unknown_senders(), []);
    stranger
        .send_to(b"<13>Nov 21 10:00:01 sw77 app: known now", rig.udp())
        .unwrap();
    let records = rig.lines(4).await;
    assert_eq!(
        (records[3].source, records[3].unit),
        (adopted.source, adopted.unit)
    );
    let count = rig.syslog.snapshot().sources[&adopted.source];
    assert_eq!(
        (count.lines, count.last_received_ms),
        (1, records[3].received_at_ms)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_without_a_zone_is_read_in_its_senders() {
    let rig = Rig::start(settings());
    let peer = Ipv4Addr::new(127, 0, 0, 78);
    let entry = |host: Option<&str>, n: u8, zone: Option<&str>| Entry {
        peer: peer.into(),
        host: host.map(str::to_owned),
        source: Source {
            source: [n; 16],
            unit: [n; 16],
        },
        zone: zone.map(|zone| domain::clock::zone(zone).expect("a zone").1),
    };
    rig.syslog.set_sources([
        entry(None, 1, Some("UTC")),
        entry(Some("sw-tokyo"), 2, Some("Asia/Tokyo")),
        entry(Some("sw-here"), 3, None),
    ]);
    let sender = UdpSocket::bind((peer, 0)).unwrap();
    let lines = [
        (
            "<189>7: Nov 26 2026 22:00:00.5: %SYS-5-CONFIG_I: a",
            1,
            "22:00:00.5Z",
        ),
        (
            "<189>7: sw-tokyo: Nov 26 2026 22:00:00: %SYS-5-CONFIG_I: b",
            2,
            "13:00:00Z",
        ),
        (
            "<189>7: sw-here: Nov 26 2026 22:00:00: %SYS-5-CONFIG_I: c",
            3,
            "15:00:00Z",
        ),
        // What the line says itself goes before, and a name that nobody knows says nothing.
        (
            "<189>7: sw-tokyo: Nov 26 2026 22:00:00 ICT: %SYS-5-CONFIG_I: d",
            2,
            "15:00:00Z",
        ),
        (
            "<189>7: sw-tokyo: Nov 26 2026 22:00:00 XYZ: %SYS-5-CONFIG_I: e",
            2,
            "13:00:00Z",
        ),
    ];
    for (line, ..) in lines {
        sender.send_to(line.as_bytes(), rig.udp()).unwrap();
    }
    let records = rig.lines(5).await;
    let now = domain::clock::Clock::system().now_ms();
    for ((line, source, sent_at), record) in lines.iter().zip(&records) {
        let sent_at: jiff::Timestamp = format!("2026-11-26T{sent_at}").parse().unwrap();
        assert_eq!(record.source, [*source; 16], "{line}");
        assert_eq!(record.sent_at_ms, Some(sent_at.as_millisecond()), "{line}");
        assert_eq!(record.raw, line.as_bytes(), "the line is as it came");
        assert!((record.received_at_ms - now).abs() < 60_000);
        let unknown = record.flags.has(vault::Flags::ZONE_UNKNOWN);
        assert_eq!(unknown, line.contains("XYZ"), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_stop_all_that_arrived_is_on_disk() {
    let rig = Rig::start(settings());
    let mut stream = connect(rig.tcp());
    rig.until(|s| s.counts.connections == 1).await;
    let lines: String = (0..2_000)
        .map(|n| format!("<13>gw app: line {n}\n"))
        .collect();
    stream.write_all(lines.as_bytes()).unwrap();
    stream.write_all(b"<13>gw app: unfinished").unwrap();
    let records = rig.stop().await;
    assert_eq!(records.len(), 2_001);
    assert_eq!(records[1_999].raw, b"<13>gw app: line 1999");
}

/// A file system of its own with little room; unmounted with the value.
struct Small(PathBuf);

impl Small {
    fn mount(at: PathBuf, size: &str) -> Self {
        std::fs::create_dir(&at).unwrap();
        let size = format!("size={size}");
        run(
            "mount",
            &["-t", "tmpfs", "-o", &size, "tmpfs", at.to_str().unwrap()],
        );
        Self(at)
    }

    fn grow(&self, size: &str) {
        let options = format!("remount,size={size}");
        run("mount", &["-o", &options, self.0.to_str().unwrap()]);
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount")
            .arg("-l")
            .arg(&self.0)
            .status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_makes_senders_wait_and_loses_nothing_of_theirs() {
    if !root("a_full_disk_makes_senders_wait_and_loses_nothing_of_theirs") {
        return;
    }
    const LINES: u64 = 100_000;
    let dir = tempfile::tempdir().unwrap();
    let disk = Small::mount(dir.path().join("disk"), "4m");
    let rig = Rig::start_in(
        &disk.0,
        Settings {
            udp_buffer: 4_096,
            ..settings()
        },
    );
    let mut stream = connect(rig.tcp());
    let sending = std::thread::spawn(move || {
        let filler = "z".repeat(150);
        for n in 0..LINES {
            stream
                .write_all(format!("<13>gw app: {n} {filler}\n").as_bytes())
                .unwrap();
        }
    });
    let stalled = rig.until(|s| s.stalled.is_some()).await;
    let reason = stalled.stalled.unwrap().reason;
    assert!(reason.contains("space"), "{reason}");
    assert!(!sending.is_finished(), "the sender waits");
    // Datagrams cannot wait. Those that do not fit are dropped, and counted.
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    for _ in 0..40_000 {
        udp.send_to(&[b'u'; 200], rig.udp()).unwrap();
    }
    disk.grow("400m");
    rig.until(|s| s.counts.lines >= LINES && s.stalled.is_none())
        .await;
    sending.join().unwrap();
    udp.send_to(
        b"<13>gw app: the next datagram tells what was dropped",
        rig.udp(),
    )
    .unwrap();
    rig.until(|s| s.counts.datagrams_dropped > 0).await;
    let records = rig.stop().await;
    let numbers: Vec<u64> = records
        .iter()
        .filter_map(|r| {
            r.text()
                .strip_prefix("<13>gw app: ")?
                .split(' ')
                .next()?
                .parse()
                .ok()
        })
        .collect();
    assert!(
        numbers.iter().copied().eq(0..LINES),
        "all lines, once, in order"
    );
}
