//! Opens the vault and its key.

use std::{
    path::Path,
    sync::{Arc, Mutex, RwLock},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{id::TargetId, problem::Problem};
use ed25519_dalek::SigningKey;
use store::{Db, journal};
use tokio::sync::Notify;
use vault::{
    Batch, Config, Flags, Limits, Line, Reader, Transport, Vault,
    note::{Signer, Verifier},
    series::{self, Sample, probe},
    set_apart,
};

use super::{Daily, Logs, lost::Lost};
use crate::{
    Core,
    application::{AppConfig, OpenError},
    evidence, keyring,
};

impl Logs {
    /// Opens the vault to write (`writer`) or, beside a running program, to read.
    ///
    /// A vault that is damaged, or that is not the one that this installation signed, is set
    /// apart and a new one begins, chained to it: nothing is signed over what does not hold,
    /// and probing, pages and duties go on. Of samples the file that is damaged is set apart, and
    /// their folder where it cannot be opened.
    pub(crate) async fn open(config: &AppConfig, db: &Db) -> Result<Self, OpenError> {
        let dir = config.data.join("vault");
        let failed = |source| OpenError::Data {
            path: config.data.clone(),
            source,
        };
        if !config.writer {
            let key = kept_key(config.keys()).map_err(failed)?;
            let signer = match key {
                Some(key) => Some(own_name(config, db, &dir, key).await?),
                None => None,
            };
            return Ok(Self::of(signer, None, Reader::open(&dir).ok(), None, None));
        }
        let kept = kept_key(config.keys()).map_err(failed)?;
        let had_key = kept.is_some();
        let key = match kept {
            Some(key) => key,
            // A vault that was founded under another key is not signed with a new one.
            None if there(&dir.join("vkey")) => {
                return Err(OpenError::KeyMissing {
                    key: config.keys().join("vault.key"),
                    what: "the log vault",
                });
            }
            None => new_key(config.keys()).map_err(failed)?,
        };
        let signer = Signer::new(&config.origin, key).map_err(vault::Error::from)?;
        let vault = Arc::new(open_vault(config, db, &signer, had_key).await?);
        let series = Arc::new(open_series(config)?);
        let reader = Some(vault.reader());
        let lost = Some(Lost::open(&config.data));
        Ok(Self::of(
            Some(signer),
            Some(vault),
            reader,
            Some(series),
            lost,
        ))
    }

    fn of(
        signer: Option<Signer>,
        vault: Option<Arc<Vault>>,
        reader: Option<Reader>,
        series: Option<Arc<series::Store>>,
        lost: Option<Lost>,
    ) -> Self {
        Self {
            vault,
            reader,
            series,
            signer,
            listening: RwLock::default(),
            lost,
            poked: Notify::new(),
            noted: Mutex::default(),
            checked: Daily::default(),
            verified: Daily::default(),
            read: Daily::default(),
        }
    }

    /// Keeps samples; they are on disk within a second.
    pub(crate) fn keep_samples(&self, samples: &[Sample]) {
        if let Some(store) = &self.series {
            store.append(samples);
        }
    }

    /// Probes of a target that the caller may see, as at most `buckets` points.
    ///
    /// # Errors
    /// Internal when they cannot be read.
    pub async fn samples(
        &self,
        target: TargetId,
        from: i64,
        to: i64,
        buckets: usize,
    ) -> Result<Vec<probe::Bucket>, Problem> {
        self.read_series(move |store| store.probes(target.0.bytes(), from, to, buckets))
            .await
    }

    /// Looks at all parts of the samples; those that are damaged are set apart.
    ///
    /// # Errors
    /// Internal when that came to no end.
    pub(crate) async fn check_samples(&self) -> Result<(), Problem> {
        self.read_series(series::Store::check).await
    }

    /// What `read` makes of the series; nothing where this process keeps none.
    ///
    /// # Errors
    /// Internal when they cannot be read.
    pub(crate) async fn read_series<T: Default + Send + 'static>(
        &self,
        read: impl FnOnce(&series::Store) -> Result<T, vault::Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let Some(store) = self.series.clone() else {
            return Ok(T::default());
        };
        match tokio::task::spawn_blocking(move || read(&store)).await {
            Ok(Ok(read)) => Ok(read),
            Ok(Err(error)) => {
                tracing::error!(%error, "samples could not be read");
                Err(Problem::internal("samples"))
            }
            Err(_) => Err(Problem::internal("samples")),
        }
    }
}

/// The installation's key under the name that its vault signs with, whatever this process was
/// told: beside a program that was started otherwise, the vault knows better.
async fn own_name(
    config: &AppConfig,
    db: &Db,
    dir: &Path,
    key: SigningKey,
) -> Result<Signer, OpenError> {
    let given = Signer::new(&config.origin, key.clone()).map_err(vault::Error::from)?;
    let named = Reader::named_key(dir).ok().flatten();
    let noted = evidence::noted(db).await?.key;
    let noted = noted.and_then(|key| Verifier::from_vkey(&key).ok());
    let same = [noted, named].into_iter().flatten();
    let mut same = same.filter(|known| known.is_same_key(given.verifier()));
    match same.next() {
        Some(known) => Ok(Signer::new(known.name(), key).map_err(vault::Error::from)?),
        None => Ok(given),
    }
}

/// `had_key`: whether the key was there before this start, which makes it together with the vault.
async fn open_vault(
    config: &AppConfig,
    db: &Db,
    signer: &Signer,
    had_key: bool,
) -> Result<Vault, OpenError> {
    let dir = config.data.join("vault");
    let noted = evidence::noted(db).await?;
    let last = journal::last(db).await?;
    let key = signer.verifier();
    let fresh = || Config {
        dir: dir.clone(),
        limits: Limits::default(),
        clock: config.clock.clone(),
    };
    let open = || {
        // A key that was exchanged holds nothing that the old one signed.
        if let Some(known) = &noted.key
            && same_key(known, key) == Some(false)
        {
            return Err(vault::Error::Rewritten {
                path: config.keys().join("vault.key"),
                what: format!("it is the key {}, the journal names {known}", key.to_vkey()),
            });
        }
        let gone = match &noted.key {
            _ if there(&dir.join("vkey")) => None,
            Some(_) => Some("the journal says that one was begun, and it is not there"),
            None if had_key => Some("its key is there, and it is not"),
            // The first entry of all is written by a program that has begun one.
            None if last > 0 => Some("the journal has entries, and it is not there"),
            None => None,
        };
        if let Some(gone) = gone.filter(|_| noted.known.is_empty()) {
            let (path, what) = (dir.clone(), gone.to_owned());
            return Err(vault::Error::Rewritten { path, what });
        }
        Vault::open_known(fresh(), signer.clone(), &noted.known)
    };
    let error = match open() {
        Ok(vault) => return Ok(vault),
        Err(error) => error,
    };
    let apart = match &error {
        // The same key under another name is a mistake in the configuration.
        vault::Error::OtherKey { found, .. } => same_key(found, key) != Some(true),
        other => other.is_of_the_files(),
    };
    if !apart {
        return Err(error.into());
    }
    let now = config.clock.now_ms();
    let last = Reader::last_checkpoint(&dir, key).ok().flatten();
    let (size, root) = match (noted.known.first(), &last) {
        (Some(known), last) if last.as_ref().is_none_or(|l| l.size <= known.size) => {
            (known.size, format!("checkpoint {}", hex::encode(known.id)))
        }
        (_, Some(last)) => (last.size, BASE64_STANDARD.encode(last.root)),
        (..) => (0, String::new()),
    };
    let folder = if there(&dir) {
        set_apart(&dir, now)?
    } else {
        // Only the key is another: there is nothing to keep.
        dir.clone()
    };
    tracing::error!(error = &error as &dyn std::error::Error, folder = %folder.display(), "the log vault was set apart; a new one begins");
    let continued = evidence::Continued {
        folder: folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        reason: error.in_full(),
        size,
        root,
    };
    // First the journal: a stop in between begins an empty vault again.
    let core = Core {
        db: db.clone(),
        clock: config.clock.clone(),
    };
    evidence::begin(&core, &key.to_vkey(), Some(&continued)).await?;
    let vault = Vault::open(fresh(), signer.clone())?;
    vault.append(first_line(&continued, now)?).await?;
    Ok(vault)
}

/// Whether anything stands there, be it a link to nowhere.
fn there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Whether a verifier key is the same key, under whatever name; none when it is no key.
fn same_key(vkey: &str, key: &Verifier) -> Option<bool> {
    let other = Verifier::from_vkey(vkey).ok()?;
    Some(other.is_same_key(key))
}

/// What a vault that continues another begins with.
fn first_line(continued: &evidence::Continued, now: i64) -> Result<Batch, vault::Error> {
    let text = format!(
        "gieng: this vault continues {}, of which {} lines were signed ({}); {}",
        continued.folder, continued.size, continued.root, continued.reason
    );
    let mut batch = Batch::new();
    batch.push(&Line {
        received_at_ms: now,
        sent_at_ms: None,
        source: [0; 16],
        unit: [0; 16],
        peer: std::net::Ipv4Addr::LOCALHOST.into(),
        transport: Transport::Tcp,
        flags: Flags::default(),
        facility: Some(5),
        severity: Some(2),
        host: "gieng",
        application: "gieng",
        raw: text.as_bytes(),
    })?;
    Ok(batch)
}

fn open_series(config: &AppConfig) -> Result<series::Store, OpenError> {
    let dir = config.data.join("samples");
    let open = || series::Store::open(series::Config::new(dir.clone(), config.clock.clone()));
    match open() {
        Err(error) if error.is_of_the_files() => {
            let folder = set_apart(&dir, config.clock.now_ms())?;
            tracing::error!(error = &error as &dyn std::error::Error, folder = %folder.display(), "the samples were set apart; new ones begin");
            Ok(open()?)
        }
        done => Ok(done?),
    }
}

/// The key that signs: 32 random bytes in `vault.key`, readable by the owner alone.
fn kept_key(keys: &Path) -> std::io::Result<Option<SigningKey>> {
    match vault::read(&keys.join("vault.key"), 64) {
        Ok(bytes) => {
            let bytes: [u8; 32] = bytes.try_into().map_err(|_| {
                std::io::Error::new(
                    std::io::ErrorKind::InvalidData,
                    "vault.key is not 32 bytes long",
                )
            })?;
            Ok(Some(SigningKey::from_bytes(&bytes)))
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

fn new_key(keys: &Path) -> std::io::Result<SigningKey> {
    let bytes = keyring::key_file(&keys.join("vault.key"))?;
    Ok(SigningKey::from_bytes(&bytes))
}
