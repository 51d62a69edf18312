//! Accounts and settings.

pub mod page;
