//! The logs of devices: search, one line with its proof, senders nobody knows.

pub mod page;
