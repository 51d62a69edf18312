//! All targets together: samples and ticks in, effects out.

use std::collections::{BTreeMap, HashMap};

use super::alarm::Open;
use super::isolation::Witnesses;
use super::node::Node;
use super::{Alarm, CutOff, Effect, FleetError, Moment, Sample, State, Target};
use crate::id::TargetId;

/// What holds for a fleet as a whole.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How long a new cause waits before its alarm is raised, so that the one
    /// alarm already lists what hangs behind; milliseconds.
    pub settle_ms: u32,
    /// A jump of the wall clock smaller than this is not reported; milliseconds.
    pub clock_slack_ms: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            settle_ms: 3_000,
            clock_slack_ms: 2_000,
        }
    }
}

/// What is known of one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The target.
    pub target: TargetId,
    /// Its hard state.
    pub state: State,
    /// Unix milliseconds since when; `None` when it never had one.
    pub since_ms: Option<i64>,
    /// Failed samples in a row, 0 when the newest was answered.
    pub failures: u32,
    /// Round-trip time of the newest sample if it was answered, microseconds.
    pub rtt_us: Option<u32>,
    /// For an Unreachable target: what is Down in front of it.
    pub cause: Option<TargetId>,
}

/// Samples that changed nothing, counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Samples about targets that are not in the fleet (any more).
    pub unknown: u64,
    /// Samples sent before one that was already taken in.
    pub late: u64,
    /// Jumps of the wall clock.
    pub clock_steps: u64,
}

/// All targets, their evidence and their hard states.
#[derive(Debug, Default)]
pub struct Fleet {
    pub(super) settings: Settings,
    pub(super) nodes: Vec<Node>,
    pub(super) index: HashMap<TargetId, u32>,
    pub(super) witnesses: Witnesses,
    pub(super) isolated: Option<Isolation>,
    pub(super) alarms: BTreeMap<u32, Open>,
    /// Nodes to judge again because something in front of them changed.
    pub(super) work: Vec<u32>,
    counts: Counts,
    clock_offset: Option<i64>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Isolation {
    pub since: Moment,
    /// An answer to a probe sent from here on ends it.
    pub from_mono: u64,
    pub why: CutOff,
}

impl Fleet {
    /// A fleet without targets.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }

    /// Replaces all targets. What is known of a target that stays, stays.
    ///
    /// # Errors
    /// When an id comes twice, a parent is missing or parents form a cycle;
    /// the fleet is then as it was.
    pub fn set_targets(
        &mut self,
        targets: Vec<Target>,
        now: Moment,
    ) -> Result<Vec<Effect>, FleetError> {
        let index = index_of(&targets)?;
        let parents = parents_of(&targets, &index)?;
        refuse_cycles(&targets, &parents)?;

        let mut effects = Vec::new();
        let old_ids: Vec<TargetId> = self.nodes.iter().map(|n| n.target.id).collect();
        let mut old: HashMap<TargetId, Node> =
            self.nodes.drain(..).map(|n| (n.target.id, n)).collect();
        for target in targets {
            let node = match old.remove(&target.id) {
                Some(node) => Node {
                    target,
                    parent: None,
                    children: Vec::new(),
                    ..node
                },
                None => Node::new(target),
            };
            self.nodes.push(node);
        }
        for (i, parent) in parents.iter().enumerate() {
            self.nodes[i].parent = *parent;
            if let Some(p) = parent {
                self.nodes[*p as usize].children.push(i as u32);
            }
        }
        for (was, mut open) in std::mem::take(&mut self.alarms) {
            let cause = old_ids[was as usize];
            if let Some(&now_at) = index.get(&cause) {
                open.dirty = true;
                self.alarms.insert(now_at, open);
            } else if open.raised.is_some() {
                effects.push(Effect::AlarmCleared {
                    cause,
                    since_ms: open.since_ms,
                    at_ms: now.at_ms.max(open.since_ms),
                    why: super::Cleared::Removed,
                });
            }
        }
        self.index = index;
        self.witnesses = Witnesses::count(&self.nodes);
        self.work.clear();
        Ok(effects)
    }

    /// Takes over a hard state known from before a restart. A restored Down has
    /// its alarm: it was raised then and is not raised again.
    pub fn restore(
        &mut self,
        target: TargetId,
        state: State,
        since_ms: i64,
        alarm_since_ms: Option<i64>,
        now: Moment,
    ) {
        let Some(&i) = self.index.get(&target) else {
            return;
        };
        let node = &mut self.nodes[i as usize];
        node.state = state;
        node.since_ms = since_ms;
        node.since_mono = now.mono_ms;
        if let Some(since_ms) = alarm_since_ms {
            self.alarms.insert(i, Open::restored(since_ms));
        }
        self.witnesses = Witnesses::count(&self.nodes);
    }

    /// Takes in one sample. Of two samples about a target the one sent later
    /// counts; one that comes after a later one changes nothing.
    pub fn apply(&mut self, sample: &Sample, now: Moment) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.watch_clock(now, &mut effects);
        let Some(&i) = self.index.get(&sample.target) else {
            self.counts.unknown += 1;
            return effects;
        };
        let node = &self.nodes[i as usize];
        if node
            .last_sample
            .is_some_and(|last| sample.sent.mono_ms < last)
        {
            self.counts.late += 1;
            return effects;
        }
        self.with(i, |n| n.observe(sample.sent, sample.outcome));
        if sample.outcome.answered() {
            self.answered(i, sample.sent, now, &mut effects);
        } else {
            self.failed(i, now, &mut effects);
        }
        self.drain_work(now, &mut effects);
        effects
    }

    /// Lets time pass: targets without samples turn to no data, waits for a
    /// parent end, alarms are raised and brought up to date. Once a second is right.
    pub fn tick(&mut self, now: Moment) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.watch_clock(now, &mut effects);
        for i in 0..self.nodes.len() as u32 {
            let node = &self.nodes[i as usize];
            let pace = node.pace();
            let patience = u64::from(pace.interval_ms) * u64::from(pace.stale_intervals.max(1))
                + u64::from(pace.timeout_ms);
            let last = node.last_sample.unwrap_or(node.since_mono);
            if node.state != State::NoData && now.mono_ms > last + patience {
                self.with(i, Node::forget);
                self.set_state(i, State::NoData, now, now.at_ms, &mut effects);
            } else if node.asked.is_some() {
                self.work.push(i);
            }
        }
        // The last is judged first: are we cut off ourselves?
        let nodes = &self.nodes;
        self.work.sort_by_key(|&i| nodes[i as usize].is_root());
        self.drain_work(now, &mut effects);
        self.flush_alarms(now, &mut effects);
        effects
    }

    /// What is known of `target`.
    pub fn status(&self, target: TargetId) -> Option<Status> {
        self.index.get(&target).map(|&i| self.status_at(i))
    }

    /// What is known of every target, in the order of [`Fleet::set_targets`].
    pub fn statuses(&self) -> impl Iterator<Item = Status> + '_ {
        (0..self.nodes.len() as u32).map(|i| self.status_at(i))
    }

    /// The alarms that are raised, as they were last told.
    pub fn alarms(&self) -> Vec<Alarm> {
        self.alarms
            .iter()
            .filter_map(|(&i, open)| self.told(i, open))
            .collect()
    }

    /// Since when (unix milliseconds) and why we are cut off, if we are.
    pub fn isolation(&self) -> Option<(i64, CutOff)> {
        self.isolated.map(|i| (i.since.at_ms, i.why))
    }

    /// Samples that changed nothing.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Number of targets.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are no targets.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    fn status_at(&self, i: u32) -> Status {
        let node = &self.nodes[i as usize];
        Status {
            target: node.target.id,
            state: node.state,
            since_ms: (node.since_ms != i64::MIN).then_some(node.since_ms),
            failures: node.failures,
            rtt_us: node.rtt_us,
            cause: match node.state {
                State::Unreachable => self.cause_of(i).map(|c| self.nodes[c as usize].target.id),
                _ => None,
            },
        }
    }

    /// Changes a node and keeps the count of witnesses right.
    pub(super) fn with(&mut self, i: u32, change: impl FnOnce(&mut Node)) {
        let node = &mut self.nodes[i as usize];
        self.witnesses.leave(i, node);
        change(node);
        self.witnesses.enter(i, node);
    }

    fn watch_clock(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let offset = now.at_ms.saturating_sub_unsigned(now.mono_ms);
        let by_ms = offset - self.clock_offset.unwrap_or(offset);
        // Small differences are summed up: the offset moves only with a report.
        if by_ms.unsigned_abs() > u64::from(self.settings.clock_slack_ms) {
            self.counts.clock_steps += 1;
            effects.push(Effect::ClockStepped { by_ms });
            self.clock_offset = Some(offset);
        } else if self.clock_offset.is_none() {
            self.clock_offset = Some(offset);
        }
    }
}

fn index_of(targets: &[Target]) -> Result<HashMap<TargetId, u32>, FleetError> {
    let mut index = HashMap::with_capacity(targets.len());
    for (i, target) in targets.iter().enumerate() {
        if index.insert(target.id, i as u32).is_some() {
            return Err(FleetError::Twice(target.id));
        }
    }
    Ok(index)
}

fn parents_of(
    targets: &[Target],
    index: &HashMap<TargetId, u32>,
) -> Result<Vec<Option<u32>>, FleetError> {
    targets
        .iter()
        .map(|t| match t.parent {
            None => Ok(None),
            Some(parent) => index
                .get(&parent)
                .map(|&p| Some(p))
                .ok_or(FleetError::UnknownParent {
                    target: t.id,
                    parent,
                }),
        })
        .collect()
}

fn refuse_cycles(targets: &[Target], parents: &[Option<u32>]) -> Result<(), FleetError> {
    // Walk up from every target; a walk that meets itself is a cycle, one that
    // meets an earlier walk is fine.
    let mut seen_in = vec![usize::MAX; parents.len()];
    for start in 0..parents.len() {
        let mut at = start;
        while seen_in[at] == usize::MAX {
            seen_in[at] = start;
            match parents[at] {
                Some(p) => at = p as usize,
                None => break,
            }
        }
        if parents[at].is_some() && seen_in[at] == start {
            let mut path = vec![targets[at].id];
            let mut next = parents[at];
            while let Some(p) = next.filter(|&p| p as usize != at) {
                path.push(targets[p as usize].id);
                next = parents[p as usize];
            }
            return Err(FleetError::Cycle { path });
        }
    }
    Ok(())
}
