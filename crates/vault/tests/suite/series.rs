//! Series: kept, sealed by day, read for charts, dropped when old.

use std::{path::Path, time::Duration};

use crate::support::{START_MS, clock, id};
use domain::clock::{Clock, from_ms};
use vault::series::{
    Config, Counter, Metric, Rate, Reading, Sample, Series, Store,
    probe::{self, Bucket, DELAY},
};

const DAY_MS: i64 = 86_400_000;

fn config(dir: &Path, clock: &Clock) -> Config {
    Config {
        sync_every: Duration::from_millis(20),
        ..Config::new(dir.to_owned(), clock.clone())
    }
}

fn up(target: u64, at_ms: i64, rtt_us: u32) -> Sample {
    probe::sample(id(target), at_ms, Some(rtt_us))
}

/// The `i`-th of a hundred: every tenth is not answered, every tenth not sent.
fn mixed(target: u64, i: u32) -> Sample {
    Sample {
        series: Series::of("target", id(target), DELAY),
        at_ms: START_MS + i64::from(i) * 1_000,
        reading: match i % 10 {
            0 => Reading::Silent,
            1 => Reading::Unasked,
            _ => Reading::Gauge((i * 10).into()),
        },
    }
}

fn total(store: &Store, target: u64, from: i64, to: i64) -> Bucket {
    store.probes(id(target), from, to, 1).unwrap()[0]
}

#[tokio::test]
async fn buckets_add_up_what_is_in_memory_and_in_parts() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(config(dir.path(), &clock())).unwrap();
    for i in 0..100u32 {
        let at = START_MS + i64::from(i) * 1_000;
        store.append(&[mixed(1, i), up(2, at, 1)]);
        if i == 49 {
            store.seal().await.unwrap();
        }
    }
    let buckets = store
        .probes(id(1), START_MS, START_MS + 100_000, 10)
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
        .scan(
            &Series::of("target", id(1), DELAY),
            START_MS,
            START_MS + 100_000,
            |s| at.push(s.at_ms),
        )
        .unwrap();
    assert!(at.is_sorted() && at.len() == 100);
}

#[tokio::test]
async fn uneven_buckets_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(config(dir.path(), &clock())).unwrap();
    let samples: Vec<_> = (0..1_000).map(|i| up(1, START_MS + i, 1)).collect();
    store.append(&samples);
    for buckets in [1, 3, 7, 333, 999, 1_000, 1_500] {
        let read = store
            .probes(id(1), START_MS, START_MS + 1_000, buckets)
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
    assert_eq!(store.probes(id(1), START_MS, START_MS, 5).unwrap(), []);
}

#[tokio::test]
async fn flushed_samples_survive_without_a_goodbye() {
    let dir = tempfile::tempdir().unwrap();
    let copy = tempfile::tempdir().unwrap();
    let store = Store::open(config(dir.path(), &clock())).unwrap();
    for day in 0..3 {
        let samples: Vec<_> = (0..1_000)
            .map(|i| {
                up(
                    i % 7,
                    START_MS - day * DAY_MS + i64::try_from(i).unwrap(),
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
    let again = Store::open(config(copy.path(), &clock())).unwrap();
    let sum: u64 = (0..7)
        .map(|t| total(&again, t, START_MS - 3 * DAY_MS, START_MS + DAY_MS).up)
        .sum();
    assert_eq!(sum, 3_000);
    assert_eq!(again.parts().0, 3, "a part a day");
}

#[tokio::test]
async fn names_of_any_length_and_number_are_written_down() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(config(dir.path(), &clock())).unwrap();
    // 80 MB of names: more than a block may be.
    let long = "x".repeat(1_000);
    let all: Vec<Sample> = (0..80_000)
        .map(|n| Sample {
            series: Series {
                label: format!("{n} {long}").into(),
                ..Series::of("target", id(7), DELAY)
            },
            at_ms: START_MS,
            reading: Reading::Gauge(1.0),
        })
        .collect();
    store.append(&all);
    store.flush().await.unwrap();
    drop(store);
    let store = Store::open(config(dir.path(), &clock())).unwrap();
    store.append(&[up(7, START_MS + 1_000, 1)]);
    store.flush().await.unwrap();
    assert_eq!(total(&store, 7, START_MS, START_MS + 2_000).up, 1);
}

#[tokio::test]
async fn an_interrupted_seal_doubles_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let saved = tempfile::tempdir().unwrap();
    let store = Store::open(config(dir.path(), &clock())).unwrap();
    store.append(&(0..500).map(|i| up(1, START_MS + i, 1)).collect::<Vec<_>>());
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
    let store = Store::open(config(dir.path(), &clock())).unwrap();
    assert_eq!(total(&store, 1, START_MS, START_MS + 1_000).up, 500);
}

#[tokio::test]
async fn old_days_go() {
    let dir = tempfile::tempdir().unwrap();
    let clock = clock();
    let store = Store::open(Config {
        retention_days: 3,
        ..config(dir.path(), &clock)
    })
    .unwrap();
    for day in 0..10 {
        clock.set(from_ms(START_MS + day * DAY_MS));
        store.append(&[up(1, START_MS + day * DAY_MS, 1)]);
        store.seal().await.unwrap();
    }
    assert_eq!(store.parts().0, 3);
    assert_eq!(total(&store, 1, 0, i64::MAX / 2).up, 3);
}

#[tokio::test]
async fn ninety_days_of_two_hundred_targets_are_cheap() {
    // Every ten minutes instead of every 30 s: a twentieth of the real thing.
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(config(dir.path(), &clock())).unwrap();
    let mut taken = 0u64;
    for day in 0..90 {
        for target in 0..200 {
            let samples: Vec<_> = (0..144u32)
                .map(|i| {
                    let at = START_MS - (90 - day) * DAY_MS + i64::from(i) * 600_000;
                    let rtt = 1_500 + (i * 7919 + u32::try_from(target).unwrap() * 31) % 400;
                    up(target, at, rtt)
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
        .probes(id(77), START_MS - 90 * DAY_MS, START_MS, 300)
        .unwrap();
    let took = start.elapsed();
    assert_eq!(chart.iter().map(|b| b.up).sum::<u64>(), 90 * 144);
    assert!(
        took < Duration::from_secs(3),
        "{took:?} for a chart of ninety days"
    );
}

/// A part and a log as versions before wrote them (`old/`): samples of probes alone, of target 1
/// and 2 the first hundred sealed, of target 1 another hundred in the log.
#[tokio::test]
async fn what_older_versions_wrote_is_read_on() {
    let dir = tempfile::tempdir().unwrap();
    let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/old");
    for entry in std::fs::read_dir(old).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, dir.path().join(path.file_name().unwrap())).unwrap();
    }
    let store = Store::open(config(dir.path(), &clock())).unwrap();
    assert_eq!(
        store.parts().0,
        2,
        "the log is sealed, the part stays as it is"
    );
    store.append(&(200..300).map(|i| mixed(1, i)).collect::<Vec<_>>());
    for (target, seconds) in [(1, 300), (2, 100)] {
        let all = total(&store, target, START_MS, START_MS + DAY_MS);
        let tenth = u64::from(seconds) / 10;
        assert_eq!((all.up, all.down, all.error), (tenth * 8, tenth, tenth));
        assert_eq!((all.min_us, all.max_us), (20, seconds * 10 - 10));
    }
    let mut at = Vec::new();
    let series = Series::of("target", id(1), DELAY);
    let (from, to) = (START_MS + 50_000, START_MS + 250_000);
    store.scan(&series, from, to, |s| at.push(s)).unwrap();
    assert_eq!(at, (50..250).map(|i| mixed(1, i)).collect::<Vec<_>>());
    let other = Series::of("device", id(1), DELAY);
    store
        .scan(&other, 0, i64::MAX / 16, |s| panic!("{s:?}"))
        .unwrap();
}

const OCTETS: Metric = Metric {
    name: "test.octets",
    unit: "octet",
};

const STATUS: Metric = Metric {
    name: "test.status",
    unit: "1",
};

fn port(device: u64, name: &'static str, metric: Metric) -> Series {
    Series::of("device", id(device), metric).labelled(name)
}

fn count(series: &Series, seconds: i64, value: u64, is_reset: bool) -> Sample {
    Sample {
        series: series.clone(),
        at_ms: START_MS + seconds * 1_000,
        reading: Reading::Counter(Counter {
            value,
            is_narrow: false,
            is_reset,
        }),
    }
}

#[tokio::test]
async fn any_metric_of_any_subject_is_kept_apart_from_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(config(dir.path(), &clock())).unwrap();
    let all = [
        port(1, "Gi0/1", OCTETS),
        port(1, "Gi0/2", OCTETS),
        port(1, "Gi0/1", STATUS),
        port(2, "Gi0/1", OCTETS),
        port(1, "", OCTETS),
        port(1, "Cổng số 1 — “uplink”", OCTETS),
    ];
    // In memory, in the log, in a part, and over a start: each by the way before.
    let taken = |run: i64| {
        let of = |(n, series)| count(series, run, u64::try_from(n).unwrap() << 60, run == 3);
        all.iter().enumerate().map(of).collect::<Vec<_>>()
    };
    store.append(&taken(0));
    store.flush().await.unwrap();
    store.append(&taken(1));
    store.seal().await.unwrap();
    store.append(&taken(2));
    drop(store);
    let store = Store::open(config(dir.path(), &clock())).unwrap();
    store.append(&taken(3));
    for (n, series) in all.iter().enumerate() {
        let mut found = Vec::new();
        store
            .scan(series, 0, START_MS + DAY_MS, |s| found.push(s))
            .unwrap();
        let wanted: Vec<Sample> = (0..4).map(|run| taken(run)[n].clone()).collect();
        assert_eq!(found, wanted);
    }
    // A state and a gauge add up, a count as such does not.
    let state = Sample {
        reading: Reading::State(2),
        ..count(&port(9, "", STATUS), 0, 0, false)
    };
    store.append(std::slice::from_ref(&state));
    let read = store
        .read(&state.series, START_MS, START_MS + 1, 1)
        .unwrap()[0];
    assert_eq!((read.values, read.mean()), (1, Some(2.0)));
    let read = store.read(&all[0], START_MS, START_MS + DAY_MS, 1).unwrap()[0];
    assert_eq!((read.values, read.mean()), (0, None));
}

#[tokio::test]
async fn a_counter_is_read_as_how_fast_it_rises() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(config(dir.path(), &clock())).unwrap();
    let series = port(1, "Gi0/1", OCTETS);
    // 100 a second, then reset by a restart, then 300 a second; then nobody asked for an hour.
    store.append(&[
        count(&series, 0, 5_000, false),
        count(&series, 60, 11_000, false),
        count(&series, 120, 17_000, false),
    ]);
    store.seal().await.unwrap();
    store.append(&[
        count(&series, 180, 60, true),
        count(&series, 240, 18_060, false),
        count(&series, 3_840, 999_999, false),
    ]);
    let rates = |from: i64, to: i64, n| -> Vec<Rate> {
        let span = (START_MS + from * 1_000, START_MS + to * 1_000);
        store.rates(&series, span, n, (900_000, None)).unwrap()
    };
    let means: Vec<Option<f64>> = rates(0, 300, 5).iter().map(Rate::mean).collect();
    assert_eq!(
        means,
        [Some(100.0), Some(100.0), None, Some(300.0), None],
        "what lies over a restart or a long silence is not known"
    );
    let [part] = rates(30, 210, 1)[..] else {
        panic!("one bucket")
    };
    assert_eq!(
        part.known_ms, 120_000,
        "what lies on the edge counts in part"
    );
    assert!((part.rose - 18_000.0).abs() < 1e-6 && (part.max - 300.0).abs() < 1e-9);
    assert_eq!(rates(300, 3_000, 3), {
        let edge = |s: i64| START_MS + s * 1_000;
        let empty = |i: i64| Rate {
            start_ms: edge(300 + i * 900),
            end_ms: edge(1_200 + i * 900),
            ..Rate::default()
        };
        (0..3).map(empty).collect::<Vec<_>>()
    });
}

/// A store of two parts of one day and one in memory, each with a sample a second of `target`.
async fn three(dir: &Path) -> Store {
    let store = Store::open(config(dir, &clock())).unwrap();
    for run in 0..3 {
        for i in 0..50 {
            store.append(&[up(1, START_MS + (run * 50 + i) * 1_000, 7)]);
        }
        if run < 2 {
            store.seal().await.unwrap();
        }
    }
    store.flush().await.unwrap();
    store
}

fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap();
    let mut names: Vec<String> = entries
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn damage_in_a_part_is_a_gap_and_the_others_are_read() {
    type Harm = fn(&Path);
    let harms: [(&str, Harm); 5] = [
        ("cut", |part| {
            let bytes = std::fs::read(part).unwrap();
            std::fs::write(part, &bytes[..bytes.len() - 20]).unwrap();
        }),
        ("bits", |part| {
            let mut bytes = std::fs::read(part).unwrap();
            bytes.iter_mut().step_by(100).for_each(|byte| *byte ^= 4);
            std::fs::write(part, bytes).unwrap();
        }),
        ("empty", |part| std::fs::write(part, b"").unwrap()),
        ("folder", |part| {
            std::fs::remove_file(part).unwrap();
            std::fs::create_dir(part).unwrap();
        }),
        ("link to nowhere", |part| {
            std::fs::remove_file(part).unwrap();
            std::os::unix::fs::symlink("nowhere", part).unwrap();
        }),
    ];
    for (harm, done) in harms {
        for is_checked in [false, true] {
            let dir = tempfile::tempdir().unwrap();
            let store = three(dir.path()).await;
            let parts: Vec<String> = names(dir.path());
            let first = parts
                .iter()
                .find(|name| name.ends_with(".parquet"))
                .unwrap();
            done(&dir.path().join(first));
            if is_checked {
                store.check().unwrap();
            } else {
                let all = total(&store, 1, START_MS, START_MS + DAY_MS);
                assert_eq!(all.up, 100, "{harm}");
            }
            let apart = format!("{first}-damaged-2026");
            let left = names(dir.path());
            assert!(
                left.iter().any(|n| n.starts_with(&apart)),
                "{harm}: {left:?}"
            );
            assert!(!left.contains(first), "{harm}: {left:?}");
            assert_eq!((store.parts().0, left.len()), (1, parts.len()), "{harm}");
            // And after a start, at which the log is sealed.
            drop(store);
            let store = Store::open(config(dir.path(), &clock())).unwrap();
            let all = total(&store, 1, START_MS, START_MS + DAY_MS);
            assert_eq!(all.up, 100, "{harm}");
        }
    }
}

/// Whatever byte is another: a read never fails, and the parts that are whole are read.
#[tokio::test]
async fn no_byte_of_a_part_keeps_anybody_from_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let store = three(dir.path()).await;
    let parts = names(dir.path());
    let first = parts
        .iter()
        .find(|name| name.ends_with(".parquet"))
        .unwrap();
    let path = dir.path().join(first);
    let whole = std::fs::read(&path).unwrap();
    drop(store);
    for at in (0..whole.len()).step_by(5) {
        let mut bytes = whole.clone();
        bytes[at] ^= if at % 2 == 0 { 1 } else { 0x80 };
        std::fs::write(&path, bytes).unwrap();
        let store = Store::open(config(dir.path(), &clock())).unwrap();
        let up = total(&store, 1, START_MS + 50_000, START_MS + DAY_MS).up;
        assert!(up >= 100, "byte {at}: {up}");
    }
}

#[tokio::test]
async fn a_damaged_log_is_set_apart_alone() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(config(dir.path(), &clock())).unwrap();
    store.append(&[up(1, START_MS, 7)]);
    store.seal().await.unwrap();
    for i in 1..4 {
        store.append(&[up(1, START_MS + i * 1_000, 7)]);
        store.flush().await.unwrap();
    }
    drop(store);
    let all = names(dir.path());
    let log = all.iter().find(|name| name.ends_with(".wal")).unwrap();
    let mut bytes = std::fs::read(dir.path().join(log)).unwrap();
    // In the second of three blocks.
    let place = bytes.len() * 3 / 5;
    bytes[place] ^= 1;
    std::fs::write(dir.path().join(log), bytes).unwrap();
    let store = Store::open(config(dir.path(), &clock())).unwrap();
    let all = total(&store, 1, START_MS, START_MS + DAY_MS);
    assert_eq!(all.up, 2, "the part, and what lies before the damage");
    let left = names(dir.path());
    let apart = format!("{log}-damaged-");
    assert!(left.iter().any(|n| n.starts_with(&apart)), "{left:?}");
    store.append(&[up(1, START_MS + 9_000, 7)]);
    store.seal().await.unwrap();
    drop(store);
    let store = Store::open(config(dir.path(), &clock())).unwrap();
    let all = total(&store, 1, START_MS, START_MS + DAY_MS);
    assert_eq!((all.up, names(dir.path()).len()), (3, left.len() + 1));
}

/// 100 a second, of a clock that is set back by two minutes after five: over and over again the
/// same, in memory, in parts and after a start.
#[tokio::test]
async fn a_clock_that_is_set_back_is_a_gap_and_no_rate() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(config(dir.path(), &clock())).unwrap();
    let series = port(1, "Gi0/1", OCTETS);
    let taken = |n: i64| {
        let back = if n > 10 { 120 } else { 0 };
        let value = u64::try_from(n * 3_000).unwrap();
        count(&series, n * 30 - back, value, false)
    };
    let fastest = |store: &Store, most| {
        let span = (START_MS, START_MS + 600_000);
        let rates = store.rates(&series, span, 20, (900_000, most)).unwrap();
        let fastest = rates.iter().map(|rate| rate.max).fold(0.0, f64::max);
        let means = rates.iter().filter_map(Rate::mean);
        (fastest.round(), means.fold(0.0, f64::max).round())
    };
    for n in 0..8 {
        store.append(&[taken(n)]);
    }
    for n in 8..20 {
        store.append(&[taken(n)]);
        if n == 13 {
            assert_eq!(fastest(&store, None), (100.0, 100.0), "in memory");
            store.seal().await.unwrap();
            assert_eq!(fastest(&store, None), (100.0, 100.0), "in a part");
        }
    }
    assert_eq!(fastest(&store, None), (100.0, 100.0), "in both");
    drop(store);
    store = Store::open(config(dir.path(), &clock())).unwrap();
    assert_eq!(fastest(&store, None), (100.0, 100.0), "in two parts");
    // What no interface can carry is not known.
    assert_eq!(fastest(&store, Some(101.0)), (100.0, 100.0));
    assert_eq!(fastest(&store, Some(99.0)), (0.0, 0.0));
}
