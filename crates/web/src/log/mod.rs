//! The logs of devices: search, one line with its proof, senders nobody knows.

pub mod page;
mod route;
mod unknown;

pub use route::{declared, device, devices, query, routes};
