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
    /// Whose it is: the unit's title; none for a unit itself.
    pub unit: Option<String>,
    /// Where somebody answers, for what has a telephone.
    pub phone: Option<String>,
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
    /// Code and title, folded.
    names: [String; 2],
    /// All words of the record, folded.
    words: String,
}

impl Entry {
    /// How near it is to what was typed: called so, beginning so, with the words in its name,
    /// elsewhere.
    fn distance(&self, typed: &str, words: &[&str]) -> u8 {
        let any = |test: &dyn Fn(&String) -> bool| self.names.iter().any(test);
        if any(&|name| name == typed) {
            0
        } else if any(&|name| name.starts_with(typed)) {
            1
        } else if any(&|name| words.iter().all(|word| name.contains(word))) {
            2
        } else {
            3
        }
    }
}

impl Index {
    /// Reads it.
    ///
    /// # Errors
    /// [`StoreError`] of the engine.
    pub async fn load(db: &Db) -> Result<Self, StoreError> {
        let tree = Tree::load(db).await?;
        let (mut entries, mut nouns) = (Vec::new(), Vec::new());
        // Tens of thousands of interfaces are found in their own list.
        for schema in noun::all().iter().filter(|s| s.observed.is_none()) {
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
            let phone = if schema.field("phone").is_some() {
                "phone"
            } else {
                "CAST(NULL AS TEXT)"
            };
            let sql = format!(
                "SELECT id, {owner} AS owner, {code} AS code, {phone} AS phone, {} AS title, search FROM {} \
                 ORDER BY sort_key, id",
                schema.title,
                schema.table()
            );
            for row in db.fetch("search", &sql, &[]).await? {
                let code = row.opt_text("code")?;
                let title = row.opt_text("title")?.unwrap_or_default();
                entries.push(Entry {
                    names: [
                        code.as_deref().map(text::fold).unwrap_or_default(),
                        text::fold(&title),
                    ],
                    hit: Hit {
                        noun: schema.noun.clone(),
                        id: row.text("id")?,
                        code,
                        title,
                        unit: None,
                        phone: row.opt_text("phone")?.filter(|phone| !phone.is_empty()),
                    },
                    owner: row.opt_parsed("owner")?,
                    words: row.text("search")?,
                });
            }
            nouns.push((schema, entries.len()));
        }
        let mut titled: HashMap<String, Vec<usize>> = HashMap::new();
        let mut units: HashMap<String, String> = HashMap::new();
        for (place, entry) in entries.iter().enumerate() {
            let [_, title] = entry.names.clone();
            titled.entry(title).or_default().push(place);
            if entry.hit.noun == "organization" {
                units.insert(entry.hit.id.clone(), entry.hit.title.clone());
            }
        }
        for entry in entries.iter_mut().filter(|e| e.hit.noun != "organization") {
            let owner = entry.owner.map(|owner| owner.to_string());
            entry.hit.unit = owner.and_then(|owner| units.get(&owner).cloned());
        }
        Ok(Self {
            entries,
            nouns,
            titled,
            tree,
        })
    }

    /// Records whose words contain all of `words`, at most `limit` of each noun: first what is
    /// called so, then what begins so, what has the words in its name, and the rest, each noun by
    /// noun in dictionary order; `reads` says whose records of a noun are in scope.
    pub fn find(
        &self,
        reads: impl Fn(&Schema) -> Option<Scope>,
        words: &str,
        limit: usize,
    ) -> Vec<Hit> {
        let folded = text::fold(words);
        let words: Vec<&str> = folded.split_whitespace().take(8).collect();
        let typed = words.join(" ");
        let mut hits: Vec<(u8, &Hit)> = Vec::new();
        let mut from = 0;
        for (schema, to) in &self.nouns {
            let records = self.entries.get(from..*to).unwrap_or_default();
            from = *to;
            let Some(scope) = reads(schema) else {
                continue;
            };
            let mut found: Vec<(u8, &Hit)> = records
                .iter()
                .filter(|entry| words.iter().all(|word| entry.words.contains(word)))
                .filter(|entry| self.tree.covers(&scope, entry.owner))
                .map(|entry| (entry.distance(&typed, &words), &entry.hit))
                .collect();
            found.sort_by_key(|(distance, _)| *distance);
            hits.extend(found.into_iter().take(limit));
        }
        hits.sort_by_key(|(distance, _)| *distance);
        hits.into_iter().map(|(_, hit)| hit.clone()).collect()
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
