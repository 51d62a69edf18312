//! The change journal: who changed what, chained by SHA-256, each entry sealed.
//!
//! The chain shows what was changed in the middle; the seal, keyed by the data folder's key,
//! that nobody without it wrote an entry. What was cut off at the end shows by the heads that
//! the vault's checkpoints and whatever left the house name.

mod since;

use std::collections::BTreeMap;

use domain::{
    authority::Scope,
    id::{Id, OrganizationId},
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest, Sha256};

use crate::{Arg, Db, Row, StoreError, Tx, args, dialect, memory, registry, row::Readable as _};

pub use self::since::changed_since;

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
    /// What [`Sealing`] made of the hash; none on entries of versions that did not seal.
    pub seal: Option<String>,
}

impl JournalEntry {
    /// Whether this installation wrote it as it is; without a key, whether it is whole.
    pub fn is_of(&self, db: &Db) -> bool {
        self.is_ours(db.sealing())
    }

    /// Whether hash and seal are its own; without a key, whether the hash is.
    fn is_ours(&self, sealing: Option<&Sealing>) -> bool {
        let sealed = match (sealing, &self.seal) {
            (Some(sealing), Some(seal)) => sealing.holds(&self.hash, seal),
            (Some(_), None) => false,
            (None, _) => true,
        };
        sealed && self.hash == hash(&self.previous_hash, self.seq, &self.change)
    }
}

/// Seals entries: HMAC-SHA256 over their hash.
#[derive(Clone)]
pub struct Sealing(Hmac<Sha256>);

impl std::fmt::Debug for Sealing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealing")
    }
}

impl Sealing {
    /// Seals by this key.
    pub fn new(key: &[u8; 32]) -> Self {
        let mac = Hmac::new_from_slice(key);
        Self(mac.unwrap_or_else(|_| unreachable!("HMAC takes a key of any length")))
    }

    fn seal(&self, hash: &str) -> String {
        let mac = self.0.clone().chain_update(hash);
        hex::encode(mac.finalize().into_bytes())
    }

    pub(crate) fn holds(&self, hash: &str, seal: &str) -> bool {
        let mac = self.0.clone().chain_update(hash);
        hex::decode(seal).is_ok_and(|seal| mac.verify_slice(&seal).is_ok())
    }
}

/// The noun of entries that note a checkpoint of the log vault.
pub const CHECKPOINT: &str = "checkpoint";

/// The noun of entries that say that a vault was begun, and what it continues.
pub const VAULT: &str = "vault";

/// The noun of entries by which a person acknowledges that a vault that was known is lost.
pub const LOST_VAULT: &str = "lost-vault";

/// The noun of entries that tell which verdicts turned: their ids with the digests of the rows.
pub const VERDICTS: &str = "verdicts";

/// The noun of the entry from which on all tables are held (see [`crate::replay::restate`]).
pub const BASELINE: &str = "baseline";

/// Which of these entries says that from it on all that a scanner says of files is told, and
/// papers have the moments of their entries.
pub const SCANS: &str = "scans";

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
/// [`Tx::journal`] in the same transaction, those of the last change.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn head(tx: &mut Tx) -> Result<(i64, String), StoreError> {
    write(tx).await?;
    at_end(tx).await
}

async fn at_end(tx: &mut Tx) -> Result<(i64, String), StoreError> {
    let last = tx
        .fetch_one(
            "journal",
            "SELECT seq, hash FROM journal WHERE seq >= 1 ORDER BY seq DESC LIMIT 1",
            &[],
        )
        .await?;
    match last {
        Some(row) => Ok((row.int("seq")?, row.text("hash")?)),
        None => Ok((0, GENESIS.to_owned())),
    }
}

/// Whether an id stood for something else before: for a record of another noun, or for one that
/// was deleted.
///
/// # Errors
/// [`StoreError::Engine`].
pub async fn knew(tx: &mut Tx, noun: &str, id: Id) -> Result<bool, StoreError> {
    let sql = "SELECT noun, action FROM journal WHERE record_id = $1 ORDER BY seq DESC LIMIT 1";
    let last = tx.fetch("journal", sql, &args![id.to_string()]).await?;
    let Some(last) = last.first() else {
        return Ok(false);
    };
    Ok(last.text("noun")? != noun || last.text("action")? == "delete")
}

/// Writes the entries that wait.
///
/// # Errors
/// [`StoreError::Engine`].
pub(crate) async fn write(tx: &mut Tx) -> Result<(), StoreError> {
    let mut changes = std::mem::take(&mut tx.entries);
    let Some(at) = changes.first().map(|c| c.at).or(tx.looks.take()) else {
        return Ok(());
    };
    dialect::lock_journal(tx).await?;
    if tx.lost.is_none()
        && let Some(lost) = memory::missing(tx).await?
    {
        changes.insert(0, memory::told(&lost, at));
        tx.lost = Some(lost);
    }
    let sealing = tx.sealing().cloned();
    let (mut seq, mut previous) = at_end(tx).await?;
    let mut rows = Vec::with_capacity(changes.len());
    for c in &changes {
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
                &digest,
                sealing.as_ref().map(|s| s.seal(&digest))
            ]
            .to_vec(),
        );
        previous = digest;
    }
    tx.end = Some((seq, previous));
    tx.insert_many(
        "journal",
        "journal (seq, at, actor_id, actor, request, remote, noun, record_id, organization_id, action, \
         before, after, previous_hash, hash, seal)",
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
        seal: row.opt_text("seal")?,
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
    let in_scope = registry::scope_condition(scope, "organization_id", &mut args);
    // The chain begins with 1: what is numbered below it is no part of the journal.
    let mut conditions = vec![in_scope, "seq >= 1".to_owned()];
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
    if query.noun.is_none() && query.record_id.is_none() {
        // Often, and of interest to a verification alone.
        for noun in [CHECKPOINT, VERDICTS] {
            args.push(noun.into());
            conditions.push(format!("noun <> ${}", args.len()));
        }
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
        .readable()
}

/// The number of the last entry, 0 when there is none.
///
/// # Errors
/// [`StoreError::Engine`].
pub async fn last(db: &Db) -> Result<i64, StoreError> {
    db.fetch_one(
        "journal",
        "SELECT MAX(seq) AS seq FROM journal WHERE seq >= 1",
        &[],
    )
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

/// A place in the journal where entries do not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Break {
    /// It is numbered below 1, where the chain begins: it is no part of it.
    Outside(i64),
    /// Entries from this one on are gone although later ones are there.
    Missing(i64),
    /// It does not name the entry before it.
    Apart(i64),
    /// Its content is not what its hash was made of.
    Changed(i64),
    /// It carries no seal although one before it does.
    Unsealed(i64),
    /// Its seal is not of this installation's key.
    Forged(i64),
}

/// Reads the whole journal in order, also what is numbered below 1, and hands on every entry, and
/// every place where it does not hold. Returns the number and hash of the last one, and of the first that is sealed.
///
/// # Errors
/// [`StoreError::Engine`], and what `each` returns.
pub async fn walk(
    db: &Db,
    mut each: impl FnMut(JournalEntry, Option<Break>) -> Result<(), StoreError>,
) -> Result<Walked, StoreError> {
    let mut walked = Walked {
        last: 0,
        head: GENESIS.to_owned(),
        sealed_from: None,
    };
    let mut from = Some(i64::MIN);
    while let Some(first) = from {
        let sql = "SELECT * FROM journal WHERE seq >= $1 ORDER BY seq LIMIT 2000";
        let rows = db.fetch("journal", sql, &args![first]).await?;
        from = None;
        for row in &rows {
            let entry = read(row)?;
            from = entry.seq.checked_add(1);
            let broken = walked.follow(&entry, db.sealing());
            each(entry, broken)?;
        }
    }
    Ok(walked)
}

/// What [`walk`] came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walked {
    /// The number of the last entry.
    pub last: i64,
    /// Its hash.
    pub head: String,
    /// The first entry that carries a seal.
    pub sealed_from: Option<i64>,
}

impl Walked {
    fn follow(&mut self, entry: &JournalEntry, sealing: Option<&Sealing>) -> Option<Break> {
        let seq = entry.seq;
        if seq < 1 {
            return Some(Break::Outside(seq));
        }
        let broken = if seq != self.last + 1 {
            Some(Break::Missing(self.last + 1))
        } else if entry.previous_hash != self.head {
            Some(Break::Apart(seq))
        } else if entry.hash != hash(&entry.previous_hash, seq, &entry.change) {
            Some(Break::Changed(seq))
        } else {
            // A seal holds all entries before it, by the chain.
            match (sealing, &entry.seal) {
                (Some(sealing), Some(seal)) if !sealing.holds(&entry.hash, seal) => {
                    Some(Break::Forged(seq))
                }
                (_, None) if self.sealed_from.is_some() => Some(Break::Unsealed(seq)),
                // Versions that did not seal wrote none of these.
                (Some(_), None) if [CHECKPOINT, VAULT].contains(&entry.change.noun.as_str()) => {
                    Some(Break::Unsealed(seq))
                }
                _ => None,
            }
        };
        if entry.seal.is_some() {
            self.sealed_from.get_or_insert(seq);
        }
        self.last = seq;
        self.head.clone_from(&entry.hash);
        broken
    }
}

/// The last entry, the last one that is not about a checkpoint, and the hash of the last:
/// `(0, 0, GENESIS)` before the first.
///
/// # Errors
/// [`StoreError::Engine`].
pub async fn tip(db: &Db) -> Result<(i64, i64, String), StoreError> {
    let last = "SELECT seq, hash FROM journal WHERE seq >= 1 ORDER BY seq DESC LIMIT 1";
    let Some(row) = db.fetch_one("journal", last, &[]).await? else {
        return Ok((0, 0, GENESIS.to_owned()));
    };
    let (seq, hash) = (row.int("seq")?, row.text("hash")?);
    let news = "SELECT seq FROM journal WHERE noun <> $1 AND seq >= 1 ORDER BY seq DESC LIMIT 1";
    let news = db.fetch_one("journal", news, &args![CHECKPOINT]).await?;
    let news = news.map_or(Ok(0), |row| row.int("seq"))?;
    Ok((seq, news, hash))
}

/// The number of the last entry that somebody's doing or a sender's brought: neither a checkpoint
/// nor a batch of verdicts. 0 before the first.
///
/// # Errors
/// [`StoreError::Engine`].
pub async fn last_news(db: &Db) -> Result<i64, StoreError> {
    let sql = "SELECT seq FROM journal WHERE noun <> $1 AND noun <> $2 AND seq >= 1 ORDER BY seq DESC LIMIT 1";
    let row = db
        .fetch_one("journal", sql, &args![CHECKPOINT, VERDICTS])
        .await?;
    row.map_or(Ok(0), |row| row.int("seq"))
}

/// The newest entry of a noun that this installation wrote: what carries no seal of its key
/// is passed over.
///
/// # Errors
/// [`StoreError::Engine`].
pub async fn last_of(db: &Db, noun: &str) -> Result<Option<JournalEntry>, StoreError> {
    let sql = "SELECT * FROM journal WHERE noun || '' = $1 AND seal IS NOT NULL AND seq >= 1 AND seq < $2 \
               ORDER BY seq DESC LIMIT 100";
    let mut before = i64::MAX;
    loop {
        let rows = db.fetch("journal", sql, &args![noun, before]).await?;
        for row in &rows {
            let entry = read(row)?;
            before = entry.seq;
            if entry.is_ours(db.sealing()) {
                return Ok(Some(entry));
            }
        }
        if rows.is_empty() {
            return Ok(None);
        }
    }
}

/// The newest entry of a noun, whoever wrote it. Here and in its neighbours `noun || ''` keeps
/// the engine from the index of nouns: one that was made anew without some entries hides them.
///
/// # Errors
/// [`StoreError::Engine`].
pub async fn newest_of(db: &Db, noun: &str) -> Result<Option<JournalEntry>, StoreError> {
    let sql = "SELECT * FROM journal WHERE noun || '' = $1 AND seq >= 1 ORDER BY seq DESC LIMIT 1";
    db.fetch_one("journal", sql, &args![noun])
        .await?
        .map(|row| read(&row))
        .transpose()
}

/// Hands on the entries of a noun behind number `after`, whoever wrote them.
///
/// # Errors
/// [`StoreError::Engine`].
pub async fn each_of(
    db: &Db,
    noun: &str,
    mut after: i64,
    mut each: impl FnMut(JournalEntry),
) -> Result<(), StoreError> {
    let sql = "SELECT * FROM journal WHERE noun || '' = $1 AND seq > $2 ORDER BY seq LIMIT 2000";
    loop {
        let rows = db.fetch("journal", sql, &args![noun, after]).await?;
        for row in &rows {
            let entry = read(row)?;
            after = entry.seq;
            each(entry);
        }
        if rows.is_empty() {
            return Ok(());
        }
    }
}

/// Nouns and records that entries behind number `after` tell of, each verdict as one.
///
/// # Errors
/// [`StoreError::Engine`].
pub async fn touched(db: &Db, after: i64) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT DISTINCT noun, record_id, CASE WHEN noun = $2 THEN after END AS turned \
               FROM journal WHERE seq > $1";
    let mut touched = Vec::new();
    for row in db.fetch("journal", sql, &args![after, VERDICTS]).await? {
        let noun = row.text("noun")?;
        match row.opt_text("turned")? {
            Some(turned) => {
                let turned: BTreeMap<String, String> =
                    serde_json::from_str(&turned).unwrap_or_default();
                touched.extend(turned.into_keys().map(|id| (noun.clone(), id)));
            }
            None => touched.push((noun, row.text("record_id")?)),
        }
    }
    Ok(touched)
}

/// The hash of entry number `seq`, if it is there.
///
/// # Errors
/// [`StoreError::Engine`].
pub async fn hash_at(db: &Db, seq: i64) -> Result<Option<String>, StoreError> {
    let sql = "SELECT hash FROM journal WHERE seq = $1";
    db.fetch_one("journal", sql, &args![seq])
        .await?
        .map(|row| row.text("hash"))
        .transpose()
}
