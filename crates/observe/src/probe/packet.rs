//! ICMP echo messages, RFC 792 and RFC 4443 §4.

/// Bytes of an echo message of ours: header, our mark, the number of the probe.
pub(super) const LEN: usize = 24;

const V4_REQUEST: u8 = 8;
const V4_REPLY: u8 = 0;
const V6_REQUEST: u8 = 128;
const V6_REPLY: u8 = 129;

/// Whose echo it is: ours, of this start of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// ICMP identifier. An unprivileged socket has one of its own from the kernel.
    pub identifier: u16,
    /// Random bytes in the payload, which no stranger knows.
    pub secret: u64,
}

/// An echo request with probe number `number`; its low 16 bits are the sequence number.
pub(super) fn request(v6: bool, mark: Mark, number: u64) -> [u8; LEN] {
    let mut bytes = [0; LEN];
    bytes[0] = if v6 { V6_REQUEST } else { V4_REQUEST };
    bytes[4..6].copy_from_slice(&mark.identifier.to_be_bytes());
    bytes[6..8].copy_from_slice(&(number as u16).to_be_bytes());
    bytes[8..16].copy_from_slice(&mark.secret.to_be_bytes());
    bytes[16..24].copy_from_slice(&number.to_be_bytes());
    if !v6 {
        // The kernel fills in the checksum of ICMPv6: it covers addresses we do not know.
        let sum = checksum(&bytes);
        bytes[2..4].copy_from_slice(&sum.to_be_bytes());
    }
    bytes
}

/// The probe number of an echo reply to us. `ip_header`: an IPv4 header comes first.
pub(super) fn reply(bytes: &[u8], v6: bool, ip_header: bool, secret: u64) -> Option<u64> {
    let icmp = if ip_header {
        let words = usize::from(bytes.first()? & 0x0f);
        bytes.get(words * 4..)?
    } else {
        bytes
    };
    let expected = if v6 { V6_REPLY } else { V4_REPLY };
    if icmp.len() < LEN || icmp[0] != expected || icmp[8..16] != secret.to_be_bytes() {
        return None;
    }
    let number = u64::from_be_bytes(icmp[16..24].try_into().ok()?);
    (icmp[6..8] == (number as u16).to_be_bytes()).then_some(number)
}

/// The Internet checksum, RFC 1071.
fn checksum(bytes: &[u8]) -> u16 {
    let mut sum: u32 = bytes
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0)))
        .sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MARK: Mark = Mark {
        identifier: 0x1234,
        secret: 0x0102_0304_0506_0708,
    };

    #[test]
    fn the_checksum_of_a_message_with_its_checksum_is_zero() {
        let request = request(false, MARK, 77);
        assert_eq!(checksum(&request), 0);
    }

    proptest! {
        #[test]
        fn a_reply_names_its_request(number: u64, v6: bool, options in 5..16usize) {
            let mut message = request(v6, MARK, number);
            prop_assert_eq!(reply(&message, v6, false, MARK.secret), None, "a request is no reply");
            message[0] = if v6 { V6_REPLY } else { V4_REPLY };
            prop_assert_eq!(reply(&message, v6, false, MARK.secret), Some(number));
            prop_assert_eq!(reply(&message, v6, false, !MARK.secret), None);
            let mut packet = vec![0; options * 4];
            packet[0] = 0x40 | options as u8;
            packet.extend_from_slice(&message);
            prop_assert_eq!(reply(&packet, v6, true, MARK.secret), Some(number));
        }

        #[test]
        fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..80), v6: bool, ip: bool) {
            prop_assert_eq!(reply(&bytes, v6, ip, MARK.secret), None);
        }
    }
}
