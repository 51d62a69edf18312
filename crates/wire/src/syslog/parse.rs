//! From bytes to a [`Message`].

use jiff::{Timestamp, tz::TimeZone};

use super::{
    bsd, huawei, key_value,
    message::{Dialect, Message, Severity, field},
    rfc5424, stamp, vendor,
};
use crate::cut::trim_start;

/// When and where a line was received: what a missing year or offset is taken from.
#[derive(Clone, Copy)]
pub(super) struct Context<'t> {
    pub received_at: Timestamp,
    pub zone: &'t TimeZone,
    /// Behind a header already: the next one is text.
    pub inner: bool,
}

/// Reads one syslog line. It never fails: a line that follows no known shape is
/// a [`Message`] with [`Dialect::Bare`] whose message is the whole line.
///
/// `received_at` and `zone` settle what RFC 3164 leaves open: the year and the
/// offset of the sender's time stamp.
pub fn parse<'a>(bytes: &'a [u8], received_at: Timestamp, zone: &TimeZone) -> Message<'a> {
    let context = Context {
        received_at,
        zone,
        inner: false,
    };
    let mut message = Message::bare(bytes);
    let mut rest = strip_mark(trim_end(bytes));
    if let Some((priority, after)) = priority(rest) {
        message.has_priority = true;
        message.facility = Some(priority >> 3);
        message.severity = Some(Severity::from_bits(priority));
        // Some senders put blanks behind it (HP, Dell, FortiGate's own relay).
        rest = trim_start(after);
    }
    rest = strip_mark(rest);
    message.message = rest;
    if rfc5424::read(&mut message, rest, context) {
        message.dialect = Dialect::Rfc5424;
    } else {
        line(&mut message, rest, context);
        message.header_host = bsd::header_host(rest).and_then(field);
    }
    message
}

/// Reads what stands behind a priority, but for RFC 5424.
pub(super) fn line<'a>(message: &mut Message<'a>, bytes: &'a [u8], context: Context<'_>) {
    let rest = without_sign(bytes);
    message.message = rest;
    if key_value::read(message, rest, context) {
        message.dialect = Dialect::KeyValue;
    } else if huawei::read(message, rest, context) {
        message.dialect = Dialect::Huawei;
    } else if vendor::cisco(message, rest, context) {
        message.dialect = Dialect::Cisco;
    } else if vendor::mikrotik(message, rest) {
        message.dialect = Dialect::MikroTik;
    } else {
        bsd::read(message, rest, context);
    }
}

/// `<0>` to `<191>` (RFC 5424 §6.2.1); leading zeros are let pass.
fn priority(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let (value, rest) = stamp::number(bytes.strip_prefix(b"<")?, 1, 3)?;
    let rest = rest.strip_prefix(b">")?;
    let value = u8::try_from(value).ok().filter(|value| *value <= 191)?;
    Some((value, rest))
}

/// Without what Comware and VRP put before the time of a log (`%`, also numbered `%@123%`), a
/// trap (`#`) or a debugging line (`*`) in their own files.
pub(super) fn without_sign(bytes: &[u8]) -> &[u8] {
    let rest = match bytes {
        [b'%', b'@', rest @ ..] => match stamp::number(rest, 1, 9) {
            Some((_, [b'%', after @ ..])) => after,
            _ => return bytes,
        },
        [b'%' | b'#', rest @ ..] => rest,
        _ => return bytes,
    };
    if stamp::any(rest).is_some() {
        rest
    } else {
        bytes
    }
}

/// Without the line end or NUL that some senders leave inside a datagram.
fn trim_end(mut bytes: &[u8]) -> &[u8] {
    while let [front @ .., b'\n' | b'\r' | 0] = bytes {
        bytes = front;
    }
    bytes
}

/// Without a UTF-8 byte order mark.
pub(super) fn strip_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}
