//! Units: the list, and everything about one.

mod detail;
pub mod page;
mod route;

use app::live::Topic;
use domain::authority::Permission;

use crate::page::{Menu, Need, Page};

/// The list of units, and each.
pub static PAGE: Page = Page {
    path: "/units",
    menu: Some(Menu::new("building-community", "nav-units")),
    need: Need::May(Permission::Read),
    topics: &[Topic::Network],
    routes: route::routes,
};
