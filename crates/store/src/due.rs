//! Duties that are open, counted: for the first page, and for the page of a unit.

use domain::{authority::Scope, id::OrganizationId};

use crate::{Db, Row, StoreError, args, duty::OPEN, registry::scope_condition, row::Readable as _};

/// What many owe by the same clause until the same day.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct OpenDuty {
    /// The last safe day, ISO.
    pub due_on: String,
    /// The regulation's id.
    pub regulation: String,
    /// The clause's cite.
    pub clause: String,
    /// How many organizations owe it.
    pub organizations: i64,
    /// One of them.
    pub organization: OrganizationId,
}

/// Open duties in scope due between two ISO dates (inclusive), the earliest first, one row
/// for a clause and a day. Organizations that ended before `today` owe nothing.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn open(
    db: &Db,
    scope: &Scope,
    from: &str,
    to: &str,
    today: &str,
) -> Result<Vec<OpenDuty>, StoreError> {
    let mut args = args![from, to, today].to_vec();
    let in_scope = scope_condition(scope, "organization_id", &mut args);
    let sql = format!(
        "SELECT due_on, regulation, clause, COUNT(*) AS organizations, MIN(organization_id) AS organization_id \
         FROM duty WHERE {OPEN} AND due_on >= $1 AND due_on <= $2 AND {in_scope} \
         AND organization_id NOT IN (SELECT id FROM organization WHERE ends_on < $3) \
         GROUP BY due_on, regulation, clause ORDER BY due_on, regulation, clause"
    );
    let rows = db.fetch("duties", &sql, &args).await?;
    rows.iter().map(read).readable()
}

/// The open duties of one organization in scope due until an ISO date, the earliest first.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn of(
    db: &Db,
    scope: &Scope,
    organization: OrganizationId,
    from: &str,
    to: &str,
) -> Result<Vec<OpenDuty>, StoreError> {
    let mut args = args![organization, from, to].to_vec();
    let in_scope = scope_condition(scope, "organization_id", &mut args);
    let sql = format!(
        "SELECT due_on, regulation, clause, CAST(1 AS BIGINT) AS organizations, organization_id FROM duty WHERE organization_id = $1 \
         AND {OPEN} AND due_on >= $2 AND due_on <= $3 AND {in_scope} \
         ORDER BY due_on, regulation, clause"
    );
    let rows = db.fetch("duties", &sql, &args).await?;
    rows.iter().map(read).readable()
}

fn read(row: &Row) -> Result<OpenDuty, StoreError> {
    Ok(OpenDuty {
        due_on: row.text("due_on")?,
        regulation: row.text("regulation")?,
        clause: row.text("clause")?,
        organizations: row.int("organizations")?,
        organization: row.parsed("organization_id")?,
    })
}
