//! Since when the program has been listening without a break: silence of before is not the
//! senders'.

use domain::label::Label;
use store::{
    StoreError,
    job::{self, TaskRun},
};

use crate::App;

/// The task under which it is noted: begun when it began to listen, ended when it last did.
const NAME: &str = "listening";

/// It is noted so often.
const BEAT_MS: i64 = 30_000;

/// A longer time of which nothing is noted is a break: less than a silence that is looked at,
/// more than a start takes.
const BREAK_MS: i64 = 180_000;

/// Since when it has been listening, as the last note says; none where that is over.
fn since(run: Option<&TaskRun>, now: i64) -> Option<i64> {
    let run = run.filter(|r| r.finished_at.is_some_and(|at| now - at <= BREAK_MS))?;
    Some(run.started_at)
}

async fn noted(app: &App) -> Result<Option<TaskRun>, StoreError> {
    let runs = job::runs(&app.db).await?;
    Ok(runs.into_iter().find(|run| run.name == NAME))
}

/// Since when the program has been listening for log lines without a break, in unix
/// milliseconds; `now`, where it does not listen.
///
/// # Errors
/// [`StoreError`] of the engine.
pub(crate) async fn listening_since(app: &App, now: i64) -> Result<i64, StoreError> {
    Ok(since(noted(app).await?.as_ref(), now).unwrap_or(now))
}

/// Notes that it listens and takes lines, where this process does.
pub(super) async fn beat(app: &App) -> Result<(), StoreError> {
    let listening = app.logs.listening();
    if !listening.is_some_and(|syslog| syslog.takes_lines()) {
        return Ok(());
    }
    let (run, now) = (noted(app).await?, app.clock.now_ms());
    let last = run.as_ref().and_then(|r| r.finished_at);
    let since = since(run.as_ref(), now);
    if since.is_some() && last.is_some_and(|at| now - at < BEAT_MS) {
        return Ok(());
    }
    listened(app, since.unwrap_or(now)).await
}

/// Notes that the program has been listening from `since`, unix milliseconds, until now.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn listened(app: &App, since: i64) -> Result<(), StoreError> {
    let local = |at| domain::clock::from_ms(at).to_zoned(domain::clock::local_zone());
    let began = local(since).strftime("%d/%m/%Y %H:%M");
    let detail = Label::new(
        format!("Nghe liên tục từ {began}"),
        format!("Listening without a break since {began}"),
    );
    let now = app.clock.now_ms();
    let run = TaskRun {
        name: NAME.into(),
        started_at: since,
        finished_at: Some(now),
        good_at: Some(now),
        outcome: "ok".into(),
        detail: serde_json::to_string(&detail).unwrap_or(detail.en),
    };
    job::note_run(&app.db, &run).await
}
