//! Verification: all of a vault read again, and all of it checked.

mod report;
mod run;
mod signed;
mod tree;

pub use report::{Finding, Progress, Report, Subject};
pub(crate) use run::verify;
pub use signed::Expect;
