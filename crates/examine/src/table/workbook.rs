//! Tables as workbooks (`.xlsx`, ISO/IEC 29500).

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io::{Cursor, Read as _},
};

use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx};
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::{
    MAX_CELLS, MAX_COLUMNS, MAX_ROWS, MAX_TEXT, MAX_UNPACKED, Measure, TableError,
    grid::{Book, Cell, Grid, Line, Merged},
    limit,
};

/// The most merged regions of a sheet that are looked at.
const MAX_MERGED: usize = 10_000;

/// Reads all sheets of a workbook.
pub(super) fn read(bytes: &[u8]) -> Result<Book, TableError> {
    let broken = |e: &dyn std::fmt::Display| TableError::Workbook(e.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| broken(&e))?;
    let mut unpacked = 0u64;
    for i in 0..archive.len() {
        unpacked += archive.by_index_raw(i).map_err(|e| broken(&e))?.size();
    }
    if unpacked > MAX_UNPACKED {
        return Err(TableError::TooLarge {
            what: Measure::UnpackedBytes,
            found: unpacked,
            limit: MAX_UNPACKED,
        });
    }
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|e| broken(&e))?;
    let paths = paths(&mut archive);
    let counts_from_1904 = book.has_1904_epoch();
    let known: Vec<_> = book
        .sheets_metadata()
        .iter()
        .filter(|s| s.typ == SheetType::WorkSheet)
        .map(|s| (s.name.clone(), s.visible != SheetVisible::Visible))
        .collect();
    let mut sheets = Vec::new();
    let mut spent = Spent::default();
    for (name, hidden) in known {
        let mut grid = cells(&mut book, &name, &mut spent)?;
        if grid.lines.is_empty() {
            continue;
        }
        if let Some(path) = paths.get(&name) {
            let rows = layout(&mut archive, path, &mut grid);
            for line in &mut grid.lines {
                line.hidden = rows.contains(&line.number);
            }
        }
        sheets.push(Grid {
            name,
            hidden,
            ..grid
        });
    }
    if sheets.is_empty() {
        return Err(TableError::Empty);
    }
    Ok(Book {
        sheets,
        encoding: None,
        separator: None,
        counts_from_1904,
    })
}

/// What all sheets together have taken.
#[derive(Default)]
struct Spent {
    cells: usize,
    text: usize,
}

type Workbook<'a> = Xlsx<Cursor<&'a [u8]>>;

fn cells(book: &mut Workbook<'_>, name: &str, spent: &mut Spent) -> Result<Grid, TableError> {
    let broken = |e: &dyn std::fmt::Display| TableError::Workbook(e.to_string());
    let padded = padded(book, name)?;
    let mut reader = book.worksheet_cells_reader(name).map_err(|e| broken(&e))?;
    // Row by row as they stand: a dense range would be as large as the farthest cell says.
    let mut rows: BTreeMap<u32, Vec<(u32, Cell)>> = BTreeMap::new();
    let (mut left, mut right) = (u32::MAX, 0);
    while let Some(found) = reader
        .next_cell_with_formula_metadata()
        .map_err(|e| broken(&e))?
    {
        let (row, column) = found.pos;
        spent.text += match &found.value {
            DataRef::String(text) => text.len(),
            DataRef::SharedString(text) => text.len(),
            _ => 0,
        };
        limit(Measure::TextBytes, spent.text, MAX_TEXT)?;
        let value = match found.value {
            DataRef::Empty if found.formula.is_some() => Cell::Unsolved,
            DataRef::Float(number) => match padded.get(&found.pos) {
                Some(width) if number.fract() == 0.0 && number >= 0.0 => {
                    Cell::Text(format!("{number:0width$.0}"))
                }
                _ => Cell::Number(number),
            },
            value => cell(&value),
        };
        if value.is_blank() {
            continue;
        }
        (left, right) = (left.min(column), right.max(column));
        limit(Measure::Columns, (right - left) as usize + 1, MAX_COLUMNS)?;
        spent.cells += 1;
        limit(Measure::Cells, spent.cells, MAX_CELLS)?;
        rows.entry(row).or_default().push((column, value));
        limit(Measure::Rows, rows.len(), MAX_ROWS + 1)?;
    }
    let lines = rows.into_iter().map(|(row, found)| {
        let width = found.iter().map(|(column, _)| column - left + 1).max();
        let mut cells = vec![Cell::Blank; width.unwrap_or(0) as usize];
        for (column, value) in found {
            // As many as the last column found needs.
            if let Some(cell) = cells.get_mut((column - left) as usize) {
                *cell = value;
            }
        }
        Line {
            number: u64::from(row) + 1,
            hidden: false,
            cells,
        }
    });
    Ok(Grid {
        first_column: left.saturating_add(1) as usize,
        lines: lines.collect(),
        ..Grid::default()
    })
}

/// The cells whose numbers are shown with leading zeros (format `00000`), and how many digits.
fn padded(book: &mut Workbook<'_>, name: &str) -> Result<HashMap<(u32, u32), usize>, TableError> {
    let broken = |e: &dyn std::fmt::Display| TableError::Workbook(e.to_string());
    let mut reader = book.worksheet_cells_reader(name).map_err(|e| broken(&e))?;
    let widths: HashMap<usize, usize> = reader
        .styles()
        .iter()
        .enumerate()
        .filter_map(|(id, style)| {
            let code = &style.number_format.as_ref()?.format_code;
            let zeros = (2..=32).contains(&code.len()) && code.bytes().all(|b| b == b'0');
            zeros.then_some((id, code.len()))
        })
        .collect();
    let mut found = HashMap::new();
    if widths.is_empty() {
        return Ok(found);
    }
    while let Some((row, column, style)) = reader.next_style_id().map_err(|e| broken(&e))? {
        if let Some(width) = widths.get(&style) {
            found.insert((row, column), *width);
            limit(Measure::Cells, found.len(), MAX_CELLS)?;
        }
    }
    Ok(found)
}

fn cell(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty => Cell::Blank,
        DataRef::String(text) => Cell::text(text),
        DataRef::SharedString(text) => Cell::text(text),
        #[expect(
            clippy::cast_precision_loss,
            reason = "a workbook has no other numbers"
        )]
        DataRef::Int(number) => Cell::Number(*number as f64),
        DataRef::Float(number) => Cell::Number(*number),
        DataRef::Bool(yes) => Cell::Boolean(*yes),
        DataRef::Error(fault) => Cell::Fault(fault.to_string()),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Cell::Moment(text.clone()),
        DataRef::DateTime(at) => {
            let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
            let day = format!("{year:04}-{month:02}-{day:02}");
            Cell::Moment(if (hour, minute, second) == (0, 0, 0) {
                day
            } else {
                format!("{day} {hour:02}:{minute:02}:{second:02}")
            })
        }
    }
}

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

fn part(archive: &mut Archive<'_>, path: &str) -> Option<String> {
    let mut text = String::new();
    let part = archive.by_name(path).ok()?;
    part.take(MAX_UNPACKED).read_to_string(&mut text).ok()?;
    Some(text)
}

/// Calls `each` for every element of a part, whatever its namespace.
fn elements(xml: &str, mut each: impl FnMut(&BytesStart<'_>)) {
    let mut reader = quick_xml::Reader::from_str(xml);
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(e) | Event::Empty(e) => each(&e),
            Event::Eof => break,
            _ => {}
        }
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element
        .attributes()
        .flatten()
        .find(|a| a.key.local_name().as_ref() == name)?;
    Some(found.value.to_string())
}

/// The relationships of a part by their id: kind and target, as a path from the root.
fn relations(archive: &mut Archive<'_>, of: &str) -> HashMap<String, (String, String)> {
    let (folder, file) = of.rsplit_once('/').unwrap_or(("", of));
    let slash = if folder.is_empty() { "" } else { "/" };
    let mut found = HashMap::new();
    if let Some(xml) = part(archive, &format!("{folder}{slash}_rels/{file}.rels")) {
        elements(&xml, |e| {
            let of = |name| attribute(e, name);
            if let (Some(id), Some(kind), Some(target)) = (of("Id"), of("Type"), of("Target")) {
                let path = match target.strip_prefix('/') {
                    Some(from_root) => from_root.to_owned(),
                    None => format!("{folder}{slash}{target}"),
                };
                found.insert(id, (kind, path));
            }
        });
    }
    found
}

/// Where the sheets lie, by name: calamine does not say.
fn paths(archive: &mut Archive<'_>) -> HashMap<String, String> {
    let mut found = HashMap::new();
    let root = relations(archive, "").into_values();
    let mut books = root.filter(|(kind, _)| kind.ends_with("/officeDocument"));
    let Some((_, book)) = books.next() else {
        return found;
    };
    let targets = relations(archive, &book);
    if let Some(xml) = part(archive, &book) {
        elements(&xml, |e| {
            if e.local_name().as_ref() == "sheet"
                && let (Some(name), Some(id)) = (attribute(e, "name"), attribute(e, "id"))
                && let Some((_, path)) = targets.get(&id)
            {
                let name = quick_xml::escape::unescape(&name).map_or(name.clone(), Into::into);
                found.insert(name, path.clone());
            }
        });
    }
    found
}

/// The rows that a sheet hides; its merged cells and hidden columns go into the grid.
fn layout(archive: &mut Archive<'_>, path: &str, grid: &mut Grid) -> HashSet<u64> {
    let mut hidden = HashSet::new();
    let mut row = 0u64;
    let Some(xml) = part(archive, path) else {
        return hidden;
    };
    // What has no extent is seen as little as what is hidden by name.
    let hides = |e: &BytesStart<'_>, extent: &str| {
        matches!(attribute(e, "hidden").as_deref(), Some("1" | "true"))
            || attribute(e, extent).and_then(|t| t.parse().ok()) == Some(0.0)
    };
    elements(&xml, |e| match e.local_name().as_ref() {
        "row" => {
            row = attribute(e, "r")
                .and_then(|r| r.parse().ok())
                .unwrap_or(row + 1);
            if hides(e, "ht") {
                hidden.insert(row);
            }
        }
        "col" if grid.hidden_columns.len() < MAX_MERGED => {
            let number = |name| attribute(e, name)?.parse::<usize>().ok();
            if hides(e, "width")
                && let Some(columns) = number("min").zip(number("max"))
            {
                grid.hidden_columns.push(columns);
            }
        }
        "mergeCell" if grid.merged.len() < MAX_MERGED => {
            grid.merged
                .extend(attribute(e, "ref").as_deref().and_then(region));
        }
        _ => {}
    });
    hidden
}

/// `B2:C5`.
fn region(text: &str) -> Option<Merged> {
    let (first, last) = text.split_once(':')?;
    let ((left, top), (right, bottom)) = (place(first)?, place(last)?);
    Some(Merged {
        rows: (top, bottom),
        columns: (left, right),
    })
}

fn place(text: &str) -> Option<(usize, u64)> {
    let digits = text.find(|c: char| c.is_ascii_digit())?;
    let (letters, row) = text.split_at(digits);
    if !(1..=3).contains(&letters.len()) {
        return None;
    }
    let column = letters.bytes().try_fold(0, |n, b| {
        let letter = b
            .to_ascii_uppercase()
            .checked_sub(b'A')
            .filter(|l| *l < 26)?;
        Some(n * 26 + usize::from(letter) + 1)
    })?;
    Some((column, row.parse().ok()?))
}
