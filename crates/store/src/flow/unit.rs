//! The units of flows, as guards and lists ask for them.

use std::collections::HashMap;

use domain::id::OrganizationId;

use super::listed;
use crate::{StoreError, Tx};

/// What a guard asks of a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowUnit {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// Its level.
    pub level: String,
    /// `member`, `participant`, `none`.
    pub membership: String,
    /// The code of its superior; empty at the top.
    pub parent: String,
    /// The roles that it holds today.
    pub roles: Vec<String>,
}

/// The unit of a flow on `today` (ISO).
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn unit(
    tx: &mut Tx,
    id: OrganizationId,
    today: &str,
) -> Result<Option<FlowUnit>, StoreError> {
    Ok(units(tx, &[id], today).await?.remove(&id))
}

/// The units of several flows on `today` (ISO).
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn units(
    tx: &mut Tx,
    ids: &[OrganizationId],
    today: &str,
) -> Result<HashMap<OrganizationId, FlowUnit>, StoreError> {
    let mut all: HashMap<OrganizationId, FlowUnit> = HashMap::new();
    for chunk in ids.chunks(500) {
        let (mut args, places) = listed(chunk.iter().map(|id| id.0));
        let sql = format!(
            "SELECT o.id, o.code, o.name, o.kind, o.level, o.membership, p.code AS parent FROM organization o \
             LEFT JOIN organization p ON p.id = o.parent_id WHERE o.id IN ({places})"
        );
        for row in tx.fetch("organization", &sql, &args).await? {
            let unit = FlowUnit {
                code: row.text("code")?,
                name: row.text("name")?,
                kind: row.text("kind")?,
                level: row.text("level")?,
                membership: row.text("membership")?,
                parent: row.opt_text("parent")?.unwrap_or_default(),
                roles: Vec::new(),
            };
            all.insert(row.parsed("id")?, unit);
        }
        args.push(today.into());
        let today = args.len();
        let sql = format!(
            "SELECT DISTINCT organization_id, role FROM role_assignment \
             WHERE organization_id IN ({places}) AND starts_on <= ${today} \
             AND (ends_on IS NULL OR ends_on >= ${today}) ORDER BY organization_id, role"
        );
        for row in tx.fetch("roles", &sql, &args).await? {
            if let Some(unit) = all.get_mut(&row.parsed("organization_id")?) {
                unit.roles.push(row.text("role")?);
            }
        }
    }
    Ok(all)
}
