//! Signing in with a password.
//!
//! Whether a name exists, whether its password was right and whether it waits are one answer,
//! given after the same work. See `docs/security.md`, "Signing in".

use domain::{
    authority::Actor,
    id::AccountId,
    label::{Label, Lang},
    problem::{Problem, ProblemKind},
};
use store::{account::Account, device::KnownDevice};

use super::{
    device::{self, Browser},
    notice::{Event, tell},
    password::{self, Lane},
    session::{self, Renewed},
    throttle::{self, ADDRESS, Gate, PASSWORD},
    totp,
};
use crate::{App, Ctx, Work};

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
    pub(super) fn code(self) -> &'static str {
        match self {
            Stage::Totp => "totp",
            Stage::Password => "password",
            Stage::Enrol => "enrol",
            Stage::Full => "full",
        }
    }

    pub(super) fn from_code(code: &str) -> Self {
        match code {
            "full" => Stage::Full,
            "password" => Stage::Password,
            "enrol" => Stage::Enrol,
            // An unknown stage may do the least.
            _ => Stage::Totp,
        }
    }
}

/// A session that has begun; its secrets go into cookies and nowhere else.
#[derive(Clone)]
pub struct SignedIn {
    /// The session's, 256 random bits, base64url.
    pub token: String,
    /// What comes next.
    pub stage: Stage,
    /// The device's, where the browser has just become known.
    pub device: Option<String>,
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

/// What is typed to sign in.
#[derive(Clone, Copy, Debug)]
pub struct Credentials<'a> {
    /// The sign-in name.
    pub login: &'a str,
    /// The password.
    pub password: &'a str,
    /// A code of the second factor, empty in most cases: it is asked for in a second step,
    /// and together with the password it opens a name that waits.
    pub code: &'a str,
}

fn refused() -> Problem {
    Problem::new(
        ProblemKind::SignIn,
        Label::new(
            "Tên đăng nhập hoặc mật khẩu không đúng, hoặc đã nhập sai quá nhiều lần",
            "The sign-in name or password is not right, or there were too many wrong tries",
        ),
        "",
        Label::new(
            "Kiểm tra phím Caps Lock và bộ gõ tiếng Việt rồi thử lại. Sau nhiều lần sai, chờ tới 15 phút, dùng thiết bị đã từng đăng nhập, hoặc nhập luôn mã xác thực.",
            "Check Caps Lock and the input method, then try again. After many wrong tries wait up to 15 minutes, use a device you signed in with before, or enter the code of your authenticator as well.",
        ),
    )
}

/// What stands before a try.
struct Door {
    /// The known device that it comes from.
    known: Option<KnownDevice>,
    /// The name waits: only with the second factor.
    held: bool,
    /// Should it be wrong, the name waits for the first time.
    last: bool,
}

/// Counts a try before anything is looked at: for its device where that is known, else for its
/// address and for the name. No account is read here: a name that nobody has waits as well.
async fn enter(
    app: &App,
    ctx: &Ctx,
    login: &str,
    known: Option<KnownDevice>,
) -> Result<Door, Problem> {
    let mut work = app.begin_own(ctx).await?;
    let now = work.now();
    if let Some(device) = known {
        let subject = throttle::device(device.account, &device.token_hash);
        let gate = throttle::enter(&mut work, &subject, &PASSWORD, now).await?;
        if let Gate::Open { last } = gate {
            work.commit().await?;
            return Ok(Door {
                known: Some(device),
                held: false,
                last,
            });
        }
        // Somebody guesses at this device: here it is one as any other.
    }
    let gate = throttle::enter(&mut work, &throttle::address(&ctx.remote), &ADDRESS, now).await?;
    if let Gate::Waits(until) = gate {
        let what = Label::new(
            "Đăng nhập sai quá nhiều lần từ địa chỉ này",
            "Too many failed sign-ins from this address",
        );
        let or = Label::new(
            ", hoặc dùng thiết bị đã từng đăng nhập",
            ", or use a device you signed in with before",
        );
        return Err(throttle::too_often(what, until, now, &or));
    }
    let gate = throttle::enter(&mut work, &throttle::name(login), &PASSWORD, now).await?;
    work.commit().await?;
    Ok(Door {
        known: None,
        held: matches!(gate, Gate::Waits(_)),
        last: gate == Gate::Open { last: true },
    })
}

/// Signs in with a password.
///
/// # Errors
/// Sign-in: wrong, or the name waits, which is not told apart. Limit: too often from this
/// address, or too many sign-ins at this moment. Unavailable.
pub async fn sign_in(
    app: &App,
    ctx: &Ctx,
    typed: &Credentials<'_>,
    browser: &Browser,
) -> Result<SignedIn, Problem> {
    let login = typed.login.trim().to_lowercase();
    let account = store::account::by_login(&app.db, &login).await?;
    let known = device::known(app, account.as_ref().map(|a| a.id), browser).await?;
    let door = enter(app, ctx, &login, known).await?;
    let hash = account
        .as_ref()
        .filter(|a| a.enabled)
        .and_then(|a| a.password_hash.as_deref());
    let lane = match door.known {
        Some(_) => Lane::Known,
        None => Lane::Stranger,
    };
    let right = password::verify(app, lane, typed.password, hash).await?;
    let mut work = app.begin_own(ctx).await?;
    // Much may have happened meanwhile: what counts is how the account stands now, and it
    // stays so until this try is written down.
    let stands = match &account {
        Some(known) => store::account::hold(&mut work, known.id).await?,
        None => None,
    };
    let same = |a: &Account| a.enabled && a.password_hash.as_deref() == hash;
    let Some(account) = stands.as_ref().filter(|a| right && same(a)) else {
        return fail(app, work, &login, stands.as_ref(), &door).await;
    };
    let mut factor_shown = false;
    if account.totp_since.is_some() && !typed.code.trim().is_empty() {
        let device = door.known.as_ref();
        let shown = totp::judge(app, &mut work, account, device, typed.code).await?;
        factor_shown = shown == totp::Judged::Right;
        if !factor_shown {
            return fail(app, work, &login, None, &door).await;
        }
    }
    if door.held && !factor_shown {
        return fail(app, work, &login, None, &door).await;
    }
    succeed(app, work, account, factor_shown, door, browser).await
}

/// Writes a try down that was wrong, and answers as to any other.
async fn fail(
    app: &App,
    mut work: Work,
    login: &str,
    account: Option<&Account>,
    door: &Door,
) -> Result<SignedIn, Problem> {
    // Whoever is refused, something is written and synced: how long that takes tells nothing.
    store::throttle::hold(&mut work, &throttle::name(login)).await?;
    // A name that waits is in the journal already; a flood does not fill it.
    if let Some(account) = account.filter(|_| !door.held) {
        work.event(
            "account",
            &account.id.to_string(),
            account.organization,
            "sign-in-failed",
            None,
            None,
        );
        if door.last {
            tell(app, &mut work, account, Event::LockOut, "").await?;
        }
    }
    work.commit().await?;
    Err(refused())
}

async fn succeed(
    app: &App,
    mut work: Work,
    account: &Account,
    factor_shown: bool,
    door: Door,
    browser: &Browser,
) -> Result<SignedIn, Problem> {
    let now = work.now();
    if let Some(device) = &door.known {
        let subject = throttle::device(account.id, &device.token_hash);
        store::throttle::forget(&mut work, &subject).await?;
    } else {
        // Who may sign in does not thereby get further guesses at others' passwords.
        let address = throttle::address(&work.ctx().remote);
        throttle::give_back(&mut work, &address, &ADDRESS).await?;
        store::throttle::forget(&mut work, &throttle::name(&account.login)).await?;
    }
    store::account::signed_in(&mut work, account.id, now).await?;
    work.acts_as(account.id, &account.login);
    work.event(
        "account",
        &account.id.to_string(),
        account.organization,
        "sign-in",
        None,
        None,
    );
    let how = Renewed {
        known: door.known,
        expected: false,
        browser,
    };
    let stage = session::next_stage(app, account, factor_shown);
    let signed_in = session::begin(app, &mut work, account, stage, now, how).await?;
    work.commit().await?;
    Ok(signed_in)
}
