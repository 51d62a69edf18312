//! Who takes steps in somebody's place.

use app::{Ctx, flow};
use domain::{
    authority::Role,
    id::AccountId,
    problem::ProblemKind::{Conflict, Denied, Invalid, Limit, NotFound},
};

use super::{Asked, DAY_MS, PASSED};
use crate::{Province, refused, sign_in::draft};

/// An account, and how it acts.
async fn person(a: &Asked, login: &str, role: Role) -> Ctx {
    let reach = match role {
        Role::Officer | Role::Viewer => Some(a.unit),
        _ => None,
    };
    let id: AccountId = app::account::save(&a.p.app, &a.p.ctx(), None, draft(login, role, reach))
        .await
        .unwrap();
    let mut ctx = a.p.as_role(role, reach);
    ctx.actor.account = Some(id);
    ctx.actor.name = login.into();
    ctx
}

#[tokio::test]
async fn a_substitute_acts_in_the_place_of_who_named_them() {
    let a = Asked::new(Province::new().await).await;
    let app = &a.p.app;
    let (binh, lan) = (
        person(&a, "binh", Role::Operator).await,
        person(&a, "lan", Role::Operator).await,
    );
    let mai = person(&a, "mai", Role::Viewer).await;
    let row = a.begin().await;
    a.step(&binh, row.id, "inspect", &PASSED).await.unwrap();
    assert_eq!(refused(a.step(&mai, row.id, "approve", &[]).await), Denied);
    let days = ("2026-11-20", "2026-11-25");
    for (login, days) in [
        ("lan", days),
        ("nobody", days),
        ("mai", ("2026-11-19", "2026-11-25")),
        ("mai", ("2026-11-25", "2026-11-20")),
        ("mai", ("2026-11-20", "2027-11-20")),
    ] {
        assert_eq!(
            refused(flow::name_substitute(app, &lan, login, days).await),
            Invalid,
            "{login}"
        );
    }
    assert_eq!(
        refused(flow::name_substitute(app, &a.p.ctx(), "mai", days).await),
        Denied
    );
    let named = flow::name_substitute(app, &lan, "mai", days).await.unwrap();
    assert_eq!(flow::substitutes(app, &lan).await.unwrap()[0].login, "mai");
    // Nobody gets around that somebody else must approve by naming a substitute.
    flow::name_substitute(app, &binh, "mai", days)
        .await
        .unwrap();
    let steps = a.waits(&mai).await;
    let approves = steps.iter().any(|step| step == "Let it be connected");
    assert!(approves, "what each of both may do: {steps:?}");
    a.p.pass(7 * DAY_MS);
    assert_eq!(
        refused(a.step(&mai, row.id, "approve", &[]).await),
        Denied,
        "its days are over"
    );
    a.p.pass(-7 * DAY_MS);
    let row = a.step(&mai, row.id, "approve", &[]).await.unwrap();
    let open = flow::get(app, &binh, &row.id.to_string(), None)
        .await
        .unwrap();
    let last = open.events.last().unwrap();
    assert_eq!(
        (last.actor_name.as_str(), last.for_name.as_deref()),
        ("mai", Some("lan"))
    );
    assert_eq!(
        refused(flow::end_substitute(app, &binh, &named.id.to_string()).await),
        NotFound
    );
    flow::end_substitute(app, &lan, &named.id.to_string())
        .await
        .unwrap();
    assert!(flow::substitutes(app, &lan).await.unwrap().is_empty());
    a.sound().await;
}

#[tokio::test]
async fn who_began_or_inspected_does_not_approve_through_a_substitute() {
    let a = Asked::new(Province::new().await).await;
    let binh = person(&a, "binh", Role::Operator).await;
    let mai = person(&a, "mai", Role::Viewer).await;
    let days = ("2026-11-20", "2026-11-25");
    flow::name_substitute(&a.p.app, &binh, "mai", days)
        .await
        .unwrap();
    let row = a.begin().await;
    a.step(&binh, row.id, "inspect", &PASSED).await.unwrap();
    assert_eq!(refused(a.step(&mai, row.id, "approve", &[]).await), Denied);
    // Nor the other way round: who inspected in somebody's place.
    let lan = person(&a, "lan", Role::Operator).await;
    let row = a.step(&lan, row.id, "inspect-again", &[]).await.unwrap();
    a.step(&mai, row.id, "inspect", &PASSED).await.unwrap();
    assert_eq!(refused(a.step(&binh, row.id, "approve", &[]).await), Denied);
    assert!(a.step(&lan, row.id, "approve", &[]).await.is_ok());
}

const DAYS: (&str, &str) = ("2026-11-20", "2026-11-25");

#[tokio::test]
async fn a_substitute_is_one_row_and_few_hold_at_once() {
    let a = Asked::new(Province::new().await).await;
    let app = &a.p.app;
    let lan = person(&a, "lan", Role::Operator).await;
    let first = person(&a, "mai0", Role::Viewer).await;
    // Again and again is once, with the days of the last.
    for last in ["2026-11-21", "2026-11-29", "2026-11-25"] {
        let days = ("2026-11-20", last);
        flow::name_substitute(app, &lan, "mai0", days)
            .await
            .unwrap();
    }
    let held = flow::substitutes(app, &lan).await.unwrap();
    let ends: Vec<&str> = held.iter().map(|n| n.substitute.ends_on.as_str()).collect();
    assert_eq!(ends, ["2026-11-25"]);
    for n in 1..5 {
        person(&a, &format!("mai{n}"), Role::Viewer).await;
        flow::name_substitute(app, &lan, &format!("mai{n}"), DAYS)
            .await
            .unwrap();
    }
    person(&a, "mai5", Role::Viewer).await;
    assert_eq!(
        refused(flow::name_substitute(app, &lan, "mai5", DAYS).await),
        Conflict,
        "five at once"
    );
    // The named ends it, and the place is free.
    let id = held[0].substitute.id.to_string();
    let other = person(&a, "other", Role::Viewer).await;
    assert_eq!(
        refused(flow::end_substitute(app, &other, &id).await),
        NotFound
    );
    flow::end_substitute(app, &first, &id).await.unwrap();
    flow::name_substitute(app, &lan, "mai5", DAYS)
        .await
        .unwrap();
    // So does an administrator.
    let id = flow::substitutes(app, &lan).await.unwrap()[0].substitute.id;
    flow::end_substitute(app, &a.p.ctx(), &id.to_string())
        .await
        .unwrap();
    assert_eq!(flow::substitutes(app, &lan).await.unwrap().len(), 4);
    // Twenty may name one; an hour's quiet lies between.
    let tu = person(&a, "tu", Role::Viewer).await;
    for n in 0..20 {
        let namer = person(&a, &format!("namer{n}"), Role::Operator).await;
        flow::name_substitute(app, &namer, "tu", DAYS)
            .await
            .unwrap();
    }
    let late = person(&a, "late", Role::Operator).await;
    assert_eq!(
        refused(flow::name_substitute(app, &late, "tu", DAYS).await),
        Conflict
    );
    let own = tu.actor.account.unwrap();
    let (_, stands_in) = flow::standing_in(app, &tu, own).await.unwrap();
    assert_eq!(stands_in.len(), 20);
    a.sound().await;
}

#[tokio::test]
async fn of_two_who_name_at_once_no_more_get_through_than_may() {
    let a = Asked::new(Province::new().await).await;
    let app = &a.p.app;
    let lan = person(&a, "lan", Role::Operator).await;
    for n in 0..8 {
        person(&a, &format!("mai{n}"), Role::Viewer).await;
    }
    let all = (0..16).map(|n| {
        let (app, lan) = (app.clone(), lan.clone());
        let login = format!("mai{}", n % 8);
        tokio::spawn(async move {
            flow::name_substitute(&app, &lan, &login, DAYS)
                .await
                .is_ok()
        })
    });
    for each in all.collect::<Vec<_>>() {
        each.await.unwrap();
    }
    assert_eq!(flow::substitutes(app, &lan).await.unwrap().len(), 5);
    a.sound().await;
}

#[tokio::test]
async fn a_substitute_ends_with_the_namers_password_and_with_either_account() {
    let a = Asked::new(Province::new().await).await;
    let app = &a.p.app;
    let row = a.begin().await;
    let binh = person(&a, "binh", Role::Operator).await;
    a.step(&binh, row.id, "inspect", &PASSED).await.unwrap();
    let lan = crate::sign_in::member(&a.p, "lan", Role::Operator, None).await;
    let own = lan.account;
    let mut ctx = a.p.as_role(Role::Operator, None);
    ctx.actor.account = Some(own);
    ctx.actor.name = "lan".into();
    let mai = person(&a, "mai", Role::Viewer).await;
    let name = async || flow::name_substitute(app, &ctx, "mai", DAYS).await.unwrap();
    name().await;
    assert!(!a.waits(&mai).await.is_empty(), "stands in");
    // Both are told.
    let told = app::account::events(app, &lan).await.unwrap();
    assert_eq!(told[0].event, app::account::Event::SubstituteNamed);
    assert!(told[0].detail.starts_with("mai"));
    let gone = async |what: &str| {
        assert!(a.waits(&mai).await.is_empty(), "{what}");
        assert!(
            flow::substitutes(app, &ctx).await.unwrap().is_empty(),
            "{what}"
        );
    };
    app::account::set_random_password(app, &a.p.ctx(), "lan")
        .await
        .unwrap();
    gone("another password").await;
    name().await;
    app::account::end_sessions(app, &a.p.ctx(), &lan, own)
        .await
        .unwrap();
    gone("sessions ended").await;
    name().await;
    app::account::reset_totp(app, &a.p.ctx(), own)
        .await
        .unwrap();
    gone("the factor reset").await;
    for (login, role, id) in [
        ("mai", Role::Viewer, mai.actor.account.unwrap()),
        ("lan", Role::Operator, own),
    ] {
        name().await;
        for enabled in [false, true] {
            let account = app::account::get(app, &a.p.ctx(), id).await.unwrap();
            let unit = account.organization.map(|unit| unit.0);
            let draft = app::account::Draft {
                enabled,
                ..draft(login, role, unit)
            };
            let at = Some((id, account.version));
            app::account::save(app, &a.p.ctx(), at, draft)
                .await
                .unwrap();
            gone(&format!("{login} disabled: {enabled}")).await;
        }
    }
    a.sound().await;
}

#[tokio::test]
async fn naming_does_not_tell_who_has_an_account_elsewhere() {
    let a = Asked::new(Province::new().await).await;
    let app = &a.p.app;
    let own = person(&a, "own", Role::Viewer).await;
    person(&a, "colleague", Role::Viewer).await;
    person(&a, "binh", Role::Operator).await;
    let there = flow::name_substitute(app, &own, "binh", DAYS).await;
    let nobody = flow::name_substitute(app, &own, "nobody", DAYS).await;
    assert_eq!(there.unwrap_err().fields, nobody.unwrap_err().fields);
    flow::name_substitute(app, &own, "colleague", DAYS)
        .await
        .unwrap();
    let mut limited = 0;
    for n in 0..40 {
        let tried = flow::name_substitute(app, &own, &format!("x{n}"), DAYS).await;
        limited += usize::from(refused(tried) == Limit);
    }
    assert!(limited > 15, "{limited}");
}

#[tokio::test]
async fn one_account_begins_so_many_requests_an_hour() {
    let a = Asked::new(Province::new().await).await;
    let officer = person(&a, "officer", Role::Officer).await;
    let begin = flow::Begin {
        flow: super::FLOW.into(),
        subject: a.code(),
        typed: super::typed(&[("purpose", "x")]),
        ..Default::default()
    };
    let mut begun = 0;
    let refusal = loop {
        match flow::begin(&a.p.app, &officer, &begin).await {
            Ok(row) => {
                begun += 1;
                let id = row.id.to_string();
                flow::withdraw(&a.p.app, &officer, &id, row.version)
                    .await
                    .unwrap();
            }
            Err(problem) => break problem.kind,
        }
        assert!(begun < 200, "no end");
    };
    assert_eq!((begun, refusal), (100, Limit));
    a.p.pass(3_600_000);
    assert!(flow::begin(&a.p.app, &officer, &begin).await.is_ok());
}
