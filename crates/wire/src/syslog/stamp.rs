//! Time stamps as syslog senders write them.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};

use super::{message::Zone, zone};

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

/// Reads a decimal number of `min..=max` digits from the front.
pub(super) fn number(bytes: &[u8], min: usize, max: usize) -> Option<(i32, usize)> {
    let mut value = 0i32;
    let mut n = 0;
    while n < max && n < bytes.len() && bytes[n].is_ascii_digit() {
        value = value * 10 + i32::from(bytes[n] - b'0');
        n += 1;
    }
    (n >= min).then_some((value, n))
}

pub(super) fn small(
    bytes: &[u8],
    min: usize,
    max: usize,
    range: std::ops::RangeInclusive<i32>,
) -> Option<(i8, usize)> {
    let (value, n) = number(bytes, min, max)?;
    range
        .contains(&value)
        .then_some((i8::try_from(value).ok()?, n))
}

/// `hh:mm:ss`, with a fraction after `.`, `,` or `:` if there is one.
fn clock(bytes: &[u8]) -> Option<(i8, i8, i8, i32, usize)> {
    let (hour, h) = small(bytes, 1, 2, 0..=23)?;
    let rest = bytes.get(h..)?;
    if rest.len() < 6 || rest[0] != b':' || rest[3] != b':' {
        return None;
    }
    let (minute, _) = small(&rest[1..], 2, 2, 0..=59)?;
    let (second, _) = small(&rest[4..], 2, 2, 0..=60)?;
    let mut used = h + 6;
    let mut nanosecond = 0;
    let fraction = match bytes.get(used) {
        Some(b'.' | b',') => bytes.get(used + 1).is_some_and(u8::is_ascii_digit),
        // Comware's own log: `14:13:39:123 2022`.
        Some(b':') => {
            number(&bytes[used + 1..], 3, 3).is_some() && bytes.get(used + 4) == Some(&b' ')
        }
        _ => false,
    };
    if fraction {
        used += 1;
        let mut scale = 100_000_000;
        while let Some(digit) = bytes.get(used).filter(|b| b.is_ascii_digit()) {
            nanosecond += i32::from(digit - b'0') * scale;
            scale /= 10;
            used += 1;
        }
        // `22:00:00.120.1+07:00` of Huawei's CE: a counter within the millisecond.
        if let Some([b'.', counter @ ..]) = bytes.get(used..)
            && let Some((_, n)) = number(counter, 1, 6)
            && matches!(
                counter.get(n),
                None | Some(b' ' | b'+' | b'-' | b'Z' | b':')
            )
        {
            used += 1 + n;
        }
    }
    Some((hour, minute, second, nanosecond, used))
}

/// `Z`, `+07:00`, `+0700` or `+07`.
pub(super) fn offset(bytes: &[u8]) -> Option<(i32, usize)> {
    let sign = match bytes.first()? {
        b'Z' | b'z' => return Some((0, 1)),
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, _) = small(&bytes[1..], 2, 2, 0..=23)?;
    let mut used = 3;
    let after_colon = usize::from(bytes.get(used) == Some(&b':'));
    let mut minutes = 0;
    if let Some((m, _)) = small(bytes.get(used + after_colon..)?, 2, 2, 0..=59) {
        minutes = m;
        used += after_colon + 2;
    }
    Some((
        sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60),
        used,
    ))
}

/// RFC 3339, as RFC 5424 §6.2.3 and rsyslog's forwarding format use it; also with `/` in the
/// date and a blank before the time (nginx, PAN-OS).
pub(super) fn rfc3339(bytes: &[u8]) -> Option<(Written, usize)> {
    if bytes.len() < 19
        || !matches!(bytes[4], b'-' | b'/')
        || bytes[7] != bytes[4]
        || !matches!(bytes[10], b'T' | b't' | b' ')
    {
        return None;
    }
    let (year, _) = number(bytes, 4, 4)?;
    let (month, _) = small(&bytes[5..], 2, 2, 1..=12)?;
    let (day, _) = small(&bytes[8..], 2, 2, 1..=31)?;
    let (hour, minute, second, nanosecond, n) = clock(&bytes[11..])?;
    let mut used = 11 + n;
    let mut east = None;
    if let Some((seconds, n)) = offset(&bytes[used..]) {
        east = Some(seconds);
        used += n;
    }
    let written = Written {
        year: i16::try_from(year).ok(),
        month,
        day,
        hour,
        minute,
        second,
        nanosecond,
        offset: east,
        unknown_zone: false,
    };
    Some((written, used))
}

fn month(bytes: &[u8]) -> Option<i8> {
    const NAMES: [&[u8; 3]; 12] = [
        b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov",
        b"dec",
    ];
    let name = bytes.get(..3)?;
    let at = NAMES.iter().position(|n| n.eq_ignore_ascii_case(name))?;
    i8::try_from(at + 1).ok()
}

fn blanks(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| **b == b' ').count()
}

/// `Mmm dd hh:mm:ss` of RFC 3164 §4.1.2, also with a year before it (NX-OS),
/// before the time (IOS, ASA) or after it, and with a fraction.
pub(super) fn bsd(bytes: &[u8]) -> Option<(Written, usize)> {
    let mut at = 0;
    let mut year = None;
    if bytes.first().is_some_and(u8::is_ascii_digit) {
        let (y, n) = number(bytes, 4, 4)?;
        if bytes.get(n) != Some(&b' ') {
            return None;
        }
        year = Some(y);
        at = n + 1;
    }
    let month = month(&bytes[at..])?;
    at += 3;
    let gap = blanks(&bytes[at..]);
    if gap == 0 {
        return None;
    }
    at += gap;
    let (day, n) = small(&bytes[at..], 1, 2, 1..=31)?;
    at += n;
    let gap = blanks(&bytes[at..]);
    if gap == 0 {
        return None;
    }
    at += gap;
    if year.is_none()
        && let Some((y, n)) = number(&bytes[at..], 4, 4)
        && bytes.get(at + n) == Some(&b' ')
    {
        year = Some(y);
        at += n + 1;
    }
    let (hour, minute, second, nanosecond, n) = clock(&bytes[at..])?;
    at += n;
    if year.is_none()
        && bytes.get(at) == Some(&b' ')
        && let Some((y, n)) = number(&bytes[at + 1..], 4, 4)
        && (1990..=2200).contains(&y)
        && match &bytes[(at + 1 + n).min(bytes.len())..] {
            [] | [b' ' | b'\t', ..] | [b':'] | [b':', b' ' | b'%', ..] => true,
            // `2001:db8::7` is a host.
            _ => false,
        }
    {
        year = Some(y);
        at += 1 + n;
    }
    // `Feb 15 2021 04:33:56-04:00` of Huawei.
    let east = offset(&bytes[at..]);
    at += east.map_or(0, |(_, n)| n);
    let written = Written {
        year: year.and_then(|y| i16::try_from(y).ok()),
        month,
        day,
        hour,
        minute,
        second,
        nanosecond,
        offset: east.map(|(seconds, _)| seconds),
        unknown_zone: false,
    };
    Some((written, at))
}

/// `Thu Sep 18 13:03:42 2025` (Snare, ctime) and `Thu, 14 Oct 2021 15:24:16 UTC` (RFC 2822, Samba).
pub(super) fn with_weekday(bytes: &[u8]) -> Option<(Written, usize)> {
    const DAYS: [&[u8]; 7] = [b"mon", b"tue", b"wed", b"thu", b"fri", b"sat", b"sun"];
    let day = bytes.get(..3)?;
    if !DAYS.iter().any(|d| d.eq_ignore_ascii_case(day)) {
        return None;
    }
    if let Some(rest) = bytes[3..].strip_prefix(b", ") {
        let (day, n) = small(rest, 1, 2, 1..=31)?;
        let rest_of = rest.get(n..)?.strip_prefix(b" ")?;
        let month = month(rest_of)?;
        let year_at = rest_of.get(3..)?.strip_prefix(b" ")?;
        let (year, y) = number(year_at, 4, 4)?;
        let time = year_at.get(y..)?.strip_prefix(b" ")?;
        let (hour, minute, second, nanosecond, c) = clock(time)?;
        let mut written = Written {
            year: i16::try_from(year).ok(),
            month,
            day,
            hour,
            minute,
            second,
            nanosecond,
            offset: None,
            unknown_zone: false,
        };
        let mut used = bytes.len() - time.len() + c;
        if let Some(after) = time[c..].strip_prefix(b" ") {
            let n = after
                .iter()
                .position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b':')))
                .unwrap_or(after.len());
            if n > 0 {
                written = written.in_zone(zone::named(&after[..n]));
                used += 1 + n;
            }
        }
        return Some((written, used));
    }
    let (written, n) = bsd(bytes[3..].strip_prefix(b" ")?)?;
    Some((written, n + 4))
}

/// `2026:11:26-22:00:00` of Sophos UTM.
fn with_colons(bytes: &[u8]) -> Option<(Written, usize)> {
    if bytes.len() < 19 || bytes[4] != b':' || bytes[7] != b':' || bytes[10] != b'-' {
        return None;
    }
    let mut date = [0; 19];
    date.copy_from_slice(&bytes[..19]);
    (date[4], date[7], date[10]) = (b'-', b'-', b'T');
    rfc3339(&date)
}

/// Whether a date begins here, `Nov 26`: what a header that was cut through leaves.
pub(super) fn is_date(bytes: &[u8]) -> bool {
    let Some([first @ b'A'..=b'Z', second, third, b' ', rest @ ..]) = bytes.get(..) else {
        return false;
    };
    month(&[*first, *second, *third]).is_some()
        && small(&rest[blanks(rest)..], 1, 2, 1..=31)
            .is_some_and(|(_, n)| matches!(rest[blanks(rest)..].get(n), None | Some(b' ')))
}

/// Either form; what RFC 3164 senders put at the front of a line.
pub(super) fn any(bytes: &[u8]) -> Option<(Written, usize)> {
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
        for (text, seconds, used) in [
            ("Z", 0, 1),
            ("+07:00", 25_200, 6),
            ("+0700 ", 25_200, 5),
            ("+07", 25_200, 3),
            ("-05:30x", -19_800, 6),
        ] {
            assert_eq!(offset(text.as_bytes()), Some((seconds, used)), "{text}");
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
