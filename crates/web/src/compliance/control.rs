//! `GET /compliance/controls/{id}`: what a control wants, how it is judged, all that it serves.

use app::assess;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};

use super::{
    look_back::{LookBack, at},
    page::{ControlPage, ServedRow},
    route::board,
    words,
};
use crate::{
    http::{self, Fault, Params, Reader},
    server::Web,
};

/// One control.
pub async fn page(
    State(web): State<Web>,
    reader: Reader,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Fault> {
    let view = board(&web, &reader, &params).await?;
    let told = assess::control(&web.app, &view, &id)?;
    let (cx, at) = (reader.cx, at(&params));
    let control = &told.control;
    let question = control.attestation.as_ref();
    let served = told
        .uses
        .iter()
        .map(|each| ServedRow {
            href: format!("/compliance/{}/{}{at}", each.regulation, each.clause.cite),
            short: cx.l(&each.short),
            cite: each.clause.cite.clone(),
            summary: cx.l(&each.clause.summary),
            parameters: words::parameters(&cx, &view.library, control, &each.parameters),
            adopted: each.adopted,
            counts: each.tally,
        })
        .collect();
    Ok(http::Page(ControlPage {
        title: cx.l(&control.title),
        about: words::control(&cx, &view.library, control, None),
        question: question.map_or_else(String::new, |form| cx.l(&form.question)),
        sql: told.sql.unwrap_or_default(),
        as_of: LookBack::of(&params),
        at,
        counts: told.tally,
        served,
        id,
        cx,
    })
    .into_response())
}
