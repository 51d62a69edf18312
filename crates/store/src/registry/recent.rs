//! How many records there are of each kind, and what a unit wrote last into each of its books.

use std::collections::HashMap;

use domain::{authority::Scope, id::OrganizationId, record::Record, schema::Schema};

use super::{RecordQuery, conditions, read, scope_condition};
use crate::{Db, StoreError, args, row::Readable as _};

/// The newest entries of one book, and how many it has.
#[derive(Clone, Debug, Default)]
pub struct RecentEntries {
    /// The newest first.
    pub records: Vec<Record>,
    /// How many there are in all.
    pub total: i64,
}

/// The newest entries, at most `each` of a book, of an organization and what lies below it,
/// by the book's name. A book without entries is left out.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn recent_entries(
    db: &Db,
    scope: &Scope,
    books: &[Schema],
    organization: OrganizationId,
    each: i64,
) -> Result<HashMap<String, RecentEntries>, StoreError> {
    let mut args = args![organization, each].to_vec();
    let in_scope = scope_condition(scope, "organization_id", &mut args);
    let sql = format!(
        "SELECT * FROM (SELECT e.*, \
           ROW_NUMBER() OVER (PARTITION BY register ORDER BY occurred_on DESC, id DESC) AS place, \
           COUNT(*) OVER (PARTITION BY register) AS total \
         FROM entry e WHERE organization_id IN \
           (SELECT descendant_id FROM organization_closure WHERE ancestor_id = $1) AND {in_scope}) n \
         WHERE place <= $2 ORDER BY register, place"
    );
    let schemas: HashMap<&str, &Schema> = books.iter().map(|s| (s.noun.as_str(), s)).collect();
    let mut out: HashMap<String, RecentEntries> = HashMap::new();
    for row in db.fetch("books", &sql, &args).await? {
        let register = row.text("register")?;
        // A book that the packs no longer have.
        let Some(schema) = schemas.get(register.as_str()) else {
            continue;
        };
        let record = [&row].into_iter().map(|row| read(schema, row)).readable()?;
        let book = out.entry(register).or_default();
        book.total = row.int("total")?;
        book.records.extend(record);
    }
    Ok(out)
}

/// How many records of each schema are in its scope, in their order: one query for all.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn totals(db: &Db, schemas: &[(Scope, &Schema)]) -> Result<Vec<i64>, StoreError> {
    let mut args = Vec::new();
    let all = RecordQuery::default();
    let each = schemas.iter().enumerate().map(|(place, (scope, schema))| {
        let condition = conditions(scope, schema, &all, &mut args);
        let table = schema.table();
        format!("SELECT {place} AS place, COUNT(*) AS n FROM {table} WHERE {condition}")
    });
    let sql = each.collect::<Vec<_>>().join(" UNION ALL ");
    if sql.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!("{sql} ORDER BY place");
    let rows = db.fetch("registry", &sql, &args).await?;
    rows.iter().map(|row| row.int("n")).collect()
}
