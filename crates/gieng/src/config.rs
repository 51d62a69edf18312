//! Options, environment and an optional TOML file become one configuration.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::Context as _;
use app::{App, AppConfig};
use domain::{
    clock::Clock,
    net::{BadNet, Prefix, parse_address},
};
use serde::Deserialize;

use crate::args::Args;

/// What the file may hold; options and environment go before it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data: Option<PathBuf>,
    keys: Option<PathBuf>,
    database: Option<String>,
    policy: Option<PathBuf>,
    listen: Option<SocketAddr>,
    #[serde(default)]
    syslog_udp: Vec<SocketAddr>,
    #[serde(default)]
    syslog_tcp: Vec<SocketAddr>,
    origin: Option<String>,
    #[serde(default)]
    https: bool,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    #[serde(default)]
    trusted_proxy: Vec<String>,
}

/// An address or a prefix.
///
/// # Errors
/// What was expected.
pub fn proxy(text: &str) -> Result<Prefix, BadNet> {
    match parse_address(text) {
        Ok(address) => {
            let length = if address.is_ipv4() { 32 } else { 128 };
            format!("{address}/{length}").parse()
        }
        Err(_) => text.parse(),
    }
}

/// The configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// The data folder.
    pub data: Option<PathBuf>,
    /// Where the keys lie, when that is not the data folder.
    pub keys: Option<PathBuf>,
    /// The database, when it is not SQLite.
    pub database: Option<String>,
    /// The packs, when they are not the built-in ones.
    pub policy: Option<PathBuf>,
    /// Web and API.
    pub listen: SocketAddr,
    /// Syslog over UDP.
    pub syslog_udp: Vec<SocketAddr>,
    /// Syslog over TCP.
    pub syslog_tcp: Vec<SocketAddr>,
    /// Cookies by HTTPS only.
    pub https: bool,
    /// The certificate with its chain, and its key: both or none.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// The proxies in front that are believed.
    pub trusted_proxy: Vec<Prefix>,
    /// The name under which the vault signs.
    pub origin: String,
}

impl Config {
    /// Reads it.
    pub fn read(args: &Args) -> anyhow::Result<Self> {
        let file = match &args.config {
            None => File::default(),
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
                toml::from_str(&text)
                    .with_context(|| format!("{} does not hold together", path.display()))?
            }
        };
        let any = |port| SocketAddr::from(([0, 0, 0, 0], port));
        let or = |given: Vec<SocketAddr>| {
            if given.is_empty() {
                vec![any(5514)]
            } else {
                given
            }
        };
        Ok(Self {
            data: args.data.clone().or(file.data),
            keys: args.keys.clone().or(file.keys),
            database: args.database.clone().or(file.database),
            policy: args.policy.clone().or(file.policy),
            listen: file
                .listen
                .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
            syslog_udp: or(file.syslog_udp),
            syslog_tcp: or(file.syslog_tcp),
            https: file.https,
            tls: match (file.tls_cert, file.tls_key) {
                (Some(cert), Some(key)) => Some((cert, key)),
                (None, None) => None,
                _ => anyhow::bail!("`tls_cert` and `tls_key` are given together"),
            },
            trusted_proxy: file
                .trusted_proxy
                .iter()
                .map(|text| Ok(proxy(text)?))
                .collect::<anyhow::Result<_>>()?,
            origin: file.origin.unwrap_or_else(|| "gieng.local/vault".into()),
        })
    }

    /// The data folder: `./data` when none was given.
    pub fn data(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| PathBuf::from("data"))
    }

    /// The data folder, which must be one already: only `serve` and `demo` begin one.
    ///
    /// # Errors
    /// When it is none. Nothing was made.
    pub fn begun(&self) -> anyhow::Result<PathBuf> {
        let data = self.data();
        let keys = self.keys.as_ref().unwrap_or(&data);
        let begun = if self.database.is_some() {
            keys.join("data.key").exists()
        } else {
            data.join("records.db").exists()
        };
        anyhow::ensure!(
            begun,
            "{0} không phải thư mục dữ liệu của Giềng, chưa tạo gì. Chỉ đúng thư mục bằng --data \
             (hoặc GIENG_DATA), hay chạy `gieng serve` để bắt đầu một thư mục mới.\n\
             {0} is no data folder of Giềng, and nothing was made. Name the right one by --data \
             (or GIENG_DATA), or begin a new one with `gieng serve`.",
            data.display()
        );
        Ok(data)
    }

    /// Opens the program; `writer` says whether this process writes the vault.
    pub async fn open(&self, writer: bool) -> anyhow::Result<App> {
        if !writer {
            self.begun()?;
        }
        self.opened(writer).await
    }

    /// Opens the program beside one that runs elsewhere on the same database.
    pub async fn open_beside(&self) -> anyhow::Result<App> {
        let keys = self.keys.clone().unwrap_or_else(|| self.data());
        anyhow::ensure!(
            self.database.is_some(),
            "`serve --beside` wants the PostgreSQL that the other one uses (--database)"
        );
        anyhow::ensure!(
            app::keyring::Keyring::is_there(&keys),
            "there are no keys in {}: `serve --beside` wants those of the other one (--keys)",
            keys.display()
        );
        self.opened(false).await
    }

    async fn opened(&self, writer: bool) -> anyhow::Result<App> {
        let config = AppConfig {
            data: self.data(),
            keys: self.keys.clone(),
            database: self.database.clone(),
            policy: self.policy.clone(),
            clock: Clock::system(),
            writer,
            origin: self.origin.clone(),
            examiner: examiner(),
        };
        Ok(App::open(config).await?)
    }
}

/// This program, to be started again as `gieng examine`. Through the kernel's own link it
/// stays the same one when its file is replaced by a newer one.
pub fn examiner() -> PathBuf {
    let link = PathBuf::from("/proc/self/exe");
    if link.exists() {
        return link;
    }
    std::env::current_exe().unwrap_or_else(|_| PathBuf::from("gieng"))
}
