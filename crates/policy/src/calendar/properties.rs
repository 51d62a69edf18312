//! What holds of working days whatever is announced: 2015 to 2050, with lunar holidays,
//! holidays on weekends, swap days, and ranges that span Tết.

use std::{collections::BTreeSet, sync::LazyLock};

use domain::label::Label;
use jiff::{
    Span,
    civil::{Date, Weekday},
};
use proptest::prelude::*;

use super::*;
use crate::{
    Library, lint,
    source::{Embedded, Source as _},
};

static SHIPPED: LazyLock<Calendar> = LazyLock::new(|| Library::load(&Embedded).unwrap().calendar);

const FIRST: i16 = 2015;
const LAST: i16 = 2050;

fn shifted(date: Date, days: i32) -> Date {
    date.checked_add(Span::new().days(days)).unwrap()
}

fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

fn announced(from: Date, to: Date) -> Announced {
    Announced {
        from,
        to: Some(to),
        why: Label::new("công bố", "announced"),
        certainty: Certainty::Press,
        source: "a test".into(),
    }
}

fn tet(year: i16) -> Date {
    lunar::civil_date(year, 1, 1).unwrap()
}

/// What a government might decide for a year.
#[derive(Clone, Copy, Debug)]
struct Decision {
    /// Days off before Tết's first day.
    before_tet: i32,
    /// Whether National Day's second day comes before it.
    national_day_before: bool,
    /// A week whose Friday is swapped with the Saturday of the week after it.
    swapped_week: Option<i32>,
}

fn decision() -> impl Strategy<Value = Decision> {
    (1..=2, any::<bool>(), prop::option::of(10..20)).prop_map(
        |(before_tet, national_day_before, swapped_week)| Decision {
            before_tet,
            national_day_before,
            swapped_week,
        },
    )
}

/// The Friday that is off and the Saturday that is worked for it; both between Tết and the
/// holidays of spring, or none.
fn swap(year: i16, decision: Decision) -> Option<(Date, Date)> {
    let first = Date::new(year, 6, 1).unwrap();
    let into = decision.swapped_week? * 7 - 70;
    let friday = (0..7)
        .map(|d| shifted(first, into + d))
        .find(|d| d.weekday() == Weekday::Friday)?;
    Some((friday, shifted(friday, 8)))
}

/// The shipped rules with every year announced in this way.
fn calendar(decision: Decision) -> Calendar {
    let mut calendar = fresh();
    calendar.years = (FIRST..=LAST)
        .map(|year| {
            let first = tet(year);
            let from = shifted(first, -decision.before_tet);
            let national = Date::new(year, 9, 2).unwrap();
            let beside = shifted(national, if decision.national_day_before { -1 } else { 1 });
            let mut rest = vec![
                announced(from, shifted(from, 6)),
                announced(national.min(beside), national.max(beside)),
            ];
            let mut work = Vec::new();
            if let Some((off, on)) = swap(year, decision) {
                rest.push(announced(off, off));
                work.push(announced(on, on));
            }
            let names = vec!["tet".to_owned(), "national-day".to_owned()];
            let year_of = Year {
                announced: names,
                rest,
                work,
            };
            (year, year_of)
        })
        .collect();
    calendar
}

/// The shipped calendar without what was computed of it.
fn fresh() -> Calendar {
    let files = Embedded.files().unwrap();
    let path = "calendar/vietnam.yaml";
    let file = files.iter().find(|f| f.path == path).unwrap();
    let mut calendar: Calendar = lint::read_yaml(path, &file.bytes).unwrap();
    calendar.years.clear();
    calendar
}

fn works(calendar: &Calendar, date: Date) -> bool {
    calendar.day(date).is_working().unwrap()
}

/// The public holidays with a fixed rule: those that are made up for.
fn fixed(year: i16) -> BTreeSet<Date> {
    let mut days: BTreeSet<Date> = [(1, 1), (4, 30), (5, 1)]
        .into_iter()
        .map(|(month, day)| Date::new(year, month, day).unwrap())
        .collect();
    days.insert(lunar::civil_date(year, 3, 10).unwrap());
    if year >= 2026 {
        days.insert(Date::new(year, 11, 24).unwrap());
    }
    days
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_holiday_on_a_weekend_costs_nobody_a_day_off(decision in decision(), year in FIRST..=LAST) {
        let calendar = calendar(decision);
        let (tet, national) = (tet(year), Date::new(year, 9, 2).unwrap());
        let swapped = swap(year, decision);
        let first = Date::new(year, 1, 1).unwrap();
        let off = (0..366)
            .map(|d| shifted(first, d))
            .filter(|d| d.year() == year && !is_weekend(*d) && !works(&calendar, *d))
            .filter(|d| (*d - tet).get_days().abs() > 9 && (*d - national).get_days().abs() > 3)
            .filter(|d| swapped.is_none_or(|(off, _)| off != *d))
            .count();
        prop_assert_eq!(off, fixed(year).len(), "weekdays off in {}", year);
    }

    #[test]
    fn tet_and_hung_kings_day_are_never_worked(decision in decision(), year in FIRST..=LAST) {
        let calendar = calendar(decision);
        for day in 0..4 {
            prop_assert!(!works(&calendar, shifted(tet(year), day)));
        }
        prop_assert!(!works(&calendar, lunar::civil_date(year, 3, 10).unwrap()));
    }

    #[test]
    fn counting_is_what_counting_one_by_one_gives(
        decision in decision(),
        year in FIRST..LAST,
        into in 0i32..366,
        count in 1u32..40,
    ) {
        let calendar = calendar(decision);
        let from = shifted(Date::new(year, 1, 1).unwrap(), into);
        let mut expected = from;
        let mut left = count;
        while left > 0 {
            expected = shifted(expected, 1);
            left -= u32::from(works(&calendar, expected));
        }
        let last = calendar.after(from, count).unwrap().day;
        prop_assert_eq!(last, expected);
        prop_assert_eq!(calendar.count(from, last), Ok(count));
        // The day before the last one is too early, and back from the day after the last
        // one, as many working days lead behind the beginning.
        prop_assert_eq!(calendar.count(from, shifted(last, -1)), Ok(count - 1));
        let back = calendar.before(shifted(last, 1), count).unwrap().day;
        prop_assert!(back > from && works(&calendar, back));
        prop_assert_eq!(calendar.count(from, shifted(back, -1)), Ok(0));
    }

    #[test]
    fn a_swap_moves_a_day_and_takes_none(
        decision in decision(),
        year in FIRST..=LAST,
        week in 10i32..20,
    ) {
        let without = calendar(Decision { swapped_week: None, ..decision });
        let with = calendar(Decision { swapped_week: Some(week), ..decision });
        let (off, on) = swap(year, Decision { swapped_week: Some(week), ..decision }).unwrap();
        // A Friday that is a holiday anyway has nothing to be swapped.
        prop_assume!(works(&without, off));
        prop_assert!(!works(&with, off) && works(&with, on));
        let (from, to) = (shifted(off, -20), shifted(on, 20));
        prop_assert_eq!(with.count(from, to), without.count(from, to));
        prop_assert_eq!(with.after(shifted(on, -1), 1).unwrap().day, on);
    }

    #[test]
    fn a_range_that_spans_tet_leaps_over_its_days_off(
        decision in decision(),
        year in FIRST..=LAST,
        lead in 1i32..6,
        count in 1u32..15,
    ) {
        let calendar = calendar(decision);
        let begins = shifted(tet(year), -decision.before_tet);
        let ends = shifted(begins, 6);
        let from = shifted(begins, -lead);
        let after = calendar.after(from, count).unwrap().day;
        let before = calendar.before(shifted(ends, lead), count).unwrap().day;
        for day in [after, before] {
            prop_assert!(day < begins || ends < day, "{} lies in Tết", day);
        }
        let weekdays = |from: Date, to: Date| {
            let days = (to - from).get_days();
            (1..=days).filter(|d| !is_weekend(shifted(from, *d))).count()
        };
        let across = calendar.count(from, shifted(ends, lead)).unwrap();
        let off = weekdays(shifted(begins, -1), ends);
        let all = weekdays(from, shifted(ends, lead));
        prop_assert!(off >= 5 && across as usize <= all - off);
    }

    #[test]
    fn what_is_not_announced_is_never_guessed(decision in decision(), year in FIRST..=LAST, lead in 1i32..9) {
        let mut calendar = calendar(decision);
        calendar.years.remove(&year);
        // Over Tết's window, from the week before it.
        let from = shifted(tet(year), -6 - lead);
        let gap = calendar.after(from, 30).unwrap_err();
        prop_assert_eq!(gap.year, year);
        prop_assert!(!is_weekend(gap.day));
        prop_assert!((gap.day - tet(year)).get_days().abs() <= 9);
        prop_assert!(calendar.before(shifted(tet(year), 10 + lead), 30).is_err());
        prop_assert!(calendar.count(from, shifted(from, 40)).is_err());
        // Far from there nothing is missing.
        prop_assert!(calendar.after(Date::new(year, 6, 1).unwrap(), 20).is_ok());
    }
}

#[test]
fn the_shipped_calendar_knows_2026_and_says_what_it_lacks() {
    for into in 0..365 {
        let date = shifted(Date::new(2026, 1, 1).unwrap(), into);
        assert!(SHIPPED.day(date).is_working().is_ok(), "{date}");
    }
    for year in 2027..=LAST {
        let gap = SHIPPED.after(shifted(tet(year), -8), 20).unwrap_err();
        assert_eq!(
            (gap.year, gap.holiday.vi.as_str()),
            (year, "Tết Nguyên đán")
        );
    }
}
