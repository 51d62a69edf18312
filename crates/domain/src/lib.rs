//! The nouns of Giềng, their ids, rules and state machines: no I/O, no SQL, no HTTP.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::await_holding_lock)
)]

pub mod authority;
pub mod availability;
pub mod claim;
pub mod clock;
pub mod document;
pub mod fact;
pub mod id;
pub mod label;
pub mod legacy;
pub mod net;
pub mod noun;
pub mod paper;
pub mod parse;
pub mod problem;
pub mod reachability;
pub mod record;
pub mod schema;
pub mod text;
pub mod unsaid;
