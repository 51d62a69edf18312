//! Taking, keeping and reading samples.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread::JoinHandle,
};

use domain::clock::Clock;
use tokio::sync::oneshot;

use super::{
    Config, Reading, Sample, Series, log,
    part::{self, DAY_MS, Part},
    table::{Point, Table},
};
use crate::{
    Error, files, set_apart,
    wal::{self, HEADER, Kind, Tail},
};

/// Samples in a block, at most.
const BLOCK_SAMPLES: usize = 100_000;
/// Series that a block names, at most: names are as long as devices make them, and a reader takes
/// no block of any size.
const BLOCK_NAMES: u32 = 20_000;
/// Samples that may wait for a disk that takes none; then the oldest are dropped.
const MAX_PENDING: usize = 1_000_000;

enum Command {
    Flush(oneshot::Sender<Result<(), Error>>),
    Seal(oneshot::Sender<Result<(), Error>>),
    Stop,
}

#[derive(Debug, Default)]
struct State {
    /// Not on disk yet.
    pending: Vec<(u32, Point)>,
    /// In the current log file, and those of `pending`, which go by its numbers.
    current: Table,
    /// So many of its series are named in the log file.
    named: u32,
    /// In log files that are being sealed, or wait for room to be.
    sealing: Vec<Waiting>,
    parts: Vec<Part>,
}

/// The samples of a log file that is not sealed yet.
#[derive(Clone, Debug)]
struct Waiting {
    /// The log file's number.
    first: u64,
    path: PathBuf,
    points: Arc<Table>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    dropped: AtomicU64,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The store of series, open for writing. Blocking calls say so.
#[derive(Debug)]
pub struct Store {
    shared: Arc<Shared>,
    commands: mpsc::Sender<Command>,
    thread: Mutex<Option<JoinHandle<()>>>,
    clock: Clock,
}

impl Store {
    /// Opens the store, or founds it. Blocks while it reads the log. On a full disk what the
    /// log holds stays there, and is sealed once there is room. A log file that is damaged is
    /// set apart; what lies before the damage is kept.
    ///
    /// # Errors
    /// I/O errors of the folder.
    pub fn open(config: Config) -> Result<Self, Error> {
        files::create_dir(&config.dir)?;
        let (keeper, state) = Keeper::load(config)?;
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            dropped: AtomicU64::new(0),
        });
        let (commands, queue) = mpsc::channel();
        let (dir, clock) = (keeper.config.dir.clone(), keeper.config.clock.clone());
        let keeper = Keeper {
            shared: shared.clone(),
            ..keeper
        };
        let thread = std::thread::Builder::new()
            .name("vault-series".into())
            .spawn(move || keeper.run(&queue))
            .map_err(Error::io("start a thread for", &dir))?;
        Ok(Self {
            shared,
            commands,
            thread: Mutex::new(Some(thread)),
            clock,
        })
    }

    /// Takes samples; they are on disk within [`Config::sync_every`]. Never waits.
    /// They can be read at once.
    pub fn append(&self, samples: &[Sample]) {
        let mut state = self.shared.lock();
        for sample in samples {
            let point = state.current.add(sample);
            state.pending.push(point);
        }
        if let Some(excess) = state
            .pending
            .len()
            .checked_sub(MAX_PENDING)
            .filter(|n| *n > 0)
        {
            state.pending.drain(..excess);
            self.shared
                .dropped
                .fetch_add(excess as u64, Ordering::Relaxed);
        }
    }

    /// Answers when all samples taken so far are on disk.
    ///
    /// # Errors
    /// [`Error::NoSpace`] (they are kept and tried again), I/O errors, [`Error::Closed`].
    pub async fn flush(&self) -> Result<(), Error> {
        let (reply, answer) = oneshot::channel();
        self.commands
            .send(Command::Flush(reply))
            .map_err(|_| Error::Closed)?;
        answer.await.map_err(|_| Error::Closed)?
    }

    /// Seals the log now, and answers when that is done.
    ///
    /// # Errors
    /// As [`Store::flush`].
    pub async fn seal(&self) -> Result<(), Error> {
        let (reply, answer) = oneshot::channel();
        self.commands
            .send(Command::Seal(reply))
            .map_err(|_| Error::Closed)?;
        answer.await.map_err(|_| Error::Closed)?
    }

    /// Samples lost because the disk took none for too long.
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    /// Sealed files and their bytes on disk.
    pub fn parts(&self) -> (usize, u64) {
        let parts = self.shared.lock().parts.clone();
        let bytes = parts
            .iter()
            .filter_map(|p| Some(std::fs::metadata(&p.path).ok()?.len()))
            .sum();
        (parts.len(), bytes)
    }

    /// Hands the samples of a series with `from_ms <= at < to_ms` to `each` as they came, but for
    /// days of one log file, which come one after the other; blocks. A part that is damaged is set apart,
    /// and its time is a gap.
    ///
    /// # Errors
    /// What is the machine's and not a file's: too many open files, want of memory.
    pub fn scan(
        &self,
        series: &Series,
        from_ms: i64,
        to_ms: i64,
        mut each: impl FnMut(Sample),
    ) -> Result<(), Error> {
        let (parts, memory) = {
            let state = self.shared.lock();
            let (first, last) = (from_ms.div_euclid(DAY_MS), (to_ms - 1).div_euclid(DAY_MS));
            let mut parts: Vec<Part> = state
                .parts
                .iter()
                .filter(|p| (first..=last).contains(&p.day))
                .cloned()
                .collect();
            parts.sort_unstable_by_key(|part| (part.log, part.day));
            let sealing = state.sealing.iter().flat_map(|s| s.points.points(series));
            let memory: Vec<Point> = (sealing.chain(state.current.points(series)))
                .filter(|p| (from_ms..to_ms).contains(&p.at_ms()))
                .copied()
                .collect();
            (parts, memory)
        };
        let mut tell = |at_ms: i64, reading: Reading| {
            each(Sample {
                series: series.clone(),
                at_ms,
                reading,
            });
        };
        for part in &parts {
            // Of a part that ends in damage nothing counts: the next time it is not there.
            let mut own = Vec::new();
            let keep = |at, is| own.push((at, is));
            match guarded(part, || part::read(part, series, (from_ms, to_ms), keep)) {
                Ok(()) => own.into_iter().for_each(|(at, is)| tell(at, is)),
                Err(error) => self.leave_out(part, error)?,
            }
        }
        for point in memory {
            tell(point.at_ms(), point.reading());
        }
        Ok(())
    }

    /// Opens each part, and sets those apart that cannot be opened; blocks.
    ///
    /// # Errors
    /// As [`Store::scan`].
    pub fn check(&self) -> Result<(), Error> {
        let parts = self.shared.lock().parts.clone();
        for part in &parts {
            if let Err(error) = guarded(part, || part.open().map(drop)) {
                self.leave_out(part, error)?;
            }
        }
        Ok(())
    }

    /// Sets a part apart that cannot be read. The others are read on.
    fn leave_out(&self, part: &Part, error: Error) -> Result<(), Error> {
        if !error.is_of_the_files() {
            return Err(error);
        }
        let is_known = {
            let parts = &mut self.shared.lock().parts;
            let known = parts.len();
            parts.retain(|known| known.path != part.path);
            parts.len() < known
        };
        // Otherwise somebody else met it, or its time was over.
        if is_known && let Err(error) = put_apart(&part.path, self.clock.now_ms(), &error) {
            warn("damaged samples stay where they are", Err(error));
        }
        Ok(())
    }

    /// Puts on disk what is taken, and stops. Blocks until done.
    pub fn close(&self) {
        let _ = self.commands.send(Command::Stop);
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if thread.is_some_and(|t| t.join().is_err()) {
            tracing::error!("the thread of the series panicked");
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}

/// The thread that writes and seals.
struct Keeper {
    config: Config,
    shared: Arc<Shared>,
    log: Option<wal::Writer>,
    /// The number of the current log file, and of the next one.
    first: u64,
    next: u64,
    /// The day in which the log file was begun.
    day: i64,
}

impl Keeper {
    fn load(config: Config) -> Result<(Self, State), Error> {
        let dir = config.dir.clone();
        let logs = wal::list(&dir)?;
        let mut parts = part::list(&dir, config.clock.now_ms())?;
        let mut next = parts.iter().map(|p| p.log + 1).max().unwrap_or(0);
        let mut state = State::default();
        for (first, path) in logs {
            let mut points = Table::default();
            let (end, damage) = match read_log(&path, first, &mut points) {
                Ok(end) => (end, None),
                Err(error) if error.is_of_the_files() => (first, Some(error)),
                Err(error) => return Err(error),
            };
            next = next.max(end.saturating_add(1));
            if let Some(error) = damage {
                put_apart(&path, config.clock.now_ms(), &error)?;
                // An interrupted seal had read the log when it was whole.
                if parts.iter().any(|part| part.log == first) {
                    continue;
                }
            }
            // An interrupted seal is done again from the log.
            for part in parts.extract_if(.., |p| p.log == first) {
                files::remove(&part.path)?;
            }
            match part::write(&dir, first, &points) {
                Ok(written) => parts.extend(written),
                Err(error @ Error::NoSpace { .. }) => {
                    warn("samples wait to be sealed", Err(error));
                    state.sealing.push(Waiting {
                        first,
                        path,
                        points: Arc::new(points),
                    });
                    continue;
                }
                Err(error) => return Err(error),
            }
            files::remove(&path)?;
            files::sync_dir(&dir)?;
        }
        state.parts = parts;
        let day = config.clock.now_ms().div_euclid(DAY_MS);
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            dropped: AtomicU64::new(0),
        });
        let keeper = Self {
            config,
            shared,
            log: None,
            first: next,
            next,
            day,
        };
        keeper.retain(&mut state.parts);
        Ok((keeper, state))
    }

    fn run(mut self, queue: &Receiver<Command>) {
        loop {
            match queue.recv_timeout(self.config.sync_every) {
                Ok(Command::Flush(reply)) => drop(reply.send(self.sync())),
                Ok(Command::Seal(reply)) => {
                    let done = self.sync().and_then(|()| self.seal());
                    let _ = reply.send(done);
                }
                Ok(Command::Stop) | Err(RecvTimeoutError::Disconnected) => {
                    warn("samples were not written", self.sync());
                    return;
                }
                Err(RecvTimeoutError::Timeout) => {
                    warn("samples were not written", self.sync());
                    let today = self.config.clock.now_ms().div_euclid(DAY_MS);
                    let samples = self.log.as_ref().map_or(0, |log| log.next() - self.first);
                    if samples >= self.config.seal_samples || today != self.day || self.waits() {
                        warn("samples were not sealed", self.seal());
                        self.day = today;
                    }
                }
            }
        }
    }

    /// Puts what is pending on disk.
    fn sync(&mut self) -> Result<(), Error> {
        let pending = std::mem::take(&mut self.shared.lock().pending);
        if pending.is_empty() {
            return Ok(());
        }
        let mut left = pending.as_slice();
        while !left.is_empty() {
            let (block, after) = left
                .split_at_checked(self.fitting(left))
                .unwrap_or((left, &[]));
            if let Err(error) = self.write(block) {
                let mut state = self.shared.lock();
                let later = std::mem::replace(&mut state.pending, left.to_vec());
                state.pending.extend(later);
                return Err(error);
            }
            left = after;
        }
        Ok(())
    }

    /// How many of these samples go into the next block. Numbers were given in the order in which
    /// samples came, so that what names too many is cut where they begin.
    fn fitting(&self, samples: &[(u32, Point)]) -> usize {
        let most = self.shared.lock().named.saturating_add(BLOCK_NAMES);
        let first = samples.iter().take(BLOCK_SAMPLES);
        first
            .take_while(|(number, _)| *number < most)
            .count()
            .max(1)
    }

    fn write(&mut self, samples: &[(u32, Point)]) -> Result<(), Error> {
        let log = match &mut self.log {
            Some(log) => log,
            none => {
                self.first = self.next;
                none.insert(wal::Writer::create(
                    &self.config.dir,
                    Kind::Series,
                    self.first,
                )?)
            }
        };
        let mut block = vec![0; HEADER];
        let named = {
            let state = self.shared.lock();
            // Numbers were given in the order in which samples came.
            let last = samples.iter().map(|(number, _)| number + 1).max();
            let named = last.unwrap_or(0).max(state.named);
            log::encode(&state.current, (state.named, named), samples, &mut block);
            named
        };
        let count = u32::try_from(samples.len()).unwrap_or(u32::MAX);
        log.append(&mut block, count, None)?;
        self.shared.lock().named = named;
        Ok(())
    }

    /// Whether a seal failed, which is to be done again.
    fn waits(&self) -> bool {
        !self.shared.lock().sealing.is_empty()
    }

    /// Seals what waits and the current log file; begins no new one. While something waits,
    /// the current one goes on: a full disk makes no more files.
    fn seal(&mut self) -> Result<(), Error> {
        if !self.waits() {
            let Some(log) = self.log.take() else {
                return Ok(());
            };
            self.next = log.next() + 1;
            let mut state = self.shared.lock();
            // What is pending goes to the next file, by that one's numbers.
            let pending = std::mem::take(&mut state.pending);
            let mut points = std::mem::take(&mut state.current);
            state.named = 0;
            for (number, point) in pending {
                if let Some(series) = points.series(number).cloned() {
                    let again = state.current.number(&series);
                    state.current.push(again, point);
                    state.pending.push((again, point));
                }
                // They were added last.
                points.pop(number);
            }
            state.sealing.push(Waiting {
                first: self.first,
                path: log.path().to_owned(),
                points: Arc::new(points),
            });
        }
        loop {
            let Some(waiting) = self.shared.lock().sealing.first().cloned() else {
                return Ok(());
            };
            let mut parts = part::write(&self.config.dir, waiting.first, &waiting.points)?;
            files::remove(&waiting.path)?;
            files::sync_dir(&self.config.dir)?;
            let mut state = self.shared.lock();
            state.sealing.remove(0);
            state.parts.append(&mut parts);
            state
                .parts
                .sort_unstable_by_key(|part| (part.day, part.log));
            self.retain(&mut state.parts);
        }
    }

    /// Drops parts that are older than is to be kept.
    fn retain(&self, parts: &mut Vec<Part>) {
        if self.config.retention_days == 0 {
            return;
        }
        let today = self.config.clock.now_ms().div_euclid(DAY_MS);
        let first = today - i64::from(self.config.retention_days) + 1;
        parts.retain(|part| part.day >= first || remove(&part.path).is_err());
    }
}

/// Reads a log file into `points`; the number after its last sample.
fn read_log(path: &Path, first: u64, points: &mut Table) -> Result<u64, Error> {
    // Versions before knew probes alone.
    let kind = match wal::kind(path)? {
        Some(Kind::Samples) => Kind::Samples,
        _ => Kind::Series,
    };
    let scanned = wal::scan(path, kind, first, |_, payload, _| {
        log::decode(kind, &payload, points)
            .ok_or_else(|| Error::damaged(path, "a sample cannot be decoded"))
    })?;
    match scanned.tail {
        Tail::Damaged => Err(Error::damaged(
            path,
            "a block is damaged although later ones are whole",
        )),
        Tail::Clean | Tail::Torn => Ok(scanned.next),
    }
}

/// Reads of a part. The reader of Parquet panics at some damage: that is damage as well.
fn guarded(part: &Part, read: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(Error::damaged(&part.path, "its reader broke off")))
}

/// Sets a file of samples apart, beside its place: whoever looks for damage tells of it.
fn put_apart(path: &Path, now: i64, why: &Error) -> Result<(), Error> {
    let apart = set_apart(path, now)?;
    tracing::error!(error = why as &dyn std::error::Error, file = %apart.display(), "damaged samples were set apart; the others are read");
    Ok(())
}

fn warn(what: &str, done: Result<(), Error>) {
    if let Err(error) = done {
        tracing::error!(error = &error as &dyn std::error::Error, "{what}");
    }
}

fn remove(path: &Path) -> Result<(), Error> {
    files::remove(path).inspect_err(|error| {
        tracing::warn!(
            error = error as &dyn std::error::Error,
            "old samples could not be removed"
        );
    })
}
