//! Working days of the shipped calendar.

use std::sync::LazyLock;

use jiff::civil::{Date, Weekday};
use proptest::prelude::*;

use super::*;
use crate::{Library, source::Embedded};

static VIETNAM: LazyLock<Calendar> = LazyLock::new(|| Library::load(&Embedded).unwrap().calendar);

fn vietnam() -> &'static Calendar {
    &VIETNAM
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn is_rest(calendar: &Calendar, text: &str) -> bool {
    matches!(calendar.day(day(text)), Day::Rest { .. })
}

#[test]
fn the_year_2026() {
    let calendar = vietnam();
    for rest in [
        "2026-01-01",
        "2026-01-02",
        "2026-02-16",
        "2026-02-20",
        "2026-04-26",
        "2026-04-27",
        "2026-04-30",
        "2026-05-01",
        "2026-08-31",
        "2026-09-01",
        "2026-09-02",
        "2026-11-24",
        "2026-11-21",
    ] {
        assert!(is_rest(calendar, rest), "{rest}");
    }
    for work in [
        "2026-01-10",
        "2026-02-13",
        "2026-02-23",
        "2026-04-28",
        "2026-09-03",
        "2026-11-23",
        "2025-11-24",
    ] {
        assert_eq!(calendar.day(day(work)).is_working(), Ok(true), "{work}");
    }
    // The swap of 23 and 28 November was only proposed.
    assert!(is_rest(calendar, "2026-11-28"));
}

#[test]
fn a_holiday_on_a_weekend_is_made_up_for_on_the_next_free_day() {
    let calendar = vietnam();
    // 2023: Giỗ Tổ on Saturday 29 April, 30 April a Sunday, 1 May a Monday.
    for rest in ["2023-05-01", "2023-05-02", "2023-05-03"] {
        assert!(is_rest(calendar, rest), "{rest}");
    }
    assert_eq!(calendar.day(day("2023-05-04")).is_working(), Ok(true));
    // 1 January 2028 is a Saturday.
    assert!(is_rest(calendar, "2028-01-03"));
}

#[test]
fn counting_leaps_over_tet() {
    let calendar = vietnam();
    // Friday 13 February 2026, then nine days off.
    assert_eq!(
        calendar.after(day("2026-02-13"), 1).unwrap().day,
        day("2026-02-23")
    );
    assert_eq!(
        calendar.before(day("2026-02-23"), 1).unwrap().day,
        day("2026-02-13")
    );
    assert_eq!(
        calendar.on_or_after(day("2026-02-14")).unwrap().day,
        day("2026-02-23")
    );
    assert_eq!(calendar.count(day("2026-02-13"), day("2026-02-24")), Ok(2));
}

#[test]
fn at_least_five_working_days_before() {
    // Cà Mau 31/2019, Article 9.2: works on Friday 27 November; the 24th is a holiday.
    let last = vietnam().before(day("2026-11-27"), 5).unwrap();
    assert_eq!(last.day, day("2026-11-19"));
    assert_eq!(
        last.doubts.len(),
        1,
        "the holiday of 24 November is not confirmed: {:?}",
        last.doubts
    );
}

#[test]
fn a_worked_saturday_counts() {
    // 9 January 2026 is a Friday; Saturday the 10th was worked in place of the 2nd.
    assert_eq!(
        vietnam().after(day("2026-01-09"), 1).unwrap().day,
        day("2026-01-10")
    );
}

#[test]
fn a_gap_in_the_data_is_told() {
    let calendar = vietnam();
    // Tết 2027 is on 6 February; the days off of that year are not entered.
    let gap = calendar.after(day("2027-01-29"), 3).unwrap_err();
    assert_eq!((gap.year, gap.day), (2027, day("2027-02-01")));
    assert!(gap.to_string().contains("2027"), "{gap}");
    assert!(calendar.after(day("2027-03-01"), 5).is_ok());
    // National Day of 2027: 1 or 3 September.
    assert!(calendar.after(day("2027-08-31"), 1).is_err());
}

#[test]
fn a_week_without_working_days_is_refused() {
    let empty = "days: []\ncertainty: text\nsource: x";
    assert!(serde_saphyr::from_str::<workday::Week>(empty).is_err());
}

proptest! {
    #[test]
    fn counting_forwards_and_back_agree(offset in 0i32..300, count in 1u32..25) {
        let calendar = vietnam();
        let from = day("2026-01-01").checked_add(jiff::Span::new().days(offset)).unwrap();
        if let Ok(to) = calendar.after(from, count) {
            prop_assert_eq!(calendar.count(from, to.day), Ok(count));
            prop_assert_eq!(calendar.day(to.day).is_working(), Ok(true));
            let back = calendar.before(to.day, count).unwrap().day;
            prop_assert_eq!(calendar.count(back, to.day), Ok(count));
            prop_assert!(back <= from || !calendar.day(from).is_working().unwrap());
        }
    }

    #[test]
    fn more_days_never_end_sooner(offset in 0i32..300, count in 1u32..20) {
        let calendar = vietnam();
        let from = day("2026-01-01").checked_add(jiff::Span::new().days(offset)).unwrap();
        if let (Ok(less), Ok(more)) = (calendar.after(from, count), calendar.after(from, count + 1)) {
            prop_assert!(less.day < more.day);
            prop_assert!(less.day >= from);
        }
    }

    #[test]
    fn every_month_day_that_is_read_is_written_alike(month in 1u8..=12, of in 1u8..=28) {
        let text = format!("{month:02}-{of:02}");
        prop_assert_eq!(String::from(MonthDay::try_from(text.clone()).unwrap()), text);
    }
}

/// Days of the Python package `holidays`: off, or a rest day worked.
fn theirs(kind: &str) -> std::collections::BTreeSet<Date> {
    let lines = include_str!("compared/holidays-0.109.txt").lines();
    let rows = lines.filter(|l| !l.starts_with('#')).map(|l| {
        let mut words = l.split(' ');
        (day(words.next().unwrap()), words.next().unwrap())
    });
    rows.filter(|(_, k)| *k == kind).map(|(d, _)| d).collect()
}

/// Every day from 2015 to 2027 beside the Python package `holidays`: where the two differ
/// without ours saying that it is not known, the file of differences says why.
#[test]
fn every_difference_to_another_calendar_is_explained() {
    let calendar = vietnam();
    let (off, work) = (theirs("off"), theirs("work"));
    assert!(off.len() > 150 && work.len() > 5);
    let mut found = std::collections::BTreeSet::new();
    let mut date = day("2015-01-01");
    while date < day("2028-01-01") {
        let weekday = !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        let their_work = weekday && !off.contains(&date) || work.contains(&date);
        match calendar.day(date).is_working() {
            Ok(true) if !their_work => found.insert(format!("{date} ours works")),
            Ok(false) if their_work => found.insert(format!("{date} ours rests")),
            // What is not announced says so, and only around the holidays that are.
            Err(gap) => {
                assert!(![2025, 2026].contains(&date.year()), "{gap}");
                false
            }
            Ok(_) => false,
        };
        date = date.tomorrow().unwrap();
    }
    let lines = include_str!("compared/differences.txt").lines();
    let explained: std::collections::BTreeSet<String> = lines
        .filter(|l| !l.starts_with('#'))
        .map(|l| {
            let (what, why) = l.split_once(": ").unwrap();
            assert!(why.len() > 20, "{l}");
            what.to_owned()
        })
        .collect();
    assert_eq!(found, explained);
}

#[test]
fn days_worked_instead_are_worked_and_a_year_without_an_announcement_says_so() {
    let calendar = vietnam();
    for worked in ["2025-04-26", "2026-01-10", "2026-08-22"] {
        assert_eq!(calendar.day(day(worked)).is_working(), Ok(true), "{worked}");
    }
    for off in [
        "2025-01-27",
        "2025-05-02",
        "2025-09-01",
        "2026-08-31",
        "2026-11-24",
    ] {
        assert!(is_rest(calendar, off), "{off}");
    }
    // From Friday 21 August: Saturday the 22nd is worked.
    let found = calendar.after(day("2026-08-20"), 2).unwrap();
    assert_eq!((found.day, found.doubts.len()), (day("2026-08-22"), 0));
    let gap = calendar.after(day("2027-01-29"), 3).unwrap_err();
    assert_eq!(gap.year, 2027);
}
