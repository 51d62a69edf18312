//! Addresses under which an account's calendar is read by other programs.

use domain::id::AccountId;

use crate::{Db, StoreError, Tx, args};

/// A feed, without the secret part of its address.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct CalendarFeed {
    /// Its public handle.
    pub id: String,
    /// Where it is read: "my phone".
    pub name: String,
    /// Unix milliseconds.
    pub created_at: i64,
    /// When it ends.
    pub expires_at: i64,
    /// The last time it was read.
    pub used_at: Option<i64>,
}

/// Makes a feed.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn make(
    tx: &mut Tx,
    token_hash: &str,
    account: AccountId,
    feed: &CalendarFeed,
) -> Result<(), StoreError> {
    tx.execute(
        "calendar feed",
        "INSERT INTO calendar_feed (token_hash, id, account_id, name, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        &args![
            token_hash,
            &feed.id,
            account,
            &feed.name,
            feed.created_at,
            feed.expires_at
        ],
    )
    .await?;
    Ok(())
}

/// Whose feed it is, if it has not ended, and notes that it was read.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn account(db: &Db, token_hash: &str, now: i64) -> Result<Option<AccountId>, StoreError> {
    let found = db
        .fetch_one(
            "calendar feed",
            "SELECT account_id, used_at FROM calendar_feed WHERE token_hash = $1 AND expires_at > $2",
            &args![token_hash, now],
        )
        .await?;
    let Some(row) = found else { return Ok(None) };
    // Calendars ask every few minutes; the page shows days.
    if row
        .opt_int("used_at")?
        .is_none_or(|at| at < now - 3_600_000)
    {
        db.execute(
            "calendar feed",
            "UPDATE calendar_feed SET used_at = $2 WHERE token_hash = $1",
            &args![token_hash, now],
        )
        .await?;
    }
    row.parsed("account_id").map(Some)
}

/// The feeds of an account.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn of_account(db: &Db, account: AccountId) -> Result<Vec<CalendarFeed>, StoreError> {
    db.fetch(
        "calendar feeds",
        "SELECT id, name, created_at, expires_at, used_at FROM calendar_feed WHERE account_id = $1 ORDER BY created_at",
        &args![account],
    )
    .await?
    .iter()
    .map(|row| {
        Ok(CalendarFeed {
            id: row.text("id")?,
            name: row.text("name")?,
            created_at: row.int("created_at")?,
            expires_at: row.int("expires_at")?,
            used_at: row.opt_int("used_at")?,
        })
    })
    .collect()
}

/// Ends a feed of an account: its address is dead from then on.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn end(tx: &mut Tx, account: AccountId, id: &str) -> Result<u64, StoreError> {
    tx.execute(
        "calendar feed",
        "DELETE FROM calendar_feed WHERE account_id = $1 AND id = $2",
        &args![account, id],
    )
    .await
}
