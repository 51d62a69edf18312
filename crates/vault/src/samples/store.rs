//! Taking, keeping and reading samples.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread::JoinHandle,
};

use tokio::sync::oneshot;

use super::{
    Bucket, Config, Outcome, Sample, TargetId,
    part::{self, DAY_MS, Part, Point, Points},
};
use crate::{
    Error, files,
    wal::{self, HEADER, Kind, Tail},
};

/// Length of a sample in the log: time, target, outcome, round trip (little-endian).
const ENCODED: usize = 8 + 16 + 1 + 4;
/// Samples in a block, at most.
const BLOCK_SAMPLES: usize = 100_000;
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
    pending: Vec<Sample>,
    /// In the current log file, and those of `pending`.
    current: Points,
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
    points: Arc<Points>,
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

/// The store of samples, open for writing. Blocking calls say so.
#[derive(Debug)]
pub struct Samples {
    shared: Arc<Shared>,
    commands: mpsc::Sender<Command>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Samples {
    /// Opens the store, or founds it. Blocks while it reads the log. On a full disk what the
    /// log holds stays there, and is sealed once there is room.
    ///
    /// # Errors
    /// [`Error::Damaged`] and I/O errors.
    pub fn open(config: Config) -> Result<Self, Error> {
        files::create_dir(&config.dir)?;
        let (keeper, state) = Keeper::load(config)?;
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            dropped: AtomicU64::new(0),
        });
        let (commands, queue) = mpsc::channel();
        let dir = keeper.config.dir.clone();
        let keeper = Keeper {
            shared: shared.clone(),
            ..keeper
        };
        let thread = std::thread::Builder::new()
            .name("vault-samples".into())
            .spawn(move || keeper.run(&queue))
            .map_err(Error::io("start a thread for", &dir))?;
        Ok(Self {
            shared,
            commands,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Takes samples; they are on disk within [`Config::sync_every`]. Never waits.
    /// They can be read at once.
    pub fn append(&self, samples: &[Sample]) {
        let mut state = self.shared.lock();
        for s in samples {
            let point = Point {
                at_ms: s.at_ms,
                rtt_us: s.rtt_us,
                outcome: s.outcome,
            };
            state.current.entry(s.target).or_default().push(point);
        }
        state.pending.extend_from_slice(samples);
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
    /// As [`Samples::flush`].
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

    /// Hands the samples of `target` with `from_ms <= at < to_ms` to `each`, a day
    /// after the other; blocks. Within a day samples of different runs may mix.
    ///
    /// # Errors
    /// I/O errors and [`Error::Damaged`].
    pub fn scan(
        &self,
        target: &TargetId,
        from_ms: i64,
        to_ms: i64,
        mut each: impl FnMut(Sample),
    ) -> Result<(), Error> {
        let (parts, memory) = {
            let state = self.shared.lock();
            let (first, last) = (from_ms.div_euclid(DAY_MS), (to_ms - 1).div_euclid(DAY_MS));
            let parts: Vec<Part> = state
                .parts
                .iter()
                .filter(|p| (first..=last).contains(&p.day))
                .cloned()
                .collect();
            let current = state
                .current
                .get(target)
                .into_iter()
                .chain(state.sealing.iter().filter_map(|s| s.points.get(target)))
                .flatten();
            let mut memory: Vec<Point> = current
                .filter(|p| (from_ms..to_ms).contains(&p.at_ms))
                .copied()
                .collect();
            memory.sort_by_key(|p| p.at_ms);
            (parts, memory)
        };
        for part in &parts {
            part::read(part, target, from_ms, to_ms, &mut each)?;
        }
        for p in memory {
            each(Sample {
                at_ms: p.at_ms,
                target: *target,
                outcome: p.outcome,
                rtt_us: p.rtt_us,
            });
        }
        Ok(())
    }

    /// The samples of `target` with `from_ms <= at < to_ms` in `buckets` equal
    /// stretches of time, for a chart; blocks. A bucket without samples has none.
    ///
    /// # Errors
    /// As [`Samples::scan`].
    pub fn read(
        &self,
        target: &TargetId,
        from_ms: i64,
        to_ms: i64,
        buckets: usize,
    ) -> Result<Vec<Bucket>, Error> {
        let (n, span) = (i64::try_from(buckets).unwrap_or(i64::MAX), to_ms - from_ms);
        if n <= 0 || span <= 0 {
            return Ok(Vec::new());
        }
        let edge = |i: i64| {
            from_ms + i64::try_from(i128::from(span) * i128::from(i) / i128::from(n)).unwrap_or(0)
        };
        let mut out: Vec<(Bucket, u64)> = (0..n)
            .map(|i| {
                (
                    Bucket {
                        start_ms: edge(i),
                        end_ms: edge(i + 1),
                        ..Bucket::default()
                    },
                    0,
                )
            })
            .collect();
        self.scan(target, from_ms, to_ms, |sample| {
            let i = i128::from(sample.at_ms - from_ms) * i128::from(n) / i128::from(span);
            let mut i = usize::try_from(i).unwrap_or(0).min(out.len() - 1);
            // Edges are rounded down: a sample on an edge belongs to what begins there.
            if (out.get(i + 1)).is_some_and(|(next, _)| next.start_ms <= sample.at_ms) {
                i += 1;
            }
            let Some((bucket, sum)) = out.get_mut(i) else {
                return;
            };
            match sample.outcome {
                Outcome::Up => {
                    bucket.min_us = if bucket.up == 0 {
                        sample.rtt_us
                    } else {
                        bucket.min_us.min(sample.rtt_us)
                    };
                    bucket.max_us = bucket.max_us.max(sample.rtt_us);
                    bucket.up += 1;
                    *sum += u64::from(sample.rtt_us);
                }
                Outcome::Down => bucket.down += 1,
                Outcome::Error => bucket.error += 1,
            }
        })?;
        let mean = |(bucket, sum): (Bucket, u64)| {
            let avg_us = sum
                .checked_div(bucket.up)
                .map_or(0, |avg| u32::try_from(avg).unwrap_or(u32::MAX));
            Bucket { avg_us, ..bucket }
        };
        Ok(out.into_iter().map(mean).collect())
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
            tracing::error!("the thread of the samples panicked");
        }
    }
}

impl Drop for Samples {
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
        let mut parts = part::list(&dir)?;
        let mut next = parts.iter().map(|p| p.log + 1).max().unwrap_or(0);
        let mut state = State::default();
        for (first, path) in logs {
            // An interrupted seal is done again from the log.
            for part in parts.extract_if(.., |p| p.log == first) {
                files::remove(&part.path)?;
            }
            let mut points = Points::new();
            let scanned = wal::scan(&path, Kind::Samples, first, |_, payload, _| {
                for bytes in payload.chunks_exact(ENCODED) {
                    let s = decode(bytes)
                        .ok_or_else(|| Error::damaged(&path, "a sample cannot be decoded"))?;
                    points.entry(s.target).or_default().push(Point {
                        at_ms: s.at_ms,
                        rtt_us: s.rtt_us,
                        outcome: s.outcome,
                    });
                }
                Ok(())
            })?;
            if scanned.tail == Tail::Damaged {
                return Err(Error::damaged(
                    &path,
                    "a block is damaged although later ones are whole",
                ));
            }
            next = next.max(scanned.next + 1);
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
            let (block, after) = left.split_at_checked(BLOCK_SAMPLES).unwrap_or((left, &[]));
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

    fn write(&mut self, samples: &[Sample]) -> Result<(), Error> {
        let log = match &mut self.log {
            Some(log) => log,
            none => {
                self.first = self.next;
                none.insert(wal::Writer::create(
                    &self.config.dir,
                    Kind::Samples,
                    self.first,
                )?)
            }
        };
        let mut block = vec![0; HEADER];
        for s in samples {
            encode(s, &mut block);
        }
        let count = u32::try_from(samples.len()).unwrap_or(u32::MAX);
        log.append(&mut block, count, None)
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
            // What is pending goes to the next file.
            let mut next = Points::new();
            for s in &state.pending {
                next.entry(s.target).or_default().push(Point {
                    at_ms: s.at_ms,
                    rtt_us: s.rtt_us,
                    outcome: s.outcome,
                });
            }
            let mut points = std::mem::replace(&mut state.current, next);
            for s in &state.pending {
                if let Some(of_target) = points.get_mut(&s.target) {
                    // They were added last.
                    of_target.pop();
                }
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

fn encode(s: &Sample, out: &mut Vec<u8>) {
    out.extend_from_slice(&s.at_ms.to_le_bytes());
    out.extend_from_slice(&s.target);
    out.push(s.outcome as u8);
    out.extend_from_slice(&s.rtt_us.to_le_bytes());
}

fn decode(bytes: &[u8]) -> Option<Sample> {
    let (at, rest) = bytes.split_first_chunk::<8>()?;
    let (target, rest) = rest.split_first_chunk::<16>()?;
    let (outcome, rtt) = rest.split_first()?;
    Some(Sample {
        at_ms: i64::from_le_bytes(*at),
        target: *target,
        outcome: Outcome::from_code(*outcome)?,
        rtt_us: u32::from_le_bytes(rtt.try_into().ok()?),
    })
}
