//! Signing in: links, throttle, second factor, passwords that age, sessions that end.

use app::{
    Ctx,
    account::{self, Authenticated, Browser, Credentials, Event, SignedIn, Stage},
};
use domain::{
    authority::Role,
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

pub(crate) async fn redeem(
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
pub(crate) fn stranger() -> Browser {
    Browser::new("test")
}

/// The browser of a sign-in, with the cookie that it got.
pub(crate) fn familiar(signed_in: &SignedIn) -> Browser {
    stranger().with_cookie(signed_in.device.as_ref().unwrap())
}

pub(crate) async fn try_in(p: &Province, login: &str, password: &str) -> Result<SignedIn, Problem> {
    try_with(p, &p.ctx(), login, password, "", &stranger()).await
}

pub(crate) async fn try_with(
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
pub(crate) fn from(p: &Province, n: usize) -> Ctx {
    Ctx {
        remote: format!("10.{}.{}.7", n / 250, n % 250),
        ..p.ctx()
    }
}

/// Sets the second factor up; returns its secret and the browser that is known now.
pub(crate) async fn with_factor(p: &Province, login: &str) -> (String, Browser) {
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
pub(crate) fn wrong_code(secret: &str, p: &Province, n: usize) -> String {
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

pub(crate) async fn who(p: &Province, token: &str) -> Option<Authenticated> {
    account::authenticate(&p.app, token).await.unwrap()
}

pub(crate) fn code(secret: &str, p: &Province) -> String {
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
    // 5, then after 10 s, 20 s, 40 s … each: 16 fit into ten hours and a half.
    assert!(looked_at <= 16, "{looked_at} were looked at in ten hours");
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
    // One that was put into the database opens nothing: nobody else can make what is kept of it.
    let planted = "abcdefghjkmn2345";
    use sha2::Digest as _;
    let hash = hex::encode(sha2::Sha256::digest(format!("{}:{planted}", me.account)));
    let plant = format!(
        "INSERT INTO recovery_code VALUES ('{hash}', '{}')",
        me.account
    );
    p.app.db.execute("tamper", &plant, &[]).await.unwrap();
    let half = try_in(&p, "quantri", PASSWORD).await.unwrap();
    let half = who(&p, &half.token).await.unwrap();
    assert!(verify(&half, planted).await.is_err());

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
    // Six digits may stand within a hash by chance: the code is looked for as a word.
    let mut words = journal.split(|c: char| !c.is_ascii_alphanumeric());
    assert!(!words.any(|word| word == next), "{next} is in the journal");
    for secret in [
        &new.secret,
        &enrolment.secret,
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
