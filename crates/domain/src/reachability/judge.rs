//! From soft evidence to a hard state.

use super::alarm::Open;
use super::fleet::Isolation;
use super::isolation::Testimony;
use super::node::Node;
use super::{CutOff, Effect, Fleet, Moment, State};

/// Time allowed over the parent's own timeout and retry for its probe to come in.
const GRACE_MS: u64 = 2_000;

impl Fleet {
    /// After the newest sample of `i` was answered.
    pub(super) fn answered(
        &mut self,
        i: u32,
        sent: Moment,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let node = &self.nodes[i as usize];
        if let Some(p) = node.parent {
            let parent = &mut self.nodes[p as usize];
            parent.child_ok = parent.child_ok.max(Some(sent.mono_ms));
        } else {
            self.witnesses.answered(i, node, sent.mono_ms);
            // Where every root fails, our own gateway proves nothing.
            let proves = |iso: Isolation| {
                sent.mono_ms >= iso.from_mono
                    && !(node.target.reference && iso.why == CutOff::Roots)
            };
            if self.isolated.is_some_and(proves) {
                self.end_isolation(now, effects);
            }
        }

        let node = &self.nodes[i as usize];
        let known_fault =
            self.alarms.contains_key(&i) || matches!(node.state, State::Down | State::Unreachable);
        let believed = node.successes >= u32::from(node.pace().recover_attempts.max(1));
        let first_ms = node.streak.at_ms;
        if node.state != State::Up {
            if believed || !known_fault {
                self.set_state(i, State::Up, now, first_ms, effects);
            } else {
                effects.push(self.retry(i));
            }
        }

        // Whoever waited for a word from this one.
        let node = &self.nodes[i as usize];
        if node.is_root() {
            self.work.extend(self.witnesses.waiting.iter().copied());
        }
        let nodes = &self.nodes;
        let waits = |&&c: &&u32| nodes[c as usize].exhausted.is_some();
        self.work
            .extend(node.children.iter().filter(waits).copied());
    }

    /// After the newest sample of `i` failed.
    pub(super) fn failed(&mut self, i: u32, now: Moment, effects: &mut Vec<Effect>) {
        self.judge(i, now, effects);
        if self.isolated.is_some() {
            return;
        }
        let node = &self.nodes[i as usize];
        let settled = match node.state {
            State::Down => true,
            State::Unreachable => self.is_blocked(node),
            State::Up | State::Isolated | State::NoData => false,
        };
        if !settled {
            effects.push(self.retry(i));
        }
    }

    pub(super) fn drain_work(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        while let Some(i) = self.work.pop() {
            self.judge(i, now, effects);
        }
    }

    /// Decides about a failing target, if it can be decided.
    fn judge(&mut self, i: u32, now: Moment, effects: &mut Vec<Effect>) {
        let node = &self.nodes[i as usize];
        if node.failures == 0 {
            return;
        }
        if self.isolated.is_some() {
            self.isolate(i, now, effects);
            return;
        }
        if node.state == State::Down {
            return;
        }
        match node.parent {
            Some(p) => self.judge_behind(i, p, now, effects),
            None => self.judge_root(i, now, effects),
        }
    }

    fn judge_behind(&mut self, i: u32, p: u32, now: Moment, effects: &mut Vec<Effect>) {
        let (node, parent) = (&self.nodes[i as usize], &self.nodes[p as usize]);
        let first_ms = node.streak.at_ms;
        if parent.blocks(node.streak.mono_ms) {
            self.set_state(i, State::Unreachable, now, first_ms, effects);
            return;
        }
        let Some(exhausted) = node.exhausted else {
            return;
        };
        // A parent that is dead but lets others through does not excuse this one.
        let lets_through = matches!(parent.state, State::Down | State::Unreachable);
        if lets_through || parent.acquits_the_path_of(node) {
            self.set_state(i, State::Down, now, first_ms, effects);
            return;
        }
        let parent_failing = parent.failures > 0 && parent.last_sample >= Some(exhausted);
        let parent_just_back = parent.answering && parent.last_ok >= Some(exhausted);
        if parent_failing || parent_just_back {
            return;
        }
        match node.asked {
            None => {
                effects.push(Effect::ProbeNow {
                    target: parent.target.id,
                    after_ms: 0,
                });
                self.with(i, |n| n.asked = Some(now.mono_ms));
            }
            Some(asked) => {
                let pace = parent.pace();
                let patience = u64::from(pace.timeout_ms) + u64::from(pace.retry_ms) + GRACE_MS;
                // Nobody looks after the parent: what is known must do.
                if now.mono_ms > asked + patience && parent.last_sample < Some(asked) {
                    self.set_state(i, State::Down, now, first_ms, effects);
                }
            }
        }
    }

    fn judge_root(&mut self, i: u32, now: Moment, effects: &mut Vec<Effect>) {
        let node = &self.nodes[i as usize];
        let Some(exhausted) = node.exhausted else {
            return;
        };
        let first_ms = node.streak.at_ms;
        // Long enough for those that were asked to have answered.
        let patience = u64::from(node.pace().timeout_ms) + GRACE_MS;
        let heard_out = node
            .asked
            .is_some_and(|asked| now.mono_ms > asked + patience);
        match self.witnesses.testify(node, &self.nodes, heard_out) {
            Testimony::OwnFault => self.set_state(i, State::Down, now, first_ms, effects),
            Testimony::CutOff(why) => self.begin_isolation(why, exhausted, now, effects),
            Testimony::Undecided => {
                self.with(i, |n| n.asked = n.asked.or(Some(now.mono_ms)));
                self.ask_witnesses(exhausted, now, effects);
            }
        }
    }

    fn is_blocked(&self, node: &Node) -> bool {
        node.parent
            .is_some_and(|p| self.nodes[p as usize].blocks(node.streak.mono_ms))
    }

    fn retry(&self, i: u32) -> Effect {
        let node = &self.nodes[i as usize];
        Effect::ProbeNow {
            target: node.target.id,
            after_ms: node.pace().retry_ms,
        }
    }

    /// Makes `to` the hard state of `i` and does what follows from it.
    pub(super) fn set_state(
        &mut self,
        i: u32,
        to: State,
        now: Moment,
        first_ms: i64,
        effects: &mut Vec<Effect>,
    ) {
        let from = self.nodes[i as usize].state;
        if from == to {
            return;
        }
        let at_ms = now.at_ms.max(self.nodes[i as usize].since_ms);
        self.with(i, |n| {
            n.state = to;
            n.since_ms = at_ms;
            n.since_mono = now.mono_ms;
            n.asked = None;
        });
        effects.push(Effect::StateChanged {
            target: self.nodes[i as usize].target.id,
            from,
            to,
            at_ms,
            first_ms: first_ms.min(at_ms),
        });
        self.mark_dirty(i);
        match to {
            State::Down => {
                let due_mono = now.mono_ms + u64::from(self.settings.settle_ms);
                self.alarms
                    .entry(i)
                    .or_insert_with(|| Open::new(first_ms.min(at_ms), due_mono))
                    .dirty = true;
                self.look_behind(i, effects);
                self.rejudge_children(i);
            }
            State::Unreachable => self.rejudge_children(i),
            State::Up => {
                self.clear_alarm(i, at_ms, effects);
                self.free_children(i, effects);
            }
            State::Isolated | State::NoData => {}
        }
    }

    /// Has everything behind a fresh Down probed, so that its alarm soon lists all of it.
    fn look_behind(&self, i: u32, effects: &mut Vec<Effect>) {
        let since = self.nodes[i as usize].streak.mono_ms;
        let mut stack = self.nodes[i as usize].children.clone();
        while let Some(c) = stack.pop() {
            let child = &self.nodes[c as usize];
            if child.failures == 0 && child.last_sample.is_some_and(|last| last <= since) {
                effects.push(Effect::ProbeNow {
                    target: child.target.id,
                    after_ms: 0,
                });
            }
            stack.extend_from_slice(&child.children);
        }
    }

    fn rejudge_children(&mut self, i: u32) {
        let nodes = &self.nodes;
        let failing = |&&c: &&u32| nodes[c as usize].failures > 0;
        self.work
            .extend(nodes[i as usize].children.iter().filter(failing).copied());
    }

    /// The parent is back: a child that was Unreachable gets its own fresh trial.
    fn free_children(&mut self, i: u32, effects: &mut Vec<Effect>) {
        for c in self.nodes[i as usize].children.clone() {
            let child = &self.nodes[c as usize];
            if child.state == State::Unreachable && !child.answering {
                effects.push(Effect::ProbeNow {
                    target: child.target.id,
                    after_ms: 0,
                });
                self.with(c, Node::pardon);
            }
        }
    }
}
