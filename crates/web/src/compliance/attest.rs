//! `POST …/attest`: the unit's own word, with a document where one is asked for.

use super::{page::RefusedAnswer, verdict};
use crate::{
    http::{self, Fault, Params, Reader, done, receive},
    server::Web,
};
use app::{assess, attachment};
use axum::{
    extract::{Path, Request, State},
    response::Response,
};
use domain::problem::Problem;

/// Takes an answer and shows the verdict again; one that is not taken stands there still.
pub async fn attest(
    State(web): State<Web>,
    reader: Reader,
    Path((regulation, cite, unit)): Path<(String, String, String)>,
    request: Request,
) -> Result<Response, Fault> {
    let mut upload = receive(request, attachment::max_bytes(&web.app)).await?;
    let view = assess::board(&web.app, &reader.ctx, None).await?;
    let (found, judged) = assess::organization(&web.app, &reader.ctx, &view, &unit).await?;
    let id = found.id;
    let document = match upload.files.pop() {
        Some(file) => {
            Some(attachment::stage(&web.app, &reader.ctx, id, &file.name, file.bytes).await?)
        }
        None => None,
    };
    let sent = RefusedAnswer {
        control: upload.fields.get("control").to_owned(),
        holds: upload.fields.get("holds").to_owned(),
        statement: upload.fields.get("statement").to_owned(),
        problem: Problem::invalid("", Vec::new()),
    };
    let given = assess::attest(
        &web.app,
        &reader.ctx,
        &sent.control,
        id,
        sent.holds.parse().ok(),
        &sent.statement,
        document,
    )
    .await;
    match given {
        Err(problem) if judged && problem.keeps_text() => {
            let fault = Fault::from(problem.clone());
            let at = [regulation.as_str(), cite.as_str(), unit.as_str()];
            let refused = Some(RefusedAnswer { problem, ..sent });
            let page = verdict::shown(&web.app, reader, at, &Params::default(), refused).await?;
            return Ok(fault.shown_on(http::Page(page)));
        }
        other => other?,
    };
    let way = if judged {
        format!("/compliance/{regulation}/{cite}/{unit}")
    } else {
        format!("/units/{unit}")
    };
    Ok(done(&way, "attested"))
}
