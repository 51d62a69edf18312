//! `date=2026-11-21 time=10:00:00 devname="FW" …`: FortiGate and its kin, key=value from the first byte.

use jiff::Timestamp;
use memchr::memchr;

use super::{
    message::{Message, Severity, field},
    parse::Context,
    stamp,
};

/// How many pairs are looked at; the header fields come first.
const PAIRS: usize = 24;

/// Reads the header fields; `false` when the text does not begin with `key=value`.
pub(super) fn read<'a>(message: &mut Message<'a>, bytes: &'a [u8], context: Context<'_>) -> bool {
    let mut pairs = Pairs { rest: bytes };
    let Some(first) = pairs.next() else {
        return false;
    };
    let (mut date, mut time, mut east, mut event_time): (&[u8], &[u8], _, _) =
        (b"", b"", None, None);
    for (key, value) in std::iter::once(first).chain(pairs).take(PAIRS) {
        match key {
            b"date" => date = value,
            b"time" => time = value,
            b"tz" | b"timezone" => east = stamp::offset(value).map(|(seconds, _)| seconds),
            b"eventtime" => event_time = epoch(value),
            b"devname" | b"device_name" | b"hostname" if !value.is_empty() => {
                message.host = field(value);
            }
            b"type" | b"log_component" => message.application = field(value),
            b"logid" | b"log_id" => message.msgid = field(value),
            b"level" | b"priority" if !message.has_priority => {
                if let Some(severity) = Severity::from_word(&value.to_ascii_lowercase()) {
                    message.severity = severity;
                }
            }
            _ => {}
        }
    }
    message.message = bytes;
    let written = written(date, time).map(|w| stamp::Written {
        offset: w.offset.or(east),
        ..w
    });
    let sent_at = written
        .and_then(|w| w.resolve(context.received_at, context.zone))
        .or(event_time);
    message.sent_at = sent_at.or(message.sent_at);
    true
}

/// `date=` and `time=` apart, or both in `time=` (SonicWall).
fn written(date: &[u8], time: &[u8]) -> Option<stamp::Written> {
    if date.is_empty() {
        return stamp::rfc3339(time).map(|(w, _)| w);
    }
    if date.len() != 10 || !(8..=18).contains(&time.len()) {
        return None;
    }
    let mut joined = [b' '; 29];
    joined[..10].copy_from_slice(date);
    joined[11..11 + time.len()].copy_from_slice(time);
    stamp::rfc3339(&joined[..11 + time.len()]).map(|(w, _)| w)
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
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = super::bsd::trim_start(self.rest);
        let n = rest
            .iter()
            .take(40)
            .position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')))?;
        if n == 0 || rest[n] != b'=' || !(rest[0].is_ascii_alphabetic() || rest[0] == b'_') {
            return None;
        }
        let (key, value) = (&rest[..n], &rest[n + 1..]);
        if let Some(quoted) = value.strip_prefix(b"\"") {
            let mut end = 0;
            loop {
                end += memchr(b'"', quoted.get(end..)?)?;
                if end == 0 || quoted[end - 1] != b'\\' {
                    break;
                }
                end += 1;
            }
            self.rest = &quoted[end + 1..];
            return Some((key, &quoted[..end]));
        }
        if matches!(value.first(), Some(b'=' | b' ')) {
            return None;
        }
        let end = memchr(b' ', value).unwrap_or(value.len());
        self.rest = &value[end..];
        Some((key, &value[..end]))
    }
}
