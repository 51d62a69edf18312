//! The search box.

pub mod page;
mod route;

pub use route::routes;
