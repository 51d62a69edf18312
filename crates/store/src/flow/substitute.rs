//! Who takes steps in somebody's place.

use domain::id::{AccountId, Id};

use crate::{Db, Row, StoreError, Tx, args};

/// That one account takes steps in another's place.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Substitute {
    /// Its identifier.
    pub id: Id,
    /// In whose place.
    pub account: AccountId,
    /// Who takes steps.
    pub substitute: AccountId,
    /// First ISO day.
    pub starts_on: String,
    /// Last ISO day.
    pub ends_on: String,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Who wrote it.
    pub created_by: String,
    /// When it was ended before its last day.
    pub ended_at: Option<i64>,
}

fn read(row: &Row) -> Result<Substitute, StoreError> {
    Ok(Substitute {
        id: row.parsed("id")?,
        account: row.parsed("account_id")?,
        substitute: row.parsed("substitute_id")?,
        starts_on: row.text("starts_on")?,
        ends_on: row.text("ends_on")?,
        created_at: row.int("created_at")?,
        created_by: row.text("created_by")?,
        ended_at: row.opt_int("ended_at")?,
    })
}

/// Writes a substitute.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn insert_substitute(tx: &mut Tx, s: &Substitute) -> Result<(), StoreError> {
    tx.execute(
        "substitute",
        "INSERT INTO flow_substitute (id, account_id, substitute_id, starts_on, ends_on, created_at, created_by, \
         ended_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &args![
            s.id,
            s.account,
            s.substitute,
            &s.starts_on,
            &s.ends_on,
            s.created_at,
            &s.created_by,
            s.ended_at
        ],
    )
    .await?;
    Ok(())
}

/// Ends a substitute of an account; the row as it was, none where there is no such.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn end_substitute(
    tx: &mut Tx,
    account: AccountId,
    id: Id,
    now: i64,
) -> Result<Option<Substitute>, StoreError> {
    let sql =
        "SELECT * FROM flow_substitute WHERE id = $1 AND account_id = $2 AND ended_at IS NULL";
    let row = tx.fetch_one("substitute", sql, &args![id, account]).await?;
    let Some(found) = row.as_ref().map(read).transpose()? else {
        return Ok(None);
    };
    let sql = "UPDATE flow_substitute SET ended_at = $2 WHERE id = $1";
    tx.execute("substitute", sql, &args![id, now]).await?;
    Ok(Some(found))
}

/// In whose place an account takes steps on `today`.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn substituted(
    tx: &mut Tx,
    substitute: AccountId,
    today: &str,
) -> Result<Vec<Substitute>, StoreError> {
    let sql = "SELECT * FROM flow_substitute WHERE substitute_id = $1 AND starts_on <= $2 AND ends_on >= $2 \
               AND ended_at IS NULL ORDER BY id";
    let rows = tx
        .fetch("substitute", sql, &args![substitute, today])
        .await?;
    rows.iter().map(read).collect()
}

/// Those who take steps in an account's place, today or later.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn substitutes(
    db: &Db,
    account: AccountId,
    today: &str,
) -> Result<Vec<Substitute>, StoreError> {
    let sql = "SELECT * FROM flow_substitute WHERE account_id = $1 AND ends_on >= $2 AND ended_at IS NULL ORDER BY id";
    let rows = db.fetch("substitute", sql, &args![account, today]).await?;
    rows.iter().map(read).collect()
}
