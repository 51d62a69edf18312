//! The one place that knows what time it is.
//!
//! Everything else is handed a [`Clock`], so that a test (or the ninety days of
//! the demo's history) can choose its time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// Name of the time zone in which dates, months and working days are counted.
pub const LOCAL_ZONE: &str = "Asia/Ho_Chi_Minh";

/// A source of the current time. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Clock(Source);

#[derive(Clone, Debug, Default)]
enum Source {
    #[default]
    System,
    Set(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `at` until [`Clock::set`] moves it.
    pub fn fixed(at: Timestamp) -> Self {
        Self(Source::Set(Arc::new(AtomicI64::new(at.as_millisecond()))))
    }

    /// Moves a fixed clock, forwards or back; does nothing to the machine's clock.
    pub fn set(&self, at: Timestamp) {
        if let Source::Set(ms) = &self.0 {
            ms.store(at.as_millisecond(), Ordering::SeqCst);
        }
    }

    /// The current instant, to the millisecond.
    #[expect(
        clippy::disallowed_methods,
        reason = "this module is the one that may ask"
    )]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => from_ms(Timestamp::now().as_millisecond()),
            Source::Set(ms) => from_ms(ms.load(Ordering::SeqCst)),
        }
    }

    /// The current instant as unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        self.now().as_millisecond()
    }

    /// Today's date in [`LOCAL_ZONE`].
    pub fn today(&self) -> Date {
        local_date(self.now())
    }
}

/// The time zone [`LOCAL_ZONE`]; it is bundled, so that it is there on any machine.
pub fn local_zone() -> TimeZone {
    TimeZone::get(LOCAL_ZONE).unwrap_or_else(|_| TimeZone::fixed(jiff::tz::offset(7)))
}

/// A time zone that is named by IANA's name or by its offset (`+07:00`, `+7`, `GMT+7`), with
/// the one form of that name; `None` when there is no such zone.
pub fn zone(text: &str) -> Option<(String, TimeZone)> {
    let text = text.trim();
    if let Some(minutes) = offset_minutes(text) {
        let zone = TimeZone::fixed(jiff::tz::Offset::from_seconds(minutes * 60).ok()?);
        let sign = if minutes < 0 { '-' } else { '+' };
        let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
        return Some((format!("{sign}{hours:02}:{minutes:02}"), zone));
    }
    let zone = TimeZone::get(text).ok()?;
    let name = zone.iana_name()?.to_owned();
    Some((name, zone))
}

/// Minutes east of Greenwich, 14 hours at most.
fn offset_minutes(text: &str) -> Option<i32> {
    let upper = text.to_ascii_uppercase();
    let offset = upper.strip_prefix("GMT").or(upper.strip_prefix("UTC"));
    let offset = offset.unwrap_or(&upper);
    let (sign, rest) = match offset.as_bytes().first()? {
        b'+' => (1, &offset[1..]),
        b'-' => (-1, &offset[1..]),
        _ => return None,
    };
    let (hours, minutes) = match rest.split_once(':') {
        Some(parts) => parts,
        None if rest.len() == 4 && rest.is_ascii() => rest.split_at(2),
        None => (rest, "00"),
    };
    let number = |digits: &str, most: i32| {
        let plain =
            !digits.is_empty() && digits.len() <= 2 && digits.bytes().all(|b| b.is_ascii_digit());
        digits.parse::<i32>().ok().filter(|n| plain && *n <= most)
    };
    let all = number(hours, 14)? * 60 + number(minutes, 59).filter(|_| minutes.len() == 2)?;
    (all <= 14 * 60).then_some(sign * all)
}

/// The local calendar date of an instant.
pub fn local_date(at: Timestamp) -> Date {
    at.to_zoned(local_zone()).date()
}

/// The first instant of a local calendar date, unix milliseconds.
pub fn start_of_day_ms(date: Date) -> i64 {
    date.to_zoned(local_zone())
        .map_or(0, |z| z.timestamp().as_millisecond())
}

/// An instant from unix milliseconds, clamped to what a timestamp can hold.
pub fn from_ms(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_goes_where_it_is_set() {
        let clock = Clock::fixed(from_ms(1_000));
        assert_eq!(clock.now_ms(), 1_000);
        clock.set(from_ms(500));
        assert_eq!(clock.now_ms(), 500);
    }

    #[test]
    fn a_day_begins_at_local_midnight() {
        // 2026-11-21 17:30 UTC is already the 22nd in Vietnam.
        let at: Timestamp = "2026-11-21T17:30:00Z".parse().unwrap();
        let date = local_date(at);
        assert_eq!(date.to_string(), "2026-11-22");
        let start = from_ms(start_of_day_ms(date));
        assert_eq!(start.to_string(), "2026-11-21T17:00:00Z");
    }
}
