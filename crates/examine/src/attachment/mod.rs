//! What a file is, its content says and never its name (`kind`); what it holds is read
//! within bounds ([`examine()`]).

mod archive;
mod examine;
mod kind;
mod pdf;
mod text;

pub use examine::{Examined, Marking, Refusal, examine};
pub use kind::Kind;
