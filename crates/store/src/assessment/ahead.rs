//! Intervals that a clock which was ahead ended in a time that had yet to come.

use super::end;
use crate::{Db, StoreError, Tx, args};

/// Their end is later than `$1`, or was written later.
const ENDED_AHEAD: &str = "(valid_to > $1 AND valid_to > valid_from OR closed_at > $1)";

/// The identifiers of the intervals that were ended later than `at`, unix milliseconds.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn ended_ahead(db: &Db, at: i64) -> Result<Vec<String>, StoreError> {
    let sql = format!("SELECT id FROM verdict WHERE {ENDED_AHEAD} ORDER BY id");
    let rows = db.fetch("verdicts", &sql, &args![at]).await?;
    rows.iter().map(|row| row.text("id")).collect()
}

/// Ends at `now` those of these that were ended later; one that began later lasted nothing.
/// Returns what [`super::record`] returns.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn end_now(tx: &mut Tx, ids: &[String], now: i64) -> Result<String, StoreError> {
    crate::dialect::lock(tx, "verdicts", true).await?;
    let told = end(tx, ids, ENDED_AHEAD, now, now).await?;
    Ok(serde_json::to_string(&told).unwrap_or_default())
}
