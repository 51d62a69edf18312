//! What holds whatever happens.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::lab::{id, target};
use super::*;

/// A tree of `n` targets: target i hangs behind one of the targets before it, or behind none.
fn tree() -> impl Strategy<Value = Vec<Target>> {
    prop::collection::vec((0..100u16, any::<bool>()), 1..12).prop_map(|picks| {
        picks
            .iter()
            .enumerate()
            .map(|(i, &(pick, reference))| {
                let parent = (i > 0 && pick < 80).then(|| pick % i as u16);
                // Some have a second way.
                let second = parent
                    .filter(|_| pick % 3 == 0)
                    .map(|p| id((p + 1) % i as u16));
                let mut target = target(i as u16, parent);
                target.reference = reference && parent.is_none();
                target
                    .parents
                    .extend(second.filter(|s| Some(*s) != parent.map(id)));
                target
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn invariants(
        targets in tree(),
        steps in prop::collection::vec((0..12u16, any::<bool>(), 1..4_000u64, -5_000..5_000i64), 1..300),
    ) {
        let mut fleet = Fleet::new(Settings::default());
        let origin = 1_800_000_000_000i64;
        fleet.set_targets(targets.clone(), Moment { mono_ms: 0, at_ms: origin }).unwrap();
        let mut mono = 0;
        let mut told: BTreeSet<TargetId> = BTreeSet::new();
        let mut cut_off = false;
        let mut known = vec![(State::NoData, 0); targets.len()];
        let mut lost: BTreeSet<TargetId> = BTreeSet::new();
        for (n, up, wait, jump) in steps {
            mono += wait;
            let now = Moment { mono_ms: mono, at_ms: origin + mono as i64 + jump };
            let outcome = if up { Outcome::Answered { rtt_us: 5 } } else { Outcome::Failed(Failure::Timeout) };
            let mut effects = fleet.apply(&Sample { target: id(n), sent: now, outcome }, now);
            effects.extend(fleet.tick(now));
            for effect in effects {
                match effect {
                    Effect::StateChanged { target, from, to, since, .. } => {
                        let i = targets.iter().position(|t| t.id == target).unwrap();
                        // Changes form a chain without gaps, in time.
                        prop_assert_eq!(known[i].0, from);
                        prop_assert_ne!(from, to);
                        prop_assert!(since.mono_ms >= known[i].1 && since.mono_ms <= mono);
                        known[i] = (to, since.mono_ms);
                        // Nothing turns Down while we are cut off.
                        prop_assert!(!(to == State::Down && cut_off));
                        prop_assert!(to != State::Unreachable || !targets[i].parents.is_empty());
                    }
                    Effect::AlarmRaised(alarm) => {
                        prop_assert!(told.insert(alarm.cause), "told twice");
                    }
                    Effect::AlarmChanged { alarm, .. } => prop_assert!(told.contains(&alarm.cause)),
                    Effect::LossBegan(open) => {
                        prop_assert!(lost.insert(open.target), "lost twice");
                        prop_assert!(matches!(open.kind, State::Down | State::Unreachable));
                    }
                    Effect::LossEnded { target, lasted_ms, unseen_ms, .. } => {
                        prop_assert!(lost.remove(&target), "ended but never began");
                        prop_assert!(unseen_ms <= lasted_ms && lasted_ms <= mono);
                    }
                    Effect::AlarmCleared { cause, .. } => {
                        prop_assert!(told.remove(&cause), "cleared but never told");
                        prop_assert_eq!(fleet.status(cause).unwrap().state, State::Up);
                    }
                    Effect::ProbeNow { target, .. } => prop_assert!(fleet.status(target).is_some()),
                    Effect::IsolationBegan { .. } => cut_off = true,
                    Effect::IsolationEnded { .. } => cut_off = false,
                    Effect::ClockStepped { .. } => {}
                }
            }
            prop_assert_eq!(fleet.isolation().is_some(), cut_off);
            let listed: BTreeSet<_> = fleet.alarms().iter().map(|a| a.cause).collect();
            prop_assert_eq!(&listed, &told);
            // Whoever is Down or Unreachable has a loss, and who is Up has none.
            for status in fleet.statuses() {
                let reference = targets.iter().any(|t| t.id == status.target && t.reference);
                match status.state {
                    State::Down | State::Unreachable => {
                        prop_assert!(reference || lost.contains(&status.target));
                    }
                    State::Up => prop_assert!(!lost.contains(&status.target)),
                    State::Isolated | State::NoData => {}
                }
            }
            for (status, (state, _)) in fleet.statuses().zip(&known) {
                prop_assert_eq!(status.state, *state);
            }
        }
    }

    /// Whatever happened before, a network that answers again is all Up, without alarms.
    #[test]
    fn all_is_well_that_answers(
        targets in tree(),
        steps in prop::collection::vec((0..12u16, any::<bool>(), 1..4_000u64), 1..200),
    ) {
        let mut fleet = Fleet::new(Settings::default());
        let at = |mono_ms| Moment { mono_ms, at_ms: mono_ms as i64 };
        fleet.set_targets(targets.clone(), at(0)).unwrap();
        let mut mono = 0;
        for (n, up, wait) in steps {
            mono += wait;
            let outcome = if up { Outcome::Answered { rtt_us: 5 } } else { Outcome::Failed(Failure::Timeout) };
            fleet.apply(&Sample { target: id(n), sent: at(mono), outcome }, at(mono));
            fleet.tick(at(mono));
        }
        for _ in 0..3 {
            for t in &targets {
                mono += 10;
                fleet.apply(&Sample { target: t.id, sent: at(mono), outcome: Outcome::Answered { rtt_us: 5 } }, at(mono));
            }
        }
        fleet.tick(at(mono + 10));
        // What came and went must be calm first.
        for _ in 0..60 {
            mono += 12_000;
            for t in &targets {
                fleet.apply(&Sample { target: t.id, sent: at(mono), outcome: Outcome::Answered { rtt_us: 5 } }, at(mono));
            }
            fleet.tick(at(mono));
        }
        prop_assert!(fleet.statuses().all(|s| s.state == State::Up));
        prop_assert_eq!(fleet.alarms(), vec![]);
        prop_assert_eq!(fleet.isolation(), None);
    }
}
