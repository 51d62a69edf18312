//! Records of the registry and entries of books.

use std::collections::{BTreeMap, HashMap};

use domain::{
    record::Value,
    schema::{MOST_DEPTH, Schema},
};

use super::{Held, Replay, Version, digest, rows, values};
use crate::{Arg, Db, Row, StoreError, args, registry};

/// An entry counts from when it was written down: that is held against the journal's time,
/// which an older version took a little later.
const APART_MS: i64 = 600_000;

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
                if matches!(column.as_str(), "search" | "sort_key") {
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
                let of = |values: &domain::record::Values| {
                    values.get(name).cloned().unwrap_or(Value::Null)
                };
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
            let recorded = row.int("recorded_at")?;
            let first = held.states.first().map_or(0, |state| state.seq);
            if (recorded - held.made_at).abs() > self.apart(first) {
                self.differs(held.seq, &noun, &id, "recorded_at", held.made_at, recorded);
            }
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
        let sql = "SELECT entry_id, version, recorded_at, recorded_by, data FROM entry_revision \
                   WHERE entry_id > $1 OR (entry_id = $1 AND version > $2) \
                   ORDER BY entry_id, version LIMIT 2000";
        let (mut last, mut version) = (String::new(), 0);
        loop {
            let rows = db
                .fetch("entry_revision", sql, &args![&last, version])
                .await?;
            for row in &rows {
                (last, version) = (row.text("entry_id")?, row.int("version")?);
                self.out.records += 1;
                // An entry that no journal knows is told already.
                let Some(held) = held.get_mut(&last) else {
                    continue;
                };
                let (field, found) = (format!("version {version}"), row.text("data")?);
                let n = usize::try_from(version - 1).ok();
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
                if (recorded - at).abs() > self.apart(seq) {
                    let field = format!("{field}, time");
                    self.differs(seq, "entry", &last, &field, at, recorded);
                }
            }
            if rows.is_empty() {
                break;
            }
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

    /// How far the time of a version may be from that of its entry. Earlier versions of the
    /// program looked at the clock twice.
    fn apart(&self, seq: i64) -> i64 {
        if self.begun.is_some_and(|begun| seq > begun) {
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

    fn version(&mut self, noun: &str, id: &str, held: &Held, row: &Row) -> Result<(), StoreError> {
        let version = row.int("version")?;
        if version != held.versions {
            self.differs(held.seq, noun, id, "version", held.versions, version);
        }
        Ok(())
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
            Arg::Bool(_) => Arg::Bool(row.opt_boolean(column)?),
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
