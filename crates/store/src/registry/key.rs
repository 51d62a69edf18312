//! What records are named by: titles, keys, parents.

use std::collections::HashMap;

use domain::{
    id::Id,
    schema::{Field, Schema, Storage},
    text,
};

use crate::{Arg, Db, StoreError, Tx, args};

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

/// Ids of a noun's records by each of its keys, folded: what a spreadsheet may name them by.
/// A key that two records share is left out.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn key_index(tx: &mut Tx, schema: &Schema) -> Result<HashMap<String, Id>, StoreError> {
    let sql = format!(
        "SELECT id, {} FROM {}",
        schema.keys.join(", "),
        schema.table()
    );
    let rows = tx.fetch(&schema.noun, &sql, &[]).await?;
    let mut out: HashMap<String, Option<Id>> = HashMap::with_capacity(rows.len() * 2);
    for row in &rows {
        let id: Id = row.parsed("id")?;
        out.insert(id.to_string(), Some(id));
        for key in &schema.keys {
            if let Some(value) = row.opt_text(key)? {
                out.entry(text::fold(&value))
                    .and_modify(|other| {
                        if *other != Some(id) {
                            *other = None;
                        }
                    })
                    .or_insert(Some(id));
            }
        }
    }
    Ok(out
        .into_iter()
        .filter_map(|(k, id)| Some((k, id?)))
        .collect())
}

/// The id of the one record that `text` names: its id, or one of the noun's keys.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn resolve(tx: &mut Tx, schema: &Schema, text: &str) -> Result<Option<Id>, StoreError> {
    let table = schema.table();
    if let Ok(id) = text.parse::<Id>() {
        let sql = format!("SELECT id FROM {table} WHERE id = $1");
        return Ok(tx
            .fetch_one(&schema.noun, &sql, &args![id])
            .await?
            .map(|_| id));
    }
    for key in &schema.keys {
        let sql = format!("SELECT id FROM {table} WHERE {key} = $1 LIMIT 2");
        let rows = tx.fetch(&schema.noun, &sql, &args![text]).await?;
        if let [row] = rows.as_slice() {
            return row.parsed("id").map(Some);
        }
    }
    Ok(None)
}

/// Every value of a unique field, whoever's the record is.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn unique_values(
    tx: &mut Tx,
    schema: &Schema,
    field: &Field,
) -> Result<Vec<String>, StoreError> {
    let sql = format!("SELECT {} AS value FROM {}", field.column(), schema.table());
    let rows = tx.fetch(&schema.noun, &sql, &[]).await?;
    rows.iter().map(|row| row.text("value")).collect()
}

/// Every record's parent; nothing for a noun without one.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn parents(tx: &mut Tx, schema: &Schema) -> Result<HashMap<Id, Option<Id>>, StoreError> {
    if schema.field("parent").is_none() || schema.storage == Storage::Entry {
        return Ok(HashMap::new());
    }
    let sql = format!("SELECT id, parent_id FROM {}", schema.table());
    let rows = tx.fetch(&schema.noun, &sql, &[]).await?;
    rows.iter()
        .map(|row| Ok((row.parsed("id")?, row.opt_parsed("parent_id")?)))
        .collect()
}
