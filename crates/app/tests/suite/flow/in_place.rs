//! Who takes steps in somebody's place.

use app::{Ctx, flow};
use domain::{
    authority::Role,
    id::AccountId,
    problem::ProblemKind::{Denied, Invalid, NotFound},
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
        refused(flow::end_substitute(app, &mai, &named.id.to_string()).await),
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
