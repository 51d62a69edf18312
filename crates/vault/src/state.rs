//! What a vault knows in memory: shared by its writer, its sealer and all readers.

use std::{
    collections::VecDeque,
    fs::File,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use parking::RwLock;

use crate::{
    catalogue::Entry,
    found::Cache,
    note::{Checkpoint, JournalHead, Verifier},
    sources::Sources,
    tree::{Frontier, Nodes},
    wal::Place,
};

/// A lock whose poisoning is of no interest: the state is only changed whole.
mod parking {
    use std::sync::{PoisonError, RwLockReadGuard, RwLockWriteGuard};

    #[derive(Debug)]
    pub(super) struct RwLock<T>(std::sync::RwLock<T>);

    impl<T> RwLock<T> {
        pub(super) fn new(value: T) -> Self {
            Self(std::sync::RwLock::new(value))
        }

        pub(super) fn read(&self) -> RwLockReadGuard<'_, T> {
            self.0.read().unwrap_or_else(PoisonError::into_inner)
        }

        pub(super) fn write(&self) -> RwLockWriteGuard<'_, T> {
            self.0.write().unwrap_or_else(PoisonError::into_inner)
        }
    }
}

/// A block of the write-ahead log and the times of receipt in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    pub place: Place,
    pub received: (i64, i64),
}

/// A file of the write-ahead log that is not sealed yet.
#[derive(Clone, Debug)]
pub(crate) struct Unsealed {
    pub path: PathBuf,
    pub file: Arc<File>,
    pub salt: u64,
    pub first: u64,
    pub next: u64,
    /// Where its last whole block ends.
    pub end: u64,
    pub blocks: Arc<Vec<Block>>,
    /// Whether its blocks are sealed; a file of an older version is not written on.
    pub sealed: bool,
}

/// The head of the change journal that the next checkpoint shall prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Witnessed {
    pub head: JournalHead,
    /// The last entry for which a checkpoint is signed also when no line came.
    pub news: u64,
}

/// Everything that changes.
#[derive(Debug)]
pub(crate) struct State {
    pub segments: Vec<Arc<Entry>>,
    pub unsealed: VecDeque<Unsealed>,
    pub frontier: Frontier,
    pub nodes: Nodes,
    pub sources: Sources,
    /// The statistics of the sealed records alone: what is saved beside the segments.
    pub sealed_sources: Sources,
    pub latest: Option<Checkpoint>,
    pub journal: Option<Witnessed>,
}

/// A vault's folder and what is known of it.
#[derive(Debug)]
pub(crate) struct Shared {
    pub dir: PathBuf,
    pub verifier: Verifier,
    state: RwLock<State>,
    /// The last append failed for want of room.
    pub full: AtomicBool,
    /// What the pages of searches found.
    pub found: Cache,
}

/// A consistent view for one reader.
pub(crate) struct View {
    pub segments: Vec<Arc<Entry>>,
    pub unsealed: Vec<Unsealed>,
    pub size: u64,
}

impl Shared {
    pub(crate) fn new(dir: PathBuf, verifier: Verifier, state: State) -> Self {
        Self {
            dir,
            verifier,
            state: RwLock::new(state),
            full: AtomicBool::new(false),
            found: Cache::default(),
        }
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.read())
    }

    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.write())
    }

    pub(crate) fn view(&self) -> View {
        self.read(|state| View {
            segments: state.segments.clone(),
            unsealed: state.unsealed.iter().cloned().collect(),
            size: state.frontier.size(),
        })
    }

    pub(crate) fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    pub(crate) fn segment_path(&self, entry: &Entry) -> PathBuf {
        self.dir.join(&entry.file)
    }
}

/// Folders of a vault.
pub(crate) fn wal_dir(dir: &Path) -> PathBuf {
    dir.join("wal")
}

pub(crate) fn tree_dir(dir: &Path) -> PathBuf {
    dir.join("tree")
}

pub(crate) fn segments_dir(dir: &Path) -> PathBuf {
    dir.join("segments")
}
