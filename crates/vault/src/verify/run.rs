//! Reads a vault from end to end.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    Expect, Finding, Progress, Report, Subject,
    signed::{PATIENCE_MS, Signed},
    tree::Rebuilt,
};
use crate::{
    Cancel, Error, catalogue,
    catalogue::Entry,
    checkpoints, files,
    line::{self, Line},
    load,
    note::{Signer, Verifier},
    sources::{self, Sources},
    state::{segments_dir, tree_dir, wal_dir},
    tree::{Nodes, leaf_hash},
    wal::{self, Kind, Tail},
};

mod segment;

struct Run<'a, P> {
    dir: &'a Path,
    report: Report,
    progress: P,
    cancel: &'a Cancel,
    of: u64,
    /// Records that were read before the present tree, and where that one began.
    done: u64,
    start: u64,
    /// How many records the kept statistics count, and what the segments with these hold.
    counted: u64,
    sources: Sources,
    expect: &'a Expect<'a>,
    /// How many records checkpoints cover, and the times of receipt of those beyond.
    signed: u64,
    /// Whether there is a valid checkpoint at all.
    begun: bool,
    beyond: Option<(i64, i64)>,
}

/// Checks the vault in `dir`; see [`crate::Reader::verify_dir`].
pub(crate) fn verify(
    dir: &Path,
    expect: &Expect<'_>,
    progress: impl FnMut(Progress),
    cancel: &Cancel,
) -> Result<Report, Error> {
    let mut run = Run {
        dir,
        report: Report::default(),
        progress,
        cancel,
        of: 0,
        done: 0,
        start: 0,
        counted: 0,
        sources: Sources::default(),
        expect,
        signed: 0,
        begun: false,
        beyond: None,
    };
    if let Err(error) = whole(&mut run) {
        run.unreadable(&error)?;
    }
    Ok(run.report)
}

fn whole(run: &mut Run<'_, impl FnMut(Progress)>) -> Result<(), Error> {
    let Run {
        dir,
        cancel,
        expect,
        ..
    } = *run;
    let trusted = expect.key.or_else(|| expect.signer.map(Signer::verifier));
    let verifier = run.key(trusted);
    // In the order that lets a writer go on meanwhile: what was signed is then
    // always among what is read, and a log file that is sealed is found in both.
    let signed = match &verifier {
        Some(verifier) => Signed::read(dir, verifier, expect.known, &mut run.report, cancel),
        None => Ok(Signed::default()),
    };
    let signed = run.or_told(signed)?;
    run.signed = signed.size();
    run.begun = signed.latest.is_some();
    let logs = run.open_logs();
    let logs = run.or_told(logs)?;
    let statistics = sources::path(dir);
    let kept = std::fs::symlink_metadata(&statistics).is_ok();
    let kept = kept.then(|| Sources::load(dir));
    run.counted = kept.iter().flatten().map(|(size, _)| *size).sum();
    let catalogue = run.or_told(catalogue::read(dir))?;
    if let Some(what) = catalogue.damage {
        let from = catalogue.entries.last().map_or(0, Entry::end);
        let end = signed.size();
        run.find(
            Subject::Catalogue,
            catalogue::path(dir),
            Some(from..end.max(from)),
            what,
        );
    }
    let entries = catalogue.entries;
    let sealed = entries.last().map_or(0, Entry::end);
    run.of = logs
        .iter()
        .map(|l| l.next)
        .chain([sealed])
        .max()
        .unwrap_or(0);
    let nodes = match Nodes::open(&tree_dir(dir), sealed, false) {
        Ok(nodes) => nodes,
        Err(error) => {
            run.unreadable(&error)?;
            Nodes::none(&tree_dir(dir))
        }
    };
    let unlisted = run.or_told(load::unlisted(dir, &entries))?;
    // What is numbered behind them is being sealed.
    let foreign = |path: &PathBuf| load::first_of(path).is_none_or(|first| first < sealed);
    run.report.foreign = unlisted.into_iter().filter(foreign).take(100).collect();
    let chained = signed.latest.as_ref().is_none_or(|c| c.previous.is_some());
    if sealed > run.signed && chained && verifier.is_some() {
        run.find(
            Subject::Catalogue,
            catalogue::path(dir),
            Some(run.signed..sealed),
            "no checkpoint covers them although they are sealed",
        );
    }
    let rebuilt =
        |nodes, marks| Rebuilt::new(nodes, tree_dir(dir), checkpoints::path(dir), sealed, marks);
    // What was not read longest comes first; what lies before it follows at the end.
    let first = entries.partition_point(|e| e.end() <= expect.begin_at);
    let first = if first < entries.len() { first } else { 0 };
    let (last, now) = entries.split_at(first);
    let from = last.last().and_then(Entry::frontier).unwrap_or_default();
    let mut before = signed.marks.clone();
    before.retain(|(size, _)| *size <= from.size());
    let mut tree = rebuilt(nodes, signed.marks);
    if !last.is_empty() {
        tree.go_on(&from);
        run.start = from.size();
    }
    for entry in now {
        run.segment(entry, &mut tree)?;
    }
    for log in logs.into_iter().filter(|log| log.first >= sealed) {
        run.log(log, &mut tree, chained)?;
    }
    run.unsigned(tree.size());
    run.done = tree.size() - run.start;
    tree.finish(&mut run.report);
    if !last.is_empty() {
        run.start = 0;
        let nodes = Nodes::open(&tree_dir(dir), sealed, false);
        let nodes = nodes.unwrap_or_else(|_| Nodes::none(&tree_dir(dir)));
        let mut tree = rebuilt(nodes, before);
        for entry in last {
            run.segment(entry, &mut tree)?;
        }
        tree.finish(&mut run.report);
    }
    run.statistics(kept, &entries);
    Ok(())
}

/// A log file as it was when the verification began.
struct LogFile {
    path: PathBuf,
    first: u64,
    file: File,
    next: u64,
    end: u64,
    damage: Option<String>,
}

impl<P: FnMut(Progress)> Run<'_, P> {
    fn find(
        &mut self,
        subject: Subject,
        path: PathBuf,
        records: Option<std::ops::Range<u64>>,
        what: impl Into<String>,
    ) {
        self.report.find(Finding {
            subject,
            path,
            records,
            what: what.into(),
        });
    }

    /// A part that cannot be read is told, and the rest is read without it.
    fn or_told<T: Default>(&mut self, read: Result<T, Error>) -> Result<T, Error> {
        read.or_else(|error| self.unreadable(&error).map(|()| T::default()))
    }

    fn unreadable(&mut self, error: &Error) -> Result<(), Error> {
        if matches!(error, Error::Canceled) {
            return Err(error.clone());
        }
        let path = error.path().unwrap_or(self.dir).to_owned();
        let subject = if path.starts_with(wal_dir(self.dir)) {
            Subject::Log
        } else if path.starts_with(segments_dir(self.dir)) {
            Subject::Segment
        } else if path.starts_with(tree_dir(self.dir)) {
            Subject::Tree
        } else if path == catalogue::path(self.dir) {
            Subject::Catalogue
        } else {
            Subject::Checkpoint
        };
        self.find(subject, path, None, error.in_full());
        Ok(())
    }

    fn key(&mut self, trusted: Option<&Verifier>) -> Option<Verifier> {
        let path = load::vkey_path(self.dir);
        match load::read_vkey(self.dir) {
            Ok(Some(found)) => {
                if trusted.is_some_and(|t| *t != found) {
                    self.find(Subject::Key, path, None, "it is not the trusted key");
                }
                Some(trusted.cloned().unwrap_or(found))
            }
            Ok(None) => {
                self.find(Subject::Key, path, None, "it is missing");
                trusted.cloned()
            }
            Err(error) => {
                self.find(Subject::Key, path, None, error.in_full());
                trusted.cloned()
            }
        }
    }

    /// Opens all log files and finds their ends, so that they stay readable when
    /// they are sealed meanwhile.
    fn open_logs(&mut self) -> Result<Vec<LogFile>, Error> {
        let mut out = Vec::new();
        for (first, path) in wal::list(&wal_dir(self.dir))? {
            let file = match files::open(&path) {
                Ok(file) => file,
                // It was sealed in this very moment.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => {
                    self.unreadable(&Error::io("open", &path)(error))?;
                    continue;
                }
            };
            let mut attempt = 0;
            let mut log = LogFile {
                path,
                first,
                file,
                next: first,
                end: 0,
                damage: None,
            };
            loop {
                self.cancel.check()?;
                let copy = log.file.try_clone().map_err(Error::io("open", &log.path))?;
                match wal::scan_file(copy, &log.path, Kind::Lines, first, |_, _, _| Ok(())) {
                    Ok(scanned) => {
                        (log.next, log.end) = (scanned.next, scanned.end);
                        log.damage = match scanned.tail {
                            Tail::Clean => None,
                            Tail::Torn => Some("its end is no whole block: a write that a crash cut off, or damage".into()),
                            Tail::Damaged => Some("a block is damaged".into()),
                        };
                    }
                    Err(error) => log.damage = Some(error.in_full()),
                }
                // A block that is just being written looks torn.
                if log.damage.is_none() || attempt == 5 {
                    break;
                }
                attempt += 1;
                std::thread::sleep(Duration::from_millis(40));
            }
            out.push(log);
        }
        Ok(out)
    }

    fn tick(&mut self, tree: &Rebuilt) -> Result<(), Error> {
        self.report.records = self.done + tree.size() - self.start;
        (self.progress)(Progress {
            records: self.report.records,
            of: self.of.max(self.report.records),
            at: tree.size(),
            found: self.report.findings.first().cloned(),
        });
        self.cancel.check()
    }

    fn log(&mut self, log: LogFile, tree: &mut Rebuilt, chained: bool) -> Result<(), Error> {
        self.report.bytes += log.end;
        if log.first < tree.size() {
            return Ok(());
        }
        if log.first > tree.size() {
            let missing = tree.size()..log.first;
            self.find(
                Subject::Log,
                log.path.clone(),
                Some(missing.clone()),
                "the records before it are missing",
            );
            whole_gap(tree, missing.end - missing.start, &mut self.report);
        }
        let Self {
            report,
            cancel,
            beyond,
            ..
        } = self;
        let (end, signed) = (log.end, self.signed);
        let signer = self.expect.signer;
        let mut forged = None;
        wal::scan_file(
            log.file,
            &log.path,
            Kind::Lines,
            log.first,
            |place, payload, seal| {
                cancel.check()?;
                // What was added since the verification began is left to the next one.
                if place.offset < end {
                    for (_, record) in line::records(&payload) {
                        if tree.size() >= signed
                            && let Some(line) = Line::decode(record)
                        {
                            let at = line.received_at_ms;
                            let (first, last) = beyond.unwrap_or((at, at));
                            *beyond = Some((first.min(at), last.max(at)));
                        }
                        tree.push(Some(leaf_hash(record)), report);
                    }
                    if let Some(signer) = signer.filter(|_| place.end() > signed) {
                        let state = tree.frontier();
                        let held = match (&seal, state) {
                            (Some(seal), Some(state)) => {
                                signer.unseals(state.size(), &state.root(), seal)
                            }
                            // What cannot be read is told already; older versions sealed nothing.
                            (_, None) => true,
                            (None, _) => !chained,
                        };
                        if !held && forged.is_none() {
                            forged = Some(place.first.max(signed)..place.end());
                        }
                    }
                }
                Ok(())
            },
        )
        .map(drop)
        .or_else(|error| {
            if matches!(error, Error::Damaged { .. }) {
                Ok(())
            } else {
                Err(error)
            }
        })?;
        if let Some(records) = forged {
            self.find(
                Subject::Log,
                log.path.clone(),
                Some(records),
                "they are not those that were received: their seal does not hold",
            );
        }
        if let Some(what) = log.damage {
            self.find(Subject::Log, log.path, Some(log.next..log.next + 1), what);
        }
        self.tick(tree)
    }

    /// Lines that no checkpoint covers: for a minute that is as it should be.
    fn unsigned(&mut self, size: u64) {
        if size <= self.signed {
            return;
        }
        let first = self.beyond.map_or(i64::MAX, |(first, _)| first);
        let age = if is_written(self.dir) {
            self.expect.now_ms.map(|now| now.saturating_sub(first))
        } else {
            None
        };
        let apart = self.beyond.map_or(0, |(first, last)| last - first);
        let what = if apart > PATIENCE_MS || age.is_some_and(|age| age > PATIENCE_MS) {
            "they were never signed although the program went on"
        } else if !self.begun {
            "nothing is signed"
        } else {
            return;
        };
        let records = Some(self.signed..size);
        self.find(
            Subject::Checkpoint,
            checkpoints::path(self.dir),
            records,
            what,
        );
    }

    /// The kept statistics, if there are any, against what was counted in the sealed records.
    fn statistics(&mut self, kept: Option<Option<(u64, Sources)>>, entries: &[Entry]) {
        let damaged = |f: &Finding| matches!(f.subject, Subject::Segment | Subject::Catalogue);
        let Some(kept) = kept.filter(|_| !self.report.findings.iter().any(damaged)) else {
            return;
        };
        let what = match kept {
            None => "its checksum is another",
            Some((size, _)) if size > 0 && !entries.iter().any(|e| e.end() == size) => {
                "it counts up to where no segment ends"
            }
            Some((_, kept)) if kept != self.sources => "it does not tell what the segments hold",
            Some(_) => return,
        };
        let path = sources::path(self.dir);
        self.find(Subject::Statistics, path, None, what);
    }
}

/// Whether a program has the vault open for writing.
fn is_written(dir: &Path) -> bool {
    files::open(&dir.join("lock"))
        .is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

fn whole_gap(tree: &mut Rebuilt, count: u64, report: &mut Report) {
    for _ in 0..count {
        tree.push(None, report);
    }
}
