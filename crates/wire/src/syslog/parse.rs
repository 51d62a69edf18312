//! From bytes to a [`Message`].

use jiff::{Timestamp, tz::TimeZone};

use super::{
    bsd::{self, trim_start},
    huawei, key_value,
    message::{Dialect, Message, Severity},
    rfc5424, stamp, vendor,
};

/// When and where a line was received: what a missing year or offset is taken from.
#[derive(Clone, Copy)]
pub(super) struct Context<'t> {
    pub received_at: Timestamp,
    pub zone: &'t TimeZone,
}

/// Reads one syslog line. It never fails: a line that follows no known shape is
/// a [`Message`] with [`Dialect::Bare`] whose message is the whole line.
///
/// `received_at` and `zone` settle what RFC 3164 leaves open: the year and the
/// offset of the sender's time stamp.
pub fn parse<'a>(bytes: &'a [u8], received_at: Timestamp, zone: &TimeZone) -> Message<'a> {
    let context = Context { received_at, zone };
    let mut message = Message::bare(bytes);
    let mut rest = trim_end(bytes);
    if let Some((priority, used)) = priority(rest) {
        message.has_priority = true;
        message.facility = Some(priority >> 3);
        message.severity = Some(Severity::from_bits(priority));
        // Some senders put blanks behind it (HP, Dell, FortiGate's own relay).
        rest = trim_start(&rest[used..]);
    }
    rest = strip_mark(rest);
    message.message = rest;
    if rfc5424::read(&mut message, rest, context) {
        message.dialect = Dialect::Rfc5424;
    } else if key_value::read(&mut message, rest, context) {
        message.dialect = Dialect::KeyValue;
    } else if huawei::read(&mut message, rest, context) {
        message.dialect = Dialect::Huawei;
    } else if vendor::cisco(&mut message, rest, context) {
        message.dialect = Dialect::Cisco;
    } else if vendor::mikrotik(&mut message, rest) {
        message.dialect = Dialect::MikroTik;
    } else {
        // Comware's own file begins a line with `%`.
        let line = rest.strip_prefix(b"%").filter(|r| stamp::any(r).is_some());
        bsd::read(&mut message, line.unwrap_or(rest), context);
    }
    message
}

/// `<0>` to `<191>` (RFC 5424 §6.2.1); leading zeros are let pass.
fn priority(bytes: &[u8]) -> Option<(u8, usize)> {
    let digits = bytes.strip_prefix(b"<")?;
    let (value, n) = stamp::number(digits, 1, 3)?;
    if digits.get(n) != Some(&b'>') || value > 191 {
        return None;
    }
    Some((u8::try_from(value).ok()?, n + 2))
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
