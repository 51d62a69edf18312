//! The search box.

pub mod page;
mod route;

use crate::page::{Need, Page};

/// What the search box finds.
pub static PAGE: Page = Page {
    path: "/search",
    menu: None,
    need: Need::SignIn,
    topics: &[],
    routes: route::routes,
};
