//! The machine's clock is set: the labels of what goes on follow it, and what was counted by a
//! clock that was wrong is taken back.

use domain::{
    availability::Day,
    clock,
    id::TargetId,
    reachability::{Moment, State},
};

use super::{core::Core, record::Unwritten};
use crate::App;

impl Core {
    /// The clock was set by `by_ms`; `before`: also what was labelled before the start was
    /// labelled by the clock as it was.
    pub(super) fn clock_set(
        &mut self,
        app: &App,
        (by_ms, before): (i64, bool),
        turned: &mut Unwritten,
        now: Moment,
    ) {
        let started_ms = self.started_ms.saturating_add(by_ms);
        for (target, counted) in &mut self.stopped {
            if before {
                *counted = counted.saturating_add(by_ms);
            } else {
                self.ledger.ungap(*target, *counted, self.started_ms);
                self.ledger.gap(*target, *counted, started_ms);
            }
        }
        self.started_ms = started_ms;
        self.ledger.clock_set(by_ms);
        let all: Vec<TargetId> = self.targets.iter().map(|row| row.id).collect();
        if by_ms < 0 {
            for seen in self.seen.values_mut() {
                *seen = (*seen).min(now.at_ms);
            }
            for days in std::mem::take(&mut self.unwritten_days).into_values() {
                self.keep(days.into_values(), now);
            }
            self.ahead = true;
        }
        self.set_at = now.mono_ms;
        self.changed.extend(all);
        self.relabel(app, turned);
    }

    /// Gives what goes on the labels that the fleet has for it.
    fn relabel(&mut self, app: &App, turned: &mut Unwritten) {
        for (target, outage) in &mut self.outages {
            let began = self.fleet.lost_since(*target);
            if let Some(began_at) = began.filter(|began| *began != outage.began_at) {
                outage.began_at = began_at;
                turned.outage(outage);
            }
        }
        for told in self.fleet.alarms() {
            let known = self.alarms.get_mut(&told.cause);
            if let Some(alarm) = known.filter(|alarm| alarm.raised_at != told.since_ms) {
                alarm.raised_at = told.since_ms;
                turned.alarms.push((alarm.clone(), None));
            }
        }
        if let (Some((alarm, outage)), Some((since, _))) =
            (&mut self.isolation, self.fleet.isolation())
        {
            alarm.raised_at = since;
            outage.began_at = since;
            turned.outage(outage);
            turned.alarms.push((alarm.clone(), None));
            app.watch.set_isolated(Some(since));
        }
        // Checks ask since when what is lost is lost; the rest is written with the next days.
        let lost = self.fleet.statuses().filter(|s| s.state != State::Up);
        turned.moved.extend(lost.map(|status| status.target));
    }

    /// Keeps what came to days until it is stored.
    pub(super) fn keep(&mut self, days: impl IntoIterator<Item = Day>, now: Moment) {
        let today = clock::local_date(clock::from_ms(now.at_ms));
        for day in days {
            let day = day.not_after(today, now.at_ms);
            let of = self.unwritten_days.entry(day.target).or_default();
            of.entry(day.date)
                .and_modify(|known| {
                    known.tally.add(&day.tally);
                    known.until_ms = known.until_ms.max(day.until_ms);
                })
                .or_insert(day);
        }
    }
}
