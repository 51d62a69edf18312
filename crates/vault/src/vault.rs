//! A vault open for writing.

use std::{
    fs::{File, OpenOptions, TryLockError},
    ops::{Deref, Range},
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread::JoinHandle,
    time::Duration,
};

use domain::clock::Clock;
use tokio::sync::{Semaphore, oneshot};

use crate::{
    Batch, Error, Reader, checkpoints, files, load,
    note::{Checkpoint, JournalHead, Signer},
    prove,
    seal::Sealer,
    state::{Witnessed, segments_dir, wal_dir},
    tree::Hash,
    writer::{self, Command, Writer},
};

/// What bounds a vault's files and memory.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A file of the write-ahead log is sealed when it holds so many records,
    pub segment_records: u64,
    /// or so many bytes,
    pub segment_bytes: u64,
    /// or when its first record is so old.
    pub segment_age: Duration,
    /// How often a checkpoint is signed while lines come in.
    pub checkpoint_every: Duration,
    /// Bytes of lines that may wait to be written; more waits before it is queued.
    pub queue_bytes: usize,
    /// How long to wait before a seal that failed is tried again.
    pub retry_every: Duration,
}

impl Default for Limits {
    /// 524,288 records, 128 MiB or one hour a segment; a checkpoint a minute; 32 MiB of queue.
    fn default() -> Self {
        Self {
            segment_records: 1 << 19,
            segment_bytes: 128 << 20,
            segment_age: Duration::from_secs(3600),
            checkpoint_every: Duration::from_secs(60),
            queue_bytes: 32 << 20,
            retry_every: Duration::from_secs(10),
        }
    }
}

/// How to open a vault.
#[derive(Clone, Debug)]
pub struct Config {
    /// Its folder; it is made when it is not there.
    pub dir: PathBuf,
    /// Its bounds.
    pub limits: Limits,
    /// What tells the time of checkpoints and the age of segments.
    pub clock: Clock,
}

/// A checkpoint that was noted outside the vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// How many records it covers.
    pub size: u64,
    /// SHA-256 of the whole note, [`Checkpoint::id`].
    pub id: Hash,
    /// Where it was noted, for people: `entry 12 of the change journal`.
    pub from: String,
}

/// Holds a vault against what was signed.
fn hold(reader: &Reader, known: &[Known]) -> Result<(), Error> {
    let shared = reader.shared();
    let path = checkpoints::path(&shared.dir);
    let latest = reader.latest_checkpoint();
    if let Some(latest) = &latest
        && !prove::begins_with(reader, latest)?
    {
        let what = format!("the first {} lines are others", latest.size);
        return Err(Error::rewritten(&shared.dir, what));
    }
    if latest.is_none() && reader.size() > 0 {
        return Err(Error::rewritten(&path, "nothing is signed"));
    }
    for known in known {
        if known.size > reader.size() {
            let what = format!(
                "{} lines are there, {} were signed ({})",
                reader.size(),
                known.size,
                known.from
            );
            return Err(Error::rewritten(&shared.dir, what));
        }
        // The latest is signed, and names the one before it.
        let ends_in = |c: &Checkpoint| c.id() == known.id || c.previous.as_ref() == Some(&known.id);
        if !latest.as_ref().is_some_and(ends_in)
            && !checkpoints::holds(&shared.dir, known.size, &known.id)?
        {
            let what = format!(
                "the checkpoint of {} lines is not among them ({})",
                known.size, known.from
            );
            return Err(Error::rewritten(&path, what));
        }
    }
    Ok(())
}

/// A vault open for writing: one process holds it, many tasks append.
///
/// It dereferences to a [`Reader`]. Dropping it stops its threads after what is
/// queued is written.
#[derive(Debug)]
pub struct Vault {
    reader: Reader,
    commands: mpsc::Sender<Command>,
    room: Arc<Semaphore>,
    queue_bytes: usize,
    refused: AtomicU64,
    threads: Mutex<Vec<JoinHandle<()>>>,
    _lock: File,
}

impl Deref for Vault {
    type Target = Reader;
    fn deref(&self) -> &Reader {
        &self.reader
    }
}

/// Bytes that one permit of the queue stands for.
const PERMIT: usize = 1024;

impl Vault {
    /// Opens the vault in `config.dir` for writing, or founds it under the signer's name.
    ///
    /// What a crash left is put right: the torn end of the log is cut off, an
    /// interrupted seal is done again. Blocks while it reads; call it before serving.
    ///
    /// Before anything is signed, what is there is held against the last checkpoint: the
    /// tree must begin with what was signed, and every later block must carry its seal.
    ///
    /// # Errors
    /// [`Error::Locked`], [`Error::OtherKey`], [`Error::Damaged`], [`Error::Rewritten`] and
    /// I/O errors.
    pub fn open(config: Config, signer: Signer) -> Result<Self, Error> {
        Self::open_known(config, signer, &[])
    }

    /// The same, where `known` are the last checkpoints that were noted elsewhere: the vault
    /// must hold them, or it was rolled back or exchanged.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub fn open_known(config: Config, signer: Signer, known: &[Known]) -> Result<Self, Error> {
        let Config { dir, limits, clock } = config;
        for folder in [dir.clone(), wal_dir(&dir), segments_dir(&dir)] {
            files::create_dir(&folder)?;
        }
        let lock_path = dir.join("lock");
        let mut options = OpenOptions::new();
        let options = options.write(true).create(true).truncate(false);
        let lock = files::open_with(&lock_path, options);
        let lock = lock.map_err(Error::io("create", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Locked { dir }),
            Err(TryLockError::Error(error)) => return Err(Error::io("lock", &lock_path)(error)),
        }
        match load::read_vkey(&dir)? {
            Some(found) if found == *signer.verifier() => {}
            Some(found) => {
                return Err(Error::OtherKey {
                    path: load::vkey_path(&dir),
                    found: found.to_vkey(),
                    expected: signer.verifier().to_vkey(),
                });
            }
            None => files::replace(
                &load::vkey_path(&dir),
                format!("{}\n", signer.verifier().to_vkey()).as_bytes(),
            )?,
        }
        let loaded = load::load(&dir, signer.verifier().clone(), Some(&signer))?;
        let shared = Arc::new(loaded.shared);
        hold(&Reader::new(shared.clone()), known)?;
        let sealer = Sealer {
            shared: shared.clone(),
            end: loaded.catalogue_end,
        };
        let (jobs, seals) = mpsc::channel();
        let (commands, queue) = mpsc::channel();
        let writer = Writer::new(
            shared.clone(),
            signer,
            clock.clone(),
            limits,
            jobs,
            loaded.checkpoints_end,
            loaded.frontiers,
        )?;
        let spawn = |name: &str, run: Box<dyn FnOnce() + Send>| {
            std::thread::Builder::new()
                .name(name.into())
                .spawn(run)
                .map_err(Error::io("start a thread for", &dir))
        };
        let threads = vec![
            spawn("vault-writer", Box::new(move || writer.run(&queue)))?,
            spawn(
                "vault-sealer",
                Box::new(move || writer::run_sealer(sealer, &seals, &clock, limits.retry_every)),
            )?,
        ];
        Ok(Self {
            reader: Reader::new(shared),
            commands,
            room: Arc::new(Semaphore::new(limits.queue_bytes.div_ceil(PERMIT))),
            queue_bytes: limits.queue_bytes,
            refused: AtomicU64::new(0),
            threads: Mutex::new(threads),
            _lock: lock,
        })
    }

    /// Appends lines and answers with their record numbers once they are on disk.
    ///
    /// Waits while the queue is full. Dropped before it answers, the lines may or may
    /// not have been kept.
    ///
    /// # Errors
    /// [`Error::NoSpace`] when the disk is full: none of the lines was kept. Other
    /// I/O errors, and [`Error::Closed`].
    pub async fn append(&self, batch: Batch) -> Result<Range<u64>, Error> {
        if batch.is_empty() {
            let size = self.reader.size();
            return Ok(size..size);
        }
        let permits = batch
            .bytes()
            .div_ceil(PERMIT)
            .min(self.queue_bytes.div_ceil(PERMIT));
        let permits = u32::try_from(permits).unwrap_or(u32::MAX);
        let room = self
            .room
            .clone()
            .acquire_many_owned(permits)
            .await
            .map_err(|_| Error::Closed)?;
        let (reply, answer) = oneshot::channel();
        self.commands
            .send(Command::Append(batch, reply, room))
            .map_err(|_| Error::Closed)?;
        let answer = answer.await.map_err(|_| Error::Closed)?;
        if answer.is_err() {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        answer
    }

    /// Signs the tree as it is now, unless it is signed already.
    ///
    /// # Errors
    /// I/O errors and [`Error::Closed`].
    pub async fn checkpoint(&self) -> Result<Option<Checkpoint>, Error> {
        let (reply, answer) = oneshot::channel();
        self.commands
            .send(Command::Checkpoint(reply))
            .map_err(|_| Error::Closed)?;
        answer.await.map_err(|_| Error::Closed)?
    }

    /// The last checkpoint before the program ends: signs the head of the journal as it is,
    /// also when all that came to it is the entry about the checkpoint before.
    ///
    /// # Errors
    /// I/O errors and [`Error::Closed`].
    pub async fn settle(&self) -> Result<(), Error> {
        let (reply, answer) = oneshot::channel();
        self.commands
            .send(Command::Settle(reply))
            .map_err(|_| Error::Closed)?;
        answer.await.map_err(|_| Error::Closed)?
    }

    /// Gives the next checkpoints the head of the change journal to prove. Entries up to
    /// `news` are worth a checkpoint of their own when no line comes: within
    /// [`Limits::checkpoint_every`].
    pub fn witness(&self, head: JournalHead, news: u64) {
        self.reader
            .shared()
            .change(|s| s.journal = Some(Witnessed { head, news }));
    }

    /// Seals what is in the write-ahead log now, and answers when that is done.
    ///
    /// # Errors
    /// What made the seal fail (it is tried again by itself), and [`Error::Closed`].
    pub async fn seal(&self) -> Result<(), Error> {
        let (reply, answer) = oneshot::channel();
        self.commands
            .send(Command::Seal(reply))
            .map_err(|_| Error::Closed)?;
        answer.await.map_err(|_| Error::Closed)?
    }

    /// A reader that can be given to other tasks and outlives the vault.
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// Bytes of lines that wait to be written.
    pub fn queued_bytes(&self) -> usize {
        (self.queue_bytes.div_ceil(PERMIT) - self.room.available_permits()) * PERMIT
    }

    /// Appends that failed since the start.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Writes what is queued, signs a last checkpoint and stops. Blocks until done.
    pub fn close(&self) {
        let _ = self.commands.send(Command::Stop);
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the log vault panicked");
            }
        }
    }
}

impl Drop for Vault {
    fn drop(&mut self) {
        self.close();
    }
}
