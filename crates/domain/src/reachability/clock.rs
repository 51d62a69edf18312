//! The wall clock that is set: labels follow it, and no time comes of it.

use super::{Effect, Fleet, Loss, Moment};
use crate::availability::LONGEST_STOP_MS;

/// A clock set back that leaves a stop of less than nothing by so little still confirms it.
const SLACK_MS: i64 = 60_000;

/// The start of a program that ran before. Its clock may be wrong until it is first set, and
/// then what is known from before was labelled by a clock that was right.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    /// Moments up to here are from before.
    pub mono_ms: u64,
    /// From the last that was seen to the start, by the wall clock; negative when the clock
    /// began behind what was seen already.
    pub stop_ms: i64,
    /// By how much the labels from before moved with the clock.
    moved_ms: i64,
    /// By how much the clock was set without them.
    stayed_ms: i64,
}

impl Start {
    pub(super) fn new(mono_ms: u64, stop_ms: i64) -> Self {
        Self {
            mono_ms,
            stop_ms,
            moved_ms: 0,
            stayed_ms: 0,
        }
    }

    /// Whether what is from before moves, too, when the clock is set by `by_ms`: not where
    /// that brings the stop nearer to one that can be.
    fn moves(&mut self, by_ms: i64) -> bool {
        let takes_back = |sum: i64| {
            sum != 0
                && sum.signum() != by_ms.signum()
                && by_ms.unsigned_abs() <= sum.unsigned_abs().saturating_add(SLACK_MS as u64)
        };
        let stays = if takes_back(self.stayed_ms) {
            true
        } else if takes_back(self.moved_ms) {
            false
        } else if by_ms > 0 {
            self.stop_ms < 0
        } else {
            self.stop_ms.saturating_add(by_ms) >= -SLACK_MS
        };
        if stays {
            self.stop_ms = self.stop_ms.saturating_add(by_ms);
            self.stayed_ms = self.stayed_ms.saturating_add(by_ms);
        } else {
            self.moved_ms = self.moved_ms.saturating_add(by_ms);
        }
        !stays
    }
}

/// So much of a stop counts.
pub(super) fn credible(stop_ms: i64) -> u64 {
    u64::try_from(stop_ms.min(LONGEST_STOP_MS)).unwrap_or(0)
}

impl Fleet {
    pub(super) fn watch_clock(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let offset = now.at_ms.saturating_sub_unsigned(now.mono_ms);
        let by_ms = offset.saturating_sub(*self.clock_offset.get_or_insert(offset));
        // Small differences are summed up: the offset moves only with a report.
        if by_ms.unsigned_abs() > u64::from(self.settings.clock_slack_ms) {
            self.counts.clock_steps += 1;
            self.clock_offset = Some(offset);
            let before = self.start.as_mut().is_none_or(|start| start.moves(by_ms));
            self.move_labels(by_ms, before);
            effects.push(Effect::ClockStepped { by_ms, before });
        }
    }

    /// The label that a moment has by the clock as it is now: a probe may have been sent
    /// before the clock was set.
    pub(super) fn labelled(&self, sent: Moment) -> Moment {
        let offset = self.clock_offset.unwrap_or_default();
        let at_ms = offset.saturating_add_unsigned(sent.mono_ms);
        if at_ms.abs_diff(sent.at_ms) > u64::from(self.settings.clock_slack_ms) {
            Moment { at_ms, ..sent }
        } else {
            sent
        }
    }

    /// Moves the labels of all that goes on; those from before the start only with `before`.
    fn move_labels(&mut self, by_ms: i64, before: bool) {
        let start = self.start.map(|start| start.mono_ms);
        let is_own = move |mono_ms: u64| before || start.is_none_or(|start| mono_ms > start);
        let relabel = move |moment: &mut Moment| {
            if is_own(moment.mono_ms) {
                moment.at_ms = moment.at_ms.saturating_add(by_ms);
            }
        };
        for node in &mut self.nodes {
            relabel(&mut node.streak);
            node.since.iter_mut().for_each(relabel);
            node.last_sample.iter_mut().for_each(relabel);
        }
        for loss in self.losses.values_mut() {
            if !is_own(loss.since.mono_ms) {
                loss.stop_ms = loss.stop_ms.saturating_add(by_ms);
            }
            relabel(&mut loss.since);
            loss.blind_since.iter_mut().for_each(relabel);
        }
        for alarm in self.alarms.values_mut() {
            relabel(&mut alarm.since);
        }
        for falls in self.falls.values_mut() {
            falls.began.iter_mut().for_each(relabel);
            falls.calm_since.iter_mut().for_each(relabel);
        }
        if let Some(isolation) = &mut self.isolated {
            relabel(&mut isolation.since);
        }
    }

    /// Unix milliseconds at which the loss of a target began, if it is lost.
    pub fn lost_since(&self, target: crate::id::TargetId) -> Option<i64> {
        let i = self.index.get(&target)?;
        self.losses.get(i).map(|loss| loss.since.at_ms)
    }
}

impl Loss {
    /// One that began before a restart at `began_ms` on the wall clock and was seen until
    /// `seen_ms`. What happened in between nobody knows.
    pub(super) fn restored(kind: super::State, began_ms: i64, seen_ms: i64, now: Moment) -> Self {
        let seen_ms = seen_ms.max(began_ms);
        Self {
            carried_ms: u64::try_from(seen_ms.saturating_sub(began_ms)).unwrap_or(0),
            stop_ms: now.at_ms.saturating_sub(seen_ms),
            ..Self::new(
                kind,
                Moment {
                    mono_ms: now.mono_ms,
                    at_ms: began_ms,
                },
            )
        }
    }
}
