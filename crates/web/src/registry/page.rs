//! List, record and form of any noun.

use app::registry::{ColumnUse, ImportReport, Outcome, RowFate};
use askama::Template;
use domain::{
    problem::Problem,
    schema::{Kind, Schema},
};

use super::{PAGE, cell::Cell};
use crate::{
    cx::Cx, format, journal::page::Entries, mark::Mark, paging::Pages, share::page::Panel,
};

/// A noun in the index.
#[derive(Clone, Debug)]
pub struct NounRow {
    /// Its code.
    pub code: String,
    /// Its icon.
    pub icon: String,
    /// Its plural.
    pub title: String,
    /// What it is for.
    pub about: String,
    /// How many records the reader sees.
    pub total: Option<i64>,
}

/// `GET /registry`.
#[derive(Debug, Template)]
#[template(path = "registry/index.html")]
pub struct Index {
    /// Context.
    pub cx: Cx,
    /// How many claims wait; none when nothing does.
    pub open: Option<String>,
    /// How many entries of others are shared with the reader; none when none is.
    pub shared: Option<String>,
    /// Title and nouns.
    pub groups: Vec<(String, Vec<NounRow>)>,
}

/// The head of a column.
#[derive(Clone, Debug)]
pub struct Head {
    /// The field's label.
    pub text: String,
    /// Sorts by it; empty where that cannot be.
    pub href: String,
    /// `ascending` or `descending` when sorted by it.
    pub order: Option<&'static str>,
    /// Whether its values stand at the right.
    pub number: bool,
}

/// A filter by a choice.
#[derive(Clone, Debug)]
pub struct Filter {
    /// The field.
    pub name: String,
    /// Its label.
    pub label: String,
    /// Code, word, whether it is the one shown.
    pub choices: Vec<(String, String, bool)>,
}

/// The filters that only books have.
#[derive(Clone, Debug, Default)]
pub struct BookFilters {
    /// From this day, ISO; empty for all.
    pub since: String,
    /// To this day.
    pub until: String,
    /// Of this period; none where the book has none.
    pub period: Option<String>,
    /// Of this organization: its code.
    pub organization: String,
}

/// A record in a list.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// Its list fields.
    pub cells: Vec<Cell>,
}

/// `GET /registry/{noun}`.
#[derive(Debug, Template)]
#[template(path = "registry/list.html")]
pub struct List {
    /// Context.
    pub cx: Cx,
    /// The noun.
    pub schema: Schema,
    /// Its icon.
    pub icon: String,
    /// The address with its filters, for refetching.
    pub here: String,
    /// The query with its `?`, for the export; empty when there is none.
    pub query_string: String,
    /// What is searched.
    pub q: String,
    /// Whether search or filters are in force.
    pub narrowed: bool,
    /// Whether the reader may write.
    pub may_write: bool,
    /// The filters.
    pub filters: Vec<Filter>,
    /// Those of a book.
    pub book: Option<BookFilters>,
    /// What a book is for and how it is kept: title and words.
    pub rules: Vec<(String, String)>,
    /// The columns.
    pub heads: Vec<Head>,
    /// The records.
    pub rows: Vec<Row>,
    /// Ways to the others.
    pub pages: Pages,
}

/// `GET /registry/{noun}/{id}`.
#[derive(Debug, Template)]
#[template(path = "registry/record.html")]
pub struct RecordPage {
    /// Context.
    pub cx: Cx,
    /// The noun.
    pub schema: Schema,
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: i64,
    /// Its title.
    pub title: String,
    /// Whose it is and until when it can be read, where it was only shared with the reader.
    pub received: Option<String>,
    /// Whether the reader may write it.
    pub may_write: bool,
    /// Whether the noun's records are ever deleted.
    pub may_delete: bool,
    /// Other pages about it: address and text.
    pub ways: Vec<(String, String)>,
    /// What of it is not in force, and why.
    pub waits: Vec<String>,
    /// Until it is opened again, why it cannot be changed.
    pub closed: Option<String>,
    /// All fields.
    pub cells: Vec<Cell>,
    /// What devices of its kind tell of themselves, as HTML.
    pub told: Option<String>,
    /// The documents that belong to it.
    pub documents: Vec<Document>,
    /// An entry's versions: which, who and when.
    pub versions: Vec<(i64, String)>,
    /// With whom it is shared.
    pub sharing: Option<Panel>,
    /// Its history; none where it was only shared with the reader.
    pub journal: Option<Entries>,
}

/// The same fields without the ways to other records; files and people's addresses keep theirs.
pub fn without_ways(cells: Vec<Cell>) -> Vec<Cell> {
    let to_a_record = |href: &String| href.starts_with("/registry/");
    let without = |cell: Cell| Cell {
        href: cell.href.filter(|href| !to_a_record(href)),
        ..cell
    };
    cells.into_iter().map(without).collect()
}

/// A document of a record.
#[derive(Clone, Debug)]
pub struct Document {
    /// Where it is.
    pub href: String,
    /// Its name.
    pub name: String,
    /// Size, who brought it, when.
    pub about: String,
    /// What the scanner said.
    pub scan: String,
    /// How that is marked.
    pub scan_mark: Mark,
    /// Whether it was looked at for markings of secrecy, and what was not.
    pub marking: String,
}

/// `GET /registry/{noun}/{id}/versions/{version}`.
#[derive(Debug, Template)]
#[template(path = "registry/version.html")]
pub struct VersionPage {
    /// Context.
    pub cx: Cx,
    /// The book.
    pub schema: Schema,
    /// The entry.
    pub id: String,
    /// Its title then.
    pub title: String,
    /// Whether it was only shared with the reader.
    pub received: bool,
    /// Which version.
    pub version: i64,
    /// Whether it is the latest.
    pub latest: bool,
    /// Who wrote it; empty when that is not known.
    pub recorded_by: String,
    /// When, in words.
    pub recorded_at: String,
    /// All fields as they were.
    pub cells: Vec<Cell>,
}

/// A closed book in a list.
#[derive(Clone, Debug)]
pub struct ClosingRow {
    /// Its id.
    pub id: String,
    /// Whose.
    pub unit: String,
    /// For which period.
    pub period: String,
    /// How many entries.
    pub entries: String,
    /// The hash of its content.
    pub sha256: String,
    /// When and by whom.
    pub closed: String,
    /// When, by whom and why it was opened again.
    pub reopened: Option<(String, String)>,
}

/// `GET /registry/{noun}/closings`.
#[derive(Debug, Template)]
#[template(path = "registry/closings.html")]
pub struct Closings {
    /// Context.
    pub cx: Cx,
    /// The book.
    pub schema: Schema,
    /// Whether the program that prints is missing.
    pub no_printer: bool,
    /// Whether the reader may close a book.
    pub may_close: bool,
    /// Whether the reader may open one again.
    pub may_reopen: bool,
    /// Codes and names of the units.
    pub units: Vec<(String, String)>,
    /// What was typed.
    pub organization: String,
    /// What was typed.
    pub period: String,
    /// Why it was not done.
    pub problem: Option<Problem>,
    /// The latest first.
    pub rows: Vec<ClosingRow>,
}

/// What somebody else wrote meanwhile.
#[derive(Clone, Debug)]
pub struct Theirs {
    /// Who and when.
    pub who: String,
    /// Field, theirs, yours.
    pub rows: Vec<(String, String, String)>,
}

/// What a field is filled in with.
#[derive(Clone, Debug)]
pub enum Control {
    /// Several lines.
    Area,
    /// One of a few: code and word.
    Select(Vec<(String, String)>),
    /// One of many, with suggestions: key and title.
    Suggest(Vec<(String, String)>),
    /// One line, of an HTML input type.
    Line(&'static str),
    /// A document.
    File,
    /// What stays as it is here: a step of the noun's own page writes it.
    Kept,
}

/// A field of a form.
#[derive(Clone, Debug)]
pub struct Input {
    /// The field.
    pub name: String,
    /// Its label.
    pub label: String,
    /// What to enter.
    pub help: Option<String>,
    /// Whether it must be given.
    pub required: bool,
    /// Whether it takes the whole width.
    pub wide: bool,
    /// The value as it was typed or is stored.
    pub value: String,
    /// What is wrong with it.
    pub wrong: Option<String>,
    /// How it is filled in.
    pub control: Control,
}

impl Input {
    /// The HTML attributes that tie the field to its hint and its problem. The
    /// name comes from a schema, which holds nothing but letters and `_`.
    pub fn attributes(&self) -> String {
        let mut out = String::new();
        // A document that is kept already need not be chosen again.
        let kept = matches!(self.control, Control::File) && !self.value.is_empty();
        if self.required && !kept {
            out.push_str(" required");
        }
        let name = &self.name;
        match (&self.wrong, &self.help) {
            (Some(_), Some(_)) => {
                out.push_str(&format!(
                    " aria-invalid=\"true\" aria-describedby=\"w-{name} h-{name}\""
                ));
            }
            (Some(_), None) => {
                out.push_str(&format!(
                    " aria-invalid=\"true\" aria-describedby=\"w-{name}\""
                ));
            }
            (None, Some(_)) => out.push_str(&format!(" aria-describedby=\"h-{name}\"")),
            (None, None) => {}
        }
        out
    }
}

/// `GET /registry/{noun}/new` and `GET /registry/{noun}/{id}/edit`.
#[derive(Debug, Template)]
#[template(path = "registry/form.html")]
pub struct Form {
    /// Context.
    pub cx: Cx,
    /// The noun.
    pub schema: Schema,
    /// What the form does.
    pub title: String,
    /// Where it goes.
    pub action: String,
    /// The version that was read; 0 for a new record.
    pub version: i64,
    /// The id that a new record gets; empty for one that is there.
    pub once: String,
    /// Where to go afterwards.
    pub back: String,
    /// Why it was not saved.
    pub problem: Option<Problem>,
    /// What somebody else wrote meanwhile.
    pub theirs: Option<Theirs>,
    /// Whether documents go with it.
    pub files: bool,
    /// Its fields.
    pub inputs: Vec<Input>,
}

/// `GET /registry/{noun}/import`, before and after a file was chosen.
#[derive(Debug, Template)]
#[template(path = "registry/import.html")]
pub struct Import {
    /// Context.
    pub cx: Cx,
    /// The noun.
    pub schema: Schema,
    /// The largest file, in words.
    pub limit: String,
    /// Under what the file is kept meanwhile.
    pub upload: String,
    /// Why it is no table.
    pub problem: Option<Problem>,
    /// What becomes, or became, of the rows.
    pub report: Option<ImportReport>,
    /// While it runs: whether it writes, how many rows are done, and of how many.
    pub running: Option<(bool, usize, usize)>,
    /// The sheet that was named.
    pub sheet: String,
    /// Whether hidden rows go in.
    pub hidden_rows: bool,
}

/// At most so many rows are shown, the bad ones first; the rest is in the file of bad rows.
const ROWS: usize = 300;
/// At most so many fields of a row are shown.
const FIELDS: usize = 40;

impl Import {
    /// The rows to show: what is refused, what asks, what changes, what is new, the rest.
    pub fn shown(&self) -> Vec<&RowFate> {
        let Some(report) = &self.report else {
            return Vec::new();
        };
        let rank = |row: &RowFate| match row.outcome {
            Outcome::Bad => 0,
            Outcome::Asks => 1,
            Outcome::Update => 2,
            Outcome::Create => 3,
            Outcome::Unchanged => 4,
        };
        let mut rows: Vec<&RowFate> = report.rows.iter().collect();
        rows.sort_by_key(|row| rank(row));
        rows.truncate(ROWS);
        rows
    }

    /// What changes in a row: the field's name, old and new. Of a new record only what is given.
    pub fn changes(&self, row: &RowFate) -> Vec<(String, String, String)> {
        let fields = row.changes.iter().take(FIELDS).filter_map(|change| {
            let field = self.schema.field(&change.field)?;
            let words = |value: &str| match (field.choices.get(value), field.kind) {
                (Some(label), _) => self.cx.l(label),
                (None, Kind::Date) => format::iso_date(value),
                _ => value.to_owned(),
            };
            let label = self.cx.l(&field.label);
            Some((label, words(&change.before), words(&change.after)))
        });
        fields.collect()
    }

    /// How many rows are not shown.
    pub fn more(&self) -> usize {
        let report = self.report.as_ref();
        report.map_or(0, |r| r.rows.len().saturating_sub(ROWS) + r.untold)
    }

    /// The columns that name no field, where a person may say what they are.
    pub fn unused(&self) -> Vec<&ColumnUse> {
        let columns = self.report.iter().flat_map(|report| &report.columns);
        columns
            .filter(|c| c.field.is_none() && !c.header.is_empty())
            .collect()
    }
}
