//! A device's own line behind a relay's header. rsyslog takes the first word of what it gets for
//! the program, without its colon, what stands in brackets and what follows a `/`, and the rest
//! for the text; a time that it does not know is cut through in the same way.

use std::borrow::Cow;

use super::{
    body,
    bsd::may_be_name,
    huawei, key_value,
    message::{Message, field},
    parse::{self, Context},
    stamp, vendor, zone,
};
use crate::cut::{self, trim_start};

/// How far the forms look into a line.
const HEAD: usize = 1024;

/// What a device wrote, put together again.
struct Joined<'a> {
    bytes: Vec<u8>,
    /// Bytes before those that are in the line as they are.
    before: usize,
    /// The text of the line, as far as it belongs to it.
    text: &'a [u8],
}

impl<'a> Joined<'a> {
    fn new(before: &[&[u8]], text: &'a [u8]) -> Self {
        let mut bytes = before.concat();
        let before = bytes.len();
        bytes.extend_from_slice(cut::front(text, HEAD));
        Self {
            bytes,
            before,
            text,
        }
    }

    /// What is read in it counts for the message.
    fn read(
        &self,
        message: &mut Message<'a>,
        read: impl for<'x> FnOnce(&mut Message<'x>, &'x [u8]) -> bool,
    ) -> bool {
        let mut inner = Message::bare(&self.bytes);
        inner.has_priority = message.has_priority;
        inner.severity = message.severity;
        inner.header_offset = message.header_offset;
        if !read(&mut inner, &self.bytes) {
            return false;
        }
        let at = self.bytes.len() - inner.message.len();
        message.message = cut::at(self.text, at.saturating_sub(self.before)).1;
        if inner.sent_at.is_some() {
            message.sent_at = inner.sent_at;
            message.zone = inner.zone;
            message.clock_set = inner.clock_set;
        }
        let owned =
            |value: &Option<Cow<'_, str>>| value.clone().map(|v| Cow::Owned(v.into_owned()));
        // A name in the header stays: the text may be what somebody typed. Where a relay had only
        // the sender's address, the device's own word counts.
        let named = |host: &Cow<'_, str>| host.parse::<std::net::IpAddr>().is_err();
        if !message.host.as_ref().is_some_and(named) {
            message.host = owned(&inner.host).or(message.host.take());
        }
        message.application = owned(&inner.application);
        message.procid = owned(&inner.procid).or(message.procid.take());
        message.msgid = owned(&inner.msgid);
        message.severity = inner.severity;
        true
    }
}

/// Looks behind an RFC 5424 header, of which host, program and text were read.
pub(super) fn read<'a>(message: &mut Message<'a>, context: Context<'_>) {
    let text = message.message;
    let host = message.host.clone().unwrap_or_default();
    let program = message.application.clone().unwrap_or_default();
    let (host, program) = (host.as_bytes(), program.as_bytes());
    // `sshd[12]: …`: behind a program that gave its number stands what it has to say.
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/');
    let is_cut = is_cut(program, text);
    let speaks = !program.is_empty() && (program.iter().all(plain) || !is_cut);
    if message.procid.is_some() && speaks && may_be_name(host) {
        return;
    }
    let own = trim_start(text);
    // A colon stood behind the word unless a blank did.
    let at_once = own.len() == text.len();
    let colon: &[u8] = if at_once && !program.is_empty() {
        b":"
    } else {
        b""
    };
    if !host.is_empty() && (!may_be_name(host) || stamp::is_date(&[host, b" ", program].concat())) {
        message.host = None;
        if host.len() == 4 && host.iter().all(u8::is_ascii_digit) {
            // The year behind the time: the name follows it.
            message.host = field_of(program);
            Joined::new(&[], own).read(message, |inner, bytes| {
                parse::line(inner, bytes, context);
                true
            });
        } else {
            let whole = Joined::new(&[host, b" ", program, colon], text);
            whole.read(message, |inner, bytes| line(inner, bytes, context));
        }
        return;
    }
    let pairs = program.contains(&b'=');
    let apart: &[&[u8]] = match program {
        [] => &[],
        _ if pairs => &[program, b" "],
        _ => &[program, b": "],
    };
    let cut = !program.is_empty()
        && is_cut
        && Joined::new(&[program, colon], text).read(message, |inner, bytes| {
            line(inner, bytes, context) || (at_once && huawei::read(inner, bytes, context))
        });
    let known = cut
        || Joined::new(apart, own).read(message, |inner, bytes| {
            let read = ((program.is_empty() || pairs) && key_value::read(inner, bytes, context))
                || vendor::mikrotik(inner, bytes)
                || (program.is_empty() && body::pan_os(inner, bytes, context))
                || huawei::read(inner, bytes, context)
                || cisco(inner, bytes, (program, text), context);
            // What stands for the program may be the device's name; what a program says names
            // nobody.
            let own = |name: &str| is_cut || name.as_bytes() == program;
            read && inner.host.as_deref().is_none_or(own)
        });
    if !known && let Some(name) = cut_mark(program).or_else(|| cut_values(program, text)) {
        message.application = field_of(name);
    }
}

/// Whether no program's name stands where one would, but what a relay leaves there of a device's
/// own header: nothing, a sequence number, a mnemonic, topics, values, or a part of a time.
fn is_cut(program: &[u8], text: &[u8]) -> bool {
    let sign = |b: &u8| matches!(b, b'=' | b',');
    // `UTC+07` of `UTC+07:00`.
    let zone = || program.contains(&b'+') && zone::named(program).is_some();
    program.iter().all(u8::is_ascii_digit)
        || matches!(program, [b'%' | b'#' | b'*', ..])
        || program.iter().any(sign)
        || !may_be_name(program)
        || zone()
        || stamp::is_date(&[program, b" ", cut::front(text, HEAD)].concat())
}

/// What [`field`] gives, for bytes that do not live as long as the message.
fn field_of<'a>(bytes: &[u8]) -> Option<Cow<'a, str>> {
    field(bytes).map(|text| Cow::Owned(text.into_owned()))
}

/// A line that begins with a time.
fn line<'a>(inner: &mut Message<'a>, bytes: &'a [u8], context: Context<'_>) -> bool {
    let timed = stamp::any(parse::without_sign(bytes)).is_some();
    if timed {
        parse::line(inner, bytes, context);
    }
    timed
}

/// `%%01SHELL` of `%%01SHELL/5/LOGIN(s)[12]:`.
fn cut_mark(program: &[u8]) -> Option<&[u8]> {
    match program.strip_prefix(b"%%")? {
        [b'0'..=b'9', b'0'..=b'9', rest @ ..] => {
            let ends = |b: u8| !(b.is_ascii_alphanumeric() || b == b'_');
            Some(cut::before_any(rest, ends).0).filter(|name| !name.is_empty())
        }
        _ => None,
    }
}

/// The kind of a line of PAN-OS, `1,2026/11/26 22:00:00,serial,TRAFFIC,…` without its date.
fn cut_values<'t>(program: &[u8], text: &'t [u8]) -> Option<&'t [u8]> {
    let (_, year) = cut::once(program, b',')?;
    let mut values = trim_start(text).splitn(4, |b| *b == b',');
    let (time, serial, kind) = (values.next()?, values.next()?, values.next()?);
    let plain = |v: &[u8]| !v.is_empty() && v.iter().all(u8::is_ascii_alphanumeric);
    let cut = year.len() == 4 && stamp::number(year, 4, 4).is_some();
    let timed = matches!(time, [_, _, b':', _, _, _, _, _]);
    (cut && timed && plain(serial) && plain(kind)).then_some(kind)
}

/// Cisco's forms, of which a program may also speak: they count where the program is a number,
/// the mnemonic itself, or where a time stands before the mnemonic as a device writes it.
fn cisco<'m>(
    inner: &mut Message<'m>,
    bytes: &'m [u8],
    (program, text): (&[u8], &[u8]),
    context: Context<'_>,
) -> bool {
    if !vendor::cisco(inner, bytes, context) {
        return false;
    }
    let sign = |bytes: &[u8]| matches!(bytes.first(), Some(b'%' | b'#'));
    if program.iter().all(u8::is_ascii_digit) || sign(program) {
        // A blank stands behind a sequence number, and a relay leaves it.
        if !program.is_empty() && !text.starts_with(b" ") {
            inner.host = None;
        }
        return true;
    }
    if sign(trim_start(text)) {
        // The agent that speaks, as without a relay.
        inner.host = None;
        inner.procid = field_of(program);
        return !vendor::is_junos(inner);
    }
    inner.sent_at.is_some()
}
