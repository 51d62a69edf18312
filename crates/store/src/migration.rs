//! The migrations of both engines, part of the program.
//!
//! Since number 33 a migration is one text, `migrations/NNNN_name.sql`, in neutral words; those
//! of before lie in a folder for each engine and stay as they are, byte for byte: a database
//! remembers their sums.

use std::collections::BTreeMap;

use rust_embed::RustEmbed;
use sqlx::{
    AssertSqlSafe, SqlSafeStr as _,
    migrate::{Migration, MigrationType, Migrator},
};

#[derive(RustEmbed)]
#[folder = "migrations/"]
struct Files;

/// Those of SQLite.
pub(crate) fn sqlite() -> Migrator {
    migrator(false)
}

/// Those of PostgreSQL.
pub(crate) fn postgres() -> Migrator {
    migrator(true)
}

/// The text of each, in order.
pub(crate) fn texts(on_postgres: bool) -> Vec<String> {
    let all = files(on_postgres).into_values();
    all.map(|(_, text)| text).collect()
}

/// Number → name and text, for an engine.
fn files(on_postgres: bool) -> BTreeMap<i64, (String, String)> {
    let own = if on_postgres { "postgres" } else { "sqlite" };
    let mut all = BTreeMap::new();
    for path in Files::iter() {
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", &path));
        let named = file.strip_suffix(".sql").and_then(|f| f.split_once('_'));
        let Some((number, name)) = named else {
            continue;
        };
        let (Ok(number), Some(text)) = (number.parse(), Files::get(&path)) else {
            continue;
        };
        let text = String::from_utf8_lossy(&text.data);
        let text = match folder {
            "" => written(&text, on_postgres),
            folder if folder == own => text.into_owned(),
            _ => continue,
        };
        all.insert(number, (name.replace('_', " "), text));
    }
    all
}

fn migrator(on_postgres: bool) -> Migrator {
    let migration = |(number, (name, text)): (i64, (String, String))| {
        let sql = AssertSqlSafe(text).into_sql_str();
        Migration::new(number, name.into(), MigrationType::Simple, sql, false)
    };
    Migrator::with_migrations(files(on_postgres).into_iter().map(migration).collect())
}

/// A neutral text in the words of an engine. The neutral types are `TEXT`, `INTEGER` (64 bits),
/// `REAL` and `BOOLEAN`; a table ends with a line `);`.
fn written(text: &str, on_postgres: bool) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for line in text.lines() {
        let (code, comment) = match line.find("--") {
            Some(at) => line.split_at(at),
            None => (line, ""),
        };
        if !on_postgres && code == ");" {
            out.push_str(") STRICT;");
        } else {
            // What stands in quotes is a value.
            for (n, part) in code.split('\'').enumerate() {
                if n > 0 {
                    out.push('\'');
                }
                match n % 2 {
                    0 => words(part, on_postgres, &mut out),
                    _ => out.push_str(part),
                }
            }
        }
        out.push_str(comment);
        out.push('\n');
    }
    out
}

fn words(code: &str, on_postgres: bool, out: &mut String) {
    let mut rest = code;
    while !rest.is_empty() {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = match rest.starts_with(is_word) {
            true => rest.find(|c| !is_word(c)),
            false => rest.find(is_word),
        };
        let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
        out.push_str(match (word, on_postgres) {
            ("TEXT", true) => "TEXT COLLATE \"C\"",
            ("INTEGER", true) => "BIGINT",
            ("REAL", true) => "DOUBLE PRECISION",
            ("BOOLEAN", false) => "INTEGER",
            (word, _) => word,
        });
        rest = after;
    }
}

/// Those up to a number: what an earlier version of the program made.
#[cfg(test)]
pub(crate) fn until(on_postgres: bool, last: i64) -> Migrator {
    let all = migrator(on_postgres);
    let earlier = all.iter().filter(|m| m.version <= last).cloned();
    Migrator::with_migrations(earlier.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_engines_have_the_same_ones_without_a_gap_in_their_numbers() {
        let [sqlite, postgres] = [false, true].map(files);
        let numbers = |files: &BTreeMap<i64, (String, String)>| {
            let all = files
                .iter()
                .map(|(number, (name, _))| (*number, name.clone()));
            all.collect::<Vec<_>>()
        };
        assert_eq!(numbers(&sqlite), numbers(&postgres));
        assert!(sqlite.len() >= 31 && sqlite.contains_key(&33));
        // Every file has its place: none is left out for its name.
        let found = Files::iter().count();
        let pairs = Files::iter()
            .filter(|path| path.starts_with("sqlite/"))
            .count();
        assert_eq!(found, sqlite.len() + pairs);
    }

    #[test]
    fn neutral_words_become_those_of_the_engine() {
        let text = "-- A TEXT of a table.\nCREATE TABLE x (\n    id TEXT PRIMARY KEY, -- TEXT\n    \
                    n INTEGER NOT NULL DEFAULT 0,\n    r REAL,\n    b BOOLEAN,\n    t TEXT DEFAULT 'TEXT'\n);\n";
        let postgres = "-- A TEXT of a table.\nCREATE TABLE x (\n    id TEXT COLLATE \"C\" PRIMARY KEY, -- TEXT\n    \
                        n BIGINT NOT NULL DEFAULT 0,\n    r DOUBLE PRECISION,\n    b BOOLEAN,\n    \
                        t TEXT COLLATE \"C\" DEFAULT 'TEXT'\n);\n";
        assert_eq!(written(text, true), postgres);
        let sqlite = text
            .replace("BOOLEAN", "INTEGER")
            .replace("\n);", "\n) STRICT;");
        assert_eq!(written(text, false), sqlite);
    }
}
