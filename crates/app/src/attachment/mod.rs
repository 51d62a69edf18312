//! Files that belong to records: kept once by their SHA-256, sealed on disk, refused when
//! they are programs, carry macros, unpack without end, or are marked as state secrets.
//!
//! What a file is, its content says and never its name (`kind`); what it holds is read
//! within bounds ([`examine()`]).

mod archive;
mod clamd;
mod examine;
mod keep;
mod kind;
mod marking;
mod pdf;
mod text;

pub use examine::{Examined, Marking, Refusal, examine};
pub use keep::{about, get, keep, max_bytes, rescan, seal_old};
pub use store::attachment::Attachment;
