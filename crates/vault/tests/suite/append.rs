//! What is appended stays: in the log, in segments, after reopening.

use std::time::Duration;

use crate::support::{START_MS, batch, clock, fill, id, is_line, limits, open, open_with};
use domain::clock::from_ms;
use vault::{Cancel, Config, Error, Limits, Query, Reader, Vault, note::Signer};

#[tokio::test]
async fn records_are_numbered_in_the_order_of_appending() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    assert_eq!(vault.append(batch(0..10)).await.unwrap(), 0..10);
    assert_eq!(vault.append(batch(10..11)).await.unwrap(), 10..11);
    assert_eq!(vault.append(vault::Batch::new()).await.unwrap(), 11..11);
    assert_eq!(vault.size(), 11);
    for n in 0..11 {
        assert!(is_line(&vault, n));
    }
    assert!(matches!(
        vault.record(11),
        Err(Error::NoSuchRecord {
            index: 11,
            size: 11
        })
    ));
}

#[tokio::test]
async fn a_batch_ends_before_its_block_is_too_large_to_be_read() {
    let raw = vec![b'x'; 4 << 20];
    let full = || {
        let (mut batch, mut lines) = (vault::Batch::new(), 0);
        loop {
            match batch.push(&crate::support::long(&raw)) {
                Ok(()) => lines += 1,
                Err(Error::BatchFull { bytes }) => {
                    assert_eq!((bytes, lines), (batch.bytes(), batch.len()));
                    return batch;
                }
                Err(error) => panic!("{error}"),
            }
        }
    };
    let almost = || {
        let mut batch = vault::Batch::new();
        batch
            .push(&crate::support::long(&raw[..raw.len() - 200]))
            .unwrap();
        batch
    };
    let dir = tempfile::tempdir().unwrap();
    let size = {
        // Room for all of them to wait together, so that they are joined where they may be.
        let limits = Limits {
            queue_bytes: 256 << 20,
            ..limits()
        };
        let vault = open_with(dir.path(), limits, clock());
        let appends = [almost(), full(), almost(), full(), full()].map(|b| vault.append(b));
        let [a, b, c, d, e] = appends;
        for range in <[_; 5]>::from(tokio::join!(a, b, c, d, e)) {
            range.unwrap();
        }
        vault.size()
    };
    assert_eq!(size, 3 * 7 + 2);
    let vault = open(dir.path());
    assert_eq!(vault.size(), size);
    for n in 0..size {
        assert!(vault.record(n).unwrap().raw.len() >= raw.len() - 200);
    }
}

#[tokio::test]
async fn many_tasks_append_at_once_and_each_gets_its_own_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let vault = std::sync::Arc::new(open_with(
        dir.path(),
        Limits {
            queue_bytes: 4096,
            ..limits()
        },
        clock(),
    ));
    let mut tasks = Vec::new();
    for n in 0..200 {
        let vault = vault.clone();
        tasks.push(tokio::spawn(async move {
            (n, vault.append(batch(n..n + 1)).await.unwrap())
        }));
    }
    let mut seen = [false; 200];
    for task in tasks {
        let (n, range) = task.await.unwrap();
        assert_eq!(range.end, range.start + 1);
        assert_eq!(
            vault.record(range.start).unwrap().raw,
            crate::support::text(n).as_bytes()
        );
        assert!(!std::mem::replace(
            &mut seen[usize::try_from(range.start).unwrap()],
            true
        ));
    }
    // The writer gives the room back just after it has answered.
    for _ in 0..500 {
        if vault.queued_bytes() == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(vault.queued_bytes(), 0);
}

#[tokio::test]
async fn sealed_and_unsealed_records_survive_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let sources = {
        let vault = open(dir.path());
        fill(&vault, 70_000, 5_000).await;
        vault.seal().await.unwrap();
        fill(&vault, 1_000, 100).await;
        assert_eq!((vault.size(), vault.sealed()), (71_000, 70_000));
        vault.sources()
    };
    assert_eq!(sources.len(), 11);
    assert_eq!(sources.values().map(|s| s.lines).sum::<u64>(), 71_000);
    assert_eq!(sources[&id(0)].last_received_ms, START_MS + 70_994);
    let vault = open(dir.path());
    assert_eq!((vault.size(), vault.sealed()), (71_000, 70_000));
    assert_eq!(vault.sources(), sources);
    for n in [0, 1, 255, 256, 65_535, 65_536, 69_999, 70_000, 70_999] {
        assert!(is_line(&vault, n), "{n}");
        assert_eq!(vault.record(n).unwrap().encode(), reencoded(n), "{n}");
    }
    // The statistics are rebuilt from the segments when the shortcut is gone.
    drop(vault);
    std::fs::remove_file(dir.path().join("sources.json")).unwrap();
    let vault = open(dir.path());
    assert_eq!(vault.sources(), sources);
    fill(&vault, 10, 10).await;
    assert_eq!(vault.size(), 71_010);
}

/// What the record of line `n` must be: the same line appended to an empty vault.
fn reencoded(n: u64) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    let runtime = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(vault.append(batch(n..n + 1))).unwrap();
        vault.record(0).unwrap().encode()
    });
    runtime.join().unwrap()
}

#[tokio::test]
async fn size_and_age_seal_by_themselves() {
    let dir = tempfile::tempdir().unwrap();
    let clock = clock();
    let limits = Limits {
        segment_records: 500,
        segment_age: Duration::from_secs(3600),
        ..limits()
    };
    let vault = open_with(dir.path(), limits, clock.clone());
    fill(&vault, 1_200, 100).await;
    // Answered after the seals that are due.
    vault.seal().await.unwrap();
    assert_eq!(vault.segments().0, 3);
    fill(&vault, 5, 1).await;
    clock.set(from_ms(START_MS + 3_600_001));
    fill(&vault, 1, 1).await;
    fill(&vault, 1, 1).await;
    vault.seal().await.unwrap();
    assert_eq!(vault.segments().0, 5, "one by age, one by hand");
    assert_eq!(vault.sealed(), 1_207);
}

#[tokio::test]
async fn a_clock_that_jumps_back_stops_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let clock = clock();
    let vault = open_with(dir.path(), limits(), clock.clone());
    fill(&vault, 10, 1).await;
    let first = vault.checkpoint().await.unwrap().unwrap();
    clock.set(from_ms(START_MS - 86_400_000));
    fill(&vault, 10, 1).await;
    let second = vault.checkpoint().await.unwrap().unwrap();
    assert_eq!((first.size, second.size), (10, 20));
    assert!(second.signed_at < first.signed_at);
    vault.seal().await.unwrap();
    assert!(vault.verify(|_| {}, &Cancel::default()).unwrap().is_sound());
}

#[tokio::test]
async fn a_checkpoint_comes_by_itself_each_minute() {
    let dir = tempfile::tempdir().unwrap();
    let clock = clock();
    let vault = open_with(dir.path(), limits(), clock.clone());
    fill(&vault, 3, 1).await;
    clock.set(from_ms(START_MS + 61_000));
    fill(&vault, 1, 1).await;
    // What is due is done before the next append is taken.
    fill(&vault, 1, 1).await;
    let latest = vault.latest_checkpoint().unwrap();
    assert!((3..=4).contains(&latest.size), "{}", latest.size);
    assert_eq!(latest.signed_at, START_MS / 1000 + 61);
}

#[tokio::test]
async fn one_writer_and_one_key() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    fill(&vault, 10, 10).await;
    let config = Config {
        dir: dir.path().to_owned(),
        limits: limits(),
        clock: clock(),
    };
    assert!(matches!(
        Vault::open(config.clone(), crate::support::signer()),
        Err(Error::Locked { .. })
    ));
    drop(vault);
    let other = Signer::new(
        "gieng.example/vault",
        ed25519_dalek::SigningKey::from_bytes(&[1; 32]),
    )
    .unwrap();
    assert!(matches!(
        Vault::open(config, other),
        Err(Error::OtherKey { .. })
    ));
}

#[tokio::test]
async fn another_process_reads_while_lines_come_in() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open_with(
        dir.path(),
        Limits {
            segment_records: 300,
            ..limits()
        },
        clock(),
    );
    fill(&vault, 1_000, 10).await;
    let appending = async {
        for _ in 0..100 {
            fill(&vault, 20, 10).await;
            tokio::task::yield_now().await;
        }
    };
    let path = dir.path().to_owned();
    let reading = tokio::task::spawn_blocking(move || {
        for _ in 0..20 {
            let reader = Reader::open(&path).unwrap();
            let size = reader.size();
            assert!(is_line(&reader, size - 1) && is_line(&reader, 0));
            let query = Query {
                limit: 5,
                ..Query::default()
            };
            assert_eq!(
                reader
                    .search_blocking(&query, &Cancel::default())
                    .unwrap()
                    .rows[0]
                    .index,
                size - 1
            );
            let report = reader.verify(|_| {}, &Cancel::default()).unwrap();
            assert!(report.is_sound(), "{report:?}");
        }
    });
    let (_, read) = tokio::join!(appending, reading);
    read.unwrap();
}

#[tokio::test]
async fn a_closed_vault_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    fill(&vault, 10, 10).await;
    let reader = vault.reader();
    vault.close();
    assert!(matches!(
        vault.append(batch(10..11)).await,
        Err(Error::Closed)
    ));
    assert_eq!(reader.size(), 10);
    assert_eq!(
        reader.latest_checkpoint().unwrap().size,
        10,
        "closing signs"
    );
}

#[tokio::test]
async fn the_last_line_says_when_a_source_sent_last() {
    const AHEAD_MS: i64 = 30 * 86_400_000;
    let dir = tempfile::tempdir().unwrap();
    let one = |at: i64| {
        let mut batch = vault::Batch::new();
        let line = vault::Line {
            received_at_ms: at,
            ..crate::support::long(b"line")
        };
        batch.push(&line).unwrap();
        batch
    };
    let last = |vault: &Vault| vault.sources()[&id(0)].last_received_ms;
    let vault = open(dir.path());
    vault.append(one(START_MS + AHEAD_MS)).await.unwrap();
    assert_eq!(last(&vault), START_MS + AHEAD_MS);
    // The clock was set back.
    vault.append(one(START_MS + 9)).await.unwrap();
    assert_eq!(last(&vault), START_MS + 9);
    drop(vault);
    let vault = open(dir.path());
    assert_eq!(last(&vault), START_MS + 9);
    // A segment tells the latest time of its lines, as segments did before.
    vault.seal().await.unwrap();
    assert_eq!(last(&vault), START_MS + 9);
    vault.append(one(START_MS + 10)).await.unwrap();
    drop(vault);
    let vault = open(dir.path());
    assert_eq!(last(&vault), START_MS + 10);
    assert!(vault.verify(|_| {}, &Cancel::default()).unwrap().is_sound());
}
