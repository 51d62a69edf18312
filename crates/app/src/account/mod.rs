//! Accounts: who may sign in, with which roles, proved how.

mod link;
mod manage;
mod password;
mod sign_in;
mod token;
mod totp;

pub use link::{first_start, issue_link, redeem, redeemable, set_random_password};
pub(crate) use manage::shown;
pub use manage::{Draft, get, list, save, sessions, set_language};
pub use password::change as change_password;
pub use sign_in::{
    Authenticated, SignedIn, Stage, authenticate, authenticate_token, end_session, sign_in,
    sign_out,
};
pub(crate) use sign_in::{hash_of, secret};
pub use store::account::Account;
pub use store::session::{ApiToken, Session};
pub use token::{end as end_token, list as tokens, make as make_token};
pub(crate) use totp::seal_old as seal_secrets;
pub use totp::{
    Enrolment, confirm as confirm_totp, enrol as enrol_totp, reset as reset_totp,
    verify as verify_totp,
};
