//! How often somebody tried to prove who they are, by what the tries are counted for: an
//! address, a name, a device, a second factor. What follows from the count is decided elsewhere.

use crate::{StoreError, Tx, args};

/// The tries of one subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tries {
    /// How many since the last that was right.
    pub failures: i64,
    /// The last of them, unix milliseconds.
    pub last_at: i64,
    /// None is looked at before this moment, unix milliseconds.
    pub until: i64,
}

/// How long a subject is remembered that is not an account's own.
const REMEMBERED_MS: i64 = 3_600_000;

/// The tries of a subject, held until the transaction ends: who tries at the same moment
/// waits here.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn hold(tx: &mut Tx, subject: &str) -> Result<Tries, StoreError> {
    let row = tx
        .fetch_one(
            "sign-in tries",
            "INSERT INTO sign_in_try (subject, failures, last_at, until) VALUES ($1, 0, 0, 0) \
             ON CONFLICT (subject) DO UPDATE SET until = sign_in_try.until \
             RETURNING failures, last_at, until",
            &args![subject],
        )
        .await?;
    row.map_or(Ok(Tries::default()), |row| {
        Ok(Tries {
            failures: row.int("failures")?,
            last_at: row.int("last_at")?,
            until: row.int("until")?,
        })
    })
}

/// Writes the tries of a subject that is held.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn put(tx: &mut Tx, subject: &str, tries: Tries) -> Result<(), StoreError> {
    tx.execute(
        "sign-in tries",
        "UPDATE sign_in_try SET failures = $2, last_at = $3, until = $4 WHERE subject = $1",
        &args![subject, tries.failures, tries.last_at, tries.until],
    )
    .await?;
    Ok(())
}

/// Forgets the tries of subjects that begin so.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn forget(tx: &mut Tx, beginning: &str) -> Result<(), StoreError> {
    tx.execute(
        "sign-in tries",
        "DELETE FROM sign_in_try WHERE SUBSTR(subject, 1, LENGTH($1)) = $1",
        &args![beginning],
    )
    .await?;
    Ok(())
}

/// Forgets old tries of addresses and names: anybody can make as many of these as they like.
pub(crate) async fn sweep(tx: &mut Tx, now: i64) -> Result<(), StoreError> {
    tx.execute(
        "sign-in tries",
        "DELETE FROM sign_in_try WHERE last_at <= $1 AND until <= $2 \
         AND (subject LIKE 'address:%' OR subject LIKE 'name:%')",
        &args![now - REMEMBERED_MS, now],
    )
    .await?;
    Ok(())
}
