//! When a duty is due.

use jiff::{Timestamp, ToSpan, civil::Date};
use serde::{Deserialize, Serialize};

use super::period::{Period, Span};
use crate::calendar::{Calendar, Deadline, Gap, MonthDay};

/// A duty that is fulfilled by entries of a book.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DutyRule {
    /// The book: a noun of `policy/registers/`.
    pub register: String,
    /// How often.
    pub period: Period,
    /// When it is due.
    pub due: Due,
    /// The values of `result` that fulfil it; any entry does where none are given.
    #[serde(default)]
    pub results: Vec<String>,
}

/// The rule for the last day.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Due {
    /// The last day of the period itself: "every quarter".
    EndOfPeriod,
    /// Before these dates, one for each period of the year. The date itself is too late:
    /// "before 1 December" (`12-01`) ends on 30 November.
    Before(Vec<MonthDay>),
    /// By these dates, one for each period of the year; the date itself is in time.
    By(Vec<MonthDay>),
    /// So long after the end of the period.
    After(Count),
}

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Count {
    /// Calendar days; a last day of rest moves to the next working day.
    Days(u32),
    /// Working days.
    WorkingDays(u32),
}

/// A duty in one period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Instance {
    /// `2026-Q4`.
    pub period: String,
    /// First day on which it can be done.
    pub opens_on: Date,
    /// Last day of the period.
    pub closes_on: Date,
    /// The last day on which it is done in time, or why nobody can say.
    pub due: Result<Deadline, Gap>,
}

impl Due {
    /// The last day for a period.
    ///
    /// # Errors
    /// When it is counted in working days over days that are not decided.
    pub fn deadline(&self, span: &Span, calendar: &Calendar) -> Result<Deadline, Gap> {
        match self {
            Due::EndOfPeriod => Ok(Deadline::plain(span.closes_on)),
            Due::Before(dates) => Ok(Deadline::plain(
                dated(dates, span).map_or(span.closes_on, |d| d.yesterday().unwrap_or(d)),
            )),
            Due::By(dates) => Ok(Deadline::plain(
                dated(dates, span).unwrap_or(span.closes_on),
            )),
            Due::After(count) => event_deadline(span.closes_on, *count, calendar),
        }
    }
}

/// The date of a period; with fewer dates than periods the last one serves.
fn dated(dates: &[MonthDay], span: &Span) -> Option<Date> {
    dates
        .get(usize::from(span.index))
        .or(dates.last())?
        .in_year(span.year)
}

/// The last day of a period that begins with an event, which is not counted itself
/// (Civil Code 2015, Articles 147–148).
///
/// # Errors
/// When a day that matters is not decided.
pub fn event_deadline(event: Date, count: Count, calendar: &Calendar) -> Result<Deadline, Gap> {
    match count {
        Count::WorkingDays(days) => calendar.after(event, days),
        Count::Days(days) => calendar.on_or_after(
            event
                .checked_add(i64::from(days).days())
                .unwrap_or(Date::MAX),
        ),
    }
}

/// The moment at which `hours` after an event are over; hours run through every day.
pub fn hours_deadline(event: Timestamp, hours: u32) -> Timestamp {
    event
        .checked_add(i64::from(hours).hours())
        .unwrap_or(Timestamp::MAX)
}

/// The instances of a duty from the period that holds `from` to the one that holds `today`.
pub fn instances(rule: &DutyRule, calendar: &Calendar, from: Date, today: Date) -> Vec<Instance> {
    let mut span = rule.period.containing(from);
    let mut out = Vec::new();
    while span.opens_on <= today {
        out.push(Instance {
            due: rule.due.deadline(&span, calendar),
            period: span.label.clone(),
            opens_on: span.opens_on,
            closes_on: span.closes_on,
        });
        let next = rule.period.after(&span);
        if next.opens_on <= span.opens_on {
            break;
        }
        span = next;
    }
    out
}
