//! A figure (số liệu): one number, or one table, that documents are filled with.

use domain::label::Label;
use serde::{Deserialize, Serialize};

use crate::check::Check;

/// The parameters that the engine fills in a figure's query: the period's first and last day
/// as ISO text, its first instant and the first instant after it in unix milliseconds, its
/// label, and what checks know too.
pub const PARAMETERS: [&str; 8] = [
    "from_day", "to_day", "from_at", "to_at", "period", "now", "today", "month",
];

/// What every document knows without a figure.
pub const NAMES: [&str; 12] = [
    "unit",
    "unit_code",
    "parent",
    "province",
    "units",
    "period",
    "period_code",
    "year",
    "next_year",
    "from",
    "to",
    "today",
];

/// A figure as one file of `policy/figures/` says it; its id is the file's name.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// The file's name without its ending.
    #[serde(skip)]
    pub id: String,
    /// What is counted.
    pub label: Label,
    /// Where it comes from, as the annex of a document says it.
    pub source: Label,
    /// What stands behind the number: `%`, `Mbit/s`.
    #[serde(default)]
    pub unit: String,
    /// Digits after the comma.
    #[serde(default)]
    pub decimals: u8,
    /// What a unit without a row has.
    #[serde(default)]
    pub empty: Empty,
    /// How the units' numbers make the province's.
    #[serde(default)]
    pub total: Total,
    /// The columns of a table; a figure without them is one number, `value`.
    #[serde(default)]
    pub columns: Vec<FigureColumn>,
    /// One SELECT over fact views, for all units at once, with `unit` and the columns.
    pub sql: String,
    /// The query, read; lint fills it.
    #[serde(skip)]
    pub query: Option<Check>,
}

/// What a unit has for which a figure's query gives no row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Empty {
    /// No data: the document says so.
    #[default]
    NoData,
    /// Zero: what is counted is kept by the program itself, so that nothing is none.
    Zero,
}

/// How the numbers of several units become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Total {
    /// Added up.
    #[default]
    Sum,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// The mean over the units that have one.
    Mean,
}

/// A column of a figure that is a table.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FigureColumn {
    /// The column of the query.
    pub name: String,
    /// Its head.
    pub label: Label,
    /// Its share of the width.
    #[serde(default = "one")]
    pub width: u32,
}

fn one() -> u32 {
    1
}

impl Figure {
    /// Whether it is a table and not a number.
    pub fn is_table(&self) -> bool {
        !self.columns.is_empty()
    }
}

/// A figure that the engine itself knows: what it judged.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn {
    /// Its id.
    pub id: &'static str,
    /// What is counted, in Vietnamese and in English.
    pub label: [&'static str; 2],
    /// The heads of a table's columns with their widths; none for a number.
    pub columns: &'static [(&'static str, u32)],
}

/// Where the built-in figures come from.
pub const JUDGED: [&str; 2] = [
    "Kết luận tuân thủ do Giềng đánh giá, có minh chứng từng dòng",
    "Verdicts of Giềng, each with its evidence",
];

/// Figures that are parts of another one: together they are the whole, and a paper that tells a
/// part beside the whole tells all of them. In the built-in tables each has a column, in this
/// order, behind that of the whole.
pub const WHOLES: [(&str, [&str; 5]); 1] = [(
    "clauses-bound",
    [
        "clauses-met",
        "clauses-breached",
        "clauses-pending",
        "clauses-no-data",
        "clauses-waived",
    ],
)];

const BUILT_IN: [BuiltIn; 9] = [
    number(
        "clauses-bound",
        "Số nghĩa vụ phải thực hiện",
        "Duties that bind",
    ),
    number("clauses-met", "Số nghĩa vụ đã đáp ứng", "Duties met"),
    number(
        "clauses-breached",
        "Số nghĩa vụ chưa đáp ứng",
        "Duties not met",
    ),
    number(
        "clauses-pending",
        "Số nghĩa vụ chưa đến hạn",
        "Duties that are not due yet",
    ),
    number(
        "clauses-no-data",
        "Số nghĩa vụ chưa đủ số liệu",
        "Duties without data",
    ),
    number(
        "clauses-waived",
        "Số nghĩa vụ được miễn có thời hạn",
        "Duties waived for a time",
    ),
    BuiltIn {
        id: "compliance-by-article",
        label: ["Tình hình tuân thủ theo từng điều", "Compliance by article"],
        columns: &[
            ("Điều", 2),
            ("Nội dung", 5),
            ("Nghĩa vụ", 2),
            ("Đáp ứng", 2),
            ("Chưa đáp ứng", 2),
            ("Chưa đến hạn", 2),
            ("Chưa đủ số liệu", 2),
            ("Được miễn", 2),
        ],
    },
    BuiltIn {
        id: "compliance-by-unit",
        label: ["Tình hình tuân thủ theo đơn vị", "Compliance by unit"],
        columns: &[
            ("Đơn vị", 6),
            ("Nghĩa vụ", 2),
            ("Đáp ứng", 2),
            ("Chưa đáp ứng", 2),
            ("Chưa đến hạn", 2),
            ("Chưa đủ số liệu", 2),
            ("Được miễn", 2),
        ],
    },
    BuiltIn {
        id: "verdicts",
        label: ["Kết luận từng nghĩa vụ", "Verdict on each duty"],
        columns: &[
            ("Điều khoản", 3),
            ("Nội dung", 7),
            ("Kết luận", 3),
            ("Từ ngày", 3),
            ("Mã băm minh chứng (SHA-256)", 5),
        ],
    },
];

const fn number(id: &'static str, vi: &'static str, en: &'static str) -> BuiltIn {
    BuiltIn {
        id,
        label: [vi, en],
        columns: &[],
    }
}

/// The built-in figures.
pub fn built_in() -> &'static [BuiltIn] {
    &BUILT_IN
}
