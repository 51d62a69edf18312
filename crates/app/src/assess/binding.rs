//! Whom each clause binds: adoptions and conditions over organizations, decided again only
//! when the organizations, their roles, the adoptions or the packs change.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use domain::clock;
use domain::id::OrganizationId;
use jiff::{ToSpan, civil::Date};
use policy::{Library, OrgContext, OrgScalars, Regulation, duty::Bound};
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
    /// By regulation, then by organization: from when to when it binds, whom it binds at all.
    terms: BTreeMap<String, Vec<Option<Bound>>>,
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
        let mut terms: BTreeMap<String, Vec<Option<Bound>>> = BTreeMap::new();
        let binds = clauses
            .iter()
            .map(|key| {
                let adopted = terms.entry(key.regulation.clone()).or_insert_with(|| {
                    let own: Vec<&Adoption> = adoptions
                        .iter()
                        .filter(|a| a.regulation == key.regulation)
                        .collect();
                    let regulation = library.regulations.get(&key.regulation);
                    units.iter().map(|u| term(regulation?, &own, u)).collect()
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
                    .zip(&*adopted)
                    .map(
                        |((bears, context), adopted)| match (bears, &clause.applies) {
                            _ if adopted.is_none() => Some(false),
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
            terms,
        })
    }

    /// From when to when a regulation binds the organization at a place; none where it was
    /// not adopted for it.
    pub(super) fn term(&self, regulation: &str, unit: usize) -> Option<Bound> {
        *self.terms.get(regulation)?.get(unit)?
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

/// From when to when a regulation binds an organization: from the latest of its being in
/// force, its adoption, and the organization's own start (of which the registry says none,
/// since it was entered), to the earliest end of the three.
fn term(regulation: &Regulation, adoptions: &[&Adoption], unit: &Unit) -> Option<Bound> {
    let day = |text: &String| text.parse::<Date>().ok();
    let taken = adoptions.iter().filter(|a| a.takes(unit));
    let adoption = taken.min_by(|a, b| a.starts_on.cmp(&b.starts_on))?;
    let entered = clock::local_date(clock::from_ms(unit.created_at));
    let start = start(unit);
    let from = [Some(regulation.effective_from), day(&adoption.starts_on)]
        .into_iter()
        .flatten()
        .fold(start, Date::max);
    let ends = [
        regulation.effective_to,
        adoption.ends_on.as_ref().and_then(day),
        unit.ends_on.as_ref().and_then(day),
    ];
    Some(Bound {
        entered,
        // What was due long before the unit was in the registry nobody looks into here.
        from: from.max(entered.saturating_sub(1.year())),
        until: ends.into_iter().flatten().min(),
    })
}

/// Since when there is such an organization, as far as the registry says it: since it was
/// entered where it does not.
pub(super) fn start(unit: &Unit) -> Date {
    let said = unit.starts_on.as_ref().and_then(|day| day.parse().ok());
    said.unwrap_or_else(|| clock::local_date(clock::from_ms(unit.created_at)))
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
