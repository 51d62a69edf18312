//! Public holidays as data.

use std::collections::BTreeMap;

use domain::label::Label;
use jiff::{ToSpan, civil::Date};
use serde::{Deserialize, Serialize};

use super::lunar;

/// How sure a datum of the calendar is (see the marks in `policy/calendar/vietnam.yaml`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Certainty {
    /// The article's own text was read.
    Text,
    /// A press or portal page says so.
    Press,
    /// One secondary source, or a note: used, and shown as not confirmed.
    Unconfirmed,
    /// A proposal that was not taken: shown, and not used.
    Proposed,
}

impl Certainty {
    /// Whether a deadline that rests on it must say so.
    pub fn is_doubtful(self) -> bool {
        matches!(self, Certainty::Unconfirmed | Certainty::Proposed)
    }
}

/// A public holiday.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// `tet`, `hung-kings`.
    pub id: String,
    /// Its name.
    pub label: Label,
    /// The day it turns on.
    pub on: Anchor,
    /// The days off, counted from that day; `[0]` is the day itself.
    #[serde(default = "only_the_day")]
    pub days: Vec<i16>,
    /// Days around it that may be off too, as the government decides each year:
    /// first and last, counted from the day. Unknown until the year is announced.
    #[serde(default)]
    pub announced_within: Option<(i16, i16)>,
    /// A day that falls on the weekly rest is made up for on the next working day
    /// (Labour Code 2019, Article 111.3).
    #[serde(default = "yes")]
    pub made_up: bool,
    /// First day of the rule.
    #[serde(default)]
    pub from: Option<Date>,
    /// Last day of the rule.
    #[serde(default)]
    pub to: Option<Date>,
    /// How sure it is.
    pub certainty: Certainty,
    /// Where it comes from.
    pub source: String,
}

fn only_the_day() -> Vec<i16> {
    vec![0]
}

fn yes() -> bool {
    true
}

/// The day of the year on which a holiday turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Anchor {
    /// Month and day of the civil calendar.
    Solar(MonthDay),
    /// Month and day of the lunar calendar.
    Lunar(MonthDay),
}

/// A month and a day, written `12-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct MonthDay {
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl TryFrom<String> for MonthDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a month and a day: write `12-01` for 1 December");
        let (month, day) = text.split_once('-').ok_or_else(wrong)?;
        let month: u8 = month.parse().map_err(|_| wrong())?;
        let day: u8 = day.parse().map_err(|_| wrong())?;
        // 2024 is a leap year, so 29 February is a day of some year.
        let last = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        match last.get(usize::from(month).wrapping_sub(1)) {
            Some(&last) if (1..=last).contains(&day) => Ok(Self { month, day }),
            _ => Err(wrong()),
        }
    }
}

impl From<MonthDay> for String {
    fn from(at: MonthDay) -> String {
        format!("{:02}-{:02}", at.month, at.day)
    }
}

impl MonthDay {
    /// The date in `year`; 29 February is 28 February in a common year.
    pub fn in_year(self, year: i16) -> Option<Date> {
        let month = i8::try_from(self.month).ok()?;
        let day = i8::try_from(self.day).ok()?;
        Date::new(year, month, day)
            .or_else(|_| Date::new(year, month, day - 1))
            .ok()
    }
}

impl Holiday {
    /// The day it turns on in `year`, within its dates of effect.
    pub fn anchor(&self, year: i16) -> Option<Date> {
        let date = match self.on {
            Anchor::Solar(at) => at.in_year(year),
            Anchor::Lunar(at) => lunar::civil_date(year, at.month, at.day),
        }?;
        let begun = self.from.is_none_or(|from| from <= date);
        let ended = self.to.is_some_and(|to| to < date);
        (begun && !ended).then_some(date)
    }

    /// The certain days off in `year`.
    pub fn days_off(&self, year: i16) -> Vec<Date> {
        let Some(anchor) = self.anchor(year) else {
            return Vec::new();
        };
        self.days
            .iter()
            .filter_map(|offset| anchor.checked_add(i64::from(*offset).days()).ok())
            .collect()
    }

    /// First and last day that may be off, where the government decides each year.
    pub fn window(&self, year: i16) -> Option<(Date, Date)> {
        let (first, last) = self.announced_within?;
        let anchor = self.anchor(year)?;
        Some((
            anchor.checked_add(i64::from(first).days()).ok()?,
            anchor.checked_add(i64::from(last).days()).ok()?,
        ))
    }
}

/// What was announced for one year.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Year {
    /// The holidays whose days off are fully in `rest`.
    #[serde(default)]
    pub announced: Vec<String>,
    /// Days off: announced holidays, days made up for, days swapped.
    #[serde(default)]
    pub rest: Vec<Announced>,
    /// Days of the weekly rest that are worked.
    #[serde(default)]
    pub work: Vec<Announced>,
}

/// Announced days.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Announced {
    /// First day.
    pub from: Date,
    /// Last day; the first where it is not given.
    #[serde(default)]
    pub to: Option<Date>,
    /// What for.
    pub why: Label,
    /// How sure it is.
    pub certainty: Certainty,
    /// Where it comes from.
    pub source: String,
}

impl Announced {
    /// Whether `day` is one of them.
    pub fn covers(&self, day: Date) -> bool {
        self.from <= day && day <= self.to.unwrap_or(self.from)
    }
}

/// Announcements by year.
pub type Years = BTreeMap<i16, Year>;
