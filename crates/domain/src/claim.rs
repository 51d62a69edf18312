//! What a unit lays claim to, and who has it.
//!
//! An address, a name in log lines or a prefix is a unit's because it was granted to it, not
//! because somebody typed it. A record keeps what was typed; what is *in force* is what was
//! granted: only that is probed, only its log lines are the unit's, only that is a fact.

use std::iter::once;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::{
    id::OrganizationId,
    label::Label,
    net::{self, Prefix},
    record::Record,
    schema::Schema,
};

/// What is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimKind {
    /// An address of the network.
    Address,
    /// The name that a device gives itself in its log lines.
    LogName,
    /// A range of addresses.
    Prefix,
}

impl ClaimKind {
    /// All of them.
    pub const ALL: [ClaimKind; 3] = [Self::Address, Self::LogName, Self::Prefix];

    /// Its code in the database and in the API.
    pub fn code(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::LogName => "log-name",
            Self::Prefix => "prefix",
        }
    }

    /// Its name on the page.
    pub fn label(self) -> Label {
        match self {
            Self::Address => Label::new("Địa chỉ", "Address"),
            Self::LogName => Label::new("Tên trong nhật ký", "Name in log lines"),
            Self::Prefix => Label::new("Dải địa chỉ", "Prefix"),
        }
    }

    /// The one form of a value, by which two claims are the same; `None` when it cannot be
    /// claimed. A name in a line has no blanks (RFC 5424 §6.2.4); devices write letters beyond
    /// ASCII in it all the same.
    pub fn key(self, value: &str) -> Option<String> {
        match self {
            Self::Address => net::parse_address(value).ok().map(net::address_key),
            Self::LogName => {
                let name = log_name(value);
                let fits = |c: char| c.is_ascii_graphic() || c.is_alphanumeric();
                (!name.is_empty() && name.len() <= 255 && name.chars().all(fits)).then_some(name)
            }
            Self::Prefix => value.parse::<Prefix>().ok().map(|p| p.to_string()),
        }
    }
}

/// A name in log lines as it is compared: composed (NFC), in small letters. What only looks like
/// it, as wide letters or with a blank around, is another one.
pub fn log_name(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    // The sign of kelvin would become a K.
    let becomes_ascii = |c: char| !c.is_ascii() && once(c).nfc().all(|c| c.is_ascii());
    if name.chars().any(becomes_ascii) {
        return name.to_owned();
    }
    name.nfc().collect::<String>().to_lowercase()
}

impl std::str::FromStr for ClaimKind {
    type Err = ();

    fn from_str(code: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|k| k.code() == code).ok_or(())
    }
}

/// How a claim stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimState {
    /// In force.
    Granted,
    /// The network centre has not decided.
    Waiting,
    /// The network centre said no.
    Refused,
}

impl ClaimState {
    /// Its code in the database and in the API.
    pub fn code(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Waiting => "waiting",
            Self::Refused => "refused",
        }
    }
}

impl std::str::FromStr for ClaimState {
    type Err = ();

    fn from_str(code: &str) -> Result<Self, ()> {
        [Self::Granted, Self::Waiting, Self::Refused]
            .into_iter()
            .find(|s| s.code() == code)
            .ok_or(())
    }
}

/// Why a claim is not in force by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Nothing stands in its way.
    Free,
    /// It lies in no prefix that was granted to the unit.
    Outside,
    /// Another unit has it.
    Taken,
    /// Nothing but the network centre's word proves a name.
    Name,
}

impl Why {
    const ALL: [Why; 4] = [Self::Free, Self::Outside, Self::Taken, Self::Name];

    /// Its code in the database and in the API.
    pub fn code(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Outside => "outside",
            Self::Taken => "taken",
            Self::Name => "name",
        }
    }

    /// What is said of it; it names no other unit.
    pub fn label(self) -> Label {
        match self {
            Self::Free => Label::new("Đã được cấp", "Granted"),
            Self::Outside => Label::new(
                "Nằm ngoài các dải địa chỉ đã cấp cho đơn vị",
                "Outside the prefixes granted to the unit",
            ),
            Self::Taken => Label::new("Đang là của đơn vị khác", "Another unit has it"),
            Self::Name => Label::new(
                "Tên trong nhật ký do trung tâm xác nhận",
                "A name in log lines is confirmed by the network centre",
            ),
        }
    }
}

impl std::str::FromStr for Why {
    type Err = ();

    fn from_str(code: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|w| w.code() == code).ok_or(())
    }
}

/// A claim that a record lays.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wanted {
    /// What is claimed.
    pub kind: ClaimKind,
    /// The one form of the value ([`ClaimKind::key`]).
    pub key: String,
    /// For whom.
    pub organization: OrganizationId,
    /// The value as it is shown.
    pub value: String,
}

/// What a record claims. A planned or retired one claims nothing, and what belongs to no unit
/// is the whole province's and needs no grant.
pub fn wanted(schema: &Schema, record: &Record) -> Vec<Wanted> {
    let status = record.text("status");
    let owner = record.get(&schema.owner).as_id();
    let Some(owner) = owner.filter(|_| status.is_empty() || status == "active") else {
        return Vec::new();
    };
    let of = |field: &crate::schema::Field| {
        let (kind, value) = (field.claims?, record.text(&field.name));
        Some(Wanted {
            kind,
            key: kind.key(value)?,
            organization: OrganizationId(owner),
            value: value.into(),
        })
    };
    schema.fields.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{id::Id, noun, record::Value};

    #[test]
    fn one_value_has_one_key() {
        let key = |kind: ClaimKind, text: &str| kind.key(text);
        let address = key(ClaimKind::Address, "10.1.2.3");
        assert!(address.is_some());
        assert_eq!(key(ClaimKind::Address, "::ffff:10.1.2.3"), address);
        assert_eq!(key(ClaimKind::Address, "::FFFF:a01:203"), address);
        assert_eq!(
            key(ClaimKind::Address, "2001:DB8:0::1"),
            key(ClaimKind::Address, "2001:db8::1")
        );
        assert_eq!(
            key(ClaimKind::LogName, "FW-Y"),
            key(ClaimKind::LogName, "fw-y")
        );
        assert_eq!(key(ClaimKind::LogName, "hai tu"), None);
        for sent in ["Sở-TTTT", "SỞ-tttt", "So\u{31b}\u{309}-TTTT"] {
            assert_eq!(key(ClaimKind::LogName, sent), Some("sở-tttt".into()));
        }
        for name in ["fw\u{202e}1", "fw\u{200b}1", "fw\t1"] {
            assert_eq!(key(ClaimKind::LogName, name), None, "{name:?}");
        }
        for kind in ClaimKind::ALL {
            assert_eq!(kind.code().parse(), Ok(kind));
        }
    }

    #[test]
    fn a_name_that_only_looks_the_same_is_another() {
        for name in [
            "\u{ff33}\u{ff37}-K",
            "sw-k\u{a0}",
            "\u{feff}sw-k",
            "sw-k\u{3000}",
            "sw-\u{212a}",
        ] {
            assert_ne!(log_name(name), log_name("SW-K"), "{name:?}");
        }
        assert_ne!(log_name("máy-\u{212a}"), log_name("máy-k"));
        assert_eq!(log_name("MÁY-Đ"), log_name("ma\u{301}y-đ"));
    }

    #[test]
    fn only_what_is_active_claims() {
        let device = noun::get("device").unwrap();
        let mut record = Record {
            id: Id::new(1),
            version: 1,
            updated_at: 0,
            values: [
                ("organization", Value::from(Id::new(7))),
                ("address", "10.0.0.1".into()),
                ("log_name", "FW".into()),
                ("status", "active".into()),
            ]
            .map(|(name, value)| (name.to_owned(), value))
            .into(),
        };
        let kinds = |record: &Record| -> Vec<ClaimKind> {
            wanted(device, record).iter().map(|w| w.kind).collect()
        };
        assert_eq!(kinds(&record), [ClaimKind::Address, ClaimKind::LogName]);
        record.values.insert("status".into(), "retired".into());
        assert_eq!(kinds(&record), []);
    }
}
