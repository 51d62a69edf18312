//! RFC 3164: `<PRI>Mmm dd hh:mm:ss HOST TAG[PID]: MSG`, any part of which may be missing.

use super::{
    key_value,
    message::{Dialect, Message, field},
    parse::Context,
    stamp, vendor,
};

/// Longest tag taken for a program name. RFC 3164 §5.3 says 32; systemd units and paths are longer.
const TAG_MAX: usize = 64;

/// Reads what follows the priority, as far as it can be told.
pub(super) fn read<'a>(message: &mut Message<'a>, bytes: &'a [u8], context: Context<'_>) {
    let Some((written, used)) =
        stamp::any(bytes).filter(|(_, n)| matches!(bytes.get(*n), Some(b' ' | b':')))
    else {
        // No time stamp. `<13>su: …` still names a program; without a priority it may be any prose.
        if message.has_priority {
            message.dialect = Dialect::Rfc3164;
            program(message, bytes);
        }
        return;
    };
    message.dialect = Dialect::Rfc3164;
    message.sent_at = written.resolve(context.received_at, context.zone);
    let mut rest = &bytes[used..];
    if written.offset.is_none()
        && let Some((east, n)) = stamp::zone_suffix(rest)
    {
        if east.is_some() {
            let zoned = stamp::Written {
                offset: east,
                ..written
            };
            message.sent_at = zoned.resolve(context.received_at, context.zone);
        }
        rest = &rest[n..];
    }
    rest = rest.strip_prefix(b":").unwrap_or(rest);
    rest = trim_start(rest);
    let word = word(rest);
    // A local socket's line has no host: the first word is then the tag.
    if !word.is_empty() && !word.ends_with(b":") && !word.contains(&b'[') && !word.contains(&b'=') {
        message.host = field(word);
        rest = trim_start(&rest[word.len()..]);
    }
    message.message = rest;
    if key_value::read(message, rest, context) {
        message.dialect = Dialect::KeyValue;
    } else if vendor::mikrotik(message, rest) {
        message.dialect = Dialect::MikroTik;
    } else {
        program(message, rest);
    }
}

/// `TAG: `, `TAG[PID]: ` or `TAG[PID] `.
fn program<'a>(message: &mut Message<'a>, bytes: &'a [u8]) {
    let end = bytes.iter().take(TAG_MAX + 1).position(|b| {
        !(b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/' | b'@' | b'(' | b')'))
    });
    let Some(end) = end.filter(|n| *n > 0) else {
        return;
    };
    let tag = &bytes[..end];
    match bytes[end] {
        b':' if matches!(bytes.get(end + 1), None | Some(b' ')) => {
            message.application = field(tag);
            message.message = trim_start(&bytes[end + 1..]);
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
            message.application = field(tag);
            message.procid = field(&inside[..close]);
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
