//! Lines that came before anybody knew whose they are: who registers the sender claims them.

use app::{
    claim::{self, Decision},
    logs::{self, LogClaim, LogQuery},
    registry,
};
use domain::{
    authority::Role,
    claim::ClaimKind,
    id::{Id, OrganizationId},
    problem::ProblemKind,
    record::{Value, Values},
};
use vault::{Batch, Flags, Line, Transport};

use crate::{Province, refused};

/// As the listener takes in a line of `host` that came from `peer`, as that device's or nobody's.
async fn line(p: &Province, peer: &str, host: &str, taken_as: Option<(Id, Id)>) {
    let raw = format!("Nov 20 08:00:00 {host} app: xin chao");
    let mut batch = Batch::new();
    let line = Line {
        received_at_ms: p.clock.now_ms(),
        sent_at_ms: None,
        source: taken_as
            .map(|(device, _)| device.bytes())
            .unwrap_or_default(),
        unit: taken_as.map(|(_, unit)| unit.bytes()).unwrap_or_default(),
        peer: peer.parse().unwrap(),
        transport: Transport::Udp,
        flags: Flags::default(),
        facility: None,
        severity: None,
        host,
        application: "app",
        raw: raw.as_bytes(),
    };
    batch.push(&line).unwrap();
    p.app.logs.vault().unwrap().append(batch).await.unwrap();
}

async fn device(p: &Province, code: &str, unit: &str, more: &[(&str, &str)]) -> Id {
    let mut given = vec![
        ("code", code),
        ("name", code),
        ("organization", unit),
        ("role", "firewall"),
        ("status", "active"),
    ];
    given.extend(more);
    p.add("device", &given).await
}

/// A relay of the centre's unit `TT`.
async fn relay(p: &Province, address: &str) -> Id {
    let given = [
        ("code", "relay"),
        ("name", "relay"),
        ("organization", "TT"),
        ("role", "server"),
        ("status", "active"),
        ("address", address),
    ];
    let given = given.map(|(field, value)| (field.to_owned(), Value::from(value)));
    let mut given: Values = given.into_iter().collect();
    given.insert("relay".into(), Value::Boolean(true));
    registry::save(&p.app, &p.ctx(), "device", None, given)
        .await
        .unwrap()
        .record
        .id
}

async fn indices(p: &Province, ctx: &app::Ctx, query: LogQuery) -> Vec<u64> {
    let page = logs::search(&p.app, ctx, query).await.unwrap();
    let mut found: Vec<u64> = page.rows.iter().map(|r| r.index).collect();
    found.sort_unstable();
    found
}

async fn claims(p: &Province) -> Vec<LogClaim> {
    logs::claims(&p.app, &p.ctx()).await.unwrap()
}

async fn both() -> Vec<Province> {
    let mut all = vec![Province::begun().await];
    all.extend(Province::begun_on_postgres().await);
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_that_came_before_their_sender_was_listed_are_claimed() {
    for p in both().await {
        let unit = p.unit("A", None).await;
        line(&p, "10.6.6.6", "may", None).await;
        line(&p, "10.7.7.7", "may", None).await;
        p.pass(1_500);
        line(&p, "10.6.6.6", "may", None).await;
        p.pass(10);
        let fw = device(&p, "fw", "A", &[("address", "10.6.6.6")]).await;
        // What is still on its way to the listener counts, too.
        line(&p, "10.6.6.6", "may", None).await;
        let officer = p.as_role(Role::Officer, Some(unit));
        assert_eq!(indices(&p, &officer, LogQuery::default()).await, [0, 2, 3]);
        let of_device = LogQuery {
            devices: vec![fw],
            ..LogQuery::default()
        };
        assert_eq!(indices(&p, &p.ctx(), of_device).await, [0, 2, 3]);
        assert_eq!(claims(&p).await.len(), 1);
        // By hand, before the list has it; and only who was heard.
        device(&p, "sw", "A", &[]).await;
        let unheard = logs::adopt(&p.app, &p.ctx(), "10.8.8.8", "sw").await;
        assert_eq!(refused(unheard), ProblemKind::NotFound);
        logs::adopt(&p.app, &p.ctx(), "10.7.7.7", "sw")
            .await
            .unwrap();
        assert_eq!(
            indices(&p, &officer, LogQuery::default()).await,
            [0, 1, 2, 3]
        );
        assert_eq!(claims(&p).await.len(), 2, "each once");
        p.pass(120_000);
        logs::reconcile(&p.app).await.unwrap();
        let mut counted: Vec<i64> = claims(&p).await.iter().map(|c| c.lines).collect();
        counted.sort_unstable();
        assert_eq!(counted, [1, 3]);
        // Long after, another device of that address has none of them.
        p.pass(3_600_000);
        device(&p, "late", "A", &[("address", "10.9.9.9")]).await;
        assert_eq!(claims(&p).await.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_adopted_whole_or_not_at_all() {
    for p in both().await {
        p.unit("A", None).await;
        device(&p, "fw", "A", &[]).await;
        line(&p, "10.6.6.6", "may", None).await;
        p.pass(1_500);
        let rename = async |from: &str, to: &str| {
            let mut tx = p.app.db.begin().await.unwrap();
            let sql = format!("ALTER TABLE {from} RENAME TO {to}");
            tx.execute("rename", &sql, &[]).await.unwrap();
            tx.commit().await.unwrap();
        };
        let stands = async || {
            let fw = registry::get(&p.app, &p.ctx(), "device", "fw").await;
            let fw = fw.unwrap();
            let address = fw.text("address").to_owned();
            let granted = claim::of_record(&p.app, &p.ctx(), fw.id).await.unwrap();
            let last = store::journal::last(&p.app.db).await.unwrap();
            (fw.version, address, granted.len(), last)
        };
        let before = stands().await;
        // The last that it writes cannot be written.
        rename("log_claim", "log_claim_away").await;
        let adopted = logs::adopt(&p.app, &p.ctx(), "10.6.6.6", "fw").await;
        adopted.unwrap_err();
        rename("log_claim_away", "log_claim").await;
        assert_eq!(stands().await, before);
        logs::adopt(&p.app, &p.ctx(), "10.6.6.6", "fw")
            .await
            .unwrap();
        let (version, address, granted, last) = stands().await;
        assert_eq!((version, address.as_str(), granted), (2, "10.6.6.6", 1));
        assert_eq!(last, before.3 + 3, "the record, its claim and its lines");
        assert_eq!(claims(&p).await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_registered_later_claims_its_lines_behind_the_relay() {
    for p in both().await {
        let centre = p.unit("TT", None).await;
        let (a, b) = (p.unit("A", None).await, p.unit("B", None).await);
        let relay = relay(&p, "10.1.0.1").await;
        let taken_as = Some((relay, centre));
        for host in ["fw-a", "sw-b", "FW-A", "relay", "other", "MÁY-Đ"] {
            line(&p, "10.1.0.1", host, taken_as).await;
        }
        let kept = logs::line(&p.app, &p.ctx(), 0).await.unwrap();
        p.pass(86_400_000);
        // The same name through another way is not meant.
        line(&p, "10.1.0.2", "fw-a", None).await;
        let of = |unit| p.as_role(Role::Officer, Some(unit));
        let fw = device(&p, "fw", "A", &[("log_name", "fw-a")]).await;
        assert_eq!(indices(&p, &of(a), LogQuery::default()).await, [0, 2]);
        assert_eq!(
            logs::line(&p.app, &of(a), 0).await.unwrap(),
            kept,
            "the line itself is as it was"
        );
        let all = claims(&p).await;
        let claim = logs::claim_of(&all, &kept).expect("it is claimed");
        assert_eq!((claim.device, claim.host.as_deref()), (fw, Some("fw-a")));
        let of_unit = LogQuery {
            unit: Some(OrganizationId(a)),
            ..LogQuery::default()
        };
        assert_eq!(indices(&p, &p.ctx(), of_unit).await, [0, 2]);
        // A unit's own word claims nothing; the centre's does.
        let wish = [
            ("code", "sw"),
            ("name", "sw"),
            ("organization", "B"),
            ("role", "switch"),
            ("status", "active"),
            ("log_name", "sw-b"),
        ];
        p.try_add(&of(b), "device", &wish).await.unwrap();
        assert_eq!(indices(&p, &of(b), LogQuery::default()).await, [0u64; 0]);
        let value = (ClaimKind::LogName, "sw-b");
        let unit = OrganizationId(b);
        claim::decide(&p.app, &p.ctx(), value, unit, Decision::Grant, "")
            .await
            .unwrap();
        assert_eq!(indices(&p, &of(b), LogQuery::default()).await, [1]);
        // Once the time is over they are counted for good, and facts have them.
        p.pass(120_000);
        logs::reconcile(&p.app).await.unwrap();
        let mut counted: Vec<(i64, i64)> = (claims(&p).await.iter())
            .map(|c| (c.lines, c.to_at - c.claimed_at))
            .collect();
        counted.sort_unstable();
        assert_eq!(counted, [(1, 60_000), (2, 60_000)]);
        let claim = claims(&p)
            .await
            .into_iter()
            .find(|c| c.device == fw)
            .unwrap();
        logs::end_claim(&p.app, &p.ctx(), claim.id).await.unwrap();
        assert_eq!(indices(&p, &of(a), LogQuery::default()).await, [0u64; 0]);
        assert_eq!(indices(&p, &of(centre), LogQuery::default()).await.len(), 6);
        // A name in Vietnamese is one in any case, too.
        device(&p, "may", "A", &[("log_name", "máy-đ")]).await;
        assert_eq!(indices(&p, &of(a), LogQuery::default()).await, [5]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_registered_last_has_its_lines_from_before_the_relay_was_known() {
    for p in both().await {
        let centre = p.unit("TT", None).await;
        let a = p.unit("A", None).await;
        // First a stranger's, then said to be the relay's, then taken in as the relay's.
        line(&p, "10.1.0.1", "fw-a", None).await;
        line(&p, "10.1.0.1", "other", None).await;
        p.pass(1_000);
        let relay = relay(&p, "10.1.0.1").await;
        p.pass(86_400_000);
        line(&p, "10.1.0.1", "fw-a", Some((relay, centre))).await;
        line(&p, "10.1.0.1", "other", Some((relay, centre))).await;
        let of = |unit: Id| LogQuery {
            unit: Some(OrganizationId(unit)),
            ..LogQuery::default()
        };
        let from = |device: Id| LogQuery {
            devices: vec![device],
            ..LogQuery::default()
        };
        assert_eq!(indices(&p, &p.ctx(), of(centre)).await, [0, 1, 2, 3]);
        let fw = device(&p, "fw", "A", &[("log_name", "fw-a")]).await;
        let officer = p.as_role(Role::Officer, Some(a));
        for (ctx, query, lines) in [
            (&officer, LogQuery::default(), [0, 2]),
            (&p.ctx(), of(a), [0, 2]),
            (&p.ctx(), from(fw), [0, 2]),
            // What is another's now comes no longer for whom it was taken in as.
            (&p.ctx(), of(centre), [1, 3]),
            (&p.ctx(), from(relay), [1, 3]),
        ] {
            assert_eq!(indices(&p, ctx, query).await, lines);
        }
        p.app.logs.vault().unwrap().seal().await.unwrap();
        assert_eq!(indices(&p, &p.ctx(), of(centre)).await, [1, 3], "sealed");
        assert_eq!(indices(&p, &p.ctx(), of(a)).await, [0, 2], "sealed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_registered_later_leaves_the_named_their_lines() {
    for p in both().await {
        p.unit("TT", None).await;
        let a = p.unit("A", None).await;
        let fw = device(&p, "fw", "A", &[("log_name", "fw-a")]).await;
        line(&p, "10.1.0.1", "fw-a", None).await;
        line(&p, "10.1.0.1", "other", None).await;
        p.pass(1_000);
        let relay = relay(&p, "10.1.0.1").await;
        let officer = p.as_role(Role::Officer, Some(a));
        assert_eq!(indices(&p, &officer, LogQuery::default()).await, [0]);
        let all = claims(&p).await;
        for (index, device) in [(0, fw), (1, relay)] {
            let line = logs::line(&p.app, &p.ctx(), index).await.unwrap();
            let claim = logs::claim_of(&all, &line).expect("it is claimed");
            assert_eq!(claim.device, device);
        }
    }
}

#[tokio::test]
async fn lines_without_a_severity_and_with_flags_are_found_as_such() {
    let p = Province::begun().await;
    line(&p, "10.6.6.6", "bare", None).await;
    let mut batch = Batch::new();
    for (severity, flags) in [
        (Some(3), Flags::ZONE_UNKNOWN),
        (Some(7), Flags::CUT.with(Flags::ZONE_UNKNOWN)),
    ] {
        let line = Line {
            received_at_ms: p.clock.now_ms(),
            sent_at_ms: None,
            source: [0; 16],
            unit: [0; 16],
            peer: "10.6.6.6".parse().unwrap(),
            transport: Transport::Tcp,
            flags,
            facility: Some(1),
            severity,
            host: "",
            application: "",
            raw: b"x",
        };
        batch.push(&line).unwrap();
    }
    p.app.logs.vault().unwrap().append(batch).await.unwrap();
    let severity = |max_severity, no_severity| LogQuery {
        max_severity,
        no_severity,
        ..LogQuery::default()
    };
    let flags = |flags| LogQuery {
        flags,
        ..LogQuery::default()
    };
    for (query, wanted) in [
        (LogQuery::default(), &[0u64, 1, 2][..]),
        (severity(None, true), &[0]),
        (severity(Some(7), false), &[1, 2]),
        (severity(Some(3), false), &[1]),
        (flags(Flags::ZONE_UNKNOWN), &[1, 2]),
        (flags(Flags::CUT), &[2]),
        (flags(Flags::TRUNCATED), &[]),
    ] {
        let found = indices(&p, &p.ctx(), query.clone()).await;
        assert_eq!(found, wanted, "{query:?}");
    }
}
