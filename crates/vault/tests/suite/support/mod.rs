//! Vaults and lines for tests.

pub mod forge;

use std::{net::IpAddr, path::Path, time::Duration};

use domain::clock::{Clock, from_ms};
use ed25519_dalek::SigningKey;
use vault::{Batch, Config, Flags, Limits, Line, Transport, Vault, note::Signer};

/// 2026-11-21 10:00 in Vietnam.
pub const START_MS: i64 = 1_795_230_000_000;

pub fn signer() -> Signer {
    Signer::new("gieng.example/vault", SigningKey::from_bytes(&[42; 32])).unwrap()
}

pub fn clock() -> Clock {
    Clock::fixed(from_ms(START_MS))
}

pub fn limits() -> Limits {
    Limits {
        retry_every: Duration::from_millis(50),
        ..Limits::default()
    }
}

pub fn open(dir: &Path) -> Vault {
    open_with(dir, limits(), clock())
}

pub fn open_with(dir: &Path, limits: Limits, clock: Clock) -> Vault {
    Vault::open(
        Config {
            dir: dir.to_owned(),
            limits,
            clock,
        },
        signer(),
    )
    .unwrap()
}

pub fn id(n: u64) -> [u8; 16] {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&n.to_be_bytes());
    id
}

/// The text of line `n`.
pub fn text(n: u64) -> String {
    let place = ["Vĩnh Long", "Trà Vinh", "Bến Tre"][usize::try_from(n % 3).unwrap()];
    format!(
        "<{}>Nov 21 10:00:00 gw{:02} app{}: line {n} of {place}",
        n % 192,
        n % 7,
        n % 5
    )
}

/// A batch of lines numbered `range`: a millisecond apart, eleven sources in four units.
pub fn batch(range: std::ops::Range<u64>) -> Batch {
    let mut batch = Batch::new();
    for n in range {
        let raw = text(n);
        let at = START_MS + i64::try_from(n).unwrap();
        let line = Line {
            received_at_ms: at,
            sent_at_ms: (n % 4 != 0).then_some(at - 5),
            source: id(n % 11),
            unit: id(n % 4),
            peer: if n % 2 == 0 {
                IpAddr::from([10, 0, 0, 1])
            } else {
                "2001:db8::1".parse().unwrap()
            },
            transport: Transport::Tcp,
            flags: if n % 100 == 0 {
                Flags::TRUNCATED
            } else {
                Flags::default()
            },
            // Some lines tell neither.
            facility: (n % 13 != 0).then(|| u8::try_from(n % 24).unwrap()),
            severity: (n % 13 != 0).then(|| u8::try_from(n % 8).unwrap()),
            host: &format!("gw{:02}", n % 7),
            application: &format!("app{}", n % 5),
            raw: raw.as_bytes(),
        };
        batch.push(&line).unwrap();
    }
    batch
}

/// A line that is `raw`.
pub fn long(raw: &[u8]) -> Line<'_> {
    Line {
        received_at_ms: START_MS,
        sent_at_ms: None,
        source: id(0),
        unit: id(0),
        peer: IpAddr::from([10, 0, 0, 1]),
        transport: Transport::Tcp,
        flags: Flags::default(),
        facility: None,
        severity: None,
        host: "",
        application: "",
        raw,
    }
}

/// Appends lines numbered from the vault's size on, `per` a batch.
pub async fn fill(vault: &Vault, count: u64, per: u64) {
    let end = vault.size() + count;
    while vault.size() < end {
        let n = vault.size();
        let range = vault.append(batch(n..(n + per).min(end))).await.unwrap();
        assert_eq!(range.start, n);
    }
}

/// Whether record `n` of the vault is line `n`.
pub fn is_line(vault: &vault::Reader, n: u64) -> bool {
    let record = vault.record(n).unwrap();
    record.index == n && record.raw == text(n).as_bytes() && batch(n..n + 1).len() == 1
}
