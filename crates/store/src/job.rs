//! Jobs, queued in the transaction of their cause, and the last runs of reconcilers.

use domain::id::Id;

use crate::{Db, StoreError, Tx, args, dialect};

/// A job that is due.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its identifier.
    pub id: Id,
    /// Which code runs it.
    pub kind: String,
    /// JSON.
    pub payload: String,
    /// Which attempt this is, from 1.
    pub attempts: i64,
}

/// Queues a job; one with the same `unique_key` that waits already is left.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn enqueue(
    tx: &mut Tx,
    kind: &str,
    payload: &str,
    unique_key: Option<&str>,
    run_at: i64,
    now: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "job",
        "INSERT INTO job (id, kind, payload, unique_key, run_at, attempts, created_at) \
         VALUES ($1, $2, $3, $4, $5, 0, $6) ON CONFLICT (unique_key) DO NOTHING",
        &args![Id::new(now), kind, payload, unique_key, run_at, now],
    )
    .await?;
    Ok(())
}

/// Takes up to `limit` due jobs of a kind; nobody else gets them until `lease_ms` have passed.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn lease(
    db: &Db,
    kind: &str,
    now: i64,
    lease_ms: i64,
    limit: i64,
) -> Result<Vec<Job>, StoreError> {
    let mut tx = db.begin_later().await?;
    let sql = format!(
        "UPDATE job SET leased_until = $1, attempts = attempts + 1 WHERE id IN ( \
           SELECT id FROM job WHERE done_at IS NULL AND kind = $4 AND run_at <= $2 \
           AND (leased_until IS NULL OR leased_until < $2) ORDER BY run_at LIMIT $3 {}) \
         RETURNING id, kind, payload, attempts",
        dialect::skip_locked(&tx)
    );
    let rows = tx
        .fetch("jobs", &sql, &args![now + lease_ms, now, limit, kind])
        .await?;
    tx.commit().await?;
    rows.iter()
        .map(|row| {
            Ok(Job {
                id: row.parsed("id")?,
                kind: row.text("kind")?,
                payload: row.text("payload")?,
                attempts: row.int("attempts")?,
            })
        })
        .collect()
}

/// Marks a job done; its key is free again. `false` where another attempt has it meanwhile:
/// the lease of this one ended.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn finish(db: &Db, job: &Job, now: i64, error: Option<&str>) -> Result<bool, StoreError> {
    let args = args![now, error, job.id, job.attempts];
    let done = db.execute(
        "job",
        "UPDATE job SET done_at = $1, unique_key = NULL, last_error = $2 \
         WHERE id = $3 AND attempts = $4 AND done_at IS NULL",
        &args,
    );
    Ok(done.await? == 1)
}

/// Puts a failed job back, to be tried at `run_at`. `false` as with [`finish`].
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn retry(db: &Db, job: &Job, run_at: i64, error: &str) -> Result<bool, StoreError> {
    let args = args![run_at, error, job.id, job.attempts];
    let put_back = db.execute(
        "job",
        "UPDATE job SET run_at = $1, leased_until = NULL, last_error = $2 \
         WHERE id = $3 AND attempts = $4 AND done_at IS NULL",
        &args,
    );
    Ok(put_back.await? == 1)
}

/// Forgets jobs that were done before `until`, unix milliseconds; how many they were.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn sweep(tx: &mut Tx, until: i64) -> Result<u64, StoreError> {
    tx.execute("job", "DELETE FROM job WHERE done_at < $1", &args![until])
        .await
}

/// The last run of a reconciler, as a page shows it.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct TaskRun {
    /// The reconciler.
    pub name: String,
    /// Unix milliseconds.
    pub started_at: i64,
    /// Absent while it runs.
    pub finished_at: Option<i64>,
    /// `ok` or `failed`.
    pub outcome: String,
    /// What it did, or why it failed.
    pub detail: String,
    /// When it last went well; one that failed keeps the time that is noted.
    pub good_at: Option<i64>,
}

/// Notes a run over the one before.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn note_run(db: &Db, run: &TaskRun) -> Result<(), StoreError> {
    db.execute(
        "task run",
        "INSERT INTO task_run (name, started_at, finished_at, outcome, detail, good_at) \
         VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (name) DO UPDATE SET started_at = excluded.started_at, \
         finished_at = excluded.finished_at, outcome = excluded.outcome, detail = excluded.detail, \
         good_at = COALESCE(excluded.good_at, task_run.good_at)",
        &args![
            &run.name,
            run.started_at,
            run.finished_at,
            &run.outcome,
            &run.detail,
            run.good_at
        ],
    )
    .await?;
    Ok(())
}

/// When a reconciler last went well, unix milliseconds; none where nothing is noted of it.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn good_at(db: &Db, name: &str) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT good_at FROM task_run WHERE name = $1";
    let rows = db.fetch("task run", sql, &args![name]).await?;
    rows.first().map_or(Ok(None), |row| row.opt_int("good_at"))
}

/// The last runs of all reconcilers.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn runs(db: &Db) -> Result<Vec<TaskRun>, StoreError> {
    db.fetch("task runs", "SELECT * FROM task_run ORDER BY name", &[])
        .await?
        .iter()
        .map(|row| {
            Ok(TaskRun {
                name: row.text("name")?,
                started_at: row.int("started_at")?,
                finished_at: row.opt_int("finished_at")?,
                outcome: row.text("outcome")?,
                detail: row.text("detail")?,
                good_at: row.opt_int("good_at")?,
            })
        })
        .collect()
}
