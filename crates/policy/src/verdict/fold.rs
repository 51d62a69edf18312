//! From the rows of a check to one finding for a unit.

use serde::{Deserialize, Serialize};

use super::Status;
use crate::control::{Age, Asks, Attestation};

/// What a check says of one subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// What was looked at: a device, an account, a line.
    pub subject: String,
    /// `met`, `breached` or `not_applicable`; none where the check found no facts.
    pub status: Option<RowStatus>,
    /// A code of the control's `reasons`.
    pub reason: Option<String>,
    /// When the newest fact behind it was seen, unix milliseconds.
    pub observed_at: Option<i64>,
}

/// The words that a check may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowStatus {
    /// The facts show that it holds.
    Met,
    /// The facts show that it does not.
    Breached,
    /// It does not concern this subject.
    NotApplicable,
}

impl RowStatus {
    /// Reads the word of a check; `None` for any other.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "met" => Some(Self::Met),
            "breached" => Some(Self::Breached),
            "not_applicable" => Some(Self::NotApplicable),
            _ => None,
        }
    }
}

/// A fact that is said to have been seen later than so far ahead was seen by a clock that was wrong.
const AHEAD_MS: i64 = 3_600_000;

impl Row {
    /// What the row is worth at `now`, unix milliseconds: a fact older than
    /// `stale_after`, of unknown age, or from a time that has yet to come says nothing.
    pub fn status(&self, stale_after: Option<Age>, now: i64) -> Status {
        let fresh = stale_after.is_none_or(|age| {
            self.observed_at.is_some_and(|seen| {
                now.saturating_sub(seen) <= age.ms() && seen.saturating_sub(now) <= AHEAD_MS
            })
        });
        match self.status {
            None => Status::NoData,
            Some(RowStatus::NotApplicable) => Status::NotApplicable,
            Some(_) if !fresh => Status::NoData,
            Some(RowStatus::Met) => Status::Met,
            Some(RowStatus::Breached) => Status::Breached,
        }
    }
}

/// One answer for a unit, and which row gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The heaviest status among the rows.
    pub status: Status,
    /// The reason of the first row with that status.
    pub reason: Option<String>,
    /// Its place among the rows; none when there were no rows.
    pub row: Option<usize>,
    /// When the oldest fact that carries the answer was seen, unix milliseconds.
    pub observed_at: Option<i64>,
}

/// Folds the rows of one unit. No rows: nothing is known.
pub fn fold(rows: &[Row], stale_after: Option<Age>, now: i64) -> Finding {
    let statuses: Vec<Status> = rows.iter().map(|r| r.status(stale_after, now)).collect();
    let status = Status::all(statuses.iter().copied());
    let row = statuses.iter().position(|s| *s == status);
    let observed_at = rows
        .iter()
        .zip(&statuses)
        .filter(|(_, s)| **s == status)
        .filter_map(|(r, _)| r.observed_at)
        .min();
    Finding {
        status,
        reason: row.and_then(|i| rows[i].reason.clone()),
        row,
        observed_at,
    }
}

/// A person's answer to an attestation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attested {
    /// Yes is compliance; what no is, the form says.
    pub answer: bool,
    /// When it was given, unix milliseconds.
    pub at: i64,
}

/// What the latest answer is worth at `now`: nothing once its lifetime is over, and nothing
/// where "no" only says that something happened.
pub fn attest(form: &Attestation, latest: Option<Attested>, now: i64) -> Status {
    let lifetime = i64::from(form.lifetime_days) * 86_400_000;
    match latest {
        Some(given) if now.saturating_sub(given.at) <= lifetime => {
            match (given.answer, form.asks()) {
                (true, _) => Status::Met,
                (false, Asks::Compliance) => Status::Breached,
                (false, Asks::Absence) => Status::NoData,
            }
        }
        _ => Status::NoData,
    }
}
