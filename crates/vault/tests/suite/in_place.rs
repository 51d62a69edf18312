//! What stands in the place of one of the vault's files, and is none: nobody waits for it. A
//! verification names it and a start refuses, both at once.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::mpsc,
    time::Duration,
};

use crate::support::{
    clock, fill,
    forge::{copy, files},
    limits, open, signer,
};
use nix::{sys::stat::Mode, unistd::mkfifo};
use tempfile::TempDir;
use vault::{Cancel, Config, Error, Expect, Known, Reader, Report, Vault};

/// 700 lines in a segment and 50 in the log, all signed.
async fn kept() -> (TempDir, Known) {
    let (dir, live) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let vault = open(live.path());
    fill(&vault, 700, 100).await;
    vault.checkpoint().await.unwrap();
    vault.seal().await.unwrap();
    fill(&vault, 50, 10).await;
    let last = vault.checkpoint().await.unwrap().unwrap();
    vault.close();
    copy(live.path(), dir.path());
    let known = Known {
        size: last.size,
        id: last.id(),
        from: "entry 9 of the change journal".into(),
    };
    (dir, known)
}

/// What does not end in this time hangs.
fn in_time<T: Send + 'static>(what: &str, run: impl FnOnce() -> T + Send + 'static) -> T {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || tell.send(run()));
    let ended = told.recv_timeout(Duration::from_secs(30));
    ended.unwrap_or_else(|error| panic!("{what}: {error}"))
}

fn verified(what: &str, dir: &Path, known: &Known) -> Report {
    let (dir, known) = (dir.to_owned(), known.clone());
    in_time(what, move || {
        let expect = Expect {
            signer: Some(&signer()),
            known: std::slice::from_ref(&known),
            ..Expect::default()
        };
        Reader::verify_against(&dir, &expect, |_| {}, &Cancel::default()).unwrap()
    })
}

fn started(what: &str, dir: &Path, known: &Known) -> Result<Vault, Error> {
    let config = Config {
        dir: dir.to_owned(),
        limits: limits(),
        clock: clock(),
    };
    let known = known.clone();
    in_time(what, move || {
        Vault::open_known(config, signer(), std::slice::from_ref(&known))
    })
}

fn gone(path: &Path) {
    if path.is_dir() {
        fs::remove_dir_all(path).unwrap();
    } else {
        let _ = fs::remove_file(path);
    }
}

fn pipe(path: &Path) {
    gone(path);
    mkfifo(path, Mode::from_bits_truncate(0o600)).unwrap();
}

fn folder(path: &Path) {
    gone(path);
    fs::create_dir(path).unwrap();
}

fn endless(path: &Path) {
    gone(path);
    std::os::unix::fs::symlink("/dev/zero", path).unwrap();
}

/// Eight terabytes of nothing.
fn hole(path: &Path) {
    gone(path);
    File::create(path).unwrap().set_len(8 << 40).unwrap();
}

type Put = (&'static str, fn(&Path));
const PIPE: Put = ("a pipe", pipe);
const FOLDER: Put = ("a folder", folder);
const ENDLESS: Put = ("a device without end", endless);
const HOLE: Put = ("a hole", hole);

#[tokio::test(flavor = "multi_thread")]
async fn whatever_stands_in_the_place_of_a_file_is_named_at_once() {
    let (kept, known) = kept().await;
    let under = |folder: &str| -> PathBuf {
        let found = files(&kept.path().join(folder)).pop().unwrap();
        found.strip_prefix(kept.path()).unwrap().to_owned()
    };
    let all = [PIPE, FOLDER, ENDLESS, HOLE];
    let cases: [(PathBuf, &[Put]); 8] = [
        ("checkpoints".into(), &all),
        ("vkey".into(), &all),
        ("segments.jsonl".into(), &all),
        (under("wal"), &all),
        (under("segments"), &all),
        ("tree/08".into(), &[PIPE, FOLDER, ENDLESS]),
        ("wal".into(), &[PIPE, ENDLESS]),
        ("tree".into(), &[PIPE, ENDLESS]),
    ];
    for (name, puts) in cases {
        for (kind, put) in puts {
            let what = format!("{kind} in the place of {}", name.display());
            let dir = tempfile::tempdir().unwrap();
            copy(kept.path(), dir.path());
            put(&dir.path().join(&name));
            let report = verified(&what, dir.path(), &known);
            let named = |path: &Path| path.starts_with(dir.path().join(&name));
            assert!(
                report.findings.iter().any(|f| named(&f.path)),
                "{what}: {:#?}",
                report.findings
            );
            let refused = started(&what, dir.path(), &known).expect_err(&what);
            let founded_anew = matches!(refused, Error::OtherKey { .. });
            assert!(
                refused.is_of_the_files() && !founded_anew,
                "{what}: {refused}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_shortens_the_way_keeps_nobody_waiting() {
    let (kept, known) = kept().await;
    for name in ["sources.json", "read", "lock"] {
        for (kind, put) in [PIPE, ENDLESS, HOLE] {
            let what = format!("{kind} in the place of {name}");
            let dir = tempfile::tempdir().unwrap();
            copy(kept.path(), dir.path());
            put(&dir.path().join(name));
            verified(&what, dir.path(), &known);
            let read = dir.path().to_owned();
            in_time(&what, move || vault::reading::read_to(&read));
            match started(&what, dir.path(), &known) {
                Ok(vault) => vault.close(),
                Err(error) => assert!(error.is_of_the_files(), "{what}: {error}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_file_among_the_segments_is_noted_and_sets_nothing_apart() {
    let (dir, known) = kept().await;
    let segments = dir.path().join("segments");
    let month = files(&segments).pop().unwrap();
    let month = month.parent().unwrap();
    fs::write(segments.join("Thumbs.db"), b"x").unwrap();
    fs::write(month.join("notes.tmp"), b"x").unwrap();
    pipe(&month.join("pipe"));
    std::os::unix::fs::symlink(&segments, month.join("around")).unwrap();
    let mut foreign = vec![
        segments.join("Thumbs.db"),
        month.join("around"),
        month.join("notes.tmp"),
        month.join("pipe"),
    ];
    foreign.sort();
    for _ in 0..2 {
        let report = verified("foreign files", dir.path(), &known);
        assert_eq!((report.findings, report.foreign), (vec![], foreign.clone()));
        let vault = started("foreign files", dir.path(), &known).unwrap();
        fill(&vault, 10, 10).await;
        vault.checkpoint().await.unwrap();
        vault.seal().await.unwrap();
        vault.close();
    }
    assert!(foreign.iter().all(|path| path.symlink_metadata().is_ok()));
}
