//! Named situations, told step by step.

use super::lab::{Lab, id, reference, target};
use super::*;

/// A gateway (1), two hubs (10, 20), three sites behind the first, one of which has a device.
fn province() -> Vec<Target> {
    vec![
        reference(1),
        target(10, None),
        target(20, None),
        target(11, Some(10)),
        target(12, Some(10)),
        target(13, Some(10)),
        target(131, Some(13)),
    ]
}

#[test]
fn a_leaf_dies_and_comes_back() {
    let mut lab = Lab::new(province());
    lab.dead = vec![11];
    lab.run(30_000);
    assert_eq!(lab.state(11), State::Down);
    assert_eq!(lab.raised(), [(11, vec![])]);
    lab.dead.clear();
    lab.run(15_000);
    assert_eq!(lab.state(11), State::Up);
    assert_eq!(lab.cleared(), [11]);
    assert_eq!(lab.changes(), [(11, State::Down), (11, State::Up)]);
}

#[test]
fn a_dead_hub_is_one_alarm_that_lists_what_hangs_behind() {
    let mut lab = Lab::new(province());
    lab.dead = vec![10, 11, 12, 13, 131];
    lab.run(40_000);
    assert_eq!(lab.raised(), [(10, vec![11, 12, 13, 131])]);
    assert_eq!(lab.state(10), State::Down);
    for n in [11, 12, 13, 131] {
        assert_eq!(lab.state(n), State::Unreachable);
        assert_eq!(lab.fleet.status(id(n)).unwrap().cause, Some(id(10)));
    }
    assert!(
        !lab.changes()
            .iter()
            .any(|&(n, to)| n != 10 && to == State::Down)
    );
    assert_eq!(lab.state(20), State::Up);
    assert_eq!(lab.fleet.isolation(), None);
}

#[test]
fn a_child_noticed_first_waits_for_its_parent() {
    // The child is probed every second, the hub only every ten.
    let mut lab = Lab::new(province());
    lab.dead = vec![10, 11, 12, 13, 131];
    for _ in 0..5 {
        lab.queue.insert((lab.now + 1, 12));
        lab.run(1_000);
    }
    lab.run(20_000);
    let announced: Vec<_> = lab.changes();
    assert_eq!(announced[0], (10, State::Down));
    assert!(
        announced[1..]
            .iter()
            .all(|&(_, to)| to == State::Unreachable)
    );
    assert_eq!(lab.raised().len(), 1);
}

#[test]
fn the_hub_recovers_before_a_child_that_is_dead_itself() {
    let mut lab = Lab::new(province());
    lab.dead = vec![10, 11, 12, 13, 131];
    lab.run(40_000);
    lab.effects.clear();
    lab.dead = vec![12];
    lab.run(40_000);
    assert_eq!(lab.cleared(), [10]);
    assert_eq!(lab.raised(), [(12, vec![])]);
    assert_eq!(lab.state(12), State::Down);
    for n in [10, 11, 13, 131] {
        assert_eq!(lab.state(n), State::Up);
    }
}

#[test]
fn a_child_that_answers_shows_that_its_dead_parent_lets_traffic_through() {
    // The hub stops answering probes (a filter), but passes traffic on: a site
    // that then dies behind it has an alarm of its own.
    let mut lab = Lab::new(province());
    lab.dead = vec![10];
    lab.run(40_000);
    assert_eq!(lab.state(10), State::Down);
    assert_eq!(lab.state(11), State::Up);
    lab.dead = vec![10, 12];
    lab.run(60_000);
    assert_eq!(lab.state(12), State::Down);
    assert_eq!(lab.raised(), [(10, vec![]), (12, vec![])]);
}

#[test]
fn flapping_faster_than_the_attempts_changes_nothing() {
    let mut lab = Lab::new(province());
    for _ in 0..30 {
        lab.dead = vec![11];
        lab.run(1_500);
        lab.dead.clear();
        lab.run(1_500);
    }
    assert_eq!(lab.changes(), []);
    assert_eq!(lab.raised(), []);
}

#[test]
fn a_recovery_must_be_repeated_to_be_believed() {
    let mut fleet = Fleet::new(Settings::default());
    let at = |mono_ms| Moment {
        mono_ms,
        at_ms: mono_ms as i64,
    };
    fleet.set_targets(vec![target(1, None)], at(0)).unwrap();
    let mut mono = 0;
    let mut sample = |fleet: &mut Fleet, up: bool| {
        mono += 1_000;
        let outcome = if up {
            Outcome::Answered { rtt_us: 1 }
        } else {
            Outcome::Failed(Failure::Timeout)
        };
        fleet.apply(
            &Sample {
                target: id(1),
                sent: at(mono),
                outcome,
            },
            at(mono),
        );
        fleet.status(id(1)).unwrap().state
    };
    let seen: Vec<_> = [true, false, false, false, true, false, true, true]
        .map(|up| sample(&mut fleet, up))
        .into();
    use State::{Down, Up};
    assert_eq!(seen, [Up, Up, Up, Down, Down, Down, Down, Up]);
}

#[test]
fn when_the_gateway_and_all_fail_it_is_we_who_are_cut_off() {
    let mut lab = Lab::new(province());
    lab.dead = vec![1, 10, 20, 11, 12, 13, 131];
    lab.run(60_000);
    assert!(lab.fleet.isolation().is_some());
    assert_eq!(lab.raised(), []);
    assert!(
        lab.states().iter().all(|&s| s == State::Isolated),
        "{:?}",
        lab.states()
    );
    assert!(!lab.changes().iter().any(|&(_, to)| to == State::Down));
    lab.dead.clear();
    lab.run(20_000);
    assert_eq!(lab.fleet.isolation(), None);
    assert!(
        lab.states().iter().all(|&s| s == State::Up),
        "{:?}",
        lab.states()
    );
    assert_eq!(lab.raised(), []);
    let marks: Vec<_> = lab
        .effects
        .iter()
        .filter(|e| {
            matches!(
                e,
                Effect::IsolationBegan { .. } | Effect::IsolationEnded { .. }
            )
        })
        .collect();
    assert_eq!(marks.len(), 2);
}

#[test]
fn all_roots_at_once_is_isolation_even_if_the_gateway_answers() {
    let mut lab = Lab::new(province());
    lab.dead = vec![10, 20, 11, 12, 13, 131];
    lab.run(60_000);
    assert_eq!(
        lab.fleet.isolation().map(|(_, why)| why),
        Some(CutOff::Roots)
    );
    assert_eq!(lab.raised(), []);
    assert_eq!(lab.state(1), State::Up);
}

#[test]
fn roots_that_die_one_after_the_other_are_not_isolation() {
    let mut lab = Lab::new(province());
    lab.dead = vec![20];
    lab.run(60_000);
    lab.dead = vec![20, 10, 11, 12, 13, 131];
    lab.run(60_000);
    assert_eq!(lab.fleet.isolation(), None);
    assert_eq!(lab.raised(), [(20, vec![]), (10, vec![11, 12, 13, 131])]);
}

#[test]
fn a_gateway_that_does_not_answer_probes_is_not_isolation() {
    let mut lab = Lab::new(province());
    lab.dead = vec![1];
    lab.run(60_000);
    assert_eq!(lab.state(1), State::Down);
    assert_eq!(lab.state(10), State::Up);
    assert_eq!(lab.raised(), [], "a reference has no alarm of its own");
    let ended = lab
        .effects
        .iter()
        .filter(|e| matches!(e, Effect::IsolationEnded { .. }))
        .count();
    let began = lab
        .effects
        .iter()
        .filter(|e| matches!(e, Effect::IsolationBegan { .. }))
        .count();
    assert_eq!((began, ended), (0, 0));
}

#[test]
fn an_alarm_outlives_our_isolation_without_being_told_twice() {
    let mut lab = Lab::new(province());
    lab.dead = vec![11];
    lab.run(30_000);
    lab.dead = vec![1, 10, 20, 11, 12, 13, 131];
    lab.run(60_000);
    assert_eq!(lab.state(11), State::Isolated);
    lab.dead = vec![11];
    lab.run(40_000);
    assert_eq!(lab.state(11), State::Down);
    assert_eq!(lab.raised(), [(11, vec![])]);
    assert_eq!(lab.cleared(), Vec::<u16>::new());
}

#[test]
fn silence_becomes_no_data_and_is_neither_up_nor_down() {
    let mut lab = Lab::new(vec![target(1, None), target(2, Some(1))]);
    lab.queue.clear();
    lab.run(60_000);
    assert_eq!(lab.states(), [State::NoData, State::NoData]);
    assert_eq!(lab.raised(), []);
    lab.queue.extend([(lab.now, 1), (lab.now, 2)]);
    lab.run(2_000);
    assert_eq!(lab.states(), [State::Up, State::Up]);
}

#[test]
fn a_child_whose_parent_nobody_looks_after_is_announced_all_the_same() {
    let mut fleet = Fleet::new(Settings::default());
    let at = |mono_ms| Moment {
        mono_ms,
        at_ms: mono_ms as i64,
    };
    fleet
        .set_targets(vec![target(1, None), target(2, Some(1))], at(0))
        .unwrap();
    for mono in [1_000, 2_000, 3_000] {
        let outcome = Outcome::Failed(Failure::Timeout);
        let effects = fleet.apply(
            &Sample {
                target: id(2),
                sent: at(mono),
                outcome,
            },
            at(mono + 1_000),
        );
        let asked = effects.contains(&Effect::ProbeNow {
            target: id(1),
            after_ms: 0,
        });
        assert!(asked, "the parent is asked until it is known");
    }
    assert_eq!(fleet.status(id(2)).unwrap().state, State::NoData);
    fleet.tick(at(9_000));
    assert_eq!(fleet.status(id(2)).unwrap().state, State::Down);
}

#[test]
fn a_clock_set_back_changes_no_state_and_no_order() {
    let mut lab = Lab::new(province());
    lab.dead = vec![11];
    lab.run(30_000);
    lab.offset -= 3_600_000;
    lab.dead.clear();
    lab.run(30_000);
    assert_eq!(lab.state(11), State::Up);
    assert!(lab.effects.contains(&Effect::ClockStepped {
        by_ms: -3_600_000,
        before: true
    }));
    let times: Vec<_> = lab
        .effects
        .iter()
        .filter_map(|e| match e {
            Effect::StateChanged { since, .. } => Some(since.mono_ms),
            _ => None,
        })
        .collect();
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(lab.fleet.counts().late, 0);
}

#[test]
fn a_late_sample_is_counted_and_ignored() {
    let mut fleet = Fleet::new(Settings::default());
    let at = |mono_ms| Moment {
        mono_ms,
        at_ms: mono_ms as i64,
    };
    fleet.set_targets(vec![target(1, None)], at(0)).unwrap();
    let answered = Outcome::Answered { rtt_us: 1 };
    fleet.apply(
        &Sample {
            target: id(1),
            sent: at(5_000),
            outcome: answered,
        },
        at(5_001),
    );
    let late = Sample {
        target: id(1),
        sent: at(4_000),
        outcome: Outcome::Failed(Failure::Timeout),
    };
    assert_eq!(fleet.apply(&late, at(5_002)), []);
    assert_eq!(fleet.status(id(1)).unwrap().failures, 0);
    let stranger = Sample {
        target: id(9),
        sent: at(6_000),
        outcome: answered,
    };
    assert_eq!(fleet.apply(&stranger, at(6_001)), []);
    assert_eq!((fleet.counts().late, fleet.counts().unknown), (1, 1));
}

#[test]
fn sets_that_are_no_fleet_are_refused_and_change_nothing() {
    let mut fleet = Fleet::new(Settings::default());
    let now = Moment {
        mono_ms: 0,
        at_ms: 0,
    };
    fleet.set_targets(vec![target(1, None)], now).unwrap();
    assert_eq!(
        fleet.set_targets(vec![target(1, Some(7))], now),
        Err(FleetError::UnknownParent {
            target: id(1),
            parent: id(7)
        })
    );
    assert_eq!(
        fleet.set_targets(vec![target(1, None), target(1, None)], now),
        Err(FleetError::Twice(id(1)))
    );
    assert_eq!(fleet.len(), 1);
    // One that is its own parent is a circle of one.
    fleet.set_targets(vec![target(1, Some(1))], now).unwrap();
    assert_eq!(fleet.cuts()[0].circle, [id(1)]);
}

#[test]
fn replacing_the_targets_keeps_what_is_known_and_closes_what_is_gone() {
    let mut lab = Lab::new(province());
    lab.dead = vec![11, 12];
    lab.run(40_000);
    assert_eq!(lab.raised().len(), 2);
    let fewer: Vec<_> = province()
        .into_iter()
        .filter(|t| t.id != id(11))
        .rev()
        .collect();
    let effects = lab.fleet.set_targets(fewer, lab.moment(lab.now)).unwrap();
    assert!(matches!(
        effects[..],
        [
            Effect::LossEnded { target, why: Ended::Removed, .. },
            Effect::AlarmCleared { cause, why: Cleared::Removed, .. }
        ] if cause == id(11) && target == cause
    ));
    assert_eq!(lab.state(12), State::Down);
    assert_eq!(lab.fleet.alarms().len(), 1);
    lab.effects.clear();
    lab.dead.clear();
    lab.queue.retain(|&(_, n)| n != 11);
    lab.run(30_000);
    assert_eq!(lab.cleared(), [12]);
}

#[test]
fn a_restored_down_is_not_raised_again() {
    let mut fleet = Fleet::new(Settings::default());
    let at = |mono_ms| Moment {
        mono_ms,
        at_ms: 1_000_000 + mono_ms as i64,
    };
    fleet.set_targets(vec![target(1, None)], at(0)).unwrap();
    let known = Restored {
        state: State::Down,
        since_ms: 890_000,
        seen_ms: 990_000,
        loss: Some((State::Down, 890_000)),
        alarm: Some(Alarm {
            cause: id(1),
            since_ms: 890_000,
            behind: vec![],
            flapping: false,
        }),
    };
    fleet.restore(id(1), &known, at(0));
    assert_eq!(fleet.tick(at(1_000)), []);
    let mut effects = Vec::new();
    for mono in [2_000, 3_000] {
        let outcome = Outcome::Answered { rtt_us: 1 };
        effects.extend(fleet.apply(
            &Sample {
                target: id(1),
                sent: at(mono),
                outcome,
            },
            at(mono),
        ));
    }
    assert!(effects.contains(&Effect::AlarmCleared {
        cause: id(1),
        since_ms: 890_000,
        at_ms: 1_002_000,
        why: Cleared::Recovered
    }));
    // It was not looked at for the ten seconds of the restart.
    assert!(effects.contains(&Effect::LossEnded {
        target: id(1),
        ended: at(2_000),
        lasted_ms: 112_000,
        unseen_ms: 10_000,
        why: Ended::Answered
    }));
}

#[test]
fn ten_thousand_behind_a_hub_are_one_notice() {
    let mut fleet = Fleet::new(Settings::default());
    let at = |mono_ms: u64| Moment {
        mono_ms,
        at_ms: mono_ms as i64,
    };
    let mut targets: Vec<_> = (1..10_000).map(|n| target(n, Some(0))).collect();
    targets.extend([target(0, None), target(10_000, None)]);
    fleet.set_targets(targets, at(0)).unwrap();
    let sample = |n, mono, up| Sample {
        target: id(n),
        sent: at(mono),
        outcome: if up {
            Outcome::Answered { rtt_us: 1 }
        } else {
            Outcome::Failed(Failure::Timeout)
        },
    };
    for n in 0..=10_000 {
        fleet.apply(&sample(n, 1_000, true), at(1_000));
    }
    let mut effects = Vec::new();
    for round in 0..4 {
        let mono = 11_000 + round * 1_000;
        for n in 0..=10_000 {
            effects.extend(fleet.apply(&sample(n, mono, n == 10_000), at(mono)));
        }
        effects.extend(fleet.tick(at(mono)));
    }
    effects.extend(fleet.tick(at(30_000)));
    let alarms: Vec<_> = effects
        .iter()
        .filter_map(|e| match e {
            Effect::AlarmRaised(alarm) | Effect::AlarmChanged { alarm, .. } => {
                Some((alarm.cause, alarm.behind.len()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(alarms, [(id(0), 9_999)]);
    let down = |e: &&Effect| {
        matches!(
            e,
            Effect::StateChanged {
                to: State::Down,
                ..
            }
        )
    };
    assert_eq!(effects.iter().filter(down).count(), 1);
}
