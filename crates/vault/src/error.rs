//! What can go wrong with a vault.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use nix::errno::Errno;

/// An operation on a vault that failed.
///
/// It can be cloned, because one failed write answers every append that was in it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The disk is full. Nothing of the append was kept; reading goes on, and
    /// appending works again by itself as soon as there is room.
    #[error("no space left on the disk of {path}")]
    NoSpace {
        /// The file that could not grow.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot {operation} {path}")]
    Io {
        /// What was attempted.
        operation: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: Arc<io::Error>,
    },
    /// Another process has the vault open for writing.
    #[error("the vault in {dir} is in use by another process")]
    Locked {
        /// The vault's folder.
        dir: PathBuf,
    },
    /// The folder belongs to a vault with another name or another key.
    #[error("{path} names the key {found}, expected {expected}")]
    OtherKey {
        /// The file that holds the key.
        path: PathBuf,
        /// The verifier key in it.
        found: String,
        /// The verifier key of the signer that was given.
        expected: String,
    },
    /// What is on disk is not what was written there.
    #[error("{path} is damaged: {what}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        what: String,
    },
    /// What is on disk is whole, but not what this installation signed: somebody rewrote it,
    /// rolled it back, or put another vault in its place. Nothing more is signed over it.
    #[error("{path} is not what was signed: {what}")]
    Rewritten {
        /// The file or folder.
        path: PathBuf,
        /// What does not fit.
        what: String,
    },
    /// A segment cannot be read or written as Parquet.
    #[error("cannot {operation} the segment {path}")]
    Parquet {
        /// What was attempted.
        operation: &'static str,
        /// The segment.
        path: PathBuf,
        /// Why not.
        #[source]
        source: Arc<parquet::errors::ParquetError>,
    },
    /// There is no record with this number.
    #[error("there is no record {index}: the vault holds {size}")]
    NoSuchRecord {
        /// The number asked for.
        index: u64,
        /// How many records there are.
        size: u64,
    },
    /// The record is on disk but no checkpoint covers it yet.
    #[error(
        "record {index} is not covered by a checkpoint yet; the next one comes within a minute"
    )]
    NotYetSigned {
        /// The number asked for.
        index: u64,
    },
    /// A single line of more than 4 MiB, or a host or program name of more than 64 KiB.
    #[error("a line of {bytes} bytes is longer than the vault takes")]
    LineTooLong {
        /// Its length.
        bytes: usize,
    },
    /// A batch takes no more lines: it is to be appended before the next.
    #[error("a batch of {bytes} bytes takes no more lines")]
    BatchFull {
        /// What is in it.
        bytes: usize,
    },
    /// A block that no reader would accept; nothing of it was written.
    #[error("a block of {bytes} bytes for {path} is larger than a reader takes")]
    BlockTooLarge {
        /// The file it was for.
        path: PathBuf,
        /// Its payload.
        bytes: usize,
    },
    /// The vault was closed.
    #[error("the vault is closed")]
    Closed,
    /// Whoever asked no longer wants the answer.
    #[error("canceled")]
    Canceled,
    /// The origin is not a valid name for a signing key.
    #[error(transparent)]
    Note(#[from] crate::note::NoteError),
}

impl Error {
    /// What went wrong, with the system's word where it refused.
    pub fn in_full(&self) -> String {
        match self {
            Self::Io { source, .. } => format!("{self}: {source}"),
            Self::Parquet { source, .. } => format!("{self}: {source}"),
            _ => self.to_string(),
        }
    }

    /// Whether the vault's own files are what is wrong: another one can begin in its place.
    /// Want of room, of memory or of descriptors, or a disk that takes nothing, is none of that.
    pub fn is_of_the_files(&self) -> bool {
        match self {
            Self::Damaged { .. } | Self::Rewritten { .. } | Self::Parquet { .. } => true,
            Self::Io { source, .. } => {
                let machine = [Errno::EMFILE, Errno::ENFILE, Errno::ENOMEM, Errno::EROFS];
                let raised = source.raw_os_error().map(Errno::from_raw);
                raised.is_none_or(|errno| !machine.contains(&errno))
            }
            _ => false,
        }
    }

    /// The file or folder that it is about.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::NoSpace { path }
            | Self::Io { path, .. }
            | Self::OtherKey { path, .. }
            | Self::Damaged { path, .. }
            | Self::Rewritten { path, .. }
            | Self::Parquet { path, .. }
            | Self::BlockTooLarge { path, .. } => Some(path),
            _ => None,
        }
    }

    /// An I/O error on a path; a full disk or quota becomes [`Error::NoSpace`].
    pub(crate) fn io(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace { path },
            _ => Self::Io {
                operation,
                path,
                source: Arc::new(source),
            },
        }
    }

    pub(crate) fn parquet(
        operation: &'static str,
        path: &Path,
    ) -> impl FnOnce(parquet::errors::ParquetError) -> Self {
        let path = path.to_owned();
        move |source| {
            // The Parquet writer wraps what the disk said.
            if let parquet::errors::ParquetError::External(inner) = &source
                && let Some(inner) = inner.downcast_ref::<io::Error>()
                && matches!(
                    inner.kind(),
                    io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
                )
            {
                return Self::NoSpace { path };
            }
            Self::Parquet {
                operation,
                path,
                source: Arc::new(source),
            }
        }
    }

    pub(crate) fn rewritten(path: &Path, what: impl Into<String>) -> Self {
        Self::Rewritten {
            path: path.to_owned(),
            what: what.into(),
        }
    }

    pub(crate) fn damaged(path: &Path, what: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            what: what.into(),
        }
    }
}
