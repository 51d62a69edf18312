//! The calendar of duties: by month, as a list, and as a feed for other programs.

pub mod feed;
mod item;
pub mod page;
mod route;

pub use route::routes;
