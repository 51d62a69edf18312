//! Facts made up for a check, and the verdicts they must give.
//!
//! One file of `policy/fixtures/` a check (or duty): rows of the fact views by name,
//! and for every unit the status expected. Whoever can run SQL runs them; this
//! crate only reads them.

use std::collections::BTreeMap;

use domain::clock::{local_date, start_of_day_ms};
use jiff::{Timestamp, ToSpan as _, civil::Date};
use serde::Deserialize;

use crate::{
    control::{Control, Value},
    library::LoadError,
    lint,
    source::Source,
    verdict::Status,
};

/// Reads every fixture of a policy, by path.
///
/// # Errors
/// When the files cannot be read, or one of them is not a fixture.
pub fn all(source: &dyn Source) -> Result<Vec<(String, Fixture)>, LoadError> {
    let files = source.files()?;
    let fixtures = files.iter().filter(|f| f.path.starts_with("fixtures/"));
    fixtures
        .map(|file| {
            let fixture = lint::read_yaml(&file.path, &file.bytes);
            let fixture = fixture.map_err(|problem| LoadError::Problems(vec![problem]))?;
            Ok((file.path.clone(), fixture))
        })
        .collect()
}

/// A fixture file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixture {
    /// The control that is judged; its check or its duty is run.
    pub control: String,
    /// There is only one thing for the check to look at in each unit.
    #[serde(default)]
    pub single: bool,
    /// The cases.
    pub cases: Vec<Case>,
}

/// One state of the facts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// The moment of judging.
    pub now: Timestamp,
    /// Parameter values that differ from the defaults.
    #[serde(default)]
    pub parameters: BTreeMap<String, Value>,
    /// Since when the program has been listening for log lines; always, if not given.
    #[serde(default)]
    pub listening_since: Option<Timestamp>,
    /// The first day on which a duty's book is kept.
    #[serde(default)]
    pub kept_from: Option<Date>,
    /// Rows by fact view; a column that is not given is NULL.
    pub facts: BTreeMap<String, Vec<BTreeMap<String, Fact>>>,
    /// The status expected of each unit, after folding.
    pub expect: BTreeMap<String, Status>,
    /// The reason expected of each unit, where it matters.
    #[serde(default)]
    pub reasons: BTreeMap<String, String>,
}

/// The value of a column: NULL, a value, or for an `…_at` column an instant as text.
pub type Fact = Option<Value>;

impl Case {
    /// Whether it shows that of three things that are asked about one says nothing, and that
    /// the unit is not met then: its name has the words `of three`.
    pub fn shows_silence(&self) -> bool {
        let refused = |status: &Status| matches!(status, Status::NoData | Status::Breached);
        self.name.contains("of three") && self.expect.values().any(refused)
    }

    /// `now` as unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        self.now.as_millisecond()
    }

    /// The local date of `now`.
    pub fn today(&self) -> Date {
        local_date(self.now)
    }

    /// The parameters that the engine fills ([`crate::check::BUILT_IN`]).
    pub fn built_in(&self) -> [(&'static str, Value); 5] {
        let last = self.today().first_of_month().saturating_sub(1.day());
        let today = self.today().to_string();
        let month = today.get(..7).unwrap_or_default().to_owned();
        let listening = self.listening_since.map_or(0, Timestamp::as_millisecond);
        [
            ("now", Value::Integer(self.now_ms())),
            ("today", Value::Text(today)),
            ("month", Value::Text(month)),
            (
                "last_month",
                Value::Text(last.strftime("%Y-%m").to_string()),
            ),
            ("listening_since", Value::Integer(listening)),
        ]
    }

    /// The value of a parameter of the control's check: built in, given by the case, or its default.
    pub fn parameter(&self, control: &Control, name: &str) -> Option<Value> {
        let built_in = self
            .built_in()
            .into_iter()
            .find(|(known, _)| *known == name);
        built_in
            .map(|(_, value)| value)
            .or_else(|| control.values(&self.parameters).remove(name))
    }

    /// The value to put into a column: instants written as text become milliseconds.
    ///
    /// A column that ends in `_at` takes `2026-11-20T08:00:00Z` or `2026-11-20`
    /// (its first local instant).
    pub fn column_value(column: &str, fact: &Fact) -> Fact {
        let Some(Value::Text(text)) = fact else {
            return fact.clone();
        };
        if !column.ends_with("_at") {
            return fact.clone();
        }
        let instant = text.parse::<Timestamp>().map(Timestamp::as_millisecond);
        let day = || text.parse::<Date>().map(start_of_day_ms);
        instant
            .or_else(|_| day())
            .map_or_else(|_| fact.clone(), |ms| Some(Value::Integer(ms)))
    }
}
