//! Programs that are not ours accept the proofs and read the files.
//!
//! They come from PyPI into a virtual environment below the target folder, once.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use crate::support::{START_MS, clock, fill, id, open, signer, text};
use testkit::python::{self, run};
use vault::series::{Config, Store, probe};

/// A Python with the packages; aics-tlog needs 3.12 or later and is left out before.
fn python() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let packages = [
        "pymerkle==7.0.0",
        "duckdb",
        "aics-tlog==0.2.1; python_version >= '3.12'",
    ];
    FOUND
        .get_or_init(|| python::with(env!("CARGO_TARGET_TMPDIR"), "vault", &packages))
        .as_deref()
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/suite/independent")
        .join(name)
}

#[tokio::test]
async fn independent_verifiers_accept_proofs() {
    let Some(python) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let out = tempfile::tempdir().unwrap();
    let vault = open(&dir.path().join("vault"));
    let mut sizes = Vec::new();
    for count in [1, 254, 2, 343] {
        fill(&vault, count, 100).await;
        sizes.push(vault.checkpoint().await.unwrap().unwrap().size);
        if sizes.len() == 3 {
            vault.seal().await.unwrap();
        }
    }
    for n in 0..vault.size() {
        fs::write(
            out.path().join(format!("{n:06}.tlog-proof")),
            vault.prove(n).unwrap().to_text(),
        )
        .unwrap();
    }
    for old in &sizes {
        let proof = vault.consistency(*old, 600).unwrap();
        fs::write(
            out.path().join(format!("{old}.consistency")),
            proof.to_json().to_string(),
        )
        .unwrap();
    }
    let key = signer();
    fs::write(out.path().join("vkey"), key.verifier().to_vkey()).unwrap();
    fs::write(
        out.path().join("cosignature-vkey"),
        key.verifier().to_cosignature_vkey(),
    )
    .unwrap();
    let said = run(Command::new(python)
        .arg(script("check_proofs.py"))
        .arg(out.path()))
    .expect("the proofs are accepted");
    assert!(said.contains(": 600 proofs"), "{said}");
    eprint!("{said}");
    // And they would notice: one changed hash.
    let proof = fs::read_to_string(out.path().join("000300.tlog-proof")).unwrap();
    let mut changed = vault::Proof::from_text(&proof).unwrap();
    changed.path[0][0] ^= 1;
    fs::write(out.path().join("000300.tlog-proof"), changed.to_text()).unwrap();
    assert!(
        run(Command::new(python)
            .arg(script("check_proofs.py"))
            .arg(out.path()))
        .is_none()
    );
}

#[tokio::test]
async fn another_engine_reads_segments_and_samples() {
    let Some(python) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let vault = open(&dir.path().join("vault"));
    for _ in 0..2 {
        fill(&vault, 35_000, 5_000).await;
        vault.seal().await.unwrap();
    }
    let samples = Store::open(Config::new(dir.path().join("samples"), clock())).unwrap();
    let sample = |n: u32| {
        let rtt = (!n.is_multiple_of(4)).then_some(4_000_000_000);
        probe::sample(id(1), START_MS + i64::from(n), rtt)
    };
    samples.append(&(0..8).map(sample).collect::<Vec<_>>());
    samples.seal().await.unwrap();
    let folders = [
        dir.path().join("vault/segments"),
        dir.path().join("samples"),
    ];
    let said = run(Command::new(python)
        .arg(script("read_segments.py"))
        .args(&folders))
    .expect("DuckDB reads the files");
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        said["count"],
        serde_json::json!([70_000, 70_000, 0, 69_999])
    );
    assert_eq!(said["sent"], 52_500);
    let record = serde_json::json!([
        777,
        START_MS + 777,
        hex::encode(id(777 % 11)),
        "2001:db8::1",
        777 % 8,
        "gw00",
        "app2",
        text(777)
    ]);
    assert_eq!(said["record"], record);
    assert_eq!(said["by_application"].as_array().unwrap().len(), 5);
    assert_eq!(
        said["sorted"], 0,
        "within a chunk by application, host, arrival"
    );
    assert_eq!(said["encodings"], serde_json::json!([["ZSTD"]]));
    assert_eq!(
        said["samples"],
        serde_json::json!([
            ["target", "", "reach.delay", 0, 6, 24_000_000_000u64],
            ["target", "", "reach.delay", 1, 2, 0]
        ])
    );
}
