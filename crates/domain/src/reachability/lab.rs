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
        parent: parent.map(id),
        reference: false,
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
    pub dead: Vec<u16>,
    pub effects: Vec<Effect>,
}

fn number(id: TargetId) -> u16 {
    let bytes = id.0.bytes();
    u16::from_be_bytes([bytes[14], bytes[15]])
}

impl Lab {
    pub fn new(targets: Vec<Target>) -> Self {
        let mut fleet = Fleet::new(Settings::default());
        let at = Moment {
            mono_ms: 0,
            at_ms: 1_800_000_000_000,
        };
        fleet.set_targets(targets.clone(), at).unwrap();
        // Spread over the interval in the order given.
        let step = 10_000 / targets.len() as u64;
        let queue = targets
            .iter()
            .enumerate()
            .map(|(i, t)| (i as u64 * step, number(t.id)))
            .collect();
        let mut lab = Self {
            fleet,
            targets,
            now: 0,
            offset: at.at_ms,
            queue,
            dead: Vec::new(),
            effects: Vec::new(),
        };
        lab.run(11_000);
        for t in &lab.targets {
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
        let mut arrivals: Vec<(u64, Sample)> = Vec::new();
        while self.now < end {
            while let Some(&(due, n)) = self.queue.first().filter(|(due, _)| *due <= self.now) {
                self.queue.remove(&(due, n));
                if !self.queue.iter().any(|&(_, m)| m == n) {
                    self.queue.insert((self.now + 10_000, n));
                }
                let answers = !self.dead.contains(&n);
                let (outcome, takes) = if answers {
                    (Outcome::Answered { rtt_us: 1_000 }, 1)
                } else {
                    (Outcome::Failed(Failure::Timeout), 1_000)
                };
                let sent = self.moment(self.now);
                arrivals.push((
                    self.now + takes,
                    Sample {
                        target: id(n),
                        sent,
                        outcome,
                    },
                ));
            }
            arrivals.sort_by_key(|(at, _)| *at);
            while arrivals.first().is_some_and(|(at, _)| *at <= self.now) {
                let (_, sample) = arrivals.remove(0);
                let effects = self.fleet.apply(&sample, self.moment(self.now));
                self.take(effects);
            }
            if self.now.is_multiple_of(1_000) {
                let effects = self.fleet.tick(self.moment(self.now));
                self.take(effects);
            }
            self.now += 1;
        }
        // What is still under way is lost with the lab's step; nothing relies on it.
    }

    fn take(&mut self, effects: Vec<Effect>) {
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
