//! Files that belong to records: kept once by their SHA-256, sealed on disk, refused when
//! they are programs, carry macros, unpack without end, or are marked as state secrets.

mod clamd;
mod keep;
mod looked;
mod refusal;
mod staged;

pub(crate) use keep::damaged;
pub use keep::{about, any_sealed, get, keep, max_bytes, rescan, seal_old, stage};
pub use looked::looked_at;
pub(crate) use staged::enter_again;
pub use staged::{Staged, sweep};
pub use store::attachment::Attachment;
