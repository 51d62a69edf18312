//! `GET /units/{code}`: everything about one unit.

use std::collections::HashMap;

use app::{
    App, Ctx,
    assess::{self, BoardView, Evidence, Unit, UnitClause},
    due,
    journal::{self, JournalQuery},
    registry::{self, RecentEntries, RecordQuery},
    watch,
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use domain::{authority::Permission, noun, schema::Schema};
use policy::{Status, Tally};

use super::page::{ArticleRow, Book, ContactRow, Page, Todo};
use crate::{
    compliance::{remedy, waiting, words},
    counts::Shown as _,
    cx::Cx,
    http::{self, Fault, Params, Reader},
    journal::entries,
    mark::Mark,
    network::{rows, targets_of},
    overview::kind_word,
    registry::{cell, may_write},
    server::Web,
};

/// More is on the pages of compliance.
const STEPS: usize = 30;
/// Of each book.
const NEWEST: i64 = 4;

/// `GET /units/{code}`; `?article=` narrows what is to be done to one article.
pub async fn page(
    State(web): State<Web>,
    reader: Reader,
    Path(code): Path<String>,
    params: Params,
) -> Result<Response, Fault> {
    let (app, ctx, cx) = (&web.app, &reader.ctx, &reader.cx);
    let today = assess::board(app, ctx, None).await?;
    let (view, unit, judged, until) = match assess::organization(app, ctx, &today, &code).await {
        Ok((unit, judged)) => (today, unit, judged, None),
        Err(missing) => {
            let (view, unit, last) = assess::former(app, ctx, &code).await?.ok_or(missing)?;
            (view, unit, true, Some(last.to_string()))
        }
    };
    let clauses = assess::unit(&view, unit.id);
    let mut counts = Tally::default();
    for each in &clauses {
        counts.count(each.cell.status);
    }
    let targets = watch::targets(app, ctx).await?;
    let own: Vec<_> = targets
        .iter()
        .filter(|t| t.organization == unit.id)
        .cloned()
        .collect();
    let todo = todo(
        app,
        ctx,
        cx,
        &unit,
        &clauses,
        until.as_deref(),
        params.get("article"),
    )
    .await?;
    let history = journal::list(
        app,
        ctx,
        &JournalQuery {
            record_id: Some(unit.id.to_string()),
            limit: 6,
            ..JournalQuery::default()
        },
    )
    .await?;
    let parent = unit
        .parent
        .and_then(|id| {
            view.units
                .iter()
                .map(|at| &view.board.units[*at])
                .find(|u| u.id == id)
        })
        .map(|u| (u.code.clone(), u.name.clone()));
    let page = Page {
        cx: cx.clone(),
        id: unit.id.to_string(),
        kind: describe(cx, &unit),
        parent,
        may_write: cx.may(Permission::Write),
        judged,
        until,
        todo,
        targets: rows(cx, &targets_of(app, ctx, own).await?),
        counts,
        articles: articles(cx, &view, &unit, &clauses),
        contacts: contacts(app, ctx, cx, &unit).await?,
        books: books(app, ctx, cx, &unit).await?,
        journal: entries(cx, app, history).await?,
        code: unit.code,
        name: unit.name,
    };
    Ok(http::Page(page).into_response())
}

fn choice(cx: &Cx, field: &str, code: &str) -> String {
    noun::get("organization")
        .and_then(|schema| schema.field(field))
        .and_then(|field| field.choices.get(code))
        .map_or_else(|| code.to_owned(), |label| cx.l(label))
}

fn describe(cx: &Cx, unit: &Unit) -> String {
    format!(
        "{} · {} · {}",
        kind_word(cx, &unit.kind),
        choice(cx, "level", &unit.level),
        choice(cx, "membership", &unit.membership)
    )
}

/// What is not met, what failed, what is not known, and what is due: with the button that mends it.
/// Of a unit that is no more, on its last day.
async fn todo(
    app: &App,
    ctx: &Ctx,
    cx: &Cx,
    unit: &Unit,
    clauses: &[UnitClause<'_>],
    until: Option<&str>,
    article: &str,
) -> Result<Vec<Todo>, Fault> {
    let due: HashMap<(String, String), String> = due::of(app, ctx, unit.id)
        .await?
        .into_iter()
        .map(|duty| ((duty.regulation, duty.clause), duty.due_on))
        .collect();
    let due = |each: &UnitClause<'_>| {
        let key = (each.regulation.to_owned(), each.clause.cite.clone());
        due.get(&key).cloned().unwrap_or_default()
    };
    let wanted: Vec<&UnitClause<'_>> = clauses
        .iter()
        .filter(|each| article.is_empty() || each.clause.cite.split('.').next() == Some(article))
        .filter(|each| match each.cell.status {
            Status::Breached | Status::Error => true,
            // What waits for facts of the program is nothing that the unit could do.
            Status::NoData => each.cell.reason.as_deref() != Some("awaits"),
            Status::Pending => !due(each).is_empty(),
            Status::Met | Status::NotApplicable | Status::Waived => false,
        })
        .take(STEPS)
        .collect();
    let hashes: Vec<&str> = wanted
        .iter()
        .map(|each| each.cell.evidence_hash.as_str())
        .collect();
    let kept = assess::evidence_of(app, &hashes).await?;
    let (library, none) = (app.library(), Evidence::default());
    let found = due::findings(app, ctx, unit.id).await?;
    let found = found.into_iter().map(|row| Todo {
        mark: match row.outcome.as_str() {
            "missed" => Mark::Breached,
            _ => Mark::Pending,
        },
        cite: row.clause,
        href: format!("/inspections/findings/{}", row.period),
        title: row.subject.unwrap_or_default(),
        why: cx.t("duty-finding"),
        due: row.due_on.unwrap_or_default(),
        action: None,
    });
    Ok(found
        .filter(|row| article.is_empty() || row.cite.split('.').next() == Some(article))
        .chain(wanted.into_iter().map(|each| {
            let cite = &each.clause.cite;
            let evidence = kept.get(&each.cell.evidence_hash).unwrap_or(&none);
            let mut href = format!("/compliance/{}/{cite}/{}", each.regulation, unit.code);
            if let Some(last) = until {
                href.push_str(&format!("?as_of={last}"));
            }
            Todo {
                mark: each.cell.status.into(),
                why: words::why(cx, &library, each.cell.status, evidence),
                title: cx.l(&each.clause.summary),
                action: each
                    .control
                    // Nobody is there any more to do it.
                    .filter(|_| until.is_none())
                    .and_then(|control| {
                        remedy(cx, app, control, unit, &href, waiting(evidence, control))
                    }),
                cite: cite.clone(),
                due: due(each),
                href,
            }
        }))
        .collect())
}

fn articles(cx: &Cx, view: &BoardView, unit: &Unit, clauses: &[UnitClause<'_>]) -> Vec<ArticleRow> {
    let mut out = Vec::new();
    for regulation in view.library.regulations.values() {
        for article in regulation
            .index
            .chapters
            .iter()
            .flat_map(|chapter| &chapter.articles)
        {
            let mut counts = Tally::default();
            for each in clauses {
                if each.regulation == regulation.id && article.clauses.contains(&each.clause.cite) {
                    counts.count(each.cell.status);
                }
            }
            if counts.judged() > 0 {
                out.push(ArticleRow {
                    mark: counts.worst(),
                    href: format!("/units/{}?article={}", unit.code, article.number),
                    title: words::article(cx, article),
                    counts,
                });
            }
        }
    }
    out.sort_by_key(|row| std::cmp::Reverse(row.mark.urgency()));
    out
}

fn of_unit(unit: &Unit, limit: i64) -> RecordQuery {
    RecordQuery {
        filters: vec![("organization".into(), unit.id.to_string())],
        limit,
        ..RecordQuery::default()
    }
}

async fn contacts(app: &App, ctx: &Ctx, cx: &Cx, unit: &Unit) -> Result<Vec<ContactRow>, Fault> {
    let schema = app.schema("contact")?;
    let today = app.clock.today().to_string();
    let found = registry::list(app, ctx, "contact", &of_unit(unit, 50)).await?;
    let role = schema.field("role");
    Ok(found
        .records
        .iter()
        .filter(|record| {
            let (ends, owner) = (record.text("ends_on"), record.get("organization").as_id());
            owner == Some(unit.id.0) && (ends.is_empty() || *ends >= *today)
        })
        .map(|record| ContactRow {
            href: format!("/registry/contact/{}", record.id),
            name: record.text("name").to_owned(),
            role: role.map_or_else(String::new, |field| {
                cell::text(cx, field, record.get("role"), &HashMap::new())
            }),
            phone: record.text("phone").to_owned(),
        })
        .collect())
}

/// Devices and circuits, then every book; those without entries say what they are for.
async fn books(app: &App, ctx: &Ctx, cx: &Cx, unit: &Unit) -> Result<Vec<Book>, Fault> {
    let library = app.library();
    let mut written = registry::recent(app, ctx, unit.id, NEWEST).await?;
    let mut found: Vec<(Schema, RecentEntries)> = Vec::new();
    for schema in ["device", "circuit"].into_iter().filter_map(noun::get) {
        let page = registry::list(app, ctx, &schema.noun, &of_unit(unit, NEWEST)).await?;
        let newest = RecentEntries {
            records: page.records,
            total: page.total,
        };
        found.push((schema.clone(), newest));
    }
    let readable = library
        .registers
        .values()
        .filter(|schema| ctx.actor.reads(schema).is_ok());
    found.extend(readable.cloned().map(|schema| {
        let newest = written.remove(&schema.noun).unwrap_or_default();
        (schema.as_book(), newest)
    }));
    let mut out = Vec::new();
    for (schema, found) in found {
        let may_add = may_write(cx, &schema);
        if found.total == 0 && !may_add {
            continue;
        }
        let when = schema
            .field("occurred_on")
            .or_else(|| schema.field("status"));
        out.push(Book {
            title: cx.l(&schema.plural),
            href: format!("/registry/{}?organization={}", schema.noun, unit.id),
            add: format!(
                "/registry/{}/new?organization={}&back=/units/{}",
                schema.noun, unit.id, unit.code
            ),
            may_add,
            total: u64::try_from(found.total).unwrap_or(0),
            rows: found
                .records
                .iter()
                .map(|record| {
                    let about = when.map_or_else(String::new, |field| {
                        cell::text(cx, field, record.get(&field.name), &HashMap::new())
                    });
                    let href = format!("/registry/{}/{}", schema.noun, record.id);
                    (href, record.text(&schema.title).to_owned(), about)
                })
                .collect(),
            empty: cx.l(&schema.describes),
        });
    }
    out.sort_by_key(|book| book.total == 0);
    Ok(out)
}
