//! A finished document as a value: what stands on it, not how it is drawn.
//!
//! One paper becomes a PDF and a DOCX (`crates/report`), which therefore agree. The forms are
//! those of Decree 30/2020/NĐ-CP, appendix I, and of the Party's Guide 05-HD/VPTW (2026).

use serde::{Deserialize, Serialize};

/// The form in which a body writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// An administrative document of the State: Decree 30/2020/NĐ-CP.
    #[default]
    State,
    /// A document of the Party: Guide 05-HD/VPTW.
    Party,
    /// A printed book (sổ): no heading of a document, every page numbered "i/n".
    Book,
}

/// A whole document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Paper {
    /// The form.
    pub form: Form,
    /// Who issues it, under which number, where and when.
    pub head: Head,
    /// The type in capitals, `BÁO CÁO`; empty for an official letter, and for a book its name.
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// `Kính gửi`, one line each; nothing for types that are not addressed.
    pub to: Vec<String>,
    /// The text.
    pub body: Vec<Block>,
    /// Who signs, from left to right; the last one is on the right.
    pub signatures: Vec<Signature>,
    /// `Nơi nhận`, one line each.
    pub recipients: Vec<String>,
    /// What follows the signatures, each on pages of its own that are numbered from 1.
    pub annexes: Vec<Annex>,
    /// A line at the foot of every page: a draft's mark, a printed book's hash.
    pub foot: String,
    /// ISO date that the file carries as its own; the PDF (PDF/A) is not written without one.
    pub dated: String,
}

/// The heading of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The superior body, above the issuing one; may be empty.
    pub parent: String,
    /// The issuing body.
    pub body: String,
    /// `Số: 05/BC-STTTT`; for the Party `Số 05-BC/VPTU`.
    pub number: String,
    /// `Vĩnh Long, ngày 05 tháng 01 năm 2027`.
    pub place_and_date: String,
}

/// An annex (phụ lục): a table, the sources of the numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Annex {
    /// `Phụ lục`, and its Roman number where there are several.
    pub label: String,
    /// Its title, in capitals.
    pub title: String,
    /// `(Kèm theo Báo cáo số … ngày … của …)`.
    pub belongs_to: String,
    /// Its text.
    pub body: Vec<Block>,
}

/// A piece of the text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Block {
    /// A heading inside the text.
    Heading {
        /// Its words.
        text: String,
    },
    /// A paragraph.
    Paragraph {
        /// Its pieces.
        runs: Vec<Run>,
    },
    /// A list of points, each with a dash.
    List {
        /// Its points.
        items: Vec<Vec<Run>>,
    },
    /// A table; its head is repeated on each page.
    Table {
        /// From left to right.
        columns: Vec<Column>,
        /// Each as long as `columns`.
        rows: Vec<Vec<String>>,
    },
}

impl Block {
    /// A paragraph of plain text.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::Paragraph {
            runs: vec![Run::plain(text)],
        }
    }
}

/// A piece of a paragraph in one style.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The words.
    pub text: String,
    /// Bold.
    #[serde(default)]
    pub bold: bool,
    /// Italic.
    #[serde(default)]
    pub italic: bool,
    /// The number of the line in the annex that says where a figure is from, set above the line.
    #[serde(default)]
    pub note: Option<usize>,
}

impl Run {
    /// Upright words without a note.
    pub fn plain(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its head.
    pub title: String,
    /// Its share of the width, beside those of the others; at least 1.
    pub width: u32,
    /// Numbers stand on the right.
    #[serde(default)]
    pub number: bool,
}

/// Who signs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// `TM. ỦY BAN NHÂN DÂN`, `KT. GIÁM ĐỐC`; may be empty.
    pub capacity: String,
    /// `GIÁM ĐỐC`.
    pub title: String,
    /// The person's name, below the room for the signature.
    pub name: String,
}

/// What the program beside the main one is asked to write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// The document.
    pub paper: Paper,
    /// Where the PDF goes; none if there shall be none.
    pub pdf: Option<String>,
    /// Where the DOCX goes; none if there shall be none.
    pub docx: Option<String>,
}

/// What became of a [`Job`], in the same order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Pages of the PDF; 0 when none was asked for.
    pub pages: usize,
    /// Why it could not be written.
    pub error: Option<String>,
}
