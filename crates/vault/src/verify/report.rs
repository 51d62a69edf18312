//! What a verification says.

use std::{ops::Range, path::PathBuf};

/// Which part of a vault a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The file with the vault's public key.
    Key,
    /// The list of segments.
    Catalogue,
    /// A sealed segment.
    Segment,
    /// A file of the write-ahead log.
    Log,
    /// The kept roots of the tree.
    Tree,
    /// The file of checkpoints.
    Checkpoint,
    /// The statistics of sources.
    Statistics,
}

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// The part it is about.
    pub subject: Subject,
    /// The file.
    pub path: PathBuf,
    /// The records it affects, as closely as can be told.
    pub records: Option<Range<u64>>,
    /// What is wrong.
    pub what: String,
}

/// How far a verification is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Records checked.
    pub records: u64,
    /// Records to check.
    pub of: u64,
    /// The record up to which was read last: one that begins there goes on.
    pub at: u64,
    /// The first thing that was found to be wrong so far.
    pub found: Option<Finding>,
}

/// The outcome of a verification.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Records read.
    pub records: u64,
    /// Of them, how many a valid checkpoint covers.
    pub signed: u64,
    /// Segments checked.
    pub segments: u64,
    /// Checkpoints checked.
    pub checkpoints: u64,
    /// Bytes of segments and log files read.
    pub bytes: u64,
    /// What is wrong; nothing when the vault is sound. At most 100.
    pub findings: Vec<Finding>,
    /// How many more findings there were.
    pub more: u64,
    /// Files among the segments that are none of the vault's; at most 100. They change nothing
    /// of it, so it is sound with them.
    pub foreign: Vec<PathBuf>,
}

impl Report {
    /// Whether everything is as it was written and signed.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    /// The first range of records that is not as it was written, when a finding names records.
    pub fn first_bad(&self) -> Option<Range<u64>> {
        self.findings
            .iter()
            .filter_map(|f| f.records.clone())
            .min_by_key(|r| (r.start, r.end))
    }

    pub(super) fn find(&mut self, finding: Finding) {
        if self.findings.len() < 100 {
            self.findings.push(finding);
        } else {
            self.more += 1;
        }
    }
}
