//! Settings by province and key; values are JSON.

use domain::id::OrganizationId;

use crate::{Db, StoreError, Tx, args};

/// A setting that somebody chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The province that chose it for itself; none for what all others share.
    pub province: Option<OrganizationId>,
    /// Its key.
    pub key: String,
    /// JSON.
    pub value: String,
}

fn place(province: Option<OrganizationId>) -> String {
    province.map_or_else(String::new, |p| p.to_string())
}

/// All settings that differ from their defaults.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn all(db: &Db) -> Result<Vec<Setting>, StoreError> {
    let sql = "SELECT NULLIF(province, '') AS province, key, value FROM setting ORDER BY 1, 2";
    db.fetch("settings", sql, &[])
        .await?
        .iter()
        .map(|row| {
            Ok(Setting {
                province: row.opt_parsed("province")?,
                key: row.text("key")?,
                value: row.text("value")?,
            })
        })
        .collect()
}

/// Sets one.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn set(
    tx: &mut Tx,
    province: Option<OrganizationId>,
    key: &str,
    value: &str,
    now: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "setting",
        "INSERT INTO setting (province, key, value, updated_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (province, key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
        &args![place(province), key, value, now],
    )
    .await?;
    Ok(())
}

/// Takes a province's own choice back: it shares what the others have.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn unset(tx: &mut Tx, province: OrganizationId, key: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM setting WHERE province = $1 AND key = $2";
    tx.execute("setting", sql, &args![place(Some(province)), key])
        .await?;
    Ok(())
}
