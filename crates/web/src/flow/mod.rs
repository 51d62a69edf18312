//! Flows: what waits for the reader, a request's form, and one request with its ways on.

mod api;
pub mod page;
mod route;
mod show;

pub use api::{
    begin as api_begin, declared, get as api_get, list as api_list, step as api_step,
    withdraw as api_withdraw,
};
pub use route::routes;
