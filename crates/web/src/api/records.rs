//! Records of any noun: list, get, create, replace, change, delete, import, export.

use app::registry::{self, ImportMode, ImportOptions, Progress, book};
use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    id::Id,
    label::Label,
    parse,
    problem::{FieldProblem, Problem, ProblemKind},
    record::{Record, Values},
    schema::{Field, Kind, Schema},
};
use serde_json::{Map, Value, json};

use super::shape::json_type;
use crate::{
    http::{Fault, Form, More, Param, Params, Reader, Whole, misasked, read_json},
    registry::asked,
    server::Web,
};

/// What a list in the API takes beside what its page takes.
pub fn of_a_list() -> [Param; 1] {
    [Param::limit(1_000)]
}

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
        n => n,
    };
    let query = asked(&web, &reader.ctx, &schema, &params, &of_a_list(), limit).await?;
    let page = registry::list(&web.app, &reader.ctx, &noun, &query).await?;
    let items: Vec<Value> = page.records.iter().map(body).collect();
    Ok(Json(json!({ "total": page.total, "items": items })).into_response())
}

/// `GET /api/v1/{noun}/{id or key}`.
pub async fn get(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, key)): Path<(String, String)>,
    params: Params,
) -> Result<Response, Fault> {
    params.hold(&[])?;
    let (record, _) = app::share::read(&web.app, &reader.ctx, &noun, &key).await?;
    Ok(answer(StatusCode::OK, &record))
}

/// The record with its version as entity tag (RFC 9110 §8.8.3).
fn answer(status: StatusCode, record: &Record) -> Response {
    let tag = format!("\"{}\"", record.version);
    (status, [(header::ETAG, tag)], Json(body(record))).into_response()
}

/// A value as text, for [`parse::values`], if it is of the type that the field's kind has in
/// JSON (see [`super::shape`]).
fn text(field: &Field, value: &Value) -> Option<String> {
    match (field.kind, value) {
        (_, Value::Null) => Some(String::new()),
        (Kind::Instant, Value::Number(ms)) => {
            let at = jiff::Timestamp::from_millisecond(whole(ms)?).ok()?;
            Some(at.to_string())
        }
        (Kind::Integer, Value::Number(n)) => whole(n).map(|n| n.to_string()),
        (Kind::Decimal | Kind::Latitude | Kind::Longitude, Value::Number(n)) => Some(n.to_string()),
        (Kind::Boolean, Value::Bool(yes)) => Some(yes.to_string()),
        (Kind::Integer | Kind::Decimal | Kind::Latitude | Kind::Longitude | Kind::Boolean, _) => {
            None
        }
        // A page takes days as people write them; programs write them in one way.
        (Kind::Date, Value::String(day)) => is_iso_day(day).then(|| day.clone()),
        (Kind::Instant, Value::String(at)) => {
            at.parse::<jiff::Timestamp>().is_ok().then(|| at.clone())
        }
        (_, Value::String(text)) => Some(text.clone()),
        _ => None,
    }
}

/// `YYYY-MM-DD`, or nothing; whether there is such a day is asked later.
fn is_iso_day(text: &str) -> bool {
    let digit = |(at, b): (usize, u8)| match at {
        4 | 7 => b == b'-',
        _ => b.is_ascii_digit(),
    };
    text.is_empty() || (text.len() == 10 && text.bytes().enumerate().all(digit))
}

/// A whole number; JSON writes 1.0 and 1 for the same.
fn whole(number: &serde_json::Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let float = number
            .as_f64()
            .filter(|f| f.fract() == 0.0 && f.abs() < 9e15)?;
        #[expect(clippy::cast_possible_truncation, reason = "whole, and within 2^53")]
        Some(float as i64)
    })
}

/// The values of a JSON object: 400 for a field that there is not or a value of another type,
/// 422 for what a form would refuse.
fn values(schema: &Schema, object: &Map<String, Value>) -> Result<Values, Fault> {
    let mut wrong = Vec::new();
    let mut texts: Vec<(&str, String)> = Vec::with_capacity(object.len());
    for (name, value) in object {
        let Some(field) = schema.field(name) else {
            wrong.push(unknown(name));
            continue;
        };
        match text(field, value) {
            Some(text) => texts.push((name, text)),
            None => wrong.push(FieldProblem::new(
                name,
                format!("Phải là kiểu {}", json_type(field.kind)),
                format!("Must be of the type {}", json_type(field.kind)),
            )),
        }
    }
    if !wrong.is_empty() {
        return Err(malformed(&schema.noun, wrong));
    }
    let mut values = Values::new();
    for field in &schema.fields {
        let text = texts.iter().find(|(name, _)| *name == field.name);
        let read = match object.get(&field.name) {
            // A number of JSON says itself what its point is.
            Some(Value::Number(number)) if field.kind != Kind::Instant => {
                parse::typed(field, number.as_f64().unwrap_or(f64::NAN))
            }
            _ => parse::field(field, text.map_or("", |(_, text)| text.as_str())),
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
        Err(Problem::invalid(&schema.noun, wrong).into())
    }
}

fn unknown(name: &str) -> FieldProblem {
    let name: String = name.chars().take(60).collect();
    FieldProblem::new(&name, "Không có trường này", "There is no such field")
}

/// A body that is not of the form that the address takes: 400, with the fields.
fn malformed(subject: &str, wrong: Vec<FieldProblem>) -> Fault {
    Fault::with_status(Problem::invalid(subject, wrong), StatusCode::BAD_REQUEST)
}

/// A JSON object.
fn object(headers: &HeaderMap, bytes: &[u8]) -> Result<Map<String, Value>, Fault> {
    read_json(headers, bytes).map(|Once(object)| object)
}

/// An object in which no name comes twice: of two values one would be dropped without a word.
struct Once(Map<String, Value>);

impl<'de> serde::Deserialize<'de> for Once {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> serde::de::Visitor<'de> for Names {
            type Value = Once;

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Once, A::Error> {
                let mut object = Map::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if object.contains_key(&name) {
                        let name: String = name.chars().take(60).collect();
                        return Err(serde::de::Error::custom(format!("`{name}` comes twice")));
                    }
                    object.insert(name, value);
                }
                Ok(Once(object))
            }
        }
        from.deserialize_map(Names)
    }
}

/// The texts of a JSON object that holds only these, each of them text.
fn texts<const N: usize>(
    object: &Map<String, Value>,
    names: [&str; N],
) -> Result<[String; N], Fault> {
    let mut wrong: Vec<FieldProblem> = object
        .keys()
        .filter(|name| !names.contains(&name.as_str()))
        .map(|name| unknown(name))
        .collect();
    let found = names.map(|name| match object.get(name) {
        Some(Value::String(text)) => text.clone(),
        _ => {
            wrong.push(FieldProblem::new(
                name,
                "Phải có, kiểu string",
                "Required, of the type string",
            ));
            String::new()
        }
    });
    if wrong.is_empty() {
        Ok(found)
    } else {
        Err(malformed("", wrong))
    }
}

/// `POST /api/v1/{noun}`: the body is an object of values.
pub async fn create(
    State(web): State<Web>,
    reader: Reader,
    Path(noun): Path<String>,
    headers: HeaderMap,
    bytes: Whole,
) -> Result<Response, Fault> {
    let schema = web.app.schema(&noun)?;
    let values = values(&schema, &object(&headers, &bytes)?)?;
    let saved = registry::save(&web.app, &reader.ctx, &noun, None, values).await?;
    Ok(answer(StatusCode::CREATED, &saved.record))
}

/// The version that a change was made from: `If-Match` (RFC 9110 §13.1.1), one strong entity
/// tag. Without it 428 (RFC 6585 §3).
fn version(headers: &HeaderMap) -> Result<i64, Fault> {
    let refused = |vi: &str, en: &str, status| {
        let problem = Problem::new(
            ProblemKind::Invalid,
            Label::new(vi, en),
            "If-Match",
            Label::new(
                "Đọc bản ghi, rồi gửi ETag của nó trong If-Match.",
                "Read the record, then send its ETag as If-Match.",
            ),
        );
        Fault::with_status(problem, status)
    };
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Err(refused(
            "Thiếu phiên bản đã đọc",
            "The version that was read is missing",
            StatusCode::PRECONDITION_REQUIRED,
        ));
    };
    let tag = value.to_str().ok().map(str::trim);
    let inner = tag.and_then(|tag| tag.strip_prefix('"')?.strip_suffix('"'));
    inner.and_then(|n| n.parse().ok()).ok_or_else(|| {
        refused(
            "If-Match không phải ETag của một bản ghi",
            "If-Match is not the ETag of a record",
            StatusCode::BAD_REQUEST,
        )
    })
}

/// `PUT /api/v1/{noun}/{id}`: a field that is not given becomes empty.
pub async fn replace(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, id)): Path<(String, String)>,
    headers: HeaderMap,
    bytes: Whole,
) -> Result<Response, Fault> {
    let schema = web.app.schema(&noun)?;
    let values = values(&schema, &object(&headers, &bytes)?)?;
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
    bytes: Whole,
) -> Result<Response, Fault> {
    let schema = web.app.schema(&noun)?;
    let at = Some((parse_id(&id)?, version(&headers)?));
    let before = registry::get(&web.app, &reader.ctx, &noun, &id).await?;
    let Ok(Value::Object(mut merged)) = serde_json::to_value(&before.values) else {
        return Err(Problem::internal(id).into());
    };
    merged.retain(|name, _| schema.field(name).is_some());
    merged.extend(object(&headers, &bytes)?);
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

/// What an import takes.
pub fn of_an_import() -> [Param; 4] {
    let modes = ["dry-run", "good-rows", "all-or-nothing"];
    [
        Param::one_of("mode", modes, "what to do with the rows"),
        Param::new(
            "sheet",
            Form::Text,
            "the sheet's name, where the workbook has several",
        ),
        Param::new(
            "hidden_rows",
            Form::Flag,
            "rows that the sheet hides go in too",
        ),
        Param::new(
            "column",
            Form::Texts,
            "HEADER:FIELD, what a header is taken for",
        ),
    ]
}

/// `POST /api/v1/{noun}/import?mode=dry-run|good-rows|all-or-nothing&sheet=&hidden_rows=true`: the
/// body is a CSV or XLSX file. `column=HEADER:FIELD` (any number of them) says what a header is.
pub async fn import(
    State(web): State<Web>,
    reader: Reader,
    Path(noun): Path<String>,
    params: Params,
    bytes: Whole,
) -> Result<Response, Fault> {
    params.hold(&of_an_import())?;
    let mode = match params.get("mode") {
        "good-rows" => ImportMode::GoodRows,
        "all-or-nothing" => ImportMode::AllOrNothing,
        _ => ImportMode::DryRun,
    };
    let mut columns = Vec::new();
    for pair in params.all("column") {
        let Some((header, field)) = pair.rsplit_once(':') else {
            return Err(misasked(vec![FieldProblem::new(
                "column",
                format!("“{pair}” không có dạng TIÊU ĐỀ:TRƯỜNG"),
                format!("“{pair}” is not HEADER:FIELD"),
            )]));
        };
        columns.push((header.trim().to_owned(), field.trim().to_owned()));
    }
    let options = ImportOptions {
        mode,
        sheet: Some(params.get("sheet").to_owned()).filter(|s| !s.is_empty()),
        hidden_rows: params.get("hidden_rows") == "true",
        columns,
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
                "untold": report.untold,
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
    params: Params,
) -> Result<Response, Fault> {
    params.hold(&[])?;
    let items = book::revisions(&web.app, &reader.ctx, &noun, &id).await?;
    Ok(Json(json!({ "items": items })).into_response())
}

/// `GET /api/v1/{noun}/closings`.
pub async fn closings(
    State(web): State<Web>,
    reader: Reader,
    Path(noun): Path<String>,
    params: Params,
) -> Result<Response, Fault> {
    params.hold(&[])?;
    let items = book::closings(&web.app, &reader.ctx, &noun).await?;
    Ok(Json(json!({ "items": items })).into_response())
}

/// `POST /api/v1/{noun}/closings`: `{"organization": "code", "period": "2026"}`.
pub async fn close(
    State(web): State<Web>,
    reader: Reader,
    Path(noun): Path<String>,
    headers: HeaderMap,
    bytes: Whole,
) -> Result<Response, Fault> {
    let [unit, period] = texts(&object(&headers, &bytes)?, ["organization", "period"])?;
    let closing = book::close(&web.app, &reader.ctx, &noun, &unit, &period).await?;
    Ok((StatusCode::CREATED, Json(closing)).into_response())
}

/// `POST /api/v1/{noun}/closings/{id}/reopen`: `{"reason": "…"}`.
pub async fn reopen(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, id)): Path<(String, String)>,
    headers: HeaderMap,
    bytes: Whole,
) -> Result<Response, Fault> {
    let [reason] = texts(&object(&headers, &bytes)?, ["reason"])?;
    book::reopen(&web.app, &reader.ctx, &noun, parse_id(&id)?, &reason).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
