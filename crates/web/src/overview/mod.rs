//! The overview: the province as a picture, and beside it what is wrong, due and met.

pub mod page;
mod route;

pub use route::kind_word;

use app::live::Topic;
use domain::authority::Permission;

use crate::page::{Menu, Need, Page};

/// The overview.
pub static PAGE: Page = Page {
    path: "/",
    menu: Some(Menu::new("layout-dashboard", "nav-overview")),
    need: Need::May(Permission::Read),
    topics: &[
        Topic::Network,
        Topic::Alarms,
        Topic::Verdicts,
        Topic::Records,
    ],
    routes: route::routes,
};
