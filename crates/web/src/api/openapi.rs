//! `GET /api/v1/openapi.json`: the description of the API, made from the schemas of the nouns
//! from what pages declare of their routes, and from the parameters that handlers hold requests
//! against.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    noun,
    schema::{Schema, Storage},
};
use policy::Library;
use serde_json::{Map, Value, json};

use super::{records, shape};
use crate::{
    http::{Param, Reader},
    operation::{self, Operation},
    pages, registry,
    server::Web,
};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// What any request may be answered with.
const ANY: [u16; 7] = [400, 401, 403, 404, 429, 500, 503];

/// Beside [`ANY`] what a request with a body may be answered with.
const BODY: [u16; 4] = [409, 413, 415, 422];

fn refusals(more: &[u16]) -> Map<String, Value> {
    let problem = json!({ "$ref": "#/components/responses/Problem" });
    let all = ANY.iter().chain(more);
    all.map(|status| (status.to_string(), problem.clone()))
        .collect()
}

fn responses(status: u16, good: &Value, more: &[u16]) -> Value {
    let mut all = refusals(more);
    all.insert(status.to_string(), good.clone());
    all.into()
}

/// The responses of what gives JSON.
fn answer(status: u16, about: &str, schema: &Value, more: &[u16]) -> Value {
    let good =
        json!({ "description": about, "content": { "application/json": { "schema": schema } } });
    responses(status, &good, more)
}

fn described(params: &[Param]) -> Vec<Value> {
    params.iter().map(Param::described).collect()
}

fn body(schema: &Value) -> Value {
    json!({ "required": true, "content": { "application/json": { "schema": schema } } })
}

/// The paths of one noun.
fn paths(schema: &Schema, out: &mut Map<String, Value>) {
    let (noun, one, many) = (&schema.noun, &schema.label.en, &schema.plural.en);
    let part = |of: &str| json!({ "$ref": format!("#/components/schemas/{noun}{of}") });
    let record = part("-record");
    let tagged = |status: u16, more: &[u16]| {
        let good = json!({
            "description": one,
            "headers": { "ETag": { "description": "the version, for If-Match", "schema": { "type": "string" } } },
            "content": { "application/json": { "schema": record } },
        });
        responses(status, &good, more)
    };
    let id =
        json!({ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } });
    let tag = json!({ "name": "If-Match", "in": "header", "required": true,
        "description": "the ETag of the record as it was read", "schema": { "type": "string", "pattern": "^\"[0-9]{1,9}\"$" } });
    let mut listed = registry::declared(schema);
    let exported = described(&listed);
    listed.extend(records::of_a_list());
    let with_version: Vec<u16> = BODY.iter().copied().chain([428]).collect();
    out.insert(
        format!("/api/v1/{noun}"),
        json!({
            "get": { "summary": many, "tags": [noun], "parameters": described(&listed), "responses": answer(200, many, &operation::list(&record), &[]) },
            "post": { "summary": format!("New: {one}"), "tags": [noun], "requestBody": body(&part("")), "responses": tagged(201, &BODY) },
        }),
    );
    out.insert(
        format!("/api/v1/{noun}/{{id}}"),
        json!({
            "parameters": [id],
            "get": { "summary": one, "tags": [noun], "responses": tagged(200, &[409]) },
            "put": { "summary": format!("Replace: {one}"), "tags": [noun], "parameters": [tag], "requestBody": body(&part("")), "responses": tagged(200, &with_version) },
            "patch": { "summary": format!("Change: {one}"), "tags": [noun], "parameters": [tag], "requestBody": body(&part("-change")), "responses": tagged(200, &with_version) },
            "delete": { "summary": format!("Delete: {one}"), "tags": [noun], "parameters": [tag],
                "responses": responses(204, &json!({ "description": "deleted" }), &[409, 428]) },
        }),
    );
    if schema.observed.is_some() {
        // Nobody writes it.
        for path in out.values_mut().filter_map(Value::as_object_mut) {
            if path.get("get").and_then(|get| get.pointer("/tags/0")) == Some(&json!(noun)) {
                path.retain(|word, _| matches!(word.as_str(), "get" | "parameters"));
            }
        }
        exports(schema, &exported, out);
        return;
    }
    out.insert(
        format!("/api/v1/{noun}/import"),
        json!({ "post": { "summary": format!("Import: {many}"), "tags": [noun], "parameters": described(&records::of_an_import()),
            "requestBody": { "required": true, "content": { "text/csv": {}, XLSX: {} } },
            "responses": answer(200, "every row's fate", &json!({ "type": "object" }), &BODY) } }),
    );
    exports(schema, &exported, out);
    if schema.storage == Storage::Entry {
        book(noun, many, &id, out);
        shares(noun, &id, out);
    }
}

/// A noun's records as files.
fn exports(schema: &Schema, exported: &[Value], out: &mut Map<String, Value>) {
    let (noun, many) = (&schema.noun, &schema.plural.en);
    for (file, about, kind) in [
        ("csv", "CSV that imports again", "text/csv"),
        ("xlsx", "a workbook that imports again", XLSX),
    ] {
        let good = json!({ "description": about, "content": { kind: {} } });
        out.insert(
            format!("/api/v1/{noun}/export.{file}"),
            json!({ "get": { "summary": format!("Export: {many}"), "tags": [noun], "parameters": exported, "responses": responses(200, &good, &[]) } }),
        );
    }
}

/// What only books have: versions, and closing.
fn book(noun: &str, many: &str, id: &Value, out: &mut Map<String, Value>) {
    let items = operation::object(&[(
        "items",
        json!({ "type": "array", "items": { "type": "object" } }),
    )]);
    let texts = |names: &[&str]| {
        let parts: Vec<(&str, Value)> = names
            .iter()
            .map(|name| (*name, json!({ "type": "string" })))
            .collect();
        let mut object = operation::object(&parts);
        object["additionalProperties"] = json!(false);
        body(&object)
    };
    out.insert(
        format!("/api/v1/{noun}/{{id}}/versions"),
        json!({ "parameters": [id], "get": { "summary": "Every version of an entry", "tags": [noun],
            "responses": answer(200, "the newest first", &items, &[409]) } }),
    );
    out.insert(
        format!("/api/v1/{noun}/closings"),
        json!({
            "get": { "summary": format!("Closed: {many}"), "tags": [noun], "responses": answer(200, "the latest first", &items, &[]) },
            "post": { "summary": format!("Close: {many}"), "tags": [noun], "requestBody": texts(&["organization", "period"]),
                "responses": answer(201, "closed", &json!({ "type": "object" }), &BODY) },
        }),
    );
    out.insert(
        format!("/api/v1/{noun}/closings/{{id}}/reopen"),
        json!({ "parameters": [id], "post": { "summary": format!("Open again: {many}"), "tags": [noun], "requestBody": texts(&["reason"]),
            "responses": responses(204, &json!({ "description": "open again" }), &BODY) } }),
    );
}

/// With whom an entry of a book is shared, and what was received.
fn shares(noun: &str, id: &Value, out: &mut Map<String, Value>) {
    let share = json!({ "type": "object" });
    let items = operation::object(&[("items", json!({ "type": "array", "items": share }))]);
    let sent = json!({ "type": "object", "required": ["receiver"], "additionalProperties": false,
        "properties": { "receiver": { "type": "string" }, "ends_on": { "type": "string" } } });
    out.insert(
        format!("/api/v1/{noun}/{{id}}/shares"),
        json!({
            "parameters": [id],
            "get": { "summary": "With whom an entry is or was shared", "tags": [noun], "responses": answer(200, "those that hold first", &items, &[409]) },
            "post": { "summary": "Share an entry with a body until the end of a day", "tags": [noun], "requestBody": body(&sent),
                "responses": answer(201, "as it stands now", &share, &BODY) },
        }),
    );
    let share_id =
        json!({ "name": "share", "in": "path", "required": true, "schema": { "type": "string" } });
    out.insert(
        format!("/api/v1/{noun}/{{id}}/shares/{{share}}/end"),
        json!({ "parameters": [id, share_id], "post": { "summary": "Revoke a share", "tags": [noun],
            "responses": responses(204, &json!({ "description": "revoked" }), &[409]) } }),
    );
}

/// A route that is written by hand.
fn written(path: &str, operation: &Operation) -> Value {
    let tag = path.split('/').nth(3).unwrap_or_default();
    let more: &[u16] = if operation.body.is_some() { &BODY } else { &[] };
    let Operation {
        status,
        about,
        answer: given,
        ..
    } = operation;
    let mut out = json!({
        "summary": operation.summary, "tags": [tag],
        "responses": answer(*status, about, given, more),
    });
    if !operation.params.is_empty() {
        out["parameters"] = described(&operation.params).into();
    }
    if let Some(schema) = &operation.body {
        out["requestBody"] = body(schema);
    }
    out
}

/// The routes that pages say something of.
fn of_pages(library: &Library, out: &mut Map<String, Value>) {
    for page in pages::ALL {
        for route in (page.routes)().list() {
            let Some(said) = route.said else { continue };
            let names = route.path.split(['{', '}']).skip(1).step_by(2);
            let names: Vec<Value> = names
                .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
                .collect();
            let path = out.entry(route.path).or_insert_with(|| json!({}));
            path[route.method.as_str().to_lowercase()] = written(route.path, &said(library));
            if !names.is_empty() {
                path["parameters"] = names.into();
            }
        }
    }
}

/// What it says of itself.
pub fn said() -> Operation {
    Operation::new("This description", "OpenAPI 3.1", operation::anything())
}

/// The whole document.
pub fn describe(schemas: &[Schema], library: &Library) -> Value {
    let mut out = Map::new();
    for schema in schemas {
        paths(schema, &mut out);
    }
    of_pages(library, &mut out);
    let mut components = Map::new();
    for schema in schemas {
        let noun = &schema.noun;
        components.insert(noun.clone(), shape::values(schema, false));
        components.insert(format!("{noun}-change"), shape::values(schema, true));
        components.insert(format!("{noun}-record"), shape::record(schema));
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Giềng", "version": env!("CARGO_PKG_VERSION"), "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" } },
        "security": [{ "token": [] }, { "session": [] }],
        "paths": out,
        "components": {
            "schemas": components,
            "responses": { "Problem": { "description": "what happened, to what, and what to do next (RFC 9457)",
                "content": { "application/problem+json": { "schema": shape::problem() } } } },
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
    Json(describe(&schemas, &library)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_of_the_document_leads_somewhere() {
        let library = Library::load(&policy::Embedded).unwrap();
        let document = describe(noun::all(), &library);
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

    #[test]
    fn every_route_for_programs_is_described() {
        let library = Library::load(&policy::Embedded).unwrap();
        let document = describe(noun::all(), &library);
        let mut seen = 0;
        for (_, method, path) in pages::routes() {
            if path.starts_with("/api/") && !path.contains("{noun}") {
                let method = method.as_str().to_lowercase();
                assert!(
                    document["paths"][path].get(&method).is_some(),
                    "{method} {path}"
                );
                seen += 1;
            }
        }
        assert!(seen > 20);
    }

    #[test]
    fn what_is_held_is_what_is_described() {
        let library = Library::load(&policy::Embedded).unwrap();
        let document = describe(noun::all(), &library);
        let names = |path: &str| -> Vec<String> {
            let pointer = format!("/paths/~1api~1v1~1{path}/get/parameters");
            let params = document.pointer(&pointer).unwrap().as_array().unwrap();
            let name = |param: &Value| param["name"].as_str().unwrap().to_owned();
            params.iter().map(name).collect()
        };
        assert_eq!(names("duties"), ["from", "to", "open"]);
        assert!(names("device").starts_with(&["q".into(), "sort".into(), "offset".into()]));
        assert!(names("device").contains(&"limit".into()));
        let post = &document["paths"]["/api/v1/device"]["post"]["responses"];
        for status in [201, 400, 401, 403, 404, 409, 413, 415, 422, 429] {
            assert!(post.get(status.to_string()).is_some(), "{status}");
        }
    }
}
