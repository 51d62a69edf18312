//! Both clocks at once.

use std::time::Instant;

use domain::clock::Clock;
use domain::reachability::Moment;

/// Makes [`Moment`]s: wall time from the program's [`Clock`], order from the
/// machine's monotonic clock. The prober and the `Fleet` it feeds share one.
#[derive(Clone, Debug)]
pub struct Timebase {
    origin: Instant,
    clock: Clock,
}

impl Timebase {
    /// A time base whose monotonic milliseconds count from now.
    pub fn new(clock: Clock) -> Self {
        Self {
            origin: Instant::now(),
            clock,
        }
    }

    /// The current moment.
    pub fn now(&self) -> Moment {
        self.moment(Instant::now(), self.clock.now_ms())
    }

    pub(super) fn moment(&self, at: Instant, at_ms: i64) -> Moment {
        let mono = at.saturating_duration_since(self.origin);
        Moment {
            mono_ms: u64::try_from(mono.as_millis()).unwrap_or(u64::MAX),
            at_ms,
        }
    }
}
