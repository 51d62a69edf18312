//! Who sends logs, known and unknown.

use std::collections::HashSet;

use domain::id::Id;

use crate::{Arg, Db, StoreError, Tx, args};

/// What arrived from a registered device.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct LogSource {
    /// The device.
    pub device: Id,
    /// The first line's arrival, unix milliseconds; never after it was first noted.
    pub first_received_at: i64,
    /// The last line's arrival, unix milliseconds.
    pub last_received_at: i64,
    /// Lines in all.
    pub lines: i64,
}

/// Stores what arrived, over what was there; the first arrival stays as it was first told.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn save(tx: &mut Tx, sources: &[LogSource], now: i64) -> Result<(), StoreError> {
    let rows: Vec<Vec<Arg>> = sources
        .iter()
        .map(|s| {
            args![
                s.device,
                s.first_received_at,
                s.last_received_at,
                s.lines,
                now
            ]
            .to_vec()
        })
        .collect();
    tx.insert_many(
        "log sources",
        "log_source (device_id, first_received_at, last_received_at, lines, updated_at)",
        "ON CONFLICT (device_id) DO UPDATE SET last_received_at = excluded.last_received_at, \
         lines = excluded.lines, updated_at = excluded.updated_at",
        &rows,
    )
    .await
}

/// All that ever sent.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn all(db: &Db) -> Result<Vec<LogSource>, StoreError> {
    db.fetch("log sources", "SELECT * FROM log_source", &[])
        .await?
        .iter()
        .map(|row| {
            Ok(LogSource {
                device: row.parsed("device_id")?,
                first_received_at: row.int("first_received_at")?,
                last_received_at: row.int("last_received_at")?,
                lines: row.int("lines")?,
            })
        })
        .collect()
}

/// An address that sends and belongs to no registered device.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct UnknownSender {
    /// Its address.
    pub peer: String,
    /// First seen, unix milliseconds.
    pub first_at: i64,
    /// Last seen.
    pub last_at: i64,
    /// How many lines.
    pub lines: i64,
    /// One of them.
    pub sample: String,
}

/// Stores unknown senders, over what was there.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn save_unknown(tx: &mut Tx, senders: &[UnknownSender]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Arg>> = senders
        .iter()
        .map(|s| {
            args![
                &s.peer,
                s.first_at,
                s.last_at,
                s.lines,
                s.sample.replace('\0', "\u{fffd}")
            ]
            .to_vec()
        })
        .collect();
    tx.insert_many(
        "unknown senders",
        "unknown_sender (peer, first_at, last_at, lines, sample)",
        "ON CONFLICT (peer) DO UPDATE SET last_at = excluded.last_at, lines = excluded.lines, \
         sample = excluded.sample",
        &rows,
    )
    .await
}

/// Unknown senders, the latest first.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn unknown(db: &Db, limit: i64) -> Result<Vec<UnknownSender>, StoreError> {
    db.fetch(
        "unknown senders",
        "SELECT * FROM unknown_sender ORDER BY last_at DESC LIMIT $1",
        &args![limit],
    )
    .await?
    .iter()
    .map(|row| {
        Ok(UnknownSender {
            peer: row.text("peer")?,
            first_at: row.int("first_at")?,
            last_at: row.int("last_at")?,
            lines: row.int("lines")?,
            sample: row.text("sample")?,
        })
    })
    .collect()
}

/// The addresses of all unknown senders.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn strangers(tx: &mut Tx) -> Result<HashSet<String>, StoreError> {
    let rows = tx.fetch("unknown senders", "SELECT peer FROM unknown_sender", &[]);
    rows.await?.iter().map(|row| row.text("peer")).collect()
}

/// Takes an unknown sender off the list, once it is adopted; since when it sent, unix
/// milliseconds, `None` when it was not on the list.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn forget_unknown(tx: &mut Tx, peer: &str) -> Result<Option<i64>, StoreError> {
    let row = tx
        .fetch_one(
            "unknown sender",
            "DELETE FROM unknown_sender WHERE peer = $1 RETURNING first_at",
            &args![peer],
        )
        .await?;
    row.map(|row| row.int("first_at")).transpose()
}

/// Whose the lines are that come from an address.
#[derive(Clone, Debug, PartialEq)]
pub struct Registered {
    /// The device.
    pub device: Id,
    /// Whose it is.
    pub organization: domain::id::OrganizationId,
    /// Where its lines come from.
    pub address: String,
    /// The name in them; `None` for all lines from there that name no other.
    pub host: Option<String>,
}

/// All that is in force of where active devices send from; of two devices at one address the
/// one that was there first comes last.
///
/// A device has the lines of its own address, but not where that is shared with other units:
/// there, and through a relay, its name in the lines decides, once that name was granted.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn registered(db: &Db) -> Result<Vec<Registered>, StoreError> {
    db.fetch(
        "registered senders",
        "WITH granted AS (SELECT kind, value_key, organization_id, shared FROM claim WHERE state = 'granted'), \
         sender AS (SELECT d.*, a.shared FROM device d JOIN granted a ON a.kind = 'address' \
           AND a.value_key = d.address_key AND a.organization_id = d.organization_id WHERE d.status = 'active'), \
         named AS (SELECT d.* FROM device d JOIN granted n ON n.kind = 'log-name' \
           AND n.value_key = LOWER(d.log_name) AND n.organization_id = d.organization_id WHERE d.status = 'active') \
         SELECT id, organization_id, address, NULL AS host, created_at FROM sender WHERE NOT shared OR relay \
         UNION ALL \
         SELECT s.id, s.organization_id, s.address, s.log_name, s.created_at FROM sender s \
         WHERE s.log_name IS NOT NULL AND (NOT s.shared OR EXISTS (SELECT 1 FROM named n WHERE n.id = s.id)) \
         UNION ALL \
         SELECT n.id, n.organization_id, r.address, n.log_name, n.created_at FROM sender r JOIN named n ON r.relay \
         ORDER BY created_at DESC, id DESC",
        &[],
    )
    .await?
    .iter()
    .map(|row| {
        Ok(Registered {
            device: row.parsed("id")?,
            organization: row.parsed("organization_id")?,
            address: row.text("address")?,
            host: row.opt_text("host")?,
        })
    })
    .collect()
}
