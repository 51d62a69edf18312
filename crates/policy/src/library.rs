//! All packs together, read once and checked against each other.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    id::OrganizationId,
    label::Label,
    schema::{ChoicesFrom, Schema},
};
use indexmap::IndexMap;
use jiff::civil::Date;
use serde::Serialize;

use crate::{
    calendar::Calendar,
    check::Check,
    chosen::{Chosen, Values},
    control::{AwaitedFact, Control, Value},
    document::{Figure, Template},
    expression::{EvaluationError, OrgContext},
    flow::Flow,
    law::Laws,
    lint::{self, Problem},
    reading::Reading,
    regulation::{Clause, Regulation},
    role::RoleMap,
    source::{Source, SourceError},
    verdict::Status,
    words::Words,
};

/// A policy that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The files cannot be read.
    #[error("the policy cannot be read")]
    Source(#[from] SourceError),
    /// The files contradict themselves or each other.
    #[error("the policy has {} mistakes; the first: {}", .0.len(), .0.first().map_or_else(String::new, ToString::to_string))]
    Problems(Vec<Problem>),
}

/// Everything under `policy/`.
#[derive(Clone, Debug)]
pub struct Library {
    /// By id.
    pub regulations: BTreeMap<String, Regulation>,
    /// By id.
    pub controls: BTreeMap<String, Control>,
    /// By id.
    pub checks: BTreeMap<String, Check>,
    /// The books, by noun; completed with what every entry has.
    pub registers: BTreeMap<String, Schema>,
    /// What documents are filled with, by id.
    pub figures: BTreeMap<String, Figure>,
    /// The kinds of documents, by id.
    pub documents: BTreeMap<String, Template>,
    /// The requests that go from state to state, by id.
    pub flows: BTreeMap<String, Flow>,
    /// How the clauses of each regulation were read against their texts.
    pub readings: BTreeMap<String, Vec<Reading>>,
    /// Who plays which role.
    pub roles: RoleMap,
    /// Facts that controls wait for, by id.
    pub awaited: BTreeMap<String, AwaitedFact>,
    /// National texts that are cited, by id.
    pub law: Laws,
    /// Words for evidence and parameters.
    pub words: Words,
    /// The working calendar.
    pub calendar: Calendar,
    /// SHA-256 over all files but fixtures, readings and flows.
    pub hash: String,
    /// SHA-256 of each file, by path.
    pub hashes: BTreeMap<String, String>,
}

/// A control with one set of parameter values, and the clauses that ask for it so.
///
/// The engine judges each of these once for all units.
#[derive(Clone, Debug, Serialize)]
pub struct Assessment {
    /// The control's id.
    pub control: String,
    /// Its parameter values.
    pub parameters: BTreeMap<String, Value>,
    /// The clauses, as regulation id and cite.
    pub clauses: Vec<(String, String)>,
    /// The province that chose these values for itself.
    pub province: Option<OrganizationId>,
    /// The provinces that chose otherwise, where nobody's own values are these.
    pub except: BTreeSet<OrganizationId>,
    /// SHA-256 of control, check, parameter values and whose they are.
    pub hash: String,
}

impl Assessment {
    /// Whether the organizations of a province are judged by it.
    pub fn holds_in(&self, province: OrganizationId) -> bool {
        match self.province {
            Some(own) => own == province,
            None => !self.except.contains(&province),
        }
    }
}

impl Library {
    /// Reads a policy; one that [`lint::lint`] finds fault with is not taken.
    ///
    /// # Errors
    /// When files cannot be read, or with every mistake found in them.
    pub fn load(source: &dyn Source) -> Result<Self, LoadError> {
        let files = source.files()?;
        match lint::examine(&files) {
            (Some(library), problems) if problems.is_empty() => Ok(library),
            (_, problems) => Err(LoadError::Problems(problems)),
        }
    }

    /// The choices of a field that are data of the packs.
    pub fn choices(&self, from: ChoicesFrom) -> IndexMap<String, Label> {
        match from {
            ChoicesFrom::Regulations => self
                .regulations
                .iter()
                .map(|(id, regulation)| (id.clone(), regulation.short.clone()))
                .collect(),
            ChoicesFrom::HeldRoles => {
                let held = self.roles.held.iter();
                held.map(|(id, role)| (id.clone(), role.label.clone()))
                    .collect()
            }
        }
    }

    /// The clause of a regulation.
    pub fn clause(&self, regulation: &str, cite: &str) -> Option<&Clause> {
        self.regulations.get(regulation)?.clause(cite)
    }

    /// Whether an organization is judged by a clause: it is scored, the organization
    /// plays the bearer's role, and the clause's own condition holds.
    ///
    /// # Errors
    /// When a condition cannot be decided.
    pub fn binds(&self, clause: &Clause, org: &OrgContext) -> Result<bool, EvaluationError> {
        if !clause.is_scored() || !self.roles.bears(&clause.bearer, org)? {
            return Ok(false);
        }
        clause.applies.as_ref().map_or(Ok(true), |a| a.holds(org))
    }

    /// The controls of a clause with what they include, each once.
    pub fn controls_of(&self, clause: &Clause) -> Vec<&Control> {
        let mut found: Vec<&Control> = Vec::new();
        let mut queue: Vec<&str> = clause.controls.iter().map(|c| c.control.as_str()).collect();
        queue.reverse();
        while let Some(id) = queue.pop() {
            if found.iter().any(|c| c.id == id) {
                continue;
            }
            if let Some(control) = self.controls.get(id) {
                queue.extend(control.includes.iter().map(String::as_str));
                found.push(control);
            }
        }
        found
    }

    /// What a clause's controls give together: all must hold.
    pub fn conclude(statuses: impl IntoIterator<Item = Status>) -> Status {
        Status::all(statuses)
    }

    /// Everything that must be judged for the regulations `adopted` that are in force on `day`.
    ///
    /// What was chosen counts for parameters that are `chosen`, and never against a number
    /// that a clause gives. A control for which a province chose is judged for it apart.
    pub fn assessments(
        &self,
        day: Date,
        adopted: &BTreeSet<String>,
        chosen: &Chosen,
    ) -> Vec<Assessment> {
        let mut found: Vec<Assessment> = Vec::new();
        let own: Vec<_> = chosen.own.keys().map(|p| (*p, chosen.of(*p))).collect();
        let judged = |r: &&Regulation| r.in_force(day) && adopted.contains(&r.id);
        for regulation in self.regulations.values().filter(judged) {
            for clause in regulation.clauses.iter().filter(|c| c.is_scored()) {
                for control in self.controls_of(clause) {
                    let place = (regulation.id.clone(), clause.cite.clone());
                    let choosers: BTreeSet<_> = chosen.choosers(&control.id).collect();
                    let of = own.iter().filter(|(p, _)| choosers.contains(p));
                    let of = of.map(|(p, values)| (Some(*p), &**values));
                    for (province, values) in [(None, &chosen.common)].into_iter().chain(of) {
                        let parameters = self.parameters(clause, control, values);
                        // Since when a duty binds depends on the regulation that asks for it.
                        let of = control.duty.as_ref().map(|_| regulation.id.as_str());
                        let same = found.iter_mut().find(|a| {
                            a.control == control.id
                                && of.is_none_or(|of| a.clauses.iter().all(|(r, _)| r == of))
                                && a.province == province
                                && a.parameters == parameters
                        });
                        match same {
                            Some(known) => known.clauses.push(place.clone()),
                            None => found.push(Assessment {
                                hash: self.assessment_hash(control, &parameters, province, of),
                                control: control.id.clone(),
                                parameters,
                                clauses: vec![place.clone()],
                                except: match province {
                                    Some(_) => BTreeSet::new(),
                                    None => choosers.clone(),
                                },
                                province,
                            }),
                        }
                    }
                }
            }
        }
        found
    }

    /// The values with which a clause's control is judged.
    pub fn parameters(
        &self,
        clause: &Clause,
        control: &Control,
        values: &Values,
    ) -> BTreeMap<String, Value> {
        let chosen = |name: &str| {
            control
                .parameters
                .iter()
                .any(|p| p.name == name && p.chosen)
        };
        let local = values
            .get(&control.id)
            .into_iter()
            .flatten()
            .filter(|(name, _)| chosen(name));
        let own = clause
            .controls
            .iter()
            .filter(|c| c.control == control.id)
            .flat_map(|c| &c.parameters);
        control.values(local.chain(own))
    }
}
