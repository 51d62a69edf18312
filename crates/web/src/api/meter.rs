//! Whether the program is well, and its numbers in the text form of OpenMetrics.

use std::{fmt::Write as _, time::Instant};

use app::{Ctx, assess, logs, watch};
use axum::{
    extract::{Request, State},
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::{authority::Permission, label::Label, problem::Problem};
use policy::Status;
use prometheus_client::{
    encoding::text::encode,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};

use crate::{
    http::{Fault, Visitor},
    mark::Mark,
    server::Web,
};

/// Names and values of labels.
type Labels = Vec<(&'static str, String)>;

/// Requests by the hundred of their status, and the time they took, seconds.
#[derive(Debug)]
pub struct Meter(Family<Labels, Histogram, fn() -> Histogram>);

impl Default for Meter {
    fn default() -> Self {
        // From half a millisecond to sixteen seconds.
        Self(Family::new_with_constructor(|| {
            Histogram::new(exponential_buckets(0.000_5, 2.0, 16))
        }))
    }
}

/// Counts a request.
pub async fn count(State(web): State<Web>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let response = next.run(request).await;
    let class = format!("{}xx", response.status().as_u16() / 100);
    let seconds = web.meter.0.get_or_create(&vec![("class", class)]);
    seconds.observe(started.elapsed().as_secs_f64());
    response
}

/// `GET /healthz`: the records answer and the log vault takes lines; more lines for what does
/// not go on while everything else does: `file-reader:` and why files of people cannot be read,
/// `task-late:` and the names of tasks that do not get through their work.
pub async fn health(State(web): State<Web>) -> Result<Response, Fault> {
    let ctx = Ctx::system(web.app.clock.now_ms());
    watch::alarms(&web.app, &ctx, false, 1).await?;
    let status = logs::status(&web.app, &ctx)?;
    if status.full || web.app.disk.room() >= app::disk::Room::NoLogs {
        return Ok((
            axum::http::StatusCode::SERVICE_UNAVAILABLE,
            "log vault: disk full\n",
        )
            .into_response());
    }
    let mut body = "ok\n".to_owned();
    if let Some(why) = web.app.examiner.failing() {
        let _ = writeln!(body, "file-reader: {why}");
    }
    let late = web.app.tasks.late(Instant::now());
    if !late.is_empty() {
        let _ = writeln!(body, "task-late: {}", late.join(", "));
    }
    Ok(([(header::CONTENT_TYPE, "text/plain;charset=utf-8")], body).into_response())
}

/// `GET /metrics`: with a token (or a session) that may read the whole province. This
/// machine is no exception: behind a proxy everybody seems to be on it.
pub async fn metrics(State(web): State<Web>, visitor: Visitor) -> Result<Response, Fault> {
    let me = visitor.me.ok_or_else(Fault::sign_in)?;
    if !me.actor.may_everywhere(Permission::Read) {
        return Err(Fault::from(Problem::denied(
            Label::new(
                "Số đo là của cả tỉnh",
                "The numbers are the whole province's",
            ),
            "metrics",
        )));
    }
    let ctx = Ctx::system(web.app.clock.now_ms());
    let mut numbers = Numbers(Registry::with_prefix("gieng"));
    let asked = "Time to answer a request, by the hundred of its status";
    numbers
        .0
        .register("http_request_seconds", asked, web.meter.0.clone());
    own_numbers(&mut numbers, &web, &ctx).await?;
    task_numbers(&mut numbers, &web);
    network_numbers(&mut numbers, &web, &ctx).await?;
    verdict_numbers(&mut numbers, &web, &ctx).await?;
    log_numbers(&mut numbers, &logs::status(&web.app, &ctx)?);
    let mut out = String::new();
    encode(&mut out, &numbers.0).map_err(|_| Problem::internal("metrics"))?;
    Ok((
        [(
            header::CONTENT_TYPE,
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        )],
        out,
    )
        .into_response())
}

/// What is told at one time.
struct Numbers(Registry);

impl Numbers {
    /// A count that grows from the program's start.
    fn total(&mut self, name: &str, help: &str, value: u64) {
        let counter = Counter::<u64>::default();
        counter.inc_by(value);
        self.0.register(name, help, counter);
    }

    fn now(&mut self, name: &str, help: &str, value: u64) {
        self.each(name, help, [(Vec::new(), value)]);
    }

    fn each(&mut self, name: &str, help: &str, values: impl IntoIterator<Item = (Labels, u64)>) {
        let family = Family::<Labels, Gauge>::default();
        for (labels, value) in values {
            let value = i64::try_from(value).unwrap_or(i64::MAX);
            family.get_or_create(&labels).set(value);
        }
        self.0.register(name, help, family);
    }
}

/// How Giềng itself is.
async fn own_numbers(numbers: &mut Numbers, web: &Web, ctx: &Ctx) -> Result<(), Fault> {
    let (refused, given_up) = web.app.upkeep.callers();
    numbers.total(
        "http_connections_refused",
        "Connections turned away: too many",
        refused,
    );
    let quiet = "Quiet connections closed to make room";
    numbers.total("http_connections_given_up", quiet, given_up);
    let (free, reserve) = web.app.disk.bytes();
    numbers.now(
        "disk_free_bytes",
        "Room on the disk of the data folder",
        free,
    );
    let kept = "Of it kept for records and journal";
    numbers.now("disk_reserve_bytes", kept, reserve);
    let alarms = watch::open_alarms(&web.app, ctx).await?;
    numbers.now("alarms_open", "Open alarms", alarms.len() as u64);
    let own = alarms.into_iter().filter(|view| view.alarm.said.is_some());
    let own = own.map(|view| (vec![("cause", view.alarm.state)], 1));
    let help = "Open alarms about the program itself, by cause";
    numbers.each("system_alarm", help, own);
    Ok(())
}

/// How what runs by itself goes.
fn task_numbers(numbers: &mut Numbers, web: &Web) {
    let now = Instant::now();
    let tasks = web.app.tasks.all();
    let labels = |name: &str| vec![("task", name.to_owned())];
    let ages = tasks.iter().filter(|(_, course)| course.good_at.is_some());
    let ages = ages.map(|(name, course)| {
        let age = now.saturating_duration_since(course.good);
        (labels(name), age.as_secs())
    });
    let help = "Seconds since a task last went well";
    numbers.each("task_good_age_seconds", help, ages);
    let failures = tasks
        .iter()
        .map(|(name, course)| (labels(name), course.failures));
    let help = "Runs of a task that failed since the start";
    numbers.each("task_failures", help, failures);
    let late = tasks
        .iter()
        .map(|(name, course)| (labels(name), u64::from(course.is_late(now))));
    let help = "Whether a task does not get through its work";
    numbers.each("task_late", help, late);
}

async fn network_numbers(numbers: &mut Numbers, web: &Web, ctx: &Ctx) -> Result<(), Fault> {
    let targets = watch::targets(&web.app, ctx).await?;
    let states = Mark::STATES.map(|mark| {
        let of = targets.iter().filter(|t| Mark::of_state(&t.state) == mark);
        let name = match mark {
            Mark::Unknown => "no_data",
            _ => mark.name(),
        };
        (vec![("state", name.to_owned())], of.count() as u64)
    });
    numbers.each("targets", "Targets by state", states);
    Ok(())
}

async fn verdict_numbers(numbers: &mut Numbers, web: &Web, ctx: &Ctx) -> Result<(), Fault> {
    let view = assess::board(&web.app, ctx, None).await?;
    let verdicts = view.library.regulations.keys().flat_map(|regulation| {
        let tally = view.tally(regulation);
        Status::ALL.map(move |status| {
            let labels = vec![
                ("regulation", regulation.clone()),
                ("status", status.code().to_owned()),
            ];
            (labels, tally.of(status))
        })
    });
    numbers.each("verdicts", "Verdicts by regulation and status", verdicts);
    Ok(())
}

fn log_numbers(numbers: &mut Numbers, status: &logs::LogStatus) {
    numbers.now("log_lines_kept", "Lines in the log vault", status.lines);
    numbers.now("log_bytes", "Bytes of sealed segments", status.bytes);
    for (name, help, value) in [
        (
            "log_lines_received",
            "Lines taken in since the start",
            status.received,
        ),
        (
            "log_lines_lost",
            "Lines and datagrams lost since the start",
            status.lost,
        ),
        (
            "log_over_share",
            "Datagrams and connections of unregistered senders over their share, not taken",
            status.over_share,
        ),
        (
            "log_held",
            "Datagrams and connections of unregistered senders not taken because the disk is nearly full",
            status.held,
        ),
        (
            "log_connections_refused",
            "Connections of registered senders that were turned away",
            status.refused,
        ),
    ] {
        numbers.total(name, help, value);
    }
}
