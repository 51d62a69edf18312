//! The addresses of flows.

use std::collections::BTreeMap;

use app::{
    document::Paper,
    flow::{self, Begin, Desk, FlowQuery, Offer, Taking, Waiting},
    registry::{self, RecordQuery},
};
use axum::{
    Form,
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
};
use domain::{
    id::Id,
    label::Label,
    problem::{Problem, ProblemKind},
    schema::Schema,
};
use serde::Deserialize;

use super::{
    page::{AboutField, Index, Naming, New, OfferRow, PaperRow, Row, SubstituteRow, Waits},
    show,
};
use crate::{
    cx::Cx,
    http::{self, Fault, Params, Reader, done, receive},
    page::Routes,
    paging::Pages,
    registry::form::{Choices, Filled, inputs},
    server::Web,
};

/// Requests on one page.
const SIZE: usize = 50;

/// The routes of flows.
pub fn routes() -> Routes {
    Routes::new()
        .get("/flows", index)
        .get("/flows/waits", waits)
        .get("/flows/waiting", waiting)
        .get("/flows/new/{flow}", new)
        .post("/flows/new/{flow}", begin)
        .post("/flows/substitutes", name_substitute)
        .post("/flows/substitutes/{id}/end", end_substitute)
        .get("/flows/{id}", show_one)
        .post("/flows/{id}/steps/{step}", step)
        .post("/flows/{id}/withdraw", withdraw)
        .post("/flows/{id}/effects/{effect}/again", again)
        .merge(super::api::routes())
}

/// The page of a flow.
fn page_of(id: &str) -> String {
    format!("/flows/{}", http::encode(id))
}

fn row(cx: &Cx, waiting: &Waiting) -> Row {
    let words = |labels: &[Label]| {
        let words: Vec<String> = labels.iter().map(|label| cx.l(label)).collect();
        words.join(" · ")
    };
    let row = &waiting.row;
    Row {
        href: page_of(&row.id.to_string()),
        title: row.title.clone(),
        kind: cx.l(&waiting.kind),
        unit: waiting.unit.clone(),
        state: cx.l(&waiting.state),
        steps: words(&waiting.steps),
        optional: words(&waiting.optional),
        in_place_of: waiting.in_place_of.clone(),
        due: row
            .due_on
            .as_ref()
            .map_or_else(String::new, |day| cx.iso(day)),
        late: waiting.late,
        since: row.entered_at,
    }
}

fn paper(cx: &Cx, paper: &Paper) -> PaperRow {
    PaperRow {
        href: format!("/documents/{}", paper.id),
        title: cx.l(&paper.kind),
        kind: paper.period.clone(),
        unit: paper.unit.clone(),
        state: format!("{}: {}", cx.l(paper.state.label()), cx.l(&paper.step)),
        since: paper.since,
    }
}

/// `GET /flows/waiting`: what waits for the reader, without the rest of the page.
async fn waiting(State(web): State<Web>, reader: Reader) -> Result<Response, Fault> {
    let desk = flow::waiting(&web.app, &reader.ctx).await?;
    let cx = reader.cx;
    let page = super::page::Waiting {
        waiting: desk.waiting.iter().map(|each| row(&cx, each)).collect(),
        optional: desk.optional.iter().map(|each| row(&cx, each)).collect(),
        papers: desk.papers.iter().map(|each| paper(&cx, each)).collect(),
        cx,
    };
    Ok(http::Page(page).into_response())
}

async fn index(State(web): State<Web>, reader: Reader, params: Params) -> Result<Response, Fault> {
    let shown = (params.get("ended") == "true", params.number("offset"));
    let page = page(&web, reader, shown, (Naming::default(), None));
    Ok(http::Page(page.await?).into_response())
}

async fn page(
    web: &Web,
    reader: Reader,
    (ended, offset): (bool, usize),
    (naming, problem): (Naming, Option<Problem>),
) -> Result<Index, Fault> {
    let (app, ctx) = (&web.app, &reader.ctx);
    let Desk {
        waiting,
        optional,
        papers,
    } = flow::waiting(app, ctx).await?;
    let query = FlowQuery {
        ended: Some(ended),
        offset: i64::try_from(offset).unwrap_or(i64::MAX),
        limit: i64::try_from(SIZE).unwrap_or(i64::MAX),
        ..FlowQuery::default()
    };
    let (all, total) = flow::list(app, ctx, &query).await?;
    let offers = flow::offers(app, ctx)?;
    let substitutes = flow::substitutes(app, ctx).await?;
    let cx = reader.cx;
    let many = usize::try_from(total).unwrap_or(0);
    let others = if ended { "ended=true" } else { "" };
    let pages = Pages::new(&cx, "/flows", others, offset, SIZE, many);
    Ok(Index {
        pages: if many > SIZE {
            pages.to_string()
        } else {
            String::new()
        },
        waiting: waiting.iter().map(|each| row(&cx, each)).collect(),
        optional: optional.iter().map(|each| row(&cx, each)).collect(),
        papers: papers.iter().map(|each| paper(&cx, each)).collect(),
        offers: (offers.iter())
            .map(|Offer { flow, .. }| OfferRow {
                href: format!("/flows/new/{}", flow.id),
                icon: flow.icon.clone().unwrap_or_else(|| "inbox".into()),
                title: cx.l(&flow.title),
                about: cx.l(&flow.describes),
            })
            .collect(),
        ended,
        all: all.iter().map(|each| row(&cx, each)).collect(),
        total,
        may_name: ctx.actor.account.is_some(),
        substitutes: SubstituteRow::all(&cx, substitutes),
        naming,
        problem,
        cx,
    })
}

/// `GET /flows/waits`: how many wait, for the head of every page.
async fn waits(State(web): State<Web>, reader: Reader) -> Result<Response, Fault> {
    let n = flow::waits(&web.app, &reader.ctx).await?;
    Ok(http::Page(Waits { cx: reader.cx, n }).into_response())
}

/// More records than this are not offered: they are typed.
const OFFERED: i64 = 200;

/// The record, or the unit, that a flow is to be about.
async fn about(
    web: &Web,
    reader: &Reader,
    offer: &Offer,
    value: &str,
    problem: Option<&Problem>,
) -> Result<AboutField, Problem> {
    let (name, noun) = match offer.flow.about.as_deref() {
        Some(noun) => ("subject", noun),
        None => ("organization", "organization"),
    };
    let schema = web.app.schema(noun)?;
    let query = RecordQuery {
        limit: OFFERED,
        ..RecordQuery::default()
    };
    let page = registry::list(&web.app, &reader.ctx, noun, &query).await?;
    let key = schema.unique();
    let choice = |record: &domain::record::Record| {
        let id = record.id.to_string();
        let key = key.map_or(id.as_str(), |key| record.text(&key.name));
        (key.to_owned(), record.text(&schema.title).to_owned())
    };
    let wrong = problem.and_then(|p| p.fields.iter().find(|wrong| wrong.field == name));
    let cx = &reader.cx;
    let none = page.records.is_empty().then(|| {
        let what = cx.tx("flow-nothing-to-choose", cx.l(&schema.label).to_lowercase());
        let may = reader.ctx.actor.writes(&schema).is_ok();
        (what, may.then(|| format!("/registry/{noun}/new")))
    });
    Ok(AboutField {
        none,
        name,
        label: reader.cx.l(&schema.label),
        value: value.to_owned(),
        wrong: wrong.map(|wrong| reader.cx.l(&wrong.message)),
        choices: page.records.iter().map(choice).collect(),
    })
}

async fn form(
    web: &Web,
    reader: Reader,
    offer: &Offer,
    (once, of, filled): (String, &str, Filled),
    (open, problem): (Option<String>, Option<Problem>),
) -> Result<New, Fault> {
    let of = about(web, &reader, offer, of, problem.as_ref()).await?;
    let cx = reader.cx;
    let inputs = inputs(&cx, &offer.form, &filled, &Choices::new(), problem.as_ref());
    // Told what will be replaced, the same button means it.
    let tells = |p: &Problem| p.kind == ProblemKind::Conflict && !p.fields.is_empty();
    let knowing = problem.as_ref().is_some_and(tells);
    let marked = |field: &str| field == of.name || inputs.iter().any(|i| i.name == field);
    Ok(New {
        problem: problem.map(|p| unmarked(p, marked)),
        knowing,
        open,
        action: format!("/flows/new/{}", offer.flow.id),
        title: cx.l(&offer.flow.title),
        about: cx.l(&offer.flow.describes),
        button: cx.l(&offer.flow.begin.label),
        once,
        of,
        inputs,
        cx,
    })
}

/// A problem without the fields that are marked where they stand.
pub(super) fn unmarked(problem: Problem, marked: impl Fn(&str) -> bool) -> Problem {
    let mut problem = problem;
    problem.fields.retain(|wrong| !marked(&wrong.field));
    problem
}

/// `GET /flows/new/{flow}`: the record, or the unit, may be named in the address.
async fn new(
    State(web): State<Web>,
    reader: Reader,
    Path(flow): Path<String>,
    params: Params,
) -> Result<Response, Fault> {
    let offer = flow::offer(&web.app, &reader.ctx, &flow)?;
    let once = Id::new(web.app.clock.now_ms()).to_string();
    let name = if offer.flow.about.is_some() {
        "subject"
    } else {
        "organization"
    };
    let of = params.get(name);
    let page = form(
        &web,
        reader,
        &offer,
        (once, of, Filled::new()),
        (None, None),
    )
    .await?;
    Ok(http::Page(page).into_response())
}

/// What was typed into the fields of a form.
fn typed(schema: &Schema, fields: &Params) -> BTreeMap<String, String> {
    let text = |name: &String| (name.clone(), fields.get(name).to_owned());
    schema.fields.iter().map(|f| text(&f.name)).collect()
}

/// `POST /flows/new/{flow}`.
async fn begin(
    State(web): State<Web>,
    reader: Reader,
    Path(flow): Path<String>,
    request: Request,
) -> Result<Response, Fault> {
    let offer = flow::offer(&web.app, &reader.ctx, &flow)?;
    let fields = receive(request, 0).await?.fields;
    let begin = Begin {
        flow,
        id: fields.get("once").parse().ok(),
        organization: fields.get("organization").to_owned(),
        subject: fields.get("subject").to_owned(),
        typed: typed(&offer.form, &fields),
        knowing: fields.get("knowing") == "true",
    };
    match flow::begin(&web.app, &reader.ctx, &begin).await {
        Ok(row) => Ok(done(&page_of(&row.id.to_string()), "saved")),
        Err(problem) if problem.keeps_text() => {
            let of = match offer.flow.about {
                Some(_) => &begin.subject,
                None => &begin.organization,
            };
            let given = (
                fields.get("once").to_owned(),
                of.as_str(),
                begin.typed.clone(),
            );
            let open = match problem.kind {
                ProblemKind::Conflict => flow::open_about(&web.app, &reader.ctx, &begin).await?,
                _ => None,
            };
            let open = open.map(|row| page_of(&row.id.to_string()));
            let told = (open, Some(problem.clone()));
            let page = form(&web, reader, &offer, given, told).await?;
            Ok(Fault::from(problem).shown_on(http::Page(page)))
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn show_one(
    State(web): State<Web>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    Ok(http::Page(show::page(&web, reader, &id, None).await?).into_response())
}

/// `POST /flows/{id}/steps/{step}`: with `version`, `seen` and the fields of the form.
async fn step(
    State(web): State<Web>,
    reader: Reader,
    Path((id, step)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Fault> {
    let fields = receive(request, 0).await?.fields;
    let own = |(name, _): &&(String, String)| !["version", "seen"].contains(&name.as_str());
    let typed: BTreeMap<String, String> = fields.0.iter().filter(own).cloned().collect();
    let taking = Taking {
        step: step.clone(),
        // Who says none has read none.
        version: fields.get("version").parse().unwrap_or(0),
        typed: typed.clone(),
        seen: fields.get("seen").to_owned(),
    };
    match flow::take(&web.app, &reader.ctx, &id, &taking).await {
        Ok(_) => Ok(done(&page_of(&id), "saved")),
        Err(problem) if problem.keeps_text() => {
            let refused = (step.as_str(), &typed, Some(problem.clone()));
            // What is chosen on the page leads back to it: nobody gets the address of a step.
            let mut reader = reader;
            reader.cx.page = Some(page_of(&id));
            let page = show::page(&web, reader, &id, Some(refused)).await?;
            Ok(Fault::from(problem).shown_on(http::Page(page)))
        }
        Err(problem) => Err(problem.into()),
    }
}

#[derive(Debug, Deserialize)]
struct Version {
    version: i64,
}

async fn withdraw(
    State(web): State<Web>,
    reader: Reader,
    Path(id): Path<String>,
    Form(Version { version }): Form<Version>,
) -> Result<Response, Fault> {
    flow::withdraw(&web.app, &reader.ctx, &id, version).await?;
    Ok(done(&page_of(&id), "saved"))
}

async fn again(
    State(web): State<Web>,
    reader: Reader,
    Path((id, effect)): Path<(String, String)>,
) -> Result<Response, Fault> {
    flow::again(&web.app, &reader.ctx, &id, &effect).await?;
    Ok(done(&format!("{}#effects", page_of(&id)), "saved"))
}

/// The form of a substitute.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    login: String,
    starts_on: String,
    ends_on: String,
}

async fn name_substitute(
    State(web): State<Web>,
    reader: Reader,
    Form(named): Form<Named>,
) -> Result<Response, Fault> {
    let days = (named.starts_on.as_str(), named.ends_on.as_str());
    match flow::name_substitute(&web.app, &reader.ctx, &named.login, days).await {
        Ok(_) => Ok(done("/flows#substitutes", "saved")),
        Err(problem) if problem.keeps_text() => {
            let Named {
                login,
                starts_on,
                ends_on,
            } = named;
            let naming = Naming {
                login,
                starts_on,
                ends_on,
            };
            let mut reader = reader;
            reader.cx.page = Some("/flows".to_owned());
            let page = page(&web, reader, (false, 0), (naming, Some(problem.clone()))).await?;
            Ok(Fault::from(problem).shown_on(http::Page(page)))
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn end_substitute(
    State(web): State<Web>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let ended = flow::end_substitute(&web.app, &reader.ctx, &id).await?;
    let page = match reader.me.account {
        own if own == ended.account => "/flows#substitutes".to_owned(),
        own if own == ended.substitute => "/me#substitutes".to_owned(),
        _ => format!("/accounts/{}", ended.account),
    };
    Ok(done(&page, "saved"))
}
