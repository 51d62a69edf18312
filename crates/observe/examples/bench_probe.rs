//! Measures probing: CPU and false loss for 10,000 loopback hosts every 10 s,
//! with fping on the same machine beside it.
//!
//! `cargo run --release -p observe --example bench_probe -- [targets] [seconds]`
//!
//! CPU is what the whole process used (`/proc/self/stat`), the runtime and the
//! fleet's state machine with it; fping is measured as its own parent sees it.

use std::process::Command;
use std::time::{Duration, Instant};

use domain::clock::Clock;
use domain::id::{Id, TargetId};
use domain::reachability::{Fleet, Pace, Settings as FleetSettings, State, Target};
use observe::probe::{Method, ProbeTarget, Prober, Settings, Timebase};
use tokio_util::sync::CancellationToken;

const INTERVAL_MS: u32 = 10_000;

/// CPU seconds of this process and of its children that have ended.
fn cpu() -> (f64, f64) {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux has /proc");
    let fields: Vec<f64> = stat
        .rsplit(')')
        .next()
        .into_iter()
        .flat_map(str::split_whitespace)
        .map(|f| f.parse().unwrap_or(0.0))
        .collect();
    // Fields 14 to 17 of proc(5), in ticks of 10 ms; the first two are cut off above.
    (
        (fields[11] + fields[12]) / 100.0,
        (fields[13] + fields[14]) / 100.0,
    )
}

fn address(n: u32) -> String {
    format!("127.{}.{}.{}", 1 + (n >> 16), n >> 8 & 0xff, n & 0xff)
}

fn main() {
    let argument = |n: usize, default: u32| {
        std::env::args()
            .nth(n)
            .and_then(|a| a.parse().ok())
            .unwrap_or(default)
    };
    let (targets, seconds) = (argument(1, 10_000), argument(2, 60));
    println!("machine   {}", machine());
    println!("date      {}", Clock::system().now());
    println!("targets   {targets} every {INTERVAL_MS} ms for {seconds} s");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime can be built");
    let ours = runtime.block_on(measure(targets, seconds));
    drop(runtime);
    let theirs = fping(targets, seconds);
    match theirs {
        Some(theirs) => println!("ratio     ours/fping {:.2}", ours / theirs),
        None => println!("fping     is not installed (apt-get install fping)"),
    }
}

async fn measure(targets: u32, seconds: u32) -> f64 {
    let id = |n: u32| {
        let mut bytes = [0; 16];
        bytes[12..].copy_from_slice(&n.to_be_bytes());
        TargetId(Id::from_bytes(bytes))
    };
    let pace = Pace {
        interval_ms: INTERVAL_MS,
        ..Pace::default()
    };
    let cancel = CancellationToken::new();
    let timebase = Timebase::new(Clock::system());
    let mut running = Prober::start(Settings::default(), timebase.clone(), cancel.clone())
        .expect("probing can begin");
    println!("method    {}", running.prober.capability());
    let mut fleet = Fleet::new(FleetSettings::default());
    // A hundred hubs, the rest behind them.
    let tree = (0..targets).map(|n| Target {
        id: id(n),
        parents: (n >= 100).then(|| id(n % 100)).into_iter().collect(),
        reference: false,
        centre: false,
        pace,
    });
    fleet
        .set_targets(tree.collect(), timebase.now())
        .expect("it is a tree");
    let probed = (0..targets).map(|n| ProbeTarget {
        id: id(n),
        address: address(n).parse().expect("it is an address"),
        method: Method::Icmp,
        pace,
    });
    running.prober.set_targets(probed.collect());
    let (mut began, mut used) = (Instant::now(), cpu().0);
    let mut warm = false;
    let mut fleet_time = Duration::ZERO;
    let mut rtt = (u32::MAX, 0u64, 0u32, 0u64);
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    let mut base = running.prober.stats();
    loop {
        tokio::select! {
            Some(batch) = running.samples.recv() => {
                let at = Instant::now();
                for sample in &batch {
                    fleet.apply(sample, timebase.now());
                    if let domain::reachability::Outcome::Answered { rtt_us } = sample.outcome {
                        rtt = (rtt.0.min(rtt_us), rtt.1 + u64::from(rtt_us), rtt.2.max(rtt_us), rtt.3 + 1);
                    }
                }
                fleet_time += at.elapsed();
            }
            _ = tick.tick() => {
                let at = Instant::now();
                fleet.tick(timebase.now());
                fleet_time += at.elapsed();
                if !warm && began.elapsed() >= Duration::from_secs(2) {
                    warm = true;
                    (began, used) = (Instant::now(), cpu().0);
                    fleet_time = Duration::ZERO;
                    base = running.prober.stats();
                }
                if warm && began.elapsed() >= Duration::from_secs(u64::from(seconds)) {
                    break;
                }
            }
        }
    }
    let wall = began.elapsed().as_secs_f64();
    let share = (cpu().0 - used) / wall * 100.0;
    let stats = running.prober.stats();
    let not_up = fleet.statuses().filter(|s| s.state != State::Up).count();
    println!(
        "gieng     {share:.2} % of a core (of it the state machine {:.2} %), {} probes sent",
        fleet_time.as_secs_f64() / wall * 100.0,
        stats.sent - base.sent,
    );
    println!(
        "          false loss {}, late {}, deferred {}, dropped {}, targets not up {not_up}; rtt min/avg/max {}/{}/{} µs",
        stats.failed,
        stats.late,
        stats.deferred,
        stats.dropped,
        rtt.0,
        rtt.1 / rtt.3.max(1),
        rtt.2
    );
    cancel.cancel();
    running.task.await.expect("the prober ends in order");
    share
}

fn fping(targets: u32, seconds: u32) -> Option<f64> {
    let list = std::env::temp_dir().join(format!("gieng-fping-{}", std::process::id()));
    let lines: String = (0..targets).map(|n| address(n) + "\n").collect();
    std::fs::write(&list, lines).expect("the list can be written");
    let count = (seconds * 1_000 / INTERVAL_MS).max(1).to_string();
    // Spread over the interval as ours are: one packet each interval/targets.
    let gap = format!("{:.3}", f64::from(INTERVAL_MS) / f64::from(targets));
    let (began, used) = (Instant::now(), cpu().1);
    let output = Command::new("fping")
        .args([
            "-q",
            "-C",
            &count,
            "-p",
            &INTERVAL_MS.to_string(),
            "-i",
            &gap,
            "-f",
        ])
        .arg(&list)
        .output();
    let _ = std::fs::remove_file(&list);
    let output = output.ok()?;
    let wall = began.elapsed().as_secs_f64();
    let share = (cpu().1 - used) / wall * 100.0;
    let told = String::from_utf8_lossy(&output.stderr);
    let lost = told
        .lines()
        .flat_map(str::split_whitespace)
        .filter(|w| *w == "-")
        .count();
    let version = Command::new("fping").arg("-v").output().ok()?;
    let version = String::from_utf8_lossy(&version.stdout);
    println!(
        "fping     {share:.2} % of a core over {wall:.0} s, false loss {lost} ({})",
        version.lines().next().unwrap_or_default()
    );
    Some(share)
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
