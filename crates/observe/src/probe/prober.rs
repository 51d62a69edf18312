//! The handle of the running prober.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use domain::id::TargetId;
use domain::reachability::Sample;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::engine::Engine;
use super::{Capability, ProbeError, ProbeTarget, Timebase};

/// How the prober behaves as a whole.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What this machine lets us do; [`Capability::detect`] unless a test says otherwise.
    pub capability: Capability,
    /// Ports at which a host is asked by TCP where ICMP cannot be sent.
    pub knock_ports: Vec<u16>,
    /// Most TCP probes under way at once.
    pub tcp_at_once: usize,
    /// Batches of samples that may wait for the receiver.
    pub batches: usize,
    /// Most samples that may wait beyond these; more are dropped and counted.
    pub samples_held: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            capability: Capability::detect(),
            knock_ports: vec![443, 22],
            tcp_at_once: 512,
            batches: 64,
            samples_held: 65_536,
        }
    }
}

/// What the prober has done since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Targets now.
    pub targets: u64,
    /// Probes sent.
    pub sent: u64,
    /// Probes answered.
    pub answered: u64,
    /// Probes failed.
    pub failed: u64,
    /// Answers that came after their time, or twice.
    pub late: u64,
    /// Probes put off because this machine had no room to send them.
    pub deferred: u64,
    /// Probes that this machine refused to send (a firewall rule of its own).
    pub unsent: u64,
    /// Samples that nobody took in time.
    pub dropped: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub targets: AtomicU64,
    pub sent: AtomicU64,
    pub answered: AtomicU64,
    pub failed: AtomicU64,
    pub late: AtomicU64,
    pub deferred: AtomicU64,
    pub unsent: AtomicU64,
    pub dropped: AtomicU64,
}

impl Counters {
    pub(super) fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Ordering::Relaxed);
    }
}

/// What was asked of the engine since it last looked. Both are bounded by the
/// number of targets: the newest set counts, and a target is asked for once.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    pub targets: Option<Vec<ProbeTarget>>,
    pub probes: HashMap<TargetId, Instant>,
}

#[derive(Debug, Default)]
pub(super) struct Shared {
    wishes: Mutex<Wishes>,
    pub wake: Notify,
    pub counters: Counters,
}

impl Shared {
    pub(super) fn wishes(&self) -> MutexGuard<'_, Wishes> {
        // The lock is held for plain moves only; a panic elsewhere leaves it whole.
        self.wishes
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A handle on the running prober; cheap to clone.
#[derive(Clone, Debug)]
pub struct Prober {
    shared: Arc<Shared>,
    capability: Capability,
}

/// A prober that was started.
#[derive(Debug)]
pub struct Running {
    /// Tells it what to do.
    pub prober: Prober,
    /// Samples in batches, in the order in which the probes ended.
    pub samples: mpsc::Receiver<Vec<Sample>>,
    /// Ends after the cancellation, with all finished samples handed over.
    pub task: JoinHandle<()>,
}

impl Prober {
    /// Starts probing (nothing yet) until `cancel`. A family whose ICMP socket
    /// cannot be opened is probed by TCP.
    ///
    /// # Errors
    /// When the system has no random bytes.
    pub fn start(
        settings: Settings,
        timebase: Timebase,
        cancel: CancellationToken,
    ) -> Result<Running, ProbeError> {
        let shared = Arc::new(Shared::default());
        let (sender, samples) = mpsc::channel(settings.batches.max(1));
        let (engine, capability) = Engine::new(settings, timebase, Arc::clone(&shared), sender)?;
        tracing::info!(%capability, "probing");
        Ok(Running {
            prober: Self { shared, capability },
            samples,
            task: tokio::spawn(engine.run(cancel)),
        })
    }

    /// Replaces all targets; those that stay keep their turn.
    pub fn set_targets(&self, targets: Vec<ProbeTarget>) {
        self.shared.wishes().targets = Some(targets);
        self.shared.wake.notify_one();
    }

    /// Has a target probed out of turn, `after` from now; of several wishes the soonest counts.
    pub fn probe_now(&self, target: TargetId, after: Duration) {
        let at = Instant::now() + after;
        let mut wishes = self.shared.wishes();
        let due = wishes.probes.entry(target).or_insert(at);
        *due = at.min(*due);
        drop(wishes);
        self.shared.wake.notify_one();
    }

    /// What it has done so far.
    pub fn stats(&self) -> Stats {
        let c = &self.shared.counters;
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            targets: get(&c.targets),
            sent: get(&c.sent),
            answered: get(&c.answered),
            failed: get(&c.failed),
            late: get(&c.late),
            deferred: get(&c.deferred),
            unsent: get(&c.unsent),
            dropped: get(&c.dropped),
        }
    }

    /// How it reaches out, and why so.
    pub fn capability(&self) -> &Capability {
        &self.capability
    }
}
