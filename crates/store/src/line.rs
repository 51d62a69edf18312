//! Who writes next: people before background work, which goes in short batches.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Mutex, Notify, OwnedMutexGuard},
    time::{Instant, sleep, timeout},
};

/// How long a batch of background work should hold the only writer.
const BATCH: Duration = Duration::from_millis(20);

/// How long background work stands back for people before it goes on all the same.
const PATIENCE: Duration = Duration::from_secs(2);

/// The longest pause between two batches. SQLite has no queue: another process that wants
/// to write looks again every 25 ms for the first 130 ms, and must find a gap.
const GAP: Duration = Duration::from_millis(26);

/// The rows of a first batch, before it is known how fast the database writes.
const FIRST: usize = 500;

/// The line in front of the database.
#[derive(Debug, Default)]
pub(crate) struct Line {
    /// How many people wait to begin.
    people: AtomicUsize,
    nobody: Notify,
    pace: Arc<Mutex<Pace>>,
}

/// How background work gets on.
#[derive(Debug)]
pub(crate) struct Pace {
    rows: usize,
    /// When the last batch ended, and how long it took.
    last: Option<(Instant, Duration)>,
}

impl Pace {
    /// A batch of so many rows took so long.
    fn learn(&mut self, rows: u64, took: Duration) {
        // A few rows say nothing: a commit takes its time whatever it holds.
        if rows < 100 {
            return;
        }
        let fit = u128::from(rows) * BATCH.as_micros() / took.as_micros().max(1);
        let fit = usize::try_from(fit).unwrap_or(usize::MAX);
        // From one batch to the next it at most doubles.
        self.rows = fit.min(self.rows * 2).clamp(100, 10_000);
    }

    /// How long the next one stays away.
    fn gap(&self) -> Duration {
        let gap =
            |(ended, took): (Instant, Duration)| took.min(GAP).saturating_sub(ended.elapsed());
        self.last.map_or(Duration::ZERO, gap)
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            rows: FIRST,
            last: None,
        }
    }
}

/// Somebody who waits to begin.
pub(crate) struct Person<'a>(&'a Line);

impl Drop for Person<'_> {
    fn drop(&mut self) {
        if self.0.people.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.nobody.notify_waiters();
        }
    }
}

impl Line {
    /// Somebody comes; gone when dropped.
    pub(crate) fn person(&self) -> Person<'_> {
        self.people.fetch_add(1, Ordering::AcqRel);
        Person(self)
    }

    /// The turn of background work: one at a time. Where there is `one_writer` it comes when
    /// nobody waits, with a gap after the batch before.
    pub(crate) async fn turn(&self, one_writer: bool) -> Turn {
        let pace = Arc::clone(&self.pace).lock_owned().await;
        if one_writer {
            sleep(pace.gap()).await;
            // Whoever has no patience left goes on: so many people never are one batch late.
            let _ = timeout(PATIENCE, self.empty()).await;
        }
        Turn {
            pace,
            began: Instant::now(),
            rows: 0,
        }
    }

    async fn empty(&self) {
        loop {
            let nobody = self.nobody.notified();
            tokio::pin!(nobody);
            nobody.as_mut().enable();
            if self.people.load(Ordering::Acquire) == 0 {
                return;
            }
            nobody.await;
        }
    }
}

/// A batch of background work.
#[derive(Debug)]
pub(crate) struct Turn {
    pace: OwnedMutexGuard<Pace>,
    began: Instant,
    rows: u64,
}

impl Turn {
    /// How many rows it should write.
    pub(crate) fn room(&self) -> usize {
        self.pace.rows
    }

    /// It wrote so many rows.
    pub(crate) fn wrote(&mut self, rows: u64) {
        self.rows += rows;
    }
}

impl Drop for Turn {
    /// What it took says how large the next one may be.
    fn drop(&mut self) {
        let took = self.began.elapsed();
        self.pace.last = Some((Instant::now(), took));
        self.pace.learn(self.rows, took);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt as _, future::poll_immediate};

    use super::*;

    #[tokio::test]
    async fn background_work_stands_back_for_people() {
        let line = Line::default();
        let (one, other) = (line.person(), line.person());
        let mut turn = Box::pin(line.turn(true));
        assert!(poll_immediate(&mut turn).await.is_none());
        drop(one);
        assert!(poll_immediate(&mut turn).await.is_none());
        drop(other);
        assert_eq!(turn.await.room(), FIRST);
        // With many writers nobody needs to stand back, but still one goes at a time.
        let _person = line.person();
        let turn = line.turn(false).now_or_never().unwrap();
        assert!(line.turn(false).now_or_never().is_none());
        drop(turn);
        assert!(line.turn(false).now_or_never().is_some());
    }

    #[test]
    fn it_learns_how_much_fits_and_leaves_a_gap() {
        let mut pace = Pace::default();
        for (rows, took, room) in [
            (500, 40, 250),
            (250, 5, 500),
            (3, 900, 500),
            (500, 1, 1_000),
            (1_000, 1_000, 100),
        ] {
            let took = Duration::from_millis(took);
            pace.learn(rows, took);
            assert_eq!(pace.rows, room, "{rows} rows in {took:?}");
            pace.last = Some((Instant::now(), took));
            assert!(pace.gap() <= took.min(GAP));
        }
        assert!(pace.gap() > Duration::ZERO);
    }
}
