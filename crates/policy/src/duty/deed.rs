//! Duties that the calendar starts: which entry is the deed of which period, and whether in time.

use std::collections::BTreeMap;

use jiff::{ToSpan, civil::Date};

use super::{
    book::{Books, Entry, Moment},
    instance::{Instance, instances},
    judge::{Bound, Judged},
    period::{Period, Span},
    rule::DutyRule,
};
use crate::{calendar::Calendar, control::Value};

/// Every period while the duty binds, with what became of it, the oldest first.
pub(super) fn judge(
    rule: &DutyRule,
    period: Period,
    calendar: &Calendar,
    parameters: &BTreeMap<String, Value>,
    books: Books<'_>,
    bound: &Bound,
    today: Date,
) -> Vec<(Instance, Judged)> {
    let to = bound.until.map_or(today, |until| until.min(today));
    let all = instances(
        period,
        &rule.due,
        calendar,
        parameters,
        bound.from.min(to),
        to,
    );
    let last_day = |span: &Span| {
        let due = rule.due.of_period(span, calendar, parameters);
        due.map_or(span.closes_on, |due| due.day)
    };
    let told: Vec<Told> = (books.entries.iter())
        .filter(|entry| entry.has_one_of(&rule.results))
        .map(|entry| Told {
            entry,
            on: done_on(rule, entry),
            of: named(period, entry),
        })
        .collect();
    let deeds = Deeds {
        rule,
        books,
        period,
        today,
        last_day: &last_day,
        told,
    };
    let mut out = Vec::with_capacity(all.len());
    // Until when the period before, of which there is no deed, could still be done.
    let mut until: Option<Date> = None;
    for instance in all {
        let judged = match deeds.of(&instance, until) {
            Judged::Missed | Judged::Late { .. } if deeds.may_be(&instance, until) => {
                Judged::Untimed
            }
            judged => judged,
        };
        let judged = judged.unless_not_owed(bound, &instance);
        until = match (&judged, &instance.due) {
            (Judged::Missed | Judged::Untimed | Judged::Pending, Ok(due)) => Some(due.day),
            _ => None,
        };
        out.push((instance, judged));
    }
    out
}

/// The period that an entry names.
enum Named {
    /// It names none.
    Blank,
    /// This one.
    Of(Span),
    /// It cannot be read, or is of another length.
    Unclear,
}

/// An entry that tells of the deed.
struct Told<'a> {
    entry: &'a Entry,
    /// The day on which it was done, where it says so.
    on: Option<Date>,
    of: Named,
}

struct Deeds<'a> {
    rule: &'a DutyRule,
    books: Books<'a>,
    period: Period,
    today: Date,
    last_day: &'a dyn Fn(&Span) -> Date,
    told: Vec<Told<'a>>,
}

impl Deeds<'_> {
    /// The deeds that are no plans.
    fn done(&self) -> impl Iterator<Item = (Date, &Told<'_>)> {
        let all = self
            .told
            .iter()
            .filter_map(|told| Some((told.on?, told)))
            .filter(|(on, _)| *on <= self.today);
        all.filter(|(on, told)| !told.entry.is_older_than(*on) && !told.entry.names_nothing())
    }

    /// What became of a period. A deed in the days that were left for the period before, of which
    /// there is none, may be that of either.
    fn of(&self, instance: &Instance, until: Option<Date>) -> Judged {
        let last = instance.due.as_ref().ok().map(|d| d.day);
        let first = self.first(instance.opens_on);
        let done = self
            .done()
            .filter(|(on, told)| *on >= first && self.is_of(told, instance))
            .filter(|(on, _)| until.is_none_or(|until| *on < instance.opens_on || *on > until))
            .min_by_key(|(on, _)| *on);
        match (done, last) {
            (Some((on, told)), Some(last)) if on > last => Judged::Late {
                on,
                entry: told.entry.id.clone(),
            },
            (Some((on, told)), _) => Judged::Done {
                on,
                entry: told.entry.id.clone(),
            },
            (None, Some(last)) if self.today > last => Judged::Missed,
            (None, Some(_)) => Judged::Pending,
            (None, None) if self.today <= instance.closes_on => Judged::Pending,
            (None, None) => Judged::Uncertain,
        }
    }

    /// The first day on which the deed of a period can lie.
    fn first(&self, opens_on: Date) -> Date {
        if self.rule.early {
            opens_on.saturating_sub(1.year())
        } else {
            opens_on
        }
    }

    /// Of what is made ahead the date does not tell the period.
    fn is_of(&self, told: &Told<'_>, instance: &Instance) -> bool {
        match &told.of {
            Named::Of(span) => span.label == instance.period,
            Named::Blank => {
                !self.rule.early
                    && told
                        .entry
                        .occurred_on
                        .is_some_and(|on| instance.opens_on <= on && on <= instance.closes_on)
            }
            Named::Unclear => false,
        }
    }

    /// Whether the books hold something that may be the deed of a period.
    fn may_be(&self, instance: &Instance, until: Option<Date>) -> bool {
        let last = (instance.due.as_ref()).map_or(instance.closes_on, |due| due.day);
        let (opens_on, first) = (instance.opens_on, self.first(instance.opens_on));
        let within = |from: Date, entry: &Entry| {
            let day = entry.day().map(Moment::day);
            day.is_some_and(|day| from <= day && day <= last.min(self.today))
        };
        // It says so without a day, was written before its day, or names nothing.
        let vague = self.told.iter().any(|told| {
            let says = told.on.is_none() && told.entry.says(&self.rule.says_done);
            let is_plan = (told.on).is_some_and(|on| {
                on <= last && (told.entry.is_older_than(on) || told.entry.names_nothing())
            });
            let of = match &told.of {
                Named::Of(span) => span.label == instance.period,
                _ => within(first, told.entry),
            };
            of && (says || is_plan)
        });
        vague
            || self.done().any(|(on, told)| match &told.of {
                Named::Blank if self.rule.early => first <= on && on <= last,
                Named::Blank => false,
                Named::Of(span) if span.label == instance.period => {
                    opens_on <= on && until.is_some_and(|until| on <= until)
                }
                _ if on < opens_on || on > last => false,
                Named::Of(span)
                    if on > instance.closes_on && span.opens_on > instance.closes_on =>
                {
                    true
                }
                Named::Of(span) => !self.is_explained(on, span),
                Named::Unclear => true,
            })
            || (self.rule.perhaps.iter().zip(self.books.perhaps)).any(|(perhaps, entries)| {
                let entries = entries.iter().filter(|entry| {
                    entry.has_one_of(&perhaps.results)
                        && match named(self.period, entry) {
                            Named::Of(span) => {
                                span.label == instance.period && within(first, entry)
                            }
                            _ => within(opens_on, entry),
                        }
                });
                entries.count() >= perhaps.times
            })
    }

    /// Whether a deed of a day is that of the period that it names: it lies in its time, or late
    /// by a year at most where there is no other.
    fn is_explained(&self, on: Date, span: &Span) -> bool {
        let (first, last) = (self.first(span.opens_on), (self.last_day)(span));
        let in_time = |on: Date| first <= on && on <= last;
        let same = |told: &Told<'_>| matches!(&told.of, Named::Of(of) if of.label == span.label);
        let late = last.saturating_add(1.year());
        on >= first
            && (on <= last
                || on <= late && !self.done().any(|(on, told)| same(told) && in_time(on)))
    }
}

fn done_on(rule: &DutyRule, entry: &Entry) -> Option<Date> {
    let moment = match &rule.done {
        Some(field) => entry
            .moment(field)
            .or_else(|| entry.moment(rule.or_done.as_deref()?)),
        None => entry.day(),
    };
    moment.map(Moment::day)
}

fn named(period: Period, entry: &Entry) -> Named {
    let written = entry.period.as_deref().map(str::trim);
    let Some(written) = written.filter(|p| !p.is_empty()) else {
        return Named::Blank;
    };
    let code = domain::parse::period::read(written, None).unwrap_or_default();
    let year = code.get(..4).and_then(|year| year.parse().ok());
    let spans = year.into_iter().flat_map(|year| {
        let places = 0..period.per_year();
        places.map(move |place| period.nth(year, place))
    });
    let mut spans = spans.filter(|span| span.label == code);
    spans.next().map_or(Named::Unclear, Named::Of)
}
