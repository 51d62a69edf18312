//! A duty as a control says it: what starts its clock, when it is due, what fulfils it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::period::Period;
use crate::{calendar::MonthDay, control::Value};

/// A duty that is fulfilled by entries of a book.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "Written")]
pub struct DutyRule {
    /// The book whose entries fulfil it: a noun of `policy/registers/`.
    pub register: String,
    /// What starts its clock.
    pub clock: DutyClock,
    /// When it is due.
    pub due: Due,
    /// The values of `result` that fulfil it; any entry does where none are given.
    pub results: Vec<String>,
    /// The field of the fulfilling entry that says when it was done; without it the day of
    /// the entry, and for a limit in hours the moment at which it was written.
    pub done: Option<String>,
    /// The field that says so where `done` is blank: of an answer that may also be a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub or_done: Option<String>,
    /// The values of its fields by which the entry says that it was done (or refused) though the
    /// moment is blank: whether in time is not known then. Of an answer that is known by its
    /// `subject`, those by which one of another name may be it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub says_done: BTreeMap<String, Vec<String>>,
    /// The values of its fields by which an event's own entry says that it was not done: where
    /// its moment says that it was, nobody can tell.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub says_not: BTreeMap<String, Vec<String>>,
    /// The field of an event's own entry that says when it was refused: it will not be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Whether what was done up to a year before its period opens counts too: of plans,
    /// budgets and notices, which are made ahead. A deed counts for the period it lies in.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub early: bool,
    /// Entries that may be the deed though they do not fulfil it: where one of them lies in the
    /// period, nobody can say that it was missed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub perhaps: Vec<Perhaps>,
    /// Who must answer once it was done, and by when: the other side of the clock.
    pub answer: Option<Box<AnswerRule>>,
}

/// Entries of a book that may be the deed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Perhaps {
    /// The book.
    pub register: String,
    /// The values of `result`.
    pub results: Vec<String>,
    /// How many of them it takes.
    #[serde(default = "one")]
    pub times: usize,
}

fn one() -> usize {
    1
}

/// What starts the clock of a duty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DutyClock {
    /// The calendar: once in every period.
    Period(Period),
    /// Each entry of another book (or of the same).
    Event(EventRule),
}

/// The entries that start a clock.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EventRule {
    /// The book.
    pub register: String,
    /// The field that says when it happened (or will): a date or an instant of the book,
    /// `occurred_on` or `recorded_at`. Without it the day of the entry, and for a limit in
    /// hours the moment at which it was written.
    #[serde(default)]
    pub at: Option<String>,
    /// The values of `result` that start the clock; every entry does where none are given.
    #[serde(default)]
    pub results: Vec<String>,
    /// Whose entries.
    #[serde(default)]
    pub of: Whose,
    /// Which entry answers which event.
    #[serde(default)]
    pub answered_by: Matching,
}

/// Whose entries start a clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whose {
    /// Those of the organization that owes.
    #[default]
    Own,
    /// Those of the other organizations of the same province: for who must answer.
    Others,
}

/// Which entry answers an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Matching {
    /// The next one that answers no other event yet.
    #[default]
    Next,
    /// One with the same `subject`.
    Subject,
    /// The event's own entry, once the field named by `done` is filled in.
    Entry,
}

/// The other side of a clock: who must answer what was reported.
///
/// Its instances stand in the calendar of who owes the answer; the verdict of who
/// reported does not hang on them.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerRule {
    /// A role of `policy/roles.yaml`; its players in the reporter's province owe the answer.
    pub role: String,
    /// The book of the answers; without it the answer is given on the report's own entry.
    #[serde(default)]
    pub register: Option<String>,
    /// Which entry answers.
    #[serde(default)]
    pub answered_by: Matching,
    /// The field that says when it was answered.
    #[serde(default)]
    pub done: Option<String>,
    /// The values of `result` that are answers; any is where none are given.
    #[serde(default)]
    pub results: Vec<String>,
    /// How long the answer may take.
    pub due: Count,
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
    /// So long after the end of the period, or after the event.
    After(Count),
    /// At least so long before the event.
    Ahead(Count),
}

/// A length of time as it is written: a number, or the parameter that holds it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Count {
    /// Hours, which run through every day.
    Hours(Amount),
    /// Calendar days; a last day of rest moves to the next working day.
    Days(Amount),
    /// Working days.
    WorkingDays(Amount),
}

/// A number, or the name of the control's parameter that holds it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Amount {
    /// The text gives it.
    Given(u32),
    /// A parameter: of "promptly", the number that the province chose.
    Parameter(String),
}

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Hours.
    Hours(u32),
    /// Calendar days.
    Days(u32),
    /// Working days.
    WorkingDays(u32),
}

impl Count {
    /// The length with the parameters' values; none where a parameter is missing or is no
    /// whole number from 0.
    pub fn length(&self, parameters: &BTreeMap<String, Value>) -> Option<Length> {
        let number = |amount: &Amount| match amount {
            Amount::Given(n) => Some(*n),
            Amount::Parameter(name) => match parameters.get(name) {
                // A longer one would be beyond the calendar.
                Some(Value::Integer(n)) => u32::try_from(*n).ok().filter(|n| *n <= 100_000),
                _ => None,
            },
        };
        match self {
            Count::Hours(n) => number(n).map(Length::Hours),
            Count::Days(n) => number(n).map(Length::Days),
            Count::WorkingDays(n) => number(n).map(Length::WorkingDays),
        }
    }

    /// The parameter that holds its number.
    pub fn parameter(&self) -> Option<&str> {
        match self {
            Count::Hours(n) | Count::Days(n) | Count::WorkingDays(n) => match n {
                Amount::Given(_) => None,
                Amount::Parameter(name) => Some(name),
            },
        }
    }

    /// Whether it runs from a moment and not from a day.
    pub fn in_hours(&self) -> bool {
        matches!(self, Count::Hours(_))
    }
}

impl Due {
    /// The length of time, where it is one.
    pub fn count(&self) -> Option<&Count> {
        match self {
            Due::After(count) | Due::Ahead(count) => Some(count),
            Due::EndOfPeriod | Due::Before(_) | Due::By(_) => None,
        }
    }
}

impl DutyRule {
    /// The event that starts the clock, where it is not the calendar.
    pub fn event(&self) -> Option<&EventRule> {
        match &self.clock {
            DutyClock::Event(event) => Some(event),
            DutyClock::Period(_) => None,
        }
    }

    /// The other side: the answer as a duty of its own, whose events are the reports.
    pub fn answering(&self) -> Option<DutyRule> {
        let answer = self.answer.as_deref()?;
        let (register, answered_by) = match &answer.register {
            Some(register) => (register.clone(), answer.answered_by),
            None => (self.register.clone(), Matching::Entry),
        };
        Some(DutyRule {
            register,
            clock: DutyClock::Event(EventRule {
                register: self.register.clone(),
                at: self.done.clone(),
                results: self.results.clone(),
                of: Whose::Others,
                answered_by,
            }),
            due: Due::After(answer.due.clone()),
            results: answer.results.clone(),
            done: answer.done.clone(),
            or_done: None,
            says_done: BTreeMap::new(),
            says_not: BTreeMap::new(),
            refused: None,
            early: false,
            perhaps: Vec::new(),
            answer: None,
        })
    }

    /// The parameters that hold its numbers.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        let own = self.due.count();
        let answer = self.answer.as_deref().map(|a| &a.due);
        own.into_iter().chain(answer).filter_map(Count::parameter)
    }

    /// The books that it reads.
    pub fn registers(&self) -> impl Iterator<Item = &str> {
        let event = self.event().map(|e| e.register.as_str());
        let answer = self.answer.as_deref().and_then(|a| a.register.as_deref());
        let perhaps = self.perhaps.iter().map(|p| p.register.as_str());
        std::iter::once(self.register.as_str())
            .chain(event)
            .chain(answer)
            .chain(perhaps)
    }

    /// The fields that say when something happened or was done.
    pub fn moments(&self) -> impl Iterator<Item = &str> {
        let event = self.event().and_then(|e| e.at.as_deref());
        let answer = self.answer.as_deref().and_then(|a| a.done.as_deref());
        let own = self.done.as_deref().into_iter();
        let own = own.chain(self.or_done.as_deref());
        let own = own.chain(self.refused.as_deref());
        event.into_iter().chain(own).chain(answer)
    }

    /// The fields that it looks at beside those that all books have.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        let all = ["occurred_on", "recorded_at", "result"];
        let says = self.says_done.keys().chain(self.says_not.keys());
        let says = says.map(String::as_str);
        self.moments()
            .chain(says)
            .filter(move |field| !all.contains(field))
    }
}

/// A duty as the file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    register: String,
    #[serde(default)]
    period: Option<Period>,
    #[serde(default)]
    event: Option<EventRule>,
    due: Due,
    #[serde(default)]
    results: Vec<String>,
    #[serde(default)]
    done: Option<String>,
    #[serde(default)]
    or_done: Option<String>,
    #[serde(default)]
    says_done: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    says_not: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    refused: Option<String>,
    #[serde(default)]
    early: bool,
    #[serde(default)]
    perhaps: Vec<Perhaps>,
    #[serde(default)]
    answer: Option<Box<AnswerRule>>,
}

impl TryFrom<Written> for DutyRule {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let clock = match (written.period, written.event) {
            (Some(period), None) => DutyClock::Period(period),
            (None, Some(event)) => DutyClock::Event(event),
            _ => return Err("a duty has either a `period` or an `event`: write one".into()),
        };
        match (&clock, &written.due) {
            (DutyClock::Period(_), Due::Ahead(_)) => {
                return Err(
                    "`ahead` counts back from an `event`; of a period write `before`".into(),
                );
            }
            (DutyClock::Period(_), Due::After(count)) if count.in_hours() => {
                return Err("a period ends with a day: write `days` or `working-days`".into());
            }
            (DutyClock::Event(_), Due::EndOfPeriod | Due::Before(_) | Due::By(_)) => {
                return Err(
                    "of an event write `after: {days: 5}` or `ahead: {working-days: 5}`".into(),
                );
            }
            (DutyClock::Event(event), Due::Ahead(_)) if event.answered_by == Matching::Next => {
                return Err(
                    "`ahead` needs `answered_by: subject` or `answered_by: entry`: which notice is of \
                     which event cannot be told by their order"
                        .into(),
                );
            }
            _ => {}
        }
        if let DutyClock::Event(event) = &clock
            && event.answered_by == Matching::Entry
            && (written.done.is_none() || event.register != written.register)
        {
            return Err(
                "`answered_by: entry` needs the same book twice and `done`, the field that is filled in".into(),
            );
        }
        let on_its_entry =
            matches!(&clock, DutyClock::Event(e) if e.answered_by == Matching::Entry);
        if written.refused.is_some() && !on_its_entry {
            return Err("`refused` stands on the event's own entry: `answered_by: entry`".into());
        }
        if written.or_done.is_some() && written.done.is_none() {
            return Err("`or_done` stands beside `done`".into());
        }
        if !written.says_not.is_empty() && !on_its_entry {
            return Err("`says_not` stands on the event's own entry: `answered_by: entry`".into());
        }
        let by_order = matches!(&clock, DutyClock::Event(e) if e.answered_by == Matching::Next);
        let by_date = matches!(clock, DutyClock::Period(_)) && written.done.is_none();
        if !written.says_done.is_empty() && (by_order || by_date) {
            return Err("`says_done` stands beside `done`, or with `answered_by: subject`".into());
        }
        if !written.perhaps.is_empty() && matches!(clock, DutyClock::Event(_)) {
            return Err("`perhaps` is of a `period`".into());
        }
        if written.early && matches!(clock, DutyClock::Event(_)) {
            return Err("`early` is of a `period`; of an event write `ahead`".into());
        }
        if let Some(answer) = &written.answer {
            let on_the_report = answer.register.is_none() || answer.answered_by == Matching::Entry;
            if on_the_report && (answer.done.is_none() || answer.register.is_some()) {
                return Err(
                    "an answer stands in a book (`register`) or on the report's own entry (`done`): write one".into(),
                );
            }
        }
        Ok(Self {
            register: written.register,
            clock,
            due: written.due,
            results: written.results,
            done: written.done,
            or_done: written.or_done,
            says_done: written.says_done,
            says_not: written.says_not,
            refused: written.refused,
            early: written.early,
            perhaps: written.perhaps,
            answer: written.answer,
        })
    }
}
