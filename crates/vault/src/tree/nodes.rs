//! Roots of complete subtrees, kept so that a proof needs no rescan.
//!
//! Only every eighth level is kept, from 8 on: the roots of 256, 65,536, … leaves,
//! one file a level (`tree/08`, `tree/16`, …) with 32 bytes a root in order. That
//! is an eighth of a byte a record; a proof re-hashes at most two runs of 256 records.

use std::{
    fs::{File, OpenOptions},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use super::{Hash, node_hash};
use crate::{Error, files};

/// Leaves under a kept root of the lowest kept level.
pub(crate) const BLOCK: u64 = 256;
/// The levels that are kept; 2^40 records are more than any disk holds.
pub(crate) const LEVELS: [u32; 4] = [8, 16, 24, 32];

/// Kept roots of one level: those on disk, and those not sealed yet.
#[derive(Debug)]
struct Level {
    level: u32,
    path: PathBuf,
    file: Option<File>,
    /// How many roots are on disk for good.
    base: u64,
    tail: Vec<Hash>,
}

/// The kept roots of all levels.
#[derive(Debug)]
pub(crate) struct Nodes {
    levels: Vec<Level>,
}

impl Nodes {
    /// Opens the files under `dir` for a tree whose first `sealed` records are sealed.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a file is shorter than that.
    pub(crate) fn open(dir: &Path, sealed: u64, writable: bool) -> Result<Self, Error> {
        if writable {
            files::create_dir(dir)?;
        }
        let mut levels = Vec::new();
        for level in LEVELS {
            let path = dir.join(format!("{level:02}"));
            let base = sealed >> level;
            let mut options = OpenOptions::new();
            options.read(true).write(writable).create(writable);
            let opened = files::open_with(&path, options.truncate(false));
            let file = match opened {
                Ok(file) => Some(file),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound && base == 0 => None,
                Err(error) => return Err(Error::io("open", &path)(error)),
            };
            let length = match &file {
                Some(file) => file.metadata().map_err(Error::io("look at", &path))?.len(),
                None => 0,
            };
            if length < base * 32 {
                return Err(Error::damaged(
                    &path,
                    format!("{length} bytes, {} are needed", base * 32),
                ));
            }
            levels.push(Level {
                level,
                path,
                file,
                base,
                tail: Vec::new(),
            });
        }
        if writable {
            files::sync_dir(dir)?;
        }
        Ok(Self { levels })
    }

    /// Those of a tree of which nothing is sealed, whatever lies on disk.
    pub(crate) fn none(dir: &Path) -> Self {
        let level = |level| Level {
            level,
            path: dir.join(format!("{level:02}")),
            file: None,
            base: 0,
            tail: Vec::new(),
        };
        Self {
            levels: LEVELS.map(level).into(),
        }
    }

    /// Notes the root of a subtree that has just been completed.
    pub(crate) fn completed(&mut self, level: u32, hash: Hash) {
        if let Some(kept) = self.levels.iter_mut().find(|l| l.level == level) {
            kept.tail.push(hash);
        }
    }

    /// Roots that a seal of the first `size` records must write: `(level, first, roots)`.
    pub(crate) fn unsealed(&self, size: u64) -> Vec<(u32, u64, Vec<Hash>)> {
        let roots = |l: &Level| {
            let n = usize::try_from((size >> l.level).saturating_sub(l.base)).unwrap_or(usize::MAX);
            let roots: Vec<Hash> = l.tail.iter().take(n).copied().collect();
            (l.level, l.base, roots)
        };
        self.levels
            .iter()
            .map(roots)
            .filter(|(_, _, roots)| !roots.is_empty())
            .collect()
    }

    /// Writes roots at their place, durably. Writing them again changes nothing.
    pub(crate) fn write(dir: &Path, roots: &[(u32, u64, Vec<Hash>)]) -> Result<(), Error> {
        for (level, first, roots) in roots {
            let path = dir.join(format!("{level:02}"));
            let write = || {
                let file = files::open_with(&path, OpenOptions::new().write(true))?;
                file.write_all_at(roots.as_flattened(), first * 32)?;
                file.sync_data()
            };
            write().map_err(Error::io("write", &path))?;
        }
        Ok(())
    }

    /// Forgets the roots that are on disk now that `size` records are sealed.
    pub(crate) fn sealed(&mut self, size: u64) {
        for level in &mut self.levels {
            let base = size >> level.level;
            let n = usize::try_from(base.saturating_sub(level.base)).unwrap_or(usize::MAX);
            level.tail.drain(..n.min(level.tail.len()));
            level.base = base;
        }
    }

    /// The root of the perfect subtree number `index` of `level` (8 or more).
    pub(crate) fn get(&self, level: u32, index: u64) -> Result<Hash, Error> {
        let none = || Error::damaged(Path::new("tree"), format!("no roots of level {level}"));
        let kept = (self.levels.iter().rfind(|kept| kept.level <= level)).ok_or_else(none)?;
        let n = 1u64 << (level - kept.level);
        let mut row = Vec::new();
        for i in index * n..(index + 1) * n {
            row.push(kept.read(i)?);
        }
        while row.len() > 1 {
            let (pairs, _) = row.as_chunks();
            row = pairs.iter().map(|[a, b]| node_hash(a, b)).collect();
        }
        row.pop().ok_or_else(none)
    }
}

impl Level {
    fn read(&self, index: u64) -> Result<Hash, Error> {
        if let Some(at) = index.checked_sub(self.base) {
            let at = usize::try_from(at).unwrap_or(usize::MAX);
            return self
                .tail
                .get(at)
                .copied()
                .ok_or_else(|| Error::damaged(&self.path, format!("root {index} is missing")));
        }
        let mut hash = [0; 32];
        let file = self
            .file
            .as_ref()
            .ok_or_else(|| Error::damaged(&self.path, "it is missing"))?;
        file.read_exact_at(&mut hash, index * 32)
            .map_err(Error::io("read", &self.path))?;
        Ok(hash)
    }
}
