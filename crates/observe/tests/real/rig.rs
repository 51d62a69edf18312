//! Syslog listeners with a vault of their own.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::clock::Clock;
use observe::syslog::{Entry, Settings, Snapshot, Source, Syslog};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use vault::note::Signer;
use vault::{Cancel, Config, Limits, Order, Query, Record, Vault};

pub const PATIENCE: Duration = Duration::from_secs(30);
/// The source that is registered for 127.0.0.1.
pub const LOCAL: Source = Source {
    source: [1; 16],
    unit: [9; 16],
};

pub struct Rig {
    pub vault: Arc<Vault>,
    pub syslog: Syslog,
    tasks: JoinSet<()>,
    cancel: CancellationToken,
    /// Removed with the rig, unless the vault lies elsewhere.
    _dir: Option<TempDir>,
}

fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// UDP and TCP on free ports of loopback.
pub fn settings() -> Settings {
    Settings {
        udp: vec![loopback(0)],
        tcp: vec![loopback(0)],
        ..Settings::default()
    }
}

impl Rig {
    pub fn start(settings: Settings) -> Self {
        let dir = tempfile::tempdir().expect("there is room for a folder");
        let rig = Self::start_in(dir.path(), settings);
        Self {
            _dir: Some(dir),
            ..rig
        }
    }

    pub fn start_in(dir: &Path, settings: Settings) -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
        let config = Config {
            dir: dir.join("vault"),
            limits: Limits::default(),
            clock: Clock::system(),
        };
        let signer = Signer::new("test.example/vault", key).expect("the name is good");
        let vault = Arc::new(Vault::open(config, signer).expect("the vault opens"));
        let cancel = CancellationToken::new();
        let (syslog, tasks) = Syslog::start(settings, Arc::clone(&vault), Clock::system(), &cancel)
            .expect("the ports are free");
        syslog.set_sources([Entry {
            peer: IpAddr::from([127, 0, 0, 1]),
            host: None,
            source: LOCAL,
            zone: None,
        }]);
        Self {
            vault,
            syslog,
            tasks,
            cancel,
            _dir: None,
        }
    }

    pub fn udp(&self) -> SocketAddr {
        self.syslog.udp_addresses()[0]
    }

    pub fn tcp(&self) -> SocketAddr {
        self.syslog.tcp_addresses()[0]
    }

    /// Waits until the counts are as wanted.
    pub async fn until(&self, wanted: impl Fn(&Snapshot) -> bool) -> Snapshot {
        let wait = async {
            loop {
                let snapshot = self.syslog.snapshot();
                if wanted(&snapshot) {
                    return snapshot;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        match tokio::time::timeout(PATIENCE, wait).await {
            Ok(snapshot) => snapshot,
            Err(_) => panic!("not in time: {:?}", self.syslog.snapshot()),
        }
    }

    /// Waits until at least `n` lines are on disk, and reads all of them.
    pub async fn lines(&self, n: u64) -> Vec<Record> {
        self.until(|s| s.counts.lines >= n).await;
        self.stored()
    }

    pub fn stored(&self) -> Vec<Record> {
        let mut records = Vec::new();
        let mut query = Query {
            limit: 50_000,
            order: Order::OldestFirst,
            ..Query::default()
        };
        loop {
            let page = self.vault.search_blocking(&query, &Cancel::default());
            let page = page.expect("what is stored can be read");
            records.extend(page.rows);
            match page.next {
                Some(next) => query.cursor = Some(next),
                None => return records,
            }
        }
    }

    /// Stops listening; all that was received is then on disk.
    pub async fn stop(mut self) -> Vec<Record> {
        self.wind_down().await;
        let lines = self.stored();
        self.vault.close();
        lines
    }

    /// The same, of which nothing is read.
    pub async fn end(mut self) {
        self.wind_down().await;
        self.vault.close();
    }

    async fn wind_down(&mut self) {
        self.cancel.cancel();
        let wait = async { while self.tasks.join_next().await.is_some() {} };
        tokio::time::timeout(PATIENCE, wait)
            .await
            .expect("it stops in time");
    }
}
