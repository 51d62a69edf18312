//! What was observed and judged, as JSON.

use app::{assess, duty, journal, logs, search, watch};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{
    http::{Fault, Params, Reader},
    journal::unit as journal_unit,
    server::Web,
};

fn limit(params: &Params, most: usize) -> usize {
    match params.number("limit") {
        0 => 100.min(most),
        n => n.min(most),
    }
}

/// `GET /api/v1/verdicts?regulation=&clause=&unit=&status=&as_of=`.
pub async fn verdicts(
    State(web): State<Web>,
    reader: Reader,
    params: Params,
) -> Result<Response, Fault> {
    let day: Option<jiff::civil::Date> = params.get("as_of").parse().ok();
    let moment = day
        .and_then(|day| day.tomorrow().ok())
        .map(|next| domain::clock::start_of_day_ms(next) - 1);
    let view = assess::board(&web.app, &reader.ctx, moment).await?;
    let wanted = |name: &str, value: &str| params.get(name).is_empty() || params.get(name) == value;
    let items: Vec<Value> = view
        .cells()
        .filter(|(unit, at, cell)| {
            let key = &view.board.clauses[*at];
            wanted("regulation", &key.regulation)
                && wanted("clause", &key.cite)
                && wanted("unit", &unit.code)
                && wanted("status", cell.status.code())
        })
        .map(|(unit, at, cell)| {
            let key = &view.board.clauses[at];
            json!({
                "regulation": key.regulation,
                "clause": key.cite,
                "unit": unit.code,
                "unit_name": unit.name,
                "status": cell.status,
                "reason": cell.reason,
                "since": cell.since,
                "evidence": cell.evidence_hash,
            })
        })
        .collect();
    Ok(Json(json!({ "at": view.board.at, "total": items.len(), "items": items })).into_response())
}

/// `GET /api/v1/duties?from=&to=&open=true`: ISO dates, this year by default.
pub async fn duties(
    State(web): State<Web>,
    reader: Reader,
    params: Params,
) -> Result<Response, Fault> {
    let today = web.app.clock.today();
    let or = |name: &str, default: String| {
        let text = params.get(name);
        if text.is_empty() {
            default
        } else {
            text.to_owned()
        }
    };
    let from = or("from", today.first_of_year().to_string());
    let to = or("to", today.last_of_year().to_string());
    let open = params.get("open") == "true";
    let items = duty::due(&web.app, &reader.ctx, &from, &to, open, 10_000).await?;
    Ok(Json(json!({ "total": items.len(), "items": items })).into_response())
}

/// `GET /api/v1/targets?state=&kind=`.
pub async fn targets(
    State(web): State<Web>,
    reader: Reader,
    params: Params,
) -> Result<Response, Fault> {
    let mut items = watch::targets(&web.app, &reader.ctx).await?;
    items.retain(|target| {
        (params.get("state").is_empty() || target.state == params.get("state"))
            && (params.get("kind").is_empty() || target.noun == params.get("kind"))
    });
    let items: Vec<&watch::TargetRow> = items.iter().map(AsRef::as_ref).collect();
    Ok(Json(json!({ "total": items.len(), "items": items })).into_response())
}

/// `GET /api/v1/alarms?closed=true&limit=`.
pub async fn alarms(
    State(web): State<Web>,
    reader: Reader,
    params: Params,
) -> Result<Response, Fault> {
    let closed = params.get("closed") == "true";
    let limit = i64::try_from(limit(&params, 1_000)).unwrap_or(100);
    let items = watch::alarms(&web.app, &reader.ctx, closed, limit).await?;
    Ok(Json(json!({ "total": items.len(), "items": items })).into_response())
}

/// `GET /api/v1/logs?q=&source=&unit=&severity=&from=&to=&limit=&cursor=`.
pub async fn logs(
    State(web): State<Web>,
    reader: Reader,
    params: Params,
) -> Result<Response, Fault> {
    let devices = crate::log::devices(&web.app, &reader.ctx).await?;
    let page = logs::search(&web.app, &reader.ctx, crate::log::query(&params, &devices)).await?;
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
                "device": devices.get(&device),
                "claimed_at": claim.map(|c| c.claimed_at),
                "claimed_by": claim.map(|c| &c.claimed_by),
                "peer": record.peer.to_string(),
                "facility": record.facility,
                "severity": record.severity,
                "host": record.host,
                "application": record.application,
                "line": record.text(),
            })
        })
        .collect();
    Ok(Json(json!({ "items": items, "next": page.next, "scanned": page.scanned })).into_response())
}

/// `GET /api/v1/journal?noun=&record=&organization=&actor=&before=&limit=`.
pub async fn journal(
    State(web): State<Web>,
    reader: Reader,
    params: Params,
) -> Result<Response, Fault> {
    let some = |name: &str| Some(params.get(name).to_owned()).filter(|text| !text.is_empty());
    let wanted = journal::JournalQuery {
        noun: some("noun"),
        record_id: some("record"),
        organization: journal_unit(&web.app, &reader.ctx, params.get("organization")).await?,
        actor: some("actor"),
        before_seq: params.get("before").parse().ok(),
        limit: i64::try_from(limit(&params, 1_000)).unwrap_or(100),
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
    Ok(Json(json!({ "items": items })).into_response())
}

/// `GET /api/v1/search?q=&limit=`.
pub async fn search(
    State(web): State<Web>,
    reader: Reader,
    params: Params,
) -> Result<Response, Fault> {
    let items = search::find(&web.app, &reader.ctx, params.get("q"), limit(&params, 100)).await?;
    Ok(Json(json!({ "items": items })).into_response())
}
