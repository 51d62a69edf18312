//! The network: targets, their samples, alarms.

pub mod interface;
pub mod page;
mod route;
pub mod spark;
mod target;

pub use route::{routes, rows, targets_of, title};
