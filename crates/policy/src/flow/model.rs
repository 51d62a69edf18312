//! The shape of a flow.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    authority::{Permission, Role},
    label::Label,
    schema::{Field, Schema},
};
use indexmap::IndexMap;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{effect::Effect, guard::Guard};
use crate::{
    calendar::{Calendar, Deadline, Gap},
    duty::{Length, Moment, event_deadline},
    hash,
};

/// The name of the step with which every flow begins.
pub const BEGIN: &str = "begin";
/// The state of a flow that who began it took back. No file names it.
pub const WITHDRAWN: &str = "withdrawn";

/// A flow as one file of `policy/flows/` says it; its id is the file's name.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// The file's name without its ending.
    #[serde(skip)]
    pub id: String,
    /// What one of them is called.
    pub title: Label,
    /// What it is for and who asks; shown above its form.
    pub describes: Label,
    /// Name of a Tabler icon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The clauses that it serves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub serves: Vec<Serves>,
    /// The registry's noun of the record that it is about; none: it is about the unit alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// How it is asked for. It has no effects.
    pub begin: Step,
    /// The states by name, in the order of the page.
    pub states: IndexMap<String, State>,
}

/// A clause that a flow serves.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Serves {
    /// The regulation's id.
    pub regulation: String,
    /// The clause, `13.6`.
    pub clause: String,
}

/// Where a flow stands.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Its name.
    pub label: Label,
    /// Whether a flow ends here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub end: bool,
    /// How long a flow should stand here at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
    /// The ways on, by name; a name stands once in the whole flow.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub steps: IndexMap<String, Step>,
}

/// A span, from the day on which a flow came into a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Within {
    /// Days of the calendar; a last day of rest moves to the next working day.
    Days(u32),
    /// Working days; the first day is not counted.
    WorkingDays(u32),
}

impl Within {
    /// The last day on which a flow that came into its state on `day` goes on in time, as the last
    /// day of a duty is counted.
    ///
    /// # Errors
    /// When a day that matters is not decided.
    pub fn last_day(self, day: Date, calendar: &Calendar) -> Result<Deadline, Gap> {
        let length = match self {
            Self::Days(n) => Length::Days(n),
            Self::WorkingDays(n) => Length::WorkingDays(n),
        };
        event_deadline(Moment::Day(day), length, calendar)
    }
}

/// One way from a state to the next.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What the button says.
    pub label: Label,
    /// Who may take it.
    pub who: Who,
    /// How many different persons must take it before it counts.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub approvals: u8,
    /// When it may be taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Guard>,
    /// It need not be taken: the flow waits for another step of its state.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// What is asked; a name stands once in the whole flow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub form: Vec<Field>,
    /// What it does, in order; all of it or nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Effect>,
    /// Said where an effect cannot be undone: the page warns of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub irrevocable: bool,
    /// The state it leads to.
    pub to: String,
}

fn one() -> u8 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_one(n: &u8) -> bool {
    *n == 1
}

/// Who may take a step. All of it must hold.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// What they must be allowed, over the flow's unit.
    pub may: Permission,
    /// By which of their roles; by any where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// How they stand to the flow.
    #[serde(default, skip_serializing_if = "Of::is_unit")]
    pub of: Of,
    /// Steps whose takers may not take this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_than: Vec<String>,
}

/// How a person stands to a flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Of {
    /// The reach of their role takes in the flow's unit.
    #[default]
    Unit,
    /// They began it as well.
    Asker,
}

impl Of {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
    fn is_unit(&self) -> bool {
        *self == Self::Unit
    }
}

impl Flow {
    /// The flow as one text, and the SHA-256 by which it is known. What a running flow began with
    /// is this text, whatever the file says later.
    pub fn text(&self) -> (String, String) {
        // A structure of texts and numbers is always JSON.
        let text = serde_json::to_string(self).unwrap_or_default();
        let hash = hash::of_bytes(text.as_bytes());
        (text, hash)
    }

    /// Reads what [`Flow::text`] wrote.
    ///
    /// # Errors
    /// When it is no flow that this version of the program reads.
    pub fn read(id: &str, text: &str) -> Result<Self, serde_json::Error> {
        let flow: Self = serde_json::from_str(text)?;
        Ok(Self {
            id: id.to_owned(),
            ..flow
        })
    }

    /// Every step with the state from which it leads and its name; the beginning leads from none.
    pub fn steps(&self) -> impl Iterator<Item = (Option<&str>, &str, &Step)> {
        let rest = self.states.iter().flat_map(|(state, has)| {
            let steps = has.steps.iter();
            steps.map(move |(name, step)| (Some(state.as_str()), name.as_str(), step))
        });
        [(None, BEGIN, &self.begin)].into_iter().chain(rest)
    }

    /// A step by its name.
    pub fn step(&self, name: &str) -> Option<&Step> {
        self.steps().find(|(_, n, _)| *n == name).map(|(.., s)| s)
    }

    /// A field of any form, with the step that asks it.
    pub fn field(&self, name: &str) -> Option<(&str, &Field)> {
        self.steps().find_map(|(_, step, s)| {
            let field = s.form.iter().find(|f| f.name == name)?;
            Some((step, field))
        })
    }

    /// Whether a flow in `state` has ended. A state that the flow does not have is no end.
    pub fn is_end(&self, state: &str) -> bool {
        state == WITHDRAWN || self.states.get(state).is_some_and(|s| s.end)
    }

    /// The steps that were surely taken by whoever is in a state, whichever way it came. States
    /// that nothing leads to are left out.
    pub fn surely(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut known: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        known.insert(&self.begin.to, BTreeSet::from([BEGIN]));
        // Each round takes something away or ends.
        loop {
            let mut changed = false;
            for (from, name, step) in self.steps() {
                let Some(mut taken) = from.and_then(|from| known.get(from)).cloned() else {
                    continue;
                };
                taken.insert(name);
                let to = step.to.as_str();
                let then = match known.get(to) {
                    None => taken,
                    Some(before) => before.intersection(&taken).copied().collect(),
                };
                if known.get(to) != Some(&then) {
                    known.insert(to, then);
                    changed = true;
                }
            }
            if !changed {
                return known;
            }
        }
    }
}

impl Step {
    /// The form as a schema, which pages, the API and the parser read.
    pub fn schema(&self, flow: &Flow) -> Schema {
        Schema {
            noun: flow.id.clone(),
            label: flow.title.clone(),
            plural: flow.title.clone(),
            describes: flow.describes.clone(),
            title: self
                .form
                .first()
                .map_or_else(String::new, |f| f.name.clone()),
            fields: self.form.clone(),
            owner: "organization".into(),
            ..Schema::default()
        }
    }

    /// Whether it does anything that cannot be undone.
    pub fn cannot_be_undone(&self) -> bool {
        self.effects.iter().any(|e| !e.can_be_undone())
    }
}
