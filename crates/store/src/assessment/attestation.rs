//! What people say where no fact is there.

use domain::id::OrganizationId;

use crate::{Db, StoreError, Tx, args, row::Readable as _};

/// Somebody's word that a control holds, or does not.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Attestation {
    /// Its identifier.
    pub id: String,
    /// The control's id.
    pub control: String,
    /// For whom.
    pub organization: OrganizationId,
    /// Whether it holds.
    pub holds: bool,
    /// In whose words.
    pub statement: String,
    /// SHA-256 of the attachment.
    pub attachment: Option<String>,
    /// Who said so.
    pub made_by: String,
    /// When, unix milliseconds.
    pub made_at: i64,
    /// Until when it counts.
    pub valid_until: i64,
    /// SHA-256 of the question that was answered: it counts while the control asks the same.
    pub question: String,
}

/// Writes an attestation down.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn attest(tx: &mut Tx, a: &Attestation) -> Result<(), StoreError> {
    tx.execute(
        "attestation",
        "INSERT INTO attestation (id, control, organization_id, holds, statement, attachment, made_by, made_at, \
         valid_until, question) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &args![
            &a.id,
            &a.control,
            a.organization,
            a.holds,
            &a.statement,
            a.attachment.clone(),
            &a.made_by,
            a.made_at,
            a.valid_until,
            &a.question
        ],
    )
    .await?;
    Ok(())
}

/// How many attestations were ever made: none is changed or taken back, so that as long as
/// this stays, [`latest_attestations`] does.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn attestation_count(db: &Db) -> Result<i64, StoreError> {
    db.fetch_one("attestations", "SELECT COUNT(*) AS n FROM attestation", &[])
        .await?
        .map_or(Ok(0), |row| row.int("n"))
}

/// The latest attestation of every control and organization among those made by `until`
/// (unix milliseconds).
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn latest_attestations(db: &Db, until: i64) -> Result<Vec<Attestation>, StoreError> {
    let sql = "SELECT * FROM (SELECT a.*, ROW_NUMBER() OVER ( \
        PARTITION BY control, organization_id ORDER BY made_at DESC, id DESC) AS place FROM attestation a \
        WHERE made_at <= $1) l WHERE place = 1";
    db.fetch("attestations", sql, &args![until])
        .await?
        .iter()
        .map(|row| {
            Ok(Attestation {
                id: row.text("id")?,
                control: row.text("control")?,
                organization: row.parsed("organization_id")?,
                holds: row.boolean("holds")?,
                statement: row.text("statement")?,
                attachment: row.opt_text("attachment")?,
                made_by: row.text("made_by")?,
                made_at: row.int("made_at")?,
                valid_until: row.int("valid_until")?,
                question: row.text("question")?,
            })
        })
        .readable()
}
