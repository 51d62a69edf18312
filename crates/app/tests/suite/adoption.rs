//! Which regulation holds for whom, and from when to when.

use std::collections::BTreeSet;

use app::assess;
use domain::{
    authority::Role,
    id::{Id, OrganizationId},
    problem::ProblemKind::{Denied, Invalid},
};
use policy::Status;

use crate::{Province, VINH_LONG, at, refused, values};

/// The unit has an IT officer: asked of every member.
const OFFICER: &str = "17.2.c";
/// Every connected unit is watched: asked of the network authority.
const WATCHED: &str = "16.5";

/// The codes of those that are judged.
async fn judged(p: &Province) -> BTreeSet<String> {
    assess::evaluate(&p.app, false).await.unwrap();
    let view = assess::board(&p.app, &p.ctx(), None).await.unwrap();
    view.cells().map(|(u, _, _)| u.code.clone()).collect()
}

fn codes(given: &[&str]) -> BTreeSet<String> {
    given.iter().map(|c| (*c).to_owned()).collect()
}

#[tokio::test]
async fn without_an_adoption_nobody_is_judged() {
    let p = Province::begun().await;
    p.unit("A", None).await;
    assert_eq!(judged(&p).await, codes(&[]));
    let view = assess::board(&p.app, &p.ctx(), None).await.unwrap();
    assert!(view.board.clauses.is_empty() && view.regulations().next().is_none());
    p.adopt(VINH_LONG, &[]).await;
    assert_eq!(judged(&p).await, codes(&["A"]));
    let view = assess::board(&p.app, &p.ctx(), None).await.unwrap();
    assert_eq!(view.regulations().count(), 1);
}

#[tokio::test]
async fn it_holds_for_a_subtree_and_for_kinds() {
    let p = Province::begun().await;
    let (a, b) = (p.unit("A", None).await, p.unit("B", None).await);
    let below = p.unit("A1", Some(a)).await;
    p.unit("A11", Some(below)).await;
    p.unit("B1", Some(b)).await;
    let adoption = p.adopt(VINH_LONG, &[("organization", "A")]).await;
    assert_eq!(judged(&p).await, codes(&["A", "A1", "A11"]));
    // A superior that ended still stands between.
    let record = app::registry::get(&p.app, &p.ctx(), "organization", "A1")
        .await
        .unwrap();
    let mut ended = record.values.clone();
    ended.insert("ends_on".into(), "2026-11-01".into());
    app::registry::save(&p.app, &p.ctx(), "organization", Some((below, 1)), ended)
        .await
        .unwrap();
    assert_eq!(judged(&p).await, codes(&["A", "A11"]));

    let record = app::registry::get(&p.app, &p.ctx(), "adoption", &adoption.to_string())
        .await
        .unwrap();
    let mut narrowed = record.values.clone();
    narrowed.insert("kinds".into(), "party, front".into());
    app::registry::save(&p.app, &p.ctx(), "adoption", Some((adoption, 1)), narrowed)
        .await
        .unwrap();
    assert_eq!(judged(&p).await, codes(&[]));
    p.adopt(VINH_LONG, &[("kinds", "department")]).await;
    assert_eq!(judged(&p).await, codes(&["A", "A11", "B", "B1"]));
}

#[tokio::test]
async fn it_begins_and_ends_with_its_days() {
    let p = Province::begun().await;
    let a = p.unit("A", None).await;
    let given = [
        ("regulation", VINH_LONG),
        ("starts_on", "2026-11-22"),
        ("ends_on", "2026-11-24"),
    ];
    p.add("adoption", &given).await;
    let on = async |moment: &str| {
        p.clock.set(at(moment));
        assess::evaluate(&p.app, true).await.unwrap();
        let view = assess::board(&p.app, &p.ctx(), None).await.unwrap();
        let cell = view.board.get(VINH_LONG, OFFICER, OrganizationId(a));
        (cell.map(|c| c.status), view.adopted.len())
    };
    // Vietnam's days begin at 17:00 UTC of the day before.
    assert_eq!(on("2026-11-21T16:59:59Z").await, (None, 0));
    assert_eq!(on("2026-11-21T17:00:00Z").await, (Some(Status::NoData), 1));
    assert_eq!(on("2026-11-24T16:59:59Z").await, (Some(Status::NoData), 1));
    assert_eq!(on("2026-11-24T17:00:00Z").await, (None, 0));
    // Whoever looks back sees what held then.
    let then = at("2026-11-23T00:00:00Z").as_millisecond();
    let view = assess::board(&p.app, &p.ctx(), Some(assess::AsOf::then(then)))
        .await
        .unwrap();
    assert_eq!(view.adopted, codes(&[VINH_LONG]));
    assert!(
        view.board
            .get(VINH_LONG, OFFICER, OrganizationId(a))
            .is_some()
    );
}

#[tokio::test]
async fn an_authority_answers_for_its_own_province() {
    let p = Province::begun().await;
    let (a, b) = (p.unit("A", None).await, p.unit("B", None).await);
    let a1 = p.unit("A1", Some(a)).await;
    p.unit("B1", Some(b)).await;
    for code in ["A", "B"] {
        let role = [
            ("role", "network-authority"),
            ("organization", code),
            ("starts_on", "2025-03-01"),
        ];
        p.add("role-assignment", &role).await;
        p.adopt(VINH_LONG, &[("organization", code)]).await;
    }
    assess::evaluate(&p.app, true).await.unwrap();
    let view = assess::board(&p.app, &p.ctx(), None).await.unwrap();
    let about = async |unit: &str| {
        let verdict = assess::verdict(&p.app, &p.ctx(), &view, VINH_LONG, WATCHED, unit)
            .await
            .unwrap();
        let rows = &verdict.evidence.controls[0].rows;
        let codes = rows.iter().map(|r| r["code"].as_str().unwrap().to_owned());
        codes.collect::<BTreeSet<String>>()
    };
    assert_eq!(about("A").await, codes(&["A", "A1"]));
    assert_eq!(about("B").await, codes(&["B", "B1"]));
    // Who works in one province does not see that the other is judged.
    let officer = p.as_role(Role::Officer, Some(a1));
    let own = assess::board(&p.app, &officer, None).await.unwrap();
    assert!(own.cells().all(|(u, _, _)| u.code == "A1"));
}

#[tokio::test]
async fn it_is_the_centres_and_names_what_there_is() {
    let p = Province::begun().await;
    let a = p.unit("A", None).await;
    let given = |regulation, kinds| {
        values(&[
            ("regulation", regulation),
            ("organization", "A"),
            ("kinds", kinds),
            ("starts_on", "2026-01-01"),
        ])
    };
    let save = async |ctx, given| {
        app::registry::save(&p.app, ctx, "adoption", None, given)
            .await
            .map(|_| ())
    };
    let officer = p.as_role(Role::Officer, Some(a));
    assert_eq!(refused(save(&officer, given(VINH_LONG, "")).await), Denied);
    let operator = p.as_role(Role::Operator, Some(a));
    assert_eq!(
        refused(save(&operator, given(VINH_LONG, "party, prty")).await),
        Invalid
    );
    save(&operator, given(VINH_LONG, "party, department"))
        .await
        .unwrap();
    // Everybody is more than this operator has.
    let mut all = given(VINH_LONG, "");
    all.insert("organization".into(), domain::record::Value::Null);
    assert_eq!(refused(save(&operator, all).await), Denied);
    // The form offers what the packs hold, and an import takes nothing else.
    let schema = p.app.schema("adoption").unwrap();
    let offered = &schema.field("regulation").unwrap().choices;
    assert!(offered.contains_key(VINH_LONG));
    let csv = "regulation,starts_on\nvinh-long-27-2019,2026-01-01\n";
    let report = app::registry::import(
        &p.app,
        &p.ctx(),
        "adoption",
        csv.as_bytes(),
        app::registry::ImportMode::DryRun,
    )
    .await
    .unwrap();
    assert_eq!(report.rows[0].problems.len(), 1, "{report:?}");
    let _: Id = a;
}

/// Hậu Giang 1.2.b: bodies that only take part have IT specialists too; Vĩnh Long 17.2 is about
/// the officers of members.
#[tokio::test]
async fn specialists_of_participants_are_bound_where_the_text_says_so() {
    const HAU_GIANG: &str = "hau-giang-48-2024";
    let p = Province::begun().await;
    for (code, membership) in [("M", "member"), ("T", "participant")] {
        let given = [
            ("code", code),
            ("name", code),
            ("kind", "front"),
            ("level", "province"),
            ("membership", membership),
        ];
        p.add("organization", &given).await;
    }
    p.adopt(VINH_LONG, &[]).await;
    p.adopt(HAU_GIANG, &[]).await;
    assess::evaluate(&p.app, false).await.unwrap();
    let view = assess::board(&p.app, &p.ctx(), None).await.unwrap();
    let binds = |regulation: &str, cite: &str, unit: &str| {
        let unit = view.find(unit).unwrap().id;
        view.board.get(regulation, cite, unit).is_some()
    };
    for cite in ["18.1.a", "29.1.a", "29.1.b", "29.1.c", "29.1.d", "29.1.đ"] {
        assert!(binds(HAU_GIANG, cite, "M"), "{cite}");
        assert!(binds(HAU_GIANG, cite, "T"), "{cite}");
    }
    assert!(binds(VINH_LONG, "17.2.đ", "M"));
    assert!(!binds(VINH_LONG, "17.2.đ", "T"));
}
