//! `kill -9` at any moment: what was acknowledged is there, what is there is readable.
//!
//! The test starts itself again as a child that appends and prints what was
//! acknowledged, and kills it, over and over, on the same vault.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::support::{batch, clock, is_line, limits, open, open_with};
use vault::{Cancel, Limits};

const CHILD: &str = "GIENG_VAULT_CHILD";

/// Runs only as the child of the test below: appends until it is killed.
#[test]
fn child() {
    let Some(dir) = std::env::var_os(CHILD) else {
        return;
    };
    let limits = Limits {
        segment_records: 400,
        checkpoint_every: Duration::ZERO,
        ..limits()
    };
    let vault = open_with(dir.as_ref(), limits, clock());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let mut out = std::io::stdout();
    loop {
        let n = vault.size();
        let range = runtime
            .block_on(vault.append(batch(n..n + 1 + n % 90)))
            .unwrap();
        assert_eq!(range.start, n);
        writeln!(out, "acknowledged {}", range.end).unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn killed_at_any_moment() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = 0;
    let mut sealed = 0;
    for round in 0..25u32 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["crash::child", "--exact", "--nocapture", "--test-threads=1"])
            .env(CHILD, dir.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut kill_at = None;
        // Killed a little later each round, counted from its first acknowledgement.
        while let Some(Ok(line)) = lines.next() {
            if let Some(end) = line
                .rsplit_once("acknowledged ")
                .and_then(|(_, n)| n.parse::<u64>().ok())
            {
                acknowledged = acknowledged.max(end);
                kill_at.get_or_insert(
                    Instant::now() + Duration::from_millis(u64::from(round * 7 % 160)),
                );
            }
            if kill_at.is_some_and(|at| Instant::now() >= at) {
                child.kill().unwrap();
                kill_at = Some(Instant::now() + Duration::from_secs(60));
            }
        }
        assert!(
            !child.wait().unwrap().success(),
            "the child ends only by being killed"
        );
        let vault = open(dir.path());
        assert!(
            vault.size() >= acknowledged,
            "round {round}: {} of {acknowledged} acknowledged",
            vault.size()
        );
        sealed = vault.sealed();
        let report = vault.verify(|_| {}, &Cancel::default()).unwrap();
        assert!(report.is_sound(), "round {round}: {report:?}");
        assert_eq!(report.records, vault.size());
        assert!(is_line(&vault, vault.size() - 1));
    }
    assert!(
        acknowledged > 1_000 && sealed > 400,
        "{acknowledged} acknowledged, {sealed} sealed"
    );
    let vault = open(dir.path());
    for n in (0..vault.size()).step_by(97) {
        assert!(is_line(&vault, n), "{n}");
    }
}
