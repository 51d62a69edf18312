//! A flow as a transaction sees it: where it stands, what happened, what it is about.

use std::collections::BTreeSet;

use domain::{
    authority::Permission,
    id::Id,
    label::Label,
    noun,
    problem::{Problem, ProblemKind},
    record::{Record, Values},
};
use jiff::{ToSpan, civil::Date};
use policy::{
    Library, OrgScalars,
    flow::{Flow, Given, State, Step, Within},
};
use store::{
    Tx,
    flow::{FlowEvent, FlowRow, FlowUnit},
};

use super::{noun, who::Acting};
use crate::App;

/// A flow with all that its steps ask about.
pub(super) struct Ground {
    pub(super) row: FlowRow,
    /// As it was when the flow began.
    pub(super) flow: Flow,
    pub(super) events: Vec<FlowEvent>,
    pub(super) typed: Values,
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

/// Reads a definition.
///
/// # Errors
/// Unavailable where this version of the program does not read it.
pub(super) fn definition(id: &str, text: &str) -> Result<Flow, Problem> {
    Flow::read(id, text).map_err(|error| {
        tracing::error!(%error, flow = id, "a running flow began with a definition that is not read");
        Problem::new(
            ProblemKind::Unavailable,
            Label::new(
                "Phiên bản chương trình này không đọc được quy trình đã bắt đầu",
                "This version of the program does not read what the request began with",
            ),
            id,
            Label::new(
                "Báo quản trị viên; chạy lại phiên bản trước để kết thúc.",
                "Tell an administrator; the version before can bring it to its end.",
            ),
        )
    })
}

/// What is said where the definition with which a flow began is not there.
fn gone(row: &FlowRow) -> Problem {
    tracing::error!(flow = %row.id, definition = row.definition, "the definition with which a flow began is gone");
    Problem::new(
        ProblemKind::Conflict,
        Label::new(
            "Quy trình mà đề nghị đã bắt đầu không còn trong cơ sở dữ liệu",
            "The definition with which the request began is gone from the database",
        ),
        &row.title,
        Label::new(
            "Báo quản trị viên: chạy gieng journal verify và khôi phục từ bản sao lưu.",
            "Tell an administrator: run gieng journal verify and restore it from a backup.",
        ),
    )
}

/// Field → value.
pub(super) fn values(text: &str) -> Values {
    serde_json::from_str(text).unwrap_or_default()
}

impl Ground {
    /// All of a flow.
    ///
    /// # Errors
    /// Unavailable.
    pub(super) async fn load(app: &App, tx: &mut Tx, row: FlowRow) -> Result<Self, Problem> {
        let text = store::flow::definition(tx, &row.definition).await?;
        let text = text.ok_or_else(|| gone(&row))?;
        let flow = definition(&row.flow, &text)?;
        let events = store::flow::events(tx, row.id).await?;
        Self::with(app, tx, row, flow, events).await
    }

    pub(super) async fn with(
        app: &App,
        tx: &mut Tx,
        row: FlowRow,
        flow: Flow,
        events: Vec<FlowEvent>,
    ) -> Result<Self, Problem> {
        let record = match (flow.about.as_deref().and_then(noun::get), row.subject) {
            // A record that changed hands is no longer the unit's to show or to write.
            (Some(schema), Some(id)) => store::registry::get_in(tx, schema, id)
                .await?
                .filter(|record| record.owner(schema) == Some(row.organization)),
            _ => None,
        };
        let today = app.clock.today().to_string();
        let unit = store::flow::unit(tx, row.organization, &today).await?;
        Ok(Self {
            typed: values(&row.typed),
            unit: unit.unwrap_or_default(),
            row,
            flow,
            events,
            record,
        })
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
    pub(super) fn guard_holds(&self, step: &Step) -> bool {
        let Some(guard) = &step.when else { return true };
        let given = Given {
            form: self.typed.clone().into_iter().collect(),
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
        !self.row.ended && self.events.iter().all(|e| e.plan == "[]")
    }
}

/// By which day a flow that comes into a state on `day` should leave it; none where nothing is
/// said, or where the calendar does not know.
pub(super) fn due(library: &Library, state: Option<&State>, day: Date) -> Option<String> {
    let due = match state?.within? {
        Within::Days(n) => day.checked_add(i64::from(n).days()).ok()?,
        Within::WorkingDays(n) => library.calendar.after(day, n).ok()?.day,
    };
    Some(due.to_string())
}
