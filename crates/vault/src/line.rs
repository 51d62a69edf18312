//! A log line, and the bytes that stand for it in the write-ahead log and the tree.
//!
//! The canonical encoding of a record (version 1, integers big-endian):
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version, 1 |
//! | 8 | received at, unix milliseconds UTC (i64) |
//! | 8 | sent at by the sender's clock, the same; the smallest i64 when not told |
//! | 16 | source (UUID; nil: unknown sender) |
//! | 16 | unit (UUID; nil: none) |
//! | 16 | peer address (IPv6; IPv4 as `::ffff:a.b.c.d`) |
//! | 1 | transport: 0 unknown, 1 UDP, 2 TCP, 3 TLS, 4 RELP |
//! | 1 | flags: 1 truncated, 2 cut off by the end of the stream, 4 sender's clock not set, 8 time zone unknown |
//! | 1 | facility; 255 when not told |
//! | 1 | severity; 255 when not told |
//! | 2 + n | host (UTF-8) |
//! | 2 + n | application (UTF-8) |
//! | 4 + n | the line exactly as received |
//!
//! The leaf of a record in the Merkle tree is `SHA-256(0x00 || encoding)`.

use std::net::{IpAddr, Ipv6Addr};

use crate::{
    Error,
    tree::{self, Hash},
};

/// The registry's id of a log source, a UUID as bytes; nil for an unknown sender.
pub type SourceId = [u8; 16];
/// The registry's id of an organization, a UUID as bytes; nil for none.
pub type UnitId = [u8; 16];

/// Length of the fixed front of a record.
const FRONT: usize = 69;
const NOT_TOLD: i64 = i64::MIN;
/// Stands for a facility or severity that no one told, also in the columns of a segment.
const NO_CODE: u8 = u8::MAX;
const MAX_RAW: usize = 4 << 20;
/// A batch takes no line beyond so many bytes: a block of the log holds a whole batch.
pub(crate) const MAX_BATCH: usize = 32 << 20;

/// How a line reached us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Transport {
    /// Not recorded.
    #[default]
    Unknown = 0,
    /// A datagram (RFC 5426).
    Udp = 1,
    /// A plain stream (RFC 6587).
    Tcp = 2,
    /// A stream over TLS (RFC 5425).
    Tls = 3,
    /// The reliable event logging protocol.
    Relp = 4,
}

impl Transport {
    pub(crate) fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Unknown,
            1 => Self::Udp,
            2 => Self::Tcp,
            3 => Self::Tls,
            4 => Self::Relp,
            _ => return None,
        })
    }
}

/// What is known to be amiss with a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Flags(pub u8);

impl Flags {
    /// It was longer than the listener takes; the end is missing.
    pub const TRUNCATED: Self = Self(1);
    /// The connection ended within it.
    pub const CUT: Self = Self(2);
    /// The sender says that its clock is not set.
    pub const CLOCK_NOT_SET: Self = Self(4);
    /// It names a time zone that nobody knows; the source's own was taken.
    pub const ZONE_UNKNOWN: Self = Self(8);

    /// All of them with their names, as API and command line have them.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::TRUNCATED, "truncated"),
        (Self::CUT, "cut"),
        (Self::CLOCK_NOT_SET, "clock-not-set"),
        (Self::ZONE_UNKNOWN, "zone-unknown"),
    ];

    /// The names of those that are set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        (Self::ALL.into_iter()).filter_map(move |(flag, name)| self.has(flag).then_some(name))
    }

    /// The flag of a name.
    pub fn named(name: &str) -> Option<Self> {
        let found = Self::ALL.into_iter().find(|(_, known)| *known == name);
        found.map(|(flag, _)| flag)
    }

    /// Both sets of flags.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// A line to be appended, borrowing from the buffer it was received in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// When we received it, unix milliseconds.
    pub received_at_ms: i64,
    /// When the sender says it sent it, unix milliseconds.
    pub sent_at_ms: Option<i64>,
    /// Which registered source sent it; nil when unknown.
    pub source: SourceId,
    /// The unit the source belongs to; nil when none.
    pub unit: UnitId,
    /// The address it came from.
    pub peer: IpAddr,
    /// How it came.
    pub transport: Transport,
    /// What is amiss with it.
    pub flags: Flags,
    /// Syslog facility, 0 to 23; `None` when not told.
    pub facility: Option<u8>,
    /// Syslog severity, 0 (emergency) to 7 (debug); `None` when not told.
    pub severity: Option<u8>,
    /// The sender's name for itself, empty when not told.
    pub host: &'a str,
    /// Program or vendor facility, empty when not told.
    pub application: &'a str,
    /// The line exactly as received.
    pub raw: &'a [u8],
}

/// A stored line with its number in arrival order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Number in arrival order, from 0.
    pub index: u64,
    /// When we received it, unix milliseconds.
    pub received_at_ms: i64,
    /// When the sender says it sent it, unix milliseconds.
    pub sent_at_ms: Option<i64>,
    /// Which registered source sent it; nil when unknown.
    pub source: SourceId,
    /// The unit the source belonged to when the line came; nil when none.
    pub unit: UnitId,
    /// The address it came from.
    pub peer: IpAddr,
    /// How it came.
    pub transport: Transport,
    /// What is amiss with it.
    pub flags: Flags,
    /// Syslog facility; `None` when not told. Lines kept before this was told apart have 1.
    pub facility: Option<u8>,
    /// Syslog severity; `None` when not told. Lines kept before this was told apart have 5.
    pub severity: Option<u8>,
    /// The sender's name for itself, empty when not told.
    pub host: String,
    /// Program or vendor facility, empty when not told.
    pub application: String,
    /// The line exactly as received.
    pub raw: Vec<u8>,
}

impl Record {
    /// The line as text; bytes that are not UTF-8 become U+FFFD.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        domain::legacy::text(&self.raw)
    }

    /// The same without its number.
    pub fn as_line(&self) -> Line<'_> {
        Line {
            received_at_ms: self.received_at_ms,
            sent_at_ms: self.sent_at_ms,
            source: self.source,
            unit: self.unit,
            peer: self.peer,
            transport: self.transport,
            flags: self.flags,
            facility: self.facility,
            severity: self.severity,
            host: &self.host,
            application: &self.application,
            raw: &self.raw,
        }
    }

    /// The canonical encoding, whose hash is the record's leaf in the tree.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(
            FRONT + 10 + self.host.len() + self.application.len() + self.raw.len(),
        );
        self.as_line().encode_into(&mut out);
        out
    }

    /// Reads a canonical encoding; `None` when it is not one.
    pub fn decode(index: u64, bytes: &[u8]) -> Option<Self> {
        let line = Line::decode(bytes)?;
        Some(Self {
            index,
            received_at_ms: line.received_at_ms,
            sent_at_ms: line.sent_at_ms,
            source: line.source,
            unit: line.unit,
            peer: line.peer,
            transport: line.transport,
            flags: line.flags,
            facility: line.facility,
            severity: line.severity,
            host: line.host.to_owned(),
            application: line.application.to_owned(),
            raw: line.raw.to_vec(),
        })
    }
}

impl<'a> Line<'a> {
    pub(crate) fn encode_into(&self, out: &mut Vec<u8>) {
        let peer = match self.peer {
            IpAddr::V4(v4) => v4.to_ipv6_mapped(),
            IpAddr::V6(v6) => v6,
        };
        out.push(1);
        out.extend_from_slice(&self.received_at_ms.to_be_bytes());
        out.extend_from_slice(&self.sent_at_ms.unwrap_or(NOT_TOLD).to_be_bytes());
        out.extend_from_slice(&self.source);
        out.extend_from_slice(&self.unit);
        out.extend_from_slice(&peer.octets());
        out.extend_from_slice(&[
            self.transport as u8,
            self.flags.0,
            code(self.facility),
            code(self.severity),
        ]);
        for text in [self.host, self.application] {
            let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
            let text = text.as_bytes().get(..usize::from(length));
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(text.unwrap_or_default());
        }
        let length = u32::try_from(self.raw.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(self.raw);
    }

    /// Reads a canonical encoding; `None` when it is not exactly one.
    pub(crate) fn decode(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = bytes;
        let mut take = |n: usize| {
            let (front, back) = rest.split_at_checked(n)?;
            rest = back;
            Some(front)
        };
        if take(1)? != [1] {
            return None;
        }
        let received_at_ms = i64::from_be_bytes(take(8)?.try_into().ok()?);
        let sent_at_ms = i64::from_be_bytes(take(8)?.try_into().ok()?);
        let source = take(16)?.try_into().ok()?;
        let unit = take(16)?.try_into().ok()?;
        let peer: [u8; 16] = take(16)?.try_into().ok()?;
        let &[transport, flags, facility, severity] = take(4)? else {
            return None;
        };
        let mut text = || {
            let length = u16::from_be_bytes(take(2)?.try_into().ok()?);
            std::str::from_utf8(take(usize::from(length))?).ok()
        };
        let host = text()?;
        let application = text()?;
        let length = u32::from_be_bytes(take(4)?.try_into().ok()?);
        let raw = take(usize::try_from(length).ok()?)?;
        rest.is_empty().then_some(Self {
            received_at_ms,
            sent_at_ms: (sent_at_ms != NOT_TOLD).then_some(sent_at_ms),
            source,
            unit,
            peer: IpAddr::V6(Ipv6Addr::from(peer)).to_canonical(),
            transport: Transport::from_code(transport)?,
            flags: Flags(flags),
            facility: told(facility),
            severity: told(severity),
            host,
            application,
            raw,
        })
    }
}

/// A facility or severity as one byte.
pub(crate) fn code(told: Option<u8>) -> u8 {
    told.unwrap_or(NO_CODE)
}

/// The facility or severity that a byte stands for.
pub(crate) fn told(code: u8) -> Option<u8> {
    (code != NO_CODE).then_some(code)
}

/// What a batch brings from one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    pub source: SourceId,
    pub lines: u64,
    pub bytes: u64,
    pub last_received_ms: i64,
}

impl Share {
    /// What one line adds.
    pub(crate) fn of(line: &Line<'_>) -> Self {
        Self {
            source: line.source,
            lines: 1,
            bytes: line.raw.len() as u64,
            last_received_ms: line.received_at_ms,
        }
    }
}

/// Lines on their way to the vault, already encoded and hashed.
///
/// Built where the lines are received, so that this work is spread over the
/// tasks that read connections.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Records, each with its length (u32, little-endian) before it.
    pub(crate) payload: Vec<u8>,
    pub(crate) leaves: Vec<Hash>,
    pub(crate) shares: Vec<Share>,
    pub(crate) received: Option<(i64, i64)>,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a line after those already in the batch.
    ///
    /// # Errors
    /// [`Error::LineTooLong`] and [`Error::BatchFull`]; the batch is then unchanged.
    pub fn push(&mut self, line: &Line<'_>) -> Result<(), Error> {
        if line.raw.len() > MAX_RAW
            || line.host.len().max(line.application.len()) > usize::from(u16::MAX)
        {
            return Err(Error::LineTooLong {
                bytes: line.raw.len(),
            });
        }
        let start = self.payload.len();
        self.payload.extend_from_slice(&[0; 4]);
        line.encode_into(&mut self.payload);
        if self.payload.len() > MAX_BATCH {
            self.payload.truncate(start);
            return Err(Error::BatchFull { bytes: start });
        }
        let (length, encoded) = written(&mut self.payload, start);
        self.leaves.push(tree::leaf_hash(encoded));
        let bytes = u32::try_from(encoded.len()).unwrap_or(u32::MAX);
        length.copy_from_slice(&bytes.to_le_bytes());
        let at = line.received_at_ms;
        self.received = Some(
            self.received
                .map_or((at, at), |(a, b)| (a.min(at), b.max(at))),
        );
        let added = Share::of(line);
        match self.shares.iter_mut().rfind(|s| s.source == line.source) {
            Some(share) => {
                share.lines += added.lines;
                share.bytes += added.bytes;
                share.last_received_ms = at;
            }
            None => self.shares.push(added),
        }
        Ok(())
    }

    /// How many lines are in it.
    pub fn len(&self) -> usize {
        self.leaves.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.leaves.is_empty()
    }

    /// Bytes it will take in the write-ahead log.
    pub fn bytes(&self) -> usize {
        self.payload.len()
    }
}

/// Room for the length of a record that was written from `start` on, and the record.
#[expect(
    clippy::indexing_slicing,
    reason = "the payload has just grown from `start` on, by the room for the length first"
)]
fn written(payload: &mut [u8], start: usize) -> (&mut [u8], &[u8]) {
    let (length, encoded) = payload[start..].split_at_mut(4);
    (length, encoded)
}

/// Walks the records of a write-ahead log payload: `(offset, encoded record)`.
pub(crate) fn records(payload: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let length = payload.get(at..at + 4)?;
        let length = usize::try_from(u32::from_le_bytes(length.try_into().ok()?)).ok()?;
        let start = at + 4;
        let record = payload.get(start..start.checked_add(length)?)?;
        at = start + length;
        Some((start, record))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line<'static> {
        Line {
            received_at_ms: 1_795_230_000_123,
            sent_at_ms: None,
            source: [7; 16],
            unit: [9; 16],
            peer: IpAddr::from([10, 1, 2, 3]),
            transport: Transport::Tcp,
            flags: Flags::TRUNCATED,
            facility: Some(4),
            severity: Some(6),
            host: "gw01",
            application: "sshd",
            raw: b"<38>Nov 21 gw01 sshd: \xff",
        }
    }

    #[test]
    fn the_encoding_comes_back_and_nothing_shorter_or_longer_does() {
        let mut bytes = Vec::new();
        line().encode_into(&mut bytes);
        assert_eq!(Line::decode(&bytes), Some(line()));
        for n in 0..bytes.len() {
            assert_eq!(Line::decode(&bytes[..n]), None, "{n} bytes");
        }
        bytes.push(0);
        assert_eq!(Line::decode(&bytes), None);
        let bare = Line {
            facility: None,
            severity: None,
            ..line()
        };
        let mut other = Vec::new();
        bare.encode_into(&mut other);
        assert_eq!(Line::decode(&other), Some(bare));
        assert_eq!(
            &other[67..69],
            [255, 255],
            "the other bytes are as they were"
        );
        assert_eq!(other.len(), bytes.len() - 1);
    }

    #[test]
    fn flags_have_names() {
        let both = Flags::CUT.with(Flags::ZONE_UNKNOWN);
        assert_eq!(both.names().collect::<Vec<_>>(), ["cut", "zone-unknown"]);
        assert_eq!(Flags::named("clock-not-set"), Some(Flags::CLOCK_NOT_SET));
        assert_eq!(Flags::named("clock"), None);
    }

    #[test]
    fn a_batch_counts_by_source() {
        let mut batch = Batch::new();
        batch.push(&line()).unwrap();
        batch
            .push(&Line {
                source: [0; 16],
                received_at_ms: 5,
                ..line()
            })
            .unwrap();
        batch.push(&line()).unwrap();
        assert_eq!(batch.len(), 3);
        assert_eq!(batch.shares.len(), 2);
        assert_eq!((batch.shares[0].lines, batch.shares[0].bytes), (2, 46));
        assert_eq!(batch.received, Some((5, 1_795_230_000_123)));
        assert_eq!(records(&batch.payload).count(), 3);
    }
}
