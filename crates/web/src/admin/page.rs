//! The pages of accounts and settings.

use askama::Template;
use domain::problem::Problem;

use crate::{cx::Cx, flow::page::SubstituteRow, mark::Mark};

/// An account in the list.
#[derive(Clone, Debug)]
pub struct AccountRow {
    /// Its id.
    pub id: String,
    /// The name to sign in with.
    pub login: String,
    /// The person.
    pub name: String,
    /// Roles with their reach, in words.
    pub roles: Vec<String>,
    /// Whether it may sign in.
    pub enabled: bool,
    /// Whether one-time codes are set up.
    pub totp: bool,
    /// When the password was chosen, unix milliseconds.
    pub password_at: Option<i64>,
    /// Last sign-in, unix milliseconds.
    pub last: Option<i64>,
}

/// `GET /accounts`.
#[derive(Debug, Template)]
#[template(path = "admin/accounts.html")]
pub struct Accounts {
    /// Context.
    pub cx: Cx,
    /// By name.
    pub rows: Vec<AccountRow>,
}

/// `GET /accounts/{id}` and `GET /accounts/new`.
#[derive(Debug, Template)]
#[template(path = "admin/account.html")]
pub struct AccountPage {
    /// Context.
    pub cx: Cx,
    /// Its id; empty for a new one.
    pub id: String,
    /// What the page does.
    pub title: String,
    /// Where the form goes.
    pub action: String,
    /// The version that was read.
    pub version: i64,
    /// A one-time link that was just made.
    pub link: Option<String>,
    /// Why it was not saved.
    pub problem: Option<Problem>,
    /// The name to sign in with.
    pub login: String,
    /// The person.
    pub name: String,
    /// E-mail.
    pub email: String,
    /// The id of the person's unit.
    pub organization: String,
    /// Kinds of accounts: code, word, whether it is this one's.
    pub kinds: Vec<(String, String, bool)>,
    /// All units: id and name.
    pub units: Vec<(String, String)>,
    /// All roles: code and word.
    pub roles: Vec<(String, String)>,
    /// Role and unit of each grant, with an empty one to fill in.
    pub grants: Vec<(String, String)>,
    /// Whether it may sign in.
    pub enabled: bool,
    /// Whether one-time codes are set up.
    pub totp: bool,
    /// How many sessions are open.
    pub sessions: usize,
    /// Who takes steps of requests in its place.
    pub substitutes: Vec<SubstituteRow>,
    /// In whose place it takes them.
    pub stands_in: Vec<SubstituteRow>,
}

/// A setting.
#[derive(Clone, Debug)]
pub struct SettingRow {
    /// Its key.
    pub key: String,
    /// Its name.
    pub label: String,
    /// Why one would change it.
    pub help: String,
    /// What holds; empty for a secret.
    pub value: String,
    /// Whether it is yes or no.
    pub boolean: bool,
    /// Whether it is never shown.
    pub secret: bool,
    /// Whether the province chose it for itself.
    pub own: bool,
}

/// A background task's last run.
#[derive(Clone, Debug)]
pub struct TaskRow {
    /// Its name.
    pub name: String,
    /// How it went.
    pub mark: Mark,
    /// What it did, or why it failed.
    pub detail: String,
    /// When it last went well, unix milliseconds.
    pub at: Option<i64>,
}

/// `GET /settings`.
#[derive(Debug, Template)]
#[template(path = "admin/settings.html")]
pub struct Settings {
    /// Context.
    pub cx: Cx,
    /// Why the last one was not saved.
    pub problem: Option<Problem>,
    /// Whose settings they are: code (empty for what all share), name, whether shown now.
    pub whose: Vec<(String, String, bool)>,
    /// The code of the province whose own settings are shown.
    pub province: Option<String>,
    /// Title and settings.
    pub groups: Vec<(String, Vec<SettingRow>)>,
    /// Whether no regulation holds for anybody yet.
    pub unadopted: bool,
    /// What the pack holds.
    pub packs: Vec<(String, String)>,
    /// How the log vault stands.
    pub vault: Vec<(String, String)>,
    /// Tasks with their last run.
    pub tasks: Vec<TaskRow>,
}
