//! One ICMP socket.

use std::io::{self, IoSliceMut};
use std::net::IpAddr;
use std::os::fd::AsRawFd;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{self, ControlMessageOwned, MsgFlags, sockopt};
use nix::sys::time::TimeSpec;
use nix::time::{ClockId, clock_gettime};
use socket2::{Domain, Protocol, SockAddr, SockFilter, Socket, Type};

use super::capability::Way;

/// Room for answers that arrive while the task does not run: about 20,000 of ours.
const RECEIVE_BUFFER: usize = 16 << 20;

pub(super) struct IcmpSocket {
    socket: Socket,
    v6: bool,
    raw: bool,
    control: Vec<u8>,
    buffer: [u8; 256],
}

/// An answer that was received.
pub(super) struct Received<'a> {
    /// The bytes, with the IPv4 header where [`IcmpSocket::has_ip_header`] says so.
    pub bytes: &'a [u8],
    /// How long it lay in the socket before we took it.
    pub waited: Duration,
}

impl IcmpSocket {
    /// Opens a socket of the given family the given way.
    pub(super) fn open(v6: bool, way: &Way) -> io::Result<Option<Self>> {
        let raw = match way {
            Way::Datagram => false,
            Way::Raw => true,
            Way::None { .. } => return Ok(None),
        };
        let socket = new_socket(v6, raw)?;
        socket.set_nonblocking(true)?;
        // Without the privilege for a large buffer the system's limit must do.
        if socket::setsockopt(&socket, sockopt::RcvBufForce, &RECEIVE_BUFFER).is_err() {
            socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
        }
        // The kernel notes when a packet arrived, so that we may fetch it when it suits us.
        socket::setsockopt(&socket, sockopt::ReceiveTimestampns, &true)?;
        Ok(Some(Self {
            socket,
            v6,
            raw,
            control: nix::cmsg_space!(TimeSpec),
            buffer: [0; 256],
        }))
    }

    /// Has the kernel pass on only echo replies with this identifier. A raw
    /// socket is else handed every ICMP packet of the machine.
    pub(super) fn filter(&self, identifier: u16) -> io::Result<()> {
        if !self.raw {
            return Ok(());
        }
        const LOAD_BYTE_INDEXED: u16 = 0x50;
        const LOAD_HALF_INDEXED: u16 = 0x48;
        const LOAD_X_HEADER: u16 = 0xb1;
        const LOAD_X: u16 = 0x01;
        const JUMP_EQUAL: u16 = 0x15;
        const RETURN: u16 = 0x06;
        let (skip_header, reply) = if self.v6 {
            (SockFilter::new(LOAD_X, 0, 0, 0), 129)
        } else {
            (SockFilter::new(LOAD_X_HEADER, 0, 0, 0), 0)
        };
        self.socket.attach_filter(&[
            skip_header,
            SockFilter::new(LOAD_BYTE_INDEXED, 0, 0, 0),
            SockFilter::new(JUMP_EQUAL, 0, 3, reply),
            SockFilter::new(LOAD_HALF_INDEXED, 0, 0, 4),
            SockFilter::new(JUMP_EQUAL, 0, 1, u32::from(identifier)),
            SockFilter::new(RETURN, 0, 0, u32::MAX),
            SockFilter::new(RETURN, 0, 0, 0),
        ])
    }

    /// Whether received bytes begin with an IPv4 header.
    pub(super) fn has_ip_header(&self) -> bool {
        self.raw && !self.v6
    }

    pub(super) fn is_v6(&self) -> bool {
        self.v6
    }

    pub(super) fn send(&self, to: IpAddr, bytes: &[u8]) -> Result<(), Errno> {
        let to = SockAddr::from(std::net::SocketAddr::new(to, 0));
        match self.socket.send_to(bytes, &to) {
            Ok(_) => Ok(()),
            Err(e) => Err(e.raw_os_error().map_or(Errno::EIO, Errno::from_raw)),
        }
    }

    /// The next answer, if one has arrived.
    pub(super) fn receive(&mut self) -> Option<Received<'_>> {
        let fd = self.socket.as_raw_fd();
        loop {
            let mut parts = [IoSliceMut::new(&mut self.buffer)];
            let got = socket::recvmsg::<()>(
                fd,
                &mut parts,
                Some(&mut self.control),
                MsgFlags::MSG_DONTWAIT,
            );
            match got {
                Ok(message) => {
                    let stamp = message.cmsgs().ok().and_then(|mut all| {
                        all.find_map(|c| match c {
                            ControlMessageOwned::ScmTimestampns(at) => Some(at),
                            _ => None,
                        })
                    });
                    let len = message.bytes;
                    return Some(Received {
                        bytes: &self.buffer[..len],
                        waited: stamp.map_or(Duration::ZERO, since),
                    });
                }
                Err(Errno::EINTR) => {}
                Err(_) => return None,
            }
        }
    }
}

/// Opens an ICMP socket without setting anything.
pub(super) fn new_socket(v6: bool, raw: bool) -> io::Result<Socket> {
    let (domain, protocol) = if v6 {
        (Domain::IPV6, Protocol::ICMPV6)
    } else {
        (Domain::IPV4, Protocol::ICMPV4)
    };
    Socket::new(
        domain,
        if raw { Type::RAW } else { Type::DGRAM },
        Some(protocol),
    )
}

/// Time since a stamp of the kernel, which it takes from the machine's real-time
/// clock; nothing if that clock was set back meanwhile.
fn since(stamp: TimeSpec) -> Duration {
    clock_gettime(ClockId::CLOCK_REALTIME)
        .ok()
        .and_then(|now| {
            let (now, stamp) = (Duration::from(now), Duration::from(stamp));
            now.checked_sub(stamp)
        })
        .unwrap_or_default()
}
