//! What lies before a target on the way to the hub, and which lines lead there.

use std::collections::HashMap;

use domain::id::{OrganizationId, TargetId};

use crate::{Db, StoreError};

/// A circuit that leads to a target, or is one.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Link {
    /// The circuit's code.
    pub code: String,
    /// Whose line it is.
    pub provider: Option<OrganizationId>,
    /// The number of the contract.
    pub contract: Option<String>,
}

struct Circuit {
    id: TargetId,
    z_site: Option<TargetId>,
    link: Link,
}

/// All lines and sites in service, and the states of all that is probed.
pub(crate) struct Ways {
    /// By the site at the A end.
    circuits: HashMap<TargetId, Vec<Circuit>>,
    /// The site that a site names, by site.
    named: HashMap<TargetId, Option<TargetId>>,
    /// By target; what is not in it is not probed.
    states: HashMap<TargetId, String>,
}

impl Ways {
    pub(crate) async fn load(db: &Db) -> Result<Self, StoreError> {
        let mut ways = Self {
            circuits: HashMap::new(),
            named: HashMap::new(),
            states: HashMap::new(),
        };
        let sql = "SELECT id, code, a_site_id, z_site_id, provider_id, contract FROM circuit \
            WHERE status = 'active' AND a_site_id IS NOT NULL ORDER BY code, id";
        for row in db.fetch("circuits", sql, &[]).await? {
            let (a, z) = (row.parsed("a_site_id")?, row.opt_parsed("z_site_id")?);
            let circuit = Circuit {
                id: row.parsed("id")?,
                z_site: z.filter(|z| *z != a),
                link: Link {
                    code: row.text("code")?,
                    provider: row.opt_parsed("provider_id")?,
                    contract: row.opt_text("contract")?,
                },
            };
            ways.circuits.entry(a).or_default().push(circuit);
        }
        let sql = "SELECT id, parent_id FROM site WHERE status = 'active'";
        for row in db.fetch("sites", sql, &[]).await? {
            ways.named
                .insert(row.parsed("id")?, row.opt_parsed("parent_id")?);
        }
        let sql = "SELECT t.target_id, COALESCE(x.state, 'no_data') AS state FROM target t \
            LEFT JOIN target_state x ON x.target_id = t.target_id";
        for row in db.fetch("targets", sql, &[]).await? {
            ways.states
                .insert(row.parsed("target_id")?, row.text("state")?);
        }
        Ok(ways)
    }

    /// What is probed before a site: each of its circuits (or what lies at the far end of one
    /// that is not probed itself), else the site that it names.
    pub(crate) fn of_site(&self, site: TargetId) -> Vec<TargetId> {
        let mut seen = vec![site];
        let mut ways = Vec::new();
        self.collect(site, &mut seen, &mut ways);
        ways
    }

    /// A site, or what is probed before it where it is not probed itself.
    pub(crate) fn through(&self, site: TargetId) -> Vec<TargetId> {
        if self.states.contains_key(&site) {
            vec![site]
        } else {
            self.of_site(site)
        }
    }

    fn collect(&self, site: TargetId, seen: &mut Vec<TargetId>, ways: &mut Vec<TargetId>) {
        let circuits = self.circuits.get(&site).map_or(&[][..], Vec::as_slice);
        let mut next = Vec::new();
        for circuit in circuits {
            if self.states.contains_key(&circuit.id) {
                ways.push(circuit.id);
            } else {
                next.extend(circuit.z_site);
            }
        }
        if ways.is_empty() && next.is_empty() {
            next.extend(self.named.get(&site).copied().flatten());
        }
        for site in next {
            if seen.contains(&site) {
                continue;
            }
            seen.push(site);
            if self.states.contains_key(&site) {
                ways.push(site);
            } else {
                self.collect(site, seen, ways);
            }
        }
    }

    /// The lines that lead to a site.
    pub(crate) fn links(&self, site: TargetId) -> Vec<Link> {
        let circuits = self.circuits.get(&site).map_or(&[][..], Vec::as_slice);
        circuits.iter().map(|c| c.link.clone()).collect()
    }

    /// Whether one of several ways is dead.
    pub(crate) fn degraded(&self, ways: &[TargetId]) -> bool {
        let dead = |way: &TargetId| {
            let state = self.states.get(way).map(String::as_str);
            matches!(state, Some("down" | "unreachable"))
        };
        ways.len() > 1 && ways.iter().any(dead)
    }
}
