//! What lies on the way to a target, and what closed it.

use std::collections::BTreeMap;

use super::{Fleet, Moment, State};

/// When a way was closed, and the dead one that closed it.
type Closed = (u64, u32);

/// What was found of those that several ways lead through, by when they were seen to be open:
/// through one parent that may have been later than through another.
type Known = BTreeMap<(u32, Option<u64>), Option<Closed>>;

impl Fleet {
    /// Whether every way to `i` is dead, and was in its way: something that answered through
    /// a dead parent since shows that the parent excuses nobody.
    pub(super) fn is_blocked(&self, i: u32) -> bool {
        self.closer(i).is_some()
    }

    /// What closed the last way to `i`: a dead one that lets nothing through. One that is dead
    /// to us but lets traffic through is no end; its own ways count. `None` while a way is open.
    pub(super) fn closer(&self, i: u32) -> Option<Closed> {
        self.closed(i, self.nodes[i as usize].last_ok, &mut BTreeMap::new())
    }

    /// As [`Fleet::closer`], of what was seen to be open at `ok`.
    fn closed(&self, i: u32, ok: Option<u64>, known: &mut Known) -> Option<Closed> {
        if let Some(closed) = known.get(&(i, ok)) {
            return *closed;
        }
        let closed = self.all_closed(i, ok, known);
        known.insert((i, ok), closed);
        closed
    }

    fn all_closed(&self, i: u32, ok: Option<u64>, known: &mut Known) -> Option<Closed> {
        let parents = &self.nodes[i as usize].parents;
        if !parents.iter().all(|&p| self.nodes[p as usize].is_dead()) {
            return None;
        }
        let mut last: Option<Closed> = None;
        // Dead already while `i` was seen to be open.
        let mut beside = Vec::new();
        for &p in parents {
            let parent = &self.nodes[p as usize];
            if parent.lets_through() {
                last = last.max(Some(self.closed(p, ok.max(parent.child_ok), known)?));
            } else if parent.is_in_the_way(ok) {
                last = last.max(Some((parent.dead, p)));
            } else {
                beside.push(p);
            }
        }
        if last.is_none() {
            // It came through one of them, nobody knows which.
            for p in beside {
                last = last.max(Some(self.closed(p, ok, known)?));
            }
        }
        last
    }

    /// After a restart: one that was dead long before a child that has no other way was lost
    /// lets traffic through.
    pub(super) fn remember_ways(&mut self, i: u32, now: Moment) {
        let parents = self.nodes[i as usize].parents.iter().map(|&p| (p, i));
        let children = self.nodes[i as usize].children.iter().map(|&c| (i, c));
        let silent: Vec<u32> = (parents.chain(children))
            .filter(|&(p, c)| self.passed_on(p, c))
            .map(|(p, _)| p)
            .collect();
        for p in silent {
            self.nodes[p as usize].child_ok = Some(now.mono_ms);
        }
    }

    fn passed_on(&self, p: u32, c: u32) -> bool {
        let (parent, child) = (&self.nodes[p as usize], &self.nodes[c as usize]);
        let pace = child.pace();
        let patience =
            i64::from(pace.interval_ms) * i64::from(child.attempts()) + i64::from(pace.timeout_ms);
        let lost = |i: &u32| self.losses.get(i).map(|loss| loss.since.at_ms);
        match (lost(&p), lost(&c)) {
            _ if child.parents.len() != 1 || parent.state != State::Down => false,
            (Some(dead_ms), Some(lost_ms)) => dead_ms.saturating_add(patience) < lost_ms,
            (_, None) => child.state == State::Up,
            (None, _) => false,
        }
    }

    /// What probes of `i` pass through, as far as it is seen: a parent that is dead but not
    /// in the way is looked through. Empty for a root.
    pub(super) fn ways(&self, i: u32) -> Vec<u32> {
        let node = &self.nodes[i as usize];
        let mut ways = Vec::new();
        let mut seen = vec![i];
        let mut stack = node.parents.clone();
        let all_dead = node
            .parents
            .iter()
            .all(|&p| self.nodes[p as usize].is_dead());
        let ok = node.last_ok.filter(|_| all_dead);
        while let Some(p) = stack.pop() {
            if seen.contains(&p) {
                continue;
            }
            seen.push(p);
            let parent = &self.nodes[p as usize];
            if parent.is_dead() && !parent.is_in_the_way(ok) {
                stack.extend_from_slice(&parent.parents);
            } else {
                ways.push(p);
            }
        }
        ways
    }
}
