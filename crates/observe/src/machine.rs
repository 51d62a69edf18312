//! The addresses of this machine.

use std::net::IpAddr;

use nix::{ifaddrs, sys::socket::SockaddrStorage};

/// An address of one of this machine's interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interface {
    /// The machine's own.
    pub address: IpAddr,
    /// At which all machines of that link listen, for IPv4 where there is such an address.
    pub broadcast: Option<IpAddr>,
}

fn ip(address: &SockaddrStorage) -> Option<IpAddr> {
    let v4 = address.as_sockaddr_in().map(|a| IpAddr::V4(a.ip()));
    v4.or_else(|| address.as_sockaddr_in6().map(|a| IpAddr::V6(a.ip())))
}

/// All of them, as they are now; none where the system does not tell.
pub fn interfaces() -> Vec<Interface> {
    let Ok(found) = ifaddrs::getifaddrs() else {
        return Vec::new();
    };
    found
        .filter_map(|each| {
            let address = ip(each.address.as_ref()?)?;
            // A link from point to point, and loopback, have a destination in its place.
            let broadcast = each.broadcast.as_ref().and_then(ip);
            Some(Interface {
                address,
                broadcast: broadcast.filter(|b| b.is_ipv4() && *b != address),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_itself() {
        let loopback = interfaces()
            .into_iter()
            .find(|i| i.address.is_loopback())
            .expect("every machine has a loopback interface");
        assert_eq!(loopback.broadcast, None);
    }
}
