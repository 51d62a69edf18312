//! Rows of an import held against what is granted and what may be referred to.

use std::collections::HashMap;

use domain::{
    id::{Id, OrganizationId},
    label::Label,
    problem::Problem,
};
use store::Tx;

use super::{
    file,
    plan::{Planner, Row},
    record::By,
    reference,
    report::{CellProblem, Outcome},
    rules, settled,
};
use crate::{
    App, Ctx,
    claim::{self, Ground},
};

/// Finds the rows that the actor may not write as they are, by the rules of a single save: a row
/// that refers to what is not the actor's to refer to, or names an address that is no device's.
///
/// # Errors
/// Denied, unavailable.
pub(super) async fn hold(
    app: &App,
    ctx: &Ctx,
    tx: &mut Tx,
    planner: &Planner<'_>,
    rows: &mut [(usize, Row)],
) -> Result<(), Problem> {
    let schema = planner.schema();
    let records = || rows.iter().filter_map(|(_, row)| row.record.as_ref());
    let mut ground = Ground::load(app, ctx, tx, schema, records()).await?;
    // A row may refer to another row of the same file.
    let fresh: HashMap<Id, OrganizationId> = records()
        .filter_map(|record| Some((record.id, record.owner(schema)?)))
        .collect();
    for (at, row) in rows {
        let Some(record) = &row.record else { continue };
        let before = row.before.as_ref();
        let mut wrong = ground.examine(tx, schema, before, record).await?;
        for beyond in reference::beyond(tx, ctx, schema, before, record, &fresh).await? {
            // Rows of this file that go in later are asked about when they are there.
            let coming = |id| planner.is_coming(id) && !fresh.contains_key(&id);
            if record.get(beyond.field()).as_id().is_some_and(coming) {
                continue;
            }
            wrong.push(beyond.told(&planner.cell(*at, beyond.field())));
        }
        wrong.extend(rules::after_the_end(tx, schema, before, record).await?);
        wrong.extend(
            file::named(tx, ctx, schema, before, record, &[])
                .await?
                .wrong,
        );
        let held = settled::why_not(app, tx, schema, (before, Some(record)), By::Hand).await?;
        if held.is_none() && wrong.is_empty() {
            continue;
        }
        if let Some(problem) = held {
            if problem.fields.is_empty() {
                row.fate.problems.push(CellProblem::of_row(problem.what));
            }
            wrong.extend(problem.fields);
        }
        let problems = wrong
            .into_iter()
            .map(|w| planner.wrong_field(planner.line(*at), &w.field, w.message));
        row.fate.problems.extend(problems);
        row.fate.changes.clear();
        row.fate.outcome = Outcome::Bad;
        row.record = None;
    }
    Ok(())
}

/// Notes at rows whose addresses, prefixes or names in lines will not be in force by themselves.
///
/// # Errors
/// Unavailable.
pub(super) async fn foretell(
    app: &App,
    ctx: &Ctx,
    tx: &mut Tx,
    planner: &Planner<'_>,
    rows: &mut [(usize, Row)],
) -> Result<(), Problem> {
    let written = rows.iter().filter_map(|(at, row)| {
        let record = row.record.as_ref()?;
        Some((*at, (row.before.as_ref(), Some(record))))
    });
    let (places, written): (Vec<usize>, Vec<_>) = written.unzip();
    let waits = claim::foretell(app, ctx, tx, planner.schema(), &written).await?;
    let mut notes: HashMap<usize, Vec<Label>> = HashMap::new();
    for (which, note) in waits {
        notes.entry(places[which]).or_default().push(note);
    }
    for (at, row) in rows {
        row.fate.notes.extend(notes.remove(at).unwrap_or_default());
    }
    Ok(())
}
