//! `/documents`.

use app::{
    attachment, document,
    document::{Begin, Document, DocumentQuery, Kind, Signed, Writing},
};
use axum::{
    Json,
    extract::{Path, Request, State as Shared},
    http::header,
    response::{IntoResponse, Response},
};
use domain::{
    authority::Permission,
    document::State,
    label::Label,
    problem::{FieldProblem, Problem},
};
use policy::Library;
use serde_json::{Value, json};

use super::{
    page::{Choice, Index, Row},
    show::{self, Typed},
};
use crate::{
    cx::Cx,
    http::{self, Fault, FilePart, Form, Param, Params, Reader, done, receive},
    operation::{self, Operation},
    page::Routes,
    paging::Pages,
    server::Web,
};

const SIZE: usize = 50;

/// The routes of documents.
pub fn routes() -> Routes {
    Routes::new()
        .get("/documents", index)
        .post("/documents", begin)
        .get("/documents/{id}", shown)
        .post("/documents/{id}", write)
        .get("/documents/{id}/file.pdf", pdf)
        .get("/documents/{id}/file.docx", docx)
        .post("/documents/{id}/{step}", step)
        .files("/documents/{id}/sign", sign)
        .get("/api/v1/documents", api_list)
        .says(|library| {
            let papers = operation::list(&operation::anything());
            Operation::new("Papers", "the latest first", papers).takes(declared(library))
        })
        .get("/api/v1/documents/{id}", api_get)
        .says(|_| Operation::new("A paper", "the paper", operation::anything()))
}

/// What the list of papers takes, on its page and in the API.
fn declared(library: &Library) -> Vec<Param> {
    let templates = library.documents.keys().map(String::as_str);
    vec![
        Param::one_of("template", templates, "its kind"),
        Param::new("period", Form::Text, "its period or day"),
        Param::one_of("state", State::ALL.map(State::code), "how far it has come"),
        Param::new("organization", Form::Text, "the id of a unit"),
        Param::new("offset", Form::Number(0, 1_000_000_000), "how many to skip"),
    ]
}

fn query(params: &Params) -> Result<DocumentQuery, Problem> {
    let given = |name: &str| Some(params.get(name).to_owned()).filter(|v| !v.is_empty());
    let organization = match given("organization") {
        None => None,
        Some(id) => Some(id.parse().map_err(|_| organization(&id))?),
    };
    Ok(DocumentQuery {
        template: given("template"),
        period: given("period"),
        state: given("state"),
        organization,
        offset: i64::try_from(params.number("offset")).unwrap_or(0),
        limit: 0,
    })
}

fn organization(id: &str) -> Problem {
    Problem::not_found(&Label::new("đơn vị", "organization"), id)
}

/// `GET /documents?template=&state=&organization=&period=`: the list; `begin=` opens a template.
async fn index(
    Shared(web): Shared<Web>,
    reader: Reader,
    params: Params,
) -> Result<Response, Fault> {
    let mut known = declared(&web.app.library());
    known.extend(["begin", "done"].map(|name| Param::new(name, Form::Text, "")));
    params.hold_filled(&known)?;
    let page = document::list(&web.app, &reader.ctx, &query(&params)?).await?;
    let offers = document::offers(&web.app, &reader.ctx).await?;
    let library = web.app.library();
    let cx = reader.cx;
    let (template, state) = (params.get("template"), params.get("state"));
    let others = params.without(&["offset", "done", "begin"]);
    let total = usize::try_from(page.total).unwrap_or(0);
    let pages = if total > SIZE {
        Pages::new(
            &cx,
            "/documents",
            &others,
            params.number("offset"),
            SIZE,
            total,
        )
        .to_string()
    } else {
        String::new()
    };
    let kinds = library
        .documents
        .values()
        .map(|t| (t.id.clone(), cx.l(&t.title), t.id == template))
        .collect();
    let states = State::ALL
        .into_iter()
        .map(|s| (s.code().to_owned(), cx.l(s.label()), s.code() == state))
        .collect();
    let offers = offers
        .into_iter()
        .map(|offer| choice(&cx, offer, &params))
        .collect();
    let rows = page.documents.iter().map(|d| row(&cx, d)).collect();
    Ok(http::Page(Index {
        no_printer: !document::available(),
        kinds,
        states,
        rows,
        pages,
        offers,
        may_begin: cx.may(Permission::Write),
        narrowed: !template.is_empty() || !state.is_empty(),
        cx,
    })
    .into_response())
}

fn choice(cx: &Cx, offer: document::Offer, params: &Params) -> Choice {
    let open = offer.template.id == params.get("begin");
    let (unit, period) = (params.get("organization"), params.get("period"));
    Choice {
        title: cx.l(&offer.template.title),
        about: cx.l(&offer.template.describes),
        by_day: offer.template.period == policy::document::Every::Day,
        units: offer
            .units
            .into_iter()
            .map(|(id, code, name)| (id.to_string(), name, id.to_string() == unit || code == unit))
            .collect(),
        periods: offer
            .stretches
            .into_iter()
            .map(|s| {
                let chosen = s.label == period;
                (s.label, s.words, chosen)
            })
            .collect(),
        id: offer.template.id,
        open,
    }
}

fn row(cx: &Cx, d: &Document) -> Row {
    Row {
        href: format!("/documents/{}", d.row.id),
        kind: cx.l(&d.kind),
        unit: d.unit.clone(),
        period: d.row.period.clone(),
        number: d.row.number.clone(),
        state: cx.l(d.state.label()),
        at: d.row.updated_at,
    }
}

/// `POST /documents`: begins one.
async fn begin(
    Shared(web): Shared<Web>,
    reader: Reader,
    request: Request,
) -> Result<Response, Fault> {
    let fields = receive(request, 0).await?.fields;
    let unit = fields.get("organization");
    let begin = Begin {
        template: fields.get("template").to_owned(),
        organization: unit.parse().map_err(|_| organization(unit))?,
        period: fields.get("period").to_owned(),
    };
    let document = document::begin(&web.app, &reader.ctx, &begin).await?;
    Ok(http::redirect(&format!("/documents/{}", document.row.id)))
}

/// `GET /documents/{id}`.
async fn shown(
    Shared(web): Shared<Web>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let page = show::page(&web, reader, &id, None).await?;
    Ok(http::Page(page).into_response())
}

/// What a form says, with the version that was read.
async fn form(request: Request) -> Result<(Params, i64), Fault> {
    // Long texts: as parts of a form they are sent as they are.
    let fields = receive(request, http::FORM).await?.fields;
    let version = version(&fields)?;
    Ok((fields, version))
}

fn version(fields: &Params) -> Result<i64, Problem> {
    fields.get("version").parse().map_err(|_| {
        Problem::invalid(
            "document",
            vec![FieldProblem::new(
                "version",
                "Thiếu phiên bản đã đọc",
                "The version that was read is missing",
            )],
        )
    })
}

/// `POST /documents/{id}`: what a person wrote is kept first; then `then=refill` takes the
/// numbers again and `then=review` finds it good.
async fn write(
    Shared(web): Shared<Web>,
    reader: Reader,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Fault> {
    let (fields, version) = form(request).await?;
    let told = written(&web, &reader, &id, version, &fields).await;
    answer(web, reader, &id, fields, told).await
}

async fn written(
    web: &Web,
    reader: &Reader,
    id: &str,
    version: i64,
    fields: &Params,
) -> Result<&'static str, Problem> {
    let (app, ctx) = (&web.app, &reader.ctx);
    let given = |name: &str| fields.all(name).next().map(str::to_owned);
    let writing = Writing {
        drafts: fields
            .0
            .iter()
            .filter_map(|(name, text)| Some((name.strip_prefix("text.")?.to_owned(), text.clone())))
            .collect(),
        place: given("place"),
        signer: given("signer"),
    };
    let now = document::write(app, ctx, id, version, writing).await?;
    match fields.get("then") {
        "refill" => {
            document::refill(app, ctx, id, now.row.version).await?;
            Ok("document-refilled")
        }
        "review" => {
            document::review(app, ctx, id, now.row.version).await?;
            Ok("document-reviewed")
        }
        _ => Ok("saved"),
    }
}

/// Leads on, or shows the document again with what was typed and why it was not taken.
async fn answer(
    web: Web,
    reader: Reader,
    id: &str,
    fields: Params,
    told: Result<&'static str, Problem>,
) -> Result<Response, Fault> {
    match told {
        Ok(told) => Ok(done(&format!("/documents/{id}"), told)),
        Err(problem) if problem.keeps_text() => {
            let fault = Fault::from(problem.clone());
            let typed = Typed { fields, problem };
            let page = show::page(&web, reader, id, Some(typed)).await?;
            Ok(fault.shown_on(http::Page(page)))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// `POST /documents/{id}/{step}`: one step on or back, of the version that was read.
async fn step(
    Shared(web): Shared<Web>,
    reader: Reader,
    Path((id, step)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Fault> {
    let (fields, version) = form(request).await?;
    let (app, ctx) = (&web.app, &reader.ctx);
    let told = match step.as_str() {
        "discard" => match document::discard(app, ctx, &id, version).await {
            Ok(()) => return Ok(done("/documents", "document-discarded")),
            Err(problem) => Err(problem),
        },
        "replace" => match document::replace(app, ctx, &id).await {
            Ok(new) => return Ok(http::redirect(&format!("/documents/{}", new.row.id))),
            Err(problem) => Err(problem),
        },
        "reopen" => (document::reopen(app, ctx, &id, version).await).map(|_| "document-reopened"),
        "send" => {
            let sent = document::send(app, ctx, &id, version, fields.get("sent_on")).await;
            sent.map(|_| "document-sent")
        }
        _ => return Err(Problem::not_found(&Label::new("bước", "step"), &step).into()),
    };
    answer(web, reader, &id, fields, told).await
}

/// `POST /documents/{id}/sign`: number, day, signer, and the signed file.
async fn sign(
    Shared(web): Shared<Web>,
    reader: Reader,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Fault> {
    let upload = receive(request, attachment::max_bytes(&web.app)).await?;
    let (fields, mut files) = (upload.fields, upload.files);
    let told = match files.pop() {
        Some(file) => signed(&web, &reader, &id, &fields, file).await,
        None => Err(Problem::invalid(
            "document",
            vec![FieldProblem::new(
                "file",
                "Chọn bản quét hoặc tệp đã ký số",
                "Choose the scan or the digitally signed file",
            )],
        )),
    };
    answer(web, reader, &id, fields, told).await
}

async fn signed(
    web: &Web,
    reader: &Reader,
    id: &str,
    fields: &Params,
    file: FilePart,
) -> Result<&'static str, Problem> {
    let (app, ctx) = (&web.app, &reader.ctx);
    let version = version(fields)?;
    let unit = document::get(app, ctx, id).await?.row.organization;
    let signed = Signed {
        number: fields.get("number").to_owned(),
        signed_on: fields.get("signed_on").to_owned(),
        signer: fields.get("signer").to_owned(),
        file: attachment::stage(app, ctx, unit, &file.name, file.bytes).await?,
    };
    document::sign(app, ctx, id, version, signed).await?;
    Ok("document-signed")
}

async fn pdf(web: Shared<Web>, reader: Reader, id: Path<String>) -> Result<Response, Fault> {
    printed(web, reader, id, Kind::Pdf).await
}

async fn docx(web: Shared<Web>, reader: Reader, id: Path<String>) -> Result<Response, Fault> {
    printed(web, reader, id, Kind::Docx).await
}

async fn printed(
    Shared(web): Shared<Web>,
    reader: Reader,
    Path(id): Path<String>,
    kind: Kind,
) -> Result<Response, Fault> {
    let (name, bytes) = document::render(&web.app, &reader.ctx, &id, kind).await?;
    // A PDF of ours is looked at in the browser; it cannot run anything.
    let how = match kind {
        Kind::Pdf => "inline",
        Kind::Docx => "attachment",
    };
    let disposition = format!("{how}; filename=\"{name}\"");
    Ok((
        [
            (header::CONTENT_TYPE, kind.media_type().to_owned()),
            (header::CONTENT_DISPOSITION, disposition),
        ],
        bytes,
    )
        .into_response())
}

fn body(d: &Document) -> Value {
    json!({
        "id": d.row.id, "version": d.row.version, "template": d.row.template,
        "organization": d.row.organization, "period": d.row.period, "state": d.row.state,
        "title": d.row.title, "number": d.row.number, "signed_on": d.row.signed_on,
        "sent_on": d.row.sent_on, "file": d.row.file, "entry": d.row.entry,
        "texts": d.drafts, "filled_at": d.row.filled_at, "filled": d.filled,
    })
}

/// `GET /api/v1/documents?template=&period=&state=&organization=&offset=`.
async fn api_list(
    Shared(web): Shared<Web>,
    reader: Reader,
    params: Params,
) -> Result<Response, Fault> {
    params.hold(&declared(&web.app.library()))?;
    let page = document::list(&web.app, &reader.ctx, &query(&params)?).await?;
    let items: Vec<Value> = page.documents.iter().map(body).collect();
    Ok(Json(json!({ "total": page.total, "items": items })).into_response())
}

/// `GET /api/v1/documents/{id}`.
async fn api_get(
    Shared(web): Shared<Web>,
    reader: Reader,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Fault> {
    params.hold(&[])?;
    let document = document::get(&web.app, &reader.ctx, &id).await?;
    Ok(Json(body(&document)).into_response())
}
