//! Accounts and settings.

mod account;
pub mod page;
mod setting;

use domain::authority::Permission;

use crate::page::{Menu, Need, Page};

/// Accounts.
pub static ACCOUNTS: Page = Page {
    path: "/accounts",
    menu: Some(Menu::new("users", "nav-accounts")),
    need: Need::May(Permission::Accounts),
    topics: &[],
    routes: account::routes,
};

/// Settings.
pub static SETTINGS: Page = Page {
    path: "/settings",
    menu: Some(Menu::new("settings", "nav-settings")),
    need: Need::May(Permission::Settings),
    topics: &[],
    routes: setting::routes,
};
