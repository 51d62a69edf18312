//! Flows of a province's own policy: several approve, what a running one keeps, calls, mail.

use std::path::PathBuf;

use app::{
    App, AppConfig, Ctx,
    flow::{self, Begin, EffectState, Planned, Taking},
    registry,
};
use domain::{authority::Role, clock::Clock, problem::ProblemKind::Denied};
use policy::{Embedded, Memory};

use super::{Asked, FLOW, PASSED, typed};
use crate::{Province, at, refused};

/// The shipped policy with one change in the flow, in a folder.
pub(super) fn policy_with(change: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = format!("flows/{FLOW}.yaml");
    for (file, mut text) in Memory::of(&Embedded).unwrap().0 {
        if file == path {
            for (from, to) in change {
                assert!(text.contains(from), "{from}");
                text = text.replacen(from, to, 1);
            }
        }
        let to = folder.path().join(&file);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::write(to, text).unwrap();
    }
    let path = folder.path().to_owned();
    (folder, path)
}

#[tokio::test]
async fn two_of_those_who_may_approve_one_and_the_same() {
    let (_policy, path) = policy_with(&[(
        "who: {may: manage, other_than: [begin, inspect]}\n        when",
        "who: {may: manage, other_than: [begin, inspect]}\n        approvals: 2\n        when",
    )]);
    let a = Asked::new(Province::under(path).await).await;
    let (binh, lan, mai) = (a.centre("binh"), a.centre("lan"), a.centre("mai"));
    let row = a.begin().await;
    a.step(&binh, row.id, "inspect", &PASSED).await.unwrap();
    let row = a.step(&lan, row.id, "approve", &[]).await.unwrap();
    assert_eq!(row.state, "inspected", "one is not enough");
    assert_eq!(
        refused(a.step(&lan, row.id, "approve", &[]).await),
        Denied,
        "one person is one"
    );
    assert!(
        !a.waits(&lan)
            .await
            .contains(&"Let it be connected".to_owned())
    );
    // What would be done changes: what was approved no longer counts.
    let device = a.device().await;
    let mut changed = device.values.clone();
    changed.insert("note".into(), "đổi".into());
    let version = Some((device.id, device.version));
    registry::save(&a.p.app, &a.p.ctx(), "device", version, changed)
        .await
        .unwrap();
    let row = a.step(&mai, row.id, "approve", &[]).await.unwrap();
    assert_eq!(row.state, "inspected", "it is asked anew");
    let row = a.step(&lan, row.id, "approve", &[]).await.unwrap();
    assert_eq!(row.state, "approved");
    a.sound().await;
}

#[tokio::test]
async fn a_flow_that_runs_keeps_what_it_began_with() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::fixed(at("2026-11-20T01:00:00Z"));
    let open = async |policy: &PathBuf| {
        App::open(AppConfig {
            keys: None,
            data: folder.path().to_owned(),
            database: None,
            policy: Some(policy.clone()),
            clock: clock.clone(),
            writer: true,
            origin: "gieng.example/test".into(),
            examiner: env!("CARGO_BIN_EXE_app-examiner").into(),
        })
        .await
        .unwrap()
    };
    let (_old, before) = policy_with(&[]);
    let (_new, after) = policy_with(&[
        ("      return:\n", "      send-back:\n"),
        (
            "{vi: \"Chờ kiểm tra\", en: \"Waiting for inspection\"}",
            "{vi: mới, en: new}",
        ),
    ]);
    let ctx = Ctx::console(clock.now_ms());
    let app = open(&before).await;
    let unit = crate::values(&[
        ("code", "A"),
        ("name", "A"),
        ("kind", "department"),
        ("level", "province"),
        ("membership", "member"),
    ]);
    registry::save(&app, &ctx, "organization", None, unit)
        .await
        .unwrap();
    for code in ["D1", "D2"] {
        let device = crate::values(&[
            ("code", code),
            ("name", code),
            ("organization", "A"),
            ("role", "router"),
            ("status", "planned"),
        ]);
        registry::save(&app, &ctx, "device", None, device)
            .await
            .unwrap();
    }
    let asking = |code: &str| Begin {
        flow: FLOW.into(),
        subject: code.into(),
        typed: typed(&[("purpose", "x")]),
        ..Begin::default()
    };
    let old = flow::begin(&app, &ctx, &asking("D1")).await.unwrap();
    app.close().await;
    drop(app);
    let app = open(&after).await;
    let new = flow::begin(&app, &ctx, &asking("D2")).await.unwrap();
    assert_ne!(old.definition, new.definition);
    for (row, state, step) in [
        (&old, "Waiting for inspection", "return"),
        (&new, "new", "send-back"),
    ] {
        let seen = flow::get(&app, &ctx, &row.id.to_string(), None)
            .await
            .unwrap();
        assert_eq!(seen.state.en, state);
        let names: Vec<&str> = seen.possible.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["inspect", step]);
        let taking = Taking {
            step: step.into(),
            version: 1,
            typed: typed(&[("wanting", "x")]),
            seen: String::new(),
        };
        let taken = flow::take(&app, &ctx, &row.id.to_string(), &taking)
            .await
            .unwrap();
        assert_eq!(taken.state, "returned");
    }
}

#[tokio::test]
async fn a_claim_is_granted_by_a_call_that_was_shown() {
    let (_policy, path) = policy_with(&[(
        "        effects:\n          - set:\n              inspected_on",
        "        effects:\n          - call: grant-claims\n          - set:\n              inspected_on",
    )]);
    let a = Asked::new(Province::under(path).await).await;
    let officer = a.officer();
    let own = [
        ("cidr", "10.1.0.0/16"),
        ("organization", "A"),
        ("purpose", "lan"),
    ];
    a.p.add("prefix", &own).await;
    let device = a.device().await;
    let mut values = device.values.clone();
    values.insert("address".into(), "10.9.9.9".into());
    values.insert("status".into(), "active".into());
    registry::save(
        &a.p.app,
        &officer,
        "device",
        Some((device.id, device.version)),
        values,
    )
    .await
    .unwrap();
    let waits = async || app::claim::count_open(&a.p.app, &a.p.ctx()).await.unwrap();
    assert_eq!(waits().await, 1);
    let row = a.begin().await;
    a.step(&a.centre("binh"), row.id, "inspect", &PASSED)
        .await
        .unwrap();
    let lan = a.centre("lan");
    let open = flow::get(&a.p.app, &lan, &row.id.to_string(), None)
        .await
        .unwrap();
    let plan = open.possible[0].plan.clone().unwrap();
    let call = Planned::Call {
        name: "grant-claims".into(),
        to: vec!["10.9.9.9".into()],
    };
    assert_eq!(plan.effects[0], call);
    assert_eq!(waits().await, 1, "a claim is no fact before");
    a.step(&lan, row.id, "approve", &[]).await.unwrap();
    assert_eq!(waits().await, 0);
    a.sound().await;
}

#[tokio::test]
async fn a_mail_goes_once_or_is_told_to_be_unsure() {
    let (_policy, path) = policy_with(&[(
        "        to: returned\n",
        "        effects:\n          - notice: {to: asker, text: {vi: \"Cần bổ sung cho {record}\", en: \"Wanting for {record}\"}}\n        irrevocable: true\n        to: returned\n",
    )]);
    let a = Asked::new(Province::under(path).await).await;
    let app = &a.p.app;
    let row = a.begin().await;
    let row = a
        .step(&a.centre("binh"), row.id, "return", &[("wanting", "x")])
        .await
        .unwrap();
    let id = row.id.to_string();
    let state = async || {
        let effects = store::flow::effects(&app.db, row.id).await.unwrap();
        assert_eq!(effects.len(), 1);
        (effects[0].state, effects[0].said.clone(), effects[0].id)
    };
    assert_eq!(state().await.0, EffectState::Waiting);
    // Nobody has an address: it surely did not go.
    flow::outside(app).await.unwrap();
    let (is, _, effect) = state().await;
    assert_eq!(is, EffectState::Failed);
    // An attempt that was cut off between the promise and its outcome.
    flow::again(app, &a.officer(), &id, &effect.to_string())
        .await
        .unwrap();
    let mut tx = app.db.begin().await.unwrap();
    store::flow::settle_effect(&mut tx, effect, (EffectState::Sending, ""), 1)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    flow::outside(app).await.unwrap();
    assert_eq!(
        state().await.0,
        EffectState::Unsure,
        "it is not sent again by itself"
    );
    let other = a.p.as_role(Role::Viewer, Some(a.unit));
    assert_eq!(
        refused(flow::again(app, &other, &id, &effect.to_string()).await),
        Denied
    );
    flow::again(app, &a.officer(), &id, &effect.to_string())
        .await
        .unwrap();
    assert_eq!(state().await.0, EffectState::Waiting);
    a.sound().await;
}

/// What a new record starts with is filled in as a form does, also where that is the day.
#[tokio::test]
async fn a_record_that_a_step_makes_starts_as_a_form_would_have_it() {
    let (_policy, path) = policy_with(&[(
        "        to: returned\n",
        "        effects:\n          - create: {noun: inspection-round, values: {code: KT-01, name: \"{record.name}\"}}\n        to: returned\n",
    )]);
    let a = Asked::new(Province::under(path).await).await;
    let row = a.begin().await;
    a.step(&a.centre("binh"), row.id, "return", &[("wanting", "x")])
        .await
        .unwrap();
    let round = registry::get(&a.p.app, &a.p.ctx(), "inspection-round", "KT-01").await;
    let round = round.unwrap();
    assert_eq!(
        (round.text("starts_on"), round.text("occasion")),
        ("2026-11-20", "planned")
    );
    a.sound().await;
}
