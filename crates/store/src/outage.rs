//! Outages: what was lost, from the first failed sample to the first answered one.

use domain::{
    authority::Scope,
    id::{Id, OrganizationId, TargetId},
};

use crate::{
    Arg, Db, Row, StoreError, Tx, args, dialect, registry::scope_condition, row::Readable as _,
};

/// One loss of one target, or of our own connection.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Outage {
    /// Its identifier.
    pub id: Id,
    /// What was lost; nil where we ourselves were cut off.
    pub target: TargetId,
    /// `site`, `circuit`, `device`; `centre` where we ourselves were cut off.
    pub noun: String,
    /// The target's name when it began.
    pub subject: String,
    /// Whose it was when it began.
    pub organization: Option<OrganizationId>,
    /// The provider of the circuit, or of the only circuit to the site.
    pub provider: Option<OrganizationId>,
    /// The number of its contract.
    pub contract: Option<String>,
    /// `down`, `unreachable` or `isolated`.
    pub kind: String,
    /// For an unreachable target: the outage of what took its last way.
    pub cause: Option<Id>,
    /// The first failed sample, unix milliseconds.
    pub began_at: i64,
    /// The first answered sample, unix milliseconds; `None` while it goes on.
    pub ended_at: Option<i64>,
    /// How long it lasted, milliseconds by the monotonic clock; `None` while it goes on.
    pub lasted_ms: Option<i64>,
    /// Of that, milliseconds in which nobody looked or we were cut off.
    pub unseen_ms: Option<i64>,
    /// `answered`, `turned` (another cause took over) or `removed` from service.
    pub ending: Option<String>,
    /// `provider`, `unit`, `centre`, `upstream` or `unknown`: on whose side, as far as the
    /// probes show it.
    pub attribution: String,
    /// The targets that could not be reached because of it at one time or another.
    pub affected: Vec<TargetId>,
    /// The entry of the register of planned works that announced it.
    pub planned_by: Option<Id>,
    /// Until when it was announced, unix milliseconds; what lasts longer is a fault.
    pub planned_until: Option<i64>,
    /// When it was noted, unix milliseconds.
    pub noted_at: i64,
}

fn read(row: &Row) -> Result<Outage, StoreError> {
    let affected = row.text("affected")?;
    Ok(Outage {
        id: row.parsed("id")?,
        target: row.parsed("target_id")?,
        noun: row.text("noun")?,
        subject: row.text("subject")?,
        organization: row.opt_parsed("organization_id")?,
        provider: row.opt_parsed("provider_id")?,
        contract: row.opt_text("contract")?,
        kind: row.text("kind")?,
        cause: row.opt_parsed("cause_id")?,
        began_at: row.int("began_at")?,
        ended_at: row.opt_int("ended_at")?,
        lasted_ms: row.opt_int("lasted_ms")?,
        unseen_ms: row.opt_int("unseen_ms")?,
        ending: row.opt_text("ending")?,
        attribution: row.text("attribution")?,
        affected: serde_json::from_str(&affected).map_err(|e| StoreError::Decode {
            column: "affected".into(),
            what: e.to_string(),
        })?,
        planned_by: row.opt_parsed("planned_by")?,
        planned_until: row.opt_int("planned_until")?,
        noted_at: row.int("noted_at")?,
    })
}

/// Writes outages, new or changed: of a known one its end, who was hit and what announced
/// it. The rest stays as it was when it began.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn save(tx: &mut Tx, outages: &[Outage]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Arg>> = outages
        .iter()
        .map(|o| {
            args![
                o.id,
                o.target,
                &o.noun,
                &o.subject,
                o.organization.map(|id| id.to_string()),
                o.provider.map(|id| id.to_string()),
                o.contract.clone(),
                &o.kind,
                o.cause.map(|id| id.to_string()),
                o.began_at,
                o.ended_at,
                o.lasted_ms,
                o.unseen_ms,
                o.ending.clone(),
                &o.attribution,
                serde_json::to_string(&o.affected).unwrap_or_else(|_| "[]".into()),
                o.planned_by.map(|id| id.to_string()),
                o.planned_until,
                o.noted_at
            ]
            .to_vec()
        })
        .collect();
    tx.insert_many(
        "outages",
        "outage (id, target_id, noun, subject, organization_id, provider_id, contract, kind, cause_id, \
         began_at, ended_at, lasted_ms, unseen_ms, ending, attribution, affected, planned_by, planned_until, noted_at)",
        "ON CONFLICT (id) DO UPDATE SET began_at = excluded.began_at, ended_at = excluded.ended_at, lasted_ms = excluded.lasted_ms, \
         unseen_ms = excluded.unseen_ms, ending = excluded.ending, affected = excluded.affected, \
         planned_by = COALESCE(excluded.planned_by, outage.planned_by), \
         planned_until = COALESCE(excluded.planned_until, outage.planned_until)",
        &rows,
    )
    .await
}

/// All that go on.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn open(db: &Db) -> Result<Vec<Outage>, StoreError> {
    let sql = "SELECT * FROM outage WHERE ended_at IS NULL ORDER BY began_at, id";
    db.fetch("outages", sql, &[])
        .await?
        .iter()
        .map(read)
        .readable()
}

/// Which outages are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Only of this target.
    pub target: Option<TargetId>,
    /// Only those that had not ended by then, unix milliseconds.
    pub from: i64,
    /// Only those that had begun by then, unix milliseconds.
    pub to: Option<i64>,
    /// At most so many.
    pub limit: i64,
}

/// Outages in scope, the newest first.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn list(db: &Db, scope: &Scope, wanted: &Wanted) -> Result<Vec<Outage>, StoreError> {
    let mut args = args![wanted.from, wanted.to.unwrap_or(i64::MAX), wanted.limit].to_vec();
    let in_scope = scope_condition(scope, "organization_id", &mut args);
    let mut sql = format!(
        "SELECT * FROM outage WHERE (ended_at IS NULL OR ended_at >= $1) AND began_at <= $2 AND {in_scope}"
    );
    if let Some(target) = wanted.target {
        args.push(target.into());
        sql.push_str(&format!(" AND target_id = ${}", args.len()));
    }
    sql.push_str(" ORDER BY began_at DESC, id DESC LIMIT $3");
    db.fetch("outages", &sql, &args)
        .await?
        .iter()
        .map(read)
        .readable()
}

/// The register in which works are announced that interrupt the network.
const PLANNED: &str = "planned-work";

/// What announced a loss.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The entry of the register of planned works.
    pub entry: Id,
    /// The hour until which it was announced, unix milliseconds.
    pub until_at: Option<i64>,
    /// Its last day, an ISO date.
    pub last_day: String,
}

/// The entry of `organization` that announced work on `day` (an ISO date), if there is one; one
/// that names hours announced what fell into them (`at`, unix milliseconds). What was typed
/// after `at` announced nothing.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn planned(
    db: &Db,
    organization: OrganizationId,
    day: &str,
    at: i64,
) -> Result<Option<Planned>, StoreError> {
    let on_postgres = db.engine() == "postgres";
    let text = |name: &str| dialect::json_text(on_postgres, name);
    let (ends_on, result) = (text("ends_on"), text("result"));
    let hour = |name: &str| dialect::json_integer(on_postgres, name);
    let (from_at, until_at) = (hour("from_at"), hour("until_at"));
    let sql = format!(
        "SELECT id, {until_at} AS until_at, COALESCE({ends_on}, occurred_on) AS last_day \
         FROM entry WHERE register = $1 AND organization_id = $2 AND occurred_on <= $3 \
         AND COALESCE({ends_on}, occurred_on) >= $3 AND COALESCE({result}, '') <> 'cancelled' \
         AND COALESCE({from_at}, $4) <= $4 AND COALESCE({until_at}, $4) >= $4 \
         AND created_at <= $4 \
         ORDER BY occurred_on DESC, id LIMIT 1"
    );
    db.fetch_one("planned work", &sql, &args![PLANNED, organization, day, at])
        .await?
        .map(|row| {
            Ok(Planned {
                entry: row.parsed("id")?,
                until_at: row.opt_int("until_at")?,
                last_day: row.text("last_day")?,
            })
        })
        .transpose()
}
