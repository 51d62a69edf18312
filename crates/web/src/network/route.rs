//! The addresses of the network.

use std::sync::Arc;

use app::{
    App, Ctx,
    watch::{self, AlarmView, Availability, TargetRow as Target},
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use domain::{
    authority::Permission,
    id::{Id, TargetId},
    label::Label,
    problem::Problem,
    text,
};
use vault::series::probe::Bucket;

use super::{
    interface,
    page::{AlarmRow, Alarms, Index, TargetRow},
    target,
};
use crate::{
    cx::Cx,
    http::{self, Fault, Form, Param, Params, Reader, done},
    mark::Mark,
    overview::page::Calm,
    page::Routes,
    paging::Pages,
    server::Web,
};

const SIZE: usize = 100;

/// The routes of the network.
pub fn routes() -> Routes {
    Routes::new()
        .get("/network", index)
        .get("/network/targets/{id}", target::page)
        .get("/network/targets/{id}/spark.svg", target::spark)
        .post("/network/devices/{id}/access", interface::access)
        .get("/network/traffic/{id}", interface::picture)
        .get("/network/alarms", alarms)
        .post("/network/alarms/{id}/acknowledge", acknowledge)
}

/// A target with what is shown beside it.
#[derive(Clone, Debug)]
pub struct Told {
    /// The target.
    pub target: Arc<Target>,
    /// Of this month.
    pub availability: Availability,
}

/// Adds the availability of this month.
///
/// # Errors
/// Denied, unavailable.
pub async fn targets_of(
    app: &App,
    ctx: &Ctx,
    targets: Vec<Arc<Target>>,
) -> Result<Vec<Told>, Problem> {
    let month = watch::availability(app, ctx).await?;
    Ok(targets
        .into_iter()
        .map(|target| Told {
            availability: Availability::of(month.get(&target.id).map(AsRef::as_ref)),
            target,
        })
        .collect())
}

/// The mean delay of a bucket, milliseconds; none when nothing was answered in it.
pub fn delay(bucket: &Bucket) -> Option<f64> {
    (bucket.up > 0).then(|| f64::from(bucket.avg_us) / 1000.0)
}

/// The word for what a target is.
pub fn noun_word(cx: &Cx, noun: &str) -> String {
    cx.t(match noun {
        "site" => "noun-site",
        "circuit" => "noun-circuit",
        _ => "noun-device",
    })
}

/// Targets as rows.
pub fn rows(cx: &Cx, targets: &[Told]) -> Vec<TargetRow> {
    targets
        .iter()
        .map(|told| {
            let target = &told.target;
            let mark = Mark::of_state(&target.state);
            #[expect(clippy::cast_precision_loss, reason = "microseconds of a round trip")]
            let rtt = target
                .rtt_us
                .filter(|_| mark == Mark::Up)
                .map(|us| us as f64 / 1000.0);
            TargetRow {
                href: format!("/network/targets/{}", target.id),
                name: target.subject.clone(),
                kind: if target.degraded {
                    format!(
                        "{} · {}",
                        noun_word(cx, &target.noun),
                        cx.t("target-degraded")
                    )
                } else {
                    noun_word(cx, &target.noun)
                },
                address: target.address.clone(),
                mark,
                since: target.since_at,
                rtt,
                spark: format!("/network/targets/{}/spark.svg", target.id),
                availability: told.availability.share,
            }
        })
        .collect()
}

async fn index(State(web): State<Web>, reader: Reader, params: Params) -> Result<Response, Fault> {
    let cx = reader.cx;
    params.hold_filled(&[
        Param::new("q", Form::Text, ""),
        Param::one_of("state", Mark::STATES.map(Mark::name), ""),
        Param::one_of("kind", ["site", "circuit", "device"], ""),
        Param::new("offset", Form::Number(0, 1_000_000_000), ""),
        Param::new("done", Form::Text, ""),
    ])?;
    let all = watch::targets(&web.app, &reader.ctx).await?;
    let counts = Mark::STATES
        .into_iter()
        .map(|mark| {
            let like = all.iter().filter(|t| Mark::of_state(&t.state) == mark);
            (mark, like.count())
        })
        .filter(|(_, n)| *n > 0)
        .collect();
    let (wanted, state, kind) = (
        text::fold(params.get("q")),
        params.get("state"),
        params.get("kind"),
    );
    let mut found: Vec<Arc<Target>> = all
        .into_iter()
        .filter(|t| state.is_empty() || Mark::of_state(&t.state).name() == state)
        .filter(|t| kind.is_empty() || t.noun == kind)
        .filter(|t| {
            wanted.is_empty()
                || text::fold(&format!("{} {}", t.subject, t.address)).contains(&wanted)
        })
        .collect();
    // What is wrong comes first; names stay in order within.
    found.sort_by_key(|t| std::cmp::Reverse(Mark::of_state(&t.state).urgency()));
    let (offset, total) = (params.number("offset"), found.len());
    let shown = found.into_iter().skip(offset).take(SIZE).collect();
    let told = targets_of(&web.app, &reader.ctx, shown).await?;
    let kinds = ["site", "circuit", "device"]
        .into_iter()
        .map(|code| (code.to_owned(), noun_word(&cx, code), code == kind))
        .collect();
    let query = params.without(&["done"]);
    Ok(http::Page(Index {
        here: format!("/network?{query}"),
        q: params.get("q").to_owned(),
        state: state.to_owned(),
        kinds,
        counts,
        rows: rows(&cx, &told),
        pages: Pages::new(
            &cx,
            "/network",
            &params.without(&["offset", "done"]),
            offset,
            SIZE,
            total,
        ),
        cx,
    })
    .into_response())
}

/// How many alarms that have ended are shown; those that are open are shown all.
const PAST: i64 = 200;

async fn alarms(State(web): State<Web>, reader: Reader) -> Result<Response, Fault> {
    let (app, ctx, cx) = (&web.app, &reader.ctx, reader.cx);
    let open = watch::open_alarms(app, ctx).await?;
    let past = watch::past_alarms(app, ctx, PAST).await?;
    let targets = watch::targets(app, ctx).await?;
    let calm = if open.is_empty() {
        Calm::of(targets.iter().map(AsRef::as_ref))
    } else {
        Calm::Alarmed
    };
    let rows = |views: Vec<AlarmView>| views.into_iter().map(|view| alarm(&cx, view)).collect();
    Ok(http::Page(Alarms {
        may_acknowledge: cx.may(Permission::Write),
        calm,
        open: rows(open),
        past: rows(past),
        cx,
    })
    .into_response())
}

/// What an alarm is about, in a line.
pub fn title(cx: &Cx, view: &AlarmView) -> String {
    match &view.alarm.said {
        Some(said) => said.what.get(cx.lang).to_owned(),
        None if view.subject.is_empty() => Mark::of_alarm(&view.alarm).word(cx.lang),
        None if view.alarm.state == "flapping" => {
            format!("{} · {}", view.subject, cx.t("alarm-flapping"))
        }
        None => view.subject.clone(),
    }
}

fn alarm(cx: &Cx, view: AlarmView) -> AlarmRow {
    let mark = Mark::of_alarm(&view.alarm);
    let said = view.alarm.said.as_ref();
    // What is not watched any more has a name no more, and no page.
    let nowhere = view.alarm.target == TargetId(Id::NIL) || view.subject.is_empty();
    AlarmRow {
        id: view.alarm.id.to_string(),
        href: if nowhere {
            String::new()
        } else {
            format!("/network/targets/{}", view.alarm.target)
        },
        title: title(cx, &view),
        next: said.map_or_else(String::new, |said| said.next.get(cx.lang).to_owned()),
        mark,
        raised: view.alarm.raised_at,
        cleared: view.alarm.cleared_at,
        lasted: view.alarm.lasted_ms,
        acknowledged: view.alarm.acknowledged_by,
        behind: view
            .alarm
            .behind
            .iter()
            .map(|id| format!("/network/targets/{id}"))
            .zip(view.behind)
            .collect(),
    }
}

async fn acknowledge(
    State(web): State<Web>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let id: Id = id
        .parse()
        .map_err(|_| Problem::not_found(&Label::new("cảnh báo", "alarm"), &id))?;
    watch::acknowledge(&web.app, &reader.ctx, id).await?;
    Ok(done("/network/alarms", "alarm-acknowledged"))
}
