//! Who hangs behind whom, without circles.

use std::collections::{HashMap, VecDeque};

use super::{Cut, FleetError, Target};
use crate::id::TargetId;

/// The places of targets by their ids.
pub(super) fn index_of(targets: &[Target]) -> Result<HashMap<TargetId, u32>, FleetError> {
    let mut index = HashMap::with_capacity(targets.len());
    for (i, target) in targets.iter().enumerate() {
        if index.insert(target.id, i as u32).is_some() {
            return Err(FleetError::Twice(target.id));
        }
    }
    Ok(index)
}

/// The parents of every target, as places, and what had to be left out of them.
///
/// Circles are cut where they lead away from the centre: every target has a distance from
/// the nearest one without parents (where there is none, from the first `centre`), and of a
/// circle only the steps towards the centre stay.
pub(super) fn parents_of(
    targets: &[Target],
    index: &HashMap<TargetId, u32>,
) -> Result<(Vec<Vec<u32>>, Vec<Cut>), FleetError> {
    let mut parents: Vec<Vec<u32>> = Vec::with_capacity(targets.len());
    for target in targets {
        let mut of = Vec::new();
        for parent in &target.parents {
            let p = *index.get(parent).ok_or(FleetError::UnknownParent {
                target: target.id,
                parent: *parent,
            })?;
            if !of.contains(&p) {
                of.push(p);
            }
        }
        parents.push(of);
    }
    let mut cuts = Vec::new();
    if !in_order(&parents) {
        let distance = distances(targets, &parents);
        let before = parents.clone();
        for i in 0..parents.len() {
            let nearer = |p: u32| (distance[p as usize], p as usize) < (distance[i], i);
            let (stay, leave): (Vec<u32>, Vec<u32>) = before[i]
                .iter()
                .partition(|&&p| nearer(p) || path(&before, p, i as u32).is_none());
            for p in leave {
                let circle = path(&before, p, i as u32).unwrap_or_default();
                cuts.push(Cut {
                    target: targets[i].id,
                    parent: targets[p as usize].id,
                    circle: circle.iter().map(|&at| targets[at as usize].id).collect(),
                });
            }
            parents[i] = stay;
        }
    }
    Ok((parents, cuts))
}

/// Whether nobody hangs behind itself.
fn in_order(parents: &[Vec<u32>]) -> bool {
    let mut waits: Vec<usize> = parents.iter().map(Vec::len).collect();
    let mut children = vec![Vec::new(); parents.len()];
    for (i, of) in parents.iter().enumerate() {
        for &p in of {
            children[p as usize].push(i);
        }
    }
    let mut free: Vec<usize> = (0..waits.len()).filter(|&i| waits[i] == 0).collect();
    let mut done = 0;
    while let Some(i) = free.pop() {
        done += 1;
        for &c in &children[i] {
            waits[c] -= 1;
            if waits[c] == 0 {
                free.push(c);
            }
        }
    }
    done == parents.len()
}

/// Steps from the nearest target without parents; what no such target leads to is counted
/// from a centre, or else from the first of what is left.
fn distances(targets: &[Target], parents: &[Vec<u32>]) -> Vec<usize> {
    let mut children = vec![Vec::new(); parents.len()];
    for (i, of) in parents.iter().enumerate() {
        for &p in of {
            children[p as usize].push(i);
        }
    }
    let mut distance = vec![usize::MAX; parents.len()];
    let mut queue: VecDeque<usize> = VecDeque::new();
    let begin = |i: usize, distance: &mut Vec<usize>, queue: &mut VecDeque<usize>| {
        if distance[i] == usize::MAX {
            distance[i] = 0;
            queue.push_back(i);
        }
    };
    let roots = (0..parents.len()).filter(|&i| parents[i].is_empty());
    let centres = (0..parents.len()).filter(|&i| targets[i].centre);
    for i in roots.chain(centres) {
        begin(i, &mut distance, &mut queue);
    }
    for next in 0..=parents.len() {
        while let Some(i) = queue.pop_front() {
            for &c in &children[i] {
                if distance[c] == usize::MAX {
                    distance[c] = distance[i] + 1;
                    queue.push_back(c);
                }
            }
        }
        if next < parents.len() {
            begin(next, &mut distance, &mut queue);
        }
    }
    distance
}

/// The way from `from` up through parents to `to`, with both ends.
fn path(parents: &[Vec<u32>], from: u32, to: u32) -> Option<Vec<u32>> {
    let mut came: HashMap<u32, u32> = HashMap::from([(from, from)]);
    let mut queue = VecDeque::from([from]);
    while let Some(at) = queue.pop_front() {
        if at == to {
            let mut way = vec![at];
            let mut back = at;
            while came[&back] != back {
                back = came[&back];
                way.push(back);
            }
            way.reverse();
            return Some(way);
        }
        for &p in &parents[at as usize] {
            if let std::collections::hash_map::Entry::Vacant(new) = came.entry(p) {
                new.insert(at);
                queue.push_back(p);
            }
        }
    }
    None
}
