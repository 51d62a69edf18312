//! The write-ahead log: files of blocks, each with its own checksum.
//!
//! A file begins with 40 bytes: `GIENGWAL`, version (u32), kind (u32), number of
//! the first record (u64), a random salt (u64), and the XXH64 of these. A block is
//! 32 bytes of header (`BLK1`, payload length u32, number of its first record u64,
//! count u32, sealed u32, XXH64 seeded with the salt over the 24 bytes before and
//! the payload) and the payload. Integers are little-endian. A file is named after
//! its first record. The salt keeps a sender from putting into a line what would
//! pass for a block when a crash cuts the line off.
//!
//! From version 2 on the payload of a block of lines ends with 32 bytes of seal, keyed by
//! the signing key ([`crate::note::Signer::seal`]): who has the disk but not the key can
//! neither change nor add a line, also where no checkpoint covers it yet.

mod scan;

use std::{
    fs::{self, File, OpenOptions},
    hash::Hasher,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use twox_hash::XxHash64;

pub(crate) use self::scan::{Tail, scan, scan_file};
use crate::{Error, files, note::Seal};

const FILE_MAGIC: &[u8; 8] = b"GIENGWAL";
const BLOCK_MAGIC: &[u8; 4] = b"BLK1";
/// Blocks without seals: samples, and lines of older versions.
const PLAIN: u32 = 1;
/// Blocks with seals.
const SEALED: u32 = 2;
/// Length of the seal at the end of a payload.
const SEAL: usize = size_of::<Seal>();
/// Length of the header of a file.
pub(crate) const FILE_HEADER: usize = 40;
/// Length of the header of a block.
pub(crate) const HEADER: usize = 32;
/// A file beyond this is none that the program wrote: it closes one much earlier.
const MAX_FILE: u64 = 4 << 30;
/// A length beyond this is no block but damage, and none is written: room for what the
/// writer joins and the largest batch.
const MAX_PAYLOAD: usize = 64 << 20;
const _: () = assert!(crate::writer::GROUP_BYTES + crate::line::MAX_BATCH + SEAL <= MAX_PAYLOAD);

/// What a write-ahead log holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Kind {
    Lines = 1,
    /// Of probes alone, as versions before wrote them.
    Samples = 2,
    Series = 3,
}

impl Kind {
    fn version(self) -> u32 {
        match self {
            Kind::Lines => SEALED,
            Kind::Samples | Kind::Series => PLAIN,
        }
    }
}

/// XXH64 over several pieces.
pub(crate) fn checksum(pieces: &[&[u8]]) -> u64 {
    salted(0, pieces)
}

fn salted(salt: u64, pieces: &[&[u8]]) -> u64 {
    let mut hasher = XxHash64::with_seed(salt);
    for piece in pieces {
        hasher.write(piece);
    }
    hasher.finish()
}

/// Path of the file whose first record is number `first`.
pub(crate) fn path(dir: &Path, first: u64) -> PathBuf {
    dir.join(format!("{first:020}.wal"))
}

/// What a file says that it holds; none where it says nothing that is known.
pub(crate) fn kind(path: &Path) -> Result<Option<Kind>, Error> {
    let file = files::open(path).map_err(Error::io("open", path))?;
    let mut word = [0; 4];
    match file.read_exact_at(&mut word, 12) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(Error::io("read", path)(error)),
    }
    let word = u32::from_le_bytes(word);
    let all = [Kind::Lines, Kind::Samples, Kind::Series];
    Ok(all.into_iter().find(|kind| *kind as u32 == word))
}

/// The files of a folder in order, with the number of their first record.
pub(crate) fn list(dir: &Path) -> Result<Vec<(u64, PathBuf)>, Error> {
    let mut found = Vec::new();
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(Error::io("list", dir)(error)),
    };
    for entry in entries {
        let path = entry.map_err(Error::io("list", dir))?.path();
        let first = path
            .file_name()
            .and_then(|n| n.to_str())
            .and_then(|n| n.strip_suffix(".wal"))
            .and_then(|n| n.parse().ok());
        if let Some(first) = first {
            found.push((first, path));
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// A file being written.
#[derive(Debug)]
pub(crate) struct Writer {
    file: Arc<File>,
    path: PathBuf,
    salt: u64,
    /// Number of the next record.
    next: u64,
    /// Where the next block goes; what lies beyond is not part of the log.
    end: u64,
}

impl Writer {
    /// Starts a file durably.
    pub(crate) fn create(dir: &Path, kind: Kind, first: u64) -> Result<Self, Error> {
        let path = path(dir, first);
        let salt = getrandom::u64()
            .map_err(|e| Error::io("make a salt for", &path)(std::io::Error::other(e)))?;
        let mut header = [0; FILE_HEADER];
        header[..8].copy_from_slice(FILE_MAGIC);
        header[8..12].copy_from_slice(&kind.version().to_le_bytes());
        header[12..16].copy_from_slice(&(kind as u32).to_le_bytes());
        header[16..24].copy_from_slice(&first.to_le_bytes());
        header[24..32].copy_from_slice(&salt.to_le_bytes());
        let sum = checksum(&[&header[..32]]);
        header[32..].copy_from_slice(&sum.to_le_bytes());
        let create = || {
            let mut new = OpenOptions::new();
            let new = new.read(true).write(true).create(true).truncate(true);
            let file = files::open_with(&path, new)?;
            file.write_all_at(&header, 0)?;
            file.sync_all()?;
            Ok(file)
        };
        let file = create().map_err(|error| {
            let _ = fs::remove_file(&path);
            Error::io("create", &path)(error)
        })?;
        files::sync_dir(dir)?;
        Ok(Self {
            file: Arc::new(file),
            path,
            salt,
            next: first,
            end: FILE_HEADER as u64,
        })
    }

    /// Goes on with a file that was read to `tail`, cutting off what is torn.
    pub(crate) fn resume(path: &Path, salt: u64, next: u64, end: u64) -> Result<Self, Error> {
        let open = || {
            let file = files::open_with(path, OpenOptions::new().read(true).write(true))?;
            if file.metadata()?.len() > end {
                file.set_len(end)?;
                file.sync_all()?;
            }
            Ok(file)
        };
        let file = open().map_err(Error::io("open", path))?;
        Ok(Self {
            file: Arc::new(file),
            path: path.to_owned(),
            salt,
            next,
            end,
        })
    }

    pub(crate) fn salt(&self) -> u64 {
        self.salt
    }

    pub(crate) fn file(&self) -> &Arc<File> {
        &self.file
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of whole blocks, with the file's header.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// Number of the next record.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// Writes a block and waits until it is on disk. `block` has [`HEADER`] free
    /// bytes in front of the payload; the seal goes behind it.
    ///
    /// After an error nothing of the block counts: the file is cut back where
    /// possible, and the next block is written over it in any case.
    ///
    /// # Errors
    /// [`Error::BlockTooLarge`] and I/O errors.
    pub(crate) fn append(
        &mut self,
        block: &mut Vec<u8>,
        count: u32,
        seal: Option<&Seal>,
    ) -> Result<(), Error> {
        if let Some(seal) = seal {
            block.extend_from_slice(seal);
        }
        let (room, payload) = block.split_at_mut(HEADER);
        if payload.len() > MAX_PAYLOAD {
            return Err(Error::BlockTooLarge {
                path: self.path.clone(),
                bytes: payload.len(),
            });
        }
        let mut header = [0; HEADER];
        header[..4].copy_from_slice(BLOCK_MAGIC);
        header[4..8].copy_from_slice(
            &u32::try_from(payload.len())
                .unwrap_or(u32::MAX)
                .to_le_bytes(),
        );
        header[8..16].copy_from_slice(&self.next.to_le_bytes());
        header[16..20].copy_from_slice(&count.to_le_bytes());
        header[20..24].copy_from_slice(&u32::from(seal.is_some()).to_le_bytes());
        let sum = salted(self.salt, &[&header[..24], payload]);
        header[24..].copy_from_slice(&sum.to_le_bytes());
        room.copy_from_slice(&header);
        let written = self
            .file
            .write_all_at(block, self.end)
            .and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            let _ = self.file.set_len(self.end);
            return Err(Error::io("append to", &self.path)(error));
        }
        self.end += block.len() as u64;
        self.next += u64::from(count);
        Ok(())
    }
}

/// Where a block lies in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub offset: u64,
    /// Of the payload, with its seal.
    pub length: u32,
    pub first: u64,
    pub count: u32,
    /// Whether its payload ends with a seal.
    pub sealed: bool,
}

impl Place {
    /// One past the number of its last record.
    pub(crate) fn end(&self) -> u64 {
        self.first + u64::from(self.count)
    }

    /// Payload and seal of a block.
    fn split(&self, block: &Bytes) -> (Bytes, Option<Seal>) {
        let end = block.len() - if self.sealed { SEAL } else { 0 };
        let seal = block.get(end..).and_then(|seal| seal.try_into().ok());
        (block.slice(HEADER..end), seal)
    }
}

/// Reads and checks the block at `place`; its payload without the seal.
pub(crate) fn read_block(
    file: &File,
    path: &Path,
    salt: u64,
    place: Place,
) -> Result<Bytes, Error> {
    let mut block = vec![0; HEADER + place.length as usize];
    file.read_exact_at(&mut block, place.offset)
        .map_err(Error::io("read", path))?;
    match parse_header(&block, place.first) {
        Some((length, count, sealed, sum))
            if length == place.length
                && count == place.count
                && sealed == place.sealed
                && block_sum(salt, &block) == Some(sum) => {}
        _ => {
            return Err(Error::damaged(
                path,
                format!(
                    "the block at {} (records from {}) has another checksum",
                    place.offset, place.first
                ),
            ));
        }
    }
    Ok(place.split(&Bytes::from(block)).0)
}

/// The checksum that a block should have.
fn block_sum(salt: u64, block: &[u8]) -> Option<u64> {
    let (header, payload) = block.split_first_chunk::<HEADER>()?;
    Some(salted(salt, &[&header[..24], payload]))
}

/// Payload length, count, whether there is a seal, and checksum of a block whose first
/// record should be `first`.
fn parse_header(header: &[u8], first: u64) -> Option<(u32, u32, bool, u64)> {
    let u32_at = |at: usize| Some(u32::from_le_bytes(header.get(at..at + 4)?.try_into().ok()?));
    let u64_at = |at: usize| Some(u64::from_le_bytes(header.get(at..at + 8)?.try_into().ok()?));
    if header.get(..4)? != BLOCK_MAGIC || u64_at(8)? != first {
        return None;
    }
    let (length, flag) = (u32_at(4)?, u32_at(20)?);
    let least = match flag {
        0 => 0,
        1 => SEAL,
        _ => return None,
    };
    (least..=MAX_PAYLOAD)
        .contains(&(length as usize))
        .then_some((length, u32_at(16)?, flag == 1, u64_at(24)?))
}

#[cfg(test)]
mod tests {
    use proptest::strategy::Just;

    use super::{scan::Scanned, *};

    fn block(text: &[u8]) -> Vec<u8> {
        [&[0; HEADER], text].concat()
    }

    fn read(path: &Path) -> (Vec<Vec<u8>>, Scanned) {
        let mut out = Vec::new();
        let scanned = scan(path, Kind::Lines, 5, |_, payload, seal| {
            assert_eq!(seal, Some([9; 32]));
            out.push(payload.to_vec());
            Ok(())
        });
        (out, scanned.unwrap())
    }

    #[test]
    fn what_is_written_is_read_however_large_and_what_no_reader_takes_is_not_written() {
        let most = MAX_PAYLOAD - SEAL;
        let config = proptest::test_runner::Config {
            cases: 12,
            ..Default::default()
        };
        let sizes = proptest::prop_oneof![
            0..4_096_usize,
            most - 2..most + 3,
            Just(MAX_PAYLOAD + 1),
            Just(2 * MAX_PAYLOAD),
        ];
        proptest::proptest!(config, |(sizes in proptest::collection::vec(sizes, 1..4))| {
            let dir = tempfile::tempdir().unwrap();
            let mut writer = Writer::create(dir.path(), Kind::Lines, 5).unwrap();
            let mut kept = Vec::new();
            for size in sizes {
                let end = writer.end();
                match writer.append(&mut vec![7; HEADER + size], 1, Some(&[9; 32])) {
                    Ok(()) => kept.push(size),
                    Err(Error::BlockTooLarge { .. }) => {
                        proptest::prop_assert!(size > most);
                        let length = fs::metadata(writer.path()).unwrap().len();
                        proptest::prop_assert_eq!((writer.end(), length), (end, end));
                    }
                    Err(error) => panic!("{error}"),
                }
            }
            let (blocks, scanned) = read(writer.path());
            let read: Vec<_> = blocks.iter().map(Vec::len).collect();
            proptest::prop_assert_eq!((read, scanned.tail), (kept, Tail::Clean));
        });
    }

    #[test]
    fn a_torn_tail_is_told_from_damage_in_the_middle() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = Writer::create(dir.path(), Kind::Lines, 5).unwrap();
        writer
            .append(&mut block(b"one"), 1, Some(&[9; 32]))
            .unwrap();
        let second = writer.end();
        writer
            .append(&mut block(b"two"), 2, Some(&[9; 32]))
            .unwrap();
        let path = writer.path().to_owned();
        let (blocks, scanned) = read(&path);
        assert_eq!(
            (blocks.len(), scanned.next, scanned.tail),
            (2, 8, Tail::Clean)
        );
        let whole = fs::read(&path).unwrap();
        for n in usize::try_from(second).unwrap() + 1..whole.len() {
            fs::write(&path, &whole[..n]).unwrap();
            let (blocks, scanned) = read(&path);
            assert_eq!(
                (blocks.len(), scanned.end, scanned.tail),
                (1, second, Tail::Torn),
                "{n} bytes"
            );
        }
        let mut flipped = whole.clone();
        flipped[FILE_HEADER + 34] ^= 1;
        fs::write(&path, &flipped).unwrap();
        assert_eq!(read(&path).1.tail, Tail::Damaged);
        for n in 0..FILE_HEADER {
            let mut flipped = whole.clone();
            flipped[n] ^= 1;
            fs::write(&path, &flipped).unwrap();
            assert!(
                scan(&path, Kind::Lines, 5, |_, _, _| Ok(())).is_err(),
                "byte {n}"
            );
        }
    }
}
