//! Entries of books as duties see them.

use std::collections::BTreeMap;

use domain::clock::{from_ms, local_date, start_of_day_ms};
use jiff::{Timestamp, civil::Date};

/// A day or a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A local day.
    Day(Date),
    /// A moment.
    At(Timestamp),
}

impl Moment {
    /// The local day.
    pub fn day(self) -> Date {
        match self {
            Moment::Day(day) => day,
            Moment::At(at) => local_date(at),
        }
    }

    /// The moment; a day's is its first.
    pub fn at(self) -> Timestamp {
        match self {
            Moment::Day(day) => from_ms(start_of_day_ms(day)),
            Moment::At(at) => at,
        }
    }

    /// Whether it lies before `other`; of a day and a moment the days are compared.
    pub fn is_before(self, other: Moment) -> bool {
        match (self, other) {
            (Moment::At(a), Moment::At(b)) => a < b,
            (a, b) => a.day() < b.day(),
        }
    }
}

/// An entry of a book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub unit: String,
    /// The period it is said to be for.
    pub period: Option<String>,
    /// The day it is about, or none where it is not dated.
    pub occurred_on: Option<Date>,
    /// When it was written down.
    pub recorded_at: Option<Timestamp>,
    /// When it was last written; without it, when it was written down.
    pub written_at: Option<Timestamp>,
    /// What came of it.
    pub result: Option<String>,
    /// What it is about.
    pub subject: Option<String>,
    /// Other fields that say when something happened, by name.
    pub moments: BTreeMap<String, Moment>,
    /// Fields with a choice, by name.
    pub words: BTreeMap<String, String>,
}

impl Entry {
    /// The day it is about; of an entry that is not dated, the day on which it was written.
    pub fn day(&self) -> Option<Moment> {
        let written = || self.recorded_at.map(local_date);
        self.occurred_on.or_else(written).map(Moment::Day)
    }

    /// The day or moment that a field holds.
    pub fn moment(&self, field: &str) -> Option<Moment> {
        match field {
            "occurred_on" => self.occurred_on.map(Moment::Day),
            "recorded_at" => self.recorded_at.map(Moment::At),
            other => self.moments.get(other).copied(),
        }
    }

    /// The word that was chosen in a field.
    pub(super) fn word(&self, field: &str) -> Option<&str> {
        match field {
            "result" => self.result.as_deref(),
            other => self.words.get(other).map(String::as_str),
        }
    }

    /// Whether a word that was chosen is among these.
    pub(super) fn says(&self, words: &BTreeMap<String, Vec<String>>) -> bool {
        let said = |field: &String| self.word(field);
        words
            .iter()
            .any(|(field, words)| said(field).is_some_and(|w| words.iter().any(|x| x == w)))
    }

    /// Whether one of these fields holds another choice than these.
    pub(super) fn says_otherwise(&self, fields: &BTreeMap<String, Vec<String>>) -> bool {
        fields.iter().any(|(field, words)| {
            let said = self.word(field).filter(|said| !said.is_empty());
            said.is_some_and(|said| !words.iter().any(|word| word == said))
        })
    }

    /// Whether its name says that there is nothing to name ("Không có", "Chưa có", "-", "Không có
    /// nguy cơ nào").
    pub(super) fn names_nothing(&self) -> bool {
        let name = self.subject.as_deref().unwrap_or_default();
        !name.is_empty() && domain::unsaid::is(name, "event")
    }

    /// Whether it was last written before a day: what it tells of that day was a plan.
    pub(super) fn is_older_than(&self, day: Date) -> bool {
        let written = self.written_at.or(self.recorded_at);
        written.is_some_and(|at| local_date(at) < day)
    }

    /// Whether it is known to have been saved last before a day: what its fields tell of that day was
    /// a plan. Of an entry of which only its first day is known nobody can say.
    pub(super) fn was_typed_ahead_of(&self, day: Date) -> bool {
        self.written_at.is_some_and(|at| local_date(at) < day)
    }

    /// Whether its result is among those that count; every one is where none are given.
    pub(super) fn has_one_of(&self, results: &[String]) -> bool {
        let result = self.result.as_deref().unwrap_or_default();
        results.is_empty() || results.iter().any(|r| r == result)
    }
}

/// The books that a duty reads, as far as they concern one organization.
#[derive(Clone, Copy, Debug, Default)]
pub struct Books<'a> {
    /// Entries that start the clock; of a duty with a period, none.
    pub events: &'a [&'a Entry],
    /// Entries that may fulfil the duty.
    pub entries: &'a [&'a Entry],
    /// Of each of the duty's [`DutyRule::perhaps`](super::DutyRule::perhaps), the book's entries.
    pub perhaps: &'a [Vec<&'a Entry>],
}
