//! Duty instances beside the verdicts, for the calendar and the reminders.

use std::collections::{HashMap, HashSet};

use domain::id::OrganizationId;
use store::{StoreError, duty::DutyRow};

use super::{
    board::Board,
    engine::Findings,
    finding::{Rows, done_on},
};
use crate::App;

/// Instances as the database has them: regulation, clause, organization, period.
pub(super) type Duties = HashMap<(String, String, OrganizationId, String), DutyRow>;

/// Writes down the instances of the assessments `fresh` (by hash) that changed.
pub(super) async fn save(
    app: &App,
    board: &Board,
    results: &Findings,
    fresh: &HashSet<String>,
    known: &mut Option<Duties>,
) -> Result<(), StoreError> {
    let mut duties = match known.take() {
        Some(duties) => duties,
        None => store::duty::all(&app.db)
            .await?
            .into_iter()
            .map(|d| (place(&d), d))
            .collect(),
    };
    let mut changed = Vec::new();
    for (assessment, findings) in results.iter().filter(|(a, _)| fresh.contains(&a.hash)) {
        for (unit, finding) in findings.iter() {
            let Rows::Duty {
                register,
                instances,
            } = &finding.rows
            else {
                continue;
            };
            for (regulation, cite) in &assessment.clauses {
                // Only who is bound owes.
                if board.get(regulation, cite, *unit).is_none() {
                    continue;
                }
                for (instance, judged) in instances {
                    let Ok(due) = &instance.due else { continue };
                    let duty = DutyRow {
                        regulation: regulation.clone(),
                        clause: cite.clone(),
                        organization: *unit,
                        period: instance.period.clone(),
                        register: register.to_string(),
                        opens_on: instance.opens_on.to_string(),
                        due_on: due.day.to_string(),
                        fulfilled_on: done_on(judged),
                        entry_id: None,
                    };
                    let place = place(&duty);
                    if duties.get(&place) != Some(&duty) {
                        duties.insert(place, duty.clone());
                        changed.push(duty);
                    }
                }
            }
        }
    }
    if !changed.is_empty() {
        let mut tx = app.db.begin().await?;
        store::duty::upsert(&mut tx, &changed).await?;
        tx.commit().await?;
    }
    *known = Some(duties);
    Ok(())
}

fn place(d: &DutyRow) -> (String, String, OrganizationId, String) {
    (
        d.regulation.clone(),
        d.clause.clone(),
        d.organization,
        d.period.clone(),
    )
}
