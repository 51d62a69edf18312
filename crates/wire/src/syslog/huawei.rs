//! Huawei VRP and H3C Comware: `Mar 23 2026 08:45:46+07:00 SW %%01IFNET/4/IF_STATE(l)[12]:text`.

use memchr::memmem;

use super::{
    bsd::{host, is_address, may_be_name, trim_start, word},
    message::{Message, Severity, field},
    parse::Context,
    stamp, zone,
};

/// How far into a line the `%%` may stand.
const HEAD_MAX: usize = 200;

/// `MODULE/5/MNEMONIC`, as both makers write it.
pub(super) struct Mark<'a> {
    pub module: &'a [u8],
    pub severity: Severity,
    pub mnemonic: &'a [u8],
    /// Bytes up to its end.
    pub used: usize,
}

/// Reads a mark from the front.
pub(super) fn mark(bytes: &[u8]) -> Option<Mark<'_>> {
    let name = |bytes: &[u8]| {
        bytes
            .iter()
            .position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')))
            .unwrap_or(bytes.len())
    };
    let n = name(bytes);
    let [b'/', level @ b'0'..=b'7', b'/', rest @ ..] = bytes.get(n..)? else {
        return None;
    };
    let m = name(rest);
    if n == 0 || m == 0 || !bytes[0].is_ascii_alphabetic() {
        return None;
    }
    Some(Mark {
        module: &bytes[..n],
        severity: Severity::from_bits(level - b'0'),
        mnemonic: &rest[..m],
        used: n + 3 + m,
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
    let Some(at) = memmem::find(&bytes[..bytes.len().min(HEAD_MAX)], b"%%") else {
        return without_sign(message, bytes, context);
    };
    let [b'0'..=b'9', b'0'..=b'9', body @ ..] = &bytes[at + 2..] else {
        return false;
    };
    let Some(mark) = mark(trim_start(body)) else {
        return false;
    };
    if !is_header(&bytes[..at]) {
        return false;
    }
    mark.tell(message);
    head(message, bytes[..at].trim_ascii(), context);
    message.message = &bytes[at..];
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
        if let Some((_, used)) = stamp::any(head) {
            times += 1;
            // A relay's name has its time before it.
            if times > 2 || (named && times == 1) {
                return false;
            }
            named = false;
            head = &head[used..];
            head = &head[zone::suffix(head, false).map_or(0, |(_, n)| n)..];
            continue;
        }
        let word = word(head);
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
            let speaks = word[0] == b'(' || (word.contains(&b':') && !is_address(word));
            if named && (speaks || host(head).is_none()) {
                return false;
            }
        }
        head = &head[word.len()..];
    }
}

/// A trap or a line of an older version, where the mark stands without `%%` behind time and name.
fn without_sign<'a>(message: &mut Message<'a>, bytes: &'a [u8], context: Context<'_>) -> bool {
    let Some((_, used)) = stamp::any(bytes) else {
        return false;
    };
    let mut at = used;
    // A zone, the name, the mark.
    for _ in 0..4 {
        at += bytes[at..].len() - trim_start(&bytes[at..]).len();
        let word = word(&bytes[at..]);
        if let Some(mark) = mark(word)
            && matches!(word.get(mark.used), Some(b':' | b'('))
            && mark.module.iter().all(|b| !b.is_ascii_lowercase())
            && is_header(&bytes[..at])
        {
            mark.tell(message);
            head(message, &bytes[..at], context);
            message.message = &bytes[at..];
            return true;
        }
        at += word.len();
    }
    false
}

/// Times, zones and names before the mark. With a relay's header there are two of each: the
/// later time is the device's, and the first word behind it its name.
fn head<'a>(message: &mut Message<'a>, mut head: &'a [u8], context: Context<'_>) {
    let (mut sent, mut name, mut relay) = (None::<stamp::Written>, None, None);
    for _ in 0..12 {
        head = trim_start(head);
        let word = word(head);
        if let Some((written, used)) = stamp::any(head) {
            head = &head[used..];
            let suffix = zone::suffix(head, false);
            sent = Some(suffix.map_or(written, |(east, _)| written.in_zone(east)));
            head = &head[suffix.map_or(0, |(_, n)| n)..];
            relay = name.take().or(relay);
            continue;
        }
        if word.is_empty() {
            break;
        }
        let follows = head.len() > word.len();
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
        head = &head[word.len()..];
    }
    if let Some(written) = sent {
        message.sent(&written, context);
    }
    if let Some(name) = name.or(relay) {
        message.host = field(name);
    }
}
