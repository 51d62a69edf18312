//! Sign-in, sessions, and what a request's cookie or token stands for.

use domain::{
    authority::Actor,
    id::AccountId,
    label::{Label, Lang},
    problem::{Problem, ProblemKind},
};
use sha2::{Digest, Sha256};
use store::{
    account::Account,
    session::{self, Session},
};

use super::password;
use crate::{App, Ctx, fault::fault};

/// How far a session has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The second factor is asked for.
    Totp,
    /// The password must be changed first.
    Password,
    /// The second factor must be set up first.
    Enrol,
    /// Signed in.
    Full,
}

impl Stage {
    fn code(self) -> &'static str {
        match self {
            Stage::Totp => "totp",
            Stage::Password => "password",
            Stage::Enrol => "enrol",
            Stage::Full => "full",
        }
    }

    fn from_code(code: &str) -> Self {
        match code {
            "full" => Stage::Full,
            "password" => Stage::Password,
            "enrol" => Stage::Enrol,
            // An unknown stage may do the least.
            _ => Stage::Totp,
        }
    }
}

/// A session that has begun; the token goes into the cookie and nowhere else.
#[derive(Clone)]
pub struct SignedIn {
    /// 256 random bits, base64url.
    pub token: String,
    /// What comes next.
    pub stage: Stage,
}

/// Whom a cookie or a token stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct Authenticated {
    /// The account.
    pub account: AccountId,
    /// The session's handle; empty for an API token.
    pub session: String,
    /// How far the session has come.
    pub stage: Stage,
    /// As whom it acts.
    pub actor: Actor,
    /// The person's name.
    pub name: String,
    /// The account's language.
    pub lang: Lang,
    /// The unit it belongs to.
    pub organization: Option<domain::id::OrganizationId>,
}

/// A new secret and its hash.
pub(crate) fn secret() -> Result<(String, String), Problem> {
    use base64::Engine as _;
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|_| Problem::internal("random"))?;
    let token = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
    let hash = hash_of(&token);
    Ok((token, hash))
}

/// What the database knows of a token.
pub(crate) fn hash_of(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

fn refused() -> Problem {
    Problem::new(
        ProblemKind::SignIn,
        Label::new(
            "Tên đăng nhập hoặc mật khẩu không đúng",
            "The sign-in name or password is not right",
        ),
        "",
        Label::new(
            "Kiểm tra phím Caps Lock và bộ gõ tiếng Việt rồi thử lại.",
            "Check Caps Lock and the input method, then try again.",
        ),
    )
}

fn too_often(seconds: i64) -> Problem {
    Problem::new(
        ProblemKind::Limit,
        Label::new("Đăng nhập sai quá nhiều lần", "Too many failed sign-ins"),
        "",
        Label::new(
            format!("Thử lại sau {seconds} giây."),
            format!("Try again in {seconds} seconds."),
        ),
    )
}

/// How long to wait after `failures` failures in a row, milliseconds: nothing for four,
/// then 10 s, 20 s, 40 s … up to 15 minutes.
fn wait_ms(failures: i64) -> i64 {
    if failures < 5 {
        return 0;
    }
    10_000 * (1 << (failures - 5).min(7)).min(90)
}

/// Signs in with a password.
///
/// # Errors
/// Sign-in (wrong), limit (too often, from this address or for this account), unavailable.
pub async fn sign_in(
    app: &App,
    ctx: &Ctx,
    login: &str,
    password: &str,
    agent: &str,
) -> Result<SignedIn, Problem> {
    let now = app.clock.now_ms();
    let (failures, last_at) = session::failures(&app.db, &ctx.remote)
        .await
        .map_err(fault)?;
    // An office shares one address: it may fail more often than one account.
    let until = last_at + wait_ms(failures - 15);
    if until > now {
        return Err(too_often((until - now) / 1000 + 1));
    }
    let login = login.trim().to_lowercase();
    let account = store::account::by_login(&app.db, &login)
        .await
        .map_err(fault)?;
    if let Some(until) = account
        .as_ref()
        .and_then(|a| a.locked_until)
        .filter(|u| *u > now)
    {
        return Err(too_often((until - now) / 1000 + 1));
    }
    let hash = account
        .as_ref()
        .filter(|a| a.enabled)
        .and_then(|a| a.password_hash.as_deref());
    let right = password::verify(password, hash).await?;
    let mut tx = app.db.begin().await.map_err(fault)?;
    // Others may have tried meanwhile, all at once even: what counts is how the account
    // stands now, and it stays so until this attempt is written down.
    let now_stands = match &account {
        Some(known) => store::account::hold(&mut tx, known.id)
            .await
            .map_err(fault)?,
        None => None,
    };
    let right = right
        && now_stands
            .as_ref()
            .is_some_and(|a| a.enabled && a.password_hash.as_deref() == hash);
    if let Some(until) = now_stands
        .as_ref()
        .and_then(|a| a.locked_until)
        .filter(|u| *u > now)
    {
        return Err(too_often((until - now) / 1000 + 1));
    }
    match now_stands {
        Some(account) if right => {
            session::forget_failures(&mut tx, &ctx.remote)
                .await
                .map_err(fault)?;
            let stage = next_stage(app, &account, false);
            begin(app, ctx, tx, account, stage, agent).await
        }
        account => {
            session::note_failure(&mut tx, &ctx.remote, now, 900_000)
                .await
                .map_err(fault)?;
            if let Some(mut account) = account {
                account.failures += 1;
                let wait = wait_ms(account.failures);
                account.locked_until = (wait > 0).then_some(now + wait);
                store::account::save(&mut tx, &account, now)
                    .await
                    .map_err(fault)?;
                let change = app.event(
                    ctx,
                    "account",
                    &account.id.to_string(),
                    account.organization,
                    "sign-in-failed",
                    None,
                    None,
                );
                store::journal::append(&mut tx, &[change])
                    .await
                    .map_err(fault)?;
            }
            tx.commit().await.map_err(fault)?;
            Err(refused())
        }
    }
}

/// Begins a session for an account that has proved itself.
pub(super) async fn begin(
    app: &App,
    ctx: &Ctx,
    mut tx: store::Tx,
    mut account: Account,
    stage: Stage,
    agent: &str,
) -> Result<SignedIn, Problem> {
    let now = app.clock.now_ms();
    let (token, token_hash) = secret()?;
    account.failures = 0;
    account.locked_until = None;
    account.last_sign_in_at = Some(now);
    store::account::save(&mut tx, &account, now)
        .await
        .map_err(fault)?;
    let session = Session {
        token_hash,
        account: account.id,
        stage: stage.code().into(),
        created_at: now,
        seen_at: now,
        expires_at: expiry(app, now, now),
        remote: ctx.remote.clone(),
        agent: agent.chars().take(200).collect(),
    };
    session::create(&mut tx, &session).await.map_err(fault)?;
    let change = app.event(
        ctx,
        "account",
        &account.id.to_string(),
        account.organization,
        "sign-in",
        None,
        None,
    );
    let change = store::journal::Change {
        actor: account.login.clone(),
        actor_id: Some(account.id.to_string()),
        ..change
    };
    store::journal::append(&mut tx, &[change])
        .await
        .map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    app.changed("account");
    Ok(SignedIn { token, stage })
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

fn expiry(app: &App, created_at: i64, now: i64) -> i64 {
    let settings = app.settings();
    let idle = now + settings.integer("session.idle_minutes") * 60_000;
    idle.min(created_at + settings.integer("session.max_hours") * 3_600_000)
}

/// Whom a cookie's token stands for; `None` when the session has ended.
///
/// # Errors
/// Unavailable.
pub async fn authenticate(app: &App, token: &str) -> Result<Option<Authenticated>, Problem> {
    let now = app.clock.now_ms();
    let Some(mut session) = session::get(&app.db, &hash_of(token), now)
        .await
        .map_err(fault)?
    else {
        return Ok(None);
    };
    let Some(account) = store::account::by_id(&app.db, session.account)
        .await
        .map_err(fault)?
    else {
        return Ok(None);
    };
    if !account.enabled {
        return Ok(None);
    }
    if now - session.seen_at > 60_000 {
        session.seen_at = now;
        session.expires_at = expiry(app, session.created_at, now);
        let mut tx = app.db.begin().await.map_err(fault)?;
        session::touch(&mut tx, &session).await.map_err(fault)?;
        tx.commit().await.map_err(fault)?;
    }
    Ok(Some(of_account(
        account,
        session.token_hash,
        Stage::from_code(&session.stage),
    )))
}

/// Whom an API token stands for.
///
/// # Errors
/// Unavailable.
pub async fn authenticate_token(app: &App, token: &str) -> Result<Option<Authenticated>, Problem> {
    let now = app.clock.now_ms();
    let id = session::token_account(&app.db, &hash_of(token), now)
        .await
        .map_err(fault)?;
    let Some(id) = id else { return Ok(None) };
    let account = store::account::by_id(&app.db, id).await.map_err(fault)?;
    Ok(account
        .filter(|a| a.enabled)
        .map(|a| of_account(a, String::new(), Stage::Full)))
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
        },
    }
}

/// Moves a session on after a step was done.
pub(super) async fn advance(app: &App, me: &Authenticated) -> Result<(), Problem> {
    let now = app.clock.now_ms();
    let account = password::load(app, me.account).await?;
    let Some(mut session) = session::get(&app.db, &me.session, now)
        .await
        .map_err(fault)?
    else {
        return Ok(());
    };
    // Only who has shown the factor comes this far.
    session.stage = next_stage(app, &account, true).code().into();
    session.seen_at = now;
    session.expires_at = expiry(app, session.created_at, now);
    let mut tx = app.db.begin().await.map_err(fault)?;
    session::touch(&mut tx, &session).await.map_err(fault)?;
    tx.commit().await.map_err(fault)
}

/// Ends the caller's own session.
///
/// # Errors
/// Unavailable.
pub async fn sign_out(app: &App, ctx: &Ctx, me: &Authenticated) -> Result<(), Problem> {
    let mut tx = app.db.begin().await.map_err(fault)?;
    session::end(&mut tx, &me.session).await.map_err(fault)?;
    let change = app.event(
        ctx,
        "account",
        &me.account.to_string(),
        me.organization,
        "sign-out",
        None,
        None,
    );
    store::journal::append(&mut tx, &[change])
        .await
        .map_err(fault)?;
    tx.commit().await.map_err(fault)
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
    let sessions = session::of_account(&app.db, target.id, app.clock.now_ms())
        .await
        .map_err(fault)?;
    if !sessions.iter().any(|s| s.token_hash == handle) {
        return Err(Problem::not_found(
            &Label::new("phiên đăng nhập", "session"),
            "",
        ));
    }
    let mut tx = app.db.begin().await.map_err(fault)?;
    session::end(&mut tx, handle).await.map_err(fault)?;
    let change = app.event(
        ctx,
        "account",
        &target.id.to_string(),
        target.organization,
        "end-session",
        None,
        None,
    );
    store::journal::append(&mut tx, &[change])
        .await
        .map_err(fault)?;
    tx.commit().await.map_err(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_grows_and_is_bounded() {
        assert_eq!(wait_ms(4), 0);
        assert_eq!(wait_ms(5), 10_000);
        assert_eq!(wait_ms(7), 40_000);
        assert_eq!(wait_ms(500), 900_000);
    }
}
