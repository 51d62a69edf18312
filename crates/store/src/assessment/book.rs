//! The entries of books, as duties are judged by them.

use domain::id::OrganizationId;

use crate::{Db, StoreError, args, row::Readable as _};

/// An entry of a book, as duties see it.
#[derive(Clone, Debug, PartialEq)]
pub struct BookEntry {
    /// Its id.
    pub id: String,
    /// Whose.
    pub organization: OrganizationId,
    /// ISO date.
    pub occurred_on: String,
    /// Unix milliseconds.
    pub recorded_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
    /// `2026`, `2026-Q3`.
    pub period: Option<String>,
    /// A choice of the book.
    pub result: Option<String>,
    /// What it is about.
    pub subject: Option<String>,
    /// All its fields, as JSON; read only where a duty looks at one of them.
    pub data: Option<String>,
}

/// How far each book has come: a mark that differs after any change of its entries (none
/// is ever deleted, and each change adds one to its version).
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn book_marks(
    db: &Db,
    only: Option<&str>,
) -> Result<std::collections::HashMap<String, (i64, i64)>, StoreError> {
    let (wanted, args) = match only {
        Some(register) => ("WHERE register = $1", args![register].to_vec()),
        None => ("", Vec::new()),
    };
    let sql = format!(
        "SELECT register, COUNT(*) AS entries, CAST(SUM(version) AS BIGINT) AS versions \
         FROM entry {wanted} GROUP BY register"
    );
    db.fetch("books", &sql, &args)
        .await?
        .iter()
        .map(|row| {
            let mark = (row.int("entries")?, row.int("versions")?);
            Ok((row.text("register")?, mark))
        })
        .collect()
}

/// All entries of a book, `whole` with all their fields.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn book(db: &Db, register: &str, whole: bool) -> Result<Vec<BookEntry>, StoreError> {
    let data = if whole {
        "data"
    } else {
        "CAST(NULL AS TEXT) AS data"
    };
    let sql = format!(
        "SELECT id, organization_id, occurred_on, recorded_at, updated_at, period, result, subject, {data} FROM entry \
         WHERE register = $1 ORDER BY occurred_on, id"
    );
    db.fetch("book", &sql, &args![register])
        .await?
        .iter()
        .map(|row| {
            Ok(BookEntry {
                id: row.text("id")?,
                organization: row.parsed("organization_id")?,
                occurred_on: row.text("occurred_on")?,
                recorded_at: row.int("recorded_at")?,
                updated_at: row.int("updated_at")?,
                period: row.opt_text("period")?,
                result: row.opt_text("result")?,
                subject: row.opt_text("subject")?,
                data: row.opt_text("data")?,
            })
        })
        .readable()
}
