//! The fact views that a check may read: what they are is told by their texts and by the
//! nouns ([`domain::fact`]); what follows from it is read here, with the parser of checks.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

pub use domain::fact::{AGE, ELAPSED_MS, MONTH_MS, Origin, Past};
use domain::{
    fact::{self, Adds},
    noun,
    schema::{Kind, Schema},
};

use crate::check::{Lineage, lineage};

/// A fact view.
#[derive(Debug)]
pub struct View {
    /// `fact_device`.
    pub name: &'static str,
    /// The tables and views that it reads, directly or through others.
    pub reads: BTreeSet<String>,
    /// Its columns in order, as its text gives them. `unit` is the organization's id as text;
    /// `…_at` are unix milliseconds UTC, `…_on` dates `YYYY-MM-DD`, `…_ms` durations in
    /// milliseconds. `province` is the head of the tree that the organization stands in: what is
    /// asked of one province's authority counts that province's units only.
    columns: Vec<String>,
    told: &'static fact::View,
}

impl View {
    /// Its columns, without what the engine adds.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(String::as_str)
    }
}

/// What is known of the fact views.
struct Registry {
    views: Vec<View>,
    leads: BTreeSet<String>,
}

/// The organizations' tree: what reads it answers for the units of a province.
const TREE: &str = "organization_closure";

static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    let mut read: BTreeMap<&str, Lineage> = BTreeMap::new();
    let (mut views, mut leads) = (Vec::new(), BTreeSet::new());
    for told in fact::all() {
        let mut found = lineage(&told.sql).unwrap_or_else(|faults| {
            panic!(
                "{} is part of the program and must be portable: {faults:?}",
                told.name
            )
        });
        // Each stands after those that it reads, so these are known to the ground.
        let through: Vec<&Lineage> = (found.reads.iter())
            .filter_map(|name| read.get(name.as_str()))
            .collect();
        let reads: BTreeSet<String> = (through.iter().flat_map(|l| l.reads.iter().cloned()))
            .chain(found.reads.iter().cloned())
            .collect();
        for (_, from) in &mut found.columns {
            let ground = from.iter().flat_map(|(table, column)| {
                let view = read.get(table.as_str());
                let of = view.and_then(|l| l.columns.iter().find(|(name, _)| name == column));
                match of {
                    Some((_, ground)) => ground.iter().cloned().collect::<Vec<_>>(),
                    None => vec![(table.clone(), column.clone())],
                }
            });
            *from = ground.collect();
        }
        found.reads = reads;
        if told.is_fact() {
            let other = found.columns.iter().filter(|(name, _)| name != "unit");
            let led = other.filter(|(_, from)| from.iter().any(|(t, c)| leads_on(t, c)));
            leads.extend(led.map(|(name, _)| name.clone()));
            if found.reads.contains(TREE) {
                leads.insert(told.name.clone());
            }
            views.push(View {
                name: &told.name,
                reads: found.reads.clone(),
                columns: found.columns.iter().map(|(name, _)| name.clone()).collect(),
                told,
            });
        }
        read.insert(&told.name, found);
    }
    Registry { views, leads }
});

/// Whether a column of a table names an organization, or a site, which may be another unit's.
fn leads_on(table: &str, column: &str) -> bool {
    if (table, column) == ("organization", "id") {
        return true;
    }
    let schema = noun::all().iter().find(|s| s.table() == table);
    let field = schema.and_then(|s| s.fields.iter().find(|f| f.column() == column));
    field.is_some_and(|f| matches!(f.refers_to.as_deref(), Some("organization" | "site")))
}

/// Every fact view.
pub fn all() -> &'static [View] {
    &REGISTRY.views
}

fn get(view: &str) -> Option<&'static View> {
    all().iter().find(|v| v.name == view)
}

/// The fact views that read a table, directly or through others: what is judged by them may
/// change with it.
pub fn reading(table: &str) -> impl Iterator<Item = &'static str> {
    let read = all().iter().filter(move |v| v.reads.contains(table));
    read.map(|view| view.name)
}

/// What a view still tells of a day that has passed. A book's entries are about a day.
pub fn past(view: &str) -> &'static Past {
    get(view).map_or(&Past::Dated, |view| &view.told.past)
}

/// Whether a name is that of a view or column that leads from one organization to another: a
/// query that names one may answer for an organization by the records of another.
pub(crate) fn leads(name: &str) -> bool {
    REGISTRY.leads.contains(name)
}

/// The origin of a column of a view: none for a key. What a book holds is typed.
pub fn origin(view: &str, column: &str) -> Option<Origin> {
    match get(view) {
        Some(_) if column == AGE => Some(Origin::Typed),
        Some(view) => {
            let mut columns = view.told.columns.iter();
            columns.find(|c| c.name == column)?.origin
        }
        None => Some(Origin::Typed),
    }
}

/// The fact views and one view for each book (`book_yearly_report`), by name, with columns.
#[derive(Clone, Debug)]
pub struct Views(BTreeMap<String, Known>);

/// A view as checks may read it.
#[derive(Clone, Debug)]
struct Known {
    columns: Vec<String>,
    /// Columns that say when something was done, and whether they are instants.
    done: Vec<(String, bool)>,
    /// Whether its rows are entries, which are about a day.
    dated: bool,
}

impl Default for Views {
    fn default() -> Self {
        Self::with_books([])
    }
}

impl Views {
    /// The fact views and those of these books.
    pub fn with_books<'a>(books: impl IntoIterator<Item = &'a Schema>) -> Self {
        let fixed = all().iter().map(|v| {
            let adds = v.told.adds;
            let added = adds.into_iter().flat_map(Adds::columns).copied();
            let columns = v.columns().chain(added).map(ToOwned::to_owned).collect();
            let done = v
                .told
                .columns
                .iter()
                .filter_map(|c| Some((c.name.clone(), c.done?)));
            let known = Known {
                columns,
                done: done.collect(),
                dated: adds == Some(Adds::Age),
            };
            (v.name.to_owned(), known)
        });
        let books = books.into_iter().map(|book| {
            let mut columns = book.view_columns();
            columns.push(AGE.to_owned());
            let done = book.own_fields().filter(|f| f.done);
            let known = Known {
                columns,
                done: done
                    .map(|f| (f.name.clone(), f.kind == Kind::Instant))
                    .collect(),
                dated: true,
            };
            (book.view(), known)
        });
        Self(fixed.chain(books).collect())
    }

    /// The columns of a view, or none if there is no such view.
    pub fn columns(&self, view: &str) -> Option<&[String]> {
        self.0.get(view).map(|known| known.columns.as_slice())
    }

    /// The columns of a view that could hold what has yet to come or has computed ones, those of them that say when
    /// something was done (and whether as instants), and whether its rows are dated.
    #[expect(clippy::type_complexity, reason = "three parts of one view")]
    pub(crate) fn present(&self, view: &str) -> Option<(&[String], &[(String, bool)], bool)> {
        let known = self.0.get(view)?;
        let computed = known.columns.iter().any(|c| c == MONTH_MS);
        (known.dated || computed || !known.done.is_empty()).then_some((
            known.columns.as_slice(),
            known.done.as_slice(),
            known.dated,
        ))
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_every_view_gives_what_its_head_tells_in_order_or_not() {
        for view in all() {
            let given: BTreeSet<&str> = view.columns().collect();
            let told: BTreeSet<&str> = view.told.columns.iter().map(|c| c.name.as_str()).collect();
            assert_eq!(
                given, told,
                "{}: given by the text, told by the head",
                view.name
            );
            assert_eq!(given.len(), view.columns.len(), "{}", view.name);
        }
    }

    /// The store makes them in the order that the texts stand in, found without a parser.
    #[test]
    fn each_view_stands_after_those_that_it_reads() {
        let names: Vec<&str> = fact::all().iter().map(|v| v.name.as_str()).collect();
        for (i, view) in fact::all().iter().enumerate() {
            let reads = lineage(&view.sql).unwrap().reads;
            let later: Vec<&&str> = names[i..].iter().filter(|n| reads.contains(**n)).collect();
            assert!(later.is_empty(), "{} reads {later:?}", view.name);
        }
    }

    #[test]
    fn what_leads_to_another_unit_follows_from_what_refers_to_it() {
        let leads: Vec<&str> = REGISTRY.leads.iter().map(String::as_str).collect();
        assert_eq!(
            leads,
            [
                "a_site",
                "fact_organization",
                "fact_role",
                "lead",
                "parent",
                "provider",
                "province",
                "site",
                "z_site",
            ]
        );
        // Every reference of a noun that checks read is among them, whichever view has it.
        for schema in noun::all() {
            let view = format!("fact_{}", schema.table());
            let Some(view) = get(&view) else { continue };
            for field in schema.fields.iter().filter(|f| f.name != schema.owner) {
                let refers = matches!(field.refers_to.as_deref(), Some("organization" | "site"));
                if refers && view.columns().any(|c| c == field.name) {
                    assert!(leads.contains(&field.name.as_str()), "{}", field.name);
                }
            }
        }
    }

    #[test]
    fn a_table_leads_to_the_views_that_read_it_through_others_too() {
        let of = |table: &str| reading(table).collect::<BTreeSet<_>>();
        let set = |names: &[&'static str]| names.iter().copied().collect::<BTreeSet<_>>();
        assert_eq!(of("organization"), set(&["fact_organization", "fact_role"]));
        assert_eq!(
            of("site"),
            set(&["fact_site", "fact_target", "fact_availability"])
        );
        let device = set(&[
            "fact_device",
            "fact_target",
            "fact_availability",
            "fact_log_source",
        ]);
        assert_eq!(of("device"), device);
        assert_eq!(
            of("claim"),
            set(&["fact_prefix", "fact_target", "fact_availability"])
        );
        assert_eq!(of("outage"), set(&["fact_outage"]));
        assert_eq!(of("entry"), set(&["fact_entry"]));
        assert_eq!(of("session"), set(&[]));
    }

    /// What packs may read, as `docs/facts.md` lists it.
    fn paper() -> String {
        let mut out = String::new();
        for view in all() {
            let of = |origin: Option<Origin>| {
                let columns = view.told.columns.iter().filter(|c| c.origin == origin);
                let named = columns.map(|c| match c.done {
                    Some(_) => format!("`{}`*", c.name),
                    None => format!("`{}`", c.name),
                });
                named.collect::<Vec<_>>().join(" ")
            };
            let past = match &view.told.past {
                Past::Dated => "all".to_owned(),
                Past::Nothing => "nothing".to_owned(),
                Past::Monthly => "whole months".to_owned(),
                Past::Unchanged(nouns) => format!("unless changed: {}", nouns.join(", ")),
            };
            out += &format!("### `{}`\n- keys: {}\n", view.name, of(None));
            for (word, origin) in [
                ("typed", Origin::Typed),
                ("reported", Origin::Reported),
                ("seen", Origin::Seen),
            ] {
                let columns = of(Some(origin));
                if !columns.is_empty() {
                    out += &format!("- {word}: {columns}\n");
                }
            }
            if let Some(adds) = view.told.adds {
                out += &format!("- added: `{}`\n", adds.columns().join("` `"));
            }
            out += &format!("- of a past day: {past}\n");
        }
        out
    }

    #[test]
    fn what_is_published_of_the_views_is_true() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/facts.md");
        let published = std::fs::read_to_string(path).unwrap();
        let wanted = paper();
        assert!(
            published.ends_with(&wanted),
            "docs/facts.md has to end with:\n{wanted}"
        );
    }

    #[test]
    fn no_view_tells_how_to_reach_a_person() {
        for view in all() {
            let told = view.columns().find(|c| matches!(*c, "phone" | "email"));
            assert_eq!(told, None, "{}", view.name);
        }
    }
}
