//! The search box over the registry: units, sites, circuits, devices, prefixes. A word may
//! stand anywhere in another, which no index of a database finds; what is searched is small
//! and seldom changes, so that it lies in memory.

use std::collections::HashMap;

use domain::{authority::Scope, id::OrganizationId, noun, schema::Schema, text};

use crate::{Db, StoreError, registry::Tree};

/// Something found.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Hit {
    /// Its noun.
    pub noun: String,
    /// Its id.
    pub id: String,
    /// Its code, where it has one.
    pub code: Option<String>,
    /// Its title.
    pub title: String,
}

/// All records of the registry as the search box looks through them.
#[derive(Debug)]
pub struct Index {
    entries: Vec<Entry>,
    /// The nouns in their order, each with the place where its records end.
    nouns: Vec<(&'static Schema, usize)>,
    /// Places by folded title.
    titled: HashMap<String, Vec<usize>>,
    tree: Tree,
}

#[derive(Debug)]
struct Entry {
    hit: Hit,
    owner: Option<OrganizationId>,
    /// All words of the record, folded.
    words: String,
}

impl Index {
    /// Reads it.
    ///
    /// # Errors
    /// [`StoreError`] of the engine.
    pub async fn load(db: &Db) -> Result<Self, StoreError> {
        let tree = Tree::load(db).await?;
        let (mut entries, mut nouns) = (Vec::new(), Vec::new());
        for schema in noun::all() {
            let owner = if schema.owner == "id" {
                "id"
            } else {
                "organization_id"
            };
            let code = if schema.field("code").is_some() {
                "code"
            } else {
                "CAST(NULL AS TEXT)"
            };
            let sql = format!(
                "SELECT id, {owner} AS owner, {code} AS code, {} AS title, search FROM {} ORDER BY sort_key, id",
                schema.title,
                schema.table()
            );
            for row in db.fetch("search", &sql, &[]).await? {
                entries.push(Entry {
                    hit: Hit {
                        noun: schema.noun.clone(),
                        id: row.text("id")?,
                        code: row.opt_text("code")?,
                        title: row.opt_text("title")?.unwrap_or_default(),
                    },
                    owner: row.opt_parsed("owner")?,
                    words: row.text("search")?,
                });
            }
            nouns.push((schema, entries.len()));
        }
        let mut titled: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, entry) in entries.iter().enumerate() {
            let title = text::fold(&entry.hit.title);
            titled.entry(title).or_default().push(place);
        }
        Ok(Self {
            entries,
            nouns,
            titled,
            tree,
        })
    }

    /// Records whose words contain all of `words`, at most `limit` of each noun, in dictionary
    /// order; `reads` says whose records of a noun are in scope.
    pub fn find(
        &self,
        reads: impl Fn(&Schema) -> Option<Scope>,
        words: &str,
        limit: usize,
    ) -> Vec<Hit> {
        let folded = text::fold(words);
        let words: Vec<&str> = folded.split_whitespace().take(8).collect();
        let mut hits: Vec<Hit> = Vec::new();
        let mut from = 0;
        for (schema, to) in &self.nouns {
            let records = self.entries.get(from..*to).unwrap_or_default();
            from = *to;
            let Some(scope) = reads(schema) else {
                continue;
            };
            let found = records
                .iter()
                .filter(|entry| words.iter().all(|word| entry.words.contains(word)))
                .filter(|entry| self.tree.covers(&scope, entry.owner));
            hits.extend(found.take(limit).map(|entry| entry.hit.clone()));
        }
        hits
    }

    /// The one record in scope (see [`Index::find`]) with this title; one of `owner` goes before those of others.
    /// None when nothing or more than one thing is called so.
    pub fn titled(
        &self,
        reads: impl Fn(&Schema) -> Option<Scope>,
        owner: OrganizationId,
        title: &str,
    ) -> Option<&Hit> {
        let places = self.titled.get(&text::fold(title))?;
        let called: Vec<&Entry> = places
            .iter()
            .map(|place| &self.entries[*place])
            .filter(|entry| {
                let scope = noun::get(&entry.hit.noun).and_then(&reads);
                scope.is_some_and(|scope| self.tree.covers(&scope, entry.owner))
            })
            .collect();
        let own: Vec<&Entry> = called
            .iter()
            .copied()
            .filter(|entry| entry.owner == Some(owner))
            .collect();
        match (own.as_slice(), called.as_slice()) {
            ([one], _) | ([], [one]) => Some(&one.hit),
            _ => None,
        }
    }
}
