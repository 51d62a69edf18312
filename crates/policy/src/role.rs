//! Which real organization plays each role that a regulation names.

use std::collections::BTreeMap;

use domain::label::Label;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::expression::{EvaluationError, Expression, OrgContext};

/// The role map, `policy/roles.yaml`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RoleMap {
    /// The tiers of government, with the dates between which each exists.
    pub levels: Vec<Level>,
    /// The roles that organizations hold through the registry, with dates.
    pub held: BTreeMap<String, HeldRole>,
    /// The roles that regulations name, by their id in `bearer`.
    pub roles: BTreeMap<String, Role>,
}

/// A tier of government.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// `org.level`.
    pub id: String,
    /// Its name.
    pub label: Label,
    /// The last day on which it existed.
    #[serde(default)]
    pub to: Option<Date>,
    /// Where that comes from.
    #[serde(default)]
    pub source: Option<String>,
}

/// A role held through the registry.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HeldRole {
    /// Its name.
    pub label: Label,
    /// What its holder does.
    pub describes: Label,
    /// Who has held it in turn, as the sources say; the registry decides.
    #[serde(default)]
    pub history: Vec<Holder>,
}

/// Who held a role.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// First day.
    #[serde(default)]
    pub from: Option<Date>,
    /// Last day.
    #[serde(default)]
    pub to: Option<Date>,
    /// The body.
    pub holder: Label,
    /// Where that comes from.
    pub source: String,
}

/// A role that a regulation names.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Its name.
    pub label: Label,
    /// Who plays it, or at whose unit its duties are judged.
    pub when: Expression,
    /// Said where the duties of persons are judged at their unit.
    #[serde(default)]
    pub note: Option<Label>,
}

impl RoleMap {
    /// Whether an organization bears the duties of `role`; an unknown role is borne by nobody.
    ///
    /// # Errors
    /// When the role's condition cannot be decided.
    pub fn bears(&self, role: &str, org: &OrgContext) -> Result<bool, EvaluationError> {
        self.roles
            .get(role)
            .map_or(Ok(false), |r| r.when.holds(org))
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        Embedded, Library,
        expression::{OrgContext, OrgScalars},
    };

    #[test]
    fn the_provincial_police_and_military_are_no_body_below() {
        let roles = Library::load(&Embedded).unwrap().roles;
        let bears = |role: &str, kind: &str, level: &str, held: &[&str]| {
            let org = OrgScalars {
                kind: kind.into(),
                level: level.into(),
                membership: "participant".into(),
                roles: held.iter().map(|r| (*r).to_owned()).collect(),
                ..OrgScalars::default()
            };
            roles.bears(role, &OrgContext::new(&org)).unwrap()
        };
        for kind in ["police", "military"] {
            for role in [kind, "coordination-lead"] {
                assert!(bears(role, kind, "province", &[]), "{role}");
                assert!(bears(role, "office", "central", &[kind]), "{role}");
                for below in ["district", "commune"] {
                    assert!(!bears(role, kind, below, &[]), "{role} {below}");
                }
            }
            // What binds everybody binds them too.
            assert!(bears("coordinating-body", kind, "commune", &[]));
        }
    }
}
