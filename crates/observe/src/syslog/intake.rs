//! From a received frame to a line of a batch, and what is counted on the way.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use domain::clock::{Clock, local_zone};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::watch;
use vault::{Batch, Flags, Line, SourceId, Transport, Vault};
use wire::framing::Ending;

use super::Settings;
use super::source::{AtPeer, Entry, Source, SourceTable};
use super::unknown::UnknownSenders;
use crate::allowance::{Allowances, Grant};
use crate::seats::Seats;

/// What came from one registered source, as far as it is on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceCount {
    /// Lines since the start of the program.
    pub lines: u64,
    /// Their bytes.
    pub bytes: u64,
    /// When the last was received, unix milliseconds.
    pub last_received_ms: i64,
}

/// Why nothing is taken at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stall {
    /// Since when, unix milliseconds.
    pub since_ms: i64,
    /// What the vault said.
    pub reason: String,
}

/// Everything that was counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Lines on disk.
    pub lines: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Lines that were longer than allowed and are kept without their end.
    pub truncated: u64,
    /// Lines the vault will never take.
    pub refused: u64,
    /// Lines in memory that were given up at the stop, the vault taking nothing.
    pub abandoned: u64,
    /// Datagrams that the kernel dropped because we did not fetch them in time.
    pub datagrams_dropped: u64,
    /// TCP connections open now.
    pub connections: u64,
    /// TCP connections of registered senders turned away because there were too many.
    pub connections_refused: u64,
    /// TCP connections of others turned away: too many, or their share is spent.
    pub strangers_refused: u64,
    /// Quiet TCP connections closed to make room.
    pub connections_given_up: u64,
    /// Datagrams of unregistered senders that were over their share and are not kept.
    pub strangers_dropped: u64,
    /// Datagrams and TCP connections of unregistered senders that were not taken because the
    /// disk is nearly full, whatever their share.
    pub strangers_held: u64,
    /// TCP connections closed because a frame did not end.
    pub frames_unended: u64,
    /// How often a TCP connection of a registered sender had to wait for its rate.
    pub paced: u64,
    /// Datagrams of registered senders that were over their rate and are not kept.
    pub over_rate: u64,
    /// Faults of our own: a listener, a connection or a writer that failed and was begun again.
    pub panics: u64,
}

/// The counts, and what came from each source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// All together.
    pub counts: Counts,
    /// Registered sources that sent something.
    pub sources: HashMap<SourceId, SourceCount>,
    /// Set while the vault takes nothing.
    pub stalled: Option<Stall>,
    /// The registered sender that was last over its rate.
    pub over_rate: Option<IpAddr>,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub lines: AtomicU64,
    pub bytes: AtomicU64,
    pub truncated: AtomicU64,
    pub refused: AtomicU64,
    pub abandoned: AtomicU64,
    pub datagrams_dropped: AtomicU64,
    pub strangers_refused: AtomicU64,
    pub strangers_dropped: AtomicU64,
    pub strangers_held: AtomicU64,
    pub frames_unended: AtomicU64,
    pub panics: AtomicU64,
    pub paced: AtomicU64,
    pub over_rate: AtomicU64,
}

/// What all listeners share.
pub(super) struct Intake {
    pub vault: Arc<Vault>,
    pub settings: Settings,
    pub clock: Clock,
    pub sources: SourceTable,
    changed: watch::Sender<()>,
    pub unknown: UnknownSenders,
    /// TCP connections of registered senders.
    pub registered: Seats,
    /// TCP connections of all others.
    pub strangers: Seats,
    /// What those others have sent.
    pub allowances: Allowances,
    /// What registered senders have sent.
    pub rates: Allowances,
    /// The registered sender that was last over its rate.
    over_rate: Mutex<Option<IpAddr>>,
    /// Nothing of those others is taken.
    closed: AtomicBool,
    pub counters: Counters,
    /// Bytes of lines in memory that are not on disk yet.
    pub memory: AtomicUsize,
    zone: TimeZone,
    by_source: Mutex<HashMap<SourceId, SourceCount>>,
    stalled: Mutex<Option<Stall>>,
    /// Why nothing may be written, the disk's rest being kept for something else.
    held: Mutex<Option<String>>,
}

/// Lines on their way to the vault and what they will count for once there.
#[derive(Default)]
pub(super) struct Load {
    pub batch: Batch,
    pub raw_bytes: u64,
    shares: Vec<(SourceId, SourceCount)>,
}

/// One frame and where it came from.
pub(super) struct Arrival<'a> {
    pub bytes: &'a [u8],
    pub ending: Ending,
    pub peer: IpAddr,
    pub transport: Transport,
    pub received_at: Timestamp,
}

impl Intake {
    pub(super) fn new(vault: Arc<Vault>, settings: Settings, clock: Clock) -> Self {
        Self {
            unknown: UnknownSenders::new(settings.unknown_senders),
            registered: Seats::new(settings.registered),
            strangers: Seats::new(settings.strangers),
            allowances: Allowances::new(settings.stranger_bounds),
            rates: Allowances::new(settings.registered_bounds),
            over_rate: Mutex::default(),
            closed: AtomicBool::new(false),
            held: Mutex::default(),
            vault,
            settings,
            clock,
            sources: SourceTable::default(),
            changed: watch::Sender::new(()),
            counters: Counters::default(),
            memory: AtomicUsize::new(0),
            zone: local_zone(),
            by_source: Mutex::default(),
            stalled: Mutex::default(),
        }
    }

    /// Parses and attributes one line and adds it to `load`.
    pub(super) fn take(&self, load: &mut Load, arrival: &Arrival<'_>, at_peer: Option<&AtPeer>) {
        let mut message = wire::syslog::parse(arrival.bytes, arrival.received_at, &self.zone);
        // Behind a relay its header decides; a sender that speaks for itself alone is called
        // what it calls itself, wherever in the line.
        let relay = at_peer.filter(|at| at.relays());
        let name = |message: &wire::syslog::Message<'_>| {
            let name = match relay {
                Some(at) => {
                    let [first, second] = message.senders();
                    first
                        .filter(|name| second.is_none() || at.names(name))
                        .or(second)
                }
                None => message.host.as_deref(),
            };
            name.unwrap_or_default().to_owned()
        };
        let named = name(&message);
        let received_at_ms = arrival.received_at.as_millisecond();
        let found = at_peer.and_then(|at| at.source(&named));
        if found.is_none() {
            self.unknown
                .saw(arrival.peer, &named, arrival.bytes, 1, received_at_ms);
        }
        // Only now is it known whose clock it was.
        if let Some(zone) = found.and_then(|known| known.zone.as_ref())
            && message.sent_at.is_some()
            && message.zone != wire::syslog::Zone::Told
        {
            message = wire::syslog::parse(arrival.bytes, arrival.received_at, zone);
        }
        let host = name(&message);
        let Source { source, unit } = found.map_or(
            Source {
                source: [0; 16],
                unit: [0; 16],
            },
            |known| known.source,
        );
        let mut flags = match arrival.ending {
            Ending::Whole => Flags::default(),
            Ending::Truncated => Flags::TRUNCATED,
            Ending::Cut => Flags::CUT,
        };
        if !message.clock_set {
            flags = flags.with(Flags::CLOCK_NOT_SET);
        }
        if message.zone == wire::syslog::Zone::Unknown {
            flags = flags.with(Flags::ZONE_UNKNOWN);
        }
        if arrival.ending == Ending::Truncated {
            add(&self.counters.truncated, 1);
        }
        let pushed = load.batch.push(&Line {
            received_at_ms,
            sent_at_ms: message.sent_at.map(Timestamp::as_millisecond),
            source,
            unit,
            peer: arrival.peer,
            transport: arrival.transport,
            flags,
            facility: message.facility,
            severity: message.severity.map(|s| s as u8),
            host: &host,
            application: message.application.as_deref().unwrap_or_default(),
            raw: arrival.bytes,
        });
        if pushed.is_err() {
            add(&self.counters.refused, 1);
            return;
        }
        load.raw_bytes += arrival.bytes.len() as u64;
        if found.is_some() {
            load.share(source, arrival.bytes.len() as u64, received_at_ms);
        }
    }

    /// The lines of `load` are on disk.
    pub(super) fn stored(&self, load: &Load) {
        add(&self.counters.lines, load.batch.len() as u64);
        add(&self.counters.bytes, load.raw_bytes);
        let mut by_source = lock(&self.by_source);
        for (source, share) in &load.shares {
            let count = by_source.entry(*source).or_default();
            count.lines += share.lines;
            count.bytes += share.bytes;
            count.last_received_ms = share.last_received_ms;
        }
    }

    pub(super) fn stall(&self, reason: Option<String>) {
        let mut stalled = lock(&self.stalled);
        match (reason, &mut *stalled) {
            (None, _) => *stalled = None,
            (Some(reason), Some(stall)) => stall.reason = reason,
            (Some(reason), none) => {
                *none = Some(Stall {
                    since_ms: self.clock.now_ms(),
                    reason,
                });
            }
        }
    }

    /// Whether nothing of unregistered senders is taken.
    pub(super) fn closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// What is taken at all: of unregistered senders, and of everybody.
    pub(super) fn hold(&self, strangers: bool, everybody: Option<String>) {
        self.closed.store(strangers, Ordering::Relaxed);
        *lock(&self.held) = everybody;
    }

    /// Why nothing may be written now.
    pub(super) fn held(&self) -> Option<String> {
        lock(&self.held).clone()
    }

    /// The number of today, in Vietnam.
    pub(super) fn day(&self, at: Timestamp) -> i64 {
        const HOUR: i64 = 3_600;
        (at.as_second() + 7 * HOUR).div_euclid(24 * HOUR)
    }

    /// Replaces the registered senders.
    pub(super) fn register(&self, entries: impl IntoIterator<Item = Entry>) {
        self.sources.replace(entries);
        self.changed.send_replace(());
    }

    /// Tells when the registered senders are replaced.
    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Whether anybody is registered at an address.
    pub(super) fn is_registered(&self, peer: IpAddr) -> bool {
        self.sources.load().contains_key(&peer)
    }

    /// Takes what came over an unregistered sender's connection; whether more may come.
    pub(super) fn allows(&self, peer: IpAddr, lines: usize, bytes: usize) -> Grant {
        if self.closed() {
            return Grant::Spent;
        }
        let lines = u32::try_from(lines).unwrap_or(u32::MAX);
        let day = self.day(self.clock.now());
        self.allowances
            .charge(peer, lines, bytes as u64, Instant::now(), day)
    }

    /// The same of a registered sender, over whose connection may come what its rate allows.
    pub(super) fn paces(&self, peer: IpAddr, lines: usize, bytes: usize) -> Grant {
        let weight = weight(lines, bytes);
        let grant = self.rates.charge(peer, weight, 0, Instant::now(), 0);
        // Counted when what came was too much, not whenever that is asked again.
        if weight > 0 && grant != Grant::Now {
            add(&self.counters.paced, 1);
            *lock(&self.over_rate) = Some(peer);
        }
        grant
    }

    /// Takes a registered sender's datagram, or counts that it is over its rate.
    pub(super) fn keeps_pace(&self, peer: IpAddr, bytes: usize) -> bool {
        let taken = (self.rates).take(peer, weight(1, bytes), 0, Instant::now(), 0);
        if !taken {
            add(&self.counters.over_rate, 1);
            *lock(&self.over_rate) = Some(peer);
        }
        taken
    }

    /// Takes an unregistered sender's datagram, or counts that it is over its share.
    pub(super) fn admits(&self, peer: IpAddr, bytes: usize, at: Timestamp) -> bool {
        let day = self.day(at);
        if self.closed() {
            add(&self.counters.strangers_held, 1);
            return false;
        }
        let taken = self
            .allowances
            .take(peer, 1, bytes as u64, Instant::now(), day);
        if !taken {
            add(&self.counters.strangers_dropped, 1);
        }
        taken
    }

    /// Counts a connection of an unregistered sender that is turned away, for what reason.
    pub(super) fn turned_away(&self) {
        let counter = if self.closed() {
            &self.counters.strangers_held
        } else {
            &self.counters.strangers_refused
        };
        add(counter, 1);
    }

    pub(super) fn stalled(&self) -> bool {
        lock(&self.stalled).is_some()
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        let c = &self.counters;
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Snapshot {
            counts: Counts {
                lines: get(&c.lines),
                bytes: get(&c.bytes),
                truncated: get(&c.truncated),
                refused: get(&c.refused),
                abandoned: get(&c.abandoned),
                datagrams_dropped: get(&c.datagrams_dropped),
                connections: (self.registered.taken() + self.strangers.taken()) as u64,
                connections_refused: self.registered.refused(),
                strangers_refused: get(&c.strangers_refused) + self.strangers.refused(),
                connections_given_up: self.registered.given_up() + self.strangers.given_up(),
                strangers_dropped: get(&c.strangers_dropped),
                strangers_held: get(&c.strangers_held),
                frames_unended: get(&c.frames_unended),
                panics: get(&c.panics),
                paced: get(&c.paced),
                over_rate: get(&c.over_rate),
            },
            sources: lock(&self.by_source).clone(),
            stalled: lock(&self.stalled).clone(),
            over_rate: *lock(&self.over_rate),
        }
    }
}

impl Load {
    fn share(&mut self, source: SourceId, bytes: u64, at_ms: i64) {
        let at = match self.shares.iter().rposition(|(s, _)| *s == source) {
            Some(at) => at,
            None => {
                self.shares.push((source, SourceCount::default()));
                self.shares.len() - 1
            }
        };
        let count = &mut self.shares[at].1;
        count.lines += 1;
        count.bytes += bytes;
        count.last_received_ms = at_ms;
    }
}

/// What lines of together `bytes` count for: a line one, and each KiB one more.
fn weight(lines: usize, bytes: usize) -> u32 {
    u32::try_from(lines + bytes / 1_024).unwrap_or(u32::MAX)
}

pub(super) fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Ordering::Relaxed);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
