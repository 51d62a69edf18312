//! The last verification of each kind of evidence.

use domain::label::Label;

use crate::{Db, StoreError, Tx, args};

/// What a verification came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceCheck {
    /// `vault` or `journal`; `CODE:SUBJECT` for an alarm about evidence.
    pub subject: String,
    /// When it ended, unix milliseconds.
    pub checked_at: i64,
    /// Whether everything is as it was written.
    pub sound: bool,
    /// How many lines or entries were read.
    pub size: i64,
    /// What is not, JSON of a label; empty when it is sound.
    pub reason: String,
}

impl EvidenceCheck {
    /// What is wrong, in words.
    pub fn reason(&self) -> Option<Label> {
        serde_json::from_str(&self.reason).ok()
    }
}

/// The last verifications.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn checks(db: &Db) -> Result<Vec<EvidenceCheck>, StoreError> {
    let sql = "SELECT * FROM evidence_check ORDER BY subject";
    db.fetch("evidence", sql, &[])
        .await?
        .iter()
        .map(|row| {
            Ok(EvidenceCheck {
                subject: row.text("subject")?,
                checked_at: row.int("checked_at")?,
                sound: row.boolean("sound")?,
                size: row.int("size")?,
                reason: row.text("reason")?,
            })
        })
        .collect()
}

/// Forgets the last verifications: they are due.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn forget(db: &Db) -> Result<(), StoreError> {
    let sql = "DELETE FROM evidence_check WHERE subject IN ('journal', 'vault')";
    db.execute("evidence", sql, &[]).await?;
    Ok(())
}

/// Forgets all that was noted here, legible or not: what is wrong is found again.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn forget_all(db: &Db) -> Result<(), StoreError> {
    db.execute("evidence", "DELETE FROM evidence_check", &[])
        .await?;
    Ok(())
}

/// What is touched with a verification.
pub const TABLE: &str = "evidence_check";

/// Notes a verification in place of the one before.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn note(tx: &mut Tx, check: &EvidenceCheck) -> Result<(), StoreError> {
    tx.touch(TABLE);
    tx.execute(
        "evidence",
        "INSERT INTO evidence_check (subject, checked_at, sound, size, reason) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (subject) DO UPDATE SET checked_at = excluded.checked_at, sound = excluded.sound, \
         size = excluded.size, reason = excluded.reason",
        &args![
            &check.subject,
            check.checked_at,
            check.sound,
            check.size,
            &check.reason
        ],
    )
    .await?;
    Ok(())
}
