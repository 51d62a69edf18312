//! The checklist, drawn from the regulations.

use std::collections::HashSet;

use domain::{
    authority::Permission,
    id::Id,
    label::Label,
    problem::{Problem, ProblemKind},
    record::Values,
};

use super::{ITEM, ROUND, ended, is_ended, view::of};
use crate::{App, Ctx, assess, registry};

/// The words of a list that was typed.
pub(super) fn words(text: &str) -> Vec<&str> {
    text.split([',', ';', '\n'])
        .map(str::trim)
        .filter(|w| !w.is_empty())
        .collect()
}

/// Whether a clause is asked: all are where none are named; `13` takes in `13.2.a`.
fn is_asked(wanted: &[&str], cite: &str) -> bool {
    wanted.is_empty()
        || wanted.iter().any(|w| {
            cite.strip_prefix(w)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
}

/// Draws the checklist: an item for every clause asked and every unit it binds, with the
/// verdict as it is. Items that are there already stay. How many were made.
///
/// # Errors
/// Denied; conflict once it is concluded; invalid when it names a unit that there is not.
pub async fn draw(app: &App, ctx: &Ctx, key: &str) -> Result<usize, Problem> {
    match drawn(app, ctx, key).await {
        // Of two who draw at once the slower finds what was not there when it looked.
        Err(problem) if problem.kind == ProblemKind::Conflict => drawn(app, ctx, key).await,
        other => other,
    }
}

async fn drawn(app: &App, ctx: &Ctx, key: &str) -> Result<usize, Problem> {
    ctx.actor.scope(Permission::Manage)?;
    let round = registry::get(app, ctx, ROUND, key).await?;
    if is_ended(round.text("status")) {
        return Err(ended(round.text("code")));
    }
    let view = assess::board(app, ctx, None).await?;
    let (codes, clauses) = (words(round.text("units")), words(round.text("clauses")));
    for code in &codes {
        view.find(code)
            .ok_or_else(|| Problem::not_found(&Label::new("đơn vị", "unit"), code))?;
    }
    let items = registry::list(app, ctx, ITEM, &of(round.id)).await?.records;
    let there: HashSet<&str> = items.iter().map(|r| r.text("code")).collect();
    // Whoever has concluded is asked nothing more.
    let concluded: HashSet<Id> = items
        .iter()
        .filter(|r| !r.text("concluded_on").is_empty())
        .filter_map(|r| r.get("organization").as_id())
        .collect();
    let by = if round.text("occasion") == "self" {
        "unit"
    } else {
        "inspector"
    };
    let mut fresh = Vec::new();
    for (unit, place, cell) in view.cells() {
        let clause = &view.board.clauses[place];
        let regulation = round.text("regulation");
        let wanted = (codes.is_empty() || codes.contains(&unit.code.as_str()))
            && (regulation.is_empty() || regulation == clause.regulation)
            && is_asked(&clauses, &clause.cite)
            && cell.status != policy::Status::NotApplicable;
        let code = format!(
            "{}/{}/{}/{}",
            round.text("code"),
            unit.code,
            clause.regulation,
            clause.cite
        );
        if !wanted || there.contains(code.as_str()) || concluded.contains(&unit.id.0) {
            continue;
        }
        // The checklist is a paper: it speaks the regulation's language, whoever draws it.
        let asked = view
            .library
            .clause(&clause.regulation, &clause.cite)
            .map_or_else(String::new, |c| c.summary.vi.clone());
        fresh.push(Values::from([
            ("code".to_owned(), code.into()),
            ("inspection".into(), round.id.into()),
            ("organization".into(), unit.id.0.into()),
            ("regulation".into(), clause.regulation.clone().into()),
            ("clause".into(), clause.cite.clone().into()),
            ("asked".into(), asked.into()),
            ("verdict".into(), cell.status.code().into()),
            ("result".into(), "open".into()),
            ("answered_by".into(), by.into()),
        ]));
    }
    let made = fresh.len();
    registry::add_all(app, ctx, ITEM, fresh).await?;
    Ok(made)
}
