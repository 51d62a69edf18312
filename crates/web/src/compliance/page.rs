//! The pages of compliance.

use askama::Template;
use domain::authority::Permission;
use domain::problem::Problem;
use policy::Tally;

use super::{PAGE, look_back::LookBack, timeline::Span};
use crate::{counts::Shown as _, cx::Cx, mark::Mark, paging::Pages};

/// A regulation in the list.
#[derive(Clone, Debug)]
pub struct RegulationRow {
    /// Its id.
    pub id: String,
    /// Its official number.
    pub number: String,
    /// Its title.
    pub title: String,
    /// Since when it is in force, and how many clauses it has.
    pub about: String,
    /// All its verdicts.
    pub counts: Tally,
}

/// A national text that a regulation or a clause points at.
#[derive(Clone, Debug)]
pub struct LawRow {
    /// Its official number.
    pub number: String,
    /// Its title.
    pub title: String,
    /// When it is in force, what it took the place of.
    pub about: String,
    /// Whether nobody has read the text or an official notice.
    pub unconfirmed: bool,
}

/// The national texts behind a page, as cited or as in force on its day.
#[derive(Clone, Debug, Default)]
pub struct LawRows {
    /// In the order of the text.
    pub rows: Vec<LawRow>,
    /// Whether those in force are shown in the place of those cited.
    pub today: bool,
    /// The page with the texts as cited.
    pub cited_href: String,
    /// The page with the texts in force.
    pub today_href: String,
}

/// `GET /compliance`.
#[derive(Debug, Template)]
#[template(path = "compliance/index.html")]
pub struct Index {
    /// Context.
    pub cx: Cx,
    /// The day looked back at.
    pub as_of: LookBack,
    /// `?as_of=…` of that day, for links.
    pub at: String,
    /// The regulations that hold for somebody whom the reader may see.
    pub regulations: Vec<RegulationRow>,
    /// Those that are at hand and hold for nobody: id and title. Only for who may adopt them.
    pub others: Vec<(String, String)>,
}

/// A clause in its article.
#[derive(Clone, Debug)]
pub struct ClauseRow {
    /// `16.8`.
    pub cite: String,
    /// Obligation, definition, … as a word.
    pub kind: String,
    /// What it asks, in our words.
    pub summary: String,
    /// Whether units are judged by it.
    pub scored: bool,
    /// What its verdicts rest on, as a word.
    pub basis: String,
    /// Its verdicts.
    pub counts: Tally,
}

/// An article.
#[derive(Clone, Debug)]
pub struct ArticleRows {
    /// `16`.
    pub number: String,
    /// Number and title.
    pub title: String,
    /// All its verdicts.
    pub counts: Tally,
    /// In the order of the text.
    pub clauses: Vec<ClauseRow>,
}

/// A chapter.
#[derive(Clone, Debug)]
pub struct ChapterRows {
    /// Number and title.
    pub title: String,
    /// In the order of the text.
    pub articles: Vec<ArticleRows>,
}

/// `GET /compliance/{regulation}`.
#[derive(Debug, Template)]
#[template(path = "compliance/regulation.html")]
pub struct RegulationPage {
    /// Context.
    pub cx: Cx,
    /// Its id.
    pub id: String,
    /// Its official number.
    pub number: String,
    /// Its short name.
    pub short: String,
    /// Its title.
    pub title: String,
    /// Issuer, dates, what it replaces.
    pub about: String,
    /// Said where the text is not in force on the day shown.
    pub out_of_force: bool,
    /// The day looked back at.
    pub as_of: LookBack,
    /// `?as_of=…` of that day, for links.
    pub at: String,
    /// What it rests on.
    pub law: LawRows,
    /// All its verdicts.
    pub counts: Tally,
    /// In the order of the text.
    pub chapters: Vec<ChapterRows>,
}

/// `GET /compliance/{regulation}/heatmap`.
#[derive(Debug, Template)]
#[template(path = "compliance/heatmap.html")]
pub struct HeatmapPage {
    /// Context.
    pub cx: Cx,
    /// The regulation.
    pub id: String,
    /// Its short name.
    pub short: String,
    /// The day looked back at.
    pub as_of: LookBack,
    /// `?as_of=…` of that day, for links.
    pub at: String,
    /// The verdicts that the table shows.
    pub legend: Vec<Mark>,
    /// The table, see [`super::heatmap`].
    pub table: String,
    /// The way to more units.
    pub pages: Pages,
}

/// A unit under a clause.
#[derive(Clone, Debug)]
pub struct UnitVerdict {
    /// The verdict page.
    pub href: String,
    /// The unit.
    pub name: String,
    /// The verdict.
    pub mark: Mark,
    /// The reason, in words.
    pub why: String,
    /// Since when, unix milliseconds; none where a past day was judged anew.
    pub since: Option<i64>,
}

/// A control that satisfies a clause.
#[derive(Clone, Debug)]
pub struct ControlText {
    /// Its id.
    pub id: String,
    /// What is wanted.
    pub title: String,
    /// How it is judged, its parameters, its remedy.
    pub about: Vec<(String, String)>,
    /// The check, empty when there is none.
    pub sql: String,
}

/// `GET /compliance/{regulation}/{cite}`.
#[derive(Debug, Template)]
#[template(path = "compliance/clause.html")]
pub struct ClausePage {
    /// Context.
    pub cx: Cx,
    /// The regulation.
    pub id: String,
    /// Its short name.
    pub short: String,
    /// Number and title of the article.
    pub article: String,
    /// `16.8`.
    pub cite: String,
    /// `Điều 16 khoản 8`.
    pub cite_in_words: String,
    /// What it asks, in our words.
    pub summary: String,
    /// Whether units are judged by it.
    pub scored: bool,
    /// Kind, bearer, whom it is owed to, what is open.
    pub about: Vec<(String, String)>,
    /// How it was read against its text; empty where it is not scored.
    pub reading: Vec<(String, String)>,
    /// The day looked back at.
    pub as_of: LookBack,
    /// `?as_of=…` of that day, for links.
    pub at: String,
    /// What it points at.
    pub law: LawRows,
    /// What satisfies it.
    pub controls: Vec<ControlText>,
    /// All its verdicts.
    pub counts: Tally,
    /// The worst first.
    pub units: Vec<UnitVerdict>,
    /// The way to more of them.
    pub pages: Pages,
}

/// One cell of the evidence.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// The column.
    pub head: String,
    /// The value as shown.
    pub text: String,
    /// The verdict, in the column of statuses.
    pub mark: Option<Mark>,
    /// The record it speaks of.
    pub href: Option<String>,
    /// Whether it is a sentence and wants room.
    pub long: bool,
}

/// What one control says of the unit.
#[derive(Clone, Debug)]
pub struct ControlVerdict {
    /// The control's id.
    pub id: String,
    /// What is wanted.
    pub title: String,
    /// What it says.
    pub mark: Mark,
    /// The columns of the evidence.
    pub heads: Vec<String>,
    /// The rows of the evidence, as they were.
    pub rows: Vec<Vec<Cell>>,
    /// How it is judged and by which parameters.
    pub about: Vec<(String, String)>,
    /// The check, empty when there is none.
    pub sql: String,
}

/// A question to be answered by a person.
#[derive(Clone, Debug)]
pub struct AttestForm {
    /// The control.
    pub control: String,
    /// The question.
    pub question: String,
    /// The words for yes and no.
    pub answers: [String; 2],
    /// How long an answer holds, in words.
    pub lifetime: String,
    /// `none`, `optional` or `required`.
    pub attachment: &'static str,
    /// The last answer, in words.
    pub last: Option<String>,
    /// Whether the reader may answer.
    pub may: bool,
    /// The answer that was not taken, if one was: what was typed stands there still.
    pub refused: Option<RefusedAnswer>,
}

/// An answer that was sent and not taken.
#[derive(Clone, Debug)]
pub struct RefusedAnswer {
    /// The control that it answers.
    pub control: String,
    /// `true`, `false` or nothing, as it was sent.
    pub holds: String,
    /// What was typed.
    pub statement: String,
    /// Why it was not taken.
    pub problem: Problem,
}

impl AttestForm {
    /// What was typed.
    pub fn statement(&self) -> &str {
        self.refused.as_ref().map_or("", |sent| &sent.statement)
    }

    /// Whether that answer, `true` or `false`, was chosen.
    pub fn chose(&self, answer: &str) -> bool {
        self.refused
            .as_ref()
            .is_some_and(|sent| sent.holds == answer)
    }
}

/// `GET /compliance/{regulation}/{cite}/{unit}`.
#[derive(Debug, Template)]
#[template(path = "compliance/verdict.html")]
pub struct VerdictPage {
    /// Context.
    pub cx: Cx,
    /// The regulation.
    pub id: String,
    /// Its short name.
    pub short: String,
    /// `16.8`.
    pub cite: String,
    /// `Điều 16 khoản 8`.
    pub cite_in_words: String,
    /// What it asks, in our words.
    pub summary: String,
    /// The unit's name.
    pub unit: String,
    /// The unit's code.
    pub unit_code: String,
    /// The day looked back at.
    pub as_of: LookBack,
    /// `?as_of=…` of that day, for links.
    pub at: String,
    /// The verdict.
    pub mark: Mark,
    /// The reason, in words.
    pub why: String,
    /// What the verdict rests on, at its weakest; empty where that was not told yet.
    pub rests_on: String,
    /// What is wrong in how this clause is judged, as it was read; empty where nothing is.
    pub doubt: String,
    /// Since when, unix milliseconds; none where a past day was judged anew.
    pub since: Option<i64>,
    /// When the facts behind it were seen, unix milliseconds.
    pub observed: Option<i64>,
    /// What would mend it, in words.
    pub mend: String,
    /// The buttons that mend it: address and text.
    pub remedies: Vec<(String, String)>,
    /// What each control says, with its evidence.
    pub controls: Vec<ControlVerdict>,
    /// Its history as a picture.
    pub timeline: String,
    /// Its history, the newest first.
    pub history: Vec<Span>,
    /// Where a person's answer is the way.
    pub attestations: Vec<AttestForm>,
    /// Bearer, hashes, pack.
    pub about: Vec<(String, String)>,
}

/// A clause that a control serves.
#[derive(Clone, Debug)]
pub struct ServedRow {
    /// The clause's page.
    pub href: String,
    /// The regulation's short name.
    pub short: String,
    /// `16.8`.
    pub cite: String,
    /// What it asks, in our words.
    pub summary: String,
    /// The parameters that the clause gives or the province chose.
    pub parameters: String,
    /// Whether the regulation holds for somebody.
    pub adopted: bool,
    /// Its verdicts.
    pub counts: Tally,
}

/// `GET /compliance/controls/{id}`.
#[derive(Debug, Template)]
#[template(path = "compliance/control.html")]
pub struct ControlPage {
    /// Context.
    pub cx: Cx,
    /// Its id.
    pub id: String,
    /// What is wanted.
    pub title: String,
    /// How it is judged, its parameters, what it awaits, its remedy.
    pub about: Vec<(String, String)>,
    /// The question, where a person answers.
    pub question: String,
    /// The check, empty when there is none.
    pub sql: String,
    /// The day looked back at.
    pub as_of: LookBack,
    /// `?as_of=…` of that day, for links.
    pub at: String,
    /// What it says of each organization; none for a past day as it was known then.
    pub counts: Option<Tally>,
    /// Every clause that it serves.
    pub served: Vec<ServedRow>,
}

/// A regulation in the tables of how clauses are judged and how they were read.
#[derive(Clone, Debug)]
pub struct CoverageRow {
    /// Its page; none for the sum.
    pub href: Option<String>,
    /// Its short name.
    pub name: String,
    /// How many clauses it has.
    pub clauses: u32,
    /// How many are scored.
    pub scored: u32,
    /// How many rest on what, the strongest first.
    pub on: Vec<u32>,
    /// How many were read as right, weak, wrong, and not read.
    pub read: [usize; 4],
}

/// `GET /compliance/coverage`.
#[derive(Debug, Template)]
#[template(path = "compliance/coverage.html")]
pub struct CoveragePage {
    /// Context.
    pub cx: Cx,
    /// What verdicts rest on, the strongest first.
    pub bases: Vec<String>,
    /// How clauses were read.
    pub readings: [String; 4],
    /// Each regulation, and all together.
    pub rows: Vec<CoverageRow>,
}

/// A regulation that a draft changes.
#[derive(Clone, Debug)]
pub struct ChangeRow {
    /// Its id, before and after where they differ.
    pub name: String,
    /// How many clauses of each fate.
    pub counts: String,
    /// Fate, cites before, cites after, what differs.
    pub clauses: Vec<[String; 4]>,
}

/// A verdict that a draft would turn.
#[derive(Clone, Debug)]
pub struct TurnedRow {
    /// The unit's code.
    pub code: String,
    /// The unit's name.
    pub unit: String,
    /// The regulation's short name and the cite.
    pub place: String,
    /// What it asks, in our words.
    pub summary: String,
    /// Today's verdict.
    pub before: Option<Mark>,
    /// The verdict under the draft.
    pub after: Option<Mark>,
}

/// What a draft would do.
#[derive(Clone, Debug)]
pub struct Trial {
    /// What differs in the text.
    pub changes: Vec<ChangeRow>,
    /// The first of the verdicts that would turn.
    pub turned: Vec<TurnedRow>,
    /// How many would turn in all.
    pub total: usize,
    /// How many would stay.
    pub stay: usize,
    /// Of how many organizations.
    pub units: usize,
}

/// `GET /compliance/what-if`, and the answer to `POST`.
#[derive(Debug, Template)]
#[template(path = "compliance/what_if.html")]
pub struct WhatIfPage {
    /// Context.
    pub cx: Cx,
    /// Why the draft cannot be tried.
    pub problem: Option<Problem>,
    /// What it would do.
    pub trial: Option<Trial>,
}
