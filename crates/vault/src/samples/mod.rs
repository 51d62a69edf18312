//! Results of probes: small, many, kept for charts and for availability.
//!
//! They share the discipline of the log's write-ahead log, but no tree runs over
//! them. A day's samples become Parquet files sorted by target and time.

mod part;
mod store;

use std::path::PathBuf;
use std::time::Duration;

use domain::clock::Clock;

pub use store::Samples;

/// The registry's id of what is probed, a UUID as bytes.
pub type TargetId = [u8; 16];

/// What a probe found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Outcome {
    /// It answered.
    Up = 0,
    /// It did not answer in time.
    Down = 1,
    /// The probe could not be sent: this says nothing about the target.
    Error = 2,
}

impl Outcome {
    fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Up,
            1 => Self::Down,
            2 => Self::Error,
            _ => return None,
        })
    }
}

/// The result of one probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When it was sent, unix milliseconds.
    pub at_ms: i64,
    /// To what.
    pub target: TargetId,
    /// What came of it.
    pub outcome: Outcome,
    /// Round-trip time in microseconds; 0 unless it answered.
    pub rtt_us: u32,
}

/// Samples of one target between two times, added up.
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

/// How samples are kept.
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
    /// So many samples are sealed without waiting for the day's end; this bounds memory (16 bytes each).
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
