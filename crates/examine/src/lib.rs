//! Readers of files that people hand in, and the confined child process they run in.
//!
//! The readers are given bytes and answer with values; they know nothing of records, the
//! disk or the network. The program never calls them itself: `app::examiner` starts a
//! [`child`] for each file, which [`ask`] describes.

#![cfg_attr(
    not(test),
    warn(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::await_holding_lock
    )
)]

pub mod ask;
pub mod attachment;
pub mod child;
mod confine;
pub mod marking;
pub mod table;
