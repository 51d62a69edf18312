//! Who is registered as a sender.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use domain::claim::log_name;
use jiff::tz::TimeZone;
use vault::{SourceId, UnitId};

/// A registered sender of logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its id in the registry.
    pub source: SourceId,
    /// The unit it belongs to; nil for none.
    pub unit: UnitId,
}

/// How a registered sender is recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The address its lines come from.
    pub peer: IpAddr,
    /// The name it gives itself in its lines, where several senders share an
    /// address (a relay, address translation); `None`: every line from there.
    pub host: Option<String>,
    /// Who it is.
    pub source: Source,
    /// In which zone its clock runs; `None`: the listener's own.
    pub zone: Option<TimeZone>,
}

/// A registered sender as it is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub source: Source,
    pub zone: Option<TimeZone>,
}

/// The registered senders at one address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AtPeer {
    any: Option<Known>,
    by_host: HashMap<String, Known>,
}

impl AtPeer {
    /// Who a line that names `host` is from: the sender of that name, else the
    /// one registered for the address as a whole.
    pub(super) fn source(&self, host: &str) -> Option<&Known> {
        self.named(host).or(self.any.as_ref())
    }

    /// Whether a sender of that name is registered behind this address.
    pub(super) fn names(&self, host: &str) -> bool {
        self.named(host).is_some()
    }

    fn named(&self, host: &str) -> Option<&Known> {
        if self.by_host.is_empty() {
            return None;
        }
        let exact = self.by_host.get(host);
        exact
            .or_else(|| self.by_host.get(&log_name(host)))
            .or_else(|| {
                // `::ffff:10.0.0.1` is the address 10.0.0.1.
                let address = host.parse::<IpAddr>().ok()?.to_canonical();
                self.by_host.get(&address.to_string())
            })
    }

    /// Whether lines of several devices come from there, told apart by name.
    pub(super) fn relays(&self) -> bool {
        !self.by_host.is_empty()
    }
}

pub(super) type Table = HashMap<IpAddr, AtPeer>;

/// The registered senders; replaced as a whole when the registry changes.
#[derive(Debug, Default)]
pub struct SourceTable {
    table: RwLock<Arc<Table>>,
}

impl SourceTable {
    /// Replaces all entries. Of two for the same address and name the last counts.
    pub fn replace(&self, entries: impl IntoIterator<Item = Entry>) {
        let mut table = Table::new();
        for entry in entries {
            let at = table.entry(entry.peer.to_canonical()).or_default();
            let known = Known {
                source: entry.source,
                zone: entry.zone,
            };
            match entry.host {
                Some(host) => {
                    at.by_host.insert(log_name(&host), known);
                }
                None => at.any = Some(known),
            }
        }
        *self.table.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(table);
    }

    /// Who a line from `peer` that names `host` is from.
    pub fn find(&self, peer: IpAddr, host: &str) -> Option<Source> {
        let table = self.load();
        let known = table.get(&peer.to_canonical())?.source(host)?;
        Some(known.source)
    }

    /// The entries as they are now.
    pub(super) fn load(&self) -> Arc<Table> {
        Arc::clone(&self.table.read().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(n: u8) -> Source {
        Source {
            source: [n; 16],
            unit: [n; 16],
        }
    }

    #[test]
    fn a_name_goes_before_the_address_as_a_whole() {
        let table = SourceTable::default();
        let relay: IpAddr = "10.0.0.1".parse().unwrap();
        let nat: IpAddr = "10.0.0.2".parse().unwrap();
        let entry = |peer, host: Option<&str>, n| Entry {
            peer,
            host: host.map(str::to_owned),
            source: source(n),
            zone: None,
        };
        table.replace([
            entry(relay, None, 1),
            entry(relay, Some("Router-A"), 2),
            entry(nat, Some("router-b"), 3),
            entry(nat, Some("Sở-TTTT"), 4),
        ]);
        assert_eq!(table.find(nat, "sở-TTTT"), Some(source(4)));
        assert_eq!(table.find(relay, "router-a"), Some(source(2)));
        assert_eq!(table.find(relay, "ROUTER-A"), Some(source(2)));
        assert_eq!(table.find(relay, "other"), Some(source(1)));
        assert_eq!(table.find(nat, "other"), None);
        let mapped: IpAddr = "::ffff:10.0.0.2".parse().unwrap();
        assert_eq!(table.find(mapped, "router-b"), Some(source(3)));
        for other in [
            "ｒｏｕｔｅｒ-ｂ",
            "router-b\u{a0}",
            "sở-tttt\u{a0}",
            "router-",
        ] {
            assert_eq!(table.find(nat, other), None, "{other}");
        }
        table.replace([
            entry(relay, Some("10.50.0.4"), 5),
            entry(relay, Some("2001:DB8::5"), 6),
        ]);
        assert_eq!(table.find(relay, "::ffff:10.50.0.4"), Some(source(5)));
        assert_eq!(table.find(relay, "2001:db8:0::5"), Some(source(6)));
        table.replace([]);
        assert_eq!(table.find(relay, "router-a"), None);
    }
}
