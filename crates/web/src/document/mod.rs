//! Documents: what may be begun, what is on its way, one document with its steps.

pub mod page;
mod route;
mod show;

pub use route::{api_get, api_list, declared, routes};
