//! `date=2026-11-21 time=10:00:00 devname="FW" …`: FortiGate and its kin, key=value from the first byte.

use jiff::Timestamp;
use memchr::{memchr, memchr2};

use super::{
    body,
    message::{Message, Severity, Zone, field},
    parse::Context,
    stamp, zone,
};
use crate::cut;

/// How many pairs are looked at; the header fields come first.
const PAIRS: usize = 24;

/// Reads the header fields; `false` when the text does not begin with `key=value`.
pub(super) fn read<'a>(message: &mut Message<'a>, bytes: &'a [u8], context: Context<'_>) -> bool {
    let mut pairs = Pairs::new(bytes);
    let Some(first) = pairs.next() else {
        return false;
    };
    let mut named = false;
    let audit = first.0 == b"type";
    let (mut date, mut time, mut east, mut instant): (&[u8], &[u8], _, _) = (b"", b"", None, None);
    for (key, value) in std::iter::once(first).chain(pairs).take(PAIRS) {
        match key {
            b"date" => date = value,
            b"time" => time = value,
            b"timestamp" => time = value,
            b"tz" | b"timezone" => {
                let name = value.split(|b| *b == b')').next().unwrap_or(value);
                east = Some(zone::named(name));
            }
            b"eventtime" => instant = epoch(value),
            b"msg" if audit && instant.is_none() => {
                instant = body::audit_time(value);
                if instant.is_some() {
                    // What follows is about the event, and no longer about the sender.
                    break;
                }
            }
            // The first counts: what somebody asked for stands behind it.
            b"devname" | b"device_name" if !value.is_empty() && !named => {
                named = true;
                message.host = field(value);
            }
            // Of a proxy's or filter's line this is the site that was asked for.
            b"hostname" if !value.is_empty() && !audit && !named => message.host = field(value),
            b"type" | b"log_component" => message.application = field(value),
            b"logid" | b"log_id" => message.msgid = field(value),
            b"level" | b"priority" | b"pri" | b"severity" if !message.has_priority => {
                message.severity = match value {
                    [level @ b'0'..=b'7'] => Some(Severity::from_bits(level - b'0')),
                    word => Severity::from_word(&word.to_ascii_lowercase()).or(message.severity),
                };
            }
            _ => {}
        }
    }
    message.message = bytes;
    if let Some(written) = written(date, time) {
        let written = match east {
            Some(east) if written.offset.is_none() => written.in_zone(east),
            _ => written,
        };
        message.sent(&written, context);
    } else if instant.is_some() {
        message.sent_at = instant;
        message.zone = Zone::Told;
    }
    true
}

/// `date=` and `time=` apart, or both in `time=` (SonicWall).
fn written(date: &[u8], time: &[u8]) -> Option<stamp::Written> {
    if date.is_empty() {
        let (written, rest) = stamp::rfc3339(time)?;
        // `time="2019-03-14 16:37:19 UTC"` of SonicWall.
        return Some(match rest.strip_prefix(b" ") {
            Some(name) => written.in_zone(zone::named(name)),
            None => written,
        });
    }
    if !(8..=18).contains(&time.len()) {
        return None;
    }
    stamp::apart(date, time)
}

/// FortiOS counts `eventtime` in seconds (6.0), or nanoseconds (6.2 and later).
fn epoch(value: &[u8]) -> Option<Timestamp> {
    let n: i64 = std::str::from_utf8(value).ok()?.parse().ok()?;
    match value.len() {
        ..=11 => Timestamp::from_second(n).ok(),
        12..=14 => Timestamp::from_millisecond(n).ok(),
        15..=17 => Timestamp::from_microsecond(n).ok(),
        _ => Timestamp::from_nanosecond(i128::from(n)).ok(),
    }
}

struct Pairs<'a> {
    rest: &'a [u8],
    between: u8,
}

impl<'a> Pairs<'a> {
    /// FortiOS also writes `date=…,time=…,devname=…` (`set format csv`).
    fn new(rest: &'a [u8]) -> Self {
        let comma = rest.starts_with(b"date=")
            && memchr2(b',', b' ', rest)
                .is_some_and(|at| cut::at(rest, at).1.starts_with(b",time="));
        let between = if comma { b',' } else { b' ' };
        Self { rest, between }
    }
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let mut rest = cut::trim_start(self.rest);
        if self.between == b',' {
            rest = rest.strip_prefix(b",").unwrap_or(rest);
        }
        let n = rest
            .iter()
            .take(40)
            .position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')))?;
        let (key @ [b'A'..=b'Z' | b'a'..=b'z' | b'_', ..], [b'=', value @ ..]) =
            rest.split_at_checked(n)?
        else {
            return None;
        };
        if let [b'"', quoted @ ..] = value {
            let mut end = memchr(b'"', quoted)?;
            while cut::front(quoted, end).ends_with(b"\\") {
                end += 1 + memchr(b'"', cut::around(quoted, end).1)?;
            }
            let (value, rest) = cut::around(quoted, end);
            self.rest = rest;
            return Some((key, value));
        }
        if matches!(value.first(), Some(b'=' | b' ')) {
            return None;
        }
        let (value, rest) = cut::before_byte(value, self.between);
        self.rest = rest;
        Some((key, value))
    }
}
