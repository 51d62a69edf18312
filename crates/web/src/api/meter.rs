//! Whether the program is well, and its numbers in the text form of Prometheus.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use app::{Ctx, assess, logs, watch};
use axum::{
    extract::{Request, State},
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::{authority::Permission, label::Label, problem::Problem};
use policy::{Status, Tally};

use crate::{
    http::{Fault, Visitor},
    mark::Mark,
    server::Web,
};

/// Requests by the hundred of their status, and the time they took.
#[derive(Debug, Default)]
pub struct Meter {
    classes: [AtomicU64; 6],
    micros: AtomicU64,
}

/// Counts a request.
pub async fn count(State(web): State<Web>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let response = next.run(request).await;
    let class = usize::from(response.status().as_u16() / 100).min(5);
    web.meter.classes[class].fetch_add(1, Ordering::Relaxed);
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    web.meter.micros.fetch_add(micros, Ordering::Relaxed);
    response
}

/// `GET /healthz`: the records answer and the log vault takes lines; a second line when files of
/// people cannot be read (`file-reader:` and why), for everything else goes on.
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
    let mut out = String::new();
    http_numbers(&mut out, &web.meter);
    own_numbers(&mut out, &web, &ctx).await?;
    network_numbers(&mut out, &web, &ctx).await?;
    verdict_numbers(&mut out, &web, &ctx).await?;
    log_numbers(&mut out, &logs::status(&web.app, &ctx)?);
    Ok((
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        out,
    )
        .into_response())
}

/// Writing to a String does not fail.
fn family(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn http_numbers(out: &mut String, meter: &Meter) {
    family(
        out,
        "gieng_http_requests_total",
        "counter",
        "Requests answered, by status class.",
    );
    let mut all = 0;
    for (class, counter) in meter.classes.iter().enumerate().skip(1) {
        let n = counter.load(Ordering::Relaxed);
        all += n;
        let _ = writeln!(out, "gieng_http_requests_total{{class=\"{class}xx\"}} {n}");
    }
    family(
        out,
        "gieng_http_request_seconds",
        "summary",
        "Time to answer a request.",
    );
    #[expect(clippy::cast_precision_loss, reason = "seconds to the microsecond")]
    let seconds = meter.micros.load(Ordering::Relaxed) as f64 / 1e6;
    let _ = writeln!(
        out,
        "gieng_http_request_seconds_sum {seconds}\ngieng_http_request_seconds_count {all}"
    );
}

/// How Giềng itself is.
async fn own_numbers(out: &mut String, web: &Web, ctx: &Ctx) -> Result<(), Fault> {
    let (refused, given_up) = web.app.upkeep.callers();
    let (free, reserve) = web.app.disk.bytes();
    for (name, kind, help, value) in [
        (
            "gieng_http_connections_refused_total",
            "counter",
            "Connections turned away: too many.",
            refused,
        ),
        (
            "gieng_http_connections_given_up_total",
            "counter",
            "Quiet connections closed to make room.",
            given_up,
        ),
        (
            "gieng_disk_free_bytes",
            "gauge",
            "Room on the disk of the data folder.",
            free,
        ),
        (
            "gieng_disk_reserve_bytes",
            "gauge",
            "Of it kept for records and journal.",
            reserve,
        ),
    ] {
        family(out, name, kind, help);
        let _ = writeln!(out, "{name} {value}");
    }
    family(
        out,
        "gieng_system_alarm",
        "gauge",
        "Open alarms about the program itself, by cause.",
    );
    for view in watch::alarms(&web.app, ctx, false, 10_000).await? {
        if view.alarm.said.is_some() {
            let _ = writeln!(
                out,
                "gieng_system_alarm{{cause=\"{}\"}} 1",
                view.alarm.state
            );
        }
    }
    Ok(())
}

async fn network_numbers(out: &mut String, web: &Web, ctx: &Ctx) -> Result<(), Fault> {
    let targets = watch::targets(&web.app, ctx).await?;
    family(out, "gieng_targets", "gauge", "Targets by state.");
    for mark in Mark::STATES {
        let n = targets
            .iter()
            .filter(|t| Mark::of_state(&t.state) == mark)
            .count();
        let name = if mark == Mark::Unknown {
            "no_data"
        } else {
            mark.name()
        };
        let _ = writeln!(out, "gieng_targets{{state=\"{name}\"}} {n}");
    }
    let alarms = watch::alarms(&web.app, ctx, false, 10_000).await?.len();
    family(out, "gieng_alarms_open", "gauge", "Open alarms.");
    let _ = writeln!(out, "gieng_alarms_open {alarms}");
    Ok(())
}

async fn verdict_numbers(out: &mut String, web: &Web, ctx: &Ctx) -> Result<(), Fault> {
    let view = assess::board(&web.app, ctx, None).await?;
    family(
        out,
        "gieng_verdicts",
        "gauge",
        "Verdicts by regulation and status.",
    );
    for regulation in view.library.regulations.keys() {
        let tally: Tally = view.tally(regulation);
        for status in Status::ALL {
            let _ = writeln!(
                out,
                "gieng_verdicts{{regulation=\"{regulation}\",status=\"{}\"}} {}",
                status.code(),
                tally.of(status)
            );
        }
    }
    Ok(())
}

fn log_numbers(out: &mut String, status: &logs::LogStatus) {
    family(
        out,
        "gieng_log_lines_kept",
        "gauge",
        "Lines in the log vault.",
    );
    let _ = writeln!(out, "gieng_log_lines_kept {}", status.lines);
    family(out, "gieng_log_bytes", "gauge", "Bytes of sealed segments.");
    let _ = writeln!(out, "gieng_log_bytes {}", status.bytes);
    family(
        out,
        "gieng_log_lines_received_total",
        "counter",
        "Lines taken in since the start.",
    );
    let _ = writeln!(out, "gieng_log_lines_received_total {}", status.received);
    family(
        out,
        "gieng_log_lines_lost_total",
        "counter",
        "Lines and datagrams lost since the start.",
    );
    let _ = writeln!(out, "gieng_log_lines_lost_total {}", status.lost);
    family(
        out,
        "gieng_log_over_share_total",
        "counter",
        "Datagrams and connections of unregistered senders over their share, not taken.",
    );
    let _ = writeln!(out, "gieng_log_over_share_total {}", status.over_share);
    family(
        out,
        "gieng_log_held_total",
        "counter",
        "Datagrams and connections of unregistered senders not taken because the disk is nearly full.",
    );
    let _ = writeln!(out, "gieng_log_held_total {}", status.held);
    family(
        out,
        "gieng_log_connections_refused_total",
        "counter",
        "Connections of registered senders that were turned away.",
    );
    let _ = writeln!(
        out,
        "gieng_log_connections_refused_total {}",
        status.refused
    );
}
