//! The thread that writes the log and signs the tree, and the one that seals.

use std::{
    collections::VecDeque,
    ops::Range,
    path::PathBuf,
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{Receiver, RecvTimeoutError, Sender},
    },
    time::Duration,
};

use domain::clock::Clock;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::{
    Batch, Error,
    checkpoints::Checkpoints,
    note::{Checkpoint, Signer},
    seal::{Job, Sealer},
    state::{Block, Shared, Unsealed, Witnessed, wal_dir},
    tree::{Frontier, LEVELS},
    vault::Limits,
    wal::{self, FILE_HEADER, HEADER, Kind, Place},
};

type Reply<T> = oneshot::Sender<Result<T, Error>>;

/// What the writer is asked to do.
pub(crate) enum Command {
    Append(Batch, Reply<Range<u64>>, OwnedSemaphorePermit),
    Checkpoint(Reply<Option<Checkpoint>>),
    Settle(Reply<()>),
    Seal(Reply<()>),
    Stop,
}

/// What the sealer is asked to do.
pub(crate) enum Seal {
    File(Job),
    /// Answer when all files before this are sealed, or the first failed.
    Flush(Reply<()>),
}

/// No append joins a block that holds so many bytes.
pub(crate) const GROUP_BYTES: usize = 4 << 20;
/// How often the clock is looked at while nothing comes in.
const TICK: Duration = Duration::from_millis(250);

pub(crate) struct Writer {
    shared: Arc<Shared>,
    signer: Signer,
    clock: Clock,
    limits: Limits,
    seals: Sender<Seal>,
    checkpoints: Checkpoints,
    dir: PathBuf,
    log: Option<wal::Writer>,
    /// Closed files whose last records no checkpoint covers yet: signed before they are sealed.
    unsigned: Vec<Job>,
    /// When the first record of the log file was written.
    log_since_ms: i64,
    signed_ms: i64,
    block: Vec<u8>,
}

impl Writer {
    /// Takes over the log as it was loaded: all files but the last go to the sealer.
    pub(crate) fn new(
        shared: Arc<Shared>,
        signer: Signer,
        clock: Clock,
        limits: Limits,
        seals: Sender<Seal>,
        checkpoints_end: u64,
        frontiers: Vec<Frontier>,
    ) -> Result<Self, Error> {
        let checkpoints = Checkpoints::open(&shared.dir, checkpoints_end)?;
        let files: Vec<Unsealed> = shared.view().unsealed;
        let mut log = None;
        let mut unsigned = Vec::new();
        let last = files.len().saturating_sub(1);
        let mut log_since_ms = clock.now_ms();
        for (n, (file, frontier)) in files.into_iter().zip(frontiers).enumerate() {
            if n == last && file.next == file.first {
                // A file without records: a new one is begun in its place.
                crate::files::remove(&file.path)?;
                shared.change(|state| state.unsealed.pop_back());
            } else if n == last && file.sealed {
                log = Some(wal::Writer::resume(
                    &file.path, file.salt, file.next, file.end,
                )?);
                log_since_ms = file.blocks.first().map_or(log_since_ms, |b| b.received.0);
            } else {
                unsigned.push(Job {
                    path: file.path,
                    first: file.first,
                    frontier,
                });
            }
        }
        let dir = wal_dir(&shared.dir);
        let signed_ms = shared.read(|s| s.latest.as_ref().map_or(0, |c| c.signed_at * 1000));
        let mut writer = Self {
            shared,
            signer,
            clock,
            limits,
            seals,
            checkpoints,
            dir,
            log,
            unsigned,
            log_since_ms,
            signed_ms,
            block: Vec::new(),
        };
        if writer.shared.read(|s| s.latest.is_none()) {
            // A vault is signed from its first moment: none without a checkpoint is as it was.
            writer.sign()?;
        }
        Ok(writer)
    }

    /// Works until [`Command::Stop`] or until nobody can send any more.
    pub(crate) fn run(mut self, queue: &Receiver<Command>) {
        if !self.unsigned.is_empty() {
            self.sign_or_say();
        }
        let mut waiting = VecDeque::new();
        loop {
            let command = match waiting.pop_front() {
                Some(command) => command,
                None => match queue.recv_timeout(TICK) {
                    Ok(command) => command,
                    Err(RecvTimeoutError::Timeout) => {
                        self.on_time();
                        continue;
                    }
                    Err(RecvTimeoutError::Disconnected) => break,
                },
            };
            match command {
                Command::Append(batch, reply, room) => {
                    let mut bytes = batch.bytes();
                    let mut group = vec![(batch, reply, room)];
                    while bytes < GROUP_BYTES {
                        match queue.try_recv() {
                            Ok(Command::Append(batch, reply, room)) => {
                                bytes += batch.bytes();
                                group.push((batch, reply, room));
                            }
                            Ok(other) => {
                                waiting.push_back(other);
                                break;
                            }
                            Err(_) => break,
                        }
                    }
                    self.commit(group);
                    self.on_time();
                }
                Command::Checkpoint(reply) => {
                    let done = self.sign();
                    let latest = self.shared.read(|s| s.latest.clone());
                    let _ = reply.send(done.map(|()| latest));
                }
                Command::Settle(reply) => {
                    let _ = reply.send(self.sign_head(true));
                }
                Command::Seal(reply) => match self.sign() {
                    Ok(()) => {
                        self.rotate();
                        let _ = self.seals.send(Seal::Flush(reply));
                    }
                    Err(error) => drop(reply.send(Err(error))),
                },
                Command::Stop => break,
            }
        }
        self.sign_or_say();
    }

    /// Writes a group of appends as one block, and answers each.
    fn commit(&mut self, group: Vec<(Batch, Reply<Range<u64>>, OwnedSemaphorePermit)>) {
        match self.write(&group) {
            Ok(first) => {
                self.shared.full.store(false, Ordering::Relaxed);
                let mut next = first;
                for (batch, reply, _room) in group {
                    let range = next..next + batch.len() as u64;
                    next = range.end;
                    let _ = reply.send(Ok(range));
                }
            }
            Err(error) => {
                let full = matches!(error, Error::NoSpace { .. });
                if !self.shared.full.swap(full, Ordering::Relaxed) {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "log lines were refused"
                    );
                }
                if !full {
                    // After a failed sync nobody knows what the file holds: leave it.
                    self.rotate();
                }
                for (_, reply, _room) in group {
                    let _ = reply.send(Err(error.clone()));
                }
            }
        }
    }

    /// Returns the number of the first record.
    fn write(
        &mut self,
        group: &[(Batch, Reply<Range<u64>>, OwnedSemaphorePermit)],
    ) -> Result<u64, Error> {
        let log = match &mut self.log {
            Some(log) => log,
            none => {
                let first = self.shared.read(|s| s.frontier.size());
                let log = wal::Writer::create(&self.dir, Kind::Lines, first)?;
                self.shared.change(|state| {
                    state.unsealed.push_back(Unsealed {
                        path: log.path().to_owned(),
                        file: log.file().clone(),
                        first,
                        next: first,
                        salt: log.salt(),
                        end: FILE_HEADER as u64,
                        blocks: Arc::default(),
                        sealed: true,
                    });
                });
                self.log_since_ms = self.clock.now_ms();
                none.insert(log)
            }
        };
        self.block.clear();
        self.block.resize(HEADER, 0);
        for (batch, ..) in group {
            self.block.extend_from_slice(&batch.payload);
        }
        let count: usize = group.iter().map(|(batch, ..)| batch.len()).sum();
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let mut frontier = self.shared.read(|s| s.frontier.clone());
        let mut completed = Vec::new();
        for leaf in group.iter().flat_map(|(batch, ..)| &batch.leaves) {
            frontier.push(*leaf, |level, hash| {
                if LEVELS.contains(&level) {
                    completed.push((level, hash));
                }
            });
        }
        let seal = self.signer.seal(frontier.size(), &frontier.root());
        let length = self.block.len() - HEADER + seal.len();
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        let place = Place {
            offset: log.end(),
            length,
            first: log.next(),
            count,
            sealed: true,
        };
        log.append(&mut self.block, count, Some(&seal))?;
        let received = group
            .iter()
            .filter_map(|(b, ..)| b.received)
            .fold((i64::MAX, i64::MIN), |a, b| (a.0.min(b.0), a.1.max(b.1)));
        let end = log.end();
        self.shared.change(|state| {
            state.frontier = frontier;
            for (level, hash) in completed {
                state.nodes.completed(level, hash);
            }
            for (batch, ..) in group {
                for share in &batch.shares {
                    state.sources.follow(share);
                }
            }
            if let Some(file) = state.unsealed.back_mut() {
                file.next = place.end();
                file.end = end;
                Arc::make_mut(&mut file.blocks).push(Block { place, received });
            }
        });
        if self.block.capacity() > 2 * GROUP_BYTES {
            self.block = Vec::new();
        }
        Ok(place.first)
    }

    /// What is due by size or by the clock.
    fn on_time(&mut self) {
        let now = self.clock.now_ms();
        let since = |then: i64, every: Duration| {
            // A clock that jumped back must not put things off for ever.
            now < then || now - then >= i64::try_from(every.as_millis()).unwrap_or(i64::MAX)
        };
        let full = self.log.as_ref().is_some_and(|log| {
            let first = self
                .shared
                .read(|s| s.unsealed.back().map_or(0, |f| f.first));
            let records = log.next() - first;
            records > 0
                && (records >= self.limits.segment_records
                    || log.end() >= self.limits.segment_bytes
                    || since(self.log_since_ms, self.limits.segment_age))
        });
        if full || since(self.signed_ms, self.limits.checkpoint_every) {
            self.sign_or_say();
            self.signed_ms = now;
        }
        if full {
            self.rotate();
        }
    }

    fn sign_or_say(&mut self) {
        if let Err(error) = self.sign() {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "no checkpoint was written"
            );
        }
    }

    /// Signs the tree as it is, with the head of the change journal, unless the latest
    /// checkpoint tells as much; closed files that it covers go to the sealer.
    fn sign(&mut self) -> Result<(), Error> {
        self.sign_head(false)
    }

    /// The same; `any` entry of the journal is worth a checkpoint, also one about a checkpoint.
    fn sign_head(&mut self, any: bool) -> Result<(), Error> {
        let (size, root, latest, journal) = self.shared.read(|s| {
            (
                s.frontier.size(),
                s.frontier.root(),
                s.latest.clone(),
                s.journal.clone(),
            )
        });
        let told = latest
            .as_ref()
            .and_then(|c| c.journal.as_ref())
            .map_or(0, |head| head.seq);
        let news = |j: &Witnessed| if any { j.head.seq } else { j.news };
        let news = journal.as_ref().is_some_and(|j| news(j) > told);
        if news || latest.as_ref().is_none_or(|c| c.size != size) {
            let now = self.clock.now_ms();
            // The first checkpoint follows none.
            let previous = latest.map_or([0; 32], |c| c.id());
            let head = journal.map(|j| j.head);
            let at = now.div_euclid(1000);
            let checkpoint = self.signer.sign(size, root, head, Some(previous), at);
            self.checkpoints.append(&checkpoint)?;
            self.signed_ms = now;
            self.shared.change(|s| s.latest = Some(checkpoint));
        }
        for job in std::mem::take(&mut self.unsigned) {
            let _ = self.seals.send(Seal::File(job));
        }
        Ok(())
    }

    /// Closes the log file and hands it to the sealer; the next append begins another.
    fn rotate(&mut self) {
        let Some(log) = self.log.take() else { return };
        let (first, frontier) = self
            .shared
            .read(|s| (s.unsealed.back().map_or(0, |f| f.first), s.frontier.clone()));
        if log.next() == first {
            // Nothing was written to it: the next one has the same name.
            self.shared.change(|s| s.unsealed.pop_back());
            return;
        }
        self.unsigned.push(Job {
            path: log.path().to_owned(),
            first,
            frontier,
        });
        self.sign_or_say();
    }
}

/// Seals files in order; one that fails is tried again, for the disk may be full for a while.
pub(crate) fn run_sealer(
    mut sealer: Sealer,
    jobs: &Receiver<Seal>,
    clock: &Clock,
    retry_every: Duration,
) {
    let mut waiting: VecDeque<Seal> = VecDeque::new();
    let mut open = true;
    while open || !waiting.is_empty() {
        let wait = if waiting.is_empty() {
            Duration::from_secs(3600)
        } else {
            retry_every
        };
        match jobs.recv_timeout(wait) {
            Ok(job) => waiting.push_back(job),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                if !open {
                    // The last attempt failed; the log keeps the records for the next start.
                    return;
                }
                open = false;
            }
        }
        let mut failed = None;
        while let Some(job) = waiting.pop_front() {
            match job {
                Seal::File(job) if failed.is_none() => {
                    if let Err(error) = sealer.seal(&job, clock.now_ms()) {
                        tracing::error!(error = &error as &dyn std::error::Error, file = %job.path.display(), "a segment was not sealed");
                        failed = Some((error, vec![Seal::File(job)]));
                    }
                }
                Seal::File(job) => {
                    if let Some((_, rest)) = &mut failed {
                        rest.push(Seal::File(job));
                    }
                }
                Seal::Flush(reply) => {
                    let _ = reply.send(
                        failed
                            .as_ref()
                            .map_or(Ok(()), |(error, _)| Err(error.clone())),
                    );
                }
            }
        }
        if let Some((_, rest)) = failed {
            waiting.extend(rest);
        }
    }
}
