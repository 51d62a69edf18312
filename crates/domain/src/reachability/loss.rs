//! Losses: from the first failed sample to the first answered one, whatever was known when.

use super::clock::credible;
use super::{Effect, Ended, Fleet, Loss, Moment, Open, State};
use crate::id::TargetId;

impl Fleet {
    /// Keeps the record of what `i` lost, as its state turns at `since`.
    pub(super) fn account(
        &mut self,
        i: u32,
        from: State,
        to: State,
        since: Moment,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        if self.nodes[i as usize].target.reference {
            return;
        }
        let lost = |state| matches!(state, State::Down | State::Unreachable);
        if let Some(loss) = self.losses.get_mut(&i) {
            if let Some(blind) = loss.blind_since.take_if(|_| lost(to) || to == State::Up) {
                loss.unseen_ms += since.mono_ms.saturating_sub(blind.mono_ms);
            }
            if lost(from) && !lost(to) && to != State::Up {
                loss.blind_since = Some(since);
            }
        }
        match to {
            State::Up => self.end_loss(i, since, Ended::Answered, effects),
            State::Down | State::Unreachable => {
                let other = self.losses.get(&i).is_some_and(|l| l.kind != to);
                if other {
                    self.end_loss(i, since, Ended::Turned, effects);
                }
                if !self.losses.contains_key(&i) {
                    self.begin_loss(i, to, since, now, effects);
                }
            }
            State::Isolated | State::NoData => {}
        }
    }

    fn begin_loss(
        &mut self,
        i: u32,
        kind: State,
        since: Moment,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let cause = (kind == State::Unreachable)
            .then(|| self.cause_of(i))
            .flatten()
            .map(|c| self.nodes[c as usize].target.id);
        self.losses.insert(i, Loss::new(kind, since));
        effects.push(Effect::LossBegan(Open {
            target: self.nodes[i as usize].target.id,
            kind,
            since,
            cause,
            at_ms: now.at_ms,
        }));
    }

    fn end_loss(&mut self, i: u32, ended: Moment, why: Ended, effects: &mut Vec<Effect>) {
        if let Some(loss) = self.losses.remove(&i) {
            effects.push(loss.over(self.nodes[i as usize].target.id, ended, why));
        }
    }

    /// The Down target in front of `i` that took its last way, seen through Unreachable ones.
    pub(super) fn cause_of(&self, i: u32) -> Option<u32> {
        let mut at = i;
        // Nobody hangs behind itself: it ends.
        while let Some((_, closer)) = self.closer(at) {
            if self.nodes[closer as usize].state == State::Down {
                return Some(closer);
            }
            at = closer;
        }
        // A way opens, or is not known to be closed for long: what was dead on it.
        let mut seen = vec![i];
        let mut stack = vec![at];
        let mut found: Option<u32> = None;
        while let Some(from) = stack.pop() {
            let ok = self.nodes[from as usize].last_ok;
            for &p in &self.nodes[from as usize].parents {
                if seen.contains(&p) {
                    continue;
                }
                seen.push(p);
                let node = &self.nodes[p as usize];
                match node.state {
                    State::Down if !node.is_in_the_way(ok) => stack.push(p),
                    State::Down => {
                        let later = |f: u32| self.nodes[f as usize].dead < node.dead;
                        if found.is_none_or(later) {
                            found = Some(p);
                        }
                    }
                    State::Unreachable => stack.push(p),
                    State::Up | State::Isolated | State::NoData => {}
                }
            }
        }
        found
    }
}

impl Loss {
    pub(super) fn new(kind: State, since: Moment) -> Self {
        Self {
            kind,
            since,
            carried_ms: 0,
            stop_ms: 0,
            unseen_ms: 0,
            blind_since: None,
        }
    }

    pub(super) fn over(mut self, target: TargetId, ended: Moment, why: Ended) -> Effect {
        if let Some(blind) = self.blind_since.take() {
            self.unseen_ms += ended.mono_ms.saturating_sub(blind.mono_ms);
        }
        let stop = credible(self.stop_ms);
        let lasted = self.carried_ms + stop + ended.mono_ms.saturating_sub(self.since.mono_ms);
        Effect::LossEnded {
            target,
            ended,
            lasted_ms: lasted,
            unseen_ms: (self.unseen_ms + stop).min(lasted),
            why,
        }
    }
}
