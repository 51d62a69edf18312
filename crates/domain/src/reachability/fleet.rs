//! All targets together: samples and ticks in, effects out.

use std::collections::{BTreeMap, HashMap};

use super::alarm::{Falls, Pending};
use super::clock::Start;
use super::isolation::Witnesses;
use super::node::Node;
use super::tree::{index_of, parents_of};
use super::{Alarm, Cut, CutOff, Effect, Ended, FleetError, Loss, Moment, Sample, State, Target};
use crate::id::TargetId;

/// What holds for a fleet as a whole.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How long a new cause waits before its alarm is raised, so that the one
    /// alarm already lists what hangs behind; milliseconds.
    pub settle_ms: u32,
    /// So many losses within [`Settings::flap_window_ms`] are a target that comes and goes.
    pub flap_falls: u8,
    /// Milliseconds.
    pub flap_window_ms: u32,
    /// Milliseconds in one state after which it no longer comes and goes.
    pub flap_calm_ms: u32,
    /// and is down for good when it has been down for so long.
    pub flap_down_ms: u32,
    /// A jump of the wall clock smaller than this is not reported; milliseconds.
    pub clock_slack_ms: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            settle_ms: 3_000,
            flap_falls: 3,
            flap_window_ms: 900_000,
            flap_calm_ms: 600_000,
            flap_down_ms: 180_000,
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
    /// Probes that this machine did not send.
    pub unsent: u64,
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
    pub(super) alarms: BTreeMap<u32, Pending>,
    pub(super) losses: BTreeMap<u32, Loss>,
    pub(super) falls: HashMap<TargetId, Falls>,
    cuts: Vec<Cut>,
    /// Nodes to judge again because something in front of them changed.
    pub(super) work: Vec<u32>,
    pub(super) counts: Counts,
    pub(super) clock_offset: Option<i64>,
    pub(super) start: Option<Start>,
}

/// What was known of a target before a restart.
#[derive(Clone, Debug)]
pub struct Restored {
    /// Its hard state.
    pub state: State,
    /// Unix milliseconds since when.
    pub since_ms: i64,
    /// Unix milliseconds up to when it was seen.
    pub seen_ms: i64,
    /// A loss that had not ended: Down or Unreachable, and since when (unix milliseconds).
    pub loss: Option<(State, i64)>,
    /// An alarm that was told and had not ended.
    pub alarm: Option<Alarm>,
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

    /// Replaces all targets. What is known of a target that stays, stays; where its way changed,
    /// what fails is judged by newer failures. Parents that lead
    /// back to their children are left out and named by [`Fleet::cuts`].
    ///
    /// # Errors
    /// When an id comes twice or a parent is missing; the fleet is then as it was.
    pub fn set_targets(
        &mut self,
        targets: Vec<Target>,
        now: Moment,
    ) -> Result<Vec<Effect>, FleetError> {
        let index = index_of(&targets)?;
        let (parents, cuts) = parents_of(&targets, &index)?;
        self.cuts = cuts;
        let offset = now.at_ms.saturating_sub_unsigned(now.mono_ms);
        self.clock_offset.get_or_insert(offset);

        let mut effects = Vec::new();
        let ways = self.ways_by_id();
        let old_ids: Vec<TargetId> = self.nodes.iter().map(|n| n.target.id).collect();
        let mut old: HashMap<TargetId, Node> =
            self.nodes.drain(..).map(|n| (n.target.id, n)).collect();
        for target in targets {
            let node = match old.remove(&target.id) {
                Some(node) => Node {
                    target,
                    parents: Vec::new(),
                    children: Vec::new(),
                    ..node
                },
                None => Node::new(target),
            };
            self.nodes.push(node);
        }
        for (i, of) in parents.into_iter().enumerate() {
            for &p in &of {
                self.nodes[p as usize].children.push(i as u32);
            }
            self.nodes[i].parents = of;
        }
        for (was, loss) in std::mem::take(&mut self.losses) {
            let target = old_ids[was as usize];
            if let Some(&now_at) = index.get(&target) {
                self.losses.insert(now_at, loss);
            } else {
                effects.push(loss.over(target, now, Ended::Removed));
            }
        }
        for (was, mut alarm) in std::mem::take(&mut self.alarms) {
            let cause = old_ids[was as usize];
            if let Some(&now_at) = index.get(&cause) {
                alarm.dirty = true;
                self.alarms.insert(now_at, alarm);
            } else if alarm.raised {
                effects.push(Effect::AlarmCleared {
                    cause,
                    since_ms: alarm.since.at_ms,
                    at_ms: now.at_ms,
                    why: super::Cleared::Removed,
                });
            }
        }
        self.falls.retain(|id, _| index.contains_key(id));
        self.index = index;
        self.witnesses = Witnesses::count(&self.nodes);
        self.work.clear();
        self.try_changed_ways(&ways, now, &mut effects);
        Ok(effects)
    }

    /// Parents that were left out because they would close a circle.
    pub fn cuts(&self) -> &[Cut] {
        &self.cuts
    }

    /// Takes over a hard state known from before a restart. A Down without an alarm was not
    /// told before the program ended: its alarm is raised once it has settled.
    pub fn restore(&mut self, target: TargetId, known: &Restored, now: Moment) {
        let Some(&i) = self.index.get(&target) else {
            return;
        };
        // Up to the start no clock is known to have been set.
        let stop_ms = now.at_ms.saturating_sub(known.seen_ms);
        let shortest = self
            .start
            .map_or(stop_ms, |start| start.stop_ms.min(stop_ms));
        self.start = Some(Start::new(now.mono_ms, shortest));
        let node = &mut self.nodes[i as usize];
        node.state = known.state;
        node.since = Some(Moment {
            mono_ms: now.mono_ms,
            at_ms: known.since_ms,
        });
        node.dead = now.mono_ms;
        if let Some((kind, began_ms)) = known.loss {
            let loss = Loss::restored(kind, began_ms, known.seen_ms, now);
            self.losses.insert(i, loss);
        }
        match &known.alarm {
            Some(alarm) => {
                // One whose end was not written ends with the first answer.
                if known.state == State::Up && !alarm.flapping {
                    node.state = State::NoData;
                }
                self.alarms.insert(i, Pending::restored(alarm, now));
            }
            None if known.state == State::Down => {
                let since = Moment {
                    mono_ms: now.mono_ms,
                    at_ms: known.loss.map_or(known.since_ms, |(_, began)| began),
                };
                self.expect_alarm(i, 0, since, now);
            }
            None => {}
        }
        self.remember_ways(i, now);
        self.witnesses = Witnesses::count(&self.nodes);
    }

    /// Takes in one sample. Of two samples about a target the one sent later counts; one
    /// that comes after a later one changes nothing, and neither does one that was not sent.
    pub fn apply(&mut self, sample: &Sample, now: Moment) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.watch_clock(now, &mut effects);
        let sent = self.labelled(sample.sent);
        let Some(&i) = self.index.get(&sample.target) else {
            self.counts.unknown += 1;
            return effects;
        };
        if !sample.outcome.was_sent() {
            self.counts.unsent += 1;
            return effects;
        }
        let node = &self.nodes[i as usize];
        if node
            .last_sample
            .is_some_and(|last| sent.mono_ms < last.mono_ms)
        {
            self.counts.late += 1;
            return effects;
        }
        // A machine that slept looked at nothing meanwhile, whoever answers first.
        self.forget_stale(i, sent.mono_ms, now, &mut effects);
        let node = &self.nodes[i as usize];
        let was_cut = !node.answering && (node.exhausted.is_some() || node.is_dead());
        let mut counts = true;
        self.with(i, |n| counts = n.observe(sent, sample.outcome));
        if sample.outcome.answered() {
            self.answered(i, sent, was_cut, now, &mut effects);
        } else {
            self.failed(i, counts, now, &mut effects);
        }
        self.drain_work(now, &mut effects);
        effects
    }

    /// Whether a target had no sample for too long before `until`: of that time nobody knows.
    fn forget_stale(
        &mut self,
        i: u32,
        until_mono_ms: u64,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let node = &self.nodes[i as usize];
        let pace = node.pace();
        let patience = u64::from(pace.interval_ms) * u64::from(pace.stale_intervals.max(1))
            + u64::from(pace.timeout_ms);
        let last = node.last_sample.or(node.since).unwrap_or(now);
        let stale = node.state != State::NoData && until_mono_ms > last.mono_ms + patience;
        if stale {
            self.with(i, Node::forget);
            self.set_state(i, State::NoData, last, now, effects);
        }
        stale
    }

    /// Lets time pass: targets without samples turn to no data, waits for a
    /// parent end, alarms are raised and brought up to date. Once a second is right.
    pub fn tick(&mut self, now: Moment) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.watch_clock(now, &mut effects);
        for i in 0..self.nodes.len() as u32 {
            if !self.forget_stale(i, now.mono_ms, now, &mut effects)
                && self.nodes[i as usize].asked.is_some()
            {
                self.work.push(i);
            }
        }
        // The last is judged first: are we cut off ourselves?
        let nodes = &self.nodes;
        self.work.sort_by_key(|&i| nodes[i as usize].is_root());
        self.drain_work(now, &mut effects);
        self.calm_down(now, &mut effects);
        self.flush_alarms(now, &mut effects);
        effects
    }

    /// Up to when the state of `target` is settled: it held at least until then.
    pub fn settled(&self, target: TargetId, now: Moment) -> Option<Moment> {
        let node = &self.nodes[*self.index.get(&target)? as usize];
        if node.state != State::NoData || node.failures > 0 || node.answering {
            return node.settled();
        }
        // A probe that is still under way may end the time without data.
        let under_way = u64::from(node.pace().timeout_ms) + 2_000;
        let back = under_way.min(now.mono_ms);
        Some(Moment {
            mono_ms: now.mono_ms - back,
            at_ms: now.at_ms.saturating_sub_unsigned(back),
        })
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
            .filter_map(|(&i, alarm)| self.told(i, alarm))
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
            since_ms: node.since.map(|since| since.at_ms),
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
}
