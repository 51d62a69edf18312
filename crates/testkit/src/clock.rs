//! Another time of day for a program under test.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::program::Launch;

/// A clock ahead of the machine's, or behind it, that can jump (`libfaketime`). The
/// program's monotonic clock stays as it is.
pub struct Clock {
    library: PathBuf,
    folder: TempDir,
}

impl Clock {
    /// A clock that shows the machine's time. None where the library is missing: the test
    /// is skipped with a message, but never under `CI=true`.
    ///
    /// # Panics
    /// When it is missing under `CI=true`.
    pub fn new() -> Option<Self> {
        let found = ["x86_64", "aarch64"]
            .map(|cpu| {
                PathBuf::from(format!(
                    "/usr/lib/{cpu}-linux-gnu/faketime/libfaketimeMT.so.1"
                ))
            })
            .into_iter()
            .find(|path| path.exists());
        let Some(library) = found else {
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "libfaketime is not installed: apt-get install faketime"
            );
            eprintln!("SKIPPED: libfaketime is not installed (apt-get install faketime)");
            return None;
        };
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let clock = Self { library, folder };
        clock.jump(0);
        Some(clock)
    }

    /// Sets it to `ahead` seconds before the machine's time from now on.
    ///
    /// # Panics
    /// When its file cannot be written.
    pub fn jump(&self, ahead: i64) {
        // In one step: half a file would be half a time.
        let fresh = self.folder.path().join("fresh");
        std::fs::write(&fresh, format!("{ahead:+}")).expect("the folder is ours");
        std::fs::rename(&fresh, self.folder.path().join("clock")).expect("the folder is ours");
    }

    /// A program that goes by this clock.
    #[must_use]
    pub fn give(&self, launch: Launch) -> Launch {
        let file = self.folder.path().join("clock");
        launch
            .env("LD_PRELOAD", &self.library.display().to_string())
            .env("FAKETIME_TIMESTAMP_FILE", &file.display().to_string())
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("DONT_FAKE_MONOTONIC", "1")
    }
}
