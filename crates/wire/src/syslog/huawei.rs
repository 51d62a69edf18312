//! Huawei VRP and H3C Comware: `Mar 23 2026 08:45:46+07:00 SW %%01IFNET/4/IF_STATE(l)[12]:text`.

use super::{
    bsd::{host, is_address, may_be_name},
    message::{Message, Severity, field},
    parse::Context,
    stamp, zone,
};
use crate::cut::{self, trim_start, word};

/// How far into a line the `%%` may stand.
const HEAD_MAX: usize = 200;

/// `MODULE/5/MNEMONIC`, as both makers write it.
pub(super) struct Mark<'a> {
    pub module: &'a [u8],
    pub severity: Severity,
    pub mnemonic: &'a [u8],
    /// What follows it.
    pub rest: &'a [u8],
}

/// Reads a mark from the front.
pub(super) fn mark(bytes: &[u8]) -> Option<Mark<'_>> {
    let ends = |b: u8| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    let (module, rest) = cut::before_any(bytes, ends);
    let [b'/', level @ b'0'..=b'7', b'/', rest @ ..] = rest else {
        return None;
    };
    let (mnemonic, rest) = cut::before_any(rest, ends);
    if mnemonic.is_empty() || !module.first().is_some_and(u8::is_ascii_alphabetic) {
        return None;
    }
    Some(Mark {
        module,
        severity: Severity::from_bits(level - b'0'),
        mnemonic,
        rest,
    })
}

impl<'a> Mark<'a> {
    /// Puts what the mark says into the message.
    pub(super) fn tell(&self, message: &mut Message<'a>) {
        message.application = field(self.module);
        message.msgid = field(self.mnemonic);
        if !message.has_priority {
            message.severity = Some(self.severity);
        }
    }
}

/// Reads a line with `%%01` or `%%10` in it; `false` when it is not of this shape.
pub(super) fn read<'a>(message: &mut Message<'a>, bytes: &'a [u8], context: Context<'_>) -> bool {
    let Some((before, rest)) = cut::once_within(bytes, HEAD_MAX, b"%%") else {
        return without_sign(message, bytes, context);
    };
    let [b'0'..=b'9', b'0'..=b'9', body @ ..] = rest else {
        return false;
    };
    let Some(mark) = mark(trim_start(body)) else {
        return false;
    };
    if !is_header(before) {
        return false;
    }
    mark.tell(message);
    head(message, before.trim_ascii(), context);
    message.message = cut::at(bytes, before.len()).1;
    true
}

/// Whether a device's header is all that stands before the mark: a time, its zone and one name,
/// and before them the same of a relay. What stands behind anything else somebody said:
/// `sshd[12]: Invalid user %%01A/5/B:`.
fn is_header(mut head: &[u8]) -> bool {
    let (mut times, mut named) = (0, false);
    loop {
        head = trim_start(head);
        if head.is_empty() {
            return true;
        }
        if let Some((_, after)) = stamp::any(head) {
            times += 1;
            // A relay's name has its time before it.
            if times > 2 || (named && times == 1) {
                return false;
            }
            named = false;
            head = zone::suffix(after, false).map_or(after, |(_, after)| after);
            continue;
        }
        let (word, after) = word(head);
        if named {
            // `sw (Stack)`, of several switches that are one.
            let inside = word.strip_prefix(b"(").and_then(|w| w.strip_suffix(b")"));
            if !inside.is_some_and(|w| w.iter().all(u8::is_ascii_alphabetic)) {
                return false;
            }
        } else {
            let signed = word.iter().any(|b| matches!(b, b'+' | b'-'));
            let zone = zone::named(word).is_some() && (times > 0 || signed);
            // The year behind the time.
            let year = times > 0 && !may_be_name(word) && !word.ends_with(b":");
            named = !zone && !year && word != b"DST";
            // `(dhcpd)` and `sshd:x` are what programs write.
            let speaks = word.starts_with(b"(") || (word.contains(&b':') && !is_address(word));
            if named && (speaks || host(head).is_none()) {
                return false;
            }
        }
        head = after;
    }
}

/// A trap or a line of an older version, where the mark stands without `%%` behind time and name.
fn without_sign<'a>(message: &mut Message<'a>, bytes: &'a [u8], context: Context<'_>) -> bool {
    let Some((_, mut rest)) = stamp::any(bytes) else {
        return false;
    };
    // A zone, the name, the mark.
    for _ in 0..4 {
        rest = trim_start(rest);
        let (word, after) = word(rest);
        let before = cut::before(bytes, rest);
        if let Some(mark) = mark(word)
            && matches!(mark.rest, [b':' | b'(', ..])
            && mark.module.iter().all(|b| !b.is_ascii_lowercase())
            && is_header(before)
        {
            mark.tell(message);
            head(message, before, context);
            message.message = rest;
            return true;
        }
        rest = after;
    }
    false
}

/// Times, zones and names before the mark. With a relay's header there are two of each: the
/// later time is the device's, and the first word behind it its name.
fn head<'a>(message: &mut Message<'a>, mut head: &'a [u8], context: Context<'_>) {
    let (mut sent, mut name, mut relay) = (None::<stamp::Written>, None, None);
    for _ in 0..12 {
        head = trim_start(head);
        let (word, after) = word(head);
        if let Some((written, after)) = stamp::any(head) {
            let zoned = zone::suffix(after, false).map(|(east, r)| (written.in_zone(east), r));
            let (written, after) = zoned.unwrap_or((written, after));
            sent = Some(written);
            head = after;
            relay = name.take().or(relay);
            continue;
        }
        if word.is_empty() {
            break;
        }
        let follows = !after.is_empty();
        // `22:00:00 Hanoi SW-01`: a zone, unless it is all the name there is.
        if let Some(east) = zone::named(word).filter(|_| follows && name.is_none()) {
            sent = sent.map(|w| w.in_zone_if(Some(east)));
        } else if word != b"DST" {
            // A second word is no header any more: what people can write names nobody.
            if name.is_some() {
                break;
            }
            name = host(head).map(|(name, _)| name);
        }
        head = after;
    }
    if let Some(written) = sent {
        message.sent(&written, context);
    }
    if let Some(name) = name.or(relay) {
        message.host = field(name);
    }
}
