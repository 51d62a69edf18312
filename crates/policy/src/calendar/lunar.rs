//! The Vietnamese lunisolar calendar.
//!
//! Months begin on the day of the astronomical new moon as seen at the meridian
//! of Vietnam (UTC+7); the month that holds the winter solstice is the eleventh;
//! a year of thirteen months repeats the first month after it without a principal
//! term. The method is the one Hồ Ngọc Đức describes ("Computing the Vietnamese
//! lunar calendar"), with the truncated series of Meeus, *Astronomical
//! Algorithms* (1998): new moons to a few minutes, the sun's longitude to 0.01°.
//! China counts at UTC+8, which is why Tết differed in 1985 and 2007 and will in 2030.

use jiff::{ToSpan, civil::Date};

/// Offset of the meridian at which days are counted, in days: UTC+7.
const ZONE: f64 = 7.0 / 24.0;
/// Julian day number of 1970-01-01 (its noon).
const UNIX_EPOCH: i64 = 2_440_588;
/// Mean length of a lunation, days.
const LUNATION: f64 = 29.530_588_853;
/// Julian date of the mean new moon numbered 0, of January 1900.
const FIRST_NEW_MOON: f64 = 2_415_021.076_998_695;

/// A date of the lunar calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LunarDate {
    /// The year in which its first month lies.
    pub year: i16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 30.
    pub day: u8,
    /// Whether the month is the leap one (nhuận).
    pub leap: bool,
}

/// The civil date of a day of an ordinary (not leap) lunar month.
///
/// `None` when the month has no such day or the year is out of range.
pub fn civil_date(year: i16, month: u8, day: u8) -> Option<Date> {
    let start = month_start(year, month)?;
    let date = from_julian(start + i64::from(day) - 1)?;
    (lunar_date(date)?
        == LunarDate {
            year,
            month,
            day,
            leap: false,
        })
    .then_some(date)
}

/// The lunar date of a civil date.
pub fn lunar_date(date: Date) -> Option<LunarDate> {
    let today = julian(date);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a count of months since 1900 is small"
    )]
    let mut k = ((today as f64 - FIRST_NEW_MOON) / LUNATION).floor() as i64 + 1;
    while new_moon(k) > today {
        k -= 1;
    }
    let start = new_moon(k);
    let mut year = date.year();
    let mut winter = eleventh_month(year)?;
    if winter > start {
        winter = eleventh_month(year - 1)?;
    } else {
        year += 1;
    }
    let next_winter = eleventh_month(year)?;
    let mut offset = months_between(winter, start);
    let mut leap = false;
    if months_between(winter, next_winter) == 13 {
        let extra = leap_offset(winter);
        if offset >= extra {
            leap = offset == extra;
            offset -= 1;
        }
    }
    let month = u8::try_from((offset + 10) % 12 + 1).ok()?;
    // Months 11 and 12 stand before the year's first month.
    let lunar_year = if month >= 11 && offset < 4 {
        year - 1
    } else {
        year
    };
    Some(LunarDate {
        year: lunar_year,
        month,
        day: u8::try_from(today - start + 1).ok()?,
        leap,
    })
}

/// Julian day of the first day of an ordinary lunar month.
fn month_start(year: i16, month: u8) -> Option<i64> {
    if !(1..=12).contains(&month) {
        return None;
    }
    // Months 1 to 10 follow the winter solstice of the year before; 11 and 12 that of the year.
    let winter = eleventh_month(if month >= 11 { year } else { year - 1 })?;
    let next_winter = eleventh_month(if month >= 11 { year + 1 } else { year })?;
    let mut offset = (i64::from(month) + 1) % 12;
    if months_between(winter, next_winter) == 13 && offset >= leap_offset(winter) {
        offset += 1;
    }
    let k = lunation_at(winter);
    Some(new_moon(k + offset))
}

/// Julian day on which the eleventh month, which holds the winter solstice, begins.
fn eleventh_month(year: i16) -> Option<i64> {
    let end = julian(Date::new(year, 12, 31).ok()?);
    let mut k = lunation_at(end);
    // 270° is sector 9 of 12.
    if sun_sector(new_moon(k)) >= 9 {
        k -= 1;
    }
    Some(new_moon(k))
}

/// How many months after the eleventh the leap month stands, in a year of thirteen.
fn leap_offset(winter: i64) -> i64 {
    let k = lunation_at(winter);
    let mut sector = sun_sector(new_moon(k + 1));
    for offset in 1..14 {
        let next = sun_sector(new_moon(k + offset + 1));
        // No principal term within the month: the sun stays in its sector.
        if next == sector {
            return offset;
        }
        sector = next;
    }
    14
}

/// The lunation that begins on or just before a Julian day which is near its start or later.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a count of months since 1900 is small"
)]
fn lunation_at(day: i64) -> i64 {
    let mut k = ((day as f64 - FIRST_NEW_MOON) / LUNATION).floor() as i64 + 1;
    while new_moon(k) > day {
        k -= 1;
    }
    k
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a count of months is small"
)]
fn months_between(from: i64, to: i64) -> i64 {
    ((to - from) as f64 / LUNATION).round() as i64
}

/// Julian day, at UTC+7, of the `k`th new moon after that of January 1900.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a Julian day is far below 2^53"
)]
fn new_moon(k: i64) -> i64 {
    let k = k as f64;
    let t = k / 1236.85; // Julian centuries from 1900 January 0.5
    let (t2, t3) = (t * t, t * t * t);
    let mean = 2_415_020.759_33 + 29.530_588_68 * k + 0.000_117_8 * t2 - 0.000_000_155 * t3
        + 0.000_33 * sin(166.56 + 132.87 * t - 0.009_173 * t2);
    // Mean anomaly of the sun, of the moon, and the moon's argument of latitude.
    let sun = 359.2242 + 29.105_356_08 * k - 0.000_033_3 * t2 - 0.000_003_47 * t3;
    let moon = 306.0253 + 385.816_918_06 * k + 0.010_730_6 * t2 + 0.000_012_36 * t3;
    let node = 21.2964 + 390.670_506_46 * k - 0.001_652_8 * t2 - 0.000_002_39 * t3;
    let correction = (0.1734 - 0.000_393 * t) * sin(sun) + 0.0021 * sin(2.0 * sun)
        - 0.4068 * sin(moon)
        + 0.0161 * sin(2.0 * moon)
        - 0.0004 * sin(3.0 * moon)
        + 0.0104 * sin(2.0 * node)
        - 0.0051 * sin(sun + moon)
        - 0.0074 * sin(sun - moon)
        + 0.0004 * sin(2.0 * node + sun)
        - 0.0004 * sin(2.0 * node - sun)
        - 0.0006 * sin(2.0 * node + moon)
        + 0.0010 * sin(2.0 * node - moon)
        + 0.0005 * sin(2.0 * moon + sun);
    // Dynamical time runs ahead of clock time; after 1900 by this fit.
    let delta = -0.000_278 + 0.000_265 * t + 0.000_262 * t2;
    (mean + correction - delta + 0.5 + ZONE).floor() as i64
}

/// The twelfth of the ecliptic, 0 to 11, in which the sun stands as the day begins at UTC+7.
#[expect(clippy::cast_possible_truncation, reason = "0 to 11")]
fn sun_sector(day: i64) -> i64 {
    // Julian centuries from 2000 January 1.5, at local midnight.
    let t = (day as f64 - 0.5 - ZONE - 2_451_545.0) / 36_525.0;
    let t2 = t * t;
    let mean = 280.466_45 + 36_000.769_83 * t + 0.000_303_2 * t2;
    let anomaly = 357.529_10 + 35_999.050_30 * t - 0.000_155_9 * t2 - 0.000_000_48 * t * t2;
    let centre = (1.914_600 - 0.004_817 * t - 0.000_014 * t2) * sin(anomaly)
        + (0.019_993 - 0.000_101 * t) * sin(2.0 * anomaly)
        + 0.000_290 * sin(3.0 * anomaly);
    // Nutation and aberration bring the geometric longitude to the apparent one.
    let apparent = mean + centre - 0.005_69 - 0.004_78 * sin(125.04 - 1934.136 * t);
    (apparent.rem_euclid(360.0) / 30.0).floor() as i64
}

fn sin(degrees: f64) -> f64 {
    degrees.to_radians().sin()
}

fn julian(date: Date) -> i64 {
    let epoch = Date::constant(1970, 1, 1);
    i64::from((date - epoch).get_days()) + UNIX_EPOCH
}

fn from_julian(day: i64) -> Option<Date> {
    Date::constant(1970, 1, 1)
        .checked_add((day - UNIX_EPOCH).days())
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Day 1 of Tết, 2015–2050, as the printed calendars give it.
    const TET: [&str; 36] = [
        "2015-02-19",
        "2016-02-08",
        "2017-01-28",
        "2018-02-16",
        "2019-02-05",
        "2020-01-25",
        "2021-02-12",
        "2022-02-01",
        "2023-01-22",
        "2024-02-10",
        "2025-01-29",
        "2026-02-17",
        "2027-02-06",
        "2028-01-26",
        "2029-02-13",
        "2030-02-02",
        "2031-01-23",
        "2032-02-11",
        "2033-01-31",
        "2034-02-19",
        "2035-02-08",
        "2036-01-28",
        "2037-02-15",
        "2038-02-04",
        "2039-01-24",
        "2040-02-12",
        "2041-02-01",
        "2042-01-22",
        "2043-02-10",
        "2044-01-30",
        "2045-02-17",
        "2046-02-06",
        "2047-01-26",
        "2048-02-14",
        "2049-02-02",
        "2050-01-23",
    ];

    #[test]
    fn tet_falls_where_the_printed_calendars_put_it() {
        for expected in TET {
            let date: Date = expected.parse().unwrap();
            assert_eq!(civil_date(date.year(), 1, 1), Some(date));
        }
    }

    #[test]
    fn years_in_which_vietnam_and_china_differ() {
        // China: 20 February 1985, 18 February 2007, 3 February 2030.
        for (year, tet) in [
            (1985, "1985-01-21"),
            (2007, "2007-02-17"),
            (2030, "2030-02-02"),
        ] {
            assert_eq!(civil_date(year, 1, 1), Some(tet.parse().unwrap()), "{year}");
        }
    }

    #[test]
    fn hung_kings_day_of_the_coming_years() {
        for date in [
            "2026-04-26",
            "2027-04-16",
            "2028-04-04",
            "2029-04-23",
            "2030-04-12",
        ] {
            let date: Date = date.parse().unwrap();
            assert_eq!(civil_date(date.year(), 3, 10), Some(date));
        }
    }

    #[test]
    fn leap_months_are_told_apart() {
        // 2023 had a leap second month, 2025 a leap sixth, 2028 will have a leap fifth.
        for (date, month) in [("2023-04-01", 2), ("2025-08-01", 6), ("2028-07-01", 5)] {
            let lunar = lunar_date(date.parse().unwrap()).unwrap();
            assert_eq!((lunar.month, lunar.leap), (month, true), "{date}");
        }
    }

    #[test]
    fn months_have_29_or_30_days_and_dates_come_back() {
        let mut date: Date = "1990-01-01".parse().unwrap();
        let mut before = lunar_date(date).unwrap();
        let end: Date = "2060-01-01".parse().unwrap();
        while date < end {
            date = date.tomorrow().unwrap();
            let lunar = lunar_date(date).unwrap();
            if lunar.day == 1 {
                assert!((29..=30).contains(&before.day), "{date}");
                assert!(
                    lunar.leap || lunar.month == before.month % 12 + 1,
                    "{date} {lunar:?} {before:?}"
                );
                assert_eq!(
                    lunar.month == 1 && !lunar.leap,
                    lunar.year > before.year,
                    "{date}"
                );
            } else {
                assert_eq!(lunar.day, before.day + 1, "{date}");
            }
            if !lunar.leap {
                assert_eq!(civil_date(lunar.year, lunar.month, lunar.day), Some(date));
            }
            before = lunar;
        }
    }
}
