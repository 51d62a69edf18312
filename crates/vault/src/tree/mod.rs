//! The Merkle tree of RFC 6962 §2.1 over all records in arrival order.

mod frontier;
mod nodes;
mod proof;

pub(crate) use frontier::Frontier;
pub(crate) use nodes::{BLOCK, LEVELS, Nodes};
pub(crate) use proof::{Oracle, consistency_path, inclusion_path};
pub use proof::{verify_consistency, verify_inclusion};

use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The root of the tree without records.
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The hash of a leaf: `SHA-256(0x00 || record)`.
pub fn leaf_hash(record: &[u8]) -> Hash {
    Sha256::new()
        .chain_update([0])
        .chain_update(record)
        .finalize()
        .into()
}

/// The hash of a node: `SHA-256(0x01 || left || right)`.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new()
        .chain_update([1])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}
