//! Changes as rows: who, when, what, before and after.

use askama::Template;

use crate::cx::Cx;

/// One field of a change.
#[derive(Clone, Debug)]
pub struct FieldChange {
    /// The field's label.
    pub field: String,
    /// The value before, empty when there was none.
    pub before: String,
    /// The value after, empty when there is none.
    pub after: String,
}

/// One entry.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Unix milliseconds.
    pub at: i64,
    /// Who.
    pub actor: String,
    /// From where; empty for the program itself.
    pub remote: String,
    /// New, changed, deleted, as a word.
    pub action: String,
    /// The noun and the record.
    pub what: String,
    /// Its own name, in the language in which it was given.
    pub title: Option<String>,
    /// Whose record it is; none for a unit's own, and for what is no unit's.
    pub unit: Option<String>,
    /// The record's page.
    pub href: Option<String>,
    /// Its fields.
    pub changes: Vec<FieldChange>,
}

/// A list of entries, wherever one stands.
#[derive(Debug, Template)]
#[template(path = "journal/entries.html")]
pub struct Entries {
    /// Context.
    pub cx: Cx,
    /// The newest first.
    pub entries: Vec<Entry>,
}

/// `GET /journal`.
#[derive(Debug, Template)]
#[template(path = "journal/index.html")]
pub struct Index {
    /// Context.
    pub cx: Cx,
    /// Kinds of records: code, word, whether it is the one shown.
    pub nouns: Vec<(String, String, bool)>,
    /// Whose changes are shown, empty for all.
    pub actor: String,
    /// The code of the organization whose changes are shown, empty for all.
    pub organization: String,
    /// What verifying just said: whether all is well, and the words.
    pub verified: Option<(bool, String)>,
    /// The entries.
    pub entries: Entries,
    /// The way to older ones.
    pub older: Option<String>,
}
