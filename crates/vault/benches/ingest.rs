//! Lines a second from TCP to synced and sealed segments, on the cores it is given.
//!
//! `taskset -c 0 cargo bench -p vault --bench ingest -- [lines]` measures one core:
//! a child process sends octet-counted and newline frames over loopback, this one
//! reads, frames, parses, appends (each append waits for the disk), seals and signs.
//! The sender is pinned elsewhere when there is a second core.

use std::{
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use domain::clock::{Clock, local_zone};
use ed25519_dalek::SigningKey;
use jiff::Timestamp;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use vault::{Batch, Cancel, Config, Flags, Limits, Line, Query, Transport, Vault, note::Signer};
use wire::{framing::Decoder, syslog::parse};

/// Line `n` of a mixture as a province's devices send it, about 230 bytes on average.
fn line(n: u64) -> String {
    let (a, b, c) = (n % 124, n / 7 % 254, n.wrapping_mul(2_654_435_761) % 60_000);
    match n % 5 {
        0 => format!(
            "<38>Nov 21 10:00:00 xa{a:03} sshd[{c}]: Accepted publickey for admin from 10.{a}.{b}.9 port {c} ssh2: ED25519 SHA256:47DEQpj8HBSa{c}"
        ),
        1 => format!(
            "<165>1 2026-11-21T10:00:00.{:06}+07:00 web{:02} nginx 812 access [meta sequenceId=\"{n}\"] 10.{a}.{b}.17 GET /api/v1/units?page={b} 200 {c} 0.0{b} \"Mozilla/5.0 (X11; Linux x86_64)\"",
            n % 1_000_000,
            a % 20
        ),
        2 => format!(
            "<189>{n}: Nov 21 10:00:00.123 ICT: %LINEPROTO-5-UPDOWN: Line protocol on Interface GigabitEthernet0/{}, changed state to up",
            b % 48
        ),
        3 => format!(
            "<30>Nov 21 10:00:00 xa{a:03} firewall,info forward: in:ether1 out:ether2, connection-state:new proto TCP (SYN), 10.{a}.{b}.1:{c}->10.2.2.2:443, len 60"
        ),
        _ => format!(
            "<189>date=2026-11-21 time=10:00:00 devname=\"FGT-{a:03}\" devid=\"FGT60FTK2000{a:04}\" eventtime=17952300{c:011} tz=\"+0700\" logid=\"0000000013\" type=\"traffic\" subtype=\"forward\" level=\"notice\" vd=\"root\" srcip=10.{a}.{b}.5 srcport={c} srcintf=\"lan\" dstip=10.2.2.2 dstport=443 dstintf=\"wan1\" sessionid={n} proto=6 action=\"accept\" policyid=3 service=\"HTTPS\" duration={b} sentbyte={c} rcvdbyte={c}"
        ),
    }
}

/// The child: sends `lines` lines and ends.
async fn send(to: SocketAddr, lines: u64) {
    let mut block = Vec::new();
    let mut stream = TcpStream::connect(to).await.expect("the listener is there");
    // Made before the sending begins to weigh: a quarter of a million lines, over and over.
    let made: Vec<String> = (0..lines.min(250_000)).map(line).collect();
    for (n, line) in (0..lines).zip(made.iter().cycle()) {
        if n % 2 == 0 {
            block.extend_from_slice(format!("{} {line}", line.len()).as_bytes());
        } else {
            block.extend_from_slice(line.as_bytes());
            block.push(b'\n');
        }
        if block.len() > 256 * 1024 {
            stream.write_all(&block).await.expect("the listener reads");
            block.clear();
        }
    }
    stream.write_all(&block).await.expect("the listener reads");
    stream.shutdown().await.expect("the listener reads");
}

/// Reads one connection to its end; every chunk read is one append that is waited for.
async fn receive(
    vault: &Vault,
    mut stream: TcpStream,
    peer: SocketAddr,
    clock: &Clock,
) -> (u64, u64) {
    let zone = local_zone();
    let mut decoder = Decoder::default();
    let mut buffer = vec![0; 1 << 20];
    let (mut lines, mut bytes) = (0, 0);
    loop {
        let n = stream.read(&mut buffer).await.expect("a readable stream");
        if n == 0 {
            return (lines, bytes);
        }
        let received_at = clock.now();
        let mut batch = Batch::new();
        decoder.feed(&buffer[..n], |frame| {
            let message = parse(frame.bytes, received_at, &zone);
            let line = Line {
                received_at_ms: received_at.as_millisecond(),
                sent_at_ms: message.sent_at.map(Timestamp::as_millisecond),
                source: [1; 16],
                unit: [2; 16],
                peer: peer.ip(),
                transport: Transport::Tcp,
                flags: Flags::default(),
                facility: message.facility,
                severity: message.severity.map(|s| s as u8),
                host: message.host.as_deref().unwrap_or(""),
                application: message.application.as_deref().unwrap_or(""),
                raw: frame.bytes,
            };
            batch.push(&line).expect("a line of bounded length");
        });
        lines += batch.len() as u64;
        bytes += n as u64;
        vault.append(batch).await.expect("room on the disk");
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().filter(|a| a != "--bench").collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    if let [_, command, to, lines] = &arguments[..]
        && command == "send"
    {
        runtime.block_on(send(
            to.parse().expect("an address"),
            lines.parse().expect("a number"),
        ));
        return;
    }
    let lines: u64 = arguments
        .get(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(3_000_000);
    let dir = tempfile::tempdir_in(
        std::env::var_os("BENCH_DIR").map_or_else(|| ".".into(), std::path::PathBuf::from),
    )
    .expect("a folder");
    runtime.block_on(measure(dir.path(), lines));
}

async fn measure(dir: &Path, lines: u64) {
    let clock = Clock::system();
    let signer = || {
        Signer::new("gieng.example/vault", SigningKey::from_bytes(&[7; 32])).expect("a valid name")
    };
    let config = Config {
        dir: dir.to_owned(),
        limits: Limits::default(),
        clock: clock.clone(),
    };
    let vault = Vault::open(config.clone(), signer()).expect("a vault");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let to = listener.local_addr().expect("an address").to_string();
    let program = std::env::current_exe().expect("a program");
    let mut child = Command::new("taskset")
        .args(["-c", "1"])
        .arg(program)
        .args(["send", &to, &lines.to_string()])
        .stdout(Stdio::inherit())
        .spawn()
        .expect("taskset");
    let (stream, peer) = listener.accept().await.expect("a connection");
    stream.readable().await.expect("a readable stream");
    let start = Instant::now();
    let (received, bytes) = receive(&vault, stream, peer, &clock).await;
    let synced = start.elapsed();
    vault.seal().await.expect("a seal");
    let sealed = start.elapsed();
    child.wait().expect("the sender ends");
    assert_eq!((received, vault.size()), (lines, lines), "no line is lost");
    let (segments, size) = vault.segments();
    let rate = |took: Duration| u64_to_f64(lines) / took.as_secs_f64();
    println!("{} on {}", std::env::consts::ARCH, clock.now());
    println!(
        "lines {lines}, {} MB, {:.0} bytes a line",
        bytes / 1_000_000,
        u64_to_f64(bytes) / u64_to_f64(lines)
    );
    println!(
        "acknowledged (synced log): {:>8.0} lines/s, {:.1} s",
        rate(synced),
        synced.as_secs_f64()
    );
    println!(
        "sealed, signed:            {:>8.0} lines/s, {:.1} s",
        rate(sealed),
        sealed.as_secs_f64()
    );
    println!(
        "segments {segments}, {} MB, {:.1} bytes a line",
        size / 1_000_000,
        u64_to_f64(size) / u64_to_f64(lines)
    );
    let start = Instant::now();
    let query = Query {
        text: Some("no such text anywhere".into()),
        limit: 50,
        ..Query::default()
    };
    let page = vault
        .search_blocking(&query, &Cancel::default())
        .expect("a page");
    println!(
        "text search of all: {:.2} s, {} lines",
        start.elapsed().as_secs_f64(),
        page.scanned
    );
    let start = Instant::now();
    let page = vault
        .search_blocking(
            &Query {
                limit: 50,
                ..Query::default()
            },
            &Cancel::default(),
        )
        .expect("a page");
    println!(
        "newest 50: {:.1} ms, {} rows",
        start.elapsed().as_secs_f64() * 1e3,
        page.rows.len()
    );
    let start = Instant::now();
    let proof = vault.prove(lines / 3).expect("a proof");
    println!(
        "proof: {:.1} ms, {} hashes",
        start.elapsed().as_secs_f64() * 1e3,
        proof.path.len()
    );
    let start = Instant::now();
    let report = vault.verify(|_| {}, &Cancel::default()).expect("a report");
    assert!(report.is_sound());
    println!(
        "verification: {:.1} s, {:.0} lines/s",
        start.elapsed().as_secs_f64(),
        rate(start.elapsed())
    );
    // The worst start: a log file that is about to be sealed.
    // About 115 of the 128 MiB at which it is closed.
    let most = 400_000;
    for first in (0..most).step_by(10_000) {
        let mut batch = Batch::new();
        for n in first..first + 10_000 {
            let raw = line(n);
            let line = Line {
                received_at_ms: clock.now_ms(),
                sent_at_ms: None,
                source: [3; 16],
                unit: [2; 16],
                peer: peer.ip(),
                transport: Transport::Udp,
                flags: Flags::default(),
                facility: Some(1),
                severity: Some(5),
                host: "h",
                application: "a",
                raw: raw.as_bytes(),
            };
            batch.push(&line).expect("a line of bounded length");
        }
        vault.append(batch).await.expect("room on the disk");
    }
    let unsealed = vault.size() - vault.sealed();
    assert_eq!(unsealed, most, "all of it is still in the log");
    drop(vault);
    let start = Instant::now();
    let vault = Vault::open(config, signer()).expect("a vault");
    println!(
        "opening with {unsealed} records in the log: {:.0} ms; peak memory {}",
        start.elapsed().as_secs_f64() * 1e3,
        peak_memory()
    );
    drop(vault);
}

#[expect(clippy::cast_precision_loss, reason = "for people to read")]
fn u64_to_f64(n: u64) -> f64 {
    n as f64
}

fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|l| l.strip_prefix("VmHWM:"))
        .map_or_else(|| "unknown".into(), |v| v.trim().to_owned())
}
