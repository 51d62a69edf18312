//! `/documents`.

use app::{
    attachment, document,
    document::{Begin, Document, DocumentQuery, Kind, Signed, Writing},
    journal::{self, JournalQuery},
};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, Request, State as Shared},
    http::header,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use domain::{
    authority::Permission,
    document::State,
    label::Label,
    problem::{FieldProblem, Problem},
};
use policy::{Library, document::Covers};
use serde_json::{Value, json};

use super::page::{Choice, DraftField, Index, Row, Show};
use crate::{
    cx::Cx,
    http::{self, Fault, Form, Param, Params, Reader, done, receive},
    journal::entries,
    paging::Pages,
    registry::path_of_file,
    server::Web,
    steps,
};

const SIZE: usize = 50;

/// The routes of documents.
pub fn routes() -> Router<Web> {
    let files = Router::new()
        .route("/documents/{id}/sign", post(sign))
        .layer(DefaultBodyLimit::disable());
    Router::new()
        .route("/documents", get(index).post(begin))
        .route("/documents/{id}", get(show).post(write))
        .route("/documents/{id}/file.pdf", get(pdf))
        .route("/documents/{id}/file.docx", get(docx))
        .route("/documents/{id}/{step}", post(step))
        .merge(files)
}

/// What the list of papers takes, on its page and in the API.
pub fn declared(library: &Library) -> Vec<Param> {
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
async fn show(
    Shared(web): Shared<Web>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let document = document::get(&web.app, &reader.ctx, &id).await?;
    let history = journal::list(
        &web.app,
        &reader.ctx,
        &JournalQuery {
            noun: Some("document".into()),
            record_id: Some(document.row.id.to_string()),
            limit: 50,
            ..JournalQuery::default()
        },
    )
    .await?;
    let cx = reader.cx;
    let journal = entries(&cx, &web.app, history).await?.to_string();
    let signed = match &document.row.file {
        Some(file) => {
            let id = document.row.id.to_string();
            attachment::about(&web.app, &reader.ctx, file, Some(&id))
                .await
                .ok()
        }
        None => None,
    };
    let shown = shown(&web, cx, &document, journal, signed.as_ref());
    Ok(http::Page(shown).into_response())
}

fn shown(
    web: &Web,
    cx: Cx,
    d: &Document,
    journal: String,
    signed: Option<&attachment::Attachment>,
) -> Show {
    let library = web.app.library();
    let template = library.documents.get(&d.row.template);
    let permission = match template.map(|t| t.covers) {
        Some(Covers::Province) => Permission::Manage,
        _ => Permission::Write,
    };
    let position = State::ALL.iter().position(|s| *s == d.state).unwrap_or(0);
    let steps = steps::of(State::ALL.map(|s| cx.l(s.label())), position);
    let drafts = template
        .iter()
        .flat_map(|t| document::asked(t, d))
        .map(|asked| DraftField {
            label: cx.l(&asked.label),
            name: asked.id,
            text: asked.text,
            required: asked.required,
            line: asked.line,
        });
    let mut facts = Vec::new();
    let mut fact = |key: &str, text: String, href: Option<String>| {
        if !text.is_empty() {
            facts.push((cx.t(key), text, href));
        }
    };
    fact("document-period", d.row.period.clone(), None);
    fact("document-number", d.row.number.clone(), None);
    fact(
        "document-signed-on",
        cx.iso(d.row.signed_on.clone().unwrap_or_default()),
        None,
    );
    if let Some(file) = &d.row.file {
        let kept = signed.map(|about| {
            let looked = attachment::looked_at(&about.marking, &about.unread, &about.signers);
            format!("{} · {}", about.name, cx.l(&looked))
        });
        fact(
            "document-signed-file",
            kept.unwrap_or_else(|| cx.t("file-kept")),
            Some(path_of_file(file, &d.row.id.to_string())),
        );
    }
    fact(
        "document-sent-on",
        cx.iso(d.row.sent_on.clone().unwrap_or_default()),
        None,
    );
    if let (Some(entry), Some(closes)) = (d.row.entry, template.and_then(|t| t.closes.as_ref())) {
        let word = web
            .app
            .schema(&closes.register)
            .map_or_else(|_| closes.register.clone(), |s| cx.l(&s.label));
        fact(
            "document-entry",
            word,
            Some(format!("/registry/{}/{entry}", closes.register)),
        );
    }
    let up = d.filled.roll_up.as_ref();
    Show {
        id: d.row.id.to_string(),
        version: d.row.version,
        kind: cx.l(&d.kind),
        title: d.row.title.clone(),
        unit: d.unit.clone(),
        state: d.state,
        steps,
        may_write: cx.may(permission) && template.is_some(),
        no_printer: !document::available(),
        drafts: drafts.collect(),
        place: d.row.place.clone(),
        signer: d.row.signer.clone(),
        facts,
        missing: template.map_or_else(Vec::new, |t| {
            document::missing(t, d).iter().map(|l| cx.l(l)).collect()
        }),
        numbers: d
            .filled
            .numbers
            .values()
            .map(|n| (cx.l(&n.label), n.text.clone(), cx.l(&n.source)))
            .collect(),
        filled_at: d.row.filled_at,
        sent: up.map_or_else(Vec::new, |up| {
            up.sent
                .iter()
                .map(|s| {
                    (
                        s.unit.clone(),
                        format!("/documents/{}", s.id),
                        s.number.clone(),
                    )
                })
                .collect()
        }),
        otherwise: up.map_or_else(Vec::new, |up| {
            let all = up.otherwise.iter();
            all.map(|(name, on)| (name.clone(), cx.iso(on))).collect()
        }),
        exempt: up.map_or_else(Vec::new, |up| up.exempt.clone()),
        absent: up.map_or_else(Vec::new, |up| {
            up.missing
                .iter()
                .map(|(code, name)| (name.clone(), format!("/units/{}", http::encode(code))))
                .collect()
        }),
        rolls_up: up.is_some(),
        today: web.app.clock.today().to_string(),
        journal,
        cx,
    }
}

/// What a form says, with the version that was read.
async fn form(request: Request) -> Result<(Params, i64), Fault> {
    let fields = receive(request, 0).await?.fields;
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

/// `POST /documents/{id}`: what a person wrote; `then=review` finds it good at once.
async fn write(
    Shared(web): Shared<Web>,
    reader: Reader,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Fault> {
    let (fields, version) = form(request).await?;
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
    let written = document::write(&web.app, &reader.ctx, &id, version, writing).await?;
    if fields.get("then") == "review" {
        document::review(&web.app, &reader.ctx, &id, written.row.version).await?;
        return Ok(done(&format!("/documents/{id}"), "document-reviewed"));
    }
    Ok(done(&format!("/documents/{id}"), "saved"))
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
        "refill" => {
            document::refill(app, ctx, &id, version).await?;
            "document-refilled"
        }
        "review" => {
            document::review(app, ctx, &id, version).await?;
            "document-reviewed"
        }
        "reopen" => {
            document::reopen(app, ctx, &id, version).await?;
            "document-reopened"
        }
        "send" => {
            document::send(app, ctx, &id, version, fields.get("sent_on")).await?;
            "document-sent"
        }
        _ => return Err(Problem::not_found(&Label::new("bước", "step"), &step).into()),
    };
    Ok(done(&format!("/documents/{id}"), told))
}

/// `POST /documents/{id}/sign`: number, day, signer, and the signed file.
async fn sign(
    Shared(web): Shared<Web>,
    reader: Reader,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Fault> {
    let mut upload = receive(request, attachment::max_bytes(&web.app)).await?;
    let version = version(&upload.fields)?;
    let document = document::get(&web.app, &reader.ctx, &id).await?;
    let Some(file) = upload.files.pop() else {
        return Err(Problem::invalid(
            "document",
            vec![FieldProblem::new(
                "file",
                "Chọn bản quét hoặc tệp đã ký số",
                "Choose the scan or the digitally signed file",
            )],
        )
        .into());
    };
    let organization = document.row.organization;
    let file =
        attachment::stage(&web.app, &reader.ctx, organization, &file.name, file.bytes).await?;
    let signed = Signed {
        number: upload.fields.get("number").to_owned(),
        signed_on: upload.fields.get("signed_on").to_owned(),
        signer: upload.fields.get("signer").to_owned(),
        file,
    };
    document::sign(&web.app, &reader.ctx, &id, version, signed).await?;
    Ok(done(&format!("/documents/{id}"), "document-signed"))
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
pub async fn api_list(
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
pub async fn api_get(
    Shared(web): Shared<Web>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let document = document::get(&web.app, &reader.ctx, &id).await?;
    Ok(Json(body(&document)).into_response())
}
