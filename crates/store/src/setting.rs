//! Settings by key; values are JSON.

use std::collections::BTreeMap;

use crate::{Db, StoreError, Tx, args};

/// All settings that differ from their defaults.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn all(db: &Db) -> Result<BTreeMap<String, String>, StoreError> {
    db.fetch("settings", "SELECT key, value FROM setting", &[])
        .await?
        .iter()
        .map(|row| Ok((row.text("key")?, row.text("value")?)))
        .collect()
}

/// Sets one.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn set(tx: &mut Tx, key: &str, value: &str, now: i64) -> Result<(), StoreError> {
    tx.execute(
        "setting",
        "INSERT INTO setting (key, value, updated_at) VALUES ($1, $2, $3) \
         ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
        &args![key, value, now],
    )
    .await?;
    Ok(())
}
