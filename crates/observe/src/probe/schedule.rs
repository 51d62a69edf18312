//! When each target is due.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::{Duration, Instant};

use domain::id::TargetId;

use super::ProbeTarget;

/// All targets and when they are due: regularly, spread evenly over the
/// interval, and out of turn when asked for.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    slots: HashMap<TargetId, Slot>,
    queue: BinaryHeap<Reverse<(Instant, TargetId, u64)>>,
    /// Numbers the entries of the queue: one that its slot no longer names is void.
    entry: u64,
    /// How many targets were ever placed; gives the next one its phase.
    placed: u64,
}

#[derive(Debug)]
struct Slot {
    target: ProbeTarget,
    regular: (Instant, u64),
    extra: Option<(Instant, u64)>,
}

impl Schedule {
    /// Replaces all targets; those that stay keep their turn.
    pub(super) fn replace(&mut self, targets: Vec<ProbeTarget>, now: Instant) {
        let mut old = std::mem::take(&mut self.slots);
        for target in targets {
            let slot = match old.remove(&target.id) {
                Some(slot) if slot.target.pace.interval_ms == target.pace.interval_ms => {
                    Slot { target, ..slot }
                }
                _ => {
                    let at = now + interval(&target).mul_f64(self.phase());
                    Slot {
                        target,
                        regular: self.push(at, target.id),
                        extra: None,
                    }
                }
            };
            self.slots.insert(target.id, slot);
        }
        self.shrink();
    }

    /// Has `id` probed at `at`, unless it already is to be by then.
    pub(super) fn ask(&mut self, id: TargetId, at: Instant) {
        let Some(slot) = self.slots.get(&id) else {
            return;
        };
        if slot.extra.is_none_or(|(due, _)| at < due) {
            let extra = self.push(at, id);
            if let Some(slot) = self.slots.get_mut(&id) {
                slot.extra = Some(extra);
            }
            self.shrink();
        }
    }

    /// The next target that is due by `now`. It is due again an interval later.
    pub(super) fn pop(&mut self, now: Instant) -> Option<ProbeTarget> {
        while let Some(&Reverse((due, id, entry))) = self.queue.peek() {
            if due > now {
                return None;
            }
            self.queue.pop();
            let Some(slot) = self.slots.get_mut(&id) else {
                continue;
            };
            let target = slot.target;
            if slot.extra.is_some_and(|(_, e)| e == entry) {
                slot.extra = None;
                return Some(target);
            }
            if slot.regular.1 == entry {
                // Turns missed while we did not run are not made up for.
                let mut next = due + interval(&target);
                if next <= now {
                    next = now + interval(&target);
                }
                let regular = self.push(next, id);
                if let Some(slot) = self.slots.get_mut(&id) {
                    slot.regular = regular;
                }
                return Some(target);
            }
        }
        None
    }

    /// When the next target may be due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.queue.peek().map(|Reverse((due, _, _))| *due)
    }

    pub(super) fn contains(&self, id: TargetId) -> bool {
        self.slots.contains_key(&id)
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    fn push(&mut self, at: Instant, id: TargetId) -> (Instant, u64) {
        self.entry += 1;
        self.queue.push(Reverse((at, id, self.entry)));
        (at, self.entry)
    }

    /// A share of the interval, 0 to 1. Steps of the golden ratio stay evenly
    /// spread however many targets come and go (no bursts).
    fn phase(&mut self) -> f64 {
        const GOLDEN: f64 = 0.618_033_988_749_894_9;
        self.placed += 1;
        (self.placed as f64 * GOLDEN).fract()
    }

    /// Throws void entries away when they outnumber the rest.
    fn shrink(&mut self) {
        if self.queue.len() > 64 + 4 * self.slots.len() {
            let slots = &self.slots;
            self.queue.retain(|Reverse((_, id, entry))| {
                slots.get(id).is_some_and(|slot| {
                    slot.regular.1 == *entry || slot.extra.is_some_and(|(_, e)| e == *entry)
                })
            });
        }
    }
}

fn interval(target: &ProbeTarget) -> Duration {
    Duration::from_millis(u64::from(target.pace.interval_ms.max(100)))
}

#[cfg(test)]
mod tests {
    use domain::id::Id;
    use domain::reachability::Pace;

    use super::*;
    use crate::probe::Method;

    fn targets(n: u32, interval_ms: u32) -> Vec<ProbeTarget> {
        (0..n)
            .map(|i| {
                let mut bytes = [0; 16];
                bytes[..4].copy_from_slice(&i.to_be_bytes());
                ProbeTarget {
                    id: TargetId(Id::from_bytes(bytes)),
                    address: [127, 0, 0, 1].into(),
                    method: Method::Icmp,
                    pace: Pace {
                        interval_ms,
                        ..Pace::default()
                    },
                }
            })
            .collect()
    }

    #[test]
    fn probes_are_spread_evenly_over_the_interval() {
        let mut schedule = Schedule::default();
        let start = Instant::now();
        schedule.replace(targets(1_000, 10_000), start);
        for round in 0..3 {
            for tenth in 0..10 {
                let by = start + Duration::from_millis(round * 10_000 + (tenth + 1) * 1_000 - 1);
                let mut due = 0;
                while schedule.pop(by).is_some() {
                    due += 1;
                }
                // The later rounds slip by up to one step, as pop is late by as much.
                assert!(
                    round > 0 || (98..=102).contains(&due),
                    "round {round}, tenth {tenth}: {due}"
                );
            }
        }
    }

    #[test]
    fn an_extra_turn_comes_once_and_the_sooner_one_counts() {
        let mut schedule = Schedule::default();
        let start = Instant::now();
        let all = targets(1, 60_000);
        schedule.replace(all.clone(), start - Duration::from_secs(60));
        assert!(schedule.pop(start).is_some());
        schedule.ask(all[0].id, start + Duration::from_millis(500));
        schedule.ask(all[0].id, start + Duration::from_millis(200));
        schedule.ask(all[0].id, start + Duration::from_millis(900));
        assert!(schedule.pop(start + Duration::from_millis(199)).is_none());
        assert!(schedule.pop(start + Duration::from_millis(200)).is_some());
        assert!(schedule.pop(start + Duration::from_millis(1_000)).is_none());
    }

    #[test]
    fn targets_that_are_gone_are_not_due_and_asking_is_bounded() {
        let mut schedule = Schedule::default();
        let start = Instant::now();
        let all = targets(10, 1_000);
        schedule.replace(all.clone(), start);
        for i in 0..100_000u64 {
            schedule.ask(all[3].id, start + Duration::from_secs(200_000 - i));
        }
        assert!(schedule.queue.len() < 200);
        schedule.replace(all[..2].to_vec(), start);
        let mut seen = 0;
        while schedule.pop(start + Duration::from_secs(2)).is_some() {
            seen += 1;
        }
        assert_eq!((seen, schedule.len()), (2, 2));
        assert!(!schedule.contains(all[5].id));
    }
}
