//! `GET /calendar` and the feeds.

use std::collections::BTreeMap;

use app::{
    assess,
    duty::{self, DutyView, Group},
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use domain::problem::FieldProblem;
use jiff::{ToSpan, civil::Date};
use policy::calendar::{Calendar, Day as Worked};

use super::{
    item::{item, mark},
    page::{Day, Item, Page, Square},
};
use crate::{
    cx::Cx,
    http::{self, Fault, Params, Reader, misasked},
    mark::Mark,
    page::Routes,
    server::Web,
};

/// Lines in a square; the list below has all of them.
const LINES: usize = 3;

/// The routes of the calendar.
pub fn routes() -> Routes {
    Routes::new().get("/calendar", page)
}

/// The first day of `2026-11`; of this month where none is given.
fn first_of(text: &str, today: Date) -> Result<Date, Fault> {
    if text.is_empty() {
        return Ok(today.first_of_month());
    }
    let first = format!("{text}-01").parse().ok();
    first
        .filter(|day: &Date| (2000..2200).contains(&day.year()))
        .ok_or_else(|| {
            misasked(vec![FieldProblem::new(
                "month",
                "Không phải là tháng; viết như 2026-11",
                "Is not a month; write it as 2026-11",
            )])
        })
}

/// `GET /calendar?month=2026-11&unit=CODE`.
async fn page(State(web): State<Web>, reader: Reader, params: Params) -> Result<Response, Fault> {
    let (app, ctx, cx) = (&web.app, &reader.ctx, &reader.cx);
    let today = app.clock.today();
    let first = first_of(params.get("month"), today)?;
    let last = first.last_of_month();
    let unit = params.get("unit");
    let wanted = (!unit.is_empty()).then_some(unit);
    let agenda = duty::agenda(app, ctx, (first, last), wanted).await?;
    let view = assess::board(app, ctx, None).await?;
    let library = app.library();
    let address = |month: Date| {
        let month = month.strftime("%Y-%m").to_string();
        let pairs = [("month", month.as_str()), ("unit", unit)];
        let given = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        format!("/calendar?{}", http::query(given))
    };
    let back = address(first);
    let groups = duty::grouped(&agenda.dated);
    let mut by_day: BTreeMap<&str, Vec<Item>> = BTreeMap::new();
    for group in &groups {
        let day = group.first().duty.due_on.as_deref().unwrap_or_default();
        by_day.entry(day).or_default().push(item(cx, group, &back));
    }
    let undated = duty::grouped(&agenda.undated);
    let page = Page {
        month: first.strftime("%m/%Y").to_string(),
        turn: [
            address(first.saturating_sub(1.month())),
            address(today.first_of_month()),
            address(first.saturating_add(1.month())),
        ],
        shown: first.strftime("%Y-%m").to_string(),
        units: view
            .units
            .iter()
            .map(|at| &view.board.units[*at])
            .map(|u| (u.code.clone(), u.name.clone(), u.code == unit))
            .collect(),
        counts: counts(&groups),
        weekdays: (0..7).map(|day| cx.t(format!("weekday-{day}"))).collect(),
        weeks: weeks(cx, &library.calendar, first, today, &by_day),
        days: days(cx, &library.calendar, today, by_day),
        undated: undated.iter().map(|g| item(cx, g, &back)).collect(),
        cx: reader.cx.clone(),
    };
    Ok(http::Page(page).into_response())
}

/// How many duties are overdue, open and done, in time or late.
fn counts(groups: &[Group<'_>]) -> [usize; 3] {
    let done = |view: &DutyView| {
        matches!(
            view.duty.outcome.as_str(),
            "done" | "late" | "too-late" | "refused"
        )
    };
    let count = |is: &dyn Fn(&DutyView) -> bool| {
        let like = groups.iter().filter(|g| is(g.first()));
        like.map(|g| g.duties.len()).sum()
    };
    [
        count(&|view| mark(view) == Mark::Breached && !done(view)),
        count(&|view| mark(view) == Mark::Pending),
        count(&done),
    ]
}

/// What the working calendar says of a day.
fn worked(cx: &Cx, calendar: &Calendar, day: Date) -> (&'static str, String) {
    match calendar.day(day) {
        Worked::Working { .. } => ("", String::new()),
        Worked::Rest { why, .. } => ("rest", why.map_or_else(String::new, |why| cx.l(why))),
        Worked::Unknown(gap) => ("unknown", cx.tx("calendar-unknown", cx.l(&gap.holiday))),
    }
}

/// Whole weeks from Monday, as many as the month touches.
fn weeks(
    cx: &Cx,
    calendar: &Calendar,
    first: Date,
    today: Date,
    by_day: &BTreeMap<&str, Vec<Item>>,
) -> Vec<Vec<Square>> {
    let before = first.weekday().to_monday_zero_offset();
    let mut day = first.saturating_sub(i64::from(before).days());
    let mut weeks = Vec::new();
    while day <= first.last_of_month() {
        let mut week = Vec::with_capacity(7);
        for _ in 0..7 {
            let iso = day.to_string();
            let (kind, note) = worked(cx, calendar, day);
            let items = by_day.get(iso.as_str()).map_or(&[][..], Vec::as_slice);
            week.push(Square {
                number: day.day(),
                inside: day.month() == first.month(),
                today: day == today,
                kind,
                note,
                items: items.iter().take(LINES).cloned().collect(),
                more: items.len().saturating_sub(LINES),
                day: iso,
            });
            day = day.saturating_add(1.day());
        }
        weeks.push(week);
    }
    weeks
}

/// The days with duties.
fn days(cx: &Cx, calendar: &Calendar, today: Date, by_day: BTreeMap<&str, Vec<Item>>) -> Vec<Day> {
    by_day
        .into_iter()
        .filter_map(|(iso, items)| {
            let day: Date = iso.parse().ok()?;
            Some(Day {
                weekday: cx.t(format!("weekday-{}", day.weekday().to_monday_zero_offset())),
                today: day == today,
                note: worked(cx, calendar, day).1,
                day: iso.to_owned(),
                items,
            })
        })
        .collect()
}
