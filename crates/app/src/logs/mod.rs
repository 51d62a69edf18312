//! Logs: the vault, the syslog listeners, who sends.

mod adopt;
mod kept;
mod listening;
mod lost;
mod open;
mod receive;
mod strangers;
mod view;

use std::sync::{
    Arc, Mutex, PoisonError, RwLock,
    atomic::{AtomicBool, Ordering},
};

use observe::syslog::Syslog;
use tokio::sync::Notify;
use vault::{Reader, Vault, note::Signer, samples::Samples, tree::Hash};

use lost::Lost;

pub use adopt::adopt;
pub use kept::kept;
pub use listening::listened;
pub(crate) use listening::listening_since;
pub use receive::reconcile;
pub(crate) use receive::{bounds, listen, rate};
pub use store::log_claim::LogClaim;
pub use store::log_source::{LogSource, UnknownSender};
pub use vault::{Flags, Page, Proof, Record};
pub use view::{
    LogQuery, LogStatus, PAGE, claim_of, claims, count_unknown, end_claim, line, prove, search,
    search_in, source_counts, status, unknown_senders,
};

/// The logs of the program.
pub struct Logs {
    /// The vault, when this process is the one that writes it.
    vault: Option<Arc<Vault>>,
    /// Reads the vault; none before the first line was ever kept.
    reader: Option<Reader>,
    samples: Option<Arc<Samples>>,
    /// The installation's key; none where the data folder has none yet.
    signer: Option<Signer>,
    listening: RwLock<Option<Arc<Syslog>>>,
    /// Lines given up at the stop before this start; for the process that listens.
    pub(crate) lost: Option<Lost>,
    poked: Notify,
    /// The id of the last checkpoint that this process noted in the journal.
    noted: Mutex<Option<Hash>>,
    /// The journal was verified since the start.
    verified: AtomicBool,
    /// The vault was begun to be read since the start.
    read: AtomicBool,
}

impl Logs {
    /// Registered senders may have changed: read them again.
    pub(crate) fn poke(&self) {
        self.poked.notify_one();
    }

    pub(crate) fn listening(&self) -> Option<Arc<Syslog>> {
        self.listening
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The vault, for the process that writes it.
    pub fn vault(&self) -> Option<&Arc<Vault>> {
        self.vault.as_ref()
    }

    /// Puts what waits on disk and ends the vault's threads.
    pub(crate) async fn close(&self) {
        if let (Some(lost), Some(syslog)) = (&self.lost, self.listening()) {
            lost.note(syslog.snapshot().counts.abandoned);
        }
        let (vault, samples) = (self.vault.clone(), self.samples.clone());
        let closed = tokio::task::spawn_blocking(move || {
            if let Some(samples) = samples {
                samples.close();
            }
            if let Some(vault) = vault {
                vault.close();
            }
        });
        if closed.await.is_err() {
            tracing::error!("the vault did not close");
        }
    }

    pub(crate) fn noted(&self) -> Option<Hash> {
        *self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this is the first time that this is asked since the start.
    pub(crate) fn begins(&self) -> bool {
        !self.verified.swap(true, Ordering::Relaxed)
    }

    /// The verification came to no end: the next round begins it again.
    pub(crate) fn verify_again(&self) {
        self.verified.store(false, Ordering::Relaxed);
    }

    /// The same for the reading of the vault.
    pub(crate) fn read_again(&self) {
        self.read.store(false, Ordering::Relaxed);
    }

    /// Whether this is the first time that a reading of the vault is asked since the start.
    pub(crate) fn reads_first(&self) -> bool {
        !self.read.swap(true, Ordering::Relaxed)
    }

    pub(crate) fn note(&self, id: Hash) {
        *self.noted.lock().unwrap_or_else(PoisonError::into_inner) = Some(id);
    }

    /// Signs for this installation; none before its first start.
    pub(crate) fn signer(&self) -> Option<&Signer> {
        self.signer.as_ref()
    }

    /// A reader of the vault.
    pub fn reader(&self) -> Option<&Reader> {
        self.reader.as_ref()
    }
}
