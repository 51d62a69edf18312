//! Entries of books through the same use of schemas as records.

use domain::{
    id::OrganizationId,
    record::{Record, Value},
    schema::Schema,
};
use store::{Db, registry::*};

use crate::{NOW, all, below, organization, record};

crate::on_both!(a_book_filters_by_its_own_fields, books_are_read_at_once);

/// A book as a province writes one.
fn book() -> Schema {
    let field = |name: &str, kind: &str| serde_json::json!({"name": name, "kind": kind, "label": {"vi": name, "en": name}});
    let schema: Schema = serde_json::from_value(serde_json::json!({
        "noun": "visitor-book",
        "label": {"vi": "sổ", "en": "book"},
        "plural": {"vi": "sổ", "en": "books"},
        "describes": {"vi": "sổ", "en": "book"},
        "title": "subject",
        "fields": [field("subject", "text"), field("result", "text"), field("room", "text"),
            field("classroom", "text"), field("finished_at", "instant")],
    }))
    .unwrap();
    schema.as_book()
}

async fn a_book_filters_by_its_own_fields(db: &Db) {
    let unit = organization(db, "U", "Đơn vị", None).await;
    let schema = book();
    let entry = |subject: &str, room: &str, classroom: &str| {
        record(&[
            ("organization", unit.into()),
            ("occurred_on", "2026-11-20".into()),
            ("subject", subject.into()),
            ("result", "Đạt".into()),
            ("room", room.into()),
            ("classroom", classroom.into()),
            ("finished_at", Value::Integer(NOW)),
        ])
    };
    let entries = [
        entry("a", "P1", "x"),
        entry("b", "P12", "P1"),
        entry("c", "P_2", "y z"),
    ];
    let mut tx = db.begin().await.unwrap();
    insert_entries(&mut tx, &schema, &entries).await;
    tx.commit().await.unwrap();
    for (field, value, found) in [
        ("room", "P1", vec!["a"]),
        ("room", "p12", vec!["b"]),
        ("room", "P_2", vec!["c"]),
        ("room", "P%", vec![]),
        ("room", "P", vec![]),
        ("classroom", "y z", vec!["c"]),
        ("result", "Đạt", vec!["a", "b", "c"]),
        ("subject", "b", vec!["b"]),
    ] {
        let query = RecordQuery {
            filters: vec![(field.into(), value.into())],
            sort: Some(("subject".into(), false)),
            ..RecordQuery::default()
        };
        let page = list(db, &all(), &schema, &query).await.unwrap();
        let subjects: Vec<&str> = page.records.iter().map(|r| r.text("subject")).collect();
        assert_eq!(subjects, found, "{field} = {value}");
    }
    // Another book does not show these, nor give them out by id.
    let other = Schema {
        noun: "other-book".into(),
        ..schema.clone()
    };
    let page = list(db, &all(), &other, &RecordQuery::default())
        .await
        .unwrap();
    assert_eq!(page.total, 0);
    assert_eq!(get(db, &all(), &other, entries[0].id).await.unwrap(), None);
    let read = get(db, &all(), &schema, entries[0].id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(read, entries[0]);
}

async fn insert_entries(tx: &mut store::Tx, schema: &Schema, entries: &[Record]) {
    store::registry::insert(tx, schema, entries, "test", NOW)
        .await
        .unwrap();
}

async fn books_are_read_at_once(db: &Db) {
    let a = organization(db, "A", "A", None).await;
    let below_a = organization(db, "A1", "A1", Some(a)).await;
    let b = organization(db, "B", "B", None).await;
    let book = |name: &str| Schema {
        noun: name.into(),
        ..book()
    };
    let (backups, meetings, unused) = (book("backups"), book("meetings"), book("unused"));
    for (schema, owner, days) in [
        (&backups, a, 1..=5),
        (&backups, below_a, 6..=6),
        (&meetings, a, 1..=1),
        (&meetings, b, 1..=9),
    ] {
        let entries: Vec<Record> = days
            .map(|day| {
                record(&[
                    ("organization", owner.into()),
                    ("occurred_on", format!("2026-11-{day:02}").into()),
                    ("subject", format!("s{day}").into()),
                ])
            })
            .collect();
        let mut tx = db.begin().await.unwrap();
        insert_entries(&mut tx, schema, &entries).await;
        tx.commit().await.unwrap();
    }
    let books = [backups, meetings, unused];
    let read = async |scope| {
        let found = recent_entries(db, &scope, &books, OrganizationId(a), 3);
        let mut found: Vec<_> = found
            .await
            .unwrap()
            .into_iter()
            .map(|(book, recent)| {
                let subjects: Vec<String> = recent
                    .records
                    .iter()
                    .map(|r| r.text("subject").to_owned())
                    .collect();
                (book, subjects.join(" "), recent.total)
            })
            .collect();
        found.sort();
        found
    };
    assert_eq!(
        read(all()).await,
        [
            ("backups".to_owned(), "s6 s5 s4".to_owned(), 6),
            ("meetings".to_owned(), "s1".to_owned(), 1),
        ]
    );
    assert_eq!(read(below(OrganizationId(b))).await, []);
}
