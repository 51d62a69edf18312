//! What a device tells by SNMP: its interfaces, their traffic, and what opens it.

use std::fmt::Write as _;

use app::collect::{self, Before, Traffic};
use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use domain::{
    id::Id,
    noun,
    problem::{Problem, ProblemKind},
    record::Record,
};
use vault::series::Rate;

use crate::{
    cx::Cx,
    format,
    http::{self, Fault, Param, Params, Reader, done},
    mark::Mark,
    registry::record_page,
    server::Web,
};

const DAY: i64 = 86_400_000;

/// Parts of the time that a picture shows.
const PARTS: usize = 96;

/// Interfaces that stand on a device's page; the list has all.
const SHOWN: i64 = 64;

/// An interface in a table.
#[derive(Clone, Debug)]
pub struct InterfaceRow {
    /// Its page.
    pub href: String,
    /// Where its traffic is drawn.
    pub picture: String,
    /// Its name.
    pub name: String,
    /// What somebody wrote on it.
    pub alias: String,
    /// How it stands.
    pub mark: Mark,
    /// The same in words.
    pub status: String,
    /// Megabits a second; empty where nothing is said.
    pub speed: String,
}

/// What a device tells, as a part of its page.
#[derive(Debug, Template)]
#[template(path = "network/interfaces.html")]
pub struct Panel {
    /// Context.
    pub cx: Cx,
    /// The device.
    pub device: String,
    /// Its interfaces.
    pub rows: Vec<InterfaceRow>,
    /// How many more there are.
    pub more: i64,
    /// How asking it goes, in words; empty where nothing opens it.
    pub course: String,
    /// How it stands with that.
    pub mark: Mark,
    /// Since when and by whom its community is set; none where there is none.
    pub set: Option<String>,
    /// The port, as it was typed where it was refused.
    pub port: String,
    /// What is wrong with the community and with the port that were typed.
    pub wrong: [Option<String>; 2],
    /// Whether the reader may set it.
    pub may_set: bool,
}

/// An interface's traffic and how it was before, as a part of its page.
#[derive(Debug, Template)]
#[template(path = "network/interface.html")]
pub struct One {
    /// Context.
    pub cx: Cx,
    /// Where its traffic is drawn, for a day and for a week.
    pub pictures: [(String, String); 2],
    /// The traffic in numbers: received and sent on average and at most, and errors.
    pub numbers: Vec<(String, String)>,
    /// From when, until when, and what differed from what came after.
    pub past: Vec<(i64, i64, String)>,
}

fn device_of(id: &str) -> Result<Id, Problem> {
    let missing = || {
        let label = noun::get("device").map(|schema| schema.label.clone());
        Problem::not_found(&label.unwrap_or_default(), id)
    };
    id.parse().map_err(|_| missing())
}

/// How long ago a device may have answered and still counts as told now, milliseconds.
fn patience(web: &Web) -> i64 {
    web.app.settings().integer("snmp.interval_seconds") * 3_000 + 60_000
}

/// What a device tells; with what was typed as its port and why the access was refused.
///
/// # Errors
/// Denied, not found, unavailable.
pub async fn panel(
    web: &Web,
    reader: &Reader,
    device: Id,
    refused: Option<(&str, &Problem)>,
) -> Result<String, Fault> {
    let (app, ctx, cx) = (&web.app, &reader.ctx, &reader.cx);
    let access = collect::access(app, ctx, (collect::INTERFACES, collect::SNMP), device).await?;
    let (records, total) = collect::interfaces(app, ctx, device, SHOWN).await?;
    let good_at = access.course.as_ref().and_then(|course| course.good_at);
    let is_fresh = good_at.is_some_and(|at| cx.now - at <= patience(web));
    let row = |record: &Record| {
        let status = record.text("status");
        InterfaceRow {
            href: format!("/registry/interface/{}", record.id),
            picture: format!("/network/traffic/{}", record.id),
            name: record.text("name").to_owned(),
            alias: record.text("alias").to_owned(),
            mark: match status {
                // Only a fresh answer says that something is up.
                _ if !is_fresh => Mark::NoData,
                "up" => Mark::Up,
                "down" | "lower-layer-down" if record.text("admin_status") == "up" => Mark::Down,
                _ => Mark::NoData,
            },
            status: choice(cx, "status", status),
            speed: record.get("speed").to_cell(),
        }
    };
    let course = match (&access.set, &access.course) {
        (None, _) => String::new(),
        (Some(_), None) => cx.t("interface-not-asked"),
        (Some(_), Some(course)) => match &course.fault {
            Some(fault) => cx.t(format!("interface-fault-{fault}")),
            None if is_fresh => cx.t("interface-answers"),
            None => cx.t("interface-late"),
        },
    };
    let set = access.set.as_ref().map(|set| {
        let at = format::datetime(set.set_at);
        cx.tx("interface-set", format!("{at} · {}", set.set_by))
    });
    let panel = Panel {
        device: device.to_string(),
        rows: records.iter().map(row).collect(),
        more: (total - SHOWN).max(0),
        course,
        mark: match good_at {
            Some(_) if is_fresh => Mark::Up,
            _ => Mark::NoData,
        },
        port: match refused {
            Some((port, _)) => port.to_owned(),
            None => {
                let set = access.set.as_ref().map(|set| set.port);
                set.unwrap_or(collect::SNMP_PORT.into()).to_string()
            }
        },
        wrong: ["community", "port"].map(|name| {
            let (_, problem) = refused?;
            let wrong = problem.fields.iter().find(|wrong| wrong.field == name)?;
            Some(cx.l(&wrong.message))
        }),
        set,
        may_set: access.may_set,
        cx: cx.clone(),
    };
    panel.render().map_err(|_| Problem::internal("page").into())
}

/// The word for a value of a choice of interfaces.
fn choice(cx: &Cx, field: &str, value: &str) -> String {
    let field = noun::get("interface").and_then(|schema| schema.field(field));
    let label = field.and_then(|field| field.choices.get(value));
    label.map_or_else(String::new, |label| cx.l(label))
}

/// Bits a second with a unit.
fn speed(cx: &Cx, octets: f64) -> String {
    let bits = octets * 8.0;
    let (value, unit) = match bits {
        b if b >= 1e9 => (b / 1e9, "Gbit/s"),
        b if b >= 1e6 => (b / 1e6, "Mbit/s"),
        b if b >= 1e3 => (b / 1e3, "kbit/s"),
        b => (b, "bit/s"),
    };
    format!("{} {unit}", cx.decimal(&((value * 10.0).round() / 10.0)))
}

/// The traffic of an interface and how it was before.
///
/// # Errors
/// Denied, not found, unavailable.
pub async fn one(web: &Web, reader: &Reader, record: &Record) -> Result<String, Fault> {
    let (app, ctx, cx) = (&web.app, &reader.ctx, &reader.cx);
    let id = record.id.to_string();
    let span = (cx.now - DAY, cx.now);
    let (_, traffic) = collect::traffic(app, ctx, &id, span, PARTS).await?;
    let past = collect::past(app, ctx, "interface", &id, 50).await?;
    let mut numbers = Vec::new();
    for (key, rates) in [
        ("interface-received", &traffic.received),
        ("interface-sent", &traffic.sent),
    ] {
        let whole = whole(rates);
        let text = match whole.mean() {
            Some(mean) => format!("{} / {}", speed(cx, mean), speed(cx, whole.max)),
            None => cx.word(Mark::NoData),
        };
        numbers.push((cx.t(key), text));
    }
    let [errors_in, errors_out] = traffic.errors.each_ref().map(|rates| whole(rates));
    if errors_in.known_ms + errors_out.known_ms > 0 {
        let sum = errors_in.rose + errors_out.rose;
        numbers.push((cx.t("interface-errors"), cx.decimal(&sum.round())));
    }
    let mut after = record.values.clone();
    let differs = |before: Before| {
        let told = ["name", "alias", "admin_status", "status", "speed"];
        let schema = noun::get("interface");
        let mut parts = Vec::new();
        for field in told {
            let was = before.values.get(field);
            if was == after.get(field) {
                continue;
            }
            let label = schema.and_then(|schema| schema.field(field));
            let label = label.map_or_else(String::new, |field| cx.l(&field.label));
            let was = was.map(domain::record::Value::to_cell).unwrap_or_default();
            let word = choice(cx, field, &was);
            parts.push(format!(
                "{label}: {}",
                if word.is_empty() { was } else { word }
            ));
        }
        after.clone_from(&before.values);
        (before.from_at, before.until_at, parts.join(" · "))
    };
    let path = format!("/network/traffic/{id}");
    let one = One {
        pictures: [
            (format!("{path}?range=day&size=large"), cx.t("range-day")),
            (format!("{path}?range=week&size=large"), cx.t("range-week")),
        ],
        numbers,
        past: past.into_iter().map(differs).collect(),
        cx: cx.clone(),
    };
    one.render().map_err(|_| Problem::internal("page").into())
}

/// All parts as one.
fn whole(rates: &[Rate]) -> Rate {
    rates.iter().fold(Rate::default(), |sum, rate| Rate {
        rose: sum.rose + rate.rose,
        known_ms: sum.known_ms + rate.known_ms,
        max: sum.max.max(rate.max),
        ..*rate
    })
}

/// `GET /network/traffic/{id}?range=day|week&size=small|large`.
pub async fn picture(
    State(web): State<Web>,
    reader: Reader,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Fault> {
    params.can(&[
        Param::one_of("range", ["day", "week"], ""),
        Param::one_of("size", ["small", "large"], ""),
    ])?;
    let days = if params.get("range") == "week" { 7 } else { 1 };
    let (from, to) = (reader.cx.now - days * DAY, reader.cx.now);
    let (_, traffic) = collect::traffic(&web.app, &reader.ctx, &id, (from, to), PARTS).await?;
    let title = reader.cx.t("interface-traffic");
    let svg = draw(&traffic, params.get("size") == "large", &title, |octets| {
        speed(&reader.cx, octets)
    });
    Ok((
        [
            (header::CONTENT_TYPE, "image/svg+xml"),
            (header::CACHE_CONTROL, "private, max-age=60"),
        ],
        svg,
    )
        .into_response())
}

/// Draws what is received as an area and what is sent as a line; nothing where nothing is known.
fn draw(traffic: &Traffic, is_large: bool, title: &str, speed: impl Fn(f64) -> String) -> String {
    let (wide, high) = if is_large {
        (640.0, 160.0)
    } else {
        (160.0, 32.0)
    };
    let both = traffic.received.iter().chain(&traffic.sent);
    let top = both.filter_map(Rate::mean).fold(1.0_f64, f64::max) * 1.1;
    let mut out = String::new();
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide} {high}\" width=\"{wide}\" height=\"{high}\" role=\"img\"><title>{title}</title>"
    );
    #[expect(clippy::cast_precision_loss, reason = "a picture's width")]
    let step = wide / traffic.received.len().max(1) as f64;
    for (rates, is_area) in [(&traffic.received, true), (&traffic.sent, false)] {
        let (mut path, mut began) = (String::new(), None::<f64>);
        let mut x = 0.0;
        let close = |path: &mut String, began: Option<f64>, x: f64| {
            if let Some(began) = began.filter(|_| is_area) {
                let _ = write!(path, "L{x:.1} {high}L{began:.1} {high}Z");
            }
        };
        for rate in rates {
            match rate.mean() {
                Some(mean) => {
                    let y = (high - 1.0) - mean / top * (high - 2.0);
                    let pen = if began.is_some() { 'L' } else { 'M' };
                    let _ = write!(path, "{pen}{x:.1} {y:.1}L{:.1} {y:.1}", x + step);
                    began = began.or(Some(x));
                }
                None => {
                    close(&mut path, began.take(), x);
                }
            }
            x += step;
        }
        close(&mut path, began, x);
        // A picture of its own knows nothing of the page's theme: these colours do on both.
        let pen = if is_area {
            "fill=\"#3f8fc4\" fill-opacity=\".45\""
        } else {
            "fill=\"none\" stroke=\"#d9622b\" stroke-width=\"1.25\""
        };
        let _ = write!(out, "<path d=\"{path}\" {pen}/>");
    }
    if is_large {
        let _ = write!(
            out,
            "<text x=\"4\" y=\"14\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#888\">{}</text>",
            speed(top)
        );
    }
    out.push_str("</svg>");
    out
}

/// What is typed to open a device.
#[derive(serde::Deserialize)]
pub struct Typed {
    /// The community; blank takes away what there is.
    #[serde(default)]
    community: String,
    /// The port; 161 where blank.
    #[serde(default)]
    port: String,
}

/// `POST /network/devices/{id}/access`.
pub async fn access(
    State(web): State<Web>,
    reader: Reader,
    Path(id): Path<String>,
    Form(typed): Form<Typed>,
) -> Result<Response, Fault> {
    let device = device_of(&id)?;
    let community = Some(typed.community.trim()).filter(|text| !text.is_empty());
    let port = match typed.port.trim() {
        "" => collect::SNMP_PORT,
        // What is no port is refused as port 0 is.
        port => port.parse().unwrap_or(0),
    };
    if let Err(problem) = collect::set(&web.app, &reader.ctx, device, community, port).await {
        if problem.kind != ProblemKind::Invalid {
            return Err(problem.into());
        }
        // The same page with the fields marked; the community is never shown again.
        let mut reader = reader;
        reader.cx.page = Some(format!("/registry/device/{device}"));
        let told = panel(&web, &reader, device, Some((&typed.port, &problem))).await?;
        let at = ("device", id.as_str());
        let mut page = record_page(&web, reader, at, Default::default()).await?;
        page.told = Some(told);
        return Ok(Fault::from(problem).shown_on(http::Page(page)));
    }
    let said = match community {
        Some(_) => "interface-access-set",
        None => "interface-access-gone",
    };
    Ok(done(&format!("/registry/device/{device}"), said))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_nobody_knows_is_a_gap() {
        let rate = |rose: f64, known_ms| Rate {
            rose,
            known_ms,
            ..Rate::default()
        };
        let rates = vec![rate(100.0, 1_000), rate(0.0, 0), rate(50.0, 1_000)];
        let traffic = Traffic {
            received: rates.clone(),
            sent: rates,
            ..Traffic::default()
        };
        let svg = draw(&traffic, true, "x", |octets| format!("{octets}"));
        assert_eq!(svg.matches('M').count(), 4, "{svg}");
        assert_eq!(svg.matches('Z').count(), 2);
        let none = draw(&Traffic::default(), false, "x", |_| String::new());
        assert!(none.ends_with("</svg>"));
    }
}
