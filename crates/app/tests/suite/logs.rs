//! Logs: whose lines they are, who finds them, when they can be proved.

use std::net::IpAddr;

use app::{
    App, AppConfig,
    logs::{self, LogQuery},
};
use domain::{
    authority::Role,
    id::Id,
    problem::{Problem, ProblemKind},
};
use vault::{Batch, Flags, Line, Transport};

use crate::{Province, refused};

/// Appends `count` lines that came from `peer`; of nobody where there is no unit.
async fn lines(p: &Province, count: usize, peer: &str, unit: Option<Id>) {
    let mut batch = Batch::new();
    for n in 0..count {
        let raw = format!("<13>Nov 20 08:00:00 may app: dong {n} tu {peer}");
        let line = Line {
            received_at_ms: p.clock.now_ms(),
            sent_at_ms: None,
            source: unit.map(Id::bytes).unwrap_or_default(),
            unit: unit.map(Id::bytes).unwrap_or_default(),
            peer: peer.parse().unwrap(),
            transport: Transport::Udp,
            flags: Flags::default(),
            facility: 1,
            severity: 5,
            host: "may",
            application: "app",
            raw: raw.as_bytes(),
        };
        batch.push(&line).unwrap();
    }
    p.app.logs.vault().unwrap().append(batch).await.unwrap();
}

fn from(peer: &str) -> LogQuery {
    LogQuery {
        peer: Some(peer.parse::<IpAddr>().unwrap()),
        ..LogQuery::default()
    }
}

#[tokio::test]
async fn the_lines_of_an_unknown_sender_are_found_by_its_address() {
    let p = Province::new().await;
    let unit = p.unit("A", None).await;
    lines(&p, 3, "10.0.0.9", Some(unit)).await;
    lines(&p, 2, "10.6.6.6", None).await;
    let found = |page: vault::Page| page.rows.len();
    let admin = p.ctx();
    let count = async |ctx, query| found(logs::search(&p.app, ctx, query).await.unwrap());
    assert_eq!(count(&admin, LogQuery::default()).await, 5);
    assert_eq!(count(&admin, from("10.6.6.6")).await, 2);
    assert_eq!(count(&admin, from("::ffff:10.6.6.6")).await, 2);
    assert_eq!(count(&admin, from("10.6.6.7")).await, 0);
    // A unit finds its own by address, and no stranger's.
    let officer = p.as_role(Role::Officer, Some(unit));
    assert_eq!(count(&officer, from("10.0.0.9")).await, 3);
    assert_eq!(count(&officer, from("10.6.6.6")).await, 0);
    let strangers = logs::line(&p.app, &officer, 3).await;
    assert_eq!(refused(strangers), ProblemKind::NotFound);
    assert_eq!(
        logs::line(&p.app, &p.ctx(), 3)
            .await
            .unwrap()
            .peer
            .to_string(),
        "10.6.6.6"
    );
}

#[tokio::test]
async fn pages_lead_on_to_all_lines() {
    let p = Province::new().await;
    lines(&p, 2_300, "10.0.0.9", None).await;
    let mut query = LogQuery {
        limit: 5_000,
        ..LogQuery::default()
    };
    let mut sizes = Vec::new();
    loop {
        let page = logs::search(&p.app, &p.ctx(), query.clone()).await.unwrap();
        sizes.push(page.rows.len());
        query.cursor = page.next;
        if page.next.is_none() {
            break;
        }
    }
    assert_eq!(sizes, [logs::PAGE, logs::PAGE, 300]);
}

/// As the command line does beside a running program.
async fn beside(p: &Province) -> App {
    App::open(AppConfig {
        keys: None,
        data: p.app.data.clone(),
        database: None,
        policy: None,
        clock: p.clock.clone(),
        writer: false,
        origin: "gieng.example/test".into(),
        examiner: env!("CARGO_BIN_EXE_app-examiner").into(),
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_line_without_a_checkpoint_is_not_called_damaged() {
    let p = Province::new().await;
    // The first line is signed for at once, the next within a minute.
    lines(&p, 1, "10.0.0.9", None).await;
    logs::prove(&p.app, &p.ctx(), 0).await.unwrap();
    lines(&p, 1, "10.0.0.9", None).await;
    let young: Problem = logs::prove(&beside(&p).await, &p.ctx(), 1)
        .await
        .unwrap_err();
    assert_eq!(young.kind, ProblemKind::Unavailable);
    assert!(young.what.en.contains("not under a signed"), "{young}");
    assert!(young.next.en.contains("within a minute"), "{young}");
    // The page shows the line meanwhile, and the writer signs when it is asked.
    logs::line(&beside(&p).await, &p.ctx(), 1).await.unwrap();
    logs::prove(&p.app, &p.ctx(), 1).await.unwrap();
    logs::prove(&beside(&p).await, &p.ctx(), 1).await.unwrap();
    let beyond = logs::prove(&p.app, &p.ctx(), 2).await;
    assert_eq!(refused(beyond), ProblemKind::NotFound);
}
