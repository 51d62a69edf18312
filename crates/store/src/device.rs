//! Browsers from which an account has signed in all the way, and recovery codes.
//!
//! Only SHA-256 hashes of cookies and codes are kept.

use domain::id::AccountId;

use crate::{Db, Row, StoreError, Tx, args, row::Readable as _};

/// A browser that an account is known to use.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownDevice {
    /// SHA-256 of the cookie, hex; also its public handle.
    pub token_hash: String,
    /// Whose.
    pub account: AccountId,
    /// Unix milliseconds.
    pub created_at: i64,
    /// The last sign-in with it.
    pub seen_at: i64,
    /// From where that was.
    pub remote: String,
    /// Which browser.
    pub agent: String,
}

fn read(row: &Row) -> Result<KnownDevice, StoreError> {
    Ok(KnownDevice {
        token_hash: row.text("token_hash")?,
        account: row.parsed("account_id")?,
        created_at: row.int("created_at")?,
        seen_at: row.int("seen_at")?,
        remote: row.text("remote")?,
        agent: row.text("agent")?,
    })
}

/// Writes a device, new or seen again.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn note(tx: &mut Tx, d: &KnownDevice) -> Result<(), StoreError> {
    tx.execute(
        "known device",
        "INSERT INTO known_device (token_hash, account_id, created_at, seen_at, remote, agent) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (token_hash) DO UPDATE SET \
         seen_at = excluded.seen_at, remote = excluded.remote, agent = excluded.agent",
        &args![
            &d.token_hash,
            d.account,
            d.created_at,
            d.seen_at,
            &d.remote,
            &d.agent
        ],
    )
    .await?;
    Ok(())
}

/// The device of a cookie, if it was used since `since`.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn get(db: &Db, token_hash: &str, since: i64) -> Result<Option<KnownDevice>, StoreError> {
    db.fetch_one(
        "known device",
        "SELECT * FROM known_device WHERE token_hash = $1 AND seen_at > $2",
        &args![token_hash, since],
    )
    .await?
    .map(|row| read(&row))
    .transpose()
}

/// The devices of an account used since `since`, the latest first.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn of_account(
    db: &Db,
    account: AccountId,
    since: i64,
) -> Result<Vec<KnownDevice>, StoreError> {
    db.fetch(
        "known devices",
        "SELECT * FROM known_device WHERE account_id = $1 AND seen_at > $2 ORDER BY seen_at DESC",
        &args![account, since],
    )
    .await?
    .iter()
    .map(read)
    .readable()
}

/// Forgets a device of an account; how many that were.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn forget(tx: &mut Tx, account: AccountId, token_hash: &str) -> Result<u64, StoreError> {
    tx.execute(
        "known device",
        "DELETE FROM known_device WHERE account_id = $1 AND token_hash = $2",
        &args![account, token_hash],
    )
    .await
}

/// Gives an account these recovery codes in place of those it had.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn set_recovery(
    tx: &mut Tx,
    account: AccountId,
    hashes: &[String],
) -> Result<(), StoreError> {
    tx.execute(
        "recovery codes",
        "DELETE FROM recovery_code WHERE account_id = $1",
        &args![account],
    )
    .await?;
    let rows: Vec<_> = (hashes.iter())
        .map(|hash| args![hash, account].to_vec())
        .collect();
    tx.insert_many(
        "recovery codes",
        "recovery_code (code_hash, account_id)",
        "",
        &rows,
    )
    .await
}

/// Uses a recovery code up; false where the account has no such code.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn use_recovery(tx: &mut Tx, account: AccountId, hash: &str) -> Result<bool, StoreError> {
    let gone = tx
        .execute(
            "recovery code",
            "DELETE FROM recovery_code WHERE account_id = $1 AND code_hash = $2",
            &args![account, hash],
        )
        .await?;
    Ok(gone == 1)
}

/// How many recovery codes an account has left.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn recovery_left(db: &Db, account: AccountId) -> Result<i64, StoreError> {
    db.fetch_one(
        "recovery codes",
        "SELECT COUNT(*) AS n FROM recovery_code WHERE account_id = $1",
        &args![account],
    )
    .await?
    .map_or(Ok(0), |row| row.int("n"))
}
