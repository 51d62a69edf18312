//! What was signed: the file of checkpoints, and what is known of it from elsewhere.

use std::{
    collections::{HashSet, VecDeque},
    path::Path,
    time::Duration,
};

use super::{Finding, Report, Subject, tree::Mark};
use crate::{
    Cancel, Error, Known,
    checkpoints::{self, Item},
    note::{Checkpoint, Signer, Verifier},
    tree::{Hash, empty_root},
};

/// Lines that came so long after the first unsigned one show that the program went on
/// without signing: it signs once a minute.
pub(super) const PATIENCE_MS: i64 = 90_000;

/// What a vault is held against. Everything that is not given is not asked for.
#[derive(Clone, Debug, Default)]
pub struct Expect<'a> {
    /// The key that must have signed. Without it the key in the folder is believed.
    pub key: Option<&'a Verifier>,
    /// The signing key itself: holds the lines that no checkpoint covers yet.
    pub signer: Option<&'a Signer>,
    /// Checkpoints that were noted elsewhere.
    pub known: &'a [Known],
    /// The segment with this record is read first, and what lies before it last: where a
    /// reading was stopped, the next one goes on. All of it is read either way.
    pub begin_at: u64,
    /// The time, unix milliseconds: by it a running program's unsigned lines have an age.
    pub now_ms: Option<i64>,
}

/// The checkpoints of a vault, checked one by one and as a chain.
#[derive(Debug, Default)]
pub(super) struct Signed {
    pub marks: VecDeque<Mark>,
    /// The last valid one.
    pub latest: Option<Checkpoint>,
}

impl Signed {
    /// How many records the last valid checkpoint covers.
    pub(super) fn size(&self) -> u64 {
        self.latest.as_ref().map_or(0, |c| c.size)
    }

    pub(super) fn read(
        dir: &Path,
        verifier: &Verifier,
        known: &[Known],
        report: &mut Report,
        cancel: &Cancel,
    ) -> Result<Self, Error> {
        let path = checkpoints::path(dir);
        let mut signed = Self::default();
        let mut missed: HashSet<Hash> = known.iter().map(|k| k.id).collect();
        let mut torn = None;
        checkpoints::walk(dir, |offset, item| {
            cancel.check()?;
            let what = match item {
                Item::Note(note) => match verifier.open(&note) {
                    Ok(checkpoint) => {
                        report.checkpoints += 1;
                        missed.remove(&checkpoint.id());
                        signed.follow(checkpoint)
                    }
                    Err(error) => Some(error.to_string()),
                },
                Item::Garbage => Some("it is no checkpoint".into()),
                Item::Torn => {
                    torn = Some(offset);
                    None
                }
            };
            if let Some(what) = what {
                report.find(Finding {
                    subject: Subject::Checkpoint,
                    path: path.clone(),
                    records: None,
                    what: format!("the checkpoint at byte {offset}: {what}"),
                });
            }
            Ok(true)
        })?;
        if let Some(offset) = torn
            && still_torn(dir, offset)?
        {
            report.find(Finding {
                subject: Subject::Checkpoint,
                path: path.clone(),
                records: None,
                what: format!("the checkpoint at byte {offset} has no end"),
            });
        }
        for known in known.iter().filter(|k| missed.contains(&k.id)) {
            report.find(Finding {
                subject: Subject::Checkpoint,
                path: path.clone(),
                records: None,
                what: format!(
                    "the checkpoint of {} lines is not among them ({})",
                    known.size, known.from
                ),
            });
        }
        Ok(signed)
    }

    /// Takes the next checkpoint; what is wrong with its place.
    fn follow(&mut self, next: Checkpoint) -> Option<String> {
        let before = self.latest.as_ref();
        let what = match (before, next.previous) {
            (Some(before), _) if next.size < before.size => Some(format!(
                "it is for {} records, after one for {}",
                next.size, before.size
            )),
            (Some(before), None) if before.previous.is_some() || next.size == before.size => {
                Some("it does not follow the one before it".into())
            }
            (before, Some(previous)) if previous != before.map_or([0; 32], Checkpoint::id) => {
                Some("checkpoints before it are missing".into())
            }
            _ if next.size == 0 && next.root != empty_root() => {
                Some("its root is not that of no records".into())
            }
            _ => None,
        };
        if before.is_none_or(|before| next.size >= before.size) {
            self.marks.push_back((next.size, next.root));
            self.latest = Some(next);
        }
        what
    }
}

/// Whether a note without an end stays so: it may be in the middle of being written.
fn still_torn(dir: &Path, offset: u64) -> Result<bool, Error> {
    std::thread::sleep(Duration::from_millis(50));
    let mut still = false;
    checkpoints::walk(dir, |at, item| {
        still |= at == offset && matches!(item, Item::Torn);
        Ok(true)
    })?;
    Ok(still)
}
