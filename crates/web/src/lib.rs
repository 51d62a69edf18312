//! Pages, REST and live updates.

pub mod admin;
pub mod assets;
pub mod auth;
pub mod compliance;
pub mod counts;
pub mod cx;
pub mod format;
pub mod gallery;
pub mod i18n;
pub mod journal;
pub mod log;
pub mod map;
pub mod mark;
pub mod network;
pub mod overview;
pub mod paging;
pub mod registry;
pub mod search;
pub mod unit;
