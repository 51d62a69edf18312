//! Browsers that an account is known to use: no flood of wrong passwords locks these out.

use domain::{id::AccountId, label::Label, problem::Problem};
use store::{
    account::Account,
    device::{self, KnownDevice},
};

use super::{
    notice::{Event, tell},
    secret::{hash_of, secret},
    sign_in::Authenticated,
};
use crate::{App, Ctx, Work};

/// A browser that was not used for so long is not known any more.
const FORGOTTEN_MS: i64 = 180 * 86_400_000;

/// As many devices as one cookie names: a browser may be several people's.
const MOST: usize = 5;

/// What a browser shows besides name and password.
#[derive(Clone, Debug, Default)]
pub struct Browser {
    /// `User-Agent`.
    pub agent: String,
    /// The tokens in its device cookie: one for each account that has signed in with it.
    pub devices: Vec<String>,
}

impl Browser {
    /// A program or a browser without a cookie.
    pub fn new(agent: &str) -> Self {
        Self {
            agent: agent.into(),
            devices: Vec::new(),
        }
    }

    /// One that shows this value of the device cookie.
    #[must_use]
    pub fn with_cookie(mut self, cookie: &str) -> Self {
        self.devices = (cookie.split('.').take(MOST))
            .filter(|token| !token.is_empty())
            .map(ToOwned::to_owned)
            .collect();
        self
    }

    /// The value of the device cookie with one more token, the newest first.
    pub fn cookie(&self, token: &str) -> String {
        let kept = self.devices.iter().map(String::as_str);
        let all: Vec<&str> = std::iter::once(token).chain(kept).take(MOST).collect();
        all.join(".")
    }

    pub(super) fn agent(&self) -> String {
        self.agent.chars().take(200).collect()
    }
}

/// The account's device among those that the browser shows. The database is asked as often
/// for an account that is not there.
pub(super) async fn known(
    app: &App,
    account: Option<AccountId>,
    browser: &Browser,
) -> Result<Option<KnownDevice>, Problem> {
    let since = app.clock.now_ms() - FORGOTTEN_MS;
    let mut found = None;
    for token in browser.devices.iter().take(MOST) {
        let device = device::get(&app.db, &hash_of(token), since).await?;
        found = found.or(device.filter(|d| Some(d.account) == account));
    }
    Ok(found)
}

/// Makes the browser known to an account that has come all the way, and tells the owner of
/// a new one. Returns the new device's token for the cookie.
pub(super) async fn arrive(
    app: &App,
    work: &mut Work,
    account: &Account,
    browser: &Browser,
    known: Option<KnownDevice>,
    expected: bool,
) -> Result<Option<String>, Problem> {
    let now = work.now();
    let (token, device) = match known {
        Some(device) => (None, device),
        None => {
            let (token, token_hash) = secret()?;
            let device = KnownDevice {
                token_hash,
                account: account.id,
                created_at: now,
                seen_at: now,
                remote: String::new(),
                agent: String::new(),
            };
            if !expected {
                tell(app, work, account, Event::NewDevice, &browser.agent).await?;
            }
            (Some(token), device)
        }
    };
    let device = KnownDevice {
        seen_at: now,
        remote: work.ctx().remote.clone(),
        agent: browser.agent(),
        ..device
    };
    device::note(work, &device).await?;
    Ok(token)
}

/// The caller's known devices, the latest first.
///
/// # Errors
/// Unavailable.
pub async fn list(app: &App, me: &Authenticated) -> Result<Vec<KnownDevice>, Problem> {
    let since = app.clock.now_ms() - FORGOTTEN_MS;
    device::of_account(&app.db, me.account, since)
        .await
        .map_err(Problem::from)
}

/// Forgets one of the caller's devices.
///
/// # Errors
/// Not found, unavailable.
pub async fn forget(app: &App, ctx: &Ctx, me: &Authenticated, id: &str) -> Result<(), Problem> {
    let mut work = app.begin_own(ctx).await?;
    if device::forget(&mut work, me.account, id).await? == 0 {
        let what = Label::new("thiết bị quen", "known device");
        return Err(Problem::not_found(&what, ""));
    }
    let (noun, record) = ("account", me.account.to_string());
    work.event(
        noun,
        &record,
        me.organization,
        "device-forgotten",
        None,
        None,
    );
    work.commit().await.map_err(Problem::from)
}
