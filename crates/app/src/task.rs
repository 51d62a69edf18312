//! All background work: spawned here, stopped here.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    time::{Duration, Instant},
};

use domain::{
    authority::{Actor, Permission, Scope},
    label::Label,
};
use store::job::{self, TaskRun};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    App, account, assess, attachment, evidence, examiner, logs, notify, remind, upkeep, watch,
};

/// The scope of the program itself.
pub(crate) fn everything() -> Scope {
    Actor::system()
        .scope(Permission::Read)
        .unwrap_or_else(|_| unreachable!("the program itself may read everything"))
}

/// Where the program listens for what the network sends.
#[derive(Clone, Debug, Default)]
pub struct Listen {
    /// Syslog over UDP.
    pub syslog_udp: Vec<SocketAddr>,
    /// Syslog over TCP.
    pub syslog_tcp: Vec<SocketAddr>,
    /// Whether to probe.
    pub probe: bool,
    /// How many TCP connections registered senders have, and all others; the listener's own
    /// numbers without it.
    pub rooms: Option<(usize, usize)>,
}

/// The background work that runs.
pub struct Running {
    cancel: CancellationToken,
    tracker: TaskTracker,
    /// Where syslog is listened to, once port 0 has become a port.
    pub syslog: (Vec<SocketAddr>, Vec<SocketAddr>),
}

/// The names of the tasks that are told of; the page of settings has words for each.
pub const NAMES: [&str; 18] = [
    "watch",
    "verdicts",
    "hearing",
    "notices-mail",
    "notices-webhook",
    "reminders",
    "listening",
    "log-senders",
    "log-sources",
    "logs-kept",
    "upkeep",
    "attachments",
    "file-reader",
    "orphans",
    "sessions",
    "anchors",
    "evidence",
    "vault-reading",
];

/// A reconciler's last run.
#[derive(Clone, Debug)]
pub struct Run {
    /// The reconciler's name.
    pub name: String,
    /// Whether it did what it should.
    pub ok: bool,
    /// What it did, or the fault as it was reported.
    pub detail: Label,
    /// When it ended, or began while it runs; unix milliseconds.
    pub at: i64,
}

/// The last runs of all reconcilers.
///
/// # Errors
/// Denied, unavailable.
pub async fn runs(app: &App, ctx: &crate::Ctx) -> Result<Vec<Run>, domain::problem::Problem> {
    ctx.actor.scope(Permission::Journal)?;
    let runs = job::runs(&app.db).await?;
    let run = |run: TaskRun| Run {
        ok: run.outcome == "ok",
        // A fault is one text.
        detail: serde_json::from_str(&run.detail).unwrap_or_else(|_| Label::same(run.detail)),
        at: run.finished_at.unwrap_or(run.started_at),
        name: run.name,
    };
    Ok(runs.into_iter().map(run).collect())
}

/// Starts everything that runs by itself.
///
/// # Errors
/// When a port cannot be taken.
pub async fn start(app: &App, listen: Listen) -> Result<Running, observe::syslog::ListenError> {
    let cancel = CancellationToken::new();
    let tracker = TaskTracker::new();
    let syslog = logs::listen(app, &listen, &cancel, &tracker).await?;
    if listen.probe {
        let (watched, stop) = (app.clone(), cancel.clone());
        tracker.spawn(kept(app.clone(), cancel.clone(), "watch", move || {
            watch::run(watched.clone(), stop.clone())
        }));
    }
    let (judged, stop) = (app.clone(), cancel.clone());
    tracker.spawn(kept(app.clone(), cancel.clone(), "verdicts", move || {
        judging(judged.clone(), stop.clone())
    }));
    let (heard, stop) = (app.clone(), cancel.clone());
    tracker.spawn(kept(app.clone(), cancel.clone(), "hearing", move || {
        hearing(heard.clone(), stop.clone())
    }));
    // A receiver that hangs holds up its own way alone.
    for (name, way) in [("notices-mail", "mail"), ("notices-webhook", "webhook")] {
        tracker.spawn(every(
            app.clone(),
            cancel.clone(),
            name,
            Duration::from_secs(2),
            move |app| async move {
                notify::deliver(&app, way)
                    .await
                    .map(notify::Delivered::label)
            },
        ));
    }
    tracker.spawn(every(
        app.clone(),
        cancel.clone(),
        "reminders",
        Duration::from_secs(60),
        |app| async move { remind::reconcile(&app).await },
    ));
    tracker.spawn(every(
        app.clone(),
        cancel.clone(),
        "log-sources",
        Duration::from_secs(5),
        |app| async move { logs::reconcile(&app).await },
    ));
    tracker.spawn(every(
        app.clone(),
        cancel.clone(),
        "logs-kept",
        Duration::from_secs(6 * 3_600),
        |app| async move { logs::kept(&app).await },
    ));
    tracker.spawn(every(
        app.clone(),
        cancel.clone(),
        "upkeep",
        Duration::from_secs(1),
        |app| async move { upkeep::reconcile(&app).await },
    ));
    tracker.spawn(every(
        app.clone(),
        cancel.clone(),
        "attachments",
        Duration::from_secs(120),
        |app| async move { attachment::rescan(&app).await },
    ));
    tracker.spawn(every(
        app.clone(),
        cancel.clone(),
        "file-reader",
        Duration::from_secs(3_600),
        |app| async move { examiner::state(&app).await.map(Some) },
    ));
    tracker.spawn(every(
        app.clone(),
        cancel.clone(),
        "orphans",
        Duration::from_secs(3_600),
        |app| async move { attachment::sweep(&app).await },
    ));
    tracker.spawn(every(
        app.clone(),
        cancel.clone(),
        "sessions",
        Duration::from_secs(300),
        |app| async move {
            let mut work = app.begin_batch().await?;
            let now = work.now();
            let (ended, others) = store::session::sweep(&mut work, now).await?;
            store::job::sweep(&mut work, now - JOBS_KEPT_MS).await?;
            account::note_ended(&mut work, None, others);
            work.commit().await?;
            Ok::<_, store::StoreError>(Some(Label::new(
                format!("{ended} phiên đã hết hạn"),
                format!("{ended} sessions ended"),
            )))
        },
    ));
    tracker.spawn(every(
        app.clone(),
        cancel.clone(),
        "anchors",
        Duration::from_secs(2),
        |app| async move { evidence::reconcile(&app).await.map(|()| None) },
    ));
    tracker.spawn(every(
        app.clone(),
        cancel.clone(),
        "evidence",
        Duration::from_secs(60),
        |app| async move { evidence::run(&app).await },
    ));
    let stop = cancel.clone();
    tracker.spawn(every(
        app.clone(),
        cancel.clone(),
        "vault-reading",
        Duration::from_secs(60),
        move |app| {
            let stop = stop.clone();
            async move { evidence::read(&app, &stop).await }
        },
    ));
    tracker.close();
    Ok(Running {
        cancel,
        tracker,
        syslog,
    })
}

impl Running {
    /// A token that ends when the program stops.
    pub fn token(&self) -> CancellationToken {
        self.cancel.clone()
    }

    /// Stops softly; what does not end within `patience` is left behind.
    pub async fn stop(self, patience: Duration) {
        self.cancel.cancel();
        if tokio::time::timeout(patience, self.tracker.wait())
            .await
            .is_err()
        {
            tracing::warn!("some background work did not end in time");
        }
    }
}

/// Verdicts follow facts: at once when facts change, and every minute for what time turns.
async fn judging(app: App, cancel: CancellationToken) {
    let mut minute = interval(Duration::from_secs(60));
    minute.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let full = tokio::select! {
            () = cancel.cancelled() => break,
            _ = minute.tick() => true,
            () = app.assess.poked() => {
                // A burst of changes (an import, a hub that dies) is judged once.
                tokio::time::sleep(Duration::from_millis(20)).await;
                false
            }
        };
        let started_at = app.clock.now_ms();
        let outcome = match assess::evaluate(&app, full).await {
            Ok(done) => {
                let (verdicts, units, clauses) = (done.verdicts, done.units, done.clauses);
                let (turned, ms) = (done.turned, done.micros / 1000);
                let detail = Label::new(
                    format!(
                        "{verdicts} kết luận cho {units} đơn vị theo {clauses} điều khoản, {turned} thay đổi, {ms} ms"
                    ),
                    format!(
                        "{verdicts} verdicts of {units} organizations on {clauses} clauses, {turned} turned, {ms} ms"
                    ),
                );
                Ok(full.then_some(detail))
            }
            Err(error) => {
                // Tried again soon, without spinning while the database is away.
                tokio::time::sleep(Duration::from_secs(2)).await;
                Err(error)
            }
        };
        note(&app, "verdicts", started_at, outcome).await;
    }
}

/// How often is asked what other processes wrote: one cheap query.
const HEARING: Duration = Duration::from_millis(250);

/// What another process writes (the command line, a second server) holds here at once.
async fn hearing(app: App, cancel: CancellationToken) {
    let mut ticks = interval(HEARING);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut unheard, mut failing) = (BTreeSet::new(), false);
    loop {
        tokio::select! {
            () = cancel.cancelled() => break,
            _ = ticks.tick() => {}
        }
        let heard = app.hear(&mut unheard).await;
        // Said once, not four times a second while the database is away.
        if let Err(error) = &heard
            && !failing
        {
            tracing::error!(%error, "what other processes wrote could not be read; trying again");
        }
        failing = heard.is_err();
    }
}

/// What was sent is remembered for so long.
const JOBS_KEPT_MS: i64 = 90 * 86_400_000;

/// A task that failed begins again after so long, and after twice as long each time that it
/// fails at once, up to [`AGAIN_AT_MOST`].
const AGAIN: Duration = Duration::from_secs(1);
const AGAIN_AT_MOST: Duration = Duration::from_secs(60);

/// Keeps a task running until `cancel`: one that panics, or ends before, is noted, is an alarm,
/// and begins again.
pub(crate) async fn kept<F, Fut>(app: App, cancel: CancellationToken, name: &'static str, begin: F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    let mut again = AGAIN;
    loop {
        let (started_at, began) = (app.clock.now_ms(), Instant::now());
        let error = match tokio::spawn(begin()).await {
            _ if cancel.is_cancelled() => return,
            Err(error) => error.to_string(),
            Ok(()) => "it ended by itself".to_owned(),
        };
        app.upkeep.failed(name);
        note(&app, name, started_at, Err(error)).await;
        if began.elapsed() > AGAIN_AT_MOST {
            again = AGAIN;
        }
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(again) => {}
        }
        again = (again * 2).min(AGAIN_AT_MOST);
    }
}

/// Runs a reconciler every so often until `cancel`, and notes how it went; see [`kept`].
async fn every<F, Fut, E>(
    app: App,
    cancel: CancellationToken,
    name: &'static str,
    period: Duration,
    run: F,
) where
    F: Fn(App) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Result<Option<Label>, E>> + Send + 'static,
    E: std::fmt::Display + Send + 'static,
{
    let (kept_app, stop) = (app.clone(), cancel.clone());
    let begin = move || repeat(kept_app.clone(), stop.clone(), name, period, run.clone());
    kept(app, cancel, name, begin).await;
}

async fn repeat<F, Fut, E>(
    app: App,
    cancel: CancellationToken,
    name: &'static str,
    period: Duration,
    run: F,
) where
    F: Fn(App) -> Fut,
    Fut: Future<Output = Result<Option<Label>, E>>,
    E: std::fmt::Display,
{
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = cancel.cancelled() => break,
            _ = ticks.tick() => {}
        }
        let started_at = app.clock.now_ms();
        let outcome = run(app.clone()).await;
        note(&app, name, started_at, outcome).await;
    }
}

/// Notes a run that did something or failed.
async fn note(
    app: &App,
    name: &str,
    started_at: i64,
    outcome: Result<Option<Label>, impl std::fmt::Display>,
) {
    debug_assert!(NAMES.contains(&name), "no page has words for {name}");
    let (outcome, detail) = match outcome {
        Ok(None) => return,
        Ok(Some(detail)) => match serde_json::to_string(&detail) {
            Ok(detail) => ("ok", detail),
            Err(_) => ("ok", detail.en),
        },
        Err(error) => {
            tracing::error!(task = name, %error, "a task failed");
            ("failed", error.to_string())
        }
    };
    let run = TaskRun {
        name: name.into(),
        started_at,
        finished_at: Some(app.clock.now_ms()),
        outcome: outcome.into(),
        detail,
    };
    if let Err(error) = job::note_run(&app.db, &run).await {
        tracing::error!(task = name, %error, "the run could not be noted");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use domain::clock::Clock;
    use store::StoreError;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_task_that_panics_begins_again_and_is_an_alarm() {
        let folder = tempfile::tempdir().unwrap();
        let app = App::open(crate::AppConfig {
            data: folder.path().to_owned(),
            keys: None,
            database: None,
            policy: None,
            clock: Clock::system(),
            writer: true,
            origin: "gieng.example/test".into(),
            examiner: "unused".into(),
        })
        .await
        .unwrap();
        let begun = Arc::new(AtomicUsize::new(0));
        let counting = Arc::clone(&begun);
        let run = move |_: App| {
            let n = counting.fetch_add(1, Ordering::Relaxed);
            async move {
                assert!(n > 0, "the first fails");
                Ok::<_, StoreError>(Some(Label::same("done")))
            }
        };
        let cancel = CancellationToken::new();
        // One that ends by itself begins again as well.
        let ended = Arc::new(AtomicUsize::new(0));
        let counting = Arc::clone(&ended);
        let ending = kept(app.clone(), cancel.clone(), "watch", move || {
            counting.fetch_add(1, Ordering::Relaxed);
            std::future::ready(())
        });
        let ending = tokio::spawn(ending);
        let task = every(
            app.clone(),
            cancel.clone(),
            "orphans",
            Duration::from_millis(10),
            run,
        );
        let task = tokio::spawn(task);
        while begun.load(Ordering::Relaxed) < 3 || ended.load(Ordering::Relaxed) < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        cancel.cancel();
        task.await.unwrap();
        ending.await.unwrap();
        let alarms = async || {
            upkeep::reconcile(&app).await.unwrap();
            store::alarm::open_system(&app.db, "task-failed", "")
                .await
                .unwrap()
        };
        let alarm = alarms().await.expect("it is an alarm");
        assert!(alarm.said.is_some_and(
            |said| said.what.en.contains(": orphans") || said.what.en.contains(": watch")
        ));
    }
}
