//! How all targets stand at one moment: read once, looked at by many.

use std::{collections::HashMap, sync::Arc};

use domain::{authority::Scope, id::TargetId};

use crate::{
    Db, StoreError,
    registry::Tree,
    target::{self, AvailabilityRow, TargetRow},
};

/// All targets; each is handed only to who may see it.
#[derive(Debug)]
pub struct Standing {
    /// In the order of their names.
    rows: Vec<Arc<TargetRow>>,
    places: HashMap<TargetId, usize>,
    tree: Tree,
}

impl Standing {
    /// Reads it; `everything` is the program's own scope.
    ///
    /// # Errors
    /// [`StoreError`] of the engine.
    pub async fn load(db: &Db, everything: &Scope) -> Result<Self, StoreError> {
        let tree = Tree::load(db).await?;
        let rows: Vec<Arc<TargetRow>> = target::list(db, everything)
            .await?
            .into_iter()
            .map(Arc::new)
            .collect();
        let places = rows.iter().enumerate().map(|(i, t)| (t.id, i)).collect();
        Ok(Self { rows, places, tree })
    }

    /// The targets in scope, in the order of their names.
    pub fn within(&self, scope: &Scope) -> Vec<Arc<TargetRow>> {
        self.rows
            .iter()
            .filter(|target| self.tree.covers(scope, Some(target.organization)))
            .cloned()
            .collect()
    }

    /// A target, if it is in scope.
    pub fn get(&self, scope: &Scope, id: TargetId) -> Option<&Arc<TargetRow>> {
        let target = self.rows.get(*self.places.get(&id)?)?;
        self.tree
            .covers(scope, Some(target.organization))
            .then_some(target)
    }
}

/// One month of every target, by its id.
pub type Month = HashMap<TargetId, Arc<AvailabilityRow>>;

/// Reads a month (`YYYY-MM`) of every target; who may see which, a [`Standing`] says.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn month(db: &Db, everything: &Scope, month: &str) -> Result<Month, StoreError> {
    let rows = target::month(db, everything, month).await?;
    let by_target = rows
        .into_iter()
        .filter_map(|row| Some((row.target.parse().ok()?, Arc::new(row))));
    Ok(by_target.collect())
}
