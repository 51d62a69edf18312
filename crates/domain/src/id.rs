//! One identifier type a noun, UUIDv7 inside.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An identifier that does not parse.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an identifier (a UUID is expected)")]
pub struct BadId(pub String);

/// The identifier of a record of any noun.
///
/// Generic code (lists, forms, import) uses it as it is; code about one noun
/// uses the typed ones below, which convert into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id(Uuid);

impl Id {
    /// The nil identifier: "none" where a fixed-width field must hold something.
    pub const NIL: Id = Id(Uuid::nil());

    /// A new identifier whose first 48 bits are `at_ms`, so that ids sort by creation.
    #[expect(
        clippy::expect_used,
        reason = "without randomness no identifier is safe to hand out: stop rather than collide"
    )]
    pub fn new(at_ms: i64) -> Self {
        let mut random = [0u8; 10];
        getrandom::fill(&mut random).expect("the operating system gives random bytes");
        let ms = u64::try_from(at_ms).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid())
    }

    /// When it was made, unix milliseconds; whatever stands there in an identifier of another
    /// version.
    pub fn made_at(self) -> i64 {
        let [a, b, c, d, e, f, ..] = self.bytes();
        i64::from_be_bytes([0, 0, a, b, c, d, e, f])
    }

    /// The 16 bytes of the identifier.
    pub fn bytes(self) -> [u8; 16] {
        *self.0.as_bytes()
    }

    /// An identifier from its 16 bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Id {
    type Err = BadId;

    fn from_str(s: &str) -> Result<Self, BadId> {
        Uuid::parse_str(s.trim())
            .map(Id)
            .map_err(|_| BadId(s.into()))
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Id);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(s: &str) -> Result<Self, BadId> {
                s.parse().map($name)
            }
        }

        impl From<$name> for Id {
            fn from(id: $name) -> Id {
                id.0
            }
        }
    )+};
}

ids! {
    /// Identifies an organization.
    OrganizationId,
    /// Identifies an account.
    AccountId,
    /// Identifies what is probed: a site, a circuit or a device.
    TargetId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_survive_text() {
        let (a, b) = (Id::new(1_000), Id::new(2_000));
        assert!(a < b);
        assert!(a.to_string() < b.to_string());
        assert_eq!(a.to_string().parse::<Id>(), Ok(a));
        assert!("42".parse::<Id>().is_err());
    }
}
