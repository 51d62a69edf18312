//! How fast a counter rises.

use super::{Counter, Reading, Series, Store, bucket::Parts};
use crate::Error;

/// How much a counter rose between two times.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rate {
    /// From when, unix milliseconds.
    pub start_ms: i64,
    /// Until before when, unix milliseconds.
    pub end_ms: i64,
    /// By how much, in the metric's unit.
    pub rose: f64,
    /// For how many of these milliseconds that is known.
    pub known_ms: i64,
    /// The fastest between two samples, per second.
    pub max: f64,
}

impl Rate {
    /// Per second; none where nothing is known.
    pub fn mean(&self) -> Option<f64> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "milliseconds of months are far below 2^52"
        )]
        (self.known_ms > 0).then(|| self.rose * 1_000.0 / self.known_ms as f64)
    }
}

/// What a counter of 32 bits has counted when it comes to 0 again.
const NARROW: u64 = 1 << 32;

/// By how much a counter rose from one sample to the next; none where that cannot be known.
fn risen(before: Counter, after: Counter) -> Option<u64> {
    if after.is_reset {
        return None;
    }
    match after.value.checked_sub(before.value) {
        Some(rose) => Some(rose),
        // Past its end once. More than half of all that it can count is rather a reset that the
        // device did not tell.
        None if before.is_narrow && after.is_narrow && before.value < NARROW => {
            let rose = NARROW - before.value + after.value;
            (rose < NARROW / 2).then_some(rose)
        }
        None => None,
    }
}

impl Store {
    /// How fast a counter rose in each of `buckets` equal stretches of the time from `from_ms`
    /// until before `to_ms`; blocks. Samples further apart than `longest_ms` say nothing about
    /// the time between them, nor do those of which the later one has the earlier time: the clock
    /// was set. What rose by more than `most` a second is not known either.
    ///
    /// # Errors
    /// As [`Store::scan`].
    pub fn rates(
        &self,
        series: &Series,
        (from_ms, to_ms): (i64, i64),
        buckets: usize,
        (longest_ms, most): (i64, Option<f64>),
    ) -> Result<Vec<Rate>, Error> {
        let Some(parts) = Parts::new(from_ms, to_ms, buckets) else {
            return Ok(Vec::new());
        };
        let mut counts: Vec<(i64, Counter)> = Vec::new();
        let (before, after) = (
            from_ms.saturating_sub(longest_ms),
            to_ms.saturating_add(longest_ms),
        );
        self.scan(series, before, after, |sample| {
            if let Reading::Counter(count) = sample.reading {
                counts.push((sample.at_ms, count));
            }
        })?;
        let empty = |(start_ms, end_ms)| Rate {
            start_ms,
            end_ms,
            ..Rate::default()
        };
        let mut out: Vec<Rate> = parts.edges().map(empty).collect();
        for ((from, before), (to, after)) in counts.iter().zip(counts.iter().skip(1)) {
            let span = to - from;
            let Some(rose) = risen(*before, *after).filter(|_| span > 0 && span <= longest_ms)
            else {
                continue;
            };
            #[expect(
                clippy::cast_precision_loss,
                reason = "a chart needs no more than 53 bits of a count"
            )]
            let each_ms = rose as f64 / span as f64;
            if most.is_some_and(|most| each_ms * 1_000.0 > most) {
                continue;
            }
            let (first, last) = (
                parts.of((*from).max(from_ms)),
                parts.of((to - 1).min(to_ms - 1)),
            );
            for rate in out.iter_mut().take(last + 1).skip(first) {
                let known = rate.end_ms.min(*to) - rate.start_ms.max(*from);
                if known <= 0 {
                    continue;
                }
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "milliseconds of months are far below 2^52"
                )]
                let part = each_ms * known as f64;
                rate.rose += part;
                rate.known_ms += known;
                rate.max = rate.max.max(each_ms * 1_000.0);
            }
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(value: u64, is_narrow: bool) -> Counter {
        Counter {
            value,
            is_narrow,
            is_reset: false,
        }
    }

    #[test]
    fn a_counter_wraps_at_its_width_and_is_reset_otherwise() {
        assert_eq!(risen(count(5, false), count(9, false)), Some(4));
        assert_eq!(risen(count(9, false), count(5, false)), None, "reset");
        let top = NARROW - 10;
        assert_eq!(risen(count(top, true), count(5, true)), Some(15), "wrapped");
        assert_eq!(risen(count(90, true), count(5, true)), None, "reset");
        let said = Counter {
            is_reset: true,
            ..count(9, false)
        };
        assert_eq!(risen(count(5, false), said), None, "the device said so");
        let whole = risen(count(0, false), count(u64::MAX, false));
        assert_eq!(whole, Some(u64::MAX));
    }
}
