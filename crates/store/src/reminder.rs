//! What was told to whom about which duty, so that nothing is told twice.

use std::collections::HashSet;

use domain::id::OrganizationId;

use crate::{Arg, Db, StoreError, Tx, args};

/// A contact who can be written to.
#[derive(Clone, Debug, PartialEq)]
pub struct Reachable {
    /// Whose contact.
    pub organization: OrganizationId,
    /// `it-officer`, `leader`, …
    pub role: String,
    /// The address.
    pub email: String,
}

/// The contacts with an address that are in office on an ISO date.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn reachable(db: &Db, today: &str) -> Result<Vec<Reachable>, StoreError> {
    db.fetch(
        "contacts",
        "SELECT organization_id, role, email FROM contact WHERE email IS NOT NULL AND email <> '' \
         AND starts_on <= $1 AND (ends_on IS NULL OR ends_on >= $1) ORDER BY organization_id, role, email",
        &args![today],
    )
    .await?
    .iter()
    .map(|row| {
        Ok(Reachable {
            organization: row.parsed("organization_id")?,
            role: row.text("role")?,
            email: row.text("email")?,
        })
    })
    .collect()
}

/// The receivers whose digest of an ISO date went out.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn digested(db: &Db, day: &str) -> Result<HashSet<String>, StoreError> {
    db.fetch(
        "digests",
        "SELECT receiver FROM digest WHERE told_on = $1",
        &args![day],
    )
    .await?
    .iter()
    .map(|row| row.text("receiver"))
    .collect()
}

/// What a receiver was told: keys of duties, each with its step.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn told(db: &Db, receiver: &str) -> Result<HashSet<(String, i64)>, StoreError> {
    db.fetch(
        "reminders",
        "SELECT duty, step FROM reminder WHERE receiver = $1",
        &args![receiver],
    )
    .await?
    .iter()
    .map(|row| Ok((row.text("duty")?, row.int("step")?)))
    .collect()
}

/// Notes a receiver's digest of a day with what it tells; false where the day's digest is
/// written already, by another process too: then nothing is noted.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn note(
    tx: &mut Tx,
    receiver: &str,
    day: &str,
    told: &[(String, i64)],
) -> Result<bool, StoreError> {
    let first = tx
        .execute(
            "digest",
            "INSERT INTO digest (receiver, told_on) VALUES ($1, $2) ON CONFLICT (receiver, told_on) DO NOTHING",
            &args![receiver, day],
        )
        .await?;
    if first == 0 {
        return Ok(false);
    }
    let rows: Vec<Vec<Arg>> = told
        .iter()
        .map(|(duty, step)| args![receiver, duty, *step, day].to_vec())
        .collect();
    tx.insert_many(
        "reminders",
        "reminder (receiver, duty, step, told_on)",
        "ON CONFLICT (receiver, duty, step) DO NOTHING",
        &rows,
    )
    .await?;
    Ok(true)
}
