//! From soft evidence to a hard state.

use std::collections::{HashMap, HashSet};

use super::fleet::Isolation;
use super::isolation::Testimony;
use super::node::Node;
use super::{CutOff, Effect, Fleet, Moment, State};
use crate::id::TargetId;

/// Time allowed over the parent's own timeout and retry for its probe to come in.
const GRACE_MS: u64 = 2_000;
/// Least time between two probes of a parent for the sake of its children.
const CALL_MS: u64 = 1_000;
/// Targets that are to be probed at once are probed one after the other, so many a
/// millisecond: a burst would lose answers.
const AT_ONCE_PER_MS: usize = 1;

impl Fleet {
    /// After the newest sample of `i` was answered.
    pub(super) fn answered(
        &mut self,
        i: u32,
        sent: Moment,
        was_cut: bool,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let node = &self.nodes[i as usize];
        match node.parents[..] {
            [] => {
                self.witnesses.answered(i, node, sent.mono_ms);
                // Where every root fails, our own gateway proves nothing.
                let proves = |iso: Isolation| {
                    sent.mono_ms >= iso.from_mono
                        && !(node.target.reference && iso.why == CutOff::Roots)
                };
                if self.isolated.is_some_and(proves) {
                    self.end_isolation(sent, now, effects);
                }
            }
            [p] => self.came_through(p, sent.mono_ms, effects),
            // It may have come either way.
            _ => {}
        }
        if was_cut {
            self.free_children(i, sent.mono_ms, effects);
        }

        let node = &self.nodes[i as usize];
        let known_fault = self.losses.contains_key(&i) || node.is_dead();
        let believed = node.successes >= u32::from(node.pace().recover_attempts.max(1));
        let since = node.streak;
        if node.state != State::Up {
            if believed || !known_fault {
                self.set_state(i, State::Up, since, now, effects);
            } else {
                effects.push(self.retry(i));
            }
        }

        // Whoever waited for a word from this one.
        if self.nodes[i as usize].is_root() {
            self.work.extend(self.witnesses.waiting.iter().copied());
        }
        for at in 0..self.nodes[i as usize].children.len() {
            let c = self.nodes[i as usize].children[at];
            let child = &mut self.nodes[c as usize];
            // No witness changes its phase by this.
            child.way_was_open(sent.mono_ms);
            if child.exhausted.is_some() {
                self.work.push(c);
            }
        }
    }

    /// An answer to a probe sent at `from` can only have come through `p`. Where `p` was dead
    /// it lets traffic through again, or still: it is asked itself, and what failed behind
    /// it is judged by newer failures alone.
    fn came_through(&mut self, p: u32, from: u64, effects: &mut Vec<Effect>) {
        let mut at = Some(p);
        while let Some(i) = at {
            let node = &mut self.nodes[i as usize];
            let opens = node.is_dead() && !node.lets_through();
            node.child_ok = node.child_ok.max(Some(from));
            let opens = opens && node.lets_through();
            at = match node.parents[..] {
                [next] => Some(next),
                _ => None,
            };
            if opens {
                effects.push(after(&self.nodes[i as usize], 0));
                self.free_children(i, from, effects);
            }
        }
    }

    /// After the newest sample of `i` failed.
    pub(super) fn failed(&mut self, i: u32, counts: bool, now: Moment, effects: &mut Vec<Effect>) {
        if counts {
            self.judge(i, now, effects);
        }
        if self.isolated.is_some() {
            return;
        }
        let node = &self.nodes[i as usize];
        let settled = match node.state {
            State::Down => true,
            State::Unreachable => self.is_blocked(i),
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
        let since = node.streak;
        // What was found dead stays so until it answers, whoever did not look meanwhile.
        if self.losses.get(&i).is_some_and(|l| l.kind == State::Down) {
            self.set_state(i, State::Down, since, now, effects);
            return;
        }
        if self.is_blocked(i) {
            self.set_state(i, State::Unreachable, since, now, effects);
            return;
        }
        let ways = self.ways(i);
        if ways.is_empty() {
            self.judge_root(i, now, effects);
        } else {
            self.judge_behind(i, &ways, now, effects);
        }
    }

    fn judge_behind(&mut self, i: u32, ways: &[u32], now: Moment, effects: &mut Vec<Effect>) {
        let since = self.nodes[i as usize].streak;
        for &p in ways {
            let parent = &self.nodes[p as usize];
            if let (true, Some(ok)) = (parent.answering, parent.last_ok) {
                self.nodes[i as usize].way_was_open(ok);
            }
        }
        let node = &self.nodes[i as usize];
        let Some(exhausted) = node.exhausted else {
            // The way is looked at early, so that the last attempt finds it judged.
            self.call(i, ways, since.mono_ms, now, effects);
            return;
        };
        let acquitted = ways.iter().any(|&p| {
            let parent = &self.nodes[p as usize];
            // A way that failed meanwhile may have been closed: then all failures must be newer.
            let shaky = parent.last_fail.is_some_and(|fail| fail >= since.mono_ms);
            let needed = if shaky { node.attempts() } else { 1 };
            parent.acquits_the_path_of(node) && !parent.is_dead() && node.failures_since >= needed
        });
        if acquitted {
            self.set_state(i, State::Down, since, now, effects);
            return;
        }
        self.call(i, ways, exhausted, now, effects);
        let Some(asked) = self.nodes[i as usize].asked else {
            self.with(i, |n| n.asked = Some(now.mono_ms));
            return;
        };
        // Nobody looks after the parents: what is known must do.
        let unseen = ways.iter().all(|&p| {
            let parent = &self.nodes[p as usize];
            let pace = parent.pace();
            let patience = u64::from(pace.timeout_ms) + u64::from(pace.retry_ms) + GRACE_MS;
            let last = parent.last_sample.map(|last| last.mono_ms);
            now.mono_ms > asked + patience && last < Some(asked)
        });
        if unseen {
            self.set_state(i, State::Down, since, now, effects);
        }
    }

    /// Has those of `ways` probed that were not since `after`.
    fn call(&mut self, i: u32, ways: &[u32], after: u64, now: Moment, effects: &mut Vec<Effect>) {
        for &p in ways.iter().filter(|&&p| p != i) {
            let parent = &mut self.nodes[p as usize];
            let known = parent.last_sample.is_some_and(|l| l.mono_ms >= after);
            let called = parent.called.is_some_and(|at| now.mono_ms < at + CALL_MS);
            if !known && !called {
                parent.called = Some(now.mono_ms);
                effects.push(Effect::ProbeNow {
                    target: parent.target.id,
                    after_ms: 0,
                });
            }
        }
    }

    fn judge_root(&mut self, i: u32, now: Moment, effects: &mut Vec<Effect>) {
        if let Some(ok) = self.witnesses.newest_answer(&self.nodes) {
            self.nodes[i as usize].way_was_open(ok);
        }
        let node = &self.nodes[i as usize];
        let Some(exhausted) = node.exhausted else {
            return;
        };
        let since = node.streak;
        // Long enough for those that were asked to have answered.
        let patience = u64::from(node.pace().timeout_ms) + GRACE_MS;
        let heard_out = node
            .asked
            .is_some_and(|asked| now.mono_ms > asked + patience);
        match self.witnesses.testify(node, &self.nodes, heard_out) {
            Testimony::OwnFault => self.set_state(i, State::Down, since, now, effects),
            Testimony::CutOff(why) => self.begin_isolation(why, i, exhausted, now, effects),
            Testimony::Undecided => {
                self.with(i, |n| n.asked = n.asked.or(Some(now.mono_ms)));
                self.ask_witnesses(exhausted, now, effects);
            }
        }
    }

    fn retry(&self, i: u32) -> Effect {
        let node = &self.nodes[i as usize];
        Effect::ProbeNow {
            target: node.target.id,
            after_ms: node.pace().retry_ms,
        }
    }

    /// Makes `to` the hard state of `i` from `since` on, and does what follows from it.
    pub(super) fn set_state(
        &mut self,
        i: u32,
        to: State,
        since: Moment,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let node = &self.nodes[i as usize];
        let from = node.state;
        if from == to {
            return;
        }
        // Time that was settled stays as it was told.
        let since = match node.since {
            Some(before) if before.mono_ms > since.mono_ms => before,
            _ => since,
        };
        self.with(i, |n| {
            n.state = to;
            n.since = Some(since);
            n.asked = None;
            if n.is_dead() && !matches!(from, State::Down | State::Unreachable) {
                n.dead = n.exhausted.unwrap_or(n.streak.mono_ms);
            }
        });
        effects.push(Effect::StateChanged {
            target: self.nodes[i as usize].target.id,
            from,
            to,
            since,
            at_ms: now.at_ms,
        });
        self.account(i, from, to, since, now, effects);
        self.mark_dirty(i);
        match to {
            State::Down => {
                let behind = self.look_behind(i, effects);
                self.expect_alarm(i, behind, since, now);
                self.rejudge_children(i);
            }
            State::Unreachable => self.rejudge_children(i),
            State::Up => self.recovered(i, since, effects),
            State::Isolated | State::NoData => {}
        }
    }

    /// Has everything behind a fresh Down probed, so that its alarm soon lists all of it.
    /// Returns how many are asked.
    fn look_behind(&self, i: u32, effects: &mut Vec<Effect>) -> usize {
        let since = self.nodes[i as usize].streak.mono_ms;
        let mut asked = 0;
        self.each_behind(i, |_, child| {
            let old = |last: Moment| last.mono_ms <= since;
            if child.failures == 0 && child.last_sample.is_some_and(old) {
                effects.push(after(child, asked));
                asked += 1;
            }
            true
        });
        asked
    }

    /// Calls `visit` for everything behind `i`, each once; goes on behind what it says yes to.
    pub(super) fn each_behind(&self, i: u32, mut visit: impl FnMut(u32, &Node) -> bool) {
        let mut seen = vec![false; self.nodes.len()];
        seen[i as usize] = true;
        let mut stack = self.nodes[i as usize].children.clone();
        while let Some(c) = stack.pop() {
            if std::mem::replace(&mut seen[c as usize], true) {
                continue;
            }
            let child = &self.nodes[c as usize];
            if visit(c, child) {
                stack.extend_from_slice(&child.children);
            }
        }
    }

    /// Judges again what fails behind `i`, also behind what is dead itself but lets traffic
    /// through.
    fn rejudge_children(&mut self, i: u32) {
        let mut failing = Vec::new();
        if !self.nodes[i as usize].children.is_empty() {
            self.each_behind(i, |c, child| {
                if child.failures > 0 {
                    failing.push(c);
                }
                child.state == State::Down
            });
        }
        self.work.extend(failing);
    }

    /// The way through `i` is open again, as an answer shows that was sent at `from`: what
    /// failed behind it gets its own fresh trial.
    fn free_children(&mut self, i: u32, from: u64, effects: &mut Vec<Effect>) {
        for (n, c) in self.opened_by(i).into_iter().enumerate() {
            self.try_again(c, n, from, effects);
        }
    }

    /// `i` gets its own fresh trial: what was sent before `from` does not count. It is the `n`th
    /// of those that are asked together.
    fn try_again(&mut self, i: u32, n: usize, from: u64, effects: &mut Vec<Effect>) {
        let node = &self.nodes[i as usize];
        if node.state == State::Unreachable && !node.answering || node.failures > 0 {
            effects.push(after(node, n));
        }
        if !node.answering || node.state == State::Unreachable {
            self.with(i, |n| n.retry_from(from));
        } else {
            // A failure under way does not count either.
            self.nodes[i as usize].trial = from.max(self.nodes[i as usize].trial);
        }
    }

    fn has_own_fault(&self, i: u32) -> bool {
        let lost = self.losses.get(&i).is_some_and(|l| l.kind == State::Down);
        self.nodes[i as usize].state == State::Down || lost
    }

    /// What each target hangs behind, sorted.
    pub(super) fn ways_by_id(&self) -> HashMap<TargetId, Vec<TargetId>> {
        let id = |&i: &u32| self.nodes[i as usize].target.id;
        (self.nodes.iter())
            .map(|node| {
                let mut ways: Vec<TargetId> = node.parents.iter().map(id).collect();
                ways.sort_unstable();
                (node.target.id, ways)
            })
            .collect()
    }

    /// What hangs elsewhere than `before` gets its own fresh trial: so far it failed behind
    /// something else.
    pub(super) fn try_changed_ways(
        &mut self,
        before: &HashMap<TargetId, Vec<TargetId>>,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let ways = self.ways_by_id();
        let mut asked = 0;
        for i in 0..self.nodes.len() as u32 {
            let id = self.nodes[i as usize].target.id;
            if before.get(&id).is_none_or(|was| *was == ways[&id]) {
                continue;
            }
            if self.has_own_fault(i) {
                // It stays as it is; those who are reached through it all the same hang elsewhere.
                self.free_children(i, now.mono_ms, effects);
            } else {
                self.try_again(i, asked, now.mono_ms, effects);
                asked += 1;
            }
        }
    }

    /// What has its next way through `i`: its children without a fault of their own, and
    /// those of a dead child that are reached through it all the same.
    fn opened_by(&self, i: u32) -> Vec<u32> {
        let mut opened = Vec::new();
        let mut seen = HashSet::from([i]);
        let mut stack: Vec<(u32, u32)> = self.steps_behind(i).collect();
        while let Some((p, c)) = stack.pop() {
            let (parent, child) = (&self.nodes[p as usize], &self.nodes[c as usize]);
            if p != i && parent.is_in_the_way(child.last_ok) || !seen.insert(c) {
                continue;
            }
            if self.has_own_fault(c) {
                stack.extend(self.steps_behind(c));
            } else {
                opened.push(c);
            }
        }
        // As they stand in the fleet: neighbours are asked one after the other.
        opened.sort_unstable();
        opened
    }

    fn steps_behind(&self, i: u32) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.nodes[i as usize].children.iter().map(move |&c| (i, c))
    }
}

/// Asks for a probe of `node`, the `n`th of those that are asked for together.
pub(super) fn after(node: &Node, n: usize) -> Effect {
    let wait = u32::try_from(n / AT_ONCE_PER_MS).unwrap_or(u32::MAX);
    Effect::ProbeNow {
        target: node.target.id,
        after_ms: wait.min(node.pace().interval_ms),
    }
}
