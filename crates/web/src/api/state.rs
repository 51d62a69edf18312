//! What was observed and judged, as JSON.

use app::{assess, duty, journal, logs, search, watch};
use axum::{
    Json,
    extract::State as Shared,
    response::{IntoResponse, Response},
};
use domain::{label::Label, parse, problem::Problem, reachability::State};
use jiff::civil::Date;
use policy::{Library, Status};
use serde_json::{Value, json};

use super::shape;
use crate::{
    compliance,
    http::{Fault, Form, Param, Params, Reader},
    journal::unit as journal_unit,
    operation::Operation,
    page::Routes,
    server::Web,
};

pub(super) fn limit(params: &Params) -> usize {
    match params.number("limit") {
        0 => 100,
        n => n,
    }
}

/// The routes of what was observed and judged.
pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/verdicts", verdicts)
        .says(|library| said(library, "verdicts"))
        .get("/api/v1/duties", duties)
        .says(|library| said(library, "duties"))
        .get("/api/v1/targets", targets)
        .says(|library| said(library, "targets"))
        .get("/api/v1/alarms", alarms)
        .says(|library| said(library, "alarms"))
        .get("/api/v1/outages", super::watch::outages)
        .says(|library| said(library, "outages"))
        .get("/api/v1/availability", super::watch::availability)
        .says(|library| said(library, "availability"))
        .get("/api/v1/samples", super::watch::samples)
        .says(|library| said(library, "samples"))
        .get("/api/v1/logs", logs)
        .says(|library| said(library, "logs"))
        .get("/api/v1/journal", journal)
        .says(|library| said(library, "journal"))
        .get("/api/v1/search", search)
        .says(|library| said(library, "search"))
}

/// What the description of the API says of an address of this module.
fn said(library: &Library, name: &str) -> Operation {
    let all = declared(library).into_iter();
    let one = all.filter(|(each, _, _)| *each == name);
    let (about, params) = one
        .map(|(_, about, params)| (about, params))
        .next()
        .unwrap_or_default();
    Operation::new(about, about, shape::state(name)).takes(params)
}

/// What each address of this module takes: its name, what it is about, its parameters.
fn declared(library: &Library) -> Vec<(&'static str, &'static str, Vec<Param>)> {
    let text = |name: &str, about: &str| Param::new(name, Form::Text, about);
    let day = |name: &str, about: &str| Param::new(name, Form::Day, about);
    let regulations = library.regulations.keys().map(String::as_str);
    let states = State::ALL.iter().map(|state| state.word());
    let mut all = super::watch::declared();
    all.extend([
        (
            "verdicts",
            "Verdicts",
            vec![
                Param::one_of("regulation", regulations, "a regulation's id"),
                text("clause", "a clause's cite"),
                text("unit", "a unit's code"),
                Param::one_of(
                    "status",
                    Status::ALL.iter().map(|s| s.code()),
                    "how it stands",
                ),
                Param::new("offset", Form::Number(0, FAR), "how many to skip"),
                Param::limit(VERDICTS),
            ]
            .into_iter()
            .chain(compliance::day_params())
            .collect(),
        ),
        (
            "duties",
            "Duties with a period",
            vec![
                day("from", "due from this day on; this year's first otherwise"),
                day("to", "due up to this day; this year's last otherwise"),
                Param::new("open", Form::Flag, "only what is not done"),
            ],
        ),
        (
            "targets",
            "What is probed, with its state",
            vec![
                Param::one_of("state", states, "its state"),
                Param::one_of("kind", ["site", "circuit", "device"], "its noun"),
            ],
        ),
        (
            "alarms",
            "Alarms, one for each cause",
            vec![
                Param::new("closed", Form::Flag, "those that are over, too"),
                Param::limit(1_000),
            ],
        ),
        (
            "logs",
            "Log lines, the newest first",
            crate::log::declared(),
        ),
        (
            "journal",
            "The change journal",
            vec![
                text("noun", "only of this noun"),
                text("record", "only of the record of this id"),
                text(
                    "organization",
                    "only of this unit (id or code) and what lies below",
                ),
                text("actor", "only of this account"),
                Param::new(
                    "before",
                    Form::Number(0, FAR),
                    "only entries before this one",
                ),
                Param::limit(1_000),
            ],
        ),
        (
            "search",
            "Records and clauses by words",
            vec![
                text("q", "words; diacritics do not matter"),
                Param::limit(100),
            ],
        ),
    ]);
    all
}

/// The farthest number that is counted to.
pub const FAR: u64 = 9_000_000_000_000_000;

/// Refuses what an address does not take.
pub(super) fn hold(web: &Web, name: &str, params: &Params) -> Result<(), Fault> {
    let all = declared(&web.app.library());
    let one = all.into_iter().find(|(each, _, _)| *each == name);
    params.hold(&one.map(|(_, _, params)| params).unwrap_or_default())
}

/// So many verdicts are given at once: 470 clauses of 3,000 units are 30 MB.
const VERDICTS: u64 = 10_000;

/// `GET /api/v1/verdicts?regulation=&clause=&unit=&status=&as_of=&known=&offset=&limit=`: `total`
/// counts all that are asked for, `items` holds [`VERDICTS`] at most.
async fn verdicts(
    Shared(web): Shared<Web>,
    reader: Reader,
    params: Params,
) -> Result<Response, Fault> {
    hold(&web, "verdicts", &params)?;
    let moment = compliance::moment(&params)?;
    let view = assess::board(&web.app, &reader.ctx, moment).await?;
    let unit = params.get("unit");
    let known = |at: &usize| view.board.units[*at].code == unit;
    if !unit.is_empty() && !view.units.iter().any(known) {
        return Err(Problem::not_found(&Label::new("đơn vị", "organization"), unit).into());
    }
    let wanted = |name: &str, value: &str| params.get(name).is_empty() || params.get(name) == value;
    let found = view.cells().filter(|(unit, at, cell)| {
        let key = &view.board.clauses[*at];
        wanted("regulation", &key.regulation)
            && wanted("clause", &key.cite)
            && wanted("unit", &unit.code)
            && wanted("status", cell.status.code())
    });
    let total = found.clone().count();
    let limit = match params.number("limit") {
        0 => usize::try_from(VERDICTS).unwrap_or(usize::MAX),
        limit => limit,
    };
    let items: Vec<Value> = found
        .skip(params.number("offset"))
        .take(limit)
        .map(|(unit, at, cell)| {
            let key = &view.board.clauses[at];
            json!({
                "regulation": key.regulation,
                "clause": key.cite,
                "unit": unit.code,
                "unit_name": unit.name,
                "status": cell.status,
                "reason": cell.reason,
                "since": (!view.is_anew()).then_some(cell.since),
                "evidence": cell.evidence_hash,
            })
        })
        .collect();
    Ok(Json(json!({
        "at": view.board.at,
        "judged_at": view.board.judged_at,
        "known": view.as_of.map(|as_of| as_of.known),
        "total": total,
        "items": items,
    }))
    .into_response())
}

/// `GET /api/v1/duties?from=&to=&open=true`: ISO dates, this year by default.
async fn duties(
    Shared(web): Shared<Web>,
    reader: Reader,
    params: Params,
) -> Result<Response, Fault> {
    hold(&web, "duties", &params)?;
    let today = web.app.clock.today();
    let or =
        |name: &str, default: Date| parse::date(params.get(name)).unwrap_or(default).to_string();
    let from = or("from", today.first_of_year());
    let to = or("to", today.last_of_year());
    let open = params.get("open") == "true";
    let items = duty::due(&web.app, &reader.ctx, &from, &to, open, 10_000).await?;
    Ok(Json(json!({ "total": items.len(), "items": items })).into_response())
}

/// `GET /api/v1/targets?state=&kind=`.
async fn targets(
    Shared(web): Shared<Web>,
    reader: Reader,
    params: Params,
) -> Result<Response, Fault> {
    hold(&web, "targets", &params)?;
    let mut items = watch::targets(&web.app, &reader.ctx).await?;
    items.retain(|target| {
        (params.get("state").is_empty() || target.state == params.get("state"))
            && (params.get("kind").is_empty() || target.noun == params.get("kind"))
    });
    let items: Vec<&watch::TargetRow> = items.iter().map(AsRef::as_ref).collect();
    Ok(Json(json!({ "total": items.len(), "items": items })).into_response())
}

/// `GET /api/v1/alarms?closed=true&limit=`.
async fn alarms(
    Shared(web): Shared<Web>,
    reader: Reader,
    params: Params,
) -> Result<Response, Fault> {
    hold(&web, "alarms", &params)?;
    let closed = params.get("closed") == "true";
    let limit = i64::try_from(limit(&params)).unwrap_or(100);
    let items = watch::alarms(&web.app, &reader.ctx, closed, limit).await?;
    Ok(Json(json!({ "total": items.len(), "items": items })).into_response())
}

/// `GET /api/v1/logs?q=&source=&unit=&severity=&flag=&from=&to=&limit=&cursor=`.
async fn logs(Shared(web): Shared<Web>, reader: Reader, params: Params) -> Result<Response, Fault> {
    hold(&web, "logs", &params)?;
    let devices = crate::log::devices(&web.app, &reader.ctx).await?;
    let mut wanted = crate::log::query(&params, &devices)?;
    wanted.unit = journal_unit(&web.app, &reader.ctx, &params, "unit").await?;
    let page = logs::search(&web.app, &reader.ctx, wanted).await?;
    let claims = logs::claims(&web.app, &reader.ctx).await?;
    let items: Vec<Value> = page
        .rows
        .iter()
        .map(|record| {
            let device = crate::log::device(record, &claims);
            let claim = logs::claim_of(&claims, record);
            json!({
                "index": record.index,
                "received_at": record.received_at_ms,
                "sent_at": record.sent_at_ms,
                "device": devices.get(&device).map(|d| &d.name),
                "device_code": devices.get(&device).map(|d| &d.code),
                "claimed_at": claim.map(|c| c.claimed_at),
                "claimed_by": claim.map(|c| &c.claimed_by),
                "peer": record.peer.to_string(),
                "facility": record.facility,
                "severity": record.severity,
                "flags": record.flags.names().collect::<Vec<_>>(),
                "host": record.host,
                "application": record.application,
                "line": record.text(),
            })
        })
        .collect();
    Ok(Json(json!({ "items": items, "next": page.next, "scanned": page.scanned })).into_response())
}

/// `GET /api/v1/journal?noun=&record=&organization=&actor=&before=&limit=`.
async fn journal(
    Shared(web): Shared<Web>,
    reader: Reader,
    params: Params,
) -> Result<Response, Fault> {
    hold(&web, "journal", &params)?;
    let some = |name: &str| Some(params.get(name).to_owned()).filter(|text| !text.is_empty());
    let wanted = journal::JournalQuery {
        noun: some("noun"),
        record_id: some("record"),
        organization: journal_unit(&web.app, &reader.ctx, &params, "organization").await?,
        actor: some("actor"),
        before_seq: params.get("before").parse().ok(),
        limit: i64::try_from(limit(&params)).unwrap_or(100),
    };
    let items: Vec<Value> = journal::list(&web.app, &reader.ctx, &wanted)
        .await?
        .into_iter()
        .map(|entry| {
            let json = |text: &Option<String>| {
                text.as_deref()
                    .and_then(|t| serde_json::from_str::<Value>(t).ok())
            };
            json!({
                "seq": entry.seq,
                "at": entry.change.at,
                "actor": entry.change.actor,
                "request": entry.change.request,
                "remote": entry.change.remote,
                "noun": entry.change.noun,
                "record": entry.change.record_id,
                "action": entry.change.action,
                "before": json(&entry.change.before),
                "after": json(&entry.change.after),
                "previous_hash": entry.previous_hash,
                "hash": entry.hash,
            })
        })
        .collect();
    // A book that no pack has any more is known by its entries.
    if items.is_empty() {
        let nouns = journal::nouns(&web.app);
        params.can(&[Param::one_of("noun", nouns.iter().map(String::as_str), "")])?;
    }
    Ok(Json(json!({ "items": items })).into_response())
}

/// `GET /api/v1/search?q=&limit=`.
async fn search(
    Shared(web): Shared<Web>,
    reader: Reader,
    params: Params,
) -> Result<Response, Fault> {
    hold(&web, "search", &params)?;
    let items = search::find(&web.app, &reader.ctx, params.get("q"), limit(&params)).await?;
    Ok(Json(json!({ "items": items })).into_response())
}
