//! Durable files: what is renamed or created is also in its folder after a crash.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use nix::fcntl::OFlag;

use crate::Error;

/// Opens a file for reading. Whatever else stands in its place (a pipe, a device, a folder) is
/// an error at once: nobody waits for its other end.
///
/// # Errors
/// The system's, and `InvalidInput` for what is no file.
pub fn open(path: &Path) -> io::Result<File> {
    open_with(path, OpenOptions::new().read(true))
}

/// The same in another way than for reading.
pub(crate) fn open_with(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let is_file = |is| {
        let none = || io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file");
        if is { Ok(()) } else { Err(none()) }
    };
    // Some devices act on being opened.
    if let Ok(there) = fs::metadata(path) {
        is_file(there.is_file())?;
    }
    let file = options.custom_flags(OFlag::O_NONBLOCK.bits()).open(path)?;
    is_file(file.metadata()?.is_file())?;
    Ok(file)
}

/// The contents of a file, of which at most so many bytes can be right.
///
/// # Errors
/// As [`open`], and `FileTooLarge`.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

/// Makes creations, renames and removals in a folder durable.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), Error> {
    File::open(dir)
        .and_then(|d| d.sync_all())
        .map_err(Error::io("sync the folder", dir))
}

/// Creates a folder and its parents, durably.
pub(crate) fn create_dir(dir: &Path) -> Result<(), Error> {
    if dir.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(dir).map_err(Error::io("create the folder", dir))?;
    match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_dir(parent),
        _ => Ok(()),
    }
}

/// Replaces a small file as a whole: after a crash it is the old one or the new one.
pub(crate) fn replace(path: &Path, contents: &[u8]) -> Result<(), Error> {
    let temporary = path.with_extension("tmp");
    let write = || {
        let mut new = OpenOptions::new();
        let mut file = open_with(&temporary, new.write(true).create(true).truncate(true))?;
        file.write_all(contents)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    if let Err(error) = write() {
        let _ = fs::remove_file(&temporary);
        return Err(Error::io("write", path)(error));
    }
    path.parent().map_or(Ok(()), sync_dir)
}

/// Removes a file if it is there.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}

/// The contents of a small file, empty when there is none.
pub(crate) fn read_or_empty(path: &Path) -> Result<Vec<u8>, Error> {
    match read(path, 1 << 16) {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Error::io("read", path)(error)),
    }
}
