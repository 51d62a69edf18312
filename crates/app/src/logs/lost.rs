//! Lines that were given up at the stop because the disk was full: how many, told at the next
//! start. The file is there before that, so that its digits can be written over in place.

use std::{
    fs::OpenOptions,
    io,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

/// What the stop before this start gave up.
pub(crate) struct Lost {
    path: PathBuf,
    before: u64,
    /// The file still says so.
    untold: AtomicU64,
}

impl Lost {
    /// Reads what the stop before left in the folder of the data.
    pub(crate) fn open(data: &Path) -> Self {
        let path = data.join("logs-given-up");
        let text = vault::read(&path, 64).unwrap_or_default();
        let text = String::from_utf8(text).unwrap_or_default();
        let before = text.trim().parse().unwrap_or(0);
        Self {
            path,
            before,
            untold: AtomicU64::new(before),
        }
    }

    /// Lines that the stop before this start gave up.
    pub(crate) fn before(&self) -> u64 {
        self.before
    }

    /// Makes the file while there is room. The alarm about what it said is raised where `told`.
    pub(crate) fn ready(&self, told: bool) {
        let again = told && self.untold.swap(0, Ordering::Relaxed) > 0;
        if (again || !self.path.exists())
            && let Err(error) = self.write(0)
        {
            tracing::debug!(%error, "no place is ready for the number of lines given up");
        }
    }

    /// Notes at the stop that so many lines were given up.
    pub(crate) fn note(&self, lines: u64) {
        let lines = lines + self.untold.load(Ordering::Relaxed);
        if lines > 0
            && let Err(error) = self.write(lines)
        {
            tracing::error!(%error, lines, "the number of lines given up could not be kept");
        }
    }

    fn write(&self, lines: u64) -> io::Result<()> {
        // Always as long, so that it needs no more room than it has.
        let digits = format!("{lines:020}\n");
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false);
        let file = file.open(&self.path)?;
        file.write_all_at(digits.as_bytes(), 0)?;
        file.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stop_gave_up_is_known_at_the_next_start_until_it_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lost::open(folder.path());
        first.ready(false);
        assert_eq!(first.before(), 0);
        first.note(7);
        // Not told in between, it is not forgotten.
        let second = Lost::open(folder.path());
        assert_eq!(second.before(), 7);
        second.ready(false);
        second.note(3);
        let third = Lost::open(folder.path());
        assert_eq!(third.before(), 10);
        third.ready(true);
        assert_eq!(third.before(), 10, "what was counted does not shrink");
        third.note(0);
        assert_eq!(Lost::open(folder.path()).before(), 0);
    }
}
