//! What the two engines must share beneath the nouns.

use store::{Db, StoreError, args};

use crate::{Bench, NOW};

crate::on_both!(
    a_dropped_transaction_leaves_nothing,
    readers_and_writers_at_once,
    rows_are_read_by_type,
    an_error_inside_a_transaction_is_not_swallowed,
);

async fn a_dropped_transaction_leaves_nothing(db: &Db) {
    let mut tx = db.begin().await.unwrap();
    store::setting::set(&mut tx, None, "a", "1", NOW)
        .await
        .unwrap();
    drop(tx);
    assert!(store::setting::all(db).await.unwrap().is_empty());
    let mut tx = db.begin().await.unwrap();
    store::setting::set(&mut tx, None, "b", "1", NOW)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store::setting::all(db).await.unwrap().len(), 1);
}

async fn readers_and_writers_at_once(db: &Db) {
    let mut tx = db.begin().await.unwrap();
    store::setting::set(&mut tx, None, "n", "0", NOW)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    // Each reads and then writes in one transaction: none fails.
    let writers = (0..20).map(|i| {
        let db = db.clone();
        tokio::spawn(async move {
            let mut tx = db.begin().await?;
            tx.fetch("settings", "SELECT key FROM setting", &[]).await?;
            store::setting::set(&mut tx, None, &format!("k{i}"), "1", NOW).await?;
            tx.commit().await?;
            store::setting::all(&db).await.map(|s| s.len())
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap().unwrap();
    }
    assert_eq!(store::setting::all(db).await.unwrap().len(), 21);
}

async fn rows_are_read_by_type(db: &Db) {
    let row = db
        .fetch_one(
            "row",
            "SELECT CAST($1 AS BIGINT) AS i, CAST($2 AS TEXT) AS t, CAST(NULL AS TEXT) AS z",
            &args![5, "x"],
        )
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.int("i").unwrap(), 5);
    assert_eq!(row.opt_text("z").unwrap(), None);
    for wrong in [row.text("z"), row.text("i"), row.text("absent")] {
        assert!(matches!(wrong, Err(StoreError::Decode { .. })), "{wrong:?}");
    }
    assert!(row.parsed::<domain::id::Id>("t").is_err());
}

async fn an_error_inside_a_transaction_is_not_swallowed(db: &Db) {
    let mut tx = db.begin().await.unwrap();
    store::setting::set(&mut tx, None, "a", "1", NOW)
        .await
        .unwrap();
    let broken = tx
        .execute("nonsense", "UPDATE nowhere SET a = 1", &[])
        .await;
    assert!(broken.is_err());
    let committed = tx.commit().await;
    let kept = !store::setting::all(db).await.unwrap().is_empty();
    // Whether the engine keeps or drops what came before: what commit says is true.
    assert_eq!(committed.is_ok(), kept, "{committed:?}");
}

/// A file that another program put there is refused, and left as it is.
#[tokio::test]
async fn what_is_no_database_is_not_opened() {
    let bench = Bench::sqlite().await;
    let path = bench.folder.path().join("notes.txt");
    std::fs::write(
        &path,
        "not a database, but longer than a header of a hundred bytes ".repeat(9),
    )
    .unwrap();
    let refused = Db::open(path.to_str().unwrap()).await;
    assert!(
        matches!(refused, Err(StoreError::Open { .. })),
        "{refused:?}"
    );
    assert!(
        std::fs::read_to_string(&path)
            .unwrap()
            .starts_with("not a database")
    );
    let refused = Db::open("postgres://u:secret@127.0.0.1:1/x")
        .await
        .unwrap_err();
    assert!(!refused.to_string().contains("secret"), "{refused}");
}

/// What was committed is there after the program ended without closing.
#[tokio::test]
async fn what_was_committed_is_there_again() {
    let bench = Bench::sqlite().await;
    let path = bench.folder.path().join("records.db").display().to_string();
    let mut tx = bench.db.begin().await.unwrap();
    store::setting::set(&mut tx, None, "a", "1", NOW)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let again = Db::open(&path).await.unwrap();
    assert_eq!(store::setting::all(&again).await.unwrap().len(), 1);
    again.close().await;
    bench.db.close().await;
}
