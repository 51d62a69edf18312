//! Work that one process does at a time: who holds it, by the database's own clock.
//!
//! A holder that was stopped, or cut off from the database, may believe that it still holds
//! when another has taken over. So each commit of work done [`as_holder`] looks whether the
//! lease is still of the same epoch, and fails otherwise: nothing is done twice.

use std::sync::Arc;

use crate::{Db, StoreError, Tx, args, dialect};

/// A holder that is not heard of for so long has ended.
pub const HELD_MS: i64 = 15_000;

/// No lease was taken so often.
const MOST: i64 = 1 << 60;

/// What shows that a lease was taken, and not since by somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    name: Arc<str>,
    epoch: i64,
}

tokio::task_local! {
    static HELD: Fence;
}

/// Takes the lease of that name for `holder`, or holds it for longer; none while another has
/// it. `anew` is the first time in a holder's life: what it left running before is fenced off.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn take(
    db: &Db,
    name: &str,
    holder: &str,
    for_ms: i64,
    anew: bool,
) -> Result<Option<Fence>, StoreError> {
    let now = dialect::now_ms(db);
    // Nobody holds one for longer than it is given: what says so was written by a clock that
    // was wrong, or by nobody of ours. An epoch that cannot be counted on begins anew.
    let sql = format!(
        "INSERT INTO lease (name, holder, epoch, until_at) VALUES ($1, $2, 1, {now} + $3) \
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_at = excluded.until_at, \
         epoch = CASE WHEN lease.holder = excluded.holder AND $4 = 0 THEN lease.epoch \
           WHEN lease.epoch < 0 OR lease.epoch > {MOST} THEN 1 ELSE lease.epoch + 1 END \
         WHERE lease.holder = excluded.holder OR lease.until_at < {now} OR lease.until_at > {now} + $5 \
         RETURNING epoch"
    );
    // Not in the queue of background work: who holds must be able to say so.
    let mut tx = db.begin().await?;
    let longest = for_ms.max(HELD_MS) + 5_000;
    let args = args![name, holder, for_ms, i64::from(anew), longest];
    let row = tx.fetch_one("lease", &sql, &args).await?;
    tx.commit().await?;
    let fence = |epoch| Fence {
        name: name.into(),
        epoch,
    };
    row.map(|row| row.int("epoch").map(fence)).transpose()
}

/// Whether somebody holds the lease of that name now.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn is_held(db: &Db, name: &str) -> Result<bool, StoreError> {
    let now = dialect::now_ms(db);
    let sql = format!(
        "SELECT 1 AS one FROM lease WHERE name = $1 AND until_at BETWEEN {now} AND {now} + $2"
    );
    let args = args![name, HELD_MS + 5_000];
    Ok(db.fetch_one("lease", &sql, &args).await?.is_some())
}

/// Gives a lease back: another takes over at once.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn release(db: &Db, fence: &Fence) -> Result<(), StoreError> {
    let sql = "UPDATE lease SET until_at = 0 WHERE name = $1 AND epoch = $2";
    db.execute("lease", sql, &args![&*fence.name, fence.epoch])
        .await?;
    Ok(())
}

/// Does work as the holder: each of its commits fails once somebody else has taken over. Of
/// what it spawns only what is spawned as holder again is held so.
pub async fn as_holder<F: Future>(fence: Fence, work: F) -> F::Output {
    HELD.scope(fence, work).await
}

/// Looks whether whoever writes still holds what it does as holder, until the commit.
///
/// # Errors
/// [`StoreError::Fenced`] when it does not.
pub(crate) async fn check(tx: &mut Tx) -> Result<(), StoreError> {
    let Ok(fence) = HELD.try_with(Fence::clone) else {
        return Ok(());
    };
    let sql = format!(
        "SELECT epoch FROM lease WHERE name = $1 AND epoch = $2 {}",
        dialect::for_share(tx)
    );
    let args = args![&*fence.name, fence.epoch];
    match tx.fetch_one("lease", &sql, &args).await? {
        Some(_) => Ok(()),
        None => Err(StoreError::Fenced {
            name: fence.name.to_string(),
        }),
    }
}
