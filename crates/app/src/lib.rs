//! Use cases, authority, jobs and reconcilers: all that Giềng does, without HTTP.
//!
//! A use case takes the [`App`] and a [`Ctx`] (who asks); authority is decided here and
//! nowhere else. Web, API and command line call the same use cases.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::await_holding_lock)
)]

pub mod account;
mod application;
pub mod assess;
pub mod attachment;
pub mod claim;
pub mod collect;
pub mod ctx;
pub mod disk;
pub mod document;
pub mod due;
pub mod duty;
pub mod evidence;
pub mod examiner;
pub mod feed;
pub mod fixture;
pub mod flow;
mod fresh;
pub mod inspection;
pub mod job;
pub mod journal;
pub mod keyring;
mod lease;
pub mod live;
pub mod logs;
pub mod notify;
pub mod overview;
pub mod private;
pub mod proof;
mod queue;
pub mod registry;
pub mod remind;
pub mod search;
mod secrecy;
pub mod setting;
pub mod share;
pub mod supervise;
pub mod system_alarm;
pub mod task;
pub mod upkeep;
pub mod watch;
pub mod work;

pub use application::{App, AppConfig, OpenError};
pub use ctx::Ctx;
pub use observe::{allowance, seats};
pub use work::{Core, Need, Work};
