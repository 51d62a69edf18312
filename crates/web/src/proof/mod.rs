//! Proof that leaves the program: receipts and OSCAL.

pub mod page;
mod route;

use crate::page::{Need, Page};

/// Receipts and OSCAL.
pub static PAGE: Page = Page {
    path: "/receipts",
    menu: None,
    need: Need::SignIn,
    topics: &[],
    routes: route::routes,
};
