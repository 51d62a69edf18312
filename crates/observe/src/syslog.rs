//! Syslog listeners: UDP (RFC 5426) and TCP with both framings (RFC 6587).
//!
//! A line is parsed, attributed to a registered source and appended to the
//! vault. A TCP sender is read no faster than the disk takes its lines; a
//! datagram for which there is no room is dropped by the kernel, and counted.
//! While the vault cannot take lines (a full disk) nothing is read, and
//! [`Snapshot::stalled`] says why; it goes on by itself.
//!
//! Registered senders have room of their own, and each a rate so high that only a sender gone
//! wild reaches it. All others have a share: of connections, where
//! the quietest makes room for who comes; of lines a second, over which a stream waits, is closed
//! when it stays over, and a datagram is dropped; of bytes a day, after which they are refused until the next.

mod intake;
mod listener;
mod pipeline;
mod source;
mod tcp;
mod udp;
mod unknown;

use std::net::SocketAddr;
use std::time::Duration;

use crate::allowance::Bounds;
use crate::seats::Places;

pub use intake::{Counts, Snapshot, SourceCount, Stall};
pub use listener::Syslog;
pub use source::{Entry, Source, SourceTable};
pub use unknown::{UnknownSender, UnknownSenders};

/// Where and how syslog is listened to.
#[derive(Clone, Debug)]
pub struct Settings {
    /// UDP addresses; port 0 takes a free one.
    pub udp: Vec<SocketAddr>,
    /// TCP addresses; port 0 takes a free one.
    pub tcp: Vec<SocketAddr>,
    /// Longest line kept, bytes; what is beyond is thrown away and the line marked.
    pub max_line: usize,
    /// TCP connections of registered senders: room that nobody else takes.
    pub registered: Places,
    /// TCP connections of all others.
    pub strangers: Places,
    /// What those others may send.
    pub stranger_bounds: Bounds,
    /// What registered senders may send: each KiB of a line counts as one.
    pub registered_bounds: Bounds,
    /// A connection that sends nothing for so long is closed. Senders keep idle
    /// connections open and lose a line when these are closed, so this is long;
    /// dead peers are noticed by TCP keep-alive, and senders that are not registered make
    /// room when it is needed.
    pub idle_timeout: Duration,
    /// A frame that does not end within so long ends its connection.
    pub frame_timeout: Duration,
    /// A connection of an unregistered sender that has been over its share for so long without
    /// a pause is closed.
    pub over_share: Duration,
    /// Most bytes of lines in memory, all connections together, that are not on disk yet.
    pub memory: usize,
    /// Receive buffer of a UDP socket, bytes.
    pub udp_buffer: usize,
    /// Most unknown senders that are listed.
    pub unknown_senders: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            udp: Vec::new(),
            tcp: Vec::new(),
            max_line: wire::framing::MAX_LINE,
            registered: Places {
                all: 2_000,
                each: 256,
                quiet: Duration::from_secs(10),
            },
            strangers: Places {
                all: 500,
                each: 32,
                quiet: Duration::from_secs(1),
            },
            stranger_bounds: Bounds {
                each_per_second: 500,
                all_per_second: 5_000,
                each_per_day: 100 << 20,
                all_per_day: 1_000 << 20,
            },
            registered_bounds: Bounds::each(20_000),
            idle_timeout: Duration::from_secs(24 * 3600),
            frame_timeout: Duration::from_secs(60),
            over_share: Duration::from_secs(30),
            memory: 64 << 20,
            udp_buffer: 16 << 20,
            unknown_senders: 10_000,
        }
    }
}

/// Why listening cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// An address cannot be taken.
    #[error("cannot listen for syslog on {transport} {address}")]
    Bind {
        /// `UDP` or `TCP`.
        transport: &'static str,
        /// Where.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}
