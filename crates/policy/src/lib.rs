//! Regulations as data: packs, lint, calendars, deadlines, the algebra of verdicts.
//!
//! Knows nothing of SQL engines and HTTP: it reads and checks queries, and says
//! what their rows are worth; running them is the store's part.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::await_holding_lock)
)]

mod book;
pub mod calendar;
pub mod check;
pub mod chosen;
pub mod compare;
pub mod control;
mod cost;
pub mod coverage;
pub mod document;
pub mod duty;
pub mod expression;
pub mod facts;
pub mod fixture;
pub mod flow;
pub mod hash;
pub mod law;
pub mod library;
pub mod lint;
pub mod meaning;
pub mod oscal;
#[cfg(test)]
mod published;
pub mod reading;
pub mod regulation;
pub mod role;
pub mod source;
pub mod verdict;
pub mod words;

pub use calendar::Calendar;
pub use check::Check;
pub use chosen::Chosen;
pub use control::{AwaitedFact, Control};
pub use expression::{Expression, OrgContext, OrgScalars};
pub use law::Law;
pub use library::{Assessment, Library, LoadError};
pub use lint::{Problem, lint};
pub use regulation::{Clause, Regulation};
pub use role::RoleMap;
pub use source::{Directory, Embedded, Memory, Source};
pub use verdict::{Finding, Status, Tally};
pub use words::Words;
