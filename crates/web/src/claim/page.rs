//! The page of claims that wait.

use askama::Template;

use crate::cx::Cx;

/// A claim that is not in force.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its kind's code.
    pub kind: String,
    /// Its kind's name.
    pub label: String,
    /// The value.
    pub value: String,
    /// The unit's id.
    pub organization: String,
    /// The unit's name.
    pub unit: String,
    /// The records that lay it: address and name.
    pub uses: Vec<(String, String)>,
    /// Why it is not in force.
    pub why: String,
    /// The units that have it.
    pub owners: String,
    /// When it was laid, unix milliseconds.
    pub asked_at: i64,
    /// Who laid it.
    pub asked_by: String,
    /// Who refused it, when and why.
    pub refused: Option<String>,
    /// Whether the reader decides.
    pub may_decide: bool,
}

/// `GET /claims`.
#[derive(Debug, Template)]
#[template(path = "claim/index.html")]
pub struct Index {
    /// Context.
    pub cx: Cx,
    /// The latest first.
    pub rows: Vec<Row>,
    /// The way to the others.
    pub pages: String,
}
