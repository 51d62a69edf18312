//! Entries that are shared with another body: what was received, and with whom one is shared.

pub mod page;
mod route;

pub use route::{Typed, api_end, api_given, api_received, api_share, panel, received_from, routes};
