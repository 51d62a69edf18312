//! Accounts: who may sign in, with which roles, proved how.

mod device;
mod link;
mod manage;
mod notice;
mod password;
mod recovery;
mod secret;
mod session;
mod sign_in;
mod throttle;
mod token;
mod totp;
mod weak;

pub use device::{Browser, forget as forget_device, list as devices};
pub use link::{Chosen, first_start, issue_link, redeem, redeemable, set_random_password};
pub use manage::{Draft, get, list, save, sessions, set_language};
pub(crate) use manage::{governed, note_ended, shown};
pub(crate) use notice::tell;
pub use notice::{Event, Told, list as events};
pub(crate) use password::Hashing;
pub use password::change as change_password;
pub use recovery::{left as recovery_left, make as make_recovery};
pub(crate) use secret::{hash_of, secret};
pub(crate) use session::hold;
pub use session::{authenticate, authenticate_token, end_session, end_sessions, goes_on, sign_out};
pub use sign_in::{Authenticated, Credentials, SignedIn, Stage, sign_in};
pub use store::account::Account;
pub use store::device::KnownDevice;
pub use store::session::Session;
pub use store::token::ApiToken;
pub(crate) use throttle::pace;
pub(crate) use token::refuse_beyond_most;
pub use token::{end as end_token, lifetime, list as tokens, make as make_token};
pub(crate) use totp::seal_old as seal_secrets;
pub use totp::{
    Enrolment, confirm as confirm_totp, enrol as enrol_totp, reset as reset_totp,
    verify as verify_totp,
};
