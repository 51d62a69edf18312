//! RFC 3164: `<PRI>Mmm dd hh:mm:ss HOST TAG[PID]: MSG`, any part of which may be missing.

use super::{
    body, huawei, key_value,
    message::{Dialect, Message, Severity, field},
    parse::{self, Context},
    stamp, vendor, zone,
};

/// Longest tag taken for a program name. RFC 3164 §5.3 says 32; systemd units and paths are longer.
const TAG_MAX: usize = 64;

/// Reads what follows the priority, as far as it can be told.
pub(super) fn read<'a>(message: &mut Message<'a>, bytes: &'a [u8], context: Context<'_>) {
    let Some((written, used)) = stamp::any(bytes).filter(|(w, n)| match bytes.get(*n) {
        Some(b' ' | b':') => true,
        // Rows of a file that begin with an instant (Exchange).
        Some(b',') => w.offset.is_some(),
        _ => false,
    }) else {
        without_time(message, bytes, context);
        return;
    };
    message.dialect = Dialect::Rfc3164;
    let mut rest = &bytes[used..];
    let suffix = zone::suffix(rest, false).filter(|_| written.offset.is_none());
    let written = suffix.map_or(written, |(east, _)| written.in_zone(east));
    rest = &rest[suffix.map_or(0, |(_, n)| n)..];
    message.sent(&written, context);
    message.header_offset = written.offset;
    if rest.starts_with(b",") {
        message.message = &rest[1..];
        return;
    }
    rest = trim_start(rest.strip_prefix(b":").unwrap_or(rest));
    // A relay that knew no name put its time right before the device's.
    if let Some((written, used)) = stamp::any(rest)
        && rest.get(used) == Some(&b' ')
    {
        message.sent(&written, context);
        rest = trim_start(&rest[used..]);
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
            Some((written, used)) => {
                message.sent(&written, context);
                rest = trim_start(&inner[used..]);
            }
            None => rest = inner,
        }
    } else if let Some((name, used)) = host(rest) {
        let after = &rest[used..];
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
    let (written, used) = stamp::any(bytes).filter(|(_, n)| bytes.get(*n) == Some(&b' '))?;
    let rest = &bytes[used..];
    let zone = zone::suffix(rest, false).filter(|_| written.offset.is_none());
    let rest = trim_start(&rest[zone.map_or(0, |(_, n)| n)..]);
    let (name, used) = host(rest)?;
    // An agent's header, and the columns of SQL Server's own log.
    if agent(rest).is_some() || rest[used..].starts_with(b"   ") {
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
        let first = word(bytes);
        let rest = trim_start(&bytes[first.len()..]);
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
    let end = memchr::memchr(b')', inside.get(..inside.len().min(128))?)?;
    let rest = inside[end + 1..].strip_prefix(b" ")?;
    let from = word(rest);
    memchr::memmem::find(from, b"->")?;
    Some((&inside[..end], trim_start(&rest[from.len()..])))
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
    !word[0].is_ascii_digit() && !sign(&word[0])
        || !word.iter().all(|b| b.is_ascii_digit() || sign(b))
        || is_address(word)
}

/// The host at the front and the bytes used; a tag, a value, a level or a part of a date is none.
pub(super) fn host(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let word = word(bytes);
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
        return (name && !level && !inside.is_empty()).then_some((inside, word.len()));
    }
    // PAN-OS without a host begins with values at once.
    (!word.contains(&b'[') && !word.contains(&b',') && !word.contains(&b'|'))
        .then_some((word, word.len()))
}

/// Without a level before the tag: `warning tmm[23068]: …` of F5.
fn without_level(bytes: &[u8]) -> &[u8] {
    let level = word(bytes);
    let rest = trim_start(&bytes[level.len()..]);
    if Severity::from_word(level).is_some() && numbered_tag(rest) {
        rest
    } else {
        bytes
    }
}

/// Whether `TAG[123]:` stands at the front.
fn numbered_tag(bytes: &[u8]) -> bool {
    let tag = word(bytes);
    let Some(open) = memchr::memchr(b'[', tag) else {
        return false;
    };
    let number = tag[open + 1..].strip_suffix(b"]:");
    open > 0
        && tag[..open].iter().all(|b| is_tag(*b))
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
    let tag = &bytes[..end];
    match bytes[end] {
        b':' if matches!(bytes.get(end + 1), None | Some(b' '))
            || huawei::mark(tag).is_some_and(|m| m.used == tag.len()) =>
        {
            match huawei::mark(tag).filter(|m| m.used == tag.len()) {
                Some(mark) => mark.tell(message),
                // `INFO: Port 1 link up` of D-Link names a level.
                None if Severity::from_word(&tag.to_ascii_lowercase()).is_some() => return,
                None => message.application = field(tag),
            }
            message.message = trim_start(&bytes[end + 1..]);
        }
        b' ' if bytes[end..].starts_with(b" : ") => {
            message.application = field(tag);
            message.message = trim_start(&bytes[end + 3..]);
        }
        b'[' => {
            let inside = &bytes[end + 1..];
            let Some(close) = inside.iter().take(TAG_MAX).position(|b| *b == b']') else {
                return;
            };
            let after = &inside[close + 1..];
            let after = after.strip_prefix(b":").unwrap_or(after);
            if !matches!(after.first(), None | Some(b' ')) {
                return;
            }
            let inside = &inside[..close];
            if inside.iter().any(u8::is_ascii_digit) {
                message.application = field(tag);
                message.procid = field(inside);
            } else {
                message.application = field(&bytes[..end + close + 2]);
            }
            message.message = trim_start(after);
        }
        _ => {}
    }
}

pub(super) fn word(bytes: &[u8]) -> &[u8] {
    let n = memchr::memchr(b' ', bytes).unwrap_or(bytes.len());
    &bytes[..n]
}

pub(super) fn trim_start(mut bytes: &[u8]) -> &[u8] {
    while let Some(rest) = bytes.strip_prefix(b" ") {
        bytes = rest;
    }
    bytes
}
