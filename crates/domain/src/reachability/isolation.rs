//! Are we cut off ourselves? The targets without a parent, and our own
//! reference targets among them, are each other's witnesses.

use std::collections::BTreeSet;

use super::fleet::Isolation;
use super::judge::after;
use super::node::{Node, Phase};
use super::{CutOff, Effect, Fleet, Moment, State};

/// How many witnesses are asked in one round.
const ASKED_AT_ONCE: usize = 8;
/// Least time between two rounds of asking, milliseconds.
const ROUND_MS: u64 = 1_000;
/// Up to so many targets without a parent are probed quickly while we are cut off.
const FEW: u32 = 8;

/// What the witnesses say about one of them that has used up its attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Testimony {
    /// Somebody answers: the fault is its own.
    OwnFault,
    /// Nobody answers: it is we.
    CutOff(CutOff),
    /// Not known yet.
    Undecided,
}

/// The targets without a parent, counted by their newest evidence.
#[derive(Debug, Default)]
pub(super) struct Witnesses {
    roots: [u32; Phase::COUNT],
    references: [u32; Phase::COUNT],
    root_answer: Option<(u32, u64)>,
    reference_answer: Option<(u32, u64)>,
    /// Those that have used up their attempts and wait for a decision.
    pub waiting: BTreeSet<u32>,
    asked: Option<u64>,
}

impl Witnesses {
    pub(super) fn count(nodes: &[Node]) -> Self {
        let mut witnesses = Self::default();
        for (i, node) in nodes.iter().enumerate() {
            witnesses.enter(i as u32, node);
            if let (true, Some(ok)) = (node.is_root(), node.last_ok) {
                witnesses.answered(i as u32, node, ok);
            }
        }
        witnesses
    }

    pub(super) fn enter(&mut self, i: u32, node: &Node) {
        if node.is_root() {
            self.of(node)[node.phase() as usize] += 1;
            if node.phase() == Phase::Exhausted {
                self.waiting.insert(i);
            }
        }
    }

    pub(super) fn leave(&mut self, i: u32, node: &Node) {
        if node.is_root() {
            self.of(node)[node.phase() as usize] -= 1;
            self.waiting.remove(&i);
        }
    }

    pub(super) fn answered(&mut self, i: u32, node: &Node, sent_mono: u64) {
        let last = if node.target.reference {
            &mut self.reference_answer
        } else {
            &mut self.root_answer
        };
        if last.is_none_or(|(_, mono)| mono <= sent_mono) {
            *last = Some((i, sent_mono));
        }
    }

    fn of(&mut self, node: &Node) -> &mut [u32; Phase::COUNT] {
        if node.target.reference {
            &mut self.references
        } else {
            &mut self.roots
        }
    }

    /// When the newest answered probe of a witness that still answers was sent.
    pub(super) fn newest_answer(&self, nodes: &[Node]) -> Option<u64> {
        [self.root_answer, self.reference_answer]
            .into_iter()
            .flatten()
            .filter(|(w, _)| nodes[*w as usize].answering)
            .map(|(_, mono)| mono)
            .max()
    }

    /// Judges `node`, which has no parent and has used up its attempts.
    /// `heard_out`: it waited long enough for the witnesses to have answered.
    pub(super) fn testify(&self, node: &Node, nodes: &[Node], heard_out: bool) -> Testimony {
        // It failed once more after somebody was seen to answer, and somebody still does.
        let acquits = |answer: Option<(u32, u64)>| {
            node.failures_since > 0
                && answer.is_some_and(|(w, _)| nodes[w as usize].acquits_the_path_of(node))
        };
        let open = |phases: &[u32; Phase::COUNT]| {
            phases[Phase::Answering as usize] + phases[Phase::Failing as usize]
        };
        let exhausted = |phases: &[u32; Phase::COUNT]| phases[Phase::Exhausted as usize];

        if acquits(self.root_answer) {
            return Testimony::OwnFault;
        }
        let fresh = open(&self.roots) + exhausted(&self.roots);
        let known = fresh + self.roots[Phase::Dead as usize];
        if fresh >= 2 && open(&self.roots) == 0 && fresh * 2 >= known {
            return Testimony::CutOff(CutOff::Roots);
        }
        if (open(&self.roots) == 0 || node.target.reference) && acquits(self.reference_answer) {
            return Testimony::OwnFault;
        }
        let heard = |e: u64| self.root_answer.is_some_and(|(_, mono)| mono >= e);
        let silent = heard_out || self.roots[Phase::Answering as usize] == 0;
        if exhausted(&self.references) > 0
            && open(&self.references) == 0
            && silent
            && !node.exhausted.is_some_and(heard)
        {
            return Testimony::CutOff(CutOff::References);
        }
        if open(&self.roots) + open(&self.references) == 0 {
            // Nobody else to ask.
            return Testimony::OwnFault;
        }
        Testimony::Undecided
    }
}

impl Fleet {
    /// Has some witnesses probed that have not been since `exhausted`.
    pub(super) fn ask_witnesses(&mut self, exhausted: u64, now: Moment, effects: &mut Vec<Effect>) {
        if self
            .witnesses
            .asked
            .is_some_and(|at| now.mono_ms < at + ROUND_MS)
        {
            return;
        }
        self.witnesses.asked = Some(now.mono_ms);
        let mut witnesses: Vec<&Node> = self
            .nodes
            .iter()
            .filter(|n| n.is_root() && n.phase() == Phase::Answering)
            .filter(|n| n.last_sample.is_some_and(|last| last.mono_ms < exhausted))
            .collect();
        witnesses.sort_by_key(|n| (!n.target.reference, n.last_sample.map(|last| last.mono_ms)));
        effects.extend(
            witnesses
                .into_iter()
                .take(ASKED_AT_ONCE)
                .map(|n| Effect::ProbeNow {
                    target: n.target.id,
                    after_ms: 0,
                }),
        );
    }

    /// `witness` and all others fail: since its first failure it is we who are cut off.
    pub(super) fn begin_isolation(
        &mut self,
        why: CutOff,
        witness: u32,
        from_mono: u64,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let since = self.nodes[witness as usize].streak;
        self.isolated = Some(Isolation {
            since,
            from_mono,
            why,
        });
        effects.push(Effect::IsolationBegan { since, why });
        for i in 0..self.nodes.len() as u32 {
            if self.nodes[i as usize].failures > 0 {
                self.isolate(i, now, effects);
            }
        }
    }

    /// A target that fails while we are cut off says nothing about itself.
    pub(super) fn isolate(&mut self, i: u32, now: Moment, effects: &mut Vec<Effect>) {
        let Some(isolation) = self.isolated else {
            return;
        };
        let node = &self.nodes[i as usize];
        // What was dead before was seen to be dead until then.
        let since = if node.is_dead() {
            isolation.since
        } else {
            node.streak
        };
        if node.is_root()
            && (node.target.reference || self.witnesses.roots.iter().sum::<u32>() <= FEW)
        {
            effects.push(Effect::ProbeNow {
                target: node.target.id,
                after_ms: node.pace().retry_ms,
            });
        }
        self.set_state(i, State::Isolated, since, now, effects);
    }

    /// A witness answered a probe of `sent`: all that was put down to our isolation is
    /// looked at afresh.
    pub(super) fn end_isolation(&mut self, sent: Moment, now: Moment, effects: &mut Vec<Effect>) {
        let Some(isolation) = self.isolated.take() else {
            return;
        };
        effects.push(Effect::IsolationEnded {
            since: isolation.since,
            ended: sent,
            at_ms: now.at_ms,
        });
        let mut asked = 0;
        for i in 0..self.nodes.len() as u32 {
            let node = &self.nodes[i as usize];
            if node.state == State::Isolated && !node.answering {
                effects.push(after(node, asked));
                asked += 1;
                self.with(i, |n| n.retry_from(sent.mono_ms));
            }
        }
    }
}
