//! Watching: what is probed, its state, alarms, availability.

mod clock;
mod core;
pub(crate) mod notice;
mod record;
mod restore;
mod run;
mod view;

use std::collections::BTreeSet;
use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicU64, Ordering},
};

use observe::probe::Prober;
use store::standing::{Month, Standing};
use tokio::sync::Notify;

use crate::{
    application::{OUTAGES, TARGETS, TIMES},
    fresh::Fresh,
};

pub use self::core::Core;
pub(crate) use record::Say;
pub use run::keep;
pub(crate) use run::run;
pub use store::{
    alarm::Alarm,
    outage::Outage,
    target::{AvailabilityRow, TargetRow, Transition},
};
pub use view::{
    AlarmView, Availability, acknowledge, alarms, availability, days, month, months, open_alarms,
    outages, past_alarms, patience, samples, summary, target, targets, transitions,
};

/// What the watching part shares with the rest.
#[derive(Default)]
pub struct Watch {
    poked: Notify,
    prober: RwLock<Option<Prober>>,
    isolated: RwLock<Option<i64>>,
    /// How often states and availability were written.
    written: AtomicU64,
    /// By the registry's mark and the number of writes.
    standing: Fresh<(i64, u64), Standing>,
    /// Of the month that goes on; the same, and the month.
    month: Fresh<(i64, u64, String), Month>,
}

impl Watch {
    /// What is probed may have changed: read it again.
    pub(crate) fn poke(&self) {
        self.poked.notify_one();
    }

    pub(crate) async fn poked(&self) {
        self.poked.notified().await;
    }

    /// States or availability were written: what is kept of them in memory is old.
    pub(crate) fn wrote(&self) {
        self.written.fetch_add(1, Ordering::AcqRel);
    }

    /// The running prober, for its statistics.
    pub fn prober(&self) -> Option<Prober> {
        self.prober
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn set_prober(&self, prober: Prober) {
        *self.prober.write().unwrap_or_else(PoisonError::into_inner) = Some(prober);
    }

    /// Since when we ourselves are cut off, unix milliseconds.
    pub fn isolated_since(&self) -> Option<i64> {
        *self.isolated.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_isolated(&self, since: Option<i64>) {
        *self
            .isolated
            .write()
            .unwrap_or_else(PoisonError::into_inner) = since;
    }
}

/// What checks read of what is watched: judged each minute, since time goes on.
pub(crate) fn facts() -> BTreeSet<String> {
    let read = [TARGETS, OUTAGES, TIMES].into_iter();
    let views = read.flat_map(policy::facts::reading);
    views.map(str::to_owned).collect()
}

/// The store's targets as a shared list.
pub(crate) type Targets = Arc<Vec<TargetRow>>;
