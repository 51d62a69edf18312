//! Verdicts as intervals, what was known when, attestations, duties, attachments.

use domain::id::{Id, OrganizationId};
use store::{Db, StoreError, assessment::*, attachment, due, duty};

use crate::{NOW, all, below, insert, organization, record};

crate::on_both!(
    intervals_follow_each_other,
    the_past_is_as_it_was_known,
    one_verdict_is_open_at_a_time,
    a_clock_that_went_back_makes_no_backward_interval,
    what_was_ended_ahead_ends_now,
    the_latest_word_counts,
    units_and_exemptions_are_of_a_day,
    an_adoption_takes_in_what_lies_below,
    duties_are_brought_up_to_date,
    open_duties_are_counted,
    an_attachment_is_each_owners,
);

fn verdict(id: &str, clause: &str, unit: Id, status: &str, from: i64) -> VerdictRow {
    VerdictRow {
        id: id.into(),
        regulation: "vl".into(),
        clause: clause.into(),
        organization: OrganizationId(unit),
        status: status.into(),
        reason: Some("r".into()),
        evidence_hash: "e".into(),
        pack_hash: "p".into(),
        valid_from: from,
        valid_to: None,
        recorded_at: from,
        closed_at: None,
    }
}

async fn write(
    db: &Db,
    ended: &[&str],
    begun: &[VerdictRow],
    at: i64,
    recorded: i64,
) -> Result<(), StoreError> {
    let ended: Vec<String> = ended.iter().map(|e| (*e).to_owned()).collect();
    let evidence = [("e".to_owned(), "{\"rows\":[]}".to_owned())];
    let mut tx = db.begin().await?;
    let told = store::assessment::record(&mut tx, &ended, begun, &evidence, at, recorded).await?;
    let told: std::collections::BTreeMap<String, String> = serde_json::from_str(&told).unwrap();
    assert!(begun.iter().all(|v| told[&v.id] == v.digest()));
    tx.commit().await
}

async fn intervals_follow_each_other(db: &Db) {
    let unit = organization(db, "U", "U", None).await;
    let other = organization(db, "V", "V", None).await;
    let first = verdict("1", "5", unit, "met", NOW);
    write(
        db,
        &[],
        &[first.clone(), verdict("x", "6", unit, "no_data", NOW)],
        NOW,
        NOW,
    )
    .await
    .unwrap();
    let second = verdict("2", "5", unit, "breached", NOW + 10);
    write(
        db,
        &["1"],
        std::slice::from_ref(&second),
        NOW + 10,
        NOW + 10,
    )
    .await
    .unwrap();
    let closed = VerdictRow {
        valid_to: Some(NOW + 10),
        closed_at: Some(NOW + 10),
        ..first
    };
    let of = OrganizationId(unit);
    let history = history(db, &all(), "vl", "5", of, 10).await.unwrap();
    assert_eq!(history, [second.clone(), closed]);
    let foreign = below(OrganizationId(other));
    assert_eq!(
        store::assessment::history(db, &foreign, "vl", "5", of, 10)
            .await
            .unwrap(),
        []
    );
    let mut now: Vec<String> = open(db).await.unwrap().into_iter().map(|v| v.id).collect();
    now.sort();
    assert_eq!(now, ["2", "x"]);
    // An interval is closed once.
    write(db, &["1"], &[], NOW + 99, NOW + 99).await.unwrap();
    let history = store::assessment::history(db, &all(), "vl", "5", of, 1)
        .await
        .unwrap();
    assert_eq!(history, [second]);
    assert_eq!(
        evidence(db, "e").await.unwrap().as_deref(),
        Some("{\"rows\":[]}")
    );
    assert_eq!(evidence(db, "f").await.unwrap(), None);
    let both = evidence_of(db, &["e", "f", "e"]).await.unwrap();
    assert_eq!(both.len(), 1);
    assert_eq!(both["e"], "{\"rows\":[]}");
}

async fn the_past_is_as_it_was_known(db: &Db) {
    let unit = organization(db, "U", "U", None).await;
    write(db, &[], &[verdict("1", "5", unit, "met", NOW)], NOW, NOW)
        .await
        .unwrap();
    // It is found out at +200 that it was breached from +100 on.
    let late = VerdictRow {
        recorded_at: NOW + 200,
        ..verdict("2", "5", unit, "breached", NOW + 100)
    };
    write(db, &["1"], &[late], NOW + 100, NOW + 200)
        .await
        .unwrap();
    let known = async |at, known_at| {
        let rows = as_of(db, &all(), Some("vl"), NOW + at, NOW + known_at)
            .await
            .unwrap();
        rows.into_iter().map(|r| r.status).collect::<Vec<_>>()
    };
    assert_eq!(known(-1, 500).await, [""; 0], "before the first");
    assert_eq!(known(50, 50).await, ["met"]);
    assert_eq!(known(50, 500).await, ["met"]);
    assert_eq!(known(150, 150).await, ["met"], "as it was known then");
    assert_eq!(known(150, 199).await, ["met"]);
    assert_eq!(known(150, 200).await, ["breached"], "as it was known later");
    assert_eq!(
        known(100, 200).await,
        ["breached"],
        "the end belongs to the next"
    );
    let other = as_of(db, &all(), Some("hg"), NOW, NOW).await.unwrap();
    assert_eq!(other, []);
    let foreign = organization(db, "V", "V", None).await;
    let none = as_of(db, &below(OrganizationId(foreign)), None, NOW, NOW)
        .await
        .unwrap();
    assert_eq!(none, []);
}

async fn one_verdict_is_open_at_a_time(db: &Db) {
    let unit = organization(db, "U", "U", None).await;
    write(db, &[], &[verdict("1", "5", unit, "met", NOW)], NOW, NOW)
        .await
        .unwrap();
    // Another process judged meanwhile: the second does not go in, nor what came with it.
    let both = [
        verdict("3", "6", unit, "met", NOW),
        verdict("2", "5", unit, "breached", NOW),
    ];
    let refused = write(db, &[], &both, NOW, NOW).await;
    assert!(
        matches!(refused, Err(StoreError::Duplicate { .. })),
        "{refused:?}"
    );
    assert_eq!(open(db).await.unwrap().len(), 1);
    // More intervals than one statement takes.
    let many: Vec<VerdictRow> = (0..950)
        .map(|n| verdict(&format!("m{n}"), &format!("c{n}"), unit, "met", NOW))
        .collect();
    write(db, &[], &many, NOW, NOW).await.unwrap();
    let ids: Vec<&str> = many.iter().map(|v| v.id.as_str()).collect();
    write(db, &ids, &[], NOW + 1, NOW + 1).await.unwrap();
    assert_eq!(open(db).await.unwrap().len(), 1);
}

async fn a_clock_that_went_back_makes_no_backward_interval(db: &Db) {
    let unit = organization(db, "U", "U", None).await;
    write(db, &[], &[verdict("1", "5", unit, "met", NOW)], NOW, NOW)
        .await
        .unwrap();
    let next = VerdictRow {
        recorded_at: NOW - 500,
        ..verdict("2", "5", unit, "breached", NOW)
    };
    write(db, &["1"], &[next], NOW - 500, NOW - 500)
        .await
        .unwrap();
    let history = history(db, &all(), "vl", "5", OrganizationId(unit), 9)
        .await
        .unwrap();
    for row in &history {
        assert!(
            row.valid_to.is_none_or(|to| to >= row.valid_from),
            "{row:?}"
        );
    }
    let rows = as_of(db, &all(), None, NOW + 1, NOW + 1).await.unwrap();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0].id, "2");
}

async fn what_was_ended_ahead_ends_now(db: &Db) {
    let unit = organization(db, "U", "U", None).await;
    let later = NOW + 1_000;
    let own = [
        verdict("1", "5", unit, "met", NOW),
        verdict("2", "6", unit, "met", later - 1),
    ];
    write(db, &[], &own, NOW, NOW).await.unwrap();
    write(db, &["1", "2"], &[], later, later).await.unwrap();
    assert_eq!(ended_ahead(db, later).await.unwrap(), [""; 0]);
    let ids = ended_ahead(db, NOW + 9).await.unwrap();
    assert_eq!(ids, ["1", "2"]);
    let mut tx = db.begin().await.unwrap();
    let told = end_now(&mut tx, &ids, NOW + 9).await.unwrap();
    tx.commit().await.unwrap();
    let first = interval(db, "1").await.unwrap().unwrap();
    assert!(told.contains(&first.digest()), "{told}");
    assert_eq!(
        first.valid_to.zip(first.closed_at),
        Some((NOW + 9, NOW + 9))
    );
    let second = interval(db, "2").await.unwrap().unwrap();
    assert_eq!(
        second.valid_to,
        Some(second.valid_from),
        "it lasted nothing"
    );
    assert_eq!(ended_ahead(db, NOW + 9).await.unwrap(), [""; 0]);
}

fn word(id: &str, unit: Id, holds: bool, at: i64) -> Attestation {
    Attestation {
        id: id.into(),
        control: "wireless-guidance".into(),
        organization: OrganizationId(unit),
        holds,
        statement: "Đã làm".into(),
        attachment: None,
        made_by: "a".into(),
        made_at: at,
        valid_until: at + 1_000,
        question: "q".into(),
    }
}

async fn the_latest_word_counts(db: &Db) {
    let unit = organization(db, "U", "U", None).await;
    let mut tx = db.begin().await.unwrap();
    attest(&mut tx, &word("1", unit, true, NOW)).await.unwrap();
    attest(&mut tx, &word("2", unit, false, NOW + 5))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let latest = latest_attestations(db, i64::MAX).await.unwrap();
    assert_eq!(latest, [word("2", unit, false, NOW + 5)]);
    // Two in the same millisecond are still one word: the later written.
    let mut tx = db.begin().await.unwrap();
    attest(&mut tx, &word("3", unit, true, NOW + 5))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        latest_attestations(db, i64::MAX).await.unwrap(),
        [word("3", unit, true, NOW + 5)]
    );
}

async fn units_and_exemptions_are_of_a_day(db: &Db) {
    let unit = organization(db, "U", "Sở A", None).await;
    organization(db, "V", "Sở Ă", Some(unit)).await;
    let assignment = |role: &str, from: &str, to: domain::record::Value| {
        record(&[
            ("role", role.into()),
            ("organization", unit.into()),
            ("starts_on", from.into()),
            ("ends_on", to),
        ])
    };
    let open_end = domain::record::Value::Null;
    insert(
        db,
        "role-assignment",
        &[
            assignment("network-authority", "2025-03-01", open_end.clone()),
            assignment("network-authority", "2026-01-01", open_end),
            assignment("data-centre", "2025-01-01", "2025-12-31".into()),
        ],
    )
    .await
    .unwrap();
    let roles = async |day: &str| {
        store::assessment::units(db, day).await.unwrap()[0]
            .roles
            .clone()
    };
    assert_eq!(roles("2026-11-20").await, ["network-authority"]);
    assert_eq!(
        roles("2025-12-31").await,
        ["data-centre", "network-authority"]
    );
    assert_eq!(roles("2025-02-28").await, ["data-centre"]);
    let names: Vec<String> = units(db, "2026-11-20")
        .await
        .unwrap()
        .into_iter()
        .map(|u| u.name)
        .collect();
    assert_eq!(names, ["Sở A", "Sở Ă"]);

    let exemption = record(&[
        ("organization", unit.into()),
        ("regulation", "vl".into()),
        ("clause", "13.3".into()),
        ("reason", "x".into()),
        ("approver", "y".into()),
        ("starts_on", "2026-11-01".into()),
        ("ends_on", "2026-11-30".into()),
    ]);
    insert(db, "exemption", &[exemption]).await.unwrap();
    let in_force = async |day: &str| exemptions(db, day).await.unwrap().len();
    assert_eq!(in_force("2026-10-31").await, 0);
    assert_eq!(in_force("2026-11-01").await, 1);
    assert_eq!(in_force("2026-11-30").await, 1);
    assert_eq!(in_force("2026-12-01").await, 0);
}

async fn an_adoption_takes_in_what_lies_below(db: &Db) {
    let head = organization(db, "H", "H", None).await;
    let below = organization(db, "B", "B", Some(head)).await;
    organization(db, "L", "L", Some(below)).await;
    organization(db, "X", "X", None).await;
    // Who stands in no tree stands in none.
    let sql = "SELECT code, province FROM fact_organization ORDER BY code";
    let provinces: Vec<(String, String)> = db
        .fetch("provinces", sql, &[])
        .await
        .unwrap()
        .iter()
        .map(|row| (row.text("code").unwrap(), row.text("province").unwrap()))
        .collect();
    let head_id = head.to_string();
    let expected = [
        ("B", &*head_id),
        ("H", &head_id),
        ("L", &head_id),
        ("X", ""),
    ];
    assert_eq!(
        provinces,
        expected.map(|(c, p)| (c.to_owned(), p.to_owned()))
    );

    let adoption = |organization: domain::record::Value, kinds: &str| {
        record(&[
            ("regulation", "vl".into()),
            ("organization", organization),
            ("kinds", kinds.into()),
            ("starts_on", "2026-11-01".into()),
            ("ends_on", "2026-11-30".into()),
        ])
    };
    let everybody = domain::record::Value::Null;
    let given = [
        adoption(below.into(), ""),
        adoption(everybody, " party ,front,"),
    ];
    insert(db, "adoption", &given).await.unwrap();
    for (day, held) in [
        ("2026-10-31", 0),
        ("2026-11-01", 2),
        ("2026-11-30", 2),
        ("2026-12-01", 0),
    ] {
        assert_eq!(adoptions(db, day).await.unwrap().len(), held, "{day}");
    }
    let held = adoptions(db, "2026-11-20").await.unwrap();
    let by_tree = held.iter().find(|a| a.kinds.is_empty()).unwrap();
    let by_kind = held.iter().find(|a| a.organization.is_none()).unwrap();
    assert_eq!(by_kind.kinds, ["party", "front"]);
    let units = units(db, "2026-11-20").await.unwrap();
    let taken = |a: &store::assessment::Adoption| -> Vec<&str> {
        let taken = units.iter().filter(|u| a.takes(u));
        taken.map(|u| u.code.as_str()).collect()
    };
    assert_eq!(taken(by_tree), ["B", "L"]);
    assert_eq!(taken(by_kind), [""; 0]);
}

async fn duties_are_brought_up_to_date(db: &Db) {
    let unit = organization(db, "U", "U", None).await;
    let row = |period: &str, due: &str, done: Option<&str>| duty::DutyRow {
        regulation: "vl".into(),
        clause: "14.2".into(),
        control: "yearly-report".into(),
        side: "report".into(),
        organization: OrganizationId(unit),
        period: period.into(),
        register: "yearly-report".into(),
        subject: None,
        event_unit: None,
        opens_on: "2026-01-01".into(),
        due_on: (!due.is_empty()).then(|| due.into()),
        due_at: None,
        gap: due.is_empty().then(|| "{}".into()),
        outcome: "pending".into(),
        fulfilled_on: done.map(Into::into),
        entry_id: None,
    };
    let write = async |rows: &[duty::DutyRow]| {
        let mut tx = db.begin().await.unwrap();
        duty::upsert(&mut tx, rows).await.unwrap();
        tx.commit().await.unwrap();
    };
    write(&[
        row("2025", "2025-11-30", None),
        row("2026", "2026-11-30", None),
    ])
    .await;
    write(&[row("2026", "2026-11-30", Some("2026-11-20"))]).await;
    assert_eq!(duty::all(db).await.unwrap().len(), 2);
    let due = async |scope, from: &str, to: &str, open| {
        let rows = duty::due(db, &scope, from, to, open, 10).await.unwrap();
        rows.into_iter()
            .map(|d| (d.period, d.fulfilled_on))
            .collect::<Vec<_>>()
    };
    let done = ("2026".to_owned(), Some("2026-11-20".to_owned()));
    let missed = ("2025".to_owned(), None);
    assert_eq!(
        due(all(), "2025-01-01", "2026-12-31", false).await,
        [missed.clone(), done.clone()]
    );
    assert_eq!(due(all(), "2025-01-01", "2026-12-31", true).await, [missed]);
    assert_eq!(due(all(), "2026-11-30", "2026-11-30", false).await, [done]);
    // One whose last day nobody can compute stands apart, until it is withdrawn.
    let other = organization(db, "V", "V", None).await;
    let unknown = row("2027", "", None);
    write(std::slice::from_ref(&unknown)).await;
    let undated = async |scope, until: &str| duty::undated(db, &scope, until, 10).await.unwrap();
    assert_eq!(
        undated(all(), "2026-01-01").await,
        std::slice::from_ref(&unknown)
    );
    assert_eq!(undated(all(), "2025-12-31").await, []);
    assert_eq!(
        undated(below(OrganizationId(other)), "2026-01-01").await,
        []
    );
    let mut tx = db.begin().await.unwrap();
    duty::withdraw(&mut tx, &[unknown]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(undated(all(), "2026-01-01").await, []);
    assert_eq!(
        due(
            below(OrganizationId(other)),
            "2025-01-01",
            "2026-12-31",
            false
        )
        .await,
        []
    );
}

async fn open_duties_are_counted(db: &Db) {
    let a = organization(db, "A", "A", None).await;
    let b = organization(db, "B", "B", None).await;
    let ended = organization(db, "C", "C", None).await;
    let end = "UPDATE organization SET ends_on = '2026-06-30' WHERE code = 'C'";
    db.execute("end", end, &[]).await.unwrap();
    let row = |unit: Id, clause: &str, due: &str, done: bool| duty::DutyRow {
        regulation: "vl".into(),
        clause: clause.into(),
        organization: OrganizationId(unit),
        period: due.into(),
        register: "yearly-report".into(),
        opens_on: "2026-01-01".into(),
        due_on: Some(due.into()),
        due_at: None,
        gap: None,
        outcome: "pending".into(),
        control: "x".into(),
        side: "report".into(),
        subject: None,
        event_unit: None,
        fulfilled_on: done.then(|| due.into()),
        entry_id: None,
    };
    let rows = [
        row(a, "9", "2026-11-10", false),
        row(a, "14.2", "2026-11-30", false),
        row(b, "14.2", "2026-11-30", false),
        row(b, "14.2", "2026-08-31", true),
        row(ended, "14.2", "2026-11-30", false),
        row(a, "14.2", "2026-12-31", false),
        // What came before a unit was there is owed by nobody.
        duty::DutyRow {
            outcome: "not-owed".into(),
            ..row(a, "15", "2026-11-20", false)
        },
    ];
    let mut tx = db.begin().await.unwrap();
    duty::upsert(&mut tx, &rows).await.unwrap();
    tx.commit().await.unwrap();
    let open = async |scope| {
        let rows = due::open(db, &scope, "2026-01-01", "2026-11-30", "2026-11-20");
        rows.await
            .unwrap()
            .into_iter()
            .map(|d| (d.due_on, d.clause, d.organizations))
            .collect::<Vec<_>>()
    };
    let owed = |day: &str, clause: &str, n| (day.to_owned(), clause.to_owned(), n);
    assert_eq!(
        open(all()).await,
        [owed("2026-11-10", "9", 1), owed("2026-11-30", "14.2", 2)]
    );
    assert_eq!(
        open(below(OrganizationId(b))).await,
        [owed("2026-11-30", "14.2", 1)]
    );
    let of = async |scope| {
        let unit = OrganizationId(a);
        let rows = due::of(db, &scope, unit, "2026-01-01", "2026-11-30").await;
        rows.unwrap().len()
    };
    assert_eq!(of(all()).await, 2);
    assert_eq!(of(below(OrganizationId(b))).await, 0);
}

async fn an_attachment_is_each_owners(db: &Db) {
    let a = OrganizationId(organization(db, "A", "A", None).await);
    let b = OrganizationId(organization(db, "B", "B", None).await);
    let file = |organization, name: &str| attachment::Attachment {
        id: name.into(),
        record_id: String::new(),
        sha256: "5".repeat(64),
        name: name.into(),
        media_type: "application/pdf".into(),
        size: 7,
        organization,
        uploaded_by: "x".into(),
        uploaded_at: NOW,
        marking: "none".into(),
        unread: String::new(),
        signers: String::new(),
        scan: "clean".into(),
        scan_detail: None,
        scanned_at: Some(NOW),
    };
    let attach = async |file: &attachment::Attachment| {
        let mut tx = db.begin().await.unwrap();
        attachment::note(&mut tx, file).await.unwrap();
        tx.commit().await.unwrap();
    };
    let hash = "5".repeat(64);
    attach(&file(a, "a.pdf")).await;
    assert_eq!(
        attachment::get(db, &below(b), &hash, None).await.unwrap(),
        None
    );
    // The same content from another unit is that unit's own, under its own name; handed in again
    // it has another one.
    attach(&file(b, "b.pdf")).await;
    let again = attachment::Attachment {
        record_id: "r".into(),
        uploaded_by: "y".into(),
        uploaded_at: NOW + 1,
        ..file(b, "again.pdf")
    };
    attach(&again).await;
    assert_eq!(
        attachment::get(db, &below(b), &hash, Some("r"))
            .await
            .unwrap(),
        Some(again.clone())
    );
    assert_eq!(
        attachment::get(db, &below(a), &hash, Some("r"))
            .await
            .unwrap(),
        None
    );
    // A content takes room once for each unit.
    assert_eq!(attachment::bytes(db, Some(b), 0).await.unwrap(), 7);
    assert_eq!(attachment::bytes(db, None, 0).await.unwrap(), 14);
    assert_eq!(
        attachment::get(db, &below(a), &hash, None).await.unwrap(),
        Some(file(a, "a.pdf"))
    );
    assert_eq!(
        attachment::get(db, &below(b), &hash, None).await.unwrap(),
        Some(again)
    );
}
