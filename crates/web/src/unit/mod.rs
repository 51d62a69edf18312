//! Units: the list, and everything about one.

mod detail;
pub mod page;
mod route;

pub use route::routes;
