//! The two schemas are one: the same tables, columns, nullability and indexes.

use std::collections::{BTreeMap, BTreeSet};

use store::Db;

use crate::Bench;

/// Column → may be null.
type Columns = BTreeMap<String, bool>;
/// Table → columns, keys and indexes as `unique? columns where?`.
type Tables = BTreeMap<String, (Columns, BTreeSet<String>)>;

async fn text(db: &Db, sql: &str) -> Vec<Vec<String>> {
    let rows = db.fetch("schema", sql, &[]).await.unwrap();
    rows.iter()
        .map(|r| {
            (0..)
                .map_while(|i| r.opt_text(&format!("c{i}")).ok())
                .map(Option::unwrap_or_default)
                .collect()
        })
        .collect()
}

async fn sqlite_tables(db: &Db) -> Tables {
    let mut tables = Tables::new();
    let names = text(
        db,
        "SELECT name AS c0 FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> '_sqlx_migrations'",
    )
    .await;
    for table in names.into_iter().flatten() {
        let columns = text(
            db,
            &format!("SELECT name AS c0, CAST(\"notnull\" OR pk > 0 AS TEXT) AS c1 FROM pragma_table_info('{table}')"),
        )
        .await;
        let columns = columns
            .into_iter()
            .map(|c| (c[0].clone(), c[1] == "0"))
            .collect();
        let mut indexes = BTreeSet::new();
        let pk = text(
            db,
            &format!(
                "SELECT name AS c0 FROM pragma_table_info('{table}') WHERE pk > 0 ORDER BY pk"
            ),
        )
        .await;
        if !pk.is_empty() {
            indexes.insert(format!("unique {}", pk.concat().join(",")));
        }
        let listed = text(
            db,
            &format!("SELECT name AS c0, CAST(\"unique\" AS TEXT) AS c1, CAST(partial AS TEXT) AS c2 FROM pragma_index_list('{table}')"),
        )
        .await;
        for index in listed {
            let of = text(
                db,
                &format!(
                    "SELECT name AS c0 FROM pragma_index_info('{}') ORDER BY seqno",
                    index[0]
                ),
            )
            .await;
            let unique = if index[1] == "1" { "unique " } else { "" };
            let part = if index[2] == "1" { " partial" } else { "" };
            indexes.insert(format!("{unique}{}{part}", of.concat().join(",")));
        }
        tables.insert(table, (columns, indexes));
    }
    tables
}

async fn postgres_tables(db: &Db) -> Tables {
    let mut tables = Tables::new();
    let columns = text(
        db,
        "SELECT c.table_name::text AS c0, c.column_name::text AS c1, c.is_nullable::text AS c2 \
         FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name) \
         WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.table_name <> '_sqlx_migrations'",
    )
    .await;
    for c in columns {
        let table = tables.entry(c[0].clone()).or_default();
        table.0.insert(c[1].clone(), c[2] == "YES");
    }
    let indexes = text(
        db,
        "SELECT t.relname::text AS c0, i.indisunique::text AS c1, (i.indpred IS NOT NULL)::text AS c2, \
           string_agg(coalesce(a.attname::text, ''), ',' ORDER BY k.n) AS c3 \
         FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid \
         JOIN pg_namespace s ON s.oid = t.relnamespace AND s.nspname = 'public' \
         CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, n) \
         LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum \
         GROUP BY i.indexrelid, t.relname, i.indisunique, i.indpred",
    )
    .await;
    for i in indexes {
        if let Some(table) = tables.get_mut(&i[0]) {
            let unique = if i[1] == "true" { "unique " } else { "" };
            let part = if i[2] == "true" { " partial" } else { "" };
            table.1.insert(format!("{unique}{}{part}", i[3]));
        }
    }
    tables
}

/// Whoever adds a table says how it is held, here and in docs/security.md.
async fn every_table_has_its_place(tables: &Tables) {
    let held: BTreeMap<&str, store::replay::Place> =
        store::replay::TABLES.iter().copied().collect();
    assert_eq!(
        held.len(),
        store::replay::TABLES.len(),
        "one is named twice"
    );
    let paper = include_str!("../../../../docs/security.md");
    let lines: Vec<&str> = paper.lines().filter(|l| l.starts_with("| `")).collect();
    for table in tables.keys() {
        let place = held.get(table.as_str());
        let place = place.unwrap_or_else(|| panic!("{table} is missing in store::replay::TABLES"));
        let line = format!("| `{table}` | {} | ", place.word());
        let told = lines.iter().filter(|l| l.starts_with(&line)).count();
        assert_eq!(told, 1, "docs/security.md has no line `{line}…`");
    }
    let told = lines.iter().filter(|l| l.contains('.')).filter_map(|l| {
        let (column, why) = l.strip_prefix("| `")?.split_once("` | ")?;
        let is_column = !column.contains(['/', ' ']) && column.contains('.');
        is_column.then_some((column, why.strip_suffix(" |")?))
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        store::replay::LOOSE,
        "docs/security.md"
    );
    for table in held.keys() {
        assert!(tables.contains_key(*table), "there is no table {table}");
    }
}

#[tokio::test]
async fn every_table_is_held_as_the_paper_says() {
    every_table_has_its_place(&sqlite_tables(&Bench::sqlite().await.db).await).await;
    if let Some(bench) = Bench::postgres().await {
        every_table_has_its_place(&postgres_tables(&bench.db).await).await;
    }
}

/// View → columns, in order.
async fn views(db: &Db) -> BTreeMap<String, Vec<String>> {
    let sql = match db.engine() {
        "sqlite" => {
            "SELECT v.name AS c0, c.name AS c1 FROM sqlite_schema v, pragma_table_info(v.name) c \
             WHERE v.type = 'view' ORDER BY v.name, c.cid"
        }
        _ => {
            "SELECT c.table_name::text AS c0, c.column_name::text AS c1 FROM information_schema.columns c \
             JOIN information_schema.views v USING (table_schema, table_name) \
             WHERE table_schema = 'public' ORDER BY 1, c.ordinal_position"
        }
    };
    let mut views: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in text(db, sql).await {
        views
            .entry(row[0].clone())
            .or_default()
            .push(row[1].clone());
    }
    views
}

#[tokio::test]
async fn both_engines_have_the_same_schema() {
    let Some(postgres) = Bench::postgres().await else {
        return;
    };
    let sqlite = Bench::sqlite().await;
    let (ours, theirs) = (
        sqlite_tables(&sqlite.db).await,
        postgres_tables(&postgres.db).await,
    );
    assert_eq!(
        ours.keys().collect::<Vec<_>>(),
        theirs.keys().collect::<Vec<_>>()
    );
    assert!(ours.len() > 20, "{}", ours.len());
    for (table, own) in &ours {
        assert_eq!(own, &theirs[table], "{table}: SQLite on the left");
    }
    assert_eq!(views(&sqlite.db).await, views(&postgres.db).await);
    // Text compares by bytes on both: dates, keys and sort keys depend on it.
    let other = text(
        &postgres.db,
        "SELECT table_name::text AS c0, column_name::text AS c1 FROM information_schema.columns \
         WHERE table_schema = 'public' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C' \
         AND table_name <> '_sqlx_migrations' \
         AND table_name IN (SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE')",
    )
    .await;
    assert!(other.is_empty(), "without COLLATE \"C\": {other:?}");
}

async fn has_all_facts(db: &Db) {
    let known = views(db).await;
    for view in policy::facts::all() {
        let columns = known
            .get(view.name)
            .unwrap_or_else(|| panic!("{} is missing", view.name));
        let read: Vec<&str> = view.columns().collect();
        assert_eq!(*columns, read, "{}", view.name);
    }
    for view in known.keys().filter(|v| v.starts_with("fact_")) {
        assert!(
            policy::facts::all().iter().any(|v| v.name == view),
            "{view} is promised to nobody"
        );
    }
}

#[tokio::test]
async fn the_views_are_what_checks_were_promised() {
    has_all_facts(&Bench::sqlite().await.db).await;
    if let Some(bench) = Bench::postgres().await {
        has_all_facts(&bench.db).await;
    }
}

/// A second row of a key that its index does not lead to is found: the engine would keep the
/// plan of a query that it has seen, whichever way it is told to go.
#[tokio::test]
async fn a_second_row_of_a_key_is_found_on_postgres() {
    let Some(bench) = Bench::postgres().await else {
        return;
    };
    let db = &bench.db;
    let run = async |sql: &str| {
        db.execute("tamper", sql, &[]).await.unwrap();
    };
    let insert = "INSERT INTO organization (id, version, created_at, updated_at, search, sort_key, code, name, kind, level, \
                  membership) SELECT 'o' || n, 1, 1, 1, '', '', 'c' || n || $1, 'x', 'department', 'province', 'member' \
                  FROM generate_series(1, 5000) n WHERE $1 = '' OR n = 7";
    db.execute("organization", insert, &[String::new().into()])
        .await
        .unwrap();
    let found = async || {
        let found = store::structure::differences(db, []).await.unwrap();
        let of = found.iter().filter(|d| d.kind == "index");
        of.map(|d| d.name.clone()).collect::<Vec<_>>()
    };
    run("ANALYZE organization").await;
    assert_eq!(found().await, [""; 0]);
    run("UPDATE pg_index SET indisready = false WHERE indexrelid = 'organization_pkey'::regclass")
        .await;
    db.execute("organization", insert, &["-2".to_owned().into()])
        .await
        .unwrap();
    run("UPDATE pg_index SET indisready = true WHERE indexrelid = 'organization_pkey'::regclass")
        .await;
    run("ANALYZE organization").await;
    assert_eq!(found().await, ["organization (id)"]);
}
