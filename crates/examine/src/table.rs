//! Reads what people send as a table: CSV as Excel writes it, and `.xlsx`.

use std::{collections::BTreeMap, io::Cursor};

use calamine::{Data, Reader};
use serde::{Deserialize, Serialize};

/// The largest file that is taken.
pub const MAX_BYTES: usize = 32 << 20;
/// What an `.xlsx` may unpack to.
const MAX_UNPACKED: u64 = 256 << 20;
/// The most columns.
const MAX_COLUMNS: usize = 200;
/// The most rows.
const MAX_ROWS: usize = 200_000;
/// The most cells that hold something.
const MAX_CELLS: usize = 4_000_000;
/// The most text in all cells together: one text may stand in many cells of a workbook.
const MAX_TEXT: usize = 48 << 20;

/// What a table can have too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Measure {
    /// Of the file as it was sent.
    Bytes,
    /// Of what is packed in it.
    UnpackedBytes,
    /// Of one row.
    Columns,
    /// Of the sheet.
    Rows,
    /// Of the sheet, that hold something.
    Cells,
    /// Of all cells together.
    TextBytes,
}

impl std::fmt::Display for Measure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Measure::Bytes => "bytes",
            Measure::UnpackedBytes => "bytes unpacked",
            Measure::Columns => "columns",
            Measure::Rows => "rows",
            Measure::Cells => "cells",
            Measure::TextBytes => "bytes of text",
        })
    }
}

/// A file that is no table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum TableError {
    /// Nothing in it.
    #[error("the file has no header line")]
    Empty,
    /// More than is taken.
    #[error("the file has {found} {what}; at most {limit} are taken")]
    TooLarge {
        /// Of what.
        what: Measure,
        /// How many.
        found: u64,
        /// The limit.
        limit: u64,
    },
    /// Not UTF-8.
    #[error("line {line} is not UTF-8 text; save the file as “CSV UTF-8” or as .xlsx")]
    NotText {
        /// 1 is the header.
        line: u64,
    },
    /// A CSV line that cannot be read.
    #[error("line {line}: {what}")]
    Broken {
        /// 1 is the header.
        line: u64,
        /// What is wrong.
        what: String,
    },
    /// An `.xlsx` that cannot be read.
    #[error("the workbook cannot be read: {0}")]
    Workbook(String),
}

/// A table: the header and the rows, each with its line in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// Column names as written.
    pub header: Vec<String>,
    /// Line number (the header is 1) and cells.
    pub rows: Vec<(u64, Vec<String>)>,
}

/// Reads a table by its content: a ZIP is a workbook, anything else is CSV.
///
/// # Errors
/// [`TableError`] says what is wrong with the file, or what limit it is over.
pub fn read(bytes: &[u8]) -> Result<Sheet, TableError> {
    limit(Measure::Bytes, bytes.len(), MAX_BYTES)?;
    if bytes.starts_with(b"PK\x03\x04") {
        read_workbook(bytes)
    } else {
        read_csv(bytes)
    }
}

fn limit(what: Measure, found: usize, limit: usize) -> Result<(), TableError> {
    if found > limit {
        return Err(TableError::TooLarge {
            what,
            found: found as u64,
            limit: limit as u64,
        });
    }
    Ok(())
}

fn read_csv(bytes: &[u8]) -> Result<Sheet, TableError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(bytes))
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    let mut sheet = Sheet::default();
    let mut record = csv::ByteRecord::new();
    let mut lines = Lines { line: 1, upto: 0 };
    let mut count = 0;
    loop {
        let more = reader
            .read_byte_record(&mut record)
            .map_err(|e| TableError::Broken {
                line: lines.line,
                what: e.to_string(),
            })?;
        if !more {
            break;
        }
        let line = lines.of(bytes, record.position().map_or(0, csv::Position::byte));
        limit(Measure::Columns, record.len(), MAX_COLUMNS)?;
        let cells = record
            .iter()
            .map(|cell| std::str::from_utf8(cell).map(|c| c.trim().to_owned()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| TableError::NotText { line })?;
        if cells.iter().all(String::is_empty) {
            continue;
        }
        count += cells.len();
        limit(Measure::Cells, count, MAX_CELLS)?;
        if sheet.header.is_empty() {
            sheet.header = cells;
        } else {
            sheet.rows.push((line, cells));
            limit(Measure::Rows, sheet.rows.len(), MAX_ROWS)?;
        }
    }
    if sheet.header.is_empty() {
        return Err(TableError::Empty);
    }
    Ok(sheet)
}

/// Counts lines by their line feeds: the reader's own count is one behind after CR LF.
struct Lines {
    line: u64,
    upto: usize,
}

impl Lines {
    /// The line on which the record that begins at `byte` (or after the line ends there) stands.
    fn of(&mut self, bytes: &[u8], byte: u64) -> u64 {
        let from = usize::try_from(byte).unwrap_or(usize::MAX).max(self.upto);
        let rest = bytes.get(from..).unwrap_or_default();
        let ends = rest
            .iter()
            .take_while(|b| matches!(b, b'\r' | b'\n'))
            .count();
        let start = (from + ends).min(bytes.len());
        let passed = &bytes[self.upto..start];
        self.line += passed.iter().filter(|b| **b == b'\n').count() as u64;
        self.upto = start;
        self.line
    }
}

/// The separator that the header line uses most: Excel writes `;` where a comma is the
/// decimal sign, as in Vietnam.
fn delimiter(bytes: &[u8]) -> u8 {
    let header = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    let mut quoted = false;
    let mut counts = [(b',', 0u32), (b';', 0), (b'\t', 0)];
    for b in header {
        if *b == b'"' {
            quoted = !quoted;
        } else if !quoted {
            for (separator, count) in &mut counts {
                *count += u32::from(b == separator);
            }
        }
    }
    // The first of equals wins: a comma.
    counts
        .iter()
        .rev()
        .max_by_key(|(_, n)| *n)
        .map_or(b',', |(s, _)| *s)
}

fn read_workbook(bytes: &[u8]) -> Result<Sheet, TableError> {
    let broken = |e: &dyn std::fmt::Display| TableError::Workbook(e.to_string());
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| broken(&e))?;
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
    let mut book = calamine::Xlsx::new(Cursor::new(bytes)).map_err(|e| broken(&e))?;
    let name = book.sheet_names().first().cloned();
    let name = name.ok_or(TableError::Empty)?;
    let mut cells = book.worksheet_cells_reader(&name).map_err(|e| broken(&e))?;
    // Row by row as they stand: a dense range would be as large as the farthest cell says.
    let mut rows: BTreeMap<u32, Vec<(u32, String)>> = BTreeMap::new();
    let (mut left, mut right) = (u32::MAX, 0);
    let (mut count, mut text) = (0, 0);
    while let Some(found) = cells.next_cell().map_err(|e| broken(&e))? {
        let value = cell(&found.get_value().clone().into());
        if value.is_empty() {
            continue;
        }
        let (row, column) = found.get_position();
        (left, right) = (left.min(column), right.max(column));
        limit(Measure::Columns, (right - left) as usize + 1, MAX_COLUMNS)?;
        (count, text) = (count + 1, text + value.len());
        limit(Measure::Cells, count, MAX_CELLS)?;
        limit(Measure::TextBytes, text, MAX_TEXT)?;
        rows.entry(row).or_default().push((column, value));
        limit(Measure::Rows, rows.len(), MAX_ROWS + 1)?;
    }
    let mut rows = rows.into_iter().map(|(row, cells)| {
        let width = cells.iter().map(|(column, _)| column - left + 1).max();
        let mut row_cells = vec![String::new(); width.unwrap_or(0) as usize];
        for (column, value) in cells {
            row_cells[(column - left) as usize] = value;
        }
        (u64::from(row) + 1, row_cells)
    });
    let (_, header) = rows.next().ok_or(TableError::Empty)?;
    Ok(Sheet {
        header,
        rows: rows.collect(),
    })
}

fn cell(data: &Data) -> String {
    match data {
        Data::DateTime(at) => {
            let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
            if (hour, minute, second) == (0, 0, 0) {
                format!("{year:04}-{month:02}-{day:02}")
            } else {
                format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
            }
        }
        Data::Float(f) if f.fract() == 0.0 && f.abs() < 1e15 => format!("{f:.0}"),
        other => other.to_string().trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excel_csv_is_understood() {
        let text = "\u{feff}Mã;Tên\r\n01;\"Sở A; B\"\r\n\r\n02;Sở C\r\n";
        let sheet = read(text.as_bytes()).unwrap();
        assert_eq!(sheet.header, ["Mã", "Tên"]);
        assert_eq!(sheet.rows[0], (2, vec!["01".into(), "Sở A; B".into()]));
        assert_eq!(sheet.rows[1].0, 4);
    }

    #[test]
    fn what_is_no_table_is_refused_by_name() {
        assert_eq!(read(b"").unwrap_err(), TableError::Empty);
        assert_eq!(
            read(b"a,b\n1,\xff\n").unwrap_err(),
            TableError::NotText { line: 2 }
        );
        let wide = "x,".repeat(1_000_000);
        assert!(matches!(
            read(wide.as_bytes()).unwrap_err(),
            TableError::TooLarge {
                what: Measure::Columns,
                found: 1_000_001,
                ..
            }
        ));
        assert!(matches!(
            read(b"PK\x03\x04junk").unwrap_err(),
            TableError::Workbook(_)
        ));
    }

    /// A workbook of one sheet with these rows of XML in it.
    fn workbook(rows: &str) -> Vec<u8> {
        let parts = [
            ("[Content_Types].xml", "<Types/>".to_owned()),
            (
                "_rels/.rels",
                "<Relationships><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>".to_owned(),
            ),
            (
                "xl/workbook.xml",
                "<workbook xmlns:r=\"r\"><sheets><sheet name=\"A\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>".to_owned(),
            ),
            (
                "xl/_rels/workbook.xml.rels",
                "<Relationships><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>".to_owned(),
            ),
            (
                "xl/worksheets/sheet1.xml",
                format!("<worksheet><sheetData>{rows}</sheetData></worksheet>"),
            ),
        ];
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in parts {
            zip.start_file(name, zip::write::SimpleFileOptions::default())
                .unwrap();
            std::io::Write::write_all(&mut zip, text.as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn inline(at: &str, text: &str) -> String {
        format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
    }

    #[test]
    fn a_workbook_is_as_large_as_its_cells_and_not_as_the_farthest() {
        let rows = |second: &str| {
            format!(
                "<row r=\"2\">{}{}</row><row>{second}</row>",
                inline("B2", "Mã"),
                inline("C2", "Tên"),
            )
        };
        // Far away rows count as one; empty cells, which styles leave behind, as none.
        let far = inline("C1048576", "Sở A") + "<c r=\"XFD1048576\" s=\"1\"><v></v></c>";
        let sheet = read(&workbook(&rows(&far))).unwrap();
        assert_eq!(sheet.header, ["Mã", "Tên"]);
        assert_eq!(
            sheet.rows,
            [(1_048_576, vec![String::new(), "Sở A".into()])]
        );
        let wide = read(&workbook(&rows(&inline("XFD1048576", "x")))).unwrap_err();
        let TableError::TooLarge { what, found, .. } = wide else {
            panic!("{wide}");
        };
        assert_eq!((what, found), (Measure::Columns, 16_383));
    }
}
