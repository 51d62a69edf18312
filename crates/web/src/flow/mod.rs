//! Flows: what waits for the reader, a request's form, and one request with its ways on.

mod api;
pub mod page;
mod route;
mod show;

use app::live::Topic;
use domain::authority::Permission;

use crate::page::{Menu, Need, Page};

/// Requests that go from state to state.
pub static PAGE: Page = Page {
    path: "/flows",
    menu: Some(Menu::new("inbox", "nav-flows").waits("/flows/waits", "flows-waiting")),
    need: Need::May(Permission::Read),
    topics: &[Topic::Records],
    routes: route::routes,
};
