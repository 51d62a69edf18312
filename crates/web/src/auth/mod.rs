//! Signing in and out, one-time codes, passwords.

mod own;
pub mod page;
pub mod qr;
mod route;

use axum::Router;

use crate::server::Web;

/// The routes before and around signing in.
pub fn routes() -> Router<Web> {
    route::routes().merge(own::routes())
}
