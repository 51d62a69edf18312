//! Whether a duty was done.

use jiff::civil::Date;
use serde::Serialize;

use super::rule::{DutyRule, Instance, instances};
use crate::{calendar::Calendar, verdict::Status};

/// An entry of the duty's book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fulfilment {
    /// The period it is said to be for.
    pub period: Option<String>,
    /// The day it is about, or none where it is not dated.
    pub occurred_on: Option<Date>,
    /// The local day on which it was written down.
    pub recorded_on: Option<Date>,
    /// What came of it.
    pub result: Option<String>,
}

/// What became of one instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Judged {
    /// Done in time.
    Done {
        /// The day.
        on: Date,
    },
    /// Done, after the last day.
    Late {
        /// The day.
        on: Date,
    },
    /// Not done, and there is still time.
    Pending,
    /// Not done, and the last day has passed.
    Missed,
    /// Not done, and the last day cannot be computed.
    Uncertain,
}

impl Judged {
    /// As a verdict. What was done late is met from the day it was done;
    /// the history keeps the breach before it.
    pub fn status(&self) -> Status {
        match self {
            Judged::Done { .. } | Judged::Late { .. } => Status::Met,
            Judged::Pending => Status::Pending,
            Judged::Missed => Status::Breached,
            Judged::Uncertain => Status::Error,
        }
    }

    /// The reason code, shown with the words of the interface.
    pub fn reason(&self) -> &'static str {
        match self {
            Judged::Done { .. } => "done",
            Judged::Late { .. } => "late",
            Judged::Pending => "pending",
            Judged::Missed => "missed",
            Judged::Uncertain => "uncertain",
        }
    }
}

/// The verdict over a duty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DutyFinding {
    /// The verdict.
    pub status: Status,
    /// `done`, `late`, `pending`, `missed` or `uncertain`.
    pub reason: &'static str,
    /// The place among `instances` of the one that decided.
    pub decided_by: usize,
    /// Every instance and what became of it, oldest first.
    pub instances: Vec<(Instance, Judged)>,
    /// The next local day on which the verdict can change without a new entry.
    pub next_change: Option<Date>,
}

/// Judges a duty from the entries of its book.
///
/// `kept_from` is the day from which the duty binds this organization and its book
/// is kept here: periods that were over before that day are not judged. The latest
/// instance that is decided (done, or past its last day) decides; while none is,
/// the duty is pending. An instance that is merely open does not cover up that the
/// one before it was missed.
pub fn judge(
    rule: &DutyRule,
    calendar: &Calendar,
    entries: &[Fulfilment],
    kept_from: Date,
    today: Date,
) -> DutyFinding {
    let instances: Vec<(Instance, Judged)> = instances(rule, calendar, kept_from.min(today), today)
        .into_iter()
        .map(|instance| {
            let judged = judge_instance(rule, &instance, entries, today);
            (instance, judged)
        })
        .collect();
    let decided_by = instances
        .iter()
        .rposition(|(_, judged)| *judged != Judged::Pending)
        .unwrap_or_else(|| instances.len().saturating_sub(1));
    let decisive = instances
        .get(decided_by)
        .map_or(&Judged::Pending, |(_, j)| j);
    let due_change = instances
        .iter()
        .filter(|(_, judged)| *judged == Judged::Pending)
        .filter_map(|(instance, _)| instance.due.as_ref().ok()?.day.tomorrow().ok());
    let opening = instances
        .last()
        .and_then(|(i, _)| i.closes_on.tomorrow().ok());
    DutyFinding {
        status: decisive.status(),
        reason: decisive.reason(),
        decided_by,
        next_change: due_change.chain(opening).min(),
        instances,
    }
}

fn judge_instance(
    rule: &DutyRule,
    instance: &Instance,
    entries: &[Fulfilment],
    today: Date,
) -> Judged {
    let last = instance.due.as_ref().ok().map(|d| d.day);
    let done = entries
        .iter()
        .filter(|entry| counts(rule, instance, entry))
        .filter_map(|entry| entry.occurred_on.or(entry.recorded_on))
        .filter(|on| *on <= today)
        .min();
    match (done, last) {
        (Some(on), Some(last)) if on > last => Judged::Late { on },
        (Some(on), _) => Judged::Done { on },
        (None, Some(last)) if today > last => Judged::Missed,
        (None, Some(_)) => Judged::Pending,
        (None, None) if today <= instance.closes_on => Judged::Pending,
        (None, None) => Judged::Uncertain,
    }
}

fn counts(rule: &DutyRule, instance: &Instance, entry: &Fulfilment) -> bool {
    let result = entry.result.as_deref().unwrap_or_default();
    if !rule.results.is_empty() && !rule.results.iter().any(|r| r == result) {
        return false;
    }
    match entry
        .period
        .as_deref()
        .map(str::trim)
        .filter(|p| !p.is_empty())
    {
        Some(period) => period.eq_ignore_ascii_case(&instance.period),
        None => entry
            .occurred_on
            .is_some_and(|on| instance.opens_on <= on && on <= instance.closes_on),
    }
}
