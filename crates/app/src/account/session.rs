//! Sessions: what a cookie stands for, how far it has come, when it ends.

use domain::{
    authority::Actor,
    id::AccountId,
    label::{Label, Lang},
    problem::{Problem, ProblemKind},
};
use store::{
    Tx,
    account::Account,
    device::KnownDevice,
    session::{self, Session},
    token,
};

use super::{
    device::{self, Browser},
    password,
    secret::{hash_of, secret},
    sign_in::{Authenticated, SignedIn, Stage},
};
use crate::{App, Ctx, Work};

/// A password alone keeps the door open for the second factor so long.
const HALF_WAY_MS: i64 = 15 * 60_000;

/// How a session is begun.
#[derive(Clone)]
pub(super) struct Renewed<'a> {
    /// The device, where it is known.
    pub known: Option<KnownDevice>,
    /// Whether the owner need not be told of a device that is not.
    pub expected: bool,
    /// What the browser shows.
    pub browser: &'a Browser,
}

/// Begins a session at a stage, for an account that has proved itself so far. One that has
/// come all the way makes its browser known.
pub(super) async fn begin(
    app: &App,
    work: &mut Work,
    account: &Account,
    stage: Stage,
    created_at: i64,
    how: Renewed<'_>,
) -> Result<SignedIn, Problem> {
    let now = work.now();
    let (token, token_hash) = secret()?;
    let mut session = Session {
        token_hash,
        account: account.id,
        stage: stage.code().into(),
        created_at,
        seen_at: now,
        expires_at: expiry(app, stage, created_at, now),
        remote: work.ctx().remote.clone(),
        agent: how.browser.agent(),
        seal: String::new(),
    };
    session.seal = seal(app, &session, account);
    session::create(work, &session).await?;
    let mut device = None;
    if stage == Stage::Full {
        // From here on it is the account that acts.
        work.acts_as(account.id, &account.login);
        let (browser, known, expected) = (how.browser, how.known, how.expected);
        device = device::arrive(app, work, account, browser, known, expected).await?;
    }
    Ok(SignedIn {
        token,
        stage,
        device,
    })
}

/// Begins a session anew in place of `old`, after a step that proves more: whoever had the
/// old cookie does not come along. The longest time runs on from the first.
///
/// # Errors
/// Sign-in when the old one had ended.
pub(super) async fn renew(
    app: &App,
    work: &mut Work,
    old: Option<Session>,
    account: &Account,
    how: Renewed<'_>,
) -> Result<SignedIn, Problem> {
    let old = old.ok_or_else(ended)?;
    // Only who has shown the factor comes this far.
    let stage = next_stage(app, account, true);
    begin(app, work, account, stage, old.created_at, how).await
}

/// The caller's account, held until the transaction ends.
///
/// # Errors
/// Sign-in when it is gone or may not sign in any more.
pub(crate) async fn hold(tx: &mut Tx, me: &Authenticated) -> Result<Account, Problem> {
    let account = store::account::hold(tx, me.account).await?;
    account.filter(|a| a.enabled).ok_or_else(ended)
}

/// What one is told whose session is gone.
pub(super) fn ended() -> Problem {
    Problem::new(
        ProblemKind::SignIn,
        Label::new("Phiên đăng nhập đã kết thúc", "The session has ended"),
        "",
        Label::new("Đăng nhập lại.", "Sign in again."),
    )
}

/// What an account must do before it is signed in.
pub(super) fn next_stage(app: &App, account: &Account, factor_shown: bool) -> Stage {
    let required = app.settings().text("mfa.required_roles");
    let needs_factor = account
        .grants
        .iter()
        .any(|g| required.split(',').any(|r| r.trim() == g.role.code()));
    if account.totp_since.is_some() && !factor_shown {
        Stage::Totp
    } else if account.must_change || password::expired(app, account) {
        Stage::Password
    } else if needs_factor && account.totp_since.is_none() {
        Stage::Enrol
    } else {
        Stage::Full
    }
}

fn expiry(app: &App, stage: Stage, created_at: i64, now: i64) -> i64 {
    let settings = app.settings();
    let idle = now + settings.integer("session.idle_minutes") * 60_000;
    let longest = match stage {
        Stage::Totp => HALF_WAY_MS,
        _ => settings.integer("session.max_hours") * 3_600_000,
    };
    idle.min(created_at + longest)
}

/// What a session stands for, sealed: a row that was put into the database or changed there
/// opens nothing, nor does one of before the account's password, which the journal holds.
fn seal(app: &App, s: &Session, account: &Account) -> String {
    let (id, begun) = (s.account.to_string(), s.created_at.to_string());
    let password = account.password_hash.as_deref().unwrap_or_default();
    app.keys
        .mark("session", &[&s.token_hash, &id, &s.stage, &begun, password])
}

/// The session of a hash, as this program made it and within its longest time, with whose it is,
/// who may sign in.
async fn of_hash(app: &App, hash: &str, now: i64) -> Result<Option<(Session, Account)>, Problem> {
    let Some(session) = session::get(&app.db, hash, now).await? else {
        return Ok(None);
    };
    let account = store::account::by_id(&app.db, session.account).await?;
    let stage = Stage::from_code(&session.stage);
    Ok(account
        .filter(|a| a.enabled && session.seal == seal(app, &session, a))
        .filter(|_| expiry(app, stage, session.created_at, now) > now)
        .map(|account| (session, account)))
}

/// Whom a cookie's token stands for; `None` when the session has ended.
///
/// # Errors
/// Unavailable.
pub async fn authenticate(app: &App, token: &str) -> Result<Option<Authenticated>, Problem> {
    let now = app.clock.now_ms();
    let Some((mut session, account)) = of_hash(app, &hash_of(token), now).await? else {
        return Ok(None);
    };
    let stage = Stage::from_code(&session.stage);
    if now - session.seen_at > 60_000 {
        session.seen_at = now;
        session.expires_at = expiry(app, stage, session.created_at, now);
        // A disk that takes nothing keeps nobody out: the session then lasts as it was written.
        if let Err(error) = touch(app, &session).await {
            tracing::warn!(%error, "that a session goes on could not be written");
        }
    }
    Ok(Some(of_account(account, session.token_hash, stage)))
}

async fn touch(app: &App, session: &Session) -> Result<(), store::StoreError> {
    let mut work = app.begin_program().await?;
    session::touch(&mut work, session).await?;
    work.commit().await
}

/// Whether the caller's session goes on: a stream of events outlives the request that began it.
///
/// # Errors
/// Unavailable.
pub async fn goes_on(app: &App, me: &Authenticated) -> Result<bool, Problem> {
    let session = of_hash(app, &me.session, app.clock.now_ms()).await?;
    Ok(session.is_some())
}

/// Whom an API token stands for: its account as it is now, limited to the token's scopes.
///
/// # Errors
/// Unavailable.
pub async fn authenticate_token(app: &App, secret: &str) -> Result<Option<Authenticated>, Problem> {
    let bearer = token::bearer(&app.db, &hash_of(secret), app.clock.now_ms()).await?;
    let Some((id, token)) = bearer else {
        return Ok(None);
    };
    let account = store::account::by_id(&app.db, id).await?;
    Ok(account.filter(|a| a.enabled).map(|account| {
        let mut me = of_account(account, String::new(), Stage::Full);
        me.actor.only = Some(token.scopes);
        me
    }))
}

fn of_account(account: Account, session: String, stage: Stage) -> Authenticated {
    Authenticated {
        account: account.id,
        session,
        stage,
        name: account.name,
        lang: Lang::from_code(&account.language),
        organization: account.organization,
        actor: Actor {
            account: Some(account.id),
            name: account.login,
            // Who has not come all the way holds nothing yet.
            grants: if stage == Stage::Full {
                account.grants
            } else {
                Vec::new()
            },
            only: None,
        },
    }
}

/// Ends the caller's own session.
///
/// # Errors
/// Unavailable.
pub async fn sign_out(app: &App, ctx: &Ctx, me: &Authenticated) -> Result<(), Problem> {
    let mut work = app.begin_own(ctx).await?;
    session::end(&mut work, &me.session).await?;
    work.event(
        "account",
        &me.account.to_string(),
        me.organization,
        "sign-out",
        None,
        None,
    );
    work.commit().await.map_err(Problem::from)
}

/// Ends all sessions of the caller, or (with authority over accounts) of another, and whoever stands in
/// for it.
///
/// # Errors
/// Denied, unavailable.
pub async fn end_sessions(
    app: &App,
    ctx: &Ctx,
    me: &Authenticated,
    account: AccountId,
) -> Result<(), Problem> {
    let target = super::manage::reachable(app, ctx, me.account, account).await?;
    let mut work = app.begin_own(ctx).await?;
    store::account::hold(&mut work, target.id).await?;
    session::end_all(&mut work, target.id).await?;
    crate::flow::end_with_account(&mut work, target.id, false).await?;
    let (id, unit) = (target.id.to_string(), target.organization);
    work.event("account", &id, unit, "end-session", None, None);
    work.commit().await.map_err(Problem::from)
}

/// Ends a session of the caller, or (with authority over accounts) of another.
///
/// # Errors
/// Denied, unavailable.
pub async fn end_session(
    app: &App,
    ctx: &Ctx,
    me: &Authenticated,
    account: AccountId,
    handle: &str,
) -> Result<(), Problem> {
    let target = super::manage::reachable(app, ctx, me.account, account).await?;
    let sessions = session::of_account(&app.db, target.id, app.clock.now_ms()).await?;
    if !sessions.iter().any(|s| s.token_hash == handle) {
        return Err(Problem::not_found(
            &Label::new("phiên đăng nhập", "session"),
            "",
        ));
    }
    let mut work = app.begin_own(ctx).await?;
    session::end(&mut work, handle).await?;
    work.event(
        "account",
        &target.id.to_string(),
        target.organization,
        "end-session",
        None,
        None,
    );
    work.commit().await.map_err(Problem::from)
}
