//! The addresses of inspections.

use app::{
    attachment,
    inspection::{self, Inspection, Raised, STEPS},
    registry,
};
use axum::{
    Form, Router,
    extract::{DefaultBodyLimit, Path, Request, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use domain::{
    authority::Permission,
    id::{Id, OrganizationId},
    label::Label,
    noun,
    problem::Problem,
    record::Record,
};
use serde::Deserialize;

use super::page::{FindingRow, Index, ItemRow, Row, Show};
use crate::{
    compliance::words,
    cx::Cx,
    http::{self, Fault, Params, Reader, done, receive},
    mark::Mark,
    registry::path_of_file,
    server::Web,
    steps,
};

/// The routes of inspections.
pub fn routes() -> Router<Web> {
    Router::new()
        .route("/inspections", get(index))
        .route("/inspections/{code}", get(show))
        .route("/inspections/{code}/draw", post(draw))
        .route("/inspections/{code}/advance", post(advance))
        .route("/inspections/items/{id}", post(answer))
        .route("/inspections/items/{id}/finding", post(raise))
        .route("/inspections/findings/{id}/recheck", post(recheck))
        .route(
            "/inspections/findings/{id}/mended",
            post(mended).layer(DefaultBodyLimit::disable()),
        )
}

/// The word of a choice of a noun's field.
fn choice(cx: &Cx, noun: &str, field: &str, code: &str) -> String {
    noun::get(noun)
        .and_then(|schema| schema.field(field)?.choices.get(code))
        .map_or_else(|| code.to_owned(), |label| cx.l(label))
}

fn choices(cx: &Cx, noun: &str, field: &str, given: &str) -> Vec<(String, String, bool)> {
    let field = noun::get(noun).and_then(|schema| schema.field(field));
    let all = field.into_iter().flat_map(|f| &f.choices);
    all.map(|(code, label)| (code.clone(), cx.l(label), code == given))
        .collect()
}

async fn index(State(web): State<Web>, reader: Reader) -> Result<Response, Fault> {
    let rounds = inspection::list(&web.app, &reader.ctx).await?;
    let cx = reader.cx;
    let rows = rounds
        .iter()
        .map(|r| Row {
            href: format!("/inspections/{}", r.text("code")),
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

async fn show(
    State(web): State<Web>,
    reader: Reader,
    Path(code): Path<String>,
    params: Params,
) -> Result<Response, Fault> {
    let (app, ctx) = (&web.app, &reader.ctx);
    let mut told = inspection::get(app, ctx, &code, None).await?;
    // One unit's list at a time: a province's would be thousands of lines.
    let wanted = match params.get("unit") {
        "" => told.units.first().map(|(code, _)| code.clone()),
        unit => Some(unit.to_owned()),
    };
    told.items
        .retain(|item| wanted.as_deref().is_some_and(|unit| item.unit == unit));
    Ok(http::Page(build(
        reader.cx,
        &told,
        wanted.as_deref().unwrap_or_default(),
    ))
    .into_response())
}

fn build(cx: Cx, told: &Inspection, unit: &str) -> Show {
    let (round, status) = (&told.record, told.record.text("status"));
    let at = STEPS.iter().position(|s| *s == status).unwrap_or(0);
    let word = |code: &str| choice(&cx, "inspection-round", "status", code);
    let steps = steps::of(STEPS.iter().map(|step| word(step)), at);
    let may_manage = cx.may(Permission::Manage);
    let next = STEPS.get(at + 1).filter(|_| may_manage);
    let total: usize = told.counts.values().sum();
    let open = told.counts.get("open").copied().unwrap_or(0);
    let about = ["team", "notified_on", "starts_on", "ends_on", "conclusion"]
        .into_iter()
        .filter_map(|name| {
            let field = noun::get("inspection-round")?.field(name)?;
            let value = match name {
                "team" | "conclusion" => round.text(name).to_owned(),
                _ => cx.iso(round.text(name)),
            };
            (!round.text(name).is_empty()).then(|| (cx.l(&field.label), value))
        })
        .collect();
    Show {
        id: round.id.to_string(),
        version: round.version,
        code: round.text("code").to_owned(),
        name: round.text("name").to_owned(),
        steps,
        next: next.map_or_else(String::new, |step| word(step)),
        concludes: next == Some(&"concluded"),
        may_draw: may_manage && at < 3,
        may_manage,
        may_report: cx.may(Permission::Write),
        about,
        counts: choices(&cx, "inspection-item", "result", "")
            .into_iter()
            .filter_map(|(code, word, _)| Some((word, *told.counts.get(&code)?)))
            .collect(),
        total,
        share: ((total - open) * 100).checked_div(total).unwrap_or(0),
        units: told
            .units
            .iter()
            .map(|(code, name)| (code.clone(), name.clone(), code == unit))
            .collect(),
        items: told
            .items
            .iter()
            .map(|item| {
                let r = &item.record;
                let href = format!(
                    "/compliance/{}/{}/{}",
                    r.text("regulation"),
                    r.text("clause"),
                    item.unit
                );
                let raised = told
                    .findings
                    .iter()
                    .any(|f| f.text("code") == r.text("code"));
                ItemRow {
                    id: r.id.to_string(),
                    version: r.version,
                    cite: words::cite(&cx, r.text("clause")),
                    asked: r.text("asked").to_owned(),
                    verdict: item.verdict.map(|v| (Mark::from(v), href)),
                    results: choices(&cx, "inspection-item", "result", r.text("result")),
                    result: choice(&cx, "inspection-item", "result", r.text("result")),
                    note: r.text("note").to_owned(),
                    may_answer: item.may_answer,
                    may_raise: may_manage && item.may_answer && !raised,
                }
            })
            .collect(),
        findings: told
            .findings
            .iter()
            .map(|f| finding(&cx, told, f))
            .collect(),
        cx,
    }
}

fn finding(cx: &Cx, told: &Inspection, f: &Record) -> FindingRow {
    let unit = told
        .items
        .iter()
        .find(|item| item.record.get("organization") == f.get("organization"))
        .map(|item| item.unit.clone())
        .or_else(|| f.text("code").split('/').nth(1).map(str::to_owned));
    let unit = unit.unwrap_or_default();
    let name = told.units.iter().find(|(code, _)| *code == unit);
    let today = domain::clock::local_date(domain::clock::from_ms(cx.now)).to_string();
    let status = f.text("status");
    FindingRow {
        id: f.id.to_string(),
        version: f.version,
        unit: name.map_or(unit, |(_, name)| name.clone()),
        cite: words::cite(cx, f.text("clause")),
        summary: f.text("summary").to_owned(),
        severity: choice(cx, "finding", "severity", f.text("severity")),
        action: format!("{} · {}", f.text("action"), f.text("action_owner")),
        due: cx.iso(f.text("due_on")),
        late: status != "closed" && f.text("due_on") < today.as_str(),
        status_word: choice(cx, "finding", "status", status),
        status: status.to_owned(),
        mended_note: f.text("mended_note").to_owned(),
        document: match f.text("document") {
            "" => String::new(),
            sha256 => path_of_file(sha256, &f.id.to_string()),
        },
    }
}

async fn draw(
    State(web): State<Web>,
    reader: Reader,
    Path(code): Path<String>,
) -> Result<Response, Fault> {
    inspection::draw(&web.app, &reader.ctx, &code).await?;
    Ok(done(&format!("/inspections/{code}"), "saved"))
}

/// The form of a step.
#[derive(Debug, Deserialize)]
pub struct Step {
    version: i64,
    #[serde(default)]
    conclusion: String,
}

async fn advance(
    State(web): State<Web>,
    reader: Reader,
    Path(code): Path<String>,
    Form(step): Form<Step>,
) -> Result<Response, Fault> {
    let said = step.conclusion.trim();
    inspection::advance(&web.app, &reader.ctx, &code, step.version, said).await?;
    Ok(done(&format!("/inspections/{code}"), "saved"))
}

/// The form of an item.
#[derive(Debug, Deserialize)]
pub struct Answer {
    version: i64,
    #[serde(default)]
    result: String,
    #[serde(default)]
    note: String,
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

/// The page that shows an item or a finding: its code begins with the inspection's and the unit's.
fn back(record: &Record) -> String {
    let mut parts = record.text("code").split('/');
    let (round, unit) = (parts.next(), parts.next());
    format!(
        "/inspections/{}?unit={}",
        round.unwrap_or_default(),
        unit.unwrap_or_default()
    )
}

async fn answer(
    State(web): State<Web>,
    reader: Reader,
    Path(item): Path<String>,
    Form(given): Form<Answer>,
) -> Result<Response, Fault> {
    let item = id(&item, &item_label())?;
    let (app, ctx) = (&web.app, &reader.ctx);
    let note = given.note.trim();
    let saved = inspection::answer(app, ctx, item, given.version, &given.result, note).await?;
    Ok(done(&format!("{}#i-{item}", back(&saved)), "saved"))
}

/// The form of a finding.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewFinding {
    version: i64,
    summary: String,
    severity: String,
    action: String,
    action_owner: String,
    due_on: String,
}

async fn raise(
    State(web): State<Web>,
    reader: Reader,
    Path(item): Path<String>,
    Form(given): Form<NewFinding>,
) -> Result<Response, Fault> {
    let raised = Raised {
        summary: given.summary,
        severity: given.severity,
        action: given.action,
        action_owner: given.action_owner,
        due_on: given.due_on,
    };
    let item = id(&item, &item_label())?;
    let saved = inspection::raise(&web.app, &reader.ctx, item, given.version, raised).await?;
    Ok(done(&format!("{}#findings", back(&saved)), "saved"))
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
