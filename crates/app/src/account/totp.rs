//! The second factor: time-based one-time passwords (RFC 6238).

use domain::{
    authority::Permission,
    id::AccountId,
    label::Label,
    problem::{FieldProblem, Problem},
};
use store::account::Account;
use totp_rs::{Builder, Secret, Totp};

use super::{
    password,
    sign_in::{self, Authenticated, Stage},
};
use crate::{App, Ctx, fault::fault, keyring::Keyring, task::everything};

/// What an authenticator app needs.
#[derive(Clone)]
pub struct Enrolment {
    /// Base32, to be typed in.
    pub secret: String,
    /// `otpauth://…`, to be shown as a QR code.
    pub url: String,
}

fn totp(secret: &str) -> Option<Totp> {
    let secret = Secret::try_from_base32(secret).ok()?;
    Some(Builder::new().with_secret(secret).build_noncompliant())
}

/// The secret, opened; none where there is none, or the data folder's key is another.
fn secret_of(app: &App, account: &Account) -> Option<String> {
    let kept = account.totp_secret.as_deref()?;
    app.keys.unseal_text(&account.id.to_string(), kept)
}

fn sealed(app: &App, account: &Account, secret: &str) -> Result<String, Problem> {
    app.keys
        .seal_text(&account.id.to_string(), secret)
        .map_err(|_| Problem::internal("random"))
}

/// Seals secrets that were kept as they are by an earlier version of the program.
pub(crate) async fn seal_old(app: &App) -> Result<(), Problem> {
    for mut account in store::account::list(&app.db, &everything())
        .await
        .map_err(fault)?
    {
        let Some(plain) = account
            .totp_secret
            .take_if(|kept| !Keyring::is_sealed(kept))
        else {
            continue;
        };
        account.totp_secret = Some(sealed(app, &account, &plain)?);
        let mut tx = app.db.begin().await.map_err(fault)?;
        store::account::save(&mut tx, &account, app.clock.now_ms())
            .await
            .map_err(fault)?;
        tx.commit().await.map_err(fault)?;
    }
    Ok(())
}

/// Begins (or begins again) to set up the second factor. It counts once confirmed.
///
/// # Errors
/// Denied when one is set already: an administrator resets it first.
pub async fn enrol(app: &App, me: &Authenticated) -> Result<Enrolment, Problem> {
    let mut account = password::load(app, me.account).await?;
    if account.totp_since.is_some() || me.stage == Stage::Totp {
        return Err(Problem::denied(
            Label::new(
                "Đã bật xác thực hai bước",
                "The second factor is set up already",
            ),
            account.login,
        ));
    }
    let secret = match secret_of(app, &account) {
        Some(secret) => secret,
        None => {
            let mut bytes = [0u8; 20];
            getrandom::fill(&mut bytes).map_err(|_| Problem::internal("random"))?;
            let secret = Secret::from(bytes.to_vec()).to_base32();
            account.totp_secret = Some(sealed(app, &account, &secret)?);
            let mut tx = app.db.begin().await.map_err(fault)?;
            store::account::save(&mut tx, &account, app.clock.now_ms())
                .await
                .map_err(fault)?;
            tx.commit().await.map_err(fault)?;
            secret
        }
    };
    let url = format!(
        "otpauth://totp/Gieng:{}?secret={secret}&issuer=Gieng",
        account.login
    );
    Ok(Enrolment { secret, url })
}

fn wrong_code() -> Problem {
    Problem::invalid(
        "code",
        vec![FieldProblem::new(
            "code",
            "Mã không đúng hoặc đã dùng; chờ mã mới và kiểm tra giờ của điện thoại",
            "The code is not right or was used; wait for the next and check your phone's clock",
        )],
    )
}

/// Checks a code; each counts once.
fn check(app: &App, account: &mut Account, code: &str) -> Result<(), Problem> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong_code());
    }
    let seconds = u64::try_from(app.clock.now_ms() / 1000).unwrap_or(0);
    let step = secret_of(app, account)
        .as_deref()
        .and_then(totp)
        .and_then(|t| t.check(&digits, seconds))
        .and_then(|s| i64::try_from(s).ok());
    match step {
        Some(step) if step > account.totp_step => {
            account.totp_step = step;
            account.failures = 0;
            Ok(())
        }
        _ => Err(wrong_code()),
    }
}

/// Confirms the set-up with a first code; the session moves on.
///
/// # Errors
/// Invalid when the code is wrong.
pub async fn confirm(app: &App, ctx: &Ctx, me: &Authenticated, code: &str) -> Result<(), Problem> {
    let mut account = password::load(app, me.account).await?;
    if account.totp_since.is_some() || me.stage == Stage::Totp {
        return Err(wrong_code());
    }
    check(app, &mut account, code)?;
    account.totp_since = Some(app.clock.now_ms());
    save(app, ctx, &account, "totp-on").await?;
    sign_in::advance(app, me).await
}

/// The second step of a sign-in. Wrong codes count as failed sign-ins.
///
/// # Errors
/// Invalid when the code is wrong; limit when there were too many.
pub async fn verify(app: &App, ctx: &Ctx, me: &Authenticated, code: &str) -> Result<(), Problem> {
    if me.stage != Stage::Totp {
        return Ok(());
    }
    let now = app.clock.now_ms();
    let mut account = password::load(app, me.account).await?;
    match check(app, &mut account, code) {
        Ok(()) => {
            let mut tx = app.db.begin().await.map_err(fault)?;
            store::account::save(&mut tx, &account, now)
                .await
                .map_err(fault)?;
            tx.commit().await.map_err(fault)?;
            sign_in::advance(app, me).await
        }
        Err(problem) => {
            account.failures += 1;
            let mut tx = app.db.begin().await.map_err(fault)?;
            if account.failures >= 5 {
                // The password was right, yet the codes are not: begin again, later.
                account.locked_until = Some(now + 60_000);
                store::session::end(&mut tx, &me.session)
                    .await
                    .map_err(fault)?;
            }
            store::account::save(&mut tx, &account, now)
                .await
                .map_err(fault)?;
            let change = app.event(
                ctx,
                "account",
                &account.id.to_string(),
                account.organization,
                "totp-failed",
                None,
                None,
            );
            store::journal::append(&mut tx, &[change])
                .await
                .map_err(fault)?;
            tx.commit().await.map_err(fault)?;
            Err(problem)
        }
    }
}

/// Takes an account's second factor away (a lost phone); its sessions end.
///
/// # Errors
/// Denied, not found.
pub async fn reset(app: &App, ctx: &Ctx, id: AccountId) -> Result<(), Problem> {
    ctx.actor.scope(Permission::Accounts)?;
    let mut account = super::manage::governed(app, ctx, id).await?;
    account.totp_secret = None;
    account.totp_since = None;
    save(app, ctx, &account, "totp-reset").await?;
    let mut tx = app.db.begin().await.map_err(fault)?;
    store::session::end_others(&mut tx, id, None)
        .await
        .map_err(fault)?;
    tx.commit().await.map_err(fault)
}

async fn save(app: &App, ctx: &Ctx, account: &Account, action: &str) -> Result<(), Problem> {
    let mut tx = app.db.begin().await.map_err(fault)?;
    store::account::save(&mut tx, account, app.clock.now_ms())
        .await
        .map_err(fault)?;
    let change = app.event(
        ctx,
        "account",
        &account.id.to_string(),
        account.organization,
        action,
        None,
        Some(super::manage::shown(account)),
    );
    store::journal::append(&mut tx, &[change])
        .await
        .map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    app.changed("account");
    Ok(())
}
