//! A flow as a transaction sees it: where it stands, what happened, what it is about.

use std::{collections::BTreeSet, sync::Arc};

use domain::{authority::Permission, id::Id, noun, problem::Problem, record::Record};
use jiff::civil::Date;
use policy::{
    Library, OrgScalars,
    flow::{Effect, Flow, Given, State, Step},
};
use store::{
    Tx,
    flow::{FlowEvent, FlowRow, FlowUnit},
};

use super::{
    definition::definition,
    noun,
    who::{Acting, Not, Reach, stands},
};
use crate::App;

/// A flow with all that its steps ask about.
pub(super) struct Ground {
    pub(super) row: FlowRow,
    /// As it was when the flow began.
    pub(super) flow: Arc<Flow>,
    pub(super) events: Vec<FlowEvent>,
    /// The record that it is about, as it is now.
    pub(super) record: Option<Record>,
    pub(super) unit: FlowUnit,
}

pub(super) fn missing(id: &str) -> Problem {
    Problem::not_found(&noun(), id)
}

/// A flow that somebody may see, in one of the ways in which they may act.
///
/// # Errors
/// Not found, denied; unavailable.
pub(super) async fn find(tx: &mut Tx, actings: &[Acting], id: &str) -> Result<FlowRow, Problem> {
    let key: Id = id.parse().map_err(|_| missing(id))?;
    let mut denied = None;
    for acting in actings {
        match acting.actor.scope(Permission::Read) {
            Ok(scope) => {
                if let Some(row) = store::flow::get_in(tx, &scope, key).await? {
                    return Ok(row);
                }
                denied = Some(missing(id));
            }
            Err(problem) => denied = denied.or(Some(problem)),
        }
    }
    Err(denied.unwrap_or_else(|| missing(id)))
}

impl Ground {
    /// All of a flow.
    ///
    /// # Errors
    /// Unavailable.
    pub(super) async fn load(app: &App, tx: &mut Tx, row: FlowRow) -> Result<Self, Problem> {
        let flow = definition(app, tx, &row.flow, &row.definition).await?;
        let events = store::flow::events(tx, row.id).await?;
        let record = match (flow.about.as_deref().and_then(noun::get), row.subject) {
            (Some(schema), Some(id)) => store::registry::get_in(tx, schema, id).await?,
            _ => None,
        };
        let today = app.clock.today().to_string();
        let unit = store::flow::unit(tx, row.organization, &today).await?;
        Ok(Self::of(
            row,
            flow,
            events,
            record,
            unit.unwrap_or_default(),
        ))
    }

    /// The same of what was read already.
    pub(super) fn of(
        row: FlowRow,
        flow: Arc<Flow>,
        events: Vec<FlowEvent>,
        record: Option<Record>,
        unit: FlowUnit,
    ) -> Self {
        // A record that changed hands is no longer the unit's to show or to write.
        let schema = flow.about.as_deref().and_then(noun::get);
        let record =
            record.filter(|r| schema.is_some_and(|s| r.owner(s) == Some(row.organization)));
        Self {
            row,
            flow,
            events,
            record,
            unit,
        }
    }

    /// The ways on from where it stands, by name.
    pub(super) fn steps(&self) -> impl Iterator<Item = (&str, &Step)> {
        let open = self.state().filter(|_| !self.row.ended);
        let steps = open.into_iter().flat_map(|state| &state.steps);
        steps.map(|(name, step)| (name.as_str(), step))
    }

    /// Whether somebody may take a step, which is decided here and nowhere else. `seen` is the hash of
    /// what they were shown: of several who approve, each approves one and the same once.
    pub(super) fn may(
        &self,
        acting: &Acting,
        reach: &Reach,
        (name, step): (&str, &Step),
        seen: &str,
    ) -> Result<(), Not> {
        if !reach.takes_in(acting, step, self.row.organization) {
            return Err(Not::Allowed);
        }
        stands(
            acting,
            (name, step),
            &self.row.created_by,
            &self.events,
            seen,
        )?;
        let sets = |effect: &Effect| matches!(effect, Effect::Set(_));
        if self.record.is_none() && step.effects.iter().any(sets) {
            return Err(Not::Gone);
        }
        if !self.guard_holds(step) {
            return Err(Not::Guard);
        }
        Ok(())
    }

    /// Where it stands; none where it was withdrawn.
    pub(super) fn state(&self) -> Option<&State> {
        self.flow.states.get(&self.row.state)
    }

    /// The step of that name that leads on from where it stands.
    pub(super) fn step(&self, name: &str) -> Option<&Step> {
        self.state().filter(|_| !self.row.ended)?.steps.get(name)
    }

    /// Whether a step's guard holds; a guard without an answer does not.
    fn guard_holds(&self, step: &Step) -> bool {
        let Some(guard) = &step.when else { return true };
        let given = Given {
            form: self.row.typed.clone().into_iter().collect(),
            record: (self.record.iter())
                .flat_map(|r| r.values.clone())
                .collect(),
            org: OrgScalars {
                code: self.unit.code.clone(),
                kind: self.unit.kind.clone(),
                level: self.unit.level.clone(),
                membership: self.unit.membership.clone(),
                parent: self.unit.parent.clone(),
                roles: self.unit.roles.iter().cloned().collect::<BTreeSet<_>>(),
            },
        };
        guard.holds(&given).unwrap_or_else(|error| {
            tracing::debug!(%error, flow = %self.row.id, "a guard has no answer");
            false
        })
    }

    /// Whether who began it may take it back: nothing was done with it yet.
    pub(super) fn is_untouched(&self) -> bool {
        !self.row.ended && !self.events.iter().any(FlowEvent::did_anything)
    }
}

/// By which day a flow that comes into a state on `day` should leave it; none where nothing is
/// said, or where the calendar does not know.
pub(super) fn due(library: &Library, state: Option<&State>, day: Date) -> Option<String> {
    let due = state?.within?.last_day(day, &library.calendar);
    Some(due.ok()?.day.to_string())
}
