//! Reading a vault: by the process that writes it, or by another beside it.

use std::{collections::HashMap, ops::Range, path::Path, sync::Arc, time::Duration};

use crate::{
    Cancel, Consistency, Error, Expect, Page, Progress, Proof, Query, Record, Report,
    SourceStatistics, checkpoints,
    line::{self, SourceId},
    load,
    note::{Checkpoint, Verifier},
    prove, search,
    segment::{Column, Segment, ranges},
    state::{Shared, View},
    verify, wal,
};

/// Looks into a vault. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Reader {
    shared: Arc<Shared>,
}

/// Cancels a search when the task that asked for it goes away.
struct CancelOnDrop(Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Reader {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Opens the vault in `dir` as it is now, for reading only. A process that
    /// writes to it meanwhile is not disturbed; what it adds is not seen.
    ///
    /// # Errors
    /// [`Error::Damaged`] and I/O errors.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let mut attempt = 0;
        loop {
            let verifier = load::read_vkey(dir)?
                .ok_or_else(|| Error::damaged(&load::vkey_path(dir), "it is missing"))?;
            match load::load(dir, verifier, None) {
                Ok(loaded) => return Ok(Self::new(Arc::new(loaded.shared))),
                // A file that is sealed or written in this very moment looks missing or torn.
                Err(_) if attempt < 5 => {
                    attempt += 1;
                    std::thread::sleep(Duration::from_millis(40));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// How many records there are.
    pub fn size(&self) -> u64 {
        self.shared.read(|s| s.frontier.size())
    }

    /// How many of them are sealed into segments.
    pub fn sealed(&self) -> u64 {
        self.shared
            .read(|s| s.segments.last().map_or(0, |e| e.end()))
    }

    /// How many segments there are, and their bytes on disk.
    pub fn segments(&self) -> (usize, u64) {
        self.shared
            .read(|s| (s.segments.len(), s.segments.iter().map(|e| e.bytes).sum()))
    }

    /// Whether the last append was refused because the disk is full.
    pub fn is_full(&self) -> bool {
        self.shared.is_full()
    }

    /// The vault's name and public key.
    pub fn verifier(&self) -> &Verifier {
        &self.shared.verifier
    }

    /// The latest signed state of the tree.
    pub fn latest_checkpoint(&self) -> Option<Checkpoint> {
        self.shared.read(|s| s.latest.clone())
    }

    /// What came from each source since the vault's start.
    pub fn sources(&self) -> HashMap<SourceId, SourceStatistics> {
        self.shared.read(|s| s.sources.0.clone())
    }

    /// What came from one source since the vault's start.
    pub fn source(&self, source: &SourceId) -> Option<SourceStatistics> {
        self.shared.read(|s| s.sources.0.get(source).copied())
    }

    /// Searches. A dropped future stops the search.
    ///
    /// # Errors
    /// I/O errors and [`Error::Damaged`].
    pub async fn search(&self, query: Query) -> Result<Page, Error> {
        let cancel = Cancel::default();
        let guard = CancelOnDrop(cancel.clone());
        let shared = self.shared.clone();
        let page =
            tokio::task::spawn_blocking(move || search::search(&shared, &query, &cancel)).await;
        drop(guard);
        page.unwrap_or(Err(Error::Canceled))
    }

    /// Searches on this thread.
    ///
    /// # Errors
    /// I/O errors, [`Error::Damaged`] and [`Error::Canceled`].
    pub fn search_blocking(&self, query: &Query, cancel: &Cancel) -> Result<Page, Error> {
        search::search(&self.shared, query, cancel)
    }

    /// Record number `index`.
    ///
    /// # Errors
    /// [`Error::NoSuchRecord`], I/O errors and [`Error::Damaged`].
    pub fn record(&self, index: u64) -> Result<Record, Error> {
        let view = self.shared.view();
        let none = Error::NoSuchRecord {
            index,
            size: view.size,
        };
        if index >= view.size {
            return Err(none);
        }
        self.encoded(&view, index..index + 1)?
            .pop()
            .and_then(|bytes| Record::decode(index, &bytes))
            .ok_or(none)
    }

    /// A record with the proof that it is in the log that was signed.
    ///
    /// # Errors
    /// [`Error::NotYetSigned`] (ask [`crate::Vault::checkpoint`] for a checkpoint),
    /// [`Error::NoSuchRecord`], I/O errors and [`Error::Damaged`].
    pub fn prove(&self, index: u64) -> Result<Proof, Error> {
        prove::inclusion(self, index)
    }

    /// The proof that the log at `old` records is the beginning of that at `new`;
    /// both must have been signed.
    ///
    /// # Errors
    /// [`Error::NotYetSigned`], I/O errors and [`Error::Damaged`].
    pub fn consistency(&self, old: u64, new: u64) -> Result<Consistency, Error> {
        prove::consistency(self, old, new)
    }

    /// Reads all of the vault again and checks all of it; blocks, for long.
    ///
    /// # Errors
    /// [`Error::Canceled`], and I/O errors that stop it from reading at all. What is
    /// wrong with the vault is in the report.
    pub fn verify(&self, progress: impl FnMut(Progress), cancel: &Cancel) -> Result<Report, Error> {
        let expect = Expect {
            key: Some(&self.shared.verifier),
            ..Expect::default()
        };
        verify::verify(&self.shared.dir, &expect, progress, cancel)
    }

    /// The same for a folder, also when it is too damaged to be opened. Without
    /// `trusted` the key in the folder is believed.
    ///
    /// # Errors
    /// As [`Reader::verify`].
    pub fn verify_dir(
        dir: &Path,
        trusted: Option<&Verifier>,
        progress: impl FnMut(Progress),
        cancel: &Cancel,
    ) -> Result<Report, Error> {
        let expect = Expect {
            key: trusted,
            ..Expect::default()
        };
        verify::verify(dir, &expect, progress, cancel)
    }

    /// The same, held against more: the signing key, what is known from elsewhere, the time.
    ///
    /// # Errors
    /// As [`Reader::verify`].
    pub fn verify_against(
        dir: &Path,
        expect: &Expect<'_>,
        progress: impl FnMut(Progress),
        cancel: &Cancel,
    ) -> Result<Report, Error> {
        verify::verify(dir, expect, progress, cancel)
    }

    /// Hands on the checkpoints in the vault's file that this key signed, in order. What is
    /// none of them is passed over: how many.
    ///
    /// # Errors
    /// I/O errors.
    pub fn checkpoints(
        dir: &Path,
        verifier: &Verifier,
        mut each: impl FnMut(Checkpoint),
    ) -> Result<u64, Error> {
        let mut others = 0;
        checkpoints::walk(dir, |_, item| {
            match item {
                checkpoints::Item::Note(note) => match verifier.open(&note) {
                    Ok(checkpoint) => each(checkpoint),
                    Err(_) => others += 1,
                },
                checkpoints::Item::Garbage => others += 1,
                checkpoints::Item::Torn => {}
            }
            Ok(true)
        })?;
        Ok(others)
    }

    /// The name and public key that the vault in a folder says it is signed with.
    ///
    /// # Errors
    /// [`Error::Damaged`] and I/O errors.
    pub fn named_key(dir: &Path) -> Result<Option<Verifier>, Error> {
        load::read_vkey(dir)
    }

    /// The latest checkpoint of the vault in a folder that this key signed, however damaged
    /// the rest is.
    ///
    /// # Errors
    /// I/O errors.
    pub fn last_checkpoint(dir: &Path, verifier: &Verifier) -> Result<Option<Checkpoint>, Error> {
        Ok(checkpoints::tail(dir, verifier)?.latest)
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// The canonical encodings of a run of records, in order.
    pub(crate) fn encoded(&self, view: &View, wanted: Range<u64>) -> Result<Vec<Vec<u8>>, Error> {
        let mut out: Vec<(u64, Vec<u8>)> = Vec::new();
        let overlaps = |first: u64, end: u64| first < wanted.end && end > wanted.start;
        for entry in view.segments.iter().filter(|e| overlaps(e.first, e.end())) {
            let segment = Segment::open(&self.shared.segment_path(entry))?;
            let mut first = entry.first;
            for (number, chunk) in entry.chunks.iter().enumerate().filter(|(_, c)| c.count > 0) {
                let end = first + chunk.count;
                if overlaps(first, end) {
                    let group = segment.group(number)?;
                    let index = group.int64(Column::Index, &group.all())?;
                    let inside = |i: &i64| u64::try_from(*i).is_ok_and(|i| wanted.contains(&i));
                    let rows = index
                        .iter()
                        .enumerate()
                        .filter(|(_, i)| inside(i))
                        .map(|(row, _)| row);
                    let records = group.records(&ranges(rows))?;
                    out.extend(records.iter().map(|r| (r.index, r.encode())));
                }
                first = end;
            }
        }
        let sealed = view.segments.last().map_or(0, |e| e.end());
        for file in view
            .unsealed
            .iter()
            .filter(|f| f.first >= sealed && overlaps(f.first, f.next))
        {
            for block in file
                .blocks
                .iter()
                .filter(|b| overlaps(b.place.first, b.place.end()))
            {
                let payload = wal::read_block(&file.file, &file.path, file.salt, block.place)?;
                let records = line::records(&payload).zip(block.place.first..);
                out.extend(
                    records
                        .filter(|(_, i)| wanted.contains(i))
                        .map(|((_, bytes), i)| (i, bytes.to_vec())),
                );
            }
        }
        out.sort_unstable_by_key(|(index, _)| *index);
        let complete = out.len() as u64 == wanted.end - wanted.start
            && out.iter().map(|(i, _)| *i).eq(wanted.clone());
        if !complete {
            return Err(Error::damaged(
                &self.shared.dir,
                format!(
                    "not all of the records {} to {} are there",
                    wanted.start, wanted.end
                ),
            ));
        }
        Ok(out.into_iter().map(|(_, bytes)| bytes).collect())
    }
}
