//! A sealed segment: its bytes, its rows, and whatever is said of them.

use std::{io::Read as _, ops::Range, path::Path};

use sha2::{Digest as _, Sha256};

use super::{Rebuilt, Run, whole_gap};
use crate::{
    Error, Record,
    catalogue::{self, Entry},
    files, seal,
    segment::{Segment, Summary},
    tree::leaf_hash,
    verify::{Progress, Subject},
};

impl<P: FnMut(Progress)> Run<'_, P> {
    pub(super) fn segment(&mut self, entry: &Entry, tree: &mut Rebuilt) -> Result<(), Error> {
        self.report.segments += 1;
        self.report.bytes += entry.bytes;
        let path = self.dir.join(&entry.file);
        let whole = entry.first..entry.end();
        let (sound, sha256) = match digests(&path, entry) {
            Ok(digests) => digests,
            Err(error) => {
                self.find(Subject::Segment, path, Some(whole), error.in_full());
                whole_gap(tree, entry.count, &mut self.report);
                return self.tick(tree);
            }
        };
        let footer = sound.last().copied().unwrap_or(false);
        let segment = if footer {
            Segment::open(&path).map_err(|error| error.in_full())
        } else {
            Err("its footer is damaged".into())
        };
        if let Err(what) = &segment {
            self.find(Subject::Segment, path.clone(), Some(whole), what.clone());
        }
        let mut first = entry.first;
        let mut summary = Some(Summary::default());
        for (number, (chunk, sound)) in entry
            .chunks
            .iter()
            .zip(&sound)
            .enumerate()
            .filter(|(_, (c, _))| c.count > 0)
        {
            let range = first..first + chunk.count;
            first = range.end;
            let records = match &segment {
                _ if !sound => Some(Err("its bytes are not those that were sealed".into())),
                Ok(segment) => Some(read_chunk(segment, number, &range).map_err(|e| e.to_string())),
                // Told above.
                Err(_) => None,
            };
            if let Some(Ok(records)) = records {
                for record in records {
                    if let Some(summary) = &mut summary {
                        summary.add(&record.as_line());
                    }
                    tree.push(Some(leaf_hash(&record.encode())), &mut self.report);
                }
            } else {
                summary = None;
                whole_gap(tree, chunk.count, &mut self.report);
                if let Some(Err(what)) = records {
                    self.find(Subject::Segment, path.clone(), Some(range), what);
                }
            }
            self.tick(tree)?;
        }
        if let (Ok(segment), Some(summary)) = (segment, summary) {
            if entry.end() <= self.counted {
                self.sources.merge(&summary.sources);
            }
            self.entry(entry, tree, (&segment, &summary, &sha256));
        }
        Ok(())
    }

    /// What the list and the footer say of a segment against what was read.
    fn entry(
        &mut self,
        entry: &Entry,
        tree: &Rebuilt,
        (segment, read, sha256): (&Segment, &Summary, &str),
    ) {
        let peaks =
            (tree.frontier()).map(|f| f.peaks().iter().map(hex::encode).collect::<Vec<_>>());
        let wrong = [
            (entry.received != read.received, "received"),
            (entry.severity != read.severity, "severity"),
            (entry.sha256 != sha256, "sha256"),
            (peaks.is_some_and(|read| read != entry.peaks), "peaks"),
            (
                entry.file != seal::relative_path(entry.first, read.received.0),
                "file",
            ),
        ];
        let mut wrong: Vec<&str> = (wrong.iter().filter(|(is, _)| *is))
            .map(|(_, field)| *field)
            .collect();
        if let Some(field) = segment.contradicts(entry).filter(|f| !wrong.contains(f)) {
            wrong.push(field);
        }
        let whole = entry.first..entry.end();
        if !wrong.is_empty() {
            let what = format!(
                "what it says of {} is not so: {}",
                entry.file,
                wrong.join(", ")
            );
            let path = catalogue::path(self.dir);
            self.find(Subject::Catalogue, path, Some(whole.clone()), what);
        }
        if segment.sources().as_ref() != Some(&read.sources) {
            let what = "its footer does not tell what it holds: gieng.sources";
            let path = self.dir.join(&entry.file);
            self.find(Subject::Segment, path, Some(whole), what);
        }
    }
}

/// Which parts of a segment have the digest that they were sealed with, and that of the whole.
fn digests(path: &Path, entry: &Entry) -> Result<(Vec<bool>, String), Error> {
    let mut file = files::open(path).map_err(Error::io("open", path))?;
    let size = file.metadata().map_err(Error::io("look at", path))?.len();
    if size != entry.bytes {
        return Err(Error::damaged(
            path,
            format!("it has {size} bytes, {} were sealed", entry.bytes),
        ));
    }
    let mut buffer = vec![0; 1 << 18];
    let (mut at, mut sound, mut whole) = (0, Vec::new(), Sha256::new());
    for chunk in &entry.chunks {
        let mut part = Sha256::new();
        while at < chunk.end {
            let n = usize::try_from(chunk.end - at)
                .unwrap_or(usize::MAX)
                .min(buffer.len());
            let (read, _) = buffer.split_at_mut(n);
            file.read_exact(read).map_err(Error::io("read", path))?;
            part.update(&*read);
            whole.update(&*read);
            at += n as u64;
        }
        sound.push(hex::encode(part.finalize()) == chunk.sha256);
    }
    Ok((sound, hex::encode(whole.finalize())))
}

/// The records of a chunk, in arrival order.
fn read_chunk(segment: &Segment, number: usize, range: &Range<u64>) -> Result<Vec<Record>, Error> {
    let group = segment.group(number)?;
    let mut records = group.rows_by_pages()?;
    let misleads = group.misleads(&records);
    records.sort_unstable_by_key(|r| r.index);
    let damaged = |what: String| Err(Error::damaged(Path::new("the chunk"), what));
    if !records.iter().map(|r| r.index).eq(range.clone()) {
        return damaged("it does not hold the records it should".into());
    }
    if let Some(column) = misleads {
        return damaged(format!(
            "its footer does not tell what it holds: {column:?}"
        ));
    }
    Ok(records)
}
