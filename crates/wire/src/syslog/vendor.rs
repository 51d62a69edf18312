//! Cisco and MikroTik.

use memchr::memchr2_iter;

use super::{
    bsd::{is_address, may_be_name},
    message::{Message, Severity, field},
    parse::Context,
    stamp, zone,
};
use crate::cut::{self, trim_start, word};

/// How far into a line the `%` of a Cisco mnemonic may stand.
const HEAD_MAX: usize = 160;

/// Reads `123: host: *Mar  1 00:01:02.123 ICT: %SYS-5-CONFIG_I: …`, every part
/// before the `%` optional; `false` when the line is not of this shape.
pub(super) fn cisco<'a>(message: &mut Message<'a>, bytes: &'a [u8], context: Context<'_>) -> bool {
    // AireOS also writes `#CAPWAP-4-…`.
    let mut signs = memchr2_iter(b'%', b'#', cut::front(bytes, HEAD_MAX)).take(4);
    let Some((head, text, mnemonic)) = signs.find_map(|at| {
        let (head, text) = cut::at(bytes, at);
        Some((head, text, mnemonic(text)?))
    }) else {
        return false;
    };
    // `%ASA-session-6-302015`: the class of the message stands between.
    let product = mnemonic.facility.split(|b| *b == b'-').next();
    let product = product.filter(|p| FIREWALLS.contains(p));
    // A firewall's own name stands where a router's zone does.
    let firewall = product.is_some();
    if JUNOS.contains(&mnemonic.facility) && head.trim_ascii_end().ends_with(b"]:") {
        return false;
    }
    let Some(head) = cisco_head(head, firewall) else {
        return false;
    };
    if let Some(written) = head.stamp {
        message.sent(&written, context);
    }
    message.clock_set = head.clock_set;
    message.host = head.host.and_then(field);
    message.procid = head.process.or(head.sequence).and_then(field);
    message.application = field(product.unwrap_or(mnemonic.facility));
    message.msgid = field(mnemonic.whole);
    if !message.has_priority {
        message.severity = Some(mnemonic.severity);
    }
    message.message = text;
    true
}

const FIREWALLS: [&[u8]; 4] = [b"ASA", b"FTD", b"PIX", b"FWSM"];

/// The facilities that Junos writes with `explicit-priority`; its program stands before.
const JUNOS: [&[u8]; 12] = [
    b"AUTH",
    b"CHANGE",
    b"CONFLICT",
    b"CRON",
    b"DAEMON",
    b"DFC",
    b"FIREWALL",
    b"FTP",
    b"INTERACT",
    b"KERN",
    b"PFE",
    b"USER",
];

/// Whether the facility is one of Junos, whose program stands before it.
pub(super) fn is_junos(message: &Message<'_>) -> bool {
    let facility = message.application.as_deref().unwrap_or_default();
    JUNOS.contains(&facility.as_bytes())
}

struct Mnemonic<'a> {
    facility: &'a [u8],
    severity: Severity,
    whole: &'a [u8],
}

/// `%SYS-5-CONFIG_I:`; the facility may itself have parts (`%PKT_INFRA-LINK-3-UPDOWN`).
fn mnemonic(bytes: &[u8]) -> Option<Mnemonic<'_>> {
    let (_, name) = bytes.split_first()?;
    let (whole, [b':' | b' ', ..]) = cut::before_any(name, |b| {
        !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/'))
    }) else {
        return None;
    };
    if !whole.first()?.is_ascii_uppercase() {
        return None;
    }
    // What stands between two dashes, and how much before them.
    let levels = || {
        let parts = whole.windows(3).enumerate().skip(1);
        parts.filter_map(|(at, part)| match part {
            [b'-', level, b'-'] => Some((at, *level)),
            _ => None,
        })
    };
    let (at, severity) = match levels().find(|(_, level)| matches!(level, b'0'..=b'7')) {
        Some((at, level)) => (at, Severity::from_bits(level - b'0')),
        // The switches for small offices have letters.
        None => levels().find_map(|(at, level)| Some((at, letter(level)?)))?,
    };
    Some(Mnemonic {
        facility: cut::front(whole, at),
        severity,
        whole,
    })
}

/// `%LINK-W-Down` of Cisco's 200 to 550 series.
fn letter(level: u8) -> Option<Severity> {
    Some(match level {
        b'F' => Severity::Emergency,
        b'A' => Severity::Alert,
        b'C' => Severity::Critical,
        b'E' => Severity::Error,
        b'W' => Severity::Warning,
        b'N' => Severity::Notice,
        b'I' => Severity::Informational,
        b'D' => Severity::Debug,
        _ => return None,
    })
}

#[derive(Default)]
struct Head<'a> {
    sequence: Option<&'a [u8]>,
    host: Option<&'a [u8]>,
    process: Option<&'a [u8]>,
    stamp: Option<stamp::Written>,
    clock_set: bool,
}

/// What stands before the `%`; `None` when something there does not fit.
fn cisco_head(head: &[u8], firewall: bool) -> Option<Head<'_>> {
    let mut out = Head {
        clock_set: true,
        ..Head::default()
    };
    let mut rest = head;
    let mut hosts = 0;
    // How the first name stands: before a colon as a program's does, or behind a relay's time.
    let (mut closed, mut relayed) = (false, false);
    for _ in 0..16 {
        while let [b' ' | b':', after @ ..] = rest {
            rest = after;
        }
        if rest.is_empty() {
            return Some(out);
        }
        // `*`: the clock was never set; `.`: it was, but lost its source.
        let (marked, body) = match rest {
            [b'*' | b'.', after @ ..] => (true, after),
            _ => (false, rest),
        };
        if marked && body.is_empty() {
            out.clock_set = false;
            return Some(out);
        }
        if let Some((mut written, after)) = stamp::any(body) {
            rest = after;
            // With a number or a name before the time, a word behind it is a zone.
            let only = !firewall && (out.host.is_some() || out.sequence.is_some());
            if written.offset.is_none()
                && let Some((east, after)) =
                    zone::suffix(rest, only).or_else(|| zone::last(rest).filter(|_| !firewall))
            {
                written = written.in_zone(east);
                rest = after;
            }
            out.stamp = Some(written);
            out.clock_set = !marked;
            continue;
        }
        let (token, after) =
            ipv6(body).unwrap_or_else(|| cut::before_any(body, |b| matches!(b, b' ' | b':')));
        let colon = after.starts_with(b":");
        if token.iter().all(u8::is_ascii_digit) && colon && uptime(body).is_none() {
            out.sequence = Some(token);
        } else if let Some(after) = uptime(body) {
            rest = after;
            continue;
        } else if body.starts_with(b"[") {
            // Structured data before the text, `[syslog@9 s_id="sw1:666"]`.
            rest = cut::once(body, b']')?.1;
            continue;
        } else if let Some((_, number)) = cut::once(token, b'[') {
            out.process = Some(number.strip_suffix(b"]")?);
        } else if token.contains(&b'/') {
            // The node of an IOS-XR route processor, `RP/0/RSP0/CPU0`; `postfix/smtpd` speaks.
            if token.iter().any(u8::is_ascii_lowercase) && zone::named(token).is_none() {
                out.process = Some(token);
            }
        } else if marked && colon && token.first().is_some_and(u8::is_ascii_alphabetic) {
            // The task of a wireless controller, `*spamApTask3:`.
            out.process = Some(token);
        } else if hosts == 1
            && !closed
            && !marked
            && out.process.is_none()
            && matches!(after, b":" | b": ")
        {
            // The agent that speaks, on Arista: `sw1 Bgp: %BGP-…`.
            out.process = Some(token);
        } else if !may_be_name(token) {
            // A part of a time or a number: never a name.
        } else if out.process.is_some() || token.starts_with(b"(") {
            // Behind a program's name stands what it has to say.
            return None;
        } else if !marked && (hosts == 0 || (hosts == 1 && relayed)) {
            // A relay's name for it comes first, its own after it.
            if hosts == 0 {
                let address = is_address(token);
                closed = !address && colon;
                relayed = address || (!closed && out.stamp.is_some());
            }
            hosts += 1;
            out.host = Some(token);
        } else {
            return None;
        }
        rest = after;
    }
    None
}

/// An IPv6 address at the front, and what follows it from the colon on that may stand there.
fn ipv6(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (word, rest) = word(bytes);
    let address = |word: &[u8]| {
        std::str::from_utf8(word).is_ok_and(|text| text.parse::<std::net::Ipv6Addr>().is_ok())
    };
    if address(word) {
        return Some((word, rest));
    }
    let bare = word.strip_suffix(b":").filter(|bare| address(bare))?;
    Some(cut::at(bytes, bare.len()))
}

/// What follows a time since start that stands instead of a time of day: `00:01:02`,
/// `00:01:02.123`, `1d02h`, `4w6d`.
fn uptime(bytes: &[u8]) -> Option<&[u8]> {
    let (word, _) = word(bytes);
    let (text, rest) = cut::at(bytes, word.strip_suffix(b":").unwrap_or(word).len());
    let (clock, fraction) = cut::once(text, b'.').unwrap_or((text, &[]));
    let colons = match clock {
        [a, b, b':', c, d, b':', e, f] => [a, b, c, d, e, f].iter().all(|b| b.is_ascii_digit()),
        _ => false,
    } && fraction.iter().all(u8::is_ascii_digit);
    let units = (4..=8).contains(&text.len())
        && matches!(text, [b'0'..=b'9', .., b'd' | b'h' | b'w'])
        && text
            .iter()
            .all(|b| b.is_ascii_digit() || matches!(b, b'y' | b'w' | b'd' | b'h'));
    (colons || units).then_some(rest)
}

/// The first topics RouterOS knows (its manual, "Logging", topics).
const TOPICS: &str = "\
account acme async backup bfd bgp bridge calc caps certificate container critical ddns \
debug dhcp disk dns dot1x dude e-mail error event evpn fetch firewall gps graphing gsm \
health hotspot igmp-proxy info interface ipsec iscsi isdn isis kvm l2tp ldp lora lte \
manager mme mpls mqtt mvrp natpmp netinstall netwatch ntp ospf ovpn packet pim poe-out \
ppp pppoe pptp ptp queue radius radvd raw read rip romon route rpki rsvp script sertcp \
simulator smb snmp ssh ssl sstp state store stp system telephony tftp timer tr069 upnp \
ups vpls vrrp vxlan warning watchdog web-proxy wifi wireguard wireless write zerotier";

/// The topics that are levels: one of them shows a list that begins with a topic not known yet.
const LEVELS: [&[u8]; 5] = [b"critical", b"error", b"warning", b"info", b"debug"];

/// Reads `system,info,account user admin logged in …`, also with the router's name and a colon
/// before it; `false` when there is no list of topics.
pub(super) fn mikrotik<'a>(message: &mut Message<'a>, bytes: &'a [u8]) -> bool {
    let (first, rest) = word(bytes);
    let name = first.strip_suffix(b":").filter(|name| {
        let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        !name.is_empty() && name.iter().all(plain) && may_be_name(name)
    });
    let Some(name) = name else {
        return topics(message, bytes);
    };
    let named = topics(message, trim_start(rest));
    if named {
        message.host = field(name);
    }
    named
}

fn topics<'a>(message: &mut Message<'a>, bytes: &'a [u8]) -> bool {
    let (word, rest) = word(bytes);
    let topics = word.strip_suffix(b":").unwrap_or(word);
    let Some((first, _)) = cut::once(topics, b',') else {
        return false;
    };
    let plain = topics
        .iter()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b',' | b'-' | b'!'));
    let mut all = topics.split(|b| *b == b',');
    let known = TOPICS.split(' ').any(|t| t.as_bytes() == first);
    if !plain || first.is_empty() || !(known || all.any(|t| LEVELS.contains(&t))) {
        return false;
    }
    if !message.has_priority
        && let Some(severity) = topics.split(|b| *b == b',').find_map(Severity::from_word)
    {
        message.severity = Some(severity);
    }
    message.application = field(first);
    message.msgid = field(topics);
    message.message = trim_start(rest);
    true
}
