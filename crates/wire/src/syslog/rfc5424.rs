//! RFC 5424: `<PRI>1 TIMESTAMP HOST APP PROCID MSGID SD MSG`.

use std::{borrow::Cow, net::IpAddr};

use memchr::memchr3;

use super::{
    body,
    message::{Message, Zone, field},
    parse::{Context, strip_mark},
    relayed, stamp,
};
use crate::cut;

/// Reads what follows the priority; `false` when it is not RFC 5424.
pub(super) fn read<'a>(message: &mut Message<'a>, bytes: &'a [u8], context: Context<'_>) -> bool {
    let Some(rest) = bytes.strip_prefix(b"1 ") else {
        return false;
    };
    let (time, rest) = token(rest);
    let written = match stamp::rfc3339(time) {
        Some((written, [])) => Some(written),
        // Without a priority only a whole time shows that it is this form.
        None if time == b"-" && message.has_priority => None,
        None if message.has_priority && epoch(message, time) => {
            // Meraki counts seconds, and names no program.
            let (host, text) = token(rest);
            message.host = field(host);
            message.message = text;
            return true;
        }
        _ => return false,
    };
    let (host, rest) = token(rest);
    if let Some(written) = written {
        message.sent(&written, context);
        message.header_offset = written.offset;
    }
    if body::event_format(message, rest) {
        // ArcSight's form right behind the host, without the rest of the header.
        message.host = field(host);
        return true;
    }
    let (application, rest) = token(rest);
    let (procid, rest) = token(rest);
    let (msgid, rest) = token(rest);
    message.host = field(host);
    // A relay's name here may stand before the sender's own in the text; an address is of the
    // sender.
    message.header_host = field(host).filter(|host| host.parse::<IpAddr>().is_ok());
    message.application = field(application);
    message.procid = field(procid);
    message.msgid = field(msgid);
    let (data, text) = structured_data(rest);
    message.structured_data = data;
    message.message = strip_mark(text);
    // A relay that knows no program leaves it nil, and the event names its form.
    if message.application.is_none() && body::event_format(message, message.message) {
        return true;
    }
    if message.msgid.is_none() {
        relayed::read(message, context);
    }
    true
}

/// `1795705200.774247467`, in place of a time.
fn epoch(message: &mut Message<'_>, time: &[u8]) -> bool {
    let Some((whole, fraction)) = std::str::from_utf8(time)
        .ok()
        .and_then(|t| t.split_once('.'))
    else {
        return false;
    };
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    if whole.len() != 10 || fraction.len() > 9 || !digits(whole) || !digits(fraction) {
        return false;
    }
    let Ok(seconds) = whole.parse() else {
        return false;
    };
    let nanoseconds = format!("{fraction:0<9}").parse().unwrap_or(0);
    message.sent_at = jiff::Timestamp::new(seconds, nanoseconds).ok();
    message.zone = Zone::Told;
    true
}

/// Up to the next blank, and what follows it.
fn token(bytes: &[u8]) -> (&[u8], &[u8]) {
    cut::once(bytes, b' ').unwrap_or((bytes, &[]))
}

/// Splits structured data from the message. Data that is not well formed is
/// left in the message, where it can at least be read.
fn structured_data(bytes: &[u8]) -> (&[u8], &[u8]) {
    if let Some(rest) = bytes.strip_prefix(b"-") {
        return match rest {
            [] => (&[], rest),
            [b' ', text @ ..] => (&[], text),
            _ => (&[], bytes),
        };
    }
    let mut rest = bytes;
    while rest.starts_with(b"[") {
        match element(rest) {
            Some((_, after)) => rest = after,
            None => return (&[], bytes),
        }
    }
    match rest {
        [] => (bytes, &[]),
        [b' ', text @ ..] => (cut::before(bytes, rest), text),
        _ => (&[], bytes),
    }
}

/// What stands in one `[…]` and behind it, minding quotes and the escapes of §6.3.3.
fn element(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = bytes.strip_prefix(b"[")?;
    let (mut rest, mut quoted) = (inside, false);
    loop {
        let (_, from) = cut::at(rest, memchr3(b'"', b'\\', b']', rest)?);
        rest = match from {
            [b'"', after @ ..] => {
                quoted = !quoted;
                after
            }
            [b'\\', _, after @ ..] if quoted => after,
            [b']', after @ ..] if !quoted => return Some((cut::before(inside, from), after)),
            [_, after @ ..] => after,
            [] => return None,
        };
    }
}

/// The elements of a line's structured data, RFC 5424 §6.3.
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    rest: &'a [u8],
}

impl<'a> Elements<'a> {
    pub(super) fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }
}

/// One `[id name="value" …]`.
#[derive(Clone, Debug)]
pub struct Element<'a> {
    /// The SD-ID, for instance `exampleSDID@32473`.
    pub id: Cow<'a, str>,
    rest: &'a [u8],
}

impl<'a> Element<'a> {
    /// The names and values of the element, escapes undone.
    pub fn parameters(&self) -> Parameters<'a> {
        Parameters { rest: self.rest }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (inside, after) = element(self.rest)?;
        self.rest = after;
        let (id, rest) = token(inside);
        Some(Element {
            id: String::from_utf8_lossy(id),
            rest,
        })
    }
}

/// Names and values of an [`Element`].
#[derive(Clone, Debug)]
pub struct Parameters<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Parameters<'a> {
    type Item = (Cow<'a, str>, Cow<'a, str>);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(rest) = self.rest.strip_prefix(b" ") {
            self.rest = rest;
        }
        let (name, value) = cut::once(self.rest, b'=')?;
        let value = value.strip_prefix(b"\"")?;
        let (mut rest, mut escaped) = (value, false);
        let (value, after) = loop {
            rest = match rest {
                [b'"', after @ ..] => break (cut::before(value, rest), after),
                [b'\\', _, after @ ..] => {
                    escaped = true;
                    after
                }
                [_, after @ ..] => after,
                [] => return None,
            };
        };
        self.rest = after;
        let text = String::from_utf8_lossy(value);
        let text = if escaped {
            Cow::Owned(unescape(&text))
        } else {
            text
        };
        Some((String::from_utf8_lossy(name), text))
    }
}

/// Undoes `\"`, `\\` and `\]`; any other backslash stays (§6.3.3).
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('"' | '\\' | ']')) => out.extend(chars.next()),
            _ => out.push(c),
        }
    }
    out
}
