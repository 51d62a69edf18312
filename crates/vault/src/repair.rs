//! What of a damaged vault can still be read, what is lost, and what can be built again.
//!
//! The records are the truth; the list of segments, the kept roots and the statistics follow
//! from them. Where every record is there and leads to the signed roots, these are built
//! again. Nothing is ever made up for a record that is gone.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    ops::Range,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use crate::{
    Cancel, Error, Reader, Record, SourceId,
    catalogue::{self, ChunkDigest, Entry},
    files,
    line::{self, Line, Share},
    load,
    note::Verifier,
    seal,
    segment::{Sealed, Segment, Summary},
    sources::Sources,
    state::{segments_dir, tree_dir, wal_dir},
    tree::{Frontier, Hash, LEVELS, Nodes, leaf_hash},
    wal,
};

/// No segment is larger: it is one file of the log, compressed.
const MAX_SEGMENT: u64 = 4 << 30;

/// Records that cannot be read any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Their numbers.
    pub records: Range<u64>,
    /// They were received between these moments, unix milliseconds, as closely as the
    /// records around them tell.
    pub received: (Option<i64>, Option<i64>),
    /// Why.
    pub what: String,
}

/// What a look at a damaged vault came to.
#[derive(Debug)]
pub struct Plan {
    dir: PathBuf,
    /// How many records can be read.
    pub readable: u64,
    /// Those that cannot.
    pub lost: Vec<Lost>,
    /// How many lines of which source are lost, where the kept statistics tell.
    pub lost_sources: Vec<(SourceId, u64)>,
    /// The first signed size at which the records are not those that were signed.
    pub differs: Option<u64>,
    entries: Vec<Entry>,
    roots: BTreeMap<u32, Vec<Hash>>,
    sources: Sources,
}

struct Look<'a> {
    cancel: &'a Cancel,
    /// Signed sizes and roots.
    marks: BTreeMap<u64, Hash>,
    frontier: Frontier,
    next: u64,
    gap: bool,
    last_received: Option<i64>,
    /// A loss whose end in time is not known yet.
    open: Vec<usize>,
    all: Sources,
    plan: Plan,
}

impl Plan {
    /// Reads all that is there; changes nothing. Blocks, for long.
    ///
    /// # Errors
    /// [`Error::Locked`] while a program has it open, [`Error::Canceled`] and I/O errors.
    pub fn make(dir: &Path, verifier: &Verifier, cancel: &Cancel) -> Result<Self, Error> {
        let _lock = lock(dir)?;
        let mut marks = BTreeMap::new();
        Reader::checkpoints(dir, verifier, |c| {
            marks.insert(c.size, c.root);
        })?;
        let signed = marks.last_key_value().map_or(0, |(size, _)| *size);
        let mut look = Look {
            cancel,
            marks,
            frontier: Frontier::default(),
            next: 0,
            gap: false,
            last_received: None,
            open: Vec::new(),
            all: Sources::default(),
            plan: Plan {
                dir: dir.to_owned(),
                readable: 0,
                lost: Vec::new(),
                lost_sources: Vec::new(),
                differs: None,
                entries: Vec::new(),
                roots: BTreeMap::new(),
                sources: Sources::default(),
            },
        };
        for (first, path) in segments(dir)? {
            look.segment(first, &path)?;
        }
        let sealed = look.next;
        let kept = Sources::load(dir).filter(|(size, _)| *size >= sealed);
        if let Some((_, kept)) = kept {
            look.plan.lost_sources = kept.beyond(&look.all);
        }
        look.plan.sources = look.all.clone();
        for (first, path) in wal::list(&wal_dir(dir))? {
            look.log(first, &path)?;
        }
        look.reach(signed, "no file holds them");
        Ok(look.plan)
    }

    /// Whether list, roots and statistics can be built again: nothing is lost, and the
    /// records are those that were signed.
    pub fn can_rebuild(&self) -> bool {
        self.lost.is_empty() && self.differs.is_none()
    }

    /// Builds the list of segments, the kept roots and the statistics again. What was there
    /// is kept in the folder that is returned.
    ///
    /// # Errors
    /// [`Error::Damaged`] where [`Plan::can_rebuild`] is false; I/O errors.
    pub fn rebuild(&self, at_ms: i64) -> Result<PathBuf, Error> {
        if !self.can_rebuild() {
            return Err(Error::damaged(&self.dir, "records are lost"));
        }
        let _lock = lock(&self.dir)?;
        let at = domain::clock::from_ms(at_ms).strftime("%Y%m%dT%H%M%SZ");
        let before = self.dir.join(format!("before-repair-{at}"));
        files::create_dir(&before)?;
        for old in [
            catalogue::path(&self.dir),
            tree_dir(&self.dir),
            self.dir.join("sources.json"),
        ] {
            let name = old.file_name().unwrap_or_default();
            match std::fs::rename(&old, before.join(name)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::io("rename", &old)(error));
                }
                _ => {}
            }
        }
        files::sync_dir(&self.dir)?;
        drop(Nodes::open(&tree_dir(&self.dir), 0, true)?);
        let sealed = self.entries.last().map_or(0, Entry::end);
        let roots: Vec<(u32, u64, Vec<Hash>)> = self
            .roots
            .iter()
            .map(|(level, roots)| {
                let n = usize::try_from(sealed >> level).unwrap_or(usize::MAX);
                (*level, 0, roots.iter().take(n).copied().collect())
            })
            .collect();
        Nodes::write(&tree_dir(&self.dir), &roots)?;
        let mut end = 0;
        for entry in &self.entries {
            end = catalogue::append(&self.dir, end, entry)?;
        }
        self.sources.save(&self.dir, sealed)?;
        Ok(before)
    }
}

/// Nobody writes while it is held.
fn lock(dir: &Path) -> Result<File, Error> {
    let path = dir.join("lock");
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(false);
    let file = files::open_with(&path, options).map_err(Error::io("create", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::Locked {
            dir: dir.to_owned(),
        }),
        Err(std::fs::TryLockError::Error(error)) => Err(Error::io("lock", &path)(error)),
    }
}

/// The segments by the number of their first record, whether they are listed or not.
fn segments(dir: &Path) -> Result<BTreeMap<u64, PathBuf>, Error> {
    let found = load::walk(&segments_dir(dir))?;
    let numbered = found.into_iter().filter_map(|path| {
        let parquet = path.extension().is_some_and(|e| e == "parquet");
        let first = path.file_stem()?.to_str()?.parse().ok()?;
        parquet.then_some((first, path))
    });
    Ok(numbered.collect())
}

impl Look<'_> {
    fn lose(&mut self, records: Range<u64>, what: impl Into<String>) {
        self.next = records.end;
        self.gap = true;
        self.open.push(self.plan.lost.len());
        self.plan.lost.push(Lost {
            records,
            received: (self.last_received, None),
            what: what.into(),
        });
    }

    /// What lies between what was read and number `first` is lost.
    fn reach(&mut self, first: u64, what: &str) {
        if first > self.next {
            self.lose(self.next..first, what);
        }
    }

    fn push(&mut self, leaf: Hash, share: &Share) {
        let at = share.last_received_ms;
        for open in self.open.drain(..) {
            if let Some(lost) = self.plan.lost.get_mut(open) {
                lost.received.1 = Some(at);
            }
        }
        self.last_received = Some(self.last_received.map_or(at, |last| last.max(at)));
        self.all.add(share);
        self.plan.readable += 1;
        self.next += 1;
        if self.gap {
            return;
        }
        let roots = &mut self.plan.roots;
        self.frontier.push(leaf, |level, hash| {
            if LEVELS.contains(&level) {
                roots.entry(level).or_default().push(hash);
            }
        });
        let size = self.frontier.size();
        if let Some(root) = self.marks.get(&size)
            && *root != self.frontier.root()
            && self.plan.differs.is_none()
        {
            self.plan.differs = Some(size);
        }
    }

    fn segment(&mut self, first: u64, path: &Path) -> Result<(), Error> {
        self.reach(first, "no segment holds them");
        let segment = match Segment::open(path) {
            Ok(segment) => segment,
            Err(error) => {
                // How many it held shows by the next one.
                tracing::debug!(%error, "a segment cannot be opened");
                return Ok(());
            }
        };
        let (mut records, mut summary) = (0, Summary::default());
        for (number, (rows, _)) in segment.group_ends().into_iter().enumerate() {
            self.cancel.check()?;
            let range = self.next..self.next + rows;
            match read(&segment, number, &range) {
                Ok(found) => {
                    for record in found {
                        let line = record.as_line();
                        summary.add(&line);
                        let share = Share::of(&line);
                        self.push(leaf_hash(&record.encode()), &share);
                    }
                }
                Err(error) => self.lose(range, error.to_string()),
            }
            records += rows;
        }
        if !self.gap {
            let sealed = digests(path, &segment, records, &summary)?;
            let relative = path.strip_prefix(&self.plan.dir).unwrap_or(path);
            let file = relative.to_string_lossy().into_owned();
            let entry = seal::entry(first, file, sealed, &self.frontier, summary.received.1);
            self.plan.entries.push(entry);
        }
        Ok(())
    }

    fn log(&mut self, first: u64, path: &Path) -> Result<(), Error> {
        if first < self.next {
            return Ok(());
        }
        self.reach(first, "no file holds them");
        let cancel = self.cancel;
        let scanned = wal::scan(path, wal::Kind::Lines, first, |_, payload, _| {
            cancel.check()?;
            for (_, record) in line::records(&payload) {
                if let Some(line) = Line::decode(record) {
                    self.push(leaf_hash(record), &Share::of(&line));
                }
            }
            Ok(())
        });
        match scanned {
            Err(error @ Error::Canceled) => Err(error),
            // What follows in it shows by the next file, or by what was signed.
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

fn read(segment: &Segment, number: usize, range: &Range<u64>) -> Result<Vec<Record>, Error> {
    let group = segment.group(number)?;
    let mut records = group.records(&group.all())?;
    records.sort_unstable_by_key(|r| r.index);
    if !records.iter().map(|r| r.index).eq(range.clone()) {
        let what = "it does not hold the records it should";
        return Err(Error::damaged(Path::new("the chunk"), what));
    }
    Ok(records)
}

/// What the list says of a segment, from its bytes.
fn digests(path: &Path, segment: &Segment, count: u64, summary: &Summary) -> Result<Sealed, Error> {
    let bytes = files::read(path, MAX_SEGMENT).map_err(Error::io("read", path))?;
    let mut chunks = Vec::new();
    let mut from = 0;
    let ends = segment.group_ends().into_iter();
    for (count, end) in ends.chain([(0, bytes.len() as u64)]) {
        let to = usize::try_from(end).unwrap_or(usize::MAX).min(bytes.len());
        let part = (bytes.get(from..to))
            .ok_or_else(|| Error::damaged(path, "its chunks do not follow one another"))?;
        chunks.push(ChunkDigest {
            count,
            end,
            sha256: hex::encode(Sha256::digest(part)),
        });
        from = to;
    }
    Ok(Sealed {
        count,
        bytes: bytes.len() as u64,
        sha256: hex::encode(Sha256::digest(&bytes)),
        chunks,
        received: summary.received,
        severity: summary.severity,
    })
}
