//! API tokens: only their SHA-256 is kept.

use domain::{authority::Permission, id::AccountId};

use crate::{Db, Row, StoreError, Tx, args, row::Readable as _};

/// An API token, without its secret.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct ApiToken {
    /// Its public handle.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// What its bearer may do, of what the account may.
    pub scopes: Vec<Permission>,
    /// Unix milliseconds.
    pub created_at: i64,
    /// When it ends.
    pub expires_at: i64,
    /// The last use, a minute sharp.
    pub used_at: Option<i64>,
}

fn read(row: &Row) -> Result<ApiToken, StoreError> {
    Ok(ApiToken {
        id: row.text("id")?,
        name: row.text("name")?,
        // A scope of another version of the program is none.
        scopes: (row.text("scopes")?.split(','))
            .filter_map(Permission::from_code)
            .collect(),
        created_at: row.int("created_at")?,
        expires_at: row.int("expires_at")?,
        used_at: row.opt_int("used_at")?,
    })
}

/// Makes a token.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn make(
    tx: &mut Tx,
    token_hash: &str,
    account: AccountId,
    token: &ApiToken,
) -> Result<(), StoreError> {
    let scopes: Vec<&str> = token.scopes.iter().map(|s| s.code()).collect();
    tx.execute(
        "API token",
        "INSERT INTO api_token (token_hash, id, account_id, name, scopes, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &args![
            token_hash,
            &token.id,
            account,
            &token.name,
            scopes.join(","),
            token.created_at,
            token.expires_at
        ],
    )
    .await?;
    Ok(())
}

/// The token of a secret and whose it is, if it has not ended. Notes that it was used.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn bearer(
    db: &Db,
    token_hash: &str,
    now: i64,
) -> Result<Option<(AccountId, ApiToken)>, StoreError> {
    let found = db
        .fetch_one(
            "API token",
            "SELECT * FROM api_token WHERE token_hash = $1 AND expires_at > $2",
            &args![token_hash, now],
        )
        .await?;
    let Some(row) = found else { return Ok(None) };
    let token = read(&row)?;
    // A program may ask many times a second; a write for each would hold everybody up.
    if token.used_at.is_none_or(|at| at < now - 60_000) {
        db.execute(
            "API token",
            "UPDATE api_token SET used_at = $2 WHERE token_hash = $1",
            &args![token_hash, now],
        )
        .await?;
    }
    Ok(Some((row.parsed("account_id")?, token)))
}

/// The tokens of an account, also those that ended lately.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn of_account(db: &Db, account: AccountId) -> Result<Vec<ApiToken>, StoreError> {
    db.fetch(
        "API tokens",
        "SELECT id, name, scopes, created_at, expires_at, used_at FROM api_token \
         WHERE account_id = $1 ORDER BY created_at",
        &args![account],
    )
    .await?
    .iter()
    .map(read)
    .readable()
}

/// Ends a token of an account and returns its name; none where the account has no such token.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn end(tx: &mut Tx, account: AccountId, id: &str) -> Result<Option<String>, StoreError> {
    tx.fetch_one(
        "API token",
        "DELETE FROM api_token WHERE account_id = $1 AND id = $2 RETURNING name",
        &args![account, id],
    )
    .await?
    .map(|row| row.text("name"))
    .transpose()
}
