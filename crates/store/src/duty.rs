//! Duty instances.

use domain::{authority::Scope, id::OrganizationId};

use crate::{Arg, Db, Row, StoreError, Tx, args, registry::scope_condition, row::Readable as _};

/// The side of a finding that is to be mended.
pub const FINDING: &str = "finding";
/// The side of a flow that waits for a step of its unit.
pub const FLOW: &str = "flow";
/// The side of a flow that waits for a step of the network centre.
pub const FLOW_CENTRE: &str = "flow-centre";

/// What is still to be done: neither done, nor refused, nor owed by nobody.
pub(crate) const OPEN: &str = "fulfilled_on IS NULL AND outcome NOT IN ('not-owed', 'refused')";

/// What one organization owes for one period or one event.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct DutyRow {
    /// The regulation's id.
    pub regulation: String,
    /// The clause's cite.
    pub clause: String,
    /// The control whose duty it is.
    pub control: String,
    /// `report`, `answer` for who must answer a report, `exemption` for one that ends, `finding`
    /// for one that is to be mended, `flow` and `flow-centre` for a step that is to be taken: then the
    /// control is the flow's file, the clause its state, the period its id.
    pub side: String,
    /// Who owes it.
    pub organization: OrganizationId,
    /// `2026`, `2026-Q3`, …; of an event the id of its entry.
    pub period: String,
    /// The book whose entry fulfils it.
    pub register: String,
    /// What the event is about.
    pub subject: Option<String>,
    /// Whose event it is.
    pub event_unit: Option<OrganizationId>,
    /// ISO date from which it can be done.
    pub opens_on: String,
    /// The last safe day; none where it cannot be computed.
    pub due_on: Option<String>,
    /// The moment at which a limit in hours is over, unix milliseconds.
    pub due_at: Option<i64>,
    /// Why the last day cannot be computed: JSON of the calendar's gap.
    pub gap: Option<String>,
    /// `done`, `late`, `too-late`, `refused`, `pending`, `missed`, `uncertain`, `untimed`, `not-owed`.
    pub outcome: String,
    /// When it was fulfilled.
    pub fulfilled_on: Option<String>,
    /// By which entry.
    pub entry_id: Option<String>,
}

impl DutyRow {
    /// Whether it is a step of a flow that is to be taken.
    pub fn is_flow(&self) -> bool {
        matches!(self.side.as_str(), FLOW | FLOW_CENTRE)
    }

    /// What no two instances share.
    pub fn key(&self) -> String {
        let key = format!(
            "{}/{}/{}/{}/{}/{}",
            self.regulation, self.clause, self.control, self.side, self.organization, self.period
        );
        match &self.due_on {
            // Given more time, or come back to a state, it is reminded of anew.
            Some(due) if self.side == FINDING || self.is_flow() => format!("{key}/{due}"),
            _ => key,
        }
    }
}

fn read(row: &Row) -> Result<DutyRow, StoreError> {
    Ok(DutyRow {
        regulation: row.text("regulation")?,
        clause: row.text("clause")?,
        control: row.text("control")?,
        side: row.text("side")?,
        organization: row.parsed("organization_id")?,
        period: row.text("period")?,
        register: row.text("register")?,
        subject: row.opt_text("subject")?,
        event_unit: row.opt_parsed("event_unit")?,
        opens_on: row.text("opens_on")?,
        due_on: row.opt_text("due_on")?,
        due_at: row.opt_int("due_at")?,
        gap: row.opt_text("gap")?,
        outcome: row.text("outcome")?,
        fulfilled_on: row.opt_text("fulfilled_on")?,
        entry_id: row.opt_text("entry_id")?,
    })
}

/// Writes instances; those that exist are brought up to date.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn upsert(tx: &mut Tx, duties: &[DutyRow]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Arg>> = duties
        .iter()
        .map(|d| {
            args![
                &d.regulation,
                &d.clause,
                &d.control,
                &d.side,
                d.organization,
                &d.period,
                &d.register,
                d.subject.clone(),
                d.event_unit.map(|unit| unit.to_string()),
                &d.opens_on,
                d.due_on.clone(),
                d.due_at,
                d.gap.clone(),
                &d.outcome,
                d.fulfilled_on.clone(),
                d.entry_id.clone()
            ]
            .to_vec()
        })
        .collect();
    tx.insert_many(
        "duties",
        "duty (regulation, clause, control, side, organization_id, period, register, subject, event_unit, \
         opens_on, due_on, due_at, gap, outcome, fulfilled_on, entry_id)",
        "ON CONFLICT (regulation, clause, control, side, organization_id, period) DO UPDATE SET \
         register = excluded.register, subject = excluded.subject, event_unit = excluded.event_unit, \
         opens_on = excluded.opens_on, due_on = excluded.due_on, due_at = excluded.due_at, gap = excluded.gap, \
         outcome = excluded.outcome, fulfilled_on = excluded.fulfilled_on, entry_id = excluded.entry_id",
        &rows,
    )
    .await
}

/// Takes away instances that nobody owes any more: an event that was corrected, a clause
/// that no longer binds.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn withdraw(tx: &mut Tx, duties: &[DutyRow]) -> Result<(), StoreError> {
    for d in duties {
        tx.execute(
            "duties",
            "DELETE FROM duty WHERE regulation = $1 AND clause = $2 AND control = $3 AND side = $4 \
             AND organization_id = $5 AND period = $6",
            &args![
                &d.regulation,
                &d.clause,
                &d.control,
                &d.side,
                d.organization,
                &d.period
            ],
        )
        .await?;
    }
    Ok(())
}

/// All instances known; the engine compares before it writes.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn all(db: &Db) -> Result<Vec<DutyRow>, StoreError> {
    db.fetch("duties", "SELECT * FROM duty", &[])
        .await?
        .iter()
        .map(read)
        .readable()
}

/// Instances in scope due between two ISO dates (inclusive), the earliest first;
/// `open_only` leaves out what is fulfilled.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn due(
    db: &Db,
    scope: &Scope,
    from: &str,
    to: &str,
    open_only: bool,
    limit: i64,
) -> Result<Vec<DutyRow>, StoreError> {
    let mut args = args![from, to, limit].to_vec();
    let in_scope = scope_condition(scope, "organization_id", &mut args);
    let open = if open_only { OPEN } else { "1 = 1" };
    let sql = format!(
        "SELECT * FROM duty WHERE due_on >= $1 AND due_on <= $2 AND {in_scope} AND {open} \
         ORDER BY due_on, regulation, clause, organization_id LIMIT $3"
    );
    db.fetch("duties", &sql, &args)
        .await?
        .iter()
        .map(read)
        .readable()
}

/// Instances in scope that can be done by an ISO date, are not, and whose last day nobody
/// can compute.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn undated(
    db: &Db,
    scope: &Scope,
    until: &str,
    limit: i64,
) -> Result<Vec<DutyRow>, StoreError> {
    let mut args = args![until, limit].to_vec();
    let in_scope = scope_condition(scope, "organization_id", &mut args);
    let sql = format!(
        "SELECT * FROM duty WHERE due_on IS NULL AND {OPEN} \
         AND opens_on <= $1 AND {in_scope} \
         ORDER BY opens_on, regulation, clause, organization_id LIMIT $2"
    );
    db.fetch("duties", &sql, &args)
        .await?
        .iter()
        .map(read)
        .readable()
}

/// Exemptions in scope that end between two ISO dates (inclusive), as what is to be renewed
/// or complied with by then.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn exemptions(
    db: &Db,
    scope: &Scope,
    from: &str,
    to: &str,
) -> Result<Vec<DutyRow>, StoreError> {
    let mut args = args![from, to].to_vec();
    let in_scope = scope_condition(scope, "organization_id", &mut args);
    let sql = format!(
        "SELECT id, organization_id, regulation, clause, starts_on, ends_on FROM exemption \
         WHERE ends_on >= $1 AND ends_on <= $2 AND {in_scope} ORDER BY ends_on, regulation, clause, id"
    );
    let row = |row: &Row| {
        Ok(DutyRow {
            regulation: row.text("regulation")?,
            clause: row.text("clause")?,
            control: String::new(),
            side: "exemption".into(),
            organization: row.parsed("organization_id")?,
            period: row.text("id")?,
            register: "exemption".into(),
            subject: None,
            event_unit: None,
            opens_on: row.text("starts_on")?,
            due_on: Some(row.text("ends_on")?),
            due_at: None,
            gap: None,
            outcome: "pending".into(),
            fulfilled_on: None,
            entry_id: None,
        })
    };
    db.fetch("exemptions", &sql, &args)
        .await?
        .iter()
        .map(row)
        .readable()
}

/// Findings in scope due between two ISO dates (inclusive), the earliest first, as what is to
/// be mended by then; `open_only` leaves out what the unit has mended. `today` tells what is
/// missed.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn findings(
    db: &Db,
    scope: &Scope,
    (from, to): (&str, &str),
    today: &str,
    open_only: bool,
) -> Result<Vec<DutyRow>, StoreError> {
    let mut args = args![from, to].to_vec();
    let in_scope = scope_condition(scope, "organization_id", &mut args);
    let open = if open_only { "AND status = 'open'" } else { "" };
    let sql = format!(
        "SELECT id, organization_id, regulation, clause, summary, due_on, status, mended_on FROM finding \
         WHERE due_on >= $1 AND due_on <= $2 AND {in_scope} {open} ORDER BY due_on, regulation, clause, id"
    );
    let row = |row: &Row| {
        let due = row.text("due_on")?;
        let mended = row.opt_text("mended_on")?;
        let (outcome, fulfilled_on) = match row.text("status")?.as_str() {
            "open" if due.as_str() < today => ("missed", None),
            "open" => ("pending", None),
            _ if mended.as_ref().is_some_and(|day| *day > due) => ("late", mended),
            // One that was closed without a report of the unit's.
            _ => ("done", mended.or_else(|| Some(due.clone()))),
        };
        Ok(DutyRow {
            regulation: row.text("regulation")?,
            clause: row.text("clause")?,
            control: String::new(),
            side: FINDING.into(),
            organization: row.parsed("organization_id")?,
            period: row.text("id")?,
            register: "finding".into(),
            subject: Some(row.text("summary")?),
            event_unit: None,
            opens_on: due.clone(),
            due_on: Some(due),
            due_at: None,
            gap: None,
            outcome: outcome.into(),
            fulfilled_on,
            entry_id: None,
        })
    };
    db.fetch("findings", &sql, &args)
        .await?
        .iter()
        .map(row)
        .collect()
}
