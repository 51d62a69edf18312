//! Probes by TCP connect.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use domain::reachability::{Failure, Outcome};
use tokio::net::TcpSocket;
use tokio::task::JoinSet;

/// Opens a connection to `port`; only an open one is an answer.
///
/// `None`: this machine had no room (sockets, ports), which says nothing about the target.
pub(super) async fn connect(address: IpAddr, port: u16, timeout: Duration) -> Option<Outcome> {
    let began = Instant::now();
    let result = tokio::time::timeout(timeout, open(SocketAddr::new(address, port))).await;
    let rtt_us = micros(began.elapsed());
    match result {
        Ok(Ok(())) => Some(Outcome::Answered { rtt_us }),
        Ok(Err(e)) => failure(&e).map(Outcome::Failed),
        Err(_) => Some(Outcome::Failed(Failure::Timeout)),
    }
}

/// Asks whether the host is there at all, at several ports at once: a refusal
/// is an answer, too. The first answer counts.
pub(super) async fn knock(address: IpAddr, ports: &[u16], timeout: Duration) -> Option<Outcome> {
    let mut knocks = JoinSet::new();
    let began = Instant::now();
    for &port in ports {
        knocks.spawn(connect(address, port, timeout));
    }
    let mut worst = None;
    while let Some(done) = knocks.join_next().await {
        match done.ok().flatten() {
            Some(Outcome::Answered { rtt_us }) => return Some(Outcome::Answered { rtt_us }),
            Some(Outcome::Failed(Failure::Refused)) => {
                return Some(Outcome::Answered {
                    rtt_us: micros(began.elapsed()),
                });
            }
            Some(failed) => worst = Some(failed),
            None => {}
        }
    }
    worst
}

async fn open(to: SocketAddr) -> io::Result<()> {
    let socket = if to.is_ipv6() {
        TcpSocket::new_v6()
    } else {
        TcpSocket::new_v4()
    }?;
    // Close by reset: no port of ours waits in TIME_WAIT after thousands of probes.
    socket.set_zero_linger()?;
    socket.connect(to).await.map(drop)
}

/// What a failed connect says about the target, if it says something.
fn failure(e: &io::Error) -> Option<Failure> {
    use io::ErrorKind as Kind;
    match e.kind() {
        Kind::ConnectionRefused | Kind::ConnectionReset => Some(Failure::Refused),
        Kind::HostUnreachable | Kind::NetworkUnreachable => Some(Failure::NoRoute),
        Kind::TimedOut => Some(Failure::Timeout),
        Kind::PermissionDenied => Some(Failure::Forbidden),
        _ => None,
    }
}

fn micros(d: Duration) -> u32 {
    u32::try_from(d.as_micros()).unwrap_or(u32::MAX)
}
