//! What is remembered of one target.

use super::{Moment, Outcome, Pace, State, Target};

/// The newest evidence about a target that has no parent, for counting witnesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// No sample to speak of.
    Unknown,
    /// The newest sample was answered.
    Answering,
    /// The newest sample failed, not yet often enough.
    Failing,
    /// Failed often enough, but not yet announced.
    Exhausted,
    /// Announced as Down.
    Dead,
}

impl Phase {
    pub(super) const COUNT: usize = 5;
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub target: Target,
    pub parents: Vec<u32>,
    pub children: Vec<u32>,
    pub state: State,
    /// Where the present state began; `None` before the first.
    pub since: Option<Moment>,
    /// Whether the newest sample was answered.
    pub answering: bool,
    pub failures: u32,
    pub successes: u32,
    /// When the running streak of failures or answers began.
    pub streak: Moment,
    pub last_sample: Option<Moment>,
    pub last_ok: Option<u64>,
    pub last_fail: Option<u64>,
    /// When the failure was sent that used up the last attempt.
    pub exhausted: Option<u64>,
    /// When the parents (or the witnesses) were asked for.
    pub asked: Option<u64>,
    /// A failure sent before this says nothing: the way there was closed.
    pub trial: u64,
    /// When, within the running streak of failures, the way there was first seen to be open.
    pub open_way: Option<u64>,
    /// Failures sent after [`Node::open_way`].
    pub failures_since: u32,
    /// When it was dead for certain: from then on an answer through it shows that it lets
    /// traffic through all the same.
    pub dead: u64,
    /// The newest answer from a direct child that has no other way.
    pub child_ok: Option<u64>,
    /// When it was last asked for a child's sake.
    pub called: Option<u64>,
    pub rtt_us: Option<u32>,
}

impl Node {
    pub(super) fn new(target: Target) -> Self {
        Self {
            target,
            parents: Vec::new(),
            children: Vec::new(),
            state: State::NoData,
            since: None,
            answering: false,
            failures: 0,
            successes: 0,
            streak: Moment {
                mono_ms: 0,
                at_ms: 0,
            },
            last_sample: None,
            last_ok: None,
            last_fail: None,
            exhausted: None,
            asked: None,
            trial: 0,
            open_way: None,
            failures_since: 0,
            dead: 0,
            child_ok: None,
            called: None,
            rtt_us: None,
        }
    }

    pub(super) fn pace(&self) -> Pace {
        self.target.pace
    }

    pub(super) fn is_root(&self) -> bool {
        self.parents.is_empty()
    }

    pub(super) fn is_dead(&self) -> bool {
        matches!(self.state, State::Down | State::Unreachable)
    }

    pub(super) fn phase(&self) -> Phase {
        // A gateway that never answered does not answer probes at all: no witness.
        let mute = self.target.reference && self.last_ok.is_none();
        if mute {
            Phase::Unknown
        } else if self.state == State::Down {
            Phase::Dead
        } else if self.last_sample.is_none()
            || self.state == State::NoData && self.failures == 0 && !self.answering
        {
            Phase::Unknown
        } else if self.answering {
            Phase::Answering
        } else if self.exhausted.is_some() {
            Phase::Exhausted
        } else {
            Phase::Failing
        }
    }

    /// Takes in a sample that is not older than the last one. False for a failure that
    /// says nothing: it was sent while the way was closed.
    pub(super) fn observe(&mut self, sent: Moment, outcome: Outcome) -> bool {
        self.last_sample = Some(sent);
        match outcome {
            Outcome::Answered { rtt_us } => {
                if !self.answering {
                    self.streak = sent;
                    self.successes = 0;
                }
                self.answering = true;
                self.successes = self.successes.saturating_add(1);
                self.pardon();
                self.last_ok = Some(sent.mono_ms);
                self.rtt_us = Some(rtt_us);
                true
            }
            Outcome::Failed(_) => {
                self.answering = false;
                self.successes = 0;
                self.rtt_us = None;
                if sent.mono_ms < self.trial {
                    return false;
                }
                if self.failures == 0 {
                    self.streak = sent;
                }
                self.failures = self.failures.saturating_add(1);
                self.last_fail = Some(sent.mono_ms);
                if self.open_way.is_some_and(|open| sent.mono_ms > open) {
                    self.failures_since = self.failures_since.saturating_add(1);
                }
                if self.exhausted.is_none() && self.failures >= self.attempts() {
                    self.exhausted = Some(sent.mono_ms);
                }
                true
            }
        }
    }

    pub(super) fn attempts(&self) -> u32 {
        u32::from(self.pace().max_attempts.max(1))
    }

    /// Forgets the failures so far: they were somebody else's fault.
    pub(super) fn pardon(&mut self) {
        self.failures = 0;
        self.exhausted = None;
        self.asked = None;
        self.open_way = None;
        self.failures_since = 0;
    }

    /// As [`Node::pardon`]; what was sent before `from` and comes in later says nothing either.
    pub(super) fn retry_from(&mut self, from: u64) {
        self.pardon();
        self.trial = self.trial.max(from);
    }

    /// Forgets all evidence: nobody has looked for too long.
    pub(super) fn forget(&mut self) {
        self.pardon();
        self.answering = false;
        self.successes = 0;
        self.rtt_us = None;
    }

    /// Notes that the way was open when a probe of `ok` was sent and answered.
    pub(super) fn way_was_open(&mut self, ok: u64) {
        if self.failures > 0 && self.open_way.is_none() && ok >= self.streak.mono_ms {
            self.open_way = Some(ok);
            self.failures_since = u32::from(self.last_fail.is_some_and(|fail| fail > ok));
        }
    }

    /// Whether it answers, and did to a probe sent after `other` used up its attempts.
    pub(super) fn acquits_the_path_of(&self, other: &Node) -> bool {
        let after = |exhausted| self.last_ok.is_some_and(|ok| ok >= exhausted);
        self.answering && other.exhausted.is_some_and(after)
    }

    /// Whether it is dead to us but passes traffic on.
    pub(super) fn lets_through(&self) -> bool {
        self.is_dead() && self.child_ok.is_some_and(|ok| ok >= self.dead)
    }

    /// Of one that is dead: whether it may be what cuts off another that was last seen to be
    /// reached at `ok`. Not where it lets traffic through, or was dead already then.
    pub(super) fn is_in_the_way(&self, ok: Option<u64>) -> bool {
        !self.lets_through() && Some(self.dead) > ok
    }

    /// How much of its time is settled: its state held at least until then. What follows
    /// is either not seen yet or points to another state that is not believed yet.
    pub(super) fn settled(&self) -> Option<Moment> {
        let last = self.last_sample.or(self.since)?;
        let newer = self.since.is_none_or(|s| self.streak.mono_ms > s.mono_ms);
        let turning = match self.state {
            State::Up => self.failures > 0,
            State::Down => self.answering,
            // Failures that began later are of a trial that may end in another state.
            State::Unreachable | State::Isolated | State::NoData => {
                newer && (self.answering || self.failures > 0)
            }
        };
        Some(if turning { self.streak } else { last })
    }
}
