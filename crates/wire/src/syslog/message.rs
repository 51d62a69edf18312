//! What a syslog line says.

use std::{borrow::Cow, net::IpAddr};

use jiff::Timestamp;

use super::{parse::Context, rfc5424::Elements, stamp::Written};

/// The shape in which a line was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// RFC 5424.
    Rfc5424,
    /// RFC 3164, or what calls itself that (also with an RFC 3339 time stamp, as rsyslog forwards).
    Rfc3164,
    /// `%FACILITY-SEVERITY-MNEMONIC: …` of Cisco IOS, IOS-XE, IOS-XR, NX-OS and ASA.
    Cisco,
    /// `%%01MODULE/5/MNEMONIC(l): …` of Huawei VRP and H3C Comware.
    Huawei,
    /// `topic,topic message` of MikroTik RouterOS.
    MikroTik,
    /// `key=value key="value"` from the first byte, as FortiGate sends.
    KeyValue,
    /// None of these: the whole line is the message.
    Bare,
}

/// Severity of a line, RFC 5424 table 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Severity {
    /// The system is unusable.
    Emergency = 0,
    /// Action must be taken at once.
    Alert,
    /// Critical conditions.
    Critical,
    /// Error conditions.
    Error,
    /// Warning conditions.
    Warning,
    /// Normal but significant.
    Notice,
    /// Informational.
    Informational,
    /// Debugging.
    Debug,
}

impl Severity {
    /// The severity in the lowest three bits of a priority value.
    pub fn from_bits(value: u8) -> Self {
        match value & 7 {
            0 => Self::Emergency,
            1 => Self::Alert,
            2 => Self::Critical,
            3 => Self::Error,
            4 => Self::Warning,
            5 => Self::Notice,
            6 => Self::Informational,
            _ => Self::Debug,
        }
    }

    /// The severity that a vendor's word stands for (`warning`, `crit`, `information`, …).
    pub fn from_word(word: &[u8]) -> Option<Self> {
        Some(match word {
            b"emergency" | b"emerg" | b"panic" => Self::Emergency,
            b"alert" => Self::Alert,
            b"critical" | b"crit" => Self::Critical,
            b"error" | b"err" => Self::Error,
            b"warning" | b"warn" => Self::Warning,
            b"notice" | b"notification" => Self::Notice,
            b"information" | b"informational" | b"info" => Self::Informational,
            b"debug" => Self::Debug,
            _ => return None,
        })
    }
}

/// The usual short name of a facility, RFC 5424 table 1 (`kern`, `user`, … `local7`).
pub fn facility_name(facility: u8) -> &'static str {
    const NAMES: [&str; 24] = [
        "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron",
        "authpriv", "ftp", "ntp", "audit", "alert", "clock", "local0", "local1", "local2",
        "local3", "local4", "local5", "local6", "local7",
    ];
    NAMES.get(usize::from(facility)).copied().unwrap_or("?")
}

/// What a line says of the time zone in which its time was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Zone {
    /// Nothing: the zone that its source is set to was taken.
    NotTold,
    /// An offset, or a name with one meaning.
    Told,
    /// A name without a known meaning (`clock timezone XYZ 7`): as [`Zone::NotTold`], and in doubt.
    Unknown,
}

/// One syslog line, borrowing from the bytes that were received.
///
/// Text that is not UTF-8 is shown with U+FFFD in its place; [`Message::raw`]
/// keeps the bytes as they came. A field that the sender left out, or sent as
/// the NILVALUE `-`, is `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct Message<'a> {
    /// The line exactly as received.
    pub raw: &'a [u8],
    /// The shape it was read as.
    pub dialect: Dialect,
    /// 0 to 23; `None` where no priority was sent. RFC 3164 §4.3.3 has a relay put 1 (`user`)
    /// there; nobody said so, and it is left to the reader.
    pub facility: Option<u8>,
    /// `None` where neither a priority nor a level was sent.
    pub severity: Option<Severity>,
    /// Whether the line began with a valid `<PRI>`.
    pub has_priority: bool,
    /// When the sender says it sent the line.
    pub sent_at: Option<Timestamp>,
    /// `false` where the sender itself marks its clock as not set (Cisco's `*` and `.`).
    pub clock_set: bool,
    /// Where the offset of `sent_at` comes from.
    pub zone: Zone,
    /// The sender's name for itself, wherever in the line it stands.
    pub host: Option<Cow<'a, str>>,
    /// The name or address in an RFC 3164 header; in one of RFC 5424 an address.
    pub header_host: Option<Cow<'a, str>>,
    /// Program, Cisco facility, first MikroTik topic, or FortiGate type.
    pub application: Option<Cow<'a, str>>,
    /// Process id, or what stands in its place; the sequence number for Cisco.
    pub procid: Option<Cow<'a, str>>,
    /// RFC 5424 MSGID, Cisco mnemonic with severity, MikroTik topics, FortiGate log id.
    pub msgid: Option<Cow<'a, str>>,
    /// The structured data as sent (`[id a="b"][…]`), empty when there is none.
    pub structured_data: &'a [u8],
    /// Seconds east of Greenwich that the outermost header told.
    pub(super) header_offset: Option<i32>,
    /// The message without its header, byte order mark and line end.
    pub message: &'a [u8],
}

impl<'a> Message<'a> {
    /// Who may have sent it, by a relay's word, the surest first: what its header says before any
    /// name in the text, which may be what somebody typed. A name in the header leaves no doubt;
    /// an address may be all that the relay knows of a sender that names itself.
    pub fn senders(&self) -> [Option<&str>; 2] {
        let header = self.header_host.as_deref();
        match header {
            Some(header) if header.parse::<IpAddr>().is_err() => [Some(header), None],
            _ => [header, self.host.as_deref()],
        }
    }

    /// Takes a time as the one at which the line was sent.
    pub(super) fn sent(&mut self, written: &Written, context: Context<'_>) {
        if let Some(at) = written.resolve(context.received_at, context.zone) {
            self.sent_at = Some(at);
            self.zone = written.told();
        }
    }

    /// A message of which nothing is known but its bytes.
    pub(super) fn bare(raw: &'a [u8]) -> Self {
        Self {
            raw,
            dialect: Dialect::Bare,
            facility: None,
            severity: None,
            has_priority: false,
            sent_at: None,
            clock_set: true,
            zone: Zone::NotTold,
            host: None,
            application: None,
            procid: None,
            msgid: None,
            structured_data: &[],
            header_host: None,
            header_offset: None,
            message: raw,
        }
    }

    /// The message as text; bytes that are not UTF-8 become U+FFFD.
    pub fn text(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.message)
    }

    /// The elements of the structured data.
    pub fn elements(&self) -> Elements<'a> {
        Elements::new(self.structured_data)
    }
}

/// A header field as text; `None` when it is empty or the NILVALUE.
pub(super) fn field(bytes: &[u8]) -> Option<Cow<'_, str>> {
    match bytes {
        b"" | b"-" => None,
        bytes => Some(String::from_utf8_lossy(bytes)),
    }
}
