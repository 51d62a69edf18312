//! Availability: what the states and samples of a target add up to, by local day.
//!
//! A [`Ledger`] is fed hard state changes, samples and the passing of time, and hands out
//! what has come to a target and local date (Asia/Ho_Chi_Minh) since it was last asked.
//! Time is measured on the monotonic clock, from sample to sample: a loss is from the first
//! failed to the first answered one, and what is not settled yet is not counted yet. The
//! wall clock only says to which date it belongs; what it does is never time. Availability
//! is up ÷ (up + down + unreachable): time without data and time in which we ourselves were
//! cut off are shown beside it and are never counted as up.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::clock::{from_ms, local_date, start_of_day_ms};
use crate::id::TargetId;
use crate::reachability::{Moment, Outcome, State};

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

/// What has come to one target on one local day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// Whose.
    pub target: TargetId,
    /// The local date.
    pub date: Date,
    /// Unix milliseconds up to which it is counted.
    pub until_ms: i64,
    /// To be added to what is stored of that day.
    pub tally: Tally,
}

impl Day {
    /// The same where the clock by which it was counted turned out to be ahead: no day is later
    /// than `today`, none is counted beyond `now_ms`, and that nobody looked at a time that has
    /// yet to come is no news.
    #[must_use]
    pub fn not_after(mut self, today: Date, now_ms: i64) -> Self {
        self.until_ms = self.until_ms.min(now_ms);
        if self.date > today {
            self.date = today;
            self.tally.no_data_ms = 0;
        }
        self
    }
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
    let mut sums = BTreeMap::<(TargetId, Date), Tally>::new();
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

/// A longer stop of the program is not credible, or of no use to anybody: a clock that is wrong
/// at a start may say years.
pub const LONGEST_STOP_MS: i64 = 31 * 86_400_000;

fn credible_from(from_ms: i64, to_ms: i64) -> i64 {
    from_ms.max(to_ms.saturating_sub(LONGEST_STOP_MS))
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
    /// Up to where time is counted. Never goes back on the monotonic clock.
    cursor: Moment,
}

/// The running count of all targets.
#[derive(Debug, Default)]
pub struct Ledger {
    accounts: HashMap<TargetId, Account>,
    /// What came since it was last taken.
    days: BTreeMap<(TargetId, Date), Day>,
}

impl Ledger {
    /// A ledger without targets.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins to count `target` at `at`, in `state`. Does nothing when it is counted already.
    pub fn open(&mut self, target: TargetId, state: State, at: Moment) {
        self.accounts
            .entry(target)
            .or_insert(Account { state, cursor: at });
    }

    /// Time between a stop of the program and its next start, in which nobody looked: from
    /// `from_ms` to `to_ms` on the wall clock, the only one that went on. Of a longer one only
    /// the last [`LONGEST_STOP_MS`] are counted: days that are not counted have no data either.
    pub fn gap(&mut self, target: TargetId, from_ms: i64, to_ms: i64) {
        self.add_time(target, State::NoData, credible_from(from_ms, to_ms), to_ms);
    }

    /// Takes back what [`Ledger::gap`] counted: the clock at the start was wrong.
    pub fn ungap(&mut self, target: TargetId, from_ms: i64, to_ms: i64) {
        let from_ms = credible_from(from_ms, to_ms);
        for (date, ms) in by_local_day(from_ms, to_ms) {
            self.day(target, date, from_ms).tally.no_data_ms -= ms;
        }
    }

    /// The wall clock was set by so many milliseconds: up to where it is counted is said by
    /// the clock as it is now.
    pub fn clock_set(&mut self, by_ms: i64) {
        for account in self.accounts.values_mut() {
            account.cursor.at_ms = account.cursor.at_ms.saturating_add(by_ms);
        }
    }

    /// Stops counting `target` where its count stands.
    pub fn drop(&mut self, target: TargetId) {
        self.accounts.remove(&target);
    }

    /// Up to where `target` is counted, unix milliseconds; `None` when it is not.
    pub fn counted(&self, target: TargetId) -> Option<i64> {
        self.accounts
            .get(&target)
            .map(|account| account.cursor.at_ms)
    }

    /// `target` is in `to` from `since` on, as far as that was not counted already.
    pub fn turned(&mut self, target: TargetId, to: State, since: Moment) {
        self.open(target, to, since);
        self.advance(target, since);
        if let Some(account) = self.accounts.get_mut(&target) {
            account.state = to;
        }
    }

    /// One probe, on the day on which it was sent. One that never left this machine is none.
    pub fn sampled(&mut self, target: TargetId, outcome: Outcome, sent: Moment) {
        if outcome.was_sent() && self.accounts.contains_key(&target) {
            let date = local_date(from_ms(sent.at_ms));
            self.day(target, date, sent.at_ms).tally.add_sample(outcome);
        }
    }

    /// Counts the present state of `target` up to `settled`.
    pub fn advance(&mut self, target: TargetId, settled: Moment) {
        let Some(account) = self.accounts.get_mut(&target) else {
            return;
        };
        let ms = settled.mono_ms.saturating_sub(account.cursor.mono_ms);
        if ms == 0 {
            return;
        }
        let state = account.state;
        account.cursor = settled;
        // However the wall clock was set meanwhile: so much time, and it ended then.
        let from_ms = settled.at_ms.saturating_sub_unsigned(ms);
        self.add_time(target, state, from_ms, settled.at_ms);
    }

    /// What came to each target and day since the last call, to be added to what is stored.
    pub fn take(&mut self) -> Vec<Day> {
        std::mem::take(&mut self.days).into_values().collect()
    }

    fn add_time(&mut self, target: TargetId, state: State, from_ms: i64, to_ms: i64) {
        let mut until_ms = from_ms;
        for (date, ms) in by_local_day(from_ms, to_ms) {
            until_ms += ms;
            self.day(target, date, until_ms).tally.add_time(state, ms);
        }
    }

    fn day(&mut self, target: TargetId, date: Date, until_ms: i64) -> &mut Day {
        let day = self.days.entry((target, date)).or_insert(Day {
            target,
            date,
            until_ms,
            tally: Tally::default(),
        });
        day.until_ms = day.until_ms.max(until_ms);
        day
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::Id;
    use crate::reachability::Failure;

    const DAY_MS: i64 = 86_400_000;
    const HOUR_MS: i64 = 3_600_000;

    fn id(n: u8) -> TargetId {
        TargetId(Id::from_bytes([n; 16]))
    }

    fn at(mono_ms: u64, at_ms: i64) -> Moment {
        Moment { mono_ms, at_ms }
    }

    fn total(days: &[Day]) -> Tally {
        days.iter().map(|day| &day.tally).sum()
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
    fn what_is_told_late_is_counted_from_where_it_began() {
        let mut ledger = Ledger::new();
        ledger.open(id(1), State::Up, at(0, 1_000_000));
        ledger.advance(id(1), at(40_000, 1_040_000));
        // The failures of 45 and 50 s were believed at 63 s, the answer of 105 s at 107 s.
        ledger.turned(id(1), State::Down, at(45_000, 1_045_000));
        ledger.advance(id(1), at(70_000, 1_070_000));
        ledger.turned(id(1), State::Up, at(105_000, 1_105_000));
        ledger.advance(id(1), at(110_000, 1_110_000));
        let tally = total(&ledger.take());
        assert_eq!((tally.up_ms, tally.down_ms), (50_000, 60_000));
        assert_eq!(ledger.take(), []);
    }

    #[test]
    fn a_clock_that_jumps_makes_no_time() {
        for jump in [HOUR_MS, -HOUR_MS, 40 * DAY_MS, -40 * DAY_MS] {
            let mut ledger = Ledger::new();
            let noon = start_of_day_ms("2026-11-22".parse().unwrap()) + 12 * HOUR_MS;
            ledger.open(id(1), State::Up, at(0, noon));
            ledger.advance(id(1), at(60_000, noon + 60_000));
            ledger.advance(id(1), at(120_000, noon + 120_000 + jump));
            ledger.advance(id(1), at(180_000, noon + 180_000));
            let days = ledger.take();
            assert_eq!(total(&days).up_ms, 180_000, "{jump}");
            assert_eq!(total(&days).counted_ms(), 180_000, "{jump}");
        }
    }

    #[test]
    fn two_days_without_the_program_are_no_data_on_each_of_them() {
        let mut ledger = Ledger::new();
        let start = start_of_day_ms("2026-11-30".parse().unwrap()) + 18 * HOUR_MS;
        ledger.gap(id(1), start, start + 2 * DAY_MS);
        let days: Vec<_> = (ledger.take().iter())
            .map(|day| (day.date.to_string(), day.tally.no_data_ms / HOUR_MS))
            .collect();
        let expected = [("2026-11-30", 6), ("2026-12-01", 24), ("2026-12-02", 18)];
        assert_eq!(days, expected.map(|(date, hours)| (date.to_owned(), hours)));
        // A clock set back over the stop leaves no time in between.
        ledger.gap(id(1), start, start - DAY_MS);
        assert_eq!(ledger.take(), []);
    }

    #[test]
    fn a_stop_of_years_is_a_month_and_is_taken_back() {
        let mut ledger = Ledger::new();
        let stop = start_of_day_ms("2026-11-28".parse().unwrap()) + 10 * HOUR_MS;
        let wrong = stop + 5 * 365 * DAY_MS;
        ledger.gap(id(1), stop, wrong);
        ledger.ungap(id(1), stop, wrong);
        ledger.gap(id(1), stop, stop + HOUR_MS);
        let days = ledger.take();
        assert!(days.len() <= 33, "{}", days.len());
        let kept: Vec<_> = (days.iter().filter(|day| day.tally.no_data_ms != 0))
            .map(|day| (day.date.to_string(), day.tally.no_data_ms))
            .collect();
        assert_eq!(kept, [("2026-11-28".to_owned(), HOUR_MS)]);
    }

    #[test]
    fn no_day_is_later_than_today() {
        let today: Date = "2026-11-28".parse().unwrap();
        let day = |date: &str, until_ms| Day {
            target: id(1),
            date: date.parse().unwrap(),
            until_ms,
            tally: Tally {
                up_ms: 5,
                no_data_ms: 7,
                ..Tally::default()
            },
        };
        let told = |day: Day| {
            let day = day.not_after(today, 100);
            let (up, unseen) = (day.tally.up_ms, day.tally.no_data_ms);
            (day.date.to_string(), day.until_ms, up, unseen)
        };
        let is = |date: &str, until, unseen| (date.to_owned(), until, 5, unseen);
        assert_eq!(told(day("2026-11-27", 90)), is("2026-11-27", 90, 7));
        assert_eq!(told(day("2026-11-28", 101)), is("2026-11-28", 100, 7));
        assert_eq!(told(day("2026-12-08", 900)), is("2026-11-28", 100, 0));
    }

    #[test]
    fn rtt_and_loss() {
        let mut ledger = Ledger::new();
        ledger.open(id(1), State::Up, at(0, 0));
        for rtt_us in [300, 100, 200] {
            ledger.sampled(id(1), Outcome::Answered { rtt_us }, at(10, 10));
        }
        ledger.sampled(id(1), Outcome::Failed(Failure::Timeout), at(20, 20));
        // What our own machine did not send is no loss.
        ledger.sampled(id(1), Outcome::Failed(Failure::Forbidden), at(30, 30));
        let t = total(&ledger.take());
        assert_eq!(
            (t.rtt_min_us, t.rtt_max_us, t.rtt_avg_us()),
            (Some(100), Some(300), Some(200.0))
        );
        assert_eq!((t.sent, t.loss()), (4, Some(0.25)));
    }

    fn state() -> impl Strategy<Value = State> {
        (0..State::ALL.len()).prop_map(|i| State::ALL[i])
    }

    proptest! {
        /// Whatever happens, and however the clock jumps, the parts add up to the time that
        /// passed on the monotonic clock.
        #[test]
        fn the_parts_add_up(
            start in 0..2_000_000_000_000i64,
            steps in prop::collection::vec(
                (0..3 * DAY_MS as u64, -DAY_MS..DAY_MS, state(), any::<bool>()), 1..40),
        ) {
            let mut ledger = Ledger::new();
            ledger.open(id(1), State::NoData, at(0, start));
            let mut mono = 0;
            let mut days = Vec::new();
            for (step, jump, to, turns) in steps {
                mono += step;
                let now = at(mono, start + mono as i64 + jump);
                if turns {
                    ledger.turned(id(1), to, now);
                } else {
                    ledger.advance(id(1), now);
                }
                days.extend(ledger.take());
            }
            prop_assert_eq!(total(&days).counted_ms() as u64, mono);
            let by_month: i64 = months(&days).iter().map(|m| m.tally.counted_ms()).sum();
            prop_assert_eq!(by_month as u64, mono);
        }
    }
}
