//! Every kind of time limit in the five regulations: on its last safe day, on the day
//! after, and across a holiday. The days are those of 2026, whose holidays are known: 1 and
//! 2 January, 14 to 22 February, 27 April (for Sunday the 26th), 30 April, 1 May.

use std::{collections::BTreeMap, slice::from_ref, sync::LazyLock};

use jiff::{Timestamp, civil::Date};

use super::*;
use crate::{Library, control::Value, source::Embedded, verdict::Status};

pub(super) static LIBRARY: LazyLock<Library> = LazyLock::new(|| Library::load(&Embedded).unwrap());

#[derive(serde::Deserialize)]
struct Held {
    duty: DutyRule,
}

pub(super) fn rule(yaml: &str) -> DutyRule {
    let held: Result<Held, _> = serde_saphyr::from_str(&format!("duty: {yaml}"));
    held.unwrap_or_else(|e| panic!("{yaml}: {e}")).duty
}

fn refused(yaml: &str) -> String {
    let held: Result<Held, _> = serde_saphyr::from_str(&format!("duty: {yaml}"));
    held.err()
        .unwrap_or_else(|| panic!("{yaml} was taken"))
        .to_string()
}

/// `2026-11-30`, or `2026-11-30 14:05` local.
pub(super) fn at(text: &str) -> Timestamp {
    let full = if text.len() == 10 {
        format!("{text} 12:00")
    } else {
        text.to_owned()
    };
    format!("{}:00+07:00", full.replace(' ', "T"))
        .parse()
        .unwrap()
}

pub(super) fn day(text: &str) -> Date {
    text[..10].parse().unwrap()
}

pub(super) fn entry(id: &str, when: &str) -> Entry {
    Entry {
        id: id.into(),
        unit: "u".into(),
        occurred_on: Some(day(when)),
        recorded_at: Some(at(when)),
        ..Entry::default()
    }
}

/// What is judged of a duty, at a moment.
fn found(rule: &DutyRule, events: &[Entry], entries: &[Entry], now: &str) -> DutyFinding {
    let parameters = BTreeMap::from([("promptly".to_owned(), Value::Integer(24))]);
    let books = Books {
        events: &events.iter().collect::<Vec<_>>(),
        entries: &entries.iter().collect::<Vec<_>>(),
        perhaps: &[],
    };
    judge(
        rule,
        &LIBRARY.calendar,
        &parameters,
        books,
        day("2026-01-01"),
        at(now),
    )
}

/// Nothing was done: it is pending on the last safe day and breached on the day after; done
/// on the last safe day it is met, on the day after it is late, which is a breach.
#[track_caller]
fn turns(yaml: &str, event: Option<&str>, last: &str, after: &str) {
    let rule = rule(yaml);
    let events: Vec<Entry> = event.map(|when| entry("event", when)).into_iter().collect();
    let says = |entries: &[Entry], now: &str| {
        let finding = found(&rule, &events, entries, now);
        (finding.status, finding.reason)
    };
    assert_eq!(says(&[], last), (Status::Pending, "pending"), "{yaml}");
    assert_eq!(says(&[], after), (Status::Breached, "missed"), "{yaml}");
    let period = match &rule.clock {
        DutyClock::Period(period) => Some(period.containing(day(last)).label),
        DutyClock::Event(_) => None,
    };
    let done = |when: &str| {
        [Entry {
            period: period.clone(),
            ..entry("answer", when)
        }]
    };
    assert_eq!(says(&done(last), after), (Status::Met, "done"), "{yaml}");
    let late = (Status::Breached, "late");
    assert_eq!(says(&done(after), after), late, "{yaml}");
}

#[test]
fn before_a_date() {
    // Cà Mau 31/2019, Article 12.2: before 1 December, yearly.
    let yearly = "{register: r, period: year, due: {before: [\"12-01\"]}}";
    turns(yearly, None, "2026-11-30", "2026-12-01");
    // Article 12.3: before 15 June and before 15 December; 14 June 2026 is a Sunday, and a
    // date that the text gives does not move.
    let halves = "{register: r, period: half-year, due: {before: [\"06-15\", \"12-15\"]}}";
    turns(halves, None, "2026-06-14", "2026-06-15");
    // The last safe day is a public holiday, and stays.
    let may = "{register: r, period: year, due: {before: [\"05-02\"]}}";
    turns(may, None, "2026-05-01", "2026-05-02");
}

#[test]
fn by_a_date() {
    turns(
        "{register: r, period: year, due: {by: [\"12-15\"]}}",
        None,
        "2026-12-15",
        "2026-12-16",
    );
}

#[test]
fn every_month_quarter_half_year_and_year() {
    // Vĩnh Long 26/2019, Article 16.8; Thừa Thiên Huế 2711/2017, Articles 5.1.d and 5.2.b.
    let quarter = "{register: r, period: quarter, due: end-of-period}";
    turns(quarter, None, "2026-03-31", "2026-04-01");
    // Without a date: the year's last day; the day after is a holiday, and too late.
    let year = "{register: r, period: year, due: end-of-period}";
    turns(year, None, "2026-12-31", "2027-01-01");
    let half = "{register: r, period: half-year, due: end-of-period}";
    turns(half, None, "2026-06-30", "2026-07-01");
    let month = "{register: r, period: month, due: end-of-period}";
    turns(month, None, "2026-01-31", "2026-02-01");
}

#[test]
fn so_long_after_a_period() {
    // 30 April and 1 May are off, and so is the weekend behind them.
    let working = "{register: r, period: month, due: {after: {working-days: 3}}}";
    let rule = rule(working);
    let april = [Entry {
        period: Some("2026-04".into()),
        ..entry("april", "2026-05-06")
    }];
    let earlier: Vec<Entry> = ["2026-01", "2026-02", "2026-03"]
        .into_iter()
        .map(|m| Entry {
            period: Some(m.into()),
            ..entry(m, &format!("{m}-28"))
        })
        .collect();
    let last = found(&rule, &[], &earlier, "2026-05-06");
    assert_eq!(last.instances[3].1, Judged::Pending);
    let over = found(&rule, &[], &earlier, "2026-05-07");
    assert_eq!(over.instances[3].1, Judged::Missed);
    let done = found(&rule, &[], &april, "2026-05-07");
    assert_eq!(done.instances[3].1.reason(), "done");
}

#[test]
fn at_least_so_many_working_days_before() {
    // Cà Mau 31/2019, Article 9.2: five working days before works on Wednesday 6 May. Back
    // from there: 5 and 4 May, 29 and 28 April, and over Giỗ Tổ's day off to the 24th.
    let rule = rule(
        "{register: notice, event: {register: works, answered_by: subject}, due: {ahead: {working-days: 5}}}",
    );
    let works = [Entry {
        subject: Some("Nâng cấp LAN".into()),
        recorded_at: Some(at("2026-04-01")),
        ..entry("works", "2026-05-06")
    }];
    let notice = |when: &str| {
        [Entry {
            subject: Some(" nâng cấp lan ".into()),
            ..entry("notice", when)
        }]
    };
    let says = |entries: &[Entry], now: &str| {
        let finding = found(&rule, &works, entries, now);
        (finding.status, finding.reason)
    };
    assert_eq!(says(&[], "2026-04-24"), (Status::Pending, "pending"));
    assert_eq!(says(&[], "2026-04-25"), (Status::Breached, "missed"));
    assert_eq!(
        says(&notice("2026-04-24"), "2026-05-07"),
        (Status::Met, "done")
    );
    // Nothing makes up for a notice that came too late.
    let late = says(&notice("2026-04-25"), "2026-05-07");
    assert_eq!(late, (Status::Breached, "too-late"));
    // A notice about something else is none.
    let other = [entry("notice", "2026-04-01")];
    assert_eq!(says(&other, "2026-04-25"), (Status::Breached, "missed"));
}

#[test]
fn the_notice_on_the_event_s_own_entry() {
    let rule = rule(
        "{register: works, event: {register: works, at: starts_on, answered_by: entry}, done: notified_on, \
         due: {ahead: {working-days: 5}}}",
    );
    let works = |notified: Option<&str>| {
        let mut moments =
            BTreeMap::from([("starts_on".to_owned(), Moment::Day(day("2026-02-24")))]);
        if let Some(when) = notified {
            moments.insert("notified_on".to_owned(), Moment::Day(day(when)));
        }
        [Entry {
            moments,
            ..entry("works", "2026-02-02")
        }]
    };
    let says = |notified, now: &str| {
        let books = works(notified);
        found(&rule, &books, &books, now).reason
    };
    // 23 February, then over Tết: 13, 12, 11 and 10 February.
    assert_eq!(says(None, "2026-02-10"), "pending");
    assert_eq!(says(None, "2026-02-11"), "missed");
    assert_eq!(says(Some("2026-02-10"), "2026-02-24"), "done");
    assert_eq!(says(Some("2026-02-11"), "2026-02-24"), "too-late");
}

#[test]
fn a_work_that_was_told_in_time_hides_none_that_was_not() {
    // Cà Mau 31/2019, Article 9.2. The first work was never told; the second is still ahead.
    let rule = rule(
        "{register: works, event: {register: works, answered_by: entry}, done: told_on, \
         due: {ahead: {working-days: 5}}}",
    );
    let work = |on: &str, told: Option<&str>| Entry {
        recorded_at: Some(at("2026-01-05")),
        moments: told
            .map(|when| ("told_on".to_owned(), Moment::Day(day(when))))
            .into_iter()
            .collect(),
        ..entry(on, on)
    };
    let says = |works: &[Entry], now: &str| {
        let finding = found(&rule, works, works, now);
        (finding.status, finding.reason, finding.decided_by)
    };
    let ahead = work("2026-09-16", Some("2026-06-01"));
    let never = [work("2026-06-10", None), ahead.clone()];
    let too_late = [work("2026-06-10", Some("2026-06-09")), ahead.clone()];
    assert_eq!(says(&never, "2026-06-11"), (Status::Breached, "missed", 0));
    let missed = (Status::Breached, "too-late", 0);
    assert_eq!(says(&too_late, "2026-06-11"), missed);
    // Later works do not undo it; a year after, nobody looks at it any more.
    assert_eq!(says(&never, "2027-06-10").1, "missed");
    assert_eq!(says(&never, "2027-06-11"), (Status::Met, "done", 1));
    assert_eq!(says(&too_late, "2027-06-11"), (Status::Met, "done", 1));
    let alone = says(&never[..1], "2027-06-11");
    assert_eq!((alone.0, alone.1), (Status::NoData, "no-event"));
    // A work that has begun says more than one that is planned.
    let both = [work("2026-06-10", Some("2026-05-04")), ahead];
    assert_eq!(says(&both, "2026-06-11"), (Status::Met, "done", 0));
}

#[test]
fn an_answer_that_came_late_stays_late() {
    let rule = rule("{register: r, event: {register: e}, due: {after: {working-days: 2}}}");
    let events = [entry("first", "2026-06-01"), entry("second", "2026-07-01")];
    let answers = [entry("late", "2026-06-10"), entry("good", "2026-07-02")];
    let says = |now: &str| {
        let finding = found(&rule, &events, &answers, now);
        (finding.status, finding.reason, finding.decided_by)
    };
    assert_eq!(says("2026-07-10"), (Status::Breached, "late", 0));
    assert_eq!(says("2027-06-01"), (Status::Breached, "late", 0));
    assert_eq!(says("2027-06-02"), (Status::Met, "done", 1));
    // What still can be answered is a breach until it is, however old.
    let open = found(&rule, &events, &answers[..1], "2028-01-10");
    assert_eq!((open.status, open.reason), (Status::Breached, "missed"));
}

#[test]
fn an_answer_ages_with_its_event() {
    let rule = rule("{register: r, event: {register: e}, due: {after: {working-days: 2}}}");
    let (event, answer) = (entry("event", "2026-06-01"), entry("answer", "2026-06-02"));
    let says = |now: &str| {
        let finding = found(&rule, from_ref(&event), from_ref(&answer), now);
        (finding.status, finding.reason)
    };
    assert_eq!(says("2027-06-01"), (Status::Met, "done"));
    assert_eq!(says("2027-06-02"), (Status::NoData, "no-event"));
}

#[test]
fn of_an_entry_done_before_its_own_day_nobody_can_say() {
    let rule = rule(
        "{register: e, event: {register: e, answered_by: entry}, done: told_on, \
         due: {after: {working-days: 2}}}",
    );
    let says = |told: &str| {
        let event = Entry {
            moments: BTreeMap::from([("told_on".to_owned(), Moment::Day(day(told)))]),
            ..entry("event", "2026-06-08")
        };
        found(&rule, from_ref(&event), from_ref(&event), "2026-06-15").reason
    };
    assert_eq!(says("2026-06-05"), "untimed");
    assert_eq!(says("2026-06-08"), "done");
}

#[test]
fn a_refusal_is_a_breach_that_ages() {
    let rule = rule(
        "{register: e, event: {register: e, answered_by: entry}, done: told_on, refused: declined_on, \
         due: {after: {working-days: 2}}}",
    );
    let moments = [("declined_on".to_owned(), Moment::Day(day("2026-06-09")))];
    let event = Entry {
        moments: BTreeMap::from(moments),
        ..entry("event", "2026-06-08")
    };
    let says = |now: &str| found(&rule, from_ref(&event), from_ref(&event), now).reason;
    assert_eq!(says("2026-06-08"), "pending");
    assert_eq!(says("2026-06-09"), "refused");
    assert_eq!(says("2027-06-08"), "refused");
    assert_eq!(says("2027-06-09"), "no-event");
    let elsewhere = "{register: r, event: {register: e}, refused: x, due: {after: {days: 5}}}";
    assert!(refused(elsewhere).contains("answered_by: entry"));
}

#[test]
fn at_once_and_promptly_in_chosen_hours() {
    // Hậu Giang 48/2024, Articles 17.2 and 19.2.c; the parameter holds 24. Hours run
    // through 30 April, a holiday.
    let hours = "{register: r, event: {register: e}, due: {after: {hours: promptly}}}";
    turns(
        hours,
        Some("2026-04-29 10:00"),
        "2026-04-30 10:00",
        "2026-04-30 10:01",
    );
    let finding = found(
        &rule(hours),
        &[entry("event", "2026-04-29 10:00")],
        &[],
        "2026-04-29 11:00",
    );
    assert_eq!(finding.instances[0].0.due_at, Some(at("2026-04-30 10:00")));
    assert_eq!(rule(hours).parameters().collect::<Vec<_>>(), ["promptly"]);
}

#[test]
fn so_many_days_after_an_event() {
    // Five days (QĐ 05/2017, Article 11.1): the fifth is 30 April, off until Monday 4 May.
    let days = "{register: r, event: {register: e}, due: {after: {days: 5}}}";
    turns(days, Some("2026-04-25"), "2026-05-04", "2026-05-05");
    turns(days, Some("2026-06-01"), "2026-06-06", "2026-06-09");
}

#[test]
fn so_many_working_days_after_an_event() {
    // Over Tết: the 13th, then Monday the 23rd and the 24th.
    let days = "{register: r, event: {register: e}, due: {after: {working-days: 3}}}";
    turns(days, Some("2026-02-12"), "2026-02-24", "2026-02-25");
    // A worked Saturday, 10 January, counts.
    turns(days, Some("2026-01-07"), "2026-01-10", "2026-01-12");
}

#[test]
fn each_event_wants_its_own_answer() {
    let rule = rule("{register: r, event: {register: e}, due: {after: {working-days: 2}}}");
    let events = [entry("first", "2026-06-01"), entry("second", "2026-06-02")];
    let one = [entry("answer", "2026-06-02")];
    let finding = found(&rule, &events, &one, "2026-06-10");
    let reasons: Vec<_> = finding.instances.iter().map(|(_, j)| j.reason()).collect();
    assert_eq!(reasons, ["done", "missed"]);
    assert_eq!((finding.status, finding.decided_by), (Status::Breached, 1));
    // What came later does not cover up that one event was never answered.
    let events = [
        entry("first", "2026-06-01"),
        Entry {
            result: Some("minor".into()),
            ..entry("second", "2026-06-08")
        },
    ];
    let done = Entry {
        moments: BTreeMap::from([("done_on".to_owned(), Moment::Day(day("2026-06-08")))]),
        ..events[1].clone()
    };
    let own = self::rule(
        "{register: e, event: {register: e, answered_by: entry}, done: done_on, due: {after: {working-days: 2}}}",
    );
    let books = [events[0].clone(), done];
    let finding = found(&own, &books, &books, "2026-06-10");
    assert_eq!((finding.status, finding.decided_by), (Status::Breached, 0));
    // Only what starts the clock does.
    let some = self::rule(
        "{register: r, event: {register: e, results: [minor]}, due: {after: {working-days: 2}}}",
    );
    assert_eq!(found(&some, &events, &[], "2026-06-08").instances.len(), 1);
}

#[test]
fn without_an_event_there_is_no_data() {
    let rule = rule("{register: r, event: {register: e}, due: {after: {days: 5}}}");
    let finding = found(&rule, &[], &[entry("answer", "2026-06-01")], "2026-06-01");
    assert_eq!(
        (finding.status, finding.reason),
        (Status::NoData, "no-event")
    );
    // What happened before the book was kept here is not judged, and is no data either.
    let old = [entry("event", "2025-12-31")];
    assert_eq!(found(&rule, &old, &[], "2026-06-01").status, Status::NoData);
}

#[test]
fn both_sides_of_a_clock() {
    // The unit reports within two working days; who manages the network answers within five.
    let rule = rule(
        "{register: request, event: {register: fault}, due: {after: {working-days: 2}}, \
         answer: {role: so-tttt, register: guidance, answered_by: subject, due: {working-days: 5}}}",
    );
    let answering = rule.answering().unwrap();
    let report = Entry {
        subject: Some("Đứt cáp".into()),
        ..entry("report", "2026-04-24")
    };
    let answer = |when: &str| Entry {
        subject: Some("Đứt cáp".into()),
        unit: "authority".into(),
        ..entry("answer", when)
    };
    let says = |entries: &[Entry], now: &str| {
        let reports = [report.clone()];
        let finding = found(&answering, &reports, entries, now);
        (
            finding.status,
            finding.instances[0].0.event.clone().unwrap().unit,
        )
    };
    // 28 and 29 April, 4, 5 and 6 May.
    assert_eq!(says(&[], "2026-05-06"), (Status::Pending, "u".into()));
    assert_eq!(says(&[], "2026-05-07").0, Status::Breached);
    assert_eq!(says(&[answer("2026-05-06")], "2026-05-07").0, Status::Met);
    let on_the_report = self::rule(
        "{register: request, period: year, due: end-of-period, \
         answer: {role: so-tttt, done: answered_on, due: {working-days: 5}}}",
    );
    let answering = on_the_report.answering().unwrap();
    assert_eq!(answering.register, "request");
    assert_eq!(answering.event().unwrap().answered_by, Matching::Entry);
    assert_eq!(answering.event().unwrap().of, Whose::Others);
}

#[test]
fn a_limit_across_days_that_nobody_knows_says_so() {
    // Tết 2027 is not announced: the 3 working days after 28 January reach 1 February.
    let rule = rule("{register: r, event: {register: e}, due: {after: {working-days: 3}}}");
    let events = [entry("event", "2027-01-28")];
    let open = found(&rule, &events, &[], "2027-02-01");
    let gap = open.instances[0].0.due.clone().unwrap_err();
    assert_eq!((gap.year, gap.day), (2027, day("2027-02-01")));
    assert_eq!(
        open.status,
        Status::Pending,
        "no day before the gap was the last"
    );
    let over = found(&rule, &events, &[], "2027-02-02");
    assert_eq!((over.status, over.reason), (Status::Error, "uncertain"));
    let done = [entry("answer", "2027-01-29")];
    assert_eq!(
        found(&rule, &events, &done, "2027-03-01").status,
        Status::Met
    );
    // Counted back, what is entered after the gap is too late whatever is announced.
    let ahead = self::rule(
        "{register: r, event: {register: e, answered_by: subject}, due: {ahead: {working-days: 3}}}",
    );
    let named = |id: &str, when: &str| Entry {
        subject: Some("x".into()),
        recorded_at: Some(at("2027-01-04")),
        ..entry(id, when)
    };
    let events = [named("event", "2027-02-17")];
    let says = |when: &str| {
        let notice = Entry {
            recorded_at: Some(at(when)),
            ..named("n", when)
        };
        found(&ahead, &events, &[notice], "2027-03-01").reason
    };
    assert_eq!(says("2027-02-16"), "too-late");
    assert_eq!(says("2027-01-20"), "uncertain");
}

#[test]
fn what_contradicts_itself_is_refused() {
    for (yaml, word) in [
        (
            "{register: r, due: end-of-period}",
            "either a `period` or an `event`",
        ),
        (
            "{register: r, period: year, event: {register: e}, due: end-of-period}",
            "either",
        ),
        (
            "{register: r, period: year, due: {ahead: {days: 1}}}",
            "counts back from an `event`",
        ),
        (
            "{register: r, event: {register: e}, due: {after: {days: 1}}, early: true}",
            "`early` is of a `period`",
        ),
        (
            "{register: r, period: year, due: {after: {hours: 1}}}",
            "ends with a day",
        ),
        (
            "{register: r, event: {register: e}, due: end-of-period}",
            "of an event write",
        ),
        (
            "{register: r, event: {register: e}, due: {ahead: {days: 1}}}",
            "answered_by: subject",
        ),
        (
            "{register: r, event: {register: e, answered_by: entry}, due: {after: {days: 1}}}",
            "the same book twice",
        ),
        (
            "{register: r, period: year, due: end-of-period, answer: {role: x, due: {days: 1}}}",
            "an answer stands in",
        ),
    ] {
        let said = refused(yaml);
        assert!(said.contains(word), "{yaml}: {said}");
    }
}

#[test]
fn what_has_yet_to_come_starts_no_clock_unless_it_was_announced() {
    let rule = rule("{register: r, event: {register: e}, due: {after: {working-days: 3}}}");
    let typed_later = entry("event", "2026-05-12");
    let announced = Entry {
        recorded_at: Some(at("2026-05-04")),
        ..typed_later.clone()
    };
    let says = |event: &Entry, now: &str| {
        let finding = found(&rule, from_ref(event), &[], now);
        (finding.status, finding.reason)
    };
    let unknown = (Status::NoData, "no-event");
    let pending = (Status::Pending, "pending");
    assert_eq!(says(&typed_later, "2026-05-06"), unknown);
    assert_eq!(says(&announced, "2026-05-06"), pending);
    assert_eq!(says(&typed_later, "2026-05-12"), pending);
}

#[test]
fn an_entry_that_does_not_tell_how_it_stands_contradicts_a_word() {
    let rule = rule(
        "{register: e, event: {register: e, at: ended_on, answered_by: entry}, done: told_on, \
         says_done: {result: [told]}, due: {after: {working-days: 2}}}",
    );
    let event = |ended: &str, told: Option<&str>| Entry {
        result: Some("told".into()),
        moments: [("ended_on", Some(ended)), ("told_on", told)]
            .into_iter()
            .filter_map(|(name, on)| Some((name.to_owned(), Moment::Day(on?.parse().ok()?))))
            .collect(),
        ..entry("event", "2026-06-01")
    };
    let says = |event: &Entry, now: &str| {
        let found = found(&rule, from_ref(event), from_ref(event), now);
        (found.reason, found.undecided)
    };
    let untimed = event("2026-06-01", None);
    assert_eq!(says(&untimed, "2026-06-15"), ("untimed", true));
    // It can still be said: until then nobody knows, however long ago it was.
    assert_eq!(says(&untimed, "2027-06-15"), ("untimed", true));
    let still_open = event("", None);
    assert_eq!(says(&still_open, "2026-06-15"), ("no-event", true));
    let done = event("2026-06-01", Some("2026-06-02"));
    assert_eq!(says(&done, "2026-06-15"), ("done", false));
}
