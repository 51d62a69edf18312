//! Claims of units that wait for the network centre, and what it says to them.

pub mod page;
mod route;

pub use route::{api_decide, api_list, declared, routes, standing};
