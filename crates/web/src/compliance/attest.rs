//! `POST …/attest`: the unit's own word, with a document where one is asked for.

use app::{assess, attachment};
use axum::{
    extract::{Path, Request, State},
    response::Response,
};
use domain::{label::Label, problem::Problem};

use crate::{
    http::{Fault, Reader, done, receive},
    server::Web,
};

/// Takes an answer and shows the verdict again.
pub async fn attest(
    State(web): State<Web>,
    reader: Reader,
    Path((regulation, cite, unit)): Path<(String, String, String)>,
    request: Request,
) -> Result<Response, Fault> {
    let mut upload = receive(request, attachment::MAX_BYTES).await?;
    let view = assess::board(&web.app, &reader.ctx, None).await?;
    let id = view
        .find(&unit)
        .map(|found| found.id)
        .ok_or_else(|| Problem::not_found(&Label::new("đơn vị", "unit"), &unit))?;
    let document = match upload.files.pop() {
        Some(file) => {
            Some(attachment::keep(&web.app, &reader.ctx, id, &file.name, file.bytes).await?)
        }
        None => None,
    };
    assess::attest(
        &web.app,
        &reader.ctx,
        upload.fields.get("control"),
        id,
        upload.fields.get("holds") == "true",
        upload.fields.get("statement"),
        document,
    )
    .await?;
    Ok(done(
        &format!("/compliance/{regulation}/{cite}/{unit}"),
        "attested",
    ))
}
