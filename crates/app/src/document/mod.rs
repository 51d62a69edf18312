//! Documents: filled from facts, written on by persons, signed, sent.

mod begin;
pub mod book;
mod compare;
mod compose;
mod fill;
mod ground;
mod hold;
mod judged;
mod letterhead;
mod list;
mod number;
mod print;
mod roll_up;
mod step;
mod waiting;

pub use begin::{Begin, begin, replace};
pub use compare::{Compared, compare, text};
pub use compose::compose;
pub use fill::{Coverage, Filled, Number};
pub(crate) use hold::hold;
pub use letterhead::Letterhead;
pub use list::{
    Asked, Document, DocumentPage, DocumentQuery, Offer, asked, corrections, get, list, missing,
    offers, template_for,
};
pub use number::symbol;
pub use print::{Kind, available, many, program, render};
pub use roll_up::{RollUp, SentDocument};
pub use step::{Signed, Writing, discard, refill, reopen, review, send, sign, write};
pub use waiting::Paper;
pub(crate) use waiting::waiting;
