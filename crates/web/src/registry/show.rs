//! One record, and the documents that belong to records.

use app::{
    attachment,
    journal::{self, JournalQuery},
    registry, watch,
};
use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use domain::{
    id::TargetId,
    problem::{Problem, ProblemKind},
    record::Record,
    schema::{Kind, Schema, Storage},
};

use super::{
    book::cells,
    may_write,
    page::{Document, RecordPage, without_ways},
};
use crate::{
    claim, format,
    http::{self, Fault, Params, Reader, encode},
    journal::entries,
    mark::Mark,
    network::interface,
    server::Web,
    share,
};

/// `GET /registry/{noun}/{id}`.
pub async fn record(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, key)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let nothing_typed = Default::default();
    let page = record_page(&web, reader, (&noun, &key), nothing_typed).await?;
    Ok(http::Page(page).into_response())
}

/// The page of a record, with what was typed to share it and why that was not done.
///
/// # Errors
/// Not found, denied, unavailable.
pub async fn record_page(
    web: &Web,
    reader: Reader,
    (noun, key): (&str, &str),
    typed: (share::Typed, Option<Problem>),
) -> Result<RecordPage, Fault> {
    let schema = web.app.schema(noun)?;
    let (record, received) = app::share::read(&web.app, &reader.ctx, noun, key).await?;
    let titles =
        registry::reference_titles(&web.app, &schema, std::slice::from_ref(&record)).await?;
    let id = record.id.to_string();
    let versions = match schema.storage {
        Storage::Table => Vec::new(),
        Storage::Entry => registry::book::revisions(&web.app, &reader.ctx, noun, &id).await?,
    };
    let documents = documents(web, &reader, &schema, &record).await?;
    let mut cells = cells(&reader.cx, &schema, &record, &titles);
    if received.is_some() {
        cells = without_ways(cells);
    }
    let page = RecordPage {
        cx: reader.cx.clone(),
        id,
        version: record.version,
        title: record.text(&schema.title).to_owned(),
        received: received.map(|received| share::received_from(&reader.cx, &received)),
        may_write: false,
        may_delete: schema.storage == Storage::Table,
        ways: Vec::new(),
        waits: Vec::new(),
        closed: None,
        cells,
        told: None,
        documents,
        versions: versions
            .into_iter()
            .map(|each| {
                let at = format::datetime(each.recorded_at);
                (each.version, format!("{at} · {}", each.recorded_by))
            })
            .collect(),
        sharing: None,
        journal: None,
        schema: (*schema).clone(),
    };
    if page.received.is_some() {
        return Ok(page);
    }
    own(web, &reader, &record, page, typed).await
}

/// What the page of a record has beside for those who read it as one of their own units'.
async fn own(
    web: &Web,
    reader: &Reader,
    record: &Record,
    page: RecordPage,
    typed: (share::Typed, Option<Problem>),
) -> Result<RecordPage, Fault> {
    let (app, ctx, cx) = (&web.app, &reader.ctx, &reader.cx);
    let schema = &page.schema;
    let noun = schema.noun.as_str();
    let history = journal::list(
        app,
        ctx,
        &JournalQuery {
            noun: Some(noun.to_owned()),
            record_id: Some(page.id.clone()),
            limit: 50,
            ..JournalQuery::default()
        },
    )
    .await?;
    let closed = registry::book::closed_by(app, ctx, schema, record).await?;
    let sharing = match schema.storage {
        Storage::Table => None,
        Storage::Entry => share::panel(web, reader, (noun, &page.id), typed).await?,
    };
    let waits = claim::standing(app, ctx, cx, schema, record).await?;
    // Not every device that has an address is watched, and nothing that is out of service.
    let watched = watch::target(app, ctx, TargetId(record.id)).await;
    let mut ways = Vec::new();
    match noun {
        "organization" => ways.push((format!("/units/{}", record.text("code")), cx.t("unit-page"))),
        "site" | "circuit" | "device" if watched.is_ok() => {
            ways.push((
                format!("/network/targets/{}", record.id),
                cx.t("target-page"),
            ));
        }
        _ => {}
    }
    let told = match noun {
        "device" => Some(interface::panel(web, reader, record.id, None).await?),
        "interface" => Some(interface::one(web, reader, record).await?),
        _ => None,
    };
    Ok(RecordPage {
        told,
        may_write: may_write(cx, schema) && closed.is_none(),
        closed: closed.map(|closing| cx.tx("book-closed-for", closing.period)),
        ways,
        waits,
        sharing,
        journal: Some(entries(cx, app, history).await?),
        ..page
    })
}

/// What is known of the documents that a record names.
async fn documents(
    web: &Web,
    reader: &Reader,
    schema: &Schema,
    record: &Record,
) -> Result<Vec<Document>, Fault> {
    let cx = &reader.cx;
    let mut out = Vec::new();
    for field in schema.fields.iter().filter(|f| f.kind == Kind::File) {
        let hash = record.text(&field.name);
        if hash.is_empty() {
            continue;
        }
        let id = record.id.to_string();
        let about = match attachment::about(&web.app, &reader.ctx, hash, Some(&id)).await {
            Ok(about) => about,
            Err(problem) if problem.kind == ProblemKind::NotFound => continue,
            Err(problem) => return Err(problem.into()),
        };
        let (key, scan_mark) = match about.scan.as_str() {
            "clean" => ("scan-clean", Mark::Met),
            "infected" => ("scan-infected", Mark::Breached),
            _ => ("scan-none", Mark::NoData),
        };
        let marking = attachment::looked_at(&about.marking, &about.unread, &about.signers);
        out.push(Document {
            href: path_of_file(hash, &id),
            about: format!(
                "{} · {} · {}",
                cx.bytes(&u64::try_from(about.size).unwrap_or(0)),
                about.uploaded_by,
                format::datetime(about.uploaded_at)
            ),
            name: about.name,
            scan: cx.t(key),
            scan_mark,
            marking: cx.l(&marking),
        });
    }
    Ok(out)
}

/// Where a file that a record names is handed out, under the name that it came with there.
pub fn path_of_file(sha256: &str, record: &str) -> String {
    let path = format!("/attachments/{}", encode(sha256));
    match record {
        "" => path,
        record => format!("{path}?record={}", encode(record)),
    }
}

/// `GET /attachments/{sha256}?record=ID`: always saved, never opened by the browser.
pub async fn attachment(
    State(web): State<Web>,
    reader: Reader,
    Path(sha256): Path<String>,
    params: Params,
) -> Result<Response, Fault> {
    let record = Some(params.get("record")).filter(|record| !record.is_empty());
    let (about, bytes) = attachment::get(&web.app, &reader.ctx, &sha256, record).await?;
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
