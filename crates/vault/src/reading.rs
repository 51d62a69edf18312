//! How far the daily reading is: a reading that was stopped goes on where it was, so that what
//! was not read longest is read first.
//!
//! The file `read` holds one number. Who changes it changes the order, and nothing else: a
//! reading ends when everything was read.

use std::path::Path;

use crate::{Error, files};

/// The record up to which the vault in `dir` was read; 0 where that is not known.
pub fn read_to(dir: &Path) -> u64 {
    let text = files::read_or_empty(&dir.join("read")).unwrap_or_default();
    let text = String::from_utf8(text).unwrap_or_default();
    text.trim().parse().unwrap_or(0)
}

/// Keeps it.
///
/// # Errors
/// I/O errors.
pub fn keep(dir: &Path, record: u64) -> Result<(), Error> {
    files::replace(&dir.join("read"), format!("{record}\n").as_bytes())
}
