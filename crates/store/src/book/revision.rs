//! Every version of an entry, as it was written.

use domain::{
    id::Id,
    record::{Record, Values},
};

use crate::{Arg, Db, Row, StoreError, Tx, args, row::Readable as _};

/// One version of an entry.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Revision {
    /// 1 when it was made.
    pub version: i64,
    /// Unix milliseconds.
    pub recorded_at: i64,
    /// Who wrote it; empty for what was written before revisions were kept.
    pub recorded_by: String,
    /// As it was.
    pub values: Values,
}

pub(super) fn read(row: &Row) -> Result<Revision, StoreError> {
    let data = row.text("data")?;
    Ok(Revision {
        version: row.int("version")?,
        recorded_at: row.int("recorded_at")?,
        recorded_by: row.text("recorded_by")?,
        values: serde_json::from_str(&data).map_err(|e| StoreError::Decode {
            column: "data".into(),
            what: e.to_string(),
        })?,
    })
}

/// Keeps versions of entries beside those that are there.
///
/// # Errors
/// [`StoreError`] of the engine.
pub(crate) async fn keep(
    tx: &mut Tx,
    records: &[Record],
    version: impl Fn(&Record) -> i64,
    by: &str,
    now: i64,
) -> Result<(), StoreError> {
    let rows: Vec<Vec<Arg>> = records
        .iter()
        .map(|record| {
            let data = serde_json::to_string(&record.values).unwrap_or_default();
            args![record.id, version(record), now, by, data].to_vec()
        })
        .collect();
    tx.insert_many(
        "entry_revision",
        "entry_revision (entry_id, version, recorded_at, recorded_by, data)",
        "",
        &rows,
    )
    .await
}

/// All versions of an entry, the newest first. The caller has looked whether the entry is
/// in the actor's scope.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn revisions(db: &Db, entry: Id) -> Result<Vec<Revision>, StoreError> {
    db.fetch(
        "entry_revision",
        "SELECT * FROM entry_revision WHERE entry_id = $1 ORDER BY version DESC",
        &args![entry],
    )
    .await?
    .iter()
    .map(read)
    .readable()
}
