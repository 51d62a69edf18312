//! The change journal.

pub mod page;
mod route;
mod words;

pub use route::{entries, unit};

use domain::authority::Permission;

use crate::page::{Menu, Need, Page};

/// The change journal.
pub static PAGE: Page = Page {
    path: "/journal",
    menu: Some(Menu::new("history", "nav-journal")),
    need: Need::May(Permission::Journal),
    topics: &[],
    routes: route::routes,
};
