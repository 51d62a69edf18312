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
                r.parent,
            )
        })
        .collect();
    let t = |r: &Record| Some(TargetId(r.id));
    assert_eq!(
        shown,
        [
            ("hub", "site", "icmp", None),
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
        ..AvailabilityRow::default()
    };
    let mut tx = db.begin().await.unwrap();
    save_days(
        &mut tx,
        &[
            day("2026-10-31", 5, None),
            day("2026-11-01", 86_400_000, Some(900)),
        ],
    )
    .await
    .unwrap();
    save_days(
        &mut tx,
        &[
            day("2026-11-02", 80_000_000, Some(400)),
            day("2026-11-01", 86_000_000, None),
        ],
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let id = TargetId(hub.id);
    let of = days(db, Some(id), "2026-11-01", "2026-11-30")
        .await
        .unwrap();
    assert_eq!(
        of,
        [
            day("2026-11-01", 86_000_000, None),
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
        (166_000_000, 6_800_000, 20, 2)
    );
    assert_eq!(
        (sum[0].rtt_min_us, sum[0].rtt_sum_us, sum[0].rtt_max_us),
        (Some(400), 400, Some(400))
    );
    let facts = db
        .fetch_one(
            "facts",
            "SELECT up_ms, down_ms, no_data_ms FROM fact_availability WHERE month = '2026-11'",
            &[],
        )
        .await
        .unwrap()
        .unwrap();
    assert_eq!(facts.int("up_ms").unwrap(), 166_000_000);
    assert_eq!(facts.int("no_data_ms").unwrap(), 0);
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
