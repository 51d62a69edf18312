//! The change journal.

pub mod page;
mod route;
mod words;

pub use route::{entries, routes, unit};
