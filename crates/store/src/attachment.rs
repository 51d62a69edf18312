//! What is known of the files that belong to records; their content lies in the data folder.

use domain::{authority::Scope, id::OrganizationId};

use crate::{Arg, Db, Row, StoreError, Tx, args, registry::scope_condition};

/// A file that belongs to a record.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Attachment {
    /// SHA-256 of the content, hex.
    pub sha256: String,
    /// Its name when it was uploaded, with the ending that fits its content.
    pub name: String,
    /// By content, not by name.
    pub media_type: String,
    /// Bytes.
    pub size: i64,
    /// Whose it is.
    pub organization: OrganizationId,
    /// Who brought it.
    pub uploaded_by: String,
    /// When.
    pub uploaded_at: i64,
    /// `none`: all of it was looked at and carries no marking of secrecy; `partly`: its text
    /// was, other parts were not; `unread`: nothing of it could be looked at.
    pub marking: String,
    /// Codes of the parts that were not looked at, divided by blanks.
    pub unread: String,
    /// Who signed it, by the names in the certificates, one a line; not checked.
    pub signers: String,
    /// `clean`, `not-scanned` or `infected`.
    pub scan: String,
    /// The scanner's word: the signature found, or why it was not scanned.
    pub scan_detail: Option<String>,
    /// When the scanner last answered or was asked.
    pub scanned_at: Option<i64>,
}

fn read(row: &Row) -> Result<Attachment, StoreError> {
    Ok(Attachment {
        sha256: row.text("sha256")?,
        name: row.text("name")?,
        media_type: row.text("media_type")?,
        size: row.int("size")?,
        organization: row.parsed("organization_id")?,
        uploaded_by: row.text("uploaded_by")?,
        uploaded_at: row.int("uploaded_at")?,
        marking: row.text("marking")?,
        unread: row.text("unread")?,
        signers: row.text("signers")?,
        scan: row.text("scan")?,
        scan_detail: row.opt_text("scan_detail")?,
        scanned_at: row.opt_int("scanned_at")?,
    })
}

/// Notes an attachment; the same content is noted once for each organization, with the
/// latest word of those who looked at it.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn note(tx: &mut Tx, a: &Attachment) -> Result<(), StoreError> {
    tx.execute(
        "attachment",
        "INSERT INTO attachment (sha256, name, media_type, size, organization_id, uploaded_by, uploaded_at, \
         marking, unread, signers, scan, scan_detail, scanned_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
         ON CONFLICT (sha256, organization_id) DO UPDATE SET marking = excluded.marking, \
         unread = excluded.unread, signers = excluded.signers, scan = excluded.scan, \
         scan_detail = excluded.scan_detail, scanned_at = excluded.scanned_at",
        &args![
            &a.sha256,
            &a.name,
            &a.media_type,
            a.size,
            a.organization,
            &a.uploaded_by,
            a.uploaded_at,
            &a.marking,
            &a.unread,
            &a.signers,
            &a.scan,
            a.scan_detail.clone(),
            a.scanned_at
        ],
    )
    .await?;
    Ok(())
}

/// An attachment in scope.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn get(db: &Db, scope: &Scope, sha256: &str) -> Result<Option<Attachment>, StoreError> {
    let mut args = args![sha256].to_vec();
    let in_scope = scope_condition(scope, "organization_id", &mut args);
    let sql = format!(
        "SELECT * FROM attachment WHERE sha256 = $1 AND {in_scope} ORDER BY uploaded_at LIMIT 1"
    );
    db.fetch_one("attachment", &sql, &args)
        .await?
        .map(|row| read(&row))
        .transpose()
}

/// An attachment that an entry in scope of one of these books names.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn named_by_entry(
    db: &Db,
    scope: &Scope,
    registers: &[&str],
    sha256: &str,
) -> Result<Option<Attachment>, StoreError> {
    let hex = sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_hexdigit());
    if registers.is_empty() || !hex {
        return Ok(None);
    }
    let mut args = args![sha256, format!("%\"{sha256}\"%")].to_vec();
    let in_scope = scope_condition(scope, "e.organization_id", &mut args);
    let places: Vec<String> = registers
        .iter()
        .map(|register| {
            args.push((*register).into());
            format!("${}", args.len())
        })
        .collect();
    let sql = format!(
        "SELECT a.* FROM attachment a WHERE a.sha256 = $1 AND EXISTS (SELECT 1 FROM entry e \
         WHERE e.register IN ({}) AND e.organization_id = a.organization_id AND e.data LIKE $2 AND {in_scope}) \
         ORDER BY a.uploaded_at LIMIT 1",
        places.join(", ")
    );
    db.fetch_one("attachment", &sql, &args)
        .await?
        .map(|row| read(&row))
        .transpose()
}

/// Files that no scanner has answered about, those that were tried longest ago first.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn not_scanned(db: &Db, limit: i64) -> Result<Vec<Attachment>, StoreError> {
    db.fetch(
        "attachment",
        "SELECT * FROM attachment WHERE scan = 'not-scanned' \
         ORDER BY scanned_at NULLS FIRST, sha256, organization_id LIMIT $1",
        &args![limit],
    )
    .await?
    .iter()
    .map(read)
    .collect()
}

/// Writes down what the scanner said of a content, whoever's it is.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn scanned(
    tx: &mut Tx,
    sha256: &str,
    scan: &str,
    detail: Option<&str>,
    at: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "attachment",
        "UPDATE attachment SET scan = $2, scan_detail = $3, scanned_at = $4 WHERE sha256 = $1",
        &[sha256.into(), scan.into(), Arg::from(detail), at.into()],
    )
    .await?;
    Ok(())
}

/// Bytes of all attachments, or of one organization's, handed in at `since` or after (unix
/// milliseconds).
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn bytes(
    db: &Db,
    organization: Option<OrganizationId>,
    since: i64,
) -> Result<i64, StoreError> {
    let mut args = args![since].to_vec();
    let of = match organization {
        Some(organization) => {
            args.extend(args![organization].to_vec());
            "organization_id = $2"
        }
        None => "1 = 1",
    };
    let sql = format!(
        "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) AS bytes FROM attachment \
         WHERE uploaded_at >= $1 AND {of}"
    );
    db.fetch_one("attachment", &sql, &args)
        .await?
        .map_or(Ok(0), |row| row.int("bytes"))
}

/// The SHA-256 of every content that a row names.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn all_hashes(db: &Db) -> Result<Vec<String>, StoreError> {
    db.fetch("attachment", "SELECT DISTINCT sha256 FROM attachment", &[])
        .await?
        .iter()
        .map(|row| row.text("sha256"))
        .collect()
}
