//! The stretch of time that a document is about.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::duty::Period;

/// How often a document of a kind is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Every {
    /// `2026-11`
    Month,
    /// `2026-Q4`
    Quarter,
    /// `2026-H2`
    HalfYear,
    /// `2026`
    Year,
    /// `2026-11-20`: about one day, or about something that happened on it.
    Day,
}

/// A stretch of time, both days included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stretch {
    /// As the books write it.
    pub label: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// As a Vietnamese sentence has it: `quý IV năm 2026`.
    pub words: String,
}

impl Every {
    fn period(self) -> Option<Period> {
        match self {
            Every::Month => Some(Period::Month),
            Every::Quarter => Some(Period::Quarter),
            Every::HalfYear => Some(Period::HalfYear),
            Every::Year => Some(Period::Year),
            Every::Day => None,
        }
    }

    /// The stretch that holds `day`.
    pub fn containing(self, day: Date) -> Stretch {
        let Some(period) = self.period() else {
            return Stretch {
                label: day.to_string(),
                from: day,
                to: day,
                words: format!("ngày {:02}/{:02}/{:04}", day.day(), day.month(), day.year()),
            };
        };
        let span = period.containing(day);
        let (year, nth) = (span.year, usize::from(span.index));
        let words = match self {
            Every::Month => format!("tháng {:02} năm {year}", nth + 1),
            Every::Quarter => format!("quý {} năm {year}", ["I", "II", "III", "IV"][nth.min(3)]),
            Every::HalfYear => format!("6 tháng {} năm {year}", ["đầu", "cuối"][nth.min(1)]),
            Every::Year | Every::Day => format!("năm {year}"),
        };
        Stretch {
            label: span.label,
            from: span.opens_on,
            to: span.closes_on,
            words,
        }
    }

    /// Reads `2026`, `2026-H2`, `2026-Q4`, `2026-11` or `2026-11-20`, whichever this is.
    pub fn parse(self, label: &str) -> Option<Stretch> {
        if self == Every::Day {
            return label.parse().ok().map(|day| self.containing(day));
        }
        let (year, rest) = label.split_at_checked(4)?;
        let year: i16 = year.parse().ok()?;
        let nth: u8 = match (self, rest) {
            (Every::Year, "") => 1,
            (Every::HalfYear, rest) => rest.strip_prefix("-H")?.parse().ok()?,
            (Every::Quarter, rest) => rest.strip_prefix("-Q")?.parse().ok()?,
            (Every::Month, rest) => rest.strip_prefix('-')?.parse().ok()?,
            _ => return None,
        };
        let span = self.period()?.nth(year, nth.checked_sub(1)?);
        let stretch = self.containing(span.opens_on);
        (stretch.label == label).then_some(stretch)
    }

    /// The stretches that a person may want today: the one that runs and some before it, the newest first.
    pub fn recent(self, today: Date, many: usize) -> Vec<Stretch> {
        let mut stretch = self.containing(today);
        let mut all = Vec::with_capacity(many);
        while all.len() < many {
            let before = stretch.from.yesterday();
            all.push(stretch);
            match before {
                Ok(day) => stretch = self.containing(day),
                Err(_) => break,
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_is_read_as_it_is_written() {
        for (every, label, from, to, words) in [
            (Every::Year, "2026", "2026-01-01", "2026-12-31", "năm 2026"),
            (
                Every::HalfYear,
                "2026-H2",
                "2026-07-01",
                "2026-12-31",
                "6 tháng cuối năm 2026",
            ),
            (
                Every::Quarter,
                "2026-Q4",
                "2026-10-01",
                "2026-12-31",
                "quý IV năm 2026",
            ),
            (
                Every::Month,
                "2026-02",
                "2026-02-01",
                "2026-02-28",
                "tháng 02 năm 2026",
            ),
            (
                Every::Day,
                "2026-11-20",
                "2026-11-20",
                "2026-11-20",
                "ngày 20/11/2026",
            ),
        ] {
            let stretch = every.parse(label).unwrap();
            assert_eq!(stretch.label, label);
            assert_eq!(stretch.from.to_string(), from);
            assert_eq!(stretch.to.to_string(), to);
            assert_eq!(stretch.words, words);
        }
        for (every, wrong) in [
            (Every::Year, "2026-Q1"),
            (Every::Quarter, "2026-Q5"),
            (Every::Quarter, "2026-Q0"),
            (Every::HalfYear, "2026"),
            (Every::Month, "2026-13"),
            (Every::Month, "năm 2026"),
            (Every::Day, "2026-02-30"),
        ] {
            assert_eq!(every.parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn recent_stretches_go_back_without_a_gap() {
        let labels: Vec<String> = Every::Quarter
            .recent("2027-01-05".parse().unwrap(), 3)
            .into_iter()
            .map(|s| s.label)
            .collect();
        assert_eq!(labels, ["2027-Q1", "2026-Q4", "2026-Q3"]);
    }
}
