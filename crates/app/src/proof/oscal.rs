//! Verdicts as OSCAL assessment results.

use domain::{
    authority::Permission,
    clock,
    label::{Label, Lang},
    problem::Problem,
};
use policy::{Status, oscal};
use serde_json::{Value as Json, json};

use crate::{
    App, Ctx,
    assess::{self, BoardView, Cell, Known, Unit},
};

/// A regulation as an OSCAL catalog.
///
/// # Errors
/// Denied, not found.
pub fn catalog(app: &App, ctx: &Ctx, regulation: &str, lang: Lang) -> Result<Json, Problem> {
    ctx.actor.scope(Permission::Read)?;
    let library = app.library();
    let regulation = assess::find(&library, regulation)?;
    Ok(oscal::catalog(&library, regulation, lang, app.clock.now()))
}

/// The regulations that a board holds as an OSCAL profile, with the values that were chosen.
pub fn profile(app: &App, view: &BoardView, province: &str) -> Json {
    let library = &view.library;
    let regulations = adopted(view)
        .into_iter()
        .filter_map(|id| library.regulations.get(&id));
    let chosen = app.settings().of(view.province()).chosen().common;
    oscal::profile(library, province, regulations, &chosen, app.clock.now())
}

fn adopted(view: &BoardView) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for clause in &view.board.clauses {
        if !ids.contains(&clause.regulation) {
            ids.push(clause.regulation.clone());
        }
    }
    ids
}

/// The verdicts of a board as OSCAL assessment results: one result for each organization,
/// of `unit` alone where its code is given, on one regulation where one is.
///
/// # Errors
/// Not found.
pub fn results(
    app: &App,
    view: &BoardView,
    regulation: Option<&str>,
    unit: Option<&str>,
    lang: Lang,
) -> Result<Json, Problem> {
    let units: Vec<&Unit> = match unit {
        Some(code) => vec![
            view.find(code)
                .ok_or_else(|| Problem::not_found(&Label::new("đơn vị", "unit"), code))?,
        ],
        None => view.units.iter().map(|u| &view.board.units[*u]).collect(),
    };
    if let Some(id) = regulation {
        assess::find(&view.library, id)?;
    }
    let at = view.as_of.map_or_else(|| app.clock.now_ms(), |a| a.at);
    let at = clock::from_ms(at);
    let results: Vec<Json> = units
        .iter()
        .filter_map(|unit| result(view, unit, regulation, lang, &at.to_string()))
        .collect();
    if results.is_empty() {
        return Err(Problem::not_found(
            &Label::new("kết luận", "verdict"),
            unit.unwrap_or_default(),
        ));
    }
    let plan = oscal::id(["plan"]);
    let parties: Vec<Json> = units
        .iter()
        .map(|unit| {
            json!({
                "uuid": party(unit),
                "type": "organization",
                "name": unit.name,
                "short-name": unit.code,
            })
        })
        .collect();
    let title = match lang {
        Lang::Vi => "Kết luận tuân thủ",
        Lang::En => "Verdicts on compliance",
    };
    let mut metadata = oscal::metadata(title, &at.to_string(), app.clock.now());
    metadata["parties"] = parties.into();
    if let Some(as_of) = view.as_of {
        metadata["props"] = json!([oscal::property("known", as_of.known.code())]);
    }
    Ok(json!({"assessment-results": {
        "uuid": identifier(view, ["results", &at.to_string(), regulation.unwrap_or_default(), unit.unwrap_or_default()]),
        "metadata": metadata,
        "import-ap": {"href": format!("#{plan}")},
        "results": results,
        "back-matter": {"resources": [{
            "uuid": plan,
            "title": "Giềng",
            "description": "All clauses are assessed all the time; there is no separate plan.",
        }]},
    }}))
}

/// An identifier made of names; what was judged anew has others than what was known then.
fn identifier(view: &BoardView, names: [&str; 4]) -> String {
    let known = view.is_anew().then_some(Known::Now.code());
    oscal::id(names.into_iter().chain(known))
}

fn party(unit: &Unit) -> String {
    oscal::id(["organization", &unit.id.to_string()])
}

/// The result of one organization; none where no clause binds it.
fn result(
    view: &BoardView,
    unit: &Unit,
    regulation: Option<&str>,
    lang: Lang,
    at: &str,
) -> Option<Json> {
    let bound: Vec<_> = assess::unit(view, unit.id)
        .into_iter()
        .filter(|c| regulation.is_none_or(|id| c.regulation == id))
        .filter(|c| c.cell.status != Status::NotApplicable)
        .collect();
    let (mut observations, mut findings, mut controls) = (Vec::new(), Vec::new(), Vec::new());
    for each in &bound {
        let control = oscal::control_id(each.regulation, &each.clause.cite);
        let observation = oscal::id(["observation", &each.cell.id]);
        let summary = each.clause.summary.get(lang);
        let mut props = vec![oscal::property("basis", each.basis.code())];
        // How well the clause is judged, as it was read against its text.
        let read = view
            .library
            .reading_that_holds(each.regulation, each.clause);
        props.extend(read.map(|read| oscal::property("reading", read.verdict.code())));
        observations.push(json!({
            "uuid": observation,
            "description": summary,
            "methods": [oscal::method(each.basis)],
            "props": props,
            "subjects": [{"subject-uuid": party(unit), "type": "party"}],
            "collected": clock::from_ms(each.cell.since).to_string(),
            "relevant-evidence": [{
                "description": "SHA-256 of the evidence kept",
                "props": [oscal::property("evidence-sha256", &each.cell.evidence_hash)],
            }],
        }));
        let since = (!view.is_anew()).then_some(each.cell.since);
        findings.push(finding(each.cell, since, &control, summary, &observation));
        controls.push(json!({"control-id": control}));
    }
    if findings.is_empty() {
        return None;
    }
    Some(json!({
        "uuid": identifier(view, ["result", &unit.id.to_string(), regulation.unwrap_or_default(), at]),
        "title": unit.name,
        "description": unit.code,
        "start": at,
        "end": at,
        "reviewed-controls": {"control-selections": [{"include-controls": controls}]},
        "observations": observations,
        "findings": findings,
    }))
}

fn finding(
    cell: &Cell,
    since: Option<i64>,
    control: &str,
    summary: &str,
    observation: &str,
) -> Json {
    let (state, reason) = match cell.status {
        Status::Met => ("satisfied", "pass"),
        Status::Waived | Status::NotApplicable => ("satisfied", "other"),
        Status::Breached => ("not-satisfied", "fail"),
        Status::Pending | Status::NoData | Status::Error => ("not-satisfied", "other"),
    };
    let mut props = vec![oscal::property("status", cell.status.code())];
    props.extend(since.map(|at| oscal::property("since", &clock::from_ms(at).to_string())));
    if let Some(reason) = &cell.reason {
        props.push(oscal::property("reason", reason));
    }
    json!({
        "uuid": oscal::id(["finding", &cell.id]),
        "title": control,
        "description": summary,
        "props": props,
        "target": {
            "type": "statement-id",
            "target-id": format!("{control}_smt"),
            "status": {"state": state, "reason": reason},
        },
        "related-observations": [{"observation-uuid": observation}],
    })
}
