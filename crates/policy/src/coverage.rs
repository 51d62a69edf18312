//! How the scored clauses of each regulation are judged.

use serde::{Deserialize, Serialize};

use crate::{Clause, Control, Library, Regulation, facts::Origin};

/// What the verdict on a clause rests on, the weakest first. It is worked out from what a
/// control looks at, never declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Nothing: the text leaves open what would show it.
    Open,
    /// Facts that nothing supplies yet; no data until then.
    Awaiting,
    /// Somebody's word.
    Attested,
    /// What a person typed: a book, a duty, the registry.
    Typed,
    /// What another program told.
    Reported,
    /// What the program saw itself, one side only: met or breached, not both.
    SeenOneWay,
    /// What the program saw itself; it turns both ways.
    SeenBothWays,
}

impl Basis {
    /// All of them, the weakest first.
    pub const ALL: [Basis; 7] = [
        Basis::Open,
        Basis::Awaiting,
        Basis::Attested,
        Basis::Typed,
        Basis::Reported,
        Basis::SeenOneWay,
        Basis::SeenBothWays,
    ];

    /// Its word in what is sent.
    pub fn code(self) -> &'static str {
        match self {
            Basis::Open => "open",
            Basis::Awaiting => "awaiting",
            Basis::Attested => "attested",
            Basis::Typed => "typed",
            Basis::Reported => "reported",
            Basis::SeenOneWay => "seen_one_way",
            Basis::SeenBothWays => "seen_both_ways",
        }
    }
}

/// Counts of clauses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the variants of `Basis`")]
pub struct Coverage {
    /// All clauses.
    pub clauses: u32,
    /// Those by which organizations are judged.
    pub scored: u32,
    pub seen_both_ways: u32,
    pub seen_one_way: u32,
    pub reported: u32,
    pub typed: u32,
    pub attested: u32,
    pub awaiting: u32,
    pub open: u32,
}

impl Coverage {
    /// Over one regulation.
    pub fn of(library: &Library, regulation: &Regulation) -> Self {
        let mut found = Self::default();
        for clause in &regulation.clauses {
            found.clauses += 1;
            let Some(basis) = library.basis(clause) else {
                continue;
            };
            found.scored += 1;
            *found.count_mut(basis) += 1;
        }
        found
    }

    fn count_mut(&mut self, basis: Basis) -> &mut u32 {
        match basis {
            Basis::Open => &mut self.open,
            Basis::Awaiting => &mut self.awaiting,
            Basis::Attested => &mut self.attested,
            Basis::Typed => &mut self.typed,
            Basis::Reported => &mut self.reported,
            Basis::SeenOneWay => &mut self.seen_one_way,
            Basis::SeenBothWays => &mut self.seen_both_ways,
        }
    }

    /// How many rest on it.
    pub fn count(mut self, basis: Basis) -> u32 {
        *self.count_mut(basis)
    }

    /// Both together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.clauses += other.clauses;
        self.scored += other.scored;
        for basis in Basis::ALL {
            *self.count_mut(basis) += other.count(basis);
        }
        self
    }

    /// Percent of the scored clauses; none where nothing is scored.
    pub fn percent(&self, count: u32) -> Option<f64> {
        (self.scored > 0).then(|| f64::from(count) * 100.0 / f64::from(self.scored))
    }
}

impl Library {
    /// What a control is judged on by itself; none for one that only includes others.
    pub fn basis_of(&self, control: &Control) -> Option<Basis> {
        let check = control.check.as_deref().and_then(|id| self.checks.get(id));
        if let Some(check) = check {
            return Some(match (check.origin, check.both_ways) {
                (Origin::Typed, _) => Basis::Typed,
                (Origin::Reported, _) => Basis::Reported,
                (Origin::Seen, false) => Basis::SeenOneWay,
                (Origin::Seen, true) => Basis::SeenBothWays,
            });
        }
        if !control.awaits.is_empty() {
            return Some(Basis::Awaiting);
        }
        if control.duty.is_some() {
            return Some(Basis::Typed);
        }
        if control.attestation.is_some() {
            return Some(Basis::Attested);
        }
        control.includes.is_empty().then_some(Basis::Open)
    }

    /// What a scored clause is judged on: the weakest of its controls. None for a clause
    /// that is only shown.
    pub fn basis(&self, clause: &Clause) -> Option<Basis> {
        let controls = self.controls_of(clause);
        let weakest = controls.into_iter().filter_map(|c| self.basis_of(c)).min();
        clause.is_scored().then(|| weakest.unwrap_or(Basis::Open))
    }

    /// Every regulation with its counts, in the order of their ids.
    pub fn coverage(&self) -> Vec<(&Regulation, Coverage)> {
        let regulations = self.regulations.values();
        regulations.map(|r| (r, Coverage::of(self, r))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Embedded;

    #[test]
    fn every_scored_clause_is_counted_once_by_its_weakest_control() {
        let library = Library::load(&Embedded).unwrap();
        for (regulation, counted) in library.coverage() {
            let parts = Basis::ALL.map(|basis| counted.count(basis));
            assert_eq!(counted.scored, parts.iter().sum::<u32>());
            assert_eq!(counted.clauses as usize, regulation.clauses.len());
        }
        let clauses = &library.regulations["vinh-long-26-2019"].clauses;
        let seen = |c: &&Clause| library.basis(c) == Some(Basis::SeenBothWays);
        let mut clause = clauses.iter().find(seen).unwrap().clone();
        let word = |c: &&Control| library.basis_of(c) == Some(Basis::Attested);
        let word = library.controls.values().find(word).unwrap();
        clause.controls.push(crate::regulation::ControlUse {
            control: word.id.clone(),
            parameters: std::collections::BTreeMap::default(),
        });
        assert_eq!(library.basis(&clause), Some(Basis::Attested));
        clause.scored = Some(false);
        assert_eq!(library.basis(&clause), None);
        assert_eq!(Coverage::default().percent(0), None);
    }

    #[test]
    fn what_a_person_typed_is_not_seen() {
        let library = Library::load(&Embedded).unwrap();
        let of = |id: &str| library.basis_of(&library.controls[id]);
        assert_eq!(of("unit-connected"), Some(Basis::SeenBothWays));
        assert_eq!(of("logs-arriving"), Some(Basis::SeenBothWays));
        // The registry says which devices there are; that one is in service was typed.
        assert_eq!(of("security-device"), Some(Basis::Typed));
        assert_eq!(of("backup-age"), Some(Basis::Typed));
        assert_eq!(of("quarterly-meeting"), Some(Basis::Typed));
        assert_eq!(of("alarms-told"), Some(Basis::Awaiting));
    }
}
