//! Sealing: a closed file of the write-ahead log becomes a Parquet segment.
//!
//! In this order, each step durable before the next: the segment under a temporary
//! name, its rename, the tree's kept roots, the line in the list of segments (from
//! here on the segment counts), the statistics, and only then the log file's end.
//! A crash before the line means sealing again from the log; after it, the log
//! file is dropped at the next start.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    Error, catalogue,
    catalogue::Entry,
    files, line,
    segment::{Sealed, SegmentWriter},
    sources::Sources,
    state::{Shared, segments_dir, tree_dir},
    tree::{Frontier, Nodes},
    wal,
};

/// A closed file of the write-ahead log.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub path: PathBuf,
    pub first: u64,
    /// The tree after its last record.
    pub frontier: Frontier,
}

/// Where in the sequence of steps a test stops a seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Written,
    Renamed,
    Rooted,
    Listed,
    Counted,
    Dropped,
}

/// The sealer's own memory.
pub(crate) struct Sealer {
    pub shared: Arc<Shared>,
    /// Where the next line of the list goes.
    pub end: u64,
}

impl Sealer {
    /// Does all steps for one file.
    pub(crate) fn seal(&mut self, job: &Job, now_ms: i64) -> Result<(), Error> {
        self.seal_until(job, now_ms, Step::Dropped)
    }

    /// Does the steps up to and with `last`.
    pub(crate) fn seal_until(&mut self, job: &Job, now_ms: i64, last: Step) -> Result<(), Error> {
        let dir = self.shared.dir.clone();
        let temporary = segments_dir(&dir).join(format!("{:020}.tmp", job.first));
        let sealed = write(job, &temporary).inspect_err(|_| {
            // Give the room back: the disk may be full.
            let _ = files::remove(&temporary);
        })?;
        if last == Step::Written {
            return Ok(());
        }
        let file = relative_path(job.first, sealed.received.0);
        let path = dir.join(&file);
        if let Some(folder) = path.parent() {
            files::create_dir(folder)?;
            std::fs::rename(&temporary, &path).map_err(Error::io("rename", &temporary))?;
            files::sync_dir(folder)?;
        }
        if last == Step::Renamed {
            return Ok(());
        }
        let size = job.frontier.size();
        let roots = self.shared.read(|state| state.nodes.unsealed(size));
        Nodes::write(&tree_dir(&dir), &roots)?;
        if last == Step::Rooted {
            return Ok(());
        }
        let segment_sources = sources_of(&path)?;
        let entry = entry(job.first, file, sealed, &job.frontier, now_ms);
        self.end = catalogue::append(&dir, self.end, &entry)?;
        if last == Step::Listed {
            return Ok(());
        }
        let sources = self.shared.change(|state| {
            state.nodes.sealed(size);
            state.segments.push(Arc::new(entry));
            state.unsealed.retain(|file| file.first != job.first);
            state.sealed_sources.merge(&segment_sources);
            state.sealed_sources.clone()
        });
        // Only a shortcut for the next start: the segments' footers hold the same.
        if let Err(error) = sources.save(&dir, size) {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the statistics of log sources were not saved"
            );
        }
        if last == Step::Counted {
            return Ok(());
        }
        files::remove(&job.path)?;
        job.path.parent().map_or(Ok(()), files::sync_dir)
    }
}

#[cfg(test)]
mod tests;

/// Writes the records of a log file to a segment under a temporary name.
fn write(job: &Job, temporary: &Path) -> Result<Sealed, Error> {
    let mut segment = SegmentWriter::create(temporary, job.first)?;
    let scanned = wal::scan(
        &job.path,
        wal::Kind::Lines,
        job.first,
        |place, payload, _| {
            // A block beyond was refused, though it could not be cut off.
            if place.first >= job.frontier.size() {
                return Ok(());
            }
            for (at, record) in line::records(&payload) {
                segment.push(payload.slice(at..at + record.len()))?;
            }
            Ok(())
        },
    )?;
    if scanned.next < job.frontier.size() {
        let what = format!(
            "records {} to {} cannot be read",
            scanned.next,
            job.frontier.size()
        );
        return Err(Error::damaged(&job.path, what));
    }
    segment.finish()
}

pub(crate) fn entry(
    first: u64,
    file: String,
    sealed: Sealed,
    frontier: &Frontier,
    now_ms: i64,
) -> Entry {
    Entry {
        first,
        count: sealed.count,
        file,
        bytes: sealed.bytes,
        sha256: sealed.sha256,
        chunks: sealed.chunks,
        received: sealed.received,
        severity: sealed.severity,
        peaks: frontier.peaks().iter().map(hex::encode).collect(),
        sealed_at: now_ms,
    }
}

pub(crate) fn sources_of(path: &Path) -> Result<Sources, Error> {
    let segment = crate::segment::Segment::open(path)?;
    segment
        .sources()
        .ok_or_else(|| Error::damaged(path, "its footer does not tell its sources"))
}

/// `segments/2026-11/00000000000000000000.parquet`: the month (UTC) in which its first record was received.
pub(crate) fn relative_path(first: u64, received_ms: i64) -> String {
    let at = domain::clock::from_ms(received_ms).to_zoned(jiff::tz::TimeZone::UTC);
    format!(
        "segments/{:04}-{:02}/{first:020}.parquet",
        at.year(),
        at.month()
    )
}
