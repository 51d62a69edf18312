//! One alarm for one cause.

use super::{Alarm, Cleared, Effect, Fleet, Moment, State};
use crate::id::TargetId;

/// An alarm that is raised, or will be when its cause has settled.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub since_ms: i64,
    due_mono: u64,
    /// What was last told to hang behind; `None` while nothing was told.
    pub raised: Option<Vec<TargetId>>,
    /// Whether something may have changed since.
    pub dirty: bool,
}

impl Open {
    pub(super) fn new(since_ms: i64, due_mono: u64) -> Self {
        Self {
            since_ms,
            due_mono,
            raised: None,
            dirty: true,
        }
    }

    /// An alarm that was raised before a restart.
    pub(super) fn restored(since_ms: i64) -> Self {
        Self {
            since_ms,
            due_mono: 0,
            raised: Some(Vec::new()),
            dirty: true,
        }
    }
}

impl Fleet {
    /// The Down target nearest in front of `i`, through Unreachable ones only.
    pub(super) fn cause_of(&self, i: u32) -> Option<u32> {
        let mut at = self.nodes[i as usize].parent;
        while let Some(p) = at {
            match self.nodes[p as usize].state {
                State::Down => return Some(p),
                State::Unreachable => at = self.nodes[p as usize].parent,
                State::Up | State::Isolated | State::NoData => return None,
            }
        }
        None
    }

    /// What is told of the alarms of `i` and of all in front of it may be out of date.
    pub(super) fn mark_dirty(&mut self, i: u32) {
        let mut at = (!self.alarms.is_empty()).then_some(i);
        while let Some(n) = at {
            if let Some(open) = self.alarms.get_mut(&n) {
                open.dirty = true;
            }
            at = self.nodes[n as usize].parent;
        }
    }

    pub(super) fn clear_alarm(&mut self, i: u32, at_ms: i64, effects: &mut Vec<Effect>) {
        // An alarm that never settled was never told, so there is nothing to take back.
        if let Some(open) = self.alarms.remove(&i).filter(|open| open.raised.is_some()) {
            effects.push(Effect::AlarmCleared {
                cause: self.nodes[i as usize].target.id,
                since_ms: open.since_ms,
                at_ms: at_ms.max(open.since_ms),
                why: Cleared::Recovered,
            });
        }
    }

    pub(super) fn told(&self, i: u32, open: &Open) -> Option<Alarm> {
        open.raised.as_ref().map(|behind| Alarm {
            cause: self.nodes[i as usize].target.id,
            since_ms: open.since_ms,
            behind: behind.clone(),
        })
    }

    /// Raises what has settled and tells what has changed.
    pub(super) fn flush_alarms(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        if self.isolated.is_some() {
            return;
        }
        let mut alarms = std::mem::take(&mut self.alarms);
        for (&i, open) in &mut alarms {
            if !open.dirty {
                continue;
            }
            let behind = match self.nodes[i as usize].state {
                // An alarm that is told rests while its cause cannot be seen; a new
                // one waits until its cause is Down again.
                State::Down => self.behind(i),
                _ if open.raised.is_none() => continue,
                // Dead or not, something in front of it is: that alarm lists all of it.
                State::Unreachable => Vec::new(),
                _ => self.behind(i),
            };
            if open.raised.is_none() && now.mono_ms < open.due_mono {
                continue;
            }
            open.dirty = false;
            if open.raised.as_ref() == Some(&behind) {
                continue;
            }
            let first = open.raised.replace(behind).is_none();
            if let Some(alarm) = self.told(i, open) {
                effects.push(if first {
                    Effect::AlarmRaised(alarm)
                } else {
                    Effect::AlarmChanged(alarm)
                });
            }
        }
        self.alarms = alarms;
    }

    fn behind(&self, i: u32) -> Vec<TargetId> {
        let mut behind = Vec::new();
        let mut stack = self.nodes[i as usize].children.clone();
        while let Some(c) = stack.pop() {
            let child = &self.nodes[c as usize];
            if child.state == State::Unreachable {
                behind.push(child.target.id);
                stack.extend_from_slice(&child.children);
            }
        }
        behind.sort_unstable();
        behind
    }
}
