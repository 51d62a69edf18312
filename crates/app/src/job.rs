//! Work that waits in a queue: written in the transaction of its cause, done later, and tried
//! again until it is done or given up.

use domain::label::Label;
use serde::{Serialize, de::DeserializeOwned};
use store::{StoreError, Tx, job};
use tokio::task::JoinSet;

use crate::App;

/// Jobs of one kind that are under way at once.
const AT_ONCE: i64 = 8;
/// Attempts before a job is given up; the waits between them double from [`FIRST_WAIT_MS`].
const ATTEMPTS: i64 = 10;
const FIRST_WAIT_MS: i64 = 10_000;
/// Nobody else takes a job for so long, whatever became of whoever has it.
const HELD_MS: i64 = 120_000;

/// One kind of work. Its fields are what it is about, as JSON in the queue: a program of a later
/// version reads what an earlier one queued.
pub(crate) trait Job: Serialize + DeserializeOwned + Send + 'static {
    /// The name of its queue. Each has its own, so that none waits for another.
    const KIND: &'static str;

    /// What is the same for a job that waits already; a second is not queued.
    fn key(&self) -> String;

    /// Does it. It may be done twice, where the program ends before that is written.
    fn run(self, app: App) -> impl Future<Output = Result<(), JobError>> + Send;
}

/// Why a job is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JobError {
    /// It may be done later.
    Later(String),
    /// To try again is useless.
    Never(String),
}

/// Queues a job in the transaction of its cause; `now` in unix milliseconds.
///
/// # Errors
/// [`StoreError`] of the engine.
pub(crate) async fn queue<J: Job>(tx: &mut Tx, job: &J, now: i64) -> Result<(), StoreError> {
    let text = serde_json::to_string(job).map_err(|error| StoreError::Decode {
        column: format!("job of `{}`", J::KIND),
        what: error.to_string(),
    })?;
    job::enqueue(tx, J::KIND, &text, Some(&job.key()), now, now).await
}

/// What became of the jobs that were due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Worked {
    /// Done.
    pub done: usize,
    /// To be tried again.
    pub later: usize,
    /// Refused for good, or tried too often.
    pub given_up: usize,
}

impl Worked {
    /// As the page of background work says it; `None` when nothing was due.
    pub(crate) fn label(self) -> Option<Label> {
        let Self {
            done,
            later,
            given_up,
        } = self;
        (self != Self::default()).then(|| {
            Label::new(
                format!("{done} đã xong, {later} sẽ thử lại, {given_up} không làm được"),
                format!("{done} done, {later} to be tried again, {given_up} given up"),
            )
        })
    }
}

/// Does what is due of one kind, several at once.
///
/// # Errors
/// The store's; what is not done is put back, not an error.
pub(crate) async fn work_off<J: Job>(app: &App) -> Result<Worked, StoreError> {
    let mut tasks = JoinSet::new();
    for held in job::lease(&app.db, J::KIND, app.clock.now_ms(), HELD_MS, AT_ONCE).await? {
        let app = app.clone();
        tasks.spawn(async move {
            let outcome = match serde_json::from_str::<J>(&held.payload) {
                // One that breaks off is tried again as often as one that is refused.
                Ok(job) => (tokio::spawn(job.run(app)).await)
                    .unwrap_or_else(|error| Err(JobError::Later(error.to_string()))),
                Err(error) => Err(JobError::Never(error.to_string())),
            };
            (held, outcome)
        });
    }
    let mut worked = Worked::default();
    while let Some(ended) = tasks.join_next().await {
        // One that was cut off stays taken and is done after its time.
        let Ok((held, outcome)) = ended else {
            continue;
        };
        let (kind, id, attempt) = (J::KIND, held.id, held.attempts);
        let now = app.clock.now_ms();
        match outcome {
            Ok(()) => {
                worked.done += 1;
                job::finish(&app.db, &held, now, None).await?;
            }
            Err(JobError::Later(error)) if attempt < ATTEMPTS => {
                worked.later += 1;
                tracing::warn!(kind, %id, attempt, error, "a job is not done yet");
                let wait = FIRST_WAIT_MS << (attempt - 1).clamp(0, 9);
                job::retry(&app.db, &held, now + wait, &error).await?;
            }
            Err(JobError::Later(error) | JobError::Never(error)) => {
                worked.given_up += 1;
                tracing::error!(kind, %id, attempt, error, "a job is given up");
                job::finish(&app.db, &held, now, Some(&error)).await?;
            }
        }
    }
    Ok(worked)
}
