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
    pub parent: Option<u32>,
    pub children: Vec<u32>,
    pub state: State,
    /// Wall time of the last hard change; never goes back.
    pub since_ms: i64,
    /// Monotonic time of the last hard change.
    pub since_mono: u64,
    /// Whether the newest sample was answered.
    pub answering: bool,
    pub failures: u32,
    pub successes: u32,
    /// When the running streak of failures or answers began.
    pub streak: Moment,
    pub last_sample: Option<u64>,
    pub last_ok: Option<u64>,
    pub last_fail: u64,
    /// When the failure was sent that used up the last attempt.
    pub exhausted: Option<u64>,
    /// When the parent (or the witnesses) were asked for.
    pub asked: Option<u64>,
    /// The newest answer from a direct child: whatever the target itself says,
    /// it then lets traffic through.
    pub child_ok: Option<u64>,
    pub rtt_us: Option<u32>,
}

impl Node {
    pub(super) fn new(target: Target) -> Self {
        Self {
            target,
            parent: None,
            children: Vec::new(),
            state: State::NoData,
            since_ms: i64::MIN,
            since_mono: 0,
            answering: false,
            failures: 0,
            successes: 0,
            streak: Moment {
                mono_ms: 0,
                at_ms: 0,
            },
            last_sample: None,
            last_ok: None,
            last_fail: 0,
            exhausted: None,
            asked: None,
            child_ok: None,
            rtt_us: None,
        }
    }

    pub(super) fn pace(&self) -> Pace {
        self.target.pace
    }

    pub(super) fn is_root(&self) -> bool {
        self.parent.is_none()
    }

    pub(super) fn phase(&self) -> Phase {
        if self.state == State::Down {
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

    /// Takes in a sample that is not older than the last one.
    pub(super) fn observe(&mut self, sent: Moment, outcome: Outcome) {
        self.last_sample = Some(sent.mono_ms);
        match outcome {
            Outcome::Answered { rtt_us } => {
                if !self.answering {
                    self.streak = sent;
                    self.successes = 0;
                }
                self.answering = true;
                self.successes = self.successes.saturating_add(1);
                self.failures = 0;
                self.exhausted = None;
                self.asked = None;
                self.last_ok = Some(sent.mono_ms);
                self.rtt_us = Some(rtt_us);
            }
            Outcome::Failed(_) => {
                if self.failures == 0 {
                    self.streak = sent;
                }
                self.answering = false;
                self.successes = 0;
                self.failures = self.failures.saturating_add(1);
                self.last_fail = sent.mono_ms;
                self.rtt_us = None;
                if self.exhausted.is_none()
                    && self.failures >= u32::from(self.pace().max_attempts.max(1))
                {
                    self.exhausted = Some(sent.mono_ms);
                }
            }
        }
    }

    /// Forgets the failures so far: they were somebody else's fault.
    pub(super) fn pardon(&mut self) {
        self.failures = 0;
        self.exhausted = None;
        self.asked = None;
    }

    /// Forgets all evidence: nobody has looked for too long.
    pub(super) fn forget(&mut self) {
        self.pardon();
        self.answering = false;
        self.successes = 0;
        self.rtt_us = None;
    }

    /// Whether the answers of `self` show that `other`'s failures are its own:
    /// an answer after `other` used up its attempts, and either no failure of
    /// `self` meanwhile or another failure of `other` since `self` came back.
    pub(super) fn acquits_the_path_of(&self, other: &Node) -> bool {
        let (Some(ok), Some(exhausted)) = (self.last_ok, other.exhausted) else {
            return false;
        };
        self.answering
            && ok >= exhausted
            && (self.streak.mono_ms <= other.streak.mono_ms
                || other.last_fail > self.streak.mono_ms)
    }

    /// Whether this dead target holds back a child that began to fail at `first_fail`.
    pub(super) fn blocks(&self, first_fail: u64) -> bool {
        matches!(self.state, State::Down | State::Unreachable)
            && self
                .child_ok
                .is_none_or(|ok| ok < first_fail.max(self.since_mono))
    }
}
