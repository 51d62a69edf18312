//! What this process remembers of the journal's end. No checkpoint names the entries of the last
//! minute yet: who cuts them off while the program runs is noticed by the program itself.

use std::sync::{Mutex, PoisonError};

use crate::{
    Db, StoreError, Tx, args,
    journal::{self, Change},
};

/// The number and the hash of an entry.
pub type Head = (i64, String);

/// The noun of the entry that tells of one that is gone.
pub const LOST: &str = "journal";

/// The last entry that this process wrote, and those that were gone later.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    head: Option<Head>,
    lost: Vec<Head>,
}

impl Memory {
    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A transaction that ends with this entry was committed; before it began, `lost` was gone.
    pub(crate) fn committed(&self, end: Head, lost: Option<Head>) {
        let mut kept = self.kept();
        // Two may be told in another order than they were committed in.
        let later = kept.head.as_ref().is_none_or(|(seq, _)| end.0 > *seq);
        if later || lost.is_some() {
            kept.head = Some(end);
        }
        kept.lost.extend(lost);
    }
}

/// The entry that this process remembers and that is no longer there, or another one.
///
/// # Errors
/// [`StoreError::Engine`].
pub(crate) async fn missing(tx: &mut Tx) -> Result<Option<Head>, StoreError> {
    let Some((seq, hash)) = tx.memory().kept().head.clone() else {
        return Ok(None);
    };
    let sql = "SELECT hash FROM journal WHERE seq = $1";
    let found = tx.fetch_one("journal", sql, &args![seq]).await?;
    let found = found.map(|row| row.text("hash")).transpose()?;
    Ok((found.as_ref() != Some(&hash)).then_some((seq, hash)))
}

/// The entry that tells of it: from then on every verification asks for it.
pub(crate) fn told((seq, hash): &Head, at: i64) -> Change {
    Change {
        at,
        actor_id: None,
        actor: "giềng".into(),
        request: String::new(),
        remote: String::new(),
        noun: LOST.into(),
        record_id: seq.to_string(),
        organization_id: None,
        action: "lost".into(),
        before: None,
        after: Some(serde_json::json!({ "seq": seq, "hash": hash }).to_string()),
    }
}

/// Looks whether the entry that this process remembers is still there, and writes down that it
/// is not; remembers the last one where it remembers none. `now` in unix milliseconds.
///
/// # Errors
/// [`StoreError::Engine`].
pub async fn hold(db: &Db, now: i64) -> Result<(), StoreError> {
    let known = db.shared.memory.kept().head.clone();
    let Some((seq, hash)) = known else {
        let (seq, _, hash) = journal::tip(db).await?;
        if seq > 0 {
            db.shared.memory.committed((seq, hash), None);
        }
        return Ok(());
    };
    if journal::hash_at(db, seq).await? != Some(hash) {
        let mut tx = db.begin().await?;
        tx.looks = Some(now);
        tx.commit().await?;
    }
    Ok(())
}

/// Entries that were gone, each told once.
pub fn lost(db: &Db) -> Vec<Head> {
    std::mem::take(&mut db.shared.memory.kept().lost)
}
