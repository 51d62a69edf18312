//! One alarm for one cause, and one for a cause that comes and goes.

use std::collections::{BTreeSet, VecDeque};

use super::{Alarm, Cleared, Effect, Fleet, Moment, State};
use crate::id::TargetId;

/// Time in which one thing after the other is probed behind a fresh cause, at most.
const LOOK_MS: u64 = 15_000;

/// An alarm that is raised, or will be when its cause has settled.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub since: Moment,
    due_mono: u64,
    /// Whether it was told.
    pub raised: bool,
    /// All that hung behind it at one time or another: whoever was hit stays in the record.
    pub behind: BTreeSet<TargetId>,
    /// How many hung behind it when people were last told.
    told: usize,
    pub flapping: bool,
    flapping_told: bool,
    /// Whether something may have changed since.
    pub dirty: bool,
}

/// When a target was lost of late, and where its calm began.
#[derive(Clone, Debug, Default)]
pub(super) struct Falls {
    pub began: VecDeque<Moment>,
    /// Since when it has been in one state of its own: what happened to the way to it, or to
    /// us, is none.
    pub calm_since: Option<Moment>,
    /// Whether it has not answered since it fell.
    fallen: bool,
}

impl Pending {
    fn new(since: Moment, due_mono: u64) -> Self {
        Self {
            since,
            due_mono,
            raised: false,
            behind: BTreeSet::new(),
            told: 0,
            flapping: false,
            flapping_told: false,
            dirty: true,
        }
    }

    /// An alarm that was raised before the restart at `now`.
    pub(super) fn restored(alarm: &Alarm, now: Moment) -> Self {
        let since = Moment {
            at_ms: alarm.since_ms,
            ..now
        };
        Self {
            raised: true,
            behind: alarm.behind.iter().copied().collect(),
            told: alarm.behind.len(),
            flapping: alarm.flapping,
            flapping_told: alarm.flapping,
            ..Self::new(since, 0)
        }
    }

    /// Whether more hangs behind it than was told, so much that it matters: the first at
    /// all, or twice as many.
    fn matters(&self) -> bool {
        self.behind.len() > self.told && self.behind.len() >= self.told * 2
    }
}

impl Fleet {
    /// A fresh Down is told when it has settled: `asked` targets behind it are probed first.
    pub(super) fn expect_alarm(&mut self, i: u32, asked: usize, since: Moment, now: Moment) {
        if self.nodes[i as usize].target.reference {
            return;
        }
        let timeout = u64::from(self.nodes[i as usize].pace().timeout_ms);
        let look = if asked > 0 { timeout + asked as u64 } else { 0 };
        let due = now.mono_ms + u64::from(self.settings.settle_ms) + look.min(LOOK_MS);
        let (count, window) = (
            usize::from(self.settings.flap_falls.max(2)),
            u64::from(self.settings.flap_window_ms),
        );
        let id = self.nodes[i as usize].target.id;
        let falls = self.falls.entry(id).or_default();
        // A target found dead again after nobody could look has not fallen again.
        if !falls.fallen {
            falls.fallen = true;
            falls.calm_since = Some(since);
            if self.alarms.get(&i).is_none_or(|a| a.flapping) {
                falls.began.push_back(since);
            }
        }
        while falls.began.len() > count
            || (falls.began.front()).is_some_and(|first| first.mono_ms + window < since.mono_ms)
        {
            falls.began.pop_front();
        }
        let flaps = falls.began.len() >= count;
        let first = falls.began.front().copied().unwrap_or(since);
        let alarm = self
            .alarms
            .entry(i)
            .or_insert_with(|| Pending::new(since, due));
        alarm.dirty = true;
        if flaps && !alarm.flapping {
            alarm.flapping = true;
            if !alarm.raised {
                alarm.since = first;
            }
        }
    }

    /// What is told of the alarms of `i` and of all in front of it may be out of date.
    pub(super) fn mark_dirty(&mut self, i: u32) {
        if self.alarms.is_empty() {
            return;
        }
        let mut seen = vec![i];
        let mut at = 0;
        while let Some(&n) = seen.get(at) {
            at += 1;
            if let Some(alarm) = self.alarms.get_mut(&n) {
                alarm.dirty = true;
            }
            for &p in &self.nodes[n as usize].parents {
                if !seen.contains(&p) {
                    seen.push(p);
                }
            }
        }
    }

    /// `i` answers again since `since`.
    pub(super) fn recovered(&mut self, i: u32, since: Moment, effects: &mut Vec<Effect>) {
        let id = self.nodes[i as usize].target.id;
        if let Some(falls) = self.falls.get_mut(&id).filter(|falls| falls.fallen) {
            falls.fallen = false;
            falls.calm_since = Some(since);
        }
        if self.alarms.get(&i).is_some_and(|a| a.flapping) {
            return;
        }
        // An alarm that never settled was never told, so there is nothing to take back.
        if let Some(alarm) = self.alarms.remove(&i).filter(|alarm| alarm.raised) {
            effects.push(Effect::AlarmCleared {
                cause: id,
                since_ms: alarm.since.at_ms,
                at_ms: since.at_ms,
                why: Cleared::Recovered,
            });
        }
    }

    /// Whoever came and went has been in one state for long enough; one that is down is told
    /// sooner than one that answers again.
    pub(super) fn calm_down(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let calm = u64::from(self.settings.flap_calm_ms);
        let down = u64::from(self.settings.flap_down_ms);
        let window = u64::from(self.settings.flap_window_ms);
        let mut over = Vec::new();
        for (&i, alarm) in self.alarms.iter_mut().filter(|(_, a)| a.flapping) {
            let node = &self.nodes[i as usize];
            // After a restart its falls are not known any more.
            let falls = self.falls.entry(node.target.id).or_default();
            let since = *falls.calm_since.get_or_insert(now);
            let wait = match node.state {
                State::Down => down,
                _ => calm,
            };
            if now.mono_ms < since.mono_ms + wait {
                continue;
            }
            match node.state {
                State::Up => over.push((i, since)),
                State::Down => {
                    alarm.flapping = false;
                    alarm.dirty = true;
                    falls.began.clear();
                }
                State::Unreachable | State::Isolated | State::NoData => {}
            }
        }
        for (i, since) in over {
            let id = self.nodes[i as usize].target.id;
            self.falls.remove(&id);
            if let Some(alarm) = self.alarms.remove(&i).filter(|alarm| alarm.raised) {
                effects.push(Effect::AlarmCleared {
                    cause: id,
                    since_ms: alarm.since.at_ms,
                    at_ms: since.at_ms,
                    why: Cleared::Recovered,
                });
            }
        }
        self.falls.retain(|_, falls| {
            (falls.began.back()).is_none_or(|last| last.mono_ms + window + calm >= now.mono_ms)
        });
    }

    pub(super) fn told(&self, i: u32, alarm: &Pending) -> Option<Alarm> {
        alarm.raised.then(|| Alarm {
            cause: self.nodes[i as usize].target.id,
            since_ms: alarm.since.at_ms,
            behind: alarm.behind.iter().copied().collect(),
            flapping: alarm.flapping,
        })
    }

    /// Raises what has settled and tells what has changed.
    pub(super) fn flush_alarms(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        if self.isolated.is_some() {
            return;
        }
        let mut alarms = std::mem::take(&mut self.alarms);
        for (&i, alarm) in &mut alarms {
            if !alarm.dirty {
                continue;
            }
            // A new one waits until its cause is Down again.
            let down = self.nodes[i as usize].state == State::Down;
            if !alarm.raised && (!down && !alarm.flapping || now.mono_ms < alarm.due_mono) {
                continue;
            }
            let before = alarm.behind.len();
            if down {
                self.add_behind(i, &mut alarm.behind);
            }
            alarm.dirty = false;
            let turned = alarm.flapping != alarm.flapping_told;
            if alarm.raised && alarm.behind.len() == before && !turned {
                continue;
            }
            let first = !std::mem::replace(&mut alarm.raised, true);
            let matters = turned || alarm.matters();
            if first || matters {
                alarm.told = alarm.behind.len();
            }
            alarm.flapping_told = alarm.flapping;
            if let Some(told) = self.told(i, alarm) {
                effects.push(if first {
                    Effect::AlarmRaised(told)
                } else {
                    Effect::AlarmChanged {
                        alarm: told,
                        matters,
                    }
                });
            }
        }
        self.alarms = alarms;
    }

    /// Adds what cannot be reached because of `i`: what has another cause stands there.
    fn add_behind(&self, i: u32, behind: &mut BTreeSet<TargetId>) {
        self.each_behind(i, |c, child| {
            if child.state == State::Unreachable && self.cause_of(c) == Some(i) {
                behind.insert(child.target.id);
            }
            // Also behind one that is dead itself but lets traffic through.
            child.is_dead()
        });
    }
}
