//! An inspection while it is written to and concluded.

use domain::id::Id;

use crate::{StoreError, Tx, args, dialect};

/// Holds an inspection until the transaction ends: whoever writes its items and findings
/// shares it, who concludes has it alone. So nothing slips in behind a conclusion.
///
/// # Errors
/// [`StoreError::Engine`].
pub async fn lock(tx: &mut Tx, round: Id, alone: bool) -> Result<(), StoreError> {
    dialect::lock(tx, &format!("inspection {round}"), alone).await
}

/// Its code and step; none when there is no such inspection.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn step(tx: &mut Tx, round: Id) -> Result<Option<(String, String)>, StoreError> {
    let sql = "SELECT code, status FROM inspection_round WHERE id = $1";
    tx.fetch_one("inspection", sql, &args![round])
        .await?
        .map(|row| Ok((row.text("code")?, row.text("status")?)))
        .transpose()
}
