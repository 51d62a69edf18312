//! Content hashes.

use sha2::{Digest, Sha256};

/// SHA-256 of bytes, lower-case hex.
pub fn of_bytes(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// SHA-256 over named parts in the order given, each with its length, so that
/// no two different lists give the same bytes.
pub fn of_parts<'a>(parts: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut hasher = Sha256::new();
    for (name, content) in parts {
        for text in [name, content] {
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text.as_bytes());
        }
    }
    hex::encode(hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(of_parts([("a", "bc")]), of_parts([("ab", "c")]));
        assert_eq!(of_bytes(b"").len(), 64);
    }
}
