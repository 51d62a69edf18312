//! Logs: the vault, the syslog listeners, who sends.

mod adopt;
mod kept;
mod listening;
mod lost;
mod open;
mod receive;
mod strangers;
mod view;

use std::{
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};

use observe::syslog::Syslog;
use tokio::sync::Notify;
use vault::{Reader, Vault, note::Signer, series, tree::Hash};

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
    series: Option<Arc<series::Store>>,
    /// The installation's key; none where the data folder has none yet.
    signer: Option<Signer>,
    listening: RwLock<Option<Arc<Syslog>>>,
    /// Lines given up at the stop before this start; for the process that listens.
    pub(crate) lost: Option<Lost>,
    poked: Notify,
    /// The id of the last checkpoint that this process noted in the journal.
    noted: Mutex<Option<Hash>>,
    /// When the samples were looked at.
    pub(crate) checked: Daily,
    /// When the journal was verified.
    pub(crate) verified: Daily,
    /// When the vault was begun to be read.
    pub(crate) read: Daily,
}

/// What this process does at its start and once a day, by the clock that nobody sets: what the
/// database says of the last time, whoever writes there could say.
#[derive(Debug, Default)]
pub(crate) struct Daily(Mutex<Option<Instant>>);

impl Daily {
    /// Whether it is due; who is told so does it.
    pub(crate) fn is_due(&self) -> bool {
        self.is_due_at(Instant::now())
    }

    fn is_due_at(&self, now: Instant) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|last| now.saturating_duration_since(last) >= DAY);
        if due {
            *last = Some(now);
        }
        due
    }

    /// It came to no end: the next round begins it again.
    pub(crate) fn again(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

const DAY: Duration = Duration::from_secs(86_400);

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
        let (vault, series) = (self.vault.clone(), self.series.clone());
        let closed = tokio::task::spawn_blocking(move || {
            if let Some(series) = series {
                series.close();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_daily_is_done_at_the_start_and_each_day_whatever_is_noted() {
        let (daily, start) = (Daily::default(), Instant::now());
        let after = |seconds| daily.is_due_at(start + Duration::from_secs(seconds));
        let asked = [0, 1, 86_399, 86_400, 86_401].map(after);
        assert_eq!(asked, [true, false, false, true, false]);
        daily.again();
        assert!(after(86_402));
    }
}
