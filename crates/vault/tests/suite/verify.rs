//! One flipped byte anywhere is found, and proofs hold only for what was logged.

use std::{fs, path::Path};

use crate::support::{fill, forge::files, open, signer, text};
use vault::{Cancel, Error, Proof, Reader, Report, Subject, Vault, note::Verifier};

fn verify(dir: &Path) -> Report {
    Reader::verify_dir(dir, Some(signer().verifier()), |_| {}, &Cancel::default()).unwrap()
}

/// Two segments, records in the log, five checkpoints.
async fn found(dir: &Path) -> Vault {
    found_with(dir, 70_000).await
}

async fn found_with(dir: &Path, second: u64) -> Vault {
    let vault = open(dir);
    fill(&vault, 700, 100).await;
    vault.checkpoint().await.unwrap();
    vault.seal().await.unwrap();
    fill(&vault, second, 10_000).await;
    vault.seal().await.unwrap();
    fill(&vault, 300, 100).await;
    vault.checkpoint().await.unwrap();
    fill(&vault, 50, 10).await;
    vault
}

#[tokio::test]
async fn a_sound_vault_is_sound() {
    let dir = tempfile::tempdir().unwrap();
    let vault = found(dir.path()).await;
    let mut last = 0;
    let report = vault
        .verify(
            |p| {
                assert!(p.records >= last && p.records <= p.of);
                last = p.records;
            },
            &Cancel::default(),
        )
        .unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.records, report.segments, last), (71_050, 2, 71_050));
    assert_eq!(report.signed, 71_000);
    drop(vault);
    let report = verify(dir.path());
    assert_eq!(
        (report.records, report.signed),
        (71_050, 71_050),
        "closing signed the rest"
    );
    assert!(report.is_sound());
}

#[tokio::test]
async fn one_flipped_byte_anywhere_is_found() {
    let dir = tempfile::tempdir().unwrap();
    drop(found_with(dir.path(), 1_000).await);
    assert!(verify(dir.path()).is_sound());
    let mut kinds = std::collections::BTreeMap::new();
    for path in files(dir.path()) {
        let whole = fs::read(&path).unwrap();
        // Small files wholly, large ones in 25 places; always both ends.
        let step = if whole.len() < 600 {
            7
        } else {
            whole.len() / 25
        };
        let places = (0..whole.len())
            .step_by(step.max(1))
            .chain(whole.len().checked_sub(1));
        for at in places {
            let mut flipped = whole.clone();
            flipped[at] ^= 0x10;
            fs::write(&path, &flipped).unwrap();
            let report = verify(dir.path());
            assert!(!report.is_sound(), "byte {at} of {}", path.display());
            *kinds
                .entry(format!("{:?}", report.findings[0].subject))
                .or_insert(0) += 1;
        }
        fs::write(&path, &whole).unwrap();
    }
    assert!(verify(dir.path()).is_sound());
    for kind in [
        "Segment",
        "Log",
        "Tree",
        "Checkpoint",
        "Catalogue",
        "Key",
        "Statistics",
    ] {
        assert!(
            kinds.contains_key(kind),
            "{kind} was never the subject: {kinds:?}"
        );
    }
}

#[tokio::test]
async fn the_first_bad_range_is_named() {
    let dir = tempfile::tempdir().unwrap();
    drop(found(dir.path()).await);
    let segment = files(&dir.path().join("segments")).pop().unwrap();
    let whole = fs::read(&segment).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    fs::write(&segment, &flipped).unwrap();
    let report = verify(dir.path());
    // The chunk of 65,536 records of the segment that begins with record 700.
    assert_eq!(report.first_bad(), Some(700..66_236));
    assert_eq!(
        report.findings.len(),
        1,
        "what follows is still checked: {report:?}"
    );
    assert_eq!(report.signed, 71_050);
    fs::write(&segment, &whole).unwrap();
    // A record changed in the log, and its block's checksum... is not known to the changer.
    let log = files(&dir.path().join("wal")).pop().unwrap();
    let whole = fs::read(&log).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    fs::write(&log, &flipped).unwrap();
    let report = verify(dir.path());
    let bad = report.first_bad().unwrap();
    assert!((70_700..71_050).contains(&bad.start), "{bad:?}");
    assert!(report.findings.iter().any(|f| f.subject == Subject::Log));
}

#[tokio::test]
async fn records_taken_away_are_missed() {
    let dir = tempfile::tempdir().unwrap();
    drop(found(dir.path()).await);
    let log = files(&dir.path().join("wal")).pop().unwrap();
    fs::remove_file(log).unwrap();
    let report = verify(dir.path());
    assert_eq!(report.first_bad(), Some(70_700..71_050));
    let config = vault::Config {
        dir: dir.path().to_owned(),
        limits: crate::support::limits(),
        clock: crate::support::clock(),
    };
    assert!(matches!(
        Vault::open(config, signer()),
        Err(Error::Damaged { .. })
    ));
    let segment = files(&dir.path().join("segments")).remove(0);
    fs::remove_file(segment).unwrap();
    assert_eq!(verify(dir.path()).first_bad(), Some(0..700));
}

#[tokio::test]
async fn a_log_rewritten_with_another_key_is_not_trusted() {
    let dir = tempfile::tempdir().unwrap();
    let forged = vault::note::Signer::new(
        "gieng.example/vault",
        ed25519_dalek::SigningKey::from_bytes(&[1; 32]),
    )
    .unwrap();
    let config = vault::Config {
        dir: dir.path().to_owned(),
        limits: crate::support::limits(),
        clock: crate::support::clock(),
    };
    let vault = Vault::open(config, forged).unwrap();
    fill(&vault, 300, 100).await;
    drop(vault);
    let report = verify(dir.path());
    assert!(report.findings.iter().any(|f| f.subject == Subject::Key));
    assert!(
        report
            .findings
            .iter()
            .any(|f| f.subject == Subject::Checkpoint)
    );
    assert!(
        Reader::verify_dir(dir.path(), None, |_| {}, &Cancel::default())
            .unwrap()
            .is_sound()
    );
}

#[tokio::test]
async fn a_proof_stands_alone() {
    let dir = tempfile::tempdir().unwrap();
    let vault = found(dir.path()).await;
    assert!(matches!(
        vault.prove(71_049),
        Err(Error::NotYetSigned { index: 71_049 })
    ));
    assert!(matches!(
        vault.prove(71_050),
        Err(Error::NoSuchRecord { .. })
    ));
    vault.checkpoint().await.unwrap();
    let verifier = Verifier::from_vkey(&signer().verifier().to_vkey()).unwrap();
    for n in [
        0, 1, 255, 256, 699, 700, 65_535, 65_536, 70_699, 70_700, 71_048, 71_049,
    ] {
        let proof = vault.prove(n).unwrap();
        let read = Proof::from_text(&proof.to_text()).unwrap();
        assert_eq!(read, proof);
        let (record, checkpoint) = read.verify(&verifier).unwrap();
        assert_eq!(
            (record.index, record.raw.as_slice()),
            (n, text(n).as_bytes())
        );
        assert_eq!(checkpoint.size, 71_050);
        let other = Proof {
            index: n ^ 1,
            ..proof.clone()
        };
        assert!(other.verify(&verifier).is_err());
        let mut changed = proof.clone();
        let last = changed.record.len() - 1;
        changed.record[last] ^= 1;
        assert!(changed.verify(&verifier).is_err());
    }
}

#[tokio::test]
async fn each_signed_state_is_the_beginning_of_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    let mut sizes = Vec::new();
    for count in [1, 6, 249, 1, 300, 4_000] {
        fill(&vault, count, 500).await;
        sizes.push(vault.checkpoint().await.unwrap().unwrap().size);
        if vault.size() > 500 {
            vault.seal().await.unwrap();
        }
    }
    for (i, old) in sizes.iter().enumerate() {
        for new in &sizes[i..] {
            let proof = vault.consistency(*old, *new).unwrap();
            assert!(proof.holds(), "{old} in {new}");
            assert_eq!((proof.old.size, proof.new.size), (*old, *new));
            if old < new {
                let mut changed = proof.clone();
                changed.old.root[0] ^= 1;
                assert!(!changed.holds());
            }
        }
    }
    assert!(matches!(
        vault.consistency(3, sizes[5]),
        Err(Error::NotYetSigned { .. })
    ));
}

/// Read from any segment on, and then what lies before it: the same is found.
#[tokio::test]
async fn a_reading_that_goes_on_reads_everything() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    // None of the segments ends where 256 records end.
    for count in [300, 1_000, 77, 5_000] {
        fill(&vault, count, 100).await;
        vault.checkpoint().await.unwrap();
        vault.seal().await.unwrap();
    }
    fill(&vault, 120, 50).await;
    vault.close();
    drop(vault);
    let signer = signer();
    let read = |begin_at| {
        let expect = vault::Expect {
            key: Some(signer.verifier()),
            begin_at,
            ..vault::Expect::default()
        };
        let mut ends = Vec::new();
        let each = |p: vault::Progress| ends.push((p.records, p.at));
        let report = Reader::verify_against(dir.path(), &expect, each, &Cancel::default());
        (report.unwrap(), ends)
    };
    let (whole, _) = read(0);
    assert!(whole.is_sound(), "{whole:?}");
    for begin_at in [299, 300, 1_299, 1_300, 1_377, 6_000, 99_999] {
        let (report, ends) = read(begin_at);
        assert_eq!(report, whole, "from {begin_at}");
        assert!(ends.iter().all(|(n, _)| *n <= 6_497));
        assert_eq!(ends.last().map(|(n, _)| *n), Some(6_497));
    }
    assert_eq!(
        read(1_300).1[0],
        (77, 1_377),
        "the segment that was not read comes first"
    );
    let mut segments = files(&dir.path().join("segments"));
    segments.sort();
    for (n, path) in segments.iter().enumerate() {
        let sound = fs::read(path).unwrap();
        let mut flipped = sound.clone();
        flipped[sound.len() / 3] ^= 1;
        fs::write(path, &flipped).unwrap();
        for begin_at in [0, 300, 1_300, 1_377] {
            let (report, _) = read(begin_at);
            assert!(
                report.findings.iter().any(|f| f.path == *path),
                "segment {n} from {begin_at}: {report:?}"
            );
        }
        fs::write(path, sound).unwrap();
    }
}

/// A start looks at the end of every segment, however old.
#[tokio::test]
async fn a_footer_of_an_old_segment_is_looked_at() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    for _ in 0..70 {
        fill(&vault, 3, 3).await;
        vault.seal().await.unwrap();
    }
    vault.close();
    drop(vault);
    let mut segments = files(&dir.path().join("segments"));
    segments.sort();
    let mut bytes = fs::read(&segments[0]).unwrap();
    let at = bytes.len() - 20;
    bytes[at] ^= 1;
    fs::write(&segments[0], &bytes).unwrap();
    let config = vault::Config {
        dir: dir.path().to_owned(),
        limits: crate::support::limits(),
        clock: crate::support::clock(),
    };
    let refused = Vault::open(config, signer()).expect_err("its footer is damaged");
    assert!(refused.to_string().contains("footer"), "{refused}");
}
