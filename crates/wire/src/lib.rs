//! Parsers and codecs over bytes that come from a network.
//!
//! Nothing here does I/O and nothing here panics: whatever a stranger sends is
//! answered with a value. Every parser has a fuzz target under `fuzz/`.

pub mod framing;
pub mod syslog;
