//! Inspections: plan, checklist, findings, closing.

pub mod page;
mod route;
mod show;

use domain::authority::Permission;

use crate::page::{Menu, Need, Page};

/// Inspections and findings.
pub static PAGE: Page = Page {
    path: "/inspections",
    menu: Some(Menu::new("clipboard-check", "nav-inspections")),
    need: Need::May(Permission::Read),
    topics: &[],
    routes: route::routes,
};
