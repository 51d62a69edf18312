//! Flows as JSON.

use std::collections::BTreeMap;

use app::{
    document::Paper,
    flow::{self, Begin, FlowQuery, Possible, Taking, Waiting},
};
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{id::Id, label::Label, problem::Problem};
use policy::Library;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    http::{Fault, Form, JsonBody, Param, Params, Reader},
    operation::{self, Operation},
    page::Routes,
    server::Web,
};

/// The routes of flows for programs.
pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/flows", list)
        .says(|library| {
            let flows = operation::list(&operation::anything());
            let summary = "Requests, or what waits for the reader";
            Operation::new(summary, "the last changed first", flows).takes(declared(library))
        })
        .post("/api/v1/flows", begin)
        .says(|_| {
            let sent = operation::body(
                &["flow"],
                &json!({ "flow": text(), "id": text(), "organization": text(), "subject": text(), "typed": texts(), "knowing": { "type": "boolean" } }),
            );
            Operation::new("Ask for something", "as it stands", operation::anything())
                .sent(sent)
                .status(201)
        })
        .get("/api/v1/flows/{id}", get)
        .says(|_| {
            let summary = "A request, what happened, and what each step will do";
            Operation::new(summary, "the request", operation::anything())
        })
        .post("/api/v1/flows/{id}/steps/{step}", step)
        .says(|_| {
            let sent = operation::body(
                &["version"],
                &json!({ "version": number(), "typed": texts(), "seen": text(), "look": { "type": "boolean" } }),
            );
            let summary = "Take a step that does what was seen; with `look`, only say what it would do";
            Operation::new(summary, "as it stands", operation::anything()).sent(sent)
        })
        .post("/api/v1/flows/{id}/withdraw", withdraw)
        .says(|_| {
            let sent = operation::body(&["version"], &json!({ "version": number() }));
            Operation::new("Take a request back", "as it stands", operation::anything()).sent(sent)
        })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn number() -> Value {
    json!({ "type": "integer" })
}

fn texts() -> Value {
    json!({ "type": "object", "additionalProperties": text() })
}

/// What the list takes.
fn declared(library: &Library) -> Vec<Param> {
    let flows = library.flows.keys().map(String::as_str);
    vec![
        Param::new("waiting", Form::Flag, "only what waits for the reader"),
        Param::one_of("flow", flows, "its kind"),
        Param::new(
            "subject",
            Form::Text,
            "the id of the record that it is about",
        ),
        Param::new("ended", Form::Flag, "ended ones, or open ones only"),
        Param::new("offset", Form::Number(0, 1_000_000_000), "how many to skip"),
    ]
}

fn waiting(each: &Waiting) -> Value {
    let mut told = json!(each.row);
    told["kind_label"] = json!(each.kind);
    told["state_label"] = json!(each.state);
    told["unit"] = json!(each.unit);
    told["steps"] = json!(each.steps);
    told["optional"] = json!(each.optional);
    told["in_place_of"] = json!(each.in_place_of);
    told["late"] = json!(each.late);
    told
}

fn paper(paper: &Paper) -> Value {
    json!({
        "id": paper.id, "period": paper.period, "kind_label": paper.kind, "unit": paper.unit,
        "state": paper.state, "step": paper.step, "since": paper.since,
    })
}

/// `GET /api/v1/flows`.
async fn list(State(web): State<Web>, reader: Reader, params: Params) -> Result<Response, Fault> {
    params.hold(&declared(&web.app.library()))?;
    let (app, ctx) = (&web.app, &reader.ctx);
    if params.get("waiting") == "true" {
        let desk = flow::waiting(app, ctx).await?;
        let items: Vec<Value> = desk.waiting.iter().map(waiting).collect();
        let optional: Vec<Value> = desk.optional.iter().map(waiting).collect();
        let papers: Vec<Value> = desk.papers.iter().map(paper).collect();
        let told = json!({
            "total": desk.count(), "items": items, "optional": optional, "papers": papers,
        });
        return Ok(Json(told).into_response());
    }
    let text = |name: &str| Some(params.get(name)).filter(|text| !text.is_empty());
    let subject = text("subject").map(|id| {
        let missing = |_| Problem::not_found(&Label::new("bản ghi", "record"), id);
        id.parse::<Id>().map_err(missing)
    });
    let query = FlowQuery {
        flow: text("flow").map(str::to_owned),
        subject: subject.transpose()?,
        ended: text("ended").map(|text| text == "true"),
        offset: i64::try_from(params.number("offset")).unwrap_or(0),
        limit: 100,
    };
    let (all, total) = flow::list(app, ctx, &query).await?;
    let items: Vec<Value> = all.iter().map(waiting).collect();
    Ok(Json(json!({ "total": total, "items": items })).into_response())
}

fn step_of(possible: &Possible) -> Value {
    let effects = possible.plan.as_ref().map(|plan| &plan.effects);
    json!({
        "step": possible.name, "label": possible.step.label, "may": possible.not.is_none(),
        "why_not": possible.not, "who": possible.who, "in_place_of": possible.in_place_of, "fields": possible.form.fields,
        "will_do": effects, "seen": possible.plan.as_ref().map(|plan| &plan.seen),
        "irrevocable": possible.step.irrevocable, "optional": possible.step.optional, "approvals": possible.step.approvals,
        "approved_by": possible.approved_by,
    })
}

/// `GET /api/v1/flows/{id}`: with what happened, and what each step will do.
async fn get(
    State(web): State<Web>,
    reader: Reader,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Fault> {
    params.hold(&[])?;
    let open = flow::get(&web.app, &reader.ctx, &id, None).await?;
    let mut told = json!(open.row);
    told["kind_label"] = json!(open.flow.title);
    told["state_label"] = json!(open.state);
    told["late"] = json!(open.late);
    told["may_withdraw"] = json!(open.may_withdraw);
    told["events"] = json!(open.events);
    told["steps"] = open.possible.iter().map(step_of).collect();
    told["effects"] = json!(open.effects);
    Ok(Json(told).into_response())
}

/// A request as it is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    flow: String,
    /// Sent again with the same id, it begins no second one.
    #[serde(default)]
    id: Option<Id>,
    #[serde(default)]
    organization: String,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    typed: BTreeMap<String, String>,
    /// That what the record has already will be replaced is known.
    #[serde(default)]
    knowing: bool,
}

/// `POST /api/v1/flows`.
async fn begin(
    State(web): State<Web>,
    reader: Reader,
    JsonBody(asked): JsonBody<Asked>,
) -> Result<Response, Fault> {
    let begin = Begin {
        flow: asked.flow,
        id: asked.id,
        organization: asked.organization,
        subject: asked.subject,
        typed: asked.typed,
        knowing: asked.knowing,
    };
    let row = flow::begin(&web.app, &reader.ctx, &begin).await?;
    Ok((StatusCode::CREATED, Json(row)).into_response())
}

/// A step as it is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    version: i64,
    #[serde(default)]
    typed: BTreeMap<String, String>,
    #[serde(default)]
    seen: String,
    /// Nothing is done: the answer says what would be.
    #[serde(default)]
    look: bool,
}

/// `POST /api/v1/flows/{id}/steps/{step}`.
async fn step(
    State(web): State<Web>,
    reader: Reader,
    Path((id, step)): Path<(String, String)>,
    JsonBody(sent): JsonBody<Sent>,
) -> Result<Response, Fault> {
    if sent.look {
        let given = Some((step.as_str(), &sent.typed));
        let open = flow::get(&web.app, &reader.ctx, &id, given).await?;
        let found = open.possible.iter().find(|p| p.name == step);
        let missing = || Problem::not_found(&Label::new("bước", "step"), &step);
        return Ok(Json(step_of(found.ok_or_else(missing)?)).into_response());
    }
    let taking = Taking {
        step: step.clone(),
        version: sent.version,
        typed: sent.typed,
        seen: sent.seen,
    };
    let row = flow::take(&web.app, &reader.ctx, &id, &taking).await?;
    Ok(Json(row).into_response())
}

/// A version as it is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Version {
    version: i64,
}

/// `POST /api/v1/flows/{id}/withdraw`.
async fn withdraw(
    State(web): State<Web>,
    reader: Reader,
    Path(id): Path<String>,
    JsonBody(Version { version }): JsonBody<Version>,
) -> Result<Response, Fault> {
    let row = flow::withdraw(&web.app, &reader.ctx, &id, version).await?;
    Ok(Json(row).into_response())
}
