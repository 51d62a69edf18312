//! Logs: whose lines they are, who finds them, when they can be proved.

use app::{
    App, AppConfig,
    logs::{self, LogQuery},
};
use domain::{
    authority::Role,
    id::{Id, OrganizationId},
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
            facility: Some(1),
            severity: Some(5),
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
        peer: Some(domain::net::Prefix::or_address(peer).unwrap()),
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

/// As the listener does with a sender that is not registered.
async fn stranger(p: &Province, peer: &str, lines: i64) {
    let sender = logs::UnknownSender {
        peer: peer.into(),
        first_at: p.clock.now_ms() - 5_000,
        last_at: p.clock.now_ms(),
        lines,
        sample: "<13>may app: dong".into(),
    };
    let mut tx = p.app.db.begin().await.unwrap();
    store::log_source::save_unknown(&mut tx, &[sender])
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// Lines and first arrival of the only device, as checks read them.
async fn fact(p: &Province) -> (Option<i64>, Option<i64>) {
    let sql = "SELECT lines, first_received_at FROM fact_log_source";
    let rows = p.app.db.fetch("fact", sql, &[]).await.unwrap();
    assert_eq!(rows.len(), 1);
    (
        rows[0].opt_int("lines").unwrap(),
        rows[0].opt_int("first_received_at").unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_adoption_claims_the_earlier_lines_and_can_be_taken_back() {
    for p in [
        Some(Province::begun().await),
        Province::begun_on_postgres().await,
    ] {
        let Some(p) = p else { continue };
        let unit = p.unit("A", None).await;
        let other = p.unit("B", None).await;
        let given = [
            ("code", "fw"),
            ("name", "fw"),
            ("organization", "A"),
            ("role", "firewall"),
            ("status", "active"),
        ];
        let device = p.add("device", &given).await;
        lines(&p, 2, "10.6.6.6", None).await;
        lines(&p, 1, "10.7.7.7", None).await;
        let sent_at = p.clock.now_ms();
        let tree = logs::line(&p.app, &p.ctx(), 0).await.unwrap();
        stranger(&p, "10.6.6.6", 2).await;
        p.pass(3_600_000);
        let officer = p.as_role(Role::Officer, Some(unit));
        let foreign = p.as_role(Role::Officer, Some(other));
        let of_unit = LogQuery {
            unit: Some(OrganizationId(unit)),
            ..LogQuery::default()
        };
        let of_device = LogQuery {
            devices: vec![device],
            ..LogQuery::default()
        };
        let count = async |ctx: &app::Ctx, query: &LogQuery| {
            let page = logs::search(&p.app, ctx, query.clone()).await.unwrap();
            page.rows.len()
        };
        assert_eq!(count(&officer, &LogQuery::default()).await, 0);
        logs::adopt(&p.app, &p.ctx(), "10.6.6.6", "fw")
            .await
            .unwrap();
        assert_eq!(
            logs::unknown_senders(&p.app, &p.ctx(), 0, 9).await.unwrap(),
            []
        );
        // The unit finds them, by device and by itself; nobody else does.
        for query in [
            &LogQuery::default(),
            &of_unit,
            &of_device,
            &from("10.6.6.6"),
        ] {
            assert_eq!(count(&officer, query).await, 2, "{query:?}");
            assert_eq!(count(&foreign, query).await, 0, "{query:?}");
        }
        assert_eq!(count(&p.ctx(), &of_device).await, 2);
        assert_eq!(count(&officer, &from("10.7.7.7")).await, 0);
        let line = logs::line(&p.app, &officer, 0).await.unwrap();
        assert_eq!(line, tree, "the line itself is as it was");
        logs::prove(&p.app, &officer, 1).await.unwrap();
        let strangers = logs::line(&p.app, &officer, 2).await;
        assert_eq!(refused(strangers), ProblemKind::NotFound);
        let claims = logs::claims(&p.app, &officer).await.unwrap();
        let claim = logs::claim_of(&claims, &line).expect("it is claimed");
        assert_eq!(claim.device, device);
        assert_eq!(logs::claims(&p.app, &foreign).await.unwrap(), []);
        // Checks count them.
        assert_eq!(fact(&p).await, (None, None));
        logs::reconcile(&p.app).await.unwrap();
        assert_eq!(fact(&p).await, (Some(2), Some(sent_at)));
        // What the stranger sends much later is not claimed by the way.
        p.pass(3_600_000);
        lines(&p, 1, "10.6.6.6", None).await;
        logs::reconcile(&p.app).await.unwrap();
        assert_eq!(fact(&p).await, (Some(2), Some(sent_at)));
        assert_eq!(count(&officer, &of_device).await, 2);
        // Taken back, by the centre alone, they are nobody's.
        let denied = logs::end_claim(&p.app, &officer, claim.id).await;
        assert_eq!(refused(denied), ProblemKind::Denied);
        logs::end_claim(&p.app, &p.ctx(), claim.id).await.unwrap();
        assert_eq!(count(&officer, &LogQuery::default()).await, 0);
        let gone = logs::line(&p.app, &officer, 0).await;
        assert_eq!(refused(gone), ProblemKind::NotFound);
        assert_eq!(fact(&p).await, (None, None));
        let again = logs::end_claim(&p.app, &p.ctx(), claim.id).await;
        assert_eq!(refused(again), ProblemKind::NotFound);
        assert!(p.journal().await.contains("log-claim"));
    }
}

#[tokio::test]
async fn the_address_of_another_unit_is_not_adopted_by_the_way() {
    let p = Province::begun().await;
    p.unit("A", None).await;
    p.unit("B", None).await;
    let device = |code: &'static str, unit: &'static str, address: &'static str| {
        [
            ("code", code),
            ("name", code),
            ("organization", unit),
            ("role", "firewall"),
            ("status", "active"),
            ("address", address),
        ]
    };
    p.add("device", &device("fw-b", "B", "10.2.0.1")).await;
    p.add("device", &device("fw-a", "A", "10.1.0.1")).await;
    stranger(&p, "10.2.0.1", 1).await;
    let taken = logs::adopt(&p.app, &p.ctx(), "10.2.0.1", "fw-a").await;
    let problem = taken.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Conflict);
    assert!(problem.what.vi.contains('B'), "{problem:?}");
    let kept = app::registry::get(&p.app, &p.ctx(), "device", "fw-a")
        .await
        .unwrap();
    assert_eq!(kept.text("address"), "10.1.0.1");
    // A device that the centre registers from the list has the earlier lines too.
    stranger(&p, "10.9.0.1", 1).await;
    p.add("device", &device("new", "A", "10.9.0.1")).await;
    assert_eq!(logs::claims(&p.app, &p.ctx()).await.unwrap().len(), 1);
    // One that a unit registers has not: who sent from there before is not the unit's to say.
    p.add(
        "prefix",
        &[
            ("cidr", "10.5.0.0/16"),
            ("purpose", "LAN"),
            ("organization", "A"),
        ],
    )
    .await;
    stranger(&p, "10.5.0.1", 1).await;
    let unit = app::registry::get(&p.app, &p.ctx(), "organization", "A")
        .await
        .unwrap();
    let officer = p.as_role(Role::Officer, Some(unit.id));
    p.try_add(&officer, "device", &device("own", "A", "10.5.0.1"))
        .await
        .unwrap();
    assert_eq!(logs::claims(&p.app, &p.ctx()).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_is_kept_since_its_oldest_line_that_can_be_read() {
    for p in [
        Some(Province::begun().await),
        Province::begun_on_postgres().await,
    ] {
        let Some(p) = p else { continue };
        p.unit("A", None).await;
        let given = [
            ("code", "fw"),
            ("name", "fw"),
            ("organization", "A"),
            ("role", "firewall"),
            ("status", "active"),
        ];
        let device = p.add("device", &given).await;
        lines(&p, 1, "10.0.0.9", Some(device)).await;
        let oldest = p.clock.now_ms();
        logs::reconcile(&p.app).await.unwrap();
        p.pass(60_000);
        lines(&p, 1, "10.0.0.9", Some(device)).await;
        logs::reconcile(&p.app).await.unwrap();
        // The line that was noted first is there: nothing moves.
        assert_eq!(logs::kept(&p.app).await.unwrap(), None);
        assert_eq!(fact(&p).await, (Some(2), Some(oldest)));
        // The table tells of a line that the vault does not hold (any more).
        let mut tx = p.app.db.begin().await.unwrap();
        let long_ago = oldest - 200 * 86_400_000;
        store::log_source::kept_since(&mut tx, device, long_ago)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert!(logs::kept(&p.app).await.unwrap().is_some());
        assert_eq!(fact(&p).await, (Some(2), Some(oldest)));
    }
}

#[tokio::test]
async fn a_clock_that_was_ahead_once_does_not_say_when_a_device_sent_last() {
    const MONTH: i64 = 30 * 86_400_000;
    let p = Province::begun().await;
    p.unit("A", None).await;
    let given = [
        ("code", "fw"),
        ("name", "fw"),
        ("organization", "A"),
        ("role", "firewall"),
        ("status", "active"),
    ];
    let device = p.add("device", &given).await;
    let times = async || {
        logs::reconcile(&p.app).await.unwrap();
        let all = store::log_source::all(&p.app.db).await.unwrap();
        (all[0].first_received_at, all[0].last_received_at)
    };
    let now = p.clock.now_ms();
    p.pass(MONTH);
    lines(&p, 1, "10.0.0.9", Some(device)).await;
    assert_eq!(times().await, (now + MONTH, now + MONTH));
    p.pass(-MONTH);
    lines(&p, 1, "10.0.0.9", Some(device)).await;
    assert_eq!(times().await, (now, now));
    // Opened again, the vault knows only the latest time of what is sealed.
    p.app.logs.vault().unwrap().seal().await.unwrap();
    let again = beside(&p).await;
    let vault = again.logs.reader().unwrap();
    let told = vault.source(&device.bytes()).unwrap().last_received_ms;
    assert_eq!(told, now + MONTH);
    assert_eq!(times().await, (now, now));
}
