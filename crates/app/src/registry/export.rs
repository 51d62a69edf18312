//! Records as a spreadsheet.

use std::{borrow::Cow, collections::HashMap};

use domain::{
    clock,
    id::Id,
    noun,
    problem::Problem,
    record::{Record, Value},
    schema::{Field, Kind, Schema},
};
use store::registry::RecordQuery;

use super::{
    plan, record,
    workbook::{Cell, workbook},
};
use crate::{App, Ctx};

/// The column of a record's version.
pub(super) const VERSION: &str = "version";

/// The records that the actor may see and the query takes in, as they are named in a table.
struct Table {
    schema: std::sync::Arc<Schema>,
    records: Vec<Record>,
    /// The key of every record that is referred to.
    keys: HashMap<Id, String>,
}

impl Table {
    async fn read(app: &App, ctx: &Ctx, noun: &str, query: &RecordQuery) -> Result<Self, Problem> {
        let schema = app.schema(noun)?;
        let all = RecordQuery {
            offset: 0,
            limit: 200_000,
            ..query.clone()
        };
        let records = record::list(app, ctx, noun, &all).await?.records;
        let mut keys: HashMap<Id, String> = HashMap::new();
        for field in schema.fields.iter().filter(|f| f.kind == Kind::Reference) {
            let Some(other) = field.refers_to.as_deref().and_then(noun::get) else {
                continue;
            };
            let named = Schema {
                title: other.keys.first().unwrap_or(&other.title).clone(),
                ..other.clone()
            };
            let mut ids: Vec<Id> = records
                .iter()
                .filter_map(|r| r.get(&field.name).as_id())
                .collect();
            ids.sort_unstable();
            ids.dedup();
            keys.extend(store::registry::titles(&app.db, &named, &ids).await?);
        }
        Ok(Self {
            schema,
            records,
            keys,
        })
    }

    /// A value as the import reads it again.
    fn cell(&self, field: &Field, record: &Record) -> Value {
        match (field.kind, record.get(&field.name)) {
            (Kind::Reference, value) => value
                .as_id()
                .and_then(|id| self.keys.get(&id).cloned())
                .map_or(Value::Null, Value::Text),
            (Kind::Instant, Value::Integer(ms)) => clock::from_ms(*ms).to_string().into(),
            (_, value) => value.clone(),
        }
    }
}

/// All records that the actor may see and the query takes in, as CSV that imports again:
/// UTF-8 with a byte-order mark (so that Excel shows Vietnamese), references by their key.
///
/// # Errors
/// Denied, not found, unavailable.
pub async fn export_csv(
    app: &App,
    ctx: &Ctx,
    noun: &str,
    query: &RecordQuery,
) -> Result<Vec<u8>, Problem> {
    let table = Table::read(app, ctx, noun, query).await?;
    let fields = &table.schema.fields;
    let mut out = csv::Writer::from_writer(b"\xEF\xBB\xBF".to_vec());
    let wrote = (|| {
        let version = table.schema.offline.then_some(VERSION);
        let names = fields.iter().map(|f| f.name.as_str());
        out.write_record(names.chain(version))?;
        for record in &table.records {
            let version = table.schema.offline.then(|| record.version.to_string());
            let cells = fields
                .iter()
                .map(|f| guard(&table.cell(f, record).to_cell()));
            out.write_record(cells.chain(version))?;
        }
        out.into_inner()
            .map_err(|e| csv::Error::from(e.into_error()))
    })();
    wrote.map_err(|e| Problem::internal(e.to_string()))
}

/// The same as a workbook: the header in the reader's language, numbers as numbers. It
/// imports again too.
///
/// # Errors
/// Denied, not found, unavailable.
pub async fn export_xlsx(
    app: &App,
    ctx: &Ctx,
    noun: &str,
    query: &RecordQuery,
) -> Result<Vec<u8>, Problem> {
    let table = Table::read(app, ctx, noun, query).await?;
    let fields = &table.schema.fields;
    let version = table.schema.offline.then(|| VERSION.to_owned());
    let header: Vec<String> = fields
        .iter()
        .map(|f| f.label.get(ctx.lang).to_owned())
        .chain(version)
        .collect();
    let rows: Vec<Vec<Cell>> = table
        .records
        .iter()
        .map(|record| {
            let cells = fields.iter().map(|f| match table.cell(f, record) {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "a spreadsheet has no other numbers"
                )]
                Value::Integer(i) => Cell::Number(i as f64),
                Value::Decimal(d) => Cell::Number(d),
                other => Cell::Text(guard(&other.to_cell())),
            });
            let version = table
                .schema
                .offline
                .then(|| Cell::Text(record.version.to_string()));
            cells.chain(version).collect()
        })
        .collect();
    workbook(table.schema.plural.get(ctx.lang), &header, &rows)
        .map_err(|e| Problem::internal(e.to_string()))
}

/// A cell that a spreadsheet would run as a formula, or that the import would read as
/// something else than its text, is made text by an apostrophe; the import takes it off again.
/// So is one that would lose an apostrophe of its own, and each part of a cell that is a cell to
/// a program which divides cells otherwise (a comma file opened where `;` divides).
pub(super) fn guard(cell: &str) -> String {
    let mut out = String::with_capacity(cell.len());
    for (index, part) in parts(cell).enumerate() {
        if needs_guard(cell, part, index) {
            out.push('\'');
        }
        out.push_str(part);
    }
    out
}

/// The cell as it was before [`guard`], and whether that had made it text.
pub(super) fn unguard(cell: &str) -> (Cow<'_, str>, bool) {
    let guarded = |part: &&str| part.starts_with('\'');
    if !parts(cell).any(|part| guarded(&part)) {
        return (Cow::Borrowed(cell), false);
    }
    // Whether a cell as a whole is more than its text is asked of the cell as it was.
    let first = cell.strip_prefix('\'').unwrap_or(cell);
    let mut literal = false;
    let mut out = String::with_capacity(cell.len());
    for (index, part) in parts(cell).enumerate() {
        let rest = part.strip_prefix('\'');
        match rest.filter(|rest| needs_guard(first, rest, index)) {
            Some(rest) => {
                literal |= index == 0;
                out.push_str(rest);
            }
            None => out.push_str(part),
        }
    }
    (Cow::Owned(out), literal)
}

/// The parts of a cell that some program would take for cells, each with what divides it from
/// the next.
fn parts(cell: &str) -> impl Iterator<Item = &str> {
    cell.split_inclusive([';', '\t', '\n', '\r'])
}

fn needs_guard(cell: &str, part: &str, index: usize) -> bool {
    let part = part.trim_start_matches('\'');
    if index == 0 {
        let cell = cell.trim_start_matches('\'');
        // A blank of its own before the text would be lost.
        let blank = cell.starts_with(['\t', '\r', '\n']);
        blank || runs(part) || plan::clears(cell) || plan::fault_of(cell)
    } else {
        // A line of a list begins with a sign, and calls nothing.
        let sign = part.trim_start_matches(is_unseen);
        runs(part) && (!sign.starts_with(['+', '-']) || part.contains(['(', '|', '!']))
    }
}

/// A cell as it came in, to go out again: what says how it is to be read goes on saying so.
pub(super) fn guard_again(cell: String) -> String {
    if plan::clears(&cell) || plan::fault_of(&cell) {
        cell
    } else {
        guard(&unguard(&cell).0)
    }
}

/// What is not seen before the sign of a formula.
fn is_unseen(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{17b4}'
                | '\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Whether a spreadsheet could read a cell as a formula: it begins with the sign of one, in
/// any width, after whatever is not seen, or with the bar of a command (DDE). A number with its
/// sign is a number.
fn runs(cell: &str) -> bool {
    let shown = cell.trim_start_matches(is_unseen);
    let Some(sign) = shown.chars().next() else {
        return false;
    };
    let number = |rest: &str| {
        !rest.is_empty()
            && rest
                .chars()
                .all(|c| c.is_ascii_digit() || ". ,".contains(c))
    };
    match sign {
        '+' | '-' => !(shown.len() == cell.len() && number(&shown[1..])),
        '|' | '｜' | '=' | '@' | '＝' | '＋' | '－' | '＠' | '﹢' | '﹣' | '﹦' | '﹫' | '−' => {
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_runs_and_each_comes_back() {
        for cell in [
            "=1+1",
            "+1+1",
            "-1+1",
            "@SUM(A1)",
            " =1",
            "\u{feff}=1",
            "\u{200b}+A1",
            "＝1+1",
            "＋A1",
            "－A1",
            "＠A1",
            "-5+cmd|' /C calc'!A0",
            "+84 (0)",
            "=",
            "\ta",
            "'=1",
            "''@x",
            "|calc",
            " | x",
            "'-A1",
            "\u{3164}=1",
            "\u{115f}=1",
            "\u{180e}=1",
            "\u{2800}=1",
            "\u{e0020}=1",
        ] {
            let guarded = guard(cell);
            assert_eq!(guarded, format!("'{cell}"));
            assert_eq!(unguard(&guarded).0, cell);
        }
        // Where other programs divide cells.
        for (cell, guarded) in [
            (";=1", ";'=1"),
            ("\t=1", "'\t'=1"),
            ("\r=1", "'\r'=1"),
            ("\n=1", "'\n'=1"),
            ("; =cmd|' /C calc'!A0", ";' =cmd|' /C calc'!A0"),
            ("a;=cmd|' /C calc'!A0", "a;'=cmd|' /C calc'!A0"),
            ("a\n=1", "a\n'=1"),
            ("a\t@x", "a\t'@x"),
            ("a;'=1", "a;''=1"),
            ("=1;=2\n-3+cmd|x", "'=1;'=2\n'-3+cmd|x"),
            ("a;+HYPERLINK(1)", "a;'+HYPERLINK(1)"),
            ("Gồm:\n- mục một\n- mục hai", "Gồm:\n- mục một\n- mục hai"),
            ("a;'b", "a;'b"),
        ] {
            assert_eq!(guard(cell), guarded);
            assert_eq!(unguard(guarded).0, cell);
        }
        for cell in [
            "-5",
            "-5.25",
            "+84 27 3822 222",
            "a=1",
            "",
            "'",
            "'a",
            "Vĩnh Long",
            "10.0.0.1",
            "a@b.vn",
            "a|b",
            "a;b",
            ";",
            "; a",
            "−",
        ] {
            let guarded = guard(cell);
            assert_eq!(unguard(&guarded).0, cell);
        }
        assert_eq!(guard("-5"), "-5");
    }
}
