//! The addresses of inspections.

use app::{
    attachment,
    inspection::{self, Answer, Raised},
    registry,
};
use axum::{
    Form,
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
};
use domain::{
    authority::Permission,
    id::{Id, OrganizationId},
    label::Label,
    problem::Problem,
    record::Record,
};
use serde::Deserialize;

use super::{
    page::{Index, Row},
    show::{self, Typed, choice},
};
use crate::{
    http::{self, Fault, Params, Reader, done, receive},
    page::Routes,
    server::Web,
};

/// The routes of inspections.
pub fn routes() -> Routes {
    Routes::new()
        .get("/inspections", index)
        .get("/inspections/{code}", show)
        .post("/inspections/{code}/draw", draw)
        .post("/inspections/{code}/advance", advance)
        .files("/inspections/{code}/answers", answers)
        .post("/inspections/items/{id}/finding", raise)
        .get("/inspections/findings/{id}", finding)
        .post("/inspections/findings/{id}/recheck", recheck)
        .post("/inspections/findings/{id}/time", ask_time)
        .post("/inspections/findings/{id}/time/answer", give_time)
        .files("/inspections/findings/{id}/mended", mended)
}

async fn index(State(web): State<Web>, reader: Reader) -> Result<Response, Fault> {
    let rounds = inspection::list(&web.app, &reader.ctx).await?;
    let cx = reader.cx;
    let rows = rounds
        .iter()
        .map(|r| Row {
            href: page_of(r.text("code")),
            name: r.text("name").to_owned(),
            about: format!(
                "{} · {} · {}",
                r.text("code"),
                choice(&cx, "inspection-round", "occasion", r.text("occasion")),
                cx.iso(r.text("starts_on"))
            ),
            status: choice(&cx, "inspection-round", "status", r.text("status")),
            closed: r.text("status") == "closed",
        })
        .collect();
    Ok(http::Page(Index {
        may_manage: cx.may(Permission::Manage),
        rows,
        cx,
    })
    .into_response())
}

async fn draw(
    State(web): State<Web>,
    reader: Reader,
    Path(code): Path<String>,
) -> Result<Response, Fault> {
    inspection::draw(&web.app, &reader.ctx, &code).await?;
    Ok(done(&page_of(&code), "saved"))
}

async fn show(
    State(web): State<Web>,
    reader: Reader,
    Path(code): Path<String>,
    params: Params,
) -> Result<Response, Fault> {
    let page = show::page(&web, reader, &code, params.get("unit"), &Typed::default()).await?;
    Ok(http::Page(page).into_response())
}

/// The page again, with what was typed and why it was not taken.
async fn refused(
    web: &Web,
    reader: Reader,
    (code, unit): (&str, &str),
    typed: &Typed,
) -> Result<Response, Fault> {
    let why = match (&typed.problem, typed.missed.first()) {
        (Some(problem), _) => problem.clone(),
        (None, Some(missed)) => missed.problem.clone(),
        (None, None) => Problem::internal(code),
    };
    if !why.keeps_text() {
        return Err(why.into());
    }
    let page = show::page(web, reader, code, unit, typed).await?;
    Ok(Fault::from(why).shown_on(http::Page(page)))
}

fn version(fields: &Params) -> i64 {
    // Who says none has read none.
    fields.get("version").parse().unwrap_or(0)
}

async fn advance(
    State(web): State<Web>,
    reader: Reader,
    Path(code): Path<String>,
    request: Request,
) -> Result<Response, Fault> {
    let fields = receive(request, 0).await?.fields;
    let (app, ctx, said) = (&web.app, &reader.ctx, fields.get("conclusion"));
    match inspection::advance(app, ctx, &code, version(&fields), said).await {
        Ok(_) => Ok(done(&page_of(&code), "saved")),
        Err(problem) => {
            let typed = Typed {
                problem: Some(problem),
                fields,
                ..Typed::default()
            };
            refused(&web, reader, (&code, ""), &typed).await
        }
    }
}

/// `POST /inspections/{code}/answers`: the checklist of one unit. Of each item `version.{id}`,
/// `was.{id}`, `result.{id}`, `note.{id}`; with `then=conclude` the unit concludes its own part.
async fn answers(
    State(web): State<Web>,
    reader: Reader,
    Path(code): Path<String>,
    request: Request,
) -> Result<Response, Fault> {
    // A province's regulations have hundreds of clauses, each with a note.
    let fields = receive(request, 4 * http::FORM).await?.fields;
    let (app, ctx) = (&web.app, &reader.ctx);
    let unit = fields.get("unit").to_owned();
    let mut given = Vec::new();
    for (name, version) in &fields.0 {
        let Some(item) = name.strip_prefix("version.") else {
            continue;
        };
        let field = |what: &str| fields.get(&format!("{what}.{item}")).to_owned();
        let (result, note) = (field("result"), field("note"));
        if show::mark_of(&result, &note) != field("was") {
            given.push(Answer {
                item: id(item, &item_label())?,
                version: version.parse().unwrap_or(0),
                result,
                note,
            });
        }
    }
    let outcome = match inspection::answer_all(app, ctx, given).await {
        Ok(missed) if missed.is_empty() && fields.get("then") == "conclude" => {
            let concluded = inspection::conclude_own(app, ctx, &code, &unit).await;
            concluded.map(|()| Vec::new())
        }
        other => other,
    };
    let typed = match outcome {
        Ok(missed) if missed.is_empty() => {
            let to = format!("{}?unit={}#items", page_of(&code), http::encode(&unit));
            return Ok(done(&to, "saved"));
        }
        Ok(missed) => Typed {
            fields,
            missed,
            ..Typed::default()
        },
        Err(problem) => Typed {
            problem: Some(problem),
            fields,
            ..Typed::default()
        },
    };
    refused(&web, reader, (&code, &unit), &typed).await
}

fn id(text: &str, what: &Label) -> Result<Id, Problem> {
    text.parse().map_err(|_| Problem::not_found(what, text))
}

fn item_label() -> Label {
    Label::new("mục kiểm tra", "item")
}

fn finding_label() -> Label {
    Label::new("tồn tại", "finding")
}

/// Inspection and unit of an item or a finding, whose code is `inspection/unit/regulation/clause`.
/// It is read from its end: offices write codes such as `01/KH-KT`.
fn parts(record: &Record) -> (String, String) {
    let mut parts = record.text("code").rsplitn(4, '/').skip(2);
    let unit = parts.next().unwrap_or_default().to_owned();
    (parts.next().unwrap_or_default().to_owned(), unit)
}

/// The page of an inspection.
fn page_of(code: &str) -> String {
    format!("/inspections/{}", http::encode(code))
}

/// The page that shows an item or a finding.
fn back(record: &Record) -> String {
    let (round, unit) = parts(record);
    format!("{}?unit={}", page_of(&round), http::encode(&unit))
}

/// `GET /inspections/findings/{id}`: where it stands.
async fn finding(
    State(web): State<Web>,
    reader: Reader,
    Path(finding): Path<String>,
) -> Result<Response, Fault> {
    let (round, unit) = inspection::place(&web.app, &reader.ctx, &finding).await?;
    let (page, unit) = (page_of(&round), http::encode(&unit));
    Ok(http::redirect(&format!("{page}?unit={unit}#f-{finding}")))
}

/// `POST /inspections/items/{id}/finding`.
async fn raise(
    State(web): State<Web>,
    reader: Reader,
    Path(item): Path<String>,
    request: Request,
) -> Result<Response, Fault> {
    let fields = receive(request, 0).await?.fields;
    let given = |name: &str| fields.get(name).to_owned();
    let raised = Raised {
        summary: given("summary"),
        severity: given("severity"),
        action: given("action"),
        action_owner: given("action_owner"),
        due_on: given("due_on"),
    };
    let (app, ctx) = (&web.app, &reader.ctx);
    let of = id(&item, &item_label())?;
    match inspection::raise(app, ctx, of, version(&fields), raised.clone()).await {
        Ok(saved) => Ok(done(&format!("{}#findings", back(&saved)), "saved")),
        Err(problem) => {
            let record = registry::get(app, ctx, "inspection-item", &item).await?;
            let (round, unit) = parts(&record);
            let typed = Typed {
                problem: Some(problem),
                raised: Some((item, raised)),
                ..Typed::default()
            };
            refused(&web, reader, (&round, &unit), &typed).await
        }
    }
}

/// The form of a re-check.
#[derive(Debug, Deserialize)]
pub struct Recheck {
    version: i64,
    #[serde(default)]
    holds: bool,
}

async fn recheck(
    State(web): State<Web>,
    reader: Reader,
    Path(finding): Path<String>,
    Form(given): Form<Recheck>,
) -> Result<Response, Fault> {
    let finding = id(&finding, &finding_label())?;
    let at = (finding, given.version);
    let saved = inspection::recheck(&web.app, &reader.ctx, at, given.holds).await?;
    Ok(done(&format!("{}#findings", back(&saved)), "saved"))
}

/// The form of a request for more time, and of its answer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Time {
    version: i64,
    until: String,
    reason: String,
    given: bool,
}

/// `POST /inspections/findings/{id}/time`: the unit asks for more time.
async fn ask_time(
    State(web): State<Web>,
    reader: Reader,
    Path(finding): Path<String>,
    Form(time): Form<Time>,
) -> Result<Response, Fault> {
    let at = (id(&finding, &finding_label())?, time.version);
    let (app, ctx) = (&web.app, &reader.ctx);
    let saved = inspection::ask_time(app, ctx, at, &time.until, &time.reason).await?;
    Ok(done(&format!("{}#findings", back(&saved)), "saved"))
}

/// `POST /inspections/findings/{id}/time/answer`: it is given or not.
async fn give_time(
    State(web): State<Web>,
    reader: Reader,
    Path(finding): Path<String>,
    Form(time): Form<Time>,
) -> Result<Response, Fault> {
    let at = (id(&finding, &finding_label())?, time.version);
    let saved = inspection::give_time(&web.app, &reader.ctx, at, time.given).await?;
    Ok(done(&format!("{}#findings", back(&saved)), "saved"))
}

async fn mended(
    State(web): State<Web>,
    reader: Reader,
    Path(finding): Path<String>,
    request: Request,
) -> Result<Response, Fault> {
    let (app, ctx) = (&web.app, &reader.ctx);
    let finding = id(&finding, &finding_label())?;
    let mut upload = receive(request, attachment::max_bytes(&web.app)).await?;
    let record = registry::get(app, ctx, "finding", &finding.to_string()).await?;
    let document = match (upload.files.pop(), record.get("organization").as_id()) {
        (Some(file), Some(unit)) => {
            let unit = OrganizationId(unit);
            Some(attachment::stage(app, ctx, unit, &file.name, file.bytes).await?)
        }
        _ => None,
    };
    let note = upload.fields.get("note");
    let version = upload.fields.get("version").parse().unwrap_or(0);
    let saved = inspection::mended(app, ctx, (finding, version), note, document).await?;
    Ok(done(&format!("{}#findings", back(&saved)), "saved"))
}
