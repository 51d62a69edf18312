//! What an import did, or would do: every row's fate, every refusal by its cell.

use std::collections::HashMap;

use domain::{
    label::{Label, Lang},
    problem::{Problem, ProblemKind},
};
use examine::table;
use serde::Serialize;

use super::{
    columns::ColumnUse,
    export::{guard, guard_again},
    fates::Fates,
    table::{SheetChoice, Table},
};

/// What happens to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// A new record.
    Create,
    /// An existing record changes.
    Update,
    /// An existing record is the same already.
    Unchanged,
    /// It does not go in.
    Bad,
    /// It goes in only when a person says so: the sheet hides it, or a part of it.
    Asks,
}

/// What is wrong with one cell.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CellProblem {
    /// The cell as a spreadsheet names it, `C5`; empty for the row as a whole.
    pub cell: String,
    /// The column's header as written; empty for the row as a whole.
    pub column: String,
    /// The field; empty for the row as a whole.
    pub field: String,
    /// The column's number, 1 for the first; 0 for the row as a whole.
    pub position: usize,
    /// What stands in the cell.
    pub value: String,
    /// What is wrong with it.
    pub message: Label,
    /// What to write instead.
    pub write: Label,
}

impl CellProblem {
    pub(super) fn of_row(message: Label) -> Self {
        Self {
            message,
            ..Self::default()
        }
    }

    /// In one line: `C5 “Băng thông” = “2,5”: why. What to write`.
    pub fn line(&self, lang: Lang) -> String {
        let mut out = String::new();
        if !self.cell.is_empty() {
            out.push_str(&self.cell);
            out.push(' ');
        }
        let column = if self.column.is_empty() {
            &self.field
        } else {
            &self.column
        };
        if !column.is_empty() {
            out.push_str(&format!("“{}”", column.replace('\n', " ")));
            if !self.value.is_empty() {
                out.push_str(&format!(" = “{}”", self.value.replace('\n', " ")));
            }
            out.push_str(": ");
        }
        out.push_str(self.message.get(lang));
        if !self.write.get(lang).is_empty() {
            out.push_str(". ");
            out.push_str(self.write.get(lang));
        }
        out
    }
}

/// A field that changes, as a table writes it: a reference by its code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// The field.
    pub field: String,
    /// What is there; empty for nothing.
    pub before: String,
    /// What it becomes; empty for nothing.
    pub after: String,
}

/// One row's fate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RowFate {
    /// Its line in the file, or its row in the sheet.
    pub line: u64,
    /// The record's title.
    pub title: String,
    /// What happens.
    pub outcome: Outcome,
    /// The version of the record that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// What changes, field by field.
    pub changes: Vec<FieldChange>,
    /// Why not, when it does not go in.
    pub problems: Vec<CellProblem>,
    /// How something in it was read that could be meant otherwise.
    pub notes: Vec<Label>,
}

/// What an import did, or would do.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ImportReport {
    /// Whether anything was written.
    pub written: bool,
    /// Whether it was stopped before its end; the rows that are left can be sent again.
    pub stopped: bool,
    /// New records.
    pub created: usize,
    /// Changed records.
    pub updated: usize,
    /// Records that were the same.
    pub unchanged: usize,
    /// Rows that do not go in.
    pub bad: usize,
    /// Rows that go in only when a person says so.
    pub asks: usize,
    /// Rows that were to go in when it was stopped.
    pub left: usize,
    /// The sheets of a workbook that has several. With no columns beside them nothing was
    /// read: a person has to name one.
    pub sheets: Vec<SheetChoice>,
    /// What the columns are taken for.
    pub columns: Vec<ColumnUse>,
    /// What was left out, and how the file was read.
    pub told: Vec<Label>,
    /// Headers that name no field; their cells are not used.
    pub ignored_columns: Vec<String>,
    /// The rows that are told in words: the first of them, as many as a person can use.
    pub rows: Vec<RowFate>,
    /// How many rows are only counted.
    pub untold: usize,
    /// The bad rows as CSV, with a column that says what is wrong.
    #[serde(skip)]
    pub bad_rows: Vec<u8>,
    /// The version of each record that is to change, by the row's line.
    #[serde(skip)]
    pub versions: Vec<(u64, i64)>,
}

impl ImportReport {
    /// Whether nothing was read because a person has to name the sheet.
    pub fn asks_for_sheet(&self) -> bool {
        self.columns.is_empty() && !self.sheets.is_empty()
    }

    /// The version of each record, by line, that a person is shown.
    pub fn shown(&self) -> HashMap<u64, i64> {
        self.versions.iter().copied().collect()
    }

    /// The refusal of a table that goes in as a whole or not at all: its bad rows, in words.
    pub fn refusal(&self, noun: &str) -> Option<Problem> {
        if self.asks_for_sheet() {
            let names: Vec<String> = self
                .sheets
                .iter()
                .map(|s| format!("“{}”", s.name))
                .collect();
            let names = names.join(", ");
            return Some(Problem::new(
                ProblemKind::Invalid,
                Label::new("Tệp có nhiều trang tính", "The file has several sheets"),
                names,
                Label::new("Chọn một trang tính.", "Name one of the sheets."),
            ));
        }
        (self.bad > 0 || self.asks > 0).then(|| {
            Problem::new(
                ProblemKind::Invalid,
                Label::new(
                    format!(
                        "{} dòng không nhận, {} dòng ẩn; chưa ghi gì",
                        self.bad, self.asks
                    ),
                    format!(
                        "{} rows are refused, {} are hidden; nothing was written",
                        self.bad, self.asks
                    ),
                ),
                noun,
                Label::new(
                    "Sửa các ô nêu trong `rows` rồi gửi lại.",
                    "Mend the cells named in `rows` and send it again.",
                ),
            )
        })
    }
}

/// So large is the file of bad rows, bytes.
const BAD_FILE: usize = 4 << 20;

/// The rows that do not go in as CSV, with why, and how many of them found no room.
pub(super) fn bad_rows(table: &Table<'_>, fates: &Fates) -> Result<(Vec<u8>, usize), csv::Error> {
    let mut bad = csv::Writer::from_writer(b"\xEF\xBB\xBF".to_vec());
    let headers = table.headers.iter().map(|header| guard(header));
    bad.write_record(headers.chain(["Lỗi / Problem".to_owned()]))?;
    let mut room = BAD_FILE;
    let mut left = 0;
    for (fate, line) in fates.all().iter().zip(&table.lines) {
        if !matches!(fate.outcome, Outcome::Bad | Outcome::Asks) {
            continue;
        }
        let mut cells: Vec<String> = (0..table.headers.len())
            .map(|i| {
                guard_again(
                    line.cells
                        .get(i)
                        .map(table::Cell::shown)
                        .unwrap_or_default(),
                )
            })
            .collect();
        cells.push(match fates.words(fate) {
            Some(row) => {
                let why: Vec<String> = row.problems.iter().map(|p| p.line(Lang::Vi)).collect();
                why.join("; ")
            }
            None => "Chưa nêu; gửi lại tệp này để biết / Not told; send this file again".to_owned(),
        });
        let size = cells.iter().map(|cell| cell.len() + 3).sum();
        match room.checked_sub(size) {
            Some(rest) if left == 0 => {
                room = rest;
                bad.write_record(&cells)?;
            }
            _ => left += 1,
        }
    }
    let file = bad
        .into_inner()
        .map_err(|e| csv::Error::from(e.into_error()))?;
    Ok((file, left))
}
