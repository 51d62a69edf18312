//! When each target falls due.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use domain::id::Id;
use observe::collect::{Fault, Pace, Target};

/// The targets of a collector, by when they are asked next.
#[derive(Debug, Default)]
pub(super) struct Plan {
    targets: HashMap<Id, Planned>,
    /// Those that cannot be asked, and whether that was told.
    locked: HashMap<Id, (Fault, bool)>,
}

#[derive(Debug)]
struct Planned {
    target: Target,
    next: Instant,
    /// Since when an answer is waited for.
    asked: Option<Instant>,
    failures: u32,
    /// It changed while it was asked: it is asked again after that.
    again: bool,
}

/// Where in its interval a target that is new falls due: each somewhere else, the same always.
fn phase(id: Id, interval: Duration) -> Duration {
    let [.., a, b] = id.bytes();
    interval.mul_f64(f64::from(u16::from_be_bytes([a, b])) / 65_536.0)
}

impl Plan {
    /// Takes in who is asked now; whoever stays keeps its turn.
    pub(super) fn replace(
        &mut self,
        all: Vec<(Id, Result<Target, Fault>)>,
        interval: Duration,
        now: Instant,
    ) {
        let mut before = std::mem::take(&mut self.targets);
        let told = std::mem::take(&mut self.locked);
        for (id, target) in all {
            let target = match target {
                Ok(target) => target,
                Err(fault) => {
                    let told = told
                        .get(&id)
                        .is_some_and(|(known, told)| *told && *known == fault);
                    self.locked.insert(id, (fault, told));
                    continue;
                }
            };
            let planned = match before.remove(&id) {
                Some(known) => {
                    let asked_at = known.target.asked_at;
                    let same = Target {
                        asked_at,
                        ..target.clone()
                    } == known.target;
                    // With another secret or address it is asked at once.
                    let next = if same { known.next } else { now };
                    Planned {
                        target: Target { asked_at, ..target },
                        next,
                        again: known.again || (!same && known.asked.is_some()),
                        ..known
                    }
                }
                // The first that was ever set is asked at once, those of a start in turn.
                None => Planned {
                    next: match self.is_new() {
                        true => now,
                        false => now + phase(id, interval),
                    },
                    target,
                    asked: None,
                    failures: 0,
                    again: false,
                },
            };
            self.targets.insert(id, planned);
        }
    }

    /// Whether so few are asked that nobody need wait for a turn.
    fn is_new(&self) -> bool {
        self.targets.len() < 8
    }

    /// At most `room` targets that are due, those that wait longest first; they count as asked.
    pub(super) fn due(&mut self, now: Instant, room: usize, now_ms: i64) -> Vec<Target> {
        let mut due: Vec<(Instant, Id)> = (self.targets.iter())
            .filter(|(_, planned)| planned.asked.is_none() && planned.next <= now)
            .map(|(id, planned)| (planned.next, *id))
            .collect();
        due.sort_unstable();
        due.truncate(room);
        let mut out = Vec::with_capacity(due.len());
        for (_, id) in due {
            if let Some(planned) = self.targets.get_mut(&id) {
                planned.asked = Some(now);
                planned.target.asked_at = now_ms;
                out.push(planned.target.clone());
            }
        }
        out
    }

    /// Whether an answer to what was asked then is still waited for.
    pub(super) fn is_asked(&self, id: Id, asked_at: i64) -> bool {
        let planned = self.targets.get(&id);
        planned.is_some_and(|p| p.asked.is_some() && p.target.asked_at == asked_at)
    }

    /// Takes in that a target answered, or did not; the target as it was asked, and how often in
    /// a row it has not answered. None where nobody waits for it.
    pub(super) fn answered(
        &mut self,
        id: Id,
        good: bool,
        pace: &Pace,
        now: Instant,
    ) -> Option<(Target, u32)> {
        let planned = self.targets.get_mut(&id)?;
        let asked = planned.asked.take()?;
        planned.failures = if good { 0 } else { planned.failures + 1 };
        // From when it was asked, so that the rhythm does not slip by what an answer takes.
        planned.next = match std::mem::take(&mut planned.again) {
            true => now,
            false => (asked + pace.after(planned.failures)).max(now),
        };
        Some((planned.target.clone(), planned.failures))
    }

    /// Those of whom nothing came back for so long: their call broke off.
    pub(super) fn overdue(&self, now: Instant, after: Duration) -> Vec<Id> {
        let late = |p: &Planned| p.asked.is_some_and(|asked| now - asked > after);
        let all = self.targets.iter().filter(|(_, planned)| late(planned));
        all.map(|(id, _)| *id).collect()
    }

    /// Those that cannot be asked, each told once.
    pub(super) fn locked(&mut self) -> Vec<(Id, Fault)> {
        let new = self.locked.iter_mut().filter(|(_, (_, told))| !told);
        new.map(|(id, (fault, told))| {
            *told = true;
            (*id, *fault)
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use domain::id::OrganizationId;
    use observe::collect::Secret;

    use super::*;

    fn target(n: u8) -> Target {
        let mut id = [0; 16];
        id[14] = n;
        Target {
            id: Id::from_bytes(id),
            organization: OrganizationId(Id::NIL),
            address: "192.0.2.1:161".parse().unwrap(),
            secret: Secret::new("public".into()),
            asked_at: 0,
        }
    }

    #[test]
    fn each_is_asked_in_its_turn_and_what_is_silent_less_often() {
        let second = Duration::from_secs(1);
        let pace = Pace {
            interval: second * 60,
            longest: second * 900,
            timeout: second * 20,
            batch: 1,
            at_once: 4,
        };
        let start = Instant::now();
        let mut plan = Plan::default();
        let all = |n: u8| (0..n).map(|n| (target(n).id, Ok(target(n)))).collect();
        plan.replace(all(100), pace.interval, start);
        let first = plan.due(start, 100, 5);
        assert!(first.len() < 30, "a start asks not all at once");
        assert_eq!(plan.due(start, 100, 5), [], "none twice");
        let most = (0..60).map(|s| plan.due(start + second * s, 100, 5).len());
        let most: Vec<usize> = most.collect();
        assert_eq!(first.len() + most.iter().sum::<usize>(), 100);
        assert!(most.iter().all(|n| *n < 10), "{most:?}");
        // One answers, one does not.
        let (good, bad) = (target(0).id, target(1).id);
        let asked = |plan: &mut Plan, id: Id, at: Instant| {
            plan.due(at, 100, 6).iter().any(|target| target.id == id)
        };
        let now = start + second * 60;
        assert_eq!(plan.answered(good, true, &pace, now).unwrap().1, 0);
        assert_eq!(plan.answered(good, true, &pace, now), None, "once");
        assert_eq!(plan.answered(bad, false, &pace, now).unwrap().1, 1);
        assert!(asked(&mut plan, good, now + second * 60));
        // With it the other was asked again.
        let mut at = now + second * 60;
        for wait in [120, 240, 480, 900, 900] {
            plan.answered(bad, false, &pace, at).unwrap();
            assert!(!asked(&mut plan, bad, at + second * (wait - 1)));
            at += second * wait;
            assert!(asked(&mut plan, bad, at), "{wait}");
        }
        // With another secret it is asked at once; who is gone is not.
        let other = Target {
            secret: Secret::new("other".into()),
            ..target(1)
        };
        plan.replace(vec![(bad, Ok(other.clone()))], pace.interval, at);
        assert_eq!(plan.due(at, 9, 7), [], "the call before goes on");
        plan.answered(bad, false, &pace, at).unwrap();
        assert_eq!(plan.due(at, 9, 7)[0].secret, other.secret);
        assert_eq!(plan.answered(good, true, &pace, at), None);
        plan.replace(vec![(bad, Err(Fault::Locked))], pace.interval, at);
        assert_eq!(plan.locked(), [(bad, Fault::Locked)]);
        plan.replace(vec![(bad, Err(Fault::Locked))], pace.interval, at);
        assert_eq!(plan.locked(), [], "told once");
    }
}
