//! `GET /api/v1/openapi.json`: the description of the API, made from the schemas.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    noun,
    schema::{Field, Kind, Schema, Storage},
};
use serde_json::{Map, Value, json};

use crate::{http::Reader, server::Web};

fn field(field: &Field) -> Value {
    let mut out = match field.kind {
        Kind::Integer => json!({ "type": "integer" }),
        Kind::Instant => json!({ "type": "integer", "description": "unix milliseconds" }),
        Kind::Decimal | Kind::Latitude | Kind::Longitude => json!({ "type": "number" }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Date => json!({ "type": "string", "format": "date" }),
        Kind::Email => json!({ "type": "string", "format": "email" }),
        Kind::Choice => {
            json!({ "type": "string", "enum": field.choices.keys().collect::<Vec<_>>() })
        }
        Kind::Reference => json!({
            "type": "string",
            "description": format!("id or key of a {}", field.refers_to.as_deref().unwrap_or("record")),
        }),
        Kind::Text
        | Kind::LongText
        | Kind::Code
        | Kind::Ip
        | Kind::Prefix
        | Kind::Phone
        | Kind::Probe
        | Kind::File => {
            json!({ "type": "string" })
        }
    };
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

fn values(schema: &Schema) -> Value {
    let properties: Map<String, Value> = schema
        .fields
        .iter()
        .map(|each| (each.name.clone(), field(each)))
        .collect();
    let required: Vec<&str> = schema
        .fields
        .iter()
        .filter(|each| each.required && each.default.is_none())
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

fn query(name: &str, about: &str) -> Value {
    json!({ "name": name, "in": "query", "description": about, "schema": { "type": "string" } })
}

fn answer(about: &str, schema: &Value) -> Value {
    json!({
        "200": { "description": about, "content": { "application/json": { "schema": schema } } },
        "default": { "$ref": "#/components/responses/Problem" },
    })
}

/// The paths of one noun.
fn paths(schema: &Schema, out: &mut Map<String, Value>) {
    let (noun, one, many) = (&schema.noun, &schema.label.en, &schema.plural.en);
    let object = json!({ "$ref": format!("#/components/schemas/{noun}") });
    let record = json!({
        "type": "object",
        "properties": {
            "id": { "type": "string", "format": "uuid" },
            "version": { "type": "integer" },
            "updated_at": { "type": "integer", "description": "unix milliseconds" },
            "values": object,
        },
    });
    let list = json!({
        "type": "object",
        "properties": { "total": { "type": "integer" }, "items": { "type": "array", "items": record } },
    });
    let content =
        json!({ "required": true, "content": { "application/json": { "schema": object } } });
    let id =
        json!({ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } });
    let tag = json!({ "name": "If-Match", "in": "header", "required": true, "schema": { "type": "string" } });
    let mut filters = vec![
        query("q", "words to find; diacritics do not matter"),
        query("sort", "a field; - before it for downwards"),
        query("offset", "how many to skip"),
        query("limit", "at most so many, up to 1000"),
    ];
    filters.extend(
        schema
            .fields
            .iter()
            .filter(|f| {
                matches!(
                    f.kind,
                    Kind::Choice | Kind::Reference | Kind::Boolean | Kind::Code | Kind::Ip
                )
            })
            .map(|f| query(&f.name, &f.label.en)),
    );
    out.insert(
        format!("/api/v1/{noun}"),
        json!({
            "get": { "summary": many, "tags": [noun], "parameters": filters, "responses": answer(many, &list) },
            "post": { "summary": format!("New: {one}"), "tags": [noun], "requestBody": content, "responses": {
                "201": { "description": one, "content": { "application/json": { "schema": record } } },
                "default": { "$ref": "#/components/responses/Problem" },
            } },
        }),
    );
    out.insert(
        format!("/api/v1/{noun}/{{id}}"),
        json!({
            "parameters": [id],
            "get": { "summary": one, "tags": [noun], "responses": answer(one, &record) },
            "put": { "summary": format!("Replace: {one}"), "tags": [noun], "parameters": [tag], "requestBody": content, "responses": answer(one, &record) },
            "patch": { "summary": format!("Change: {one}"), "tags": [noun], "parameters": [tag], "requestBody": content, "responses": answer(one, &record) },
            "delete": { "summary": format!("Delete: {one}"), "tags": [noun], "parameters": [tag], "responses": {
                "204": { "description": "deleted" },
                "default": { "$ref": "#/components/responses/Problem" },
            } },
        }),
    );
    let mode = json!({ "name": "mode", "in": "query", "schema": { "type": "string", "enum": ["dry-run", "good-rows", "all-or-nothing"] } });
    let sheet = json!({ "name": "sheet", "in": "query", "description": "the sheet's name, where the workbook has several", "schema": { "type": "string" } });
    let hidden = json!({ "name": "hidden_rows", "in": "query", "description": "rows that the sheet hides go in too", "schema": { "type": "boolean" } });
    let column = json!({ "name": "column", "in": "query", "description": "HEADER:FIELD, what a header is taken for", "schema": { "type": "array", "items": { "type": "string" } } });
    out.insert(
        format!("/api/v1/{noun}/import"),
        json!({ "post": { "summary": format!("Import: {many}"), "tags": [noun], "parameters": [mode, sheet, hidden, column],
            "requestBody": { "required": true, "content": { "text/csv": {}, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {} } },
            "responses": answer("every row's fate", &json!({ "type": "object" })) } }),
    );
    out.insert(
        format!("/api/v1/{noun}/export.xlsx"),
        json!({ "get": { "summary": format!("Export: {many}"), "tags": [noun], "responses": {
            "200": { "description": "a workbook that imports again", "content": { XLSX: {} } },
            "default": { "$ref": "#/components/responses/Problem" },
        } } }),
    );
    if schema.storage == Storage::Entry {
        book(noun, many, &id, out);
    }
    out.insert(
        format!("/api/v1/{noun}/export.csv"),
        json!({ "get": { "summary": format!("Export: {many}"), "tags": [noun], "responses": {
            "200": { "description": "CSV that imports again", "content": { "text/csv": {} } },
            "default": { "$ref": "#/components/responses/Problem" },
        } } }),
    );
}

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// What only books have: versions, and closing.
fn book(noun: &str, many: &str, id: &Value, out: &mut Map<String, Value>) {
    let items = json!({ "type": "object", "properties": { "items": { "type": "array", "items": { "type": "object" } } } });
    let body = |names: &[&str]| {
        let properties: Map<String, Value> = names
            .iter()
            .map(|name| ((*name).to_owned(), json!({ "type": "string" })))
            .collect();
        json!({ "required": true, "content": { "application/json": { "schema":
            { "type": "object", "required": names, "properties": properties } } } })
    };
    out.insert(
        format!("/api/v1/{noun}/{{id}}/versions"),
        json!({ "parameters": [id], "get": { "summary": "Every version of an entry", "tags": [noun],
            "responses": answer("the newest first", &items) } }),
    );
    out.insert(
        format!("/api/v1/{noun}/closings"),
        json!({
            "get": { "summary": format!("Closed: {many}"), "tags": [noun], "responses": answer("the latest first", &items) },
            "post": { "summary": format!("Close: {many}"), "tags": [noun], "requestBody": body(&["organization", "period"]), "responses": {
                "201": { "description": "closed", "content": { "application/json": { "schema": { "type": "object" } } } },
                "default": { "$ref": "#/components/responses/Problem" },
            } },
        }),
    );
    out.insert(
        format!("/api/v1/{noun}/closings/{{id}}/reopen"),
        json!({ "parameters": [id], "post": { "summary": format!("Open again: {many}"), "tags": [noun], "requestBody": body(&["reason"]), "responses": {
            "204": { "description": "open again" },
            "default": { "$ref": "#/components/responses/Problem" },
        } } }),
    );
}

/// The whole document.
pub fn describe(schemas: &[Schema]) -> Value {
    let mut out = Map::new();
    for schema in schemas {
        paths(schema, &mut out);
    }
    let items = json!({ "type": "object", "properties": { "items": { "type": "array", "items": { "type": "object" } } } });
    for (path, about, names) in [
        (
            "verdicts",
            "Verdicts",
            &["regulation", "clause", "unit", "status", "as_of"][..],
        ),
        ("duties", "Duties with a period", &["from", "to", "open"]),
        (
            "targets",
            "What is probed, with its state",
            &["state", "kind"],
        ),
        ("alarms", "Alarms, one for each cause", &["closed", "limit"]),
        (
            "logs",
            "Log lines, the newest first",
            &[
                "q", "source", "unit", "severity", "from", "to", "limit", "cursor",
            ],
        ),
        (
            "journal",
            "The change journal",
            &["noun", "record", "actor", "before", "limit"],
        ),
        ("search", "Records and clauses by words", &["q", "limit"]),
    ] {
        let parameters: Vec<Value> = names.iter().map(|name| query(name, name)).collect();
        out.insert(
            format!("/api/v1/{path}"),
            json!({ "get": { "summary": about, "tags": [path], "parameters": parameters, "responses": answer(about, &items) } }),
        );
    }
    let sent: Map<String, Value> = ["kind", "value", "organization", "decision", "note"]
        .map(|name| (name.to_owned(), json!({ "type": "string" })))
        .into_iter()
        .collect();
    out.insert(
        "/api/v1/claims".into(),
        json!({
            "get": { "summary": "What units claim and is not in force", "tags": ["claims"], "responses": answer("the latest first", &items) },
            "post": { "summary": "The network centre's decision", "tags": ["claims"],
                "requestBody": { "required": true, "content": { "application/json": { "schema": { "type": "object",
                    "required": ["kind", "value", "organization", "decision"], "additionalProperties": false, "properties": sent } } } },
                "responses": answer("as it stands now", &json!({ "type": "object" })) },
        }),
    );
    let components: Map<String, Value> = schemas
        .iter()
        .map(|schema| (schema.noun.clone(), values(schema)))
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Giềng", "version": env!("CARGO_PKG_VERSION"), "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" } },
        "security": [{ "token": [] }, { "session": [] }],
        "paths": out,
        "components": {
            "schemas": components,
            "responses": { "Problem": { "description": "what happened, to what, and what to do next (RFC 9457)",
                "content": { "application/problem+json": { "schema": { "type": "object" } } } } },
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer" },
                "session": { "type": "apiKey", "in": "cookie", "name": crate::http::SESSION },
            },
        },
    })
}

/// The description for whoever is signed in.
pub async fn document(State(web): State<Web>, _: Reader) -> Response {
    let library = web.app.library();
    let books = library.registers.values().cloned().map(Schema::as_book);
    let schemas: Vec<Schema> = noun::all()
        .iter()
        .cloned()
        .chain(books)
        .map(|schema| schema.choose_from(|from| library.choices(from)))
        .collect();
    Json(describe(&schemas)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_of_the_document_leads_somewhere() {
        let document = describe(noun::all());
        let text = document.to_string();
        let mut seen = 0;
        for rest in text.split("\"$ref\":\"#").skip(1) {
            let pointer = rest.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
            seen += 1;
        }
        assert!(seen > 20);
        assert_eq!(
            document.pointer("/components/schemas/device/required/0"),
            Some(&json!("code"))
        );
    }
}
