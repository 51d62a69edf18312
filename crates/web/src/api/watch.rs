//! What was measured and lost, as JSON.

use app::watch;
use axum::{
    Json,
    extract::State as Shared,
    response::{IntoResponse, Response},
};
use domain::{id::TargetId, label::Label, parse, problem::Problem};
use serde_json::json;

use super::state::{hold, limit};
use crate::{
    http::{Fault, Form, Param, Params, Reader},
    server::Web,
};

const DAY: i64 = 86_400_000;
/// How many months of one target are given at most.
const MONTHS: i64 = 120;

/// What each address of this module takes.
pub fn declared() -> Vec<(&'static str, &'static str, Vec<Param>)> {
    let target = || Param::new("target", Form::Text, "a target's id");
    let moment = |name: &str, about: &str| Param::new(name, Form::Moment, about);
    vec![
        (
            "outages",
            "What was lost, from the first failed to the first answered sample; the newest first",
            vec![
                target(),
                moment("from", "not over before this moment"),
                moment("to", "begun by this moment"),
                Param::limit(1_000),
            ],
        ),
        (
            "availability",
            "Time up, lost and not known, by month",
            vec![
                Param::new(
                    "target",
                    Form::Text,
                    "a target's id: its months, the newest first",
                ),
                Param::new(
                    "month",
                    Form::Day,
                    "a day of the month that is asked for; this month otherwise",
                ),
            ],
        ),
        (
            "samples",
            "What probes of one target found, added up to points",
            vec![
                target(),
                moment(
                    "from",
                    "sent from this moment on; the last 24 hours otherwise",
                ),
                moment("to", "sent before this moment"),
                Param::new(
                    "points",
                    Form::Number(1, 2_000),
                    "how many points at most; 480 otherwise",
                ),
            ],
        ),
    ]
}

fn target(params: &Params) -> Result<Option<TargetId>, Problem> {
    let text = params.get("target");
    if text.is_empty() {
        return Ok(None);
    }
    let unknown = |_| Problem::not_found(&Label::new("điểm đo", "target"), text);
    text.parse().map(Some).map_err(unknown)
}

/// `GET /api/v1/outages?target=&from=&to=&limit=`.
pub async fn outages(
    Shared(web): Shared<Web>,
    reader: Reader,
    params: Params,
) -> Result<Response, Fault> {
    hold(&web, "outages", &params)?;
    let from = parse::instant(params.get("from")).unwrap_or(0);
    let to = parse::instant(params.get("to"));
    let limit = i64::try_from(limit(&params)).unwrap_or(100);
    let of = target(&params)?;
    let items = watch::outages(&web.app, &reader.ctx, of, from, to, limit).await?;
    Ok(Json(json!({ "total": items.len(), "items": items })).into_response())
}

/// `GET /api/v1/availability?target=&month=`.
pub async fn availability(
    Shared(web): Shared<Web>,
    reader: Reader,
    params: Params,
) -> Result<Response, Fault> {
    hold(&web, "availability", &params)?;
    let items = match target(&params)? {
        Some(id) => {
            let mut months = watch::months(&web.app, &reader.ctx, id, MONTHS).await?;
            if let Some(day) = parse::date(params.get("month")) {
                let wanted = day.strftime("%Y-%m").to_string();
                months.retain(|month| month.period == wanted);
            }
            months
        }
        None => {
            let day = parse::date(params.get("month")).unwrap_or_else(|| web.app.clock.today());
            let month = day.strftime("%Y-%m").to_string();
            watch::month(&web.app, &reader.ctx, &month).await?
        }
    };
    Ok(Json(json!({ "total": items.len(), "items": items })).into_response())
}

/// `GET /api/v1/samples?target=&from=&to=&points=`.
pub async fn samples(
    Shared(web): Shared<Web>,
    reader: Reader,
    params: Params,
) -> Result<Response, Fault> {
    hold(&web, "samples", &params)?;
    let missing = || Problem::not_found(&Label::new("điểm đo", "target"), params.get("target"));
    let id = target(&params)?.ok_or_else(missing)?;
    let to = parse::instant(params.get("to")).unwrap_or_else(|| web.app.clock.now_ms());
    let from = parse::instant(params.get("from")).unwrap_or(to.saturating_sub(DAY));
    let points = match params.number("points") {
        0 => 480,
        n => n,
    };
    let items = if from < to {
        watch::samples(&web.app, &reader.ctx, id, from, to, points).await?
    } else {
        // Whether it is there and may be seen is answered all the same.
        watch::target(&web.app, &reader.ctx, id).await?;
        Vec::new()
    };
    Ok(Json(json!({ "total": items.len(), "items": items })).into_response())
}
