//! Records in SQLite or PostgreSQL: the only crate that names sqlx.
//!
//! One SQL text serves both engines (see `docs/decisions/0002-records.md`); what must
//! differ is in the module `dialect`.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::await_holding_lock)
)]

pub mod account;
pub mod alarm;
mod arg;
pub mod assessment;
pub mod attachment;
pub mod book;
pub mod claim;
pub mod collection;
pub mod db;
pub mod device;
mod dialect;
pub mod document;
pub mod due;
pub mod duty;
pub mod error;
pub mod evidence;
pub mod fact;
mod fact_view;
pub mod feed;
pub mod flow;
pub mod inspection;
pub mod job;
pub mod journal;
pub mod lease;
mod line;
pub mod log_claim;
pub mod log_source;
pub mod memory;
mod migration;
pub mod observed;
pub mod outage;
mod problem;
pub mod registry;
pub mod reminder;
pub mod replay;
mod row;
pub mod sealed;
pub mod search;
pub mod session;
pub mod setting;
pub mod share;
pub mod standing;
pub mod structure;
pub mod target;
pub mod throttle;
pub mod token;
mod tx;
mod unsaid;
mod version;
mod way;

pub use arg::Arg;
pub use db::Db;
pub use error::StoreError;
pub use row::Row;
pub use tx::Tx;
