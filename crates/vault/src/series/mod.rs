//! Series: what is measured again and again, of any subject.
//!
//! A [`Series`] is one metric of one subject: the delay of a target, the octets that an
//! interface has received. They share the discipline of the log's write-ahead log, but no tree
//! runs over them. A day's samples become Parquet files sorted by series, of each as they came,
//! which say by themselves what each row is about (`docs/decisions/0025-series-and-collectors.md`).

mod bucket;
mod log;
mod old;
mod part;
pub mod probe;
mod rate;
mod store;
mod table;

use std::{borrow::Cow, path::PathBuf, time::Duration};

use domain::clock::Clock;

pub use self::{bucket::Bucket, rate::Rate, store::Store};

/// The registry's id of what is measured, a UUID as bytes.
pub type SubjectId = [u8; 16];

/// What is measured, in which unit. Each is declared once, beside what measures it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name in the files: `reach.delay`.
    pub name: &'static str,
    /// The unit of a value: `us`, `octet`, `1` for a count.
    pub unit: &'static str,
}

/// One metric of one subject. Its parts are at most 65,535 bytes long each; longer ones are cut.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Series {
    /// The noun of the subject: `device`.
    pub noun: Cow<'static, str>,
    /// Which of them.
    pub subject: SubjectId,
    /// A part of it that has no record of its own: the name of an interface; often empty.
    pub label: Cow<'static, str>,
    /// The metric's name.
    pub metric: Cow<'static, str>,
}

impl Series {
    /// A metric of a subject as a whole.
    pub const fn of(noun: &'static str, subject: SubjectId, metric: Metric) -> Self {
        Self {
            noun: Cow::Borrowed(noun),
            subject,
            label: Cow::Borrowed(""),
            metric: Cow::Borrowed(metric.name),
        }
    }

    /// The same of a part of the subject.
    #[must_use]
    pub fn labelled(self, label: impl Into<Cow<'static, str>>) -> Self {
        Self {
            label: label.into(),
            ..self
        }
    }
}

/// What was read at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reading {
    /// A value that rises and falls.
    Gauge(f64),
    /// A count that only rises, but for what [`Counter`] says.
    Counter(Counter),
    /// One of a few states, by a number that the metric gives it.
    State(u32),
    /// It was asked and did not answer in time.
    Silent,
    /// It could not be asked: this says nothing about the subject.
    Unasked,
}

/// A count as a device tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    /// The count.
    pub value: u64,
    /// It has 32 bits: after 4,294,967,295 comes 0. One of 64 bits that falls was reset.
    pub is_narrow: bool,
    /// The device has begun to count anew since the last sample: what lies between is unknown.
    pub is_reset: bool,
}

/// One sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Of what.
    pub series: Series,
    /// When it was asked, unix milliseconds.
    pub at_ms: i64,
    /// What came of it.
    pub reading: Reading,
}

/// How series are kept.
#[derive(Clone, Debug)]
pub struct Config {
    /// Their folder; it is made when it is not there.
    pub dir: PathBuf,
    /// What tells the time.
    pub clock: Clock,
    /// Samples of so many days are kept, today's included; 0 keeps all.
    pub retention_days: u32,
    /// How often samples are put on disk.
    pub sync_every: Duration,
    /// So many samples are sealed without waiting for the day's end; this bounds memory
    /// (16 bytes each, and some hundred for each series).
    pub seal_samples: u64,
}

impl Config {
    /// 400 days (so that a year can be reported on), synced each second.
    pub fn new(dir: PathBuf, clock: Clock) -> Self {
        Self {
            dir,
            clock,
            retention_days: 400,
            sync_every: Duration::from_secs(1),
            seal_samples: 500_000,
        }
    }
}
