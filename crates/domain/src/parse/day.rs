//! Dates as offices write them, day before month; a year is never guessed at.

use jiff::civil::Date;

use crate::{label::Label, text::fold};

/// The years that a date may have.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2200;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Months in Vietnamese words, folded; tháng giêng is the first, tháng chạp the last.
const THANG: [&[&str]; 12] = [
    &["mot", "gieng"],
    &["hai"],
    &["ba"],
    &["tu", "bon"],
    &["nam"],
    &["sau"],
    &["bay"],
    &["tam"],
    &["chin"],
    &["muoi"],
    &["muoi mot"],
    &["muoi hai", "chap"],
];

fn must() -> Label {
    Label::new(
        "Phải là ngày, ví dụ 21/11/2026",
        "Must be a date such as 21/11/2026",
    )
}

/// Day, month and year as digits, in the order in which they were meant.
struct Parts {
    day: String,
    month: String,
    year: String,
}

/// Reads a date: `2026-11-21`, `21/11/2026` (also with `-`, `.` or blanks), `ngày 21 tháng 11
/// năm 2026`, `21 November 2026`; midnight behind it is let pass.
///
/// # Errors
/// What cannot be read, has a year of two digits or one before 1900, or has the month first,
/// and what to write instead.
pub fn read(text: &str) -> Result<Date, Label> {
    let folded = fold(text);
    let day = without_time(&folded)?;
    if let Some(serial) = serial(day) {
        let date = written(serial);
        return Err(Label::new(
            format!("Chỉ là một số. Nếu đó là số ngày của Excel thì ghi {date}"),
            format!("A mere number. If it is a day as Excel counts them, write {date}"),
        ));
    }
    let parts = compact(day)
        .or_else(|| numeric(day))
        .or_else(|| in_words(day))
        .ok_or_else(must)?;
    date_of(&parts)
}

fn date_of(parts: &Parts) -> Result<Date, Label> {
    let (Ok(day), Ok(month), Ok(year)) = (
        parts.day.parse::<i8>(),
        parts.month.parse::<i8>(),
        parts.year.parse::<i32>(),
    ) else {
        return Err(must());
    };
    if parts.year.len() <= 2 {
        let guess = 2000 + year;
        return Err(Label::new(
            format!("Ghi đủ bốn chữ số của năm, ví dụ {day:02}/{month:02}/{guess}"),
            format!("Write all four digits of the year, e.g. {day:02}/{month:02}/{guess}"),
        ));
    }
    if parts.year.len() != 4 || !YEARS.contains(&year) {
        return Err(Label::new(
            format!("Năm {year} nằm ngoài khoảng 1900 đến 2200"),
            format!("The year {year} is not between 1900 and 2200"),
        ));
    }
    let date = i16::try_from(year)
        .ok()
        .and_then(|year| Date::new(year, month, day).ok());
    date.ok_or_else(|| {
        if month > 12 && (1..=12).contains(&day) {
            Label::new(
                format!(
                    "Không có tháng {month}; có phải {month:02}/{day:02}/{year}? Ghi ngày trước, tháng sau"
                ),
                format!(
                    "There is no month {month}; is it {month:02}/{day:02}/{year}? Write the day first, then the month"
                ),
            )
        } else {
            Label::new(
                format!("Không có ngày {day:02}/{month:02}/{year} trong lịch"),
                format!("There is no {day:02}/{month:02}/{year} in the calendar"),
            )
        }
    })
}

/// The day without a time behind it, which must be midnight.
fn without_time(text: &str) -> Result<&str, Label> {
    let Some(colon) = text.find(':') else {
        return Ok(text);
    };
    let at = text[..colon].rfind([' ', 't']).unwrap_or(0);
    let time = text[at..].trim_start_matches([' ', 't']);
    let midnight = time
        .trim_end_matches('z')
        .chars()
        .all(|c| c == '0' || c == ':' || c == '.');
    if midnight {
        Ok(text[..at].trim().trim_end_matches(','))
    } else {
        Err(Label::new(
            "Chỉ ghi ngày, không ghi giờ, ví dụ 21/11/2026",
            "Write the day without a time, e.g. 21/11/2026",
        ))
    }
}

/// A number that a spreadsheet may have meant as a day.
fn serial(text: &str) -> Option<f64> {
    let number: f64 = text.parse().ok()?;
    (text.len() >= 5 && (20_000.0..100_000.0).contains(&number)).then_some(number)
}

/// The date of a day's number as Excel counts from 1900 (ISO/IEC 29500-1, 18.17.4.1).
pub fn from_serial(serial: f64) -> Option<Date> {
    #[expect(clippy::cast_possible_truncation, reason = "held within a calendar")]
    let days = serial.floor() as i64;
    // Day 60 of that calendar is 29 February 1900, which never was.
    let date = (61..200_000).contains(&days).then(|| {
        jiff::civil::date(1899, 12, 30)
            .checked_add(jiff::Span::new().days(days))
            .ok()
    })??;
    YEARS.contains(&i32::from(date.year())).then_some(date)
}

fn written(serial: f64) -> String {
    from_serial(serial).map_or_else(
        || "21/11/2026".into(),
        |d| format!("{:02}/{:02}/{}", d.day(), d.month(), d.year()),
    )
}

fn compact(text: &str) -> Option<Parts> {
    let plain = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    (plain && (text.starts_with("19") || text.starts_with("20"))).then(|| Parts {
        year: text[..4].into(),
        month: text[4..6].into(),
        day: text[6..].into(),
    })
}

fn numeric(text: &str) -> Option<Parts> {
    let text = text.strip_prefix("ngay ").unwrap_or(text);
    let parts: Vec<&str> = text.split(['/', '-', '.', ' ']).map(str::trim).collect();
    let [a, b, c] = parts.as_slice() else {
        return None;
    };
    let plain = |t: &&str| (1..=6).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_digit());
    if ![a, b, c].into_iter().all(plain) {
        return None;
    }
    let (day, year) = if a.len() >= 3 { (c, a) } else { (a, c) };
    Some(Parts {
        day: (*day).into(),
        month: (*b).into(),
        year: (*year).into(),
    })
}

fn in_words(text: &str) -> Option<Parts> {
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .collect();
    let number = |w: &&&str| w.bytes().all(|b| b.is_ascii_digit());
    if let Some(at) = words.iter().position(|w| *w == "thang") {
        let end = words
            .iter()
            .rposition(|w| *w == "nam")
            .filter(|n| *n > at + 1)?;
        let day = words[..at].last().filter(number)?;
        let name = words[at + 1..end].join(" ");
        let month = THANG
            .iter()
            .position(|names| names.contains(&name.as_str()))
            .map_or(name, |i| (i + 1).to_string());
        let [year] = &words[end + 1..] else {
            return None;
        };
        return Some(Parts {
            day: (*day).into(),
            month,
            year: (*year).into(),
        });
    }
    let is_month = |w: &str| w.len() >= 3 && w.bytes().all(|b| b.is_ascii_alphabetic());
    let month = words.iter().find_map(|w| {
        let at = MONTHS
            .iter()
            .position(|m| is_month(w) && m.starts_with(w))?;
        Some((at + 1).to_string())
    })?;
    let numbers: Vec<&&str> = words.iter().filter(number).collect();
    let [day, year] = numbers.as_slice() else {
        return None;
    };
    Some(Parts {
        day: (**day).into(),
        month,
        year: (**year).into(),
    })
}

/// In which order day and month stand in a date of digits whose year stands last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Only month before day makes a date: `07/21/2026`.
    MonthFirst,
    /// Both do, and they differ: `01/07/2026`.
    Either,
}

/// What else a date of digits could mean; none when day before month is the only reading.
pub fn order(text: &str) -> Option<Order> {
    let folded = fold(text);
    let parts = numeric(without_time(&folded).ok()?)?;
    let (day, month): (i8, i8) = (parts.day.parse().ok()?, parts.month.parse().ok()?);
    let year_last = folded.starts_with(|c: char| c.is_ascii_digit())
        && parts.year.len() == 4
        && !folded.starts_with(&parts.year);
    match (day, month) {
        _ if !year_last || day == month => None,
        (1..=12, 13..=31) => Some(Order::MonthFirst),
        (1..=12, 1..=12) => Some(Order::Either),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_are_read_as_offices_write_them() {
        for text in [
            "01/07/2025",
            "1/7/2025",
            "2025-07-01",
            "2025/7/1",
            "01-07-2025",
            "01.07.2025",
            "1 7 2025",
            "20250701",
            "2025-07-01 00:00:00",
            "2025-07-01T00:00:00Z",
            "01/07/2025 0:00",
            "ngày 01 tháng 7 năm 2025",
            "Ngày 1 tháng 07 năm 2025.",
            "Thứ ba, ngày 01 tháng 7 năm 2025",
            "Vĩnh Long, ngày 01 tháng bảy năm 2025",
            "ngày 01/7/2025",
            "1 July 2025",
            "July 1, 2025",
            "01-Jul-2025",
            "nga\u{300}y 01 tha\u{301}ng 7 n\u{103}m 2025",
        ] {
            assert_eq!(read(text).unwrap().to_string(), "2025-07-01", "{text}");
        }
        let may = read("ngày 5 tháng năm năm 2025").unwrap();
        assert_eq!(may.to_string(), "2025-05-05");
        let december = read("ngày 2 tháng mười hai năm 2025").unwrap();
        assert_eq!(december.to_string(), "2025-12-02");
    }

    #[test]
    fn what_is_not_sure_is_refused_with_what_to_write() {
        for (text, word) in [
            ("01/07/25", "01/07/2025"),
            ("1-7-25", "01/07/2025"),
            ("1 Jul 25", "01/07/2025"),
            ("07/21/2025", "is it 21/07/2025"),
            ("21/13/2025", "no 21/13/2025"),
            ("30/02/2025", "no 30/02/2025"),
            ("45839", "01/07/2025"),
            ("-000001-01-01", "Must be a date"),
            ("01/07/1025", "1025"),
            ("01/07/0025", "not between"),
            ("01/07/20255", "not between"),
            ("2025-07-01 08:30", "without a time"),
            ("07/2025", "Must be a date"),
            ("hôm qua", "Must be a date"),
            ("", "Must be a date"),
        ] {
            let why = read(text).unwrap_err();
            assert!(why.en.contains(word), "{text}: {}", why.en);
        }
    }

    #[test]
    fn which_way_round_is_known() {
        assert_eq!(order("07/21/2025"), Some(Order::MonthFirst));
        assert_eq!(order("01/07/2025"), Some(Order::Either));
        assert_eq!(order("07/07/2025"), None);
        assert_eq!(order("21/07/2025"), None);
        assert_eq!(order("2025-07-01"), None);
    }

    proptest! {
        #[test]
        fn anything_is_read_or_refused(text in "\\PC{0,32}") {
            let _ = read(&text);
            let _ = order(&text);
        }

        #[test]
        fn every_day_comes_back(days in 0i64..100_000) {
            let date = jiff::civil::date(1900, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            prop_assert_eq!(read(&date.to_string()), Ok(date));
            let shown = format!("{:02}/{:02}/{}", date.day(), date.month(), date.year());
            prop_assert_eq!(read(&shown), Ok(date));
        }
    }
}
