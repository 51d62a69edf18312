//! Senders that are not registered.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::source::Table;

/// Longest piece of a line kept as an example, bytes.
const SAMPLE: usize = 300;
/// When the list is full, senders silent for so long make room; milliseconds.
const SILENT_MS: i64 = 24 * 3_600_000;
/// Room is looked for at most this often, so that forged addresses cost nothing; milliseconds.
const SWEEP_MS: i64 = 60_000;

/// An address that sends lines and is not registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownSender {
    /// The address.
    pub peer: IpAddr,
    /// The name in its newest line, empty when it gave none.
    pub host: String,
    /// When its first line came, unix milliseconds.
    pub first_seen_ms: i64,
    /// When its newest line came, unix milliseconds.
    pub last_seen_ms: i64,
    /// How many lines came.
    pub lines: u64,
    /// The beginning of its newest line.
    pub sample: String,
}

#[derive(Debug, Default)]
struct Inner {
    senders: HashMap<IpAddr, UnknownSender>,
    unlisted: u64,
    swept_ms: Option<i64>,
}

/// The list of unknown senders, bounded.
#[derive(Debug)]
pub struct UnknownSenders {
    inner: Mutex<Inner>,
    most: usize,
}

impl UnknownSenders {
    pub(super) fn new(most: usize) -> Self {
        Self {
            inner: Mutex::default(),
            most,
        }
    }

    /// Everyone listed, the newest first.
    pub fn list(&self) -> Vec<UnknownSender> {
        let mut all: Vec<_> = self.lock().senders.values().cloned().collect();
        all.sort_by(|a, b| {
            b.last_seen_ms
                .cmp(&a.last_seen_ms)
                .then(a.peer.cmp(&b.peer))
        });
        all
    }

    /// Lines of senders for which the list had no room. They are kept all the same.
    pub fn unlisted_lines(&self) -> u64 {
        self.lock().unlisted
    }

    /// Counts `lines` lines from `peer`; `host` and `raw` are of the newest.
    pub(super) fn saw(&self, peer: IpAddr, host: &str, raw: &[u8], lines: u64, at_ms: i64) {
        let mut inner = self.lock();
        if !inner.senders.contains_key(&peer) && inner.senders.len() >= self.most {
            let due = inner
                .swept_ms
                .is_none_or(|swept| (at_ms - swept).abs() >= SWEEP_MS);
            if due {
                inner.swept_ms = Some(at_ms);
                inner
                    .senders
                    .retain(|_, s| at_ms - s.last_seen_ms < SILENT_MS);
            }
            if inner.senders.len() >= self.most {
                inner.unlisted += lines;
                return;
            }
        }
        let sender = inner.senders.entry(peer).or_insert_with(|| UnknownSender {
            peer,
            host: String::new(),
            first_seen_ms: at_ms,
            last_seen_ms: at_ms,
            lines: 0,
            sample: String::new(),
        });
        sender.lines += lines;
        sender.last_seen_ms = sender.last_seen_ms.max(at_ms);
        sender.host.clear();
        sender.host.push_str(host);
        sender.sample = domain::legacy::text(&raw[..raw.len().min(SAMPLE)]).into_owned();
    }

    /// Adds what is known of a sender from before the start, while there is room.
    pub(super) fn remember(&self, sender: UnknownSender) {
        let mut inner = self.lock();
        if let Some(listed) = inner.senders.get_mut(&sender.peer) {
            listed.lines += sender.lines;
            listed.first_seen_ms = listed.first_seen_ms.min(sender.first_seen_ms);
            if listed.last_seen_ms <= sender.last_seen_ms {
                listed.last_seen_ms = sender.last_seen_ms;
                (listed.host, listed.sample) = (sender.host, sender.sample);
            }
        } else if inner.senders.len() < self.most {
            inner.senders.insert(sender.peer, sender);
        }
    }

    /// Takes those off the list that are registered now; who they were.
    pub(super) fn forget_registered(&self, table: &Table) -> Vec<UnknownSender> {
        let registered = |peer: &IpAddr, s: &mut UnknownSender| {
            (table.get(peer)).is_some_and(|at| at.source(&s.host).is_some())
        };
        let mut inner = self.lock();
        let gone = inner.senders.extract_if(registered);
        gone.map(|(_, sender)| sender).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_bounded_and_the_silent_make_room() {
        let unknown = UnknownSenders::new(3);
        let peer = |n: u8| IpAddr::from([10, 0, 0, n]);
        for n in 0..5 {
            unknown.saw(peer(n), "", b"hello", 2, 1_000);
        }
        assert_eq!(unknown.list().len(), 3);
        assert_eq!(unknown.unlisted_lines(), 4);
        unknown.saw(peer(1), "gw", b"again", 1, SILENT_MS);
        unknown.saw(peer(9), "new", &[b'x'; 1_000], 1, SILENT_MS + 2_000);
        let listed = unknown.list();
        assert_eq!(
            listed.iter().map(|s| s.peer).collect::<Vec<_>>(),
            [peer(9), peer(1)]
        );
        assert_eq!(listed[0].sample.len(), SAMPLE);
        assert_eq!(
            (listed[1].lines, listed[1].first_seen_ms, &*listed[1].host),
            (3, 1_000, "gw")
        );
    }
}
