//! A unit's book, closed for a span of days.

use std::collections::BTreeMap;

use domain::{
    authority::Scope,
    id::{Id, OrganizationId},
    record::Record,
    schema::Schema,
};

use super::revision::{self, Revision};
use crate::{
    Db, Row, StoreError, Tx, args, dialect, registry::scope_condition, row::Readable as _,
};

/// A closed book: from then on nothing is written into it whose day lies in the span.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Closing {
    /// Its identifier.
    pub id: Id,
    /// The book.
    pub register: String,
    /// Whose.
    pub organization: OrganizationId,
    /// `2026`, `2026-H2`, `2026-Q4`, `2026-11`.
    pub period: String,
    /// First day, ISO.
    pub first_on: String,
    /// Last day, ISO.
    pub last_on: String,
    /// Unix milliseconds.
    pub closed_at: i64,
    /// Who closed it.
    pub closed_by: String,
    /// How many entries it held.
    pub entries: i64,
    /// SHA-256 of `content`, hex.
    pub sha256: String,
    /// What it held, as canonical JSON; empty in lists.
    #[serde(skip)]
    pub content: String,
    /// When it was opened again.
    pub reopened_at: Option<i64>,
    /// By whom.
    pub reopened_by: Option<String>,
    /// Why; the same stands in the journal.
    pub reopen_reason: Option<String>,
}

fn read(row: &Row) -> Result<Closing, StoreError> {
    Ok(Closing {
        id: row.parsed("id")?,
        register: row.text("register")?,
        organization: row.parsed("organization_id")?,
        period: row.text("period")?,
        first_on: row.text("first_on")?,
        last_on: row.text("last_on")?,
        closed_at: row.int("closed_at")?,
        closed_by: row.text("closed_by")?,
        entries: row.int("entries")?,
        sha256: row.text("sha256")?,
        content: row.text("content")?,
        reopened_at: row.opt_int("reopened_at")?,
        reopened_by: row.opt_text("reopened_by")?,
        reopen_reason: row.opt_text("reopen_reason")?,
    })
}

/// Holds a book until the transaction ends, so that nothing is written while it is closed:
/// writers share it, who closes has it alone.
///
/// # Errors
/// [`StoreError::Engine`].
pub async fn lock(
    tx: &mut Tx,
    register: &str,
    organization: OrganizationId,
    alone: bool,
) -> Result<(), StoreError> {
    dialect::lock(tx, &format!("{register} {organization}"), alone).await
}

/// Refuses entries whose day lies in a span for which their book is closed, and an entry
/// that was there before in such a span.
///
/// # Errors
/// [`StoreError::Closed`].
pub async fn refuse_closed(
    tx: &mut Tx,
    schema: &Schema,
    records: &[Record],
    changed: bool,
) -> Result<(), StoreError> {
    let mut days: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for record in records {
        days.entry(record.text("organization").to_owned())
            .or_default()
            .push(record.text("occurred_on").to_owned());
        if !changed {
            continue;
        }
        let before = tx
            .fetch_one(
                "entry",
                "SELECT organization_id, occurred_on FROM entry WHERE id = $1",
                &args![record.id],
            )
            .await?;
        if let Some(row) = before {
            days.entry(row.text("organization_id")?)
                .or_default()
                .push(row.text("occurred_on")?);
        }
    }
    for (organization, days) in days {
        let Ok(id) = organization.parse() else {
            continue;
        };
        lock(tx, &schema.noun, OrganizationId(id), false).await?;
        let rows = tx
            .fetch(
                "book_closing",
                "SELECT period, first_on, last_on FROM book_closing \
                 WHERE register = $1 AND organization_id = $2 AND reopened_at IS NULL",
                &args![&schema.noun, &organization],
            )
            .await?;
        for row in rows {
            let (first, last) = (row.text("first_on")?, row.text("last_on")?);
            if days.iter().any(|day| *day >= first && *day <= last) {
                return Err(StoreError::Closed {
                    noun: schema.noun.clone(),
                    period: row.text("period")?,
                });
            }
        }
    }
    Ok(())
}

/// An entry with all its versions, as a closed book holds it.
#[derive(Clone, Debug)]
pub struct Held {
    /// The entry's id.
    pub id: Id,
    /// Its day.
    pub occurred_on: String,
    /// The oldest first.
    pub revisions: Vec<Revision>,
}

/// What a unit's book holds in a span of days, by day and id.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn held(
    tx: &mut Tx,
    register: &str,
    organization: OrganizationId,
    first_on: &str,
    last_on: &str,
) -> Result<Vec<Held>, StoreError> {
    let rows = tx
        .fetch(
            "entry",
            "SELECT e.id, e.occurred_on, r.version, r.recorded_at, r.recorded_by, r.data \
             FROM entry e JOIN entry_revision r ON r.entry_id = e.id \
             WHERE e.register = $1 AND e.organization_id = $2 AND e.occurred_on >= $3 AND e.occurred_on <= $4 \
             ORDER BY e.occurred_on, e.id, r.version",
            &args![register, organization, first_on, last_on],
        )
        .await?;
    let mut all: Vec<Held> = Vec::new();
    for row in &rows {
        let id: Id = row.parsed("id")?;
        let revision = revision::read(row)?;
        match all.last_mut() {
            Some(held) if held.id == id => held.revisions.push(revision),
            _ => all.push(Held {
                id,
                occurred_on: row.text("occurred_on")?,
                revisions: vec![revision],
            }),
        }
    }
    Ok(all)
}

/// Writes a closing.
///
/// # Errors
/// [`StoreError::Duplicate`] when the book is closed for that period already.
pub async fn close(tx: &mut Tx, c: &Closing) -> Result<(), StoreError> {
    tx.execute(
        "book_closing",
        "INSERT INTO book_closing (id, register, organization_id, period, first_on, last_on, closed_at, \
         closed_by, entries, sha256, content) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        &args![
            c.id,
            &c.register,
            c.organization,
            &c.period,
            &c.first_on,
            &c.last_on,
            c.closed_at,
            &c.closed_by,
            c.entries,
            &c.sha256,
            &c.content
        ],
    )
    .await?;
    Ok(())
}

/// Opens a closed book again; what it held when it was closed stays.
///
/// # Errors
/// [`StoreError::Stale`] when it is open already.
pub async fn reopen(
    tx: &mut Tx,
    id: Id,
    at: i64,
    by: &str,
    reason: &str,
) -> Result<(), StoreError> {
    let touched = tx
        .execute(
            "book_closing",
            "UPDATE book_closing SET reopened_at = $2, reopened_by = $3, reopen_reason = $4 \
             WHERE id = $1 AND reopened_at IS NULL",
            &args![id, at, by, reason],
        )
        .await?;
    if touched == 0 {
        return Err(StoreError::Stale {
            noun: "book_closing".into(),
        });
    }
    Ok(())
}

/// A closing in scope, with what it held.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn closing(
    db: &Db,
    scope: &Scope,
    register: &str,
    id: Id,
) -> Result<Option<Closing>, StoreError> {
    let mut args = args![id, register].to_vec();
    let in_scope = scope_condition(scope, "organization_id", &mut args);
    let sql = format!("SELECT * FROM book_closing WHERE id = $1 AND register = $2 AND {in_scope}");
    db.fetch_one("book_closing", &sql, &args)
        .await?
        .map(|row| read(&row))
        .transpose()
}

/// Which closings of a book.
#[derive(Clone, Debug, Default)]
pub struct ClosingQuery {
    /// Only this organization's.
    pub organization: Option<OrganizationId>,
    /// Only those that hold this ISO day and were not opened again.
    pub day: Option<String>,
}

/// The closings of a book in scope, the latest first, without their content.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn closings(
    db: &Db,
    scope: &Scope,
    register: &str,
    query: &ClosingQuery,
) -> Result<Vec<Closing>, StoreError> {
    let mut args = args![register].to_vec();
    let mut conditions = vec![
        "register = $1".to_owned(),
        scope_condition(scope, "organization_id", &mut args),
    ];
    if let Some(organization) = query.organization {
        args.push(organization.into());
        conditions.push(format!("organization_id = ${}", args.len()));
    }
    if let Some(day) = &query.day {
        args.push(day.into());
        let n = args.len();
        conditions.push(format!(
            "reopened_at IS NULL AND first_on <= ${n} AND last_on >= ${n}"
        ));
    }
    let sql = format!(
        "SELECT id, register, organization_id, period, first_on, last_on, closed_at, closed_by, entries, \
         sha256, '' AS content, reopened_at, reopened_by, reopen_reason FROM book_closing WHERE {} \
         ORDER BY closed_at DESC, id DESC LIMIT 500",
        conditions.join(" AND ")
    );
    db.fetch("book_closing", &sql, &args)
        .await?
        .iter()
        .map(read)
        .readable()
}
