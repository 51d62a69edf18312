//! The calendar for other programs: iCalendar (RFC 5545) under an address of its own.

use app::{
    App, Ctx,
    duty::{self, Group},
    feed,
};
use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{clock::start_of_day_ms, problem::Problem};
use icalendar::{Alarm, Component as _, Event, EventLike as _, Property, Todo, Trigger};
use jiff::{ToSpan, civil::Date};

use super::item;
use crate::{
    cx::{Cx, Theme},
    http::{Fault, Visitor},
    page::Routes,
    server::Web,
};

/// The address of a page of ours as the browser that asks knows it.
pub fn address(web: &Web, headers: &HeaderMap, path: &str) -> String {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let scheme = if web.secure { "https" } else { "http" };
    format!("{scheme}://{}{path}", host.unwrap_or_default())
}

/// The routes of feeds.
pub fn routes() -> Routes {
    Routes::new().get("/calendar/feed/{token}", read)
}

/// `GET /calendar/feed/{token}`: without a session, for who has the address. Two months
/// back, a year ahead.
async fn read(
    State(web): State<Web>,
    visitor: Visitor,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let secret = token.strip_suffix(".ics").unwrap_or(&token);
    let kind = (header::CONTENT_TYPE, "text/calendar; charset=utf-8");
    let Some(ctx) = feed::reader(&web.app, secret, &visitor.ctx.remote).await? else {
        // The address is a secret: unlike a page of ours this does not repeat it.
        return Ok((StatusCode::NOT_FOUND, [kind], "").into_response());
    };
    let base = address(&web, &headers, "");
    let text = calendar(&web.app, &ctx, &base).await?;
    let name = (
        header::CONTENT_DISPOSITION,
        "inline; filename=\"gieng.ics\"",
    );
    Ok(([kind, name], text).into_response())
}

async fn calendar(app: &App, ctx: &Ctx, base: &str) -> Result<String, Problem> {
    let today = app.clock.today();
    let range = (
        today.saturating_sub(2.months()),
        today.saturating_add(1.year()),
    );
    let agenda = duty::agenda(app, ctx, range, None).await?;
    let cx = Cx {
        lang: ctx.lang,
        theme: Theme::Auto,
        now: app.clock.now_ms(),
        actor: Some(ctx.actor.clone()),
        path: String::new(),
        query: String::new(),
        done: None,
        unjudged: None,
        page: None,
    };
    let mut out = icalendar::Calendar::new();
    out.name(&cx.t("calendar-feed-title"));
    let refresh = Property::new("REFRESH-INTERVAL", "PT1H")
        .add_parameter("VALUE", "DURATION")
        .done();
    out.append_property(refresh);
    for group in &duty::grouped(&agenda.dated) {
        out.push(event(&cx, group, base));
    }
    for group in &duty::grouped(&agenda.undated) {
        out.push(todo(&cx, group, base));
    }
    Ok(out.to_string())
}

/// An instant as RFC 5545 writes it in UTC.
fn utc(ms: i64) -> String {
    domain::clock::from_ms(ms)
        .strftime("%Y%m%dT%H%M%SZ")
        .to_string()
}

fn property(key: &str, day: Date) -> Property {
    Property::new(key, day.strftime("%Y%m%d").to_string())
        .add_parameter("VALUE", "DATE")
        .done()
}

/// What an event and a task share.
fn describe<T: icalendar::Component>(component: &mut T, cx: &Cx, group: &Group<'_>, base: &str) {
    let first = group.first();
    let d = &first.duty;
    // Stable, so that a change of state changes the same event on the reader's machine.
    let whose = match group.duties.as_slice() {
        [only] => only.unit_code.as_str(),
        _ => "",
    };
    let uid = format!(
        "{}-{}-{}-{}-{}-{whose}-{}@gieng",
        d.regulation,
        d.clause,
        d.control,
        d.side,
        d.period,
        if whose.is_empty() {
            d.outcome.as_str()
        } else {
            ""
        }
    );
    let about = item::about(cx, group);
    component.add_property("UID", uid);
    component.add_property("DTSTAMP", utc(cx.now));
    component.add_property("SUMMARY", summary(cx, group));
    component.add_property("DESCRIPTION", about);
    component.add_property("URL", format!("{base}{}", item::href(group)));
    component.add_property("CATEGORIES", cx.l(&first.regulation));
}

/// What is to be done, and what became of it; the same every day, or readers would show a
/// change each morning.
fn summary(cx: &Cx, group: &Group<'_>) -> String {
    let first = group.first();
    let what = cx.l(&first.summary);
    match item::lasting_state(cx, first) {
        Some(state) => format!("{what} – {state}"),
        None => what,
    }
}

/// When a reader reminds of what is open: at eight in the morning three days and one day
/// before a last day, a day and two hours before a moment. What is past reminds nobody.
fn alarms(cx: &Cx, group: &Group<'_>) -> Vec<Alarm> {
    const HOUR: i64 = 3_600_000;
    let duty = &group.first().duty;
    let day: Option<Date> = duty.due_on.as_ref().and_then(|d| d.parse().ok());
    let moments = match (duty.due_at, day) {
        (Some(at), _) => vec![at - 24 * HOUR, at - 2 * HOUR],
        (None, Some(day)) => [3, 1]
            .map(|days| start_of_day_ms(day.saturating_sub(days.days())) + 8 * HOUR)
            .into(),
        (None, None) => Vec::new(),
    };
    let open = matches!(duty.outcome.as_str(), "pending" | "uncertain");
    moments
        .into_iter()
        .filter(|at| open && *at > cx.now)
        .filter_map(|at| {
            let at = Property::new("TRIGGER", utc(at))
                .add_parameter("VALUE", "DATE-TIME")
                .done();
            let at = Trigger::try_from(&at).ok()?;
            Some(Alarm::display(&summary(cx, group), at))
        })
        .collect()
}

fn event(cx: &Cx, group: &Group<'_>, base: &str) -> Event {
    let mut event = Event::new();
    describe(&mut event, cx, group, base);
    let duty = &group.first().duty;
    let day: Option<Date> = duty.due_on.as_ref().and_then(|d| d.parse().ok());
    match (duty.due_at, day) {
        (Some(at), _) => {
            event.add_property("DTSTART", utc(at));
        }
        (None, Some(day)) => {
            event.append_property(property("DTSTART", day));
            event.append_property(property("DTEND", day.tomorrow().unwrap_or(day)));
        }
        (None, None) => {}
    }
    // A last day keeps nobody from meeting anybody.
    event.add_property("TRANSP", "TRANSPARENT");
    for alarm in alarms(cx, group) {
        event.alarm(alarm);
    }
    event.done()
}

/// What has no day is a task without one: a date is never made up.
fn todo(cx: &Cx, group: &Group<'_>, base: &str) -> Todo {
    let mut todo = Todo::new();
    describe(&mut todo, cx, group, base);
    todo.add_property("STATUS", "NEEDS-ACTION");
    todo.done()
}
