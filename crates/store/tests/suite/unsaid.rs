//! Texts that say nothing, as checks see them.

use domain::{
    noun,
    record::{Record, Value},
    schema::Schema,
};
use store::{Db, registry};

use crate::{Bench, NOW, organization, record};

crate::on_both!(what_is_saved_is_known_at_once);

fn book() -> Schema {
    let field = |name: &str, kind: &str| serde_json::json!({"name": name, "kind": kind, "label": {"vi": name, "en": name}});
    let schema: Schema = serde_json::from_value(serde_json::json!({
        "noun": "visitor-book",
        "label": {"vi": "sổ", "en": "book"},
        "plural": {"vi": "sổ", "en": "books"},
        "describes": {"vi": "sổ", "en": "book"},
        "title": "subject",
        "fields": [field("subject", "text"), field("guide", "text")],
    }))
    .unwrap();
    schema.as_book()
}

async fn known(db: &Db, text: &str) -> Vec<String> {
    let sql = "SELECT kind FROM fact_unsaid WHERE said = $1 ORDER BY kind";
    let rows = db.fetch("unsaid", sql, &[text.into()]).await.unwrap();
    rows.iter().map(|row| row.text("kind").unwrap()).collect()
}

async fn save(db: &Db, schema: &Schema, record: &Record, is_new: bool) {
    let mut tx = db.begin().await.unwrap();
    let one = std::slice::from_ref(record);
    let done = match is_new {
        true => registry::insert(&mut tx, schema, one, "ai", NOW).await,
        false => registry::update(&mut tx, schema, record, "ai", NOW).await,
    };
    done.unwrap();
    tx.commit().await.unwrap();
}

async fn what_is_saved_is_known_at_once(db: &Db) {
    let all = ["event", "keeper", "name", "origin", "title", "unknown"];
    assert_eq!(known(db, "").await, all);
    let unit = organization(db, "U", "Đơn vị", None).await;
    let mut entry = record(&[
        ("organization", unit.into()),
        ("occurred_on", "2026-11-20".into()),
        ("subject", "CHƯA tổ chức".into()),
        ("guide", "Nguyễn Văn A".into()),
    ]);
    save(db, &book(), &entry, true).await;
    let not_yet = [
        "event", "keeper", "name", "number", "origin", "title", "unknown",
    ];
    assert_eq!(known(db, "CHƯA tổ chức").await, not_yet);
    assert!(known(db, "Nguyễn Văn A").await.is_empty());

    // A later version; the same words again, beside others.
    entry.values.insert("guide".into(), "Khuyết".into());
    save(db, &book(), &entry, false).await;
    assert!(known(db, "Khuyết").await.contains(&"name".to_owned()));

    let contact = record(&[
        ("organization", unit.into()),
        ("role", "it-officer".into()),
        ("starts_on", "2026-01-01".into()),
        ("name", "dang tuyen".into()),
        ("title", Value::Null),
    ]);
    let schema = noun::get("contact").unwrap();
    save(db, schema, &contact, true).await;
    assert!(known(db, "dang tuyen").await.contains(&"keeper".to_owned()));
}

/// Another list: opening takes out what it does not find, and finds what was there before.
async fn made_anew(url: &str) {
    let db = Db::open(url).await.unwrap();
    let unit = organization(&db, "U", "Đơn vị", None).await;
    let entry = record(&[
        ("organization", unit.into()),
        ("occurred_on", "2026-11-20".into()),
        ("subject", "Chưa có".into()),
        ("guide", "Lê Thị B".into()),
    ]);
    save(&db, &book(), &entry, true).await;
    let contact = record(&[
        ("organization", unit.into()),
        ("role", "it-officer".into()),
        ("starts_on", "2026-01-01".into()),
        ("name", "Khuyết".into()),
    ]);
    save(&db, noun::get("contact").unwrap(), &contact, true).await;
    for sql in [
        "DELETE FROM unsaid",
        "INSERT INTO unsaid (said, kind) VALUES ('Lê Thị B', 'name')",
    ] {
        db.execute("unsaid", sql, &[]).await.unwrap();
    }
    db.close().await;

    // The list is the same: what somebody did to the table is the verification's to name.
    let db = Db::open(url).await.unwrap();
    assert!(known(&db, "Chưa có").await.is_empty());
    let sql = "UPDATE unsaid_list SET version = 'another'";
    db.execute("unsaid", sql, &[]).await.unwrap();
    db.close().await;

    let db = Db::open(url).await.unwrap();
    for text in ["Chưa có", "Khuyết", ""] {
        assert!(
            known(&db, text).await.contains(&"name".to_owned()),
            "{text}"
        );
    }
    assert!(known(&db, "Lê Thị B").await.is_empty());
    db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_list_makes_the_table_anew() {
    let bench = Bench::sqlite().await;
    let path = bench.folder.path().join("anew.db");
    made_anew(&path.display().to_string()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_list_makes_the_table_anew_on_postgres() {
    if let Some(url) = testkit::postgres::database() {
        made_anew(&url).await;
    }
}
