//! Parsers and codecs over bytes that come from a network.
//!
//! Nothing here does I/O and nothing here panics: whatever a stranger sends is
//! answered with a value. Every parser has a fuzz target under `fuzz/`.

#![cfg_attr(
    not(test),
    warn(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::await_holding_lock
    )
)]

mod cut;
pub mod framing;
pub mod syslog;
