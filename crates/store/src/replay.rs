//! The records held against the journal: what every entry says must be what is there.
//!
//! [`Replay::take`] is given the journal in order; [`Replay::compare`] then reads all records
//! and names each that differs, was added beside the journal, or is gone. [`TABLES`] says of
//! every table how it is held.

mod closing;
mod place;
mod record;
mod special;
mod verdict;

use std::collections::{BTreeMap, HashMap};

use domain::{
    record::Values,
    schema::{Schema, Storage},
};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

pub use self::{
    place::{LOOSE, Place, TABLES},
    special::{Restated, restate},
};
use crate::{
    Db, Row, StoreError, args,
    journal::{self, JournalEntry},
    memory::LOST,
};

/// A record that is not as the journal tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The entry that tells last of it; none when no entry does.
    pub seq: Option<i64>,
    /// The noun.
    pub noun: String,
    /// The record.
    pub record_id: String,
    /// The field; empty when it is about the record as a whole.
    pub field: String,
    /// What the journal says.
    pub expected: String,
    /// What is there.
    pub found: String,
}

/// What a comparison came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// How many records were looked at.
    pub records: u64,
    /// At most [`MOST`] mismatches.
    pub mismatches: Vec<Mismatch>,
    /// How many more there were.
    pub more: u64,
}

/// Mismatches that are kept; the others are counted.
pub const MOST: usize = 100;

/// The last word of the journal on a record.
#[derive(Clone, Debug, Default)]
struct Held {
    seq: i64,
    /// The entry that tells first of it and that which wrote it last, each with its moment in
    /// unix milliseconds.
    made: (i64, i64),
    written: (i64, i64),
    /// Whose it was last.
    organization: Option<String>,
    /// How many states it had, the first and the last of them: that one counts.
    versions: i64,
    first: String,
    last: String,
    /// Of an entry of a book, and of a closed book: each state.
    states: Vec<Version>,
    gone: bool,
}

/// A state of an entry of a book.
#[derive(Clone, Debug)]
struct Version {
    seq: i64,
    at: i64,
    by: String,
    digest: Digested,
    /// Whether it is among the versions that are kept.
    kept: bool,
}

/// SHA-256 of a state's values in one way of writing.
type Digested = [u8; 32];

fn digest(state: &str) -> Digested {
    let values: Values = serde_json::from_str(state).unwrap_or_default();
    let text = serde_json::to_string(&values).unwrap_or_default();
    Sha256::digest(text).into()
}

/// Gathers what the journal says.
#[derive(Debug)]
pub struct Replay<'a> {
    schemas: HashMap<&'a str, &'a Schema>,
    /// By noun, then by record.
    held: HashMap<String, HashMap<String, Held>>,
    /// By id: the digest of a verdict's row, and the entry that tells it.
    verdicts: HashMap<String, (String, i64)>,
    /// The entry from which on all tables are held; none in a journal of an older version.
    begun: Option<i64>,
    /// The entry [`journal::SCANS`].
    scans: Option<i64>,
    out: Compared,
}

impl<'a> Replay<'a> {
    /// For these nouns and books.
    pub fn new(schemas: impl IntoIterator<Item = &'a Schema>) -> Self {
        Self {
            schemas: (schemas.into_iter())
                // What is observed has no entries.
                .filter(|schema| schema.observed.is_none())
                .map(|schema| (schema.noun.as_str(), schema))
                .collect(),
            held: HashMap::new(),
            verdicts: HashMap::new(),
            begun: None,
            scans: None,
            out: Compared::default(),
        }
    }

    /// Takes the next entry.
    pub fn take(&mut self, entry: &JournalEntry) {
        let c = &entry.change;
        match c.noun.as_str() {
            journal::BASELINE if c.record_id == journal::SCANS => {
                self.scans = Some(entry.seq);
                return;
            }
            // What follows it tells all of these anew.
            journal::BASELINE => {
                self.begun = Some(entry.seq);
                self.verdicts.clear();
                for noun in special::restated() {
                    self.held.remove(noun);
                }
                return;
            }
            journal::VERDICTS => {
                let turned: HashMap<String, String> =
                    serde_json::from_str(c.after.as_deref().unwrap_or_default())
                        .unwrap_or_default();
                let turned = turned.into_iter();
                self.verdicts
                    .extend(turned.map(|(id, digest)| (id, (digest, entry.seq))));
                return;
            }
            // What it claimed goes with it.
            "organization" if c.action == "delete" => {
                if let Some(claims) = self.held.get_mut("claim") {
                    claims.retain(|id, _| !id.ends_with(&c.record_id));
                }
            }
            _ => {}
        }
        // What was refused, or is about no record in particular, holds nothing.
        if c.record_id.is_empty() || c.action.starts_with("refused") {
            return;
        }
        let organization = c.organization_id.as_deref().unwrap_or_default();
        let key = match c.noun.as_str() {
            "setting" => format!("{organization}/{}", c.record_id),
            // Earlier versions knew one upload of a content for each unit.
            "attachment" if c.record_id.len() == 64 => format!("{}/{organization}", c.record_id),
            "claim" => format!("{} {organization}", c.record_id),
            _ => c.record_id.clone(),
        };
        let state = match (c.noun.as_str(), c.action.as_str(), &c.after) {
            ("setting", _, None) | (_, "delete" | "release", _) => None,
            ("attachment", "found-infected", _) => Some(special::INFECTED.to_owned()),
            ("attachment", "found-clean", _) => Some(special::CLEAN.to_owned()),
            ("attachment", action, _) if action != "create" => return,
            (journal::CHECKPOINT | journal::VAULT | journal::LOST_VAULT | LOST | "alarm", ..)
            | (_, _, None) => return,
            (_, _, Some(after)) => Some(after.clone()),
        };
        // A book whose pack is no longer in use has no schema.
        let table = self.schemas.get(c.noun.as_str()).map(|s| s.storage) == Some(Storage::Table);
        let book = !table && !special::NOUNS.contains(&c.noun.as_str());
        let held = self.held.entry(c.noun.clone()).or_default();
        let held = held.entry(key).or_default();
        held.seq = entry.seq;
        held.gone = state.is_none();
        let Some(state) = state else { return };
        if held.versions == 0 {
            held.made = (entry.seq, c.at);
            held.first.clone_from(&state);
        }
        held.versions += 1;
        held.written = (entry.seq, c.at);
        held.organization.clone_from(&c.organization_id);
        if book || c.noun == "book" {
            held.states.push(Version {
                seq: entry.seq,
                at: c.at,
                by: c.actor.clone(),
                digest: digest(&state),
                kept: false,
            });
        }
        held.last = state;
    }

    /// Reads all records.
    ///
    /// # Errors
    /// [`StoreError`] of the engine.
    pub async fn compare(mut self, db: &Db) -> Result<Compared, StoreError> {
        let tables: Vec<&Schema> = self
            .schemas
            .values()
            .copied()
            .filter(|s| s.storage == Storage::Table)
            .collect();
        for schema in tables {
            self.table(db, schema).await?;
        }
        self.entries(db).await?;
        self.revisions(db).await?;
        self.closure(db).await?;
        self.settings(db).await?;
        self.accounts(db).await?;
        self.closings(db).await?;
        self.verdicts(db).await?;
        self.evidence(db).await?;
        self.definitions(db).await?;
        self.unsaid(db).await?;
        for source in special::SOURCES {
            self.source(db, source).await?;
        }
        // The same order each time.
        let out = &mut self.out;
        out.mismatches.sort_by(|a, b| {
            (&a.noun, &a.record_id, &a.field).cmp(&(&b.noun, &b.record_id, &b.field))
        });
        Ok(self.out)
    }

    fn find(&mut self, mismatch: Mismatch) {
        if self.out.mismatches.len() < MOST {
            self.out.mismatches.push(mismatch);
        } else {
            self.out.more += 1;
        }
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "numbers and borrowed texts alike"
    )]
    fn differs(
        &mut self,
        seq: i64,
        noun: &str,
        id: &str,
        field: &str,
        expected: impl ToString,
        found: impl ToString,
    ) {
        self.find(Mismatch {
            seq: Some(seq),
            noun: noun.into(),
            record_id: id.into(),
            field: field.into(),
            expected: expected.to_string(),
            found: found.to_string(),
        });
    }

    /// What the journal holds of a record that is there; it is a mismatch when it holds none.
    fn claim(&mut self, noun: &str, id: &str, shown: &str) -> Option<Held> {
        self.out.records += 1;
        let held = self.held.get_mut(noun).and_then(|held| held.remove(id));
        match held {
            Some(held) if !held.gone => Some(held),
            held => {
                self.find(Mismatch {
                    seq: held.map(|h| h.seq),
                    noun: noun.into(),
                    record_id: id.into(),
                    field: String::new(),
                    expected: String::new(),
                    found: shown.into(),
                });
                None
            }
        }
    }

    /// What the journal holds and nobody claimed is gone.
    fn rest(&mut self, noun: &str) {
        let rest = self.held.remove(noun).unwrap_or_default();
        let rest: BTreeMap<String, Held> = rest.into_iter().filter(|(_, h)| !h.gone).collect();
        for (id, held) in rest {
            self.differs(held.seq, noun, &id, "", held.last, "");
        }
    }
}

/// Hands all rows of a table to `each`, in order of `id`, also one whose id is no id.
pub(crate) async fn rows(
    db: &Db,
    table: &str,
    mut each: impl FnMut(&Row) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let of = |more: &str| format!("SELECT * FROM {table} {more} ORDER BY id LIMIT 2000");
    let mut rows = db.fetch(table, &of(""), &[]).await?;
    loop {
        for row in &rows {
            each(row)?;
        }
        let Some(last) = rows.last() else {
            return Ok(());
        };
        let last = last.text("id")?;
        rows = db.fetch(table, &of("WHERE id > $1"), &args![last]).await?;
    }
}

fn values(state: &str) -> Values {
    serde_json::from_str(state).unwrap_or_default()
}

fn json(state: &str) -> Json {
    serde_json::from_str(state).unwrap_or_default()
}
