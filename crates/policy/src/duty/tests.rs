//! Duties: periods, last days, and the fixtures of every duty in the pack.

use std::{collections::BTreeMap, sync::LazyLock};

use jiff::civil::Date;
use proptest::prelude::*;

use super::*;
use crate::{
    Library,
    calendar::MonthDay,
    control::Value,
    fixture::{self, Case},
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
        period,
        due,
        results: Vec::new(),
    }
}

fn month_day(text: &str) -> MonthDay {
    MonthDay::try_from(text.to_owned()).unwrap()
}

fn due_days(rule: &DutyRule, from: &str, today: &str) -> Vec<String> {
    let library = &*LIBRARY;
    instances(rule, &library.calendar, day(from), day(today))
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
    let working = rule(Period::Quarter, Due::After(Count::WorkingDays(5)));
    assert_eq!(
        due_days(&working, "2026-07-01", "2026-07-01"),
        ["2026-Q3 2026-10-07"]
    );
    // The fifth day of January 2026 is a Monday; the third, a Saturday, moves there.
    let days = rule(Period::Year, Due::After(Count::Days(3)));
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
    assert_eq!(held.duty.due, Due::After(Count::WorkingDays(5)));
    assert!(MonthDay::try_from("02-30".to_owned()).is_err());
    assert!(MonthDay::try_from("13-01".to_owned()).is_err());
}

#[test]
fn a_last_day_that_cannot_be_computed_says_so() {
    let library = &*LIBRARY;
    // The Tết of 2029 is on 13 February and nothing is announced.
    let rule = rule(Period::Month, Due::After(Count::WorkingDays(7)));
    let all = instances(
        &rule,
        &library.calendar,
        day("2029-01-01"),
        day("2029-01-31"),
    );
    let gap = all[0].due.as_ref().unwrap_err();
    assert_eq!(
        (gap.year, gap.holiday.vi.as_str()),
        (2029, "Tết Nguyên đán")
    );
    let open = judge(
        &rule,
        &library.calendar,
        &[],
        day("2029-01-01"),
        day("2029-01-31"),
    );
    assert_eq!(open.status, Status::Pending);
    let over = judge(
        &rule,
        &library.calendar,
        &[],
        day("2029-01-01"),
        day("2029-02-01"),
    );
    assert_eq!((over.status, over.reason), (Status::Error, "uncertain"));
}

#[test]
fn the_next_day_on_which_a_verdict_changes_by_itself_is_known() {
    let library = &*LIBRARY;
    let rule = rule(Period::Quarter, Due::EndOfPeriod);
    let found = judge(
        &rule,
        &library.calendar,
        &[],
        day("2026-10-01"),
        day("2026-11-20"),
    );
    assert_eq!(found.next_change, Some(day("2027-01-01")));
    assert_eq!(found.status, Status::Pending);
    let passed = judge(
        &rule,
        &library.calendar,
        &[],
        day("2026-10-01"),
        day("2027-01-01"),
    );
    assert_eq!(passed.status, Status::Breached);
}

#[test]
fn the_duties_of_the_pack_do_what_their_fixtures_say() {
    let library = &*LIBRARY;
    let mut judged = 0;
    for (_, fixture) in fixture::all(&Embedded).unwrap() {
        let Some(rule) = &library.controls[&fixture.control].duty else {
            continue;
        };
        for case in &fixture.cases {
            for (unit, expected) in &case.expect {
                let found = judge(
                    rule,
                    &library.calendar,
                    &entries(case, unit, &rule.register),
                    case.kept_from.unwrap(),
                    case.today(),
                );
                assert_eq!(
                    found.status, *expected,
                    "{}: {}",
                    fixture.control, case.name
                );
                if let Some(reason) = case.reasons.get(unit) {
                    assert_eq!(found.reason, reason, "{}: {}", fixture.control, case.name);
                }
                judged += 1;
            }
        }
    }
    assert!(judged >= 20, "only {judged} duties have fixtures");
}

fn entries(case: &Case, unit: &str, register: &str) -> Vec<Fulfilment> {
    let text = |row: &BTreeMap<String, Option<Value>>, column: &str| {
        row.get(column)
            .cloned()
            .flatten()
            .map(|value| value.to_string())
    };
    case.facts
        .get("fact_entry")
        .into_iter()
        .flatten()
        .filter(|row| text(row, "unit").as_deref() == Some(unit))
        .filter(|row| text(row, "register").as_deref() == Some(register))
        .map(|row| Fulfilment {
            period: text(row, "period"),
            occurred_on: text(row, "occurred_on").map(|d| day(&d)),
            recorded_on: None,
            result: text(row, "result"),
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
                let found = judge(rule, &library.calendar, &[], day("2019-11-11"), today);
                prop_assert!(matches!(found.status, Status::Pending | Status::Breached));
            }
        }
    }
}
