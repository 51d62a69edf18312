//! What somebody who knows the format, but not the key, does to a vault's files. The tests of
//! the built program use it too.

use std::{
    fs,
    hash::Hasher as _,
    path::{Path, PathBuf},
};

/// All files under a folder.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            out.extend(files(&path));
        } else {
            out.push(path);
        }
    }
    out.sort();
    out
}

/// Copies a folder with all below it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

pub fn xxh64(seed: u64, pieces: &[&[u8]]) -> u64 {
    let mut hasher = twox_hash::XxHash64::with_seed(seed);
    for piece in pieces {
        hasher.write(piece);
    }
    hasher.finish()
}

/// The blocks of a log file: where each begins, its header and its payload. What somebody who
/// knows the format but not the key reads and writes.
fn blocks(bytes: &[u8]) -> Vec<std::ops::Range<usize>> {
    let (mut at, mut out) = (40, Vec::new());
    while at + 32 <= bytes.len() {
        let length = u32::from_le_bytes(bytes[at + 4..at + 8].try_into().unwrap());
        let end = at + 32 + usize::try_from(length).unwrap();
        out.push(at..end);
        at = end;
    }
    out
}

fn checksum(bytes: &mut [u8], block: &std::ops::Range<usize>, salt: u64) {
    let sum = xxh64(
        salt,
        &[
            &bytes[block.start..block.start + 24],
            &bytes[block.start + 32..block.end],
        ],
    );
    bytes[block.start + 24..block.start + 32].copy_from_slice(&sum.to_le_bytes());
}

fn salt(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes[24..32].try_into().unwrap())
}

/// Puts a text of the same length in the place of another, with the right checksum.
pub fn rewrite_log(path: &Path, old: &str, new: &str) {
    assert_eq!(old.len(), new.len());
    let mut bytes = fs::read(path).unwrap();
    let at = bytes
        .windows(old.len())
        .position(|w| w == old.as_bytes())
        .expect("the line is in it");
    bytes[at..at + new.len()].copy_from_slice(new.as_bytes());
    let salt = salt(&bytes);
    for block in blocks(&bytes).iter().filter(|b| b.contains(&at)) {
        checksum(&mut bytes, block, salt);
    }
    fs::write(path, bytes).unwrap();
}

/// Makes it a file of the version that knew no seals.
pub fn unseal_log(path: &Path) {
    let bytes = fs::read(path).unwrap();
    let mut out = bytes[..40].to_vec();
    out[8..12].copy_from_slice(&1u32.to_le_bytes());
    let sum = xxh64(0, &[&out[..32]]);
    out[32..40].copy_from_slice(&sum.to_le_bytes());
    let salt = salt(&bytes);
    for block in blocks(&bytes) {
        let mut plain = bytes[block.start..block.end - 32].to_vec();
        let length = u32::try_from(plain.len() - 32).unwrap();
        plain[4..8].copy_from_slice(&length.to_le_bytes());
        plain[20..24].fill(0);
        let whole = 0..plain.len();
        checksum(&mut plain, &whole, salt);
        out.extend(plain);
    }
    fs::write(path, out).unwrap();
}

/// Cuts a log file off before record `first`, at the end of a block.
pub fn cut_log(path: &Path, first: u64) {
    let mut bytes = fs::read(path).unwrap();
    let block = blocks(&bytes)
        .into_iter()
        .find(|b| bytes[b.start + 8..b.start + 16] == first.to_le_bytes())
        .expect("a block begins there");
    bytes.truncate(block.start);
    fs::write(path, bytes).unwrap();
}
