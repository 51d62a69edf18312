//! Measures syslog over TCP to synced and sealed segments, on one core.
//!
//! `cargo run --release -p observe --example bench_syslog -- [lines] [connections] [folder]`
//!
//! The listener and the vault run in a process of their own, pinned to core 0 by
//! `taskset`; the sender runs pinned to another. The clock runs from the first
//! byte until every line is in the synced write-ahead log, and until every line
//! is in a sealed segment.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::clock::Clock;
use observe::allowance::Bounds;
use observe::syslog::{Entry, Settings, Source, Syslog};
use tokio_util::sync::CancellationToken;
use vault::note::Signer;
use vault::{Config, Limits, Vault};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |n: usize| arguments.get(n).map(String::as_str);
    let number =
        |n: usize, default: u64| argument(n).and_then(|a| a.parse().ok()).unwrap_or(default);
    match argument(0) {
        Some("serve") => serve(Path::new(argument(1).expect("a folder")), number(2, 0)),
        Some("send") => send(argument(1).expect("an address"), number(2, 0), number(3, 1)),
        _ => drive(number(0, 2_000_000), number(1, 4), argument(2)),
    }
}

/// Starts both processes and prints what they say.
fn drive(lines: u64, connections: u64, folder: Option<&str>) {
    let dir = match folder {
        Some(folder) => tempfile::tempdir_in(folder),
        None => tempfile::tempdir(),
    }
    .expect("a folder can be made");
    println!("machine      {}", machine());
    println!("date         {}", Clock::system().now());
    let sample: Vec<_> = (0..10_000).map(line).collect();
    let mean = sample.iter().map(String::len).sum::<usize>() / sample.len();
    println!(
        "lines        {lines} of {mean} bytes on average, {connections} connections, both framings"
    );
    let this = std::env::current_exe().expect("it knows its own file");
    let pinned = |core: &str, arguments: &[&str]| {
        let mut command = Command::new("taskset");
        command.args(["-c", core]).arg(&this).args(arguments);
        command
    };
    let folder = dir.path().to_str().expect("the folder's name is text");
    let mut server = pinned("0", &["serve", folder, &lines.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("taskset (util-linux) is there");
    let mut told = BufReader::new(server.stdout.take().expect("it is piped")).lines();
    let address = told
        .next()
        .expect("it says where it listens")
        .expect("in text");
    let sent = pinned(
        "1",
        &[
            "send",
            &address,
            &lines.to_string(),
            &connections.to_string(),
        ],
    )
    .status()
    .expect("the sender runs");
    assert!(sent.success(), "the sender failed");
    for line in told {
        println!("{}", line.expect("it speaks text"));
    }
    assert!(server.wait().expect("the server ends").success());
}

#[tokio::main(flavor = "current_thread")]
async fn serve(dir: &Path, lines: u64) {
    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let config = Config {
        dir: dir.join("vault"),
        limits: Limits::default(),
        clock: Clock::system(),
    };
    let signer = Signer::new("bench.example/vault", key).expect("the name is good");
    let vault = Arc::new(Vault::open(config, signer).expect("the vault opens"));
    let cancel = CancellationToken::new();
    let settings = Settings {
        tcp: vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))],
        // What the program can do is measured, not what one sender may.
        registered_bounds: Bounds::each(u32::MAX),
        ..Settings::default()
    };
    let (syslog, _tasks) = Syslog::start(settings, Arc::clone(&vault), Clock::system(), &cancel)
        .expect("the port is free");
    syslog.set_sources([Entry {
        peer: Ipv4Addr::LOCALHOST.into(),
        host: None,
        source: Source {
            source: [1; 16],
            unit: [2; 16],
        },
        zone: None,
    }]);
    println!("{}", syslog.tcp_addresses()[0]);
    while syslog.snapshot().counts.connections == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let (began, used) = (Instant::now(), cpu());
    let mut most = 0;
    while syslog.snapshot().counts.lines < lines {
        most = most.max(resident());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let report = |what: &str, wall: Duration, cpu: f64| {
        let rate = lines as f64 / wall.as_secs_f64();
        println!(
            "{what:<12} {:.2} s, {rate:.0} lines/s; {cpu:.2} s of CPU, {:.0} lines/s a core",
            wall.as_secs_f64(),
            lines as f64 / cpu
        );
    };
    report("synced", began.elapsed(), cpu() - used);
    vault.seal().await.expect("it can be sealed");
    report("sealed", began.elapsed(), cpu() - used);
    let snapshot = syslog.snapshot();
    let bytes: u64 = files(dir);
    println!(
        "on disk      {:.0} MB for {:.0} MB received; most memory {most} MB; truncated {}, refused {}",
        bytes as f64 / 1e6,
        snapshot.counts.bytes as f64 / 1e6,
        snapshot.counts.truncated,
        snapshot.counts.refused
    );
    assert_eq!(vault.size(), lines);
    cancel.cancel();
    vault.close();
}

fn send(address: &str, lines: u64, connections: u64) {
    std::thread::scope(|scope| {
        for c in 0..connections {
            scope.spawn(move || {
                let mut stream = TcpStream::connect(address).expect("it listens");
                let count = lines / connections + u64::from(c < lines % connections);
                let mut buffer = Vec::with_capacity(1 << 17);
                // No line is like another: neither within a connection nor between them.
                for n in 0..count {
                    let line = line(c * 1_000_000_007 + n);
                    if c % 2 == 0 {
                        buffer.extend_from_slice(line.as_bytes());
                        buffer.push(b'\n');
                    } else {
                        write!(buffer, "{} {line}", line.len()).expect("memory takes it");
                    }
                    if buffer.len() > 1 << 16 {
                        stream.write_all(&buffer).expect("it reads");
                        buffer.clear();
                    }
                }
                stream.write_all(&buffer).expect("it reads");
            });
        }
    });
}

/// Lines as a province's devices send them: a firewall, routers, servers.
fn line(n: u64) -> String {
    let (a, b, c) = (n % 250 + 1, n / 250 % 250, n * 7_919 % 64_000 + 1_024);
    let second = n % 60;
    // Values that do not repeat in order, as in real lines.
    let noise = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
    match n % 4 {
        0 => format!(
            "<189>date=2026-11-21 time=10:15:{second:02} devname=\"FGT-VL-{:03}\" devid=\"FGT60F0000{a:06}\" \
             logid=\"0000000013\" type=\"traffic\" subtype=\"forward\" level=\"notice\" vd=\"root\" srcip=10.{b}.{a}.5 \
             srcport={c} srcintf=\"lan\" dstip=10.200.{a}.10 dstport=443 dstintf=\"wan1\" policyid={} \
             sessionid={n} proto=6 action=\"close\" service=\"HTTPS\" duration={second} sentbyte={} rcvdbyte={}",
            n % 124,
            n % 30,
            noise % 100_000,
            noise / 7 % 1_000_000
        ),
        1 => format!(
            "<189>{n}: rt-{a:03}: Nov 21 2026 10:15:{second:02}.123 +07: %LINEPROTO-5-UPDOWN: Line protocol on \
             Interface GigabitEthernet0/{}, changed state to up",
            n % 24
        ),
        2 => format!(
            "<86>1 2026-11-21T10:15:{second:02}.123456+07:00 sv-{a:03} sshd {} - - Accepted publickey for \
             quantri from 10.{b}.{a}.7 port {c} ssh2: ED25519 SHA256:{:043x}",
            n % 30_000,
            noise
        ),
        _ => format!(
            "<30>Nov 21 10:15:{second:02} sv-{a:03} nginx[{}]: 10.{b}.{a}.9 - - \"GET /dich-vu-cong/ho-so/{noise} HTTP/1.1\" \
             200 {} \"https://dichvucong.vinhlong.example/\" \"Mozilla/5.0 (X11; Linux x86_64)\"",
            n % 9_000,
            noise % 90_000
        ),
    }
}

/// CPU seconds of this process.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux has /proc");
    let fields: Vec<f64> = stat
        .rsplit(')')
        .next()
        .into_iter()
        .flat_map(str::split_whitespace)
        .map(|f| f.parse().unwrap_or(0.0))
        .collect();
    (fields[11] + fields[12]) / 100.0
}

/// Resident memory of this process, MB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|l| {
            l.strip_prefix("VmRSS:")?
                .split_whitespace()
                .next()?
                .parse::<u64>()
                .ok()
        })
        .map_or(0, |kb| kb / 1_024)
}

fn files(dir: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return 0;
    };
    entries
        .flatten()
        .map(|e| match e.metadata() {
            Ok(m) if m.is_dir() => files(&e.path()),
            Ok(m) => m.len(),
            Err(_) => 0,
        })
        .sum()
}

fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|l| l.strip_prefix("model name"))
        .map_or("unknown processor", |m| {
            m.trim_start_matches([':', ' ', '\t'])
        });
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{model}, {cores} cores, Linux {}", kernel.trim())
}
