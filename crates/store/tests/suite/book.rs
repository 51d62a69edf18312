//! The books: every version kept, closed for a span, read by checks through views.

use std::time::Duration;

use domain::{
    id::{Id, OrganizationId},
    record::{Record, Value},
    schema::Schema,
};
use store::{
    Db, StoreError,
    book::{self, Closing, ClosingQuery},
    fact, registry,
};

use crate::{NOW, all, below, on_both, organization, record};

on_both!(
    every_version_is_kept,
    a_closed_book_takes_nothing,
    checks_read_a_book_by_its_fields,
);

fn visits(fields: &[(&str, &str)]) -> Schema {
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, kind)| {
            serde_json::json!({"name": name, "kind": kind, "label": {"vi": name, "en": name}})
        })
        .collect();
    let schema: Schema = serde_json::from_value(serde_json::json!({
        "noun": "visitor-book", "title": "subject",
        "label": {"vi": "sổ", "en": "book"}, "plural": {"vi": "sổ", "en": "books"},
        "describes": {"vi": "sổ", "en": "book"}, "fields": fields,
    }))
    .unwrap();
    schema.as_book()
}

fn entry(unit: Id, day: &str, more: &[(&str, Value)]) -> Record {
    let mut values = vec![("organization", unit.into()), ("occurred_on", day.into())];
    values.extend(more.iter().cloned());
    record(&values)
}

async fn write(db: &Db, schema: &Schema, record: &Record) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    registry::insert(&mut tx, schema, std::slice::from_ref(record), "an", NOW).await?;
    tx.commit().await
}

async fn rewrite(db: &Db, schema: &Schema, record: &Record, by: &str) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    registry::update(&mut tx, schema, record, by, NOW + 60_000).await?;
    tx.commit().await
}

async fn every_version_is_kept(db: &Db) {
    let unit = organization(db, "U", "Đơn vị", None).await;
    let schema = visits(&[("subject", "text")]);
    let first = entry(unit, "2026-11-20", &[("subject", "một".into())]);
    write(db, &schema, &first).await.unwrap();
    let mut second = first.clone();
    second.values.insert("subject".into(), "hai".into());
    rewrite(db, &schema, &second, "binh").await.unwrap();
    let kept = book::revisions(db, first.id).await.unwrap();
    let said: Vec<_> = kept
        .iter()
        .map(|r| {
            let subject = r.values["subject"].as_text().unwrap();
            (r.version, r.recorded_by.as_str(), r.recorded_at, subject)
        })
        .collect();
    assert_eq!(
        said,
        [(2, "binh", NOW + 60_000, "hai"), (1, "an", NOW, "một")]
    );
    // Who was slower writes no version.
    let late = rewrite(db, &schema, &second, "cuong").await;
    assert!(matches!(late, Err(StoreError::Stale { .. })));
    assert_eq!(book::revisions(db, first.id).await.unwrap().len(), 2);
}

async fn a_closed_book_takes_nothing(db: &Db) {
    let a = organization(db, "A", "A", None).await;
    let b = organization(db, "B", "B", None).await;
    let schema = visits(&[("subject", "text")]);
    let inside = entry(a, "2026-03-10", &[("subject", "x".into())]);
    let outside = entry(a, "2027-01-02", &[("subject", "y".into())]);
    write(db, &schema, &inside).await.unwrap();
    write(db, &schema, &outside).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    book::lock(&mut tx, &schema.noun, OrganizationId(a), true)
        .await
        .unwrap();
    let held = book::held(
        &mut tx,
        &schema.noun,
        OrganizationId(a),
        "2026-01-01",
        "2026-12-31",
    )
    .await
    .unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!((held[0].id, held[0].revisions.len()), (inside.id, 1));
    let closing = Closing {
        id: Id::new(NOW),
        register: schema.noun.clone(),
        organization: OrganizationId(a),
        period: "2026".into(),
        first_on: "2026-01-01".into(),
        last_on: "2026-12-31".into(),
        closed_at: NOW,
        closed_by: "an".into(),
        entries: 1,
        sha256: "5".repeat(64),
        content: "{}".into(),
        reopened_at: None,
        reopened_by: None,
        reopen_reason: None,
    };
    book::close(&mut tx, &closing).await.unwrap();
    tx.commit().await.unwrap();

    let closed = |result: Result<(), StoreError>| matches!(result, Err(StoreError::Closed { .. }));
    let day = |day: &str, unit: Id| entry(unit, day, &[("subject", "z".into())]);
    assert!(closed(write(db, &schema, &day("2026-12-31", a)).await));
    assert!(closed(rewrite(db, &schema, &inside, "an").await));
    // Neither out of the closed span nor into it.
    let moved = |from: &Record, to: &str| {
        let mut moved = from.clone();
        moved.values.insert("occurred_on".into(), to.into());
        moved
    };
    assert!(closed(
        rewrite(db, &schema, &moved(&inside, "2027-02-02"), "an").await
    ));
    assert!(closed(
        rewrite(db, &schema, &moved(&outside, "2026-02-02"), "an").await
    ));
    let mut given_away = inside.clone();
    given_away.values.insert("organization".into(), b.into());
    assert!(closed(rewrite(db, &schema, &given_away, "an").await));
    assert_eq!(book::revisions(db, inside.id).await.unwrap().len(), 1);
    // Another day, another unit, another book are open.
    write(db, &schema, &day("2027-01-01", a)).await.unwrap();
    write(db, &schema, &day("2026-12-31", b)).await.unwrap();
    let other = Schema {
        noun: "other-book".into(),
        ..schema.clone()
    };
    write(db, &other, &day("2026-12-31", a)).await.unwrap();

    let on = ClosingQuery {
        day: Some("2026-06-01".into()),
        ..ClosingQuery::default()
    };
    let found = book::closings(db, &all(), &schema.noun, &on).await.unwrap();
    assert_eq!(found.len(), 1);
    let theirs = book::closings(db, &below(OrganizationId(b)), &schema.noun, &on).await;
    assert_eq!(theirs.unwrap(), []);
    let mut tx = db.begin().await.unwrap();
    let again = book::close(
        &mut tx,
        &Closing {
            id: Id::new(NOW),
            ..closing.clone()
        },
    )
    .await;
    assert!(matches!(again, Err(StoreError::Duplicate { .. })));
    drop(tx);
    let mut tx = db.begin().await.unwrap();
    book::reopen(&mut tx, closing.id, NOW + 1, "binh", "ghi thiếu")
        .await
        .unwrap();
    tx.commit().await.unwrap();
    write(db, &schema, &day("2026-12-31", a)).await.unwrap();
    let kept = book::closing(db, &all(), &schema.noun, closing.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(kept.reopen_reason.as_deref(), Some("ghi thiếu"));
    assert_eq!(kept.content, "{}");
    let mut tx = db.begin().await.unwrap();
    let twice = book::reopen(&mut tx, closing.id, NOW + 2, "binh", "nữa").await;
    assert!(matches!(twice, Err(StoreError::Stale { .. })));
}

async fn checks_read_a_book_by_its_fields(db: &Db) {
    let unit = organization(db, "U", "Đơn vị", None).await;
    let fields = [
        ("subject", "text"),
        ("people", "integer"),
        ("cost", "decimal"),
        ("order", "boolean"),
        ("finished_at", "instant"),
        ("room", "integer"),
    ];
    let schema = visits(&fields);
    let first = entry(
        unit,
        "2026-11-20",
        &[
            ("subject", "một 'hai' \"ba\"".into()),
            ("people", Value::Integer(12)),
            ("cost", Value::Decimal(1.5)),
            ("order", Value::Boolean(true)),
            ("finished_at", Value::Integer(NOW)),
            // Written while the room was a text.
            ("room", "P1".into()),
            ("gone", "x".into()),
        ],
    );
    let second = entry(
        unit,
        "2026-11-21",
        &[
            ("subject", Value::Null),
            ("cost", Value::Integer(2)),
            ("people", Value::Decimal(1.5)),
            ("room", Value::Integer(7)),
        ],
    );
    write(db, &schema, &first).await.unwrap();
    write(db, &schema, &second).await.unwrap();
    let made = async |schema: &Schema| book::make_views(db, [schema]).await.unwrap();
    assert_eq!(made(&schema).await, 1);
    assert_eq!(made(&schema).await, 0, "what is as it should be stays");
    let read = async |column: &str| {
        let sql =
            format!("SELECT b.\"{column}\" AS v FROM book_visitor_book b ORDER BY b.occurred_on");
        let table = fact::run(db, &sql, &[], Duration::from_secs(5)).await?;
        Ok::<_, StoreError>((table.value(0, 0), table.value(1, 0)))
    };
    for (column, expected) in [
        ("subject", (Value::from("một 'hai' \"ba\""), Value::Null)),
        ("people", (Value::Integer(12), Value::Null)),
        ("cost", (Value::Decimal(1.5), Value::Decimal(2.0))),
        ("finished_at", (Value::Integer(NOW), Value::Null)),
        ("room", (Value::Null, Value::Integer(7))),
        ("entry_version", (Value::Integer(1), Value::Integer(1))),
        ("unit", (unit.into(), unit.into())),
    ] {
        assert_eq!(read(column).await.unwrap(), expected, "{column}");
    }
    let sql = "SELECT COUNT(*) AS n FROM book_visitor_book b WHERE b.\"order\" = TRUE";
    let table = fact::run(db, sql, &[], Duration::from_secs(5))
        .await
        .unwrap();
    assert_eq!(table.integer(0, 0), Some(1));
    // The schema changes: so does the view.
    let changed = visits(&[("subject", "text"), ("gone", "text")]);
    assert_eq!(made(&changed).await, 1);
    assert_eq!(read("gone").await.unwrap(), ("x".into(), Value::Null));
    assert!(read("people").await.is_err());
    assert_eq!(book::make_views(db, []).await.unwrap(), 1);
    assert!(
        read("subject").await.is_err(),
        "a book that is gone has no view"
    );
}
