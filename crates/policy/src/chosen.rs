//! The numbers that no text gives and a province chose.

use std::{borrow::Cow, collections::BTreeMap};

use domain::id::OrganizationId;

use crate::control::Value;

/// Values by control and parameter.
pub type Values = BTreeMap<String, BTreeMap<String, Value>>;

/// What was chosen for the parameters of controls.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chosen {
    /// For every province that did not choose for itself.
    pub common: Values,
    /// By provinces for themselves; a province is the head of a tree of organizations.
    pub own: BTreeMap<OrganizationId, Values>,
}

impl Chosen {
    /// What holds in a province: its own values before the common ones.
    pub fn of(&self, province: OrganizationId) -> Cow<'_, Values> {
        let Some(own) = self.own.get(&province) else {
            return Cow::Borrowed(&self.common);
        };
        let mut all = self.common.clone();
        for (control, values) in own {
            let of_control = all.entry(control.clone()).or_default();
            of_control.extend(
                values
                    .iter()
                    .map(|(name, value)| (name.clone(), value.clone())),
            );
        }
        Cow::Owned(all)
    }

    /// The provinces that chose for this control.
    pub fn choosers(&self, control: &str) -> impl Iterator<Item = OrganizationId> {
        let own = self.own.iter();
        own.filter_map(move |(province, values)| values.contains_key(control).then_some(*province))
    }
}
