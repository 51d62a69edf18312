//! Earlier lines of an unknown sender, said later to be a device's. The lines in the vault stay
//! as they are: this is a fact about them, and it can be taken back.

use domain::{
    authority::Scope,
    id::{Id, OrganizationId},
};

use crate::{Arg, Db, Row, StoreError, Tx, args, registry::scope_condition, row::Readable as _};

/// That the unattributed lines of a sender within a time were a device's.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct LogClaim {
    /// Its identifier.
    pub id: Id,
    /// The address that they came from.
    pub peer: String,
    /// The name in them, in the form of [`domain::claim::log_name`]; `None` for all lines from
    /// there.
    pub host: Option<String>,
    /// As which device's lines they were taken in: a relay's, before the name in them was known;
    /// `None` for nobody's.
    pub as_device: Option<Id>,
    /// As whose.
    pub as_organization: Option<OrganizationId>,
    /// Whose they are.
    pub device: Id,
    /// Whose the device was when it was said.
    pub organization: OrganizationId,
    /// Received at or after, unix milliseconds.
    pub from_at: i64,
    /// Received before.
    pub to_at: i64,
    /// When it was said.
    pub claimed_at: i64,
    /// Who said it.
    pub claimed_by: String,
    /// When it was taken back.
    pub ended_at: Option<i64>,
    /// Who took it back.
    pub ended_by: Option<String>,
    /// When its lines were counted; `None` until then.
    pub counted_at: Option<i64>,
    /// How many there are.
    pub lines: i64,
    /// When the first was received.
    pub first_at: Option<i64>,
    /// When the last was received.
    pub last_at: Option<i64>,
}

fn read(row: &Row) -> Result<LogClaim, StoreError> {
    Ok(LogClaim {
        id: row.parsed("id")?,
        peer: row.text("peer")?,
        host: row.opt_text("host")?,
        as_device: row.opt_parsed("as_device_id")?,
        as_organization: row.opt_parsed("as_organization_id")?,
        device: row.parsed("device_id")?,
        organization: row.parsed("organization_id")?,
        from_at: row.int("from_at")?,
        to_at: row.int("to_at")?,
        claimed_at: row.int("claimed_at")?,
        claimed_by: row.text("claimed_by")?,
        ended_at: row.opt_int("ended_at")?,
        ended_by: row.opt_text("ended_by")?,
        counted_at: row.opt_int("counted_at")?,
        lines: row.int("lines")?,
        first_at: row.opt_int("first_at")?,
        last_at: row.opt_int("last_at")?,
    })
}

/// Writes a claim, new or changed.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn save(tx: &mut Tx, c: &LogClaim) -> Result<(), StoreError> {
    tx.execute(
        "log claim",
        "INSERT INTO log_claim (id, peer, host, device_id, organization_id, from_at, to_at, claimed_at, \
         claimed_by, ended_at, ended_by, counted_at, lines, first_at, last_at, as_device_id, as_organization_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) \
         ON CONFLICT (id) DO UPDATE SET ended_at = excluded.ended_at, ended_by = excluded.ended_by, \
         counted_at = excluded.counted_at, lines = excluded.lines, first_at = excluded.first_at, \
         last_at = excluded.last_at",
        &args![
            c.id,
            &c.peer,
            c.host.clone(),
            c.device,
            c.organization,
            c.from_at,
            c.to_at,
            c.claimed_at,
            &c.claimed_by,
            c.ended_at,
            c.ended_by.clone(),
            c.counted_at,
            c.lines,
            c.first_at,
            c.last_at,
            c.as_device.map(|id| id.to_string()),
            c.as_organization.map(|id| id.to_string())
        ],
    )
    .await?;
    Ok(())
}

/// Until when the lines from an address that name `host` (all of them without one) and were
/// taken in as `as_device`'s (nobody's without one) are claimed by claims that stand, unix
/// milliseconds; the later of two claims begins there.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn until(
    tx: &mut Tx,
    peer: &str,
    host: Option<&str>,
    as_device: Option<Id>,
) -> Result<Option<i64>, StoreError> {
    let row = tx
        .fetch_one(
            "log claims",
            "SELECT MAX(to_at) AS until FROM log_claim WHERE ended_at IS NULL AND peer = $1 \
             AND COALESCE(host, '') = $2 AND COALESCE(as_device_id, '') = $3",
            &args![
                peer,
                host.unwrap_or_default(),
                as_device.map(|id| id.to_string()).unwrap_or_default()
            ],
        )
        .await?;
    row.map_or(Ok(None), |row| row.opt_int("until"))
}

/// Since when nobody's lines from an address are claimed for `device`, whatever name is in
/// them, unix milliseconds; `None` when they are not.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn since(tx: &mut Tx, peer: &str, device: Id) -> Result<Option<i64>, StoreError> {
    let row = tx
        .fetch_one(
            "log claims",
            "SELECT MIN(from_at) AS since FROM log_claim WHERE ended_at IS NULL AND peer = $1 \
             AND device_id = $2 AND host IS NULL AND as_device_id IS NULL",
            &args![peer, device],
        )
        .await?;
    row.map_or(Ok(None), |row| row.opt_int("since"))
}

/// The claims in scope that stand, the latest first.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn standing(db: &Db, scope: &Scope) -> Result<Vec<LogClaim>, StoreError> {
    let mut args: Vec<Arg> = Vec::new();
    let in_scope = scope_condition(scope, "organization_id", &mut args);
    let sql = format!(
        "SELECT * FROM log_claim WHERE ended_at IS NULL AND {in_scope} ORDER BY claimed_at DESC, id"
    );
    let rows = db.fetch("log claims", &sql, &args).await?;
    rows.iter().map(read).readable()
}

/// Keeps how many lines a claim that stands has.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn counted(tx: &mut Tx, c: &LogClaim) -> Result<(), StoreError> {
    tx.execute(
        "log claim",
        "UPDATE log_claim SET counted_at = $2, lines = $3, first_at = $4, last_at = $5 WHERE id = $1",
        &args![c.id, c.counted_at, c.lines, c.first_at, c.last_at],
    )
    .await?;
    Ok(())
}
