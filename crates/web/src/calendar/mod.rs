//! The calendar of duties: by month, as a list, and as a feed for other programs.

pub mod feed;
mod item;
pub mod page;
mod route;

use domain::authority::Permission;

use crate::page::{Menu, Need, Page};

/// The calendar of duties.
pub static PAGE: Page = Page {
    path: "/calendar",
    menu: Some(Menu::new("calendar-due", "nav-calendar")),
    need: Need::May(Permission::Read),
    topics: &[],
    routes: route::routes,
};

/// Feeds, for whoever has their address.
pub static FEED: Page = Page {
    path: "/calendar/feed/{token}",
    menu: None,
    need: Need::Nothing,
    topics: &[],
    routes: feed::routes,
};
