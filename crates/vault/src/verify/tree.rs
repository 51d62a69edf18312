//! The tree built again from the records, beside the tree as it was kept and signed.

use std::{collections::VecDeque, path::PathBuf};

use super::{Finding, Report, Subject};
use crate::tree::{BLOCK, Frontier, Hash, Nodes};

/// A signed state: records covered, root.
pub(super) type Mark = (u64, Hash);

/// Follows the records in order. Where records cannot be read, the kept root of
/// their 256 stands in, so that what follows can still be checked.
pub(super) struct Rebuilt {
    nodes: Nodes,
    nodes_path: PathBuf,
    checkpoints_path: PathBuf,
    /// Records whose roots of 256 are on disk.
    sealed: u64,
    /// Over the roots of 256: as computed, and as kept.
    computed: Frontier,
    kept: Frontier,
    /// The 256 that are being read.
    block: Frontier,
    /// Some of them could not be read.
    gap: bool,
    /// Numbers of 256 whose computed and kept roots differ, not yet decided by a checkpoint.
    differing: Vec<u64>,
    marks: VecDeque<Mark>,
    /// The last checkpoint that was right.
    pub signed: u64,
    diverged: bool,
}

impl Rebuilt {
    pub(super) fn new(
        nodes: Nodes,
        nodes_path: PathBuf,
        checkpoints_path: PathBuf,
        sealed: u64,
        marks: VecDeque<Mark>,
    ) -> Self {
        Self {
            nodes,
            nodes_path,
            checkpoints_path,
            sealed,
            computed: Frontier::default(),
            kept: Frontier::default(),
            block: Frontier::default(),
            gap: false,
            differing: Vec::new(),
            marks,
            signed: 0,
            diverged: false,
        }
    }

    /// Goes on from what was there at `from`, the end of a segment: what lies before it is read
    /// by another.
    pub(super) fn go_on(&mut self, from: &Frontier) {
        let (blocks, rest) = (from.size() / BLOCK, from.size() % BLOCK);
        let peaks = from.peaks().split_at(blocks.count_ones() as usize);
        let parts = (
            Frontier::from_parts(blocks, peaks.0.to_vec()),
            Frontier::from_parts(rest, peaks.1.to_vec()),
        );
        if let (Some(blocks), Some(rest)) = parts {
            self.kept = blocks.clone();
            self.computed = blocks;
            self.block = rest;
        }
        self.signed = from.size();
        self.marks.retain(|(size, _)| *size > from.size());
    }

    pub(super) fn size(&self) -> u64 {
        self.computed.size() * BLOCK + self.block.size()
    }

    /// The tree as rebuilt so far; none where a record could not be read.
    pub(super) fn frontier(&self) -> Option<Frontier> {
        let peaks = [self.computed.peaks(), self.block.peaks()].concat();
        (!self.gap).then(|| Frontier::from_parts(self.size(), peaks))?
    }

    /// The next record's leaf; `None` for one that could not be read.
    pub(super) fn push(&mut self, leaf: Option<Hash>, report: &mut Report) {
        self.gap |= leaf.is_none();
        self.block.push(leaf.unwrap_or_default(), |_, _| {});
        if self.block.size() == BLOCK {
            self.end_block(report);
        }
        while let Some((size, root)) = self
            .marks
            .front()
            .copied()
            .filter(|(size, _)| *size <= self.size())
        {
            self.marks.pop_front();
            if size == self.size() {
                self.check(size, root, report);
            }
        }
    }

    fn end_block(&mut self, report: &mut Report) {
        let number = self.computed.size();
        let root = self.block.root();
        let stored = ((number + 1) * BLOCK <= self.sealed)
            .then(|| self.nodes.get(BLOCK.ilog2(), number).ok())
            .flatten();
        let kept = stored.unwrap_or(root);
        let computed = if self.gap { kept } else { root };
        if computed != kept {
            self.differing.push(number);
        }
        let (nodes, sealed) = (&self.nodes, self.sealed);
        let mut wrong = Vec::new();
        let agree = self.computed == self.kept && computed == kept;
        self.computed.push(computed, |above, hash| {
            let level = above + BLOCK.ilog2();
            let index = (number * BLOCK) >> level;
            let is_kept = crate::tree::LEVELS.contains(&level) && ((index + 1) << level) <= sealed;
            if agree && is_kept && nodes.get(level, index).ok() != Some(hash) {
                wrong.push((level, index));
            }
        });
        self.kept.push(kept, |_, _| {});
        for (level, index) in wrong {
            report.find(Finding {
                subject: Subject::Tree,
                path: self.nodes_path.join(format!("{level:02}")),
                records: Some(index << level..(index + 1) << level),
                what: format!("root {index} is not that of the roots below it"),
            });
        }
        self.block = Frontier::default();
        self.gap = false;
    }

    fn root(&self, blocks: &Frontier) -> Option<Hash> {
        let peaks = [blocks.peaks(), self.block.peaks()].concat();
        Frontier::from_parts(self.size(), peaks).map(|whole| whole.root())
    }

    /// Compares with a checkpoint, and decides whether records or kept roots were changed.
    fn check(&mut self, size: u64, signed: Hash, report: &mut Report) {
        if self.gap {
            // Reported already; the next checkpoint beyond these 256 can be checked again.
            return;
        }
        let by_records = self.root(&self.computed) == Some(signed);
        let by_kept = self.root(&self.kept) == Some(signed);
        let differing = std::mem::take(&mut self.differing);
        if by_records || by_kept {
            let (subject, path, what) = if by_records {
                (
                    Subject::Tree,
                    self.nodes_path.join("08"),
                    "the kept root is not that of the records",
                )
            } else {
                (
                    Subject::Segment,
                    self.nodes_path.clone(),
                    "the records are not those that were signed",
                )
            };
            for number in differing {
                let records = Some(number * BLOCK..(number + 1) * BLOCK);
                report.find(Finding {
                    subject,
                    path: path.clone(),
                    records,
                    what: what.into(),
                });
            }
            if by_records {
                self.kept = self.computed.clone();
            } else {
                self.computed = self.kept.clone();
            }
            self.signed = size;
            self.diverged = false;
        } else if !self.diverged {
            self.diverged = true;
            report.find(Finding {
                subject: Subject::Checkpoint,
                path: self.checkpoints_path.clone(),
                records: Some(self.signed..size),
                what: format!("the first {size} records are not those that were signed"),
            });
        }
    }

    /// What is left when all records were read.
    pub(super) fn finish(mut self, report: &mut Report) {
        for number in std::mem::take(&mut self.differing) {
            report.find(Finding {
                subject: Subject::Tree,
                path: self.nodes_path.join("08"),
                records: Some(number * BLOCK..(number + 1) * BLOCK),
                what: "the kept root is not that of the records".into(),
            });
        }
        let beyond = self.marks.back().filter(|(size, _)| *size > self.size());
        if let Some((size, _)) = beyond {
            report.find(Finding {
                subject: Subject::Checkpoint,
                path: self.checkpoints_path.clone(),
                records: Some(self.size()..*size),
                what: format!("{size} records were signed, {} are there", self.size()),
            });
        }
        report.signed = report.signed.max(self.signed);
    }
}
