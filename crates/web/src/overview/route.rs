//! `GET /` and its parts.

use std::{collections::HashMap, sync::Arc};

use app::{
    due::{self, DueView},
    overview::{self, RegulationCount},
    watch::{self, AlarmView, Availability, TargetRow},
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use domain::{id::TargetId, label::Label, noun, problem::Problem};
use policy::Tally;

use super::page::{Alarms, Bar, Calm, Compliance, Duties, MapPart, Notice, Page, Tile, Tiles};
use crate::{
    compliance::words,
    counts::Shown as _,
    cx::Cx,
    format,
    http::{self, Fault, Reader},
    map::{Map, Place},
    mark::Mark,
    network,
    page::Routes,
    server::Web,
};

/// How many rows of alarms and of duties there are room for.
const SHOWN: usize = 8;

/// A target and its unit's code.
type Site = (Arc<TargetRow>, Option<String>);

/// What the numbers at the top are made from.
struct Now<'a> {
    network: &'a [Site],
    availability: Availability,
    isolated: bool,
    alarms: &'a [AlarmView],
    owed: &'a [DueView],
    counts: &'a [RegulationCount],
}

/// The routes of the overview.
pub fn routes() -> Routes {
    Routes::new().get("/", page).get("/overview/{part}", part)
}

async fn page(State(web): State<Web>, reader: Reader) -> Result<Response, Fault> {
    let (app, ctx) = (&web.app, &reader.ctx);
    let network = overview::network(app, ctx).await?;
    let open = watch::open_alarms(app, ctx).await?;
    let owed = due::open(app, ctx).await?;
    let counts = overview::compliance(app, ctx).await?;
    let now = Now {
        network: &network,
        availability: overview::availability(app, ctx).await?,
        isolated: overview::isolated_since(app).is_some(),
        alarms: &open,
        owed: &owed,
        counts: &counts,
    };
    let shared = app::share::received(app, ctx).await?.len();
    let cx = reader.cx;
    let name = app::setting::seen(app, ctx).text("province.name");
    Ok(http::Page(Page {
        province: if name.is_empty() {
            cx.t("overview-title")
        } else {
            cx.tx("overview-title-of", name)
        },
        shared: (shared > 0).then(|| cx.tn("shares-open", shared)),
        tiles: tiles(&cx, &now),
        map: map(&cx, &network),
        alarms: alarms(&cx, &open, &network),
        duties: duties(&cx, &owed),
        compliance: compliance(&cx, &counts),
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
    let (app, ctx, cx) = (&web.app, &reader.ctx, &reader.cx);
    Ok(match part.as_str() {
        "tiles" => {
            let now = Now {
                network: &overview::network(app, ctx).await?,
                availability: overview::availability(app, ctx).await?,
                isolated: overview::isolated_since(app).is_some(),
                alarms: &watch::open_alarms(app, ctx).await?,
                owed: &due::open(app, ctx).await?,
                counts: &overview::compliance(app, ctx).await?,
            };
            http::Page(tiles(cx, &now)).into_response()
        }
        "map" => http::Page(map(cx, &overview::network(app, ctx).await?)).into_response(),
        "alarms" => {
            let open = watch::open_alarms(app, ctx).await?;
            let network = overview::network(app, ctx).await?;
            http::Page(alarms(cx, &open, &network)).into_response()
        }
        "duties" => http::Page(duties(cx, &due::open(app, ctx).await?)).into_response(),
        "compliance" => {
            let counts = overview::compliance(app, ctx).await?;
            http::Page(compliance(cx, &counts)).into_response()
        }
        other => {
            return Err(Problem::not_found(
                &Label::new("phần của trang", "part of the page"),
                other,
            )
            .into());
        }
    })
}

fn tiles(cx: &Cx, now: &Now<'_>) -> Tiles {
    let sites = || now.network.iter().filter(|(t, _)| t.noun == "site");
    let up = sites().filter(|(t, _)| t.state == "up").count();
    let behind: usize = now.alarms.iter().map(|a| a.behind.len()).sum();
    let all = now
        .counts
        .iter()
        .fold(Tally::default(), |sum, r| sum + r.tally);
    let (mut owed, mut overdue) = (0, 0);
    for each in now.owed {
        owed += each.duty.organizations;
        if each.overdue {
            overdue += each.duty.organizations;
        }
    }
    let tile = |href: &str, title: &str, mark, value, about| Tile {
        href: href.into(),
        title: cx.t(title),
        mark,
        value,
        about,
    };
    // The mark of a number is that of its worst part: nothing is good of which a part is not
    // known, and where there is nothing there is no mark.
    let worst = |marks: &mut dyn Iterator<Item = Mark>| marks.max_by_key(|mark| mark.urgency());
    let site_mark = if now.isolated {
        Some(Mark::Isolated)
    } else {
        worst(&mut sites().map(|(t, _)| Mark::of_state(&t.state)))
    };
    let alarm_mark = match calm(now.alarms, now.network) {
        Calm::Alarmed => Some(Mark::Down),
        Calm::Unwatched => None,
        Calm::Silent(_) => Some(Mark::Unknown),
        Calm::Good => Some(Mark::Up),
    };
    let due_mark = match (overdue, owed) {
        (1.., _) => Some(Mark::Breached),
        (_, 1..) => Some(Mark::Pending),
        _ => None,
    };
    Tiles {
        tiles: vec![
            tile(
                "/network?kind=site",
                "overview-sites-up",
                site_mark,
                cx.n(up),
                cx.tn("overview-of", sites().count()),
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
                alarm_mark,
                cx.n(now.alarms.len()),
                cx.tn("overview-behind", behind),
            ),
            tile(
                "/compliance",
                "overview-breached",
                (all.judged() > 0).then(|| all.worst()),
                cx.n(all.breached),
                cx.tn("overview-worst-regulation", all.judged()),
            ),
            tile(
                &calendar_of(now.owed),
                "overview-due",
                due_mark,
                cx.n(owed),
                format!(
                    "{} · {}",
                    cx.tn("overview-ahead", due::AHEAD_DAYS),
                    cx.tn("overview-overdue", overdue)
                ),
            ),
        ],
        cx: cx.clone(),
    }
}

/// The calendar at the month in which the next duty is due that is not overdue.
fn calendar_of(owed: &[DueView]) -> String {
    let next = owed.iter().find(|each| !each.overdue);
    let month = next.and_then(|each| each.duty.due_on.get(..7));
    month.map_or_else(
        || "/calendar".to_owned(),
        |month| format!("/calendar?month={month}"),
    )
}

/// What it means that no alarm is open.
fn calm(alarms: &[AlarmView], network: &[Site]) -> Calm {
    if !alarms.is_empty() {
        return Calm::Alarmed;
    }
    Calm::of(network.iter().map(|(target, _)| target.as_ref()))
}

fn map(cx: &Cx, network: &[Site]) -> MapPart {
    let parents: HashMap<TargetId, Option<TargetId>> = (network.iter())
        .map(|(t, _)| (t.id, t.parents.first().copied()))
        .collect();
    let sites: Vec<_> = network
        .iter()
        .filter(|(t, _)| t.noun == "site")
        .filter_map(|(t, unit)| Some((t, unit, t.latitude?, t.longitude?)))
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
    let mut said = Sayings::default();
    let mut count: HashMap<Mark, usize> = HashMap::new();
    let mut places = Vec::with_capacity(sites.len());
    for (target, unit, lat, lon) in &sites {
        let mark = Mark::of_state(&target.state);
        *count.entry(mark).or_default() += 1;
        let mut about = vec![
            target.subject.clone(),
            said.word(cx, mark),
            target.address.clone(),
        ];
        if let Some(us) = target.rtt_us.filter(|_| mark == Mark::Up) {
            #[expect(clippy::cast_precision_loss, reason = "microseconds of a round trip")]
            about.push(cx.delay(&(us as f64 / 1000.0)));
        }
        about.extend(target.since_at.map(|since| said.since(cx, since)));
        places.push(Place {
            name: short_name(&target.subject).to_owned(),
            href: unit.as_ref().map_or_else(
                || format!("/network/targets/{}", target.id),
                |code| format!("/units/{code}"),
            ),
            lat: *lat,
            lon: *lon,
            mark,
            hub: target.class == "hub",
            parent: above(target.id),
            about,
        });
    }
    MapPart {
        cx: cx.clone(),
        map: Map::draw(places),
        counts: Mark::STATES
            .into_iter()
            .filter_map(|mark| Some((mark, *count.get(&mark)?)))
            .collect(),
    }
}

/// What is said of a thousand sites in the same words is put into words once.
#[derive(Default)]
struct Sayings {
    words: HashMap<Mark, String>,
    since: HashMap<(bool, &'static str, i64), String>,
}

impl Sayings {
    fn word(&mut self, cx: &Cx, mark: Mark) -> String {
        let word = self.words.entry(mark);
        word.or_insert_with(|| mark.word(cx.lang)).clone()
    }

    fn since(&mut self, cx: &Cx, ms: i64) -> String {
        let (unit, n) = format::coarse(ms - cx.now);
        let text = self.since.entry((ms <= cx.now, unit, n));
        text.or_insert_with(|| format!("{} {}", cx.t("since"), cx.relative(ms)))
            .clone()
    }
}

fn alarms(cx: &Cx, open: &[AlarmView], network: &[Site]) -> Alarms {
    let alarms = open
        .iter()
        .take(SHOWN)
        .map(|view| {
            let mark = Mark::of_alarm(&view.alarm);
            let said = view.alarm.said.as_ref();
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
                title: network::title(cx, view),
                about: match said {
                    Some(said) => said.next.get(cx.lang).to_owned(),
                    None if view.alarm.state == "flapping" => cx.t("alarm-flapping-about"),
                    None if view.behind.is_empty() => mark.word(cx.lang),
                    None => format!("{}: {named}", cx.tn("overview-behind", view.behind.len())),
                },
                since: view.alarm.raised_at,
                due: String::new(),
            }
        })
        .collect();
    Alarms {
        cx: cx.clone(),
        calm: calm(open, network),
        alarms,
    }
}

/// What is due, one row for a clause and a day: a hundred communes that owe one report are one row.
fn duties(cx: &Cx, owed: &[DueView]) -> Duties {
    let duties = owed
        .iter()
        .take(SHOWN)
        .map(|view| {
            let duty = &view.duty;
            let clause_page = format!("/compliance/{}/{}", duty.regulation, duty.clause);
            let (href, whose) = match &view.unit {
                Some((_, name)) if view.flow.is_some() => {
                    let (id, centres) = view.flow.clone().unwrap_or_default();
                    let who = if centres {
                        "duty-flow-centre"
                    } else {
                        "duty-flow"
                    };
                    (format!("/flows/{id}"), format!("{name} · {}", cx.t(who)))
                }
                Some((_, name)) if view.finding.is_some() => {
                    let id = view.finding.as_deref().unwrap_or_default();
                    (format!("/inspections/findings/{id}"), name.clone())
                }
                Some((code, name)) => (format!("{clause_page}/{code}"), name.clone()),
                None => (clause_page, cx.tn("unit-count", duty.organizations)),
            };
            Notice {
                mark: if view.overdue {
                    Mark::Breached
                } else {
                    Mark::Pending
                },
                href,
                title: cx.l(&view.summary),
                about: match view.flow {
                    Some(_) => whose,
                    None => format!("{} · {whose}", words::cite(cx, &duty.clause)),
                },
                since: cx.now,
                due: duty.due_on.clone(),
            }
        })
        .collect();
    Duties {
        cx: cx.clone(),
        ahead: due::AHEAD_DAYS,
        duties,
    }
}

fn compliance(cx: &Cx, counts: &[RegulationCount]) -> Compliance {
    let regulations = counts
        .iter()
        .map(|r| Bar {
            href: format!("/compliance/{}", r.id),
            title: cx.l(&r.short),
            counts: r.tally,
        })
        .collect();
    let mut groups: Vec<Bar> = Vec::new();
    for regulation in counts {
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
