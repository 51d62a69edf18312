//! Huawei VRP and H3C Comware: `Mar 23 2026 08:45:46+07:00 SW %%01IFNET/4/IF_STATE(l)[12]:text`.

use memchr::memmem;

use super::{
    bsd::{host, trim_start, word},
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

/// Whether no program speaks before the mark, `sshd[12]: Invalid user %%01A/5/B:`.
fn is_header(mut head: &[u8]) -> bool {
    loop {
        head = trim_start(head);
        if let Some((_, used)) = stamp::any(head) {
            head = &head[used..];
            continue;
        }
        let word = word(head);
        if word.is_empty() {
            return true;
        }
        if word.ends_with(b":") && word.iter().any(u8::is_ascii_alphabetic) && word != head {
            return false;
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
