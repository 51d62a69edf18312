//! The change journal: who changed what, chained by SHA-256.

use domain::{authority::Scope, id::OrganizationId};
use sha2::{Digest, Sha256};

use crate::{Arg, Db, Row, StoreError, Tx, args, dialect, registry};

/// A change to be written down.
#[derive(Clone, Debug)]
pub struct Change {
    /// Unix milliseconds.
    pub at: i64,
    /// The acting account, if it was one.
    pub actor_id: Option<String>,
    /// The actor's name as it was then.
    pub actor: String,
    /// The request, to find it in the program's log.
    pub request: String,
    /// Where the request came from.
    pub remote: String,
    /// Of which noun.
    pub noun: String,
    /// Which record.
    pub record_id: String,
    /// Whose record.
    pub organization_id: Option<String>,
    /// `create`, `update`, `delete`, `sign-in`, …
    pub action: String,
    /// JSON before; absent for what is new.
    pub before: Option<String>,
    /// JSON after; absent for what is gone.
    pub after: Option<String>,
}

/// A change as it stands in the journal.
#[derive(Clone, Debug)]
pub struct JournalEntry {
    /// 1, 2, 3 … without gaps.
    pub seq: i64,
    /// What was written.
    pub change: Change,
    /// The hash of the entry before, 64 zeros for the first.
    pub previous_hash: String,
    /// SHA-256 over `previous_hash` and the entry.
    pub hash: String,
}

/// What [`verify`] found.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct JournalReport {
    /// How many entries were looked at.
    pub entries: i64,
    /// The hash of the last one: note it elsewhere, and a cut-off end shows too.
    pub head: String,
    /// The first entry that does not fit, with the reason.
    pub first_bad: Option<(i64, String)>,
}

/// The hash before the first entry.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

fn hash(previous: &str, seq: i64, c: &Change) -> String {
    // A JSON array has one reading: no field can flow into the next.
    let body = serde_json::json!([
        previous,
        seq,
        c.at,
        c.actor_id,
        c.actor,
        c.request,
        c.remote,
        c.noun,
        c.record_id,
        c.organization_id,
        c.action,
        c.before,
        c.after
    ]);
    hex::encode(Sha256::digest(body.to_string().as_bytes()))
}

/// The number and hash of the last entry, 0 and [`GENESIS`] before the first; after an
/// [`append`] in the same transaction, those of the last change.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn head(tx: &mut Tx) -> Result<(i64, String), StoreError> {
    let last = tx
        .fetch_one(
            "journal",
            "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1",
            &[],
        )
        .await?;
    match last {
        Some(row) => Ok((row.int("seq")?, row.text("hash")?)),
        None => Ok((0, GENESIS.to_owned())),
    }
}

/// Appends changes in the transaction that makes them.
///
/// # Errors
/// [`StoreError::Engine`].
pub async fn append(tx: &mut Tx, changes: &[Change]) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    dialect::lock_journal(tx).await?;
    let (mut seq, mut previous) = head(tx).await?;
    let mut rows = Vec::with_capacity(changes.len());
    for c in changes {
        seq += 1;
        let digest = hash(&previous, seq, c);
        rows.push(
            args![
                seq,
                c.at,
                c.actor_id.clone(),
                &c.actor,
                &c.request,
                &c.remote,
                &c.noun,
                &c.record_id,
                c.organization_id.clone(),
                &c.action,
                c.before.clone(),
                c.after.clone(),
                previous,
                &digest
            ]
            .to_vec(),
        );
        previous = digest;
    }
    tx.insert_many(
        "journal",
        "journal (seq, at, actor_id, actor, request, remote, noun, record_id, organization_id, action, \
         before, after, previous_hash, hash)",
        "",
        &rows,
    )
    .await
}

fn read(row: &Row) -> Result<JournalEntry, StoreError> {
    Ok(JournalEntry {
        seq: row.int("seq")?,
        previous_hash: row.text("previous_hash")?,
        hash: row.text("hash")?,
        change: Change {
            at: row.int("at")?,
            actor_id: row.opt_text("actor_id")?,
            actor: row.text("actor")?,
            request: row.text("request")?,
            remote: row.text("remote")?,
            noun: row.text("noun")?,
            record_id: row.text("record_id")?,
            organization_id: row.opt_text("organization_id")?,
            action: row.text("action")?,
            before: row.opt_text("before")?,
            after: row.opt_text("after")?,
        },
    })
}

/// Narrows a look at the journal.
#[derive(Clone, Debug, Default)]
pub struct JournalQuery {
    /// Only this noun.
    pub noun: Option<String>,
    /// Only this record.
    pub record_id: Option<String>,
    /// Only what is of this organization or of one below it.
    pub organization: Option<OrganizationId>,
    /// Only this actor's name.
    pub actor: Option<String>,
    /// Only entries before this one (for the next page).
    pub before_seq: Option<i64>,
    /// At most so many.
    pub limit: i64,
}

/// Entries in scope, the newest first.
///
/// # Errors
/// [`StoreError::Engine`].
pub async fn list(
    db: &Db,
    scope: &Scope,
    query: &JournalQuery,
) -> Result<Vec<JournalEntry>, StoreError> {
    let mut args: Vec<Arg> = Vec::new();
    let mut conditions = vec![registry::scope_condition(
        scope,
        "organization_id",
        &mut args,
    )];
    for (column, value) in [
        ("noun", &query.noun),
        ("record_id", &query.record_id),
        ("actor", &query.actor),
    ] {
        if let Some(value) = value {
            args.push(value.into());
            conditions.push(format!("{column} = ${}", args.len()));
        }
    }
    if let Some(organization) = query.organization {
        args.push(organization.0.into());
        conditions.push(format!(
            "organization_id IN (SELECT descendant_id FROM organization_closure WHERE ancestor_id = ${})",
            args.len()
        ));
    }
    if let Some(seq) = query.before_seq {
        args.push(seq.into());
        conditions.push(format!("seq < ${}", args.len()));
    }
    args.push(query.limit.clamp(1, 1_000).into());
    let sql = format!(
        "SELECT * FROM journal WHERE {} ORDER BY seq DESC LIMIT ${}",
        conditions.join(" AND "),
        args.len()
    );
    db.fetch("journal", &sql, &args)
        .await?
        .iter()
        .map(read)
        .collect()
}

/// The number of the last entry, 0 when there is none.
///
/// # Errors
/// [`StoreError::Engine`].
pub async fn last(db: &Db) -> Result<i64, StoreError> {
    db.fetch_one("journal", "SELECT MAX(seq) AS seq FROM journal", &[])
        .await?
        .map_or(Ok(None), |row| row.opt_int("seq"))
        .map(Option::unwrap_or_default)
}

/// What came after an entry: the number of the last one, and of the last one about one of
/// `nouns`. Entries are numbered in the order in which their changes are committed.
///
/// # Errors
/// [`StoreError::Engine`].
pub async fn news(
    db: &Db,
    after: i64,
    nouns: &[&str],
) -> Result<(Option<i64>, Option<i64>), StoreError> {
    let mut args = args![after].to_vec();
    let places: Vec<String> = nouns
        .iter()
        .map(|noun| {
            args.push((*noun).into());
            format!("${}", args.len())
        })
        .collect();
    let sql = format!(
        "SELECT MAX(seq) AS head, MAX(CASE WHEN noun IN ({}) THEN seq END) AS touched FROM journal WHERE seq > $1",
        places.join(", ")
    );
    db.fetch_one("journal", &sql, &args)
        .await?
        .map_or(Ok((None, None)), |row| {
            Ok((row.opt_int("head")?, row.opt_int("touched")?))
        })
}

/// Recomputes the whole chain.
///
/// # Errors
/// [`StoreError::Engine`]; a broken chain is not an error but a finding.
pub async fn verify(db: &Db) -> Result<JournalReport, StoreError> {
    let mut previous = GENESIS.to_owned();
    let mut seq = 0;
    loop {
        let rows = db
            .fetch(
                "journal",
                "SELECT * FROM journal WHERE seq > $1 ORDER BY seq LIMIT 2000",
                &args![seq],
            )
            .await?;
        if rows.is_empty() {
            return Ok(JournalReport {
                entries: seq,
                head: previous,
                first_bad: None,
            });
        }
        for row in &rows {
            let entry = read(row)?;
            let reason = if entry.seq != seq + 1 {
                Some(format!("entry {} is missing", seq + 1))
            } else if entry.previous_hash != previous {
                Some("does not follow the entry before it".to_owned())
            } else if entry.hash != hash(&previous, entry.seq, &entry.change) {
                Some("its content was changed after it was written".to_owned())
            } else {
                None
            };
            if let Some(reason) = reason {
                return Ok(JournalReport {
                    entries: seq,
                    head: previous,
                    first_bad: Some((seq + 1, reason)),
                });
            }
            seq = entry.seq;
            previous = entry.hash;
        }
    }
}
