//! From a file's cells to a table: which sheet, where its header stands, which column is which
//! field, and what is no row. Whatever is left out is told.

use std::collections::{BTreeMap, HashMap};

use domain::{
    label::{Label, Lang},
    parse::day::{self, Order},
    problem::{FieldProblem, Problem, ProblemKind},
    schema::{Field, Kind, Schema},
    text,
};
use examine::table::{Book, Cell, Encoding, Grid, Line, Merged, address};
use serde::Serialize;

use super::{
    columns::{self, ColumnUse},
    export::VERSION,
};
use crate::secrecy;

/// A sheet that may be meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SheetChoice {
    /// Its name.
    pub name: String,
    /// Whether the workbook hides it.
    pub hidden: bool,
    /// How many of its rows have something in them.
    pub rows: usize,
}

/// So many characters of what is left out are told.
const TOLD: usize = 300;
/// The header is looked for among so many lines.
const HEADER_WITHIN: usize = 30;
/// Merged cells over more rows together than this are not sorted out.
const MAX_MERGED: usize = 500_000;

/// A sheet as a table of a noun.
pub(super) struct Table<'a> {
    /// Headers as written.
    pub headers: Vec<String>,
    /// The field of each column.
    pub fields: Vec<Option<&'a Field>>,
    /// The column of the version that was taken along, for what is filled in elsewhere.
    pub version: Option<usize>,
    /// The rows.
    pub lines: Vec<Line>,
    /// What was left out, and how it was read.
    pub told: Vec<Label>,
    /// Days are counted from 1904.
    pub counts_from_1904: bool,
    /// Where a column of dates has one that is one only with the month first: its line.
    pub month_first: HashMap<usize, u64>,
    /// What separates cells in the file, if it is text.
    pub separator: Option<char>,
    /// The columns that the sheet hides and that give a field.
    hidden: Vec<usize>,
    first_column: usize,
    header_line: u64,
    merged: BTreeMap<u64, Vec<Merged>>,
}

/// What a book's sheets are, and which is meant: the one named, or the only one.
///
/// # Errors
/// Invalid when the name is no sheet's.
pub(super) fn choose(book: &mut Book, named: Option<&str>) -> Result<Choice, Problem> {
    let sheets: Vec<SheetChoice> = book
        .sheets
        .iter()
        .map(|grid| SheetChoice {
            name: grid.name.clone(),
            hidden: grid.hidden,
            rows: grid.lines.len(),
        })
        .collect();
    let at = match named {
        Some(name) => {
            let found = sheets.iter().position(|s| s.name == name);
            Some(found.ok_or_else(|| no_sheet(name, &sheets))?)
        }
        None => (sheets.len() == 1 && !sheets[0].hidden).then_some(0),
    };
    Ok(match at {
        Some(at) => Choice::Chosen(sheets, book.sheets.swap_remove(at)),
        None => Choice::Ask(sheets),
    })
}

/// The outcome of [`choose`].
pub(super) enum Choice {
    /// This one.
    Chosen(Vec<SheetChoice>, Grid),
    /// A person has to say.
    Ask(Vec<SheetChoice>),
}

fn no_sheet(name: &str, sheets: &[SheetChoice]) -> Problem {
    let known: Vec<String> = sheets.iter().map(|s| format!("“{}”", s.name)).collect();
    let known = known.join(", ");
    file_problem(
        Label::new(
            format!("Tệp không có trang tính “{name}”"),
            format!("The file has no sheet “{name}”"),
        ),
        Label::new(
            format!("Chọn một trong: {known}."),
            format!("Choose one of: {known}."),
        ),
    )
}

/// A file that cannot be taken as it is.
pub(super) fn file_problem(what: Label, next: Label) -> Problem {
    Problem::new(ProblemKind::Invalid, what, "", next)
}

impl<'a> Table<'a> {
    /// Reads a sheet as a table of a noun. `mapped` says of headers which field they are
    /// (blank: none), where a person has said so.
    ///
    /// # Errors
    /// Invalid when two columns are the same field, or the column of the key is missing.
    pub fn read(
        schema: &'a Schema,
        grid: Grid,
        book: &Book,
        mapped: &[(String, String)],
    ) -> Result<Self, Problem> {
        let mut told = Vec::new();
        if book.encoding == Some(Encoding::Windows1258) {
            told.push(Label::new(
                "Tệp không phải UTF-8; đã đọc theo bảng mã Windows-1258. Hãy xem lại dấu tiếng Việt trong tên",
                "The file is not UTF-8; it was read as Windows-1258. Look at the tone marks of the names",
            ));
        }
        let known = columns::Known::of(schema);
        let of = |header: &str| {
            let said = mapped.iter().find(|(h, _)| one_line(h) == one_line(header));
            match said {
                Some((_, name)) => schema.field(name),
                None => known.named(header),
            }
        };
        let at = header_at(&grid, &of);
        let Grid {
            first_column,
            lines,
            merged,
            hidden_columns,
            ..
        } = grid;
        let mut lines = lines.into_iter();
        let above: Vec<Line> = lines.by_ref().take(at).collect();
        let header = lines.next().unwrap_or_default();
        let marked = |line: &Line| line.cells.contains(&Cell::Marked);
        if above.iter().chain([&header]).any(marked) {
            return Err(file_problem(
                secrecy::words(),
                Label::new(
                    "Xử lý tệp theo quy định về bảo vệ bí mật nhà nước.",
                    "Handle the file as the law on state secrets says.",
                ),
            ));
        }
        if !above.is_empty() {
            let shown = above.iter().map(|l| words(&l.cells)).collect::<Vec<_>>();
            let (n, shown) = (above.len(), text::shorten(&shown.join(" | "), TOLD));
            told.push(Label::new(
                format!(
                    "Tiêu đề cột ở dòng {}; bỏ qua {n} dòng phía trên: {shown}",
                    header.number
                ),
                format!(
                    "The header is line {}; left out {n} lines above it: {shown}",
                    header.number
                ),
            ));
        }
        let mut headers: Vec<String> = header.cells.iter().map(Cell::shown).collect();
        while headers.last().is_some_and(String::is_empty) {
            headers.pop();
        }
        let version = headers
            .iter()
            .position(|h| schema.offline && text::fold(h) == VERSION);
        refuse_unknown(schema, &headers, mapped)?;
        let fields: Vec<Option<&Field>> = headers.iter().map(|h| of(h)).collect();
        let is_hidden = |index: usize| {
            let column = first_column + index;
            let mut hidden = hidden_columns.iter();
            hidden.any(|(first, last)| (*first..=*last).contains(&column))
        };
        let named = fields.iter().enumerate().filter(|(_, f)| f.is_some());
        let hidden = named.map(|(i, _)| i).filter(|i| is_hidden(*i)).collect();
        let mut table = Self {
            headers,
            fields,
            version,
            lines: Vec::new(),
            told,
            counts_from_1904: book.counts_from_1904,
            month_first: HashMap::new(),
            separator: book.separator,
            hidden,
            first_column,
            header_line: header.number,
            merged: BTreeMap::new(),
        };
        table.refuse_twice()?;
        table.refuse_without_key(schema)?;
        table.take_rows(schema, lines);
        table.tell_hidden_columns();
        table.sort_merged(&merged)?;
        table.look_at_dates();
        Ok(table)
    }

    /// The name of a cell of a row.
    pub fn address(&self, index: usize, line: u64) -> String {
        address(self.first_column + index, line)
    }

    /// Whether a row, or what it says in some column, is hidden in the spreadsheet.
    pub fn hides(&self, line: &Line) -> bool {
        let mut cells = self.hidden.iter().filter_map(|at| line.cells.get(*at));
        line.hidden || cells.any(|cell| !cell.is_blank())
    }

    /// What the columns are taken for.
    pub fn uses(&self, schema: &Schema) -> Vec<ColumnUse> {
        let each = self.headers.iter().zip(&self.fields).enumerate();
        each.filter(|(i, _)| Some(*i) != self.version)
            .map(|(i, (header, field))| ColumnUse {
                cell: self.address(i, self.header_line),
                header: header.clone(),
                field: field.map(|f| f.name.clone()),
                nearest: match field {
                    Some(_) => None,
                    None => columns::nearest(schema, header).map(|f| f.name.clone()),
                },
            })
            .collect()
    }

    /// The position of a field's column.
    pub fn position(&self, name: &str) -> Option<usize> {
        let mut fields = self.fields.iter();
        fields.position(|f| f.is_some_and(|f| f.name == name))
    }

    /// The merged region that hides a cell: it looks filled and is blank.
    pub fn merged_over(&self, index: usize, line: u64) -> Option<String> {
        let column = self.first_column + index;
        let region = self.merged.get(&line)?.iter().find(|m| {
            (m.columns.0..=m.columns.1).contains(&column)
                && (m.rows.0, m.columns.0) != (line, column)
        })?;
        let first = address(region.columns.0, region.rows.0);
        let last = address(region.columns.1, region.rows.1);
        Some(format!("{first}:{last}"))
    }

    fn refuse_twice(&self) -> Result<(), Problem> {
        let mut seen: HashMap<&str, usize> = HashMap::new();
        let mut wrong = Vec::new();
        for (i, field) in self.fields.iter().enumerate() {
            let Some(field) = field else { continue };
            if let Some(first) = seen.insert(&field.name, i) {
                let at = |i: usize| {
                    let cell = self.address(i, self.header_line);
                    format!("{cell} “{}”", self.headers[i].replace('\n', " "))
                };
                let (a, b) = (at(first), at(i));
                wrong.push(FieldProblem::new(
                    &field.name,
                    format!(
                        "Hai cột cùng là “{}”: {a} và {b}; xóa hoặc đổi tên một cột",
                        field.label.vi
                    ),
                    format!(
                        "Two columns are “{}”: {a} and {b}; remove or rename one",
                        field.label.en
                    ),
                ));
            }
        }
        refuse(wrong, "Có hai cột trùng nhau", "Two columns are the same")
    }

    fn refuse_without_key(&self, schema: &Schema) -> Result<(), Problem> {
        let needed = |field: &&Field| {
            if schema.unique().is_some() {
                field.unique
            } else if schema.identity.is_empty() {
                field.required && field.default.is_none()
            } else {
                schema.identity.contains(&field.name) && field.required && field.default.is_none()
            }
        };
        let missing = schema
            .fields
            .iter()
            .filter(needed)
            .filter(|f| self.position(&f.name).is_none())
            .map(|f| {
                FieldProblem::new(
                    &f.name,
                    format!("Thiếu cột “{}” ({})", f.label.vi, f.name),
                    format!("Column “{}” ({}) is missing", f.label.en, f.name),
                )
            });
        let wrong: Vec<FieldProblem> = missing.collect();
        refuse(
            wrong,
            "Thiếu cột cần có",
            "A column that is needed is missing",
        )
    }

    fn take_rows(&mut self, schema: &Schema, lines: impl Iterator<Item = Line>) {
        let key = schema.unique().and_then(|f| self.position(&f.name));
        let mut footers = Vec::new();
        for line in lines {
            if self.lines.is_empty() && counts_columns(&line) {
                let n = line.number;
                self.told.push(Label::new(
                    format!("Bỏ qua dòng {n}: chỉ đánh số cột"),
                    format!("Left out line {n}: it numbers the columns"),
                ));
            } else if is_footer(&line, key) {
                footers.push(format!("{}: {}", line.number, words(&line.cells)));
            } else {
                self.lines.push(line);
            }
        }
        if !footers.is_empty() {
            let shown = text::shorten(&footers.join(" | "), TOLD);
            self.told.push(Label::new(
                format!("Bỏ qua các dòng không phải dữ liệu: {shown}"),
                format!("Left out lines that are no data: {shown}"),
            ));
        }
        let hidden = self.lines.iter().filter(|l| l.hidden).count();
        if hidden > 0 {
            self.told.push(Label::new(
                format!(
                    "{hidden} dòng bị ẩn trong bảng tính; chỉ nhập khi bạn chọn nhập cả dòng ẩn"
                ),
                format!(
                    "{hidden} rows are hidden in the spreadsheet; they go in only when you say so"
                ),
            ));
        }
    }

    fn tell_hidden_columns(&mut self) {
        let each = self.hidden.iter().map(|index| {
            let cell = self.address(*index, self.header_line);
            format!("{cell} “{}”", one_line(&self.headers[*index]))
        });
        let each = each.collect::<Vec<_>>().join(", ");
        if !each.is_empty() {
            self.told.push(Label::new(
                format!(
                    "Cột bị ẩn trong bảng tính: {each}; dòng có dữ liệu ở đó chỉ nhập khi bạn chọn nhập cả phần ẩn"
                ),
                format!(
                    "Columns that the spreadsheet hides: {each}; rows with something there go in only when you say so"
                ),
            ));
        }
    }

    fn sort_merged(&mut self, merged: &[Merged]) -> Result<(), Problem> {
        let mut spent = 0;
        for region in merged {
            let first = self.lines.partition_point(|l| l.number < region.rows.0);
            let last = self.lines.partition_point(|l| l.number <= region.rows.1);
            spent += last - first + 1;
            if spent > MAX_MERGED {
                return Err(file_problem(
                    Label::new("Quá nhiều ô gộp", "Too many merged cells"),
                    Label::new(
                        "Bỏ gộp ô rồi gửi lại.",
                        "Unmerge the cells and send it again.",
                    ),
                ));
            }
            for line in &self.lines[first..last] {
                self.merged.entry(line.number).or_default().push(*region);
            }
        }
        Ok(())
    }

    fn look_at_dates(&mut self) {
        let mut either = Vec::new();
        for (i, field) in self.fields.iter().enumerate() {
            let Some(field) = field.filter(|f| matches!(f.kind, Kind::Date | Kind::Instant)) else {
                continue;
            };
            let mut both = false;
            for line in &self.lines {
                let Some(Cell::Text(text)) = line.cells.get(i) else {
                    continue;
                };
                match day::order(text) {
                    Some(Order::MonthFirst) => {
                        self.month_first.entry(i).or_insert(line.number);
                    }
                    Some(Order::Either) => both = true,
                    None => {}
                }
            }
            if both {
                either.push(field);
            }
        }
        if !either.is_empty() {
            let list = |lang: Lang| {
                let labels = either.iter().map(|f| f.label.get(lang));
                labels.collect::<Vec<_>>().join(", ")
            };
            self.told.push(Label::new(
                format!(
                    "{}: đọc theo ngày/tháng/năm (01/07/2025 là ngày 1 tháng 7)",
                    list(Lang::Vi)
                ),
                format!(
                    "{}: read as day/month/year (01/07/2025 is 1 July)",
                    list(Lang::En)
                ),
            ));
        }
    }
}

/// A header as it is compared with what a person or a program said of it: a browser sends line
/// breaks in its own way.
fn one_line(header: &str) -> String {
    header.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Refuses what was said of headers that there are not, or to be fields that there are not.
fn refuse_unknown(
    schema: &Schema,
    headers: &[String],
    mapped: &[(String, String)],
) -> Result<(), Problem> {
    let mut wrong = Vec::new();
    for (header, field) in mapped {
        if !headers.iter().any(|h| one_line(h) == one_line(header)) {
            let there = headers
                .iter()
                .map(|h| one_line(h))
                .filter(|h| !h.is_empty());
            let there = text::shorten(&there.collect::<Vec<_>>().join(", "), TOLD);
            wrong.push(FieldProblem::new(
                "column",
                format!("Tệp không có cột “{header}”; có: {there}"),
                format!("The file has no column “{header}”; there are: {there}"),
            ));
        } else if !field.is_empty() && schema.field(field).is_none() {
            let names: Vec<&str> = schema.fields.iter().map(|f| f.name.as_str()).collect();
            let names = names.join(", ");
            wrong.push(FieldProblem::new(
                "column",
                format!("Không có trường “{field}” cho cột “{header}”; có: {names}"),
                format!(
                    "There is no field “{field}” for the column “{header}”; there are: {names}"
                ),
            ));
        }
    }
    refuse(
        wrong,
        "Không hiểu cột được chỉ định",
        "What was said of a column is not understood",
    )
}

fn refuse(wrong: Vec<FieldProblem>, vi: &str, en: &str) -> Result<(), Problem> {
    if wrong.is_empty() {
        return Ok(());
    }
    let list = |lang: Lang| {
        let each = wrong.iter().map(|w| w.message.get(lang));
        each.collect::<Vec<_>>().join("; ")
    };
    let what = Label::new(
        format!("{vi}: {}", list(Lang::Vi)),
        format!("{en}: {}", list(Lang::En)),
    );
    let next = Label::new(
        "Sửa dòng tiêu đề của tệp, hoặc tải tệp mẫu về, rồi gửi lại.",
        "Mend the file's header, or download the template, and send it again.",
    );
    Err(Problem {
        fields: wrong,
        ..file_problem(what, next)
    })
}

/// The line that names the most fields, the first of equals; the first line where none does.
fn header_at<'a>(grid: &Grid, of: &impl Fn(&str) -> Option<&'a Field>) -> usize {
    let score = |line: &Line| {
        let texts = line.cells.iter().filter_map(|cell| match cell {
            Cell::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.filter(|text| of(text).is_some()).count()
    };
    let lines = grid.lines.iter().take(HEADER_WITHIN).enumerate();
    let best = lines.rev().max_by_key(|(_, line)| score(line));
    best.filter(|(_, line)| score(line) > 0)
        .map_or(0, |(at, _)| at)
}

fn words(cells: &[Cell]) -> String {
    let shown = cells.iter().filter(|c| !c.is_blank()).map(Cell::shown);
    shown.collect::<Vec<_>>().join(" ").replace('\n', " ")
}

/// `(1) (2) (3)` below a header, as forms have it.
fn counts_columns(line: &Line) -> bool {
    let given: Vec<String> = line
        .cells
        .iter()
        .filter(|c| !c.is_blank())
        .map(Cell::shown)
        .collect();
    given.len() > 2
        && given
            .iter()
            .enumerate()
            .all(|(i, cell)| cell.trim_matches(['(', ')', '[', ']']) == (i + 1).to_string())
}

/// A sum or remark below the table: few cells, the key's not among them.
fn is_footer(line: &Line, key: Option<usize>) -> bool {
    const BEGIN: [&str; 12] = [
        "tong cong",
        "tong so",
        "tong:",
        "tong ",
        "cong:",
        "ghi chu",
        "nguoi lap",
        "noi nhan",
        "thu truong",
        "grand total",
        "total",
        "ngay ... thang",
    ];
    let given = line.cells.iter().filter(|c| !c.is_blank());
    let Some(Cell::Text(first)) = given.clone().next() else {
        return false;
    };
    let first = text::fold(first);
    let begins =
        BEGIN.iter().any(|word| first.starts_with(word)) || first == "tong" || first == "cong";
    let keyed = key
        .and_then(|key| line.cells.get(key))
        .is_some_and(|cell| matches!(cell, Cell::Text(t) if !t.contains(' ') && !BEGIN.iter().any(|w| text::fold(t).starts_with(w)) ));
    begins && !keyed && given.count() <= 3
}
