//! All verdicts at one moment: organizations × clauses.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use domain::{authority::Scope, id::OrganizationId};
use policy::{Status, Tally};
use store::assessment::{Adoption, Unit};

/// One verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// What holds.
    pub status: Status,
    /// The code of the reason that decided.
    pub reason: Option<String>,
    /// Since when, unix milliseconds.
    pub since: i64,
    /// The interval's row.
    pub id: String,
    /// The evidence as it was when the interval began.
    pub evidence_hash: String,
    /// What judged: pack, controls, checks and parameters.
    pub basis: Arc<str>,
}

/// A scored clause.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClauseKey {
    /// The regulation's id.
    pub regulation: String,
    /// The clause's cite.
    pub cite: String,
}

/// All verdicts at one moment. A clause that does not bind an organization has no cell.
#[derive(Clone, Debug, Default)]
pub struct Board {
    /// The moment, unix milliseconds.
    pub at: i64,
    /// When the verdicts were last held against the facts; unix milliseconds.
    pub judged_at: Option<i64>,
    /// Since when the clock has gone on evenly from one evaluation to the next, unix milliseconds.
    pub(super) even_since: i64,
    /// How long lines were measured in a time that has yet to come, milliseconds.
    pub(super) measured_ahead: i64,
    /// Organizations in dictionary order.
    pub units: Vec<Unit>,
    /// Scored clauses in the order of their regulations.
    pub clauses: Vec<ClauseKey>,
    /// What holds for whom on that day.
    pub adoptions: Vec<Adoption>,
    pub(super) cells: Vec<Option<Arc<Cell>>>,
    unit_index: HashMap<OrganizationId, usize>,
    clause_index: HashMap<ClauseKey, usize>,
    tallies: OnceLock<Tallies>,
}

/// Verdicts counted by organization and regulation.
#[derive(Clone, Debug, Default)]
struct Tallies {
    regulations: Vec<String>,
    /// Organizations × regulations.
    counts: Vec<Tally>,
}

impl Board {
    pub(super) fn new(
        at: i64,
        units: Vec<Unit>,
        clauses: Vec<ClauseKey>,
        adoptions: Vec<Adoption>,
    ) -> Self {
        let unit_index = units.iter().enumerate().map(|(i, u)| (u.id, i)).collect();
        let clause_index = clauses
            .iter()
            .cloned()
            .enumerate()
            .map(|(i, c)| (c, i))
            .collect();
        let cells = vec![None; units.len() * clauses.len()];
        Self {
            at,
            judged_at: None,
            even_since: at,
            measured_ahead: 0,
            units,
            clauses,
            adoptions,
            cells,
            unit_index,
            clause_index,
            tallies: OnceLock::new(),
        }
    }

    pub(super) fn set(&mut self, unit: usize, clause: usize, cell: Option<Arc<Cell>>) {
        self.tallies.take();
        let width = self.clauses.len();
        self.cells[unit * width + clause] = cell;
    }

    /// The verdict of a unit on a clause, by their places.
    pub fn cell(&self, unit: usize, clause: usize) -> Option<&Cell> {
        self.shared(unit, clause).map(AsRef::as_ref)
    }

    pub(super) fn shared(&self, unit: usize, clause: usize) -> Option<&Arc<Cell>> {
        self.cells.get(unit * self.clauses.len() + clause)?.as_ref()
    }

    /// The verdict of an organization on a clause.
    pub fn get(&self, regulation: &str, cite: &str, unit: OrganizationId) -> Option<&Cell> {
        self.cell(*self.unit_index.get(&unit)?, self.clause(regulation, cite)?)
    }

    /// With the verdicts of another board, on the units and clauses that both have.
    pub(super) fn with(mut self, other: &Self) -> Self {
        let places = other.clauses.iter();
        let places: Vec<_> = places.map(|k| self.clause_index.get(k).copied()).collect();
        for (unit, of) in other.units.iter().enumerate() {
            let Some(own) = self.unit(of.id) else {
                continue;
            };
            for (clause, place) in places.iter().enumerate() {
                if let (Some(cell), Some(at)) = (other.shared(unit, clause), *place) {
                    self.set(own, at, Some(Arc::clone(cell)));
                }
            }
        }
        self.judged_at = other.judged_at;
        self.count();
        self
    }

    /// Counts all verdicts, once for all who look.
    pub(super) fn count(&self) {
        self.tallies();
    }

    fn tallies(&self) -> &Tallies {
        self.tallies.get_or_init(|| {
            let mut regulations: Vec<String> = Vec::new();
            let of_clause: Vec<usize> = self
                .clauses
                .iter()
                .map(|c| {
                    let known = regulations.iter().position(|r| *r == c.regulation);
                    known.unwrap_or_else(|| {
                        regulations.push(c.regulation.clone());
                        regulations.len() - 1
                    })
                })
                .collect();
            let mut counts = vec![Tally::default(); self.units.len() * regulations.len()];
            for unit in 0..self.units.len() {
                for (clause, regulation) in of_clause.iter().enumerate() {
                    if let Some(cell) = self.cell(unit, clause) {
                        counts[unit * regulations.len() + regulation].count(cell.status);
                    }
                }
            }
            Tallies {
                regulations,
                counts,
            }
        })
    }

    /// The verdicts on one organization, by its place: those of a regulation, or of all.
    pub fn tally(&self, unit: usize, regulation: Option<&str>) -> Tally {
        let Tallies {
            regulations,
            counts,
        } = self.tallies();
        let of_unit = regulations.iter().enumerate().filter_map(|(at, id)| {
            let wanted = regulation.is_none_or(|wanted| wanted == id);
            counts
                .get(unit * regulations.len() + at)
                .filter(|_| wanted)
                .copied()
        });
        of_unit.fold(Tally::default(), |sum, tally| sum + tally)
    }

    /// The place of an organization.
    pub fn unit(&self, id: OrganizationId) -> Option<usize> {
        self.unit_index.get(&id).copied()
    }

    /// The place of a clause.
    pub fn clause(&self, regulation: &str, cite: &str) -> Option<usize> {
        self.clause_index
            .get(&ClauseKey {
                regulation: regulation.into(),
                cite: cite.into(),
            })
            .copied()
    }

    /// The places of the organizations in scope.
    pub fn in_scope(&self, scope: &Scope) -> Vec<usize> {
        let Some(roots) = scope.roots() else {
            return (0..self.units.len()).collect();
        };
        (0..self.units.len())
            .filter(|i| {
                let unit = &self.units[*i];
                roots.contains(&unit.id) || unit.superiors.iter().any(|s| roots.contains(s))
            })
            .collect()
    }
}
