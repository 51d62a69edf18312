//! Opening: from what is on disk to what is known in memory.

use std::{
    collections::{HashSet, VecDeque},
    io::{Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    sync::Arc,
};

use sha2::{Digest as _, Sha256};

use crate::{
    Error, catalogue, checkpoints, files,
    line::{self, Line, Share},
    note::{Checkpoint, Seal, Signer, Verifier},
    seal,
    segment::Segment,
    sources::Sources,
    state::{Block, Shared, State, Unsealed, segments_dir, tree_dir, wal_dir},
    tree::{Frontier, Nodes, leaf_hash},
    wal::{self, Tail},
};

/// A vault as it was found.
pub(crate) struct Loaded {
    pub shared: Shared,
    /// Where the next line of the list of segments goes.
    pub catalogue_end: u64,
    /// Where the next checkpoint goes.
    pub checkpoints_end: u64,
    /// The tree at the end of each unsealed file, in order.
    pub frontiers: Vec<Frontier>,
}

pub(crate) fn vkey_path(dir: &Path) -> PathBuf {
    dir.join("vkey")
}

/// Reads the verifier key of the vault in `dir`, if there is one.
pub(crate) fn read_vkey(dir: &Path) -> Result<Option<Verifier>, Error> {
    let path = vkey_path(dir);
    let text = files::read_or_empty(&path)?;
    if text.is_empty() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&text);
    let Some(text) = text.strip_suffix('\n') else {
        return Err(Error::damaged(&path, "it has no line end"));
    };
    Verifier::from_vkey(text)
        .map(Some)
        .map_err(|e| Error::damaged(&path, e.to_string()))
}

/// Reads everything. For the `writer`, what a crash left half done is put right and what no
/// checkpoint covers must carry its seal; without, nothing on disk is touched and a live
/// writer does not disturb.
pub(crate) fn load(
    dir: &Path,
    verifier: Verifier,
    writer: Option<&Signer>,
) -> Result<Loaded, Error> {
    let repair = writer.is_some();
    // Checkpoints first: a writer signs only what it has written.
    let tail = checkpoints::tail(dir, &verifier)?;
    if let Some(damage) = &tail.damage {
        if repair {
            return Err(Error::damaged(&checkpoints::path(dir), damage.to_string()));
        }
        tracing::error!(%damage, "the last checkpoint of the log vault is damaged; run a verification");
    }
    let guard = writer.map(|signer| Guard::new(signer, tail.latest.as_ref()));
    // The log files are listed before the list of segments is read: a file that is
    // sealed in between is then found twice, and never missed.
    let files = wal::list(&wal_dir(dir))?;
    let catalogue = catalogue::read(dir)?;
    if let Some(damage) = catalogue.damage {
        return Err(Error::damaged(&catalogue::path(dir), damage));
    }
    let entries = catalogue.entries;
    let sealed = entries.last().map_or(0, catalogue::Entry::end);
    let mut frontier = match entries.last() {
        Some(entry) => entry
            .frontier()
            .ok_or_else(|| Error::damaged(&catalogue::path(dir), "its peaks do not fit"))?,
        None => Frontier::default(),
    };
    if let Some(guard) = &guard {
        clean_segments(dir, &entries, &files)?;
        glance(dir, &entries)?;
        if sealed > guard.signed && !guard.lenient {
            return Err(Error::rewritten(
                &catalogue::path(dir),
                format!(
                    "{sealed} lines are sealed, checkpoints cover {}",
                    guard.signed
                ),
            ));
        }
    }
    let mut nodes = Nodes::open(&tree_dir(dir), sealed, repair)?;
    let sealed_sources = load_sources(dir, &entries)?;
    let mut sources = sealed_sources.clone();
    let mut unsealed = VecDeque::new();
    let mut frontiers = Vec::new();
    let ends: Vec<u64> = files
        .iter()
        .skip(1)
        .map(|(first, _)| *first)
        .chain([u64::MAX])
        .collect();
    for ((first, path), end) in files.into_iter().zip(ends) {
        if first < sealed {
            if repair {
                files::remove(&path)?;
            }
            continue;
        }
        if first != frontier.size() {
            let what = format!(
                "it begins with record {first}, expected was {}",
                frontier.size()
            );
            return Err(Error::damaged(&path, what));
        }
        let mut blocks = Vec::new();
        let scanned = wal::scan(&path, wal::Kind::Lines, first, |place, payload, seal| {
            // A block beyond was refused, though it could not be cut off.
            if place.first >= end {
                return Ok(());
            }
            let mut received = (i64::MAX, i64::MIN);
            let mut count = 0;
            for (_, record) in line::records(&payload) {
                let line = Line::decode(record)
                    .ok_or_else(|| Error::damaged(&path, "a record cannot be decoded"))?;
                received = (
                    received.0.min(line.received_at_ms),
                    received.1.max(line.received_at_ms),
                );
                sources.follow(&Share {
                    source: line.source,
                    lines: 1,
                    bytes: line.raw.len() as u64,
                    last_received_ms: line.received_at_ms,
                });
                frontier.push(leaf_hash(record), |level, hash| {
                    nodes.completed(level, hash);
                });
                count += 1;
            }
            if count != place.count {
                return Err(Error::damaged(
                    &path,
                    format!("a block of {} records holds {count}", place.count),
                ));
            }
            if let Some(guard) = &guard {
                guard.check(&path, &frontier, seal.as_ref())?;
            }
            blocks.push(Block { place, received });
            Ok(())
        })?;
        if scanned.tail == Tail::Damaged {
            let what = format!(
                "records from {} on are damaged although later ones are whole",
                scanned.next
            );
            return Err(Error::damaged(&path, what));
        }
        if scanned.tail == Tail::Torn && repair {
            tracing::warn!(file = %path.display(), records = scanned.next - first, "cut off the torn end of the write-ahead log");
        }
        if frontier.size() == first && repair && end != u64::MAX {
            files::remove(&path)?;
            continue;
        }
        frontiers.push(frontier.clone());
        unsealed.push_back(Unsealed {
            path,
            file: Arc::new(scanned.file),
            first,
            salt: scanned.salt,
            next: frontier.size(),
            end: scanned.end,
            blocks: Arc::new(blocks),
            sealed: scanned.sealed,
        });
    }
    if let Some(latest) = &tail.latest
        && latest.size > frontier.size()
    {
        let what = format!(
            "a checkpoint covers {} records, {} are there",
            latest.size,
            frontier.size()
        );
        return Err(Error::damaged(&checkpoints::path(dir), what));
    }
    let state = State {
        segments: entries.into_iter().map(Arc::new).collect(),
        unsealed,
        frontier,
        nodes,
        sources,
        sealed_sources,
        latest: tail.latest,
        journal: None,
    };
    Ok(Loaded {
        shared: Shared::new(dir.to_owned(), verifier, state),
        catalogue_end: catalogue.end,
        checkpoints_end: tail.end,
        frontiers,
    })
}

/// Holds what no checkpoint covers against the seals of its blocks.
struct Guard<'a> {
    signer: &'a Signer,
    signed: u64,
    /// The last checkpoint is one of an older version, which knew no seals.
    lenient: bool,
}

impl<'a> Guard<'a> {
    fn new(signer: &'a Signer, latest: Option<&Checkpoint>) -> Self {
        Self {
            signer,
            signed: latest.map_or(0, |c| c.size),
            lenient: latest.is_some_and(|c| c.previous.is_none()),
        }
    }

    /// The block after which the tree is `frontier`.
    fn check(&self, path: &Path, frontier: &Frontier, seal: Option<&Seal>) -> Result<(), Error> {
        let size = frontier.size();
        let held = match seal {
            _ if size <= self.signed => true,
            Some(seal) => self.signer.unseals(size, &frontier.root(), seal),
            None => self.lenient,
        };
        if held {
            return Ok(());
        }
        Err(Error::rewritten(
            path,
            format!("the lines up to {size} are not those that were received"),
        ))
    }
}

/// Notices a segment that is gone, cut or overwritten at its end, or of which the list says what
/// its footer does not, without reading it: some ten kilobytes of each.
fn glance(dir: &Path, entries: &[catalogue::Entry]) -> Result<(), Error> {
    for entry in entries.iter().rev() {
        let path = dir.join(&entry.file);
        let size = match std::fs::metadata(&path) {
            Ok(found) => found.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::damaged(&path, "the segment is missing"));
            }
            Err(error) => return Err(Error::io("look at", &path)(error)),
        };
        if size != entry.bytes {
            let what = format!("it has {size} bytes, {} were sealed", entry.bytes);
            return Err(Error::damaged(&path, what));
        }
        if !footer_holds(&path, entry)? {
            return Err(Error::damaged(&path, "its footer is damaged"));
        }
        if let Some(field) = Segment::open(&path)?.contradicts(entry) {
            let what = format!("what it says of {} is not so: {field}", entry.file);
            return Err(Error::rewritten(&catalogue::path(dir), what));
        }
    }
    Ok(())
}

/// Whether page index and footer, the last part of a segment, are those that were sealed.
fn footer_holds(path: &Path, entry: &catalogue::Entry) -> Result<bool, Error> {
    let Some((footer, chunks)) = entry.chunks.split_last() else {
        return Ok(false);
    };
    let from = chunks.last().map_or(0, |c| c.end);
    let mut bytes = Vec::new();
    let mut read = || {
        let mut file = files::open(path)?;
        file.seek(SeekFrom::Start(from))?;
        file.read_to_end(&mut bytes)
    };
    read().map_err(Error::io("read", path))?;
    Ok(hex::encode(Sha256::digest(&bytes)) == footer.sha256)
}

/// Removes what an interrupted seal left: temporary files, and segments that are not
/// in the list and whose records are still in the log.
fn clean_segments(
    dir: &Path,
    entries: &[catalogue::Entry],
    logs: &[(u64, PathBuf)],
) -> Result<(), Error> {
    for path in unlisted(dir, entries)? {
        let first = first_of(&path);
        let temporary = path.extension().is_some_and(|e| e == "tmp");
        if first.is_some_and(|f| temporary || logs.iter().any(|(log, _)| *log == f)) {
            files::remove(&path)?;
        } else {
            // If it holds records of the vault, the list or the log lacks them: that is told there.
            tracing::warn!(file = %path.display(), "a file among the segments is none of the vault's");
        }
    }
    Ok(())
}

/// The number of the first record, by which a segment is named.
pub(crate) fn first_of(path: &Path) -> Option<u64> {
    path.file_stem()?.to_str()?.parse().ok()
}

/// What lies among the segments and is not in the list.
pub(crate) fn unlisted(dir: &Path, entries: &[catalogue::Entry]) -> Result<Vec<PathBuf>, Error> {
    let listed: HashSet<PathBuf> = entries.iter().map(|e| dir.join(&e.file)).collect();
    let mut found = walk(&segments_dir(dir))?;
    found.retain(|path| !listed.contains(path));
    Ok(found)
}

/// All files under a folder.
pub(crate) fn walk(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut out = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(Error::io("list", &folder)(error)),
        };
        for entry in entries {
            let entry = entry.map_err(Error::io("list", &folder))?;
            let path = entry.path();
            // A link is none of ours, and may lead around in a circle.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
            } else {
                out.push(path);
            }
        }
    }
    out.sort();
    Ok(out)
}

/// The statistics of the sealed records: as kept, completed from the segments' footers.
fn load_sources(dir: &Path, entries: &[catalogue::Entry]) -> Result<Sources, Error> {
    let sealed = entries.last().map_or(0, catalogue::Entry::end);
    let (mut size, mut sources) = Sources::load(dir)
        .filter(|(size, _)| *size <= sealed)
        .unwrap_or_default();
    for entry in entries {
        if entry.first >= size {
            sources.merge(&seal::sources_of(&dir.join(&entry.file))?);
            size = entry.end();
        }
    }
    Ok(sources)
}
