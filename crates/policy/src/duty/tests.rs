//! Duties: periods, last days, and the fixtures of every duty in the pack.

use std::{collections::BTreeMap, sync::LazyLock};

use domain::clock::{from_ms, start_of_day_ms};
use jiff::{Timestamp, civil::Date};
use proptest::prelude::*;

use super::*;
use crate::{
    Library,
    calendar::MonthDay,
    control::Value,
    fixture::{self, Case, Fact},
    source::Embedded,
    verdict::Status,
};

static LIBRARY: LazyLock<Library> = LazyLock::new(|| Library::load(&Embedded).unwrap());

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn rule(period: Period, due: Due) -> DutyRule {
    DutyRule {
        register: "report".into(),
        clock: DutyClock::Period(period),
        due,
        results: Vec::new(),
        done: None,
        or_done: None,
        says_done: BTreeMap::new(),
        says_not: BTreeMap::new(),
        refused: None,
        early: false,
        perhaps: Vec::new(),
        answer: None,
    }
}

/// Noon of a local day.
fn noon(date: Date) -> Timestamp {
    from_ms(start_of_day_ms(date) + 43_200_000)
}

/// Judges a duty with a period whose book is empty.
fn unfulfilled(rule: &DutyRule, kept_from: &str, today: &str) -> DutyFinding {
    let calendar = &LIBRARY.calendar;
    let none = BTreeMap::new();
    let now = noon(day(today));
    judge(rule, calendar, &none, Books::default(), day(kept_from), now)
}

fn month_day(text: &str) -> MonthDay {
    MonthDay::try_from(text.to_owned()).unwrap()
}

fn due_days(rule: &DutyRule, from: &str, today: &str) -> Vec<String> {
    let library = &*LIBRARY;
    let DutyClock::Period(period) = rule.clock else {
        panic!("{rule:?} has no period");
    };
    let none = BTreeMap::new();
    let (calendar, from, to) = (&library.calendar, day(from), day(today));
    instances(period, &rule.due, calendar, &none, from, to)
        .into_iter()
        .map(|i| {
            let due = i
                .due
                .map_or_else(|gap| gap.to_string(), |d| d.day.to_string());
            format!("{} {due}", i.period)
        })
        .collect()
}

#[test]
fn a_deed_lies_in_its_period_and_a_plan_up_to_a_year_before() {
    let says = |early: bool, when: &str| {
        let rule = DutyRule {
            early,
            ..rule(Period::Year, Due::EndOfPeriod)
        };
        let done = Entry {
            period: Some("2026".into()),
            occurred_on: Some(day(when)),
            ..Entry::default()
        };
        let books = Books {
            events: &[],
            entries: &[&done],
            perhaps: &[],
        };
        let (calendar, none, now) = (&LIBRARY.calendar, BTreeMap::new(), noon(day("2027-01-05")));
        judge(&rule, calendar, &none, books, day("2026-01-01"), now).reason
    };
    assert_eq!(says(false, "2026-01-01"), "done");
    assert_eq!(says(false, "2025-12-31"), "missed");
    assert_eq!(says(true, "2025-12-31"), "done");
    assert_eq!(says(true, "2025-01-01"), "done");
    assert_eq!(says(true, "2024-12-31"), "missed");
}

/// An entry of 5 October 2026, mended on that day at ten, as it is named.
fn incident(id: &str, subject: &str) -> Entry {
    let at = |text: &str| Moment::At(text.parse().unwrap());
    Entry {
        id: id.into(),
        subject: Some(subject.into()),
        occurred_on: Some(day("2026-10-05")),
        recorded_at: Some(at("2026-10-05T01:30:00Z").at()),
        result: Some("told".into()),
        moments: [
            ("noticed_at".to_owned(), at("2026-10-05T01:00:00Z")),
            ("finished_at".to_owned(), at("2026-10-05T03:00:00Z")),
        ]
        .into(),
        ..Entry::default()
    }
}

/// Judges a duty of the pack on 26 October 2026 from its books.
fn in_late_october(control: &str, events: &[Entry], entries: &[Entry]) -> DutyFinding {
    let control = &LIBRARY.controls[control];
    let rule = control.duty.as_ref().unwrap();
    let parameters = control.parameters.iter();
    let parameters: BTreeMap<String, Value> = parameters
        .map(|p| (p.name.clone(), p.default.clone()))
        .collect();
    let (events, entries): (Vec<&Entry>, Vec<&Entry>) =
        (events.iter().collect(), entries.iter().collect());
    let books = Books {
        events: &events,
        entries: &entries,
        perhaps: &[],
    };
    let now = noon(day("2026-10-26"));
    judge(
        rule,
        &LIBRARY.calendar,
        &parameters,
        books,
        day("2026-01-01"),
        now,
    )
}

#[test]
fn an_hour_that_was_typed_before_it_came_is_a_plan() {
    let told = |written: &str| {
        let mut entry = incident("a", "x");
        let at = Moment::At("2026-10-05T23:00:00Z".parse().unwrap());
        entry.moments.insert("told_at".into(), at);
        entry.written_at = Some(written.parse().unwrap());
        let book = [entry];
        in_late_october("incident-told-in-unit", &book, &book).reason
    };
    assert_eq!(told("2026-10-05T02:00:00Z"), "untimed");
    assert_ne!(told("2026-10-05T23:10:00Z"), "untimed");
}

#[test]
fn an_answer_under_a_strange_name_stands_for_one_event() {
    let minutes = |id: &str, subject: &str| Entry {
        occurred_on: Some(day("2026-10-07")),
        recorded_at: Some(noon(day("2026-10-07"))),
        result: Some("signed".into()),
        words: [("matter".to_owned(), "incident".to_owned())].into(),
        ..incident(id, subject)
    };
    let says = |papers: &[Entry]| {
        let incidents = ["x", "y", "z"].map(|name| incident(name, name));
        in_late_october("incident-minutes", &incidents, papers).reason
    };
    let strange = ["1", "2", "3"].map(|id| minutes(id, "Biên bản sự cố"));
    assert_eq!(says(&strange[..1]), "missed");
    assert_eq!(says(&strange[..2]), "missed");
    assert_eq!(says(&strange), "untimed");
}

#[test]
fn before_a_date_ends_on_the_day_before() {
    // Cà Mau 31/2019, Articles 12.2 and 12.3.
    let yearly = rule(Period::Year, Due::Before(vec![month_day("12-01")]));
    assert_eq!(
        due_days(&yearly, "2026-01-01", "2026-01-01"),
        ["2026 2026-11-30"]
    );
    let halves = rule(
        Period::HalfYear,
        Due::Before(vec![month_day("06-15"), month_day("12-15")]),
    );
    assert_eq!(
        due_days(&halves, "2026-01-01", "2026-07-01"),
        ["2026-H1 2026-06-14", "2026-H2 2026-12-14"]
    );
}

#[test]
fn by_a_date_and_the_end_of_a_period() {
    let by = rule(Period::Year, Due::By(vec![month_day("12-15")]));
    assert_eq!(
        due_days(&by, "2026-03-01", "2026-03-01"),
        ["2026 2026-12-15"]
    );
    let quarters = rule(Period::Quarter, Due::EndOfPeriod);
    assert_eq!(
        due_days(&quarters, "2025-11-01", "2026-04-01"),
        [
            "2025-Q4 2025-12-31",
            "2026-Q1 2026-03-31",
            "2026-Q2 2026-06-30"
        ]
    );
    let months = rule(Period::Month, Due::EndOfPeriod);
    assert_eq!(
        due_days(&months, "2028-02-29", "2028-02-29"),
        ["2028-02 2028-02-29"]
    );
}

#[test]
fn so_many_days_after_the_period() {
    let working = rule(
        Period::Quarter,
        Due::After(Count::WorkingDays(Amount::Given(5))),
    );
    assert_eq!(
        due_days(&working, "2026-07-01", "2026-07-01"),
        ["2026-Q3 2026-10-07"]
    );
    // The fifth day of January 2026 is a Monday; the third, a Saturday, moves there.
    let days = rule(Period::Year, Due::After(Count::Days(Amount::Given(3))));
    assert_eq!(
        due_days(&days, "2025-07-01", "2025-07-01"),
        ["2025 2026-01-05"]
    );
}

#[test]
fn hours_run_through_rest_days() {
    let event = "2026-02-14T20:00:00Z".parse().unwrap();
    assert_eq!(
        hours_deadline(event, 72).to_string(),
        "2026-02-17T20:00:00Z"
    );
}

#[test]
fn rules_are_written_as_data() {
    #[derive(serde::Deserialize)]
    struct Held {
        duty: DutyRule,
    }
    let yaml = "duty: {register: r, period: half-year, due: {before: [\"06-15\", \"12-15\"]}}";
    let held: Held = serde_saphyr::from_str(yaml).unwrap();
    assert_eq!(
        held.duty.due,
        Due::Before(vec![month_day("06-15"), month_day("12-15")])
    );
    let yaml = "duty: {register: r, period: year, due: {after: {working-days: 5}}}";
    let held: Held = serde_saphyr::from_str(yaml).unwrap();
    assert_eq!(
        held.duty.due,
        Due::After(Count::WorkingDays(Amount::Given(5)))
    );
    assert!(MonthDay::try_from("02-30".to_owned()).is_err());
    assert!(MonthDay::try_from("13-01".to_owned()).is_err());
}

#[test]
fn a_last_day_that_cannot_be_computed_says_so() {
    let library = &*LIBRARY;
    // The Tết of 2029 is on 13 February and nothing is announced.
    let rule = rule(
        Period::Month,
        Due::After(Count::WorkingDays(Amount::Given(7))),
    );
    let none = BTreeMap::new();
    let (from, to) = (day("2029-01-01"), day("2029-01-31"));
    let all = instances(Period::Month, &rule.due, &library.calendar, &none, from, to);
    let gap = all[0].due.as_ref().unwrap_err();
    assert_eq!(
        (gap.year, gap.holiday.vi.as_str()),
        (2029, "Tết Nguyên đán")
    );
    let open = unfulfilled(&rule, "2029-01-01", "2029-01-31");
    assert_eq!(open.status, Status::Pending);
    let over = unfulfilled(&rule, "2029-01-01", "2029-02-01");
    assert_eq!((over.status, over.reason), (Status::Error, "uncertain"));
}

#[test]
fn the_next_day_on_which_a_verdict_changes_by_itself_is_known() {
    let rule = rule(Period::Quarter, Due::EndOfPeriod);
    let found = unfulfilled(&rule, "2026-10-01", "2026-11-20");
    assert_eq!(found.next_change, Some(day("2027-01-01")));
    assert_eq!(found.status, Status::Pending);
    let passed = unfulfilled(&rule, "2026-10-01", "2027-01-01");
    assert_eq!(passed.status, Status::Breached);
}

#[test]
fn the_duties_of_the_pack_do_what_their_fixtures_say() {
    let library = &*LIBRARY;
    let mut judged = 0;
    let mut wrong = Vec::new();
    for (_, fixture) in fixture::all(&Embedded).unwrap() {
        let Some(rule) = &library.controls[&fixture.control].duty else {
            continue;
        };
        for case in &fixture.cases {
            for (unit, expected) in &case.expect {
                let control = &library.controls[&fixture.control];
                let parameters = control.values(&case.parameters);
                let events = rule.event().map(|event| {
                    let others = event.of == Whose::Others;
                    entries(case, &event.register, |of| (of == unit) != others)
                });
                let own = entries(case, &rule.register, |of| of == unit);
                let (events, own) = (events.unwrap_or_default(), own);
                let perhaps: Vec<Vec<Entry>> = (rule.perhaps.iter())
                    .map(|p| entries(case, &p.register, |of| of == unit))
                    .collect();
                let perhaps: Vec<Vec<&Entry>> =
                    perhaps.iter().map(|of| of.iter().collect()).collect();
                let books = Books {
                    events: &events.iter().collect::<Vec<_>>(),
                    entries: &own.iter().collect::<Vec<_>>(),
                    perhaps: &perhaps,
                };
                let kept_from = case.kept_from.unwrap();
                let found = judge(
                    rule,
                    &library.calendar,
                    &parameters,
                    books,
                    kept_from,
                    case.now,
                );
                let reason = case.reasons.get(unit);
                if found.status != *expected || reason.is_some_and(|why| found.reason != why) {
                    let (status, why) = (found.status, found.reason);
                    let name = &case.name;
                    wrong.push(format!(
                        "{}: {name}: {unit}: {status:?} {why}",
                        fixture.control
                    ));
                }
                judged += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(judged >= 20, "only {judged} duties have fixtures");
}

fn entries(case: &Case, register: &str, of: impl Fn(&str) -> bool) -> Vec<Entry> {
    type Row = BTreeMap<String, Fact>;
    let text = |row: &Row, column: &str| {
        let value = row.get(column).cloned().flatten();
        value.map(|v| v.to_string())
    };
    let moment = |row: &Row, column: &str| match row
        .get(column)
        .and_then(|fact| Case::column_value(column, fact))
    {
        Some(Value::Integer(ms)) => Some(Moment::At(from_ms(ms))),
        Some(Value::Text(date)) => date.parse().ok().map(Moment::Day),
        _ => None,
    };
    let rows = case.facts.get("fact_entry").into_iter().flatten();
    rows.filter(|row| text(row, "register").as_deref() == Some(register))
        .filter(|row| text(row, "unit").is_some_and(|unit| of(&unit)))
        .map(|row| Entry {
            id: text(row, "entry").unwrap(),
            unit: text(row, "unit").unwrap(),
            period: text(row, "period"),
            occurred_on: text(row, "occurred_on").map(|d| day(&d)),
            recorded_at: moment(row, "recorded_at").map(Moment::at),
            written_at: None,
            result: text(row, "result"),
            subject: text(row, "subject"),
            moments: row
                .keys()
                .filter_map(|name| Some((name.clone(), moment(row, name)?)))
                .collect(),
            words: row
                .keys()
                .filter_map(|name| Some((name.clone(), text(row, name)?)))
                .collect(),
        })
        .collect()
}

proptest! {
    #[test]
    fn periods_follow_each_other_without_a_gap(days in 0i32..20_000) {
        let date = day("2000-01-01").checked_add(jiff::Span::new().days(days)).unwrap();
        for period in [Period::Month, Period::Quarter, Period::HalfYear, Period::Year] {
            let span = period.containing(date);
            prop_assert!(span.opens_on <= date && date <= span.closes_on);
            let next = period.after(&span);
            prop_assert_eq!(span.closes_on.tomorrow().unwrap(), next.opens_on);
            prop_assert_eq!(period.nth(span.year, span.index), span);
        }
    }

    #[test]
    fn a_duty_without_entries_is_never_met(days in 0i32..4_000) {
        let library = &*LIBRARY;
        let today = day("2020-01-01").checked_add(jiff::Span::new().days(days)).unwrap();
        for control in library.controls.values() {
            if let Some(rule) = &control.duty {
                let (calendar, from) = (&library.calendar, day("2019-11-11"));
                let values = control.values([]);
                let found = judge(rule, calendar, &values, Books::default(), from, noon(today));
                prop_assert!(!matches!(found.status, Status::Met | Status::NotApplicable));
            }
        }
    }
}
