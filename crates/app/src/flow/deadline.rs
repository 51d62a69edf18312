//! The deadlines of steps as duties: each ends when the step is taken, and who is to act is told.

use domain::{
    authority::{Role, Scope},
    clock::{from_ms, local_date},
};
use policy::flow::{State, Step};
use store::{
    StoreError,
    duty::{DutyRow, FLOW, FLOW_CENTRE},
    flow::FlowRow,
};

use super::definition::definition;
use crate::App;

/// What is due of flows.
#[derive(Default)]
pub(crate) struct Deadlines {
    /// Those with a day, the earliest first.
    pub(crate) dated: Vec<DutyRow>,
    /// Those whose day the calendar does not know.
    pub(crate) undated: Vec<DutyRow>,
}

/// Open flows in scope that should leave their state between two ISO dates (inclusive), as duties of
/// who must take a step: nothing is left of one that was taken.
///
/// # Errors
/// The store's.
pub(crate) async fn deadlines(
    app: &App,
    scope: &Scope,
    (from, to): (&str, &str),
) -> Result<Deadlines, StoreError> {
    let rows = store::flow::due(&app.db, scope, (from, to)).await?;
    let mut tx = app.db.snapshot().await?;
    let (library, today) = (app.library(), app.clock.today().to_string());
    let mut found = Deadlines::default();
    for row in rows {
        // One that this version of the program does not read says so on its page.
        let Ok(flow) = definition(app, &mut tx, &row.flow, &row.definition).await else {
            continue;
        };
        let state = flow.states.get(&row.state);
        let Some((state, within)) = state.and_then(|state| Some((state, state.within?))) else {
            continue;
        };
        let came = local_date(from_ms(row.entered_at));
        // What the calendar did not know when it came here it may know now.
        let due = match &row.due_on {
            Some(day) => Ok(day.clone()),
            None => (within.last_day(came, &library.calendar)).map(|due| due.day.to_string()),
        };
        let duty = duty(&row, state, came.to_string());
        match due {
            Ok(day) if day.as_str() < from || day.as_str() > to => {}
            Ok(day) => found.dated.push(DutyRow {
                outcome: if day < today { "missed" } else { "pending" }.into(),
                due_on: Some(day),
                ..duty
            }),
            Err(gap) => found.undated.push(DutyRow {
                gap: serde_json::to_string(&gap).ok(),
                ..duty
            }),
        }
    }
    found
        .dated
        .sort_by(|a, b| (&a.due_on, &a.period).cmp(&(&b.due_on, &b.period)));
    Ok(found)
}

/// Whether the unit's own officer may take a step; else it is the network centre's.
fn is_of_unit(step: &Step) -> bool {
    let who = &step.who;
    Role::Officer.allows(who.may) && (who.roles.is_empty() || who.roles.contains(&Role::Officer))
}

fn duty(row: &FlowRow, state: &State, came: String) -> DutyRow {
    let mut awaited = state.steps.values().filter(|step| !step.optional);
    DutyRow {
        regulation: String::new(),
        clause: row.state.clone(),
        control: row.flow.clone(),
        side: if awaited.any(is_of_unit) {
            FLOW
        } else {
            FLOW_CENTRE
        }
        .into(),
        organization: row.organization,
        period: row.id.to_string(),
        register: "flow".into(),
        subject: Some(row.title.clone()),
        // Each is a line of its own: it is gone on with on its own page.
        event_unit: Some(row.organization),
        opens_on: came,
        due_on: None,
        due_at: None,
        gap: None,
        outcome: "pending".into(),
        fulfilled_on: None,
        entry_id: None,
    }
}
