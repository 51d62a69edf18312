//! Whose share is how much: of lines, of bytes, of connections.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use observe::allowance::Bounds;
use observe::seats::Places;
use observe::syslog::{Entry, Settings, Snapshot, Source};

use crate::hostile::{connect, is_closed};
use crate::rig::{LOCAL, Rig, settings};

/// A connection from another address of this machine.
async fn connect_from(ip: [u8; 4], to: SocketAddr) -> TcpStream {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    let from = SocketAddr::from((ip, 0));
    socket.bind(from).expect("the address is ours");
    let stream = socket.connect(to).await.expect("it listens");
    let stream = stream.into_std().expect("it is ours");
    stream.set_nonblocking(false).expect("a socket option");
    stream
}

/// Writes two-byte lines until nothing more is taken, and says how many.
fn stuff(stream: &mut TcpStream, most: usize) -> usize {
    stream
        .set_write_timeout(Some(Duration::from_millis(300)))
        .unwrap();
    let mut sent = 0;
    while sent < most {
        match stream.write(&b"a\n".repeat(32_768)) {
            Ok(n) => sent += n,
            Err(_) => break,
        }
    }
    sent / 2
}

fn bounds(each: u32, all: u32) -> Bounds {
    Bounds {
        each_per_second: each,
        all_per_second: all,
        each_per_day: 0,
        all_per_day: 0,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_takes_no_more_than_its_share_and_leaves_others_theirs() {
    let rig = Rig::start(Settings {
        stranger_bounds: bounds(100, 2_000),
        over_share: Duration::from_secs(3),
        ..settings()
    });
    rig.syslog.set_sources([]);
    // Over several connections at once, as much as the system holds; some are gone at once.
    let mut greedy: Vec<_> = (0..8).map(|_| connect(rig.tcp())).collect();
    for stream in &mut greedy {
        assert!(stuff(stream, 4 << 20) > 20_000);
    }
    let mut stay = greedy.pop().unwrap();
    drop(greedy);
    let began = std::time::Instant::now();
    let quiet = UdpSocket::bind("127.0.0.79:0").unwrap();
    quiet.send_to(b"<13>quiet", rig.udp()).unwrap();
    let quiet = |rig: &Rig| rig.stored().iter().any(|r| r.raw == b"<13>quiet");
    while !quiet(&rig) {
        assert!(began.elapsed() < Duration::from_secs(2), "it is not heard");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Who stays over its share loses the seat, also when it has gone and left much behind.
    assert!(is_closed(&mut stay));
    rig.until(|s| s.counts.connections == 0).await;
    let counts = rig.syslog.snapshot().counts;
    assert_eq!(counts.strangers_refused, 8);
    // A burst of ten seconds, what came in the time, and at most one small read each.
    let most = 100 * (10 + 30) + 8 * 256;
    assert!(counts.lines <= most, "{} lines", counts.lines);
    assert!(counts.lines > 1_000, "{} lines", counts.lines);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_for_each_of_many_connections_is_no_way_around_the_share() {
    let rig = Rig::start(Settings {
        stranger_bounds: bounds(10, 1_000),
        ..settings()
    });
    rig.syslog.set_sources([]);
    let began = std::time::Instant::now();
    for _ in 0..600 {
        // Without a line end, it ends with its connection.
        connect(rig.tcp()).write_all(b"one").unwrap();
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let lines = rig.syslog.snapshot().counts.lines;
    let most = 100 + 10 * (began.elapsed().as_secs() + 1) + 32;
    assert!(
        (90..=most).contains(&lines),
        "{lines} lines, at most {most}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registered_sender_has_a_rate_and_others_keep_theirs() {
    let rig = Rig::start(Settings {
        registered_bounds: Bounds::each(100),
        ..settings()
    });
    let entry = |ip: [u8; 4], n| Entry {
        peer: ip.into(),
        host: None,
        source: Source {
            source: [n; 16],
            unit: [9; 16],
        },
        zone: None,
    };
    (rig.syslog).set_sources([entry([127, 0, 0, 1], 1), entry([127, 0, 0, 80], 2)]);
    let wild = UdpSocket::bind("127.0.0.1:0").unwrap();
    for n in 0..3_000 {
        wild.send_to(format!("<13>wild {n}").as_bytes(), rig.udp())
            .unwrap();
    }
    let other = UdpSocket::bind("127.0.0.80:0").unwrap();
    for n in 0..500 {
        other
            .send_to(format!("<13>other {n}").as_bytes(), rig.udp())
            .unwrap();
    }
    let snapshot = rig
        .until(|s| s.sources.get(&[2; 16]).is_some_and(|c| c.lines == 500))
        .await;
    assert!(snapshot.counts.over_rate > 1_000, "{snapshot:?}");
    assert_eq!(snapshot.over_rate, Some([127, 0, 0, 1].into()));
    assert!(snapshot.sources[&[1; 16]].lines >= 1_000, "{snapshot:?}");
    // Over TCP it waits, and nothing is lost. Long lines weigh more than short ones.
    let began = std::time::Instant::now();
    let mut stream = connect_from([127, 0, 0, 80], rig.tcp()).await;
    for _ in 0..70 {
        stream
            .write_all(&[&b"<13>"[..], &[b'x'; 10_240], b"\n"].concat())
            .unwrap();
    }
    stream.write_all(b"<13>last\n").unwrap();
    rig.until(|s| s.sources[&[2; 16]].lines == 571).await;
    assert!(
        began.elapsed() > Duration::from_secs(1),
        "{:?}",
        began.elapsed()
    );
    assert!(rig.syslog.snapshot().counts.paced > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stop_takes_what_lies_there_in_shares_and_batches() {
    let dir = tempfile::tempdir().unwrap();
    let rig = Rig::start_in(
        dir.path(),
        Settings {
            stranger_bounds: bounds(100, 2_000),
            ..settings()
        },
    );
    let mut stranger = connect_from([127, 0, 0, 79], rig.tcp()).await;
    let left = stuff(&mut stranger, 8 << 20);
    assert!(left > 30_000, "the system holds little: {left} lines");
    // A registered one is stopped in the middle.
    let mut registered = connect(rig.tcp());
    let flooding = std::thread::spawn(move || {
        let lines = b"a\n".repeat(32_768);
        while registered.write_all(&lines).is_ok() {}
    });
    rig.until(|s| s.counts.lines > 20_000).await;
    let began = std::time::Instant::now();
    rig.end().await;
    assert!(began.elapsed() < Duration::from_secs(20));
    flooding.join().unwrap();
    // All of it can be read again, and the stranger's part is no more than its share.
    let rig = Rig::start_in(dir.path(), settings());
    let strange = rig.stored().iter().filter(|r| r.source == [0; 16]).count();
    assert!(strange > 500 && strange < 10_000, "{strange} lines");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_that_is_registered_while_connected_changes_its_seat() {
    let places = |all| Places {
        all,
        each: all,
        quiet: Duration::ZERO,
    };
    let rig = Rig::start(Settings {
        registered: places(1),
        strangers: places(2),
        ..settings()
    });
    rig.syslog.set_sources([]);
    let local = || Entry {
        peer: Ipv4Addr::LOCALHOST.into(),
        host: None,
        source: LOCAL,
        zone: None,
    };
    let mut device = connect(rig.tcp());
    device.write_all(b"<13>before\n").unwrap();
    rig.lines(1).await;
    rig.syslog.set_sources([local()]);
    // Strangers who come now take each other's seats, not its.
    rig.until(|s| s.counts.connections == 1).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut held = Vec::new();
    for _ in 0..6 {
        held.push(connect_from([127, 0, 0, 79], rig.tcp()).await);
    }
    rig.until(|s| s.counts.connections_given_up >= 4).await;
    device.write_all(b"<13>after\n").unwrap();
    let records = rig.lines(2).await;
    assert_eq!(records[1].source, LOCAL.source);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_waits_over_tcp_and_is_dropped_over_udp() {
    let rig = Rig::start(Settings {
        stranger_bounds: Bounds {
            each_per_second: 20,
            all_per_second: 20,
            each_per_day: 1 << 20,
            all_per_day: 1 << 20,
        },
        ..settings()
    });
    rig.syslog.set_sources([]);
    // A burst of 200 at once, 100 more within five seconds: none is lost.
    let began = std::time::Instant::now();
    let mut stream = connect(rig.tcp());
    for n in 0..20_u64 {
        let lines: String = (0..15).map(|m| format!("<13>tcp {n} {m}\n")).collect();
        stream.write_all(lines.as_bytes()).unwrap();
        rig.lines(n * 15 + 1).await;
    }
    rig.lines(300).await;
    assert!(
        began.elapsed() > Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
    drop(stream);
    rig.until(|s| s.counts.connections == 0).await;
    // Of datagrams the share is used up now.
    let udp = UdpSocket::bind("127.0.0.78:0").unwrap();
    for n in 0..500 {
        let line = format!("<13>udp {n}");
        udp.send_to(line.as_bytes(), rig.udp()).unwrap();
    }
    // All that were sent have come, so that none is held back below.
    let all = |s: &Snapshot| s.counts.lines + s.counts.strangers_dropped == 300 + 500;
    let counts = rig.until(all).await.counts;
    assert!(counts.strangers_dropped > 300, "{counts:?}");
    assert_eq!(counts.datagrams_dropped, 0);
    // Nothing at all while the disk is kept for others.
    rig.syslog.hold(true, None);
    let mut refused = connect(rig.tcp());
    assert!(is_closed(&mut refused));
    let counts = rig.until(|s| s.counts.strangers_held == 1).await.counts;
    assert_eq!(counts.strangers_refused, 0, "it was not over its share");
}
