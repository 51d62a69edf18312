//! Who sends logs, known and unknown.

use std::collections::HashSet;

use domain::id::Id;

use crate::{Arg, Db, Row, StoreError, Tx, args, row::Readable as _};

/// What arrived from a registered device.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct LogSource {
    /// The device.
    pub device: Id,
    /// Arrival of the oldest line that can be read, of those since it was first noted; unix
    /// milliseconds.
    pub first_received_at: i64,
    /// The last line's arrival, unix milliseconds.
    pub last_received_at: i64,
    /// Lines in all.
    pub lines: i64,
}

/// Stores what arrived, over what was there; the first arrival stays as it was first told, but
/// for one that a clock which was ahead put behind the last.
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
         first_received_at = CASE WHEN log_source.first_received_at > excluded.last_received_at \
           THEN excluded.last_received_at ELSE log_source.first_received_at END, \
         lines = excluded.lines, updated_at = excluded.updated_at",
        &rows,
    )
    .await
}

/// Says since when a device's lines can be read.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn kept_since(tx: &mut Tx, device: Id, first: i64) -> Result<(), StoreError> {
    let sql = "UPDATE log_source SET first_received_at = $2 WHERE device_id = $1";
    tx.execute("log sources", sql, &args![device, first])
        .await?;
    Ok(())
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

/// How many unknown senders there are.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn count_unknown(db: &Db) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS n FROM unknown_sender";
    let row = db.fetch_one("unknown senders", sql, &[]).await?;
    row.map_or(Ok(0), |row| row.int("n"))
}

/// Unknown senders, those that sent the most lines first.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn unknown(db: &Db, limit: i64, offset: i64) -> Result<Vec<UnknownSender>, StoreError> {
    db.fetch(
        "unknown senders",
        "SELECT * FROM unknown_sender ORDER BY lines DESC, last_at DESC, peer LIMIT $1 OFFSET $2",
        &args![limit, offset],
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

/// Since when an address has been on the list, unix milliseconds; `None` when it is not.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn unknown_since(tx: &mut Tx, peer: &str) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT first_at FROM unknown_sender WHERE peer = $1";
    let row = tx.fetch_one("unknown sender", sql, &args![peer]).await?;
    row.map(|row| row.int("first_at")).transpose()
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
    /// The time zone of its clock, where one is set.
    pub time_zone: Option<String>,
    /// Since when that is in force, unix milliseconds.
    pub since: Option<i64>,
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
        "WITH granted AS (SELECT kind, value_key, organization_id, shared, decided_at FROM claim WHERE state = 'granted'), \
         sender AS (SELECT d.*, a.shared, a.decided_at AS since FROM device d JOIN granted a ON a.kind = 'address' \
           AND a.value_key = d.address_key AND a.organization_id = d.organization_id WHERE d.status = 'active'), \
         named AS (SELECT d.*, n.decided_at AS since FROM device d JOIN granted n ON n.kind = 'log-name' \
           AND n.value_key = LOWER(d.log_name) AND n.organization_id = d.organization_id WHERE d.status = 'active') \
         SELECT id, organization_id, address, NULL AS host, created_at, time_zone, since FROM sender WHERE NOT shared OR relay \
         UNION ALL \
         SELECT s.id, s.organization_id, s.address, s.log_name, s.created_at, s.time_zone, s.since FROM sender s \
         WHERE s.log_name IS NOT NULL AND (NOT s.shared OR EXISTS (SELECT 1 FROM named n WHERE n.id = s.id)) \
         UNION ALL \
         SELECT n.id, n.organization_id, r.address, n.log_name, n.created_at, n.time_zone, \
           CASE WHEN n.since > r.since THEN n.since ELSE r.since END FROM sender r JOIN named n ON r.relay \
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
            time_zone: row.opt_text("time_zone")?,
            since: row.opt_int("since")?,
        })
    })
    .collect()
}

/// A device whose lines come through a relay.
#[derive(Clone, Debug, PartialEq)]
pub struct Behind {
    /// The device.
    pub device: Id,
    /// Whose it is.
    pub organization: domain::id::OrganizationId,
    /// The name in its lines.
    pub host: String,
    /// The relay.
    pub relay: Id,
    /// Whose the relay is.
    pub relay_organization: domain::id::OrganizationId,
    /// Where the relay sends from.
    pub address: String,
    /// When the relay was registered, unix milliseconds: no line is its own from before.
    pub relay_since: i64,
}

/// The names in force behind relays in force, as far as `device` is one or the other.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn behind(tx: &mut Tx, device: Id) -> Result<Vec<Behind>, StoreError> {
    let args = args![device];
    let rows = tx.fetch(
        "names behind relays",
        "SELECT n.id, n.organization_id, n.log_name, r.id AS relay_id, \
           r.organization_id AS relay_organization_id, r.address, r.created_at AS relay_since \
         FROM device n JOIN claim g ON g.kind = 'log-name' AND g.value_key = LOWER(n.log_name) \
           AND g.organization_id = n.organization_id AND g.state = 'granted' \
         JOIN device r ON r.relay AND r.status = 'active' AND r.id <> n.id \
         JOIN claim a ON a.kind = 'address' AND a.value_key = r.address_key \
           AND a.organization_id = r.organization_id AND a.state = 'granted' \
         WHERE n.status = 'active' AND (n.id = $1 OR r.id = $1) ORDER BY r.address, n.id",
        &args,
    );
    let read = |row: &Row| {
        Ok(Behind {
            device: row.parsed("id")?,
            organization: row.parsed("organization_id")?,
            host: row.text("log_name")?,
            relay: row.parsed("relay_id")?,
            relay_organization: row.parsed("relay_organization_id")?,
            address: row.text("address")?,
            relay_since: row.int("relay_since")?,
        })
    };
    rows.await?.iter().map(read).readable()
}
