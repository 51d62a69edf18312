//! Running a check: it reads, it ends, and its values keep their types.

use std::time::{Duration, Instant};

use domain::{noun, record::Value};
use store::{Db, StoreError, args, fact::run, registry};

use crate::{all, organization};

crate::on_both!(
    a_check_cannot_write,
    a_check_is_one_query,
    a_check_that_runs_for_ever_is_stopped,
    values_keep_their_types,
    mistakes_are_named,
    waiting_for_a_connection_is_not_running,
);

const LIMIT: Duration = Duration::from_secs(5);

async fn a_check_cannot_write(db: &Db) {
    organization(db, "U", "U", None).await;
    for sql in [
        "INSERT INTO setting (key, value, updated_at) VALUES ('a', '1', 1)",
        "UPDATE organization SET name = 'x'",
        "DELETE FROM organization",
        "DELETE FROM organization RETURNING id",
        "WITH x AS (SELECT 1) INSERT INTO setting (key, value, updated_at) SELECT 'a', '1', 1",
        "WITH x AS (SELECT 1 AS one) DELETE FROM organization",
        "CREATE TABLE x (a INTEGER)",
        "DROP TABLE organization",
        "DROP VIEW fact_organization",
        "CREATE TEMP TABLE x (a INTEGER)",
        "PRAGMA query_only = off",
        "PRAGMA user_version = 7",
        "ATTACH DATABASE 'other.db' AS other",
        "VACUUM",
        "COMMIT",
        "ROLLBACK",
        "BEGIN",
        "SET statement_timeout = 0",
        "SET TRANSACTION READ WRITE",
        "/* SELECT */ DELETE FROM organization",
        "-- SELECT\nDELETE FROM organization",
        "EXPLAIN SELECT 1",
        "",
        "  ;  ",
    ] {
        let refused = run(db, sql, &[], LIMIT).await;
        assert!(refused.is_err(), "{sql}: {refused:?}");
    }
    let schema = noun::get("organization").unwrap();
    let page = registry::list(db, &all(), schema, &registry::RecordQuery::default()).await;
    assert_eq!(page.unwrap().records[0].text("name"), "U");
    assert!(store::setting::all(db).await.unwrap().is_empty());
    // The connections are as they were: still not for writing, still for reading.
    for _ in 0..8 {
        assert!(
            run(db, "DELETE FROM organization", &[], LIMIT)
                .await
                .is_err()
        );
        let rows = run(db, "SELECT unit FROM fact_organization", &[], LIMIT).await;
        assert_eq!(rows.unwrap().len(), 1);
    }
}

async fn a_check_is_one_query(db: &Db) {
    organization(db, "U", "U", None).await;
    for sql in [
        "SELECT 1 AS a; DELETE FROM organization",
        "SELECT 1 AS a; SELECT 2 AS b",
        "SELECT 1 AS a; PRAGMA query_only = off",
    ] {
        let refused = run(db, sql, &[], LIMIT).await;
        assert!(refused.is_err(), "{sql}: {refused:?}");
    }
    for sql in [
        "SELECT ';' AS a;",
        "SELECT 'it''s; so' AS a -- and; this\n;  ",
        "-- a comment; first\n SELECT 1 AS a",
        "/* ; */ WITH x AS (SELECT 1 AS a) SELECT a FROM x",
        "SELECT 1 AS \"a;b\"",
    ] {
        let rows = run(db, sql, &[], LIMIT).await;
        assert_eq!(rows.expect(sql).len(), 1, "{sql}");
    }
}

async fn a_check_that_runs_for_ever_is_stopped(db: &Db) {
    let endless = "WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n) \
        SELECT COUNT(*) AS n FROM n";
    let limit = Duration::from_millis(200);
    // More often than there are connections: each is given back usable.
    for _ in 0..10 {
        let started = Instant::now();
        let stopped = run(db, endless, &[], limit).await;
        assert!(
            matches!(stopped, Err(StoreError::TimedOut { limit_ms: 200 })),
            "{stopped:?}"
        );
        assert!(
            started.elapsed() < Duration::from_secs(4),
            "{:?}",
            started.elapsed()
        );
    }
    for _ in 0..10 {
        let table = run(db, "SELECT 7 AS n", &[], LIMIT).await.unwrap();
        assert_eq!((table.column("n"), table.column("m")), (Some(0), None));
    }
    // Neither does the limit stay with a connection that serves something else.
    let slow = "WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < 300000) \
        SELECT COUNT(*) AS n FROM n";
    for _ in 0..10 {
        let rows = db.fetch("count", slow, &[]).await.unwrap();
        assert_eq!(rows[0].int("n").unwrap(), 300_000);
    }
}

async fn values_keep_their_types(db: &Db) {
    let sql = "SELECT CAST(5000000000 AS BIGINT) AS big, CAST(7 AS SMALLINT) AS small, \
        CAST(3 AS INTEGER) AS int, CAST(0.5 AS DOUBLE PRECISION) AS double, CAST(0.25 AS REAL) AS real, \
        'chữ' AS text, CAST(NULL AS TEXT) AS absent, CAST($1 AS TEXT) AS given, CAST($2 AS BIGINT) AS number, \
        COUNT(*) AS n FROM fact_organization";
    let table = run(db, sql, &args!["Đ", 9], LIMIT).await.unwrap();
    let expected = [
        ("big", Value::Integer(5_000_000_000)),
        ("small", Value::Integer(7)),
        ("int", Value::Integer(3)),
        ("double", Value::Decimal(0.5)),
        ("real", Value::Decimal(0.25)),
        ("text", "chữ".into()),
        ("absent", Value::Null),
        ("given", "Đ".into()),
        ("number", Value::Integer(9)),
        ("n", Value::Integer(0)),
    ];
    assert_eq!((table.len(), table.columns().len()), (1, expected.len()));
    for (place, (name, value)) in expected.into_iter().enumerate() {
        assert_eq!(table.column(name), Some(place));
        assert_eq!(table.value(0, place), value, "{name}");
    }
    assert_eq!((table.text(0, 5), table.integer(0, 5)), (Some("chữ"), None));
    assert_eq!(
        (table.text(0, 0), table.integer(0, 0)),
        (None, Some(5_000_000_000))
    );
    assert_eq!(table.value(1, 0), Value::Null);
    let none = run(db, "SELECT unit FROM fact_organization", &[], LIMIT)
        .await
        .unwrap();
    assert!(none.is_empty() && none.column("unit").is_none());
}

async fn mistakes_are_named(db: &Db) {
    let missing = run(db, "SELECT nothing FROM fact_device", &[], LIMIT)
        .await
        .unwrap_err();
    let cause = std::error::Error::source(&missing).unwrap().to_string();
    assert!(cause.contains("nothing"), "{missing}: {cause}");
    let division = run(db, "SELECT * FROM no_such_view", &[], LIMIT)
        .await
        .unwrap_err();
    assert!(
        matches!(division, StoreError::Engine { .. }),
        "{division:?}"
    );
}

async fn waiting_for_a_connection_is_not_running(db: &Db) {
    // Many at once, each well within its time, although all together are not.
    let slow = "WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < 400000) \
        SELECT COUNT(*) AS n FROM n";
    let alone = Instant::now();
    run(db, slow, &[], LIMIT).await.unwrap();
    let limit = alone.elapsed() * 12;
    let all = (0..64).map(|_| {
        let db = db.clone();
        tokio::spawn(async move { run(&db, slow, &[], limit).await })
    });
    for one in all.collect::<Vec<_>>() {
        let rows = one.await.unwrap();
        assert!(rows.is_ok(), "{rows:?} with {limit:?}");
    }
}
