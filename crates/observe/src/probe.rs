//! Reachability probes: our own ICMP engine on one socket a family, and TCP connects.
//!
//! [`Prober::start`] runs one task that spreads the probes over their intervals,
//! matches answers by number and hands out [`Sample`](domain::reachability::Sample)s
//! in batches. What the samples mean is decided in `domain::reachability`.

mod capability;
mod engine;
mod packet;
mod prober;
mod schedule;
mod socket;
mod tcp;
mod timebase;

use std::net::IpAddr;
use std::str::FromStr;

use domain::id::TargetId;
use domain::reachability::Pace;

pub use capability::{Capability, Way};
pub use prober::{Prober, Running, Settings, Stats};
pub use timebase::Timebase;

/// How a target is asked whether it is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Method {
    /// ICMP echo. Where this machine lets us open no ICMP socket, a TCP connect
    /// in its place: then a refused connection proves the host alive, too.
    #[default]
    Icmp,
    /// A TCP connection to this port must open; a refused one is a failure.
    Tcp(u16),
}

/// A method that is neither `icmp` nor `tcp:PORT`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no way to probe (write `icmp` or `tcp:PORT`)")]
pub struct BadMethod(pub String);

impl FromStr for Method {
    type Err = BadMethod;

    fn from_str(s: &str) -> Result<Self, BadMethod> {
        let bad = || BadMethod(s.to_owned());
        match s.trim().split_once(':') {
            None if s.trim() == "icmp" => Ok(Method::Icmp),
            Some(("tcp", port)) => match port.parse() {
                Ok(port) if port > 0 => Ok(Method::Tcp(port)),
                _ => Err(bad()),
            },
            _ => Err(bad()),
        }
    }
}

impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Method::Icmp => f.write_str("icmp"),
            Method::Tcp(port) => write!(f, "tcp:{port}"),
        }
    }
}

/// Something to be probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeTarget {
    /// Its id in the samples.
    pub id: TargetId,
    /// Where it is.
    pub address: IpAddr,
    /// How it is asked.
    pub method: Method,
    /// How often, and how long an answer is waited for.
    pub pace: Pace,
}

/// Why probing cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The operating system gave no random bytes to mark our probes with.
    #[error("no random bytes to mark probes with: {0}")]
    Random(getrandom::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_read_and_written() {
        for text in ["icmp", "tcp:443"] {
            assert_eq!(text.parse::<Method>().unwrap().to_string(), text);
        }
        for bad in ["", "ping", "tcp", "tcp:", "tcp:0", "tcp:70000", "udp:53"] {
            assert!(bad.parse::<Method>().is_err(), "{bad}");
        }
    }
}
