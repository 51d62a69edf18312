//! Cisco and MikroTik.

use memchr::{memchr, memchr2_iter};

use super::{
    bsd::{is_address, may_be_name, trim_start, word},
    message::{Message, Severity, field},
    parse::Context,
    stamp, zone,
};

/// How far into a line the `%` of a Cisco mnemonic may stand.
const HEAD_MAX: usize = 160;

/// Reads `123: host: *Mar  1 00:01:02.123 ICT: %SYS-5-CONFIG_I: …`, every part
/// before the `%` optional; `false` when the line is not of this shape.
pub(super) fn cisco<'a>(message: &mut Message<'a>, bytes: &'a [u8], context: Context<'_>) -> bool {
    // AireOS also writes `#CAPWAP-4-…`.
    let mut signs = memchr2_iter(b'%', b'#', &bytes[..bytes.len().min(HEAD_MAX)]).take(4);
    let Some((percent, mnemonic)) = signs.find_map(|at| Some((at, mnemonic(&bytes[at..])?))) else {
        return false;
    };
    // `%ASA-session-6-302015`: the class of the message stands between.
    let product = mnemonic.facility.split(|b| *b == b'-').next();
    let product = product.filter(|p| FIREWALLS.contains(p));
    // A firewall's own name stands where a router's zone does.
    let firewall = product.is_some();
    let before = bytes[..percent].trim_ascii_end();
    if JUNOS.contains(&mnemonic.facility) && before.ends_with(b"]:") {
        return false;
    }
    let Some(head) = cisco_head(&bytes[..percent], firewall) else {
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
    message.message = &bytes[percent..];
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
    let name = &bytes[1..];
    let n = name
        .iter()
        .position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/')))?;
    if !matches!(name[n], b':' | b' ') {
        return None;
    }
    let whole = &name[..n];
    if !whole.first()?.is_ascii_uppercase() {
        return None;
    }
    let parted = |i: usize| whole[i] == b'-' && whole[i + 2] == b'-';
    let levels = || (1..n.saturating_sub(2)).filter(|i| parted(*i));
    let number = levels().find(|i| matches!(whole[i + 1], b'0'..=b'7'));
    let (level, severity) = match number {
        Some(at) => (at, Severity::from_bits(whole[at + 1] - b'0')),
        // The switches for small offices have letters.
        None => levels().find_map(|at| Some((at, letter(whole[at + 1])?)))?,
    };
    Some(Mnemonic {
        facility: &whole[..level],
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
        if let Some((mut written, n)) = stamp::any(body) {
            rest = &body[n..];
            // With a number or a name before the time, a word behind it is a zone.
            let only = !firewall && (out.host.is_some() || out.sequence.is_some());
            if written.offset.is_none()
                && let Some((east, n)) =
                    zone::suffix(rest, only).or_else(|| zone::last(rest).filter(|_| !firewall))
            {
                written = written.in_zone(east);
                rest = &rest[n..];
            }
            out.stamp = Some(written);
            out.clock_set = !marked;
            continue;
        }
        let n = ipv6(body).unwrap_or_else(|| {
            let end = body.iter().position(|b| matches!(b, b' ' | b':'));
            end.unwrap_or(body.len())
        });
        let token = &body[..n];
        if token.iter().all(u8::is_ascii_digit) && body.get(n) == Some(&b':') && !is_clock(body) {
            out.sequence = Some(token);
        } else if let Some(used) = uptime(body) {
            rest = &body[used..];
            continue;
        } else if body.starts_with(b"[") {
            // Structured data before the text, `[syslog@9 s_id="sw1:666"]`.
            rest = &body[memchr(b']', body)? + 1..];
            continue;
        } else if let Some(open) = memchr(b'[', token) {
            out.process = Some(token[open + 1..].strip_suffix(b"]")?);
        } else if token.contains(&b'/') {
            // The node of an IOS-XR route processor, `RP/0/RSP0/CPU0`; `postfix/smtpd` speaks.
            if token.iter().any(u8::is_ascii_lowercase) && zone::named(token).is_none() {
                out.process = Some(token);
            }
        } else if marked && body.get(n) == Some(&b':') && token[0].is_ascii_alphabetic() {
            // The task of a wireless controller, `*spamApTask3:`.
            out.process = Some(token);
        } else if hosts == 1
            && !closed
            && !marked
            && out.process.is_none()
            && matches!(body.get(n..), Some(b":" | b": "))
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
                closed = !address && body.get(n) == Some(&b':');
                relayed = address || (!closed && out.stamp.is_some());
            }
            hosts += 1;
            out.host = Some(token);
        } else {
            return None;
        }
        rest = &body[n..];
    }
    None
}

/// The length of an IPv6 address at the front, without the colon that may follow it.
fn ipv6(bytes: &[u8]) -> Option<usize> {
    let word = word(bytes);
    let whole = std::str::from_utf8(word).ok()?;
    let address = |text: &str| text.parse::<std::net::Ipv6Addr>().is_ok();
    if address(whole) {
        return Some(word.len());
    }
    let bare = whole.strip_suffix(':')?;
    address(bare).then_some(bare.len())
}

fn is_clock(bytes: &[u8]) -> bool {
    uptime(bytes).is_some()
}

/// Time since start instead of a time of day: `00:01:02`, `00:01:02.123`, `1d02h`, `4w6d`.
fn uptime(bytes: &[u8]) -> Option<usize> {
    let n = bytes.iter().position(|b| *b == b' ').unwrap_or(bytes.len());
    let text = bytes[..n].strip_suffix(b":").unwrap_or(&bytes[..n]);
    let (clock, fraction) = match memchr(b'.', text) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &[][..]),
    };
    let colons = clock.len() == 8
        && fraction.iter().all(u8::is_ascii_digit)
        && clock.iter().enumerate().all(|(i, b)| {
            if i % 3 == 2 {
                *b == b':'
            } else {
                b.is_ascii_digit()
            }
        });
    let units = (4..=8).contains(&text.len())
        && text[0].is_ascii_digit()
        && text
            .iter()
            .all(|b| b.is_ascii_digit() || matches!(b, b'y' | b'w' | b'd' | b'h'))
        && matches!(text[text.len() - 1], b'd' | b'h' | b'w');
    (colons || units).then_some(text.len())
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
    let first = word(bytes);
    let name = first.strip_suffix(b":").filter(|name| {
        let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        !name.is_empty() && name.iter().all(plain) && may_be_name(name)
    });
    let Some(name) = name else {
        return topics(message, bytes);
    };
    let named = topics(message, trim_start(&bytes[first.len()..]));
    if named {
        message.host = field(name);
    }
    named
}

fn topics<'a>(message: &mut Message<'a>, bytes: &'a [u8]) -> bool {
    let word = word(bytes);
    let topics = word.strip_suffix(b":").unwrap_or(word);
    let Some(comma) = memchr(b',', topics) else {
        return false;
    };
    let plain = topics
        .iter()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b',' | b'-' | b'!'));
    let first = &topics[..comma];
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
    message.message = trim_start(&bytes[word.len()..]);
    true
}
