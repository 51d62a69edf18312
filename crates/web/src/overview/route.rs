//! `GET /` and its parts.

use std::collections::{BTreeMap, HashMap};

use app::{
    duty::{self, DutyView},
    overview::{self, Overview},
};
use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use domain::{id::TargetId, label::Label, noun, problem::Problem};
use policy::Tally;

use super::page::{Alarms, Bar, Compliance, Duties, MapPart, Notice, Page, Tile, Tiles};
use crate::{
    compliance::words,
    counts::Shown as _,
    cx::Cx,
    http::{self, Fault, Reader},
    map::{Map, Place},
    mark::Mark,
    server::Web,
};

/// How many rows of duties there are room for.
const DUTIES: usize = 8;

/// The routes of the overview.
pub fn routes() -> Router<Web> {
    Router::new()
        .route("/", get(page))
        .route("/overview/{part}", get(part))
}

async fn page(State(web): State<Web>, reader: Reader) -> Result<Response, Fault> {
    let now = overview::get(&web.app, &reader.ctx).await?;
    let open = open_duties(&web, &reader).await?;
    let cx = reader.cx;
    let name = web.app.settings().text("province.name");
    Ok(http::Page(Page {
        province: if name.is_empty() {
            cx.t("overview-title")
        } else {
            cx.tx("overview-title-of", name)
        },
        tiles: tiles(&cx, &now),
        map: map(&cx, &now),
        alarms: alarms(&cx, &now),
        duties: duties(&cx, &open),
        compliance: compliance(&cx, &now),
        cx,
    })
    .into_response())
}

/// One part, for a page that fetches it again.
async fn part(
    State(web): State<Web>,
    reader: Reader,
    Path(part): Path<String>,
) -> Result<Response, Fault> {
    let now = overview::get(&web.app, &reader.ctx).await?;
    let cx = &reader.cx;
    Ok(match part.as_str() {
        "tiles" => http::Page(tiles(cx, &now)).into_response(),
        "map" => http::Page(map(cx, &now)).into_response(),
        "alarms" => http::Page(alarms(cx, &now)).into_response(),
        "duties" => {
            let open = open_duties(&web, &reader).await?;
            http::Page(duties(cx, &open)).into_response()
        }
        "compliance" => http::Page(compliance(cx, &now)).into_response(),
        other => {
            return Err(Problem::not_found(
                &Label::new("phần của trang", "part of the page"),
                other,
            )
            .into());
        }
    })
}

fn tiles(cx: &Cx, now: &Overview) -> Tiles {
    let sites: Vec<_> = now.targets.iter().filter(|t| t.noun == "site").collect();
    let up = sites.iter().filter(|t| t.state == "up").count();
    let behind: usize = now.alarms.iter().map(|a| a.behind.len()).sum();
    let all = now
        .regulations
        .iter()
        .fold(Tally::default(), |sum, r| sum + r.tally);
    let overdue = now
        .duties
        .iter()
        .filter(|d| d.days_left.is_some_and(|days| days < 0))
        .count();
    let tile = |href: &str, title: &str, mark, value, about| Tile {
        href: href.into(),
        title: cx.t(title),
        mark,
        value,
        about,
    };
    let site_mark = if now.isolated_since.is_some() {
        Mark::Isolated
    } else {
        Mark::Up
    };
    let worst = |n: usize, bad, good| Some(if n > 0 { bad } else { good });
    Tiles {
        tiles: vec![
            tile(
                "/network?kind=site",
                "overview-sites-up",
                Some(site_mark),
                cx.n(up),
                cx.tn("overview-of", sites.len()),
            ),
            tile(
                "/network",
                "overview-availability",
                None,
                now.availability
                    .share
                    .map_or_else(|| "–".to_owned(), |share| cx.percent(&share)),
                cx.tx(
                    "overview-no-data-time",
                    cx.span(now.availability.unknown_ms),
                ),
            ),
            tile(
                "/network/alarms",
                "overview-alarms-open",
                worst(now.alarms.len(), Mark::Down, Mark::Up),
                cx.n(now.alarms.len()),
                cx.tn("overview-behind", behind),
            ),
            tile(
                "/compliance",
                "overview-breached",
                Some(if all.breached > 0 {
                    Mark::Breached
                } else {
                    Mark::Met
                }),
                cx.n(all.breached),
                cx.tn("overview-worst-regulation", all.judged()),
            ),
            tile(
                "/compliance",
                "overview-due",
                worst(now.duties_total, Mark::Pending, Mark::Met),
                cx.n(now.duties_total),
                cx.tn("overview-overdue", overdue),
            ),
        ],
        cx: cx.clone(),
    }
}

fn map(cx: &Cx, now: &Overview) -> MapPart {
    let parents: HashMap<TargetId, Option<TargetId>> =
        now.targets.iter().map(|t| (t.id, t.parent)).collect();
    let sites: Vec<_> = now
        .targets
        .iter()
        .filter(|t| t.noun == "site")
        .filter_map(|t| Some((t, t.latitude?, t.longitude?)))
        .collect();
    let index: HashMap<TargetId, usize> = sites
        .iter()
        .enumerate()
        .map(|(i, (t, ..))| (t.id, i))
        .collect();
    // The way up leads over circuits, which have no place of their own.
    let above = |id: TargetId| {
        let mut at = parents.get(&id).copied().flatten();
        for _ in 0..8 {
            let next = at?;
            if let Some(i) = index.get(&next) {
                return Some(*i);
            }
            at = parents.get(&next).copied().flatten();
        }
        None
    };
    let places = sites
        .iter()
        .map(|(target, lat, lon)| {
            let mark = Mark::of_state(&target.state);
            let mut about = vec![target.subject.clone(), target.address.clone()];
            if let Some(us) = target.rtt_us.filter(|_| mark == Mark::Up) {
                #[expect(clippy::cast_precision_loss, reason = "microseconds of a round trip")]
                about.push(cx.delay(&(us as f64 / 1000.0)));
            }
            if let Some(since) = target.since_at {
                about.push(format!("{} {}", cx.t("since"), cx.relative(since)));
            }
            let owner = now.owners.get(&target.id);
            Place {
                name: short_name(&target.subject).to_owned(),
                href: owner.map_or_else(
                    || format!("/network/targets/{}", target.id),
                    |(code, _)| format!("/units/{code}"),
                ),
                lat: *lat,
                lon: *lon,
                mark,
                hub: target.class == "hub",
                parent: above(target.id),
                about,
            }
        })
        .collect();
    MapPart {
        cx: cx.clone(),
        map: Map::draw(places),
        counts: Mark::STATES
            .into_iter()
            .map(|mark| {
                (
                    mark,
                    sites
                        .iter()
                        .filter(|(t, ..)| Mark::of_state(&t.state) == mark)
                        .count(),
                )
            })
            .collect(),
    }
}

fn alarms(cx: &Cx, now: &Overview) -> Alarms {
    let alarms = now
        .alarms
        .iter()
        .take(8)
        .map(|view| {
            let mark = Mark::of_state(&view.alarm.state);
            let named = view
                .behind
                .iter()
                .take(4)
                .cloned()
                .collect::<Vec<_>>()
                .join(", ");
            Notice {
                mark,
                href: format!("/network/alarms#alarm-{}", view.alarm.id),
                title: if view.subject.is_empty() {
                    mark.word(cx.lang)
                } else {
                    view.subject.clone()
                },
                about: if view.behind.is_empty() {
                    mark.word(cx.lang)
                } else {
                    format!("{}: {named}", cx.tn("overview-behind", view.behind.len()))
                },
                since: view.alarm.raised_at,
                due: String::new(),
            }
        })
        .collect();
    Alarms {
        cx: cx.clone(),
        alarms,
    }
}

/// What is due, one row for a clause and a day: a hundred communes that owe one report are one row.
fn duties(cx: &Cx, open: &[DutyView]) -> Duties {
    let mut groups: BTreeMap<(&str, &str, &str), Vec<&DutyView>> = BTreeMap::new();
    for view in open {
        let duty = &view.duty;
        groups
            .entry((&duty.due_on, &duty.regulation, &duty.clause))
            .or_default()
            .push(view);
    }
    let duties = groups
        .into_iter()
        .take(DUTIES)
        .filter_map(|((due, regulation, clause), views)| {
            let first = views.first()?;
            let clause_page = format!("/compliance/{regulation}/{clause}");
            let (href, whose) = match views.as_slice() {
                [only] => (
                    format!("{clause_page}/{}", only.unit_code),
                    only.unit_name.clone(),
                ),
                many => (clause_page, cx.tn("unit-count", many.len())),
            };
            Some(Notice {
                mark: if first.days_left.is_some_and(|days| days < 0) {
                    Mark::Breached
                } else {
                    Mark::Pending
                },
                href,
                title: cx.l(&first.summary),
                about: format!("{} · {whose}", words::cite(cx, clause)),
                since: cx.now,
                due: due.to_owned(),
            })
        })
        .collect();
    Duties {
        cx: cx.clone(),
        duties,
    }
}

/// Duties that are overdue or due until the end of the month.
async fn open_duties(web: &Web, reader: &Reader) -> Result<Vec<DutyView>, Problem> {
    let today = web.app.clock.today();
    let from = today.saturating_sub(jiff::Span::new().years(1)).to_string();
    let to = today.last_of_month().to_string();
    duty::due(&web.app, &reader.ctx, &from, &to, true, 10_000).await
}

fn compliance(cx: &Cx, now: &Overview) -> Compliance {
    let regulations = now
        .regulations
        .iter()
        .map(|r| Bar {
            href: format!("/compliance/{}", r.id),
            title: cx.l(&r.short),
            counts: r.tally,
        })
        .collect();
    let mut groups: Vec<Bar> = Vec::new();
    for regulation in &now.regulations {
        for (kind, tally) in &regulation.by_kind {
            let href = format!("/units?group={kind}");
            match groups.iter_mut().find(|bar| bar.href == href) {
                Some(bar) => bar.counts += *tally,
                None => groups.push(Bar {
                    href,
                    title: kind_word(cx, kind),
                    counts: *tally,
                }),
            }
        }
    }
    groups.sort_by_key(|bar| std::cmp::Reverse(bar.counts.judged()));
    Compliance {
        cx: cx.clone(),
        regulations,
        groups,
    }
}

/// What tells a site apart on a map on which nearly all are people's committees.
fn short_name(name: &str) -> &str {
    let prefixes = ["Ủy ban nhân dân ", "UBND "];
    let rest = prefixes
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name);
    let tiers = ["xã ", "phường ", "đặc khu "];
    tiers
        .iter()
        .find_map(|tier| rest.strip_prefix(tier))
        .unwrap_or(rest)
}

/// The word for a kind of organization.
pub fn kind_word(cx: &Cx, kind: &str) -> String {
    noun::get("organization")
        .and_then(|schema| schema.field("kind"))
        .and_then(|field| field.choices.get(kind))
        .map_or_else(|| kind.to_owned(), |label| cx.l(label))
}
