//! `GET /compliance/{regulation}/{cite}/{unit}`: one verdict, why, since when, and what mends it.

use std::collections::{BTreeSet, HashMap};

use app::{
    App, Ctx,
    assess::{self, ControlEvidence, VerdictView},
    search,
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use domain::{
    authority::Permission,
    label::Lang,
    problem::{Problem, ProblemKind},
};
use policy::{Control, Library, Status, control::Asks};
use serde_json::Value;

use super::{
    look_back::{LookBack, at, moment},
    page::{AttestForm, Cell, ControlVerdict, RefusedAnswer, VerdictPage},
    remedy,
    route::find,
    timeline::{self, Span},
    waiting, words,
};
use crate::{
    cx::Cx,
    format,
    http::{self, Fault, Params, Reader},
    i18n,
    mark::Mark,
    registry::path_of_file,
    server::Web,
};

/// How many days of history the picture shows.
const DAYS: i64 = 90;

/// One verdict.
pub async fn page(
    State(web): State<Web>,
    reader: Reader,
    Path((id, cite, unit)): Path<(String, String, String)>,
    params: Params,
) -> Result<Response, Fault> {
    let at = [id.as_str(), cite.as_str(), unit.as_str()];
    Ok(http::Page(shown(&web.app, reader, at, &params, None).await?).into_response())
}

/// The page of a regulation's clause and a unit; `refused` is an answer that was not taken.
pub(super) async fn shown(
    app: &App,
    reader: Reader,
    [id, cite, unit]: [&str; 3],
    params: &Params,
    refused: Option<RefusedAnswer>,
) -> Result<VerdictPage, Fault> {
    let ctx = &reader.ctx;
    let board = assess::board(app, ctx, moment(params)?).await?;
    find(&board, id)?;
    let view = match assess::verdict(app, ctx, &board, id, cite, unit).await {
        Err(mut problem) if problem.kind == ProblemKind::NotFound && board.as_of.is_some() => {
            problem.next = i18n::label("verdict-none");
            return Err(problem.into());
        }
        Err(mut problem) if problem.kind == ProblemKind::NotFound => {
            if let Ok((_, false)) = assess::organization(app, ctx, &board, unit).await {
                problem.what = i18n::label("verdict-not-yet");
                problem.next = i18n::label("unit-not-judged");
            }
            return Err(problem.into());
        }
        other => other?,
    };
    let mut page = build(app, ctx, reader.cx, &view, params).await?;
    if let Some(refused) = refused {
        let of = |form: &&mut AttestForm| form.control == refused.control;
        if let Some(form) = page.attestations.iter_mut().find(of) {
            form.refused = Some(refused);
        }
    }
    Ok(page)
}

async fn build(
    app: &App,
    ctx: &Ctx,
    cx: Cx,
    view: &VerdictView,
    params: &Params,
) -> Result<VerdictPage, Fault> {
    let library = app.library();
    let (cite, unit, status) = (&view.clause.cite, &view.unit, view.cell.status);
    let here = format!("/compliance/{}/{cite}/{}", view.regulation.id, unit.code);
    let said = |control: &Control| {
        view.evidence
            .controls
            .iter()
            .find(|each| each.control == control.id)
    };
    let deciding = view
        .controls
        .iter()
        .find(|control| said(control).is_some_and(|each| each.status == status))
        .or(view.controls.first());
    let wants = !matches!(status, Status::Met | Status::NotApplicable | Status::Waived);
    let history: Vec<Span> = view
        .history
        .iter()
        // An interval that ended as it began was corrected before it held.
        .filter(|row| row.valid_to.is_none_or(|to| to > row.valid_from))
        .map(|row| Span {
            mark: Mark::of_verdict(&row.status),
            from: row.valid_from,
            to: row.valid_to,
        })
        .collect();
    let mut attestations = Vec::new();
    for control in &view.controls {
        attestations.extend(attest_form(app, ctx, &cx, control, view).await?);
    }
    let links = links(app, ctx, view).await?;
    let mut about = words::about(&cx, &library, &view.clause);
    let rests_on = view.evidence.basis();
    let rests_on = rests_on.map_or_else(String::new, |b| cx.t(words::basis_in_full(b)));
    if let Some(waived) = &view.evidence.waived {
        about.push((cx.t("verdict-waiver"), waived.clone()));
    }
    if let Some(row) = &view.interval {
        about.push((cx.t("verdict-recorded"), format::datetime(row.recorded_at)));
    }
    about.push((cx.t("verdict-pack-hash"), view.cell.basis.to_string()));
    about.push((
        cx.t("verdict-evidence-hash"),
        view.cell.evidence_hash.clone(),
    ));
    Ok(VerdictPage {
        id: view.regulation.id.clone(),
        short: cx.l(&view.regulation.short),
        cite: cite.clone(),
        cite_in_words: words::cite(&cx, cite),
        summary: cx.l(&view.clause.summary),
        unit: unit.name.clone(),
        unit_code: unit.code.clone(),
        as_of: LookBack::of(params),
        at: at(params),
        mark: status.into(),
        why: words::why(&cx, &library, status, &view.evidence),
        rests_on,
        doubt: words::doubt(&cx, &library, &view.regulation.id, &view.clause),
        since: view.interval.as_ref().map(|_| view.cell.since),
        observed: observed(view),
        mend: deciding
            .filter(|_| wants)
            .map_or_else(String::new, |control| words::mend(&cx, control)),
        remedies: deciding
            .filter(|_| wants)
            .and_then(|control| {
                remedy(
                    &cx,
                    app,
                    control,
                    unit,
                    &here,
                    waiting(&view.evidence, control),
                )
            })
            .into_iter()
            .collect(),
        controls: view
            .controls
            .iter()
            .map(|control| {
                let sql = control
                    .check
                    .as_ref()
                    .and_then(|check| view.checks.get(check));
                let sql = sql.map_or("", String::as_str);
                control_verdict(&cx, &library, control, said(control), sql, &links)
            })
            .collect(),
        timeline: timeline::draw(&cx, &history, DAYS),
        history,
        attestations,
        about,
        cx,
    })
}

/// The records that the evidence names, by name: where a name is one record's alone.
async fn links(
    app: &App,
    ctx: &Ctx,
    view: &VerdictView,
) -> Result<HashMap<String, String>, Problem> {
    let titles: BTreeSet<&str> = view
        .evidence
        .controls
        .iter()
        .flat_map(|each| &each.rows)
        .filter_map(|row| row.get("subject")?.as_str())
        .filter(|title| !title.is_empty())
        .collect();
    let titles: Vec<&str> = titles.into_iter().collect();
    let named = search::titled(app, ctx, view.unit.id, &titles).await?;
    let link = |(noun, id): (String, String)| format!("/registry/{noun}/{id}");
    Ok(titles
        .into_iter()
        .zip(named)
        .filter_map(|(title, record)| Some((title.to_owned(), link(record?))))
        .collect())
}

/// When the oldest fact behind the verdict was seen.
fn observed(view: &VerdictView) -> Option<i64> {
    view.evidence
        .controls
        .iter()
        .flat_map(|each| &each.rows)
        .filter_map(|row| row.get("observed_at").and_then(Value::as_i64))
        .min()
}

/// The evidence as a table: subject and result first, then the other columns of the check.
fn control_verdict(
    cx: &Cx,
    library: &Library,
    control: &Control,
    said: Option<&ControlEvidence>,
    sql: &str,
    links: &HashMap<String, String>,
) -> ControlVerdict {
    let Some(said) = said else {
        return ControlVerdict {
            id: control.id.clone(),
            title: cx.l(&control.title),
            mark: Mark::NoData,
            heads: Vec::new(),
            rows: Vec::new(),
            about: words::control(cx, library, control, None),
            sql: sql.to_owned(),
        };
    };
    let mut columns: Vec<&str> = vec!["subject", "status", "reason"];
    let others: BTreeSet<&str> = said
        .rows
        .iter()
        .flat_map(|row| row.keys())
        .map(String::as_str)
        .collect();
    columns.extend(others.into_iter().filter(|name| {
        !matches!(
            *name,
            "unit" | "subject" | "status" | "reason" | "attestation"
        )
    }));
    let other = format!("holiday_{}", if cx.lang == Lang::Vi { "en" } else { "vi" });
    columns.retain(|name| {
        **name != *other
            && said
                .rows
                .iter()
                .any(|row| row.get(*name).is_some_and(|value| !value.is_null()))
    });
    let head = |name: &str| words::column(cx, library, name);
    let rows = said
        .rows
        .iter()
        .map(|row| {
            let value = |name: &str| row.get(name).cloned().unwrap_or(Value::Null);
            columns
                .iter()
                .map(|name| Cell {
                    head: head(name),
                    text: match (*name, value(name).as_str()) {
                        ("status", _) => String::new(),
                        ("attachment", Some(_)) => cx.t("file-kept"),
                        ("awaited", Some(fact)) => library
                            .awaited
                            .get(fact)
                            .map_or_else(|| fact.to_owned(), |known| cx.l(&known.label)),
                        ("reason", Some(code)) if !control.reasons.contains_key(code) => {
                            words::engine_reason(cx, code)
                        }
                        ("reason", Some(code)) => control.explain(code, cx.lang, &|column| {
                            row.get(column)
                                .map(|value| evidence_text(cx, column, value))
                        }),
                        (other, Some(code)) if !other.ends_with("_on") => {
                            words::code(cx, library, said, other, code)
                        }
                        (other, _) => evidence_text(cx, other, &value(other)),
                    },
                    mark: (*name == "status")
                        .then(|| value(name).as_str().map_or(Mark::NoData, Mark::of_verdict)),
                    href: match (*name, value(name).as_str()) {
                        ("attachment", Some(hash)) => {
                            let id = value("attestation");
                            Some(path_of_file(hash, id.as_str().unwrap_or_default()))
                        }
                        ("subject", Some(title)) => links.get(title).cloned(),
                        _ => None,
                    },
                    long: matches!(*name, "reason" | "statement" | "error"),
                })
                .collect()
        })
        .collect();
    let mut about = words::control(cx, library, control, Some(&said.parameters));
    let by = match said.by.as_str() {
        "duty" => "judged-by-duty",
        "attestation" => "judged-by-attestation",
        "awaited" => "judged-by-awaited",
        _ => "judged-by-check",
    };
    // Where a word stood in for a check, the verdict rests on that word.
    if let (Some(basis), Some(judged)) = (said.basis, about.first_mut()) {
        judged.1 = cx.t(words::basis_in_full(basis));
    }
    about.insert(0, (cx.t("judged-by"), cx.t(by)));
    ControlVerdict {
        id: control.id.clone(),
        title: cx.l(&control.title),
        mark: said.status.into(),
        heads: columns.into_iter().map(head).collect(),
        rows,
        about,
        sql: sql.to_owned(),
    }
}

/// A value of the evidence as people read it.
fn evidence_text(cx: &Cx, name: &str, value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Number(n) if name.ends_with("_at") => {
            n.as_i64().map_or_else(|| n.to_string(), format::datetime)
        }
        Value::Number(n) => n.as_i64().map_or_else(
            || {
                n.as_f64()
                    .map_or_else(|| n.to_string(), |x| format::decimal(cx.lang, x, 2))
            },
            |i| format::integer(cx.lang, i),
        ),
        Value::String(text) if name.ends_with("_on") => format::iso_date(text),
        Value::String(text) => text.clone(),
        Value::Bool(yes) => cx.t(if *yes { "yes" } else { "no" }),
        other => other.to_string(),
    }
}

async fn attest_form(
    app: &App,
    ctx: &Ctx,
    cx: &Cx,
    control: &Control,
    view: &VerdictView,
) -> Result<Option<AttestForm>, Fault> {
    let Some(form) = &control.attestation else {
        return Ok(None);
    };
    let answers = match form.asks() {
        Asks::Compliance => ["attest-yes", "attest-no"],
        Asks::Absence => ["attest-none", "attest-happened"],
    };
    let [yes, no] = answers.map(|key| cx.t(key));
    let last = assess::latest_attestation(app, ctx, &control.id, view.unit.id)
        .await?
        .map(|given| {
            let args = crate::i18n::args([
                ("who", given.made_by.into()),
                ("when", format::date(given.made_at).into()),
                ("until", format::date(given.valid_until).into()),
            ]);
            let said = crate::i18n::text(cx.lang, "attest-last", Some(&args)).into_owned();
            let answer = if given.holds { &yes } else { &no };
            format!("{said} {answer}: {}", given.statement)
        });
    Ok(Some(AttestForm {
        control: control.id.clone(),
        question: cx.l(&form.question),
        answers: [yes, no],
        lifetime: cx.tn("attest-lifetime", form.lifetime_days),
        attachment: words::attachment(form.attachment),
        last,
        may: cx.may(Permission::Write),
        refused: None,
    }))
}
