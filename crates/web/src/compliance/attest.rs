//! `POST …/attest`: the unit's own word, with a document where one is asked for.

use crate::{
    http::{Fault, Reader, done, receive},
    server::Web,
};
use app::{assess, attachment};
use axum::{
    extract::{Path, Request, State},
    response::Response,
};

/// Takes an answer and shows the verdict again.
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
    let way = if judged {
        format!("/compliance/{regulation}/{cite}/{unit}")
    } else {
        format!("/units/{unit}")
    };
    Ok(done(&way, "attested"))
}
