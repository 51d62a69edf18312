//! The algebra of verdicts.

pub mod fold;
pub mod status;
pub mod tally;

pub use fold::{Attested, Finding, Row, RowStatus, attest, fold};
pub use status::Status;
pub use tally::Tally;

#[cfg(test)]
mod tests;
