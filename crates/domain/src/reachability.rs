//! Reachability: what a stream of probe samples says about every target.
//!
//! A [`Fleet`] holds all targets and their parents. It is fed samples and the
//! passing of time and answers with [`Effect`]s; it does no I/O. It tells apart
//!
//! - **Down**: the target fails while its parent (or, for a target without one,
//!   another witness) answers;
//! - **Unreachable**: the target fails, and every way to it is itself dead;
//! - **Isolated**: the target fails, and so does everything else: it is we who
//!   are cut off, and nothing may be said about the target;
//! - **No data**: nobody has looked for too long. It is neither up nor down.
//!
//! A failed sample is *soft* until [`Pace::max_attempts`] have failed in a row;
//! before a soft failure is announced as Down the parents are probed at once, and it must
//! fail after one of them answered. One dead cause is one [`Alarm`], which lists what hangs
//! behind it; one that comes and goes is one alarm, too.
//!
//! What is told late happened early: a change of state names the sample with which it began,
//! and a loss ([`Effect::LossBegan`], [`Effect::LossEnded`]) lasts from the first failed
//! sample to the first answered one.
//!
//! Order is taken from a monotonic clock ([`Moment::mono_ms`]); the wall clock
//! only labels what is recorded, so that setting it back corrupts nothing.

mod alarm;
mod clock;
mod fleet;
mod isolation;
mod judge;
mod loss;
mod node;
mod tree;
mod way;

#[cfg(test)]
mod lab;
#[cfg(test)]
mod moved;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod returns;
#[cfg(test)]
mod set;
#[cfg(test)]
mod silent;
#[cfg(test)]
mod tables;

use serde::{Deserialize, Serialize};

use crate::id::TargetId;
pub use fleet::{Counts, Fleet, Restored, Settings, Status};

/// An instant on two clocks: one that only goes forward, one that people read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds on a clock that never goes back, from an origin of the
    /// caller's choice that stays the same while a [`Fleet`] lives.
    pub mono_ms: u64,
    /// Unix milliseconds on the wall clock, which may be set back.
    pub at_ms: i64,
}

/// How often a target is probed and how much it takes to believe the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// Time between two regular probes, milliseconds.
    pub interval_ms: u32,
    /// How long an answer is waited for, milliseconds.
    pub timeout_ms: u32,
    /// Time between probes while a change is soft, milliseconds.
    pub retry_ms: u32,
    /// Failed samples in a row that make a hard Down; at least 1.
    pub max_attempts: u8,
    /// Answered samples in a row that make a hard Up after a Down; at least 1.
    pub recover_attempts: u8,
    /// Intervals without a sample after which there is no data; at least 1.
    pub stale_intervals: u8,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            interval_ms: 30_000,
            timeout_ms: 3_000,
            retry_ms: 2_000,
            max_attempts: 3,
            recover_attempts: 2,
            stale_intervals: 3,
        }
    }
}

/// What a [`Fleet`] needs to know of something that is probed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its id.
    pub id: TargetId,
    /// What it hangs behind, if anything; probes towards it pass through one of these.
    pub parents: Vec<TargetId>,
    /// True for our own reference points (our gateway): when all of them fail, it is we
    /// who are cut off. They have no alarms and no losses, and do not count while they
    /// never answered.
    pub reference: bool,
    /// True for a hub: where parents form a circle, ways are counted from here.
    pub centre: bool,
    /// How it is probed and believed.
    pub pace: Pace,
}

/// The hard state of a target.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It answers.
    Up,
    /// It fails, and what it hangs behind does not.
    Down,
    /// It fails behind a dead parent.
    Unreachable,
    /// It fails while we ourselves are cut off.
    Isolated,
    /// No sample for too long, or none ever.
    #[default]
    NoData,
}

impl State {
    /// Every state.
    pub const ALL: [State; 5] = [
        State::Up,
        State::Down,
        State::Unreachable,
        State::Isolated,
        State::NoData,
    ];

    /// The word used in records: `up`, `down`, `unreachable`, `isolated`, `no_data`.
    pub fn word(self) -> &'static str {
        match self {
            State::Up => "up",
            State::Down => "down",
            State::Unreachable => "unreachable",
            State::Isolated => "isolated",
            State::NoData => "no_data",
        }
    }

    /// The state that [`State::word`] names.
    pub fn from_word(word: &str) -> Option<Self> {
        State::ALL.into_iter().find(|s| s.word() == word)
    }
}

/// Why a probe had no good answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// Nothing came back in time.
    Timeout,
    /// The port is closed (only a failure where the port itself is the target).
    Refused,
    /// This machine or a router on the way knows no way there.
    NoRoute,
    /// This machine did not send it (a local firewall rule, no address to send from): it
    /// says nothing about the target.
    Forbidden,
}

/// What one probe found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It answered after so many microseconds.
    Answered {
        /// Round-trip time, microseconds.
        rtt_us: u32,
    },
    /// It did not.
    Failed(Failure),
}

impl Outcome {
    /// Whether the target answered.
    pub fn answered(self) -> bool {
        matches!(self, Outcome::Answered { .. })
    }

    /// Whether the probe left this machine; one that did not says nothing.
    pub fn was_sent(self) -> bool {
        self != Outcome::Failed(Failure::Forbidden)
    }
}

/// One finished probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// What was probed.
    pub target: TargetId,
    /// When the probe was sent (not when it ended).
    pub sent: Moment,
    /// What it found.
    pub outcome: Outcome,
}

/// A dead cause and everything that could not be reached because of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// The target that is Down.
    pub cause: TargetId,
    /// Unix milliseconds of the first failed sample; with `cause` it identifies the alarm.
    pub since_ms: i64,
    /// The targets that were Unreachable behind it at one time or another, sorted; empty
    /// for a leaf.
    pub behind: Vec<TargetId>,
    /// Whether it comes and goes: then one alarm stands for all its losses.
    pub flapping: bool,
}

/// A loss that began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open {
    /// Whose.
    pub target: TargetId,
    /// [`State::Down`] or [`State::Unreachable`].
    pub kind: State,
    /// The first failed sample that counts.
    pub since: Moment,
    /// For an Unreachable target: what took its last way.
    pub cause: Option<TargetId>,
    /// Unix milliseconds of the decision.
    pub at_ms: i64,
}

/// Why a loss ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The target answered.
    Answered,
    /// Its cause changed: another loss of the same target goes on.
    Turned,
    /// The target is no longer probed.
    Removed,
}

impl Ended {
    /// The word used in records: `answered`, `turned`, `removed`.
    pub fn word(self) -> &'static str {
        match self {
            Ended::Answered => "answered",
            Ended::Turned => "turned",
            Ended::Removed => "removed",
        }
    }
}

/// What is remembered of a loss that goes on.
#[derive(Clone, Debug)]
struct Loss {
    kind: State,
    since: Moment,
    /// Milliseconds that were seen before a restart; the monotonic clock began anew there.
    carried_ms: u64,
    /// Milliseconds on the wall clock from there to the restart.
    stop_ms: i64,
    /// Milliseconds of it in which nobody looked or we were cut off.
    unseen_ms: u64,
    blind_since: Option<Moment>,
}

/// Why an alarm ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cleared {
    /// The target answers again.
    Recovered,
    /// The target is no longer probed.
    Removed,
}

/// What made us believe that we ourselves are cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CutOff {
    /// Every reference target fails.
    References,
    /// Every target without a parent fails at once.
    Roots,
}

/// What the caller must do or record after a sample or a tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A hard state changed.
    StateChanged {
        /// Whose.
        target: TargetId,
        /// The state before.
        from: State,
        /// The state now.
        to: State,
        /// Where it began: the first sample that pointed this way, for no data the last
        /// sample. Never before the target's last change on the monotonic clock.
        since: Moment,
        /// Unix milliseconds of the decision.
        at_ms: i64,
    },
    /// A target was lost.
    LossBegan(Open),
    /// A target is no longer lost.
    LossEnded {
        /// Whose.
        target: TargetId,
        /// The first answered sample; else when it turned or was removed.
        ended: Moment,
        /// How long it lasted, milliseconds on the monotonic clock.
        lasted_ms: u64,
        /// How much of that nobody looked or we were cut off, milliseconds.
        unseen_ms: u64,
        /// Why it ended.
        why: Ended,
    },
    /// This target should be probed again after so many milliseconds.
    ProbeNow {
        /// Which.
        target: TargetId,
        /// 0: at once.
        after_ms: u32,
    },
    /// A new cause of failure.
    AlarmRaised(Alarm),
    /// More hangs behind a known cause, or it began or ceased to come and go.
    AlarmChanged {
        /// As it is now.
        alarm: Alarm,
        /// Whether people should be told.
        matters: bool,
    },
    /// A cause is gone.
    AlarmCleared {
        /// The target that was Down.
        cause: TargetId,
        /// When the alarm began, unix milliseconds.
        since_ms: i64,
        /// When it ended, unix milliseconds.
        at_ms: i64,
        /// Why it ended.
        why: Cleared,
    },
    /// We ourselves are cut off.
    IsolationBegan {
        /// The first failed sample of the witness that showed it.
        since: Moment,
        /// What shows it.
        why: CutOff,
    },
    /// We see the network again.
    IsolationEnded {
        /// When it began.
        since: Moment,
        /// The first answered sample.
        ended: Moment,
        /// Unix milliseconds of the decision.
        at_ms: i64,
    },
    /// The wall clock jumped against the monotonic clock. The labels of what goes on have moved
    /// with it.
    ClockStepped {
        /// By how many milliseconds; negative: back.
        by_ms: i64,
        /// Whether those from before the start moved, too. If not, it is the stop that was
        /// longer or shorter by so much.
        before: bool,
    },
}

/// A set of targets that cannot be a fleet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FleetError {
    /// Two targets with one id.
    #[error("target {0} is listed twice")]
    Twice(TargetId),
    /// A parent that is not in the set.
    #[error("target {target} names the parent {parent}, which is not probed")]
    UnknownParent {
        /// The child.
        target: TargetId,
        /// The missing parent.
        parent: TargetId,
    },
}

/// A parent that is left out because it would close a circle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Whose parent it would be.
    pub target: TargetId,
    /// What is left out.
    pub parent: TargetId,
    /// The circle: each lies behind the one after it, the last behind the first.
    pub circle: Vec<TargetId>,
}
