//! Results of probes: the delay of a target, or that it was silent.

use super::{Metric, Reading, Sample, Series, Store, SubjectId};
use crate::Error;

/// The round trip of a probe.
pub const DELAY: Metric = Metric {
    name: "reach.delay",
    unit: "us",
};

/// The series of a target's probes.
pub(super) const fn series(target: SubjectId) -> Series {
    Series::of("target", target, DELAY)
}

/// A probe's result: the round trip in microseconds, or none where nothing answered.
pub fn sample(target: SubjectId, at_ms: i64, rtt_us: Option<u32>) -> Sample {
    Sample {
        series: series(target),
        at_ms,
        reading: rtt_us.map_or(Reading::Silent, |us| Reading::Gauge(us.into())),
    }
}

/// Probes of one target between two times, added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Bucket {
    /// From when, unix milliseconds.
    pub start_ms: i64,
    /// Until before when, unix milliseconds.
    pub end_ms: i64,
    /// Probes answered.
    pub up: u64,
    /// Probes not answered.
    pub down: u64,
    /// Probes that could not be sent.
    pub error: u64,
    /// Shortest round trip, microseconds; 0 when none was answered.
    pub min_us: u32,
    /// Mean round trip, microseconds.
    pub avg_us: u32,
    /// Longest round trip, microseconds.
    pub max_us: u32,
}

impl Bucket {
    /// The share of probes that were not answered, 0 to 1; `None` without any.
    pub fn loss(&self) -> Option<f64> {
        let sent = self.up + self.down;
        #[expect(
            clippy::cast_precision_loss,
            reason = "counts of probes are far below 2^52"
        )]
        (sent > 0).then(|| self.down as f64 / sent as f64)
    }
}

impl From<super::Bucket> for Bucket {
    fn from(of: super::Bucket) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "round trips were 32-bit counts of microseconds; a cast of a float saturates"
        )]
        let us = |value: f64| value as u32;
        Self {
            start_ms: of.start_ms,
            end_ms: of.end_ms,
            up: of.values,
            down: of.silent,
            error: of.unasked,
            min_us: us(of.min),
            avg_us: us(of.mean().unwrap_or_default()),
            max_us: us(of.max),
        }
    }
}

impl Store {
    /// The probes of a target as [`Store::read`] adds them up; blocks.
    ///
    /// # Errors
    /// As [`Store::scan`].
    pub fn probes(
        &self,
        target: SubjectId,
        from_ms: i64,
        to_ms: i64,
        buckets: usize,
    ) -> Result<Vec<Bucket>, Error> {
        let read = self.read(&series(target), from_ms, to_ms, buckets)?;
        Ok(read.into_iter().map(Bucket::from).collect())
    }
}
