//! The change journal.

pub mod page;
mod route;

pub use route::{entries, routes, unit};
