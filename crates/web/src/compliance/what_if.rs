//! `/compliance/what-if`: a draft tried on today's facts. Nothing is written.

use std::collections::BTreeMap;

use app::assess::{self, WhatIf};
use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{
    authority::Permission,
    problem::{FieldProblem, Problem, ProblemKind},
};
use policy::{
    Library, Memory,
    compare::{ClauseChange, Fate, RegulationChange},
};

use super::page::{ChangeRow, Trial, TurnedRow, WhatIfPage};
use crate::{
    cx::Cx,
    http::{self, Fault, Reader, receive},
    server::Web,
};

/// A draft is text that people write.
const MAX_BYTES: usize = 4 << 20;

/// Verdicts shown on the page; the command line prints all of them.
const SHOWN: usize = 500;

/// The form.
pub async fn form(reader: Reader) -> Result<Response, Fault> {
    reader.ctx.actor.scope(Permission::Settings)?;
    Ok(http::Page(WhatIfPage {
        problem: None,
        trial: None,
        cx: reader.cx,
    })
    .into_response())
}

/// Tries what was sent.
pub async fn attempt(
    State(web): State<Web>,
    reader: Reader,
    request: Request,
) -> Result<Response, Fault> {
    reader.ctx.actor.scope(Permission::Settings)?;
    let upload = receive(request, MAX_BYTES).await?;
    let files = upload.files.into_iter().map(|f| (f.name, f.bytes));
    let read = match draft(files) {
        Ok(files) => assess::draft(&web.app, &reader.ctx, files).await,
        Err(problem) => Err(problem),
    };
    let library = match read {
        Ok(library) => library,
        Err(problem) if problem.kind == ProblemKind::Invalid => {
            let page = WhatIfPage {
                problem: Some(problem),
                trial: None,
                cx: reader.cx,
            };
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, http::Page(page)).into_response());
        }
        Err(problem) => return Err(problem.into()),
    };
    let trial = assess::what_if(&web.app, &reader.ctx, library.clone()).await?;
    Ok(http::Page(WhatIfPage {
        problem: None,
        trial: Some(shown(&reader.cx, &web.app.library(), &library, &trial)),
        cx: reader.cx,
    })
    .into_response())
}

/// The files as a part of a policy: each under `regulations/` by its own name.
fn draft(files: impl Iterator<Item = (String, Vec<u8>)>) -> Result<Memory, Problem> {
    let refused = |vi: String, en: String| {
        Problem::invalid("policy", vec![FieldProblem::new("draft", vi, en)])
    };
    let mut out = BTreeMap::new();
    for (name, bytes) in files {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if !name.chars().all(plain) || !name.ends_with(".yaml") {
            return Err(refused(
                format!("“{name}”: tên tệp phải là mã quy chế, đuôi .yaml"),
                format!("“{name}”: the name must be the id of the regulation, ending in .yaml"),
            ));
        }
        let Ok(text) = String::from_utf8(bytes) else {
            return Err(refused(
                format!("{name} không phải văn bản UTF-8"),
                format!("{name} is not UTF-8 text"),
            ));
        };
        out.insert(format!("regulations/{name}"), text);
    }
    if out.is_empty() {
        return Err(refused(
            "Chưa chọn tệp nào".into(),
            "No file was chosen".into(),
        ));
    }
    Ok(Memory(out))
}

fn shown(cx: &Cx, library: &Library, draft: &Library, trial: &WhatIf) -> Trial {
    let short = |id: &str| {
        let held = draft.regulations.get(id).or(library.regulations.get(id));
        held.map_or_else(|| id.to_owned(), |r| cx.l(&r.short))
    };
    Trial {
        changes: trial.changes.iter().map(|c| change(cx, c)).collect(),
        turned: trial
            .turned
            .iter()
            .take(SHOWN)
            .map(|turned| TurnedRow {
                code: turned.unit.clone(),
                unit: turned.name.clone(),
                place: format!("{} {}", short(&turned.regulation), turned.cite),
                summary: cx.l(&turned.summary),
                before: turned.before.map(Into::into),
                after: turned.after.map(Into::into),
            })
            .collect(),
        total: trial.turned.len(),
        stay: trial.stay,
        units: trial.units,
    }
}

fn fate(cx: &Cx, fate: Fate) -> String {
    cx.t(format!("fate-{}", fate.code()))
}

fn change(cx: &Cx, change: &RegulationChange) -> ChangeRow {
    let told = |clause: &ClauseChange| {
        let mut what: Vec<String> = clause
            .parts
            .iter()
            .map(|part| cx.t(format!("part-{}", part.name())))
            .collect();
        if clause.worded && what.is_empty() {
            what.push(cx.t("part-words"));
        }
        [
            fate(cx, clause.fate),
            clause.old.join(", "),
            clause.new.join(", "),
            what.join(", "),
        ]
    };
    let differs = |c: &&ClauseChange| c.fate != Fate::Same || c.worded || c.old != c.new;
    let name = match (&change.old, &change.new) {
        (Some(old), Some(new)) if old != new => format!("{old} → {new}"),
        (Some(id), _) | (None, Some(id)) => id.clone(),
        (None, None) => String::new(),
    };
    let counts = Fate::ALL.into_iter().filter(|f| change.count(*f) > 0);
    let counts = counts.map(|f| format!("{} {}", cx.n(change.count(f)), fate(cx, f)));
    ChangeRow {
        name,
        counts: counts.collect::<Vec<String>>().join(" · "),
        clauses: change.clauses.iter().filter(differs).map(told).collect(),
    }
}
