//! Passwords: argon2id, length, what is guessed first, age, history.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use domain::{
    id::AccountId,
    label::Label,
    problem::{FieldProblem, Problem, ProblemKind},
};
use store::{StoreError, account::Account, session};
use tokio::sync::Semaphore;

use super::{
    device::{self, Browser},
    notice::{Event, tell},
    session::{Renewed, renew},
    sign_in::{Authenticated, SignedIn, Stage},
    throttle::{self, Gate, PASSWORD},
    weak,
};
use crate::{App, Ctx, Work, task::everything};

/// So many strangers wait for a hash; the next is sent away at once.
const WAITING: usize = 64;

/// Who asks for a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// Anybody.
    Stranger,
    /// Who is signed in, comes from a known device or has a link: no flood stands before them.
    Known,
}

/// Each hash takes 19 MiB and a core for a moment: a flood of sign-ins may not take the machine.
pub(crate) struct Hashing {
    strangers: Semaphore,
    waiting: Semaphore,
    known: Semaphore,
    /// A hash of nothing anybody knows, so that an unknown login takes as long as a known one.
    nobody: String,
}

impl Hashing {
    pub(crate) fn new() -> Self {
        Self {
            strangers: Semaphore::new(2),
            waiting: Semaphore::new(WAITING),
            known: Semaphore::new(1),
            nobody: hash_now(&domain::id::Id::new(0).to_string()).unwrap_or_default(),
        }
    }

    async fn run<T: Send + 'static>(
        &self,
        lane: Lane,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let (place, turn) = match lane {
            Lane::Known => (None, &self.known),
            Lane::Stranger => (
                Some(self.waiting.try_acquire().map_err(|_| busy())?),
                &self.strangers,
            ),
        };
        let _turn = turn
            .acquire()
            .await
            .map_err(|_| Problem::internal("password"))?;
        drop(place);
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| Problem::internal("password"))
    }
}

fn busy() -> Problem {
    Problem::new(
        ProblemKind::Limit,
        Label::new(
            "Đang có quá nhiều lượt đăng nhập cùng lúc",
            "Too many sign-ins at this moment",
        ),
        "",
        Label::new(
            "Thử lại sau vài giây. Thiết bị quen không phải chờ.",
            "Try again in a few seconds. Known devices do not wait.",
        ),
    )
    .after(5)
}

fn hash_now(password: &str) -> Result<String, Problem> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|h: PasswordHash| h.to_string())
        .map_err(|_| Problem::internal("password"))
}

/// The PHC string of a password.
pub(super) async fn hash(app: &App, password: &str) -> Result<String, Problem> {
    let password = password.to_owned();
    let work = move || hash_now(&password);
    app.hashing.run(Lane::Known, work).await?
}

/// Whether the password is the one of the hash; `None` (no account, no password) is never,
/// and takes as long.
pub(super) async fn verify(
    app: &App,
    lane: Lane,
    password: &str,
    hash: Option<&str>,
) -> Result<bool, Problem> {
    let password = password.to_owned();
    let (text, known) = match hash {
        Some(hash) => (hash.to_owned(), true),
        None => (app.hashing.nobody.clone(), false),
    };
    let work = move || {
        let right = PasswordHash::new(&text).is_ok_and(|h| {
            Argon2::default()
                .verify_password(password.as_bytes(), &h)
                .is_ok()
        });
        right && known
    };
    app.hashing.run(lane, work).await
}

/// Checks a new password against the settings, and against what is guessed first.
pub(super) async fn check_new(app: &App, account: &Account, password: &str) -> Result<(), Problem> {
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
    let around = around(app, account).await?;
    let word = password.to_owned();
    let why = tokio::task::spawn_blocking(move || weak::why(&word, &around));
    if let Some(why) = why.await.map_err(|_| Problem::internal("password"))? {
        return wrong(why.vi, why.en);
    }
    let past =
        store::account::past_passwords(&app.db, account.id, settings.integer("password.history"))
            .await?;
    for old in past {
        if verify(app, Lane::Known, password, Some(&old)).await? {
            return wrong(
                "Mật khẩu này đã dùng gần đây".into(),
                "Used recently; choose another".into(),
            );
        }
    }
    Ok(())
}

/// The names that stand around an account, in the forms in which they get into passwords.
async fn around(app: &App, account: &Account) -> Result<Vec<String>, Problem> {
    let mut names = vec![account.login.clone(), account.name.clone()];
    names.extend(account.email.clone());
    if let Some(unit) = account.organization {
        let schema = app.schema("organization")?;
        let unit = store::registry::get(&app.db, &everything(), &schema, unit.0).await;
        if let Some(unit) = unit? {
            names.extend(["name", "code"].map(|field| unit.text(field).to_owned()));
        }
    }
    names.push(app.settings().text("province.name"));
    Ok(weak::forms(names.iter().map(String::as_str)))
}

/// Gives an account a new password in the caller's transaction. Whatever stood for it ends:
/// sessions, tokens, feeds, links, known devices, substitutes.
pub(super) async fn set(
    app: &App,
    work: &mut Work,
    account: &mut Account,
    hash: String,
) -> Result<(), Problem> {
    let now = work.now();
    account.password_hash = Some(hash.clone());
    account.password_changed_at = Some(now);
    account.must_change = false;
    store::account::save(work, account, now).await?;
    store::account::remember_password(work, account.id, &hash, now).await?;
    let ended = session::end_everything(work, account.id).await?;
    super::manage::note_ended(work, account.organization, ended);
    crate::flow::end_with_account(work, account.id, false).await?;
    store::throttle::forget(work, &throttle::name(&account.login)).await?;
    tell(app, work, account, Event::Password, "").await
}

/// Whether the account's password is past its age.
pub(super) fn expired(app: &App, account: &Account) -> bool {
    let days = app.settings().integer("password.max_age_days");
    days > 0
        && account
            .password_changed_at
            .is_some_and(|at| app.clock.now_ms() - at > days * 86_400_000)
}

/// The signed-in account changes its own password; everything else that stood for it ends,
/// and this browser gets a new session.
///
/// # Errors
/// Invalid when the old one is wrong or the new one does not do; limit when wrong old ones
/// were too many.
pub async fn change(
    app: &App,
    ctx: &Ctx,
    me: &Authenticated,
    old: &str,
    new: &str,
    browser: &Browser,
) -> Result<SignedIn, Problem> {
    let account = load(app, me.account).await?;
    // Whoever finds a browser signed in does not find the password out with it.
    let subject = throttle::device(account.id, "own-page");
    let mut work = app.begin_own(ctx).await?;
    let now = work.now();
    let gate = throttle::enter(&mut work, &subject, &PASSWORD, now).await?;
    work.commit().await?;
    if let Gate::Waits(until) = gate {
        let what = Label::new(
            "Nhập sai mật khẩu hiện tại quá nhiều lần",
            "Too many wrong present passwords",
        );
        return Err(throttle::too_often(what, until, now, &Label::same("")));
    }
    let hash_before = account.password_hash.clone();
    if !verify(app, Lane::Known, old, hash_before.as_deref()).await? {
        return Err(Problem::invalid(
            "password",
            vec![FieldProblem::new(
                "old",
                "Mật khẩu hiện tại không đúng",
                "The present password is not right",
            )],
        ));
    }
    let mut work = app.begin_own(ctx).await?;
    store::throttle::forget(&mut work, &subject).await?;
    work.commit().await?;
    check_new(app, &account, new).await?;
    let hash = hash(app, new).await?;
    let known = device::known(app, Some(account.id), browser).await?;
    let mut work = app.begin_own(ctx).await?;
    let now = work.now();
    let stands = store::account::hold(&mut work, account.id).await?;
    let Some(mut account) = stands.filter(|a| a.password_hash == hash_before) else {
        return Err(Problem::from(StoreError::Stale {
            noun: "account".into(),
        }));
    };
    let old_session = session::take(&mut work, &me.session, now).await?;
    set(app, &mut work, &mut account, hash).await?;
    // The device was forgotten with the others; that it is this one again is no news.
    let how = Renewed {
        known: None,
        expected: known.is_some() || me.stage == Stage::Full,
        browser,
    };
    let signed_in = renew(app, &mut work, old_session, &account, how).await?;
    work.commit().await?;
    Ok(signed_in)
}

/// The account of an id.
pub(super) async fn load(app: &App, id: AccountId) -> Result<Account, Problem> {
    store::account::by_id(&app.db, id).await?.ok_or_else(|| {
        Problem::new(
            ProblemKind::NotFound,
            Label::new("Không còn tài khoản này", "This account is gone"),
            id.to_string(),
            Label::new("Hỏi quản trị viên.", "Ask an administrator."),
        )
    })
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};

    use super::*;

    #[tokio::test]
    async fn who_finds_the_queue_full_is_sent_away_and_who_is_known_is_not() {
        let hashing = Arc::new(Hashing::new());
        let (end, ended) = mpsc::channel::<()>();
        let ended = Arc::new(std::sync::Mutex::new(ended));
        // Two are at work until they are told, and as many wait as may.
        let strangers: Vec<_> = (0..2 + WAITING)
            .map(|_| {
                let (hashing, ended) = (Arc::clone(&hashing), Arc::clone(&ended));
                let work = move || ended.lock().unwrap().recv().is_ok();
                tokio::spawn(async move { hashing.run(Lane::Stranger, work).await })
            })
            .collect();
        while hashing.waiting.available_permits() > 0 || hashing.strangers.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let one_more = hashing.run(Lane::Stranger, || ()).await;
        assert_eq!(one_more.unwrap_err().kind, ProblemKind::Limit);
        assert_eq!(hashing.run(Lane::Known, || 1).await.unwrap(), 1);
        for _ in &strangers {
            end.send(()).unwrap();
        }
        for stranger in strangers {
            assert!(stranger.await.unwrap().unwrap(), "who waits is served");
        }
    }
}
