//! Opens the vault and its key.

use std::{path::Path, sync::RwLock};

use domain::{id::TargetId, problem::Problem};
use ed25519_dalek::SigningKey;
use tokio::sync::Notify;
use vault::{
    Config, Limits, Reader, Vault,
    note::Signer,
    samples::{self, Samples},
};

use super::Logs;
use crate::{
    application::{AppConfig, OpenError},
    keyring,
    setting::Settings,
};

impl Logs {
    /// Opens the vault to write (`writer`) or, beside a running program, to read.
    pub(crate) fn open(config: &AppConfig, settings: &Settings) -> Result<Self, OpenError> {
        let dir = config.data.join("vault");
        let samples_dir = config.data.join("samples");
        let failed = |source| OpenError::Data {
            path: config.data.clone(),
            source,
        };
        if !config.writer {
            let signer = kept_key(&config.data)
                .map_err(failed)?
                .map(|key| Signer::new(&config.origin, key))
                .transpose()
                .map_err(vault::Error::from)?;
            return Ok(Self {
                signer,
                vault: None,
                reader: Reader::open(&dir).ok(),
                samples: None,
                listening: RwLock::default(),
                poked: Notify::new(),
            });
        }
        let key = match kept_key(&config.data).map_err(failed)? {
            Some(key) => key,
            None => new_key(&config.data).map_err(failed)?,
        };
        let signer = Signer::new(&config.origin, key).map_err(vault::Error::from)?;
        let vault = Vault::open(
            Config {
                dir,
                limits: Limits::default(),
                clock: config.clock.clone(),
            },
            signer.clone(),
        )?;
        let _ = settings;
        let samples = Samples::open(samples::Config::new(samples_dir, config.clock.clone()))?;
        let vault = std::sync::Arc::new(vault);
        Ok(Self {
            signer: Some(signer),
            reader: Some(vault.reader()),
            vault: Some(vault),
            samples: Some(std::sync::Arc::new(samples)),
            listening: RwLock::default(),
            poked: Notify::new(),
        })
    }

    /// Keeps samples; they are on disk within a second.
    pub(crate) fn keep_samples(&self, samples: &[samples::Sample]) {
        if let Some(store) = &self.samples {
            store.append(samples);
        }
    }

    /// Samples of a target that the caller may see, as at most `buckets` points.
    ///
    /// # Errors
    /// Internal when they cannot be read.
    pub async fn samples(
        &self,
        target: TargetId,
        from: i64,
        to: i64,
        buckets: usize,
    ) -> Result<Vec<samples::Bucket>, Problem> {
        let Some(store) = self.samples.clone() else {
            return Ok(Vec::new());
        };
        let read =
            tokio::task::spawn_blocking(move || store.read(&target.0.bytes(), from, to, buckets));
        match read.await {
            Ok(Ok(points)) => Ok(points),
            Ok(Err(error)) => {
                tracing::error!(%error, "samples could not be read");
                Err(Problem::internal("samples"))
            }
            Err(_) => Err(Problem::internal("samples")),
        }
    }
}

/// The key that signs: 32 random bytes in `vault.key`, readable by the owner alone.
fn kept_key(data: &Path) -> std::io::Result<Option<SigningKey>> {
    match std::fs::read(data.join("vault.key")) {
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

fn new_key(data: &Path) -> std::io::Result<SigningKey> {
    let bytes = keyring::key_file(&data.join("vault.key"))?;
    Ok(SigningKey::from_bytes(&bytes))
}
