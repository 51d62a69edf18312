//! What is probed, its state, its transitions and its availability.

mod ahead;

use domain::{
    authority::Scope,
    id::{OrganizationId, TargetId},
};

pub use self::ahead::{bring_back, is_known, lies_ahead, measured_ahead};
pub use crate::way::Link;
use crate::{Arg, Db, Row, StoreError, Tx, args, registry::scope_condition, way::Ways};

/// Something that is probed, as the registry has it.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct TargetRow {
    /// The id of the site, circuit or device.
    pub id: TargetId,
    /// `site`, `circuit` or `device`.
    pub noun: String,
    /// Whose it is.
    pub organization: OrganizationId,
    /// Its name.
    pub subject: String,
    /// Its address.
    pub address: String,
    /// `icmp` or `tcp:PORT`.
    pub probe: String,
    /// `hub`, `critical` or `standard`.
    pub class: String,
    /// What is probed before it on the way to the hub; several where it has several lines.
    pub parents: Vec<TargetId>,
    /// The circuits that lead to it; of a circuit, itself.
    pub links: Vec<Link>,
    /// Up, but one of several ways to it is dead.
    pub degraded: bool,
    /// Degrees north.
    pub latitude: Option<f64>,
    /// Degrees east.
    pub longitude: Option<f64>,
    /// `up`, `down`, `unreachable`, `isolated`, `no_data`.
    pub state: String,
    /// Since when, unix milliseconds.
    pub since_at: Option<i64>,
    /// The last sample.
    pub last_sample_at: Option<i64>,
    /// Round trip of the last answer, microseconds.
    pub rtt_us: Option<i64>,
    /// Up to when its time is counted, unix milliseconds.
    pub counted_at: Option<i64>,
}

/// All targets in scope with their present state.
///
/// Before a site lie the circuits that end there, as far as they are probed (and the far end
/// of those that are not), else the site it names; before a circuit its Z end; before a
/// device its site. A site that is not probed is looked through.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn list(db: &Db, scope: &Scope) -> Result<Vec<TargetRow>, StoreError> {
    let ways = Ways::load(db).await?;
    let mut args = Vec::new();
    let in_scope = scope_condition(scope, "t.organization_id", &mut args);
    let sql = format!(
        "SELECT t.target_id, t.noun, t.organization_id, t.subject, t.address, t.probe, t.class, \
           CASE t.noun WHEN 'circuit' THEN c.z_site_id WHEN 'device' THEN d.site_id END AS place, \
           c.a_site_id, c.provider_id, c.contract, \
           COALESCE(s.latitude, sa.latitude) AS latitude, COALESCE(s.longitude, sa.longitude) AS longitude, \
           COALESCE(x.state, 'no_data') AS state, x.since_at, x.last_sample_at, x.rtt_us, x.counted_at \
         FROM target t \
         LEFT JOIN site s ON s.id = t.target_id \
         LEFT JOIN circuit c ON c.id = t.target_id \
         LEFT JOIN site sa ON sa.id = c.a_site_id \
         LEFT JOIN device d ON d.id = t.target_id \
         LEFT JOIN target_state x ON x.target_id = t.target_id \
         WHERE {in_scope} ORDER BY t.subject"
    );
    db.fetch("targets", &sql, &args)
        .await?
        .iter()
        .map(|row| {
            let id: TargetId = row.parsed("target_id")?;
            let (noun, subject) = (row.text("noun")?, row.text("subject")?);
            let state = row.text("state")?;
            let place: Option<TargetId> = row.opt_parsed("place")?;
            // A line from a place to itself leads nowhere.
            let near: Option<TargetId> = row.opt_parsed("a_site_id")?;
            let place = place.filter(|place| near != Some(*place));
            let parents = match noun.as_str() {
                "site" => ways.of_site(id),
                _ => place.map(|place| ways.through(place)).unwrap_or_default(),
            };
            let links = match noun.as_str() {
                "circuit" => vec![Link {
                    code: subject.clone(),
                    provider: row.opt_parsed("provider_id")?,
                    contract: row.opt_text("contract")?,
                }],
                "site" => ways.links(id),
                _ => place.map(|place| ways.links(place)).unwrap_or_default(),
            };
            Ok(TargetRow {
                id,
                degraded: state == "up" && ways.degraded(&parents),
                parents,
                links,
                noun,
                organization: row.parsed("organization_id")?,
                subject,
                address: row.text("address")?,
                probe: row.opt_text("probe")?.unwrap_or_else(|| "icmp".into()),
                class: row.text("class")?,
                latitude: row.opt_real("latitude")?,
                longitude: row.opt_real("longitude")?,
                state,
                since_at: row.opt_int("since_at")?,
                last_sample_at: row.opt_int("last_sample_at")?,
                rtt_us: row.opt_int("rtt_us")?,
                counted_at: row.opt_int("counted_at")?,
            })
        })
        .collect()
}

/// The present state of a target, to be stored.
#[derive(Clone, Debug)]
pub struct StateRow {
    /// The target.
    pub target: TargetId,
    /// Its state.
    pub state: String,
    /// Since when.
    pub since_at: i64,
    /// The last sample.
    pub last_sample_at: Option<i64>,
    /// Microseconds.
    pub rtt_us: Option<i64>,
    /// Up to when its time is counted; `None` when it is no longer probed.
    pub counted_at: Option<i64>,
}

/// Stores present states.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn save_states(tx: &mut Tx, states: &[StateRow], now: i64) -> Result<(), StoreError> {
    let rows: Vec<Vec<Arg>> = states
        .iter()
        .map(|s| {
            args![
                s.target,
                &s.state,
                s.since_at,
                s.last_sample_at,
                s.rtt_us,
                s.counted_at,
                now
            ]
            .to_vec()
        })
        .collect();
    tx.insert_many(
        "target states",
        "target_state (target_id, state, since_at, last_sample_at, rtt_us, counted_at, updated_at)",
        "ON CONFLICT (target_id) DO UPDATE SET state = excluded.state, since_at = excluded.since_at, \
         last_sample_at = excluded.last_sample_at, rtt_us = excluded.rtt_us, \
         counted_at = excluded.counted_at, updated_at = excluded.updated_at",
        &rows,
    )
    .await
}

/// A change of a target's state.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Transition {
    /// The target.
    pub target: TargetId,
    /// When.
    pub at: i64,
    /// From which state.
    pub from: String,
    /// To which.
    pub to: String,
}

/// Writes transitions down; one that is there already is left.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn save_transitions(tx: &mut Tx, transitions: &[Transition]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Arg>> = transitions
        .iter()
        .map(|t| args![t.target, t.at, &t.from, &t.to].to_vec())
        .collect();
    tx.insert_many(
        "transitions",
        "target_transition (target_id, at, from_state, to_state)",
        "ON CONFLICT DO NOTHING",
        &rows,
    )
    .await
}

/// A target's transitions since `from`, the newest first.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn transitions(
    db: &Db,
    target: TargetId,
    from: i64,
    limit: i64,
) -> Result<Vec<Transition>, StoreError> {
    db.fetch(
        "transitions",
        "SELECT * FROM target_transition WHERE target_id = $1 AND at >= $2 ORDER BY at DESC LIMIT $3",
        &args![target, from, limit],
    )
    .await?
    .iter()
    .map(|row| {
        Ok(Transition {
            target: row.parsed("target_id")?,
            at: row.int("at")?,
            from: row.text("from_state")?,
            to: row.text("to_state")?,
        })
    })
    .collect()
}

/// Time in each state, milliseconds, and what was measured.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct AvailabilityRow {
    /// The target.
    pub target: String,
    /// ISO date or month.
    pub period: String,
    /// Up.
    pub up_ms: i64,
    /// Down itself.
    pub down_ms: i64,
    /// Behind something that was down.
    pub unreachable_ms: i64,
    /// While we ourselves were cut off.
    pub isolated_ms: i64,
    /// Not known; never counted as up.
    pub no_data_ms: i64,
    /// Probes sent.
    pub samples: i64,
    /// Probes without an answer.
    pub lost: i64,
    /// Shortest round trip, microseconds.
    pub rtt_min_us: Option<i64>,
    /// Sum of round trips of the answers.
    pub rtt_sum_us: i64,
    /// Longest round trip.
    pub rtt_max_us: Option<i64>,
    /// Up to when it is counted, unix milliseconds.
    pub until_ms: i64,
    /// 2: from the first failed sample to the first answered one; 1: some of it as it was
    /// counted before, from decision to decision.
    pub accounting: i64,
}

impl AvailabilityRow {
    /// All time counted, milliseconds.
    pub fn counted_ms(&self) -> i64 {
        self.up_ms + self.down_ms + self.unreachable_ms + self.isolated_ms + self.no_data_ms
    }
}

/// How days are counted now; see [`AvailabilityRow::accounting`].
pub const ACCOUNTING: i64 = 2;

const AVAILABILITY: &str = "up_ms, down_ms, unreachable_ms, isolated_ms, no_data_ms, samples, lost, \
    rtt_min_us, rtt_sum_us, rtt_max_us";

/// Adds to days what came to them since they were last stored.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn add_days(tx: &mut Tx, days: &[AvailabilityRow]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Arg>> = days
        .iter()
        .map(|d| {
            args![
                &d.target,
                &d.period,
                d.period.get(..7).unwrap_or_default(),
                d.up_ms,
                d.down_ms,
                d.unreachable_ms,
                d.isolated_ms,
                d.no_data_ms,
                d.samples,
                d.lost,
                d.rtt_min_us,
                d.rtt_sum_us,
                d.rtt_max_us,
                d.until_ms,
                ACCOUNTING
            ]
            .to_vec()
        })
        .collect();
    let extreme = |column: &str, than: char| {
        format!(
            "{column} = CASE WHEN availability_day.{column} IS NULL OR excluded.{column} {than} \
             availability_day.{column} THEN excluded.{column} ELSE availability_day.{column} END"
        )
    };
    let sets: Vec<String> = AVAILABILITY
        .split(", ")
        .map(str::trim)
        .map(|column| match column {
            "rtt_min_us" => extreme(column, '<'),
            "rtt_max_us" => extreme(column, '>'),
            sum => format!("{sum} = availability_day.{sum} + excluded.{sum}"),
        })
        .chain([extreme("updated_at", '>')])
        .collect();
    tx.insert_many(
        "availability",
        &format!(
            "availability_day (target_id, day, month, {AVAILABILITY}, updated_at, accounting)"
        ),
        &format!(
            "ON CONFLICT (target_id, day) DO UPDATE SET {}",
            sets.join(", ")
        ),
        &rows,
    )
    .await
}

fn read_availability(row: &Row) -> Result<AvailabilityRow, StoreError> {
    Ok(AvailabilityRow {
        target: row.text("target_id")?,
        period: row.text("period")?,
        up_ms: row.int("up_ms")?,
        down_ms: row.int("down_ms")?,
        unreachable_ms: row.int("unreachable_ms")?,
        isolated_ms: row.int("isolated_ms")?,
        no_data_ms: row.int("no_data_ms")?,
        samples: row.int("samples")?,
        lost: row.int("lost")?,
        rtt_min_us: row.opt_int("rtt_min_us")?,
        rtt_sum_us: row.int("rtt_sum_us")?,
        rtt_max_us: row.opt_int("rtt_max_us")?,
        until_ms: row.int("updated_at")?,
        accounting: row.int("accounting")?,
    })
}

/// Days from one ISO date to another (inclusive) of one target, or of all.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn days(
    db: &Db,
    target: Option<TargetId>,
    from: &str,
    to: &str,
) -> Result<Vec<AvailabilityRow>, StoreError> {
    let mut args = args![from, to].to_vec();
    let mut sql = format!(
        "SELECT target_id, day AS period, {AVAILABILITY}, updated_at, accounting FROM availability_day WHERE day >= $1 AND day <= $2"
    );
    if let Some(target) = target {
        args.push(target.into());
        sql.push_str(" AND target_id = $3");
    }
    sql.push_str(" ORDER BY day, target_id");
    db.fetch("availability", &sql, &args)
        .await?
        .iter()
        .map(read_availability)
        .collect()
}

/// All that is or was probed, with its owner: who is retired keeps its months.
const OWNERS: &str = "(SELECT id AS target_id, organization_id FROM site \
    UNION ALL SELECT id, organization_id FROM circuit \
    UNION ALL SELECT id, organization_id FROM device) t";

/// One month (`YYYY-MM`) of everything in scope that is or was probed.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn month(
    db: &Db,
    scope: &Scope,
    month: &str,
) -> Result<Vec<AvailabilityRow>, StoreError> {
    let mut args = args![month].to_vec();
    let in_scope = scope_condition(scope, "t.organization_id", &mut args);
    let sql = format!(
        "SELECT d.target_id, d.month AS period, {}, MAX(d.updated_at) AS updated_at, \
           MIN(d.accounting) AS accounting FROM availability_day d JOIN {OWNERS} ON t.target_id = d.target_id \
         WHERE d.month = $1 AND {in_scope} GROUP BY d.target_id, d.month",
        sums()
    );
    db.fetch("availability", &sql, &args)
        .await?
        .iter()
        .map(read_availability)
        .collect()
}

/// What a month is made of its days by.
fn sums() -> String {
    let sums: Vec<String> = AVAILABILITY
        .split(", ")
        .map(str::trim)
        .map(|c| match c {
            "rtt_min_us" => "MIN(d.rtt_min_us) AS rtt_min_us".into(),
            "rtt_max_us" => "MAX(d.rtt_max_us) AS rtt_max_us".into(),
            c => format!("CAST(SUM(d.{c}) AS BIGINT) AS {c}"),
        })
        .collect();
    sums.join(", ")
}

/// The months (`YYYY-MM`) of one target in scope, the newest first.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn months(
    db: &Db,
    scope: &Scope,
    target: TargetId,
    limit: i64,
) -> Result<Vec<AvailabilityRow>, StoreError> {
    let mut args = args![target, limit].to_vec();
    let in_scope = scope_condition(scope, "t.organization_id", &mut args);
    let sql = format!(
        "SELECT d.target_id, d.month AS period, {}, MAX(d.updated_at) AS updated_at, \
           MIN(d.accounting) AS accounting FROM availability_day d JOIN {OWNERS} ON t.target_id = d.target_id \
         WHERE d.target_id = $1 AND {in_scope} GROUP BY d.target_id, d.month ORDER BY d.month DESC LIMIT $2",
        sums()
    );
    db.fetch("availability", &sql, &args)
        .await?
        .iter()
        .map(read_availability)
        .collect()
}

/// Notes that these are no longer probed: the time until they are again is nobody's.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn uncount(tx: &mut Tx, targets: &[TargetId]) -> Result<(), StoreError> {
    for target in targets {
        tx.execute(
            "target states",
            "UPDATE target_state SET counted_at = NULL WHERE target_id = $1",
            &args![*target],
        )
        .await?;
    }
    Ok(())
}
