//! What stands behind the header in the forms of particular makers.

use super::{
    message::{Message, field},
    parse::Context,
    stamp,
};
use crate::cut::{self, trim_start, word};
use jiff::Timestamp;

/// Reads the forms that name their own program; `false` when it is none of them.
pub(super) fn read<'a>(message: &mut Message<'a>, bytes: &'a [u8], context: Context<'_>) -> bool {
    event_format(message, bytes)
        || pan_os(message, bytes, context)
        || ise(message, bytes, context)
        || snare(message, bytes, context)
        || windows(message, bytes)
}

/// Common Event Format and its kin: `CEF:0|maker|…`, `LEEF:1.0|maker|…`.
pub(super) fn event_format<'a>(message: &mut Message<'a>, bytes: &'a [u8]) -> bool {
    for (name, head) in [("CEF", &b"CEF:"[..]), ("LEEF", b"LEEF:")] {
        if let Some(rest) = bytes.strip_prefix(head)
            && rest.first().is_some_and(u8::is_ascii_digit)
        {
            message.application = Some(name.into());
            message.message = bytes;
            return true;
        }
    }
    false
}

/// PAN-OS: `1,2026/11/26 22:00:00,serial,TRAFFIC,…`; the second value is when it was received
/// by the firewall's own log.
pub(super) fn pan_os<'a>(message: &mut Message<'a>, bytes: &'a [u8], context: Context<'_>) -> bool {
    let mut values = bytes.splitn(5, |b| *b == b',');
    let (Some(version), Some(time), Some(serial), Some(kind)) =
        (values.next(), values.next(), values.next(), values.next())
    else {
        return false;
    };
    let plain = |v: &[u8]| !v.is_empty() && v.iter().all(u8::is_ascii_alphanumeric);
    // Some versions leave the first value empty.
    if version.len() > 3
        || !(version.is_empty() || plain(version))
        || !plain(serial)
        || !plain(kind)
    {
        return false;
    }
    let Some((written, [])) = stamp::rfc3339(time) else {
        return false;
    };
    if time.get(4) != Some(&b'/') {
        return false;
    }
    // A relay's header may have said where the clock stands; the firewall's value does not.
    let stated = message.header_offset.filter(|_| written.offset.is_none());
    message.sent(&written.in_zone_if(stated), context);
    message.application = field(kind);
    message.message = bytes;
    true
}

/// Cisco ISE: `CISE_Passed_Authentications 0001939187 4 0 2019-04-24 15:00:48.610 +00:00 …`.
fn ise<'a>(message: &mut Message<'a>, bytes: &'a [u8], context: Context<'_>) -> bool {
    let (name, rest) = word(bytes);
    if !name.starts_with(b"CISE_") {
        return false;
    }
    message.application = field(name);
    message.message = trim_start(rest);
    let mut rest = message.message;
    for _ in 0..3 {
        let (number, after) = word(rest);
        if number.is_empty() || !number.iter().all(u8::is_ascii_digit) {
            return true;
        }
        rest = trim_start(after);
    }
    if let Some((written, rest)) = stamp::rfc3339(rest) {
        let east = stamp::offset(trim_start(rest)).map(|(seconds, _)| seconds);
        message.sent(&written.in_zone_if(east), context);
    }
    true
}

/// Snare: `MSWinEventLog<TAB>1<TAB>Security<TAB>284138676<TAB>Thu Sep 18 13:03:42 2025<TAB>…`,
/// also with the host before it.
fn snare<'a>(message: &mut Message<'a>, bytes: &'a [u8], context: Context<'_>) -> bool {
    const NAME: &[u8] = b"MSWinEventLog";
    let Some((before, [b'\t', rest @ ..])) = cut::once_within(bytes, 160, NAME) else {
        return false;
    };
    match before.trim_ascii() {
        b"" => {}
        host if message.host.is_none() && host.iter().all(u8::is_ascii_graphic) => {
            message.host = field(host);
        }
        _ => return false,
    }
    message.application = field(NAME);
    message.message = rest;
    if message.sent_at.is_none()
        && let Some(date) = rest.split(|b| *b == b'\t').nth(3)
        && let Some((written, _)) = stamp::any(date)
    {
        message.sent(&written, context);
    }
    true
}

/// OSSEC's and Wazuh's `WinEvtLog: log: TYPE(id): source: user: domain: computer: text`.
fn windows<'a>(message: &mut Message<'a>, bytes: &'a [u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(b"WinEvtLog: ") else {
        return false;
    };
    message.application = Some("WinEvtLog".into());
    message.message = rest;
    let (mut rest, mut computer) = (rest, None);
    for _ in 0..6 {
        let Some((value, after)) = cut::once_within(rest, rest.len(), b": ") else {
            return true;
        };
        computer = Some(value);
        rest = after;
    }
    if let Some(name) = computer.filter(|n| n.len() <= 64 && !n.contains(&b' ')) {
        message.host = field(name);
    }
    true
}

/// A time within the text that the form defines as the event's own; for lines whose header
/// is a relay's, or that have none.
pub(super) fn inner_time(message: &mut Message<'_>, context: Context<'_>) {
    let text = message.message;
    // Junos' structured form behind a relay's header: an instant that needs no guess.
    if let Some((written, [b' ', ..])) = stamp::rfc3339(text)
        && text.get(10) == Some(&b'T')
        && written.offset.is_some()
    {
        message.sent(&written, context);
    }
}

/// Times of lines without any header: Linux audit, Samba's audit.
pub(super) fn bare_time(message: &mut Message<'_>, bytes: &[u8], context: Context<'_>) {
    const SAMBA: &[u8] = b" at [";
    if bytes.starts_with(b"Auth: [")
        && let Some((_, rest)) = cut::once_within(bytes, 256, SAMBA)
        && let Some((written, _)) = stamp::with_weekday(rest)
    {
        message.sent(&written, context);
    }
}

/// `audit(1480087217.108:6042):` of the Linux audit daemon, as an instant.
pub(super) fn audit_time(value: &[u8]) -> Option<Timestamp> {
    let (stamp, _) = cut::once(value.strip_prefix(b"audit(")?, b':')?;
    let (seconds, millis) = std::str::from_utf8(stamp).ok()?.split_once('.')?;
    if seconds.len() > 11 || millis.len() != 3 {
        return None;
    }
    let (seconds, millis): (i64, i64) = (seconds.parse().ok()?, millis.parse().ok()?);
    Timestamp::from_millisecond(seconds * 1000 + millis).ok()
}
