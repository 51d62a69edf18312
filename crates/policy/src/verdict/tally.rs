//! Counting verdicts over units, clauses and regulations.

use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

use super::Status;

/// How many verdicts have each status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the statuses of `Status`")]
pub struct Tally {
    pub met: u64,
    pub breached: u64,
    pub no_data: u64,
    pub error: u64,
    pub pending: u64,
    pub waived: u64,
    pub not_applicable: u64,
}

impl Tally {
    /// Counts one more verdict.
    pub fn count(&mut self, status: Status) {
        *match status {
            Status::Met => &mut self.met,
            Status::Breached => &mut self.breached,
            Status::NoData => &mut self.no_data,
            Status::Error => &mut self.error,
            Status::Pending => &mut self.pending,
            Status::Waived => &mut self.waived,
            Status::NotApplicable => &mut self.not_applicable,
        } += 1;
    }

    /// How many have this status.
    pub fn of(&self, status: Status) -> u64 {
        match status {
            Status::Met => self.met,
            Status::Breached => self.breached,
            Status::NoData => self.no_data,
            Status::Error => self.error,
            Status::Pending => self.pending,
            Status::Waived => self.waived,
            Status::NotApplicable => self.not_applicable,
        }
    }

    /// How many verdicts in all.
    pub fn total(&self) -> u64 {
        Status::ALL.into_iter().map(|s| self.of(s)).sum()
    }

    /// The share that is met, 0 to 1: met of met, breached, no data and error.
    ///
    /// What is waived, pending or does not apply is left out of it; none when
    /// nothing counts.
    pub fn share(&self) -> Option<f64> {
        let counted = self.met + self.breached + self.no_data + self.error;
        #[expect(
            clippy::cast_precision_loss,
            reason = "counts of verdicts are far below 2^52"
        )]
        let share = self.met as f64 / counted as f64;
        (counted > 0).then_some(share)
    }
}

impl Add for Tally {
    type Output = Tally;

    fn add(mut self, other: Tally) -> Tally {
        self += other;
        self
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.met += other.met;
        self.breached += other.breached;
        self.no_data += other.no_data;
        self.error += other.error;
        self.pending += other.pending;
        self.waived += other.waived;
        self.not_applicable += other.not_applicable;
    }
}

impl FromIterator<Status> for Tally {
    fn from_iter<I: IntoIterator<Item = Status>>(statuses: I) -> Tally {
        let mut tally = Tally::default();
        for status in statuses {
            tally.count(status);
        }
        tally
    }
}
