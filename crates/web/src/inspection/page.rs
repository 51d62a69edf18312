//! The pages of inspections.

use askama::Template;

use app::inspection::Raised;
use domain::problem::Problem;

use crate::{cx::Cx, mark::Mark};

/// `GET /inspections`.
#[derive(Debug, Template)]
#[template(path = "inspection/index.html")]
pub struct Index {
    /// Context.
    pub cx: Cx,
    /// Whether the reader may make one.
    pub may_manage: bool,
    /// The newest first.
    pub rows: Vec<Row>,
}

/// One inspection of the list.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its page.
    pub href: String,
    /// Its name.
    pub name: String,
    /// Its code, occasion and days, in words.
    pub about: String,
    /// Its step, in words.
    pub status: String,
    /// Whether it is closed.
    pub closed: bool,
}

/// `GET /inspections/{code}`.
#[derive(Debug, Template)]
#[template(path = "inspection/show.html")]
pub struct Show {
    /// Context.
    pub cx: Cx,
    /// The inspection's id.
    pub id: String,
    /// The version that was read.
    pub version: i64,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its steps in order: word, and whether it is done, is the present one, or is to come.
    pub steps: Vec<(String, &'static str)>,
    /// The next step, in words; empty when there is none or the reader may not take it.
    pub next: String,
    /// Whether that step writes a conclusion.
    pub concludes: bool,
    /// Whether the checklist may be drawn.
    pub may_draw: bool,
    /// Whether findings may be raised and re-checked.
    pub may_manage: bool,
    /// Whether this reader may say that a finding is mended.
    pub may_report: bool,
    /// The code of the unit whose checklist is shown.
    pub unit: String,
    /// Whether this reader may conclude that unit's own assessment.
    pub may_conclude: bool,
    /// Whether that unit has concluded it.
    pub is_concluded: bool,
    /// Whether anything of the checklist may be answered.
    pub may_answer: bool,
    /// The conclusion that was typed and not taken.
    pub conclusion: String,
    /// Why what was typed was not taken.
    pub problem: Option<Problem>,
    /// Plan, team and conclusion, as names and values.
    pub about: Vec<(String, String)>,
    /// Items by result: its word and how many.
    pub counts: Vec<(String, usize)>,
    /// How many items there are.
    pub total: usize,
    /// How many of them were looked at, percent.
    pub share: usize,
    /// Units: code, name, whether it is the one shown.
    pub units: Vec<(String, String, bool)>,
    /// The checklist of the unit shown.
    pub items: Vec<ItemRow>,
    /// What was found amiss.
    pub findings: Vec<FindingRow>,
}

/// One item of the checklist.
#[derive(Clone, Debug)]
pub struct ItemRow {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: i64,
    /// The clause, in words.
    pub cite: String,
    /// What is asked.
    pub asked: String,
    /// The live verdict and its page.
    pub verdict: Option<(Mark, String)>,
    /// The results to choose from: code, word, whether it is the one given.
    pub results: Vec<(String, String, bool)>,
    /// The result in words.
    pub result: String,
    /// The note.
    pub note: String,
    /// What result and note were when the page was made.
    pub was: String,
    /// What somebody else has written there meanwhile, or what is wrong.
    pub missed: Option<String>,
    /// A finding that was typed and not taken.
    pub raised: Option<Raised>,
    /// Whether this reader may answer.
    pub may_answer: bool,
    /// Whether a finding may be raised on it.
    pub may_raise: bool,
}

/// One finding.
#[derive(Clone, Debug)]
pub struct FindingRow {
    /// Its id.
    pub id: String,
    /// The version that was read.
    pub version: i64,
    /// The unit.
    pub unit: String,
    /// The clause, in words.
    pub cite: String,
    /// What is amiss.
    pub summary: String,
    /// How grave, as a word.
    pub severity: String,
    /// The corrective action and its owner.
    pub action: String,
    /// Until when, in words.
    pub due: String,
    /// Whether that is past and it is not closed.
    pub late: bool,
    /// Its state: `open`, `mended`, `closed`.
    pub status: String,
    /// The state, as a word.
    pub status_word: String,
    /// Until when more time is asked for, and why.
    pub asked: Option<(String, String)>,
    /// What the unit says.
    pub mended_note: String,
    /// The document's address; empty when there is none.
    pub document: String,
}

impl ItemRow {
    /// What stands in the form of a finding.
    pub fn raise(&self) -> Raised {
        self.raised.clone().unwrap_or_else(|| Raised {
            severity: "medium".into(),
            ..Raised::default()
        })
    }
}
