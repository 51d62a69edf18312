//! What is known of the files that belong to records; their content lies in the data folder.

use domain::{authority::Scope, id::OrganizationId};

use crate::{
    Arg, Db, Row, StoreError, Tx, args, registry::scope_condition, row::Readable as _, share,
};

/// A file as it was handed in with a record. Another upload of the same content, with another
/// record or of another unit, is another one with a name, an uploader and a time of its own.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Attachment {
    /// Which upload it is.
    pub id: String,
    /// The record that names it; empty where it is not known.
    pub record_id: String,
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
        id: row.text("id")?,
        record_id: row.text("record_id")?,
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

/// Notes an upload.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn note(tx: &mut Tx, a: &Attachment) -> Result<(), StoreError> {
    tx.execute(
        "attachment",
        "INSERT INTO attachment (id, record_id, sha256, name, media_type, size, organization_id, uploaded_by, \
         uploaded_at, marking, unread, signers, scan, scan_detail, scanned_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        &args![
            &a.id,
            &a.record_id,
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

/// Whose the records are that may name a file. An upload of before is not told apart by its
/// record: it is shown with those of its unit.
const OWNERS: &str = "SELECT id, organization_id FROM entry UNION ALL \
     SELECT id, organization_id FROM attestation UNION ALL \
     SELECT id, organization_id FROM document UNION ALL \
     SELECT id, organization_id FROM finding UNION ALL \
     SELECT id, organization_id FROM inspection_round";

/// The condition that an upload is one of this record's, and the order in which they count.
fn of_record(record: Option<&str>, args: &mut Vec<Arg>) -> (String, &'static str) {
    let Some(record) = record else {
        return ("1 = 1".into(), "a.uploaded_at DESC, a.id DESC");
    };
    args.push(record.into());
    let at = args.len();
    let condition = format!(
        "(a.record_id = ${at} OR (a.record_id = '' AND EXISTS (SELECT 1 FROM ({OWNERS}) o \
         WHERE o.id = ${at} AND o.organization_id = a.organization_id)))"
    );
    (condition, "a.record_id DESC, a.uploaded_at DESC, a.id DESC")
}

/// The last upload of a content in scope: with this record, or with any.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn get(
    db: &Db,
    scope: &Scope,
    sha256: &str,
    record: Option<&str>,
) -> Result<Option<Attachment>, StoreError> {
    let mut args = args![sha256].to_vec();
    let in_scope = scope_condition(scope, "a.organization_id", &mut args);
    let (of_record, order) = of_record(record, &mut args);
    let sql = format!(
        "SELECT a.* FROM attachment a WHERE a.sha256 = $1 AND {in_scope} AND {of_record} \
         ORDER BY {order} LIMIT 1"
    );
    db.fetch_one("attachment", &sql, &args)
        .await?
        .map(|row| read(&row))
        .transpose()
}

/// The last upload of a content that an entry in scope of one of these books names: this one,
/// or any.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn named_by_entry(
    db: &Db,
    scope: &Scope,
    registers: &[&str],
    sha256: &str,
    record: Option<&str>,
) -> Result<Option<Attachment>, StoreError> {
    let hex = sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_hexdigit());
    if registers.is_empty() || !hex {
        return Ok(None);
    }
    let mut args = args![sha256, format!("%\"{sha256}\"%")].to_vec();
    let in_scope = scope_condition(scope, "e.organization_id", &mut args);
    let (of_record, order) = of_record(record, &mut args);
    let places: Vec<String> = registers
        .iter()
        .map(|register| {
            args.push((*register).into());
            format!("${}", args.len())
        })
        .collect();
    let sql = format!(
        "SELECT a.* FROM attachment a WHERE a.sha256 = $1 AND {of_record} AND EXISTS (SELECT 1 FROM entry e \
         WHERE e.register IN ({}) AND e.organization_id = a.organization_id \
         AND (e.id = a.record_id OR a.record_id = '') AND e.data LIKE $2 AND {in_scope}) \
         ORDER BY {order} LIMIT 1",
        places.join(", ")
    );
    db.fetch_one("attachment", &sql, &args)
        .await?
        .map(|row| read(&row))
        .transpose()
}

/// The last upload of a content with an entry that is shared with a body in scope and holds on
/// `today`, an ISO day: with this record, or with any.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn shared(
    db: &Db,
    scope: &Scope,
    today: &str,
    sha256: &str,
    record: Option<&str>,
) -> Result<Option<Attachment>, StoreError> {
    let hex = sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_hexdigit());
    if !hex {
        return Ok(None);
    }
    let mut args = args![sha256, format!("%\"{sha256}\"%")].to_vec();
    let holds = share::holds(today, &mut args);
    let in_scope = scope_condition(scope, "s.receiver_id", &mut args);
    let (of_record, order) = of_record(record, &mut args);
    let sql = format!(
        "SELECT a.* FROM attachment a WHERE a.sha256 = $1 AND {of_record} AND EXISTS (SELECT 1 FROM {} \
         WHERE {holds} AND {in_scope} AND e.organization_id = a.organization_id \
         AND (e.id = a.record_id OR (a.record_id = '' AND e.data LIKE $2))) ORDER BY {order} LIMIT 1",
        share::OF_ENTRIES
    );
    db.fetch_one("attachment", &sql, &args)
        .await?
        .map(|row| read(&row))
        .transpose()
}

/// Who hands a file in again, by its hash.
#[derive(Clone, Copy, Debug)]
pub struct Naming<'a> {
    /// The record that names it.
    pub record: &'a str,
    /// The units whose uploads may be named, the record's own first.
    pub units: &'a [OrganizationId],
    /// Who writes: own uploads may be named, as far as `scope` reaches.
    pub by: &'a str,
    /// Where the writer may write.
    pub scope: &'a Scope,
}

/// The upload that a record means which names a content by its hash: its own, else one of its
/// unit, else one that the writer handed in; the latest of these. Of others nothing is told.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn meant(
    tx: &mut Tx,
    sha256: &str,
    naming: Naming<'_>,
) -> Result<Option<Attachment>, StoreError> {
    let mut args = args![sha256, naming.record, naming.by].to_vec();
    let in_scope = scope_condition(naming.scope, "a.organization_id", &mut args);
    let mut units = Vec::new();
    for unit in naming.units {
        args.extend(args![*unit].to_vec());
        units.push(format!("${}", args.len()));
    }
    if units.is_empty() {
        units.push("''".into());
    }
    let own = &units[0];
    let sql = format!(
        "SELECT a.* FROM attachment a WHERE a.sha256 = $1 \
         AND (a.organization_id IN ({}) OR (a.uploaded_by = $3 AND {in_scope})) \
         ORDER BY CASE WHEN a.record_id = $2 AND a.organization_id = {own} THEN 0 \
         WHEN a.record_id = $2 THEN 1 WHEN a.organization_id = {own} THEN 2 ELSE 3 END, \
         a.uploaded_at DESC, a.id DESC LIMIT 1",
        units.join(", ")
    );
    tx.fetch_one("attachment", &sql, &args)
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
         ORDER BY scanned_at NULLS FIRST, id LIMIT $1",
        &args![limit],
    )
    .await?
    .iter()
    .map(read)
    .readable()
}

/// Writes down what the scanner said of a content, whoever's it is. Returns the uploads of which
/// it said something else before, each with its unit, for the journal.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn scanned(
    tx: &mut Tx,
    sha256: &str,
    scan: &str,
    detail: Option<&str>,
    at: i64,
) -> Result<Vec<(String, OrganizationId)>, StoreError> {
    let sql =
        "SELECT id, organization_id FROM attachment WHERE sha256 = $1 AND scan <> $2 ORDER BY id";
    let others = tx.fetch("attachment", sql, &args![sha256, scan]).await?;
    tx.execute(
        "attachment",
        "UPDATE attachment SET scan = $2, scan_detail = $3, scanned_at = $4 WHERE sha256 = $1",
        &[sha256.into(), scan.into(), Arg::from(detail), at.into()],
    )
    .await?;
    let others = others.iter();
    others
        .map(|row| Ok((row.text("id")?, row.parsed("organization_id")?)))
        .collect()
}

/// Bytes of all attachments, or of one organization's, handed in at `since` or after (unix
/// milliseconds); a content counts once for each organization.
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
        "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) AS bytes FROM \
         (SELECT DISTINCT sha256, organization_id, size FROM attachment WHERE uploaded_at >= $1 AND {of}) each_one"
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
