//! The network: targets, their samples, alarms.

pub mod interface;
pub mod page;
mod route;
pub mod spark;
mod target;

pub use route::{rows, targets_of, title};

use app::live::Topic;
use domain::authority::Permission;

use crate::page::{Menu, Need, Page};

/// Targets, interfaces, alarms.
pub static PAGE: Page = Page {
    path: "/network",
    menu: Some(Menu::new("topology-star-3", "nav-network")),
    need: Need::May(Permission::Read),
    topics: &[Topic::Network, Topic::Alarms],
    routes: route::routes,
};
