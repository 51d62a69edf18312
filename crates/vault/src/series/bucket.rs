//! Samples added up by stretches of time, for a chart.

use super::{Reading, Sample, Series, Store};
use crate::Error;

/// Samples of one series between two times, added up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bucket {
    /// From when, unix milliseconds.
    pub start_ms: i64,
    /// Until before when, unix milliseconds.
    pub end_ms: i64,
    /// Gauges and states read.
    pub values: u64,
    /// Asked and not answered.
    pub silent: u64,
    /// Not asked.
    pub unasked: u64,
    /// The smallest value; 0 without any.
    pub min: f64,
    /// The sum of the values.
    pub sum: f64,
    /// The largest value.
    pub max: f64,
}

impl Bucket {
    /// The mean of its values; none without any.
    pub fn mean(&self) -> Option<f64> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "counts of samples are far below 2^52"
        )]
        (self.values > 0).then(|| self.sum / self.values as f64)
    }

    fn add(&mut self, reading: Reading) {
        let value = match reading {
            Reading::Gauge(value) => value,
            Reading::State(state) => state.into(),
            // A count as such says nothing; its rate does (`Store::rates`).
            Reading::Counter(_) => return,
            Reading::Silent => {
                self.silent += 1;
                return;
            }
            Reading::Unasked => {
                self.unasked += 1;
                return;
            }
        };
        self.min = if self.values == 0 {
            value
        } else {
            self.min.min(value)
        };
        self.max = if self.values == 0 {
            value
        } else {
            self.max.max(value)
        };
        self.sum += value;
        self.values += 1;
    }
}

/// A stretch of time cut into equal parts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    from_ms: i64,
    span: i64,
    n: i64,
}

impl Parts {
    /// `buckets` parts from `from_ms` until before `to_ms`; none where there are none.
    pub(super) fn new(from_ms: i64, to_ms: i64, buckets: usize) -> Option<Self> {
        let n = i64::try_from(buckets).unwrap_or(i64::MAX);
        let span = to_ms.saturating_sub(from_ms);
        (n > 0 && span > 0).then_some(Self { from_ms, span, n })
    }

    /// Where a part begins.
    pub(super) fn edge(self, i: i64) -> i64 {
        let into = i128::from(self.span) * i128::from(i) / i128::from(self.n);
        self.from_ms + i64::try_from(into).unwrap_or(0)
    }

    /// Begin and end of each.
    pub(super) fn edges(self) -> impl Iterator<Item = (i64, i64)> {
        (0..self.n).map(move |i| (self.edge(i), self.edge(i + 1)))
    }

    /// The part in which a moment lies.
    pub(super) fn of(self, at_ms: i64) -> usize {
        let i = i128::from(at_ms - self.from_ms) * i128::from(self.n) / i128::from(self.span);
        let i = i64::try_from(i).unwrap_or(0).clamp(0, self.n - 1);
        // Edges are rounded down: what lies on an edge belongs to what begins there.
        let next = i + 1;
        let i = if next < self.n && self.edge(next) <= at_ms {
            next
        } else {
            i
        };
        usize::try_from(i).unwrap_or(0)
    }
}

impl Store {
    /// The samples of a series with `from_ms <= at < to_ms` in `buckets` equal stretches of
    /// time; blocks. A bucket without samples has none.
    ///
    /// # Errors
    /// As [`Store::scan`].
    pub fn read(
        &self,
        series: &Series,
        from_ms: i64,
        to_ms: i64,
        buckets: usize,
    ) -> Result<Vec<Bucket>, Error> {
        let Some(parts) = Parts::new(from_ms, to_ms, buckets) else {
            return Ok(Vec::new());
        };
        let empty = |(start_ms, end_ms)| Bucket {
            start_ms,
            end_ms,
            ..Bucket::default()
        };
        let mut out: Vec<Bucket> = parts.edges().map(empty).collect();
        self.scan(
            series,
            from_ms,
            to_ms,
            |Sample { at_ms, reading, .. }| {
                if let Some(bucket) = out.get_mut(parts.of(at_ms)) {
                    bucket.add(reading);
                }
            },
        )?;
        Ok(out)
    }
}
