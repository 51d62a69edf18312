//! Who is above whom: the tree of organizations.

use std::collections::{HashMap, HashSet};

use domain::{
    authority::Scope,
    id::{Id, OrganizationId},
    schema::{MOST_DEPTH, Schema},
};

use super::{owner_column, scope_condition};
use crate::{Arg, Db, StoreError, Tx, args, row::Readable as _};

/// Whether an organization lies in scope.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn covers(
    tx: &mut Tx,
    scope: &Scope,
    organization: OrganizationId,
) -> Result<bool, StoreError> {
    let mut args = args![organization].to_vec();
    let in_scope = scope_condition(scope, "id", &mut args);
    let sql = format!("SELECT id FROM organization WHERE id = $1 AND {in_scope}");
    Ok(tx.fetch_one("organization", &sql, &args).await?.is_some())
}

/// Those of some organizations that lie in scope.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn covered(
    tx: &mut Tx,
    scope: &Scope,
    organizations: &[OrganizationId],
) -> Result<HashSet<OrganizationId>, StoreError> {
    let mut found = HashSet::new();
    for ids in organizations.chunks(500) {
        let mut args: Vec<Arg> = ids.iter().map(|id| id.0.into()).collect();
        let places: Vec<String> = (1..=args.len()).map(|i| format!("${i}")).collect();
        let in_scope = scope_condition(scope, "id", &mut args);
        let sql = format!(
            "SELECT id FROM organization WHERE id IN ({}) AND {in_scope}",
            places.join(", ")
        );
        for row in tx.fetch("organization", &sql, &args).await? {
            found.insert(row.parsed("id")?);
        }
    }
    Ok(found)
}

/// Whether the head of the province that an organization stands in lies in scope: of a tree of
/// more than one.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn covers_head(
    tx: &mut Tx,
    scope: &Scope,
    organization: OrganizationId,
) -> Result<bool, StoreError> {
    let mut args = args![organization].to_vec();
    let in_scope = scope_condition(scope, "province", &mut args);
    let sql = format!(
        "SELECT province FROM organization_province \
         WHERE organization_id = $1 AND province <> '' AND {in_scope}"
    );
    Ok(tx.fetch_one("organization", &sql, &args).await?.is_some())
}

/// Whether one of two organizations stands above the other, or they are the same.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn in_line(
    tx: &mut Tx,
    a: OrganizationId,
    b: OrganizationId,
) -> Result<bool, StoreError> {
    Ok(is_below(tx, a.0, b.0).await? || is_below(tx, b.0, a.0).await?)
}

/// Whether `candidate` lies in the subtree of `root`.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn is_below(tx: &mut Tx, candidate: Id, root: Id) -> Result<bool, StoreError> {
    let sql =
        "SELECT depth FROM organization_closure WHERE ancestor_id = $1 AND descendant_id = $2";
    Ok(tx
        .fetch_one("organization tree", sql, &args![root, candidate])
        .await?
        .is_some())
}

/// Whose a record is; `None` when it is nobody's in particular, or is not there.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn owner(
    tx: &mut Tx,
    schema: &Schema,
    id: Id,
) -> Result<Option<OrganizationId>, StoreError> {
    let sql = format!(
        "SELECT {} AS owner FROM {} WHERE id = $1",
        owner_column(schema),
        schema.table()
    );
    let row = tx.fetch_one(&schema.noun, &sql, &args![id]).await?;
    row.map_or(Ok(None), |row| row.opt_parsed("owner"))
}

/// All organizations in scope of an actor: the ids of its subtrees.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn organizations_in(db: &Db, scope: &Scope) -> Result<Vec<OrganizationId>, StoreError> {
    let mut args = Vec::new();
    let in_scope = scope_condition(scope, "id", &mut args);
    let sql = format!("SELECT id FROM organization WHERE {in_scope} ORDER BY sort_key");
    db.fetch("organization", &sql, &args)
        .await?
        .iter()
        .map(|row| row.parsed("id"))
        .readable()
}

/// Who stands directly below whom, as it was read: decides in memory, for what is kept in
/// memory, as `scope_condition` does in SQL.
#[derive(Clone, Debug, Default)]
pub struct Tree(HashMap<OrganizationId, Option<OrganizationId>>);

impl Tree {
    /// Reads it.
    ///
    /// # Errors
    /// [`StoreError`] of the engine.
    pub async fn load(db: &Db) -> Result<Self, StoreError> {
        let sql = "SELECT id, parent_id FROM organization";
        let above = db.fetch("organization tree", sql, &[]).await?;
        let above = above
            .iter()
            .map(|row| Ok((row.parsed("id")?, row.opt_parsed("parent_id")?)));
        Ok(Self(above.readable()?.into_iter().collect()))
    }

    /// Whether an organization lies in scope; what belongs to none only where everything does.
    pub fn covers(&self, scope: &Scope, organization: Option<OrganizationId>) -> bool {
        let Some(roots) = scope.roots() else {
            return true;
        };
        let mut at = organization;
        for _ in 0..MOST_DEPTH {
            match at {
                Some(id) if roots.contains(&id) => return self.0.contains_key(&id),
                Some(id) => at = self.0.get(&id).copied().flatten(),
                None => return false,
            }
        }
        false
    }

    /// As the function [`covers_head`] decides in SQL.
    pub fn covers_head(&self, scope: &Scope, organization: OrganizationId) -> bool {
        let mut head = organization;
        for _ in 0..=16 {
            match self.0.get(&head).copied().flatten() {
                Some(above) => head = above,
                None => break,
            }
        }
        let alone = !self.0.values().any(|above| *above == Some(head));
        scope.roots().is_none() || (!alone && self.covers(scope, Some(head)))
    }
}
