//! What lies sealed in the database: secrets that only the key of the
//! installation opens, and entries of the journal that only it can have sealed.

use crate::{Db, StoreError, args, memory::Head};

/// Whether anything does.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn any(db: &Db) -> Result<bool, StoreError> {
    let sql = "SELECT 1 AS one WHERE EXISTS (SELECT 1 FROM setting WHERE value LIKE '\"sealed:%') \
               OR EXISTS (SELECT 1 FROM account WHERE totp_secret LIKE 'sealed:%') \
               OR EXISTS (SELECT 1 FROM device_secret) \
               OR EXISTS (SELECT 1 FROM journal WHERE seal IS NOT NULL)";
    Ok(db.fetch_one("secrets", sql, &[]).await?.is_some())
}

/// The last of the entries with which the journal begins that carry no seal; none where the first
/// one carries one.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn unsealed(db: &Db) -> Result<Option<Head>, StoreError> {
    let sql = "SELECT seq, hash FROM journal WHERE seq >= 1 AND seq < \
               COALESCE((SELECT MIN(seq) FROM journal WHERE seq >= 1 AND seal IS NOT NULL), $1) \
               ORDER BY seq DESC LIMIT 1";
    let last = db.fetch_one("journal", sql, &args![i64::MAX]).await?;
    last.map(|row| Ok((row.int("seq")?, row.text("hash")?)))
        .transpose()
}

/// Whether entries are sealed, and neither the first of these nor any of the newest by the key that
/// was given: an honest person put another installation's key there. One forged entry is told by
/// the verification and keeps nobody from starting.
///
/// # Errors
/// [`StoreError::Engine`].
pub async fn is_of_another_key(db: &Db) -> Result<bool, StoreError> {
    let Some(sealing) = db.sealing() else {
        return Ok(false);
    };
    let of = |order: &str, n: u32| {
        format!(
            "SELECT hash, seal FROM journal WHERE seal IS NOT NULL AND seq >= 1 ORDER BY seq {order} LIMIT {n}"
        )
    };
    let mut rows = db.fetch("journal", &of("", 1), &[]).await?;
    rows.extend(db.fetch("journal", &of("DESC", 20), &[]).await?);
    for row in &rows {
        if sealing.holds(&row.text("hash")?, &row.text("seal")?) {
            return Ok(false);
        }
    }
    Ok(!rows.is_empty())
}
