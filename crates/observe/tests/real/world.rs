//! What the tests need of the machine: namespaces, firewall rules, programs.

use std::io::{BufRead, BufReader, Lines};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Whether we may make namespaces and firewall rules; says so when not.
pub fn root(test: &str) -> bool {
    let root = std::fs::metadata("/proc/self").is_ok_and(|m| {
        use std::os::unix::fs::MetadataExt;
        m.uid() == 0
    });
    if !root {
        eprintln!("SKIPPED {test}: needs root for network namespaces and firewall rules");
        assert!(
            std::env::var_os("CI").is_none(),
            "CI must run {test} as root"
        );
    }
    root
}

/// Runs a program to its end; its output, or a panic that shows what went wrong.
pub fn run(program: &str, args: &[&str]) -> String {
    let output = Command::new(program)
        .args(args)
        .env("TZ", "Asia/Ho_Chi_Minh")
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|e| panic!("{program} (is its Debian package installed?): {e}"));
    assert!(
        output.status.success(),
        "{program} {args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A number that no other test of this machine uses now.
fn fresh() -> (u32, u32) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A network namespace joined to ours by a veth pair; removed with the value.
pub struct Namespace {
    pub name: String,
    /// Our end of the pair.
    pub ours: String,
    /// The address inside.
    pub address: String,
}

impl Namespace {
    pub fn new() -> Self {
        let (pid, n) = fresh();
        let name = format!("gieng{pid}-{n}");
        let (ours, theirs) = (format!("ga{pid}-{n}"), format!("gb{pid}-{n}"));
        let (hi, lo) = (pid >> 6 & 0xff, (pid & 0x3f) << 2);
        let host = format!("10.{}.{hi}.{}/30", 200 + n, lo + 1);
        let address = format!("10.{}.{hi}.{}", 200 + n, lo + 2);
        run("ip", &["netns", "add", &name]);
        let made = Self {
            name,
            ours,
            address,
        };
        run(
            "ip",
            &[
                "link", "add", &made.ours, "type", "veth", "peer", "name", &theirs, "netns",
                &made.name,
            ],
        );
        run("ip", &["addr", "add", &host, "dev", &made.ours]);
        run("ip", &["link", "set", &made.ours, "up"]);
        let inside = format!("{}/30", made.address);
        run(
            "ip",
            &["-n", &made.name, "addr", "add", &inside, "dev", &theirs],
        );
        run("ip", &["-n", &made.name, "link", "set", &theirs, "up"]);
        run("ip", &["-n", &made.name, "link", "set", "lo", "up"]);
        made
    }

    /// Breaks the link, or mends it.
    pub fn link(&self, up: bool) {
        let theirs = self.ours.replacen("ga", "gb", 1);
        run(
            "ip",
            &[
                "-n",
                &self.name,
                "link",
                "set",
                &theirs,
                if up { "up" } else { "down" },
            ],
        );
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = Command::new("ip")
            .args(["netns", "del", &self.name])
            .status();
    }
}

/// A firewall rule that drops ICMP to one address; removed with the value.
pub struct Drops {
    table: String,
}

impl Drops {
    /// On its way in.
    pub fn icmp_to(address: &str) -> Self {
        Self::icmp(address, "input")
    }

    /// On its way out: the sender is told that it may not.
    pub fn icmp_out_to(address: &str) -> Self {
        Self::icmp(address, "output")
    }

    fn icmp(address: &str, hook: &str) -> Self {
        let (pid, n) = fresh();
        let made = Self {
            table: format!("gieng{pid}_{n}"),
        };
        let t = &made.table;
        let chain = format!("{{ type filter hook {hook} priority 0; }}");
        run("nft", &["add", "table", "ip", t]);
        run("nft", &["add", "chain", "ip", t, "cut", &chain]);
        run(
            "nft",
            &[
                "add", "rule", "ip", t, "cut", "ip", "daddr", address, "ip", "protocol", "icmp",
                "drop",
            ],
        );
        made
    }
}

impl Drop for Drops {
    fn drop(&mut self) {
        let _ = Command::new("nft")
            .args(["delete", "table", "ip", &self.table])
            .status();
    }
}

/// A program that runs until the value is dropped.
pub struct Program {
    child: Child,
    lines: Option<Lines<BufReader<ChildStdout>>>,
}

impl Program {
    pub fn start(program: &str, args: &[&str]) -> Self {
        let mut child = Command::new(program)
            .args(args)
            .env("PYTHONUNBUFFERED", "1")
            .env("TZ", "Asia/Ho_Chi_Minh")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("{program} (is its Debian package installed?): {e}"));
        let lines = child.stdout.take().map(|out| BufReader::new(out).lines());
        Self { child, lines }
    }

    /// The output up to and with the line that `wanted` names.
    pub fn until(&mut self, wanted: &str) -> Vec<String> {
        let mut seen = Vec::new();
        for line in self.lines.as_mut().expect("its output is piped") {
            let line = line.expect("its output is text");
            let found = line.contains(wanted);
            seen.push(line);
            if found {
                return seen;
            }
        }
        panic!("it ended without `{wanted}`: {seen:#?}");
    }

    /// Asks it to end, and waits until it has.
    pub fn stop(mut self) {
        run("kill", &["-TERM", &self.child.id().to_string()]);
        self.child.wait().expect("a child can be waited for");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A TCP port that is free now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there are free ports");
    listener.local_addr().expect("it is bound").port()
}

/// Waits until something listens on a local TCP port.
pub async fn listening(port: u16) {
    let wait = async {
        while tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .is_err()
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait)
        .await
        .expect("the program listens in time");
}
