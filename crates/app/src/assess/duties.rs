//! Duty instances beside the verdicts, for the calendar and the reminders.

use std::collections::{HashMap, HashSet};

use domain::id::OrganizationId;
use policy::{
    Assessment, Library,
    duty::{Instance, Judged},
};
use store::{StoreError, duty::DutyRow};

use super::{
    board::Board,
    engine::Findings,
    finding::Rows,
    judge::{self, Facts, Owed},
};
use crate::{App, application::VERDICTS};

/// Instances as the database has them, by what no two share.
pub(super) type Duties = HashMap<String, DutyRow>;

/// Writes down the instances of the assessments `fresh` (by hash) that changed, and takes
/// away those that nobody owes any more.
pub(super) async fn save(
    app: &App,
    library: &Library,
    board: &Board,
    (results, facts): (&Findings, &Facts),
    fresh: &HashSet<String>,
    known: &mut Option<Duties>,
) -> Result<(), StoreError> {
    let mut duties = match known.take() {
        Some(duties) => duties,
        None => store::duty::all(&app.db)
            .await?
            .into_iter()
            .map(|d| (d.key(), d))
            .collect(),
    };
    let mut owed: HashMap<String, DutyRow> = HashMap::new();
    let mut judged: HashSet<(&str, &str, &str)> = HashSet::new();
    for (assessment, findings) in results {
        let places = assessment.clauses.iter();
        judged.extend(places.map(|(r, c)| (r.as_str(), c.as_str(), assessment.control.as_str())));
        if !fresh.contains(&assessment.hash) {
            continue;
        }
        for (unit, finding) in findings.iter() {
            if let Rows::Duty {
                register,
                instances,
                ..
            } = &finding.rows
            {
                collect(assessment, board, *unit, register, instances, &mut owed);
            }
        }
        for of in judge::answers(library, assessment, facts) {
            answers(assessment, board, &of, &mut owed);
        }
    }
    let again: HashSet<(&str, &str, &str)> = results
        .iter()
        .filter(|(a, _)| fresh.contains(&a.hash))
        .flat_map(|(a, _)| {
            a.clauses
                .iter()
                .map(move |(r, c)| (r.as_str(), c.as_str(), a.control.as_str()))
        })
        .collect();
    let controls: HashSet<&str> = again.iter().map(|(_, _, control)| *control).collect();
    // Which texts hold changes only when all is judged again.
    let whole = results.iter().all(|(a, _)| fresh.contains(&a.hash));
    let gone: Vec<DutyRow> = duties
        .iter()
        .filter(|(_, d)| whole || controls.contains(d.control.as_str()))
        .filter(|(key, d)| {
            if owed.contains_key(*key) {
                return false;
            }
            let place = (d.regulation.as_str(), d.clause.as_str(), d.control.as_str());
            // What was done under a text that has ended stays done.
            let ended = d.fulfilled_on.is_none() && !judged.contains(&place);
            ended || again.contains(&place)
        })
        .map(|(_, d)| d.clone())
        .collect();
    let changed: Vec<DutyRow> = owed
        .into_iter()
        .filter(|(key, duty)| duties.get(key) != Some(duty))
        .map(|(_, duty)| duty)
        .collect();
    let (mut out, mut new) = (&gone[..], &changed[..]);
    while !out.is_empty() || !new.is_empty() {
        let mut work = app.begin_batch().await?;
        work.touch(VERDICTS);
        let room = work.room();
        let (batch, rest) = out.split_at(room.min(out.len()));
        store::duty::withdraw(&mut work, batch).await?;
        let (more, later) = new.split_at((room - batch.len()).min(new.len()));
        store::duty::upsert(&mut work, more).await?;
        work.commit().await?;
        (out, new) = (rest, later);
    }
    for duty in gone {
        duties.remove(&duty.key());
    }
    duties.extend(changed.into_iter().map(|d| (d.key(), d)));
    *known = Some(duties);
    Ok(())
}

/// What an organization owes under each clause that binds it.
fn collect(
    assessment: &Assessment,
    board: &Board,
    unit: OrganizationId,
    register: &str,
    instances: &[(Instance, Judged)],
    owed: &mut HashMap<String, DutyRow>,
) {
    for (regulation, cite) in &assessment.clauses {
        // Only who is bound owes.
        if board.get(regulation, cite, unit).is_none() {
            continue;
        }
        for (instance, judged) in instances {
            let place = (regulation.as_str(), cite.as_str(), "report");
            let duty = row(assessment, place, unit, register, instance, judged);
            owed.insert(duty.key(), duty);
        }
    }
}

/// What an organization owes to those who reported and were bound to.
fn answers(assessment: &Assessment, board: &Board, of: &Owed, owed: &mut HashMap<String, DutyRow>) {
    for (regulation, cite) in &assessment.clauses {
        for (instance, judged) in &of.instances {
            let place = (regulation.as_str(), cite.as_str(), "answer");
            let duty = row(assessment, place, of.unit, &of.register, instance, judged);
            let bound = duty
                .event_unit
                .is_some_and(|of| board.get(regulation, cite, of).is_some());
            if bound {
                owed.insert(duty.key(), duty);
            }
        }
    }
}

fn row(
    assessment: &Assessment,
    (regulation, clause, side): (&str, &str, &str),
    organization: OrganizationId,
    register: &str,
    instance: &Instance,
    judged: &Judged,
) -> DutyRow {
    let event = instance.event.as_ref();
    let done = judged.done();
    DutyRow {
        regulation: regulation.to_owned(),
        clause: clause.to_owned(),
        control: assessment.control.clone(),
        side: side.to_owned(),
        organization,
        period: instance.period.clone(),
        register: register.to_owned(),
        subject: event.and_then(|e| e.subject.clone()),
        event_unit: event.and_then(|e| e.unit.parse().ok()),
        opens_on: instance.opens_on.to_string(),
        due_on: instance.due.as_ref().ok().map(|d| d.day.to_string()),
        due_at: instance.due_at.map(jiff::Timestamp::as_millisecond),
        gap: instance
            .due
            .as_ref()
            .err()
            .and_then(|gap| serde_json::to_string(gap).ok()),
        outcome: judged.reason().to_owned(),
        fulfilled_on: done.map(|(on, _)| on.to_string()),
        entry_id: done.map(|(_, entry)| entry.to_owned()),
    }
}
