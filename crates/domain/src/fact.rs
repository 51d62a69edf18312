//! The fact views: what checks, figures and papers read.
//!
//! Most are made of a noun's schema: `fact_device` has every field of a device. What is derived
//! is one text each in `facts/*.sql`, the same for both engines, with a head that says what the
//! columns are (`docs/policy.md`, "Fact views").

use std::{collections::BTreeSet, sync::LazyLock};

use rust_embed::RustEmbed;
use serde::{Deserialize, Serialize};

use crate::{
    noun,
    schema::{Facts, Field, Kind, Schema, Source, Storage},
};

/// Where a fact comes from, the weakest first: a verdict carries the weakest of what it
/// rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A person typed it: the registry, a book.
    Typed,
    /// Another program told it.
    Reported,
    /// The program saw it itself.
    Seen,
}

/// What a view still tells of a day that has passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Past {
    /// All that it would have told then: its rows carry dates of their own.
    Dated,
    /// As it is now, where no record of these nouns was changed since: it keeps no history.
    Unchanged(Vec<String>),
    /// Sums of whole months, so only of a day that ends one.
    Monthly,
    /// Nothing: it is how things stand now.
    Nothing,
}

/// What the engine adds to a view when a check reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adds {
    /// [`AGE`]; rows of a later day than today are left out.
    Age,
    /// [`MONTH_MS`] and [`ELAPSED_MS`].
    Month,
}

/// The age of an entry in days, from the day that it is about to today.
pub const AGE: &str = "age_days";

/// The length of a row's month in milliseconds of local days.
pub const MONTH_MS: &str = "month_ms";

/// How much of a row's month has passed by now, milliseconds.
pub const ELAPSED_MS: &str = "elapsed_ms";

impl Adds {
    /// The columns.
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Age => &[AGE],
            Self::Month => &[MONTH_MS, ELAPSED_MS],
        }
    }
}

/// A column of a fact view, as its head or its noun's schema tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// `last_received_at`: `…_at` are unix milliseconds UTC, `…_on` dates `YYYY-MM-DD`, `…_ms`
    /// durations in milliseconds.
    pub name: String,
    /// Where it comes from. None for what says whom and what a fact is about, and when it was
    /// written down: that a thing is asked about rests on the registry for every check, so
    /// these columns weaken none.
    pub origin: Option<Origin>,
    /// Says when something was done: one that has yet to come is NULL to a check. Whether as
    /// an instant.
    pub done: Option<bool>,
}

/// A view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// `fact_device`; without `fact_` in front it is only for other views and for the program.
    pub name: String,
    /// Its SELECT, for both engines.
    pub sql: String,
    /// Its columns; of one that no check reads, none are told.
    pub columns: Vec<Column>,
    /// What the engine adds.
    pub adds: Option<Adds>,
    /// What it tells of a day that has passed.
    pub past: Past,
}

impl View {
    /// Whether checks may read it.
    pub fn is_fact(&self) -> bool {
        self.name.starts_with(FACT)
    }
}

const FACT: &str = "fact_";

/// A text in `facts/` that contradicts itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("view `{view}`: {what}")]
pub struct BadView {
    /// The file's name without its ending.
    pub view: String,
    /// What is wrong and what to write instead.
    pub what: String,
}

#[derive(RustEmbed)]
#[folder = "facts/"]
struct Files;

static VIEWS: LazyLock<Vec<View>> = LazyLock::new(|| {
    let mut views: Vec<View> = Files::iter().filter_map(|path| written(&path)).collect();
    for schema in noun::all() {
        let generated = plain(schema);
        views.extend(generated.filter(|v| views.iter().all(|w| w.name != v.name)));
    }
    ordered(views).unwrap_or_else(|circle| {
        panic!("facts/ is part of the program, and no view reads itself: {circle:?}")
    })
});

/// All views, each after those that it reads.
pub fn all() -> &'static [View] {
    &VIEWS
}

fn written(path: &str) -> Option<View> {
    let file = Files::get(path)?;
    let text = String::from_utf8_lossy(&file.data);
    let view = read(path.strip_suffix(".sql")?, &text);
    Some(view.unwrap_or_else(|e| {
        panic!("facts/{path} is part of the program and must hold together: {e}")
    }))
}

/// Reads a text: lines of the head, `-- word: names`, and a SELECT.
fn read(name: &str, text: &str) -> Result<View, BadView> {
    let bad = |what: String| BadView {
        view: name.to_owned(),
        what,
    };
    let (mut columns, mut done) = (Vec::<Column>::new(), Vec::new());
    let (mut adds, mut past) = (None, None);
    let (mut sql, mut in_head) = (String::new(), true);
    for line in text.lines() {
        let Some(comment) = line.strip_prefix("--").filter(|_| in_head) else {
            in_head = false;
            sql.push_str(line);
            sql.push('\n');
            continue;
        };
        // A sentence has no `word:` at its beginning.
        let head = comment.trim().split_once(':');
        let head = head.filter(|(word, _)| !word.contains(' '));
        let Some((word, names)) = head else {
            continue;
        };
        let names: Vec<&str> = names.split_whitespace().collect();
        let origin = match word {
            "keys" => None,
            "typed" => Some(Origin::Typed),
            "reported" => Some(Origin::Reported),
            "seen" => Some(Origin::Seen),
            "done" => {
                done.extend(names);
                continue;
            }
            "adds" => {
                let known = [Adds::Age, Adds::Month];
                adds = known.into_iter().find(|adds| adds.columns() == names);
                adds.ok_or_else(|| {
                    bad(format!(
                        "`adds` is `{AGE}` or `{MONTH_MS} {ELAPSED_MS}`, not {names:?}"
                    ))
                })?;
                continue;
            }
            "past" => {
                past = Some(past_of(&names).ok_or_else(|| {
                    bad(format!(
                        "`past` is `dated`, `nothing`, `monthly` or `unchanged NOUN …`, not {names:?}"
                    ))
                })?);
                continue;
            }
            other => {
                return Err(bad(format!(
                    "the head has no word `{other}`; there are keys, typed, reported, seen, done, adds, past"
                )));
            }
        };
        columns.extend(names.into_iter().map(|name| Column {
            name: name.to_owned(),
            origin,
            done: None,
        }));
    }
    for name in done {
        let column = columns.iter_mut().find(|c| c.name == name);
        let column = column.ok_or_else(|| bad(format!("`done: {name}` is none of its columns")))?;
        column.done = Some(name.ends_with("_at"));
    }
    let names: BTreeSet<&str> = columns.iter().map(|c| c.name.as_str()).collect();
    if names.len() < columns.len() {
        return Err(bad("a column stands twice in the head".into()));
    }
    let sql = sql.trim().to_owned();
    if sql.is_empty() || sql.contains(';') {
        return Err(bad("one SELECT, without `;`".into()));
    }
    let view = View {
        name: name.to_owned(),
        sql,
        columns,
        adds,
        past: past.clone().unwrap_or(Past::Nothing),
    };
    let told = past.is_some() && !view.columns.is_empty();
    let silent = past.is_none() && view.columns.is_empty() && adds.is_none();
    if !(if view.is_fact() { told } else { silent }) {
        return Err(bad(format!(
            "a view `{FACT}…` has `keys` and `past` in its head, another has no head"
        )));
    }
    Ok(view)
}

fn past_of(names: &[&str]) -> Option<Past> {
    match names {
        ["dated"] => Some(Past::Dated),
        ["nothing"] => Some(Past::Nothing),
        ["monthly"] => Some(Past::Monthly),
        ["unchanged", nouns @ ..] if nouns.iter().all(|n| noun_is_known(n)) => {
            let nouns: Vec<String> = nouns.iter().map(|n| (*n).to_owned()).collect();
            (!nouns.is_empty()).then_some(Past::Unchanged(nouns))
        }
        _ => None,
    }
}

/// Of the registry, or what the journal calls so: a claim that was decided.
fn noun_is_known(noun: &str) -> bool {
    noun == "claim" || noun::get(noun).is_some()
}

/// The view of a noun's records as they are: every field but what reaches a person (telephone
/// and mail are no facts). None where the schema wants none.
fn plain(schema: &Schema) -> Option<View> {
    if schema.storage != Storage::Table || schema.facts == Facts::None {
        return None;
    }
    let itself = schema.noun.replace('-', "_");
    let key = |name: &str| Column {
        name: name.to_owned(),
        origin: None,
        done: None,
    };
    let owner = schema.field(&schema.owner);
    let mut select = match owner {
        Some(owner) => vec![
            format!("{} AS unit", owner.column()),
            format!("id AS {itself}"),
        ],
        None => vec!["id AS unit".to_owned()],
    };
    let mut columns = vec![key("unit")];
    columns.extend(owner.map(|_| key(&itself)));
    let fields = schema.fields.iter().filter(|f| f.name != schema.owner);
    for field in fields.filter(|f| !matches!(f.kind, Kind::Phone | Kind::Email)) {
        let stored = field.column();
        select.push(match stored == field.name {
            true => stored,
            false => format!("{stored} AS {}", field.name),
        });
        let source = field
            .source
            .unwrap_or_else(|| schema.source_of(&field.name));
        let origin = match source {
            Source::Key => None,
            Source::Typed => Some(Origin::Typed),
            Source::Reported => Some(Origin::Reported),
            Source::Seen => Some(Origin::Seen),
        };
        columns.push(Column {
            name: field.name.clone(),
            origin,
            done: field.done.then_some(field.kind == Kind::Instant),
        });
        for computed in field.key_columns() {
            columns.push(Column {
                name: computed.clone(),
                origin,
                done: None,
            });
            select.push(computed);
        }
    }
    // What is seen is as fresh as the last time that its target answered.
    let mut from = schema.table();
    match &schema.observed {
        None => select.push("updated_at".to_owned()),
        Some(observed) => {
            let of = schema.field(&observed.of).map(Field::column);
            select.push("COALESCE(good_at, updated_at) AS updated_at".to_owned());
            from.push_str(&format!(
                " LEFT JOIN collection ON collector = '{}' AND target_id = {}",
                observed.by,
                of.unwrap_or_default()
            ));
        }
    }
    columns.push(key("updated_at"));
    Some(View {
        name: format!("{FACT}{itself}"),
        sql: format!("SELECT {}\nFROM {from}", select.join(", ")),
        columns,
        adds: None,
        past: match schema.facts {
            _ if schema.observed.is_some() => Past::Nothing,
            Facts::Dated => Past::Dated,
            _ => Past::Unchanged(vec![schema.noun.clone()]),
        },
    })
}

/// The views, each after those that it reads; those that read each other in a circle otherwise.
fn ordered(mut waiting: Vec<View>) -> Result<Vec<View>, Vec<String>> {
    waiting.sort_by(|a, b| a.name.cmp(&b.name));
    let mut out: Vec<View> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let names: BTreeSet<String> = waiting.iter().map(|v| v.name.clone()).collect();
        let (ready, later): (Vec<View>, Vec<View>) = waiting
            .into_iter()
            .partition(|view| relations(&view.sql).all(|name| !names.contains(name)));
        if ready.is_empty() {
            return Err(names.into_iter().collect());
        }
        out.extend(ready);
        waiting = later;
    }
    Ok(out)
}

/// What stands after FROM and JOIN: tables and views, and `(` of a query within.
fn relations(sql: &str) -> impl Iterator<Item = &str> {
    let code = sql.lines().map(|l| l.split("--").next().unwrap_or(l));
    let mut before = "";
    code.flat_map(str::split_whitespace)
        .filter_map(move |word| {
            let is_read = matches!(before, "FROM" | "JOIN");
            before = word;
            is_read.then(|| word.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '_'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> &'static View {
        all().iter().find(|view| view.name == name).unwrap()
    }

    fn what(name: &str, text: &str) -> String {
        read(name, text).map_or_else(|e| e.what, |v| panic!("{v:?}"))
    }

    #[test]
    fn every_file_is_a_view_and_each_stands_after_what_it_reads() {
        let names: Vec<&str> = all().iter().map(|v| v.name.as_str()).collect();
        for path in Files::iter() {
            let name = path.strip_suffix(".sql").unwrap();
            assert!(names.contains(&name), "{name}");
        }
        for (i, view) in all().iter().enumerate() {
            let later = |name: &&str| names[i..].contains(name);
            let found: Vec<&str> = relations(&view.sql).filter(later).collect();
            assert_eq!(found, [""; 0], "{}", view.name);
        }
        assert!(names.len() >= 19, "{names:?}");
    }

    #[test]
    fn a_noun_is_read_with_all_its_fields_but_what_reaches_a_person() {
        let contact = of("fact_contact");
        assert_eq!(
            contact.sql,
            "SELECT organization_id AS unit, id AS contact, role, name, title, starts_on, ends_on, decision, note, \
             updated_at\nFROM contact"
        );
        assert_eq!(contact.past, Past::Dated);
        let device = of("fact_device");
        assert!(device.sql.contains("site_id AS site, role"));
        assert_eq!(device.past, Past::Unchanged(vec!["device".to_owned()]));
        let column = |name: &str| device.columns.iter().find(|c| c.name == name).unwrap();
        assert_eq!(column("address_key").origin, None);
        assert_eq!(column("site").origin, None);
        assert_eq!(column("serial").origin, Some(Origin::Typed));
        assert_eq!(column("inspected_on").done, Some(false));
        assert!(all().iter().all(|v| v.name != "fact_exemption"));
        // What is written is not generated.
        assert!(
            of("fact_organization")
                .sql
                .contains("organization_province")
        );
    }

    #[test]
    fn a_head_that_nobody_understands_is_refused() {
        let head = "-- A sentence: with a colon.\n-- keys: unit updated_at\n-- seen: lines\n-- past: nothing\n";
        let good = read(
            "fact_x",
            &format!("{head}SELECT 1 AS unit -- past: x\nFROM y\n"),
        )
        .unwrap();
        assert_eq!(good.sql, "SELECT 1 AS unit -- past: x\nFROM y");
        assert_eq!(good.columns.len(), 3);
        for (line, part) in [
            ("-- kays: unit", "no word `kays`"),
            ("-- past: sometimes", "`past` is"),
            ("-- past: unchanged", "`past` is"),
            ("-- past: unchanged devise", "`past` is"),
            ("-- adds: age", "`adds` is"),
            ("-- done: ended_at", "none of its columns"),
            ("-- typed: lines", "stands twice"),
            ("DELETE FROM x; SELECT 1", "one SELECT"),
        ] {
            let said = what("fact_x", &format!("{head}{line}\nSELECT 1\n"));
            assert!(said.contains(part), "{line}: {said}");
        }
        assert!(what("fact_x", "SELECT 1\n").contains("`keys` and `past`"));
        assert!(what("x", &format!("{head}SELECT 1\n")).contains("no head"));
    }

    #[test]
    fn views_that_read_each_other_are_refused() {
        let view = |name: &str, from: &str| View {
            name: name.into(),
            sql: format!("SELECT 1 FROM {from}"),
            columns: Vec::new(),
            adds: None,
            past: Past::Nothing,
        };
        let names = |views: Vec<View>| views.into_iter().map(|v| v.name).collect::<Vec<_>>();
        let good = ordered(vec![
            view("a", "b b JOIN x"),
            view("b", "(SELECT 1 FROM c)"),
            view("c", "t"),
        ]);
        assert_eq!(names(good.unwrap()), ["c", "b", "a"]);
        let circle = ordered(vec![view("a", "b"), view("b", "a"), view("c", "t")]);
        assert_eq!(circle.unwrap_err(), ["a", "b"]);
    }
}
