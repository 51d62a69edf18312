//! Documents: one version after the other, whose they are, who owes one.

use domain::id::{Id, OrganizationId};
use store::{
    Db, StoreError,
    document::{DocumentQuery, DocumentRow, Owed, get, insert, list, update},
    duty::{self, DutyRow},
};

use crate::{NOW, all, below, organization};

crate::on_both!(
    versions_follow_each_other,
    a_unit_sees_its_own,
    who_owes_is_known,
);

fn row(organization: Id, period: &str) -> DocumentRow {
    DocumentRow {
        id: Id::new(NOW),
        version: 1,
        template: "unit-usage-report".into(),
        organization: OrganizationId(organization),
        period: period.into(),
        state: "draft".into(),
        title: "Tình hình sử dụng mạng".into(),
        drafts: "{}".into(),
        filled: "{}".into(),
        filled_at: NOW,
        number: String::new(),
        place: "Vĩnh Long".into(),
        signer: String::new(),
        signed_on: None,
        file: None,
        sent_on: None,
        entry: None,
        replaces: None,
        created_by: "a".into(),
        created_at: NOW,
        updated_at: NOW,
    }
}

async fn put(db: &Db, row: &DocumentRow) {
    let mut tx = db.begin().await.unwrap();
    insert(&mut tx, row).await.unwrap();
    tx.commit().await.unwrap();
}

async fn versions_follow_each_other(db: &Db) {
    let unit = organization(db, "A", "Sở A", None).await;
    let mut document = row(unit, "2026");
    put(db, &document).await;
    assert_eq!(
        get(db, &all(), document.id).await.unwrap(),
        Some(document.clone())
    );
    document.number = "05".into();
    document.signed_on = Some("2026-11-20".into());
    let mut tx = db.begin().await.unwrap();
    update(&mut tx, &document).await.unwrap();
    tx.commit().await.unwrap();
    let kept = get(db, &all(), document.id).await.unwrap().unwrap();
    assert_eq!((kept.version, kept.number.as_str()), (2, "05"));
    // Who read version 1 is told that it is gone.
    let mut tx = db.begin().await.unwrap();
    let late = update(&mut tx, &document).await;
    assert!(matches!(late, Err(StoreError::Stale { .. })), "{late:?}");
}

async fn a_unit_sees_its_own(db: &Db) {
    let a = organization(db, "A", "Sở A", None).await;
    let b = organization(db, "B", "Sở B", None).await;
    let below_a = organization(db, "A1", "Phòng A1", Some(a)).await;
    for (unit, period) in [(a, "2026"), (b, "2026"), (below_a, "2025")] {
        put(db, &row(unit, period)).await;
    }
    let scope = below(OrganizationId(a));
    let query = DocumentQuery {
        limit: 10,
        ..DocumentQuery::default()
    };
    let (seen, total) = list(db, &scope, &query).await.unwrap();
    assert_eq!((seen.len(), total), (2, 2));
    assert!(seen.iter().all(|d| d.organization != OrganizationId(b)));
    let narrowed = DocumentQuery {
        period: Some("2025".into()),
        template: Some("unit-usage-report".into()),
        state: Some("draft".into()),
        organization: Some(OrganizationId(a)),
        ..query
    };
    let (seen, total) = list(db, &all(), &narrowed).await.unwrap();
    assert_eq!((seen[0].organization, total), (OrganizationId(below_a), 1));
    assert_eq!(
        get(db, &below(OrganizationId(b)), seen[0].id)
            .await
            .unwrap(),
        None
    );
}

async fn who_owes_is_known(db: &Db) {
    let root = organization(db, "T", "Tỉnh", None).await;
    let a = organization(db, "A", "Sở A", Some(root)).await;
    let other = organization(db, "X", "Tỉnh khác", None).await;
    let [on_paper, exempt, late, none] = [
        organization(db, "B", "Sở B", Some(root)).await,
        organization(db, "C", "Sở C", Some(root)).await,
        organization(db, "D", "Sở D", Some(root)).await,
        organization(db, "E", "Sở E", Some(root)).await,
    ];
    let owed = |unit: Id, period: &str| DutyRow {
        regulation: "ca-mau-31-2019".into(),
        clause: "12.2".into(),
        control: "usage-report".into(),
        side: "report".into(),
        organization: OrganizationId(unit),
        period: period.into(),
        register: "usage-report".into(),
        subject: None,
        event_unit: None,
        opens_on: "2026-01-01".into(),
        due_on: Some("2026-11-30".into()),
        due_at: None,
        gap: None,
        outcome: "pending".into(),
        fulfilled_on: None,
        entry_id: None,
    };
    let mut tx = db.begin().await.unwrap();
    let duties = [
        owed(a, "2026"),
        owed(a, "2025"),
        owed(other, "2026"),
        DutyRow {
            outcome: "done".into(),
            fulfilled_on: Some("2026-11-02".into()),
            ..owed(on_paper, "2026")
        },
        owed(exempt, "2026"),
        // By another regulation it is exempt, by this one it is not.
        owed(late, "2026"),
        DutyRow {
            regulation: "vinh-long-26-2019".into(),
            ..owed(late, "2026")
        },
        DutyRow {
            outcome: "not-owed".into(),
            ..owed(none, "2026")
        },
    ];
    duty::upsert(&mut tx, &duties).await.unwrap();
    tx.commit().await.unwrap();
    for (unit, regulation, ends_on) in [
        (exempt, "ca-mau-31-2019", "2026-12-31"),
        (late, "vinh-long-26-2019", "2026-12-31"),
        (a, "ca-mau-31-2019", "2026-06-30"),
    ] {
        let exemption = crate::record(&[
            ("organization", unit.into()),
            ("regulation", regulation.into()),
            ("clause", "12.2".into()),
            ("reason", "Mới thành lập".into()),
            ("approver", "An".into()),
            ("starts_on", "2026-01-01".into()),
            ("ends_on", ends_on.into()),
        ]);
        crate::insert(db, "exemption", &[exemption]).await.unwrap();
    }
    let who = store::document::owed(db, OrganizationId(root), "usage-report", "2026")
        .await
        .unwrap();
    let wanted = [
        (a, Owed::Missing),
        (on_paper, Owed::Reported("2026-11-02".into())),
        (exempt, Owed::Exempt),
        (late, Owed::Missing),
    ];
    assert_eq!(
        who,
        wanted.map(|(id, owed)| (OrganizationId(id), owed)).into()
    );
    let who = store::document::owed(db, OrganizationId(root), "yearly-report", "2026");
    assert!(who.await.unwrap().is_empty());
}
