//! What answers no probe but lets traffic through, in front of others.

use super::lab::{Lab, id, target};
use super::returns::losses;
use super::*;

fn behind(n: u16, parents: &[u16]) -> Target {
    Target {
        parents: parents.iter().copied().map(id).collect(),
        ..target(n, None)
    }
}

/// A hub (1) with a site (7) of its own, a witness (9), and what is `silent` in front of
/// site 5, behind which is site 6.
fn provinces() -> [(&'static str, Vec<u16>, Vec<Target>); 4] {
    let with = |others: Vec<Target>| {
        let mut all = vec![target(1, None), target(9, None), target(7, Some(1))];
        all.extend(others);
        all
    };
    let line = vec![target(51, Some(1)), target(5, Some(51)), target(6, Some(5))];
    let two = vec![
        target(51, Some(1)),
        target(52, Some(1)),
        behind(5, &[51, 52]),
        target(6, Some(5)),
    ];
    let chain = vec![
        target(4, Some(1)),
        target(51, Some(4)),
        target(5, Some(51)),
        target(6, Some(5)),
    ];
    let beside = vec![
        target(51, Some(1)),
        target(52, Some(1)),
        target(8, Some(51)),
        behind(5, &[51, 52]),
        target(6, Some(5)),
    ];
    [
        ("a line or a site", vec![51], with(line)),
        ("two lines", vec![51, 52], with(two)),
        ("a site and a line", vec![4, 51], with(chain)),
        (
            "two lines, one with another site",
            vec![51, 52],
            with(beside),
        ),
    ]
}

#[test]
fn what_is_behind_one_that_is_silent_is_cut_off_with_the_hub() {
    for (name, silent, targets) in provinces() {
        for cut in [14_000, 21_000, 45_000, 120_000] {
            let what = format!("{name}, {cut} ms");
            let reached: Vec<u16> = (targets.iter().map(|t| super::lab::number(t.id)))
                .filter(|n| ![1, 9].contains(n) && !silent.contains(n))
                .collect();
            let mut lab = Lab::new(targets.clone());
            lab.dead = silent.clone();
            lab.run(60_000);
            assert_eq!(lab.raised().len(), silent.len(), "{what}");
            for n in &reached {
                assert_eq!(lab.state(*n), State::Up, "{what}");
            }
            lab.effects.clear();
            lab.dead = reached.iter().chain(&silent).copied().chain([1]).collect();
            lab.run(cut);
            if cut >= 45_000 {
                for n in &reached {
                    assert_eq!(lab.state(*n), State::Unreachable, "{what}: {n}");
                    let cause = lab.fleet.status(id(*n)).unwrap().cause;
                    assert_eq!(cause, Some(id(1)), "{what}: {n}");
                }
            }
            lab.dead = silent.clone();
            lab.run(60_000);
            assert!(lab.raised().iter().all(|(c, _)| *c == 1), "{what}");
            let down = |(n, to): &(u16, State)| *to == State::Down && *n != 1;
            assert!(
                !lab.changes().iter().any(down),
                "{what}: {:?}",
                lab.changes()
            );
            for n in &reached {
                assert_eq!(lab.state(*n), State::Up, "{what}: {n}");
            }
            let others = lab.fleet.alarms().into_iter().filter(|a| a.cause != id(1));
            assert!(others.clone().all(|a| a.behind.is_empty()), "{what}");
            assert_eq!(others.count(), silent.len(), "{what}");
            if cut < 45_000 {
                continue;
            }
            let told = lab.effects.iter().rev().find_map(|e| match e {
                Effect::AlarmChanged { alarm, .. } | Effect::AlarmRaised(alarm) => Some(alarm),
                _ => None,
            });
            let mut all: Vec<TargetId> = reached.iter().copied().map(id).collect();
            all.sort();
            assert_eq!(told.unwrap().behind, all, "{what}");
            let lost = losses(&lab);
            assert_eq!(lost.len(), reached.len() + 1, "{what}: {lost:?}");
            for (target, kind, ms) in lost {
                let expected = if target == id(1) {
                    State::Down
                } else {
                    State::Unreachable
                };
                assert_eq!(kind, expected, "{what}");
                assert!(ms.abs_diff(cut) <= 10_000, "{what}: {target} {ms}");
            }
        }
    }
}

#[test]
fn a_silent_line_to_a_hub_that_works_excuses_nobody() {
    // Site 5 has a silent line to each of two hubs; one hub dies, the other carries on, and
    // then the site dies itself.
    let mut lab = Lab::new(vec![
        target(1, None),
        target(2, None),
        target(9, None),
        target(51, Some(1)),
        target(52, Some(2)),
        behind(5, &[51, 52]),
    ]);
    lab.dead = vec![51, 52];
    lab.run(60_000);
    lab.dead = vec![51, 52, 1];
    lab.run(60_000);
    assert_eq!(lab.state(5), State::Up);
    lab.dead = vec![51, 52, 1, 5];
    lab.run(60_000);
    assert_eq!(lab.state(5), State::Down);
    // And when both hubs are dead, it is they.
    lab.dead = vec![51, 52];
    lab.run(60_000);
    lab.dead = vec![51, 52, 1, 2, 5];
    lab.run(60_000);
    assert_eq!(lab.state(5), State::Unreachable);
}

#[test]
fn five_thousand_behind_silent_lines_are_one_alarm_of_the_hub() {
    let mut all = vec![target(1, None), target(2, None)];
    for n in 1..=2_500 {
        all.extend([
            target(10_000 + n, Some(1)),
            target(20_000 + n, Some(10_000 + n)),
        ]);
    }
    let silent: Vec<u16> = (10_001..=12_500).step_by(2).collect();
    let mut lab = Lab::new(all);
    lab.dead = silent.clone();
    lab.run(60_000);
    lab.effects.clear();
    lab.dead = (10_000..30_000).chain([1]).collect();
    lab.run(60_000);
    let causes: Vec<u16> = lab.raised().into_iter().map(|(c, _)| c).collect();
    assert_eq!(causes, [1]);
    lab.dead = silent;
    lab.run(60_000);
    assert_eq!(lab.raised().len(), 1, "none on its return");
    assert_eq!(lab.cleared(), [1]);
}

#[test]
fn a_restart_while_the_hub_is_dead_does_not_lay_it_on_the_silent_line() {
    const START: i64 = 1_795_800_000_000;
    let all = || {
        vec![
            target(1, None),
            target(9, None),
            target(51, Some(1)),
            target(5, Some(51)),
        ]
    };
    let at = |mono_ms: u64| Moment {
        mono_ms,
        at_ms: START + mono_ms as i64,
    };
    let told = |n: u16, since_ms, behind: &[u16]| Alarm {
        cause: id(n),
        since_ms,
        behind: behind.iter().copied().map(id).collect(),
        flapping: false,
    };
    let known = |state, since_ms, alarm| Restored {
        state,
        since_ms,
        seen_ms: START - 5_000,
        loss: (state != State::Up).then_some((state, since_ms)),
        alarm,
    };
    // The line has been silent for an hour, the hub dead for a minute.
    let (hour, minute) = (START - 3_600_000, START - 60_000);
    let before = [
        (1, known(State::Down, minute, Some(told(1, minute, &[5])))),
        (9, known(State::Up, hour, None)),
        (51, known(State::Down, hour, Some(told(51, hour, &[])))),
        (5, known(State::Unreachable, minute + 4_000, None)),
    ];
    for reversed in [false, true] {
        let mut fleet = Fleet::new(Settings::default());
        fleet.set_targets(all(), at(0)).unwrap();
        let mut order: Vec<_> = before.iter().collect();
        if reversed {
            order.reverse();
        }
        for (n, known) in order {
            fleet.restore(id(*n), known, at(0));
        }
        let mut effects = Vec::new();
        for second in 1..=30 {
            for n in [1, 9, 51, 5] {
                let outcome = if n == 9 {
                    Outcome::Answered { rtt_us: 1 }
                } else {
                    Outcome::Failed(Failure::Timeout)
                };
                let sample = Sample {
                    target: id(n),
                    sent: at(second * 1_000),
                    outcome,
                };
                effects.extend(fleet.apply(&sample, at(second * 1_000)));
            }
            effects.extend(fleet.tick(at(second * 1_000)));
        }
        effects.retain(|e| !matches!(e, Effect::ProbeNow { .. }));
        assert_eq!(effects, [], "{reversed}");
        assert_eq!(
            fleet.status(id(5)).unwrap().cause,
            Some(id(1)),
            "{reversed}"
        );
    }
}

#[test]
fn in_which_order_the_ways_stand_decides_nothing() {
    // 4 (a silent one) has its way through the silent 3 alone, 5 (silent, too) through 3 or 6;
    // the hub 1 before 3 died when 4 had answered last for somebody and before 5 did.
    for parents in [[4, 5], [5, 4]] {
        let mut lab = Lab::new(vec![
            target(1, None),
            target(3, Some(1)),
            target(4, Some(3)),
            target(6, None),
            behind(5, &[3, 6]),
            behind(7, &parents),
        ]);
        let mut dead = |n: u16, dead: u64, child_ok: Option<u64>| {
            let place = lab.targets.iter().position(|t| t.id == id(n)).unwrap();
            let node = &mut lab.fleet.nodes[place];
            assert_eq!(node.target.id, id(n));
            (node.state, node.dead, node.child_ok) = (State::Down, dead, child_ok);
        };
        dead(1, 15_000_000, None);
        dead(3, 5_000_000, Some(10_000_000));
        dead(4, 5_000_000, Some(12_000_000));
        dead(6, 16_000_000, None);
        dead(5, 5_000_000, Some(20_000_000));
        let of = |n| {
            let place = lab.targets.iter().position(|t| t.id == id(n)).unwrap();
            lab.fleet.closer(u32::try_from(place).unwrap())
        };
        assert_eq!(of(4), Some((15_000_000, 0)), "{parents:?}");
        assert_eq!(of(7), None, "{parents:?}: one way may be open");
    }
}
