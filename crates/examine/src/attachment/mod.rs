//! What a file is, its content says (`kind`); that it runs, its content or its name
//! (`program`); what it holds is read within bounds ([`examine()`]).

mod address;
mod archive;
mod cell;
mod examine;
mod formula;
mod kind;
mod mail;
mod office;
mod ole;
mod pdf;
mod program;
mod rtf;
mod signature;
mod text;
mod xml;

pub use examine::{
    Active, Examined, Marking, Part, Refusal, examine, is_marked_name, text_of as text,
};
pub use kind::Kind;
pub use program::runs;
