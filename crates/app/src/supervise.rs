//! Keeps what runs by itself running, and knows how each part goes.

use std::{
    collections::BTreeMap,
    error::Error,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use domain::label::Label;
use observe::collect::Collector;
use store::job::{self, TaskRun};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    App,
    collect::{self, Collect},
    lease,
};

/// What a run did, for a person; `None` when there was nothing to do.
pub(crate) type Done = Result<Option<Label>, Box<dyn Error + Send + Sync>>;

type Run = fn(App, CancellationToken) -> Pin<Box<dyn Future<Output = Done> + Send>>;

/// Work that is done every so often.
#[derive(Clone, Copy)]
pub(crate) struct Every {
    pub name: &'static str,
    period: Duration,
    longest: Duration,
    alone: bool,
    of_vault: bool,
    run: Run,
}

impl Every {
    pub(crate) const fn new(name: &'static str, period: Duration, run: Run) -> Self {
        Self {
            name,
            period,
            longest: LONGEST,
            alone: false,
            of_vault: false,
            run,
        }
    }

    /// One process at a time does it.
    pub(crate) const fn alone(self) -> Self {
        Self {
            alone: true,
            ..self
        }
    }

    /// Whoever writes the log vault does it: it is about files that lie beside that.
    pub(crate) const fn of_vault(self) -> Self {
        Self {
            of_vault: true,
            ..self
        }
    }

    /// A run may take so long.
    pub(crate) const fn taking(self, longest: Duration) -> Self {
        Self { longest, ..self }
    }
}

/// Work that goes on all the time and says how it goes; see [`Courses::went`].
#[derive(Clone, Copy)]
pub(crate) struct Keep {
    pub name: &'static str,
    /// It says so at least so often.
    period: Duration,
    alone: bool,
}

impl Keep {
    pub(crate) const fn new(name: &'static str, period: Duration) -> Self {
        Self {
            name,
            period,
            alone: false,
        }
    }

    /// One process at a time does it.
    pub(crate) const fn alone(self) -> Self {
        Self {
            alone: true,
            ..self
        }
    }
}

/// A run takes no longer than this, where nothing else is said.
const LONGEST: Duration = Duration::from_secs(300);

/// A task that failed begins again after so long, and after twice as long each time that it
/// fails at once, up to [`AGAIN_AT_MOST`].
const AGAIN: Duration = Duration::from_secs(1);
const AGAIN_AT_MOST: Duration = Duration::from_secs(60);

/// How a task goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// When a run last went well, unix milliseconds.
    pub good_at: Option<i64>,
    /// The same, or when it began, by the clock that nobody sets.
    pub good: Instant,
    /// Another process holds its lease: whether it goes well there is told by its noted runs.
    pub elsewhere: bool,
    /// Runs that failed since the program's start.
    pub failures: u64,
    /// How often it ended and began again, and when it last did.
    pub restarts: u64,
    restarted: Option<Instant>,
    /// Why the last run failed; none when it went well.
    pub failing: Option<String>,
    /// No good run for longer than this means that it does not go on.
    pub patience: Duration,
}

impl Course {
    /// Whether it has not gone well for longer than it may.
    pub fn is_late(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.good) > self.patience
    }
}

/// How all tasks of this process go, by name.
#[derive(Debug, Default)]
pub struct Courses(Mutex<BTreeMap<&'static str, Course>>);

impl Courses {
    fn held(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, Course>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All of them.
    pub fn all(&self) -> BTreeMap<&'static str, Course> {
        self.held().clone()
    }

    /// Those that have not gone well for longer than they may.
    pub fn late(&self, now: Instant) -> Vec<&'static str> {
        let courses = self.held();
        let late = courses.iter().filter(|(_, course)| course.is_late(now));
        late.map(|(name, _)| *name).collect()
    }

    /// How often tasks ended and began again, and which did last.
    pub fn restarts(&self) -> (u64, &'static str) {
        let courses = self.held();
        let last = courses.iter().max_by_key(|(_, course)| course.restarted);
        let sum = courses.values().map(|course| course.restarts).sum();
        (sum, last.map_or("", |(name, _)| *name))
    }

    fn restarted(&self, name: &str) {
        if let Some(course) = self.held().get_mut(name) {
            course.restarts += 1;
            course.restarted = Some(Instant::now());
        }
    }

    fn begin(&self, name: &'static str, patience: Duration) {
        let course = Course {
            good_at: None,
            good: Instant::now(),
            elsewhere: false,
            failures: 0,
            restarts: 0,
            restarted: None,
            failing: None,
            patience,
        };
        self.held().entry(name).or_insert(course);
    }

    fn good(&self, name: &str, now: i64) {
        if let Some(course) = self.held().get_mut(name) {
            course.good_at = Some(now);
            course.good = Instant::now();
            course.elsewhere = false;
            course.failing = None;
        }
    }

    /// Another process holds its lease: here nothing is late.
    pub(crate) fn elsewhere(&self, name: &str) {
        if let Some(course) = self.held().get_mut(name) {
            course.good_at = None;
            course.good = Instant::now();
            course.elsewhere = true;
            course.failing = None;
        }
    }

    /// How it went just now. Why it fails is logged once, not at each try.
    pub(crate) fn went<T>(
        &self,
        name: &str,
        now: i64,
        went: Result<T, impl std::fmt::Display>,
    ) -> Result<T, String> {
        let error = match went {
            Ok(done) => {
                self.good(name, now);
                return Ok(done);
            }
            Err(error) => error.to_string(),
        };
        let told = match self.held().get_mut(name) {
            None => None,
            Some(course) => {
                course.failures += 1;
                course.failing.replace(error.clone())
            }
        };
        if told.as_ref() != Some(&error) {
            tracing::error!(task = name, error, "a task fails; it tries again");
        }
        Err(error)
    }
}

/// Starts tasks, and starts them again.
#[derive(Clone)]
pub(crate) struct Supervisor {
    pub app: App,
    pub cancel: CancellationToken,
    pub tracker: TaskTracker,
}

impl Supervisor {
    /// Runs a task every so often until the program stops, where it is this process's.
    pub(crate) fn every(&self, every: Every) {
        let Every {
            name,
            period,
            longest,
            alone,
            of_vault,
            ..
        } = every;
        if of_vault && self.app.logs.vault().is_none() {
            return;
        }
        let (app, cancel) = (self.app.clone(), self.cancel.clone());
        let begin = move || repeat(app.clone(), cancel.clone(), every);
        self.begin(name, period * 2 + longest, alone, begin);
    }

    /// Keeps a task running until the program stops: one that panics, or ends before, is noted,
    /// is an alarm, and begins again.
    pub(crate) fn keep<F, Fut>(&self, keep: Keep, begin: F)
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.begin(keep.name, keep.period * 2 + LONGEST, keep.alone, begin);
    }

    /// Keeps a collector asking until the program stops, where the series are this process's.
    pub(crate) fn collect<C: Collector>(&self, collect: Collect, make: fn() -> C) {
        if self.app.logs.vault().is_none() {
            return;
        }
        let (app, cancel) = (self.app.clone(), self.cancel.clone());
        self.keep(collect.keep, move || {
            collect::run(app.clone(), collect, Arc::new(make()), cancel.clone())
        });
    }

    fn begin<F, Fut>(&self, name: &'static str, patience: Duration, alone: bool, begin: F)
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let (app, cancel) = (self.app.clone(), self.cancel.clone());
        app.tasks.begin(name, patience);
        self.tracker.spawn(async move {
            let mut again = AGAIN;
            loop {
                let (started_at, began) = (app.clock.now_ms(), Instant::now());
                let ended = match alone {
                    true => lease::alone(&app, &cancel, name, &begin).await,
                    false => tokio::spawn(begin()).await,
                };
                let error = match ended {
                    _ if cancel.is_cancelled() => return,
                    Err(error) => error.to_string(),
                    Ok(()) => "it ended by itself".to_owned(),
                };
                app.tasks.restarted(name);
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
        });
    }
}

async fn repeat(app: App, cancel: CancellationToken, every: Every) {
    let mut ticks = interval(every.period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = cancel.cancelled() => break,
            _ = ticks.tick() => {}
        }
        let started_at = app.clock.now_ms();
        let outcome = (every.run)(app.clone(), cancel.clone()).await;
        note(&app, every.name, started_at, outcome).await;
    }
}

/// Notes how a run went; one that had nothing to do leaves the words of the one before.
pub(crate) async fn note(
    app: &App,
    name: &str,
    started_at: i64,
    outcome: Result<Option<Label>, impl std::fmt::Display>,
) {
    let now = app.clock.now_ms();
    let went = app.tasks.went(name, now, outcome);
    let (outcome, good_at, detail) = match went {
        Ok(None) => return,
        Ok(Some(detail)) => {
            let text = serde_json::to_string(&detail);
            ("ok", Some(now), text.unwrap_or(detail.en))
        }
        Err(error) => ("failed", None, error),
    };
    let run = TaskRun {
        name: name.into(),
        started_at,
        finished_at: Some(now),
        outcome: outcome.into(),
        detail,
        good_at,
    };
    if let Err(error) = job::note_run(&app.db, &run).await {
        tracing::error!(task = name, %error, "the run could not be noted");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use domain::clock::Clock;

    use super::*;
    use crate::upkeep;

    #[tokio::test(flavor = "multi_thread")]
    async fn what_panics_or_ends_begins_again_and_is_an_alarm() {
        static BEGUN: AtomicUsize = AtomicUsize::new(0);
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
        let supervisor = Supervisor {
            app: app.clone(),
            cancel: CancellationToken::new(),
            tracker: TaskTracker::new(),
        };
        supervisor.every(Every::new("orphans", Duration::from_millis(10), |_, _| {
            let n = BEGUN.fetch_add(1, Ordering::Relaxed);
            Box::pin(async move {
                assert!(n > 0, "the first fails");
                Ok(Some(Label::same("done")))
            })
        }));
        let ended = Arc::new(AtomicUsize::new(0));
        let counting = Arc::clone(&ended);
        supervisor.keep(Keep::new("watch", Duration::from_secs(60)), move || {
            counting.fetch_add(1, Ordering::Relaxed);
            std::future::ready(())
        });
        while BEGUN.load(Ordering::Relaxed) < 3 || ended.load(Ordering::Relaxed) < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let courses = app.tasks.all();
        let [orphans, watch] = ["orphans", "watch"].map(|name| &courses[name]);
        assert!(orphans.failures == 1 && orphans.failing.is_none() && orphans.good_at.is_some());
        assert!(watch.failures > 0 && watch.good_at.is_none());
        assert_eq!(watch.failing.as_deref(), Some("it ended by itself"));
        let now = Instant::now();
        assert_eq!(app.tasks.late(now), [""; 0]);
        let later = now + Duration::from_secs(421);
        assert_eq!(app.tasks.late(later), ["orphans", "watch"]);
        assert_eq!(app.tasks.late(now + Duration::from_secs(301)), ["orphans"]);
        supervisor.cancel.cancel();
        supervisor.tracker.close();
        supervisor.tracker.wait().await;
        upkeep::reconcile(&app).await.unwrap();
        let alarm = store::alarm::open_system(&app.db, "task-failed", "");
        let said = alarm.await.unwrap().expect("it is an alarm").said.unwrap();
        assert!(said.what.en.ends_with(": watch") || said.what.en.ends_with(": orphans"));
    }
}
