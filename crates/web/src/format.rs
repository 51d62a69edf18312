//! Dates, times and numbers as Vietnamese and English readers write them.

use std::sync::LazyLock;

use domain::{
    clock::{from_ms, local_zone},
    label::Lang,
};
use jiff::{Zoned, civil::Date, tz::TimeZone};

static ZONE: LazyLock<TimeZone> = LazyLock::new(local_zone);

/// An instant in local time.
pub fn local(ms: i64) -> Zoned {
    from_ms(ms).to_zoned(ZONE.clone())
}

/// `21/11/2026`, in both languages.
pub fn date(ms: i64) -> String {
    local(ms).strftime("%d/%m/%Y").to_string()
}

/// `21/11/2026` from an ISO date; what is no date is returned as it is.
pub fn iso_date(text: &str) -> String {
    text.parse::<Date>().map_or_else(
        |_| text.to_owned(),
        |date| date.strftime("%d/%m/%Y").to_string(),
    )
}

/// `21/11/2026 14:05`, local time.
pub fn datetime(ms: i64) -> String {
    local(ms).strftime("%d/%m/%Y %H:%M").to_string()
}

/// `21/11/2026 14:05:09`, local time.
pub fn datetime_seconds(ms: i64) -> String {
    local(ms).strftime("%d/%m/%Y %H:%M:%S").to_string()
}

/// RFC 3339 in local time, for `<time datetime>`.
pub fn rfc3339(ms: i64) -> String {
    local(ms).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// A whole number with the language's separator: 1.234.567 or 1,234,567.
pub fn integer(lang: Lang, n: i64) -> String {
    lang.integer(n)
}

/// A number with `places` decimals: 1.234,50 or 1,234.50.
pub fn decimal(lang: Lang, x: f64, places: usize) -> String {
    let text = format!("{:.places$}", x.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let sign = if x < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        "−"
    } else {
        ""
    };
    let whole = whole
        .parse()
        .map_or_else(|_| whole.to_owned(), |n| integer(lang, n));
    let point = match lang {
        Lang::Vi => ',',
        Lang::En => '.',
    };
    if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}{point}{fraction}")
    }
}

/// A share as a percentage that never rounds up to 100: 0.99996 is `99,99 %`.
pub fn percent(lang: Lang, share: f64) -> String {
    if share >= 1.0 {
        return "100 %".to_owned();
    }
    let hundredths = (share * 10_000.0).floor() / 100.0;
    format!("{} %", decimal(lang, hundredths, 2))
}

/// A size in bytes: `1,5 MB` (powers of ten).
pub fn bytes(lang: Lang, n: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
    let mut x = n as f64;
    let mut unit = "B";
    for larger in ["kB", "MB", "GB", "TB"] {
        if x < 1000.0 {
            break;
        }
        x /= 1000.0;
        unit = larger;
    }
    let places = usize::from(unit != "B" && x < 100.0);
    format!("{} {unit}", decimal(lang, x, places))
}

/// The largest unit that fits a span of milliseconds, as a message key's tail and a count.
pub fn coarse(span_ms: i64) -> (&'static str, i64) {
    let seconds = span_ms.unsigned_abs().div_euclid(1000).cast_signed();
    match seconds {
        0..60 => ("seconds", seconds),
        60..3_600 => ("minutes", seconds / 60),
        3_600..86_400 => ("hours", seconds / 3_600),
        86_400..2_592_000 => ("days", seconds / 86_400),
        2_592_000..31_536_000 => ("months", seconds / 2_592_000),
        _ => ("years", seconds / 31_536_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_carry_the_separators_of_the_language() {
        assert_eq!(integer(Lang::Vi, 1_234_567), "1.234.567");
        assert_eq!(integer(Lang::En, 999), "999");
        assert_eq!(integer(Lang::En, -1_000), "−1,000");
        assert_eq!(decimal(Lang::Vi, 1234.5, 2), "1.234,50");
        assert_eq!(decimal(Lang::En, -0.001, 2), "0.00");
        assert_eq!(bytes(Lang::Vi, 1_540_000), "1,5 MB");
        assert_eq!(bytes(Lang::Vi, 12), "12 B");
    }

    #[test]
    fn a_hundred_percent_is_never_a_rounding() {
        assert_eq!(percent(Lang::Vi, 0.999_99), "99,99 %");
        assert_eq!(percent(Lang::En, 1.0), "100 %");
        assert_eq!(percent(Lang::En, 0.0), "0.00 %");
    }

    #[test]
    fn times_are_local() {
        // 2026-11-21 17:30 UTC is 00:30 on the 22nd in Vietnam.
        let ms = 1_795_282_200_000;
        assert_eq!(datetime(ms), "22/11/2026 00:30");
        assert_eq!(rfc3339(ms), "2026-11-22T00:30:00+07:00");
        assert_eq!(iso_date("2026-11-22"), "22/11/2026");
        assert_eq!(coarse(-7_300_000), ("hours", 2));
    }
}
