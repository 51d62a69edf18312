//! The pages of flows.

use app::flow::Named;
use askama::Template;
use domain::problem::Problem;

use super::PAGE;
use crate::{
    cx::Cx,
    mark::Mark,
    registry::page::{Control, Input},
};

/// A flow in a list.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its page.
    pub href: String,
    /// What it is about.
    pub title: String,
    /// What kind of request it is.
    pub kind: String,
    /// Whose it is.
    pub unit: String,
    /// Where it stands.
    pub state: String,
    /// What the reader may do.
    pub steps: String,
    /// What the reader may do as well, and need not.
    pub optional: String,
    /// In whose place, where not in their own.
    pub in_place_of: Option<String>,
    /// By which day it should go on, in words; empty for none.
    pub due: String,
    /// Whether that day has passed.
    pub late: bool,
    /// Since when it stands there, unix milliseconds.
    pub since: i64,
}

/// A paper that waits for a step of the reader's.
#[derive(Clone, Debug)]
pub struct PaperRow {
    /// Its page.
    pub href: String,
    /// What it is about.
    pub title: String,
    /// What kind of paper it is.
    pub kind: String,
    /// Whose it is.
    pub unit: String,
    /// How far it has come, and what is to be done.
    pub state: String,
    /// Since when nothing was done with it, unix milliseconds.
    pub since: i64,
}

/// `GET /flows/waiting`: what waits for the reader, on its own.
#[derive(Debug, Template)]
#[template(path = "flow/waiting.html")]
pub struct Waiting {
    /// Context.
    pub cx: Cx,
    /// What waits for the reader, the earliest due first.
    pub waiting: Vec<Row>,
    /// What waits for others and the reader may go on with as well.
    pub optional: Vec<Row>,
    /// Papers that wait for the reader.
    pub papers: Vec<PaperRow>,
}

/// Something that may be asked for.
#[derive(Clone, Debug)]
pub struct OfferRow {
    /// Its form.
    pub href: String,
    /// Its icon.
    pub icon: String,
    /// Its name.
    pub title: String,
    /// What it is for.
    pub about: String,
}

/// Somebody who takes steps in the reader's place.
#[derive(Clone, Debug)]
pub struct SubstituteRow {
    /// Its id.
    pub id: String,
    /// The sign-in name.
    pub login: String,
    /// From when until when, in words.
    pub days: String,
}

impl SubstituteRow {
    /// Those who are named, or for whom somebody stands in.
    pub fn all(cx: &Cx, all: Vec<Named>) -> Vec<Self> {
        let row = |each: Named| Self {
            id: each.substitute.id.to_string(),
            days: format!(
                "{} – {}",
                cx.iso(&each.substitute.starts_on),
                cx.iso(&each.substitute.ends_on)
            ),
            login: each.login,
        };
        all.into_iter().map(row).collect()
    }
}

/// What was typed into the form of a substitute.
#[derive(Clone, Debug, Default)]
pub struct Naming {
    /// The sign-in name.
    pub login: String,
    /// First day.
    pub starts_on: String,
    /// Last day.
    pub ends_on: String,
}

/// `GET /flows`.
#[derive(Debug, Template)]
#[template(path = "flow/index.html")]
pub struct Index {
    /// Context.
    pub cx: Cx,
    /// What waits for the reader, the earliest due first.
    pub waiting: Vec<Row>,
    /// What waits for others and the reader may go on with as well.
    pub optional: Vec<Row>,
    /// Papers that wait for the reader.
    pub papers: Vec<PaperRow>,
    /// What the reader may ask for.
    pub offers: Vec<OfferRow>,
    /// Whether ended ones are shown below.
    pub ended: bool,
    /// The flows that the reader may see, the last changed first.
    pub all: Vec<Row>,
    /// How many there are in all.
    pub total: i64,
    /// The way to the others.
    pub pages: String,
    /// Whether the reader may name a substitute.
    pub may_name: bool,
    /// Those who are named.
    pub substitutes: Vec<SubstituteRow>,
    /// What was typed for another.
    pub naming: Naming,
    /// Why that was not taken.
    pub problem: Option<Problem>,
}

/// `GET /flows/waits`: how many wait.
#[derive(Debug, Template)]
#[template(path = "flow/waits.html")]
pub struct Waits {
    /// Context.
    pub cx: Cx,
    /// How many wait.
    pub n: usize,
}

/// What the form of a flow asks that its file does not: the record, or the unit.
#[derive(Clone, Debug)]
pub struct AboutField {
    /// `subject` or `organization`.
    pub name: &'static str,
    /// Its label.
    pub label: String,
    /// What was typed.
    pub value: String,
    /// What is wrong with it.
    pub wrong: Option<String>,
    /// Key and title of what may be chosen.
    pub choices: Vec<(String, String)>,
    /// Where there is nothing to choose: what is to be done first, and where, for who may.
    pub none: Option<(String, Option<String>)>,
}

/// `GET /flows/new/{flow}`.
#[derive(Debug, Template)]
#[template(path = "flow/new.html")]
pub struct New {
    /// Context.
    pub cx: Cx,
    /// Where the form goes.
    pub action: String,
    /// What kind of request it is.
    pub title: String,
    /// What it is for.
    pub about: String,
    /// The button.
    pub button: String,
    /// The id that it begins with.
    pub once: String,
    /// Whether the reader was told what will be replaced.
    pub knowing: bool,
    /// The request that stands in the way of this one.
    pub open: Option<String>,
    /// The record, or the unit.
    pub of: AboutField,
    /// Its fields.
    pub inputs: Vec<Input>,
    /// Why what was typed was not taken.
    pub problem: Option<Problem>,
}

/// One effect of a step.
#[derive(Clone, Debug)]
pub struct PlanRow {
    /// What it does.
    pub what: String,
    /// Fields: label, as it is, as it will be.
    pub fields: Vec<(String, String, String)>,
    /// Whether it cannot be undone.
    pub is_final: bool,
}

/// A step that leads on.
#[derive(Clone, Debug)]
pub struct StepForm {
    /// Its name.
    pub name: String,
    /// The button.
    pub label: String,
    /// Its fields.
    pub inputs: Vec<Input>,
    /// What it will do.
    pub plan: Vec<PlanRow>,
    /// The hash of that; empty where it is not known yet.
    pub seen: String,
    /// Whether what it does depends on what is typed.
    pub shown_later: bool,
    /// How many approve it, and who has.
    pub approvals: Option<String>,
    /// In whose place the reader takes it.
    pub in_place_of: Option<String>,
    /// Whether the reader was in the middle of it.
    pub open: bool,
    /// Whether it need not be taken.
    pub optional: bool,
    /// Whether it changes nothing of what it would write.
    pub idle: bool,
}

/// A step of others.
#[derive(Clone, Debug)]
pub struct OtherStep {
    /// What its button says.
    pub label: String,
    /// Who is waited for.
    pub who: String,
    /// Why the reader may not.
    pub why: String,
    /// Whether it need not be taken.
    pub optional: bool,
}

/// One event.
#[derive(Clone, Debug)]
pub struct EventRow {
    /// When, unix milliseconds.
    pub at: i64,
    /// What.
    pub what: String,
    /// Who, and in whose place.
    pub who: String,
    /// Where it stood then.
    pub state: String,
    /// What was typed: label and value.
    pub typed: Vec<(String, String)>,
    /// What was done.
    pub done: Vec<PlanRow>,
}

/// What went out of the database, or will.
#[derive(Clone, Debug)]
pub struct EffectRow {
    /// Its id.
    pub id: String,
    /// What.
    pub what: String,
    /// How far it has come, in words.
    pub state: String,
    /// The other side's word.
    pub said: String,
    /// Whether it may be tried again.
    pub may_try: bool,
}

/// `GET /flows/{id}`.
#[derive(Debug, Template)]
#[template(path = "flow/show.html")]
pub struct Show {
    /// Context.
    pub cx: Cx,
    /// Its id.
    pub id: String,
    /// The version that was read.
    pub version: i64,
    /// What it is about.
    pub title: String,
    /// What kind of request it is.
    pub kind: String,
    /// Whose it is.
    pub unit: String,
    /// The page of the record that it is about.
    pub record: Option<String>,
    /// Where it stands.
    pub state: String,
    /// By which day it should go on, in words; empty for none.
    pub due: String,
    /// Whether that day has passed.
    pub late: bool,
    /// What the reader may do.
    pub steps: Vec<StepForm>,
    /// What others must do.
    pub others: Vec<OtherStep>,
    /// Whether the reader may take it back.
    pub may_withdraw: bool,
    /// What happened, the last first.
    pub events: Vec<EventRow>,
    /// What went out.
    pub effects: Vec<EffectRow>,
    /// The clauses that it serves: words and page.
    pub serves: Vec<(String, String)>,
    /// Why what was typed was not taken.
    pub problem: Option<Problem>,
}
