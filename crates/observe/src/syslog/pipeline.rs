//! One batch being written while the next is being filled.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::intake::{Intake, Load, add};

/// A batch is not filled beyond this while the one before it is written, bytes.
const BATCH: usize = 1 << 20;
/// At the stop, the system has so long to tell of what has just arrived.
pub(super) const JUST_ARRIVED: Duration = Duration::from_millis(50);
/// Time between two attempts while the vault takes nothing.
const RETRY: Duration = Duration::from_secs(1);

/// What one reader (a connection, a UDP socket) has in memory: at most one
/// batch in writing and one in filling.
pub(super) struct Pipeline {
    intake: Arc<Intake>,
    cancel: CancellationToken,
    pub load: Load,
    /// What of `load` is counted into [`Intake::memory`].
    counted: usize,
    /// With the number of its lines and what it counts for in memory.
    writing: Option<(JoinHandle<()>, u64, usize)>,
}

impl Pipeline {
    pub(super) fn new(intake: Arc<Intake>, cancel: CancellationToken) -> Self {
        Self {
            intake,
            cancel,
            load: Load::default(),
            counted: 0,
            writing: None,
        }
    }

    /// Whether more may be read now. Without a batch in writing it always may:
    /// what is read is then handed on at once.
    pub(super) fn has_room(&self) -> bool {
        self.writing.is_none()
            || !self.is_full()
                && self.intake.memory.load(Ordering::Relaxed) < self.intake.settings.memory
    }

    /// Whether the batch being filled is to be handed on before more is added.
    pub(super) fn is_full(&self) -> bool {
        self.load.batch.bytes() >= BATCH
    }

    /// To be called after lines were added: counts them and, if the disk is
    /// free, sends them off.
    pub(super) fn added(&mut self) {
        let bytes = self.load.batch.bytes();
        self.intake
            .memory
            .fetch_add(bytes - self.counted, Ordering::Relaxed);
        self.counted = bytes;
        if self.writing.is_none() {
            self.send_off();
        }
    }

    /// Waits until the batch in writing is on disk and sends off the next.
    /// Never ends when nothing is in writing. Cancel safe.
    pub(super) async fn written(&mut self) {
        match &mut self.writing {
            Some(writing) => {
                let (task, lines, memory) = writing;
                // It gives its memory back itself, unless it fails.
                if task.await.is_err_and(|error| error.is_panic()) {
                    self.intake.memory.fetch_sub(*memory, Ordering::Relaxed);
                    add(&self.intake.counters.abandoned, *lines);
                    add(&self.intake.counters.panics, 1);
                }
                self.writing = None;
                self.send_off();
            }
            None => std::future::pending().await,
        }
    }

    /// Waits until all is on disk (or given up, see [`write`]).
    pub(super) async fn finish(mut self) {
        self.added();
        while self.writing.is_some() {
            self.written().await;
        }
    }

    fn send_off(&mut self) {
        if self.load.batch.is_empty() {
            return;
        }
        let load = std::mem::take(&mut self.load);
        let memory = std::mem::take(&mut self.counted);
        let (intake, cancel) = (Arc::clone(&self.intake), self.cancel.clone());
        let lines = load.batch.len() as u64;
        let task = tokio::spawn(write(intake, cancel, load, memory));
        self.writing = Some((task, lines, memory));
    }
}

impl Drop for Pipeline {
    /// Empty, unless its reader failed.
    fn drop(&mut self) {
        let memory = std::mem::take(&mut self.counted);
        self.intake.memory.fetch_sub(memory, Ordering::Relaxed);
        add(
            &self.intake.counters.abandoned,
            self.load.batch.len() as u64,
        );
    }
}

/// Writes a batch, however often it takes. Only at the stop of the program a
/// batch that the vault does not take is given up, and counted.
async fn write(intake: Arc<Intake>, cancel: CancellationToken, load: Load, memory: usize) {
    loop {
        let kept = match intake.held() {
            Some(reason) => Err(reason),
            None => {
                let appended = intake.vault.append(load.batch.clone()).await;
                appended.map_err(|error| error.to_string())
            }
        };
        match kept {
            Ok(_) => {
                if intake.stalled() {
                    tracing::info!("the vault takes syslog lines again");
                    intake.stall(None);
                }
                intake.stored(&load);
                break;
            }
            Err(error) => {
                if !intake.stalled() {
                    tracing::error!(%error, "the vault takes no syslog lines; senders wait");
                }
                intake.stall(Some(error));
            }
        }
        tokio::select! {
            () = tokio::time::sleep(RETRY) => {}
            () = cancel.cancelled() => {
                let lines = load.batch.len() as u64;
                tracing::error!(lines, "stopped with lines that the vault did not take");
                add(&intake.counters.abandoned, lines);
                break;
            }
        }
    }
    intake.memory.fetch_sub(memory, Ordering::Relaxed);
}
