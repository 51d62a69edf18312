//! Availability: what the states and samples of a target add up to, by local day.
//!
//! A [`Ledger`] is fed hard state changes, samples and the passing of time, and
//! keeps one [`Day`] a target and local date (Asia/Ho_Chi_Minh). The five kinds
//! of time of a day add up to the wall time that was counted. Availability is
//! up ÷ (up + down + unreachable): time without data and time in which we
//! ourselves were cut off are shown beside it and are never counted as up.

use std::collections::HashMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::clock::{from_ms, local_date, start_of_day_ms};
use crate::id::TargetId;
use crate::reachability::{Outcome, State};

/// Milliseconds spent in each state, and what the probes measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Milliseconds Up.
    pub up_ms: i64,
    /// Milliseconds Down.
    pub down_ms: i64,
    /// Milliseconds Unreachable behind something else that was down.
    pub unreachable_ms: i64,
    /// Milliseconds in which we ourselves were cut off.
    pub isolated_ms: i64,
    /// Milliseconds in which nobody looked.
    pub no_data_ms: i64,
    /// Probes sent.
    pub sent: i64,
    /// Probes not answered.
    pub lost: i64,
    /// Sum of the round-trip times of the answered probes, microseconds.
    pub rtt_sum_us: i64,
    /// Shortest round-trip time, microseconds; `None` without an answer.
    pub rtt_min_us: Option<u32>,
    /// Longest round-trip time, microseconds; `None` without an answer.
    pub rtt_max_us: Option<u32>,
}

impl Tally {
    /// All time counted, milliseconds.
    pub fn counted_ms(&self) -> i64 {
        self.judged_ms() + self.isolated_ms + self.no_data_ms
    }

    /// The time that availability is about, milliseconds: up, down and unreachable.
    pub fn judged_ms(&self) -> i64 {
        self.up_ms + self.down_ms + self.unreachable_ms
    }

    /// Availability from 0 to 1; `None` when nothing is known.
    pub fn availability(&self) -> Option<f64> {
        (self.judged_ms() > 0).then(|| self.up_ms as f64 / self.judged_ms() as f64)
    }

    /// Share of lost probes from 0 to 1; `None` when none was sent.
    pub fn loss(&self) -> Option<f64> {
        (self.sent > 0).then(|| self.lost as f64 / self.sent as f64)
    }

    /// Mean round-trip time, microseconds; `None` without an answer.
    pub fn rtt_avg_us(&self) -> Option<f64> {
        let answered = self.sent - self.lost;
        (answered > 0).then(|| self.rtt_sum_us as f64 / answered as f64)
    }

    /// Adds time spent in a state; time that is not positive adds nothing.
    pub fn add_time(&mut self, state: State, ms: i64) {
        let of_state = match state {
            State::Up => &mut self.up_ms,
            State::Down => &mut self.down_ms,
            State::Unreachable => &mut self.unreachable_ms,
            State::Isolated => &mut self.isolated_ms,
            State::NoData => &mut self.no_data_ms,
        };
        *of_state += ms.max(0);
    }

    /// Adds one probe.
    pub fn add_sample(&mut self, outcome: Outcome) {
        self.sent += 1;
        match outcome {
            Outcome::Answered { rtt_us } => {
                self.rtt_sum_us += i64::from(rtt_us);
                self.rtt_min_us = Some(self.rtt_min_us.map_or(rtt_us, |min| min.min(rtt_us)));
                self.rtt_max_us = Some(self.rtt_max_us.map_or(rtt_us, |max| max.max(rtt_us)));
            }
            Outcome::Failed(_) => self.lost += 1,
        }
    }

    /// Adds another tally: days to a month, links to a unit.
    pub fn add(&mut self, other: &Tally) {
        self.up_ms += other.up_ms;
        self.down_ms += other.down_ms;
        self.unreachable_ms += other.unreachable_ms;
        self.isolated_ms += other.isolated_ms;
        self.no_data_ms += other.no_data_ms;
        self.sent += other.sent;
        self.lost += other.lost;
        self.rtt_sum_us += other.rtt_sum_us;
        self.rtt_min_us = [self.rtt_min_us, other.rtt_min_us]
            .into_iter()
            .flatten()
            .min();
        self.rtt_max_us = [self.rtt_max_us, other.rtt_max_us]
            .into_iter()
            .flatten()
            .max();
    }
}

impl<'a> std::iter::Sum<&'a Tally> for Tally {
    fn sum<I: Iterator<Item = &'a Tally>>(parts: I) -> Self {
        parts.fold(Tally::default(), |mut sum, part| {
            sum.add(part);
            sum
        })
    }
}

/// One target on one local day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// Whose.
    pub target: TargetId,
    /// The local date.
    pub date: Date,
    /// Unix milliseconds up to which this day is counted.
    pub until_ms: i64,
    /// What it adds up to so far.
    pub tally: Tally,
}

/// One target in one local month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Month {
    /// Whose.
    pub target: TargetId,
    /// The first day of the month.
    pub first: Date,
    /// What its days add up to.
    pub tally: Tally,
}

/// Adds days up to months, sorted by target and month.
pub fn months<'a>(days: impl IntoIterator<Item = &'a Day>) -> Vec<Month> {
    let mut sums = std::collections::BTreeMap::<(TargetId, Date), Tally>::new();
    for day in days {
        sums.entry((day.target, day.date.first_of_month()))
            .or_default()
            .add(&day.tally);
    }
    sums.into_iter()
        .map(|((target, first), tally)| Month {
            target,
            first,
            tally,
        })
        .collect()
}

/// Splits a span of time at local midnights into (date, milliseconds).
pub fn by_local_day(from_ms: i64, to_ms: i64) -> Vec<(Date, i64)> {
    let mut parts = Vec::new();
    let mut at = from_ms;
    while at < to_ms {
        let (date, end) = day_at(at);
        let until = end.min(to_ms);
        parts.push((date, until - at));
        at = until;
    }
    parts
}

/// The local date of an instant and the first instant of the next date.
fn day_at(ms: i64) -> (Date, i64) {
    let date = local_date(from_ms(ms));
    let next = date.tomorrow().map_or(i64::MAX, start_of_day_ms);
    (date, next.max(ms + 1))
}

#[derive(Debug)]
struct Account {
    state: State,
    /// Up to where time is counted, unix milliseconds. Never goes back.
    cursor_ms: i64,
    day: Day,
    day_end_ms: i64,
    dirty: bool,
}

/// The running count of all targets.
#[derive(Debug, Default)]
pub struct Ledger {
    accounts: HashMap<TargetId, Account>,
    /// Days that ended and were not taken yet.
    ended: Vec<Day>,
}

impl Ledger {
    /// A ledger without targets.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins to count `target` at `at_ms`, in `state`. Does nothing when it is counted already.
    pub fn open(&mut self, target: TargetId, state: State, at_ms: i64) {
        self.accounts
            .entry(target)
            .or_insert_with(|| Account::open(target, state, at_ms, Tally::default()));
    }

    /// Takes over a day from before a restart. Time since [`Day::until_ms`] is
    /// time in which nobody looked.
    pub fn restore(&mut self, day: Day) {
        let account = Account::open(day.target, State::NoData, day.until_ms, day.tally);
        let newer = self
            .accounts
            .get(&day.target)
            .is_some_and(|known| known.cursor_ms > day.until_ms);
        // A day that ended exactly at midnight is complete: its account opens on the next.
        if !newer {
            let account = Account {
                day: Day {
                    tally: if account.day.date == day.date {
                        day.tally
                    } else {
                        Tally::default()
                    },
                    ..account.day
                },
                ..account
            };
            self.accounts.insert(day.target, account);
        }
    }

    /// Stops counting `target` at `at_ms`.
    pub fn close(&mut self, target: TargetId, at_ms: i64) {
        if let Some(mut account) = self.accounts.remove(&target) {
            account.advance(at_ms, &mut self.ended);
            self.ended.push(account.day);
        }
    }

    /// A hard state change. One dated before what is counted already (the clock
    /// was set back) takes effect from where the count stands.
    pub fn state_changed(&mut self, target: TargetId, to: State, at_ms: i64) {
        if let Some(account) = self.accounts.get_mut(&target) {
            account.advance(at_ms, &mut self.ended);
            account.state = to;
        } else {
            self.open(target, to, at_ms);
        }
    }

    /// One probe, counted on the day at which the count stands.
    pub fn sampled(&mut self, target: TargetId, outcome: Outcome, at_ms: i64) {
        if let Some(account) = self.accounts.get_mut(&target) {
            account.advance(at_ms, &mut self.ended);
            account.day.tally.add_sample(outcome);
            account.dirty = true;
        }
    }

    /// Counts everything up to `now_ms`.
    pub fn advance(&mut self, now_ms: i64) {
        for account in self.accounts.values_mut() {
            account.advance(now_ms, &mut self.ended);
        }
    }

    /// The days that changed since the last call, with their sums so far; each
    /// replaces what was stored of that target and date.
    pub fn take_changed(&mut self) -> Vec<Day> {
        let mut days = std::mem::take(&mut self.ended);
        for account in self.accounts.values_mut().filter(|a| a.dirty) {
            account.dirty = false;
            days.push(account.day);
        }
        days
    }

    /// The running day of `target`.
    pub fn today(&self, target: TargetId) -> Option<&Day> {
        self.accounts.get(&target).map(|a| &a.day)
    }
}

impl Account {
    fn open(target: TargetId, state: State, at_ms: i64, tally: Tally) -> Self {
        let (date, day_end_ms) = day_at(at_ms);
        Self {
            state,
            cursor_ms: at_ms,
            day: Day {
                target,
                date,
                until_ms: at_ms,
                tally,
            },
            day_end_ms,
            dirty: false,
        }
    }

    fn advance(&mut self, to_ms: i64, ended: &mut Vec<Day>) {
        while self.cursor_ms < to_ms {
            let until = to_ms.min(self.day_end_ms);
            self.day.tally.add_time(self.state, until - self.cursor_ms);
            self.cursor_ms = until;
            self.day.until_ms = until;
            self.dirty = true;
            if until == self.day_end_ms {
                ended.push(self.day);
                *self = Self {
                    dirty: false,
                    ..Self::open(self.day.target, self.state, until, Tally::default())
                };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::Id;
    use crate::reachability::Failure;

    const DAY_MS: i64 = 86_400_000;

    fn id(n: u8) -> TargetId {
        TargetId(Id::from_bytes([n; 16]))
    }

    #[test]
    fn a_span_is_split_at_local_midnight() {
        // 16:00 to 18:00 UTC is 23:00 to 01:00 in Vietnam.
        let from: jiff::Timestamp = "2026-11-21T16:00:00Z".parse().unwrap();
        let parts = by_local_day(from.as_millisecond(), from.as_millisecond() + 7_200_000);
        let text: Vec<_> = parts.iter().map(|(d, ms)| (d.to_string(), *ms)).collect();
        assert_eq!(
            text,
            [
                ("2026-11-21".to_owned(), 3_600_000),
                ("2026-11-22".to_owned(), 3_600_000)
            ]
        );
    }

    #[test]
    fn time_without_data_and_isolation_are_never_up() {
        let mut tally = Tally::default();
        tally.add_time(State::NoData, 1_000);
        tally.add_time(State::Isolated, 500);
        assert_eq!(tally.availability(), None);
        tally.add_time(State::Up, 900);
        tally.add_time(State::Down, 60);
        tally.add_time(State::Unreachable, 40);
        assert_eq!(tally.availability(), Some(0.9));
        assert_eq!(tally.counted_ms(), 2_500);
    }

    #[test]
    fn after_a_restart_the_gap_is_no_data() {
        let mut before = Ledger::new();
        before.open(id(1), State::Up, 1_000_000);
        before.advance(1_060_000);
        let stored = before.take_changed();
        let mut after = Ledger::new();
        after.restore(stored[0]);
        after.state_changed(id(1), State::Up, 1_100_000);
        after.advance(1_110_000);
        let tally = after.today(id(1)).unwrap().tally;
        assert_eq!((tally.up_ms, tally.no_data_ms), (70_000, 40_000));
    }

    #[test]
    fn a_day_that_ended_at_midnight_is_not_restored_into_the_next() {
        let mut ledger = Ledger::new();
        let midnight = start_of_day_ms("2026-11-22".parse().unwrap());
        ledger.open(id(1), State::Up, midnight - 1_000);
        ledger.advance(midnight);
        let ended = ledger.take_changed();
        assert_eq!(ended.len(), 1);
        assert_eq!(ended[0].tally.up_ms, 1_000);
        let mut after = Ledger::new();
        after.restore(ended[0]);
        assert_eq!(after.today(id(1)).unwrap().tally, Tally::default());
        assert_eq!(after.today(id(1)).unwrap().date.to_string(), "2026-11-22");
    }

    #[test]
    fn rtt_and_loss() {
        let mut ledger = Ledger::new();
        ledger.open(id(1), State::Up, 0);
        for rtt_us in [300, 100, 200] {
            ledger.sampled(id(1), Outcome::Answered { rtt_us }, 10);
        }
        ledger.sampled(id(1), Outcome::Failed(Failure::Timeout), 20);
        let t = ledger.today(id(1)).unwrap().tally;
        assert_eq!(
            (t.rtt_min_us, t.rtt_max_us, t.rtt_avg_us()),
            (Some(100), Some(300), Some(200.0))
        );
        assert_eq!(t.loss(), Some(0.25));
    }

    fn state() -> impl Strategy<Value = State> {
        (0..State::ALL.len()).prop_map(|i| State::ALL[i])
    }

    proptest! {
        /// Whatever happens, and however the clock jumps, the parts add up to
        /// the wall time between the start and the latest instant seen.
        #[test]
        fn the_parts_add_up(
            start in 0..2_000_000_000_000i64,
            steps in prop::collection::vec((-DAY_MS / 2..3 * DAY_MS, state()), 1..40),
        ) {
            let mut ledger = Ledger::new();
            ledger.open(id(1), State::NoData, start);
            let (mut at, mut latest) = (start, start);
            let mut days: HashMap<Date, Day> = HashMap::new();
            for (step, to) in steps {
                at += step;
                latest = latest.max(at);
                ledger.state_changed(id(1), to, at);
                days.extend(ledger.take_changed().into_iter().map(|d| (d.date, d)));
            }
            let total: i64 = days.values().map(|d| d.tally.counted_ms()).sum();
            prop_assert_eq!(total, latest - start);
            for day in days.values() {
                let length = start_of_day_ms(day.date.tomorrow().unwrap()) - start_of_day_ms(day.date);
                prop_assert!(day.tally.counted_ms() <= length);
            }
            let by_month: i64 = months(days.values()).iter().map(|m| m.tally.counted_ms()).sum();
            prop_assert_eq!(by_month, total);
            let split: i64 = by_local_day(start, latest).iter().map(|(_, ms)| ms).sum();
            prop_assert_eq!(split, latest - start);
        }
    }
}
