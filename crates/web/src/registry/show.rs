//! One record, and the documents that belong to records.

use app::{
    attachment,
    journal::{self, JournalQuery},
    registry,
};
use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use domain::schema::Storage;

use super::{cell, may_write, page::RecordPage};
use crate::{
    http::{self, Fault, Reader, encode},
    journal::entries,
    server::Web,
};

/// `GET /registry/{noun}/{id}`.
pub async fn record(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, key)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let schema = web.app.schema(&noun)?;
    let record = registry::get(&web.app, &reader.ctx, &noun, &key).await?;
    let titles =
        registry::reference_titles(&web.app, &schema, std::slice::from_ref(&record)).await?;
    let history = journal::list(
        &web.app,
        &reader.ctx,
        &JournalQuery {
            noun: Some(noun.clone()),
            record_id: Some(record.id.to_string()),
            limit: 50,
            ..JournalQuery::default()
        },
    )
    .await?;
    let cx = reader.cx;
    let mut ways = Vec::new();
    match noun.as_str() {
        "organization" => ways.push((format!("/units/{}", record.text("code")), cx.t("unit-page"))),
        "site" | "circuit" | "device" if !record.get("address").is_null() => {
            ways.push((
                format!("/network/targets/{}", record.id),
                cx.t("target-page"),
            ));
        }
        _ => {}
    }
    Ok(http::Page(RecordPage {
        id: record.id.to_string(),
        version: record.version,
        title: record.text(&schema.title).to_owned(),
        may_write: may_write(&cx, &schema),
        may_delete: schema.storage == Storage::Table,
        ways,
        cells: schema
            .fields
            .iter()
            .map(|field| cell::of(&cx, field, &record, &titles))
            .collect(),
        journal: entries(&cx, &web.app, history).await?,
        schema: (*schema).clone(),
        cx,
    })
    .into_response())
}

/// `GET /attachments/{sha256}`: always saved, never opened by the browser.
pub async fn attachment(
    State(web): State<Web>,
    reader: Reader,
    Path(sha256): Path<String>,
) -> Result<Response, Fault> {
    let (about, bytes) = attachment::get(&web.app, &reader.ctx, &sha256).await?;
    // RFC 6266: the name in UTF-8; a plain one for what does not know that form.
    let name = encode(&about.name).replace('+', "%20");
    let disposition = format!("attachment; filename=\"attachment\"; filename*=UTF-8''{name}");
    Ok((
        [
            (header::CONTENT_TYPE, about.media_type),
            (header::CONTENT_DISPOSITION, disposition),
        ],
        bytes,
    )
        .into_response())
}
