//! The logs of devices: search, one line with its proof, senders nobody knows.

pub mod page;
mod route;
mod unknown;

pub use route::{declared, device, devices, query};

use app::live::Topic;
use domain::authority::Permission;

use crate::page::{Menu, Need, Page};

/// The logs of devices.
pub static PAGE: Page = Page {
    path: "/logs",
    menu: Some(Menu::new("list-search", "nav-logs")),
    need: Need::May(Permission::Logs),
    topics: &[Topic::Logs],
    routes: route::routes,
};
