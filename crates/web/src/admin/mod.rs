//! Accounts and settings.

mod account;
pub mod page;
mod setting;

use axum::Router;

use crate::server::Web;

/// The routes of accounts and settings.
pub fn routes() -> Router<Web> {
    account::routes().merge(setting::routes())
}
