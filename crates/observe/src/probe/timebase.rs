//! Both clocks at once.

use std::time::Duration;

use domain::clock::Clock;
use domain::reachability::Moment;
use nix::time::{ClockId, clock_gettime};

/// Makes [`Moment`]s: wall time from the program's [`Clock`], order from the
/// machine's clock since it was started. The prober and the `Fleet` it feeds share one.
#[derive(Clone, Debug)]
pub struct Timebase {
    origin: Duration,
    clock: Clock,
    since_start: fn() -> Duration,
}

/// How long the machine has been on. Unlike the clock behind `Instant` this goes on while the
/// machine is suspended: a sleep is time in which nobody looked, and no clock that was set.
fn since_start() -> Duration {
    clock_gettime(ClockId::CLOCK_BOOTTIME)
        .or_else(|_| clock_gettime(ClockId::CLOCK_MONOTONIC))
        .map_or(Duration::ZERO, Duration::from)
}

impl Timebase {
    /// A time base whose monotonic milliseconds count from now.
    pub fn new(clock: Clock) -> Self {
        Self::by(clock, since_start)
    }

    fn by(clock: Clock, since_start: fn() -> Duration) -> Self {
        Self {
            origin: since_start(),
            clock,
            since_start,
        }
    }

    /// The current moment.
    pub fn now(&self) -> Moment {
        let mono = (self.since_start)().saturating_sub(self.origin);
        Moment {
            mono_ms: u64::try_from(mono.as_millis()).unwrap_or(u64::MAX),
            at_ms: self.clock.now_ms(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    static ON: AtomicU64 = AtomicU64::new(5_000);

    #[test]
    fn a_sleep_of_the_machine_is_time_that_passed() {
        let clock = Clock::fixed(domain::clock::from_ms(1_000_000));
        let on = || Duration::from_millis(ON.load(Ordering::Relaxed));
        let timebase = Timebase::by(clock.clone(), on);
        ON.fetch_add(28_800_000, Ordering::Relaxed);
        clock.set(domain::clock::from_ms(1_000_000 + 28_800_000));
        let now = timebase.now();
        assert_eq!((now.mono_ms, now.at_ms), (28_800_000, 29_800_000));
        // The machine's own is the one that goes on.
        let first = Timebase::new(Clock::system());
        let boot = clock_gettime(ClockId::CLOCK_BOOTTIME).map(Duration::from);
        assert!(boot.unwrap().abs_diff(first.origin) < Duration::from_secs(5));
    }
}
