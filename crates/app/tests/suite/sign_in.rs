//! Signing in: links, throttle, second factor, passwords that age, sessions that end.

use app::account::{self, Authenticated, Stage};
use domain::{
    authority::{Actor, Role},
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
    let signed_in = account::redeem(&p.app, &p.ctx(), &token, "", "", PASSWORD, "test")
        .await
        .unwrap();
    account::authenticate(&p.app, &signed_in.token)
        .await
        .unwrap()
        .unwrap()
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

async fn try_in(p: &Province, login: &str, password: &str) -> Result<account::SignedIn, Problem> {
    account::sign_in(&p.app, &p.ctx(), login, password, "test").await
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
    let link = account::first_start(&p.app).await.unwrap().unwrap();
    assert!(account::redeemable(&p.app, &link).await.unwrap().is_none());
    let redeem = async |token: &str, login: &str, password: &str| {
        account::redeem(&p.app, &p.ctx(), token, login, "Quản trị", password, "test").await
    };
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
async fn wrong_passwords_are_slowed_down() {
    let p = Province::new().await;
    member(&p, "an", Role::Viewer, None).await;
    for _ in 0..5 {
        assert_eq!(
            refused(try_in(&p, "an", "sai").await.map(|_| ())),
            ProblemKind::SignIn
        );
    }
    // Now even the right one waits.
    assert_eq!(
        refused(try_in(&p, "an", PASSWORD).await.map(|_| ())),
        ProblemKind::Limit
    );
    p.pass(10_000);
    assert_eq!(
        try_in(&p, " AN ", PASSWORD).await.unwrap().stage,
        Stage::Full
    );
    // A good one begins anew.
    assert_eq!(
        refused(try_in(&p, "an", "sai").await.map(|_| ())),
        ProblemKind::SignIn
    );
    assert_eq!(try_in(&p, "an", PASSWORD).await.unwrap().stage, Stage::Full);
    // From one address many names are tried: the address waits.
    for n in 0..20 {
        let tried = try_in(&p, &format!("nobody{n}"), "sai").await.map(|_| ());
        assert_eq!(refused(tried), ProblemKind::SignIn, "{n}");
    }
    assert_eq!(
        refused(try_in(&p, "an", PASSWORD).await.map(|_| ())),
        ProblemKind::Limit
    );
    p.pass(16 * 60_000);
    assert!(try_in(&p, "an", PASSWORD).await.is_ok());
    assert!(p.journal().await.contains("sign-in-failed"));
}

async fn guesses_at_once_count_each(p: Province) {
    member(&p, "an", Role::Viewer, None).await;
    let guesses = (0..24).map(|n| {
        let (app, ctx) = (p.app.clone(), p.ctx());
        tokio::spawn(async move {
            let guess = format!("đoán {n}");
            account::sign_in(&app, &ctx, "an", &guess, "test")
                .await
                .map(|_| ())
                .unwrap_err()
                .kind
        })
    });
    let mut looked_at = 0;
    for guess in guesses.collect::<Vec<_>>() {
        match guess.await.unwrap() {
            ProblemKind::SignIn => looked_at += 1,
            ProblemKind::Limit => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(looked_at, 5, "as many as one after the other");
    assert_eq!(
        refused(try_in(&p, "an", PASSWORD).await.map(|_| ())),
        ProblemKind::Limit
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

#[tokio::test]
async fn the_second_factor() {
    let p = Province::new().await;
    let me = member(&p, "quantri", Role::Administrator, None).await;
    assert_eq!((me.stage, me.actor.grants.len()), (Stage::Enrol, 0));
    let enrolment = account::enrol_totp(&p.app, &me).await.unwrap();
    assert!(enrolment.url.contains(&enrolment.secret));
    let wrong = account::confirm_totp(&p.app, &p.ctx(), &me, "000000").await;
    assert_eq!(refused(wrong), ProblemKind::Invalid);
    let first = code(&enrolment.secret, &p);
    account::confirm_totp(&p.app, &p.ctx(), &me, &first)
        .await
        .unwrap();
    assert_eq!(
        refused(account::enrol_totp(&p.app, &me).await.map(|_| ())),
        ProblemKind::Denied
    );

    // The code that confirmed does not sign in again; the next does, once.
    let signed_in = try_in(&p, "quantri", PASSWORD).await.unwrap();
    assert_eq!(signed_in.stage, Stage::Totp);
    let half = who(&p, &signed_in.token).await.unwrap();
    assert!(half.actor.grants.is_empty());
    let replay = account::verify_totp(&p.app, &p.ctx(), &half, &first).await;
    assert_eq!(refused(replay), ProblemKind::Invalid);
    p.pass(30_000);
    let next = code(&enrolment.secret, &p);
    account::verify_totp(
        &p.app,
        &p.ctx(),
        &half,
        &format!("{} {}", &next[..3], &next[3..]),
    )
    .await
    .unwrap();
    let whole = who(&p, &signed_in.token).await.unwrap();
    assert_eq!((whole.stage, whole.actor.grants.len()), (Stage::Full, 1));
    let again = try_in(&p, "quantri", PASSWORD).await.unwrap();
    let half = who(&p, &again.token).await.unwrap();
    let replay = account::verify_totp(&p.app, &p.ctx(), &half, &next).await;
    assert_eq!(refused(replay), ProblemKind::Invalid);

    // Too many wrong codes end the half session.
    for _ in 0..4 {
        let wrong = account::verify_totp(&p.app, &p.ctx(), &half, "000000").await;
        assert_eq!(refused(wrong), ProblemKind::Invalid);
    }
    assert_eq!(who(&p, &again.token).await, None);
    assert_eq!(
        refused(try_in(&p, "quantri", PASSWORD).await.map(|_| ())),
        ProblemKind::Limit
    );

    // The phone is lost: an administrator resets it, every session ends, a new secret comes.
    account::reset_totp(&p.app, &p.ctx(), whole.account)
        .await
        .unwrap();
    assert_eq!(who(&p, &signed_in.token).await, None);
    p.pass(60_000);
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
        "$argon2",
    ] {
        assert!(!journal.contains(secret), "{secret} is in the journal");
    }
}

#[tokio::test]
async fn a_password_ages_and_is_not_used_again() {
    let p = Province::new().await;
    let me = member(&p, "an", Role::Viewer, None).await;
    let change = async |me: &Authenticated, old: &str, new: &str| {
        account::change_password(&p.app, &p.ctx(), me, old, new).await
    };
    assert_eq!(
        refused(change(&me, "sai", "một câu khác hẳn").await),
        ProblemKind::Invalid
    );
    assert_eq!(
        refused(change(&me, PASSWORD, "ngắn").await),
        ProblemKind::Invalid
    );
    assert_eq!(
        refused(change(&me, PASSWORD, PASSWORD).await),
        ProblemKind::Invalid
    );
    let other = try_in(&p, "an", PASSWORD).await.unwrap();
    p.pass(1_000);
    change(&me, PASSWORD, "một câu khác hẳn").await.unwrap();
    assert_eq!(who(&p, &other.token).await, None, "the other sessions end");
    assert!(
        app::account::sessions(&p.app, &p.ctx(), me.account, me.account)
            .await
            .unwrap()
            .len()
            == 1
    );
    p.pass(1_000);
    assert_eq!(
        refused(change(&me, "một câu khác hẳn", PASSWORD).await),
        ProblemKind::Invalid
    );

    p.pass(90 * DAY + 1);
    let signed_in = try_in(&p, "an", "một câu khác hẳn").await.unwrap();
    assert_eq!(signed_in.stage, Stage::Password);
    let me = who(&p, &signed_in.token).await.unwrap();
    assert!(me.actor.grants.is_empty(), "first the password");
    change(&me, "một câu khác hẳn", "và một câu thứ ba")
        .await
        .unwrap();
    let me = who(&p, &signed_in.token).await.unwrap();
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
    let token = account::make_token(&p.app, &p.ctx(), &me, "sao lưu", 30)
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
}

#[tokio::test]
async fn tokens_have_an_end() {
    let p = Province::new().await;
    let me = member(&p, "an", Role::Viewer, None).await;
    for (name, days) in [("", 30), ("x", 0), ("x", 731)] {
        let made = account::make_token(&p.app, &p.ctx(), &me, name, days).await;
        assert_eq!(refused(made), ProblemKind::Invalid);
    }
    let token = account::make_token(&p.app, &p.ctx(), &me, "x", 1)
        .await
        .unwrap();
    let other = member(&p, "binh", Role::Viewer, None).await;
    let id = &account::tokens(&p.app, &me).await.unwrap()[0].id;
    account::end_token(&p.app, &p.ctx(), &other, id)
        .await
        .unwrap();
    let by_token = async || account::authenticate_token(&p.app, &token).await.unwrap();
    assert!(by_token().await.is_some(), "another's hand does not end it");
    p.pass(DAY);
    assert_eq!(by_token().await, None);
}
