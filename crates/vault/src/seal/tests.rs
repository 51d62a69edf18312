//! A crash between any two steps of a seal.

use std::{net::IpAddr, path::Path};

use domain::clock::{Clock, from_ms};
use ed25519_dalek::SigningKey;

use super::*;
use crate::{
    Batch, Cancel, Config, Flags, Limits, Line, Reader, Transport, Vault, load, note::Signer,
    state::wal_dir,
};

const NOW: i64 = 1_795_230_000_000;

fn signer() -> Signer {
    Signer::new("gieng.example/vault", SigningKey::from_bytes(&[42; 32])).unwrap()
}

fn open(dir: &Path) -> Vault {
    let config = Config {
        dir: dir.to_owned(),
        limits: Limits::default(),
        clock: Clock::fixed(from_ms(NOW)),
    };
    Vault::open(config, signer()).unwrap()
}

fn batch(from: u64, count: u64) -> Batch {
    let mut batch = Batch::new();
    for n in from..from + count {
        let raw = format!("line {n}");
        let line = Line {
            received_at_ms: NOW,
            sent_at_ms: None,
            source: [u8::try_from(n % 5).unwrap(); 16],
            unit: [0; 16],
            peer: IpAddr::from([127, 0, 0, 1]),
            transport: Transport::Udp,
            flags: Flags::default(),
            facility: Some(1),
            severity: Some(5),
            host: "h",
            application: if n.is_multiple_of(2) { "b" } else { "a" },
            raw: raw.as_bytes(),
        };
        batch.push(&line).unwrap();
    }
    batch
}

/// Does a seal up to a step, as if the machine stopped there.
fn stop_after(dir: &Path, step: Step) {
    let loaded = load::load(dir, signer().verifier().clone(), Some(&signer())).unwrap();
    let file = loaded.shared.view().unsealed.remove(0);
    let job = Job {
        path: file.path,
        first: file.first,
        frontier: loaded.frontiers[0].clone(),
    };
    let mut sealer = Sealer {
        shared: Arc::new(loaded.shared),
        end: loaded.catalogue_end,
    };
    sealer.seal_until(&job, NOW, step).unwrap();
}

#[test]
fn a_crash_between_any_two_steps_loses_and_doubles_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    for step in [
        Step::Written,
        Step::Renamed,
        Step::Rooted,
        Step::Listed,
        Step::Counted,
        Step::Dropped,
    ] {
        let dir = tempfile::tempdir().unwrap();
        let vault = open(dir.path());
        runtime.block_on(async {
            // A sealed segment whose end is not the end of 256 records, then more.
            vault.append(batch(0, 300)).await.unwrap();
            vault.seal().await.unwrap();
            vault.append(batch(300, 700)).await.unwrap();
        });
        drop(vault);
        stop_after(dir.path(), step);
        // A reader beside it sees all of it once, before anything is repaired.
        let reader = Reader::open(dir.path()).unwrap();
        assert_eq!(reader.size(), 1_000, "{step:?}");
        let vault = open(dir.path());
        assert_eq!(vault.size(), 1_000, "{step:?}");
        let expected = if step >= Step::Listed { 1_000 } else { 300 };
        assert_eq!(vault.sealed(), expected, "{step:?}");
        runtime.block_on(async {
            vault.append(batch(1_000, 10)).await.unwrap();
            vault.seal().await.unwrap();
        });
        let report = vault.verify(|_| {}, &Cancel::default()).unwrap();
        assert!(report.is_sound(), "{step:?}: {report:?}");
        assert_eq!((report.records, report.signed), (1_010, 1_010), "{step:?}");
        let lines: u64 = vault.sources().values().map(|s| s.lines).sum();
        assert_eq!(lines, 1_010, "{step:?}");
        for n in [0, 299, 300, 555, 999, 1_009] {
            assert_eq!(
                vault.record(n).unwrap().raw,
                format!("line {n}").into_bytes()
            );
        }
        assert_eq!(
            std::fs::read_dir(wal_dir(dir.path())).unwrap().count(),
            0,
            "{step:?}"
        );
        assert_eq!(
            load::walk(&segments_dir(dir.path())).unwrap().len(),
            vault.segments().0,
            "{step:?}"
        );
    }
}

#[test]
fn a_seal_that_fails_is_tried_again() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(vault.append(batch(0, 10))).unwrap();
    // A file where the month's folder should be.
    let blocked = segments_dir(dir.path()).join("2026-11");
    std::fs::write(&blocked, b"").unwrap();
    assert!(runtime.block_on(vault.seal()).is_err());
    assert_eq!((vault.size(), vault.sealed()), (10, 0));
    std::fs::remove_file(&blocked).unwrap();
    runtime.block_on(vault.seal()).unwrap();
    assert_eq!(vault.sealed(), 10);
    let report = Reader::verify_dir(dir.path(), None, |_| {}, &Cancel::default()).unwrap();
    assert!(report.is_sound(), "{report:?}");
}
