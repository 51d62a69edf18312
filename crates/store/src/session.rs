//! Sessions, one-time links, API tokens, and the throttle of sign-ins.
//!
//! Only SHA-256 hashes of tokens are stored: who reads the database cannot sign in.

use domain::id::AccountId;

use crate::{Db, Row, StoreError, Tx, args};

/// A session.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// SHA-256 of the cookie's token, hex; also its public handle.
    pub token_hash: String,
    /// Whose.
    pub account: AccountId,
    /// `full`, or what is still to be done: `totp`, `enrol`, `password`.
    pub stage: String,
    /// Unix milliseconds.
    pub created_at: i64,
    /// The last request.
    pub seen_at: i64,
    /// When it ends at the latest.
    pub expires_at: i64,
    /// From where.
    pub remote: String,
    /// Which browser.
    pub agent: String,
}

fn read(row: &Row) -> Result<Session, StoreError> {
    Ok(Session {
        token_hash: row.text("token_hash")?,
        account: row.parsed("account_id")?,
        stage: row.text("stage")?,
        created_at: row.int("created_at")?,
        seen_at: row.int("seen_at")?,
        expires_at: row.int("expires_at")?,
        remote: row.text("remote")?,
        agent: row.text("agent")?,
    })
}

/// Begins a session.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn create(tx: &mut Tx, s: &Session) -> Result<(), StoreError> {
    tx.execute(
        "session",
        "INSERT INTO session (token_hash, account_id, stage, created_at, seen_at, expires_at, remote, agent) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &args![
            &s.token_hash,
            s.account,
            &s.stage,
            s.created_at,
            s.seen_at,
            s.expires_at,
            &s.remote,
            &s.agent
        ],
    )
    .await?;
    Ok(())
}

/// The session of a token, if it has not ended.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn get(db: &Db, token_hash: &str, now: i64) -> Result<Option<Session>, StoreError> {
    db.fetch_one(
        "session",
        "SELECT * FROM session WHERE token_hash = $1 AND expires_at > $2",
        &args![token_hash, now],
    )
    .await?
    .map(|row| read(&row))
    .transpose()
}

/// Sessions of an account, the latest first.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn of_account(db: &Db, account: AccountId, now: i64) -> Result<Vec<Session>, StoreError> {
    db.fetch(
        "sessions",
        "SELECT * FROM session WHERE account_id = $1 AND expires_at > $2 ORDER BY seen_at DESC",
        &args![account, now],
    )
    .await?
    .iter()
    .map(read)
    .collect()
}

/// Notes a request of a session, its stage and when it ends.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn touch(tx: &mut Tx, s: &Session) -> Result<(), StoreError> {
    tx.execute(
        "session",
        "UPDATE session SET stage = $1, seen_at = $2, expires_at = $3 WHERE token_hash = $4",
        &args![&s.stage, s.seen_at, s.expires_at, &s.token_hash],
    )
    .await?;
    Ok(())
}

/// Ends one session.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn end(tx: &mut Tx, token_hash: &str) -> Result<(), StoreError> {
    tx.execute(
        "session",
        "DELETE FROM session WHERE token_hash = $1",
        &args![token_hash],
    )
    .await?;
    Ok(())
}

/// Ends all sessions of an account but one.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn end_others(
    tx: &mut Tx,
    account: AccountId,
    keep: Option<&str>,
) -> Result<u64, StoreError> {
    tx.execute(
        "sessions",
        "DELETE FROM session WHERE account_id = $1 AND token_hash <> $2",
        &args![account, keep.unwrap_or_default()],
    )
    .await
}

/// Sweeps away what has ended.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn sweep(tx: &mut Tx, now: i64) -> Result<u64, StoreError> {
    tx.execute(
        "one-time links",
        "DELETE FROM one_time_link WHERE expires_at <= $1",
        &args![now],
    )
    .await?;
    tx.execute(
        "sign-in failures",
        "DELETE FROM sign_in_failure WHERE last_at <= $1",
        &args![now - 86_400_000],
    )
    .await?;
    tx.execute(
        "sessions",
        "DELETE FROM session WHERE expires_at <= $1",
        &args![now],
    )
    .await
}

/// Makes a one-time link; `account` is none for the first administrator.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn make_link(
    tx: &mut Tx,
    token_hash: &str,
    account: Option<AccountId>,
    expires_at: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "one-time link",
        "INSERT INTO one_time_link (token_hash, account_id, expires_at) VALUES ($1, $2, $3)",
        &args![token_hash, account.map(|a| a.to_string()), expires_at],
    )
    .await?;
    Ok(())
}

/// Whose a link is, if it is there, unused and not past its time: `Some(None)` is the first
/// administrator's.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn link(
    db: &Db,
    token_hash: &str,
    now: i64,
) -> Result<Option<Option<AccountId>>, StoreError> {
    db.fetch_one(
        "one-time link",
        "SELECT account_id FROM one_time_link WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2",
        &args![token_hash, now],
    )
    .await?
    .map(|row| row.opt_parsed("account_id"))
    .transpose()
}

/// Uses a link up; false when somebody was quicker.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn use_link(tx: &mut Tx, token_hash: &str, now: i64) -> Result<bool, StoreError> {
    let touched = tx
        .execute(
            "one-time link",
            "UPDATE one_time_link SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2",
            &args![token_hash, now],
        )
        .await?;
    Ok(touched == 1)
}

/// An API token, without its secret.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct ApiToken {
    /// Its public handle.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// Unix milliseconds.
    pub created_at: i64,
    /// When it ends.
    pub expires_at: i64,
    /// The last use.
    pub used_at: Option<i64>,
}

/// Makes a token.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn make_token(
    tx: &mut Tx,
    token_hash: &str,
    account: AccountId,
    token: &ApiToken,
) -> Result<(), StoreError> {
    tx.execute(
        "API token",
        "INSERT INTO api_token (token_hash, id, account_id, name, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        &args![
            token_hash,
            &token.id,
            account,
            &token.name,
            token.created_at,
            token.expires_at
        ],
    )
    .await?;
    Ok(())
}

/// Whose a token is, if it has not ended.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn token_account(
    db: &Db,
    token_hash: &str,
    now: i64,
) -> Result<Option<AccountId>, StoreError> {
    db.fetch_one(
        "API token",
        "SELECT account_id FROM api_token WHERE token_hash = $1 AND expires_at > $2",
        &args![token_hash, now],
    )
    .await?
    .map(|row| row.parsed("account_id"))
    .transpose()
}

/// The tokens of an account.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn tokens(db: &Db, account: AccountId) -> Result<Vec<ApiToken>, StoreError> {
    db.fetch(
        "API tokens",
        "SELECT id, name, created_at, expires_at, used_at FROM api_token WHERE account_id = $1 ORDER BY created_at",
        &args![account],
    )
    .await?
    .iter()
    .map(|row| {
        Ok(ApiToken {
            id: row.text("id")?,
            name: row.text("name")?,
            created_at: row.int("created_at")?,
            expires_at: row.int("expires_at")?,
            used_at: row.opt_int("used_at")?,
        })
    })
    .collect()
}

/// Ends a token of an account.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn end_token(tx: &mut Tx, account: AccountId, id: &str) -> Result<u64, StoreError> {
    tx.execute(
        "API token",
        "DELETE FROM api_token WHERE account_id = $1 AND id = $2",
        &args![account, id],
    )
    .await
}

/// Failed sign-ins from an address, and the last of them.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn failures(db: &Db, remote: &str) -> Result<(i64, i64), StoreError> {
    db.fetch_one(
        "sign-in failures",
        "SELECT failures, last_at FROM sign_in_failure WHERE remote = $1",
        &args![remote],
    )
    .await?
    .map_or(Ok((0, 0)), |row| {
        Ok((row.int("failures")?, row.int("last_at")?))
    })
}

/// Notes a failed sign-in from an address; a long quiet starts the count anew.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn note_failure(
    tx: &mut Tx,
    remote: &str,
    now: i64,
    quiet_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "sign-in failures",
        "INSERT INTO sign_in_failure (remote, failures, last_at) VALUES ($1, 1, $2) \
         ON CONFLICT (remote) DO UPDATE SET last_at = excluded.last_at, \
         failures = CASE WHEN sign_in_failure.last_at < excluded.last_at - $3 THEN 1 \
         ELSE sign_in_failure.failures + 1 END",
        &args![remote, now, quiet_ms],
    )
    .await?;
    Ok(())
}

/// Forgets an address' failures after a good sign-in.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn forget_failures(tx: &mut Tx, remote: &str) -> Result<(), StoreError> {
    tx.execute(
        "sign-in failures",
        "DELETE FROM sign_in_failure WHERE remote = $1",
        &args![remote],
    )
    .await?;
    Ok(())
}
