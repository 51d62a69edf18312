//! Records of the registry and entries of books.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::{
    record::{Value, Values},
    schema::{MOST_DEPTH, Schema},
};

use super::{Held, Replay, Version, digest, rows, values};
use crate::{Arg, Db, Row, StoreError, args, registry};

/// An entry counts from when it was written down: that is held against the journal's time,
/// which an older version took a little later.
pub(super) const APART_MS: u64 = 600_000;

impl Replay<'_> {
    pub(super) async fn table(&mut self, db: &Db, schema: &Schema) -> Result<(), StoreError> {
        let noun = schema.noun.clone();
        rows(db, &schema.table(), |row| {
            let id = row.text("id")?;
            let Some(held) = self.claim(&noun, &id, &row.text("sort_key")?) else {
                return Ok(());
            };
            let expected = values(&held.last);
            for (column, arg) in registry::columns(schema, &expected) {
                if column == "search" {
                    self.search(schema, &id, &held, row, &expected)?;
                    continue;
                }
                let field = schema.fields.iter().find(|f| f.column() == column);
                let told = field.is_none_or(|f| expected.contains_key(&f.name));
                self.cell(&noun, &id, &held, row, &column, &arg, told)?;
            }
            self.version(&noun, &id, &held, row)
        })
        .await?;
        self.rest(&noun);
        Ok(())
    }

    /// Entries of all books, also of those whose pack is no longer in use.
    pub(super) async fn entries(&mut self, db: &Db) -> Result<(), StoreError> {
        let mut nouns: Vec<String> = Vec::new();
        rows(db, "entry", |row| {
            let (noun, id) = (row.text("register")?, row.text("id")?);
            if !nouns.contains(&noun) {
                nouns.push(noun.clone());
            }
            let Some(held) = self.claim(&noun, &id, &row.text("data")?) else {
                return Ok(());
            };
            let expected = values(&held.last);
            let found = values(&row.text("data")?);
            let names = expected.keys().chain(found.keys());
            let names: std::collections::BTreeSet<&String> = names.collect();
            for name in names {
                let of = |values: &Values| values.get(name).cloned().unwrap_or(Value::Null);
                let (expected, found) = (of(&expected), of(&found));
                if expected != found {
                    self.differs(
                        held.seq,
                        &noun,
                        &id,
                        name,
                        expected.to_cell(),
                        found.to_cell(),
                    );
                }
            }
            for (column, arg) in registry::entry_columns(&expected) {
                self.cell(&noun, &id, &held, row, &column, &arg, true)?;
            }
            // Of a book whose pack is no longer in use it is not known what was looked for.
            if let Some(schema) = self.schemas.get(noun.as_str()).copied() {
                self.search(schema, &id, &held, row, &expected)?;
            }
            self.moment(&noun, &id, row, "recorded_at", held.made)?;
            self.version(&noun, &id, &held, row)?;
            // Kept for the versions of entries, which are compared next.
            let kept = self.held.entry("entry".into()).or_default();
            kept.insert(id, held);
            Ok(())
        })
        .await?;
        let books = self.schemas.values();
        nouns.extend(
            books
                .filter(|s| s.storage == domain::schema::Storage::Entry)
                .map(|s| s.noun.clone()),
        );
        for noun in nouns {
            self.rest(&noun);
        }
        Ok(())
    }

    /// All versions of entries: what they held, who wrote them and when.
    pub(super) async fn revisions(&mut self, db: &Db) -> Result<(), StoreError> {
        let mut held = self.held.remove("entry").unwrap_or_default();
        let sql = |more: &str| {
            format!(
                "SELECT entry_id, version, recorded_at, recorded_by, data FROM entry_revision \
                 {more} ORDER BY entry_id, version LIMIT 2000"
            )
        };
        let behind = sql("WHERE entry_id > $1 OR (entry_id = $1 AND version > $2)");
        let mut rows = db.fetch("entry_revision", &sql(""), &[]).await?;
        while let Some(row) = rows.last() {
            let (last, version) = (row.text("entry_id")?, row.int("version")?);
            for row in &rows {
                let (last, version) = (row.text("entry_id")?, row.int("version")?);
                self.out.records += 1;
                let (field, found) = (format!("version {version}"), row.text("data")?);
                let Some(held) = held.get_mut(&last) else {
                    self.find(super::Mismatch {
                        seq: None,
                        noun: "entry".into(),
                        record_id: last,
                        field,
                        expected: String::new(),
                        found,
                    });
                    continue;
                };
                let n = version.checked_sub(1).and_then(|n| usize::try_from(n).ok());
                let Some(state) = n.and_then(|n| held.states.get_mut(n)) else {
                    let seq = held.seq;
                    self.differs(seq, "entry", &last, &field, "", found);
                    continue;
                };
                state.kept = true;
                let Version { seq, at, .. } = *state;
                if state.digest != digest(&found) {
                    let expected = hex::encode(state.digest);
                    self.differs(seq, "entry", &last, &field, expected, found);
                }
                let author = row.text("recorded_by")?;
                if author != state.by {
                    let field = format!("{field}, author");
                    self.differs(seq, "entry", &last, &field, &state.by, author);
                }
                let recorded = row.int("recorded_at")?;
                if recorded.abs_diff(at) > self.apart("entry", seq) {
                    let field = format!("{field}, time");
                    self.differs(seq, "entry", &last, &field, at, recorded);
                }
            }
            rows = db
                .fetch("entry_revision", &behind, &args![last, version])
                .await?;
        }
        for (id, held) in held {
            let states = (1..).zip(held.states);
            for (version, state) in states.filter(|(_, state)| !state.kept) {
                let field = format!("version {version}");
                let digest = hex::encode(state.digest);
                self.differs(state.seq, "entry", &id, &field, digest, "");
            }
        }
        Ok(())
    }

    /// How far a moment of a record may be from that of its entry. Earlier versions of the
    /// program looked at the clock twice.
    fn apart(&self, noun: &str, seq: i64) -> u64 {
        let exact = if noun == "document" {
            self.scans
        } else {
            self.begun
        };
        if exact.is_some_and(|begun| seq > begun) {
            0
        } else {
            APART_MS
        }
    }

    /// Who is above whom decides who sees what; it follows from the organizations.
    pub(super) async fn closure(&mut self, db: &Db) -> Result<(), StoreError> {
        let sql = "SELECT id, parent_id FROM organization";
        let above = db.fetch("organization tree", sql, &[]).await?;
        let above: HashMap<String, Option<String>> = above
            .iter()
            .map(|row| Ok((row.text("id")?, row.opt_text("parent_id")?)))
            .collect::<Result<_, StoreError>>()?;
        let sql = "SELECT ancestor_id, descendant_id, depth FROM organization_closure";
        let mut found: BTreeMap<(String, String), i64> = BTreeMap::new();
        for row in db.fetch("organization tree", sql, &[]).await? {
            let key = (row.text("descendant_id")?, row.text("ancestor_id")?);
            found.insert(key, row.int("depth")?);
        }
        let within = |depth: i64| usize::try_from(depth).is_ok_and(|depth| depth <= MOST_DEPTH);
        let mut wrong = Vec::new();
        for id in above.keys() {
            let (mut at, mut depth) = (Some(id), 0);
            while let Some(ancestor) = at.filter(|_| within(depth)) {
                let there = found.remove(&(id.clone(), ancestor.clone()));
                // A circle, which is refused, would come by twice.
                if there.is_some_and(|there| there != depth) || (there.is_none() && depth == 0) {
                    wrong.push((id.clone(), ancestor.clone(), Some(depth), there));
                } else if there.is_none() {
                    wrong.push((id.clone(), ancestor.clone(), Some(depth), None));
                    break;
                }
                at = above.get(ancestor).and_then(Option::as_ref);
                depth += 1;
            }
        }
        wrong.extend(
            found
                .into_iter()
                .map(|((id, ancestor), there)| (id, ancestor, None, Some(there))),
        );
        let shown = |depth: Option<i64>| depth.map_or_else(String::new, |d| d.to_string());
        for (id, ancestor, expected, there) in wrong {
            self.find(super::Mismatch {
                seq: None,
                noun: "organization".into(),
                record_id: id,
                field: format!("below {ancestor}"),
                expected: shown(expected),
                found: shown(there),
            });
        }
        Ok(())
    }

    /// Which texts say nothing follows from the list and from the records.
    pub(super) async fn unsaid(&mut self, db: &Db) -> Result<(), StoreError> {
        let wanted = crate::unsaid::wanted(db).await?;
        let of = |text: &str, expected: &str, found: &str| super::Mismatch {
            seq: None,
            noun: "unsaid".into(),
            record_id: text.into(),
            field: "kind".into(),
            expected: expected.into(),
            found: found.into(),
        };
        let sql = "SELECT said, kind FROM unsaid ORDER BY said, kind";
        let mut there: HashSet<(String, String)> = HashSet::new();
        for row in db.fetch("unsaid", sql, &[]).await? {
            let (text, kind) = (row.text("said")?, row.text("kind")?);
            if !domain::unsaid::is(&text, &kind) {
                self.find(of(&text, "", &kind));
            }
            there.insert((text, kind));
        }
        let missing = wanted
            .into_iter()
            .map(|(text, kind)| (text, kind.to_owned()));
        for (text, kind) in missing.filter(|it| !there.contains(it)) {
            self.find(of(&text, &kind, ""));
        }
        Ok(())
    }

    /// What the search box looks through holds at least each value; words of choices stand there
    /// too as they were called when it was written.
    fn search(
        &mut self,
        schema: &Schema,
        id: &str,
        held: &Held,
        row: &Row,
        expected: &Values,
    ) -> Result<(), StoreError> {
        let found = row.text("search")?;
        let words = registry::searched(schema, expected);
        if let Some(lacks) = words.into_iter().find(|word| !found.contains(word)) {
            self.differs(held.seq, &schema.noun, id, "search", lacks, found);
        }
        Ok(())
    }

    /// A time that the journal knows by the entry of the same moment.
    fn moment(
        &mut self,
        noun: &str,
        id: &str,
        row: &Row,
        column: &str,
        (seq, at): (i64, i64),
    ) -> Result<(), StoreError> {
        let found = row.int(column)?;
        if found.abs_diff(at) > self.apart(noun, seq) {
            self.differs(seq, noun, id, column, at, found);
        }
        Ok(())
    }

    /// How often a record was written, when first and when last.
    pub(super) fn version(
        &mut self,
        noun: &str,
        id: &str,
        held: &Held,
        row: &Row,
    ) -> Result<(), StoreError> {
        let version = row.int("version")?;
        if version != held.versions {
            self.differs(held.seq, noun, id, "version", held.versions, version);
        }
        self.moment(noun, id, row, "created_at", held.made)?;
        self.moment(noun, id, row, "updated_at", held.written)
    }

    /// One column. A field that the journal does not tell of was made later: it must be empty.
    #[expect(
        clippy::too_many_arguments,
        reason = "one cell of one row, named here once"
    )]
    fn cell(
        &mut self,
        noun: &str,
        id: &str,
        held: &Held,
        row: &Row,
        column: &str,
        expected: &Arg,
        told: bool,
    ) -> Result<(), StoreError> {
        let found = match expected {
            Arg::Text(_) => Arg::Text(row.opt_text(column)?),
            Arg::Int(_) => Arg::Int(row.opt_int(column)?),
            Arg::Real(_) => Arg::Real(row.opt_real(column)?),
            Arg::Bool(_) => match row.odd_boolean(column)? {
                Some(odd) => Arg::Int(Some(odd)),
                None => Arg::Bool(row.opt_boolean(column)?),
            },
        };
        let empty = match &found {
            Arg::Text(text) => text.as_deref().is_none_or(str::is_empty),
            Arg::Int(n) => n.is_none_or(|n| n == 0),
            Arg::Real(n) => n.is_none_or(|n| n == 0.0),
            Arg::Bool(b) => b.is_none_or(|b| !b),
        };
        if found != *expected && (told || !empty) {
            self.differs(held.seq, noun, id, column, shown(expected), shown(&found));
        }
        Ok(())
    }
}

fn shown(arg: &Arg) -> String {
    let text = match arg {
        Arg::Text(text) => text.clone(),
        Arg::Int(n) => n.map(|n| n.to_string()),
        Arg::Real(n) => n.map(|n| n.to_string()),
        Arg::Bool(b) => b.map(|b| b.to_string()),
    };
    text.unwrap_or_default()
}
