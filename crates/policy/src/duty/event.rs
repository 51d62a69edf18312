//! Duties that an event starts: which entry answers which event, and whether in time.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan, civil::Date};

use super::{
    book::{Books, Entry, Moment},
    instance::{Instance, moment_of, of_event},
    judge::{Bound, Judged, LOOKED_BACK},
    rule::{Count, Due, DutyRule, EventRule, Matching},
};
use crate::{calendar::Calendar, control::Value};

/// Every event while the duty binds, with its instance and what became of it, oldest first.
/// One that has yet to come is one only when it was announced: written down by now.
pub(super) fn judge(
    rule: &DutyRule,
    event: &EventRule,
    calendar: &Calendar,
    parameters: &BTreeMap<String, Value>,
    books: Books<'_>,
    bound: Bound,
    now: Timestamp,
) -> Vec<(Instance, Judged)> {
    let mut started: Vec<(Moment, Instance, &Entry)> = books
        .events
        .iter()
        .filter(|entry| entry.has_one_of(&event.results))
        .filter_map(|entry| {
            let (moment, instance) = of_event(event, &rule.due, calendar, parameters, entry)?;
            Some((moment, instance, *entry))
        })
        .filter(|(moment, _, entry)| {
            !has_yet_to_come(*moment, now) || entry.recorded_at.is_none_or(|at| at <= now)
        })
        .filter(|(moment, ..)| {
            let day = moment.day();
            bound.from <= day && bound.until.is_none_or(|until| day <= until)
        })
        .collect();
    started.sort_by(|a, b| (a.0.at(), &a.1.period).cmp(&(b.0.at(), &b.1.period)));
    let names: Vec<&Entry> = started.iter().map(|(.., entry)| *entry).collect();
    let mut answers = Answers::new(rule, books.entries, now);
    started
        .into_iter()
        .map(|(moment, instance, entry)| {
            let answer = answers.of(rule, event, moment, entry, now);
            let refused = rule
                .refused
                .as_deref()
                .and_then(|field| entry.moment(field));
            let refused = refused.is_some_and(|at| !has_yet_to_come(at, now));
            let own = event.answered_by == Matching::Entry;
            let ahead = matches!(rule.due, Due::Ahead(_));
            let says = own && entry.says(&rule.says_done);
            let says_not = entry.says(&rule.says_not);
            let done = done_at(rule, entry);
            let blank = says && done.is_none();
            // Of an entry that was done before the day that it bears nobody can say which is wrong.
            let backwards = own
                && !ahead
                && entry.has_one_of(&rule.results)
                && !entry.says_otherwise(&rule.says_done)
                && done.is_some_and(|at| at.is_before(moment));
            // What was last saved before its own day was announced: whether it came about nobody knows.
            let announced = !ahead && entry.was_typed_ahead_of(moment.day());
            let planned = own && done.is_some_and(|at| entry.was_typed_ahead_of(at.day()));
            let refused =
                !says && (refused || says_not && rule.refused.is_some() && done.is_none());
            // Nobody declines what nobody asked for, or has yet to ask for.
            let refused = refused && !entry.names_nothing() && !has_yet_to_come(moment, now);
            // The same matter entered anew when it was answered.
            let twin = |day| twin_is_answered(rule, event, (moment, entry), books, day);
            let judged = match answer {
                _ if announced && !has_yet_to_come(moment, now) => Judged::Untimed,
                None if refused && twin(None) => Judged::Untimed,
                None if refused => Judged::Refused,
                answer => match outcome(rule, &instance, answer, now) {
                    Judged::Missed if blank || backwards || planned => Judged::Untimed,
                    Judged::Missed if own && twin(Some(moment.day())) => Judged::Untimed,
                    Judged::Missed
                    | Judged::Late { .. }
                    | Judged::TooLate { .. }
                    | Judged::Done { .. }
                        if entry.names_nothing() =>
                    {
                        Judged::Untimed
                    }
                    Judged::Done { .. } if says_not => Judged::Untimed,
                    Judged::Missed if says_not && ahead && done.is_some() => Judged::Untimed,
                    Judged::Missed if answers.take_another(rule, event, moment, entry, &names) => {
                        Judged::Untimed
                    }
                    judged => judged,
                },
            };
            let judged = judged.unless_not_owed(&bound, &instance);
            (instance, judged)
        })
        .collect()
}

/// Whether a recent event does not say when it was: its clock has not started.
pub(super) fn has_one_without_a_moment(
    rule: &DutyRule,
    event: &EventRule,
    books: Books<'_>,
    today: Date,
) -> bool {
    let oldest = today.saturating_sub(LOOKED_BACK.days());
    let events = books.events.iter();
    let mut recent = events.filter(|entry| {
        let day = entry.day().map(Moment::day);
        entry.has_one_of(&event.results) && day.is_some_and(|day| oldest <= day && day <= today)
    });
    recent.any(|entry| moment_of(event, rule.due.count(), entry).is_none())
}

/// The entries that may answer, in the order of their moments.
struct Answers<'a> {
    all: Vec<(Moment, &'a Entry)>,
    used: Vec<bool>,
    /// What was written before its day: a plan, of which nobody knows whether it came about.
    planned: Vec<(Moment, &'a Entry)>,
}

impl<'a> Answers<'a> {
    fn new(rule: &DutyRule, entries: &[&'a Entry], now: Timestamp) -> Self {
        let (planned, mut all): (Vec<_>, Vec<_>) = entries
            .iter()
            .filter(|entry| entry.has_one_of(&rule.results) && !entry.names_nothing())
            .filter_map(|entry| Some((done_at(rule, entry)?, *entry)))
            .filter(|(at, _)| !has_yet_to_come(*at, now))
            .partition(|(at, entry)| entry.is_older_than(at.day()));
        all.sort_by(|a, b| (a.0.at(), &a.1.id).cmp(&(b.0.at(), &b.1.id)));
        let used = vec![false; all.len()];
        Self { all, used, planned }
    }

    /// The answer to an event, which then answers no other.
    fn of(
        &mut self,
        rule: &DutyRule,
        event: &EventRule,
        moment: Moment,
        entry: &'a Entry,
        now: Timestamp,
    ) -> Option<(Moment, &'a Entry)> {
        let ahead = matches!(rule.due, Due::Ahead(_));
        // What was done before the event is no answer to it.
        let in_turn = |at: Moment| ahead || !at.is_before(moment);
        if event.answered_by == Matching::Entry {
            return done_at(rule, entry)
                .filter(|at| entry.has_one_of(&rule.results) && !has_yet_to_come(*at, now))
                .filter(|at| in_turn(*at) && !entry.was_typed_ahead_of(at.day()))
                .map(|at| (at, entry));
        }
        let place = self
            .all
            .iter()
            .zip(&self.used)
            .position(|((at, by), used)| {
                let about = event.answered_by == Matching::Next || same_subject(by, entry);
                // Nothing answers itself.
                !used && about && by.id != entry.id && in_turn(*at)
            })?;
        self.used[place] = true;
        Some(self.all[place])
    }

    /// Whether an answer that answers nothing may be that to an event: it bears the name and an
    /// earlier day, or was written before its day, or bears the name of no event. It is then that
    /// of no other event.
    fn take_another(
        &mut self,
        rule: &DutyRule,
        event: &EventRule,
        moment: Moment,
        of: &Entry,
        all: &[&Entry],
    ) -> bool {
        if event.answered_by != Matching::Subject {
            return false;
        }
        let place = (self.all.iter().zip(&self.used)).position(|((at, by), used)| {
            let stray = || {
                !at.is_before(moment)
                    && by.says(&rule.says_done)
                    && !all.iter().any(|event| same_subject(by, event))
            };
            !used && by.id != of.id && (same_subject(by, of) || stray())
        });
        let planned = |(at, by): &(Moment, &Entry)| {
            by.id != of.id && same_subject(by, of) && !at.is_before(moment)
        };
        place.map(|place| self.used[place] = true).is_some() || self.planned.iter().any(planned)
    }
}

fn same_subject(a: &Entry, b: &Entry) -> bool {
    let plain = |entry: &Entry| entry.subject.as_deref().map(|s| s.trim().to_lowercase());
    plain(a).is_some_and(|s| !s.is_empty()) && plain(a) == plain(b)
}

/// Whether another entry of the same name, and of that day where one is given, says that it was
/// answered.
fn twin_is_answered(
    rule: &DutyRule,
    event: &EventRule,
    (moment, of): (Moment, &Entry),
    books: Books<'_>,
    day: Option<Date>,
) -> bool {
    let is_answered = |twin: &Entry| {
        let at = done_at(rule, twin).filter(|at| !at.is_before(moment));
        at.is_some() && twin.has_one_of(&rule.results) && !twin.says(&rule.says_not)
    };
    let of_day = |twin: &Entry| {
        let began = moment_of(event, rule.due.count(), twin);
        began.is_some_and(|began| day.is_none_or(|day| began.day() == day))
    };
    let mut twins = books.events.iter().filter(|twin| twin.id != of.id);
    twins.any(|twin| same_subject(twin, of) && of_day(twin) && is_answered(twin))
}

fn has_yet_to_come(at: Moment, now: Timestamp) -> bool {
    Moment::At(now).is_before(at)
}

/// When an entry fulfilled the duty: the earlier of its moments where it has both.
fn done_at(rule: &DutyRule, entry: &Entry) -> Option<Moment> {
    match &rule.done {
        Some(field) => {
            let or_done = rule.or_done.as_deref();
            let either = (
                entry.moment(field),
                or_done.and_then(|field| entry.moment(field)),
            );
            match either {
                (Some(done), Some(or)) if or.is_before(done) => Some(or),
                (done, or) => done.or(or),
            }
        }
        None if rule.due.count().is_some_and(Count::in_hours) => entry.recorded_at.map(Moment::At),
        None => entry.day(),
    }
}

fn outcome(
    rule: &DutyRule,
    instance: &Instance,
    answer: Option<(Moment, &Entry)>,
    now: Timestamp,
) -> Judged {
    let ahead = matches!(rule.due, Due::Ahead(_));
    // Whether a moment lies past the last safe one; none where that depends on a gap.
    let past = |at: Moment| match (instance.due_at, &instance.due) {
        (Some(last), _) if matches!(at, Moment::At(_)) => Some(at.at() > last),
        (_, Ok(due)) => Some(at.day() > due.day),
        // Counted forwards, all days before the gap were in time, and the last day lies on
        // the day of the gap or after it.
        (_, Err(gap)) if !ahead => (at.day() <= gap.day).then_some(false),
        // Counted back, the last day lies on the day of the gap or before it.
        (_, Err(gap)) => (at.day() > gap.day).then_some(true),
    };
    let Some((at, entry)) = answer else {
        return match past(Moment::At(now)) {
            Some(true) => Judged::Missed,
            Some(false) => Judged::Pending,
            None => Judged::Uncertain,
        };
    };
    let (on, entry) = (at.day(), entry.id.clone());
    match (past(at), ahead) {
        (Some(true), true) => Judged::TooLate { on, entry },
        (Some(true), false) => Judged::Late { on, entry },
        (Some(false), _) | (None, false) => Judged::Done { on, entry },
        (None, true) => Judged::Uncertain,
    }
}
