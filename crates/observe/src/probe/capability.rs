//! What this machine lets us do.

use std::fmt;
use std::io;

use super::socket::new_socket;

/// How ICMP echoes can be sent in one address family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// By an unprivileged datagram socket: `net.ipv4.ping_group_range` lets us.
    Datagram,
    /// By a raw socket: we are root or have CAP_NET_RAW.
    Raw,
    /// Not at all: a TCP connect takes its place.
    None {
        /// Why not.
        why: String,
    },
}

/// How ICMP echoes can be sent from here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capability {
    /// To IPv4 addresses.
    pub v4: Way,
    /// To IPv6 addresses.
    pub v6: Way,
}

impl Capability {
    /// Tries it out.
    pub fn detect() -> Self {
        Self {
            v4: way(false),
            v6: way(true),
        }
    }

    /// No ICMP at all, for a stated reason: everything goes by TCP.
    pub fn none(why: &str) -> Self {
        let way = Way::None {
            why: why.to_owned(),
        };
        Self {
            v4: way.clone(),
            v6: way,
        }
    }
}

fn way(v6: bool) -> Way {
    let Err(datagram) = new_socket(v6, false) else {
        return Way::Datagram;
    };
    match new_socket(v6, true) {
        Ok(_) => Way::Raw,
        Err(raw) => Way::None {
            why: format!(
                "unprivileged ICMP sockets: {} (net.ipv4.ping_group_range), raw sockets: {} (CAP_NET_RAW)",
                plain(&datagram),
                plain(&raw)
            ),
        },
    }
}

/// The error without its number.
fn plain(e: &io::Error) -> String {
    let text = e.to_string();
    text.split(" (os error")
        .next()
        .unwrap_or(&text)
        .to_lowercase()
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Way::Datagram => {
                f.write_str("ICMP by unprivileged sockets (net.ipv4.ping_group_range)")
            }
            Way::Raw => f.write_str("ICMP by raw sockets (CAP_NET_RAW)"),
            Way::None { why } => write!(f, "TCP connects instead of ICMP: {why}"),
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.v4 == self.v6 {
            write!(f, "IPv4 and IPv6: {}", self.v4)
        } else {
            write!(f, "IPv4: {}; IPv6: {}", self.v4, self.v6)
        }
    }
}
