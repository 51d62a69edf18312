//! Records of any noun: list, get, create, replace, change, delete, import, export.

use app::registry::{self, ImportMode, ImportOptions, Progress, book};
use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    id::Id,
    label::Label,
    parse,
    problem::{FieldProblem, Problem},
    record::{
        Record,
        Value::{Integer, Null},
        Values,
    },
    schema::{Kind, Schema},
};
use serde_json::{Map, Value, json};

use crate::{
    http::{Fault, More, Params, Reader},
    registry::asked,
    server::Web,
};

/// The most records of one answer.
const MOST: usize = 1_000;

fn body(record: &Record) -> Value {
    json!({
        "id": record.id,
        "version": record.version,
        "updated_at": record.updated_at,
        "values": record.values,
    })
}

/// `GET /api/v1/{noun}?q=&sort=&offset=&limit=&<field>=`.
pub async fn list(
    State(web): State<Web>,
    reader: Reader,
    Path(noun): Path<String>,
    params: Params,
) -> Result<Response, Fault> {
    let schema = web.app.schema(&noun)?;
    let limit = match params.number("limit") {
        0 => 100,
        n => n.min(MOST),
    };
    let page = registry::list(
        &web.app,
        &reader.ctx,
        &noun,
        &asked(&web, &reader.ctx, &schema, &params, limit).await?,
    )
    .await?;
    let items: Vec<Value> = page.records.iter().map(body).collect();
    Ok(Json(json!({ "total": page.total, "items": items })).into_response())
}

/// `GET /api/v1/{noun}/{id or key}`.
pub async fn get(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, key)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let record = registry::get(&web.app, &reader.ctx, &noun, &key).await?;
    Ok(answer(StatusCode::OK, &record))
}

/// The record with its version as entity tag (RFC 9110 §8.8.3).
fn answer(status: StatusCode, record: &Record) -> Response {
    let tag = format!("\"{}\"", record.version);
    (status, [(header::ETAG, tag)], Json(body(record))).into_response()
}

/// The values of a JSON object, read as those of a form are.
fn values(schema: &Schema, object: &Map<String, Value>) -> Result<Values, Problem> {
    let unknown: Vec<FieldProblem> = object
        .keys()
        .filter(|name| schema.field(name).is_none())
        .map(|name| FieldProblem::new(name, "Không có trường này", "There is no such field"))
        .collect();
    if !unknown.is_empty() {
        return Err(Problem::invalid(&schema.noun, unknown));
    }
    let mut values = Values::new();
    let mut wrong = Vec::new();
    for field in &schema.fields {
        let read = match object.get(&field.name) {
            None | Some(Value::Null) => parse::field(field, ""),
            Some(Value::String(text)) => parse::field(field, text),
            // A number of JSON says itself what its point is.
            Some(Value::Number(number)) if !number.is_i64() => {
                parse::typed(field, number.as_f64().unwrap_or(f64::NAN))
            }
            Some(Value::Number(number)) if field.kind == Kind::Instant => {
                Ok(number.as_i64().map_or(Null, Integer))
            }
            Some(other) => parse::field(field, &other.to_string()),
        };
        match read {
            Ok(value) => {
                values.insert(field.name.clone(), value);
            }
            Err(problem) => wrong.push(problem),
        }
    }
    if wrong.is_empty() {
        Ok(values)
    } else {
        Err(Problem::invalid(&schema.noun, wrong))
    }
}

fn object(bytes: &Bytes) -> Result<Map<String, Value>, Fault> {
    serde_json::from_slice(bytes).map_err(|error| {
        let problem = Problem::new(
            domain::problem::ProblemKind::Invalid,
            Label::new(
                "Nội dung không phải một đối tượng JSON",
                "The body is not a JSON object",
            ),
            error.to_string(),
            Label::new(
                "Gửi {\"trường\": giá trị, …}.",
                "Send {\"field\": value, …}.",
            ),
        );
        Fault::with_status(problem, StatusCode::BAD_REQUEST)
    })
}

/// `POST /api/v1/{noun}`: the body is an object of values.
pub async fn create(
    State(web): State<Web>,
    reader: Reader,
    Path(noun): Path<String>,
    bytes: Bytes,
) -> Result<Response, Fault> {
    let schema = web.app.schema(&noun)?;
    let values = values(&schema, &object(&bytes)?)?;
    let saved = registry::save(&web.app, &reader.ctx, &noun, None, values).await?;
    Ok(answer(StatusCode::CREATED, &saved.record))
}

/// The version that a change was made from: `If-Match` (RFC 9110 §13.1.1).
fn version(headers: &HeaderMap) -> Result<i64, Fault> {
    headers
        .get(header::IF_MATCH)
        .and_then(|value| value.to_str().ok())
        .and_then(|tag| tag.trim_matches('"').parse().ok())
        .ok_or_else(|| {
            let problem = Problem::new(
                domain::problem::ProblemKind::Invalid,
                Label::new(
                    "Thiếu phiên bản đã đọc",
                    "The version that was read is missing",
                ),
                "If-Match",
                Label::new(
                    "Đọc bản ghi, rồi gửi ETag của nó trong If-Match.",
                    "Read the record, then send its ETag as If-Match.",
                ),
            );
            Fault::with_status(problem, StatusCode::PRECONDITION_REQUIRED)
        })
}

/// `PUT /api/v1/{noun}/{id}`: a field that is not given becomes empty.
pub async fn replace(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, id)): Path<(String, String)>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Fault> {
    let schema = web.app.schema(&noun)?;
    let values = values(&schema, &object(&bytes)?)?;
    let at = Some((parse_id(&id)?, version(&headers)?));
    let saved = registry::save(&web.app, &reader.ctx, &noun, at, values).await?;
    Ok(answer(StatusCode::OK, &saved.record))
}

/// `PATCH /api/v1/{noun}/{id}`: a field that is not given stays (RFC 7396).
pub async fn change(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, id)): Path<(String, String)>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Fault> {
    let schema = web.app.schema(&noun)?;
    let at = Some((parse_id(&id)?, version(&headers)?));
    let before = registry::get(&web.app, &reader.ctx, &noun, &id).await?;
    let Ok(Value::Object(mut merged)) = serde_json::to_value(&before.values) else {
        return Err(Problem::internal(id).into());
    };
    merged.retain(|name, _| schema.field(name).is_some());
    merged.extend(object(&bytes)?);
    let saved = registry::save(&web.app, &reader.ctx, &noun, at, values(&schema, &merged)?).await?;
    Ok(answer(StatusCode::OK, &saved.record))
}

/// `DELETE /api/v1/{noun}/{id}`.
pub async fn delete(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    registry::delete(
        &web.app,
        &reader.ctx,
        &noun,
        parse_id(&id)?,
        version(&headers)?,
    )
    .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn parse_id(id: &str) -> Result<Id, Problem> {
    id.parse()
        .map_err(|_| Problem::not_found(&Label::new("bản ghi", "record"), id))
}

/// `POST /api/v1/{noun}/import?mode=dry-run|good-rows|all-or-nothing&sheet=&hidden_rows=true`: the
/// body is a CSV or XLSX file. `column=HEADER:FIELD` (any number of them) says what a header is.
pub async fn import(
    State(web): State<Web>,
    reader: Reader,
    Path(noun): Path<String>,
    params: Params,
    bytes: Bytes,
) -> Result<Response, Fault> {
    let mode = match params.get("mode") {
        "" | "dry-run" => ImportMode::DryRun,
        "good-rows" => ImportMode::GoodRows,
        "all-or-nothing" => ImportMode::AllOrNothing,
        other => {
            let wrong = FieldProblem::new(
                "mode",
                format!("“{other}” không phải dry-run, good-rows hay all-or-nothing"),
                format!("“{other}” is not dry-run, good-rows or all-or-nothing"),
            );
            return Err(Problem::invalid("mode", vec![wrong]).into());
        }
    };
    let columns = params
        .all("column")
        .filter_map(|pair| pair.rsplit_once(':'));
    let options = ImportOptions {
        mode,
        sheet: Some(params.get("sheet").to_owned()).filter(|s| !s.is_empty()),
        hidden_rows: params.get("hidden_rows") == "true",
        columns: columns
            .map(|(h, f)| (h.trim().to_owned(), f.to_owned()))
            .collect(),
        shown: None,
    };
    let progress = Progress::default();
    let report =
        registry::import_as(&web.app, &reader.ctx, &noun, &bytes, &options, &progress).await?;
    let whole = mode == ImportMode::AllOrNothing && !report.written || report.asks_for_sheet();
    match report.refusal(&noun).filter(|_| whole) {
        Some(problem) => {
            let mut refused = Fault::from(problem).into_response();
            let told = json!({
                "rows": report.rows.iter().filter(|r| !r.problems.is_empty()).collect::<Vec<_>>(),
                "sheets": report.sheets,
                "told": report.told,
            });
            refused.extensions_mut().insert(More(told));
            Ok(refused)
        }
        None => Ok(Json(report).into_response()),
    }
}

/// `GET /api/v1/{noun}/{id}/versions`: every version of an entry, the newest first.
pub async fn versions(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, id)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let items = book::revisions(&web.app, &reader.ctx, &noun, &id).await?;
    Ok(Json(json!({ "items": items })).into_response())
}

/// `GET /api/v1/{noun}/closings`.
pub async fn closings(
    State(web): State<Web>,
    reader: Reader,
    Path(noun): Path<String>,
) -> Result<Response, Fault> {
    let items = book::closings(&web.app, &reader.ctx, &noun).await?;
    Ok(Json(json!({ "items": items })).into_response())
}

/// `POST /api/v1/{noun}/closings`: `{"organization": "code", "period": "2026"}`.
pub async fn close(
    State(web): State<Web>,
    reader: Reader,
    Path(noun): Path<String>,
    bytes: Bytes,
) -> Result<Response, Fault> {
    let body = object(&bytes)?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let (unit, period) = (text("organization"), text("period"));
    let closing = book::close(&web.app, &reader.ctx, &noun, unit, period).await?;
    Ok((StatusCode::CREATED, Json(closing)).into_response())
}

/// `POST /api/v1/{noun}/closings/{id}/reopen`: `{"reason": "…"}`.
pub async fn reopen(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, id)): Path<(String, String)>,
    bytes: Bytes,
) -> Result<Response, Fault> {
    let body = object(&bytes)?;
    let reason = body
        .get("reason")
        .and_then(Value::as_str)
        .unwrap_or_default();
    book::reopen(&web.app, &reader.ctx, &noun, parse_id(&id)?, reason).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
