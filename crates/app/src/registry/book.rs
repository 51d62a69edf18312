//! The books beyond their entries: versions, closing, and opening again.

use domain::{
    authority::Permission,
    id::{Id, OrganizationId},
    label::Label,
    problem::{FieldProblem, Problem, ProblemKind},
    record::{Record, Values},
    schema::{Schema, Storage, Volume},
};
use policy::duty::{Period, Span};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::book::{self, Closing, ClosingQuery, Held, Revision};

use super::record;
use crate::{App, Ctx, Work, secrecy, share};

/// Every version of an entry that the actor may see, also because it was shared, the newest
/// first; none for a record of the registry, whose changes are in the journal.
///
/// # Errors
/// Not found also when it is another unit's.
pub async fn revisions(
    app: &App,
    ctx: &Ctx,
    noun: &str,
    key: &str,
) -> Result<Vec<Revision>, Problem> {
    let schema = app.schema(noun)?;
    let (entry, _) = share::read(app, ctx, noun, key).await?;
    if schema.storage == Storage::Table {
        return Ok(Vec::new());
    }
    book::revisions(&app.db, entry.id)
        .await
        .map_err(Problem::from)
}

/// The schema of a book.
///
/// # Errors
/// Not found, also for a noun of the registry.
pub(crate) fn a_book(app: &App, noun: &str) -> Result<std::sync::Arc<Schema>, Problem> {
    let schema = app.schema(noun)?;
    if schema.storage == Storage::Entry {
        Ok(schema)
    } else {
        Err(Problem::not_found(&Label::new("sổ", "book"), noun))
    }
}

/// The closings of a book that the actor may see, the latest first, without their content.
///
/// # Errors
/// Not found, denied, unavailable.
pub async fn closings(app: &App, ctx: &Ctx, noun: &str) -> Result<Vec<Closing>, Problem> {
    let schema = a_book(app, noun)?;
    let scope = ctx.actor.reads(&schema)?;
    book::closings(&app.db, &scope, noun, &ClosingQuery::default())
        .await
        .map_err(Problem::from)
}

/// The closing that keeps an entry from being changed, if there is one.
///
/// # Errors
/// Denied, unavailable.
pub async fn closed_by(
    app: &App,
    ctx: &Ctx,
    schema: &Schema,
    entry: &Record,
) -> Result<Option<Closing>, Problem> {
    if schema.storage == Storage::Table {
        return Ok(None);
    }
    let scope = ctx.actor.reads(schema)?;
    let query = ClosingQuery {
        organization: entry.get("organization").as_id().map(OrganizationId),
        day: Some(entry.text("occurred_on").to_owned()),
    };
    let found = book::closings(&app.db, &scope, &schema.noun, &query).await?;
    Ok(found.into_iter().next())
}

/// A closed book with what it held.
#[derive(Clone, Debug)]
pub struct ClosedBook {
    /// The closing; `content` is canonical JSON (RFC 8785) and `sha256` its hash.
    pub closing: Closing,
    /// Whether `content` still has that hash and the entries are still as it says. A book
    /// that was opened again may have changed since.
    pub intact: bool,
}

/// A closing with its content, held against its hash and the entries of today.
///
/// # Errors
/// Not found also when it is another unit's; unavailable.
pub async fn closing(app: &App, ctx: &Ctx, noun: &str, id: Id) -> Result<ClosedBook, Problem> {
    let schema = a_book(app, noun)?;
    let scope = ctx.actor.reads(&schema)?;
    let found = book::closing(&app.db, &scope, noun, id).await?;
    let closing = found.ok_or_else(|| missing(&id.to_string()))?;
    let hashed = hex::encode(Sha256::digest(closing.content.as_bytes())) == closing.sha256;
    let mut tx = app.db.snapshot().await?;
    let held = book::held(
        &mut tx,
        noun,
        closing.organization,
        &closing.first_on,
        &closing.last_on,
    )
    .await?;
    drop(tx);
    let then = serde_json::from_str::<Value>(&closing.content).ok();
    let then = then.as_ref().and_then(|content| content.get("entries"));
    let now = canonical(&Value::Array(held.iter().map(entry).collect()))?;
    Ok(ClosedBook {
        intact: hashed && then.map(canonical).transpose()? == Some(now),
        closing,
    })
}

/// A closed book's entries as it held them, each in its last version.
pub fn entries(closing: &Closing) -> Vec<Record> {
    #[derive(serde::Deserialize)]
    struct Content {
        entries: Vec<Entry>,
    }
    #[derive(serde::Deserialize)]
    struct Entry {
        id: Id,
        versions: Vec<Version>,
    }
    #[derive(serde::Deserialize)]
    struct Version {
        version: i64,
        recorded_at: i64,
        values: Values,
    }
    let content: Content = match serde_json::from_str(&closing.content) {
        Ok(content) => content,
        Err(error) => {
            tracing::error!(%error, closing = %closing.id, "a closed book cannot be read");
            return Vec::new();
        }
    };
    let last = |mut entry: Entry| {
        let Version {
            version,
            recorded_at: updated_at,
            values,
        } = entry.versions.pop()?;
        Some(Record {
            id: entry.id,
            version,
            updated_at,
            values,
        })
    };
    content.entries.into_iter().filter_map(last).collect()
}

fn missing(key: &str) -> Problem {
    Problem::not_found(&Label::new("lần khóa sổ", "closing of a book"), key)
}

/// How long a volume of a book is.
fn volume(schema: &Schema) -> Period {
    match schema.volume {
        Volume::Month => Period::Month,
        Volume::Quarter => Period::Quarter,
        Volume::HalfYear => Period::HalfYear,
        Volume::Year => Period::Year,
    }
}

/// The last period of a book that is over: `2025`, `2026-Q3`.
pub fn last_period(app: &App, schema: &Schema) -> String {
    let kind = volume(schema);
    let current = kind.containing(app.clock.today());
    let before = current.opens_on.yesterday();
    before.map_or(current.label, |day| kind.containing(day).label)
}

/// The days of a period as it is written, if it is one for which this book is closed.
fn span(schema: &Schema, period: &str) -> Option<Span> {
    let kind = volume(schema);
    let year = period.get(..4)?.parse().ok()?;
    (0..kind.per_year())
        .map(|index| kind.nth(year, index))
        .find(|span| span.label == period)
}

/// Closes a unit's book for a period that is over: from then on nothing is written into it.
/// Who may write the book for that unit may close it.
///
/// # Errors
/// Invalid when the period is none of this book's or not over; conflict when it is closed
/// already; denied.
pub async fn close(
    app: &App,
    ctx: &Ctx,
    noun: &str,
    organization: &str,
    period: &str,
) -> Result<Closing, Problem> {
    let schema = a_book(app, noun)?;
    ctx.actor.writes(&schema)?;
    let period = period.trim();
    let wrong =
        |vi: String, en: String| Problem::invalid(noun, vec![FieldProblem::new("period", vi, en)]);
    let unit = record::get(app, ctx, "organization", organization).await;
    let unit = unit.map_err(|problem| match problem.kind {
        // A book is closed for one unit.
        ProblemKind::Conflict => {
            let (vi, en) = (problem.what.vi, problem.what.en);
            Problem::invalid(noun, vec![FieldProblem::new("organization", vi, en)])
        }
        _ => problem,
    })?;
    let example = last_period(app, &schema);
    let span = span(&schema, period).ok_or_else(|| {
        wrong(
            format!("Viết kỳ như {example}"),
            format!("Write the period as {example}"),
        )
    })?;
    if span.closes_on >= app.clock.today() {
        return Err(wrong(
            format!("Kỳ {period} chưa kết thúc"),
            format!("{period} is not over"),
        ));
    }
    let owner = OrganizationId(unit.id);
    let (first_on, last_on) = (span.opens_on.to_string(), span.closes_on.to_string());
    let mut work = app.begin(ctx, &schema).await?;
    if !work.covers(owner).await? {
        return Err(Problem::denied(
            Label::new(
                "Bạn chỉ được khóa sổ của đơn vị mình",
                "You may close only your own unit's book",
            ),
            noun,
        ));
    }
    book::lock(&mut work, noun, owner, true).await?;
    let held = book::held(&mut work, noun, owner, &first_on, &last_on).await?;
    let now = work.now();
    let content = canonical(&json!({
        "format": "gieng-book-1",
        "register": noun,
        "title": schema.plural.vi,
        "fields": schema.fields.iter().map(|f| json!({
            "name": f.name, "label": f.label.vi, "kind": f.kind,
        })).collect::<Vec<_>>(),
        "organization": { "id": unit.id, "code": unit.text("code"), "name": unit.text("name") },
        "period": period,
        "first_on": first_on,
        "last_on": last_on,
        "closed_at": now,
        "closed_by": ctx.actor.name,
        "entries": held.iter().map(entry).collect::<Vec<_>>(),
    }))?;
    let closing = Closing {
        id: Id::new(now),
        register: noun.into(),
        organization: owner,
        period: period.into(),
        first_on,
        last_on,
        closed_at: now,
        closed_by: ctx.actor.name.clone(),
        entries: i64::try_from(held.len()).unwrap_or(i64::MAX),
        sha256: hex::encode(Sha256::digest(content.as_bytes())),
        content,
        reopened_at: None,
        reopened_by: None,
        reopen_reason: None,
    };
    match book::close(&mut work, &closing).await {
        Err(store::StoreError::Duplicate { .. }) => {
            return Err(Problem::new(
                ProblemKind::Conflict,
                Label::new(
                    format!("Sổ đã khóa cho kỳ {period}"),
                    format!("The book is closed for {period} already"),
                ),
                unit.text("code"),
                Label::new("Không cần làm gì thêm.", "Nothing more is to be done."),
            ));
        }
        other => other?,
    }
    note(
        &mut work,
        &closing,
        "close",
        json!({
            "entries": closing.entries, "sha256": closing.sha256,
        }),
    );
    work.commit().await?;
    Ok(closing)
}

/// Opens a closed book again, with the reason in the journal. The network centre does it,
/// not the unit that keeps the book; what the book held when it was closed stays kept.
///
/// # Errors
/// Invalid without a reason; conflict when it is open already; denied.
pub async fn reopen(app: &App, ctx: &Ctx, noun: &str, id: Id, reason: &str) -> Result<(), Problem> {
    a_book(app, noun)?;
    let scope = ctx.actor.scope(Permission::Manage)?;
    let reason = reason.trim();
    if reason.chars().count() < 10 || reason.chars().count() > 2_000 {
        return Err(Problem::invalid(
            noun,
            vec![FieldProblem::new(
                "reason",
                "Nêu lý do mở lại sổ (ít nhất 10 ký tự)",
                "Give the reason for opening it again (at least 10 characters)",
            )],
        ));
    }
    secrecy::refuse_marked(app, ctx, noun, None, [("reason", reason)].into_iter()).await?;
    let found = book::closing(&app.db, &scope, noun, id).await?;
    let closing = found.ok_or_else(|| missing(&id.to_string()))?;
    let mut work = app.begin(ctx, Permission::Manage).await?;
    let now = work.now();
    book::reopen(&mut work, id, now, &ctx.actor.name, reason).await?;
    note(
        &mut work,
        &closing,
        "book-reopen",
        json!({
            "sha256": closing.sha256, "reason": reason, "at": now,
        }),
    );
    work.commit().await.map_err(Problem::from)
}

fn note(work: &mut Work, closing: &Closing, action: &str, mut after: Value) {
    let name = format!("{} {}", closing.register, closing.period);
    after["name"] = name.into();
    let (id, owner) = (closing.id.to_string(), Some(closing.organization));
    work.event("book", &id, owner, action, None, Some(after.to_string()));
}

/// An entry as a closed book holds it.
fn entry(held: &Held) -> Value {
    json!({
        "id": held.id,
        "occurred_on": held.occurred_on,
        "versions": held.revisions,
    })
}

/// JSON in one form only (RFC 8785).
fn canonical(value: &Value) -> Result<String, Problem> {
    serde_json_canonicalizer::to_string(value).map_err(|error| {
        tracing::error!(%error, "a book could not be written in its one form");
        Problem::internal(error.to_string())
    })
}

/// An organization whose book may be closed.
#[derive(Clone, Debug)]
pub struct Keeper {
    /// Its id.
    pub id: OrganizationId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// The organizations that the actor may name when a book is closed.
///
/// # Errors
/// Denied, unavailable.
pub async fn keepers(app: &App, ctx: &Ctx) -> Result<Vec<Keeper>, Problem> {
    let every = super::RecordQuery {
        limit: 5_000,
        ..super::RecordQuery::default()
    };
    let page = record::list(app, ctx, "organization", &every).await?;
    let keeper = |r: &Record| Keeper {
        id: OrganizationId(r.id),
        code: r.text("code").to_owned(),
        name: r.text("name").to_owned(),
    };
    Ok(page.records.iter().map(keeper).collect())
}
