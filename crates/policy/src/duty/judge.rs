//! Whether a duty was done.

use std::collections::BTreeMap;

use domain::clock::local_date;
use jiff::{Timestamp, ToSpan, civil::Date};
use serde::Serialize;

use super::{
    book::Books,
    deed, event,
    instance::Instance,
    rule::{Due, DutyClock, DutyRule},
};
use crate::{calendar::Calendar, control::Value, verdict::Status};

/// What became of one instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Judged {
    /// Done in time.
    Done {
        /// The day.
        on: Date,
        /// The entry that did it.
        entry: String,
    },
    /// Done, after the last day.
    Late {
        /// The day.
        on: Date,
        /// The entry that did it.
        entry: String,
    },
    /// A notice that had to come ahead of its event came too late: nothing mends that.
    TooLate {
        /// The day.
        on: Date,
        /// The entry that did it.
        entry: String,
    },
    /// It was refused: nothing mends that.
    Refused,
    /// Not done, and there is still time.
    Pending,
    /// Not done, and the last day has passed.
    Missed,
    /// The last day cannot be computed, and without it nobody can say.
    Uncertain,
    /// The last day has passed, and the books say that it was done, but not when, for which
    /// period or whether it was that: nobody can say whether it was done in time.
    Untimed,
    /// Its last day came before the duty bound or soon after, or comes after it ceases to: nobody
    /// owes it. Or it came before the organization was entered, and its books begin later.
    NotOwed,
}

/// From when to when a duty binds somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The first day.
    pub from: Date,
    /// The last day, where there is one.
    pub until: Option<Date>,
    /// The day on which it was entered here: what its books do not tell of before, nobody
    /// had typed yet.
    pub entered: Date,
}

impl From<Date> for Bound {
    fn from(from: Date) -> Self {
        Self {
            from,
            until: None,
            entered: from,
        }
    }
}

/// The least days that a duty with a period leaves to whoever comes to it within the period:
/// no text says so, it is chosen.
const TIME_TO_DO: i32 = 30;

impl Bound {
    /// Whether an instance is owed: its last day (of one that cannot be computed, the end of
    /// its period) lies within.
    pub(super) fn owes(&self, instance: &Instance) -> bool {
        let last = instance.due.as_ref().map_or(instance.closes_on, |d| d.day);
        self.from <= last && self.until.is_none_or(|until| last <= until)
    }

    /// Whether an instance left time to whoever came to it on a day: of a period the whole of
    /// it or [`TIME_TO_DO`], of an event any.
    fn left_time(since: Date, instance: &Instance) -> bool {
        let last = instance.due.as_ref().map_or(instance.closes_on, |d| d.day);
        if instance.event.is_some() {
            return since <= last;
        }
        since <= instance.opens_on || since.saturating_add(TIME_TO_DO.days()) <= last
    }
}

impl Judged {
    /// The same, but for what nobody owes, or came to too late to do: undone it is not missed,
    /// and done it is not late. What an organization did before it was entered here shows in
    /// its books as far as somebody typed it: there, what is not in them is not missed either.
    pub(super) fn unless_not_owed(self, bound: &Bound, instance: &Instance) -> Self {
        let owed = bound.owes(instance);
        match self {
            Judged::Pending if owed => Judged::Pending,
            Judged::Missed if !Bound::left_time(bound.entered, instance) => Judged::NotOwed,
            judged if owed && Bound::left_time(bound.from, instance) => judged,
            Judged::Done { on, entry }
            | Judged::Late { on, entry }
            | Judged::TooLate { on, entry } => Judged::Done { on, entry },
            _ => Judged::NotOwed,
        }
    }

    /// As a verdict. What was done late was not done in time, and doing it does not undo that.
    pub fn status(&self) -> Status {
        match self {
            Judged::Done { .. } => Status::Met,
            Judged::Pending => Status::Pending,
            Judged::Late { .. } | Judged::TooLate { .. } | Judged::Refused | Judged::Missed => {
                Status::Breached
            }
            Judged::Uncertain => Status::Error,
            Judged::Untimed => Status::NoData,
            Judged::NotOwed => Status::NotApplicable,
        }
    }

    /// The reason code, shown with the words of the interface.
    pub fn reason(&self) -> &'static str {
        match self {
            Judged::Done { .. } => "done",
            Judged::Late { .. } => "late",
            Judged::TooLate { .. } => "too-late",
            Judged::Refused => "refused",
            Judged::Pending => "pending",
            Judged::Missed => "missed",
            Judged::Uncertain => "uncertain",
            Judged::Untimed => "untimed",
            Judged::NotOwed => "not-owed",
        }
    }

    /// When it was done, and by which entry.
    pub fn done(&self) -> Option<(Date, &str)> {
        match self {
            Judged::Done { on, entry }
            | Judged::Late { on, entry }
            | Judged::TooLate { on, entry } => Some((*on, entry)),
            Judged::Refused
            | Judged::Pending
            | Judged::Missed
            | Judged::Uncertain
            | Judged::Untimed
            | Judged::NotOwed => None,
        }
    }
}

/// The verdict over a duty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DutyFinding {
    /// The verdict.
    pub status: Status,
    /// `done`, `late`, `too-late`, `refused`, `pending`, `missed`, `uncertain`, `untimed`, `not-owed`, or
    /// `no-event`.
    pub reason: &'static str,
    /// The place among `instances` of the one that decided.
    pub decided_by: usize,
    /// Every instance and what became of it, oldest first.
    pub instances: Vec<(Instance, Judged)>,
    /// Whether there are entries that do not tell how it stands: a word that nothing happened
    /// contradicts them.
    pub undecided: bool,
    /// The next local day on which the verdict can change without a new entry.
    pub next_change: Option<Date>,
}

/// Judges a duty from the entries of its books.
///
/// `bound` says from when to when the duty binds this organization: what was due before, or
/// is due after, it does not owe; events before and after are not its own. Of a duty with a
/// period the latest instance that is decided (done, or past its last day) decides; while none
/// is, the duty is pending. An instance that is merely open does not cover up that the one
/// before it was missed, or done late. What was done before its period opened is no deed of
/// that period, whatever its entry says; what is made ahead ([`DutyRule::early`]) may have
/// been done up to a year before. Where the books hold what may be the deed (it names another period
/// than that of its day, or was written before its day), nobody can say that a period was missed.
///
/// Of a duty with an event, the first event that was not answered in time is a breach,
/// whatever came after it; else the first of which nobody can say, else the latest that is decided. What can still be answered
/// is one until it is; what is settled (an answer in time or late, a refusal, a notice ahead of an event
/// that is over) is looked at for `LOOKED_BACK` days after the event.
/// Without any such event there is no data: a book without entries does not show that nothing
/// happened.
pub fn judge(
    rule: &DutyRule,
    calendar: &Calendar,
    parameters: &BTreeMap<String, Value>,
    books: Books<'_>,
    bound: impl Into<Bound>,
    now: Timestamp,
) -> DutyFinding {
    let bound = bound.into();
    let today = local_date(now);
    let (instances, opening) = match &rule.clock {
        DutyClock::Period(period) => {
            let all = deed::judge(rule, *period, calendar, parameters, books, &bound, today);
            let last = all.last();
            let opening = last.and_then(|(i, _)| i.closes_on.tomorrow().ok());
            (all, opening)
        }
        DutyClock::Event(event) => {
            let all = event::judge(rule, event, calendar, parameters, books, bound, now);
            (all, None)
        }
    };
    let found = conclude(rule, instances, opening, today);
    let unclear = |event| event::has_one_without_a_moment(rule, event, books, today);
    DutyFinding {
        undecided: found.undecided || rule.event().is_some_and(unclear),
        ..found
    }
}

/// For how many days after an event its answer, or a breach that nothing mends, is looked at, as long as checks
/// look back at entries (their `window_days`): no text says so, it is chosen.
pub(super) const LOOKED_BACK: i32 = 365;

fn conclude(
    rule: &DutyRule,
    instances: Vec<(Instance, Judged)>,
    opening: Option<Date>,
    today: Date,
) -> DutyFinding {
    let ahead = matches!(rule.due, Due::Ahead(_));
    let oldest = today.saturating_sub(LOOKED_BACK.days());
    let counts = |(instance, judged): &(Instance, Judged)| match judged {
        Judged::Pending | Judged::NotOwed => false,
        Judged::Refused => instance.closes_on >= oldest,
        Judged::Done { .. } | Judged::Late { .. } | Judged::TooLate { .. }
            if instance.event.is_some() =>
        {
            instance.closes_on >= oldest
        }
        Judged::Missed | Judged::Untimed if ahead => instance.closes_on >= oldest,
        _ => true,
    };
    let failed = |of: &(Instance, Judged)| counts(of) && of.1.status() == Status::Breached;
    let first_failed = rule.event().and_then(|_| instances.iter().position(failed));
    // Of whom one cannot be said, all cannot.
    let unknown =
        |of: &(Instance, Judged)| counts(of) && matches!(of.1, Judged::Untimed | Judged::Uncertain);
    let first_unknown = || {
        rule.event()
            .and_then(|_| instances.iter().position(unknown))
    };
    // Of works ahead, those that have begun say more than those that are only planned.
    let come = |of: &(Instance, Judged)| counts(of) && (!ahead || of.0.closes_on <= today);
    let decided = first_failed
        .or_else(first_unknown)
        .or_else(|| instances.iter().rposition(come))
        .or_else(|| instances.iter().rposition(counts));
    let open = || {
        let of = |(_, judged): &(Instance, Judged)| *judged == Judged::Pending;
        let not_owed = |(_, judged): &(Instance, Judged)| *judged == Judged::NotOwed;
        let pending = instances.iter().rposition(of);
        pending.or_else(|| instances.iter().rposition(not_owed))
    };
    let decided = decided.or_else(open);
    let (status, reason) = match decided.map(|place| &instances[place].1) {
        Some(judged) => (judged.status(), judged.reason()),
        None if rule.event().is_some() => (Status::NoData, "no-event"),
        None => (Status::Pending, "pending"),
    };
    let due_change = instances
        .iter()
        .filter(|(_, judged)| *judged == Judged::Pending)
        .filter_map(|(instance, _)| instance.due.as_ref().ok()?.day.tomorrow().ok());
    DutyFinding {
        undecided: instances.iter().any(unknown),
        status,
        reason,
        decided_by: decided.unwrap_or_default(),
        next_change: due_change.chain(opening).min(),
        instances,
    }
}
