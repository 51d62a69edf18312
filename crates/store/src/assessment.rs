//! Verdicts as intervals, their evidence, and attestations.

mod ahead;
mod attestation;
mod book;

use std::collections::BTreeMap;

use domain::{authority::Scope, id::OrganizationId};
use sha2::{Digest as _, Sha256};

pub use self::ahead::{end_now, ended_ahead};
pub use self::attestation::{Attestation, attest, attestation_count, latest_attestations};
pub use self::book::{BookEntry, book, book_marks};
use crate::{Arg, Db, Row, StoreError, Tx, args, registry::scope_condition, row::Readable as _};

/// One interval of a verdict. Written when it begins, closed once when it ends.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct VerdictRow {
    /// Its identifier.
    pub id: String,
    /// The regulation's id.
    pub regulation: String,
    /// The clause's cite.
    pub clause: String,
    /// About whom.
    pub organization: OrganizationId,
    /// The status' code.
    pub status: String,
    /// The code of the reason, among those of the control.
    pub reason: Option<String>,
    /// The evidence, see [`evidence`].
    pub evidence_hash: String,
    /// The pack (with its checks) that judged.
    pub pack_hash: String,
    /// Since when it holds, unix milliseconds.
    pub valid_from: i64,
    /// Until when it held; open while it holds.
    pub valid_to: Option<i64>,
    /// When it was written.
    pub recorded_at: i64,
    /// When its end was written.
    pub closed_at: Option<i64>,
}

impl VerdictRow {
    /// The first 16 bytes of SHA-256 over the whole row, hexadecimal: by it the journal holds it.
    pub fn digest(&self) -> String {
        digest(&serde_json::json!([
            self.id,
            self.regulation,
            self.clause,
            self.organization,
            self.status,
            self.reason,
            self.evidence_hash,
            self.pack_hash,
            self.valid_from,
            self.valid_to,
            self.recorded_at,
            self.closed_at
        ]))
    }
}

/// A JSON array has one reading.
fn digest(row: &serde_json::Value) -> String {
    hex::encode(&Sha256::digest(row.to_string())[..16])
}

/// [`VerdictRow::digest`] of a row, whatever was written into it.
pub(crate) fn digest_of(row: &Row) -> Result<String, StoreError> {
    Ok(digest(&serde_json::json!([
        row.text("id")?,
        row.text("regulation")?,
        row.text("clause")?,
        row.text("organization_id")?,
        row.text("status")?,
        row.opt_text("reason")?,
        row.text("evidence_hash")?,
        row.text("pack_hash")?,
        row.int("valid_from")?,
        row.opt_int("valid_to")?,
        row.int("recorded_at")?,
        row.opt_int("closed_at")?
    ])))
}

fn read(row: &Row) -> Result<VerdictRow, StoreError> {
    Ok(VerdictRow {
        id: row.text("id")?,
        regulation: row.text("regulation")?,
        clause: row.text("clause")?,
        organization: row.parsed("organization_id")?,
        status: row.text("status")?,
        reason: row.opt_text("reason")?,
        evidence_hash: row.text("evidence_hash")?,
        pack_hash: row.text("pack_hash")?,
        valid_from: row.int("valid_from")?,
        valid_to: row.opt_int("valid_to")?,
        recorded_at: row.int("recorded_at")?,
        closed_at: row.opt_int("closed_at")?,
    })
}

/// All verdicts that hold now.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn open(db: &Db) -> Result<Vec<VerdictRow>, StoreError> {
    db.fetch(
        "verdicts",
        "SELECT * FROM verdict WHERE valid_to IS NULL",
        &[],
    )
    .await?
    .iter()
    .map(read)
    .readable()
}

/// Closes the intervals `ended` at `at`, but none before it began, and writes those that begin,
/// with their evidence (hash and JSON). All or nothing.
///
/// Returns what the caller writes into the journal with them (see [`crate::replay`]): the JSON
/// object of their ids with the digests of the rows as they are now.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn record(
    tx: &mut Tx,
    ended: &[String],
    begun: &[VerdictRow],
    evidence: &[(String, String)],
    at: i64,
    recorded_at: i64,
) -> Result<String, StoreError> {
    crate::dialect::lock(tx, "verdicts", true).await?;
    let mut told = end(tx, ended, "valid_to IS NULL", at, recorded_at).await?;
    told.extend(begun.iter().map(|v| (v.id.clone(), v.digest())));
    let told = serde_json::to_string(&told).unwrap_or_default();
    let rows: Vec<Vec<Arg>> = evidence
        .iter()
        .map(|(hash, body)| args![hash, body].to_vec())
        .collect();
    tx.insert_many(
        "evidence",
        "evidence (hash, body)",
        "ON CONFLICT (hash) DO NOTHING",
        &rows,
    )
    .await?;
    let rows: Vec<Vec<Arg>> = begun
        .iter()
        .map(|v| {
            args![
                &v.id,
                &v.regulation,
                &v.clause,
                v.organization,
                &v.status,
                v.reason.clone(),
                &v.evidence_hash,
                &v.pack_hash,
                v.valid_from,
                v.recorded_at
            ]
            .to_vec()
        })
        .collect();
    tx.insert_many(
        "verdicts",
        "verdict (id, regulation, clause, organization_id, status, reason, evidence_hash, pack_hash, valid_from, \
         recorded_at)",
        "",
        &rows,
    )
    .await?;
    Ok(told)
}

/// Ends those of these intervals that `are` so at `at`, but none before its beginning; the
/// digests of their rows as they are now, by id.
async fn end(
    tx: &mut Tx,
    ids: &[String],
    are: &str,
    at: i64,
    recorded_at: i64,
) -> Result<BTreeMap<String, String>, StoreError> {
    let mut told = BTreeMap::new();
    for ids in ids.chunks(400) {
        let mut args: Vec<Arg> = args![at, recorded_at].to_vec();
        let places: Vec<String> = ids
            .iter()
            .map(|id| {
                args.push(id.into());
                format!("${}", args.len())
            })
            .collect();
        let sql = format!(
            "UPDATE verdict SET valid_to = CASE WHEN valid_from > $1 THEN valid_from ELSE $1 END, closed_at = $2 \
             WHERE {are} AND id IN ({}) RETURNING *",
            places.join(", ")
        );
        for row in tx.fetch("verdicts", &sql, &args).await? {
            let closed = read(&row)?;
            told.insert(closed.id.clone(), closed.digest());
        }
    }
    Ok(told)
}

/// The history of one verdict: what holds now, then the newest first.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn history(
    db: &Db,
    scope: &Scope,
    regulation: &str,
    clause: &str,
    organization: OrganizationId,
    limit: i64,
) -> Result<Vec<VerdictRow>, StoreError> {
    let mut args = args![regulation, clause, organization, limit].to_vec();
    let in_scope = scope_condition(scope, "organization_id", &mut args);
    let sql = format!(
        "SELECT * FROM verdict WHERE regulation = $1 AND clause = $2 AND organization_id = $3 AND {in_scope} \
         ORDER BY (valid_to IS NULL) DESC, valid_from DESC, recorded_at DESC, valid_to DESC LIMIT $4"
    );
    db.fetch("verdicts", &sql, &args)
        .await?
        .iter()
        .map(read)
        .readable()
}

/// One interval by its identifier.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn interval(db: &Db, id: &str) -> Result<Option<VerdictRow>, StoreError> {
    db.fetch_one("verdict", "SELECT * FROM verdict WHERE id = $1", &args![id])
        .await?
        .map(|row| read(&row))
        .transpose()
}

/// The verdicts that held at `at`, as they were known at `known_at`.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn as_of(
    db: &Db,
    scope: &Scope,
    regulation: Option<&str>,
    at: i64,
    known_at: i64,
) -> Result<Vec<VerdictRow>, StoreError> {
    let mut args = args![at, known_at].to_vec();
    let mut conditions = vec![
        "valid_from <= $1".to_owned(),
        "recorded_at <= $2".to_owned(),
        // An end written after `known_at` was not known then.
        "(valid_to IS NULL OR valid_to > $1 OR closed_at > $2)".to_owned(),
        scope_condition(scope, "organization_id", &mut args),
    ];
    if let Some(regulation) = regulation {
        args.push(regulation.into());
        conditions.push(format!("regulation = ${}", args.len()));
    }
    let sql = format!("SELECT * FROM verdict WHERE {}", conditions.join(" AND "));
    db.fetch("verdicts", &sql, &args)
        .await?
        .iter()
        .map(read)
        .readable()
}

/// The evidence (JSON) of a hash.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn evidence(db: &Db, hash: &str) -> Result<Option<String>, StoreError> {
    db.fetch_one(
        "evidence",
        "SELECT body FROM evidence WHERE hash = $1",
        &args![hash],
    )
    .await?
    .map(|row| row.text("body"))
    .transpose()
}

/// The evidence (JSON) of several hashes.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn evidence_of(
    db: &Db,
    hashes: &[&str],
) -> Result<std::collections::HashMap<String, String>, StoreError> {
    let mut out = std::collections::HashMap::with_capacity(hashes.len());
    for hashes in hashes.chunks(100) {
        let args: Vec<Arg> = hashes.iter().map(|hash| (*hash).into()).collect();
        let places: Vec<String> = (1..=args.len()).map(|i| format!("${i}")).collect();
        let sql = format!(
            "SELECT hash, body FROM evidence WHERE hash IN ({})",
            places.join(", ")
        );
        for row in db.fetch("evidence", &sql, &args).await? {
            out.insert(row.text("hash")?, row.text("body")?);
        }
    }
    Ok(out)
}

/// An organization as the engine judges it.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Unit {
    /// Its identifier.
    pub id: OrganizationId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// Its level.
    pub level: String,
    /// `member`, `participant`, `none`.
    pub membership: String,
    /// Its superior.
    pub parent: Option<OrganizationId>,
    /// All its superiors, the nearest first; also those that are no longer active.
    #[serde(skip)]
    pub superiors: Vec<OrganizationId>,
    /// The roles that it plays today.
    pub roles: Vec<String>,
    /// Since when it is in the registry, unix milliseconds.
    pub created_at: i64,
    /// Since when there is such a unit, ISO, where the registry says it.
    #[serde(skip)]
    pub starts_on: Option<String>,
    /// Its last day, ISO, where it is known to end.
    #[serde(skip)]
    pub ends_on: Option<String>,
    /// Degrees north.
    pub latitude: Option<f64>,
    /// Degrees east.
    pub longitude: Option<f64>,
}

impl Unit {
    /// The head of the tree that it stands in.
    pub fn province(&self) -> OrganizationId {
        self.superiors.last().copied().unwrap_or(self.id)
    }
}

/// All organizations that are active on `today` (ISO), in dictionary order, with their roles.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn units(db: &Db, today: &str) -> Result<Vec<Unit>, StoreError> {
    let mut roles: std::collections::HashMap<String, Vec<String>> =
        std::collections::HashMap::new();
    for row in db
        .fetch(
            "roles",
            "SELECT DISTINCT organization_id, role FROM role_assignment \
             WHERE starts_on <= $1 AND (ends_on IS NULL OR ends_on >= $1) ORDER BY role",
            &args![today],
        )
        .await?
    {
        roles
            .entry(row.text("organization_id")?)
            .or_default()
            .push(row.text("role")?);
    }
    let rows = db
        .fetch(
            "organizations",
            "SELECT id, code, name, kind, level, membership, parent_id, created_at, starts_on, ends_on, \
             latitude, longitude, \
             (ends_on IS NULL OR ends_on >= $1) AS active \
             FROM organization ORDER BY sort_key, id",
            &args![today],
        )
        .await?;
    // One that cannot be read was not written by this program: a verification names it.
    let mut above = std::collections::HashMap::with_capacity(rows.len());
    for row in &rows {
        if let (Some(parent), Ok(id)) = (
            row.opt_parsed::<OrganizationId>("parent_id")?,
            row.parsed::<OrganizationId>("id"),
        ) {
            above.insert(id, parent);
        }
    }
    let mut units = Vec::with_capacity(rows.len());
    for row in &rows {
        let Ok(id) = row.parsed("id") else {
            continue;
        };
        if !row.boolean("active")? {
            continue;
        }
        // The registry refuses circles; the bound is for a database that was written by hand.
        let superiors = std::iter::successors(above.get(&id), |parent| above.get(parent))
            .take(32)
            .copied()
            .collect();
        units.push(Unit {
            superiors,
            id,
            code: row.text("code")?,
            name: row.text("name")?,
            kind: row.text("kind")?,
            level: row.text("level")?,
            membership: row.text("membership")?,
            parent: row.opt_parsed("parent_id")?,
            roles: roles.remove(&row.text("id")?).unwrap_or_default(),
            created_at: row.int("created_at")?,
            starts_on: row.opt_text("starts_on")?,
            ends_on: row.opt_text("ends_on")?,
            latitude: row.opt_real("latitude")?,
            longitude: row.opt_real("longitude")?,
        });
    }
    Ok(units)
}

/// That a regulation holds for some organizations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adoption {
    /// The regulation's id.
    pub regulation: String,
    /// The head of those for whom it holds; everybody without it.
    pub organization: Option<OrganizationId>,
    /// For organizations of these kinds; of all kinds when empty.
    pub kinds: Vec<String>,
    /// The first day, ISO.
    pub starts_on: String,
    /// The last day, ISO, where there is one.
    pub ends_on: Option<String>,
}

impl Adoption {
    /// Whether it takes this organization in.
    pub fn takes(&self, unit: &Unit) -> bool {
        let below = |head| head == unit.id || unit.superiors.contains(&head);
        self.organization.is_none_or(below)
            && (self.kinds.is_empty() || self.kinds.contains(&unit.kind))
    }
}

/// The kinds in the text of a record, separated by commas.
pub fn kinds(text: &str) -> Vec<String> {
    let parts = text.split(',').map(str::trim);
    parts
        .filter(|k| !k.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

/// The adoptions that hold on `day` (ISO).
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn adoptions(db: &Db, day: &str) -> Result<Vec<Adoption>, StoreError> {
    let sql = "SELECT regulation, organization_id, kinds, starts_on, ends_on FROM adoption \
        WHERE starts_on <= $1 AND (ends_on IS NULL OR ends_on >= $1) ORDER BY regulation, id";
    db.fetch("adoptions", sql, &args![day])
        .await?
        .iter()
        .map(|row| {
            Ok(Adoption {
                regulation: row.text("regulation")?,
                organization: row.opt_parsed("organization_id")?,
                kinds: kinds(&row.opt_text("kinds")?.unwrap_or_default()),
                starts_on: row.text("starts_on")?,
                ends_on: row.opt_text("ends_on")?,
            })
        })
        .readable()
}

/// An exemption in force.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Exempt {
    /// For whom.
    pub organization: OrganizationId,
    /// The regulation's id.
    pub regulation: String,
    /// The clause's cite.
    pub clause: String,
}

/// The exemptions in force on `today` (ISO).
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn exemptions(db: &Db, today: &str) -> Result<Vec<Exempt>, StoreError> {
    db.fetch(
        "exemptions",
        "SELECT organization_id, regulation, clause FROM exemption WHERE starts_on <= $1 AND ends_on >= $1",
        &args![today],
    )
    .await?
    .iter()
    .map(|row| {
        Ok(Exempt {
            organization: row.parsed("organization_id")?,
            regulation: row.text("regulation")?,
            clause: row.text("clause")?,
        })
    })
    .readable()
}
