//! Signing in: links, throttle, second factor, passwords that age, sessions that end.

use app::{
    Ctx,
    account::{self, Authenticated, Browser, Credentials, Event, SignedIn, Stage},
};
use domain::{
    authority::{Actor, Permission, Role},
    id::Id,
    problem::{Problem, ProblemKind},
};
use totp_rs::{Builder, Secret};

use crate::{Province, refused};

const DAY: i64 = 86_400_000;
pub(crate) const PASSWORD: &str = "một câu dài dễ nhớ";

/// Makes an account with one role and gives it a password by its link.
pub(crate) async fn member(
    p: &Province,
    login: &str,
    role: Role,
    unit: Option<Id>,
) -> Authenticated {
    let id = account::save(&p.app, &p.ctx(), None, draft(login, role, unit))
        .await
        .unwrap();
    let token = account::issue_link(&p.app, &p.ctx(), id).await.unwrap();
    let signed_in = redeem(p, &token, "", PASSWORD).await.unwrap();
    who(p, &signed_in.token).await.unwrap()
}

async fn redeem(
    p: &Province,
    token: &str,
    login: &str,
    password: &str,
) -> Result<SignedIn, Problem> {
    let chosen = account::Chosen {
        login,
        name: "Quản trị",
        password,
    };
    account::redeem(&p.app, &p.ctx(), token, &chosen, &stranger()).await
}

pub(crate) fn draft(login: &str, role: Role, unit: Option<Id>) -> account::Draft {
    let organization = unit.map(domain::id::OrganizationId);
    account::Draft {
        login: login.into(),
        name: login.into(),
        email: String::new(),
        organization,
        kind: "personal".into(),
        enabled: true,
        grants: vec![domain::authority::Grant { role, organization }],
    }
}

/// A browser that nobody knows.
fn stranger() -> Browser {
    Browser::new("test")
}

/// The browser of a sign-in, with the cookie that it got.
fn familiar(signed_in: &SignedIn) -> Browser {
    stranger().with_cookie(signed_in.device.as_ref().unwrap())
}

async fn try_in(p: &Province, login: &str, password: &str) -> Result<SignedIn, Problem> {
    try_with(p, &p.ctx(), login, password, "", &stranger()).await
}

async fn try_with(
    p: &Province,
    ctx: &Ctx,
    login: &str,
    password: &str,
    code: &str,
    browser: &Browser,
) -> Result<SignedIn, Problem> {
    let typed = Credentials {
        login,
        password,
        code,
    };
    account::sign_in(&p.app, ctx, &typed, browser).await
}

/// From an address of its own for each `n`.
fn from(p: &Province, n: usize) -> Ctx {
    Ctx {
        remote: format!("10.{}.{}.7", n / 250, n % 250),
        ..p.ctx()
    }
}

/// Sets the second factor up; returns its secret and the browser that is known now.
async fn with_factor(p: &Province, login: &str) -> (String, Browser) {
    member(p, login, Role::Viewer, None).await;
    let first = try_in(p, login, PASSWORD).await.unwrap();
    let (me, browser) = (who(p, &first.token).await.unwrap(), familiar(&first));
    let secret = account::enrol_totp(&p.app, &me).await.unwrap().secret;
    let now = code(&secret, p);
    account::confirm_totp(&p.app, &p.ctx(), &me, &now, &browser)
        .await
        .unwrap();
    p.pass(60_000);
    (secret, browser)
}

/// A code that is not the one of this moment, nor of those around it.
fn wrong_code(secret: &str, p: &Province, n: usize) -> String {
    let totp = |ms: i64| {
        let secret = Secret::try_from_base32(secret).unwrap();
        let totp = Builder::new().with_secret(secret).build_noncompliant();
        let at = u64::try_from((p.clock.now_ms() + ms) / 1000).unwrap();
        totp.generate(at).to_string()
    };
    let right = [-60_000, -30_000, 0, 30_000, 60_000].map(totp);
    let code = |n: usize| format!("{:06}", n * 1_597 % 1_000_000);
    (n..).map(code).find(|c| !right.contains(c)).unwrap()
}

async fn who(p: &Province, token: &str) -> Option<Authenticated> {
    account::authenticate(&p.app, token).await.unwrap()
}

fn code(secret: &str, p: &Province) -> String {
    let secret = Secret::try_from_base32(secret).unwrap();
    let totp = Builder::new().with_secret(secret).build_noncompliant();
    totp.generate(u64::try_from(p.clock.now_ms() / 1000).unwrap())
        .to_string()
}

async fn the_first_start(p: Province) {
    let earlier = account::first_start(&p.app).await.unwrap().unwrap();
    let link = account::first_start(&p.app).await.unwrap().unwrap();
    assert!(account::redeemable(&p.app, &link).await.unwrap().is_none());
    assert_eq!(
        refused(account::redeemable(&p.app, &earlier).await),
        ProblemKind::NotFound,
        "a second start makes the first one's link void"
    );
    let redeem =
        async |token: &str, login: &str, password: &str| redeem(&p, token, login, password).await;
    assert_eq!(
        refused(redeem(&link, "a b", PASSWORD).await.map(|_| ())),
        ProblemKind::Invalid
    );
    assert_eq!(
        refused(redeem(&link, "admin", "ngắn").await.map(|_| ())),
        ProblemKind::Invalid
    );
    let named = redeem(&link, "admin", "Admin là tên tôi đây")
        .await
        .map(|_| ());
    assert_eq!(
        refused(named),
        ProblemKind::Invalid,
        "it holds the sign-in name"
    );
    let signed_in = redeem(&link, "Admin", PASSWORD).await.unwrap();
    // An administrator must set the second factor up before anything else.
    assert_eq!(signed_in.stage, Stage::Enrol);
    let me = who(&p, &signed_in.token).await.unwrap();
    assert_eq!(
        (me.actor.name.as_str(), me.actor.grants.len()),
        ("admin", 0)
    );
    assert_eq!(
        refused(redeem(&link, "second", PASSWORD).await.map(|_| ())),
        ProblemKind::NotFound
    );
    assert_eq!(account::first_start(&p.app).await.unwrap(), None);
}

#[tokio::test]
async fn the_first_start_on_sqlite() {
    the_first_start(Province::new().await).await;
}

#[tokio::test]
async fn the_first_start_on_postgres() {
    if let Some(p) = Province::on_postgres().await {
        the_first_start(p).await;
    }
}

#[tokio::test]
async fn a_link_ends_after_a_day() {
    let p = Province::new().await;
    let link = account::first_start(&p.app).await.unwrap().unwrap();
    p.pass(DAY);
    assert_eq!(
        refused(account::redeemable(&p.app, &link).await),
        ProblemKind::NotFound
    );
}

#[tokio::test]
async fn wrong_passwords_are_slowed_down_and_nothing_is_told() {
    let p = Province::new().await;
    member(&p, "an", Role::Viewer, None).await;
    let told = async |login: &str, password: &str| {
        let problem = try_in(&p, login, password).await.map(|_| ()).unwrap_err();
        assert_eq!(problem.kind, ProblemKind::SignIn);
        problem
    };
    let wrong = told("an", "sai").await;
    for _ in 0..4 {
        assert_eq!(told("an", "sai").await, wrong);
    }
    // Now even the right one waits, and is answered as any other; so is a name of nobody.
    assert_eq!(told("an", PASSWORD).await, wrong);
    for _ in 0..7 {
        assert_eq!(told("nobody", "sai").await, wrong);
    }
    p.pass(10_001);
    assert_eq!(
        try_in(&p, " AN ", PASSWORD).await.unwrap().stage,
        Stage::Full
    );
    // A good one begins anew.
    assert_eq!(told("an", "sai").await, wrong);
    assert_eq!(try_in(&p, "an", PASSWORD).await.unwrap().stage, Stage::Full);
    p.pass(61 * 60_000);
    // From one address many names are tried: the address waits, for whatever name; a good
    // sign-in in between buys no further guesses.
    for n in 0..19 {
        told(&format!("nobody{n}"), "sai").await;
    }
    assert!(try_in(&p, "an", PASSWORD).await.is_ok());
    told("nobody", "sai").await;
    for login in ["an", "nobody"] {
        let waits = try_in(&p, login, PASSWORD).await.map(|_| ());
        assert_eq!(refused(waits), ProblemKind::Limit);
    }
    assert!(
        try_with(&p, &from(&p, 3), "an", PASSWORD, "", &stranger())
            .await
            .is_ok(),
        "elsewhere nobody waits"
    );
    p.pass(16 * 60_000);
    assert!(try_in(&p, "an", PASSWORD).await.is_ok());
    let journal = p.journal().await;
    assert!(journal.contains("sign-in-failed") && journal.contains("locked-out"));
}

#[tokio::test]
async fn many_addresses_slow_a_name_but_not_its_owner() {
    let p = Province::new().await;
    let (secret, browser) = with_factor(&p, "an").await;
    let before = try_with(&p, &p.ctx(), "an", PASSWORD, "", &browser).await;
    assert_eq!(before.unwrap().stage, Stage::Totp);
    for n in 0..30 {
        let guess = format!("đoán {n}");
        let tried = try_with(&p, &from(&p, n), "an", &guess, "", &stranger()).await;
        assert_eq!(refused(tried.map(|_| ())), ProblemKind::SignIn);
    }
    let (away, now) = (from(&p, 99), code(&secret, &p));
    let sign_in = async |password: &str, code: &str, browser: &Browser| {
        try_with(&p, &away, "an", password, code, browser).await
    };
    let held = sign_in(PASSWORD, "", &stranger()).await.map(|_| ());
    assert_eq!(
        refused(held),
        ProblemKind::SignIn,
        "an unknown device waits"
    );
    let known = sign_in(PASSWORD, "", &browser).await.unwrap();
    assert_eq!(known.stage, Stage::Totp, "a known one does not");
    // Elsewhere the right code opens together with the right password, and only so.
    for (password, code) in [
        (PASSWORD, wrong_code(&secret, &p, 1).as_str()),
        ("sai", now.as_str()),
    ] {
        let tried = sign_in(password, code, &stranger()).await.map(|_| ());
        assert_eq!(refused(tried), ProblemKind::SignIn);
    }
    let whole = sign_in(PASSWORD, &now, &stranger()).await.unwrap();
    assert_eq!(whole.stage, Stage::Full);
    let replay = sign_in(PASSWORD, &now, &stranger()).await.map(|_| ());
    assert_eq!(refused(replay), ProblemKind::SignIn, "a code counts once");
    // The cookie of one account is none for another, and who guesses with it waits as others.
    member(&p, "binh", Role::Viewer, None).await;
    for n in 0..6 {
        let tried = try_with(&p, &from(&p, n), "binh", "sai", "", &browser).await;
        assert_eq!(refused(tried.map(|_| ())), ProblemKind::SignIn);
    }
    let tried = try_with(&p, &from(&p, 8), "binh", PASSWORD, "", &browser).await;
    assert_eq!(refused(tried.map(|_| ())), ProblemKind::SignIn);
    let me = who(&p, &whole.token).await.unwrap();
    let events = account::events(&p.app, &me).await.unwrap();
    let events: Vec<Event> = events.iter().map(|e| e.event).collect();
    assert!(events.contains(&Event::LockOut) && events.contains(&Event::NewDevice));
}

async fn guesses_at_once_count_each(p: Province) {
    member(&p, "an", Role::Viewer, None).await;
    let guesses = (0..24).map(|n| {
        let (app, ctx) = (p.app.clone(), from(&p, n));
        tokio::spawn(async move {
            let guess = format!("đoán {n}");
            let typed = Credentials {
                login: "an",
                password: &guess,
                code: "",
            };
            let tried = account::sign_in(&app, &ctx, &typed, &stranger()).await;
            tried.map(|_| ()).unwrap_err().kind
        })
    });
    for guess in guesses.collect::<Vec<_>>() {
        assert_eq!(guess.await.unwrap(), ProblemKind::SignIn);
    }
    let looked_at = p.journal().await.matches("\"sign-in-failed\"").count();
    assert_eq!(looked_at, 5, "as many as one after the other");
    assert_eq!(
        refused(try_in(&p, "an", PASSWORD).await.map(|_| ())),
        ProblemKind::SignIn
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_at_once_count_each_on_sqlite() {
    guesses_at_once_count_each(Province::new().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_at_once_count_each_on_postgres() {
    if let Some(p) = Province::on_postgres().await {
        guesses_at_once_count_each(p).await;
    }
}

/// 628 wrong codes one after the other and 64 at once, each a minute after the one before.
async fn a_second_factor_is_not_guessed(p: Province) {
    let (secret, browser) = with_factor(&p, "an").await;
    let half = try_in(&p, "an", PASSWORD).await.unwrap();
    let half = who(&p, &half.token).await.unwrap();
    let guesses = (0..64).map(|n| {
        let (app, ctx, half) = (p.app.clone(), from(&p, n), half.clone());
        let guess = wrong_code(&secret, &p, n);
        tokio::spawn(async move {
            let tried = account::verify_totp(&app, &ctx, &half, &guess, &stranger()).await;
            tried.map(|_| ()).unwrap_err().kind
        })
    });
    let (mut looked_at, mut waited) = (0, 0);
    for guess in guesses.collect::<Vec<_>>() {
        match guess.await.unwrap() {
            ProblemKind::Invalid => looked_at += 1,
            ProblemKind::Limit => waited += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(
        (looked_at, waited),
        (5, 59),
        "as many as one after the other"
    );
    for n in 0..628 {
        p.pass(60_000);
        let half = match n % 10 {
            // The half session ends after a quarter of an hour: they sign in again.
            0 => {
                let again = try_in(&p, "an", PASSWORD).await.unwrap();
                assert_eq!(again.stage, Stage::Totp);
                who(&p, &again.token).await.unwrap()
            }
            _ => half.clone(),
        };
        let guess = wrong_code(&secret, &p, n);
        let tried = account::verify_totp(&p.app, &from(&p, n), &half, &guess, &stranger()).await;
        match refused(tried.map(|_| ())) {
            ProblemKind::Invalid => looked_at += 1,
            ProblemKind::Limit => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(looked_at < 16, "{looked_at} were looked at in ten hours");
    // From an unknown device the right code waits as well; the owner at a known one does not.
    let now = code(&secret, &p);
    let half = try_in(&p, "an", PASSWORD).await.unwrap();
    let half = who(&p, &half.token).await.unwrap();
    let waits = account::verify_totp(&p.app, &p.ctx(), &half, &now, &stranger()).await;
    assert_eq!(refused(waits.map(|_| ())), ProblemKind::Limit);
    let known = try_with(&p, &p.ctx(), "an", PASSWORD, "", &browser).await;
    let half = who(&p, &known.unwrap().token).await.unwrap();
    let whole = account::verify_totp(&p.app, &p.ctx(), &half, &now, &browser)
        .await
        .unwrap();
    assert_eq!(whole.stage, Stage::Full);
    let me = who(&p, &whole.token).await.unwrap();
    let events = account::events(&p.app, &me).await.unwrap();
    let locked = events.iter().filter(|e| e.event == Event::FactorLocked);
    assert_eq!(locked.count(), 1, "the owner is told once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_factor_is_not_guessed_on_sqlite() {
    a_second_factor_is_not_guessed(Province::new().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_factor_is_not_guessed_on_postgres() {
    if let Some(p) = Province::on_postgres().await {
        a_second_factor_is_not_guessed(p).await;
    }
}

#[tokio::test]
async fn the_second_factor() {
    let p = Province::new().await;
    let me = member(&p, "quantri", Role::Administrator, None).await;
    assert_eq!((me.stage, me.actor.grants.len()), (Stage::Enrol, 0));
    let enrolment = account::enrol_totp(&p.app, &me).await.unwrap();
    assert!(enrolment.url.contains(&enrolment.secret));
    let confirm =
        async |code: &str| account::confirm_totp(&p.app, &p.ctx(), &me, code, &stranger()).await;
    assert_eq!(
        refused(confirm("000000").await.map(|_| ())),
        ProblemKind::Invalid
    );
    let first = code(&enrolment.secret, &p);
    let whole = confirm(&first).await.unwrap();
    let me = who(&p, &whole.token).await.unwrap();
    assert_eq!(me.stage, Stage::Full);
    assert_eq!(
        refused(account::enrol_totp(&p.app, &me).await.map(|_| ())),
        ProblemKind::Denied
    );

    // The code that confirmed does not sign in again; the next does, once, and the session
    // is another from then on.
    let signed_in = try_in(&p, "quantri", PASSWORD).await.unwrap();
    assert_eq!((signed_in.stage, &signed_in.device), (Stage::Totp, &None));
    let half = who(&p, &signed_in.token).await.unwrap();
    assert!(half.actor.grants.is_empty());
    let verify = async |half: &Authenticated, code: &str| {
        account::verify_totp(&p.app, &p.ctx(), half, code, &stranger()).await
    };
    assert_eq!(
        refused(verify(&half, &first).await.map(|_| ())),
        ProblemKind::Invalid
    );
    p.pass(30_000);
    let next = code(&enrolment.secret, &p);
    let whole = verify(&half, &format!("{} {}", &next[..3], &next[3..]))
        .await
        .unwrap();
    assert_eq!(
        who(&p, &signed_in.token).await,
        None,
        "the half one is over"
    );
    assert_ne!(whole.token, signed_in.token);
    let me = who(&p, &whole.token).await.unwrap();
    assert_eq!((me.stage, me.actor.grants.len()), (Stage::Full, 1));
    let again = try_in(&p, "quantri", PASSWORD).await.unwrap();
    let half = who(&p, &again.token).await.unwrap();
    assert_eq!(
        refused(verify(&half, &next).await.map(|_| ())),
        ProblemKind::Invalid,
        "replayed"
    );
    p.pass(16 * 60_000);
    assert_eq!(who(&p, &again.token).await, None, "half a sign-in is short");

    // A recovery code takes the place of the phone, once.
    let codes = account::make_recovery(&p.app, &p.ctx(), &me).await.unwrap();
    assert_eq!(account::recovery_left(&p.app, &me).await.unwrap(), Some(10));
    for (recovery, right) in [(&codes[0], true), (&codes[0], false), (&codes[1], true)] {
        let half = try_in(&p, "quantri", PASSWORD).await.unwrap();
        let half = who(&p, &half.token).await.unwrap();
        let recovery = recovery.to_uppercase();
        assert_eq!(verify(&half, &recovery).await.is_ok(), right, "{recovery}");
    }
    assert_eq!(account::recovery_left(&p.app, &me).await.unwrap(), Some(8));

    // The phone is lost: an administrator resets it, every session ends, a new secret comes.
    account::reset_totp(&p.app, &p.ctx(), me.account)
        .await
        .unwrap();
    assert_eq!(who(&p, &whole.token).await, None);
    let fresh = try_in(&p, "quantri", PASSWORD).await.unwrap();
    assert_eq!(fresh.stage, Stage::Enrol);
    let me = who(&p, &fresh.token).await.unwrap();
    let new = account::enrol_totp(&p.app, &me).await.unwrap();
    assert_ne!(new.secret, enrolment.secret);
    let journal = p.journal().await;
    for secret in [
        &new.secret,
        &enrolment.secret,
        &next,
        PASSWORD,
        &fresh.token,
        &codes[0],
        "$argon2",
    ] {
        assert!(!journal.contains(secret), "{secret} is in the journal");
    }
    for action in ["totp-on", "totp-reset", "recovery-made", "recovery-used"] {
        assert!(journal.contains(action), "{action}");
    }
}

#[tokio::test]
async fn weak_passwords_are_refused_wherever_one_is_chosen() {
    let p = Province::new().await;
    let unit = p.unit("Sở Xây dựng", None).await;
    app::setting::set(&p.app, &p.ctx(), "province.name", "Vĩnh Long")
        .await
        .unwrap();
    app::setting::set(&p.app, &p.ctx(), "password.min_length", "8")
        .await
        .unwrap();
    let me = member(&p, "an", Role::Viewer, Some(unit)).await;
    let weak = [
        "Vinhlong@2026",
        "Admin@123",
        "123456aA@",
        "matkhau2026",
        "SoXayDung@2026",
        "qwertyuiop",
    ];
    for password in weak {
        let (ctx, browser) = (p.ctx(), stranger());
        let changed =
            account::change_password(&p.app, &ctx, &me, PASSWORD, password, &browser).await;
        let problem = changed.map(|_| ()).unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Invalid, "{password}");
        let why = &problem.fields[0].message;
        assert!(why.vi.starts_with("Dễ đoán") && why.en.starts_with("Easy"));
    }
    let link = account::issue_link(&p.app, &p.ctx(), me.account)
        .await
        .unwrap();
    for password in weak {
        let reset = redeem(&p, &link, "", password).await.map(|_| ());
        assert_eq!(refused(reset), ProblemKind::Invalid, "{password}");
    }
    let p = Province::begun().await;
    let link = account::first_start(&p.app).await.unwrap().unwrap();
    for password in [
        "Quantri@123456789",
        "Vinhlong@20262026",
        "12345678901234567",
    ] {
        let begun = redeem(&p, &link, "tinh", password).await.map(|_| ());
        assert_eq!(refused(begun), ProblemKind::Invalid, "{password}");
    }
}

#[tokio::test]
async fn a_password_ages_and_is_not_used_again() {
    let p = Province::new().await;
    let me = member(&p, "an", Role::Viewer, None).await;
    let change = async |me: &Authenticated, old: &str, new: &str| {
        account::change_password(&p.app, &p.ctx(), me, old, new, &stranger()).await
    };
    for (old, new) in [
        ("sai", "một câu khác hẳn"),
        (PASSWORD, "ngắn"),
        (PASSWORD, PASSWORD),
    ] {
        let changed = change(&me, old, new).await.map(|_| ());
        assert_eq!(refused(changed), ProblemKind::Invalid);
    }
    let other = try_in(&p, "an", PASSWORD).await.unwrap();
    let token = account::make_token(&p.app, &p.ctx(), &me, "x", &[Permission::Read], 9)
        .await
        .unwrap();
    let feed = app::feed::make(&p.app, &p.ctx(), &me, "điện thoại", 9)
        .await
        .unwrap();
    let link = account::issue_link(&p.app, &p.ctx(), me.account)
        .await
        .unwrap();
    p.pass(1_000);
    let renewed = change(&me, PASSWORD, "một câu khác hẳn").await.unwrap();
    assert_eq!(who(&p, &other.token).await, None, "the other sessions end");
    assert!(
        !account::goes_on(&p.app, &me).await.unwrap(),
        "so does the old"
    );
    let by_token = account::authenticate_token(&p.app, &token).await.unwrap();
    assert_eq!(by_token, None, "tokens end with the password");
    let by_feed = app::feed::reader(&p.app, &feed, "-").await.unwrap();
    assert!(by_feed.is_none(), "feeds as well");
    assert!(
        account::redeemable(&p.app, &link).await.is_err(),
        "and links"
    );
    let me = who(&p, &renewed.token).await.unwrap();
    let ctx = p.ctx();
    let sessions = account::sessions(&p.app, &ctx, me.account, me.account).await;
    assert_eq!(sessions.unwrap().len(), 1);
    // This browser is known anew, the other one is not any more.
    let devices = account::devices(&p.app, &me).await.unwrap();
    assert_eq!(devices.len(), 1);
    for n in 0..30 {
        let tried = try_with(&p, &from(&p, n), "an", "sai", "", &stranger()).await;
        assert!(tried.is_err());
    }
    let sign_in = async |browser: &Browser| {
        try_with(&p, &from(&p, 99), "an", "một câu khác hẳn", "", browser).await
    };
    assert!(sign_in(&familiar(&other)).await.is_err());
    assert!(sign_in(&familiar(&renewed)).await.is_ok());
    p.pass(1_000);
    let back = change(&me, "một câu khác hẳn", PASSWORD).await.map(|_| ());
    assert_eq!(refused(back), ProblemKind::Invalid);

    p.pass(90 * DAY + 1);
    let signed_in = try_in(&p, "an", "một câu khác hẳn").await.unwrap();
    assert_eq!(signed_in.stage, Stage::Password);
    let me = who(&p, &signed_in.token).await.unwrap();
    assert!(me.actor.grants.is_empty(), "first the password");
    // Whoever sits down at it does not guess the password.
    for _ in 0..5 {
        let guess = change(&me, "sai", "và một câu thứ ba").await.map(|_| ());
        assert_eq!(refused(guess), ProblemKind::Invalid);
    }
    let guess = change(&me, "một câu khác hẳn", "và một câu thứ ba").await;
    assert_eq!(refused(guess.map(|_| ())), ProblemKind::Limit);
    p.pass(10_001);
    let renewed = change(&me, "một câu khác hẳn", "và một câu thứ ba")
        .await
        .unwrap();
    let me = who(&p, &renewed.token).await.unwrap();
    assert_eq!((me.stage, me.actor.grants.len()), (Stage::Full, 1));
}

#[tokio::test]
async fn sessions_end_when_idle_and_at_last() {
    let p = Province::new().await;
    member(&p, "an", Role::Viewer, None).await;
    let token = try_in(&p, "an", PASSWORD).await.unwrap().token;
    p.pass(59 * 60_000);
    assert!(who(&p, &token).await.is_some());
    p.pass(59 * 60_000);
    assert!(who(&p, &token).await.is_some(), "a request keeps it");
    p.pass(60 * 60_000);
    assert_eq!(who(&p, &token).await, None, "idle");

    let token = try_in(&p, "an", PASSWORD).await.unwrap().token;
    for _ in 0..23 {
        p.pass(30 * 60_000);
        assert!(who(&p, &token).await.is_some());
    }
    p.pass(30 * 60_000);
    assert_eq!(who(&p, &token).await, None, "twelve hours are enough");

    let token = try_in(&p, "an", PASSWORD).await.unwrap().token;
    let me = who(&p, &token).await.unwrap();
    account::sign_out(&p.app, &p.ctx(), &me).await.unwrap();
    assert_eq!(who(&p, &token).await, None);
    assert_eq!(who(&p, "").await, None);
    assert_eq!(who(&p, "no such token").await, None);
}

#[tokio::test]
async fn a_disabled_account_is_out_at_once() {
    let p = Province::new().await;
    let me = member(&p, "an", Role::Viewer, None).await;
    let session = try_in(&p, "an", PASSWORD).await.unwrap().token;
    let me = who(&p, &session).await.unwrap_or(me);
    let token = account::make_token(&p.app, &p.ctx(), &me, "sao lưu", &[Permission::Read], 30)
        .await
        .unwrap();
    let by_token = async || account::authenticate_token(&p.app, &token).await.unwrap();
    assert_eq!(by_token().await.unwrap().actor.grants.len(), 1);
    let stands = account::get(&p.app, &p.ctx(), me.account).await.unwrap();
    let off = account::Draft {
        enabled: false,
        ..draft("an", Role::Viewer, None)
    };
    account::save(&p.app, &p.ctx(), Some((me.account, stands.version)), off)
        .await
        .unwrap();
    assert_eq!(who(&p, &session).await, None);
    assert_eq!(by_token().await, None);
    assert_eq!(
        refused(try_in(&p, "an", PASSWORD).await.map(|_| ())),
        ProblemKind::SignIn
    );
    assert!(!p.journal().await.contains(&token));
    assert_ne!(me.actor, Actor::console());
    // Who is let in again begins anew.
    let stands = account::get(&p.app, &p.ctx(), me.account).await.unwrap();
    let on = draft("an", Role::Viewer, None);
    account::save(&p.app, &p.ctx(), Some((me.account, stands.version)), on)
        .await
        .unwrap();
    assert_eq!(by_token().await, None);
    assert_eq!(who(&p, &session).await, None);
    assert!(try_in(&p, "an", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn tokens_have_an_end_and_do_no_more_than_they_say() {
    let p = Province::new().await;
    let unit = p.unit("U", None).await;
    let me = member(&p, "an", Role::Officer, Some(unit)).await;
    let make = async |name: &str, scopes: &[Permission], days: i64| {
        account::make_token(&p.app, &p.ctx(), &me, name, scopes, days).await
    };
    for (name, days) in [("", 30), ("x", 0), ("x", 366), ("x", -1)] {
        let made = make(name, &[Permission::Read], days).await;
        assert_eq!(refused(made), ProblemKind::Invalid);
    }
    for beyond in [&[][..], &[Permission::Accounts], &[Permission::Manage]] {
        let made = make("x", beyond, 1).await;
        assert_eq!(refused(made), ProblemKind::Invalid);
    }
    app::setting::set(&p.app, &p.ctx(), "token.max_days", "30")
        .await
        .unwrap();
    assert!(make("x", &[Permission::Read], 31).await.is_err());
    let token = make("x", &[Permission::Read, Permission::Logs], 1)
        .await
        .unwrap();
    let by_token = async || account::authenticate_token(&p.app, &token).await.unwrap();
    let actor = by_token().await.unwrap().actor;
    assert!(actor.may(Permission::Read) && actor.may(Permission::Logs));
    assert!(!actor.may(Permission::Write), "it was not given that");
    let used = account::tokens(&p.app, &me).await.unwrap();
    assert_eq!(used[0].used_at, Some(p.clock.now_ms()));
    // The account loses what the token was given: so does the token, at once.
    let stands = account::get(&p.app, &p.ctx(), me.account).await.unwrap();
    let less = draft("an", Role::Viewer, Some(unit));
    account::save(&p.app, &p.ctx(), Some((me.account, stands.version)), less)
        .await
        .unwrap();
    let actor = by_token().await.unwrap().actor;
    assert!(actor.may(Permission::Read) && !actor.may(Permission::Logs));

    let other = member(&p, "binh", Role::Viewer, None).await;
    let id = &account::tokens(&p.app, &me).await.unwrap()[0].id;
    account::end_token(&p.app, &p.ctx(), &other, id)
        .await
        .unwrap();
    assert!(by_token().await.is_some(), "another's hand does not end it");
    p.pass(DAY);
    assert_eq!(by_token().await, None);
    // A feed ends as well, and reads only.
    let feed = app::feed::make(&p.app, &p.ctx(), &me, "điện thoại", 2)
        .await
        .unwrap();
    let reader = async || app::feed::reader(&p.app, &feed, "-").await.unwrap();
    let actor = reader().await.unwrap().actor;
    assert!(actor.may(Permission::Read) && !actor.may(Permission::Write));
    p.pass(2 * DAY);
    assert!(reader().await.is_none());
}

#[tokio::test]
async fn a_flood_of_sign_ins_is_sent_away() {
    let p = Province::new().await;
    let me = member(&p, "an", Role::Viewer, None).await;
    let known = try_in(&p, "an", PASSWORD).await.unwrap();
    let flood = (0..200).map(|n| {
        let (app, ctx) = (p.app.clone(), from(&p, n));
        tokio::spawn(async move {
            let login = format!("nobody{n}");
            let typed = Credentials {
                login: &login,
                password: "sai",
                code: "",
            };
            let tried = account::sign_in(&app, &ctx, &typed, &stranger()).await;
            tried.map(|_| ()).unwrap_err().kind
        })
    });
    let flood: Vec<_> = flood.collect();
    let owner = try_with(&p, &p.ctx(), "an", PASSWORD, "", &familiar(&known)).await;
    assert_eq!(owner.unwrap().stage, Stage::Full, "a known device comes in");
    let (mut refused, mut sent_away) = (0, 0);
    for one in flood {
        match one.await.unwrap() {
            ProblemKind::SignIn => refused += 1,
            ProblemKind::Limit => sent_away += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(refused + sent_away, 200);
    assert!(refused >= 64 && sent_away > 0, "{refused} and {sent_away}");
    assert!(account::goes_on(&p.app, &me).await.unwrap());
}

#[tokio::test]
async fn the_owner_is_told_by_mail() {
    let p = Province::new().await;
    let with_mail = account::Draft {
        email: "an@vinhlong.example".into(),
        ..draft("an", Role::Viewer, None)
    };
    let id = account::save(&p.app, &p.ctx(), None, with_mail)
        .await
        .unwrap();
    for (key, value) in [
        ("notify.smtp_url", "smtp://127.0.0.1:9"),
        ("notify.email_from", "gieng@vinhlong.example"),
    ] {
        app::setting::set(&p.app, &p.ctx(), key, value)
            .await
            .unwrap();
    }
    let link = account::issue_link(&p.app, &p.ctx(), id).await.unwrap();
    redeem(&p, &link, "", PASSWORD).await.unwrap();
    for _ in 0..5 {
        try_in(&p, "an", "sai").await.map(|_| ()).unwrap_err();
    }
    p.pass(10_001);
    let known = try_in(&p, "an", PASSWORD).await.unwrap();
    let me = who(&p, &known.token).await.unwrap();
    let token = account::make_token(&p.app, &p.ctx(), &me, "sao lưu", &[Permission::Read], 1)
        .await
        .unwrap();
    let mails: Vec<String> = store::job::lease(&p.app.db, p.clock.now_ms() + 1, 1_000, 50)
        .await
        .unwrap()
        .into_iter()
        .filter(|job| job.kind == "mail")
        .map(|job| job.payload)
        .collect();
    for what in [
        "account.password",
        "account.new-device",
        "account.locked-out",
        "account.token-made",
    ] {
        let told = mails.iter().filter(|mail| mail.contains(what)).count();
        assert!(told >= 1, "{what} in {mails:?}");
    }
    let locked = mails.iter().filter(|mail| mail.contains("locked-out"));
    assert_eq!(locked.count(), 1, "once, however many follow");
    assert!(
        mails
            .iter()
            .all(|mail| mail.contains("an@vinhlong.example"))
    );
    for secret in [&token, &known.token, PASSWORD] {
        assert!(!mails.concat().contains(secret));
    }
}
