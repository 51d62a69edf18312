//! Who writes a document and whose facts it tells.

use std::collections::{HashMap, HashSet};

use domain::{id::OrganizationId, label::Label, problem::Problem};
use policy::document::{Covers, Template};
use store::assessment::Unit;

use crate::{App, assess::org_context};

/// All organizations of a day, as a tree.
pub(super) struct Ground {
    units: Vec<Unit>,
    places: HashMap<OrganizationId, usize>,
}

impl Ground {
    pub(super) async fn load(app: &App, day: &str) -> Result<Self, Problem> {
        let units = store::assessment::units(&app.db, day).await?;
        let places = units.iter().enumerate().map(|(i, u)| (u.id, i)).collect();
        Ok(Self { units, places })
    }

    /// The organization of an id.
    pub(super) fn unit(&self, id: OrganizationId) -> Result<&Unit, Problem> {
        self.places
            .get(&id)
            .map(|i| &self.units[*i])
            .ok_or_else(|| {
                Problem::not_found(&Label::new("đơn vị", "organization"), &id.to_string())
            })
    }

    /// The organization itself, then its superiors up to the top.
    pub(super) fn line(&self, id: OrganizationId) -> Vec<&Unit> {
        let mut line = Vec::new();
        let mut at = Some(id);
        while let Some(unit) = at.and_then(|id| self.unit(id).ok()) {
            // A circle is refused when it is written; it must not hang a reader either.
            if line.len() > 16 {
                break;
            }
            line.push(unit);
            at = unit.parent;
        }
        line
    }

    /// At the top of the province that an organization belongs to.
    pub(super) fn province(&self, id: OrganizationId) -> Option<&Unit> {
        self.line(id).last().copied()
    }

    /// The organization below which a document looks.
    pub(super) fn root(&self, template: &Template, author: OrganizationId) -> OrganizationId {
        match template.covers {
            Covers::Own => author,
            Covers::Province => self.province(author).map_or(author, |u| u.id),
        }
    }

    /// An organization and all below it, in dictionary order.
    pub(super) fn below(&self, root: OrganizationId) -> Vec<&Unit> {
        self.units
            .iter()
            .filter(|u| self.line(u.id).iter().any(|above| above.id == root))
            .collect()
    }

    /// The ids of [`Ground::below`].
    pub(super) fn covered(&self, root: OrganizationId) -> HashSet<OrganizationId> {
        self.below(root).into_iter().map(|u| u.id).collect()
    }

    /// The organizations that write documents of a template.
    pub(super) fn authors(&self, app: &App, template: &Template) -> Vec<&Unit> {
        let library = app.library();
        let codes: HashMap<OrganizationId, String> =
            self.units.iter().map(|u| (u.id, u.code.clone())).collect();
        self.units
            .iter()
            .filter(|u| {
                let context = org_context(u, &codes);
                library
                    .roles
                    .bears(&template.author, &context)
                    .unwrap_or(false)
            })
            .collect()
    }
}
