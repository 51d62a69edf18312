//! Targets, states, transitions, availability, alarms, and who sends logs.

use domain::{
    id::{Id, OrganizationId, TargetId},
    label::Label,
    record::{Record, Value},
};
use store::{Db, alarm, log_source, standing::Standing, target::*};

use crate::{NOW, all, below, insert, organization, record};

crate::on_both!(
    targets_and_their_parents,
    states_and_transitions,
    availability_adds_up,
    days_that_have_yet_to_come_become_today,
    who_is_retired_keeps_its_months,
    ways_and_lines,
    alarms_are_raised_and_cleared,
    alarms_about_the_program_itself,
    senders_known_and_unknown,
);

fn site(code: &str, owner: Id, address: Option<&str>, parent: Option<Id>) -> Record {
    record(&[
        ("code", code.into()),
        ("name", code.into()),
        ("organization", owner.into()),
        (
            "class",
            if code == "hub" { "hub" } else { "standard" }.into(),
        ),
        ("status", "active".into()),
        ("address", address.map_or(Value::Null, Value::from)),
        ("parent", parent.map_or(Value::Null, Value::from)),
        ("latitude", Value::Decimal(10.25)),
    ])
}

async fn targets_and_their_parents(db: &Db) {
    let unit = organization(db, "U", "U", None).await;
    let telecom = organization(db, "VNPT", "VNPT", None).await;
    let hub = site("hub", unit, Some("10.0.0.1"), None);
    let near = site("near", unit, Some("10.0.1.1"), Some(hub.id));
    let dark = site("dark", unit, None, Some(hub.id));
    insert(db, "site", std::slice::from_ref(&hub))
        .await
        .unwrap();
    insert(db, "site", &[near.clone(), dark.clone()])
        .await
        .unwrap();
    let circuit = record(&[
        ("code", "k1".into()),
        ("organization", unit.into()),
        ("provider", telecom.into()),
        ("a_site", near.id.into()),
        ("z_site", hub.id.into()),
        ("address", "10.0.1.254".into()),
        ("status", "active".into()),
    ]);
    insert(db, "circuit", std::slice::from_ref(&circuit))
        .await
        .unwrap();
    let device = |code: &str, probe: Value, status: &str| {
        record(&[
            ("code", code.into()),
            ("name", code.into()),
            ("organization", telecom.into()),
            ("site", near.id.into()),
            ("role", "server".into()),
            ("status", status.into()),
            ("address", "10.0.1.9".into()),
            ("probe", probe),
        ])
    };
    let watched = device("web", "tcp:443".into(), "active");
    let devices = [
        watched.clone(),
        device("quiet", Value::Null, "active"),
        device("old", "icmp".into(), "retired"),
    ];
    insert(db, "device", &devices).await.unwrap();
    let rows = list(db, &all()).await.unwrap();
    let shown: Vec<_> = rows
        .iter()
        .map(|r| {
            (
                r.subject.as_str(),
                r.noun.as_str(),
                r.probe.as_str(),
                r.parents.clone(),
            )
        })
        .collect();
    let t = |r: &Record| vec![TargetId(r.id)];
    assert_eq!(
        shown,
        [
            ("hub", "site", "icmp", vec![]),
            ("k1", "circuit", "icmp", t(&hub)),
            ("near", "site", "icmp", t(&circuit)),
            ("web", "device", "tcp:443", t(&near)),
        ]
    );
    assert!(
        rows.iter()
            .all(|r| r.state == "no_data" && r.since_at.is_none())
    );
    assert_eq!(
        rows[1].latitude,
        Some(10.25),
        "a circuit lies where its A end lies"
    );
    assert_eq!(
        list(db, &below(OrganizationId(telecom)))
            .await
            .unwrap()
            .len(),
        1
    );

    // Read once for all, it is handed to each as SQL hands it.
    let standing = Standing::load(db, &all()).await.unwrap();
    let nobody = OrganizationId(Id::NIL);
    for scope in [
        all(),
        below(OrganizationId(telecom)),
        below(OrganizationId(unit)),
        below(nobody),
    ] {
        let told = list(db, &scope).await.unwrap();
        let kept: Vec<TargetRow> = standing
            .within(&scope)
            .iter()
            .map(|t| (**t).clone())
            .collect();
        assert_eq!(kept, told);
        for row in &rows {
            assert_eq!(standing.get(&scope, row.id).is_some(), told.contains(row));
        }
    }
}

async fn states_and_transitions(db: &Db) {
    let unit = organization(db, "U", "U", None).await;
    let hub = site("hub", unit, Some("10.0.0.1"), None);
    insert(db, "site", std::slice::from_ref(&hub))
        .await
        .unwrap();
    let target = TargetId(hub.id);
    let turn = |at: i64, from: &str, to: &str| Transition {
        target,
        at,
        from: from.into(),
        to: to.into(),
    };
    let state = |state: &str, at| StateRow {
        target,
        state: state.into(),
        since_at: at,
        last_sample_at: Some(at + 1),
        rtt_us: None,
        counted_at: Some(at),
    };
    let turns = [turn(NOW, "no_data", "up"), turn(NOW + 9, "up", "down")];
    let mut tx = db.begin().await.unwrap();
    save_transitions(&mut tx, &turns).await.unwrap();
    save_transitions(&mut tx, &turns).await.unwrap();
    save_states(&mut tx, &[state("up", NOW)], NOW)
        .await
        .unwrap();
    save_states(&mut tx, &[state("down", NOW + 9)], NOW)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let latest = transitions(db, target, NOW, 10).await.unwrap();
    assert_eq!(latest, [turns[1].clone(), turns[0].clone()]);
    assert_eq!(
        transitions(db, target, NOW + 1, 10).await.unwrap(),
        turns[1..]
    );
    let row = &list(db, &all()).await.unwrap()[0];
    assert_eq!((row.state.as_str(), row.since_at), ("down", Some(NOW + 9)));
    assert_eq!((row.last_sample_at, row.rtt_us), (Some(NOW + 10), None));
}

async fn availability_adds_up(db: &Db) {
    let unit = organization(db, "U", "U", None).await;
    let hub = site("hub", unit, Some("10.0.0.1"), None);
    insert(db, "site", std::slice::from_ref(&hub))
        .await
        .unwrap();
    let day = |day: &str, up: i64, rtt: Option<i64>| AvailabilityRow {
        target: hub.id.to_string(),
        period: day.into(),
        up_ms: up,
        down_ms: 86_400_000 - up,
        samples: 10,
        lost: 1,
        rtt_min_us: rtt,
        rtt_sum_us: rtt.unwrap_or(0),
        rtt_max_us: rtt,
        until_ms: NOW,
        accounting: ACCOUNTING,
        ..AvailabilityRow::default()
    };
    let more = |up_ms: i64, down_ms: i64, rtt: Option<i64>| AvailabilityRow {
        up_ms,
        down_ms,
        samples: 1,
        lost: 0,
        until_ms: NOW - 1,
        ..day("2026-11-01", 0, rtt)
    };
    let mut tx = db.begin().await.unwrap();
    let days_of = [
        day("2026-10-31", 5, None),
        day("2026-11-01", 80_000_000, Some(900)),
        day("2026-11-02", 80_000_000, Some(400)),
    ];
    add_days(&mut tx, &days_of).await.unwrap();
    // What comes later is added to it, and may be of an earlier moment: the clock was set back.
    let later = [more(5_000_000, 100_000, Some(1_200))];
    add_days(&mut tx, &later).await.unwrap();
    tx.commit().await.unwrap();
    let id = TargetId(hub.id);
    let of = days(db, Some(id), "2026-11-01", "2026-11-30")
        .await
        .unwrap();
    assert_eq!(
        of,
        [
            AvailabilityRow {
                up_ms: 85_000_000,
                down_ms: 6_500_000,
                samples: 11,
                rtt_sum_us: 2_100,
                rtt_max_us: Some(1_200),
                ..day("2026-11-01", 0, Some(900))
            },
            day("2026-11-02", 80_000_000, Some(400))
        ]
    );
    assert_eq!(
        days(db, None, "2026-10-31", "2026-10-31")
            .await
            .unwrap()
            .len(),
        1
    );
    let sum = month(db, &all(), "2026-11").await.unwrap();
    assert_eq!(sum.len(), 1);
    assert_eq!(
        (sum[0].up_ms, sum[0].down_ms, sum[0].samples, sum[0].lost),
        (165_000_000, 12_900_000, 21, 2)
    );
    assert_eq!(
        (sum[0].rtt_min_us, sum[0].rtt_sum_us, sum[0].rtt_max_us),
        (Some(400), 2_500, Some(1_200))
    );
    assert_eq!(months(db, &all(), id, 1).await.unwrap()[0], sum[0]);
    assert_eq!(months(db, &all(), id, 9).await.unwrap().len(), 2);
    let facts = db
        .fetch_one(
            "facts",
            "SELECT up_ms, down_ms, no_data_ms FROM fact_availability WHERE month = '2026-11'",
            &[],
        )
        .await
        .unwrap()
        .unwrap();
    assert_eq!(facts.int("up_ms").unwrap(), 165_000_000);
    assert_eq!(facts.int("no_data_ms").unwrap(), 0);
}

async fn days_that_have_yet_to_come_become_today(db: &Db) {
    let day = |target: Id, day: &str, up_ms, no_data_ms| AvailabilityRow {
        target: target.to_string(),
        period: day.into(),
        up_ms,
        no_data_ms,
        until_ms: NOW + 9,
        accounting: ACCOUNTING,
        ..AvailabilityRow::default()
    };
    let (one, gone) = (Id::new(NOW), Id::new(NOW));
    let mut tx = db.begin().await.unwrap();
    // NOW is on 20 November.
    let rows = [
        day(one, "2026-11-19", 1, 0),
        day(one, "2026-11-20", 2, 0),
        day(one, "2026-11-21", 3, 70),
        day(one, "2027-01-02", 4, 70),
        day(gone, "2026-12-01", 0, 70),
    ];
    add_days(&mut tx, &rows).await.unwrap();
    tx.commit().await.unwrap();
    assert!(!is_known(db, NOW).await.unwrap());
    organization(db, "U", "U", None).await;
    assert!(!is_known(db, NOW - 1).await.unwrap() && is_known(db, NOW).await.unwrap());
    assert!(lies_ahead(db, NOW).await.unwrap());
    let mut tx = db.begin().await.unwrap();
    bring_back(&mut tx, NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert!(!lies_ahead(db, NOW).await.unwrap());
    let left = days(db, None, "2000-01-01", "2099-01-01").await.unwrap();
    let told: Vec<_> = (left.iter())
        .map(|d| (&*d.period, d.up_ms, d.no_data_ms, d.until_ms))
        .collect();
    let now = ("2026-11-20", 9, 0, NOW);
    assert_eq!(told, [("2026-11-19", 1, 0, NOW + 9), now]);
}

async fn who_is_retired_keeps_its_months(db: &Db) {
    let unit = organization(db, "U", "U", None).await;
    let hub = site("hub", unit, Some("10.0.0.1"), None);
    insert(db, "site", std::slice::from_ref(&hub))
        .await
        .unwrap();
    let mut tx = db.begin().await.unwrap();
    let row = AvailabilityRow {
        target: hub.id.to_string(),
        period: "2026-11-02".into(),
        up_ms: 7,
        ..AvailabilityRow::default()
    };
    add_days(&mut tx, &[row]).await.unwrap();
    tx.commit().await.unwrap();
    let status = async || {
        let sql = "SELECT up_ms, status FROM fact_availability WHERE month = '2026-11'";
        let row = db.fetch_one("facts", sql, &[]).await.unwrap().unwrap();
        (row.int("up_ms").unwrap(), row.text("status").unwrap())
    };
    assert_eq!(status().await, (7, "active".to_owned()));
    let retire = "UPDATE site SET status = 'retired' WHERE id = $1";
    db.execute("site", retire, &store::args![hub.id])
        .await
        .unwrap();
    assert_eq!(status().await, (7, "ended".to_owned()));
    let id = TargetId(hub.id);
    assert_eq!(month(db, &all(), "2026-11").await.unwrap()[0].up_ms, 7);
    assert_eq!(months(db, &all(), id, 9).await.unwrap()[0].up_ms, 7);
    let strangers = below(OrganizationId(Id::NIL));
    assert_eq!(months(db, &strangers, id, 9).await.unwrap(), []);
    assert_eq!(list(db, &all()).await.unwrap(), []);
}

/// Two lines to a site, one of which is not probed; and sites that are not probed between.
async fn ways_and_lines(db: &Db) {
    let unit = organization(db, "U", "U", None).await;
    let telecom = organization(db, "VNPT", "VNPT", None).await;
    let hub = site("hub", unit, Some("10.0.0.1"), None);
    let dark = site("dark", unit, None, Some(hub.id));
    let two = site("two", unit, Some("10.0.2.1"), Some(dark.id));
    let far = site("far", unit, Some("10.0.3.1"), Some(dark.id));
    for site in [&hub, &dark, &two, &far] {
        insert(db, "site", std::slice::from_ref(site))
            .await
            .unwrap();
    }
    let line = |code: &str, address: Option<&str>, a: Id, z: Id| {
        record(&[
            ("code", code.into()),
            ("organization", unit.into()),
            ("provider", telecom.into()),
            ("contract", "HD-1".into()),
            ("a_site", a.into()),
            ("z_site", z.into()),
            ("address", address.map_or(Value::Null, Value::from)),
            ("status", "active".into()),
        ])
    };
    let lines = [
        line("k1", Some("10.0.2.254"), two.id, hub.id),
        line("k2", Some("10.0.2.253"), two.id, dark.id),
        line("k3", None, two.id, hub.id),
        line("loop", Some("10.0.9.9"), far.id, far.id),
    ];
    insert(db, "circuit", &lines).await.unwrap();
    let rows = list(db, &all()).await.unwrap();
    let of = |subject: &str| rows.iter().find(|r| r.subject == subject).unwrap();
    let id = |r: &Record| TargetId(r.id);
    let mut before = of("two").parents.clone();
    before.sort_unstable();
    let mut expected = vec![id(&lines[0]), id(&lines[1]), id(&hub)];
    expected.sort_unstable();
    assert_eq!(before, expected);
    assert_eq!(of("k1").parents, [id(&hub)]);
    assert_eq!(
        of("k2").parents,
        [id(&hub)],
        "what is not probed is looked through"
    );
    assert_eq!(of("loop").parents, []);
    let links: Vec<_> = of("two").links.iter().map(|l| l.code.as_str()).collect();
    assert_eq!(links, ["k1", "k2", "k3"]);
    assert_eq!(of("k1").links[0].contract.as_deref(), Some("HD-1"));
    assert!(!of("two").degraded);
    let state = |target, state: &str| StateRow {
        target,
        state: state.into(),
        since_at: NOW,
        last_sample_at: None,
        rtt_us: None,
        counted_at: None,
    };
    let mut tx = db.begin().await.unwrap();
    let states = [
        state(id(&two), "up"),
        state(id(&lines[0]), "down"),
        state(id(&lines[1]), "up"),
    ];
    save_states(&mut tx, &states, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let rows = list(db, &all()).await.unwrap();
    let degraded: Vec<_> = rows
        .iter()
        .filter(|r| r.degraded)
        .map(|r| r.subject.as_str())
        .collect();
    assert_eq!(degraded, ["two"]);
}

async fn alarms_are_raised_and_cleared(db: &Db) {
    let unit = organization(db, "U", "U", None).await;
    let other = organization(db, "V", "V", None).await;
    let raised = alarm::Alarm {
        id: Id::new(NOW),
        target: TargetId(Id::new(NOW)),
        organization: Some(OrganizationId(unit)),
        state: "down".into(),
        subject: None,
        said: None,
        raised_at: NOW,
        cleared_at: None,
        outage: None,
        lasted_ms: None,
        behind: vec![TargetId(Id::new(NOW)), TargetId(Id::new(NOW))],
        acknowledged_at: None,
        acknowledged_by: None,
    };
    let save = async |alarm: &alarm::Alarm| {
        let mut tx = db.begin().await.unwrap();
        alarm::save(&mut tx, alarm).await.unwrap();
        tx.commit().await.unwrap();
    };
    save(&raised).await;
    assert_eq!(
        alarm::get(db, &all(), raised.id).await.unwrap(),
        Some(raised.clone())
    );
    assert_eq!(
        alarm::get(db, &below(OrganizationId(other)), raised.id)
            .await
            .unwrap(),
        None
    );
    let taken = alarm::Alarm {
        acknowledged_at: Some(NOW + 1),
        acknowledged_by: Some("trực ban".into()),
        ..raised.clone()
    };
    save(&taken).await;
    // The watch, which knows nothing of the acknowledgement, does not undo it.
    save(&alarm::Alarm {
        cleared_at: Some(NOW + 9),
        behind: Vec::new(),
        ..raised.clone()
    })
    .await;
    let read = alarm::get(db, &all(), raised.id).await.unwrap().unwrap();
    assert_eq!(read.acknowledged_by.as_deref(), Some("trực ban"));

    assert_eq!((read.cleared_at, read.behind.len()), (Some(NOW + 9), 0));
    assert_eq!(alarm::list(db, &all(), false, 10).await.unwrap(), []);
    assert_eq!(alarm::list(db, &all(), true, 10).await.unwrap(), [read]);
}

/// The province's alone, and one open for each cause.
async fn alarms_about_the_program_itself(db: &Db) {
    let other = organization(db, "V", "V", None).await;
    let save = async |alarm: &alarm::Alarm| {
        let mut tx = db.begin().await.unwrap();
        alarm::save(&mut tx, alarm).await.unwrap();
        tx.commit().await.unwrap();
    };
    let own = alarm::Alarm {
        id: Id::new(NOW + 10),
        target: TargetId(Id::NIL),
        organization: None,
        state: "disk-low".into(),
        subject: Some("/data".into()),
        said: Some(alarm::Said {
            what: Label::new("Sắp đầy đĩa", "The disk is nearly full"),
            next: Label::new("Dọn đĩa", "Make room"),
        }),
        raised_at: NOW,
        cleared_at: None,
        outage: None,
        lasted_ms: None,
        behind: Vec::new(),
        acknowledged_at: None,
        acknowledged_by: None,
    };
    save(&own).await;
    let open = async || {
        let open = alarm::open_system(db, "disk-low", "/data").await;
        open.unwrap()
    };
    assert_eq!(open().await, Some(own.clone()));
    assert_eq!(
        alarm::get(db, &below(OrganizationId(other)), own.id)
            .await
            .unwrap(),
        None
    );
    let second = alarm::Alarm {
        id: Id::new(NOW + 11),
        ..own.clone()
    };
    let mut tx = db.begin().await.unwrap();
    assert!(alarm::save(&mut tx, &second).await.is_err());
    drop(tx);
    save(&alarm::Alarm {
        cleared_at: Some(NOW + 12),
        ..own.clone()
    })
    .await;
    assert_eq!(open().await, None);
    save(&second).await;
    assert_eq!(open().await, Some(second));
}

async fn senders_known_and_unknown(db: &Db) {
    let unit = organization(db, "U", "U", None).await;
    let device = record(&[
        ("code", "fw".into()),
        ("name", "fw".into()),
        ("organization", unit.into()),
        ("role", "firewall".into()),
        ("status", "active".into()),
        ("address", "10.0.0.9".into()),
    ]);
    insert(db, "device", std::slice::from_ref(&device))
        .await
        .unwrap();
    let known = log_source::registered(db).await.unwrap();
    assert_eq!((known.len(), known[0].address.as_str()), (1, "10.0.0.9"));
    let source = |lines, last| log_source::LogSource {
        device: device.id,
        first_received_at: NOW,
        last_received_at: last,
        lines,
    };
    let sender = |last, sample: &str| log_source::UnknownSender {
        peer: "10.6.6.6".into(),
        first_at: NOW,
        last_at: last,
        lines: 3,
        sample: sample.into(),
    };
    let mut tx = db.begin().await.unwrap();
    log_source::save(&mut tx, &[source(1, NOW)], NOW)
        .await
        .unwrap();
    let later = log_source::LogSource {
        first_received_at: NOW + 9,
        ..source(5, NOW + 9)
    };
    log_source::save(&mut tx, &[later], NOW).await.unwrap();
    log_source::save_unknown(&mut tx, &[sender(NOW, "a\0b")])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(log_source::all(db).await.unwrap(), [source(5, NOW + 9)]);
    let fact = "SELECT first_received_at, last_received_at FROM fact_log_source";
    let facts = db.fetch("fact", fact, &[]).await.unwrap();
    assert_eq!(facts[0].int("first_received_at").unwrap(), NOW);
    assert_eq!(facts[0].int("last_received_at").unwrap(), NOW + 9);
    assert_eq!(
        log_source::unknown(db, 9, 0).await.unwrap(),
        [sender(NOW, "a\u{fffd}b")]
    );
    let mut tx = db.begin().await.unwrap();
    log_source::forget_unknown(&mut tx, "10.6.6.6")
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(log_source::unknown(db, 9, 0).await.unwrap(), []);
}
