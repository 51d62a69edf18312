//! What can still be told of a day that has passed.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use domain::id::OrganizationId;
use jiff::civil::Date;
use policy::{Check, Status, facts};
use store::StoreError;

use super::finding::{Finding, Rows};
use crate::App;

/// The moment that is judged.
pub(super) struct When {
    /// Unix milliseconds.
    pub now: i64,
    /// Its local day.
    pub today: Date,
    /// What is still told of it, where it has passed.
    pub past: Option<Past>,
}

/// What the tables that keep no history still tell of a past day.
pub(super) struct Past {
    ends_its_month: bool,
    /// By noun: whose records were changed since; none for a record that is nobody's.
    changed: BTreeMap<String, HashSet<Option<OrganizationId>>>,
}

impl Past {
    /// Of the local day that ends at `end` (unix milliseconds).
    pub(super) async fn of(app: &App, end: i64, day: Date) -> Result<Self, StoreError> {
        let nouns = facts::all()
            .iter()
            .flat_map(|view| match facts::past(view.name) {
                facts::Past::Unchanged(nouns) => nouns.as_slice(),
                _ => &[],
            });
        // One may be named by several views.
        let nouns: BTreeSet<&str> = nouns.map(String::as_str).collect();
        let nouns: Vec<&str> = nouns.into_iter().collect();
        let mut changed: BTreeMap<String, HashSet<Option<OrganizationId>>> = BTreeMap::new();
        for (noun, unit) in store::journal::changed_since(&app.db, end, &nouns).await? {
            changed.entry(noun).or_default().insert(unit);
        }
        Ok(Self {
            ends_its_month: day == day.last_of_month(),
            changed,
        })
    }

    /// Whether a check reads what of that day is told of nobody.
    pub(super) fn tells_nothing(&self, check: &Check) -> bool {
        check.reads.iter().any(|view| match facts::past(view) {
            facts::Past::Nothing => true,
            facts::Past::Monthly => !self.ends_its_month,
            facts::Past::Dated | facts::Past::Unchanged(_) => false,
        })
    }

    /// That a check cannot say how it was with an organization; none where it can.
    pub(super) fn untold(&self, check: &Check, unit: OrganizationId) -> Option<Finding> {
        let changed = |noun: &String| {
            self.changed.get(noun).is_some_and(|units| {
                check.beyond || units.contains(&Some(unit)) || units.contains(&None)
            })
        };
        let other = |view: &String| match facts::past(view) {
            facts::Past::Unchanged(nouns) => nouns.iter().any(changed),
            _ => false,
        };
        let reason = if self.tells_nothing(check) {
            "not-kept"
        } else if check.reads.iter().any(other) {
            "changed-since"
        } else {
            return None;
        };
        Some(Finding {
            status: Status::NoData,
            reason: Some(reason.to_owned()),
            rows: Rows::Untold,
        })
    }
}
