//! Samples: kept, sealed by day, read for charts, dropped when old.

mod support;

use std::{path::Path, time::Duration};

use domain::clock::{Clock, from_ms};
use support::{START_MS, clock, id};
use vault::samples::{Bucket, Config, Outcome, Sample, Samples};

const DAY_MS: i64 = 86_400_000;

fn config(dir: &Path, clock: &Clock) -> Config {
    Config {
        sync_every: Duration::from_millis(20),
        ..Config::new(dir.to_owned(), clock.clone())
    }
}

fn sample(target: u64, at_ms: i64, outcome: Outcome, rtt_us: u32) -> Sample {
    Sample {
        at_ms,
        target: id(target),
        outcome,
        rtt_us,
    }
}

fn total(store: &Samples, target: u64, from: i64, to: i64) -> Bucket {
    store.read(&id(target), from, to, 1).unwrap()[0]
}

#[tokio::test]
async fn buckets_add_up_what_is_in_memory_and_in_parts() {
    let dir = tempfile::tempdir().unwrap();
    let store = Samples::open(config(dir.path(), &clock())).unwrap();
    for i in 0..100u32 {
        let outcome = match i % 10 {
            0 => Outcome::Down,
            1 => Outcome::Error,
            _ => Outcome::Up,
        };
        let at = START_MS + i64::from(i) * 1_000;
        store.append(&[
            sample(
                1,
                at,
                outcome,
                if outcome == Outcome::Up { i * 10 } else { 0 },
            ),
            sample(2, at, Outcome::Up, 1),
        ]);
        if i == 49 {
            store.seal().await.unwrap();
        }
    }
    let buckets = store
        .read(&id(1), START_MS, START_MS + 100_000, 10)
        .unwrap();
    assert_eq!(buckets.len(), 10);
    for (n, b) in (0u32..).zip(&buckets) {
        assert_eq!((b.up, b.down, b.error), (8, 1, 1), "bucket {n}");
        assert_eq!((b.min_us, b.max_us), (n * 100 + 20, n * 100 + 90));
        assert_eq!(b.avg_us, n * 100 + 55);
        assert!((b.loss().unwrap() - 1.0 / 9.0).abs() < 1e-9);
        assert_eq!(
            (b.start_ms, b.end_ms),
            (
                START_MS + i64::from(n) * 10_000,
                START_MS + i64::from(n + 1) * 10_000
            )
        );
    }
    assert_eq!(total(&store, 3, START_MS, START_MS + 100_000).loss(), None);
    assert_eq!(
        total(&store, 2, START_MS + 1_000, START_MS + 2_000).up,
        1,
        "the end is not in it"
    );
    let mut at = Vec::new();
    store
        .scan(&id(1), START_MS, START_MS + 100_000, |s| at.push(s.at_ms))
        .unwrap();
    assert!(at.is_sorted() && at.len() == 100);
}

#[tokio::test]
async fn uneven_buckets_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = Samples::open(config(dir.path(), &clock())).unwrap();
    let samples: Vec<_> = (0..1_000)
        .map(|i| sample(1, START_MS + i, Outcome::Up, 1))
        .collect();
    store.append(&samples);
    for buckets in [1, 3, 7, 333, 999, 1_000, 1_500] {
        let read = store
            .read(&id(1), START_MS, START_MS + 1_000, buckets)
            .unwrap();
        assert_eq!(read.iter().map(|b| b.up).sum::<u64>(), 1_000, "{buckets}");
        for b in read {
            assert_eq!(
                b.up,
                u64::try_from(b.end_ms - b.start_ms).unwrap(),
                "{buckets}: {b:?}"
            );
        }
    }
    assert_eq!(store.read(&id(1), START_MS, START_MS, 5).unwrap(), []);
}

#[tokio::test]
async fn flushed_samples_survive_without_a_goodbye() {
    let dir = tempfile::tempdir().unwrap();
    let copy = tempfile::tempdir().unwrap();
    let store = Samples::open(config(dir.path(), &clock())).unwrap();
    for day in 0..3 {
        let samples: Vec<_> = (0..1_000)
            .map(|i| {
                sample(
                    i % 7,
                    START_MS - day * DAY_MS + i64::try_from(i).unwrap(),
                    Outcome::Up,
                    9,
                )
            })
            .collect();
        store.append(&samples);
    }
    store.flush().await.unwrap();
    // What is on disk now is what a killed process leaves; its last block is torn as well.
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.extend_from_slice(b"BLK1 torn");
        std::fs::write(copy.path().join(path.file_name().unwrap()), bytes).unwrap();
    }
    let again = Samples::open(config(copy.path(), &clock())).unwrap();
    let sum: u64 = (0..7)
        .map(|t| total(&again, t, START_MS - 3 * DAY_MS, START_MS + DAY_MS).up)
        .sum();
    assert_eq!(sum, 3_000);
    assert_eq!(again.parts().0, 3, "a part a day");
}

#[tokio::test]
async fn an_interrupted_seal_doubles_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let saved = tempfile::tempdir().unwrap();
    let store = Samples::open(config(dir.path(), &clock())).unwrap();
    store.append(
        &(0..500)
            .map(|i| sample(1, START_MS + i, Outcome::Up, 1))
            .collect::<Vec<_>>(),
    );
    store.flush().await.unwrap();
    let log = std::fs::read_dir(dir.path())
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let kept = saved.path().join("log");
    std::fs::copy(&log, &kept).unwrap();
    store.seal().await.unwrap();
    assert!(!log.exists());
    drop(store);
    // The machine stopped after the part was written and before the log was dropped.
    std::fs::copy(&kept, &log).unwrap();
    let store = Samples::open(config(dir.path(), &clock())).unwrap();
    assert_eq!(total(&store, 1, START_MS, START_MS + 1_000).up, 500);
}

#[tokio::test]
async fn old_days_go() {
    let dir = tempfile::tempdir().unwrap();
    let clock = clock();
    let store = Samples::open(Config {
        retention_days: 3,
        ..config(dir.path(), &clock)
    })
    .unwrap();
    for day in 0..10 {
        clock.set(from_ms(START_MS + day * DAY_MS));
        store.append(&[sample(1, START_MS + day * DAY_MS, Outcome::Up, 1)]);
        store.seal().await.unwrap();
    }
    assert_eq!(store.parts().0, 3);
    assert_eq!(total(&store, 1, 0, i64::MAX / 2).up, 3);
}

#[tokio::test]
async fn ninety_days_of_two_hundred_targets_are_cheap() {
    // Every ten minutes instead of every 30 s: a twentieth of the real thing.
    let dir = tempfile::tempdir().unwrap();
    let store = Samples::open(config(dir.path(), &clock())).unwrap();
    let mut taken = 0u64;
    for day in 0..90 {
        for target in 0..200 {
            let samples: Vec<_> = (0..144u32)
                .map(|i| {
                    let at = START_MS - (90 - day) * DAY_MS + i64::from(i) * 600_000;
                    let rtt = 1_500 + (i * 7919 + u32::try_from(target).unwrap() * 31) % 400;
                    sample(target, at, Outcome::Up, rtt)
                })
                .collect();
            taken += samples.len() as u64;
            store.append(&samples);
        }
        if day % 10 == 9 {
            store.seal().await.unwrap();
        }
    }
    let (files, bytes) = store.parts();
    assert!(files <= 100, "{files}");
    assert!(bytes < taken * 4, "{bytes} bytes for {taken} samples");
    let start = std::time::Instant::now();
    let chart = store
        .read(&id(77), START_MS - 90 * DAY_MS, START_MS, 300)
        .unwrap();
    let took = start.elapsed();
    assert_eq!(chart.iter().map(|b| b.up).sum::<u64>(), 90 * 144);
    assert!(
        took < Duration::from_secs(3),
        "{took:?} for a chart of ninety days"
    );
}
