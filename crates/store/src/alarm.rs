//! Alarms: one for one cause.

use domain::{
    authority::Scope,
    id::{Id, OrganizationId, TargetId},
    label::Label,
};

use crate::{Db, Row, StoreError, Tx, args, registry::scope_condition, row::Readable as _};

/// What is told of a change of alarms.
pub const VIEW: &str = "alarms";

/// What an alarm about Giềng itself says.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Said {
    /// What happened.
    pub what: Label,
    /// What to do about it.
    pub next: Label,
}

/// One cause, since it was raised, with what hangs behind it.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Alarm {
    /// Its identifier.
    pub id: Id,
    /// The target that is the cause; nil where none is.
    pub target: TargetId,
    /// Whose target.
    pub organization: Option<OrganizationId>,
    /// The outage that it is about; of a target that comes and goes, the first of them.
    pub outage: Option<Id>,
    /// `down`, `flapping` (it comes and goes) or `isolated`; of Giềng itself the cause's code, such as `disk-low`.
    pub state: String,
    /// What of Giềng itself it is about (a folder, a part); none for targets.
    pub subject: Option<String>,
    /// What it says when it is about Giềng itself.
    pub said: Option<Said>,
    /// When it began, unix milliseconds.
    pub raised_at: i64,
    /// When it ended.
    pub cleared_at: Option<i64>,
    /// How long it lasted, milliseconds by the monotonic clock; `None` while it is open.
    pub lasted_ms: Option<i64>,
    /// The targets that could not be reached because of it at one time or another.
    pub behind: Vec<TargetId>,
    /// When somebody took it on.
    pub acknowledged_at: Option<i64>,
    /// Who.
    pub acknowledged_by: Option<String>,
}

fn read(row: &Row) -> Result<Alarm, StoreError> {
    let behind = row.text("behind")?;
    let said = row.opt_text("said")?;
    Ok(Alarm {
        id: row.parsed("id")?,
        target: row.parsed("target_id")?,
        organization: row.opt_parsed("organization_id")?,
        state: row.text("state")?,
        subject: row.opt_text("subject")?,
        said: said
            .map(|said| serde_json::from_str(&said))
            .transpose()
            .map_err(|e| StoreError::Decode {
                column: "said".into(),
                what: e.to_string(),
            })?,
        raised_at: row.int("raised_at")?,
        cleared_at: row.opt_int("cleared_at")?,
        outage: row.opt_parsed("outage_id")?,
        lasted_ms: row.opt_int("lasted_ms")?,
        behind: serde_json::from_str(&behind).map_err(|e| StoreError::Decode {
            column: "behind".into(),
            what: e.to_string(),
        })?,
        acknowledged_at: row.opt_int("acknowledged_at")?,
        acknowledged_by: row.opt_text("acknowledged_by")?,
    })
}

/// Writes an alarm, new or changed.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn save(tx: &mut Tx, a: &Alarm) -> Result<(), StoreError> {
    tx.touch(VIEW);
    tx.execute(
        "alarm",
        "INSERT INTO alarm (id, target_id, organization_id, state, raised_at, cleared_at, behind, \
         acknowledged_at, acknowledged_by, subject, said, outage_id, lasted_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
         ON CONFLICT (id) DO UPDATE SET state = excluded.state, said = excluded.said, raised_at = excluded.raised_at, cleared_at = excluded.cleared_at, \
         lasted_ms = excluded.lasted_ms, behind = excluded.behind, acknowledged_at = COALESCE(excluded.acknowledged_at, alarm.acknowledged_at), \
         acknowledged_by = COALESCE(excluded.acknowledged_by, alarm.acknowledged_by)",
        &args![
            a.id,
            a.target,
            a.organization.map(|o| o.to_string()),
            &a.state,
            a.raised_at,
            a.cleared_at,
            serde_json::to_string(&a.behind).unwrap_or_else(|_| "[]".into()),
            a.acknowledged_at,
            a.acknowledged_by.clone(),
            a.subject.clone(),
            a.said
                .as_ref()
                .and_then(|said| serde_json::to_string(said).ok()),
            a.outage.map(|id| id.to_string()),
            a.lasted_ms
        ],
    )
    .await?;
    Ok(())
}

/// Every open alarm in scope, however old, the newest first.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn open(db: &Db, scope: &Scope) -> Result<Vec<Alarm>, StoreError> {
    let mut args = Vec::new();
    let in_scope = scope_condition(scope, "organization_id", &mut args);
    let sql = format!(
        "SELECT * FROM alarm WHERE cleared_at IS NULL AND {in_scope} ORDER BY raised_at DESC"
    );
    let rows = db.fetch("alarms", &sql, &args).await?;
    rows.iter().map(read).readable()
}

/// The latest alarms in scope that have ended, the newest first.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn past(db: &Db, scope: &Scope, limit: i64) -> Result<Vec<Alarm>, StoreError> {
    let mut args = args![limit].to_vec();
    let in_scope = scope_condition(scope, "organization_id", &mut args);
    let sql = format!(
        "SELECT * FROM alarm WHERE cleared_at IS NOT NULL AND {in_scope} ORDER BY raised_at DESC LIMIT $1"
    );
    let rows = db.fetch("alarms", &sql, &args).await?;
    rows.iter().map(read).readable()
}

/// Open alarms in scope, and with `closed` also the latest that have ended: those that are open
/// come first, so that a limit never hides one behind alarms that are over.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn list(
    db: &Db,
    scope: &Scope,
    closed: bool,
    limit: i64,
) -> Result<Vec<Alarm>, StoreError> {
    let mut args = args![limit].to_vec();
    let in_scope = scope_condition(scope, "organization_id", &mut args);
    let open = if closed {
        "1 = 1"
    } else {
        "cleared_at IS NULL"
    };
    let sql = format!(
        "SELECT * FROM alarm WHERE {open} AND {in_scope} ORDER BY cleared_at IS NOT NULL, raised_at DESC LIMIT $1"
    );
    db.fetch("alarms", &sql, &args)
        .await?
        .iter()
        .map(read)
        .readable()
}

/// One alarm in scope.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn get(db: &Db, scope: &Scope, id: Id) -> Result<Option<Alarm>, StoreError> {
    let mut args = args![id].to_vec();
    let in_scope = scope_condition(scope, "organization_id", &mut args);
    let sql = format!("SELECT * FROM alarm WHERE id = $1 AND {in_scope}");
    db.fetch_one("alarm", &sql, &args)
        .await?
        .map(|r| read(&r))
        .transpose()
}

/// The open alarm of this cause about Giềng itself.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn open_system(db: &Db, state: &str, subject: &str) -> Result<Option<Alarm>, StoreError> {
    db.fetch_one(
        "alarm",
        "SELECT * FROM alarm WHERE cleared_at IS NULL AND state = $1 AND subject = $2",
        &args![state, subject],
    )
    .await?
    .map(|row| read(&row))
    .transpose()
}

/// What the open alarms of a cause about Giềng itself are about.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn open_subjects(db: &Db, state: &str) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT subject FROM alarm WHERE cleared_at IS NULL AND state = $1 \
               AND subject IS NOT NULL ORDER BY subject";
    db.fetch("alarm", sql, &args![state])
        .await?
        .iter()
        .map(|row| row.text("subject"))
        .collect()
}
