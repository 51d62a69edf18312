//! Months, quarters, half-years and years.

use domain::schema::Volume;
use jiff::{ToSpan, civil::Date};
use serde::{Deserialize, Serialize};

/// How often a duty returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Period {
    /// Every month: `2026-11`.
    Month,
    /// Every quarter: `2026-Q4`.
    Quarter,
    /// Every half-year: `2026-H2`.
    HalfYear,
    /// Every year: `2026`.
    Year,
}

/// One period of the calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    /// `2026`, `2026-H2`, `2026-Q4` or `2026-11`.
    pub label: String,
    /// The year it lies in.
    pub year: i16,
    /// Which of the year's periods it is, from 0.
    pub index: u8,
    /// First day.
    pub opens_on: Date,
    /// Last day.
    pub closes_on: Date,
}

impl Period {
    /// How many there are in a year.
    pub fn per_year(self) -> u8 {
        match self {
            Period::Month => 12,
            Period::Quarter => 4,
            Period::HalfYear => 2,
            Period::Year => 1,
        }
    }

    /// The same as a book's schema says it.
    pub fn volume(self) -> Volume {
        match self {
            Period::Month => Volume::Month,
            Period::Quarter => Volume::Quarter,
            Period::HalfYear => Volume::HalfYear,
            Period::Year => Volume::Year,
        }
    }

    /// The period that holds `day`.
    pub fn containing(self, day: Date) -> Span {
        let month = u8::try_from(day.month()).unwrap_or(1);
        self.nth(day.year(), (month - 1) / (12 / self.per_year()))
    }

    /// The `index`th period of `year`, from 0; an index past the year's end is its last.
    pub fn nth(self, year: i16, index: u8) -> Span {
        let index = index.min(self.per_year() - 1);
        let months = 12 / self.per_year();
        let first = i8::try_from(index * months + 1).unwrap_or(1);
        let last = i8::try_from((index + 1) * months).unwrap_or(12);
        // The months are 1 to 12 and the year came from a date, so these dates exist.
        let opens_on = Date::new(year, first, 1).unwrap_or(Date::MIN);
        let closes_on = Date::new(year, last, 1).map_or(Date::MAX, Date::last_of_month);
        let label = match self {
            Period::Month => format!("{year:04}-{:02}", index + 1),
            Period::Quarter => format!("{year:04}-Q{}", index + 1),
            Period::HalfYear => format!("{year:04}-H{}", index + 1),
            Period::Year => format!("{year:04}"),
        };
        Span {
            label,
            year,
            index,
            opens_on,
            closes_on,
        }
    }

    /// The period after `span`.
    pub fn after(self, span: &Span) -> Span {
        match span.closes_on.checked_add(1.day()) {
            Ok(day) => self.containing(day),
            Err(_) => span.clone(),
        }
    }
}
