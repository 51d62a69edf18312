//! Pages, REST and live updates.
//!
//! [`serve`] is the whole of it to the outside. A handler extracts, calls one use case of
//! `app`, and returns a page or JSON; there is no SQL and no policy here.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::await_holding_lock)
)]

mod admin;
mod api;
pub mod assets;
mod auth;
mod calendar;
mod claim;
mod compliance;
#[cfg(test)]
mod contrast;
mod counts;
pub mod cx;
mod document;
mod door;
mod flow;
pub mod format;
#[doc(hidden)]
pub mod gallery;
mod http;
pub mod i18n;
mod inspection;
mod journal;
mod live;
mod log;
mod map;
pub mod mark;
mod network;
mod operation;
mod overview;
pub mod page;
pub mod pages;
mod paging;
mod proof;
mod registry;
mod search;
mod server;
mod share;
mod steps;
mod unit;

pub use door::{PLACES, Plain, Welcome, serve};
pub use http::SESSION;
pub use server::{Web, router};
