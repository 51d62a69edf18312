//! What-if: a draft of the packs judged by today's facts, before anybody adopts it.
//! Nothing is written.

use std::{collections::HashSet, sync::Arc};

use domain::{
    authority::{Permission, Scope},
    clock,
    label::Label,
    problem::{FieldProblem, Problem, ProblemKind},
};
use examine::ask::Ask;
use jiff::civil::Date;
use policy::{
    Library, LoadError, Memory as Files, Status,
    compare::{self, RegulationChange},
};
use serde::Serialize;
use store::assessment::{Adoption, Unit};

use super::{
    anew::{self, LONGEST, Sheet},
    board::{Board, Cell, ClauseKey},
};
use crate::{App, Ctx, examiner};

/// A verdict that the draft would turn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Turned {
    /// The organization's code.
    pub unit: String,
    /// The organization's name.
    pub name: String,
    /// The regulation's id: of the draft, or of today where the clause is gone.
    pub regulation: String,
    /// The clause's cite there.
    pub cite: String,
    /// What it asks.
    pub summary: Label,
    /// Today's verdict; none where nobody asks it of the organization.
    pub before: Option<Status>,
    /// The verdict under the draft; none where it would no longer be asked.
    pub after: Option<Status>,
    /// The code of the reason under the draft.
    pub reason: Option<String>,
}

/// What a draft would do.
#[derive(Clone, Debug, Serialize)]
pub struct WhatIf {
    /// The regulations that differ, clause by clause.
    pub changes: Vec<RegulationChange>,
    /// The verdicts that would turn, by organization and clause.
    pub turned: Vec<Turned>,
    /// Verdicts that would stay as they are.
    pub stay: usize,
    /// Organizations looked at.
    pub units: usize,
}

/// The most clauses of all regulations with the draft.
const MOST_CLAUSES: u64 = 3_000;
/// The most verdicts: clauses × organizations.
const MOST_VERDICTS: u64 = 3_000_000;
/// The most steps that the conditions of all clauses may take for all organizations.
const MOST_STEPS: u64 = 100_000_000;

/// Lays a draft over the packs in use and lints it, in a child process first: what would
/// never end, or take all memory or stack, ends there.
///
/// # Errors
/// Invalid, with the mistakes: file, line, what to write instead; unavailable when too much
/// else is being read.
pub async fn draft(app: &App, ctx: &Ctx, files: Files) -> Result<Library, Problem> {
    ctx.actor.scope(Permission::Settings)?;
    let over = match &app.policy {
        Some(folder) => Files::over(&policy::Directory::new(folder), &files),
        None => Files::over(&policy::Embedded, &files),
    };
    let over = over.map_err(|error| unread(&error))?;
    let all = serde_json::to_vec(&over.0).map_err(|_| Problem::internal("policy"))?;
    let asked = (Ask::Draft, all.as_slice());
    let mistakes: Vec<policy::Problem> =
        examiner::ask(app, ctx, ("policy", None), "", asked).await?;
    if !mistakes.is_empty() {
        return Err(mistaken(&mistakes));
    }
    let loaded = tokio::task::spawn_blocking(move || Library::load(&over)).await;
    match loaded.map_err(|_| Problem::internal("policy"))? {
        Ok(library) => Ok(library),
        Err(LoadError::Source(error)) => Err(unread(&error)),
        Err(LoadError::Problems(problems)) => Err(mistaken(&problems)),
    }
}

fn unread(error: &policy::source::SourceError) -> Problem {
    let told = error.to_string();
    Problem::invalid(
        "policy",
        vec![FieldProblem::new("draft", told.clone(), told)],
    )
}

fn mistaken(problems: &[policy::Problem]) -> Problem {
    let told = problems.iter().map(|p| {
        let said = p.to_string();
        FieldProblem::new("draft", said.clone(), said)
    });
    Problem::invalid("policy", told.collect())
}

/// Judges today's facts by today's packs and by the draft. A text that is not in use yet
/// counts as adopted by those who adopted what it replaces, or else by everybody, and as
/// in force today.
///
/// One draft is tried at a time, away from the threads that answer pages, and not for ever;
/// who goes away ends it.
///
/// # Errors
/// Denied without the right to set; a limit when the draft asks too much or another one is
/// being tried; unavailable.
pub async fn what_if(app: &App, ctx: &Ctx, draft: Library) -> Result<WhatIf, Problem> {
    let scope = ctx.actor.scope(Permission::Settings)?;
    let alone = Arc::clone(&app.assess.trying).try_acquire_owned();
    let alone = alone.map_err(|_| {
        Problem::new(
            ProblemKind::Limit,
            Label::new("Đang thử một bản thảo khác", "Another draft is being tried"),
            "",
            Label::new("Thử lại sau một phút.", "Try again in a minute."),
        )
    })?;
    let app = app.clone();
    let tried = anew::apart(async move {
        let _alone = alone;
        trial(&app, &scope, draft).await
    });
    tried.await?.unwrap_or_else(|| {
        Err(too_much(
            format!("Thử bản thảo quá {} giây", LONGEST.as_secs()),
            format!("Trying the draft takes over {} seconds", LONGEST.as_secs()),
        ))
    })
}

fn too_much(vi: String, en: String) -> Problem {
    Problem::new(
        ProblemKind::Limit,
        Label::new(vi, en),
        "",
        Label::new(
            "Thử từng quy chế một, hoặc bớt điều khoản và điều kiện trong bản thảo.",
            "Try one regulation at a time, or write fewer clauses and conditions.",
        ),
    )
}

/// Refuses a draft that would be judged for hours.
fn bounded(draft: &Library, units: usize) -> Result<(), Problem> {
    let (mut clauses, mut steps) = (0u64, 0u64);
    for clause in draft.regulations.values().flat_map(|r| &r.clauses) {
        clauses += 1;
        steps += clause.applies.as_ref().map_or(0, policy::Expression::cost);
    }
    let units = units as u64;
    for (found, most, vi, en) in [
        (clauses, MOST_CLAUSES, "điều khoản", "clauses"),
        (clauses * units, MOST_VERDICTS, "kết luận", "verdicts"),
        (
            steps * units,
            MOST_STEPS,
            "bước xét điều kiện",
            "steps of its conditions",
        ),
    ] {
        if found > most {
            return Err(too_much(
                format!("Bản thảo cần {found} {vi}; tối đa {most}"),
                format!("The draft takes {found} {en}; at most {most} are tried"),
            ));
        }
    }
    Ok(())
}

async fn trial(app: &App, scope: &Scope, draft: Library) -> Result<WhatIf, Problem> {
    let library = app.library();
    let today = clock::local_date(app.clock.now());
    let units = store::assessment::units(&app.db, &today.to_string()).await?;
    bounded(&draft, units.len())?;
    let adoptions = store::assessment::adoptions(&app.db, &today.to_string()).await?;
    let (draft, drafted) = ahead(&library, draft, adoptions.clone(), today);
    let changes = compare::compare(&library, &draft);
    let draft = Arc::new(draft);
    let now = app.clock.now_ms();
    let before = Sheet::of(app, &library, adoptions, now, None).await?;
    let after = Sheet::of(app, &draft, drafted, now, None).await?;
    let (before, after) = (before.board, after.board);
    let (mut turned, stay) = turns(scope, (&library, &before), (&draft, &after));
    turned.sort_by(|a, b| (&a.unit, &a.regulation).cmp(&(&b.unit, &b.regulation)));
    Ok(WhatIf {
        changes: changes.into_iter().filter(|c| !c.is_same()).collect(),
        turned,
        stay,
        units: in_scope(scope, &after.units).count(),
    })
}

/// The draft as if its day had come.
fn ahead(
    library: &Library,
    mut draft: Library,
    mut adoptions: Vec<Adoption>,
    today: Date,
) -> (Library, Vec<Adoption>) {
    let fresh: Vec<(String, Vec<String>)> = draft
        .regulations
        .values()
        .filter(|r| !library.regulations.contains_key(&r.id))
        .map(|r| {
            let replaced = r.replaces.iter().filter_map(|o| o.id.clone());
            (r.id.clone(), replaced.collect())
        })
        .collect();
    for (id, replaced) in fresh {
        for old in &replaced {
            draft.regulations.remove(old);
            for adoption in adoptions.iter_mut().filter(|a| a.regulation == *old) {
                adoption.regulation.clone_from(&id);
            }
        }
        if !adoptions.iter().any(|a| a.regulation == id) {
            adoptions.push(Adoption {
                regulation: id.clone(),
                organization: None,
                kinds: Vec::new(),
                starts_on: today.to_string(),
                ends_on: None,
            });
        }
        if let Some(regulation) = draft.regulations.get_mut(&id) {
            regulation.effective_from = regulation.effective_from.min(today);
        }
    }
    (draft, adoptions)
}

fn in_scope<'a>(scope: &'a Scope, units: &'a [Unit]) -> impl Iterator<Item = &'a Unit> {
    units.iter().filter(move |unit| {
        let covers = |id| scope.roots().is_none_or(|roots| roots.contains(id));
        covers(&unit.id) || unit.superiors.iter().any(covers)
    })
}

/// A verdict before and after, and what it is about.
fn turn(
    library: &Library,
    key: &ClauseKey,
    unit: &Unit,
    before: Option<Status>,
    after: Option<&Cell>,
) -> Turned {
    let clause = library.clause(&key.regulation, &key.cite);
    Turned {
        unit: unit.code.clone(),
        name: unit.name.clone(),
        regulation: key.regulation.clone(),
        cite: key.cite.clone(),
        summary: clause.map_or_else(|| Label::same(&key.cite), |c| c.summary.clone()),
        before,
        after: after.map(|cell| cell.status),
        reason: after.and_then(|cell| cell.reason.clone()),
    }
}

/// The verdicts that differ, and how many do not.
fn turns(
    scope: &Scope,
    (library, before): (&Library, &Board),
    (draft, after): (&Library, &Board),
) -> (Vec<Turned>, usize) {
    fn held<'a>(board: &'a Board, key: &ClauseKey, unit: &Unit) -> Option<&'a Cell> {
        board.get(&key.regulation, &key.cite, unit.id)
    }
    let mut all = Vec::new();
    let mut followed: HashSet<ClauseKey> = HashSet::new();
    for key in &after.clauses {
        let origins = origins(library, draft, key);
        for unit in in_scope(scope, &after.units) {
            let was = origins
                .iter()
                .filter_map(|o| held(before, o, unit))
                .map(|cell| cell.status)
                .reduce(Status::and);
            all.push(turn(draft, key, unit, was, held(after, key, unit)));
        }
        followed.extend(origins);
    }
    for key in before.clauses.iter().filter(|k| !followed.contains(k)) {
        for unit in in_scope(scope, &before.units) {
            let was = held(before, key, unit).map(|cell| cell.status);
            all.push(turn(library, key, unit, was, None));
        }
    }
    let stays = |t: &Turned| t.before == t.after;
    let stay = all.iter().filter(|t| stays(t) && t.after.is_some()).count();
    all.retain(|t| !stays(t));
    (all, stay)
}

/// The clauses of today that a clause of the draft goes on from.
fn origins(library: &Library, draft: &Library, key: &ClauseKey) -> Vec<ClauseKey> {
    let found = draft
        .regulations
        .get(&key.regulation)
        .and_then(|regulation| {
            let clause = regulation.clause(&key.cite)?;
            let old = compare::predecessor(library, regulation)?;
            let cites = compare::origins(old, clause);
            let keys = cites.into_iter().map(|cite| ClauseKey {
                regulation: old.id.clone(),
                cite: cite.to_owned(),
            });
            Some(keys.collect())
        });
    found.unwrap_or_default()
}
