//! Reading a file of the log from its start, and how it ends.

use std::{fs::File, os::unix::fs::FileExt as _, path::Path};

use bytes::Bytes;

use super::{
    BLOCK_MAGIC, FILE_HEADER, FILE_MAGIC, HEADER, Kind, MAX_FILE, PLAIN, Place, SEALED, block_sum,
    checksum, parse_header,
};
use crate::{Error, files, note::Seal};

/// How a file ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    /// With its last block.
    Clean,
    /// With bytes that are no whole block: what a crash in the middle of a write leaves.
    Torn,
    /// With a block that is not valid although valid ones follow: no crash does this.
    Damaged,
}

/// What [`scan`] found.
#[derive(Debug)]
pub(crate) struct Scanned {
    pub file: File,
    pub salt: u64,
    /// Number of the record after the last valid block.
    pub next: u64,
    /// Offset of the end of the last valid block.
    pub end: u64,
    pub tail: Tail,
    /// Whether its blocks are sealed: files of older versions are not.
    pub sealed: bool,
}

/// Reads a file from its start and hands every valid block to `each` with its seal, up to
/// the first that is not.
///
/// # Errors
/// [`Error::Damaged`] when the header of the file is not valid, I/O errors, and
/// what `each` returns. A file shorter than its header is an empty torn one.
pub(crate) fn scan(
    path: &Path,
    kind: Kind,
    first: u64,
    each: impl FnMut(Place, Bytes, Option<Seal>) -> Result<(), Error>,
) -> Result<Scanned, Error> {
    let file = files::open(path).map_err(Error::io("open", path))?;
    scan_file(file, path, kind, first, each)
}

/// [`scan`] of a file that is open already.
pub(crate) fn scan_file(
    file: File,
    path: &Path,
    kind: Kind,
    first: u64,
    mut each: impl FnMut(Place, Bytes, Option<Seal>) -> Result<(), Error>,
) -> Result<Scanned, Error> {
    let size = file.metadata().map_err(Error::io("look at", path))?.len();
    if size > MAX_FILE {
        let what = format!("it has {size} bytes: no log is so large");
        return Err(Error::damaged(path, what));
    }
    let mut header = [0; FILE_HEADER];
    if size < FILE_HEADER as u64 {
        return Ok(Scanned {
            file,
            salt: 0,
            next: first,
            end: 0,
            tail: Tail::Torn,
            sealed: true,
        });
    }
    file.read_exact_at(&mut header, 0)
        .map_err(Error::io("read", path))?;
    let version = u32::from_le_bytes(header[8..12].try_into().unwrap_or_default());
    if &header[..8] != FILE_MAGIC
        || !(PLAIN..=kind.version()).contains(&version)
        || header[12..16] != (kind as u32).to_le_bytes()
        || header[16..24] != first.to_le_bytes()
        || header[32..] != checksum(&[&header[..32]]).to_le_bytes()
    {
        return Err(Error::damaged(path, "its header is not valid"));
    }
    let salt = u64::from_le_bytes(header[24..32].try_into().unwrap_or_default());
    let log = Log {
        file: &file,
        path,
        salt,
        size,
        sealed: version == SEALED,
    };
    let (mut next, mut end) = (first, FILE_HEADER as u64);
    while let Some((place, block)) = log.block_at(end, next)? {
        next = place.end();
        end += block.len() as u64;
        let (payload, seal) = place.split(&block);
        each(place, payload, seal)?;
    }
    let tail = if end == size {
        Tail::Clean
    } else if log.valid_block_after(end, next)? {
        Tail::Damaged
    } else {
        Tail::Torn
    };
    Ok(Scanned {
        file,
        salt,
        next,
        end,
        tail,
        sealed: version == SEALED,
    })
}

/// A file being read.
struct Log<'a> {
    file: &'a File,
    path: &'a Path,
    salt: u64,
    size: u64,
    sealed: bool,
}

impl Log<'_> {
    /// The block with its header.
    fn block_at(&self, at: u64, next: u64) -> Result<Option<(Place, Bytes)>, Error> {
        let Self {
            file,
            path,
            salt,
            size,
            sealed: expected,
        } = self;
        let mut header = [0; HEADER];
        if size - at < HEADER as u64 {
            return Ok(None);
        }
        file.read_exact_at(&mut header, at)
            .map_err(Error::io("read", path))?;
        let Some((length, count, sealed, sum)) = parse_header(&header, next) else {
            return Ok(None);
        };
        if sealed != *expected || size - at - (HEADER as u64) < u64::from(length) {
            return Ok(None);
        }
        let mut block = vec![0; HEADER + length as usize];
        file.read_exact_at(&mut block, at)
            .map_err(Error::io("read", path))?;
        if !block.starts_with(&header) || block_sum(*salt, &block) != Some(sum) {
            return Ok(None);
        }
        Ok(Some((
            Place {
                offset: at,
                length,
                first: next,
                count,
                sealed,
            },
            Bytes::from(block),
        )))
    }

    /// Whether a later block is valid: then the one at `from` was not torn by a crash.
    fn valid_block_after(&self, from: u64, next: u64) -> Result<bool, Error> {
        const WINDOW: usize = 1 << 20;
        let mut at = from + 1;
        let mut window = vec![0; WINDOW + HEADER];
        while at + (HEADER as u64) <= self.size {
            let n = usize::try_from(self.size - at)
                .unwrap_or(usize::MAX)
                .min(window.len());
            let (read, _) = window.split_at_mut(n);
            (self.file.read_exact_at(read, at)).map_err(Error::io("read", self.path))?;
            for offset in memchr::memmem::find_iter(read, BLOCK_MAGIC) {
                let Some(first) = read.get(offset + 8..).and_then(|rest| rest.first_chunk()) else {
                    continue;
                };
                let first = u64::from_le_bytes(*first);
                if first >= next && self.block_at(at + offset as u64, first)?.is_some() {
                    return Ok(true);
                }
            }
            at += WINDOW as u64;
        }
        Ok(false)
    }
}
