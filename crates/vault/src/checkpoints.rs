//! The file of signed checkpoints: notes in order of size, an empty line after each.

use std::{
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Read as _},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use crate::{
    Error, files,
    note::{Checkpoint, NoteError, Verifier, note_id},
    tree::Hash,
};

/// No note is longer, also with the signatures of a hundred witnesses.
const MAX_NOTE: usize = 32 * 1024;

/// What is no note so often is no file of checkpoints, whatever follows: a file with a hole of
/// terabytes has an end.
const MOST_GARBAGE: usize = 1_000;

/// The append-only file of checkpoints.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    path: PathBuf,
    file: File,
    end: u64,
}

pub(crate) fn path(dir: &Path) -> PathBuf {
    dir.join("checkpoints")
}

/// A note of the file, or what stands in its place.
#[derive(Debug)]
pub(crate) enum Item {
    /// A whole note.
    Note(String),
    /// Bytes that are no note.
    Garbage,
    /// The beginning of a note at the end of the file: a crash while it was written.
    Torn,
}

/// Walks the notes in order with their offsets, in bounded memory; no file has none.
pub(crate) fn walk(
    dir: &Path,
    mut each: impl FnMut(u64, Item) -> Result<bool, Error>,
) -> Result<(), Error> {
    let path = path(dir);
    let file = match files::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::io("open", &path)(error)),
    };
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let (mut start, mut note, mut blanks, mut garbage) = (0u64, Vec::new(), 0, 0);
    loop {
        let before = note.len();
        let n = (reader.by_ref())
            .take((MAX_NOTE + 1 - before) as u64)
            .read_until(b'\n', &mut note)
            .map_err(Error::io("read", &path))?;
        if n == 0 {
            break;
        }
        if note.len() - before == 1 && note.ends_with(b"\n") {
            blanks += 1;
        }
        if blanks == 2 || note.len() > MAX_NOTE {
            let length = note.len() as u64;
            let text = if blanks == 2 {
                note.pop()
                    .and_then(|_| String::from_utf8(std::mem::take(&mut note)).ok())
            } else {
                None
            };
            garbage += usize::from(text.is_none());
            if !each(start, text.map_or(Item::Garbage, Item::Note))? || garbage == MOST_GARBAGE {
                return Ok(());
            }
            start += length;
            note.clear();
            blanks = 0;
        }
    }
    if !note.is_empty() {
        each(start, Item::Torn)?;
    }
    Ok(())
}

/// The end of the file: the latest checkpoint, and where the next one goes.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    pub latest: Option<Checkpoint>,
    /// Behind the last whole note; what follows is torn.
    pub end: u64,
    /// Why the last note is not the latest checkpoint.
    pub damage: Option<NoteError>,
}

/// Reads the end of the file, whatever its length.
pub(crate) fn tail(dir: &Path, verifier: &Verifier) -> Result<Tail, Error> {
    let path = path(dir);
    let file = match files::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Tail::default()),
        Err(error) => return Err(Error::io("open", &path)(error)),
    };
    let size = file.metadata().map_err(Error::io("look at", &path))?.len();
    let window = usize::try_from(size)
        .unwrap_or(usize::MAX)
        .min(MAX_NOTE * 2);
    let offset = size - window as u64;
    let mut bytes = vec![0; window];
    file.read_exact_at(&mut bytes, offset)
        .map_err(Error::io("read", &path))?;
    // A note begins with the origin, at the start of the file or after an empty line.
    let start = format!("{}\n", verifier.name());
    let mut starts: Vec<usize> = memchr::memmem::find_iter(&bytes, &start)
        .filter(|at| {
            let before = bytes.get(..*at);
            (*at == 0 && offset == 0) || before.is_some_and(|before| before.ends_with(b"\n\n"))
        })
        .collect();
    let mut tail = Tail {
        latest: None,
        end: size,
        damage: None,
    };
    let mut stop = bytes.len();
    let mut last = true;
    while let Some(at) = starts.pop() {
        let whole = bytes
            .get(at..stop)
            .and_then(|note| note.strip_suffix(b"\n"))
            .filter(|n| n.ends_with(b"\n") && memchr::memmem::find(n, b"\n\n").is_some());
        match whole.map(|note| verifier.open(&String::from_utf8_lossy(note))) {
            Some(Ok(checkpoint)) => {
                tail.latest = Some(checkpoint);
                return Ok(tail);
            }
            Some(Err(error)) => tail.damage = tail.damage.or(Some(error)),
            None if last => tail.end = offset + at as u64,
            None => tail.damage = tail.damage.or(Some(NoteError::Form("it is not whole"))),
        }
        last = false;
        stop = at;
    }
    if tail.damage.is_none() && size > 0 && tail.end == size {
        tail.damage = Some(NoteError::Form("no checkpoint of this vault"));
    }
    Ok(tail)
}

/// The checkpoint for exactly `size` records, if there is one.
pub(crate) fn find(
    dir: &Path,
    verifier: &Verifier,
    size: u64,
) -> Result<Option<Checkpoint>, Error> {
    let mut found = None;
    let line = size.to_string();
    walk(dir, |_, item| {
        if let Item::Note(note) = item
            && note.split('\n').nth(1) == Some(&line)
        {
            found = verifier.open(&note).ok();
        }
        Ok(found.is_none())
    })?;
    Ok(found)
}

/// Whether the file holds the note for `size` records whose id is `id`.
pub(crate) fn holds(dir: &Path, size: u64, id: &Hash) -> Result<bool, Error> {
    let mut found = false;
    let line = size.to_string();
    walk(dir, |_, item| {
        if let Item::Note(note) = item
            && note.split('\n').nth(1) == Some(&line)
        {
            found = note_id(&note) == *id;
        }
        Ok(!found)
    })?;
    Ok(found)
}

impl Checkpoints {
    /// Opens the file for appending at `end`, cutting off a note that a crash left unfinished.
    pub(crate) fn open(dir: &Path, end: u64) -> Result<Self, Error> {
        let path = path(dir);
        let open = || {
            let mut options = OpenOptions::new();
            let options = options.read(true).write(true).create(true).truncate(false);
            let file = files::open_with(&path, options)?;
            if file.metadata()?.len() > end {
                file.set_len(end)?;
                file.sync_all()?;
            }
            Ok(file)
        };
        let file = open().map_err(Error::io("open", &path))?;
        files::sync_dir(dir)?;
        Ok(Self { path, file, end })
    }

    /// Appends a checkpoint durably.
    pub(crate) fn append(&mut self, checkpoint: &Checkpoint) -> Result<(), Error> {
        let text = format!("{}\n", checkpoint.note);
        let written = self
            .file
            .write_all_at(text.as_bytes(), self.end)
            .and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            let _ = self.file.set_len(self.end);
            return Err(Error::io("append to", &self.path)(error));
        }
        self.end += text.len() as u64;
        Ok(())
    }
}
