//! Addresses and prefixes, with keys that any database can compare.

use std::{fmt, net::IpAddr, str::FromStr};

/// An address or prefix that does not parse, with what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadNet {
    /// Not an IPv4 or IPv6 address.
    #[error("`{0}` is not an IP address")]
    Address(String),
    /// Not of the form address/length.
    #[error("`{0}` is not a prefix of the form 10.1.0.0/16")]
    Prefix(String),
    /// Bits are set behind the length, as in 10.1.2.3/16.
    #[error("`{given}` has bits behind its length; the prefix is {meant}")]
    HostBits {
        /// As typed.
        given: String,
        /// The prefix that holds it.
        meant: String,
    },
}

/// Fixed-width (32 hex digits) key of an address; IPv4 is mapped into IPv6, so that
/// text comparison orders and bounds both families alike.
pub fn address_key(address: IpAddr) -> String {
    format!("{:032x}", number(address))
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_ipv6_mapped()),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

/// Reads an address; surrounding blanks are forgiven.
pub fn parse_address(text: &str) -> Result<IpAddr, BadNet> {
    text.trim()
        .parse()
        .map_err(|_| BadNet::Address(text.into()))
}

/// A network prefix in canonical form (no bits behind its length).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Prefix {
    address: IpAddr,
    length: u8,
}

impl Prefix {
    /// The first address of the prefix.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// The number of fixed bits.
    pub fn length(&self) -> u8 {
        self.length
    }

    /// First and last address as comparable keys (see [`address_key`]).
    pub fn keys(&self) -> (String, String) {
        let first = number(self.address);
        (
            format!("{first:032x}"),
            format!("{:032x}", first | self.host_mask()),
        )
    }

    /// Whether `address` lies inside.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.address.is_ipv4() == address.is_ipv4()
            && number(address) & !self.host_mask() == number(self.address)
    }

    fn host_mask(&self) -> u128 {
        let width = if self.address.is_ipv4() { 32 } else { 128 };
        let host_bits = u32::from(width - self.length);
        1u128.checked_shl(host_bits).map_or(u128::MAX, |m| m - 1)
    }
}

impl FromStr for Prefix {
    type Err = BadNet;

    fn from_str(text: &str) -> Result<Self, BadNet> {
        let bad = || BadNet::Prefix(text.into());
        let (address, length) = text.trim().split_once('/').ok_or_else(bad)?;
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let length: u8 = length.parse().map_err(|_| bad())?;
        if length > if address.is_ipv4() { 32 } else { 128 } {
            return Err(bad());
        }
        let prefix = Prefix { address, length };
        let network = number(address) & !prefix.host_mask();
        if network == number(address) {
            return Ok(prefix);
        }
        let meant = match address {
            IpAddr::V4(_) => IpAddr::V4(
                std::net::Ipv6Addr::from(network)
                    .to_ipv4_mapped()
                    .unwrap_or(std::net::Ipv4Addr::UNSPECIFIED),
            ),
            IpAddr::V6(_) => IpAddr::V6(network.into()),
        };
        Err(BadNet::HostBits {
            given: text.into(),
            meant: format!("{meant}/{length}"),
        })
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_bounds_its_addresses() {
        let prefix: Prefix = "10.1.0.0/16".parse().unwrap();
        let (first, last) = prefix.keys();
        let inside = address_key("10.1.255.255".parse().unwrap());
        let outside = address_key("10.2.0.0".parse().unwrap());
        assert!(first <= inside && inside <= last);
        assert!(outside > last);
        assert!(prefix.contains("10.1.2.3".parse().unwrap()));
        assert!(!prefix.contains("::a01:203".parse().unwrap()));
    }

    #[test]
    fn host_bits_are_named() {
        let error = "10.1.2.3/16".parse::<Prefix>().unwrap_err();
        assert_eq!(
            error,
            BadNet::HostBits {
                given: "10.1.2.3/16".into(),
                meant: "10.1.0.0/16".into()
            }
        );
        assert!("10.1.0.0/33".parse::<Prefix>().is_err());
        assert!("::/0".parse::<Prefix>().is_ok());
        assert!(
            "0.0.0.0/0"
                .parse::<Prefix>()
                .unwrap()
                .contains("8.8.8.8".parse().unwrap())
        );
    }
}
