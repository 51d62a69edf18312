//! Time stamps as syslog senders write them.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};

use super::{message::Zone, zone};
use crate::cut::{self, trim_start};

/// A time as written: year and offset may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub year: Option<i16>,
    pub month: i8,
    pub day: i8,
    pub hour: i8,
    pub minute: i8,
    pub second: i8,
    pub nanosecond: i32,
    /// Seconds east of Greenwich.
    pub offset: Option<i32>,
    /// A zone is named, and nobody knows which.
    pub unknown_zone: bool,
}

impl Written {
    /// Where its offset comes from.
    pub(super) fn told(&self) -> Zone {
        match (self.offset, self.unknown_zone) {
            (Some(_), _) => Zone::Told,
            (None, true) => Zone::Unknown,
            (None, false) => Zone::NotTold,
        }
    }

    /// The same with an offset that is told elsewhere, if one is.
    pub(super) fn in_zone_if(self, east: Option<i32>) -> Self {
        Self {
            offset: self.offset.or(east),
            ..self
        }
    }

    /// The same with what a zone's name says.
    pub(super) fn in_zone(self, east: Option<i32>) -> Self {
        Self {
            offset: east.or(self.offset),
            unknown_zone: east.is_none() && self.offset.is_none(),
            ..self
        }
    }

    /// The instant meant: a missing offset is `tz`'s; a missing year is the latest
    /// that does not put the instant more than a week after `received_at`, so that
    /// a line of 31 December that arrives on 1 January is not a year in the future.
    pub(super) fn resolve(&self, received_at: Timestamp, tz: &TimeZone) -> Option<Timestamp> {
        if let Some(year) = self.year {
            return self.instant(year, tz);
        }
        const AHEAD: i64 = 7 * 86_400;
        let year = tz.to_datetime(received_at).year();
        // 25 December and later: the sender's clock may be in next year already.
        let next =
            (tz.to_datetime(received_at).month() == 12 && self.month == 1).then_some(year + 1);
        next.into_iter()
            .chain([year, year - 1])
            .filter_map(|year| self.instant(year, tz))
            .find(|at| at.as_second() - received_at.as_second() <= AHEAD)
    }

    fn instant(&self, year: i16, tz: &TimeZone) -> Option<Timestamp> {
        let date = Date::new(year, self.month, self.day).ok()?;
        // A leap second is told as 60 and kept as the last instant of its minute.
        let second = self.second.min(59);
        let time = Time::new(self.hour, self.minute, second, self.nanosecond).ok()?;
        let civil = DateTime::from_parts(date, time);
        match self.offset {
            Some(seconds) => jiff::tz::Offset::from_seconds(seconds)
                .ok()?
                .to_timestamp(civil)
                .ok(),
            None => tz.to_ambiguous_timestamp(civil).compatible().ok(),
        }
    }
}

/// Reads a decimal number of `min..=max` digits from the front; with what follows it.
#[inline]
pub(super) fn number(bytes: &[u8], min: usize, max: usize) -> Option<(i32, &[u8])> {
    let (mut value, mut n, mut rest) = (0i32, 0, bytes);
    while n < max
        && let [digit @ b'0'..=b'9', after @ ..] = rest
    {
        value = value * 10 + i32::from(digit - b'0');
        n += 1;
        rest = after;
    }
    (n >= min).then_some((value, rest))
}

#[inline]
fn small(
    bytes: &[u8],
    min: usize,
    max: usize,
    range: std::ops::RangeInclusive<i32>,
) -> Option<(i8, &[u8])> {
    let (value, rest) = number(bytes, min, max)?;
    range
        .contains(&value)
        .then_some((i8::try_from(value).ok()?, rest))
}

/// The number of two digits.
#[inline]
fn pair(tens: u8, ones: u8, range: std::ops::RangeInclusive<i8>) -> Option<i8> {
    let digit = |byte: u8| {
        i8::try_from(byte.wrapping_sub(b'0'))
            .ok()
            .filter(|d| (0..=9).contains(d))
    };
    let value = digit(tens)? * 10 + digit(ones)?;
    range.contains(&value).then_some(value)
}

/// A time of day.
struct Clock {
    hour: i8,
    minute: i8,
    second: i8,
    nanosecond: i32,
}

impl Clock {
    fn on(self, year: Option<i32>, month: i8, day: i8, offset: Option<i32>) -> Written {
        Written {
            year: year.and_then(|y| i16::try_from(y).ok()),
            month,
            day,
            hour: self.hour,
            minute: self.minute,
            second: self.second,
            nanosecond: self.nanosecond,
            offset,
            unknown_zone: false,
        }
    }
}

/// `hh:mm:ss`, with a fraction after `.`, `,` or `:` if there is one.
fn clock(bytes: &[u8]) -> Option<(Clock, &[u8])> {
    let (hour, rest) = small(bytes, 1, 2, 0..=23)?;
    let [b':', m1, m2, b':', s1, s2, rest @ ..] = rest else {
        return None;
    };
    let (minute, second) = (pair(*m1, *m2, 0..=59)?, pair(*s1, *s2, 0..=60)?);
    let mut rest = rest;
    let mut nanosecond = 0;
    let fraction = match rest {
        [b'.' | b',', digits @ ..] => Some(digits).filter(|d| matches!(d, [b'0'..=b'9', ..])),
        // Comware's own log: `14:13:39:123 2022`.
        [b':', digits @ ..] => number(digits, 3, 3)
            .filter(|(_, after)| after.starts_with(b" "))
            .map(|_| digits),
        _ => None,
    };
    if let Some(digits) = fraction {
        rest = digits;
        let mut scale = 100_000_000;
        while let [digit @ b'0'..=b'9', after @ ..] = rest {
            nanosecond += i32::from(digit - b'0') * scale;
            scale /= 10;
            rest = after;
        }
        // `22:00:00.120.1+07:00` of Huawei's CE: a counter within the millisecond.
        if let [b'.', counter @ ..] = rest
            && let Some((_, after)) = number(counter, 1, 6)
            && matches!(after, [] | [b' ' | b'+' | b'-' | b'Z' | b':', ..])
        {
            rest = after;
        }
    }
    let clock = Clock {
        hour,
        minute,
        second,
        nanosecond,
    };
    Some((clock, rest))
}

/// `Z`, `+07:00`, `+0700` or `+07`: seconds east of Greenwich, and what follows.
pub(super) fn offset(bytes: &[u8]) -> Option<(i32, &[u8])> {
    let (sign, rest) = match bytes {
        [b'Z' | b'z', rest @ ..] => return Some((0, rest)),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, rest) = small(rest, 2, 2, 0..=23)?;
    let minutes = rest.strip_prefix(b":").unwrap_or(rest);
    let (minutes, rest) = small(minutes, 2, 2, 0..=59).unwrap_or((0, rest));
    Some((
        sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60),
        rest,
    ))
}

/// Year, month and day.
type Day = (i32, i8, i8);

/// A clock and the offset that may follow it, on a day.
#[inline]
fn on((year, month, day): Day, time: &[u8]) -> Option<(Written, &[u8])> {
    let (clock, rest) = clock(time)?;
    let (east, rest) = offset(rest).map_or((None, rest), |(east, rest)| (Some(east), rest));
    Some((clock.on(Some(year), month, day, east), rest))
}

/// `2026-11-26` or `2026/11/26`.
#[inline]
fn date(bytes: &[u8]) -> Option<(Day, &[u8])> {
    let (year, rest) = number(bytes, 4, 4)?;
    match rest {
        [b'-', m1, m2, b'-', d1, d2, rest @ ..] | [b'/', m1, m2, b'/', d1, d2, rest @ ..] => {
            let (month, day) = (pair(*m1, *m2, 1..=12)?, pair(*d1, *d2, 1..=31)?);
            Some(((year, month, day), rest))
        }
        _ => None,
    }
}

/// RFC 3339, as RFC 5424 §6.2.3 and rsyslog's forwarding format use it; also with `/` in the
/// date and a blank before the time (nginx, PAN-OS).
pub(super) fn rfc3339(bytes: &[u8]) -> Option<(Written, &[u8])> {
    if bytes.len() < 19 {
        return None;
    }
    match date(bytes)? {
        (day, [b'T' | b't' | b' ', time @ ..]) => on(day, time),
        _ => None,
    }
}

/// The same where date and time are told apart.
pub(super) fn apart(day: &[u8], time: &[u8]) -> Option<Written> {
    match date(day)? {
        (day, []) => on(day, time).map(|(written, _)| written),
        _ => None,
    }
}

fn month(bytes: &[u8]) -> Option<(i8, &[u8])> {
    const NAMES: [&[u8; 3]; 12] = [
        b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov",
        b"dec",
    ];
    let (name, rest) = bytes.split_first_chunk::<3>()?;
    let at = NAMES.iter().position(|n| n.eq_ignore_ascii_case(name))?;
    Some((i8::try_from(at + 1).ok()?, rest))
}

/// What follows one or more blanks.
fn blanks(bytes: &[u8]) -> Option<&[u8]> {
    bytes.strip_prefix(b" ").map(trim_start)
}

/// `Mmm dd hh:mm:ss` of RFC 3164 §4.1.2, also with a year before it (NX-OS),
/// before the time (IOS, ASA) or after it, and with a fraction.
pub(super) fn bsd(bytes: &[u8]) -> Option<(Written, &[u8])> {
    let (mut rest, mut year) = (bytes, None);
    if bytes.first().is_some_and(u8::is_ascii_digit) {
        let (y, after) = number(bytes, 4, 4)?;
        rest = after.strip_prefix(b" ")?;
        year = Some(y);
    }
    let (month, rest) = month(rest)?;
    let (day, rest) = small(blanks(rest)?, 1, 2, 1..=31)?;
    let mut rest = blanks(rest)?;
    if year.is_none()
        && let Some((y, after)) = number(rest, 4, 4)
        && let Some(after) = after.strip_prefix(b" ")
    {
        year = Some(y);
        rest = after;
    }
    let (clock, mut rest) = clock(rest)?;
    if year.is_none()
        && let Some((y, after)) = rest.strip_prefix(b" ").and_then(|r| number(r, 4, 4))
        && (1990..=2200).contains(&y)
        && match after {
            [] | [b' ' | b'\t', ..] | [b':'] | [b':', b' ' | b'%', ..] => true,
            // `2001:db8::7` is a host.
            _ => false,
        }
    {
        year = Some(y);
        rest = after;
    }
    // `Feb 15 2021 04:33:56-04:00` of Huawei.
    let (east, rest) = offset(rest).map_or((None, rest), |(east, rest)| (Some(east), rest));
    Some((clock.on(year, month, day, east), rest))
}

/// `Thu Sep 18 13:03:42 2025` (Snare, ctime) and `Thu, 14 Oct 2021 15:24:16 UTC` (RFC 2822, Samba).
pub(super) fn with_weekday(bytes: &[u8]) -> Option<(Written, &[u8])> {
    const DAYS: [&[u8; 3]; 7] = [b"mon", b"tue", b"wed", b"thu", b"fri", b"sat", b"sun"];
    let (day, rest) = bytes.split_first_chunk::<3>()?;
    if !DAYS.iter().any(|d| d.eq_ignore_ascii_case(day)) {
        return None;
    }
    let Some(rest) = rest.strip_prefix(b", ") else {
        return bsd(rest.strip_prefix(b" ")?);
    };
    let (day, rest) = small(rest, 1, 2, 1..=31)?;
    let (month, rest) = month(rest.strip_prefix(b" ")?)?;
    let (year, rest) = number(rest.strip_prefix(b" ")?, 4, 4)?;
    let (clock, rest) = clock(rest.strip_prefix(b" ")?)?;
    let written = clock.on(Some(year), month, day, None);
    let ends = |b: u8| !(b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b':'));
    match rest.strip_prefix(b" ").map(|r| cut::before_any(r, ends)) {
        Some((name, rest)) if !name.is_empty() => Some((written.in_zone(zone::named(name)), rest)),
        _ => Some((written, rest)),
    }
}

/// `2026:11:26-22:00:00` of Sophos UTM.
fn with_colons(bytes: &[u8]) -> Option<(Written, &[u8])> {
    let mut date = *bytes.first_chunk::<19>()?;
    if date[4] != b':' || date[7] != b':' || date[10] != b'-' {
        return None;
    }
    (date[4], date[7], date[10]) = (b'-', b'-', b'T');
    let (written, left) = rfc3339(&date)?;
    Some((written, bytes.get(date.len() - left.len()..)?))
}

/// Whether a date begins here, `Nov 26`: what a header that was cut through leaves.
pub(super) fn is_date(bytes: &[u8]) -> bool {
    if !bytes.first().is_some_and(u8::is_ascii_uppercase) {
        return false;
    }
    month(bytes)
        .and_then(|(_, rest)| small(blanks(rest)?, 1, 2, 1..=31))
        .is_some_and(|(_, rest)| matches!(rest, [] | [b' ', ..]))
}

/// Either form; what RFC 3164 senders put at the front of a line, and what follows it.
pub(super) fn any(bytes: &[u8]) -> Option<(Written, &[u8])> {
    match bytes.first()? {
        b'0'..=b'9' => rfc3339(bytes)
            .or_else(|| bsd(bytes))
            .or_else(|| with_colons(bytes)),
        b'A'..=b'Z' | b'a'..=b'z' => bsd(bytes).or_else(|| with_weekday(bytes)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn zone() -> TimeZone {
        TimeZone::get("Asia/Ho_Chi_Minh").unwrap()
    }

    #[test]
    fn the_year_is_the_latest_that_is_not_ahead() {
        let (written, _) = bsd(b"Dec 31 23:59:58").unwrap();
        let sent = written.resolve(at("2026-12-31T17:00:01Z"), &zone());
        assert_eq!(sent, Some(at("2026-12-31T16:59:58Z")));
        let (written, _) = bsd(b"Jan  1 00:00:05").unwrap();
        // A sender whose clock is a little ahead of ours at the turn of the year.
        let sent = written.resolve(at("2026-12-31T16:59:50Z"), &zone());
        assert_eq!(sent, Some(at("2026-12-31T17:00:05Z")));
    }

    #[test]
    fn a_leap_day_without_a_year_is_that_of_a_leap_year() {
        let (written, _) = bsd(b"Feb 29 12:00:00").unwrap();
        let sent = written.resolve(at("2028-03-01T00:00:00Z"), &zone());
        assert_eq!(sent, Some(at("2028-02-29T05:00:00Z")));
        assert_eq!(written.resolve(at("2026-03-01T00:00:00Z"), &zone()), None);
    }

    #[test]
    fn offsets_in_all_their_forms() {
        for (text, seconds, rest) in [
            ("Z", 0, ""),
            ("+07:00", 25_200, ""),
            ("+0700 ", 25_200, " "),
            ("+07", 25_200, ""),
            ("+07:", 25_200, ":"),
            ("-05:30x", -19_800, "x"),
        ] {
            let wanted = Some((seconds, rest.as_bytes()));
            assert_eq!(offset(text.as_bytes()), wanted, "{text}");
        }
        assert_eq!(offset(b"+7"), None);
    }

    #[test]
    fn out_of_range_is_no_time() {
        for text in [
            "Nov 32 10:00:00",
            "Nov 21 24:00:00",
            "Nox 21 10:00:00",
            "Nov 21 10:61:00",
        ] {
            assert_eq!(bsd(text.as_bytes()), None, "{text}");
        }
        assert_eq!(rfc3339(b"2026-13-01T00:00:00Z"), None);
    }
}
