//! What the database is made of beside its rows: tables, views, indexes, constraints,
//! triggers, rules, functions. A view that was replaced tells checks what the records do not, and
//! a trigger writes what nobody asked for: all of it is held against what this program makes, as
//! the same engine tells it. An index that does not name each row hides it from whoever looks by
//! it.

use std::{collections::BTreeMap, sync::Arc};

use domain::schema::Schema;
use sqlx::{
    AssertSqlSafe, Connection as _, Executor as _, SqliteConnection, sqlite::SqliteConnectOptions,
};

use crate::{
    Db, Row, StoreError,
    book::definition,
    db::{Pools, postgres_query, sqlite_query},
    fact_view, migration,
};

/// Kind and name → definition, as the engine tells it.
pub(crate) type Parts = BTreeMap<(String, String), String>;

/// A part of the database that is not as this program makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// `table`, `view`, `index`, `constraint`, `trigger`, `rule`, `policy`, `function`, `operator`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// What is wrong with it.
    pub how: How,
}

/// What is wrong with a part of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It says something else.
    Changed,
    /// It is gone.
    Missing,
    /// This program does not make it.
    Foreign,
}

/// What differs from a database that this program would make now, with views for these books.
///
/// # Errors
/// [`StoreError`] of the engine; of PostgreSQL also when it does not let this program make
/// temporary tables.
pub async fn differences<'a>(
    db: &Db,
    books: impl IntoIterator<Item = &'a Schema>,
) -> Result<Vec<Difference>, StoreError> {
    let on_postgres = db.engine() == "postgres";
    let mut views = fact_view::statements(on_postgres);
    views.extend(books.into_iter().map(|book| definition(on_postgres, book)));
    let mut found = found(db).await?;
    let made = made(db, views).await?;
    let mut out = Vec::new();
    let mut differs = |(kind, name): &(String, String), how| {
        out.push(Difference {
            kind: kind.clone(),
            name: name.clone(),
            how,
        });
    };
    for (part, expected) in made.iter() {
        match found.remove(part) {
            Some(text) if text == *expected => {}
            Some(_) => differs(part, How::Changed),
            None => differs(part, How::Missing),
        }
    }
    for part in found.keys() {
        differs(part, How::Foreign);
    }
    out.extend(hidden(db).await?);
    Ok(out)
}

/// What this program would make, with these views; made once.
async fn made(db: &Db, views: Vec<String>) -> Result<Arc<Parts>, StoreError> {
    let mut made = db.shared.made.lock().await;
    match &*made {
        Some((of, parts)) if *of == views => Ok(Arc::clone(parts)),
        _ => {
            let parts = Arc::new(make(db, &views).await?);
            *made = Some((views, Arc::clone(&parts)));
            Ok(parts)
        }
    }
}

/// Indexes and tables that do not say the same, and on PostgreSQL settings that this program did
/// not make and that change what a query reads.
async fn hidden(db: &Db) -> Result<Vec<Difference>, StoreError> {
    let changed = |kind: &str, name: String, how| Difference {
        kind: kind.into(),
        name,
        how,
    };
    if db.engine() == "sqlite" {
        let rows = db
            .fetch("schema", "PRAGMA integrity_check(20)", &[])
            .await?;
        let said = rows.iter().map(|row| row.text("integrity_check"));
        let said: Vec<String> = said.collect::<Result<_, _>>()?;
        return Ok((said.into_iter())
            .filter(|what| what != "ok")
            .map(|what| changed("content", what, How::Changed))
            .collect());
    }
    let mut out = Vec::new();
    let mut tx = db.snapshot().await?;
    for row in tx.fetch("schema", SETTINGS, &[]).await? {
        out.push(changed("setting", row.text("name")?, How::Foreign));
    }
    for row in tx.fetch("schema", KEYS, &[]).await? {
        let (table, key) = (row.text("name")?, row.text("key")?);
        let mut sums = Vec::new();
        for by_index in ["off", "on"] {
            // Once as the rows lie, once as the index of the key leads to them.
            let way = "SELECT set_config('enable_seqscan', $2, true), set_config('enable_sort', $2, true), \
                 set_config('enable_bitmapscan', 'off', true), set_config('enable_indexonlyscan', 'off', true), \
                 set_config('seq_page_cost', '1', true), set_config('random_page_cost', '1', true), \
                 set_config('cpu_tuple_cost', '0.01', true), set_config('cpu_operator_cost', '0.0025', true), \
                 set_config('cpu_index_tuple_cost', '0.005', true), set_config('max_parallel_workers_per_gather', '0', true), \
                 set_config('jit', 'off', true), set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_indexscan', $1, true)";
            let other = if by_index == "on" { "off" } else { "on" };
            tx.fetch("schema", way, &[by_index.into(), other.into()])
                .await?;
            let sql = format!(
                "SELECT concat(count(*), ' ', sum(('x' || substr(h, 1, 15))::bit(60)::bigint)) AS sum \
                 FROM (SELECT md5(t::text) AS h FROM {table} t ORDER BY {key}) r -- index {by_index}"
            );
            // A text of its own each time: the engine keeps the plan of one that it has seen.
            for row in tx.fetch("schema", &sql, &[]).await? {
                sums.push(row.text("sum")?);
            }
            // Whoever made the engine go another way than it was told hides what it would find.
            let mut plan = String::new();
            for row in tx.fetch("schema", &format!("EXPLAIN {sql}"), &[]).await? {
                plan.push_str(&row.text("QUERY PLAN")?);
            }
            if plan.contains("Index Scan") != (by_index == "on") {
                out.push(changed("plan", table.clone(), How::Changed));
            }
        }
        if sums.first() != sums.last() {
            out.push(changed("index", format!("{table} ({key})"), How::Changed));
        }
    }
    Ok(out)
}

/// Settings of this database or role that change which rows or rules a session sees. What they say
/// of names, ways and time does nothing: each of our sessions begins with its own path and no
/// limit of time, and keys are read the way that is asked for.
const SETTINGS: &str = "SELECT DISTINCT s.line AS name FROM pg_db_role_setting d \
     CROSS JOIN LATERAL unnest(d.setconfig) s(line) LEFT JOIN pg_roles r ON r.oid = d.setrole \
     WHERE (d.setdatabase = 0 OR d.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())) \
     AND (d.setrole = 0 OR r.rolname = current_user) \
     AND s.line ~ '^(session_|local_preload|row_security|ignore_|zero_damaged)' \
     AND s.line !~ '^(session_replication_role=origin|row_security=on|(ignore|zero_damaged)_.*=off)$' \
     UNION SELECT concat('tablespace ', p.spcname, ': ', o.line) FROM pg_tablespace p \
     CROSS JOIN LATERAL unnest(p.spcoptions) o(line) WHERE o.line ~* '_cost=.*([0-9]{5}|e[+]?[0-9]|x)' \
     ORDER BY 1";

/// Each table with the columns of its key.
const KEYS: &str = "SELECT i.conrelid::regclass::text AS name, \
       (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.n) FROM unnest(i.conkey) WITH ORDINALITY k(attnum, n) \
        JOIN pg_attribute a ON a.attrelid = i.conrelid AND a.attnum = k.attnum) AS key \
     FROM pg_constraint i JOIN pg_class c ON c.oid = i.conrelid \
     WHERE i.contype = 'p' AND c.relkind = 'r' AND c.relname NOT LIKE '\\_sqlx%' \
     AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'journal'::regclass) ORDER BY 1";

/// As it is, but for what the engine keeps for itself.
const SQLITE: &str = "SELECT type AS kind, name, COALESCE(sql, '') AS text FROM sqlite_schema \
     WHERE NOT (type = 'table' AND name IN ('_sqlx_migrations', 'sqlite_sequence', 'sqlite_stat1', 'sqlite_stat4')) \
     AND NOT (type = 'index' AND sql IS NULL)";

/// The same of the PostgreSQL schema `$1`, but for what belongs to an extension. That is its
/// installer's, who may do anything: what the owner of the database only calls part of one is not
/// left out. It must be the first that is looked through, so
/// that names in definitions are told without it.
const POSTGRES: &str = "\
    WITH ours AS (SELECT c.* FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                  WHERE n.nspname = $1 AND c.relname NOT LIKE '\\_sqlx%' \
                  AND NOT (c.relowner IN (SELECT oid FROM pg_roles WHERE rolsuper) AND EXISTS (SELECT 1 FROM pg_depend d \
                    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))) \
    SELECT CASE WHEN c.relkind = 'v' THEN 'view' ELSE 'table' END AS kind, c.relname::text AS name, \
      concat_ws(' ', c.relkind, CASE c.relpersistence WHEN 'u' THEN 'unlogged' END, c.relrowsecurity, c.relforcerowsecurity, \
        CASE WHEN c.relkind IN ('v', 'm') THEN concat(c.reloptions::text, pg_get_viewdef(c.oid)) END, \
        (SELECT string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, \
           a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid), o.collnamespace::regnamespace, o.collname), \
           ', ' ORDER BY a.attname) \
         FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
         LEFT JOIN pg_collation o ON o.oid = a.attcollation \
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)) AS text \
    FROM ours c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') \
    UNION ALL SELECT 'table', i.inhrelid::regclass::text, 'inherits' \
    FROM pg_inherits i JOIN ours c ON c.oid = i.inhparent AND c.relkind IN ('r', 'p') \
    UNION ALL SELECT 'index', i.indexrelid::regclass::text, \
      concat_ws(' ', regexp_replace(pg_get_indexdef(i.indexrelid, 0, true), ' WITH \\(fillfactor=[^)]*\\)', ''), i.indisvalid, i.indisready, i.indislive, i.indisprimary, \
        i.indisunique) \
    FROM pg_index i JOIN ours c ON c.oid = i.indrelid \
    UNION ALL SELECT 'constraint', concat(c.relname, ': ', pg_get_constraintdef(k.oid, true)), '' \
    FROM pg_constraint k JOIN ours c ON c.oid = k.conrelid \
    UNION ALL SELECT 'trigger', concat(c.relname, ': ', t.tgname), concat(t.tgenabled, pg_get_triggerdef(t.oid, true)) \
    FROM pg_trigger t JOIN ours c ON c.oid = t.tgrelid WHERE t.tgconstraint = 0 OR t.tgenabled <> 'O' \
    UNION ALL SELECT 'rule', concat(c.relname, ': ', r.rulename), pg_get_ruledef(r.oid, true) \
    FROM pg_rewrite r JOIN ours c ON c.oid = r.ev_class WHERE NOT (r.rulename = '_RETURN' AND c.relkind IN ('v', 'm')) \
    UNION ALL SELECT 'statistics', s.stxname::text, pg_get_statisticsobjdef(s.oid) \
    FROM pg_statistic_ext s JOIN ours c ON c.oid = s.stxrelid \
    UNION ALL SELECT 'policy', concat(c.relname, ': ', p.polname), '' \
    FROM pg_policy p JOIN ours c ON c.oid = p.polrelid \
    UNION ALL SELECT 'function', p.oid::regprocedure::text, p.prosrc \
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname = $1 \
    WHERE NOT (p.proowner IN (SELECT oid FROM pg_roles WHERE rolsuper) AND EXISTS (SELECT 1 FROM pg_depend d \
      WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')) \
    UNION ALL SELECT 'operator', p.oid::regoperator::text, p.oprcode::text \
    FROM pg_operator p JOIN pg_namespace n ON n.oid = p.oprnamespace AND n.nspname = $1 \
    WHERE NOT (p.oprowner IN (SELECT oid FROM pg_roles WHERE rolsuper) AND EXISTS (SELECT 1 FROM pg_depend d \
      WHERE d.classid = 'pg_operator'::regclass AND d.objid = p.oid AND d.deptype = 'e'))";

/// What is there. On PostgreSQL a table or view that stands before ours where names are looked
/// up counts as one that was changed.
async fn found(db: &Db) -> Result<Parts, StoreError> {
    if db.engine() == "sqlite" {
        return parts(&db.fetch("schema", SQLITE, &[]).await?);
    }
    let mut tx = db.snapshot().await?;
    let visible = "SELECT c.relname::text AS name, n.nspname::text AS home FROM pg_class c \
         JOIN pg_namespace n ON n.oid = c.relnamespace WHERE pg_table_is_visible(c.oid) \
         AND c.relkind IN ('r', 'p', 'v', 'm', 'f')";
    let mut homes: BTreeMap<String, String> = BTreeMap::new();
    for row in tx.fetch("schema", visible, &[]).await? {
        homes.insert(row.text("name")?, row.text("home")?);
    }
    let home = homes.get("journal").cloned().unwrap_or_default();
    let path = "SELECT set_config('search_path', quote_ident($1), true) AS path";
    tx.fetch("schema", path, &[home.clone().into()]).await?;
    let mut parts = parts(&tx.fetch("schema", POSTGRES, &[home.clone().into()]).await?)?;
    for ((kind, name), text) in &mut parts {
        let elsewhere = homes.get(name).is_none_or(|at| *at != home);
        if elsewhere && ["table", "view"].contains(&kind.as_str()) && text != "inherits" {
            text.push_str(" hidden by another of its name");
        }
    }
    Ok(parts)
}

/// What a database would be that is made now: on SQLite in memory, on PostgreSQL among the
/// temporary tables of a transaction that is taken back.
async fn make(db: &Db, views: &[String]) -> Result<Parts, StoreError> {
    let failed = |e| StoreError::engine("a schema to compare with", e);
    match &db.pools {
        Pools::Sqlite { .. } => {
            let options = SqliteConnectOptions::new().in_memory(true);
            let mut fresh = SqliteConnection::connect_with(&options)
                .await
                .map_err(failed)?;
            for sql in migration::texts(false) {
                fresh
                    .execute(sqlx::raw_sql(AssertSqlSafe(sql)))
                    .await
                    .map_err(failed)?;
            }
            for view in views {
                fresh
                    .execute(sqlite_query(view, &[]))
                    .await
                    .map_err(failed)?;
            }
            let rows = fresh.fetch_all(sqlite_query(SQLITE, &[])).await;
            let rows: Vec<Row> = rows.map_err(failed)?.into_iter().map(Row::Sqlite).collect();
            parts(&rows)
        }
        Pools::Postgres { writer, .. } => {
            let mut tx = writer.begin().await.map_err(failed)?;
            let path = "SET LOCAL search_path TO pg_temp";
            tx.execute(path).await.map_err(failed)?;
            for sql in migration::texts(true) {
                tx.execute(sqlx::raw_sql(AssertSqlSafe(sql)))
                    .await
                    .map_err(failed)?;
            }
            for view in views {
                tx.execute(postgres_query(view, &[]))
                    .await
                    .map_err(failed)?;
            }
            let home =
                "SELECT nspname::text AS home FROM pg_namespace WHERE oid = pg_my_temp_schema()";
            let home = tx
                .fetch_one(postgres_query(home, &[]))
                .await
                .map_err(failed)?;
            let home = Row::Postgres(home).text("home")?;
            let rows = tx.fetch_all(postgres_query(POSTGRES, &[home.into()])).await;
            let rows = rows.map_err(failed)?;
            tx.rollback().await.map_err(failed)?;
            let rows: Vec<Row> = rows.into_iter().map(Row::Postgres).collect();
            parts(&rows)
        }
    }
}

fn parts(rows: &[Row]) -> Result<Parts, StoreError> {
    rows.iter()
        .map(|row| Ok(((row.text("kind")?, row.text("name")?), row.text("text")?)))
        .collect()
}
