//! The handle of the running listeners.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::clock::Clock;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use vault::Vault;

use super::intake::{Intake, Snapshot, add};
use super::source::Entry;
use super::unknown::UnknownSender;
use crate::allowance::Bounds;

use super::{ListenError, Settings, tcp, udp};

/// The running syslog listeners; cheap to clone.
#[derive(Clone)]
pub struct Syslog {
    intake: Arc<Intake>,
    udp: Vec<SocketAddr>,
    tcp: Vec<SocketAddr>,
}

impl Syslog {
    /// Opens all addresses and listens until `cancel`. The set of tasks ends
    /// after that, when all lines that were received are on disk.
    ///
    /// # Errors
    /// When an address cannot be taken; nothing is listened to then.
    pub fn start(
        settings: Settings,
        vault: Arc<Vault>,
        clock: Clock,
        cancel: &CancellationToken,
    ) -> Result<(Self, JoinSet<()>), ListenError> {
        let bad = |transport, address| {
            move |source| ListenError::Bind {
                transport,
                address,
                source,
            }
        };
        let mut udp_sockets = Vec::new();
        let mut tcp_listeners = Vec::new();
        let (mut udp_addresses, mut tcp_addresses) = (Vec::new(), Vec::new());
        for &address in &settings.udp {
            let socket = udp::bind(address, settings.udp_buffer).map_err(bad("UDP", address))?;
            udp_addresses.push(socket.local_addr().map_err(bad("UDP", address))?);
            udp_sockets.push(socket);
        }
        for &address in &settings.tcp {
            let listener = tcp::bind(address).map_err(bad("TCP", address))?;
            tcp_addresses.push(listener.local_addr().map_err(bad("TCP", address))?);
            tcp_listeners.push(listener);
        }
        let intake = Arc::new(Intake::new(vault, settings, clock));
        let mut tasks = JoinSet::new();
        for socket in udp_sockets {
            let (socket, cancel) = (Arc::new(socket), cancel.clone());
            tasks.spawn(kept(Arc::clone(&intake), move |intake| {
                udp::serve(Arc::clone(&socket), intake, cancel.clone())
            }));
        }
        for listener in tcp_listeners {
            let (listener, cancel) = (Arc::new(listener), cancel.clone());
            tasks.spawn(kept(Arc::clone(&intake), move |intake| {
                tcp::serve(Arc::clone(&listener), intake, cancel.clone())
            }));
        }
        tracing::info!(udp = ?udp_addresses, tcp = ?tcp_addresses, "listening for syslog");
        let handle = Self {
            intake,
            udp: udp_addresses,
            tcp: tcp_addresses,
        };
        Ok((handle, tasks))
    }

    /// Replaces the registered senders; whoever is now registered leaves the
    /// list of unknown senders, and is answered.
    pub fn set_sources(&self, entries: impl IntoIterator<Item = Entry>) -> Vec<UnknownSender> {
        self.intake.register(entries);
        self.intake
            .unknown
            .forget_registered(&self.intake.sources.load())
    }

    /// What of the disk's rest is kept for something else: nothing of unregistered senders
    /// is taken (`strangers`), nor of anybody, with the reason (`everybody`).
    pub fn hold(&self, strangers: bool, everybody: Option<String>) {
        self.intake.hold(strangers, everybody);
    }

    /// Whether it listens anywhere and takes what registered senders send.
    pub fn takes_lines(&self) -> bool {
        !(self.udp.is_empty() && self.tcp.is_empty()) && self.intake.held().is_none()
    }

    /// What unregistered senders may send from now on.
    pub fn set_bounds(&self, bounds: Bounds) {
        self.intake.allowances.set(bounds);
    }

    /// How much each registered sender may send from now on.
    pub fn set_rate(&self, each_per_second: u32) {
        self.intake.rates.set(Bounds::each(each_per_second));
    }

    /// Senders that are not registered, the newest first.
    pub fn unknown_senders(&self) -> Vec<UnknownSender> {
        self.intake.unknown.list()
    }

    /// Puts on the list of unknown senders what is known of one from before the start.
    pub fn remember(&self, sender: UnknownSender) {
        self.intake.unknown.remember(sender);
    }

    /// Lines of unknown senders for which their list had no room.
    pub fn unlisted_lines(&self) -> u64 {
        self.intake.unknown.unlisted_lines()
    }

    /// What was counted since the start.
    pub fn snapshot(&self) -> Snapshot {
        self.intake.snapshot()
    }

    /// The UDP addresses listened to, with their real ports.
    pub fn udp_addresses(&self) -> &[SocketAddr] {
        &self.udp
    }

    /// The TCP addresses listened to, with their real ports.
    pub fn tcp_addresses(&self) -> &[SocketAddr] {
        &self.tcp
    }
}

/// Keeps a listener running: one that fails is counted and begins again.
async fn kept<F, Fut>(intake: Arc<Intake>, begin: F)
where
    F: Fn(Arc<Intake>) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    while let Err(error) = tokio::spawn(begin(Arc::clone(&intake))).await {
        if !error.is_panic() {
            break;
        }
        tracing::error!(%error, "a syslog listener failed; it begins again");
        add(&intake.counters.panics, 1);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// A socket for an address; an IPv6 one for all addresses takes IPv4, too.
pub(super) fn socket(address: SocketAddr, kind: socket2::Type) -> io::Result<socket2::Socket> {
    let socket = socket2::Socket::new(socket2::Domain::for_address(address), kind, None)?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}
