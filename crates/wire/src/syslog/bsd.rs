//! RFC 3164: `<PRI>Mmm dd hh:mm:ss HOST TAG[PID]: MSG`, any part of which may be missing.

use super::{
    body, huawei, key_value,
    message::{Dialect, Message, Severity, field},
    parse::{self, Context},
    stamp, vendor, zone,
};
use crate::cut::{self, trim_start, word};

/// Longest tag taken for a program name. RFC 3164 §5.3 says 32; systemd units and paths are longer.
const TAG_MAX: usize = 64;

/// Reads what follows the priority, as far as it can be told.
pub(super) fn read<'a>(message: &mut Message<'a>, bytes: &'a [u8], context: Context<'_>) {
    let Some((written, rest)) = stamp::any(bytes).filter(|(w, rest)| match rest {
        [b' ' | b':', ..] => true,
        // Rows of a file that begin with an instant (Exchange).
        [b',', ..] => w.offset.is_some(),
        _ => false,
    }) else {
        without_time(message, bytes, context);
        return;
    };
    message.dialect = Dialect::Rfc3164;
    let suffix = zone::suffix(rest, false).filter(|_| written.offset.is_none());
    let zoned = suffix.map(|(east, rest)| (written.in_zone(east), rest));
    let (written, rest) = zoned.unwrap_or((written, rest));
    message.sent(&written, context);
    message.header_offset = written.offset;
    if let Some(row) = rest.strip_prefix(b",") {
        message.message = row;
        return;
    }
    let mut rest = trim_start(rest.strip_prefix(b":").unwrap_or(rest));
    // A relay that knew no name put its time right before the device's.
    if let Some((written, after @ [b' ', ..])) = stamp::any(rest) {
        message.sent(&written, context);
        rest = trim_start(after);
    }
    // rsyslog writes the time anew and leaves the year that stood behind it.
    if let [
        b'1' | b'2',
        b'0' | b'9',
        b'0'..=b'9',
        b'0'..=b'9',
        b' ',
        after @ ..,
    ] = rest
    {
        rest = trim_start(after);
    }
    if let Some((name, inner)) = agent(rest) {
        message.host = field(name);
        // Only what the agent's own line says counts.
        match stamp::any(inner) {
            Some((written, after)) => {
                message.sent(&written, context);
                rest = trim_start(after);
            }
            None => rest = inner,
        }
    } else if let Some((name, after)) = host(rest) {
        if !message.has_priority && after.starts_with(b"   ") {
            // `2017-04-03 15:55:24.37 Logon       Login succeeded …` of SQL Server's own log.
            message.application = field(name);
            message.message = trim_start(after);
            return;
        }
        message.host = field(name);
        rest = trim_start(after);
    }
    after_host(message, rest, context);
}

/// The name or the address behind the time at the front.
pub(super) fn header_host(bytes: &[u8]) -> Option<&[u8]> {
    let (written, rest) = stamp::any(bytes).filter(|(_, rest)| rest.starts_with(b" "))?;
    let zone = zone::suffix(rest, false).filter(|_| written.offset.is_none());
    let rest = trim_start(zone.map_or(rest, |(_, rest)| rest));
    let (name, after) = host(rest)?;
    // An agent's header, and the columns of SQL Server's own log.
    if agent(rest).is_some() || after.starts_with(b"   ") {
        return None;
    }
    Some(name)
}

/// What stands behind time and host.
fn after_host<'a>(message: &mut Message<'a>, rest: &'a [u8], context: Context<'_>) {
    // `-` is a relay's for a program that it does not know.
    let rest = trim_start(rest.strip_prefix(b"- ").unwrap_or(rest));
    message.message = rest;
    let line = parse::without_sign(rest);
    if line.len() < rest.len() && !context.inner {
        let context = Context {
            inner: true,
            ..context
        };
        parse::line(message, line, context);
        return;
    }
    if key_value::read(message, rest, context) {
        message.dialect = Dialect::KeyValue;
    } else if vendor::mikrotik(message, rest) {
        message.dialect = Dialect::MikroTik;
    } else if !body::read(message, rest, context) {
        program(message, without_level(rest));
        body::inner_time(message, context);
    }
}

/// No time stamp. `<13>su: …` still names a program; without a priority it may be any prose.
fn without_time<'a>(message: &mut Message<'a>, bytes: &'a [u8], context: Context<'_>) {
    if body::read(message, bytes, context) {
        message.dialect = Dialect::Rfc3164;
    } else if message.has_priority {
        message.dialect = Dialect::Rfc3164;
        program(message, bytes);
    } else {
        body::bare_time(message, bytes, context);
        // `web01 nginx[23141]: …`, as some relays write; a bare word proves nothing.
        let (first, rest) = word(bytes);
        let rest = trim_start(rest);
        if first.iter().all(u8::is_ascii_graphic) && numbered_tag(rest) {
            message.dialect = Dialect::Rfc3164;
            message.host = field(first);
            program(message, rest);
        }
    }
}

/// The header of OSSEC's agents, `(name) 10.0.0.1->location …`: the name, and what follows it.
fn agent(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = bytes.strip_prefix(b"(")?;
    let (name, rest) = cut::once_within(inside, 128, b")")?;
    let (from, rest) = word(rest.strip_prefix(b" ")?);
    memchr::memmem::find(from, b"->")?;
    Some((name, trim_start(rest)))
}

/// Whether a word is an address.
pub(super) fn is_address(word: &[u8]) -> bool {
    std::str::from_utf8(word).is_ok_and(|w| w.parse::<std::net::IpAddr>().is_ok())
}

/// Whether a word may be a device's name: a year, a date, a time, a fraction or an offset is none.
pub(super) fn may_be_name(word: &[u8]) -> bool {
    if word.iter().all(u8::is_ascii_digit) {
        return !matches!(word, [b'1', b'9', _, _] | [b'2', b'0', _, _]);
    }
    let sign = |b: &u8| matches!(b, b'.' | b':' | b',' | b'+' | b'-' | b'/' | b'T' | b'Z');
    word.first()
        .is_some_and(|b| !b.is_ascii_digit() && !sign(b))
        || !word.iter().all(|b| b.is_ascii_digit() || sign(b))
        || is_address(word)
}

/// The host at the front and what follows it; a tag, a value, a level or a part of a date is none.
pub(super) fn host(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (word, rest) = word(bytes);
    if word.is_empty()
        || !may_be_name(word)
        || stamp::is_date(bytes)
        || word.ends_with(b":")
        || word.contains(&b'=')
        || word.contains(&b'\t')
    {
        return None;
    }
    // `[localhost]`, `[10.1.1.1]`; `[error]` is a level.
    if let Some(inside) = word.strip_prefix(b"[").and_then(|w| w.strip_suffix(b"]")) {
        let name = inside
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':'));
        let level = Severity::from_word(&inside.to_ascii_lowercase()).is_some();
        return (name && !level && !inside.is_empty()).then_some((inside, rest));
    }
    // PAN-OS without a host begins with values at once.
    (!word.contains(&b'[') && !word.contains(&b',') && !word.contains(&b'|'))
        .then_some((word, rest))
}

/// Without a level before the tag: `warning tmm[23068]: …` of F5.
fn without_level(bytes: &[u8]) -> &[u8] {
    let (level, rest) = word(bytes);
    let rest = trim_start(rest);
    if Severity::from_word(level).is_some() && numbered_tag(rest) {
        rest
    } else {
        bytes
    }
}

/// Whether `TAG[123]:` stands at the front.
fn numbered_tag(bytes: &[u8]) -> bool {
    let Some((tag, number)) = cut::once(word(bytes).0, b'[') else {
        return false;
    };
    let number = number.strip_suffix(b"]:");
    !tag.is_empty()
        && tag.iter().all(|b| is_tag(*b))
        && number.is_some_and(|n| !n.is_empty() && n.iter().all(u8::is_ascii_digit))
}

fn is_tag(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'_' | b'.' | b'/' | b'@' | b'(' | b')' | b'#')
}

/// `TAG: `, `TAG[PID]: ` or `TAG[PID] `. What stands in brackets and is no number belongs
/// to the name (`TRAPMGR[trapTask]`).
fn program<'a>(message: &mut Message<'a>, bytes: &'a [u8]) {
    let end = bytes.iter().take(TAG_MAX + 1).position(|b| !is_tag(*b));
    let Some(end) = end.filter(|n| *n > 0) else {
        return;
    };
    let (tag, rest) = cut::at(bytes, end);
    let mark = || huawei::mark(tag).filter(|m| m.rest.is_empty());
    match rest {
        [b':', after @ ..] if matches!(after, [] | [b' ', ..]) || mark().is_some() => {
            match mark() {
                Some(mark) => mark.tell(message),
                // `INFO: Port 1 link up` of D-Link names a level.
                None if Severity::from_word(&tag.to_ascii_lowercase()).is_some() => return,
                None => message.application = field(tag),
            }
            message.message = trim_start(after);
        }
        [b' ', b':', b' ', after @ ..] => {
            message.application = field(tag);
            message.message = trim_start(after);
        }
        [b'[', inside @ ..] => {
            let Some(close) = inside.iter().take(TAG_MAX).position(|b| *b == b']') else {
                return;
            };
            let (inside, behind) = cut::around(inside, close);
            let after = behind.strip_prefix(b":").unwrap_or(behind);
            if !matches!(after, [] | [b' ', ..]) {
                return;
            }
            if inside.iter().any(u8::is_ascii_digit) {
                message.application = field(tag);
                message.procid = field(inside);
            } else {
                message.application = field(cut::before(bytes, behind));
            }
            message.message = trim_start(after);
        }
        _ => {}
    }
}
