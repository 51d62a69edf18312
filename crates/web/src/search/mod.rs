//! The search box.

pub mod page;
