//! Who sends logs, known and unknown.

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

/// Forgets an unknown sender, once it is adopted.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn forget_unknown(tx: &mut Tx, peer: &str) -> Result<(), StoreError> {
    tx.execute(
        "unknown sender",
        "DELETE FROM unknown_sender WHERE peer = $1",
        &args![peer],
    )
    .await?;
    Ok(())
}

/// A device whose lines are expected, by its address.
#[derive(Clone, Debug, PartialEq)]
pub struct Registered {
    /// The device.
    pub device: Id,
    /// Whose it is.
    pub organization: domain::id::OrganizationId,
    /// Where it sends from.
    pub address: String,
}

/// All active devices with an address.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn registered(db: &Db) -> Result<Vec<Registered>, StoreError> {
    db.fetch(
        "registered senders",
        "SELECT id, organization_id, address FROM device WHERE address IS NOT NULL AND status = 'active'",
        &[],
    )
    .await?
    .iter()
    .map(|row| {
        Ok(Registered {
            device: row.parsed("id")?,
            organization: row.parsed("organization_id")?,
            address: row.text("address")?,
        })
    })
    .collect()
}
