//! What hangs elsewhere than before, while something is dead.

use super::lab::{Lab, id, target};
use super::returns::losses;
use super::*;

/// Two hubs (1, 2), five sites behind the first, and a device behind the first site.
fn province(parent: impl Fn(u16) -> Option<u16>) -> Vec<Target> {
    let mut all = vec![target(1, None), target(2, None)];
    all.extend((11..=15).map(|n| target(n, parent(n))));
    all.push(target(111, Some(11)));
    all
}

const HUB_AND_ALL: [u16; 7] = [1, 11, 12, 13, 14, 15, 111];

/// The network in which the first hub has been dead for 40 s.
fn hub_dead() -> Lab {
    let mut lab = Lab::new(province(|_| Some(1)));
    lab.dead = HUB_AND_ALL.to_vec();
    lab.run(40_000);
    assert_eq!(lab.state(11), State::Unreachable);
    lab
}

fn replace(lab: &mut Lab, targets: Vec<Target>) {
    let effects = lab.fleet.set_targets(targets, lab.moment(lab.now)).unwrap();
    lab.take(effects);
}

#[test]
fn sites_of_a_hub_that_is_retired_while_it_is_dead_are_judged_anew() {
    for parent in [None, Some(2)] {
        let mut lab = hub_dead();
        let retired_at = lab.now;
        let mut targets = province(|_| parent);
        targets.remove(0);
        lab.queue.retain(|&(_, n)| n != 1);
        replace(&mut lab, targets.clone());
        lab.run(2_000);
        assert_eq!(lab.raised().len(), 1, "only the hub's: {parent:?}");
        // One stays dead. The others answer, and nobody is alarmed about them.
        lab.dead = vec![12];
        lab.run(60_000);
        let raised: Vec<u16> = lab.raised().into_iter().map(|(c, _)| c).collect();
        assert_eq!(raised, [1, 12], "{parent:?}");
        // What was the hub's stays the hub's, until there was another way.
        for (target, kind, ms) in losses(&lab) {
            let expected = if target == id(1) {
                State::Down
            } else {
                State::Unreachable
            };
            assert_eq!(kind, expected, "{parent:?} {target}");
            assert!(ms >= 25_000, "{parent:?} {target} {ms}");
        }
        let began = lab.effects.iter().find_map(|e| match e {
            Effect::LossBegan(open) if open.target == id(12) && open.kind == State::Down => {
                Some(open.since.mono_ms)
            }
            _ => None,
        });
        assert!(began >= Some(retired_at), "{parent:?}: {began:?}");
    }
}

#[test]
fn sites_that_are_moved_to_another_hub_are_judged_anew() {
    let mut lab = hub_dead();
    let moved_at = lab.now;
    replace(&mut lab, province(|n| Some(if n < 13 { 2 } else { 1 })));
    lab.run(1_000);
    assert_eq!(lab.raised().len(), 1);
    lab.run(40_000);
    // They do not answer behind the hub that works either; the device still hangs behind one.
    let mut raised: Vec<u16> = lab.raised().into_iter().map(|(c, _)| c).collect();
    raised.sort_unstable();
    assert_eq!(raised, [1, 11, 12]);
    for (n, state) in [
        (11, State::Down),
        (12, State::Down),
        (13, State::Unreachable),
    ] {
        assert_eq!(lab.state(n), state);
    }
    assert_eq!(lab.state(111), State::Unreachable);
    for effect in &lab.effects {
        if let Effect::StateChanged {
            to: State::Down,
            target,
            since,
            ..
        } = effect
        {
            assert!(*target == id(1) || since.mono_ms >= moved_at, "{target}");
        }
    }
    let mut turned: Vec<u64> = losses(&lab).into_iter().map(|(_, _, ms)| ms).collect();
    turned.sort_unstable();
    assert_eq!(turned.len(), 2);
    assert!(turned[0] >= 25_000, "{turned:?}");
}

#[test]
fn what_hangs_where_it_did_is_not_judged_anew() {
    let mut lab = hub_dead();
    lab.dead.push(2);
    let before = lab.effects.len();
    let mut targets = province(|_| Some(1));
    targets.reverse();
    let effects = lab.fleet.set_targets(targets, lab.moment(lab.now)).unwrap();
    assert_eq!(effects, []);
    assert_eq!(lab.effects.len(), before);
}
