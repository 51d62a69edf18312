//! Addresses and prefixes, with keys that any database can compare.

use std::{fmt, net::IpAddr, str::FromStr};

use crate::label::Label;

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

fn denumber(number: u128, v4: bool) -> IpAddr {
    let v6 = std::net::Ipv6Addr::from(number);
    match v6.to_ipv4_mapped() {
        Some(found) if v4 => IpAddr::V4(found),
        _ if v4 => IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED),
        _ => IpAddr::V6(v6),
    }
}

/// Reads an address; surrounding blanks are forgiven. IPv4 written as IPv6
/// (`::ffff:10.1.1.1`) is IPv4.
pub fn parse_address(text: &str) -> Result<IpAddr, BadNet> {
    text.trim()
        .parse::<IpAddr>()
        .map(|address| address.to_canonical())
        .map_err(|_| BadNet::Address(text.into()))
}

/// Why no machine of the network answers at an address, wherever it is asked from (IANA's
/// special-purpose registries, RFC 6890); `None` for one that may answer.
pub fn unanswerable(address: IpAddr) -> Option<Label> {
    let label = |vi: &str, en: &str| Some(Label::new(vi, en));
    match address.to_canonical() {
        IpAddr::V4(v4) => match v4.octets() {
            // RFC 1122 §3.2.1.3: this network.
            [0, ..] => label("không phải địa chỉ của máy nào", "is no machine's address"),
            [255, 255, 255, 255] => label("là địa chỉ quảng bá", "is a broadcast address"),
            [224..=239, ..] => label("là địa chỉ đa hướng", "is a multicast address"),
            [240..=255, ..] => label("thuộc dải chưa dùng", "lies in a reserved range"),
            [169, 254, ..] => label(
                "là địa chỉ liên kết cục bộ, mỗi đường truyền có một máy như vậy",
                "is link-local: every link may have such a machine",
            ),
            _ => None,
        },
        IpAddr::V6(v6) if v6.is_unspecified() => {
            label("không phải địa chỉ của máy nào", "is no machine's address")
        }
        IpAddr::V6(v6) if v6.is_multicast() => {
            label("là địa chỉ đa hướng", "is a multicast address")
        }
        IpAddr::V6(v6) if v6.is_unicast_link_local() => label(
            "là địa chỉ liên kết cục bộ, mỗi đường truyền có một máy như vậy",
            "is link-local: every link may have such a machine",
        ),
        IpAddr::V6(_) => None,
    }
}

/// A network prefix in canonical form (no bits behind its length).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Prefix {
    address: IpAddr,
    length: u8,
}

impl Prefix {
    /// The prefix of that many fixed bits in which an address lies; `None` where its family has
    /// fewer bits.
    pub fn around(address: IpAddr, length: u8) -> Option<Self> {
        let most = if address.is_ipv4() { 32 } else { 128 };
        let whole = Self {
            address,
            length: (length <= most).then_some(length)?,
        };
        let first = number(address) & !whole.host_mask();
        Some(Self {
            address: denumber(first, address.is_ipv4()),
            length,
        })
    }

    /// The prefix of one address alone.
    pub fn only(address: IpAddr) -> Self {
        let address = address.to_canonical();
        let length = if address.is_ipv4() { 32 } else { 128 };
        Self { address, length }
    }

    /// Reads an address, or a prefix: `10.1.2.3`, `10.1.0.0/16`.
    pub fn or_address(text: &str) -> Option<Self> {
        match parse_address(text) {
            Ok(address) => Some(Self::only(address)),
            Err(_) => text.trim().parse().ok(),
        }
    }

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

    /// Whether all of `other` lies inside.
    pub fn covers(&self, other: &Prefix) -> bool {
        self.length <= other.length && self.contains(other.address)
    }

    /// Whether `address` is that of the network as such or of all its machines: the first and
    /// the last of an IPv4 network of more than two addresses (RFC 3021).
    pub fn is_edge(&self, address: IpAddr) -> bool {
        let number = number(address.to_canonical());
        let first = self::number(self.address);
        self.address.is_ipv4()
            && self.length < 31
            && (number == first || number == first | self.host_mask())
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
        let prefix = Prefix::around(address, length).ok_or_else(bad)?;
        if prefix.address == address {
            return Ok(prefix);
        }
        Err(BadNet::HostBits {
            given: text.into(),
            meant: prefix.to_string(),
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
    fn what_can_never_answer_is_known() {
        let odd = |text: &str| unanswerable(parse_address(text).unwrap()).is_some();
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "169.254.7.7",
            "::",
            "ff02::1",
            "fe80::1",
            "febf::1",
            "::ffff:0.0.0.0",
            "::ffff:224.0.0.1",
        ] {
            assert!(odd(text), "{text}");
        }
        for text in ["10.1.1.1", "127.0.0.1", "2001:db8::1", "fd00::1", "fec0::1"] {
            assert!(!odd(text), "{text}");
        }
        assert!("fe80::1%eth0".parse::<IpAddr>().is_err());
    }

    #[test]
    fn a_network_has_edges_and_lies_in_others() {
        let prefix = |text: &str| text.parse::<Prefix>().unwrap();
        let edge = |of: &str, text: &str| prefix(of).is_edge(text.parse().unwrap());
        assert!(edge("10.99.0.0/30", "10.99.0.3") && edge("10.99.0.0/30", "10.99.0.0"));
        assert!(!edge("10.99.0.0/30", "10.99.0.2") && !edge("10.99.0.2/31", "10.99.0.3"));
        assert!(!edge("10.99.0.3/32", "10.99.0.3") && !edge("2001:db8::/64", "2001:db8::"));
        assert!(prefix("10.0.0.0/8").covers(&prefix("10.1.0.0/16")));
        assert!(!prefix("10.1.0.0/16").covers(&prefix("10.0.0.0/8")));
        assert!(!prefix("::/0").covers(&prefix("10.0.0.0/8")));
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
