//! The few places where the two engines must differ.

use crate::{StoreError, Tx};

/// Serialises the writers of the journal: SQLite has one writer as it is, PostgreSQL
/// takes a lock that ends with the transaction.
pub(crate) async fn lock_journal(tx: &mut Tx) -> Result<(), StoreError> {
    if tx.is_postgres() {
        tx.fetch(
            "lock the journal",
            "SELECT 1 AS one FROM pg_advisory_xact_lock(7102019)",
            &[],
        )
        .await?;
    }
    Ok(())
}

/// What follows the choice of jobs so that two processes never lease the same one.
pub(crate) fn skip_locked(tx: &Tx) -> &'static str {
    if tx.is_postgres() {
        "FOR UPDATE SKIP LOCKED"
    } else {
        ""
    }
}
