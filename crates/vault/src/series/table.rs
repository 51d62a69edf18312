//! Samples in memory, by series.

use std::{collections::HashMap, sync::Arc};

use super::{Counter, Reading, Sample, Series};

/// Milliseconds and, in the lowest three bits, what kind of reading it is.
const KIND_BITS: u32 = 3;

/// A sample without its series: 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Point {
    stamp: i64,
    bits: u64,
}

/// The kinds of reading as they are kept on disk.
pub(super) mod kind {
    pub const GAUGE: u8 = 0;
    pub const SILENT: u8 = 1;
    pub const UNASKED: u8 = 2;
    pub const STATE: u8 = 3;
    /// Bit 0: it has 32 bits; bit 1: it was reset.
    pub const COUNTER: u8 = 4;
}

/// Kind and bits of a reading.
fn encode(reading: Reading) -> (u8, u64) {
    match reading {
        Reading::Gauge(value) => (kind::GAUGE, value.to_bits()),
        Reading::Silent => (kind::SILENT, 0),
        Reading::Unasked => (kind::UNASKED, 0),
        Reading::State(state) => (kind::STATE, state.into()),
        Reading::Counter(Counter {
            value,
            is_narrow,
            is_reset,
        }) => {
            let flags = u8::from(is_narrow) | u8::from(is_reset) << 1;
            (kind::COUNTER | flags, value)
        }
    }
}

/// The reading of a kind and its bits; none where no version wrote it.
pub(super) fn decode(kind: u8, bits: u64) -> Option<Reading> {
    Some(match kind {
        kind::GAUGE => Reading::Gauge(f64::from_bits(bits)),
        kind::SILENT => Reading::Silent,
        kind::UNASKED => Reading::Unasked,
        kind::STATE => Reading::State(u32::try_from(bits).ok()?),
        kind::COUNTER..8 => Reading::Counter(Counter {
            value: bits,
            is_narrow: kind & 1 != 0,
            is_reset: kind & 2 != 0,
        }),
        _ => return None,
    })
}

impl Point {
    pub(super) fn new(at_ms: i64, reading: Reading) -> Self {
        let (kind, bits) = encode(reading);
        // 2^60 milliseconds are 36 million years.
        Self {
            stamp: at_ms << KIND_BITS | i64::from(kind),
            bits,
        }
    }

    /// As it lies in the log; none where it is no point.
    pub(super) fn from_parts(stamp: i64, bits: u64) -> Option<Self> {
        let point = Self { stamp, bits };
        decode(point.kind(), bits).map(|_| point)
    }

    pub(super) fn parts(self) -> (i64, u64) {
        (self.stamp, self.bits)
    }

    pub(super) fn at_ms(self) -> i64 {
        self.stamp >> KIND_BITS
    }

    pub(super) fn kind(self) -> u8 {
        u8::try_from(self.stamp & ((1 << KIND_BITS) - 1)).unwrap_or(u8::MAX)
    }

    pub(super) fn bits(self) -> u64 {
        self.bits
    }

    pub(super) fn reading(self) -> Reading {
        decode(self.kind(), self.bits).unwrap_or(Reading::Unasked)
    }
}

/// The samples of a log file, by series. A series has a number, its place in the table, by
/// which the log names it.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    numbers: HashMap<Arc<Series>, u32>,
    rows: Vec<(Arc<Series>, Vec<Point>)>,
}

impl Table {
    /// The series' number, given now if it has none.
    pub(super) fn number(&mut self, series: &Series) -> u32 {
        if let Some(number) = self.numbers.get(series) {
            return *number;
        }
        let number = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        let series = Arc::new(series.clone());
        self.numbers.insert(series.clone(), number);
        self.rows.push((series, Vec::new()));
        number
    }

    /// Takes a sample in; returns its series' number.
    pub(super) fn add(&mut self, sample: &Sample) -> (u32, Point) {
        let number = self.number(&sample.series);
        let point = Point::new(sample.at_ms, sample.reading);
        self.push(number, point);
        (number, point)
    }

    /// Takes a point of a series in; false where no series has that number.
    pub(super) fn push(&mut self, number: u32, point: Point) -> bool {
        let row = self.rows.get_mut(number as usize);
        row.map(|(_, points)| points.push(point)).is_some()
    }

    /// Takes out the point of a series that came last.
    pub(super) fn pop(&mut self, number: u32) {
        if let Some((_, points)) = self.rows.get_mut(number as usize) {
            points.pop();
        }
    }

    pub(super) fn series(&self, number: u32) -> Option<&Arc<Series>> {
        self.rows.get(number as usize).map(|(series, _)| series)
    }

    /// How many series have a number.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.rows.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn points(&self, series: &Series) -> &[Point] {
        let number = self.numbers.get(series);
        let row = number.and_then(|number| self.rows.get(*number as usize));
        row.map_or(&[], |(_, points)| points)
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = (&Series, &[Point])> {
        self.rows
            .iter()
            .map(|(series, points)| (series.as_ref(), points.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_is_kept_as_it_is() {
        let counter = |value, is_narrow, is_reset| {
            Reading::Counter(Counter {
                value,
                is_narrow,
                is_reset,
            })
        };
        for reading in [
            Reading::Gauge(-0.5),
            Reading::Gauge(f64::MAX),
            Reading::State(7),
            Reading::Silent,
            Reading::Unasked,
            counter(u64::MAX, false, false),
            counter(5, true, false),
            counter(0, false, true),
            counter(0, true, true),
        ] {
            for at_ms in [0, -1, 1_795_230_000_000] {
                let point = Point::new(at_ms, reading);
                assert_eq!((point.at_ms(), point.reading()), (at_ms, reading));
                let (stamp, bits) = point.parts();
                assert_eq!(Point::from_parts(stamp, bits), Some(point));
            }
        }
        assert_eq!(
            Point::from_parts(i64::from(kind::STATE), u64::MAX),
            None,
            "no state has that number"
        );
    }
}
