//! What lies sealed in the database: secrets that only the key of the
//! installation opens, and entries of the journal that only it can have sealed.

use crate::{Db, StoreError};

/// Whether anything does.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn any(db: &Db) -> Result<bool, StoreError> {
    let sql = "SELECT 1 AS one WHERE EXISTS (SELECT 1 FROM setting WHERE value LIKE '\"sealed:%') \
               OR EXISTS (SELECT 1 FROM account WHERE totp_secret LIKE 'sealed:%') \
               OR EXISTS (SELECT 1 FROM journal WHERE seal IS NOT NULL)";
    Ok(db.fetch_one("secrets", sql, &[]).await?.is_some())
}
