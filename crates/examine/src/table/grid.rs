//! What stands in a file of a table, cell by cell, before anybody asks what it means.

use serde::{Deserialize, Serialize};

use crate::marking::is_marked;

/// The most characters that a spreadsheet keeps in a cell.
pub const MAX_IN_CELL: usize = 32_767;

/// One cell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Cell {
    /// Nothing, or blanks.
    #[default]
    #[serde(rename = "-")]
    Blank,
    /// Text, without blanks around it; a number that is shown with leading zeros as it is shown.
    #[serde(rename = "t")]
    Text(String),
    /// A number of a workbook.
    #[serde(rename = "n")]
    Number(f64),
    /// A day or moment of a workbook: `2026-11-21` or `2026-11-21 08:30:00`.
    #[serde(rename = "d")]
    Moment(String),
    /// Yes or no of a workbook.
    #[serde(rename = "b")]
    Boolean(bool),
    /// A fault that a formula came to: `#N/A`.
    #[serde(rename = "e")]
    Fault(String),
    /// A formula whose value the file does not have.
    #[serde(rename = "f")]
    Unsolved,
    /// A text that is marked as a state secret; nothing of it is handed on.
    #[serde(rename = "m")]
    Marked,
    /// A text longer than [`MAX_IN_CELL`]; nothing of it is handed on.
    #[serde(rename = "l")]
    Long,
}

impl Cell {
    /// Text without blanks around it, or nothing. Its length and its marks are looked at here,
    /// in the process that reads files: who is handed the cell need not read through it.
    pub fn text(text: &str) -> Self {
        match text.trim() {
            "" => Self::Blank,
            long if long.len() > MAX_IN_CELL && long.chars().nth(MAX_IN_CELL).is_some() => {
                Self::Long
            }
            marked if is_marked(marked) => Self::Marked,
            text => Self::Text(text.to_owned()),
        }
    }

    /// Whether nothing stands in it.
    pub fn is_blank(&self) -> bool {
        *self == Self::Blank
    }

    /// As it is shown to a person.
    pub fn shown(&self) -> String {
        match self {
            Self::Blank | Self::Marked => String::new(),
            Self::Long => "…".to_owned(),
            Self::Text(text) | Self::Moment(text) | Self::Fault(text) => text.clone(),
            Self::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
                format!("{number:.0}")
            }
            Self::Number(number) => number.to_string(),
            Self::Boolean(yes) => yes.to_string(),
            Self::Unsolved => "=…".to_owned(),
        }
    }
}

/// One row that has something in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Its line in the file, or its row in the sheet; 1 is the first.
    pub number: u64,
    /// Whether the sheet hides it, by hand or by a filter.
    pub hidden: bool,
    /// Its cells, from the first column of the grid.
    pub cells: Vec<Cell>,
}

/// Cells merged into one: rows and columns from 1, first and last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merged {
    /// First and last row.
    pub rows: (u64, u64),
    /// First and last column.
    pub columns: (usize, usize),
}

/// One sheet of a workbook, or a text file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    /// The sheet's name; empty for a text file.
    pub name: String,
    /// Whether the workbook hides it.
    pub hidden: bool,
    /// The column of the first cell of each line; 1 is A.
    pub first_column: usize,
    /// The lines that have something in them, in order.
    pub lines: Vec<Line>,
    /// Cells that are merged.
    pub merged: Vec<Merged>,
    /// Columns that the sheet hides: first and last, 1 is A.
    pub hidden_columns: Vec<(usize, usize)>,
}

impl Grid {
    /// The name of a cell as a spreadsheet writes it: `C5`. `index` counts from the grid's
    /// first column, 0 is the first.
    pub fn address(&self, index: usize, line: u64) -> String {
        address(self.first_column + index, line)
    }
}

/// The name of a cell: its column (1 is A) and row.
pub fn address(column: usize, line: u64) -> String {
    let mut letters = Vec::new();
    let mut left = column;
    while left > 0 {
        left -= 1;
        letters.push(b'A' + u8::try_from(left % 26).unwrap_or(0));
        left /= 26;
    }
    letters.reverse();
    format!("{}{line}", String::from_utf8_lossy(&letters))
}

/// How a text file was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-16, as Excel's “Unicode text”.
    Utf16,
    /// Windows-1258, the Vietnamese code page of old Windows: worth a look at the names.
    Windows1258,
}

/// A file of a table as it was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Book {
    /// Its sheets that have something in them; one for a text file.
    pub sheets: Vec<Grid>,
    /// How its text is encoded; none for a workbook.
    pub encoding: Option<Encoding>,
    /// What separates its cells; none for a workbook.
    pub separator: Option<char>,
    /// Whether its days are counted from 1904 (ISO/IEC 29500-1, 18.2.28).
    pub counts_from_1904: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked_and_endless_texts_are_not_handed_on() {
        assert_eq!(Cell::text(" UBND\nTỐI MẬT\nSố 5 "), Cell::Marked);
        assert_eq!(Cell::Marked.shown(), "");
        assert_eq!(Cell::text("BẢO MẬT"), Cell::Text("BẢO MẬT".into()));
        let long = "Ậ".repeat(MAX_IN_CELL);
        assert_eq!(Cell::text(&long), Cell::Text(long.clone()));
        assert_eq!(Cell::text(&(long + "a")), Cell::Long);
    }

    #[test]
    fn cells_are_named_as_in_a_spreadsheet() {
        let named = [(1, "A"), (26, "Z"), (27, "AA"), (702, "ZZ"), (703, "AAA")];
        for (column, letters) in named {
            assert_eq!(address(column, 5), format!("{letters}5"));
        }
    }
}
