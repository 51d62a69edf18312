//! What somebody wrote into the database of flows: nothing comes of it, and it is named.

use app::flow;
use domain::{id::Id, problem::ProblemKind::Conflict};

use super::{Asked, own_policy::policy_with};
use crate::{Province, refused};

/// Who writes the database lets nothing go out that no event has, and changes nothing that does.
#[tokio::test]
async fn only_what_an_event_says_goes_out() {
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
    let run = async |sql: &str| app.db.execute("tamper", sql, &[]).await.unwrap();
    // A paper in the place of the mail: the mail is tried, which has nobody's address.
    let paper = r#"{"effect":"document","template":"unit-usage-report","period":"2026"}"#;
    run(&format!("UPDATE flow_effect SET effect = '{paper}'")).await;
    flow::outside(app).await.unwrap();
    let effects = store::flow::effects(&app.db, row.id).await.unwrap();
    assert_eq!(effects[0].said, "nobody of them has an address");
    // And one of its own.
    let forged = Id::new(1);
    run(&format!(
        "INSERT INTO flow_effect (id, flow_id, number, place, effect, state, said, updated_at) \
         VALUES ('{forged}', '{}', 1, 7, '{paper}', 'waiting', '', 1)",
        row.id
    ))
    .await;
    flow::again(app, &a.officer(), &row.id.to_string(), &forged.to_string())
        .await
        .unwrap();
    flow::outside(app).await.unwrap();
    let effect = store::flow::effect(&app.db, forged).await.unwrap().unwrap();
    assert_eq!(effect.state, flow::EffectState::Failed, "{effect:?}");
    let papers = app.db.fetch("papers", "SELECT id FROM document", &[]);
    assert!(papers.await.unwrap().is_empty());
    let alarms = async || {
        let sql = "SELECT state FROM alarm WHERE cleared_at IS NULL AND state = 'flow-untold'";
        app.db.fetch("alarms", sql, &[]).await.unwrap().len()
    };
    assert_eq!(alarms().await, 1);
    run(&format!("DELETE FROM flow_effect WHERE id = '{forged}'")).await;
    app::evidence::run(app).await.unwrap();
    assert_eq!(alarms().await, 0);
    a.sound().await;
}

/// A definition that is gone is named, and no list falls over it.
#[tokio::test]
async fn a_definition_that_is_gone_is_named() {
    // Only there a test can take it away: SQLite minds the reference.
    let Some(p) = Province::on_postgres().await else {
        return;
    };
    let a = Asked::new(p).await;
    let app = &a.p.app;
    let row = a.begin().await;
    a.sound().await;
    let sql = "DO $$ BEGIN SET LOCAL session_replication_role = replica; \
               DELETE FROM flow_definition; END $$";
    app.db.execute("tamper", sql, &[]).await.unwrap();
    let report = app::journal::verify(app, &a.p.ctx()).await.unwrap();
    let named = report.findings.iter().map(|f| f.label().en);
    let named: Vec<String> = named.collect();
    assert!(
        named.iter().any(|n| n.contains(&row.id.to_string())),
        "{named:?}"
    );
    let (listed, total) = flow::list(app, &a.officer(), &flow::FlowQuery::default())
        .await
        .unwrap();
    assert_eq!((listed.len(), total), (1, 1));
    let desk = flow::waiting(app, &a.centre("binh")).await.unwrap();
    assert_eq!((desk.waiting.len(), desk.optional.len()), (0, 0));
    let one = flow::get(app, &a.officer(), &row.id.to_string(), None).await;
    assert_eq!(refused(one), Conflict);
}

/// What is neither yes nor no in a column of them is named.
#[tokio::test]
async fn an_end_that_is_neither_yes_nor_no_is_named() {
    let a = Asked::new(Province::new().await).await;
    let app = &a.p.app;
    let row = a.begin().await;
    flow::withdraw(app, &a.officer(), &row.id.to_string(), row.version)
        .await
        .unwrap();
    a.sound().await;
    let sql = "UPDATE flow SET ended = 2";
    app.db.execute("tamper", sql, &[]).await.unwrap();
    let report = app::journal::verify(app, &a.p.ctx()).await.unwrap();
    assert!(!report.findings.is_empty());
}
