//! Documents on their way from a draft to what was sent.

use std::collections::BTreeMap;

use domain::{
    authority::Scope,
    id::{Id, OrganizationId},
};

use crate::{
    Arg, Db, Row, StoreError, Tx, args, dialect, registry::scope_condition, row::Readable as _,
};

/// One document.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct DocumentRow {
    /// Its identifier.
    pub id: Id,
    /// 1 when made; each change adds one.
    pub version: i64,
    /// The template's id.
    pub template: String,
    /// Who writes it.
    pub organization: OrganizationId,
    /// `2026`, `2026-Q3`, …
    pub period: String,
    /// The state's code.
    pub state: String,
    /// What it is about, filled.
    pub title: String,
    /// JSON: what persons wrote.
    pub drafts: String,
    /// JSON: numbers and tables as they were when they were taken.
    pub filled: String,
    /// When they were taken, unix milliseconds.
    pub filled_at: i64,
    /// Its number, empty before it has one.
    pub number: String,
    /// The place in its heading.
    pub place: String,
    /// Who signs.
    pub signer: String,
    /// ISO date.
    pub signed_on: Option<String>,
    /// SHA-256 of the signed file.
    pub file: Option<String>,
    /// ISO date.
    pub sent_on: Option<String>,
    /// The entry that sending it wrote.
    pub entry: Option<Id>,
    /// The sent document that it corrects.
    pub replaces: Option<Id>,
    /// Who began it.
    pub created_by: String,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Unix milliseconds.
    pub updated_at: i64,
}

fn read(row: &Row) -> Result<DocumentRow, StoreError> {
    Ok(DocumentRow {
        id: row.parsed("id")?,
        version: row.int("version")?,
        template: row.text("template")?,
        organization: row.parsed("organization_id")?,
        period: row.text("period")?,
        state: row.text("state")?,
        title: row.text("title")?,
        drafts: row.text("drafts")?,
        filled: row.text("filled")?,
        filled_at: row.int("filled_at")?,
        number: row.text("number")?,
        place: row.text("place")?,
        signer: row.text("signer")?,
        signed_on: row.opt_text("signed_on")?,
        file: row.opt_text("file")?,
        sent_on: row.opt_text("sent_on")?,
        entry: row.opt_text("entry_id")?.and_then(|id| id.parse().ok()),
        replaces: row.opt_parsed("replaces")?,
        created_by: row.text("created_by")?,
        created_at: row.int("created_at")?,
        updated_at: row.int("updated_at")?,
    })
}

/// Writes a new document.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn insert(tx: &mut Tx, d: &DocumentRow) -> Result<(), StoreError> {
    tx.execute(
        "document",
        "INSERT INTO document (id, version, template, organization_id, period, state, title, drafts, filled, \
         filled_at, number, place, signer, signed_on, file, sent_on, entry_id, created_by, created_at, updated_at, \
         replaces) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
        &args![
            d.id,
            d.version,
            &d.template,
            d.organization,
            &d.period,
            &d.state,
            &d.title,
            &d.drafts,
            &d.filled,
            d.filled_at,
            &d.number,
            &d.place,
            &d.signer,
            d.signed_on.clone(),
            d.file.clone(),
            d.sent_on.clone(),
            d.entry.map(|id| id.to_string()),
            &d.created_by,
            d.created_at,
            d.updated_at,
            d.replaces.map(|id| id.to_string())
        ],
    )
    .await?;
    Ok(())
}

/// Writes over the version that was read; the row then has the next one.
///
/// # Errors
/// [`StoreError::Stale`] when somebody else was quicker.
pub async fn update(tx: &mut Tx, d: &DocumentRow) -> Result<(), StoreError> {
    let touched = tx
        .execute(
            "document",
            "UPDATE document SET version = version + 1, state = $3, title = $4, drafts = $5, filled = $6, \
             filled_at = $7, number = $8, place = $9, signer = $10, signed_on = $11, file = $12, sent_on = $13, \
             entry_id = $14, updated_at = $15 WHERE id = $1 AND version = $2",
            &args![
                d.id,
                d.version,
                &d.state,
                &d.title,
                &d.drafts,
                &d.filled,
                d.filled_at,
                &d.number,
                &d.place,
                &d.signer,
                d.signed_on.clone(),
                d.file.clone(),
                d.sent_on.clone(),
                d.entry.map(|id| id.to_string()),
                d.updated_at
            ],
        )
        .await?;
    if touched == 0 {
        return Err(StoreError::Stale {
            noun: "document".into(),
        });
    }
    Ok(())
}

/// Removes a document at the version that was read.
///
/// # Errors
/// [`StoreError::Stale`] when somebody else was quicker.
pub async fn delete(tx: &mut Tx, id: Id, version: i64) -> Result<(), StoreError> {
    let sql = "DELETE FROM document WHERE id = $1 AND version = $2";
    if tx.execute("document", sql, &args![id, version]).await? == 0 {
        return Err(StoreError::Stale {
            noun: "document".into(),
        });
    }
    Ok(())
}

/// Holds what one organization writes by one template for one period until the transaction
/// ends, so that of several who begin it at once one does.
///
/// # Errors
/// [`StoreError::Engine`].
pub async fn lock(
    tx: &mut Tx,
    template: &str,
    organization: OrganizationId,
    period: &str,
) -> Result<(), StoreError> {
    let name = format!("document {template} {organization} {period}");
    dialect::lock(tx, &name, true).await
}

/// What one organization has written by one template for one period, the last changed first.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn written(
    tx: &mut Tx,
    template: &str,
    organization: OrganizationId,
    period: &str,
) -> Result<Vec<DocumentRow>, StoreError> {
    let rows = tx
        .fetch(
            "documents",
            "SELECT * FROM document WHERE template = $1 AND organization_id = $2 AND period = $3 \
             ORDER BY updated_at DESC, id DESC",
            &args![template, organization, period],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// The document that was sent last of those that wrote an entry of a book.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn that_wrote(tx: &mut Tx, entry: Id) -> Result<Option<DocumentRow>, StoreError> {
    let sql = "SELECT * FROM document WHERE entry_id = $1 AND state = 'sent' ORDER BY id DESC";
    tx.fetch_one("document", sql, &args![entry])
        .await?
        .map(|row| read(&row))
        .transpose()
}

/// The documents in scope that correct a sent one, the first begun first.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn that_replace(db: &Db, scope: &Scope, id: Id) -> Result<Vec<DocumentRow>, StoreError> {
    let mut args = args![id].to_vec();
    let in_scope = scope_condition(scope, "organization_id", &mut args);
    let sql = format!("SELECT * FROM document WHERE replaces = $1 AND {in_scope} ORDER BY id");
    let rows = db.fetch("documents", &sql, &args).await?;
    rows.iter().map(read).collect()
}

/// A document in scope.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn get(db: &Db, scope: &Scope, id: Id) -> Result<Option<DocumentRow>, StoreError> {
    let mut args = args![id].to_vec();
    let in_scope = scope_condition(scope, "organization_id", &mut args);
    let sql = format!("SELECT * FROM document WHERE id = $1 AND {in_scope}");
    db.fetch_one("document", &sql, &args)
        .await?
        .map(|row| read(&row))
        .transpose()
}

/// The id of the record of an organization's letterhead.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn letterhead(db: &Db, organization: OrganizationId) -> Result<Option<Id>, StoreError> {
    let sql = "SELECT id FROM letterhead WHERE organization_id = $1";
    let row = db
        .fetch_one("letterhead", sql, &args![organization])
        .await?;
    row.map(|row| row.parsed("id")).transpose()
}

/// Which documents.
#[derive(Clone, Debug, Default)]
pub struct DocumentQuery {
    /// Of this template.
    pub template: Option<String>,
    /// Of this period.
    pub period: Option<String>,
    /// In this state.
    pub state: Option<String>,
    /// Of this organization and those below it.
    pub organization: Option<OrganizationId>,
    /// How many to skip.
    pub offset: i64,
    /// At most so many.
    pub limit: i64,
}

/// Documents in scope, the last changed first, and how many there are in all.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn list(
    db: &Db,
    scope: &Scope,
    query: &DocumentQuery,
) -> Result<(Vec<DocumentRow>, i64), StoreError> {
    let mut args: Vec<Arg> = Vec::new();
    let mut all = vec![scope_condition(scope, "organization_id", &mut args)];
    for (column, value) in [
        ("template", &query.template),
        ("period", &query.period),
        ("state", &query.state),
    ] {
        if let Some(value) = value {
            args.push(value.into());
            all.push(format!("{column} = ${}", args.len()));
        }
    }
    if let Some(root) = query.organization {
        args.push(root.into());
        all.push(format!(
            "organization_id IN (SELECT descendant_id FROM organization_closure WHERE ancestor_id = ${})",
            args.len()
        ));
    }
    let conditions = all.join(" AND ");
    let count = format!("SELECT COUNT(*) AS n FROM document WHERE {conditions}");
    let total = db
        .fetch_one("documents", &count, &args)
        .await?
        .map_or(Ok(0), |row| row.int("n"))?;
    args.extend(args![query.limit, query.offset]);
    let sql = format!(
        "SELECT * FROM document WHERE {conditions} ORDER BY updated_at DESC, id LIMIT ${} OFFSET ${}",
        args.len() - 1,
        args.len()
    );
    let rows = db.fetch("documents", &sql, &args).await?;
    let rows = rows.iter().map(read).readable()?;
    Ok((rows, total))
}

/// Whose papers wait for somebody.
#[derive(Clone, Copy, Debug)]
pub struct Own<'a> {
    /// Those that this name began.
    pub by: &'a str,
    /// Those of these units.
    pub units: &'a [OrganizationId],
    /// Those of these templates.
    pub templates: &'a [&'a str],
}

/// A paper that did not go out yet, without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenPaper {
    /// Its identifier.
    pub id: Id,
    /// The template's id.
    pub template: String,
    /// Who writes it.
    pub organization: OrganizationId,
    /// The name of who writes it.
    pub unit: String,
    /// The state's code.
    pub state: String,
    /// Its period or day.
    pub period: String,
    /// When it was last changed, unix milliseconds.
    pub updated_at: i64,
}

/// Papers in scope that did not go out yet and are somebody's to go on with, the longest unchanged
/// first, at most so many.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn open(
    db: &Db,
    scope: &Scope,
    own: &Own<'_>,
    limit: i64,
) -> Result<Vec<OpenPaper>, StoreError> {
    let mut args = args![own.by].to_vec();
    let mut any = vec!["d.created_by = $1".to_owned()];
    let units = own.units.iter().map(|unit| Arg::from(*unit));
    let templates = own.templates.iter().map(|id| Arg::from(*id));
    let columns: [(&str, Vec<Arg>); 2] = [
        ("d.organization_id", units.collect()),
        ("d.template", templates.collect()),
    ];
    for (column, values) in columns.into_iter().filter(|(_, values)| !values.is_empty()) {
        let first = args.len() + 1;
        args.extend(values);
        let places: Vec<String> = (first..=args.len()).map(|i| format!("${i}")).collect();
        any.push(format!("{column} IN ({})", places.join(", ")));
    }
    let in_scope = scope_condition(scope, "d.organization_id", &mut args);
    args.push(limit.into());
    let sql = format!(
        "SELECT d.id, d.template, d.organization_id, o.name AS unit, d.state, d.period, d.updated_at \
         FROM document d JOIN organization o ON o.id = d.organization_id \
         WHERE d.state <> 'sent' AND {in_scope} AND ({}) ORDER BY d.updated_at, d.id LIMIT ${}",
        any.join(" OR "),
        args.len()
    );
    let paper = |row: &Row| {
        Ok(OpenPaper {
            id: row.parsed("id")?,
            template: row.text("template")?,
            organization: row.parsed("organization_id")?,
            unit: row.text("unit")?,
            state: row.text("state")?,
            period: row.text("period")?,
            updated_at: row.int("updated_at")?,
        })
    };
    let rows = db.fetch("documents", &sql, &args).await?;
    rows.iter().map(paper).readable()
}

/// What became of an organization's duty to hand in an entry of a book for a period.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owed {
    /// The entry is there since that ISO day, however it came.
    Reported(String),
    /// It is not there yet.
    Missing,
    /// An exemption was in force on the last day.
    Exempt,
}

/// The organizations below `root` that owe an entry of a book for a period, each with what
/// became of it: reported by any of the regulations that ask for it, missing where one still
/// waits, else exempt. Who owes nothing after all is left out.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn owed(
    db: &Db,
    root: OrganizationId,
    register: &str,
    period: &str,
) -> Result<BTreeMap<OrganizationId, Owed>, StoreError> {
    let rows = db
        .fetch(
            "duties",
            "SELECT d.organization_id, d.fulfilled_on, \
             CASE WHEN EXISTS (SELECT 1 FROM exemption e WHERE e.organization_id = d.organization_id \
             AND e.regulation = d.regulation AND e.clause = d.clause \
             AND e.starts_on <= COALESCE(d.due_on, d.opens_on) AND e.ends_on >= COALESCE(d.due_on, d.opens_on)) \
             THEN 'exempt' ELSE d.outcome END AS outcome \
             FROM duty d WHERE d.register = $2 AND d.period = $3 AND d.side = 'report' AND d.organization_id IN \
             (SELECT descendant_id FROM organization_closure WHERE ancestor_id = $1)",
            &args![root, register, period],
        )
        .await?;
    let mut all: BTreeMap<OrganizationId, Owed> = BTreeMap::new();
    for row in rows {
        let outcome = row.text("outcome")?;
        let owed = match row.opt_text("fulfilled_on")? {
            Some(day) => Owed::Reported(day),
            None if outcome == "exempt" => Owed::Exempt,
            None if outcome == "not-owed" => continue,
            None => Owed::Missing,
        };
        let unit = row.parsed("organization_id")?;
        let before = all.remove(&unit);
        all.insert(unit, before.map_or(owed.clone(), |b| b.min(owed)));
    }
    Ok(all)
}
