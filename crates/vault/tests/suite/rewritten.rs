//! What somebody with the disk but without the key can do: each way is found and named by a
//! verification, and nothing is signed over it at the next start.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::support::{
    batch, clock, fill,
    forge::{copy, cut_log, files, rewrite_log, unseal_log, xxh64},
    limits, open, signer, text,
};
use tempfile::TempDir;
use vault::{
    Cancel, Config, Error, Expect, Finding, Known, Reader, Vault,
    note::{JournalHead, Signer},
    repair::Plan,
    set_apart,
};

/// 700 lines in a segment, 1,000 signed ones in the log, 50 that no checkpoint covers: as a
/// `kill -9` leaves it. With the last checkpoint, as the journal knows it.
struct Left {
    dir: TempDir,
    known: Known,
}

impl Left {
    async fn behind() -> Self {
        let (dir, live) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let vault = open(live.path());
        fill(&vault, 700, 100).await;
        vault.checkpoint().await.unwrap();
        vault.seal().await.unwrap();
        fill(&vault, 500, 100).await;
        vault.checkpoint().await.unwrap();
        fill(&vault, 500, 100).await;
        let last = vault.checkpoint().await.unwrap().unwrap();
        fill(&vault, 50, 10).await;
        copy(live.path(), dir.path());
        Self {
            dir,
            known: Known {
                size: last.size,
                id: last.id(),
                from: "entry 9 of the change journal".into(),
            },
        }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn log(&self) -> PathBuf {
        files(&self.path().join("wal")).pop().unwrap()
    }

    fn findings(&self) -> Vec<Finding> {
        let expect = Expect {
            signer: Some(&signer()),
            known: std::slice::from_ref(&self.known),
            ..Expect::default()
        };
        let report = Reader::verify_against(self.path(), &expect, |_| {}, &Cancel::default());
        report.unwrap().findings
    }

    fn start(&self) -> Result<Vault, Error> {
        let config = Config {
            dir: self.path().to_owned(),
            limits: limits(),
            clock: clock(),
        };
        Vault::open_known(config, signer(), std::slice::from_ref(&self.known))
    }

    /// A verification names it, a start refuses to go on.
    fn is_found(&self, named: &str) {
        let findings = self.findings();
        assert!(
            findings.iter().any(|f| f.what.contains(named)),
            "`{named}` is not among {findings:#?}"
        );
        let checkpoints = fs::read(self.path().join("checkpoints")).ok();
        let refused = self.start().expect_err("it starts over what was rewritten");
        assert!(
            matches!(
                refused,
                Error::Rewritten { .. } | Error::Damaged { .. } | Error::OtherKey { .. }
            ),
            "{refused}"
        );
        let after = fs::read(self.path().join("checkpoints")).ok();
        assert_eq!(checkpoints, after, "something was signed");
    }
}

#[tokio::test]
async fn what_a_crash_left_is_sound_and_goes_on() {
    let left = Left::behind().await;
    assert_eq!(left.findings(), []);
    let vault = left.start().unwrap();
    fill(&vault, 10, 10).await;
    vault.seal().await.unwrap();
    drop(vault);
    assert_eq!(left.findings(), []);
}

#[tokio::test]
async fn a_signed_line_is_rewritten() {
    let left = Left::behind().await;
    rewrite_log(&left.log(), &text(900), &text(900).replace("line", "lime"));
    left.is_found("are not those that were signed");
}

#[tokio::test]
async fn an_unsigned_line_is_rewritten() {
    let left = Left::behind().await;
    rewrite_log(
        &left.log(),
        &text(1_720),
        &text(1_720).replace("line", "lime"),
    );
    left.is_found("are not those that were received");
}

#[tokio::test]
async fn the_seals_are_taken_off() {
    let left = Left::behind().await;
    unseal_log(&left.log());
    rewrite_log(
        &left.log(),
        &text(1_720),
        &text(1_720).replace("line", "lime"),
    );
    left.is_found("are not those that were received");
}

#[tokio::test]
async fn the_last_checkpoints_are_dropped_and_a_line_rewritten() {
    let left = Left::behind().await;
    let path = left.path().join("checkpoints");
    let notes = fs::read_to_string(&path).unwrap();
    let second = notes.find("gieng.example/vault\n1200\n").unwrap();
    fs::write(&path, &notes[..second]).unwrap();
    rewrite_log(&left.log(), &text(900), &text(900).replace("line", "lime"));
    left.is_found("is not among them (entry 9 of the change journal)");
    left.is_found("are not those that were received");
}

#[tokio::test]
async fn all_checkpoints_are_dropped() {
    let left = Left::behind().await;
    fs::remove_file(left.path().join("checkpoints")).unwrap();
    left.is_found("nothing is signed");
    left.is_found("no checkpoint covers them although they are sealed");
}

#[tokio::test]
async fn a_checkpoint_in_between_is_taken_out() {
    let left = Left::behind().await;
    let path = left.path().join("checkpoints");
    let notes = fs::read_to_string(&path).unwrap();
    let starts: Vec<usize> = notes
        .match_indices("gieng.example/vault\n")
        .map(|(at, _)| at)
        .collect();
    assert_eq!(starts.len(), 4, "{notes}");
    let without = [&notes[..starts[1]], &notes[starts[2]..]].concat();
    fs::write(&path, without).unwrap();
    let findings = left.findings();
    let named = "checkpoints before it are missing";
    assert!(
        findings.iter().any(|f| f.what.contains(named)),
        "{findings:#?}"
    );
}

#[tokio::test]
async fn it_is_rolled_back_to_an_older_copy() {
    let older = Left::behind().await;
    let newer = older.start().unwrap();
    fill(&newer, 500, 100).await;
    let last = newer.checkpoint().await.unwrap().unwrap();
    drop(newer);
    let mut left = Left::behind().await;
    left.known = Known {
        size: last.size,
        id: last.id(),
        from: "entry 12 of the change journal".into(),
    };
    left.is_found("is not among them (entry 12 of the change journal)");
}

#[tokio::test]
async fn lines_are_cut_off_with_the_checkpoints_over_them() {
    let left = Left::behind().await;
    cut_log(&left.log(), 1_200);
    let path = left.path().join("checkpoints");
    let notes = fs::read_to_string(&path).unwrap();
    let last = notes.rfind("gieng.example/vault\n1700\n").unwrap();
    fs::write(&path, &notes[..last]).unwrap();
    left.is_found("is not among them (entry 9 of the change journal)");
}

#[tokio::test]
async fn the_whole_vault_of_another_installation_is_put_in_its_place() {
    let left = Left::behind().await;
    fs::remove_dir_all(left.path()).unwrap();
    let other = Signer::new(
        "gieng.example/vault",
        ed25519_dalek::SigningKey::from_bytes(&[1; 32]),
    )
    .unwrap();
    let config = Config {
        dir: left.path().to_owned(),
        limits: limits(),
        clock: clock(),
    };
    let vault = Vault::open(config, other).unwrap();
    fill(&vault, 2_000, 100).await;
    drop(vault);
    left.is_found("it is not the trusted key");
    // With the name of the right key it is no better.
    fs::write(
        left.path().join("vkey"),
        format!("{}\n", signer().verifier().to_vkey()),
    )
    .unwrap();
    left.is_found("signature of the checkpoint is not valid");
}

/// A segment in which one line is another, made with the same program and another key, put in
/// the place of the right one with all that says how it must look.
async fn forged_segment(left: &Left, keep_peaks: bool) {
    let dir = tempfile::tempdir().unwrap();
    let other = Signer::new(
        "gieng.example/vault",
        ed25519_dalek::SigningKey::from_bytes(&[1; 32]),
    )
    .unwrap();
    let config = Config {
        dir: dir.path().to_owned(),
        limits: limits(),
        clock: clock(),
    };
    let vault = Vault::open(config, other).unwrap();
    vault.append(batch(0..300)).await.unwrap();
    vault.append(batch(1_300..1_301)).await.unwrap();
    vault.append(batch(301..700)).await.unwrap();
    vault.seal().await.unwrap();
    drop(vault);
    let list = |dir: &Path| fs::read_to_string(dir.join("segments.jsonl")).unwrap();
    let (right, forged) = (list(left.path()), list(dir.path()));
    let peaks = |line: &str| {
        let at = line.find("\"peaks\"").unwrap();
        line[at..at + line[at..].find(']').unwrap()].to_owned()
    };
    let line = if keep_peaks {
        forged.replace(&peaks(&forged), &peaks(&right))
    } else {
        forged
    };
    let json = &line[..line.len() - 18];
    let sum = xxh64(0, &[json.as_bytes()]);
    fs::write(
        left.path().join("segments.jsonl"),
        format!("{json} {sum:016x}\n"),
    )
    .unwrap();
    let segments = |dir: &Path| files(&dir.join("segments")).pop().unwrap();
    fs::copy(segments(dir.path()), segments(left.path())).unwrap();
    fs::remove_file(left.path().join("sources.json")).unwrap();
    if !keep_peaks {
        copy(&dir.path().join("tree"), &left.path().join("tree"));
    }
}

#[tokio::test]
async fn a_segment_and_the_list_are_exchanged() {
    let left = Left::behind().await;
    forged_segment(&left, false).await;
    left.is_found("are not those that were signed");
}

#[tokio::test]
async fn a_segment_is_exchanged_and_the_hashes_kept() {
    let left = Left::behind().await;
    forged_segment(&left, true).await;
    let findings = left.findings();
    let named = "the records are not those that were signed";
    assert!(
        findings.iter().any(|f| f.what.contains(named)),
        "{findings:#?}"
    );
    // A start does not read it again; but no proof of the forged line can be made.
    let vault = left.start().unwrap();
    vault.checkpoint().await.unwrap();
    let proof = vault.prove(300).unwrap();
    assert!(proof.verify(signer().verifier()).is_err());
    assert!(
        vault
            .prove(900)
            .unwrap()
            .verify(signer().verifier())
            .is_ok()
    );
}

#[tokio::test]
async fn unsigned_lines_do_not_grow_old() {
    let (dir, live) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let vault = open(live.path());
    vault.append(batch(0..10)).await.unwrap();
    vault.checkpoint().await.unwrap();
    vault.append(batch(10..11)).await.unwrap();
    // A line that came two minutes later: the program went on, and did not sign.
    vault.append(batch(120_011..120_012)).await.unwrap();
    copy(live.path(), dir.path());
    let verify = |dir: &Path, now_ms| {
        let expect = Expect {
            signer: Some(&signer()),
            now_ms,
            ..Expect::default()
        };
        let report = Reader::verify_against(dir, &expect, |_| {}, &Cancel::default()).unwrap();
        report.findings
    };
    let found = verify(dir.path(), None);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(
        found[0].what,
        "they were never signed although the program went on"
    );
    assert_eq!(found[0].records, Some(10..12));
    // While it runs, their age shows.
    vault.checkpoint().await.unwrap();
    vault.append(batch(12..13)).await.unwrap();
    let now = crate::support::START_MS;
    assert_eq!(verify(live.path(), Some(now + 60_000)), []);
    assert_eq!(verify(live.path(), Some(now + 120_000)).len(), 1);
}

#[tokio::test]
async fn each_checkpoint_proves_the_journal_and_the_one_before() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    let head = |seq: u64| JournalHead {
        seq,
        hash: [u8::try_from(seq).unwrap(); 32],
    };
    // It is signed from its first moment.
    let begun = vault.latest_checkpoint().unwrap();
    assert_eq!((begun.size, begun.previous), (0, Some([0; 32])));
    // Also without a line: the journal has news.
    vault.witness(head(3), 3);
    let first = vault.checkpoint().await.unwrap().unwrap();
    assert_eq!((first.size, first.journal.clone()), (0, Some(head(3))));
    assert_eq!(first.previous, Some(begun.id()));
    vault.witness(head(4), 3);
    assert_eq!(vault.checkpoint().await.unwrap().unwrap(), first, "no news");
    fill(&vault, 5, 5).await;
    let second = vault.checkpoint().await.unwrap().unwrap();
    assert_eq!((second.size, second.journal.clone()), (5, Some(head(4))));
    assert_eq!(second.previous, Some(first.id()));
    vault.witness(head(9), 8);
    let third = vault.checkpoint().await.unwrap().unwrap();
    assert_eq!((third.size, third.previous), (5, Some(second.id())));
    drop(vault);
    let report = Reader::verify_dir(
        dir.path(),
        Some(signer().verifier()),
        |_| {},
        &Cancel::default(),
    );
    assert!(report.unwrap().is_sound());
}

#[tokio::test]
async fn a_damaged_segment_is_noticed_at_the_start() {
    for damage in ["cut", "footer", "gone"] {
        let left = Left::behind().await;
        let segment = files(&left.path().join("segments")).pop().unwrap();
        let mut bytes = fs::read(&segment).unwrap();
        match damage {
            "cut" => fs::write(&segment, &bytes[..bytes.len() - 1]).unwrap(),
            "footer" => {
                let at = bytes.len() - 40;
                bytes[at] ^= 1;
                fs::write(&segment, &bytes).unwrap();
            }
            _ => fs::remove_file(&segment).unwrap(),
        }
        let refused = left.start().expect_err(damage);
        assert!(
            matches!(refused, Error::Damaged { .. }),
            "{damage}: {refused}"
        );
    }
}

#[tokio::test]
async fn what_is_damaged_is_set_apart_explained_and_searched() {
    let left = Left::behind().await;
    let list = left.path().join("segments.jsonl");
    let right = fs::read_to_string(&list).unwrap();
    fs::write(&list, right.replacen('7', "8", 1)).unwrap();
    assert!(left.start().is_err());
    let apart = set_apart(left.path(), crate::support::START_MS).unwrap();
    assert!(!left.path().exists());
    assert!(
        apart
            .to_string_lossy()
            .ends_with("-damaged-20261121T030000Z"),
        "{apart:?}"
    );
    // A second one gets a name of its own.
    fs::create_dir(left.path()).unwrap();
    let second = set_apart(left.path(), crate::support::START_MS).unwrap();
    assert!(second.to_string_lossy().ends_with("Z-2"), "{second:?}");
    fs::create_dir(left.path()).unwrap();

    let key = signer().verifier().clone();
    let plan = Plan::make(&apart, &key, &Cancel::default()).unwrap();
    assert_eq!(
        (plan.readable, plan.lost.len(), plan.differs),
        (1_750, 0, None)
    );
    assert!(plan.can_rebuild());
    assert!(Reader::open(&apart).is_err(), "looking changes nothing");
    let before = plan.rebuild(crate::support::START_MS).unwrap();
    assert!(before.join("segments.jsonl").exists());
    let reader = Reader::open(&apart).unwrap();
    assert!((0..1_750).all(|n| crate::support::is_line(&reader, n)));
    let expect = Expect {
        signer: Some(&signer()),
        known: std::slice::from_ref(&left.known),
        ..Expect::default()
    };
    let report = Reader::verify_against(&apart, &expect, |_| {}, &Cancel::default()).unwrap();
    assert_eq!(report.findings, []);
    // The list is as it was, but for when it was sealed.
    let again = fs::read_to_string(apart.join("segments.jsonl")).unwrap();
    let part = |text: &str| text[..text.find("\"sealed_at\"").unwrap()].to_owned();
    assert_eq!(part(&again), part(&right));

    // A segment that is gone: what it held is lost, with its time and its sources.
    let segment = files(&apart.join("segments")).pop().unwrap();
    fs::remove_file(&segment).unwrap();
    let plan = Plan::make(&apart, &key, &Cancel::default()).unwrap();
    assert_eq!(plan.readable, 1_050);
    assert_eq!(plan.lost.len(), 1);
    assert_eq!(plan.lost[0].records, 0..700);
    assert_eq!(
        plan.lost[0].received,
        (None, Some(crate::support::START_MS + 700))
    );
    assert!(!plan.can_rebuild());
    let lost: u64 = plan.lost_sources.iter().map(|(_, lines)| lines).sum();
    assert_eq!((plan.lost_sources.len(), lost), (11, 700));
    let query = vault::Query {
        limit: 2_000,
        lenient: true,
        ..vault::Query::default()
    };
    let page = reader.search_blocking(&query, &Cancel::default()).unwrap();
    assert_eq!((page.rows.len(), page.unreadable), (1_050, 700));
    for path in [&apart, &second] {
        fs::remove_dir_all(path).unwrap();
    }
}
