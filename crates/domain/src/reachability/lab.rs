//! A network on paper: targets that answer or not, probed as a prober would.

use super::*;
use crate::id::Id;

pub(super) fn id(n: u16) -> TargetId {
    let mut bytes = [0; 16];
    bytes[14..].copy_from_slice(&n.to_be_bytes());
    TargetId(Id::from_bytes(bytes))
}

pub(super) fn target(n: u16, parent: Option<u16>) -> Target {
    Target {
        id: id(n),
        parents: parent.map(id).into_iter().collect(),
        reference: false,
        centre: false,
        pace: Pace {
            interval_ms: 10_000,
            timeout_ms: 1_000,
            retry_ms: 1_000,
            max_attempts: 3,
            recover_attempts: 2,
            stale_intervals: 3,
        },
    }
}

pub(super) fn reference(n: u16) -> Target {
    Target {
        reference: true,
        ..target(n, None)
    }
}

/// A network that is probed as a prober would: each target every interval, at
/// once when asked, a failure known after the timeout; `dead` decides who answers.
pub(super) struct Lab {
    pub fleet: Fleet,
    pub targets: Vec<Target>,
    pub now: u64,
    /// Wall clock minus monotonic clock.
    pub offset: i64,
    pub queue: std::collections::BTreeSet<(u64, u16)>,
    /// When each has its next regular turn.
    turns: std::collections::HashMap<u16, u64>,
    /// Samples by when they are known.
    arrivals: std::collections::BTreeMap<u64, Vec<Sample>>,
    pub dead: Vec<u16>,
    pub effects: Vec<Effect>,
}

pub(super) fn number(id: TargetId) -> u16 {
    let bytes = id.0.bytes();
    u16::from_be_bytes([bytes[14], bytes[15]])
}

impl Lab {
    pub fn new(targets: Vec<Target>) -> Self {
        Self::with(targets, &[])
    }

    /// As [`Lab::new`], with some that never answer.
    pub fn with(targets: Vec<Target>, mute: &[u16]) -> Self {
        let mut fleet = Fleet::new(Settings::default());
        let at = Moment {
            mono_ms: 0,
            at_ms: 1_800_000_000_000,
        };
        fleet.set_targets(targets.clone(), at).unwrap();
        // Spread over the interval in the order given.
        let count = targets.len() as u64;
        let queue = targets
            .iter()
            .enumerate()
            .map(|(i, t)| (i as u64 * 10_000 / count, number(t.id)))
            .collect();
        let mut lab = Self {
            fleet,
            targets,
            now: 0,
            offset: at.at_ms,
            queue,
            turns: std::collections::HashMap::new(),
            arrivals: std::collections::BTreeMap::new(),
            dead: mute.to_vec(),
            effects: Vec::new(),
        };
        lab.run(11_000);
        for t in lab.targets.iter().filter(|t| !mute.contains(&number(t.id))) {
            assert_eq!(lab.state(number(t.id)), State::Up);
        }
        lab.effects.clear();
        lab
    }

    pub fn moment(&self, mono_ms: u64) -> Moment {
        Moment {
            mono_ms,
            at_ms: self.offset + mono_ms as i64,
        }
    }

    pub fn run(&mut self, ms: u64) {
        let end = self.now + ms;
        let dead: std::collections::HashSet<u16> = self.dead.iter().copied().collect();
        while self.now < end {
            while let Some(&(due, n)) = self.queue.first().filter(|(due, _)| *due <= self.now) {
                self.queue.remove(&(due, n));
                // Asked for out of turn it keeps its turn, as the prober's targets do.
                if self.turns.get(&n).is_none_or(|turn| *turn <= due) {
                    self.turns.insert(n, self.now + 10_000);
                    self.queue.insert((self.now + 10_000, n));
                }
                let (outcome, takes) = if dead.contains(&n) {
                    (Outcome::Failed(Failure::Timeout), 1_000)
                } else {
                    (Outcome::Answered { rtt_us: 1_000 }, 1)
                };
                let sample = Sample {
                    target: id(n),
                    sent: self.moment(self.now),
                    outcome,
                };
                self.arrivals
                    .entry(self.now + takes)
                    .or_default()
                    .push(sample);
            }
            // What is under way when somebody dies or comes back ends as it was sent.
            while let Some(first) = self.arrivals.first_entry().filter(|e| *e.key() <= self.now) {
                for sample in first.remove() {
                    let effects = self.fleet.apply(&sample, self.moment(self.now));
                    self.take(effects);
                }
            }
            if self.now.is_multiple_of(1_000) {
                let effects = self.fleet.tick(self.moment(self.now));
                self.take(effects);
            }
            self.now += 1;
        }
    }

    pub fn take(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            if let Effect::ProbeNow { target, after_ms } = effect {
                self.queue
                    .insert((self.now + u64::from(after_ms) + 1, number(target)));
            } else {
                self.effects.push(effect);
            }
        }
    }

    pub fn state(&self, n: u16) -> State {
        self.fleet.status(id(n)).unwrap().state
    }

    pub fn states(&self) -> Vec<State> {
        self.fleet.statuses().map(|s| s.state).collect()
    }

    pub fn raised(&self) -> Vec<(u16, Vec<u16>)> {
        self.effects
            .iter()
            .filter_map(|e| match e {
                Effect::AlarmRaised(a) => Some((
                    number(a.cause),
                    a.behind.iter().map(|&b| number(b)).collect(),
                )),
                _ => None,
            })
            .collect()
    }

    pub fn cleared(&self) -> Vec<u16> {
        self.effects
            .iter()
            .filter_map(|e| match e {
                Effect::AlarmCleared {
                    cause,
                    why: Cleared::Recovered,
                    ..
                } => Some(number(*cause)),
                _ => None,
            })
            .collect()
    }

    pub fn changes(&self) -> Vec<(u16, State)> {
        self.effects
            .iter()
            .filter_map(|e| match e {
                Effect::StateChanged { target, to, .. } => Some((number(*target), *to)),
                _ => None,
            })
            .collect()
    }
}
