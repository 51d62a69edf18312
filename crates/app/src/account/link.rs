//! One-time links: the first administrator, a new account, a forgotten password.

use domain::{
    authority::{Grant, Permission, Role},
    id::{AccountId, Id},
    label::Label,
    problem::{Problem, ProblemKind},
};
use store::{
    account::Account,
    session::{self, Link},
};

use super::{
    device::Browser,
    manage, password,
    secret::{hash_of, secret},
    session::{Renewed, begin, next_stage},
    sign_in::SignedIn,
};
use crate::{App, Ctx, Work};

/// How long a link is good for.
const LIFETIME_MS: i64 = 24 * 3_600_000;

/// A link's token for the first administrator, while there is no account at all. Links of the
/// kind that were made before end: what an earlier start printed is good for nothing.
///
/// # Errors
/// Unavailable.
pub async fn first_start(app: &App) -> Result<Option<String>, Problem> {
    if store::account::count(&app.db).await? > 0 {
        return Ok(None);
    }
    let mut work = app.begin_program().await?;
    session::end_start_links(&mut work).await?;
    let token = make(app, &mut work, None).await?;
    work.commit().await?;
    Ok(Some(token))
}

async fn make(app: &App, work: &mut Work, account: Option<&Account>) -> Result<String, Problem> {
    let (token, token_hash) = secret()?;
    let mut link = Link {
        token_hash,
        account: account.map(|account| account.id),
        expires_at: work.now() + LIFETIME_MS,
        seal: String::new(),
    };
    link.seal = seal(app, &link, account);
    session::make_link(work, &link).await?;
    Ok(token)
}

/// What a link stands for, sealed: one that was put into the database opens nothing, nor does one
/// that was used, for the account has another password since, which the journal holds.
fn seal(app: &App, link: &Link, account: Option<&Account>) -> String {
    let id = link.account.map(|a| a.to_string()).unwrap_or_default();
    let until = link.expires_at.to_string();
    let password = account.and_then(|a| a.password_hash.as_deref());
    let sealed = [&link.token_hash, &id, &until, password.unwrap_or_default()];
    app.keys.mark("one-time-link", &sealed)
}

/// A link with which an account's owner chooses a password.
///
/// # Errors
/// Denied, not found.
pub async fn issue_link(app: &App, ctx: &Ctx, id: AccountId) -> Result<String, Problem> {
    let account = manage::governed(app, ctx, id).await?;
    let mut work = app.begin(ctx, Permission::Accounts).await?;
    let token = make(app, &mut work, Some(&account)).await?;
    work.event(
        "account",
        &id.to_string(),
        account.organization,
        "one-time-link",
        None,
        None,
    );
    work.commit().await?;
    Ok(token)
}

fn spent() -> Problem {
    Problem::new(
        ProblemKind::NotFound,
        Label::new(
            "Liên kết đã dùng hoặc hết hạn",
            "The link was used or has ended",
        ),
        "",
        Label::new(
            "Xin quản trị viên một liên kết mới.",
            "Ask an administrator for a new one.",
        ),
    )
}

/// Whose a link is: `None` for the first administrator, who also chooses a sign-in name.
///
/// # Errors
/// Not found when it was used or has ended.
pub async fn redeemable(app: &App, token: &str) -> Result<Option<Account>, Problem> {
    let link = session::link(&app.db, &hash_of(token), app.clock.now_ms()).await?;
    let link = link.ok_or_else(spent)?;
    let account = match link.account {
        None => None,
        Some(id) => Some(password::load(app, id).await?),
    };
    // Who may not sign in does not come in this way either.
    let holds = link.seal == seal(app, &link, account.as_ref());
    if holds && account.as_ref().is_none_or(|a| a.enabled) {
        Ok(account)
    } else {
        Err(spent())
    }
}

/// What the owner of a link chooses.
#[derive(Clone, Copy, Debug)]
pub struct Chosen<'a> {
    /// The sign-in name; only the first administrator's is asked for.
    pub login: &'a str,
    /// The person's name; only the first administrator's is asked for.
    pub name: &'a str,
    /// The password.
    pub password: &'a str,
}

/// Uses a link up: the owner chooses a password and is signed in (a second factor that is
/// set, or required, is still asked for). The account's other links end; with the first
/// administrator all links of that kind.
///
/// # Errors
/// Invalid when name or password do not do; not found when somebody was quicker.
pub async fn redeem(
    app: &App,
    ctx: &Ctx,
    token: &str,
    chosen: &Chosen<'_>,
    browser: &Browser,
) -> Result<SignedIn, Problem> {
    let existing = redeemable(app, token).await?;
    let first = existing.is_none();
    let mut account = match existing {
        Some(account) => account,
        None => administrator(chosen, app.clock.now_ms())?,
    };
    password::check_new(app, &account, chosen.password).await?;
    let hash = password::hash(app, chosen.password).await?;
    let token = hash_of(token);
    let mut work = app.begin_own(ctx).await?;
    let now = work.now();
    let used = if first {
        session::use_start_link(&mut work, &token, now).await
    } else {
        session::use_link(&mut work, &token, account.id, now).await
    };
    if !used? {
        return Err(spent());
    }
    password::set(app, &mut work, &mut account, hash).await?;
    store::account::signed_in(&mut work, account.id, now).await?;
    if first {
        work.event(
            "account",
            &account.id.to_string(),
            account.organization,
            "create",
            None,
            Some(manage::shown(&account).to_string()),
        );
    }
    let how = Renewed {
        known: None,
        expected: false,
        browser,
    };
    let stage = next_stage(app, &account, false);
    let signed_in = begin(app, &mut work, &account, stage, now, how).await?;
    work.commit().await?;
    Ok(signed_in)
}

/// The first account, as its owner names it.
fn administrator(chosen: &Chosen<'_>, now: i64) -> Result<Account, Problem> {
    let login = chosen.login.trim().to_lowercase();
    if let Some(wrong) = manage::wrong_login(&login) {
        return Err(Problem::invalid("account", vec![wrong]));
    }
    let name = Some(chosen.name.trim()).filter(|name| !name.is_empty());
    Ok(Account {
        name: name.unwrap_or(&login).to_owned(),
        login,
        grants: vec![Grant {
            role: Role::Administrator,
            organization: None,
        }],
        ..manage::blank(AccountId(Id::new(now)))
    })
}

/// Gives an account a random password and returns it: for the demo and for an
/// administrator at the console who locked everybody out.
///
/// # Errors
/// Denied, not found.
pub async fn set_random_password(app: &App, ctx: &Ctx, login: &str) -> Result<String, Problem> {
    ctx.actor.scope(Permission::Accounts)?;
    let found = store::account::by_login(&app.db, login).await?;
    let found =
        found.ok_or_else(|| Problem::not_found(&Label::new("tài khoản", "account"), login))?;
    let mut account = manage::governed(app, ctx, found.id).await?;
    let (secret, _) = secret()?;
    let new = secret[..16].to_owned();
    let hash = password::hash(app, &new).await?;
    let mut work = app.begin(ctx, Permission::Accounts).await?;
    password::set(app, &mut work, &mut account, hash).await?;
    work.commit().await?;
    Ok(new)
}
