//! The few places where the two engines must differ.

use std::collections::BTreeSet;

use crate::{Db, StoreError, Tx};

/// Serialises the writers of the journal: SQLite has one writer as it is, PostgreSQL
/// takes a lock that ends with the transaction.
pub(crate) async fn lock_journal(tx: &mut Tx) -> Result<(), StoreError> {
    if tx.is_postgres() {
        tx.fetch(
            "lock the journal",
            "SELECT 1 AS one FROM pg_advisory_xact_lock(7102019)",
            &[],
        )
        .await?;
    }
    Ok(())
}

/// The database's own time, unix milliseconds.
pub(crate) fn now_ms(db: &Db) -> &'static str {
    match db.engine() {
        "postgres" => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
        _ => "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
    }
}

/// What follows the choice of a row that must stay as it is until the transaction ends.
pub(crate) fn for_share(tx: &Tx) -> &'static str {
    if tx.is_postgres() { "FOR SHARE" } else { "" }
}

/// What follows the choice of jobs so that two processes never lease the same one.
pub(crate) fn skip_locked(tx: &Tx) -> &'static str {
    if tx.is_postgres() {
        "FOR UPDATE SKIP LOCKED"
    } else {
        ""
    }
}

/// Holds what `name` stands for until the transaction ends, alone or shared with others who
/// do not need it alone; see [`lock_journal`].
pub(crate) async fn lock(tx: &mut Tx, name: &str, alone: bool) -> Result<(), StoreError> {
    if tx.is_postgres() {
        let shared = if alone { "" } else { "_shared" };
        tx.fetch(
            "lock",
            &format!(
                "SELECT 1 AS one FROM pg_advisory_xact_lock{shared}(hashtextextended($1, 7102019))"
            ),
            &[name.into()],
        )
        .await?;
    }
    Ok(())
}

/// Drops these views where they are, whichever of them reads another.
pub(crate) fn drop_views(on_postgres: bool, names: &BTreeSet<String>) -> Vec<String> {
    if on_postgres {
        // One statement: it minds what depends on a view but for what goes with it.
        let all: Vec<&str> = names.iter().map(String::as_str).collect();
        return vec![format!("DROP VIEW IF EXISTS {}", all.join(", "))];
    }
    let each = names.iter();
    each.map(|name| format!("DROP VIEW IF EXISTS {name}"))
        .collect()
}

// A field of an entry's JSON as a typed value; NULL where it is of another type. Field
// names are letters, digits and `_`.

fn json(on_postgres: bool, name: &str, sqlite: (&str, &str), postgres: (&str, &str)) -> String {
    if on_postgres {
        let (is, cast) = postgres;
        format!(
            "CASE WHEN jsonb_typeof(CAST(data AS JSONB) -> '{name}') = '{is}' \
             THEN CAST(CAST(data AS JSONB) ->> '{name}' AS {cast}) END"
        )
    } else {
        let (is, cast) = sqlite;
        let value = format!("json_extract(data, '$.{name}')");
        let value = if cast.is_empty() {
            value
        } else {
            format!("CAST({value} AS {cast})")
        };
        format!("CASE WHEN json_type(data, '$.{name}') IN ({is}) THEN {value} END")
    }
}

pub(crate) fn json_text(on_postgres: bool, name: &str) -> String {
    let text = json(on_postgres, name, ("'text'", ""), ("string", "TEXT"));
    if on_postgres {
        // As every column of text: LOWER says the same of it, there and on SQLite.
        format!("({text}) COLLATE \"C\"")
    } else {
        text
    }
}

pub(crate) fn json_integer(on_postgres: bool, name: &str) -> String {
    if on_postgres {
        // A number with a fraction is no integer; NUMERIC takes both.
        format!(
            "CASE WHEN jsonb_typeof(CAST(data AS JSONB) -> '{name}') = 'number' \
             AND CAST(data AS JSONB) ->> '{name}' ~ '^-?[0-9]+$' \
             THEN CAST(CAST(data AS JSONB) ->> '{name}' AS BIGINT) END"
        )
    } else {
        json(on_postgres, name, ("'integer'", "INTEGER"), ("", ""))
    }
}

pub(crate) fn json_number(on_postgres: bool, name: &str) -> String {
    json(
        on_postgres,
        name,
        ("'integer', 'real'", "REAL"),
        ("number", "DOUBLE PRECISION"),
    )
}

pub(crate) fn json_boolean(on_postgres: bool, name: &str) -> String {
    json(
        on_postgres,
        name,
        ("'true', 'false'", ""),
        ("boolean", "BOOLEAN"),
    )
}
