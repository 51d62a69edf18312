//! Append-only streams: write-ahead log, Parquet segments, transparency log, search.
//!
//! [`Vault`] takes log lines: [`Vault::append`] answers when they are on disk.
//! What is written is sealed in the background into Parquet segments that other
//! engines read as they are, and one RFC 6962 Merkle tree runs over all of it in
//! arrival order. A [`Reader`] searches, proves and verifies, also from another
//! process and while lines come in. [`series::Store`] keeps beside it what is
//! measured: the results of probes, counters of interfaces.
//!
//! The layout on disk is described in `docs/decisions/0003-vault-layout.md`.

#![cfg_attr(
    not(test),
    warn(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::await_holding_lock
    )
)]

mod apart;
mod catalogue;
mod checkpoints;
mod error;
mod files;
mod found;
mod line;
mod load;
mod matcher;
pub mod note;
mod prove;
mod reader;
pub mod reading;
pub mod repair;
mod seal;
mod search;
mod segment;
pub mod series;
mod sources;
mod state;
pub mod tree;
mod vault;
mod verify;
mod wal;
mod writer;

pub use apart::set_apart;
pub use error::Error;
pub use files::{open, read};
pub use line::{Batch, Flags, Line, Record, SourceId, Transport, UnitId};
pub use prove::{Consistency, Proof, ProofError};
pub use reader::Reader;
pub use search::{Cancel, Claimed, Order, Page, Query};
pub use sources::SourceStatistics;
pub use vault::{Config, Known, Limits, Vault};
pub use verify::{Expect, Finding, Progress, Report, Subject};
