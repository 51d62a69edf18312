//! How the scored clauses of each regulation are judged.

use serde::Serialize;

use crate::{Clause, Control, Library, Regulation, control::Judged};

/// What the verdict on a clause rests on, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// Nothing: the text leaves open what would show it.
    Open,
    /// Somebody's word.
    Attested,
    /// A book, a duty or the registry.
    Recorded,
    /// What will be observed as soon as its facts are there; no data until then.
    Awaiting,
    /// What the program saw itself.
    Observed,
}

impl Basis {
    /// What a control is judged on.
    pub fn of(control: &Control) -> Self {
        match control.judged {
            Judged::Observed if control.awaits.is_empty() => Basis::Observed,
            Judged::Observed => Basis::Awaiting,
            Judged::Recorded => Basis::Recorded,
            Judged::Attested => Basis::Attested,
            Judged::Open => Basis::Open,
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
    pub observed: u32,
    pub awaiting: u32,
    pub recorded: u32,
    pub attested: u32,
    pub open: u32,
}

/// The least share of scored clauses, in percent, that is observed or awaits facts.
pub const OBSERVED_AT_LEAST: u32 = 30;
/// The least share that is recorded.
pub const RECORDED_AT_LEAST: u32 = 45;
/// The greatest share that rests on somebody's word.
pub const ATTESTED_AT_MOST: u32 = 25;

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
            *match basis {
                Basis::Observed => &mut found.observed,
                Basis::Awaiting => &mut found.awaiting,
                Basis::Recorded => &mut found.recorded,
                Basis::Attested => &mut found.attested,
                Basis::Open => &mut found.open,
            } += 1;
        }
        found
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            clauses: self.clauses + other.clauses,
            scored: self.scored + other.scored,
            observed: self.observed + other.observed,
            awaiting: self.awaiting + other.awaiting,
            recorded: self.recorded + other.recorded,
            attested: self.attested + other.attested,
            open: self.open + other.open,
        }
    }

    /// Percent of the scored clauses; none where nothing is scored.
    pub fn percent(&self, count: u32) -> Option<f64> {
        (self.scored > 0).then(|| f64::from(count) * 100.0 / f64::from(self.scored))
    }

    /// The three shares against their bounds: percent, bound, and whether it is kept.
    pub fn bounds(&self) -> [(f64, u32, bool); 3] {
        let share = |count| self.percent(count).unwrap_or_default();
        let seen = share(self.observed + self.awaiting);
        let (recorded, attested) = (share(self.recorded), share(self.attested));
        [
            (
                seen,
                OBSERVED_AT_LEAST,
                seen >= f64::from(OBSERVED_AT_LEAST),
            ),
            (
                recorded,
                RECORDED_AT_LEAST,
                recorded >= f64::from(RECORDED_AT_LEAST),
            ),
            (
                attested,
                ATTESTED_AT_MOST,
                attested <= f64::from(ATTESTED_AT_MOST),
            ),
        ]
    }
}

impl Library {
    /// What a scored clause is judged on: the weakest of its controls. None for a clause
    /// that is only shown.
    pub fn basis(&self, clause: &Clause) -> Option<Basis> {
        let controls = self.controls_of(clause);
        let weakest = controls.into_iter().map(Basis::of).min();
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
            let parts = [
                counted.observed,
                counted.awaiting,
                counted.recorded,
                counted.attested,
                counted.open,
            ];
            assert_eq!(counted.scored, parts.iter().sum::<u32>());
            assert_eq!(counted.clauses as usize, regulation.clauses.len());
        }
        let clauses = &library.regulations["vinh-long-26-2019"].clauses;
        let observed = |c: &&Clause| library.basis(c) == Some(Basis::Observed);
        let mut clause = clauses.iter().find(observed).unwrap().clone();
        let attested = library.controls.values().find(|c| c.attestation.is_some());
        let word = crate::regulation::ControlUse {
            control: attested.unwrap().id.clone(),
            parameters: std::collections::BTreeMap::default(),
        };
        clause.controls.push(word);
        assert!(library.basis(&clause) < Some(Basis::Observed));
        clause.scored = Some(false);
        assert_eq!(library.basis(&clause), None);
    }

    #[test]
    fn shares_are_held_against_their_bounds() {
        let counted = Coverage {
            clauses: 110,
            scored: 100,
            observed: 10,
            awaiting: 20,
            recorded: 44,
            attested: 26,
            open: 0,
        };
        let kept = counted.bounds().map(|(_, _, kept)| kept);
        assert_eq!(kept, [true, false, false]);
        assert_eq!(Coverage::default().percent(0), None);
    }
}
