//! Sessions and one-time links.
//!
//! Only SHA-256 hashes of tokens are stored: who reads the database cannot sign in. Each row has
//! a seal that its maker makes and checks: nor can who writes it.

use domain::id::AccountId;

use crate::{Arg, Db, Row, StoreError, Tx, args, row::Readable as _};

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
    /// What the caller sealed of it.
    pub seal: String,
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
        seal: row.text("seal")?,
    })
}

/// Begins a session.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn create(tx: &mut Tx, s: &Session) -> Result<(), StoreError> {
    tx.execute(
        "session",
        "INSERT INTO session (token_hash, account_id, stage, created_at, seen_at, expires_at, remote, agent, seal) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &args![
            &s.token_hash,
            s.account,
            &s.stage,
            s.created_at,
            s.seen_at,
            s.expires_at,
            &s.remote,
            &s.agent,
            &s.seal
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
    .readable()
}

/// Notes a request of a session and when it ends.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn touch(tx: &mut Tx, s: &Session) -> Result<(), StoreError> {
    tx.execute(
        "session",
        "UPDATE session SET seen_at = $1, expires_at = $2 WHERE token_hash = $3",
        &args![s.seen_at, s.expires_at, &s.token_hash],
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

/// Ends one session and hands it out; none when it was ended before.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn take(tx: &mut Tx, token_hash: &str, now: i64) -> Result<Option<Session>, StoreError> {
    let row = tx
        .fetch_one(
            "session",
            "DELETE FROM session WHERE token_hash = $1 AND expires_at > $2 RETURNING *",
            &args![token_hash, now],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

/// Ends all sessions of an account.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn end_all(tx: &mut Tx, account: AccountId) -> Result<u64, StoreError> {
    tx.execute(
        "sessions",
        "DELETE FROM session WHERE account_id = $1",
        &args![account],
    )
    .await
}

/// A token or a feed that ended without its owner's ending it: the caller tells the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// `api-token` or `calendar-feed`.
    pub noun: &'static str,
    /// Its public handle.
    pub id: String,
    /// What it was called.
    pub name: String,
}

async fn end_those(tx: &mut Tx, condition: &str, args: &[Arg]) -> Result<Vec<Ended>, StoreError> {
    let mut ended = Vec::new();
    for (what, noun, table) in [
        ("API tokens", "api-token", "api_token"),
        ("calendar feeds", "calendar-feed", "calendar_feed"),
    ] {
        let sql = format!("DELETE FROM {table} WHERE {condition} RETURNING id, name");
        for row in tx.fetch(what, &sql, args).await? {
            ended.push(Ended {
                noun,
                id: row.text("id")?,
                name: row.text("name")?,
            });
        }
    }
    Ok(ended)
}

/// Ends everything that stands for an account: sessions, links, tokens, feeds, known devices.
/// Returns the tokens and feeds.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn end_everything(tx: &mut Tx, account: AccountId) -> Result<Vec<Ended>, StoreError> {
    end_all(tx, account).await?;
    for (what, sql) in [
        (
            "one-time links",
            "DELETE FROM one_time_link WHERE account_id = $1",
        ),
        (
            "known devices",
            "DELETE FROM known_device WHERE account_id = $1",
        ),
    ] {
        tx.execute(what, sql, &args![account]).await?;
    }
    end_those(tx, "account_id = $1", &args![account]).await
}

/// Sweeps away what has ended: how many sessions, and which tokens and feeds.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn sweep(tx: &mut Tx, now: i64) -> Result<(u64, Vec<Ended>), StoreError> {
    tx.execute(
        "one-time links",
        "DELETE FROM one_time_link WHERE expires_at <= $1",
        &args![now],
    )
    .await?;
    // What has ended stays in sight for a month, so that its owner learns why it went dead.
    let ended = end_those(tx, "expires_at <= $1", &args![now - 30 * 86_400_000]).await?;
    crate::throttle::sweep(tx, now).await?;
    let sessions = tx
        .execute(
            "sessions",
            "DELETE FROM session WHERE expires_at <= $1",
            &args![now],
        )
        .await?;
    Ok((sessions, ended))
}

/// A one-time link.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// SHA-256 of its token, hex.
    pub token_hash: String,
    /// Whose; none is the first administrator's.
    pub account: Option<AccountId>,
    /// Unix milliseconds.
    pub expires_at: i64,
    /// What the caller sealed of it.
    pub seal: String,
}

/// Makes a one-time link.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn make_link(tx: &mut Tx, link: &Link) -> Result<(), StoreError> {
    tx.execute(
        "one-time link",
        "INSERT INTO one_time_link (token_hash, account_id, expires_at, seal) VALUES ($1, $2, $3, $4)",
        &args![
            &link.token_hash,
            link.account.map(|a| a.to_string()),
            link.expires_at,
            &link.seal
        ],
    )
    .await?;
    Ok(())
}

/// The link of a token, if it is there and not past its time.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn link(db: &Db, token_hash: &str, now: i64) -> Result<Option<Link>, StoreError> {
    let row = db
        .fetch_one(
            "one-time link",
            "SELECT * FROM one_time_link WHERE token_hash = $1 AND expires_at > $2 \
             AND (account_id IS NOT NULL OR NOT EXISTS (SELECT 1 FROM account))",
            &args![token_hash, now],
        )
        .await?;
    row.map(|row| {
        Ok(Link {
            token_hash: row.text("token_hash")?,
            account: row.opt_parsed("account_id")?,
            expires_at: row.int("expires_at")?,
            seal: row.text("seal")?,
        })
    })
    .transpose()
}

/// Uses an account's link up, and with it the account's other links; false when somebody
/// was quicker.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn use_link(
    tx: &mut Tx,
    token_hash: &str,
    account: AccountId,
    now: i64,
) -> Result<bool, StoreError> {
    let used = tx
        .fetch(
            "one-time link",
            "DELETE FROM one_time_link WHERE account_id = $1 RETURNING token_hash, expires_at",
            &args![account],
        )
        .await?;
    holds(&used, token_hash, now)
}

/// Uses a link of the first administrator up, and with it all others of the kind; false when
/// somebody was quicker or there is an account already.
///
/// Two who come at once with different links wait here for each other: each takes all links.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn use_start_link(tx: &mut Tx, token_hash: &str, now: i64) -> Result<bool, StoreError> {
    let used = end_start_links(tx).await?;
    let accounts = tx
        .fetch_one("accounts", "SELECT id FROM account LIMIT 1", &[])
        .await?;
    Ok(accounts.is_none() && holds(&used, token_hash, now)?)
}

/// Ends all links of the first administrator.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn end_start_links(tx: &mut Tx) -> Result<Vec<Row>, StoreError> {
    tx.fetch(
        "one-time links",
        "DELETE FROM one_time_link WHERE account_id IS NULL RETURNING token_hash, expires_at",
        &[],
    )
    .await
}

/// Whether the link that was shown is one of these and not past its time.
fn holds(links: &[Row], token_hash: &str, now: i64) -> Result<bool, StoreError> {
    for link in links {
        if link.text("token_hash")? == token_hash {
            return Ok(link.int("expires_at")? > now);
        }
    }
    Ok(false)
}
