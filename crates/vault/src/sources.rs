//! What came from each source: so that "do its logs arrive" has an answer.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    Error, files,
    line::{Share, SourceId},
    wal,
};

/// Lines of one source since the vault's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceStatistics {
    /// How many lines.
    pub lines: u64,
    /// How many bytes, as received.
    pub bytes: u64,
    /// When the last was received, unix milliseconds; of those that are sealed already since the
    /// vault was opened, the latest.
    pub last_received_ms: i64,
}

/// The statistics of all sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sources(pub(crate) HashMap<SourceId, SourceStatistics>);

/// Room for a million sources.
const MOST: u64 = 256 << 20;

/// Where the statistics of what is sealed are kept.
pub(crate) fn path(dir: &Path) -> PathBuf {
    dir.join("sources.json")
}

/// One source in JSON: id (hexadecimal), lines, bytes, last received.
type Row = (String, u64, u64, i64);

#[derive(Serialize, Deserialize)]
struct Snapshot {
    size: u64,
    sources: Vec<Row>,
}

impl Sources {
    pub(crate) fn add(&mut self, share: &Share) {
        let new = SourceStatistics {
            last_received_ms: i64::MIN,
            ..SourceStatistics::default()
        };
        let s = self.0.entry(share.source).or_insert(new);
        s.lines += share.lines;
        s.bytes += share.bytes;
        s.last_received_ms = s.last_received_ms.max(share.last_received_ms);
    }

    /// As [`Sources::add`], of lines that come after all others: their time is the last, also where
    /// the clock was ahead before and was set back.
    pub(crate) fn follow(&mut self, share: &Share) {
        self.add(share);
        if let Some(s) = self.0.get_mut(&share.source) {
            s.last_received_ms = share.last_received_ms;
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for share in other.shares() {
            self.add(&share);
        }
    }

    fn shares(&self) -> impl Iterator<Item = Share> {
        self.0.iter().map(|(source, s)| Share {
            source: *source,
            lines: s.lines,
            bytes: s.bytes,
            last_received_ms: s.last_received_ms,
        })
    }

    /// How many lines of each source these have beyond `others`, the most first.
    pub(crate) fn beyond(&self, others: &Self) -> Vec<(SourceId, u64)> {
        let mut out: Vec<(SourceId, u64)> = self
            .shares()
            .map(|s| {
                let there = others.0.get(&s.source).map_or(0, |o| o.lines);
                (s.source, s.lines.saturating_sub(there))
            })
            .filter(|(_, lines)| *lines > 0)
            .collect();
        out.sort_unstable_by_key(|(source, lines)| (std::cmp::Reverse(*lines), *source));
        out
    }

    fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = self
            .shares()
            .map(|s| (hex::encode(s.source), s.lines, s.bytes, s.last_received_ms))
            .collect();
        rows.sort_unstable();
        rows
    }

    fn from_rows(rows: &[Row]) -> Option<Self> {
        let mut out = Self::default();
        for (source, lines, bytes, last_received_ms) in rows {
            let source = hex::decode(source).ok()?.try_into().ok()?;
            out.add(&Share {
                source,
                lines: *lines,
                bytes: *bytes,
                last_received_ms: *last_received_ms,
            });
        }
        Some(out)
    }

    /// For the footer of a segment.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(&self.rows()).unwrap_or_default()
    }

    pub(crate) fn from_json(text: &str) -> Option<Self> {
        Self::from_rows(&serde_json::from_str::<Vec<Row>>(text).ok()?)
    }

    /// Keeps the statistics of the first `size` records, so that opening is quick.
    pub(crate) fn save(&self, dir: &Path, size: u64) -> Result<(), Error> {
        let path = path(dir);
        let snapshot = Snapshot {
            size,
            sources: self.rows(),
        };
        let json =
            serde_json::to_vec(&snapshot).map_err(|e| Error::io("encode", &path)(e.into()))?;
        let sum = format!(" {:016x}\n", wal::checksum(&[&json]));
        files::replace(&path, &[&json[..], sum.as_bytes()].concat())
    }

    /// What [`Sources::save`] kept, and for how many records; `None` when there is
    /// nothing readable: the segments' footers tell the same.
    pub(crate) fn load(dir: &Path) -> Option<(u64, Self)> {
        let bytes = files::read(&path(dir), MOST).ok()?;
        let (json, sum) = bytes.split_at(bytes.len().checked_sub(18)?);
        if format!(" {:016x}\n", wal::checksum(&[json])).as_bytes() != sum {
            return None;
        }
        let snapshot: Snapshot = serde_json::from_slice(json).ok()?;
        Some((snapshot.size, Self::from_rows(&snapshot.sources)?))
    }
}
