//! Claims of units that wait for the network centre, and what it says to them.

pub mod page;
mod route;

pub use route::standing;

use crate::page::{Need, Page};

/// Claims that wait for the network centre.
pub static PAGE: Page = Page {
    path: "/claims",
    menu: None,
    need: Need::SignIn,
    topics: &[],
    routes: route::routes,
};
