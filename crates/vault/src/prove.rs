//! Proofs that leave the vault with a line and can be checked without it.

use std::collections::{HashMap, hash_map::Entry};

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    Error, Reader, Record, checkpoints,
    note::{Checkpoint, NoteError, Verifier},
    state::View,
    tree::{self, BLOCK, Frontier, Hash, Oracle},
};

/// First line of a proof, <https://c2sp.org/tlog-proof>.
const FORMAT: &str = "c2sp.org/tlog-proof@v1";

/// Why a proof does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// It is not a proof in this form.
    #[error("not a proof: {0}")]
    Form(&'static str),
    /// The checkpoint in it is not one of the log's.
    #[error(transparent)]
    Checkpoint(#[from] NoteError),
    /// The hashes do not lead to the signed root.
    #[error("the hashes do not lead to the signed root")]
    Root,
}

/// A record, and the proof that it is in the log that was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The record's number.
    pub index: u64,
    /// Its canonical encoding.
    pub record: Vec<u8>,
    /// The hashes from the leaf's sibling to the root's child.
    pub path: Vec<Hash>,
    /// The signed note.
    pub checkpoint: String,
}

/// The proof that one signed state of the log is the beginning of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consistency {
    /// The earlier state.
    pub old: Checkpoint,
    /// The later state.
    pub new: Checkpoint,
    /// The hashes of RFC 6962 §2.1.2.
    pub path: Vec<Hash>,
}

impl Consistency {
    /// Whether it holds (the signatures are checked when checkpoints are opened).
    pub fn holds(&self) -> bool {
        tree::verify_consistency(
            self.old.size,
            &self.old.root,
            self.new.size,
            &self.new.root,
            &self.path,
        )
    }

    /// For a file: sizes, hashes in base64, both notes.
    pub fn to_json(&self) -> serde_json::Value {
        let path: Vec<String> = self.path.iter().map(|hash| STANDARD.encode(hash)).collect();
        serde_json::json!({ "old": self.old.note, "new": self.new.note, "path": path })
    }
}

impl Proof {
    /// The proof as a C2SP tlog-proof; the record is its extra data, so that the
    /// file stands alone.
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "{FORMAT}\nextra {}\nindex {}\n",
            STANDARD.encode(&self.record),
            self.index
        );
        for hash in &self.path {
            text.push_str(&STANDARD.encode(hash));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.checkpoint);
        text
    }

    /// Reads what [`Proof::to_text`] writes.
    ///
    /// # Errors
    /// [`ProofError::Form`].
    pub fn from_text(text: &str) -> Result<Self, ProofError> {
        let (head, checkpoint) = text
            .split_once("\n\n")
            .ok_or(ProofError::Form("no empty line"))?;
        let mut lines = head.split('\n');
        if lines.next() != Some(FORMAT) {
            return Err(ProofError::Form("another first line"));
        }
        let record = lines
            .next()
            .and_then(|l| l.strip_prefix("extra "))
            .and_then(|l| STANDARD.decode(l).ok());
        let index = lines
            .next()
            .and_then(|l| l.strip_prefix("index "))
            .and_then(|l| l.parse().ok());
        let hash = |line: &str| -> Option<Hash> { STANDARD.decode(line).ok()?.try_into().ok() };
        let path = lines.map(hash).collect::<Option<_>>();
        Ok(Self {
            index: index.ok_or(ProofError::Form("no index"))?,
            record: record.ok_or(ProofError::Form("no record"))?,
            path: path.ok_or(ProofError::Form("a line that is no hash"))?,
            checkpoint: checkpoint.to_owned(),
        })
    }

    /// For programs: the fields of the record beside the proof. `raw` is the line; the bytes of
    /// one that is not UTF-8 are `{"base64": …}`, and `text` is how it is read.
    pub fn to_json(&self) -> serde_json::Value {
        let path: Vec<String> = self.path.iter().map(|hash| STANDARD.encode(hash)).collect();
        let record = Record::decode(self.index, &self.record).map(|r| {
            serde_json::json!({
                "received_at": domain::clock::from_ms(r.received_at_ms).to_string(),
                "sent_at": r.sent_at_ms.map(|ms| domain::clock::from_ms(ms).to_string()),
                "source": hex::encode(r.source),
                "unit": hex::encode(r.unit),
                "peer": r.peer.to_string(),
                "transport": r.transport,
                "flags": r.flags,
                "facility": r.facility,
                "severity": r.severity,
                "host": r.host,
                "application": r.application,
                "raw": std::str::from_utf8(&r.raw).map_or_else(
                    |_| serde_json::json!({ "base64": STANDARD.encode(&r.raw) }),
                    serde_json::Value::from,
                ),
                "text": r.text(),
            })
        });
        serde_json::json!({
            "format": FORMAT,
            "index": self.index,
            "record": record,
            "leaf": STANDARD.encode(&self.record),
            "path": path,
            "checkpoint": self.checkpoint,
        })
    }

    /// Checks the signature and the hashes, and gives the record they speak of.
    ///
    /// # Errors
    /// [`ProofError`] says which part does not hold.
    pub fn verify(&self, verifier: &Verifier) -> Result<(Record, Checkpoint), ProofError> {
        let checkpoint = verifier.open(&self.checkpoint)?;
        let leaf = tree::leaf_hash(&self.record);
        if !tree::verify_inclusion(
            &leaf,
            self.index,
            checkpoint.size,
            &self.path,
            &checkpoint.root,
        ) {
            return Err(ProofError::Root);
        }
        let record = Record::decode(self.index, &self.record)
            .ok_or(ProofError::Form("the record cannot be decoded"))?;
        Ok((record, checkpoint))
    }
}

/// Roots of subtrees from what is kept and, below 256 leaves, from the records.
struct Stored<'a> {
    reader: &'a Reader,
    view: &'a View,
    blocks: HashMap<u64, Vec<Hash>>,
}

impl Oracle for Stored<'_> {
    type Error = Error;

    fn node(&mut self, level: u32, index: u64) -> Result<Hash, Error> {
        if level >= BLOCK.ilog2() {
            return self.reader.shared().read(|s| s.nodes.get(level, index));
        }
        let first = index << level;
        let block = first / BLOCK;
        let leaves = match self.blocks.entry(block) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(empty) => {
                let wanted = block * BLOCK..((block + 1) * BLOCK).min(self.view.size);
                let records = self.reader.encoded(self.view, wanted)?;
                empty.insert(records.iter().map(|r| tree::leaf_hash(r)).collect())
            }
        };
        let start = usize::try_from(first % BLOCK).unwrap_or(0);
        let Some(leaves) = leaves.get(start..start + (1 << level)) else {
            return Err(Error::NoSuchRecord {
                index: first + (1 << level) - 1,
                size: self.view.size,
            });
        };
        let mut frontier = Frontier::default();
        for leaf in leaves {
            frontier.push(*leaf, |_, _| {});
        }
        Ok(frontier.root())
    }
}

pub(crate) fn inclusion(reader: &Reader, index: u64) -> Result<Proof, Error> {
    // The checkpoint first: the view is then never behind it.
    let checkpoint = reader.latest_checkpoint();
    let view = reader.shared().view();
    if index >= view.size {
        return Err(Error::NoSuchRecord {
            index,
            size: view.size,
        });
    }
    let checkpoint = checkpoint
        .filter(|c| c.size > index)
        .ok_or(Error::NotYetSigned { index })?;
    let mut stored = Stored {
        reader,
        view: &view,
        blocks: HashMap::new(),
    };
    let path = tree::inclusion_path(&mut stored, index, checkpoint.size)?;
    let record = reader
        .encoded(&view, index..index + 1)?
        .pop()
        .ok_or(Error::NoSuchRecord {
            index,
            size: view.size,
        })?;
    Ok(Proof {
        index,
        record,
        path,
        checkpoint: checkpoint.note,
    })
}

/// Whether the tree as it is now begins with the signed state `old`.
pub(crate) fn begins_with(reader: &Reader, old: &Checkpoint) -> Result<bool, Error> {
    let view = reader.shared().view();
    let root = reader.shared().read(|s| s.frontier.root());
    if old.size > view.size {
        return Ok(false);
    }
    if old.size == 0 || old.size == view.size {
        let there = if old.size == 0 {
            tree::empty_root()
        } else {
            root
        };
        return Ok(there == old.root);
    }
    let mut stored = Stored {
        reader,
        view: &view,
        blocks: HashMap::new(),
    };
    let path = tree::consistency_path(&mut stored, old.size, view.size)?;
    Ok(tree::verify_consistency(
        old.size, &old.root, view.size, &root, &path,
    ))
}

pub(crate) fn consistency(reader: &Reader, old: u64, new: u64) -> Result<Consistency, Error> {
    let shared = reader.shared();
    let find = |size: u64| {
        checkpoints::find(&shared.dir, &shared.verifier, size)?.ok_or(Error::NotYetSigned {
            index: size.saturating_sub(1),
        })
    };
    let (old, new) = (find(old.min(new))?, find(old.max(new))?);
    let view = shared.view();
    if new.size > view.size {
        return Err(Error::NoSuchRecord {
            index: new.size - 1,
            size: view.size,
        });
    }
    let mut stored = Stored {
        reader,
        view: &view,
        blocks: HashMap::new(),
    };
    let path = tree::consistency_path(&mut stored, old.size, new.size)?;
    Ok(Consistency { old, new, path })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Flags, Line, Transport};

    #[test]
    fn the_bytes_of_a_line_are_told() {
        for (raw, told) in [
            ("Lỗi".as_bytes(), serde_json::json!("Lỗi")),
            // TCVN3.
            (&b"L\xe7i"[..], serde_json::json!({ "base64": "TOdp" })),
        ] {
            let line = Line {
                received_at_ms: 0,
                sent_at_ms: None,
                source: [0; 16],
                unit: [0; 16],
                peer: [127, 0, 0, 1].into(),
                transport: Transport::Udp,
                flags: Flags::default(),
                facility: None,
                severity: None,
                host: "",
                application: "",
                raw,
            };
            let mut record = Vec::new();
            line.encode_into(&mut record);
            let proof = Proof {
                index: 0,
                record,
                path: Vec::new(),
                checkpoint: String::new(),
            };
            let json = proof.to_json();
            assert_eq!(json["record"]["raw"], told);
            assert_eq!(json["record"]["text"], "Lỗi");
        }
    }
}
