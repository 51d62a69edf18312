//! Signing in and out, one-time codes, passwords.

mod own;
pub mod page;
pub mod qr;
mod route;

use crate::page::{Need, Page};

/// The own account.
pub static ME: Page = Page {
    path: "/me",
    menu: None,
    need: Need::SignIn,
    topics: &[],
    routes: own::routes,
};

/// Signing in, step by step.
pub static SIGN_IN: Page = Page {
    path: "/sign-in",
    menu: None,
    need: Need::Nothing,
    topics: &[],
    routes: || route::routes().merge(own::steps()),
};
