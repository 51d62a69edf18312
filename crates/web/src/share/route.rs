//! The addresses of shares.

use app::share::{self, Received, Share};
use axum::{
    Form, Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{
    id::Id,
    label::Label,
    problem::{Problem, ProblemKind},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::page::{Given, Index, Panel, Row};
use crate::{
    cx::Cx,
    format,
    http::{self, Fault, JsonBody, Params, Reader, done},
    operation::{self, Operation},
    page::Routes,
    registry::record_page,
    server::Web,
};

/// The routes of shares.
pub fn routes() -> Routes {
    Routes::new()
        .get("/shares", index)
        .post("/registry/{noun}/{id}/shares", create)
        .post("/registry/{noun}/{id}/shares/{share}/end", end)
        .get("/api/v1/shares", api_received)
        .says(|_| {
            let entries = operation::list(&operation::anything());
            let summary = "Entries of other units that are shared with the reader's bodies";
            Operation::new(summary, "the latest first", entries)
        })
        .get("/api/v1/{noun}/{id}/shares", api_given)
        .post("/api/v1/{noun}/{id}/shares", api_share)
        .post("/api/v1/{noun}/{id}/shares/{share}/end", api_end)
}

/// What a form, or a program, asks to share with whom.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Typed {
    receiver: String,
    #[serde(default)]
    ends_on: String,
}

fn share_id(text: &str) -> Result<Id, Problem> {
    let missing = |_| Problem::not_found(&Label::new("lượt chia sẻ", "share"), text);
    text.parse().map_err(missing)
}

/// `GET /shares`.
async fn index(State(web): State<Web>, reader: Reader) -> Result<Response, Fault> {
    let found = share::received(&web.app, &reader.ctx).await?;
    let cx = reader.cx;
    let mut rows = Vec::new();
    for each in found {
        let schema = web.app.schema(&each.register)?;
        rows.push(Row {
            href: format!("/registry/{}/{}", each.register, each.entry.id),
            title: each.entry.text(&schema.title).to_owned(),
            book: cx.l(&schema.plural),
            unit: each.organization_name,
            shared_at: each.share.shared_at,
            shared_by: each.share.shared_by,
            until: each
                .share
                .ends_on
                .map_or_else(String::new, |day| cx.iso(day)),
        });
    }
    Ok(http::Page(Index { cx, rows }).into_response())
}

/// Whose the entry is that the reader sees because it was shared, and until when, in words.
pub fn received_from(cx: &Cx, received: &Received) -> String {
    let from = cx.tx("share-received", &received.organization_name);
    match &received.share.ends_on {
        Some(day) => format!("{from} {}", cx.tx("share-received-until", cx.iso(day))),
        None => from,
    }
}

fn about(cx: &Cx, given: &share::Given) -> String {
    let share = &given.share;
    let begun = format!(
        "{} · {}",
        format::datetime(share.shared_at),
        share.shared_by
    );
    let ends = match (&share.revoked_at, &share.ends_on) {
        (Some(at), _) => {
            let by = share.revoked_by.as_deref().unwrap_or_default();
            cx.tx("share-revoked", format!("{} · {by}", format::datetime(*at)))
        }
        (None, _) if !given.holds => cx.t("share-over"),
        (None, Some(day)) => cx.tx("share-until-day", cx.iso(day)),
        (None, None) => cx.t("share-without-end"),
    };
    format!("{begun} · {ends}")
}

/// The part of an entry's page that says with whom it is shared; none where there is nothing to say
/// and the reader may not share it.
///
/// # Errors
/// Not found, denied, unavailable.
pub async fn panel(
    web: &Web,
    reader: &Reader,
    (noun, key): (&str, &str),
    (typed, problem): (Typed, Option<Problem>),
) -> Result<Option<Panel>, Fault> {
    let sharing = share::of(&web.app, &reader.ctx, noun, key).await?;
    let cx = &reader.cx;
    let given = sharing.given.iter().map(|each| Given {
        id: each.share.id.to_string(),
        receiver: each.receiver_name.clone(),
        holds: each.holds,
        about: about(cx, each),
    });
    let panel = Panel {
        entry: format!("/registry/{noun}/{key}"),
        given: given.collect(),
        receivers: sharing.receivers,
        receiver: typed.receiver,
        ends_on: typed.ends_on,
        problem,
        cx: cx.clone(),
    };
    let shown = panel.receivers.is_some() || !panel.given.is_empty();
    Ok(shown.then_some(panel))
}

/// `POST /registry/{noun}/{id}/shares`: `receiver` and `ends_on`.
async fn create(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, key)): Path<(String, String)>,
    Form(typed): Form<Typed>,
) -> Result<Response, Fault> {
    let at = (noun.as_str(), key.as_str());
    let shared = share::share(&web.app, &reader.ctx, at, &typed.receiver, &typed.ends_on).await;
    match shared {
        Ok(_) => Ok(done(&format!("/registry/{noun}/{key}"), "share-done")),
        Err(problem) if problem.kind == ProblemKind::Invalid => {
            let status = Fault::from(problem.clone()).status();
            let page = record_page(&web, reader, at, (typed, Some(problem))).await?;
            Ok((status, http::Page(page)).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

/// `POST /registry/{noun}/{id}/shares/{share}/end`.
async fn end(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, key, id)): Path<(String, String, String)>,
) -> Result<Response, Fault> {
    share::revoke(&web.app, &reader.ctx, (&noun, &key), share_id(&id)?).await?;
    Ok(done(&format!("/registry/{noun}/{key}"), "share-ended"))
}

/// `GET /api/v1/shares`: the entries of other units that are shared with the reader's bodies.
async fn api_received(
    State(web): State<Web>,
    reader: Reader,
    params: Params,
) -> Result<Response, Fault> {
    params.hold(&[])?;
    let found = share::received(&web.app, &reader.ctx).await?;
    let items: Vec<Value> = found
        .into_iter()
        .map(|each| {
            json!({
                "id": each.share.id,
                "noun": each.register,
                "entry": each.share.subject,
                "organization": each.share.organization,
                "organization_name": each.organization_name,
                "receiver": each.share.receiver,
                "shared_at": each.share.shared_at,
                "shared_by": each.share.shared_by,
                "ends_on": each.share.ends_on,
            })
        })
        .collect();
    Ok(Json(json!({ "total": items.len(), "items": items })).into_response())
}

/// `GET /api/v1/{noun}/{id}/shares`: with whom an entry is or was shared.
async fn api_given(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, key)): Path<(String, String)>,
    params: Params,
) -> Result<Response, Fault> {
    params.hold(&[])?;
    let items = share::of(&web.app, &reader.ctx, &noun, &key).await?.given;
    Ok(Json(json!({ "items": items })).into_response())
}

/// `POST /api/v1/{noun}/{id}/shares`: `{"receiver": "code", "ends_on": "2026-12-31"}`; the last day
/// may be left out.
async fn api_share(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, key)): Path<(String, String)>,
    JsonBody(sent): JsonBody<Typed>,
) -> Result<Response, Fault> {
    let at = (noun.as_str(), key.as_str());
    let shared: Share =
        share::share(&web.app, &reader.ctx, at, &sent.receiver, &sent.ends_on).await?;
    Ok((StatusCode::CREATED, Json(shared)).into_response())
}

/// `POST /api/v1/{noun}/{id}/shares/{share}/end`.
async fn api_end(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, key, id)): Path<(String, String, String)>,
) -> Result<Response, Fault> {
    share::revoke(&web.app, &reader.ctx, (&noun, &key), share_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
