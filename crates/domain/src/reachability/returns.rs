//! Cuts that end: nobody is alarmed about what was only behind them. And what comes and goes.

use super::lab::{Lab, id, reference, target};
use super::*;

/// A hub (0) and a witness (9000), with `n` targets behind the hub.
fn wide(n: u16) -> Vec<Target> {
    let mut all = vec![target(0, None), target(9_000, None)];
    all.extend((1..=n).map(|i| target(i, Some(0))));
    all
}

/// Times of losses by target: (target, kind, milliseconds).
pub(super) fn losses(lab: &Lab) -> Vec<(TargetId, State, u64)> {
    let mut open = std::collections::HashMap::new();
    let mut all = Vec::new();
    for effect in &lab.effects {
        match effect {
            Effect::LossBegan(loss) => {
                assert!(open.insert(loss.target, loss.kind).is_none());
            }
            Effect::LossEnded {
                target, lasted_ms, ..
            } => all.push((*target, open.remove(target).unwrap(), *lasted_ms)),
            _ => {}
        }
    }
    all
}

#[test]
fn five_thousand_behind_a_hub_are_one_alarm_and_none_on_its_return() {
    for cut in [4_000, 9_000, 14_000, 21_000, 45_000, 120_000] {
        let mut lab = Lab::new(wide(5_000));
        lab.dead = (0..=5_000).collect();
        lab.run(cut);
        lab.dead.clear();
        lab.run(60_000);
        let raised: Vec<u16> = lab.raised().into_iter().map(|(cause, _)| cause).collect();
        assert!(raised.is_empty() || raised == [0], "{cut}: {raised:?}");
        let downs: Vec<_> = (lab.changes().into_iter())
            .filter(|(_, to)| *to == State::Down)
            .collect();
        assert!(
            downs.is_empty() || downs == [(0, State::Down)],
            "{cut}: {downs:?}"
        );
        assert_eq!(lab.cleared(), raised, "{cut}");
        assert!(lab.states().iter().all(|s| *s == State::Up), "{cut}");
        if cut >= 45_000 {
            assert_eq!(raised, [0], "{cut}");
            let told = lab.effects.iter().rev().find_map(|e| match e {
                Effect::AlarmChanged { alarm, .. } | Effect::AlarmRaised(alarm) => {
                    Some(alarm.behind.len())
                }
                _ => None,
            });
            assert_eq!(told, Some(5_000), "whoever was hit stays in the record");
        }
    }
}

#[test]
fn one_that_stays_dead_after_the_hubs_return_is_told_and_only_that() {
    let mut lab = Lab::new(wide(500));
    lab.dead = (0..=500).collect();
    lab.run(45_000);
    lab.dead = vec![77];
    lab.run(60_000);
    assert_eq!(
        lab.raised().into_iter().map(|(c, _)| c).collect::<Vec<_>>(),
        [0, 77]
    );
    assert_eq!(lab.state(77), State::Down);
}

/// Hub 1, circuits 51 and 52 to site 5, a site 6 behind site 5, a witness 2.
fn two_lines() -> Vec<Target> {
    vec![
        target(1, None),
        target(2, None),
        target(51, Some(1)),
        target(52, Some(1)),
        Target {
            parents: vec![id(51), id(52)],
            ..target(5, None)
        },
        target(6, Some(5)),
    ]
}

#[test]
fn of_two_lines_one_dead_cuts_nobody_off() {
    let mut lab = Lab::new(two_lines());
    lab.dead = vec![51];
    lab.run(60_000);
    assert_eq!(lab.raised(), [(51, vec![])]);
    assert_eq!((lab.state(5), lab.state(6)), (State::Up, State::Up));
    lab.dead = vec![51, 52, 5, 6];
    lab.run(60_000);
    assert_eq!(lab.raised(), [(51, vec![]), (52, vec![5, 6])]);
    assert_eq!(
        (lab.state(5), lab.state(6)),
        (State::Unreachable, State::Unreachable)
    );
    lab.dead = vec![51];
    lab.run(60_000);
    assert_eq!(lab.cleared(), [52]);
    assert_eq!((lab.state(5), lab.state(6)), (State::Up, State::Up));
    assert_eq!(lab.raised().len(), 2);
}

#[test]
fn a_dead_line_that_was_not_in_the_way_excuses_nobody() {
    // The other line carries on, and the site dies.
    let mut lab = Lab::new(two_lines());
    lab.dead = vec![51];
    lab.run(60_000);
    lab.dead = vec![51, 5, 6];
    lab.run(60_000);
    assert_eq!(lab.state(5), State::Down);
    assert_eq!(lab.raised(), [(51, vec![]), (5, vec![6])]);

    // A single line whose far end answers no probes, and the site behind it dies.
    let mut lab = Lab::new(vec![
        target(1, None),
        target(2, None),
        target(51, Some(1)),
        target(5, Some(51)),
    ]);
    lab.dead = vec![51];
    lab.run(60_000);
    assert_eq!(lab.state(5), State::Up);
    lab.dead = vec![51, 5];
    lab.run(60_000);
    assert_eq!(lab.state(5), State::Down);
    // But when the hub dies, the line is looked through.
    lab.dead = vec![51];
    lab.run(60_000);
    lab.dead = vec![51, 5, 1];
    lab.run(60_000);
    assert_eq!(lab.state(1), State::Down);
    let causes: Vec<u16> = lab.raised().into_iter().map(|(c, _)| c).collect();
    assert_eq!(causes, [51, 5, 1]);
}

#[test]
fn circles_are_cut_by_name_and_the_rest_stays_a_tree() {
    // Hub 1 with six lines and sites; the ends of the second line are swapped.
    let mut all = vec![Target {
        centre: true,
        ..target(1, Some(102))
    }];
    for n in 1..=6u16 {
        let (line, site) = (100 + n, 200 + n);
        if n == 2 {
            all.extend([target(line, Some(site)), target(site, Some(1))]);
        } else {
            all.extend([target(line, Some(1)), target(site, Some(line))]);
        }
    }
    let mut lab = Lab::new(all);
    let cuts = lab.fleet.cuts();
    assert_eq!(cuts.len(), 1);
    assert_eq!((cuts[0].target, cuts[0].parent), (id(1), id(102)));
    assert_eq!(cuts[0].circle, [id(102), id(202), id(1)]);
    lab.dead = lab
        .targets
        .iter()
        .map(|t| super::lab::number(t.id))
        .collect();
    lab.run(60_000);
    let causes: Vec<u16> = lab.raised().into_iter().map(|(c, _)| c).collect();
    assert_eq!(causes, [1], "one alarm for one cause");

    // A provider's ring: each site hangs behind the hub and its neighbours.
    let ring = vec![
        target(1, None),
        Target {
            parents: vec![id(1), id(3)],
            ..target(2, None)
        },
        Target {
            parents: vec![id(2), id(4)],
            ..target(3, None)
        },
        Target {
            parents: vec![id(3), id(1)],
            ..target(4, None)
        },
    ];
    let mut fleet = Fleet::new(Settings::default());
    let start = Moment {
        mono_ms: 0,
        at_ms: 0,
    };
    fleet.set_targets(ring, start).unwrap();
    let cut: Vec<_> = (fleet.cuts().iter())
        .map(|c| (c.target, c.parent))
        .collect();
    assert_eq!(cut, [(id(2), id(3)), (id(4), id(3))]);
}

#[test]
fn with_one_hub_and_a_gateway_we_know_when_we_are_cut_off() {
    let all = || vec![reference(9), target(1, None), target(2, Some(1))];
    let mut lab = Lab::new(all());
    lab.dead = vec![9, 1, 2];
    lab.run(60_000);
    assert_eq!(
        lab.fleet.isolation().map(|(_, w)| w),
        Some(CutOff::References)
    );
    assert_eq!(lab.raised(), []);
    lab.dead.clear();
    lab.run(30_000);
    assert_eq!(lab.fleet.isolation(), None);
    assert!(losses(&lab).is_empty());
    // The hub alone is the hub.
    lab.dead = vec![1, 2];
    lab.run(60_000);
    assert_eq!(lab.raised(), [(1, vec![2])]);
}

#[test]
fn a_gateway_that_never_answered_is_no_witness_and_has_no_alarm() {
    let all = vec![reference(9), target(1, None), target(2, Some(1))];
    let mut lab = Lab::with(all, &[9]);
    lab.dead = vec![9, 1, 2];
    lab.run(60_000);
    assert_eq!(lab.fleet.isolation(), None);
    assert_eq!(lab.raised(), [(1, vec![2])]);
}

#[test]
fn what_comes_and_goes_is_one_alarm_with_one_end() {
    let mut lab = Lab::new(wide(3));
    let mut cut = 0;
    for _ in 0..10 {
        lab.dead = vec![2];
        lab.run(40_000);
        lab.dead.clear();
        lab.run(40_000);
        cut += 40_000;
    }
    lab.run(Settings::default().flap_calm_ms.into());
    let raised = lab.raised();
    assert_eq!(
        raised.len(),
        3,
        "two that ended, and the one that stands for the rest"
    );
    assert_eq!(lab.cleared().len(), 3);
    let flapping = lab
        .effects
        .iter()
        .filter(|e| matches!(e, Effect::AlarmRaised(a) if a.flapping));
    assert_eq!(flapping.count(), 1);
    assert!(lab.fleet.alarms().is_empty());
    // Each loss is in the record all the same, as long as the samples show it.
    let lost = losses(&lab);
    assert_eq!(lost.len(), 10);
    let sum: u64 = lost.iter().map(|(_, _, ms)| ms).sum();
    assert!(sum.abs_diff(cut) <= 10 * 10_000, "{sum} of {cut}");
}

#[test]
fn one_that_stays_down_after_it_came_and_went_is_down() {
    let mut lab = Lab::new(wide(3));
    for _ in 0..4 {
        lab.dead = vec![2];
        lab.run(40_000);
        lab.dead.clear();
        lab.run(40_000);
    }
    lab.dead = vec![2];
    // It is told soon, and what happens to the way meanwhile puts it off no further.
    lab.run(100_000);
    lab.dead = vec![0, 2];
    lab.run(60_000);
    lab.dead = vec![2];
    lab.run(60_000);
    let last = lab.fleet.alarms();
    assert_eq!(last.iter().map(|a| a.cause).collect::<Vec<_>>(), [id(2)]);
    assert!(!last[0].flapping);
}

#[test]
fn one_that_is_steady_is_steady_whatever_happens_to_the_way() {
    let mut lab = Lab::new(wide(3));
    for _ in 0..4 {
        lab.dead = vec![2];
        lab.run(40_000);
        lab.dead.clear();
        lab.run(40_000);
    }
    for _ in 0..2 {
        lab.run(250_000);
        lab.dead = vec![0];
        lab.run(50_000);
        lab.dead.clear();
    }
    lab.run(20_000);
    assert!(lab.fleet.alarms().is_empty(), "{:?}", lab.fleet.alarms());
}

#[test]
fn a_loss_is_from_the_first_failed_to_the_first_answered_sample() {
    let mut lab = Lab::new(wide(3));
    let mut sums = [0; 4];
    for n in [1u16, 2, 3] {
        lab.dead = vec![n];
        lab.run(60_000 + u64::from(n) * 111);
        lab.dead.clear();
        lab.run(30_000);
        sums[n as usize] = 60_000 + u64::from(n) * 111;
    }
    let lost = losses(&lab);
    assert_eq!(lost.len(), 3);
    for (target, kind, ms) in lost {
        let real: u64 = sums[super::lab::number(target) as usize];
        assert_eq!(kind, State::Down);
        // An interval of 10 s at either end is all that sampling can miss.
        assert!(ms.abs_diff(real) <= 10_000, "{ms} of {real}");
    }
}

#[test]
fn the_seconds_lost_are_those_of_the_script() {
    // When two lines were really cut and mended: five times for 60 s and eight times for 20 s,
    // milliseconds from the first cut.
    const LONG: [u64; 10] = [
        243, 60_378, 120_485, 180_573, 240_676, 300_751, 360_827, 420_897, 480_946, 540_991,
    ];
    const SHORT: [u64; 16] = [
        0, 20_270, 40_309, 60_394, 80_414, 100_579, 120_710, 140_763, 160_897, 181_000, 201_103,
        221_285, 241_322, 261_532, 281_583, 301_653,
    ];
    for script in [&LONG[..], &SHORT[..]] {
        // Twenty are cut alike; their turns lie evenly over the interval of 10 s.
        let mut lab = Lab::new(wide(60));
        let cut: Vec<u16> = (2..=60).step_by(3).collect();
        let mut at = 0;
        for (n, &moment) in script.iter().enumerate() {
            lab.run(moment - at);
            at = moment;
            lab.dead = if n % 2 == 0 { cut.clone() } else { Vec::new() };
        }
        lab.run(60_000);
        let real: u64 = script.chunks(2).map(|c| c[1] - c[0]).sum();
        let times = script.len() / 2;
        let mut sums = std::collections::BTreeMap::<u16, u64>::new();
        for (target, kind, ms) in losses(&lab) {
            assert_eq!(kind, State::Down);
            *sums.entry(super::lab::number(target)).or_default() += ms;
        }
        assert!(sums.keys().eq(&cut), "all that were cut, and nobody else");
        assert_eq!(losses(&lab).len(), times * cut.len());
        for (target, sum) in &sums {
            // Sampling may miss an interval at either end; it misses neither way for good.
            assert!(sum.abs_diff(real) <= 20_000, "{target}: {sum} of {real} ms");
        }
        let mean = sums.values().sum::<u64>() / cut.len() as u64;
        assert!(
            mean.abs_diff(real) <= 1_000,
            "on average {mean} of {real} ms"
        );
    }
}

#[test]
fn what_our_own_machine_did_not_send_says_nothing() {
    let mut lab = Lab::new(wide(3));
    for step in 1..=40 {
        let sent = lab.moment(lab.now + step * 500);
        let sample = Sample {
            target: id(2),
            sent,
            outcome: Outcome::Failed(Failure::Forbidden),
        };
        assert_eq!(lab.fleet.apply(&sample, sent), []);
    }
    assert_eq!(lab.fleet.status(id(2)).unwrap().failures, 0);
    assert_eq!(lab.fleet.counts().unsent, 40);
}

#[test]
fn an_alarm_that_was_not_told_before_the_program_was_killed_is_told_after() {
    let mut fleet = Fleet::new(Settings::default());
    let at = |mono_ms| Moment {
        mono_ms,
        at_ms: 1_000_000 + mono_ms as i64,
    };
    fleet.set_targets(vec![target(1, None)], at(0)).unwrap();
    let known = Restored {
        state: State::Down,
        since_ms: 990_000,
        seen_ms: 995_000,
        loss: Some((State::Down, 990_000)),
        alarm: None,
    };
    fleet.restore(id(1), &known, at(0));
    let told = [1_000, 2_000, 3_000, 4_000].map(|ms| fleet.tick(at(ms)));
    assert_eq!(
        told.concat(),
        [Effect::AlarmRaised(Alarm {
            cause: id(1),
            since_ms: 990_000,
            behind: vec![],
            flapping: false
        })]
    );
}
