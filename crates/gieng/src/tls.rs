//! HTTPS with a certificate that was given.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use anyhow::Context as _;
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
    server::TlsStream,
};

/// A certificate with its key, from files that may be replaced while the program runs.
pub struct Certificate {
    chain: PathBuf,
    key: PathBuf,
    config: RwLock<Arc<ServerConfig>>,
}

impl Certificate {
    /// Reads a certificate with its chain, and its key, both PEM.
    ///
    /// # Errors
    /// Which file is not what it should be.
    pub fn load(chain: &Path, key: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            chain: chain.to_owned(),
            key: key.to_owned(),
            config: RwLock::new(read(chain, key)?),
        })
    }

    /// Reads the files again; connections that come later see what they hold now.
    ///
    /// # Errors
    /// As [`Certificate::load`]; the certificate in use stays.
    pub fn reload(&self) -> anyhow::Result<()> {
        let fresh = read(&self.chain, &self.key)?;
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    fn acceptor(&self) -> TlsAcceptor {
        let config = self.config.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&config))
    }
}

fn read(chain: &Path, key: &Path) -> anyhow::Result<Arc<ServerConfig>> {
    let certificates = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("cannot read the certificate {}", chain.display()))?;
    anyhow::ensure!(
        !certificates.is_empty(),
        "{} holds no certificate (PEM)",
        chain.display()
    );
    let secret = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("cannot read the key {}", key.display()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(certificates, secret)
        .with_context(|| {
            let (chain, key) = (chain.display(), key.display());
            format!("the certificate {chain} and the key {key} do not go together")
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Over this certificate, as it is when the connection comes.
#[derive(Clone)]
pub struct Secure(pub Arc<Certificate>);

impl web::Welcome for Secure {
    type Io = TlsStream<TcpStream>;

    async fn welcome(&self, stream: TcpStream) -> std::io::Result<Self::Io> {
        self.0.acceptor().accept(stream).await
    }
}
