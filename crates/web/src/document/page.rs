//! The pages.

use app::document::Compared;
use askama::Template;
use domain::{document::State, problem::Problem};

use super::PAGE;
use crate::cx::Cx;

/// Documents, and what may be begun.
#[derive(Debug, Template)]
#[template(path = "document/index.html")]
pub struct Index {
    /// Context.
    pub cx: Cx,
    /// What prints is not here.
    pub no_printer: bool,
    /// The filter by template: code, name, chosen.
    pub kinds: Vec<(String, String, bool)>,
    /// The filter by state: code, name, chosen.
    pub states: Vec<(String, String, bool)>,
    /// The documents.
    pub rows: Vec<Row>,
    /// The way to other pages.
    pub pages: String,
    /// What may be begun.
    pub offers: Vec<Choice>,
    /// Whether the reader may begin documents at all.
    pub may_begin: bool,
    /// Whether a filter is set.
    pub narrowed: bool,
}

/// A document in the list.
#[derive(Debug)]
pub struct Row {
    /// Its address.
    pub href: String,
    /// Its template's name.
    pub kind: String,
    /// Who writes it.
    pub unit: String,
    /// `2026-Q4`.
    pub period: String,
    /// Its number.
    pub number: String,
    /// How far it has come.
    pub state: String,
    /// The last change, unix milliseconds.
    pub at: i64,
}

/// A template that may be begun.
#[derive(Debug)]
pub struct Choice {
    /// Its id.
    pub id: String,
    /// Its name.
    pub title: String,
    /// What it is for.
    pub about: String,
    /// Whether it is the one that was asked for.
    pub open: bool,
    /// For whom: id, name, chosen.
    pub units: Vec<(String, String, bool)>,
    /// About what time: label, words, chosen.
    pub periods: Vec<(String, String, bool)>,
    /// It is about one day, which is chosen from a calendar.
    pub by_day: bool,
}

/// One document.
#[derive(Debug, Template)]
#[template(path = "document/show.html")]
pub struct Show {
    /// Context.
    pub cx: Cx,
    /// Its id.
    pub id: String,
    /// The version that was read.
    pub version: i64,
    /// The template's name.
    pub kind: String,
    /// What it is about.
    pub title: String,
    /// Who writes it.
    pub unit: String,
    /// How far it has come.
    pub state: State,
    /// Its steps in order: word, and whether it is done, is the present one, or is to come.
    pub steps: Vec<(String, &'static str)>,
    /// Whether the reader may write it.
    pub may_write: bool,
    /// What prints is not here.
    pub no_printer: bool,
    /// What persons write.
    pub drafts: Vec<DraftField>,
    /// The place in its heading.
    pub place: String,
    /// Who signs.
    pub signer: String,
    /// The number that was typed.
    pub number: String,
    /// What stands behind it on the paper: `/BC-UBND`.
    pub symbol: String,
    /// The day of signature or of sending that was typed; today else.
    pub day: String,
    /// Why what was typed was not taken.
    pub problem: Option<Problem>,
    /// The signed file beside what was reviewed; none while nothing is signed.
    pub compared: Option<Compared>,
    /// Number, day of signature, file, day of sending.
    pub facts: Vec<(String, String, Option<String>)>,
    /// What stands in the way of a review.
    pub missing: Vec<String>,
    /// The numbers: what, how much, from where.
    pub numbers: Vec<(String, String, String)>,
    /// When they were taken.
    pub filled_at: i64,
    /// Units that sent theirs: name, address of the document, number.
    pub sent: Vec<(String, String, String)>,
    /// Units whose entry of the book is there without a document made here: name, day.
    pub otherwise: Vec<(String, String)>,
    /// Units that are exempt.
    pub exempt: Vec<String>,
    /// Units that did not report: name, address.
    pub absent: Vec<(String, String)>,
    /// Whether it takes the units' documents.
    pub rolls_up: bool,
    /// Today, for the date fields.
    pub today: String,
    /// What was done with it.
    pub journal: String,
}

/// A field that a person writes.
#[derive(Debug)]
pub struct DraftField {
    /// Its name in the form.
    pub name: String,
    /// What is asked.
    pub label: String,
    /// What is written.
    pub text: String,
    /// What was typed and was not taken, where it differs.
    pub typed: Option<String>,
    /// What somebody else has written there meanwhile.
    pub stands: Option<String>,
    /// It must be written.
    pub required: bool,
    /// It is one line.
    pub line: bool,
}

impl DraftField {
    /// What stands in the field: what was typed, else what is written.
    pub fn now(&self) -> &str {
        self.typed.as_deref().unwrap_or(&self.text)
    }
}
