//! Whom each clause binds: adoptions and conditions over organizations, decided again only
//! when the organizations, their roles, the adoptions or the packs change.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use domain::id::OrganizationId;
use policy::{Library, OrgContext, OrgScalars};
use store::assessment::{Adoption, Unit};

use super::board::ClauseKey;

/// Clauses × organizations: bound, not bound, or undecidable.
#[derive(Debug, Default)]
pub(super) struct Binding {
    pack: String,
    units: Vec<Unit>,
    adoptions: Vec<Adoption>,
    clauses: Vec<ClauseKey>,
    /// By clause, then by organization.
    binds: Vec<Vec<Option<bool>>>,
}

impl Binding {
    /// The binding of these organizations by these clauses: `known`, if it is that.
    pub(super) fn of(
        known: &Arc<Self>,
        library: &Library,
        units: &[Unit],
        adoptions: &[Adoption],
        clauses: &[ClauseKey],
    ) -> Arc<Self> {
        if known.pack == library.hash
            && known.units == units
            && known.adoptions == adoptions
            && known.clauses == clauses
        {
            return Arc::clone(known);
        }
        let codes: HashMap<OrganizationId, String> =
            units.iter().map(|u| (u.id, u.code.clone())).collect();
        let contexts: Vec<OrgContext> = units.iter().map(|u| context(u, &codes)).collect();
        let mut bearers: BTreeMap<&str, Vec<Option<bool>>> = BTreeMap::new();
        let mut adopted: BTreeMap<&str, Vec<bool>> = BTreeMap::new();
        let binds = clauses
            .iter()
            .map(|key| {
                let adopted = adopted.entry(key.regulation.as_str()).or_insert_with(|| {
                    let own = |a: &&Adoption| a.regulation == key.regulation;
                    let takes = |u| adoptions.iter().filter(own).any(|a| a.takes(u));
                    units.iter().map(takes).collect()
                });
                let Some(clause) = library.clause(&key.regulation, &key.cite) else {
                    return vec![Some(false); units.len()];
                };
                let bears = bearers.entry(clause.bearer.as_str()).or_insert_with(|| {
                    let bears = |c| library.roles.bears(&clause.bearer, c).ok();
                    contexts.iter().map(bears).collect()
                });
                bears
                    .iter()
                    .zip(&contexts)
                    .zip(adopted)
                    .map(
                        |((bears, context), adopted)| match (bears, &clause.applies) {
                            _ if !*adopted => Some(false),
                            (Some(true), Some(when)) => when.holds(context).ok(),
                            (bears, _) => *bears,
                        },
                    )
                    .collect()
            })
            .collect();
        Arc::new(Self {
            pack: library.hash.clone(),
            units: units.to_vec(),
            adoptions: adoptions.to_vec(),
            clauses: clauses.to_vec(),
            binds,
        })
    }

    /// Whether a clause binds an organization, by their places; none where the condition
    /// cannot be decided.
    pub(super) fn binds(&self, clause: usize, unit: usize) -> Option<bool> {
        self.binds[clause][unit]
    }

    /// The places of the organizations that one of these clauses binds, or may bind.
    pub(super) fn bound(&self, clauses: &[(String, String)]) -> Vec<bool> {
        let mut bound = vec![false; self.units.len()];
        for (key, binds) in self.clauses.iter().zip(&self.binds) {
            let asked = |(regulation, cite): &(String, String)| {
                *regulation == key.regulation && *cite == key.cite
            };
            if clauses.iter().any(asked) {
                for (bound, binds) in bound.iter_mut().zip(binds) {
                    *bound |= *binds != Some(false);
                }
            }
        }
        bound
    }

    /// The organizations and adoptions that it was decided for.
    pub(super) fn ground(&self) -> (Vec<Unit>, Vec<Adoption>) {
        (self.units.clone(), self.adoptions.clone())
    }

    /// Whether these are the organizations and adoptions that it was decided for.
    pub(super) fn is_of(&self, units: &[Unit], adoptions: &[Adoption]) -> bool {
        self.units == units && self.adoptions == adoptions
    }
}

/// An organization as its conditions see it.
pub(crate) fn context(unit: &Unit, codes: &HashMap<OrganizationId, String>) -> OrgContext {
    let parent = unit.parent.and_then(|p| codes.get(&p).cloned());
    OrgContext::new(&OrgScalars {
        code: unit.code.clone(),
        kind: unit.kind.clone(),
        level: unit.level.clone(),
        membership: unit.membership.clone(),
        parent: parent.unwrap_or_default(),
        roles: unit.roles.iter().cloned().collect(),
    })
}
