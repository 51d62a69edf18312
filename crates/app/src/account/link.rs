//! One-time links: the first administrator, a new account, a forgotten password.

use domain::{
    authority::{Grant, Permission, Role},
    id::{AccountId, Id},
    label::Label,
    problem::{FieldProblem, Problem, ProblemKind},
};
use store::{account::Account, session};

use super::{
    manage, password,
    sign_in::{self, SignedIn},
};
use crate::{App, Ctx, fault::fault};

/// How long a link is good for.
const LIFETIME_MS: i64 = 24 * 3_600_000;

/// A link's token for the first administrator, while there is no account at all.
///
/// # Errors
/// Unavailable.
pub async fn first_start(app: &App) -> Result<Option<String>, Problem> {
    if store::account::count(&app.db).await.map_err(fault)? > 0 {
        return Ok(None);
    }
    make(app, None).await.map(Some)
}

async fn make(app: &App, account: Option<AccountId>) -> Result<String, Problem> {
    let (token, hash) = sign_in::secret()?;
    let mut tx = app.db.begin().await.map_err(fault)?;
    session::make_link(&mut tx, &hash, account, app.clock.now_ms() + LIFETIME_MS)
        .await
        .map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    Ok(token)
}

/// A link with which an account's owner chooses a password.
///
/// # Errors
/// Denied, not found.
pub async fn issue_link(app: &App, ctx: &Ctx, id: AccountId) -> Result<String, Problem> {
    ctx.actor.scope(Permission::Accounts)?;
    let account = manage::governed(app, ctx, id).await?;
    let token = make(app, Some(id)).await?;
    let mut tx = app.db.begin().await.map_err(fault)?;
    let change = app.event(
        ctx,
        "account",
        &id.to_string(),
        account.organization,
        "one-time-link",
        None,
        None,
    );
    store::journal::append(&mut tx, &[change])
        .await
        .map_err(fault)?;
    tx.commit().await.map_err(fault)?;
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
    let owner = session::link(&app.db, &sign_in::hash_of(token), app.clock.now_ms())
        .await
        .map_err(fault)?;
    match owner.ok_or_else(spent)? {
        None => Ok(None),
        Some(id) => password::load(app, id).await.map(Some),
    }
}

/// Uses a link up: the owner chooses a password and is signed in (a second factor that is
/// set, or required, is still asked for).
///
/// # Errors
/// Invalid when name or password do not do; not found when somebody was quicker.
pub async fn redeem(
    app: &App,
    ctx: &Ctx,
    token: &str,
    login: &str,
    name: &str,
    new_password: &str,
    agent: &str,
) -> Result<SignedIn, Problem> {
    let now = app.clock.now_ms();
    let existing = redeemable(app, token).await?;
    let first = existing.is_none();
    let mut account = if let Some(account) = existing {
        account
    } else {
        let login = login.trim().to_lowercase();
        if login.chars().count() < 2
            || !login
                .chars()
                .all(|c| c.is_alphanumeric() || "._-@".contains(c))
        {
            return Err(Problem::invalid(
                "account",
                vec![FieldProblem::new(
                    "login",
                    "Từ 2 ký tự trở lên: chữ, số, . _ - @",
                    "At least 2 characters: letters, digits, . _ - @",
                )],
            ));
        }
        Account {
            name: if name.trim().is_empty() {
                login.clone()
            } else {
                name.trim().to_owned()
            },
            login,
            grants: vec![Grant {
                role: Role::Administrator,
                organization: None,
            }],
            ..manage::blank(AccountId(Id::new(now)))
        }
    };
    password::check_new(app, &account, new_password).await?;
    let hash = password::hash(new_password).await?;
    let mut tx = app.db.begin().await.map_err(fault)?;
    if !session::use_link(&mut tx, &sign_in::hash_of(token), now)
        .await
        .map_err(fault)?
    {
        return Err(spent());
    }
    if first {
        store::account::save(&mut tx, &account, now)
            .await
            .map_err(fault)?;
    }
    password::set(app, &mut tx, &mut account, hash).await?;
    store::account::save(&mut tx, &account, now)
        .await
        .map_err(fault)?;
    session::end_others(&mut tx, account.id, None)
        .await
        .map_err(fault)?;
    let action = if first { "create" } else { "password" };
    let change = app.event(
        ctx,
        "account",
        &account.id.to_string(),
        account.organization,
        action,
        None,
        Some(manage::shown(&account)),
    );
    store::journal::append(&mut tx, &[change])
        .await
        .map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    let account = password::load(app, account.id).await?;
    let stage = sign_in::next_stage(app, &account, false);
    let tx = app.db.begin().await.map_err(fault)?;
    sign_in::begin(app, ctx, tx, account, stage, agent).await
}

/// Gives an account a random password and returns it: for the demo and for an
/// administrator at the console who locked everybody out.
///
/// # Errors
/// Denied, not found.
pub async fn set_random_password(app: &App, ctx: &Ctx, login: &str) -> Result<String, Problem> {
    ctx.actor.scope(Permission::Accounts)?;
    let found = store::account::by_login(&app.db, login)
        .await
        .map_err(fault)?;
    let found =
        found.ok_or_else(|| Problem::not_found(&Label::new("tài khoản", "account"), login))?;
    let mut account = manage::governed(app, ctx, found.id).await?;
    let (secret, _) = sign_in::secret()?;
    let new = secret[..16].to_owned();
    let hash = password::hash(&new).await?;
    let mut tx = app.db.begin().await.map_err(fault)?;
    password::set(app, &mut tx, &mut account, hash).await?;
    store::account::save(&mut tx, &account, app.clock.now_ms())
        .await
        .map_err(fault)?;
    let change = app.event(
        ctx,
        "account",
        &account.id.to_string(),
        account.organization,
        "password",
        None,
        Some(manage::shown(&account)),
    );
    store::journal::append(&mut tx, &[change])
        .await
        .map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    Ok(new)
}
