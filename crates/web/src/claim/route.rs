//! The addresses of claims.

use app::{
    App, Ctx,
    claim::{self, Decision, OpenClaim},
    registry,
};
use axum::{
    Form, Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    claim::{ClaimKind, ClaimState},
    id::{Id, OrganizationId},
    label::Label,
    problem::{FieldProblem, Problem},
    record::Record,
    schema::Schema,
};
use serde::Deserialize;
use serde_json::json;

use super::page::{Index, Row};
use crate::{
    cx::Cx,
    format,
    http::{self, Fault, Form as Shape, JsonBody, Param, Params, Reader, done},
    operation::{self, Operation},
    page::Routes,
    paging::Pages,
    server::Web,
};

/// The routes of claims.
pub fn routes() -> Routes {
    Routes::new()
        .get("/claims", index)
        .post("/claims/decide", decide)
        .get("/api/v1/claims", api_list)
        .says(|_| {
            let claims = operation::list(&operation::anything());
            let summary = "What units claim and is not in force";
            Operation::new(summary, "the latest first", claims).takes(declared())
        })
        .post("/api/v1/claims", api_decide)
        .says(|_| {
            let text = || json!({ "type": "string" });
            let sent = operation::body(
                &["kind", "value", "organization", "decision"],
                &json!({ "kind": text(), "value": text(), "organization": text(),
                    "decision": text(), "note": text() }),
            );
            let summary = "The network centre's decision";
            Operation::new(summary, "as it stands now", operation::anything()).sent(sent)
        })
}

fn row(cx: &Cx, open: OpenClaim) -> Row {
    let claim = open.claim;
    let decided = |at| (at, claim.decided_by.clone(), claim.note.clone());
    let refused = claim
        .decided_at
        .filter(|_| claim.state == ClaimState::Refused);
    Row {
        kind: claim.kind.code().into(),
        label: cx.l(claim.kind.label()),
        organization: claim.organization.to_string(),
        unit: open.unit,
        uses: (open.uses.iter())
            .map(|u| (format!("/registry/{}/{}", u.noun, u.id), u.subject.clone()))
            .collect(),
        why: cx.l(claim.why.label()),
        owners: open.owners.join(", "),
        asked_at: claim.asked_at,
        asked_by: claim.asked_by.clone(),
        refused: refused.map(|at| {
            let (at, by, note) = decided(at);
            let (by, note) = (by.unwrap_or_default(), note.unwrap_or_default());
            format!("{} · {by} · {note}", format::datetime(at))
        }),
        may_decide: open.may_decide,
        value: claim.value,
    }
}

/// Claims on one page.
const SIZE: usize = 50;

/// What the list in the API takes.
fn declared() -> Vec<Param> {
    vec![
        Param::new("limit", Shape::Number(1, 500), "how many (50)"),
        Param::new(
            "offset",
            Shape::Number(0, 1_000_000_000),
            "how many to skip",
        ),
    ]
}

fn place(offset: usize, limit: usize) -> (i64, i64) {
    let number = |n| i64::try_from(n).unwrap_or(i64::MAX);
    (number(offset), number(limit))
}

async fn index(State(web): State<Web>, reader: Reader, params: Params) -> Result<Response, Fault> {
    let offset = params.number("offset");
    let (open, total) = claim::open(&web.app, &reader.ctx, place(offset, SIZE)).await?;
    let cx = reader.cx;
    let many = usize::try_from(total).unwrap_or(0);
    let pages = Pages::new(&cx, "/claims", "", offset, SIZE, many);
    Ok(http::Page(Index {
        pages: if many > SIZE {
            pages.to_string()
        } else {
            String::new()
        },
        rows: open.into_iter().map(|each| row(&cx, each)).collect(),
        cx,
    })
    .into_response())
}

/// A decision as it is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    kind: String,
    value: String,
    organization: String,
    decision: String,
    #[serde(default)]
    note: String,
}

async fn take(app: &App, ctx: &Ctx, sent: &Sent) -> Result<claim::Claim, Problem> {
    let wrong = |field: &str| {
        let wrong = FieldProblem::new(field, "Không có giá trị này", "There is no such value");
        Problem::invalid(&sent.value, vec![wrong])
    };
    let kind: ClaimKind = sent.kind.parse().map_err(|()| wrong("kind"))?;
    let decision: Decision = sent.decision.parse().map_err(|()| wrong("decision"))?;
    let unit = match sent.organization.parse::<Id>() {
        Ok(id) => id,
        Err(_) => {
            registry::get(app, ctx, "organization", &sent.organization)
                .await?
                .id
        }
    };
    let value = (kind, sent.value.trim());
    claim::decide(app, ctx, value, OrganizationId(unit), decision, &sent.note).await
}

/// `POST /claims/decide`.
async fn decide(
    State(web): State<Web>,
    reader: Reader,
    Form(sent): Form<Sent>,
) -> Result<Response, Fault> {
    take(&web.app, &reader.ctx, &sent).await?;
    Ok(done("/claims", "claim-decided"))
}

/// `GET /api/v1/claims`: those that are not in force.
async fn api_list(
    State(web): State<Web>,
    reader: Reader,
    params: Params,
) -> Result<Response, Fault> {
    params.hold(&declared())?;
    let limit = match params.number("limit") {
        0 => SIZE,
        limit => limit,
    };
    let page = place(params.number("offset"), limit);
    let (items, total) = claim::open(&web.app, &reader.ctx, page).await?;
    Ok(Json(json!({ "total": total, "items": items })).into_response())
}

/// `POST /api/v1/claims`: the network centre's decision.
async fn api_decide(
    State(web): State<Web>,
    reader: Reader,
    JsonBody(sent): JsonBody<Sent>,
) -> Result<Response, Fault> {
    let claim = take(&web.app, &reader.ctx, &sent).await?;
    Ok(Json(claim).into_response())
}

/// How the claims of a record stand, in words: what waits or was refused, and whether its
/// address is in force.
///
/// # Errors
/// Unavailable.
pub async fn standing(
    app: &App,
    ctx: &Ctx,
    cx: &Cx,
    schema: &Schema,
    record: &Record,
) -> Result<Vec<String>, Problem> {
    if schema.fields.iter().all(|field| field.claims.is_none()) {
        return Ok(Vec::new());
    }
    let claims = claim::of_record(app, ctx, record.id).await?;
    let say = |c: &claim::Claim| {
        let what = format!("{} {}", cx.l(c.kind.label()), c.value);
        let why: Label = c.why.label();
        match c.state {
            ClaimState::Granted => None,
            ClaimState::Waiting => Some(format!("{} {}.", cx.tx("claim-waits", what), cx.l(&why))),
            ClaimState::Refused => Some(format!(
                "{} {}",
                cx.tx("claim-was-refused", what),
                c.note.clone().unwrap_or_default()
            )),
        }
    };
    Ok(claims.iter().filter_map(say).collect())
}
