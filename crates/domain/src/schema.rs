//! The shape of a noun as data.
//!
//! One schema serves the list, the page, the form, the API, the CSV import and
//! export, the command line and the journal of its noun. The registry's own nouns
//! are in `crates/domain/nouns/*.yaml`; the books (sổ) of a province are in
//! `policy/registers/*.yaml`, in the same format.

mod check;
mod observed;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

pub use self::observed::Observed;

use crate::{authority::Role, claim::ClaimKind, label::Label};

/// How many stand one below the other at most, the topmost counted: organizations by their
/// superiors, sites and circuits on the way to the hub. A province has four or five.
pub const MOST_DEPTH: usize = 16;

/// The kind of value that a field holds. [`crate::parse`] says what each accepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One line, up to 300 characters.
    #[default]
    Text,
    /// Several lines, up to 20,000 characters.
    LongText,
    /// A short code: letters, digits, `-`, `_`, `.`, `/`; up to 64 characters.
    Code,
    /// A whole number, 0 or more.
    Integer,
    /// A number with a fraction, 0 or more.
    Decimal,
    /// Yes or no.
    Boolean,
    /// A calendar date.
    Date,
    /// A moment, unix milliseconds.
    Instant,
    /// One of `choices`.
    Choice,
    /// The id of a record of the noun `refers_to`.
    Reference,
    /// An IPv4 or IPv6 address.
    Ip,
    /// A network prefix.
    Prefix,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// Degrees north, −90 to 90.
    Latitude,
    /// Degrees east, −180 to 180.
    Longitude,
    /// How a target is probed: `icmp` or `tcp:PORT`.
    Probe,
    /// A time zone: an IANA name or an offset such as `+07:00`.
    TimeZone,
    /// The SHA-256 of an attachment.
    File,
    /// A period of the calendar: `2026`, `2026-H2`, `2026-Q3`, `2026-11`.
    Period,
    /// A clause as packs cite it: `12.2`.
    Clause,
    /// Several of them, `13, 16.8`; an article stands for all its clauses.
    Clauses,
}

/// One field of a noun.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Snake-case name; also the CSV header and the JSON key.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// A record without it is refused.
    #[serde(default)]
    pub required: bool,
    /// No two records of the noun may share it.
    #[serde(default)]
    pub unique: bool,
    /// Its name on the page.
    pub label: Label,
    /// What to enter, for those who do not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<Label>,
    /// The values of a choice, in the order to show them.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub choices: IndexMap<String, Label>,
    /// What the choices are taken from, where they are data of the packs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choices_from: Option<ChoicesFrom>,
    /// The noun that a reference points to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refers_to: Option<String>,
    /// Shown as a column of the list.
    #[serde(default)]
    pub list: bool,
    /// What a new record starts with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// A date or moment that says when something was done: one that has yet to come is
    /// refused, and is none to checks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub done: bool,
    /// Of a date: it lies at most so many years ahead of the day on which it is typed; what is
    /// later is a slip, or a promise without an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<i16>,
    /// Of a period: the only length that it may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<Volume>,
    /// What its value lays a claim to: it is in force once it is granted
    /// ([`crate::claim`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<ClaimKind>,
    /// Who may set it, where that is not everybody who may write the record.
    #[serde(default, skip_serializing_if = "Steward::is_unit")]
    pub steward: Steward,
    /// Which records a unit's reference may name.
    #[serde(default, skip_serializing_if = "Reach::is_line")]
    pub reach: Reach,
    /// Where what it says comes from, as checks weigh it; [`Schema::source_of`] without it.
    #[serde(default, skip_serializing)]
    pub source: Option<Source>,
}

/// Where what a field says comes from (see [`crate::fact::Origin`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// It says which thing is meant, or which things are asked about: it weakens no verdict.
    Key,
    /// A person typed it.
    Typed,
    /// Another program told it.
    Reported,
    /// The program saw it itself.
    Seen,
}

/// What checks read of a noun's records, through the view `fact_<noun>` ([`crate::fact`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Facts {
    /// The records as they are now; of a past day where none was changed since.
    #[default]
    Now,
    /// Each says from when to when it holds, so of a past day as well.
    Dated,
    /// Nothing: no check asks about them, or a view that is written tells more.
    None,
}

/// Which records a unit's record may refer to. The network centre may refer to any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Records that the writer may read and that belong to the same unit, to one above it or
    /// to one below it.
    #[default]
    Line,
    /// Any record: naming it neither shows nor changes anything of it (another body as a
    /// party to a contract).
    Anywhere,
}

impl Reach {
    fn is_line(&self) -> bool {
        *self == Self::Line
    }
}

/// Choices that are data of the packs; whoever holds the packs fills them in
/// ([`Schema::choose_from`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChoicesFrom {
    /// The regulations.
    Regulations,
    /// The roles that organizations hold.
    HeldRoles,
}

impl Field {
    /// The SQL column: a reference is stored under `<name>_id`.
    pub fn column(&self) -> String {
        match self.kind {
            Kind::Reference => format!("{}_id", self.name),
            _ => self.name.clone(),
        }
    }

    /// Columns computed from the value, which SQL compares (see [`crate::net`]).
    pub fn key_columns(&self) -> Vec<String> {
        match self.kind {
            Kind::Ip => vec![format!("{}_key", self.name)],
            Kind::Prefix => vec!["first_key".into(), "last_key".into()],
            _ => Vec::new(),
        }
    }
}

/// Who keeps the records of a noun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Steward {
    /// The unit that owns the record (and the network centre).
    #[default]
    Unit,
    /// The network centre alone.
    Centre,
}

impl Steward {
    fn is_unit(&self) -> bool {
        *self == Self::Unit
    }
}

/// Where the records of a noun lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Storage {
    /// A table of its own with typed columns (the registry).
    Table,
    /// The table of book entries, fields as JSON (books that are data).
    #[default]
    Entry,
}

/// Whether an entry of a book comes with a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attaches {
    /// Only where a field of its own asks for one.
    #[default]
    None,
    /// One may be handed in.
    Optional,
    /// An entry without one is refused.
    Required,
}

/// The span for which a book is closed, printed and sealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Volume {
    /// `2026-11`.
    Month,
    /// `2026-Q4`.
    Quarter,
    /// `2026-H2`.
    HalfYear,
    /// `2026`.
    #[default]
    Year,
}

/// The shape of one noun.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// Kebab-case name; the table is the same with `_`.
    pub noun: String,
    /// One of them.
    pub label: Label,
    /// Many of them.
    pub plural: Label,
    /// What it is for and what to do first; shown on an empty page.
    pub describes: Label,
    /// The field that names a record.
    pub title: String,
    /// Name of a Tabler icon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Where it stands in the menu: a smaller number before a larger one, none last.
    #[serde(default, skip_serializing)]
    pub place: Option<u32>,
    /// Where it lies.
    #[serde(default)]
    pub storage: Storage,
    /// What sees its records; of such a noun nobody types any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<Observed>,
    /// The reference to the owning organization; `id` for organizations themselves.
    #[serde(default = "organization")]
    pub owner: String,
    /// Who may write it, where `writers` names nobody.
    #[serde(default)]
    pub steward: Steward,
    /// The roles that write a book, each within its own reach.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub writers: Vec<Role>,
    /// The roles that read a book, each within its own reach; all where it names nobody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readers: Vec<Role>,
    /// The roles that read the entries of every unit, whatever their reach.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shared_with: Vec<Role>,
    /// Whether an entry comes with a document.
    #[serde(default)]
    pub attaches: Attaches,
    /// For how many years entries are kept at least; for ever where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_years: Option<u16>,
    /// The span for which a unit's book is closed at once.
    #[serde(default)]
    pub volume: Volume,
    /// Records with one of these values are the network centre's, whoever owns them.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub reserved: IndexMap<String, String>,
    /// Exports carry each record's version, so that a table which was filled in elsewhere
    /// does not write over what others changed meanwhile.
    #[serde(default)]
    pub offline: bool,
    /// Fields that a spreadsheet may use to name a record, best first.
    #[serde(default)]
    pub keys: Vec<String>,
    /// Fields that together make a row of a table the same record as one that is there, where
    /// no field is unique. What a row leaves blank is not compared; where several records fit,
    /// the row is refused and told of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identity: Vec<String>,
    /// Fields that are settled when a record is made and never change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixed: Vec<String>,
    /// What checks read of its records.
    #[serde(default, skip_serializing)]
    pub facts: Facts,
    /// Fields that only the steps of the noun's own page write: a form, the API and a table
    /// leave them as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stepped: Vec<String>,
    /// The fields, in the order of the form.
    pub fields: Vec<Field>,
}

/// The columns that the view of every book has.
pub const VIEW_COLUMNS: [&str; 6] = [
    "unit",
    "entry",
    "entry_version",
    "occurred_on",
    "recorded_at",
    "updated_at",
];

/// Whether a name can be a column, a file and an address as it is.
fn is_plain(name: &str, joint: char) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.len() <= 56
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == joint)
}

fn organization() -> String {
    "organization".into()
}

/// A schema that contradicts itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("noun `{noun}`: {what}")]
pub struct BadSchema {
    /// The noun.
    pub noun: String,
    /// What is wrong and what to write instead.
    pub what: String,
}

impl Schema {
    /// The SQL table: of its own, or that of all book entries.
    pub fn table(&self) -> String {
        match self.storage {
            Storage::Table => self.noun.replace('-', "_"),
            Storage::Entry => "entry".into(),
        }
    }

    /// The field that no two records share, if there is one.
    pub fn unique(&self) -> Option<&Field> {
        self.fields.iter().find(|f| f.unique)
    }

    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.name == name)
    }

    /// The fields shown as columns of the list.
    pub fn list_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|f| f.list)
    }

    /// Where what a field says comes from, unless the field says it: references, codes and what
    /// else tells records apart or is settled when they are made are keys, the rest is typed.
    pub fn source_of(&self, field: &str) -> Source {
        let of = self.field(field);
        let named = [&self.keys, &self.identity, &self.fixed];
        let is_key = of.is_some_and(|f| matches!(f.kind, Kind::Reference | Kind::Code))
            || named.iter().any(|names| names.iter().any(|n| n == field));
        match is_key {
            true => Source::Key,
            false => Source::Typed,
        }
    }

    /// The view through which checks read a book: `book_yearly_report`.
    pub fn view(&self) -> String {
        format!("book_{}", self.noun.replace('-', "_"))
    }

    /// The fields of a book but those that every entry has.
    pub fn own_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields
            .iter()
            .filter(|f| !matches!(f.name.as_str(), "organization" | "occurred_on"))
    }

    /// The columns of a book's view, in order.
    pub fn view_columns(&self) -> Vec<String> {
        let own = self.own_fields().map(|f| f.name.clone());
        VIEW_COLUMNS
            .iter()
            .map(|c| (*c).to_owned())
            .chain(own)
            .collect()
    }

    /// Completes a book's schema with what every entry has: the organization and the day,
    /// and the document where the book attaches one and has no field for it.
    #[must_use]
    pub fn as_book(mut self) -> Self {
        let built_in = [
            Field {
                name: "organization".into(),
                kind: Kind::Reference,
                required: true,
                label: Label::new("Đơn vị", "Organization"),
                refers_to: Some("organization".into()),
                list: true,
                ..Field::default()
            },
            Field {
                name: "occurred_on".into(),
                kind: Kind::Date,
                required: true,
                label: Label::new("Ngày", "Date"),
                list: true,
                default: Some("today".into()),
                ..Field::default()
            },
        ];
        for field in built_in.into_iter().rev() {
            if self.field(&field.name).is_none() {
                self.fields.insert(0, field);
            }
        }
        if self.attaches != Attaches::None {
            let required = self.attaches == Attaches::Required;
            match self.fields.iter_mut().find(|f| f.kind == Kind::File) {
                Some(own) => own.required |= required,
                None => self.fields.push(Field {
                    name: "attachment".into(),
                    kind: Kind::File,
                    required,
                    label: Label::new("Tài liệu kèm theo", "Document"),
                    ..Field::default()
                }),
            }
        }
        self
    }

    /// Fills in the choices that are data of the packs.
    #[must_use]
    pub fn choose_from(mut self, known: impl Fn(ChoicesFrom) -> IndexMap<String, Label>) -> Self {
        for field in &mut self.fields {
            if let Some(from) = field.choices_from {
                field.choices = known(from);
            }
        }
        self
    }
}
