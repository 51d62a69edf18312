//! Reads what people send as a table: CSV as Excel writes it, and `.xlsx`, cell by cell. What
//! the cells mean is decided by who knows the nouns.

mod delimited;
mod grid;
mod workbook;

use serde::{Deserialize, Serialize};

pub use self::grid::{Book, Cell, Encoding, Grid, Line, MAX_IN_CELL, Merged, address};

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
    /// A quote that is opened and not closed where its cell ends.
    #[error("the quote that is opened on line {line} is not closed")]
    Unclosed {
        /// Where it is opened.
        line: u64,
    },
    /// An `.xlsx` that cannot be read.
    #[error("the workbook cannot be read: {0}")]
    Workbook(String),
}

/// Reads a table by its content: a ZIP is a workbook, anything else is text.
///
/// # Errors
/// [`TableError`] says what is wrong with the file, or what limit it is over.
pub fn read(bytes: &[u8]) -> Result<Book, TableError> {
    limit(Measure::Bytes, bytes.len(), MAX_BYTES)?;
    if bytes.starts_with(b"PK\x03\x04") {
        workbook::read(bytes)
    } else {
        delimited::read(bytes)
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

#[cfg(test)]
mod tests;
