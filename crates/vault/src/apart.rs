//! Setting a damaged folder or file apart: nothing of it is lost or changed, and a new one can
//! begin.

use std::path::{Path, PathBuf};

use crate::{Error, files};

/// Renames `dir`, which may be a file, to `NAME-damaged-20261127T050000Z` beside it and returns
/// that path. The moment `at_ms` (unix milliseconds) names it; where that name is taken, a number
/// follows.
///
/// # Errors
/// I/O errors: the folder is then where it was.
pub fn set_apart(dir: &Path, at_ms: i64) -> Result<PathBuf, Error> {
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    let at = domain::clock::from_ms(at_ms).strftime("%Y%m%dT%H%M%SZ");
    let names = std::iter::once(String::new()).chain((2..).map(|n| format!("-{n}")));
    let free = names
        .map(|tail| dir.with_file_name(format!("{name}-damaged-{at}{tail}")))
        .find(|path| !path.exists())
        .unwrap_or_else(|| unreachable!("there is a number that is free"));
    std::fs::rename(dir, &free).map_err(Error::io("set apart", dir))?;
    dir.parent().map_or(Ok(()), files::sync_dir)?;
    Ok(free)
}
