//! Cisco and MikroTik.

use memchr::memchr;

use super::{
    bsd::{trim_start, word},
    message::{Message, Severity, field},
    parse::Context,
    stamp, zone,
};

/// How far into a line the `%` of a Cisco mnemonic may stand.
const HEAD_MAX: usize = 160;

/// Reads `123: host: *Mar  1 00:01:02.123 ICT: %SYS-5-CONFIG_I: …`, every part
/// before the `%` optional; `false` when the line is not of this shape.
pub(super) fn cisco<'a>(message: &mut Message<'a>, bytes: &'a [u8], context: Context<'_>) -> bool {
    let Some(percent) = memchr(b'%', &bytes[..bytes.len().min(HEAD_MAX)]) else {
        return false;
    };
    let Some(mnemonic) = mnemonic(&bytes[percent..]) else {
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
    let level = (1..n.saturating_sub(2)).find(|&i| {
        whole[i] == b'-' && matches!(whole[i + 1], b'0'..=b'7') && whole[i + 2] == b'-'
    })?;
    if !whole[0].is_ascii_uppercase() {
        return None;
    }
    Some(Mnemonic {
        facility: &whole[..level],
        severity: Severity::from_bits(whole[level + 1] - b'0'),
        whole,
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
                && let Some((east, n)) = zone::suffix(rest, only)
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
            // The node of an IOS-XR route processor, `RP/0/RSP0/CPU0`.
        } else if marked && body.get(n) == Some(&b':') && token[0].is_ascii_alphabetic() {
            // The task of a wireless controller, `*spamApTask3:`.
            out.process = Some(token);
        } else if hosts == 1 && !marked && matches!(body.get(n..), Some(b":" | b": ")) {
            // The agent that speaks, on Arista: `sw1 Bgp: %BGP-…`.
            out.process = Some(token);
        } else if hosts < 2 && !marked {
            // A relay's name for it comes first, its own after it.
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

/// Time since start instead of a time of day: `00:01:02`, `1d02h`, `4w6d`.
fn uptime(bytes: &[u8]) -> Option<usize> {
    let n = bytes.iter().position(|b| *b == b' ').unwrap_or(bytes.len());
    let text = bytes[..n].strip_suffix(b":").unwrap_or(&bytes[..n]);
    let colons = text.len() == 8
        && text.iter().enumerate().all(|(i, b)| {
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
const TOPICS: [&[u8]; 52] = [
    b"acme",
    b"account",
    b"async",
    b"backup",
    b"bfd",
    b"bgp",
    b"bridge",
    b"calc",
    b"caps",
    b"certificate",
    b"container",
    b"ddns",
    b"dhcp",
    b"disk",
    b"dns",
    b"dot1x",
    b"dude",
    b"e-mail",
    b"evpn",
    b"fetch",
    b"firewall",
    b"gps",
    b"gsm",
    b"health",
    b"hotspot",
    b"igmp-proxy",
    b"interface",
    b"ipsec",
    b"iscsi",
    b"isdn",
    b"kvm",
    b"l2tp",
    b"ldp",
    b"lora",
    b"lte",
    b"manager",
    b"mme",
    b"mpls",
    b"mqtt",
    b"natpmp",
    b"netwatch",
    b"ntp",
    b"ospf",
    b"ovpn",
    b"poe-out",
    b"ppp",
    b"pppoe",
    b"pptp",
    b"radius",
    b"route",
    b"script",
    b"system",
];

/// As [`TOPICS`], those that come last in the alphabet or are levels.
const MORE_TOPICS: [&[u8]; 21] = [
    b"critical",
    b"debug",
    b"error",
    b"info",
    b"warning",
    b"sertcp",
    b"simulator",
    b"smb",
    b"snmp",
    b"ssh",
    b"ssl",
    b"sstp",
    b"store",
    b"stp",
    b"telephony",
    b"tftp",
    b"tr069",
    b"upnp",
    b"ups",
    b"vrrp",
    b"wireless",
];

/// Reads `system,info,account user admin logged in …`; `false` when there is no list of topics.
pub(super) fn mikrotik<'a>(message: &mut Message<'a>, bytes: &'a [u8]) -> bool {
    let word = word(bytes);
    let topics = word.strip_suffix(b":").unwrap_or(word);
    let Some(comma) = memchr(b',', topics) else {
        return false;
    };
    let plain = topics
        .iter()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b',' | b'-' | b'!'));
    let first = &topics[..comma];
    if !plain || !(TOPICS.contains(&first) || MORE_TOPICS.contains(&first)) {
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
