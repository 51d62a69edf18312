//! What records are named by: titles, keys, parents.

use std::collections::HashMap;

use domain::{
    authority::Scope,
    id::Id,
    record::Record,
    schema::{Field, Schema, Storage},
};

use super::{owner_column, read, scope_condition, search_conditions};
use crate::{Arg, Db, Row, StoreError, Tx, args, dialect, row::Readable as _};

/// The titles of records of a table noun by id.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn titles(
    db: &Db,
    schema: &Schema,
    ids: &[Id],
) -> Result<HashMap<Id, String>, StoreError> {
    let mut out = HashMap::new();
    for ids in ids.chunks(500) {
        let args: Vec<Arg> = ids.iter().map(|id| (*id).into()).collect();
        let places: Vec<String> = (1..=args.len()).map(|i| format!("${i}")).collect();
        let sql = format!(
            "SELECT id, {} AS title FROM {} WHERE id IN ({})",
            schema.title,
            schema.table(),
            places.join(", ")
        );
        for row in db.fetch(&schema.noun, &sql, &args).await? {
            out.insert(
                row.parsed("id")?,
                row.opt_text("title")?.unwrap_or_default(),
            );
        }
    }
    Ok(out)
}

/// What one record is named by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its id.
    pub id: Id,
    /// Its keys, in the order of the schema's `keys`.
    pub keys: Vec<Option<String>>,
    /// Whether it lies in the scope that was asked with.
    pub in_scope: bool,
}

/// What all records of a noun are named by in `keys` (fields), whoever's they are.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn names(
    db: &Db,
    scope: &Scope,
    schema: &Schema,
    keys: &[String],
) -> Result<Vec<Named>, StoreError> {
    let mut args = Vec::new();
    let in_scope = scope_condition(scope, &owner_column(schema), &mut args);
    let columns: String = keys.iter().map(|key| format!(", {key}")).collect();
    let sql = format!(
        "SELECT id, CAST(CASE WHEN {in_scope} THEN 1 ELSE 0 END AS BIGINT) AS in_scope{columns} FROM {}",
        schema.table()
    );
    let rows = db.fetch(&schema.noun, &sql, &args).await?;
    rows.iter().map(|row| named(row, keys)).readable()
}

fn named(row: &Row, keys: &[String]) -> Result<Named, StoreError> {
    Ok(Named {
        id: row.parsed("id")?,
        keys: keys
            .iter()
            .map(|key| row.opt_text(key))
            .collect::<Result<_, _>>()?,
        in_scope: row.int("in_scope")? != 0,
    })
}

/// The ids of the records that `text` names: by its id, or exactly by the first of the noun's
/// keys that any record has. More than one share a name.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn resolve(tx: &mut Tx, schema: &Schema, text: &str) -> Result<Vec<Id>, StoreError> {
    let table = schema.table();
    let mut columns: Vec<&str> = schema.keys.iter().map(String::as_str).collect();
    if text.parse::<Id>().is_ok() {
        columns.insert(0, "id");
    }
    for key in columns {
        let sql = format!("SELECT id FROM {table} WHERE {key} = $1 ORDER BY id LIMIT 4");
        let rows = tx.fetch(&schema.noun, &sql, &args![text]).await?;
        if !rows.is_empty() {
            return rows.iter().map(|row| row.parsed("id")).collect();
        }
    }
    Ok(Vec::new())
}

/// Records in scope whose words hold all of those in `text`, whatever its tone marks and case:
/// what may have been meant. At most 40.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn alike(
    tx: &mut Tx,
    scope: &Scope,
    schema: &Schema,
    text: &str,
) -> Result<Vec<Named>, StoreError> {
    let mut args = Vec::new();
    let mut conditions = search_conditions(text, &mut args);
    conditions.push(scope_condition(scope, &owner_column(schema), &mut args));
    let sql = format!(
        "SELECT id, CAST(1 AS BIGINT) AS in_scope, {} FROM {} WHERE {} ORDER BY sort_key, id LIMIT 40",
        schema.keys.join(", "),
        schema.table(),
        conditions.join(" AND ")
    );
    let rows = tx.fetch(&schema.noun, &sql, &args).await?;
    rows.iter().map(|row| named(row, &schema.keys)).readable()
}

/// A record whose unique field differs from `value` in case alone, whoever's it is: what
/// stands there. Letters beyond ASCII are compared as they are, all small or all capital,
/// for SQLite knows no other case of them.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn twin(
    tx: &mut Tx,
    schema: &Schema,
    field: &Field,
    value: &str,
) -> Result<Option<String>, StoreError> {
    let column = field.column();
    let plain = value.to_ascii_lowercase();
    // Of two that are made at once the second sees the first. One lock of a noun: an import that
    // held one for each code could stand in the way of another that holds them in another order.
    dialect::lock(tx, &format!("codes of {}", schema.noun), true).await?;
    let sql = format!(
        "SELECT {column} AS value FROM {} WHERE lower({column}) IN ($1, $2, $3) AND {column} <> $4 LIMIT 1",
        schema.table()
    );
    let capital = value.to_uppercase().to_ascii_lowercase();
    let args = args![plain, value.to_lowercase(), capital, value];
    let row = tx.fetch_one(&schema.noun, &sql, &args).await?;
    row.map(|row| row.text("value")).transpose()
}

/// Records by their ids, whoever's they are; for use cases that have asked for the authority.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn by_ids(db: &Db, schema: &Schema, ids: &[Id]) -> Result<Vec<Record>, StoreError> {
    let mut out = Vec::with_capacity(ids.len());
    for ids in ids.chunks(500) {
        let (sql, args) = among(schema, ids);
        for row in &db.fetch(&schema.noun, &sql, &args).await? {
            out.push(read(schema, row)?);
        }
    }
    Ok(out)
}

/// The same as they stand in a transaction, by id.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn by_ids_in(
    tx: &mut Tx,
    schema: &Schema,
    ids: &[Id],
) -> Result<HashMap<Id, Record>, StoreError> {
    let mut out = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(500) {
        let (sql, args) = among(schema, ids);
        for row in &tx.fetch(&schema.noun, &sql, &args).await? {
            let record = read(schema, row)?;
            out.insert(record.id, record);
        }
    }
    Ok(out)
}

fn among(schema: &Schema, ids: &[Id]) -> (String, Vec<Arg>) {
    let args: Vec<Arg> = ids.iter().map(|id| (*id).into()).collect();
    let places: Vec<String> = (1..=args.len()).map(|i| format!("${i}")).collect();
    let sql = format!(
        "SELECT * FROM {} WHERE id IN ({})",
        schema.table(),
        places.join(", ")
    );
    (sql, args)
}

/// Every record's parent; nothing for a noun without one.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn parents(db: &Db, schema: &Schema) -> Result<HashMap<Id, Option<Id>>, StoreError> {
    if schema.field("parent").is_none() || schema.storage == Storage::Entry {
        return Ok(HashMap::new());
    }
    let sql = format!("SELECT id, parent_id FROM {}", schema.table());
    let rows = db.fetch(&schema.noun, &sql, &[]).await?;
    let above = rows
        .iter()
        .map(|row| Ok((row.parsed("id")?, row.opt_parsed("parent_id")?)));
    Ok(above.readable()?.into_iter().collect())
}
