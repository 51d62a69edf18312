//! The machine's clock is set while something goes on.

use super::lab::{Lab, id, target};
use super::*;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const BEGAN: i64 = 1_795_800_000_000;

fn pair() -> Vec<Target> {
    vec![target(1, None), target(2, Some(1)), target(9, None)]
}

/// When the alarm, the loss and the state of a target are said to have begun.
fn labels(fleet: &Fleet, n: u16) -> [Option<i64>; 3] {
    let alarm = fleet.alarms().into_iter().find(|a| a.cause == id(n));
    [
        alarm.map(|a| a.since_ms),
        fleet.lost_since(id(n)),
        fleet.status(id(n)).unwrap().since_ms,
    ]
}

#[test]
fn what_goes_on_moves_with_the_clock() {
    for by_ms in [7 * HOUR, -7 * HOUR, 6 * 365 * DAY] {
        let mut lab = Lab::new(pair());
        lab.dead = vec![2];
        lab.run(30_000);
        let was = labels(&lab.fleet, 2);
        assert!(was.iter().all(Option::is_some));
        lab.offset += by_ms;
        lab.run(1_000);
        assert_eq!(labels(&lab.fleet, 2), was.map(|at| at.map(|at| at + by_ms)));
        lab.dead.clear();
        lab.run(20_000);
        let ended = lab.effects.iter().find_map(|e| match e {
            Effect::LossEnded {
                ended, lasted_ms, ..
            } => Some((ended.at_ms, *lasted_ms)),
            _ => None,
        });
        let (ended_ms, lasted_ms) = ended.unwrap();
        assert_eq!(ended_ms, was[1].unwrap() + by_ms + lasted_ms as i64);
    }
}

/// A target that is lost since [`BEGAN`] and was seen for a minute; the program stopped for
/// 20 s, starts with a clock that is wrong by `wrong_ms`, is corrected after 10 s, and the target
/// answers 10 s later. How long the loss lasted and how much of it was unseen, and when the
/// alarm is said to have begun after the correction.
fn restarted(wrong_ms: i64) -> ((u64, u64), Option<i64>) {
    let mut fleet = Fleet::new(Settings::default());
    let at = |mono_ms: u64, wrong_ms| Moment {
        mono_ms,
        at_ms: BEGAN + 80_000 + mono_ms as i64 + wrong_ms,
    };
    fleet.set_targets(pair(), at(0, wrong_ms)).unwrap();
    let alarm = Alarm {
        cause: id(2),
        since_ms: BEGAN,
        behind: vec![],
        flapping: false,
    };
    let known = |state| Restored {
        state,
        since_ms: BEGAN,
        seen_ms: BEGAN + 60_000,
        loss: (state == State::Down).then_some((state, BEGAN)),
        alarm: (state == State::Down).then(|| alarm.clone()),
    };
    fleet.restore(id(1), &known(State::Up), at(0, wrong_ms));
    fleet.restore(id(2), &known(State::Down), at(0, wrong_ms));
    fleet.tick(at(5_000, wrong_ms));
    fleet.tick(at(10_000, 0));
    let [alarm, lost, state] = labels(&fleet, 2);
    assert_eq!((alarm, lost), (state, state));
    let answered = |fleet: &mut Fleet, mono_ms| {
        let sample = Sample {
            target: id(2),
            sent: at(mono_ms, 0),
            outcome: Outcome::Answered { rtt_us: 1 },
        };
        fleet.apply(&sample, at(mono_ms, 0))
    };
    let mut effects = answered(&mut fleet, 20_000);
    effects.extend(answered(&mut fleet, 21_000));
    let ended = effects.iter().find_map(|e| match e {
        Effect::LossEnded {
            lasted_ms,
            unseen_ms,
            ..
        } => Some((*lasted_ms, *unseen_ms)),
        _ => None,
    });
    (ended.unwrap(), alarm)
}

#[test]
fn a_clock_that_is_wrong_at_the_start_makes_no_loss_of_years() {
    for wrong_ms in [
        0,
        7 * HOUR,
        -7 * HOUR,
        400 * DAY,
        5 * 365 * DAY,
        -6 * 365 * DAY,
    ] {
        let (lasted, alarm) = restarted(wrong_ms);
        assert_eq!(lasted, (100_000, 20_000), "{wrong_ms}");
        assert_eq!(
            alarm,
            Some(BEGAN),
            "what was right before stays: {wrong_ms}"
        );
    }
}

#[test]
fn a_clock_that_was_wrong_before_the_start_too_moves_all() {
    // The stop was short by that clock, so it was wrong before as after.
    let mut fleet = Fleet::new(Settings::default());
    let at = |mono_ms: u64, by_ms| Moment {
        mono_ms,
        at_ms: BEGAN + mono_ms as i64 + by_ms,
    };
    fleet.set_targets(pair(), at(1_000, 0)).unwrap();
    let known = Restored {
        state: State::Up,
        since_ms: BEGAN - HOUR,
        seen_ms: BEGAN,
        loss: None,
        alarm: None,
    };
    fleet.restore(id(1), &known, at(1_000, 0));
    let since = |fleet: &Fleet| fleet.status(id(1)).unwrap().since_ms.unwrap() - BEGAN + HOUR;
    for (by_ms, moved) in [(6 * DAY, 6 * DAY), (0, 0), (-6 * DAY, -6 * DAY), (0, 0)] {
        fleet.tick(at(2_000, by_ms));
        assert_eq!(since(&fleet), moved);
    }
}

#[test]
fn a_sleep_is_nobodys_time_whoever_answers_first() {
    let mut lab = Lab::new(pair());
    lab.run(30_000);
    let slept = lab.now;
    lab.now += 8 * 3_600_000;
    // All are due; they answer before a second has passed.
    for n in [1, 2] {
        let sample = Sample {
            target: id(n),
            sent: lab.moment(lab.now),
            outcome: Outcome::Answered { rtt_us: 1_000 },
        };
        let effects = lab.fleet.apply(&sample, lab.moment(lab.now + 1));
        lab.take(effects);
    }
    for n in [1, 2] {
        let of = lab.changes().into_iter().filter(|(who, _)| *who == n);
        let to: Vec<State> = of.map(|(_, to)| to).collect();
        assert_eq!(to, [State::NoData, State::Up], "{n}");
    }
    let since = lab.effects.iter().find_map(|effect| match effect {
        Effect::StateChanged {
            to: State::NoData,
            since,
            ..
        } => Some(since.mono_ms),
        _ => None,
    });
    assert!(since.unwrap() <= slept, "{since:?}");
}
