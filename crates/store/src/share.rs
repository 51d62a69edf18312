//! Records of a unit that another body may read: a share names one record and one receiver.

use domain::{
    authority::Scope,
    id::{Id, OrganizationId},
    record::Record,
};

use crate::{
    Arg, Db, Row, StoreError, Tx, args, dialect, registry::scope_condition, row::Readable as _,
};

/// The kind of subject that is an entry of a book. There is no other yet.
pub const ENTRY: &str = "entry";

/// What was shared with whom, and how it stands.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Share {
    /// Its identifier; of one record with one receiver there is one share.
    pub id: Id,
    /// What is shared: [`ENTRY`].
    pub subject_kind: String,
    /// Which record of that kind.
    pub subject: Id,
    /// Whose the record was when it was shared. Once it is another's, the share does not hold.
    pub organization: OrganizationId,
    /// Who may read it.
    pub receiver: OrganizationId,
    /// The last day, ISO; none: without end.
    pub ends_on: Option<String>,
    /// When it was shared last, unix milliseconds.
    pub shared_at: i64,
    /// By whom.
    pub shared_by: String,
    /// When it was revoked; none: it was not since.
    pub revoked_at: Option<i64>,
    /// By whom.
    pub revoked_by: Option<String>,
}

fn read(row: &Row) -> Result<Share, StoreError> {
    Ok(Share {
        id: row.parsed("share_id")?,
        subject_kind: row.text("subject_kind")?,
        subject: row.parsed("subject_id")?,
        organization: row.parsed("organization_id")?,
        receiver: row.parsed("receiver_id")?,
        ends_on: row.opt_text("ends_on")?,
        shared_at: row.int("shared_at")?,
        shared_by: row.text("shared_by")?,
        revoked_at: row.opt_int("revoked_at")?,
        revoked_by: row.opt_text("revoked_by")?,
    })
}

const COLUMNS: &str = "s.id AS share_id, s.subject_kind, s.subject_id, s.organization_id, s.receiver_id, \
     s.ends_on, s.shared_at, s.shared_by, s.revoked_at, s.revoked_by";

/// Shares of entries `s` with their entries `e` and receivers `r`.
pub(crate) const OF_ENTRIES: &str = "share s JOIN entry e ON s.subject_kind = 'entry' AND e.id = s.subject_id \
     JOIN organization r ON r.id = s.receiver_id";

/// The condition that a share of [`OF_ENTRIES`] holds on `today`, an ISO day: not revoked, not at its
/// end, the entry still the unit's that shared it, the receiver not dissolved.
pub(crate) fn holds(today: &str, args: &mut Vec<Arg>) -> String {
    args.push(today.into());
    let n = args.len();
    format!(
        "(s.revoked_at IS NULL AND (s.ends_on IS NULL OR s.ends_on >= ${n}) \
         AND s.organization_id = e.organization_id AND (r.ends_on IS NULL OR r.ends_on >= ${n}))"
    )
}

/// Serialises who shares or revokes the same record, until the transaction ends.
///
/// # Errors
/// [`StoreError::Engine`].
pub async fn lock(tx: &mut Tx, subject: Id) -> Result<(), StoreError> {
    dialect::lock(tx, &format!("share {subject}"), true).await
}

/// All shares of a record, in a transaction; whether any holds is not asked.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn of_subject(tx: &mut Tx, kind: &str, subject: Id) -> Result<Vec<Share>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM share s WHERE s.subject_kind = $1 AND s.subject_id = $2 ORDER BY s.id"
    );
    let rows = tx.fetch("share", &sql, &args![kind, subject]).await?;
    rows.iter().map(read).collect()
}

/// How many entries of an organization hold as shared with a receiver on `today`, the one of id
/// `but` apart.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn between(
    tx: &mut Tx,
    (organization, receiver): (OrganizationId, OrganizationId),
    but: Id,
    today: &str,
) -> Result<i64, StoreError> {
    let mut args = args![organization, receiver, but].to_vec();
    let sql = format!(
        "SELECT COUNT(*) AS n FROM {OF_ENTRIES} WHERE s.organization_id = $1 AND s.receiver_id = $2 \
         AND s.id <> $3 AND {}",
        holds(today, &mut args)
    );
    let row = tx.fetch_one("share", &sql, &args).await?;
    row.map_or(Ok(0), |row| row.int("n"))
}

/// Writes a share, new or over the one of the same id.
///
/// # Errors
/// [`StoreError::Duplicate`] when there is another of the same record with the same receiver.
pub async fn save(tx: &mut Tx, s: &Share) -> Result<(), StoreError> {
    tx.execute(
        "share",
        "INSERT INTO share (id, subject_kind, subject_id, organization_id, receiver_id, ends_on, shared_at, \
         shared_by, revoked_at, revoked_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         ON CONFLICT (id) DO UPDATE SET organization_id = excluded.organization_id, ends_on = excluded.ends_on, \
         shared_at = excluded.shared_at, shared_by = excluded.shared_by, revoked_at = excluded.revoked_at, \
         revoked_by = excluded.revoked_by",
        &args![
            s.id,
            &s.subject_kind,
            s.subject,
            s.organization,
            s.receiver,
            s.ends_on.clone(),
            s.shared_at,
            &s.shared_by,
            s.revoked_at,
            s.revoked_by.clone()
        ],
    )
    .await?;
    Ok(())
}

/// A share as those see it who may read the record by themselves.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Given {
    /// The share.
    #[serde(flatten)]
    pub share: Share,
    /// The receiver's name.
    pub receiver_name: String,
    /// Whether it holds today.
    pub holds: bool,
}

/// All shares of an entry, those that hold first, then the latest. The caller has looked whether
/// the entry is in the actor's scope.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn given(db: &Db, entry: Id, today: &str) -> Result<Vec<Given>, StoreError> {
    let mut args = args![entry].to_vec();
    let holds = holds(today, &mut args);
    let sql = format!(
        "SELECT {COLUMNS}, r.name AS receiver_name, CAST(CASE WHEN {holds} THEN 1 ELSE 0 END AS BIGINT) AS holds \
         FROM {OF_ENTRIES} WHERE s.subject_id = $1 ORDER BY holds DESC, s.shared_at DESC, s.id"
    );
    let rows = db.fetch("share", &sql, &args).await?;
    let given = |row: &Row| {
        Ok(Given {
            share: read(row)?,
            receiver_name: row.text("receiver_name")?,
            holds: row.int("holds")? != 0,
        })
    };
    rows.iter().map(given).readable()
}

/// An entry that a body in scope may read because it was shared.
#[derive(Clone, Debug, PartialEq)]
pub struct Received {
    /// The share.
    pub share: Share,
    /// The name of the unit whose entry it is.
    pub organization_name: String,
    /// The book.
    pub register: String,
    /// The entry as it is now.
    pub entry: Record,
}

/// The entries that are shared with bodies in scope and hold today, the latest share first: all, or
/// the one of that id.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn received(
    db: &Db,
    scope: &Scope,
    today: &str,
    entry: Option<Id>,
) -> Result<Vec<Received>, StoreError> {
    let mut args = Vec::new();
    let mut conditions = vec![
        holds(today, &mut args),
        scope_condition(scope, "s.receiver_id", &mut args),
    ];
    if let Some(entry) = entry {
        args.push(entry.into());
        conditions.push(format!("s.subject_id = ${}", args.len()));
    }
    let sql = format!(
        "SELECT {COLUMNS}, o.name AS organization_name, e.register, e.version, e.updated_at, e.data \
         FROM {OF_ENTRIES} JOIN organization o ON o.id = s.organization_id WHERE {} \
         ORDER BY s.shared_at DESC, s.id",
        conditions.join(" AND ")
    );
    let rows = db.fetch("share", &sql, &args).await?;
    let received = |row: &Row| {
        let data = row.text("data")?;
        Ok(Received {
            share: read(row)?,
            organization_name: row.text("organization_name")?,
            register: row.text("register")?,
            entry: Record {
                id: row.parsed("subject_id")?,
                version: row.int("version")?,
                updated_at: row.int("updated_at")?,
                values: serde_json::from_str(&data).map_err(|e| StoreError::Decode {
                    column: "data".into(),
                    what: e.to_string(),
                })?,
            },
        })
    };
    rows.iter().map(received).readable()
}

/// Code and name of the bodies other than `owner` that a unit may choose to share with, by name: those
/// in scope, those that hold a role and those that stand around the network, as far as they exist
/// today. Any other may be named too.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn receivers(
    db: &Db,
    scope: &Scope,
    owner: Option<OrganizationId>,
    today: &str,
) -> Result<Vec<(String, String)>, StoreError> {
    let owner = owner.map(|owner| owner.to_string()).unwrap_or_default();
    let mut args = args![today, owner].to_vec();
    let in_scope = scope_condition(scope, "id", &mut args);
    let sql = format!(
        "SELECT code, name FROM organization WHERE (ends_on IS NULL OR ends_on >= $1) AND id <> $2 \
         AND (membership = 'none' OR {in_scope} OR id IN (SELECT organization_id FROM role_assignment \
         WHERE starts_on <= $1 AND (ends_on IS NULL OR ends_on >= $1))) ORDER BY sort_key, id"
    );
    let rows = db.fetch("organization", &sql, &args).await?;
    let named = |row: &Row| Ok((row.text("code")?, row.text("name")?));
    rows.iter().map(named).readable()
}
