//! The calendar as a page.

use askama::Template;

use crate::{cx::Cx, mark::Mark};

/// Duties of one clause and one day, as one line.
#[derive(Clone, Debug)]
pub struct Item {
    /// How it stands.
    pub mark: Mark,
    /// Where it is told in full.
    pub href: String,
    /// What is asked.
    pub title: String,
    /// Regulation and clause, whose, about what, how long.
    pub about: String,
    /// How it stands in words: "còn 5 ngày", "quá hạn 2 ngày", "đã thực hiện".
    pub state: String,
    /// The form that fulfils it: address and word.
    pub action: Option<(String, String)>,
}

/// One square of the month.
#[derive(Clone, Debug)]
pub struct Square {
    /// ISO date.
    pub day: String,
    /// Day of the month.
    pub number: i8,
    /// Whether it is of the month that is shown.
    pub inside: bool,
    /// Whether it is today.
    pub today: bool,
    /// `rest`, `unknown` or nothing: what the working calendar says.
    pub kind: &'static str,
    /// The holiday, or that it is not announced yet.
    pub note: String,
    /// The first few duties.
    pub items: Vec<Item>,
    /// How many more there are.
    pub more: usize,
}

/// One day of the list.
#[derive(Clone, Debug)]
pub struct Day {
    /// ISO date.
    pub day: String,
    /// The day of the week.
    pub weekday: String,
    /// Whether it is today.
    pub today: bool,
    /// The holiday, if it is one.
    pub note: String,
    /// Its duties.
    pub items: Vec<Item>,
}

/// `GET /calendar`.
#[derive(Debug, Template)]
#[template(path = "calendar/index.html")]
pub struct Page {
    /// Context.
    pub cx: Cx,
    /// `11/2026`.
    pub month: String,
    /// Addresses of the month before, of this month, of the month after.
    pub turn: [String; 3],
    /// The month that is shown, for the form: `2026-11`.
    pub shown: String,
    /// Organizations to choose from: code, name, whether it is the one shown.
    pub units: Vec<(String, String, bool)>,
    /// How many duties are overdue, open and done.
    pub counts: [usize; 3],
    /// Names of the days of the week.
    pub weekdays: Vec<String>,
    /// The month in weeks.
    pub weeks: Vec<Vec<Square>>,
    /// The days with duties.
    pub days: Vec<Day>,
    /// Duties whose last day cannot be computed.
    pub undated: Vec<Item>,
}
