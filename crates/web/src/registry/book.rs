//! The books beyond their entries: old versions, closing, opening again.

use std::collections::HashMap;

use app::{
    document,
    registry::{self, book},
};
use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    authority::Permission,
    id::{Id, OrganizationId},
    label::{Label, Lang},
    problem::{Problem, ProblemKind},
    record::Record,
    schema::Schema,
};

use super::{
    cell,
    edit::parse_id,
    may_write,
    page::{ClosingRow, Closings, VersionPage, without_ways},
};
use crate::{
    cx::Cx,
    format,
    http::{self, Fault, Params, Reader, done},
    server::Web,
};

/// The fields of a record as its schema has them, then what the schema no longer names.
pub fn cells(
    cx: &Cx,
    schema: &Schema,
    record: &Record,
    titles: &HashMap<Id, String>,
) -> Vec<cell::Cell> {
    let known = schema
        .fields
        .iter()
        .map(|field| cell::of(cx, field, record, titles));
    let gone = record
        .values
        .iter()
        .filter(|(name, value)| schema.field(name).is_none() && !value.is_null())
        .map(|(name, value)| cell::Cell {
            label: cx.tx("field-gone", name.replace('_', " ")),
            text: value.to_cell(),
            href: None,
            number: false,
        });
    known.chain(gone).collect()
}

/// `GET /registry/{noun}/{id}/versions/{version}`.
pub async fn version(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, key, version)): Path<(String, String, i64)>,
) -> Result<Response, Fault> {
    let schema = web.app.schema(&noun)?;
    let id = parse_id(&key)?;
    let (_, received) = app::share::read(&web.app, &reader.ctx, &noun, &key).await?;
    let all = book::revisions(&web.app, &reader.ctx, &noun, &key).await?;
    let found = all.iter().find(|each| each.version == version);
    let found = found.ok_or_else(|| {
        Problem::not_found(&Label::new("phiên bản", "version"), &version.to_string())
    })?;
    let record = Record {
        id,
        version,
        updated_at: found.recorded_at,
        values: found.values.clone(),
    };
    let titles =
        registry::reference_titles(&web.app, &schema, std::slice::from_ref(&record)).await?;
    let cx = reader.cx;
    let mut cells = cells(&cx, &schema, &record, &titles);
    if received.is_some() {
        cells = without_ways(cells);
    }
    Ok(http::Page(VersionPage {
        received: received.is_some(),
        id: key,
        title: record.text(&schema.title).to_owned(),
        version,
        latest: all.first().is_some_and(|each| each.version == version),
        recorded_by: found.recorded_by.clone(),
        recorded_at: format::datetime(found.recorded_at),
        cells,
        schema: (*schema).clone(),
        cx,
    })
    .into_response())
}

async fn page(
    web: &Web,
    reader: Reader,
    noun: &str,
    filled: (String, String),
    problem: Option<Problem>,
) -> Result<Closings, Fault> {
    let schema = web.app.schema(noun)?;
    let all = book::closings(&web.app, &reader.ctx, noun).await?;
    let units = book::keepers(&web.app, &reader.ctx).await?;
    let names: HashMap<OrganizationId, &str> = units
        .iter()
        .map(|unit| (unit.id, unit.name.as_str()))
        .collect();
    let cx = reader.cx;
    let rows = all
        .into_iter()
        .map(|closing| ClosingRow {
            id: closing.id.to_string(),
            unit: names
                .get(&closing.organization)
                .map_or_else(|| closing.organization.to_string(), |&name| name.to_owned()),
            period: closing.period,
            entries: cx.n(closing.entries),
            sha256: closing.sha256,
            closed: format!(
                "{} · {}",
                format::datetime(closing.closed_at),
                closing.closed_by
            ),
            reopened: closing.reopened_at.map(|at| {
                (
                    format!(
                        "{} · {}",
                        format::datetime(at),
                        closing.reopened_by.unwrap_or_default()
                    ),
                    closing.reopen_reason.unwrap_or_default(),
                )
            }),
        })
        .collect();
    Ok(Closings {
        no_printer: !document::available(),
        may_close: may_write(&cx, &schema),
        may_reopen: cx.may(Permission::Manage),
        units: units
            .into_iter()
            .map(|unit| (unit.code, unit.name))
            .collect(),
        organization: filled.0,
        period: filled.1,
        problem,
        rows,
        schema: (*schema).clone(),
        cx,
    })
}

/// `GET /registry/{noun}/closings`.
pub async fn closings(
    State(web): State<Web>,
    reader: Reader,
    Path(noun): Path<String>,
    params: Params,
) -> Result<Response, Fault> {
    let schema = web.app.schema(&noun)?;
    let period = match params.get("period") {
        "" => book::last_period(&web.app, &schema),
        given => given.to_owned(),
    };
    let filled = (params.get("organization").to_owned(), period);
    let page = page(&web, reader, &noun, filled, None).await?;
    Ok(http::Page(page).into_response())
}

/// Shows the page again with what was wrong.
async fn again(
    web: &Web,
    reader: Reader,
    noun: &str,
    filled: (String, String),
    problem: Problem,
) -> Result<Response, Fault> {
    if !matches!(problem.kind, ProblemKind::Invalid | ProblemKind::Conflict) {
        return Err(problem.into());
    }
    let status: StatusCode = Fault::from(problem.clone()).status();
    let page = page(web, reader, noun, filled, Some(problem)).await?;
    Ok((status, http::Page(page)).into_response())
}

/// `POST /registry/{noun}/closings`: `organization` and `period`.
pub async fn close(
    State(web): State<Web>,
    reader: Reader,
    Path(noun): Path<String>,
    axum::Form(form): axum::Form<HashMap<String, String>>,
) -> Result<Response, Fault> {
    let text = |name: &str| form.get(name).cloned().unwrap_or_default();
    let (unit, period) = (text("organization"), text("period"));
    match book::close(&web.app, &reader.ctx, &noun, &unit, &period).await {
        Ok(_) => Ok(done(&format!("/registry/{noun}/closings"), "book-closed")),
        Err(problem) => again(&web, reader, &noun, (unit, period), problem).await,
    }
}

/// `POST /registry/{noun}/closings/{id}/reopen`: `reason`.
pub async fn reopen(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, id)): Path<(String, String)>,
    axum::Form(form): axum::Form<HashMap<String, String>>,
) -> Result<Response, Fault> {
    let reason = form.get("reason").map_or("", String::as_str);
    match book::reopen(&web.app, &reader.ctx, &noun, parse_id(&id)?, reason).await {
        Ok(()) => Ok(done(
            &format!("/registry/{noun}/closings"),
            "book-reopened-done",
        )),
        Err(problem) => again(&web, reader, &noun, (String::new(), String::new()), problem).await,
    }
}

/// `GET /registry/{noun}/closings/{id}/content.json`: what the closed book held, in the form
/// whose SHA-256 is on the page (`sha256sum` gives the same).
pub async fn content(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, id)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let closed = book::closing(&web.app, &reader.ctx, &noun, parse_id(&id)?).await?;
    let name = format!("{noun}-{}.json", closed.closing.period);
    Ok((
        [
            (header::CONTENT_TYPE, "application/json".to_owned()),
            (
                header::CONTENT_DISPOSITION,
                format!("attachment; filename=\"{name}\""),
            ),
            (
                header::HeaderName::from_static("x-intact"),
                closed.intact.to_string(),
            ),
        ],
        closed.closing.content,
    )
        .into_response())
}

/// `GET /registry/{noun}/closings/{id}/book.pdf`: the same on numbered pages, the hash at the
/// foot of each, in Vietnamese.
pub async fn print(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, id)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let (app, ctx) = (&web.app, &reader.ctx);
    let schema = app.schema(&noun)?;
    let closing = book::closing(app, ctx, &noun, parse_id(&id)?)
        .await?
        .closing;
    let entries = book::entries(&closing);
    let titles = registry::reference_titles(app, &schema, &entries).await?;
    let units = book::keepers(app, ctx).await?;
    let unit = units.iter().find(|unit| unit.id == closing.organization);
    let cx = Cx {
        lang: Lang::Vi,
        ..reader.cx
    };
    let words = |entry: &Record, name: &str| match schema.field(name) {
        Some(field) => cell::text(&cx, field, entry.get(name), &titles),
        None => String::new(),
    };
    let pdf = document::book::print(
        app,
        &document::book::Book {
            schema: &schema,
            unit: unit.map_or("", |unit| unit.name.as_str()),
            span: &closing.period,
            entries: &entries,
            words: &words,
            sha256: &closing.sha256,
            closed_on: &format::local(closing.closed_at).date().to_string(),
        },
    )
    .await?;
    let name = format!("{noun}-{}.pdf", closing.period);
    Ok((
        [
            (header::CONTENT_TYPE, "application/pdf".to_owned()),
            (
                header::CONTENT_DISPOSITION,
                format!("inline; filename=\"{name}\""),
            ),
        ],
        pdf,
    )
        .into_response())
}
