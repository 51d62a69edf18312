//! Syslog lines in datagrams: one each.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::socket::{self, ControlMessageOwned, MsgFlags, SockaddrStorage, sockopt};
use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;
use vault::Transport;
use wire::framing::Ending;

use super::intake::{Arrival, Intake, add};
use super::pipeline::{JUST_ARRIVED, Pipeline};

/// A datagram is never longer.
const LONGEST: usize = 65_535;
/// Datagrams taken in one go before others get a turn.
const AT_ONCE: usize = 512;
/// At the stop, what has already arrived is still taken, within so long.
const LAST_FOR: Duration = Duration::from_secs(2);

struct Datagram {
    len: usize,
    peer: IpAddr,
    /// What the kernel says it has dropped on this socket so far.
    dropped: Option<u32>,
}

/// Receives until `cancel`, then takes what has already arrived.
pub(super) async fn serve(socket: Arc<UdpSocket>, intake: Arc<Intake>, cancel: CancellationToken) {
    let mut reader = Reader {
        pipeline: Pipeline::new(Arc::clone(&intake), cancel.clone()),
        intake,
        buffer: vec![0; LONGEST],
        control: nix::cmsg_space!(u32),
        dropped: 0,
    };
    loop {
        tokio::select! {
            biased;
            () = cancel.cancelled() => break,
            () = reader.pipeline.written() => {}
            ready = socket.readable(), if reader.pipeline.has_room() => {
                if let Err(error) = ready {
                    tracing::error!(%error, "a syslog UDP socket is gone");
                    break;
                }
                reader.take_some(&socket);
            }
        }
    }
    let until = Instant::now() + LAST_FOR;
    let _ = tokio::time::timeout(JUST_ARRIVED, socket.readable()).await;
    while Instant::now() < until {
        if reader.pipeline.has_room() {
            if reader.take_some(&socket) == 0 {
                break;
            }
        } else {
            // Out of time, the loop ends.
            let _ = tokio::time::timeout_at(until.into(), reader.pipeline.written()).await;
        }
    }
    reader.pipeline.finish().await;
}

struct Reader {
    intake: Arc<Intake>,
    pipeline: Pipeline,
    buffer: Vec<u8>,
    control: Vec<u8>,
    dropped: u32,
}

impl Reader {
    /// Takes what has arrived, but not without end; how many datagrams.
    fn take_some(&mut self, socket: &UdpSocket) -> usize {
        let table = self.intake.sources.load();
        let received_at = self.intake.clock.now();
        let mut taken = 0;
        while taken < AT_ONCE && !self.pipeline.is_full() {
            let (buffer, control) = (&mut self.buffer, &mut self.control);
            let got = socket.try_io(Interest::READABLE, || receive(socket, buffer, control));
            // An error is one of an earlier datagram of ours, of which there are none.
            let Ok(datagram) = got else { break };
            taken += 1;
            if let Some(dropped) = datagram.dropped {
                let more = dropped.wrapping_sub(self.dropped);
                add(&self.intake.counters.datagrams_dropped, u64::from(more));
                self.dropped = dropped;
            }
            let at_peer = table.get(&datagram.peer);
            // Asked before anything is done with it: a flood costs as little as can be.
            let (peer, len) = (datagram.peer, datagram.len);
            let admitted = match at_peer {
                Some(_) => self.intake.keeps_pace(peer, len),
                None => self.intake.admits(peer, len, received_at),
            };
            if !admitted {
                continue;
            }
            let max = self.intake.settings.max_line;
            let whole = trim(&self.buffer[..datagram.len]);
            if whole.is_empty() {
                continue;
            }
            let arrival = Arrival {
                bytes: &whole[..whole.len().min(max)],
                ending: if whole.len() > max {
                    Ending::Truncated
                } else {
                    Ending::Whole
                },
                peer: datagram.peer,
                transport: Transport::Udp,
                received_at,
            };
            self.intake.take(&mut self.pipeline.load, &arrival, at_peer);
        }
        self.pipeline.added();
        taken
    }
}

fn receive(socket: &UdpSocket, buffer: &mut [u8], control: &mut [u8]) -> io::Result<Datagram> {
    let mut parts = [IoSliceMut::new(buffer)];
    let message = socket::recvmsg::<SockaddrStorage>(
        socket.as_raw_fd(),
        &mut parts,
        Some(control),
        MsgFlags::MSG_DONTWAIT,
    )?;
    let dropped = message.cmsgs().ok().and_then(|mut all| {
        all.find_map(|c| match c {
            ControlMessageOwned::RxqOvfl(n) => Some(n),
            _ => None,
        })
    });
    let peer = message.address.as_ref().and_then(|a| {
        let v4 = a.as_sockaddr_in().map(|v4| IpAddr::from(v4.ip()));
        v4.or_else(|| a.as_sockaddr_in6().map(|v6| IpAddr::from(v6.ip())))
    });
    Ok(Datagram {
        len: message.bytes,
        peer: peer.unwrap_or(IpAddr::from([0, 0, 0, 0])).to_canonical(),
        dropped,
    })
}

/// Without the line end or NUL that some senders put after the line.
fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [front @ .., b'\n' | b'\r' | 0] = bytes {
        bytes = front;
    }
    bytes
}

/// Opens a socket with a large receive buffer that tells what it drops.
pub(super) fn bind(address: SocketAddr, buffer: usize) -> io::Result<UdpSocket> {
    let udp = super::listener::socket(address, socket2::Type::DGRAM)?;
    // Without the privilege for a large buffer the system's limit must do.
    if socket::setsockopt(&udp, sockopt::RcvBufForce, &buffer).is_err() {
        udp.set_recv_buffer_size(buffer)?;
    }
    socket::setsockopt(&udp, sockopt::RxqOvfl, &1)?;
    udp.bind(&address.into())?;
    UdpSocket::from_std(udp.into())
}
