//! The list of sealed segments: one line of JSON each, with its checksum, in order.

use std::{
    fs::OpenOptions,
    io::{BufRead as _, BufReader, ErrorKind, Read as _, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    Error, files,
    tree::{Frontier, Hash},
    wal,
};

/// A chunk (row group) of a segment: the bytes since the chunk before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChunkDigest {
    /// How many records it holds.
    pub count: u64,
    /// Where in the file it ends.
    pub end: u64,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
}

/// A sealed segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Number of its first record.
    pub first: u64,
    /// How many records it holds.
    pub count: u64,
    /// Its path inside the vault.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// Its chunks in order.
    pub chunks: Vec<ChunkDigest>,
    /// Smallest and largest time of receipt, unix milliseconds.
    pub received: (i64, i64),
    /// Smallest (gravest) severity in it.
    pub severity: u8,
    /// The peaks of the tree after its last record, hexadecimal.
    pub peaks: Vec<String>,
    /// When it was sealed, unix milliseconds.
    pub sealed_at: i64,
}

impl Entry {
    /// One past the number of its last record.
    pub(crate) fn end(&self) -> u64 {
        self.first + self.count
    }

    /// The right edge of the tree after its last record.
    pub(crate) fn frontier(&self) -> Option<Frontier> {
        let peak = |text: &String| -> Option<Hash> { hex::decode(text).ok()?.try_into().ok() };
        let peaks = self.peaks.iter().map(peak).collect::<Option<Vec<_>>>()?;
        Frontier::from_parts(self.end(), peaks)
    }
}

/// What can be read of the list, up to the first line that cannot.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub entries: Vec<Entry>,
    /// Where the readable part ends.
    pub end: u64,
    /// What is wrong with what follows; a last line cut short by a crash is not told.
    pub damage: Option<String>,
}

/// No line is longer: a segment has few chunks.
const MAX_LINE: u64 = 1 << 20;

pub(crate) fn path(dir: &Path) -> PathBuf {
    dir.join("segments.jsonl")
}

/// Reads the list; no file is an empty one.
pub(crate) fn read(dir: &Path) -> Result<Found, Error> {
    let path = path(dir);
    let mut found = Found::default();
    let file = match files::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(Error::io("read", &path)(error)),
    };
    let (mut file, mut line, mut next) = (BufReader::new(file), Vec::new(), 0);
    loop {
        line.clear();
        (file.by_ref().take(MAX_LINE).read_until(b'\n', &mut line))
            .map_err(Error::io("read", &path))?;
        if line.is_empty() {
            break;
        }
        let Some(text) = line.strip_suffix(b"\n") else {
            // Complete but for its end: the end was changed. Otherwise a crash cut it.
            let whole = line
                .split_last()
                .is_some_and(|(_, text)| parse(text).is_some());
            if whole || line.len() as u64 == MAX_LINE {
                found.damage = Some(format!("the line at byte {} has no end", found.end));
            }
            break;
        };
        match parse(text).filter(|e| e.first == next && e.frontier().is_some()) {
            Some(entry) => {
                next = entry.end();
                found.end += line.len() as u64;
                found.entries.push(entry);
            }
            None => {
                found.damage = Some(format!("the line at byte {} does not fit", found.end));
                break;
            }
        }
    }
    Ok(found)
}

fn parse(line: &[u8]) -> Option<Entry> {
    let at = line.len().checked_sub(17)?;
    let (json, sum) = line.split_at(at);
    let sum = sum.strip_prefix(b" ")?;
    // Written in one way only, so that no other byte passes for it.
    if format!("{:016x}", wal::checksum(&[json])).as_bytes() != sum {
        return None;
    }
    serde_json::from_slice(json).ok()
}

/// Appends an entry durably at `end`, and returns the new end.
pub(crate) fn append(dir: &Path, end: u64, entry: &Entry) -> Result<u64, Error> {
    let path = path(dir);
    let json = serde_json::to_vec(entry).map_err(|e| Error::io("encode", &path)(e.into()))?;
    let sum = format!(" {:016x}\n", wal::checksum(&[&json]));
    let line = [&json[..], sum.as_bytes()].concat();
    let write = || {
        let mut options = OpenOptions::new();
        let options = options.create(true).truncate(false).write(true);
        let mut file = files::open_with(&path, options)?;
        // What a crash left of a line, or a failed attempt, is cut away.
        file.set_len(end)?;
        std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(end))?;
        if let Err(error) = file.write_all(&line).and_then(|()| file.sync_all()) {
            let _ = file.set_len(end);
            return Err(error);
        }
        Ok(())
    };
    write().map_err(Error::io("append to", &path))?;
    if end == 0 {
        files::sync_dir(dir)?;
    }
    Ok(end + line.len() as u64)
}
