//! Duty instances and attachments of the books.

use domain::{authority::Scope, id::OrganizationId};

use crate::{Arg, Db, Row, StoreError, Tx, args, registry::scope_condition};

/// What one organization owes for one period.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct DutyRow {
    /// The regulation's id.
    pub regulation: String,
    /// The clause's cite.
    pub clause: String,
    /// Who owes it.
    pub organization: OrganizationId,
    /// `2026`, `2026-Q3`, …
    pub period: String,
    /// The book whose entry fulfils it.
    pub register: String,
    /// ISO date from which it can be done.
    pub opens_on: String,
    /// The last safe day.
    pub due_on: String,
    /// When it was fulfilled.
    pub fulfilled_on: Option<String>,
    /// By which entry.
    pub entry_id: Option<String>,
}

fn read(row: &Row) -> Result<DutyRow, StoreError> {
    Ok(DutyRow {
        regulation: row.text("regulation")?,
        clause: row.text("clause")?,
        organization: row.parsed("organization_id")?,
        period: row.text("period")?,
        register: row.text("register")?,
        opens_on: row.text("opens_on")?,
        due_on: row.text("due_on")?,
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
                d.organization,
                &d.period,
                &d.register,
                &d.opens_on,
                &d.due_on,
                d.fulfilled_on.clone(),
                d.entry_id.clone()
            ]
            .to_vec()
        })
        .collect();
    tx.insert_many(
        "duties",
        "duty (regulation, clause, organization_id, period, register, opens_on, due_on, fulfilled_on, entry_id)",
        "ON CONFLICT (regulation, clause, organization_id, period) DO UPDATE SET \
         register = excluded.register, opens_on = excluded.opens_on, due_on = excluded.due_on, \
         fulfilled_on = excluded.fulfilled_on, entry_id = excluded.entry_id",
        &rows,
    )
    .await
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
        .collect()
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
    let open = if open_only {
        "AND fulfilled_on IS NULL"
    } else {
        ""
    };
    let sql = format!(
        "SELECT * FROM duty WHERE due_on >= $1 AND due_on <= $2 AND {in_scope} {open} \
         ORDER BY due_on, regulation, clause, organization_id LIMIT $3"
    );
    db.fetch("duties", &sql, &args)
        .await?
        .iter()
        .map(read)
        .collect()
}

/// A file that belongs to a record.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Attachment {
    /// SHA-256 of the content, hex.
    pub sha256: String,
    /// Its name when it was uploaded.
    pub name: String,
    /// By content, not by name.
    pub media_type: String,
    /// Bytes.
    pub size: i64,
    /// Whose it is.
    pub organization: OrganizationId,
    /// Who brought it.
    pub uploaded_by: String,
    /// When.
    pub uploaded_at: i64,
}

/// Notes an attachment; the same content is noted once for each organization.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn attach(tx: &mut Tx, a: &Attachment) -> Result<(), StoreError> {
    tx.execute(
        "attachment",
        "INSERT INTO attachment (sha256, name, media_type, size, organization_id, uploaded_by, uploaded_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (sha256, organization_id) DO NOTHING",
        &args![
            &a.sha256,
            &a.name,
            &a.media_type,
            a.size,
            a.organization,
            &a.uploaded_by,
            a.uploaded_at
        ],
    )
    .await?;
    Ok(())
}

/// An attachment in scope.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn attachment(
    db: &Db,
    scope: &Scope,
    sha256: &str,
) -> Result<Option<Attachment>, StoreError> {
    let mut args = args![sha256].to_vec();
    let in_scope = scope_condition(scope, "organization_id", &mut args);
    let sql = format!(
        "SELECT * FROM attachment WHERE sha256 = $1 AND {in_scope} ORDER BY uploaded_at LIMIT 1"
    );
    db.fetch_one("attachment", &sql, &args)
        .await?
        .map(|row| {
            Ok(Attachment {
                sha256: row.text("sha256")?,
                name: row.text("name")?,
                media_type: row.text("media_type")?,
                size: row.int("size")?,
                organization: row.parsed("organization_id")?,
                uploaded_by: row.text("uploaded_by")?,
                uploaded_at: row.int("uploaded_at")?,
            })
        })
        .transpose()
}
