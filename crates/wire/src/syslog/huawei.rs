//! Huawei VRP and H3C Comware: `Mar 23 2026 08:45:46+07:00 SW %%01IFNET/4/IF_STATE(l)[12]:text`.

use memchr::memmem;

use super::{
    bsd::{host, trim_start},
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
        return false;
    };
    let [b'0'..=b'9', b'0'..=b'9', body @ ..] = &bytes[at + 2..] else {
        return false;
    };
    let Some(mark) = mark(trim_start(body)) else {
        return false;
    };
    mark.tell(message);
    let mut head = bytes[..at].trim_ascii();
    if let Some((written, used)) = stamp::any(head) {
        head = &head[used..];
        let suffix = zone::suffix(head, false);
        let written = suffix.map_or(written, |(east, _)| written.in_zone(east));
        message.sent(&written, context);
        head = &head[suffix.map_or(0, |(_, n)| n)..];
        let words = trim_start(head);
        head = words.strip_prefix(b"DST ").unwrap_or(words);
    }
    if let Some((name, _)) = host(trim_start(head)) {
        message.host = field(name);
    }
    message.message = &bytes[at..];
    true
}
