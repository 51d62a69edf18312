//! Entries that are shared with another body: what was received, and with whom one is shared.

pub mod page;
mod route;

pub use route::{Typed, panel, received_from};

use app::live::Topic;

use crate::page::{Need, Page};

/// What was shared with the reader.
pub static PAGE: Page = Page {
    path: "/shares",
    menu: None,
    need: Need::SignIn,
    topics: &[Topic::Records],
    routes: route::routes,
};
