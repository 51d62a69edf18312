//! JSON Schemas of what the API takes and gives, made from the schemas of the nouns.

use domain::schema::{Field, Kind, Schema, Storage};
use serde_json::{Map, Value, json};

use crate::operation::object;

/// The type of JSON that a field's values have.
pub fn json_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Integer => "integer",
        Kind::Instant => "integer (unix milliseconds) or string (RFC 3339)",
        Kind::Decimal | Kind::Latitude | Kind::Longitude => "number",
        Kind::Boolean => "boolean",
        Kind::Date => "string (YYYY-MM-DD)",
        _ => "string",
    }
}

/// The longest text of a kind, in characters.
fn longest(kind: Kind) -> Option<u32> {
    match kind {
        Kind::LongText => Some(20_000),
        Kind::Code => Some(64),
        Kind::Text
        | Kind::Email
        | Kind::Phone
        | Kind::File
        | Kind::Reference
        | Kind::Period
        | Kind::Clause
        | Kind::Clauses => Some(300),
        _ => None,
    }
}

/// A field that may be written; `null` empties it.
fn written(field: &Field) -> Value {
    let mut out = match field.kind {
        Kind::Integer => {
            json!({ "type": ["integer", "null"], "minimum": i64::MIN, "maximum": i64::MAX })
        }
        Kind::Instant => json!({
            "type": ["integer", "string", "null"],
            "description": "unix milliseconds, or RFC 3339",
            // Years 1 to 9999.
            "minimum": -62_135_596_800_000_i64, "maximum": 253_402_207_200_000_i64,
        }),
        Kind::Decimal => json!({ "type": ["number", "null"] }),
        Kind::Latitude => json!({ "type": ["number", "null"], "minimum": -90, "maximum": 90 }),
        Kind::Longitude => json!({ "type": ["number", "null"], "minimum": -180, "maximum": 180 }),
        Kind::Boolean => json!({ "type": ["boolean", "null"] }),
        Kind::Date => json!({ "type": ["string", "null"], "format": "date" }),
        Kind::Choice => {
            let mut words: Vec<Value> = field.choices.keys().map(|word| json!(word)).collect();
            if !field.required {
                words.push(Value::Null);
            }
            json!({ "enum": words })
        }
        Kind::Reference => json!({
            "type": ["string", "null"],
            "description": format!("id or key of a {}", field.refers_to.as_deref().unwrap_or("record")),
        }),
        _ => json!({ "type": ["string", "null"] }),
    };
    if field.required && out["type"].is_array() {
        out["type"] = match field.kind {
            Kind::Instant => json!(["integer", "string"]),
            Kind::Date => json!("string"),
            kind => json!(json_type(kind)),
        };
    }
    if let Some(longest) = longest(field.kind) {
        out["maxLength"] = json!(longest);
    }
    out["title"] = json!(field.label.en);
    if let Some(help) = &field.help {
        let more = out
            .get("description")
            .and_then(Value::as_str)
            .map_or_else(String::new, |d| format!("{d}. "));
        out["description"] = json!(format!("{more}{}", help.en));
    }
    out
}

/// The values that a record is made of; of a change nothing is required.
pub fn values(schema: &Schema, change: bool) -> Value {
    let properties: Map<String, Value> = schema
        .fields
        .iter()
        .map(|each| (each.name.clone(), written(each)))
        .collect();
    let required: Vec<&str> = schema
        .fields
        .iter()
        .filter(|each| each.required && each.default.is_none() && !change)
        .map(|each| each.name.as_str())
        .collect();
    json!({
        "type": "object",
        "title": schema.label.en,
        "description": schema.describes.en,
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// A field as it is read. What a pack no longer says may still stand in a record.
fn read(field: &Field) -> Value {
    let kind = match field.kind {
        Kind::Integer | Kind::Instant => "integer",
        Kind::Decimal | Kind::Latitude | Kind::Longitude => "number",
        Kind::Boolean => "boolean",
        _ => "string",
    };
    json!({ "type": [kind, "null"] })
}

/// The values of a record as it is read. An entry keeps what its book's schema no longer names.
fn held(schema: &Schema) -> Value {
    let properties: Map<String, Value> = schema
        .fields
        .iter()
        .map(|each| (each.name.clone(), read(each)))
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": schema.storage == Storage::Entry,
    })
}

/// A record as it is read.
pub fn record(schema: &Schema) -> Value {
    object(&[
        ("id", json!({ "type": "string", "format": "uuid" })),
        ("version", json!({ "type": "integer", "minimum": 1 })),
        ("updated_at", moment()),
        ("values", held(schema)),
    ])
}

fn moment() -> Value {
    json!({ "type": "integer", "description": "unix milliseconds" })
}

fn maybe(kind: &str) -> Value {
    json!({ "type": [kind, "null"] })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn number() -> Value {
    json!({ "type": "integer" })
}

/// The answer of an address of [`super::state`].
pub fn state(name: &str) -> Value {
    let items = |item: Value| ("items", json!({ "type": "array", "items": item }));
    let total = ("total", number());
    match name {
        "verdicts" => object(&[
            ("at", moment()),
            total,
            items(object(&[
                ("regulation", text()),
                ("clause", text()),
                ("unit", text()),
                ("unit_name", text()),
                ("status", text()),
                ("reason", maybe("string")),
                ("since", moment()),
                ("evidence", text()),
            ])),
        ]),
        "logs" => object(&[
            items(object(&[
                ("index", number()),
                ("received_at", moment()),
                ("sent_at", maybe("integer")),
                ("device", maybe("string")),
                ("device_code", maybe("string")),
                ("peer", text()),
                ("facility", maybe("integer")),
                ("severity", maybe("integer")),
                (
                    "flags",
                    json!({ "type": "array", "items": { "type": "string" } }),
                ),
                ("host", maybe("string")),
                ("application", maybe("string")),
                ("line", text()),
            ])),
            ("next", maybe("integer")),
            ("scanned", number()),
        ]),
        "journal" => object(&[items(object(&[
            ("seq", number()),
            ("at", moment()),
            ("actor", text()),
            ("request", text()),
            ("remote", text()),
            ("noun", text()),
            ("record", text()),
            ("action", text()),
            ("before", json!({})),
            ("after", json!({})),
            ("previous_hash", text()),
            ("hash", text()),
        ]))]),
        "search" => object(&[items(object(&[
            ("noun", text()),
            ("id", text()),
            ("code", text()),
            ("title", object(&[("vi", text()), ("en", text())])),
        ]))]),
        _ => object(&[total, items(json!({ "type": "object" }))]),
    }
}

/// What went wrong (RFC 9457), with the fields.
pub fn problem() -> Value {
    let errors = object(&[("field", text()), ("message", text())]);
    object(&[
        ("type", text()),
        ("title", text()),
        (
            "status",
            json!({ "type": "integer", "minimum": 400, "maximum": 599 }),
        ),
        ("detail", text()),
        ("subject", text()),
        ("instance", text()),
        ("request", text()),
        ("errors", json!({ "type": "array", "items": errors })),
    ])
}
