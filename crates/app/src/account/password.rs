//! Passwords: argon2id, length, age, history.

use std::sync::LazyLock;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use domain::{
    id::AccountId,
    label::Label,
    problem::{FieldProblem, Problem, ProblemKind},
};
use tokio::sync::Semaphore;

use super::sign_in::Authenticated;
use crate::{App, Ctx, fault::fault};

/// Each hash takes 19 MiB for a moment: a flood of sign-ins may not take the machine.
static HASHING: Semaphore = Semaphore::const_new(2);

/// A hash of nothing anybody knows, so that an unknown login takes as long as a known one.
static NOBODY: LazyLock<String> =
    LazyLock::new(|| hash_now(&domain::id::Id::new(0).to_string()).unwrap_or_default());

fn hash_now(password: &str) -> Result<String, Problem> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|h: PasswordHash| h.to_string())
        .map_err(|_| Problem::internal("password"))
}

async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    let _permit = HASHING
        .acquire()
        .await
        .map_err(|_| Problem::internal("password"))?;
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Problem::internal("password"))
}

/// The PHC string of a password.
pub(super) async fn hash(password: &str) -> Result<String, Problem> {
    let password = password.to_owned();
    apart(move || hash_now(&password)).await?
}

/// Whether the password is the one of the hash; `None` (no account, no password) is never,
/// and takes as long.
pub(super) async fn verify(password: &str, hash: Option<&str>) -> Result<bool, Problem> {
    let password = password.to_owned();
    let known = hash.map(ToOwned::to_owned);
    apart(move || {
        let text = known.clone().unwrap_or_else(|| NOBODY.clone());
        let right = PasswordHash::new(&text).is_ok_and(|h| {
            Argon2::default()
                .verify_password(password.as_bytes(), &h)
                .is_ok()
        });
        right && known.is_some()
    })
    .await
}

/// Checks a new password against the settings.
pub(super) async fn check_new(
    app: &App,
    account: &store::account::Account,
    password: &str,
) -> Result<(), Problem> {
    let settings = app.settings();
    let key = if account.totp_since.is_some() {
        "password.min_length_with_mfa"
    } else {
        "password.min_length"
    };
    let least = settings.integer(key);
    let length = i64::try_from(password.chars().count()).unwrap_or(i64::MAX);
    let wrong = |vi: String, en: String| {
        Err(Problem::invalid(
            "password",
            vec![FieldProblem::new("password", vi, en)],
        ))
    };
    if length < least {
        return wrong(
            format!("Ít nhất {least} ký tự; một câu dễ nhớ là tốt nhất"),
            format!("At least {least} characters; a sentence you remember is best"),
        );
    }
    if length > 256 {
        return wrong("Tối đa 256 ký tự".into(), "At most 256 characters".into());
    }
    let folded = domain::text::fold(password);
    // A short name is part of half the words there are.
    if account.login.chars().count() >= 4 && folded.contains(&domain::text::fold(&account.login)) {
        return wrong(
            "Không được chứa tên đăng nhập".into(),
            "Must not contain the sign-in name".into(),
        );
    }
    let past =
        store::account::past_passwords(&app.db, account.id, settings.integer("password.history"))
            .await
            .map_err(fault)?;
    for old in past {
        if verify(password, Some(&old)).await? {
            return wrong(
                "Mật khẩu này đã dùng gần đây".into(),
                "Used recently; choose another".into(),
            );
        }
    }
    Ok(())
}

/// Gives an account a new password in the caller's transaction.
pub(super) async fn set(
    app: &App,
    tx: &mut store::Tx,
    account: &mut store::account::Account,
    hash: String,
) -> Result<(), Problem> {
    let now = app.clock.now_ms();
    store::account::remember_password(tx, account.id, &hash, now)
        .await
        .map_err(fault)?;
    account.password_hash = Some(hash);
    account.password_changed_at = Some(now);
    account.must_change = false;
    account.failures = 0;
    account.locked_until = None;
    Ok(())
}

/// Whether the account's password is past its age.
pub(super) fn expired(app: &App, account: &store::account::Account) -> bool {
    let days = app.settings().integer("password.max_age_days");
    days > 0
        && account
            .password_changed_at
            .is_some_and(|at| app.clock.now_ms() - at > days * 86_400_000)
}

/// The signed-in account changes its own password; its other sessions end.
///
/// # Errors
/// Invalid when the old one is wrong or the new one does not do.
pub async fn change(
    app: &App,
    ctx: &Ctx,
    me: &Authenticated,
    old: &str,
    new: &str,
) -> Result<(), Problem> {
    let mut account = load(app, me.account).await?;
    if !verify(old, account.password_hash.as_deref()).await? {
        return Err(Problem::invalid(
            "password",
            vec![FieldProblem::new(
                "old",
                "Mật khẩu hiện tại không đúng",
                "The present password is not right",
            )],
        ));
    }
    check_new(app, &account, new).await?;
    let hash = hash(new).await?;
    let mut tx = app.db.begin().await.map_err(fault)?;
    set(app, &mut tx, &mut account, hash).await?;
    store::account::save(&mut tx, &account, app.clock.now_ms())
        .await
        .map_err(fault)?;
    store::session::end_others(&mut tx, account.id, Some(&me.session))
        .await
        .map_err(fault)?;
    let change = app.event(
        ctx,
        "account",
        &account.id.to_string(),
        account.organization,
        "password",
        None,
        Some(super::manage::shown(&account)),
    );
    store::journal::append(&mut tx, &[change])
        .await
        .map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    app.changed("account");
    super::sign_in::advance(app, me).await
}

/// The account of an id.
pub(super) async fn load(app: &App, id: AccountId) -> Result<store::account::Account, Problem> {
    store::account::by_id(&app.db, id)
        .await
        .map_err(fault)?
        .ok_or_else(|| {
            Problem::new(
                ProblemKind::NotFound,
                Label::new("Không còn tài khoản này", "This account is gone"),
                id.to_string(),
                Label::new("Hỏi quản trị viên.", "Ask an administrator."),
            )
        })
}
