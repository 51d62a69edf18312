//! The instances of a duty: each period or event with its last safe day.

use std::collections::BTreeMap;

use domain::clock::local_date;
use jiff::{Timestamp, ToSpan, civil::Date};
use serde::Serialize;

use super::{
    book::{Entry, Moment},
    period::{Period, Span},
    rule::{Count, Due, EventRule, Length},
};
use crate::{
    calendar::{Calendar, Deadline, Gap, MonthDay},
    control::Value,
};

/// A duty in one period, or for one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Instance {
    /// `2026-Q4`, or the id of the event's entry.
    pub period: String,
    /// The event, where the clock is not the calendar's.
    pub event: Option<Event>,
    /// First day on which it can be done.
    pub opens_on: Date,
    /// Last day of the period, or the event's day.
    pub closes_on: Date,
    /// The last day on which it is done in time, or why nobody can say.
    pub due: Result<Deadline, Gap>,
    /// The moment at which a limit in hours is over.
    pub due_at: Option<Timestamp>,
}

/// What started a clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Whose entry it is.
    pub unit: String,
    /// What it is about.
    pub subject: Option<String>,
}

/// The last day of a length of time after an event, which is not counted itself
/// (Civil Code 2015, Articles 147–148). Hours end on the day on which they are over.
///
/// # Errors
/// When a day that matters is not decided.
pub fn event_deadline(event: Moment, length: Length, calendar: &Calendar) -> Result<Deadline, Gap> {
    let day = event.day();
    match length {
        Length::Hours(hours) => Ok(Deadline::plain(local_date(hours_deadline(
            event.at(),
            hours,
        )))),
        Length::WorkingDays(days) => calendar.after(day, days),
        Length::Days(days) => {
            let last = day.checked_add(i64::from(days).days());
            calendar.on_or_after(last.unwrap_or(Date::MAX))
        }
    }
}

/// The last day that lies at least so long before an event.
///
/// "At least 5 working days before" (Cà Mau 31/2019, Article 9.2): the fifth working day
/// before the event's day. Calendar days are counted back as they are, since moving their
/// last day forward would shorten the notice.
///
/// # Errors
/// When a day that matters is not decided.
pub fn lead_deadline(event: Moment, length: Length, calendar: &Calendar) -> Result<Deadline, Gap> {
    let day = event.day();
    match length {
        Length::WorkingDays(days) => calendar.before(day, days),
        Length::Days(days) => {
            let last = day.checked_sub(i64::from(days).days());
            Ok(Deadline::plain(last.unwrap_or(Date::MIN)))
        }
        Length::Hours(hours) => {
            let last = event.at().checked_sub(i64::from(hours).hours());
            Ok(Deadline::plain(local_date(last.unwrap_or(Timestamp::MIN))))
        }
    }
}

/// The moment at which `hours` after an event are over; hours run through every day.
pub fn hours_deadline(event: Timestamp, hours: u32) -> Timestamp {
    event
        .checked_add(i64::from(hours).hours())
        .unwrap_or(Timestamp::MAX)
}

impl Due {
    /// The last day for a period.
    ///
    /// # Errors
    /// When it is counted in working days over days that are not decided.
    pub fn of_period(
        &self,
        span: &Span,
        calendar: &Calendar,
        parameters: &BTreeMap<String, Value>,
    ) -> Result<Deadline, Gap> {
        match self {
            Due::Before(dates) => Ok(Deadline::plain(
                dated(dates, span).map_or(span.closes_on, |d| d.yesterday().unwrap_or(d)),
            )),
            Due::By(dates) => Ok(Deadline::plain(
                dated(dates, span).unwrap_or(span.closes_on),
            )),
            Due::After(count) => match count.length(parameters) {
                Some(length) => event_deadline(Moment::Day(span.closes_on), length, calendar),
                None => Ok(Deadline::plain(span.closes_on)),
            },
            // The reader of rules takes no `ahead` of a period.
            Due::EndOfPeriod | Due::Ahead(_) => Ok(Deadline::plain(span.closes_on)),
        }
    }
}

/// The date of a period; with fewer dates than periods the last one serves.
fn dated(dates: &[MonthDay], span: &Span) -> Option<Date> {
    let at = dates
        .get(usize::from(span.index))
        .or_else(|| dates.last())?;
    at.in_year(span.year)
}

/// The instances of a duty with a period, from the period that holds `from` to the one that
/// holds `to`.
pub fn instances(
    period: Period,
    due: &Due,
    calendar: &Calendar,
    parameters: &BTreeMap<String, Value>,
    from: Date,
    to: Date,
) -> Vec<Instance> {
    let mut span = period.containing(from);
    let mut out = Vec::new();
    while span.opens_on <= to {
        out.push(Instance {
            due: due.of_period(&span, calendar, parameters),
            due_at: None,
            event: None,
            period: span.label.clone(),
            opens_on: span.opens_on,
            closes_on: span.closes_on,
        });
        let next = period.after(&span);
        if next.opens_on <= span.opens_on {
            break;
        }
        span = next;
    }
    out
}

/// When an event happened (or will), as its rule says; none where its entry does not say.
pub(super) fn moment_of(event: &EventRule, count: Option<&Count>, entry: &Entry) -> Option<Moment> {
    match &event.at {
        Some(field) => entry.moment(field),
        None if count.is_some_and(Count::in_hours) => entry.recorded_at.map(Moment::At),
        None => entry.day(),
    }
}

/// The instance that an event starts; none without a moment or without a number.
pub(super) fn of_event(
    event: &EventRule,
    due: &Due,
    calendar: &Calendar,
    parameters: &BTreeMap<String, Value>,
    entry: &Entry,
) -> Option<(Moment, Instance)> {
    let moment = moment_of(event, due.count(), entry)?;
    let (deadline, due_at, opens_on) = match due {
        Due::After(count) => {
            let length = count.length(parameters)?;
            let due_at = match length {
                Length::Hours(hours) => Some(hours_deadline(moment.at(), hours)),
                Length::Days(_) | Length::WorkingDays(_) => None,
            };
            (
                event_deadline(moment, length, calendar),
                due_at,
                moment.day(),
            )
        }
        Due::Ahead(count) => {
            let length = count.length(parameters)?;
            let due_at = match length {
                Length::Hours(hours) => moment.at().checked_sub(i64::from(hours).hours()).ok(),
                Length::Days(_) | Length::WorkingDays(_) => None,
            };
            let known_on = entry.recorded_at.map_or(moment.day(), local_date);
            let deadline = lead_deadline(moment, length, calendar);
            (deadline, due_at, known_on.min(moment.day()))
        }
        Due::EndOfPeriod | Due::Before(_) | Due::By(_) => return None,
    };
    let instance = Instance {
        period: entry.id.clone(),
        event: Some(Event {
            unit: entry.unit.clone(),
            subject: entry.subject.clone(),
        }),
        opens_on,
        closes_on: moment.day(),
        due: deadline,
        due_at,
    };
    Some((moment, instance))
}
