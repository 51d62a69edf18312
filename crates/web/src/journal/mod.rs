//! The change journal.

pub mod page;
