//! The pages before and around signing in.

use askama::Template;

use crate::{cx::Cx, flow::page::SubstituteRow};

/// `GET /sign-in`.
#[derive(Debug, Template)]
#[template(path = "auth/sign_in.html")]
pub struct SignIn {
    /// Context.
    pub cx: Cx,
    /// The name as it was typed.
    pub name: String,
    /// Where to go afterwards.
    pub back: String,
    /// What was wrong.
    pub wrong: Option<String>,
}

/// The second step of signing in.
#[derive(Debug, Template)]
#[template(path = "auth/totp.html")]
pub struct Totp {
    /// Context.
    pub cx: Cx,
    /// Where to go afterwards.
    pub back: String,
    /// What was wrong.
    pub wrong: Option<String>,
}

/// Setting up one-time codes.
#[derive(Debug, Template)]
#[template(path = "auth/totp_setup.html")]
pub struct TotpSetup {
    /// Context.
    pub cx: Cx,
    /// Whether an administrator requires it.
    pub required: bool,
    /// The key as an SVG picture for the telephone.
    pub qr: String,
    /// The key to type by hand, base 32.
    pub secret: String,
    /// What was wrong.
    pub wrong: Option<String>,
}

/// Choosing a password: at first start, when it has expired, by a one-time link, of one's own accord.
#[derive(Debug, Template)]
#[template(path = "auth/password.html")]
pub struct Password {
    /// Context.
    pub cx: Cx,
    /// Which of these it is.
    pub title: String,
    /// Why it is asked.
    pub lead: String,
    /// Where the form goes.
    pub action: String,
    /// Whether a name is chosen too.
    pub asks_name: bool,
    /// The name as it was typed.
    pub name: String,
    /// The person's name as it was typed.
    pub person: String,
    /// Whether the old password is asked.
    pub asks_old: bool,
    /// What a password must be.
    pub rules: String,
    /// What was wrong.
    pub wrong: Option<String>,
}

/// A session of the reader.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Its public id (not its secret).
    pub id: String,
    /// The address it was started from.
    pub from: String,
    /// The browser.
    pub with: String,
    /// Unix milliseconds.
    pub started: i64,
    /// Unix milliseconds.
    pub last: i64,
    /// Whether it is the one in use.
    pub current: bool,
}

/// `GET /me`.
#[derive(Debug, Template)]
#[template(path = "auth/me.html")]
pub struct Me {
    /// Context.
    pub cx: Cx,
    /// The account's name.
    pub name: String,
    /// The secret of a token that was just made; it is shown once.
    pub secret: Option<String>,
    /// The newest first.
    pub sessions: Vec<SessionRow>,
    /// Tokens for programs.
    pub tokens: Vec<TokenRow>,
    /// The address of a calendar feed that was just made; it is shown once.
    pub feed: Option<String>,
    /// Calendar feeds.
    pub feeds: Vec<TokenRow>,
    /// Browsers that are known, the latest first.
    pub devices: Vec<DeviceRow>,
    /// What happened to the account, the newest first.
    pub events: Vec<EventRow>,
    /// Who takes steps of requests in the reader's place.
    pub substitutes: Vec<SubstituteRow>,
    /// In whose place the reader takes them.
    pub stands_in: Vec<SubstituteRow>,
    /// Recovery codes that were just made; they are shown once.
    pub recovery: Vec<String>,
    /// How many recovery codes are left; none without a second factor.
    pub recovery_left: Option<i64>,
    /// What a token may be given: code, word, whether it is ticked.
    pub scopes: Vec<(&'static str, String, bool)>,
    /// The longest life of tokens and feeds, days.
    pub longest: i64,
}

/// A browser that the account is known to use.
#[derive(Clone, Debug)]
pub struct DeviceRow {
    /// Its public id (not its secret).
    pub id: String,
    /// The browser.
    pub with: String,
    /// The address of its last sign-in.
    pub from: String,
    /// That sign-in, unix milliseconds.
    pub last: i64,
}

/// Something that happened to the account.
#[derive(Clone, Debug)]
pub struct EventRow {
    /// In words.
    pub what: String,
    /// A browser, a token's name; may be empty.
    pub about: String,
    /// The address it came from.
    pub from: String,
    /// Unix milliseconds.
    pub at: i64,
}

/// A token with which a program acts as the reader.
#[derive(Clone, Debug)]
pub struct TokenRow {
    /// Its id (not its secret).
    pub id: String,
    /// What it is for.
    pub name: String,
    /// What it may do, in words; empty for a calendar feed.
    pub scopes: String,
    /// When it ends, unix milliseconds.
    pub until: i64,
    /// When it was last used, unix milliseconds.
    pub used: Option<i64>,
}
