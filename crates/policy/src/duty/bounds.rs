//! When a duty binds, and what was due before that.

use std::collections::BTreeMap;

use super::{
    kinds::{LIBRARY, at, day, entry, rule},
    *,
};
use crate::verdict::Status;

#[test]
fn what_was_due_before_it_was_entered_is_not_missed() {
    let rule = rule("{register: r, period: year, due: {before: [\"12-01\"]}}");
    let says = |entered: &str, entries: &[Entry], now: &str| {
        let bound = Bound {
            entered: day(entered),
            ..day("2025-01-01").into()
        };
        let entries: Vec<&Entry> = entries.iter().collect();
        let books = Books {
            events: &[],
            entries: &entries,
            perhaps: &[],
        };
        let none = BTreeMap::new();
        let found = judge(&rule, &LIBRARY.calendar, &none, books, bound, at(now));
        (found.status, found.reason)
    };
    // Its books begin after the day: they do not show that it did nothing.
    let pending = (Status::Pending, "pending");
    assert_eq!(says("2026-01-10", &[], "2026-01-10"), pending);
    let not_owed = (Status::NotApplicable, "not-owed");
    assert_eq!(says("2025-12-10", &[], "2025-12-31"), not_owed);
    // Nor do books that were opened a few days before it.
    assert_eq!(says("2025-11-20", &[], "2025-12-31"), not_owed);
    let missed = (Status::Breached, "missed");
    assert_eq!(says("2025-10-31", &[], "2025-12-31"), missed);
    assert_eq!(says("2026-01-10", &[], "2026-12-01"), missed);
    // What is typed of the time before counts as it was.
    let typed = |when: &str| {
        [Entry {
            period: Some("2025".into()),
            ..entry("typed", when)
        }]
    };
    let met = (Status::Met, "done");
    assert_eq!(says("2026-01-10", &typed("2025-11-05"), "2026-01-10"), met);
    let late = (Status::Breached, "late");
    assert_eq!(says("2026-01-10", &typed("2025-12-05"), "2026-01-10"), late);
}

#[test]
fn what_was_due_before_it_bound_or_after_it_ceased_is_not_owed() {
    let rule = rule("{register: r, period: year, due: {before: [\"12-01\"]}}");
    let says = |from: &str, until: Option<&str>, entries: &[Entry], now: &str| {
        let bound = Bound {
            until: until.map(day),
            ..day(from).into()
        };
        let entries: Vec<&Entry> = entries.iter().collect();
        let books = Books {
            events: &[],
            entries: &entries,
            perhaps: &[],
        };
        let none = BTreeMap::new();
        let found = judge(&rule, &LIBRARY.calendar, &none, books, bound, at(now));
        (found.status, found.reason)
    };
    let not_owed = (Status::NotApplicable, "not-owed");
    // Founded on 2 December, adopted on the 10th: the duty of 30 November is nobody's.
    assert_eq!(says("2026-12-02", None, &[], "2026-12-02"), not_owed);
    assert_eq!(says("2026-12-10", None, &[], "2026-12-31"), not_owed);
    // The next one is owed, and missed in its turn.
    let pending = (Status::Pending, "pending");
    assert_eq!(says("2026-12-02", None, &[], "2027-01-01"), pending);
    let missed = (Status::Breached, "missed");
    assert_eq!(says("2026-12-02", None, &[], "2027-12-01"), missed);
    // Bound since 30 days before the last safe day it is owed; since later it can be done, and
    // is not missed.
    assert_eq!(says("2026-10-31", None, &[], "2026-12-01"), missed);
    assert_eq!(says("2026-11-01", None, &[], "2026-11-30"), pending);
    assert_eq!(says("2026-11-01", None, &[], "2026-12-01"), not_owed);
    assert_eq!(says("2026-12-01", None, &[], "2026-12-01"), not_owed);
    // Who ends on 31 October owes nothing that is due in November.
    let ends = Some("2026-10-31");
    assert_eq!(says("2026-01-01", ends, &[], "2026-10-15"), not_owed);
    assert_eq!(says("2026-01-01", ends, &[], "2026-12-15"), not_owed);
    // What was done is done.
    let done = [Entry {
        period: Some("2026".into()),
        ..entry("done", "2026-12-05")
    }];
    let done_anyway = (Status::Met, "done");
    assert_eq!(says("2026-12-02", None, &done, "2026-12-06"), done_anyway);
    // Of whom it was owed, it came late.
    let late = (Status::Breached, "late");
    assert_eq!(says("2026-01-01", None, &done, "2026-12-06"), late);
    // As an office writes the period.
    let words = [Entry {
        period: Some("Năm 2026".into()),
        ..entry("done", "2026-11-05")
    }];
    let met = (Status::Met, "done");
    assert_eq!(says("2026-01-01", None, &words, "2026-12-06"), met);
}
