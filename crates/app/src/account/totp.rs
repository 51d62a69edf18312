//! The second factor: time-based one-time passwords (RFC 6238).

use domain::{
    authority::Permission,
    id::AccountId,
    label::Label,
    problem::{FieldProblem, Problem},
};
use store::{account::Account, device::KnownDevice, session};
use totp_rs::{Builder, Secret, Totp};

use super::{
    device::{self, Browser},
    notice::{Event, tell},
    password, recovery,
    session::{Renewed, ended, hold, renew},
    sign_in::{Authenticated, SignedIn, Stage},
    throttle::{self, FACTOR, Gate},
};
use crate::{App, Ctx, Work, keyring::Keyring, task::everything};

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
    for mut account in store::account::list(&app.db, &everything()).await? {
        let Some(plain) = account
            .totp_secret
            .take_if(|kept| !Keyring::is_sealed(kept))
        else {
            continue;
        };
        account.totp_secret = Some(sealed(app, &account, &plain)?);
        let mut work = app.begin_program().await?;
        let now = work.now();
        store::account::save(&mut work, &account, now).await?;
        work.commit().await?;
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
            let mut work = app.begin_program().await?;
            let now = work.now();
            store::account::save(&mut work, &account, now).await?;
            work.commit().await?;
            secret
        }
    };
    let url = format!(
        "otpauth://totp/Gieng:{}?secret={secret}&issuer=Gieng",
        account.login
    );
    Ok(Enrolment { secret, url })
}

/// What a code turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judged {
    /// The one that is shown now, for the first time; or a recovery code.
    Right,
    /// Not that.
    Wrong,
    /// It was not looked at: not before this moment, unix milliseconds.
    Waits(i64),
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

fn too_many_codes(until: i64, now: i64) -> Problem {
    let what = Label::new("Nhập sai mã quá nhiều lần", "Too many wrong codes");
    let or = Label::new(
        ", đăng nhập từ thiết bị quen, hoặc dùng một mã dự phòng; mất cả hai thì quản trị viên đặt lại",
        ", sign in with a known device, or use a recovery code; with neither, an administrator resets it",
    );
    throttle::too_often(what, until, now, &or)
}

/// The time step of a code that fits now (or a step before or after).
fn step_of(app: &App, account: &Account, code: &str) -> Option<i64> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seconds = u64::try_from(app.clock.now_ms() / 1000).unwrap_or(0);
    let step = totp(secret_of(app, account)?.as_str())?.check(&digits, seconds)?;
    i64::try_from(step).ok()
}

/// Judges a code of an account that the transaction holds, and counts it: those of a known
/// device, those from elsewhere and recovery codes each for themselves, so that nobody
/// elsewhere keeps the owner out. What is counted stands once the transaction commits.
pub(super) async fn judge(
    app: &App,
    work: &mut Work,
    account: &Account,
    device: Option<&KnownDevice>,
    code: &str,
) -> Result<Judged, Problem> {
    let now = work.now();
    let recovery_code = recovery::read(code);
    let subject = match recovery_code {
        Some(_) => throttle::recovery(account.id),
        None => throttle::factor(account.id, device.map(|d| d.token_hash.as_str())),
    };
    let gate = throttle::enter(work, &subject, &FACTOR, now).await?;
    let last = match gate {
        Gate::Waits(until) => return Ok(Judged::Waits(until)),
        Gate::Open { last } => last,
    };
    let right = match (&recovery_code, step_of(app, account, code)) {
        (Some(code), _) => recovery::spend(app, work, account, code).await?,
        (None, Some(step)) => store::account::use_totp_step(work, account.id, step).await?,
        (None, None) => false,
    };
    if right {
        store::throttle::forget(work, &subject).await?;
        return Ok(Judged::Right);
    }
    work.event(
        "account",
        &account.id.to_string(),
        account.organization,
        "totp-failed",
        None,
        None,
    );
    if last {
        tell(app, work, account, Event::FactorLocked, "").await?;
    }
    Ok(Judged::Wrong)
}

/// Confirms the set-up with a first code; the session is renewed.
///
/// # Errors
/// Invalid when the code is wrong.
pub async fn confirm(
    app: &App,
    ctx: &Ctx,
    me: &Authenticated,
    code: &str,
    browser: &Browser,
) -> Result<SignedIn, Problem> {
    let known = device::known(app, Some(me.account), browser).await?;
    let mut work = app.begin_own(ctx).await?;
    let now = work.now();
    let mut account = hold(&mut work, me).await?;
    if account.totp_since.is_some() || me.stage == Stage::Totp {
        return Err(wrong_code());
    }
    account.totp_step = step_of(app, &account, code)
        .filter(|step| *step > account.totp_step)
        .ok_or_else(wrong_code)?;
    account.totp_since = Some(now);
    store::account::save(&mut work, &account, now).await?;
    tell(app, &mut work, &account, Event::FactorOn, "").await?;
    let old = session::take(&mut work, &me.session, now).await?;
    // Sessions elsewhere have shown no factor.
    session::end_all(&mut work, account.id).await?;
    crate::flow::end_with_account(&mut work, account.id, false).await?;
    let how = Renewed {
        known,
        expected: true,
        browser,
    };
    let signed_in = renew(app, &mut work, old, &account, how).await?;
    work.commit().await?;
    Ok(signed_in)
}

/// The second step of a sign-in, with a code of the authenticator or a recovery code. Counted
/// and judged in one transaction that holds the account; the session is renewed.
///
/// # Errors
/// Invalid when the code is wrong; limit when there were too many; sign-in when the session
/// has ended.
pub async fn verify(
    app: &App,
    ctx: &Ctx,
    me: &Authenticated,
    code: &str,
    browser: &Browser,
) -> Result<SignedIn, Problem> {
    let known = device::known(app, Some(me.account), browser).await?;
    let mut work = app.begin_own(ctx).await?;
    let now = work.now();
    let account = hold(&mut work, me).await?;
    if me.stage != Stage::Totp {
        return Err(ended());
    }
    match judge(app, &mut work, &account, known.as_ref(), code).await? {
        Judged::Wrong => {
            work.commit().await?;
            Err(wrong_code())
        }
        Judged::Waits(until) => Err(too_many_codes(until, now)),
        Judged::Right => {
            let old = session::take(&mut work, &me.session, now).await?;
            let how = Renewed {
                known,
                expected: false,
                browser,
            };
            let signed_in = renew(app, &mut work, old, &account, how).await?;
            work.commit().await?;
            Ok(signed_in)
        }
    }
}

/// Takes an account's second factor away (a lost phone), and its recovery codes; its sessions
/// end.
///
/// # Errors
/// Denied, not found.
pub async fn reset(app: &App, ctx: &Ctx, id: AccountId) -> Result<(), Problem> {
    let mut account = super::manage::governed(app, ctx, id).await?;
    account.totp_secret = None;
    account.totp_since = None;
    let mut work = app.begin(ctx, Permission::Accounts).await?;
    let now = work.now();
    store::account::save(&mut work, &account, now).await?;
    session::end_all(&mut work, id).await?;
    crate::flow::end_with_account(&mut work, id, false).await?;
    store::device::set_recovery(&mut work, id, &[]).await?;
    store::throttle::forget(&mut work, &throttle::of_factors(id)).await?;
    tell(app, &mut work, &account, Event::FactorReset, "").await?;
    work.commit().await.map_err(Problem::from)
}
