//! Are we cut off ourselves? The targets without a parent, and our own
//! reference targets among them, are each other's witnesses.

use std::collections::BTreeSet;

use super::fleet::Isolation;
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

    /// Judges `node`, which has no parent and has used up its attempts.
    /// `heard_out`: it waited long enough for the witnesses to have answered.
    pub(super) fn testify(&self, node: &Node, nodes: &[Node], heard_out: bool) -> Testimony {
        let acquits = |answer: Option<(u32, u64)>| {
            answer.is_some_and(|(w, _)| nodes[w as usize].acquits_the_path_of(node))
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
            .filter(|n| n.last_sample.is_some_and(|last| last < exhausted))
            .collect();
        witnesses.sort_by_key(|n| (!n.target.reference, n.last_sample));
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

    pub(super) fn begin_isolation(
        &mut self,
        why: CutOff,
        from_mono: u64,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        self.isolated = Some(Isolation {
            since: now,
            from_mono,
            why,
        });
        effects.push(Effect::IsolationBegan {
            at_ms: now.at_ms,
            why,
        });
        for i in 0..self.nodes.len() as u32 {
            if self.nodes[i as usize].failures > 0 {
                self.isolate(i, now, effects);
            }
        }
    }

    /// A target that fails while we are cut off says nothing about itself.
    pub(super) fn isolate(&mut self, i: u32, now: Moment, effects: &mut Vec<Effect>) {
        let node = &self.nodes[i as usize];
        let first_ms = node.streak.at_ms;
        if node.is_root()
            && (node.target.reference || self.witnesses.roots.iter().sum::<u32>() <= FEW)
        {
            effects.push(Effect::ProbeNow {
                target: node.target.id,
                after_ms: node.pace().retry_ms,
            });
        }
        self.set_state(i, State::Isolated, now, first_ms, effects);
    }

    /// A witness answered: all that was put down to our isolation is looked at afresh.
    pub(super) fn end_isolation(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let Some(isolation) = self.isolated.take() else {
            return;
        };
        effects.push(Effect::IsolationEnded {
            since_ms: isolation.since.at_ms,
            at_ms: now.at_ms.max(isolation.since.at_ms),
        });
        for i in 0..self.nodes.len() as u32 {
            let node = &self.nodes[i as usize];
            if node.state == State::Isolated && !node.answering {
                effects.push(Effect::ProbeNow {
                    target: node.target.id,
                    after_ms: 0,
                });
                self.with(i, Node::pardon);
            }
        }
    }
}
