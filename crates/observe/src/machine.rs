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

/// The gateways of this machine's default routes; none where the system does not tell.
pub fn gateways() -> Vec<IpAddr> {
    let v4 = std::fs::read_to_string("/proc/net/route").unwrap_or_default();
    let v6 = std::fs::read_to_string("/proc/net/ipv6_route").unwrap_or_default();
    let mut all: Vec<IpAddr> = v4.lines().filter_map(default_v4).collect();
    all.extend(v6.lines().filter_map(default_v6));
    all.sort_unstable();
    all.dedup();
    all
}

/// The gateway of a line of `/proc/net/route` if it is a default route (proc(5): interface,
/// destination, gateway in the machine's byte order, …, the mask in the eighth column).
fn default_v4(line: &str) -> Option<IpAddr> {
    let columns: Vec<&str> = line.split_whitespace().collect();
    let number = |at: usize| u32::from_str_radix(columns.get(at)?, 16).ok();
    let (to, through, mask) = (number(1)?, number(2)?, number(7)?);
    (to == 0 && mask == 0 && through != 0)
        .then(|| IpAddr::from(std::net::Ipv4Addr::from(through.to_ne_bytes())))
}

/// The gateway of a line of `/proc/net/ipv6_route` if it is a default route (destination and
/// its length, source and its length, next hop, …). A link-local one needs a scope.
fn default_v6(line: &str) -> Option<IpAddr> {
    let columns: Vec<&str> = line.split_whitespace().collect();
    let (length, hop) = (*columns.get(1)?, *columns.get(4)?);
    let hop = std::net::Ipv6Addr::from(u128::from_str_radix(hop, 16).ok()?);
    (length == "00" && !hop.is_unspecified() && !hop.is_unicast_link_local())
        .then_some(IpAddr::V6(hop))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_routes_are_read() {
        let read = |line| default_v4(line).map(|a| a.to_string());
        if cfg!(target_endian = "little") {
            let line = "eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0";
            assert_eq!(read(line).as_deref(), Some("192.168.0.1"));
        }
        assert_eq!(
            read("eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0"),
            None
        );
        assert_eq!(read("Iface\tDestination\tGateway \tFlags"), None);
        let zero = "0".repeat(32);
        let line = format!("{zero} 00 {zero} 00 20010db8000000000000000000000001 00000400 eth0");
        assert_eq!(
            default_v6(&line),
            Some("2001:db8::1".parse().expect("an address"))
        );
        let local = format!("{zero} 00 {zero} 00 fe800000000000000000000000000001 00000400 eth0");
        assert_eq!(default_v6(&local), None);
    }

    #[test]
    fn this_machine_has_itself() {
        let loopback = interfaces()
            .into_iter()
            .find(|i| i.address.is_loopback())
            .expect("every machine has a loopback interface");
        assert_eq!(loopback.broadcast, None);
    }
}
