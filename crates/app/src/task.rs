//! All background work: declared, spawned and stopped here.

use std::{collections::BTreeSet, convert::Infallible, net::SocketAddr, pin::Pin, time::Duration};

use domain::{
    authority::{Actor, Permission, Scope},
    label::{Label, Lang},
};
use observe::{collect::Pace, snmp::Interfaces};
use store::{
    alarm::Said,
    job::{self, TaskRun},
    lease::as_holder,
};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    App, account,
    assess::{self, Pen},
    attachment,
    collect::{self, Collect},
    evidence, examiner, flow,
    lease::Lease,
    logs, notify, remind,
    supervise::{Done, Every, Keep, Supervisor, note},
    system_alarm, upkeep, watch,
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
    /// Whether to probe and to collect.
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

const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

const HOUR: u64 = 3_600;

/// What is done every so often.
const EVERY: [Every; 15] = [
    // A receiver that hangs holds up its own way alone.
    Every::new("notices-mail", secs(2), |app, _| {
        Box::pin(async move { Ok(notify::mails(&app).await?.label()) })
    }),
    Every::new("notices-webhook", secs(2), |app, _| {
        Box::pin(async move { Ok(notify::webhooks(&app).await?.label()) })
    }),
    Every::new("flows", secs(2), |app, _| {
        Box::pin(async move { Ok(flow::outside(&app).await?.label()) })
    }),
    Every::new("reminders", secs(60), |app, _| {
        Box::pin(async move { Ok(remind::reconcile(&app).await?) })
    })
    .alone(),
    Every::new("log-sources", secs(5), |app, _| {
        Box::pin(async move { Ok(logs::reconcile(&app).await?) })
    })
    .of_vault(),
    Every::new("logs-kept", secs(6 * HOUR), |app, _| {
        Box::pin(async move { Ok(logs::kept(&app).await?) })
    })
    .taking(secs(HOUR))
    .of_vault(),
    Every::new("upkeep", secs(1), |app, _| {
        Box::pin(async move { Ok(upkeep::reconcile(&app).await?) })
    })
    .of_vault(),
    Every::new("attachments", secs(120), |app, _| {
        Box::pin(async move { Ok(attachment::rescan(&app).await?) })
    })
    .taking(secs(HOUR))
    .of_vault(),
    Every::new("file-reader", secs(HOUR), |app, _| {
        Box::pin(async move { Ok(Some(examiner::state(&app).await?)) })
    }),
    Every::new("orphans", secs(HOUR), |app, _| {
        Box::pin(async move { Ok(attachment::sweep(&app).await?) })
    })
    .taking(secs(HOUR))
    .of_vault(),
    Every::new("beside", secs(30), |app, _| Box::pin(beside(app))),
    Every::new("sessions", secs(300), |app, _| Box::pin(sweep(app))).alone(),
    Every::new("anchors", secs(2), |app, _| {
        Box::pin(async move {
            evidence::reconcile(&app).await?;
            Ok(None)
        })
    })
    .of_vault(),
    Every::new("evidence", secs(60), |app, _| {
        Box::pin(async move { Ok(evidence::run(&app).await?) })
    })
    .taking(secs(12 * HOUR))
    .of_vault(),
    Every::new("vault-reading", secs(60), |app, stop| {
        Box::pin(async move { Ok(evidence::read(&app, &stop).await?) })
    })
    .taking(secs(24 * HOUR))
    .of_vault(),
];

// What runs all the time.
pub(crate) const VERDICTS: Keep = Keep::new("verdicts", secs(60));
const HEARING: Keep = Keep::new("hearing", HEARD_EACH);
pub(crate) const WATCH: Keep = Keep::new("watch", secs(10)).alone();
pub(crate) const LOG_SENDERS: Keep = Keep::new("log-senders", secs(60));
/// The lease of whoever keeps the log vault: a process beside it looks whether it is held.
const VAULT: Keep = Keep::new("vault", secs(60)).alone();

// What devices are asked for.
pub(crate) const INTERFACES: Collect = Collect {
    keep: Keep::new(collect::INTERFACES, secs(10)).alone(),
    kind: collect::SNMP,
    pace: |app| {
        let seconds = u64::try_from(app.settings().integer("snmp.interval_seconds"));
        Pace {
            interval: secs(seconds.unwrap_or(60)),
            longest: secs(900),
            timeout: secs(45),
            batch: 1,
            at_once: 64,
        }
    },
};

/// The names of the tasks that are told of; the page of settings has words for each.
pub fn names() -> impl Iterator<Item = &'static str> {
    let kept = [
        VERDICTS,
        HEARING,
        WATCH,
        LOG_SENDERS,
        VAULT,
        INTERFACES.keep,
    ]
    .map(|keep| keep.name);
    let all = EVERY.iter().map(|every| every.name).chain(kept);
    // Since when is listened is kept as a run.
    all.chain(["listening"])
}

/// How a task goes.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its name.
    pub name: String,
    /// Whether the last run failed.
    pub failed: bool,
    /// Whether it has not gone well for longer than it may.
    pub late: bool,
    /// What it last did, or the fault as it was reported; nothing where it had nothing to do.
    pub detail: Label,
    /// When it last went well, or failed where it never did; unix milliseconds.
    pub at: Option<i64>,
}

/// How all tasks go.
///
/// # Errors
/// Denied, unavailable.
pub async fn runs(app: &App, ctx: &crate::Ctx) -> Result<Vec<Run>, domain::problem::Problem> {
    ctx.actor.scope(Permission::Journal)?;
    let (now, mut courses) = (std::time::Instant::now(), app.tasks.all());
    let noted = job::runs(&app.db).await?.into_iter().map(|run: TaskRun| {
        let course = courses.remove(run.name.as_str());
        let ended = run.finished_at.unwrap_or(run.started_at);
        let failing = course.as_ref().and_then(|course| course.failing.clone());
        Run {
            failed: run.outcome != "ok"
                && (course.as_ref()).is_none_or(|c| c.elsewhere || c.failing.is_some()),
            late: course.as_ref().is_some_and(|course| course.is_late(now)),
            // A fault is one text.
            detail: match failing {
                Some(why) => Label::same(why),
                None => {
                    serde_json::from_str(&run.detail).unwrap_or_else(|_| Label::same(run.detail))
                }
            },
            at: course
                .and_then(|course| course.good_at)
                .or(run.good_at)
                .or(Some(ended)),
            name: run.name,
        }
    });
    let mut runs: Vec<Run> = noted.collect();
    runs.extend(courses.into_iter().map(|(name, course)| Run {
        name: name.to_owned(),
        failed: course.failing.is_some(),
        late: course.is_late(now),
        detail: course.failing.map(Label::same).unwrap_or_default(),
        at: course.good_at,
    }));
    runs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(runs)
}

/// Starts everything that runs by itself.
///
/// # Errors
/// When a port cannot be taken.
pub async fn start(app: &App, listen: Listen) -> Result<Running, observe::syslog::ListenError> {
    let supervisor = Supervisor {
        app: app.clone(),
        cancel: CancellationToken::new(),
        tracker: TaskTracker::new(),
    };
    let syslog = logs::listen(&supervisor, &listen).await?;
    let keep = |keep: Keep, run: fn(App, CancellationToken) -> Kept| {
        let (app, cancel) = (app.clone(), supervisor.cancel.clone());
        supervisor.keep(keep, move || run(app.clone(), cancel.clone()));
    };
    if listen.probe {
        keep(WATCH, |app, stop| Box::pin(watch::run(app, stop)));
        supervisor.collect(INTERFACES, Interfaces::default);
    }
    keep(VERDICTS, |app, stop| Box::pin(judging(app, stop)));
    if app.logs.vault().is_some() {
        keep(VAULT, |app, stop| Box::pin(of_vault(app, stop)));
    }
    keep(HEARING, |app, stop| Box::pin(hearing(app, stop)));
    EVERY.iter().for_each(|every| supervisor.every(*every));
    let Supervisor {
        cancel, tracker, ..
    } = supervisor;
    tracker.close();
    Ok(Running {
        cancel,
        tracker,
        syslog,
    })
}

type Kept = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What was sent is remembered for so long.
const JOBS_KEPT_MS: i64 = 90 * 86_400_000;

/// Says each minute that this process keeps the log vault.
async fn of_vault(app: App, stop: CancellationToken) {
    let mut minute = interval(secs(60));
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = minute.tick() => {}
        }
        let _ = (app.tasks).went(VAULT.name, app.clock.now_ms(), Ok::<_, Infallible>(()));
    }
}

/// Beside another process: tells when that no longer takes logs in and verifies.
async fn beside(app: App) -> Done {
    let code = "vault-away";
    if app.logs.vault().is_some() || store::lease::is_held(&app.db, VAULT.name).await? {
        system_alarm::clear(&app, code, "").await?;
        return Ok(None);
    }
    let said = Said {
        what: Label::new(
            "Tiến trình giữ kho nhật ký không còn chạy: không nhận nhật ký, không kiểm tra bằng chứng",
            "The process that keeps the log vault has ended: logs are not taken in, evidence is not verified",
        ),
        next: Label::new(
            "Khởi động lại `gieng serve` trên máy chính; tiến trình này chỉ dò và đánh giá thay.",
            "Start `gieng serve` on the main machine again; this process only watches and judges in its place.",
        ),
    };
    system_alarm::raise(&app, code, "", said, app.clock.now_ms()).await?;
    Ok(None)
}

/// Ends sessions and links whose time has come, and forgets what was sent long ago.
async fn sweep(app: App) -> Done {
    let mut work = app.begin_batch().await?;
    let now = work.now();
    let (ended, others) = store::session::sweep(&mut work, now).await?;
    job::sweep(&mut work, now - JOBS_KEPT_MS).await?;
    account::note_ended(&mut work, None, others);
    work.commit().await?;
    Ok(Some(Label::new(
        format!("{ended} phiên đã hết hạn"),
        format!("{ended} sessions ended"),
    )))
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
///
/// Of several processes one writes verdicts and duties; all others take what it wrote, so that
/// their pages show it.
async fn judging(app: App, cancel: CancellationToken) {
    let mut lease = Lease::keep(&app, &cancel, VERDICTS.name);
    // Begun as whoever it will be, the first evaluation is not done twice.
    let _ = tokio::time::timeout(secs(1), lease.holds.changed()).await;
    let mut minute = interval(Duration::from_secs(60));
    minute.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let full = tokio::select! {
            () = cancel.cancelled() => break,
            _ = minute.tick() => true,
            // Whoever takes over begins with all of it.
            Ok(()) = lease.holds.changed() => true,
            () = app.assess.poked() => {
                // A burst of changes (an import, a hub that dies) is judged once.
                tokio::time::sleep(Duration::from_millis(20)).await;
                false
            }
        };
        let started_at = app.clock.now_ms();
        let held = lease.holds.borrow_and_update().clone();
        let writes = held.is_some();
        let evaluated = match held {
            Some(fence) => as_holder(fence, assess::evaluate(&app, full)).await,
            None => assess::evaluate_with(&app, full, Pen::Reads).await,
        };
        let outcome = match evaluated {
            Ok(done) => {
                let said = |lang: Lang| {
                    [done.verdicts, done.units, done.clauses, done.turned].map(|n| lang.count(n))
                };
                let ms = done.micros / 1_000;
                let [[verdicts, units, clauses, turned], en] = Lang::ALL.map(said);
                let vi = format!(
                    "{verdicts} kết luận cho {units} đơn vị theo {clauses} điều khoản, {turned} thay đổi, {ms} ms"
                );
                let [verdicts, units, clauses, turned] = en;
                let en = format!(
                    "{verdicts} verdicts of {units} organizations on {clauses} clauses, {turned} turned, {ms} ms"
                );
                let detail = Label::new(vi, en);
                Ok(full.then_some(detail))
            }
            Err(error) => {
                // Tried again soon, without spinning while the database is away.
                tokio::time::sleep(Duration::from_secs(2)).await;
                Err(error)
            }
        };
        // That another process writes them is told by who asks for the lease.
        if writes || outcome.is_err() {
            note(&app, VERDICTS.name, started_at, outcome).await;
        }
    }
    lease.end().await;
}

/// How often is asked what other processes wrote: one cheap query.
const HEARD_EACH: Duration = Duration::from_millis(250);

/// What another process writes (the command line, a second server) holds here at once.
async fn hearing(app: App, cancel: CancellationToken) {
    let mut ticks = interval(HEARD_EACH);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut unheard = BTreeSet::new();
    loop {
        tokio::select! {
            () = cancel.cancelled() => break,
            _ = ticks.tick() => {}
        }
        let heard = app.hear(&mut unheard).await;
        let _ = app.tasks.went(HEARING.name, app.clock.now_ms(), heard);
    }
}
