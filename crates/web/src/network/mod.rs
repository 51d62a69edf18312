//! The network: targets, their samples, alarms.

pub mod page;
pub mod spark;
