//! Documents: what may be begun, what is on its way, one document with its steps.

pub mod page;
mod route;
mod show;

use app::live::Topic;
use domain::authority::Permission;

use crate::page::{Menu, Need, Page};

/// Papers.
pub static PAGE: Page = Page {
    path: "/documents",
    menu: Some(Menu::new("file-text", "nav-documents")),
    need: Need::May(Permission::Read),
    topics: &[Topic::Records],
    routes: route::routes,
};
