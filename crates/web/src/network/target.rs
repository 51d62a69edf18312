//! `GET /network/targets/{id}`: one target with its samples.

use std::sync::Arc;

use app::{
    assess,
    watch::{self, Outage, TargetRow as Target},
};
use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use domain::{id::TargetId, label::Label, problem::Problem};
use serde_json::json;
use vault::series::probe::Bucket;

use super::{
    page::{LostRow, MonthRow, TargetPage},
    route::{Told, delay, rows, targets_of},
    spark::{self, Reading},
};
use crate::{
    compliance::timeline::Span,
    cx::Cx,
    http::{self, Fault, Param, Params, Reader},
    mark::Mark,
    overview::page::Tile,
    server::Web,
};

const DAY: i64 = 86_400_000;

/// Code, message key, days.
const RANGES: [(&str, &str, i64); 3] = [
    ("day", "range-day", 1),
    ("week", "range-week", 7),
    ("month", "range-month", 30),
];

/// How many points a chart has at most.
const POINTS: usize = 480;

/// One target.
pub async fn page(
    State(web): State<Web>,
    reader: Reader,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Fault> {
    let (app, ctx, cx) = (&web.app, &reader.ctx, reader.cx);
    let id: TargetId = id
        .parse()
        .map_err(|_| Problem::not_found(&Label::new("điểm đo", "target"), &id))?;
    let all = watch::targets(app, ctx).await?;
    let target = watch::target(app, ctx, id).await?;
    params.can(&[Param::one_of("range", RANGES.map(|(code, ..)| code), "")])?;
    let wanted = params.get("range");
    let (range, word, days) = RANGES
        .into_iter()
        .find(|(code, ..)| *code == wanted)
        .unwrap_or(RANGES[0]);
    let (from, now) = (cx.now - days * DAY, cx.now);
    let buckets = watch::samples(app, ctx, id, from, now, POINTS).await?;
    let transitions = watch::transitions(app, ctx, id, from).await?;
    let board = assess::board(app, ctx, None).await?;
    let unit = board
        .find(&target.organization.to_string())
        .map(|u| (u.code.clone(), u.name.clone()));
    let before: Vec<&Target> = (all.iter())
        .filter(|t| target.parents.contains(&t.id))
        .map(AsRef::as_ref)
        .collect();
    let why = why(&cx, &target, &before);
    let behind: Vec<Arc<Target>> = all
        .iter()
        .filter(|t| t.parents.contains(&id))
        .cloned()
        .collect();
    let told = targets_of(app, ctx, vec![target.clone()]).await?;
    let behind: Vec<Told> = behind
        .into_iter()
        .map(|target| Told {
            target,
            availability: watch::Availability::default(),
        })
        .collect();
    let row = rows(&cx, &told)
        .into_iter()
        .next()
        .ok_or_else(|| Problem::internal("target"))?;
    let lost = watch::outages(app, ctx, Some(id), from, None, 500).await?;
    let outages = outages(&lost, from, now);
    let months = watch::months(app, ctx, id, 24).await?;
    let down: i64 = outages.iter().map(|(from, to)| to - from).sum();
    Ok(http::Page(TargetPage {
        here: format!("/network/targets/{id}?range={range}"),
        unit,
        record: format!("/registry/{}/{id}", target.noun),
        why,
        last_sample: target.last_sample_at,
        tiles: tiles(&cx, &told, &buckets, down, word),
        ranges: RANGES
            .into_iter()
            .map(|(code, key, _)| (code, cx.t(key), code == range))
            .collect(),
        points: json!(points(&buckets, watch::patience(app, &target))).to_string(),
        outages: json!(outages).to_string(),
        table: buckets
            .iter()
            .rev()
            .filter(|b| b.up + b.down > 0)
            .take(50)
            .map(|b| (b.start_ms, delay(b), b.loss()))
            .collect(),
        lost: lost.iter().map(|o| lost_row(&cx, o)).collect(),
        months: months.iter().map(month_row).collect(),
        changes: transitions
            .iter()
            .take(20)
            .map(|change| Span {
                mark: Mark::of_state(&change.to),
                from: change.at,
                to: None,
            })
            .collect(),
        behind: rows(&cx, &behind),
        target: row,
        cx,
    })
    .into_response())
}

/// `GET /network/targets/{id}/spark.svg`: the delays of the last day, for a cell of a table
/// that asks for it only when somebody looks.
pub async fn spark(
    State(web): State<Web>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let id: TargetId = id
        .parse()
        .map_err(|_| Problem::not_found(&Label::new("điểm đo", "target"), &id))?;
    let now = reader.cx.now;
    let buckets = watch::samples(&web.app, &reader.ctx, id, now - DAY, now, 48).await?;
    let readings: Vec<Reading> = buckets
        .iter()
        .map(|bucket| match delay(bucket) {
            Some(ms) => Reading::Delay(ms),
            None if bucket.down > 0 => Reading::Lost,
            None => Reading::Nothing,
        })
        .collect();
    Ok((
        [
            (header::CONTENT_TYPE, "image/svg+xml"),
            (header::CACHE_CONTROL, "private, max-age=60"),
        ],
        spark::draw(&readings),
    )
        .into_response())
}

/// What the state means, and where to look.
fn why(cx: &Cx, target: &Target, before: &[&Target]) -> String {
    let dead = |t: &&&Target| matches!(t.state.as_str(), "down" | "unreachable");
    let names: Vec<&str> = (before.iter().filter(dead))
        .map(|t| t.subject.as_str())
        .collect();
    let names = if names.is_empty() {
        "–".to_owned()
    } else {
        names.join(", ")
    };
    match Mark::of_state(&target.state) {
        Mark::Up if target.degraded => cx.tx("target-why-degraded", names),
        Mark::Up => cx.t("target-why-up"),
        Mark::Down => cx.t("target-why-down"),
        Mark::Unreachable => cx.tx("target-why-unreachable", names),
        Mark::Isolated => cx.t("target-why-isolated"),
        _ => cx.t("target-why-unknown"),
    }
}

/// Unix milliseconds, delay, share of probes lost.
type Point = (i64, Option<f64>, Option<f64>);

/// What was measured. A part of the time in which no probe fell due is left out; only where
/// nothing was measured for longer than `patience` (milliseconds) does the line break.
fn points(buckets: &[Bucket], patience: i64) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    let mut until = None;
    for bucket in buckets.iter().filter(|b| b.up + b.down > 0) {
        if let Some(until) = until.filter(|until| bucket.start_ms - until > patience) {
            points.push((until, None, None));
        }
        points.push((bucket.start_ms, delay(bucket), bucket.loss()));
        until = Some(bucket.end_ms);
    }
    points
}

fn lost_row(cx: &Cx, outage: &Outage) -> LostRow {
    let mut about = vec![cx.t(format!("outage-side-{}", outage.attribution))];
    if outage.planned_by.is_some() {
        about.push(cx.t("outage-planned"));
    }
    if !outage.affected.is_empty() {
        about.push(cx.tn("overview-behind", outage.affected.len()));
    }
    if let Some(unseen) = outage.unseen_ms.filter(|ms| *ms >= 1_000) {
        about.push(cx.tx("outage-unseen", cx.span(unseen)));
    }
    let goes_on = cx.now - outage.began_at;
    LostRow {
        mark: Mark::of_state(&outage.kind),
        from: outage.began_at,
        to: outage.ended_at,
        lasted: cx.span(outage.lasted_ms.unwrap_or(goes_on.max(0))),
        about: about.join(" · "),
    }
}

fn month_row(row: &watch::AvailabilityRow) -> MonthRow {
    let (year, month) = row.period.split_once('-').unwrap_or(("", &row.period));
    let of = watch::Availability::of([row]);
    MonthRow {
        month: format!("{month}/{year}"),
        availability: of.share,
        down: row.down_ms,
        unreachable: row.unreachable_ms,
        unknown: of.unknown_ms,
        old: row.accounting < 2,
    }
}

/// The times lost, cut to the time that is shown; the oldest first.
fn outages(outages: &[Outage], from: i64, now: i64) -> Vec<(i64, i64)> {
    let cut = |o: &Outage| (o.began_at.max(from), o.ended_at.unwrap_or(now).min(now));
    let mut spans: Vec<(i64, i64)> = outages.iter().map(cut).collect();
    spans.retain(|(from, to)| from < to);
    spans.sort_unstable();
    spans
}

/// The share of the time in which probes were lost, 0 to 1; none without samples.
///
/// Each part of the time counts alike, whatever was sent in it: what fails is asked again within
/// seconds, so of the probes a minute without answer is a third of an hour.
fn loss(buckets: &[Bucket]) -> Option<f64> {
    let measured: Vec<f64> = buckets.iter().filter_map(Bucket::loss).collect();
    #[expect(clippy::cast_precision_loss, reason = "some hundred parts")]
    let parts = measured.len() as f64;
    (!measured.is_empty()).then(|| measured.iter().sum::<f64>() / parts)
}

fn tiles(cx: &Cx, told: &[Told], buckets: &[Bucket], down: i64, range: &str) -> Vec<Tile> {
    let (mut up, mut sum) = (0_u64, 0.0);
    for bucket in buckets {
        up += bucket.up;
        #[expect(clippy::cast_precision_loss, reason = "a mean to two digits")]
        {
            sum += f64::from(bucket.avg_us) * bucket.up as f64;
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a mean to two digits")]
    let mean = (up > 0).then(|| sum / up as f64 / 1000.0);
    let availability = told.first().map(|t| t.availability).unwrap_or_default();
    let dash = || "–".to_owned();
    let tile = |title: &str, value, about| Tile {
        href: String::new(),
        title: cx.t(title),
        mark: None,
        value,
        about,
    };
    let range = cx.t(range);
    vec![
        tile(
            "target-availability",
            availability
                .share
                .map_or_else(dash, |share| cx.percent(&share)),
            cx.tx("overview-no-data-time", cx.span(availability.unknown_ms)),
        ),
        tile(
            "target-rtt-average",
            mean.map_or_else(dash, |ms| cx.delay(&ms)),
            range.clone(),
        ),
        tile(
            "target-loss",
            loss(buckets).map_or_else(dash, |share| cx.percent(&share)),
            range.clone(),
        ),
        tile("target-outage", cx.span(down), range),
    ]
}

#[cfg(test)]
mod tests {
    use domain::id::{Id, TargetId};

    use super::*;

    fn outage(began_at: i64, ended_at: Option<i64>) -> Outage {
        Outage {
            id: Id::NIL,
            target: TargetId(Id::NIL),
            noun: "site".into(),
            subject: String::new(),
            organization: None,
            provider: None,
            contract: None,
            kind: "down".into(),
            cause: None,
            began_at,
            ended_at,
            lasted_ms: None,
            unseen_ms: None,
            ending: None,
            attribution: "unknown".into(),
            affected: Vec::new(),
            planned_by: None,
            planned_until: None,
            noted_at: 0,
        }
    }

    #[test]
    fn a_short_outage_is_not_made_long_by_asking_more_often() {
        let part = |start_ms, up, down| Bucket {
            start_ms,
            end_ms: start_ms + 180_000,
            up,
            down,
            error: 0,
            min_us: 0,
            avg_us: 0,
            max_us: 0,
        };
        // A day in parts of three minutes, six probes each; in one of them 90 that nobody answers.
        let mut day: Vec<Bucket> = (0..480).map(|i| part(i * 180_000, 6, 0)).collect();
        day[100] = part(100 * 180_000, 0, 90);
        assert_eq!(loss(&day), Some(1.0 / 480.0));
        // What was not measured counts for nothing.
        day[101] = part(101 * 180_000, 0, 0);
        assert_eq!(loss(&day), Some(1.0 / 479.0));
        assert_eq!(loss(&[]), None);
    }

    #[test]
    fn a_line_breaks_only_where_nothing_was_measured_for_long() {
        // Parts of three minutes, a probe every five: each second part has none.
        let part = |i: i64, up| Bucket {
            start_ms: i * 180_000,
            end_ms: (i + 1) * 180_000,
            up,
            down: 0,
            error: 0,
            min_us: 0,
            avg_us: 1_000,
            max_us: 0,
        };
        let mut parts: Vec<Bucket> = (0..100).map(|i| part(i, u64::from(i % 2 == 0))).collect();
        let broken = |parts: &[Bucket]| {
            let points = points(parts, 900_000);
            points
                .iter()
                .filter(|(_, delay, _)| delay.is_none())
                .count()
        };
        assert_eq!((broken(&parts), points(&parts, 900_000).len()), (0, 50));
        for gap in &mut parts[40..60] {
            gap.up = 0;
        }
        assert_eq!(broken(&parts), 1);
    }

    #[test]
    fn outages_are_cut_to_the_time_that_is_shown() {
        let newest_first = [
            outage(900, None),
            outage(400, Some(500)),
            outage(50, Some(200)),
            outage(20, Some(90)),
        ];
        assert_eq!(
            outages(&newest_first, 100, 1000),
            [(100, 200), (400, 500), (900, 1000)]
        );
        assert_eq!(outages(&[], 100, 1000), []);
    }
}
