//! A kind of document: what it says, who writes it, what sending it fulfils.

use domain::{label::Label, paper::Form};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::period::Every;

/// A template as one file of `policy/documents/` says it; its id is the file's name.
///
/// All sentences may hold placeholders: a name that every document knows
/// ([`super::NAMES`]), the id of a figure that is a number, or the id of a draft. They are
/// Vietnamese: a document has one language.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// The file's name without its ending.
    #[serde(skip)]
    pub id: String,
    /// What it is called in a list.
    pub title: Label,
    /// When it is written, by whom, for whom.
    pub describes: Label,
    /// The form.
    #[serde(default)]
    pub form: Form,
    /// The type in capitals, `BÁO CÁO`; none for an official letter.
    #[serde(default)]
    pub kind: String,
    /// The type in the number, `BC`.
    #[serde(default)]
    pub abbreviation: String,
    /// What it is about.
    pub subject: String,
    /// The role of `roles.yaml` whose bearers write it.
    pub author: String,
    /// Whose facts it tells.
    #[serde(default)]
    pub covers: Covers,
    /// How often.
    pub period: Every,
    /// The regulations whose verdicts it tells; all where none are given.
    #[serde(default)]
    pub regulations: Vec<String>,
    /// The entry that sending it writes.
    #[serde(default)]
    pub closes: Option<Closes>,
    /// The documents of units that go into it.
    #[serde(default)]
    pub rolls_up: Option<RollsUp>,
    /// `Kính gửi`, one line each.
    #[serde(default)]
    pub to: Vec<String>,
    /// The text.
    pub body: Vec<Part>,
    /// Who signs, from left to right.
    pub signatures: Vec<SignatureForm>,
    /// `Nơi nhận`, one line each.
    #[serde(default)]
    pub recipients: Vec<String>,
}

/// Whose facts a document tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Covers {
    /// The author's and of what is below.
    #[default]
    Own,
    /// Of the whole province that the author belongs to.
    Province,
}

/// A piece of the text.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// A heading.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// Points, each with a dash.
    List(Vec<String>),
    /// A table of numbers, one line for each figure.
    Figures(Vec<String>),
    /// A figure that is a table.
    Table(FigureTable),
    /// What only a person can write.
    Draft(Draft),
    /// The table of the units' documents, and who has not sent one.
    RollUp(RollUpTitle),
}

/// A figure that is a table, under a line that says what it is.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FigureTable {
    /// The figure.
    pub figure: String,
    /// What stands in its place when it has no rows.
    pub none: String,
    /// Whether it goes behind the signatures.
    #[serde(default)]
    pub annex: bool,
}

/// What stands where no unit had to send anything.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RollUpTitle {
    /// The sentence.
    pub none: String,
}

/// What a person writes.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// Its name in placeholders and in the API.
    pub id: String,
    /// What is asked.
    pub label: Label,
    /// What it begins with; placeholders are filled.
    #[serde(default)]
    pub text: String,
    /// The document is not reviewed without it.
    #[serde(default)]
    pub required: bool,
    /// It is one line, asked for in the form and shown by a placeholder only.
    #[serde(default)]
    pub line: bool,
}

/// The entry that sending a document writes.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Closes {
    /// The book.
    pub register: String,
    /// Its fields; values may hold placeholders, and `{number}`, `{signed_on}` and `{file}` (the signed
    /// document).
    pub values: IndexMap<String, String>,
}

/// The units' documents that go into the province's.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RollsUp {
    /// Of which template; they are of the same period, and sent.
    pub template: String,
    /// Which of their numbers stand in the table, with their total below.
    pub figures: Vec<String>,
}

/// A place for a signature.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SignatureForm {
    /// `TM. ỦY BAN NHÂN DÂN`.
    #[serde(default)]
    pub capacity: String,
    /// `GIÁM ĐỐC`.
    pub title: String,
}

impl Template {
    /// What persons write, in order.
    pub fn drafts(&self) -> impl Iterator<Item = &Draft> {
        self.body.iter().filter_map(|part| match part {
            Part::Draft(draft) => Some(draft),
            _ => None,
        })
    }

    /// Every sentence with the path at which it stands.
    pub fn sentences(&self) -> Vec<(String, &str)> {
        let mut all = vec![("subject".to_owned(), self.subject.as_str())];
        let list = |name: &str, of: &'_ [String]| -> Vec<String> {
            (0..of.len()).map(|i| format!("{name}[{i}]")).collect()
        };
        all.extend(
            list("to", &self.to)
                .into_iter()
                .zip(self.to.iter().map(String::as_str)),
        );
        for (i, part) in self.body.iter().enumerate() {
            match part {
                Part::Heading(text) => all.push((format!("body[{i}].heading"), text)),
                Part::Text(text) => all.push((format!("body[{i}].text"), text)),
                Part::Draft(draft) => all.push((format!("body[{i}].draft.text"), &draft.text)),
                Part::List(items) => all.extend(
                    items
                        .iter()
                        .enumerate()
                        .map(|(j, item)| (format!("body[{i}].list[{j}]"), item.as_str())),
                ),
                Part::Table(table) => all.push((format!("body[{i}].table.none"), &table.none)),
                Part::RollUp(rows) => all.push((format!("body[{i}].roll-up.none"), &rows.none)),
                Part::Figures(_) => {}
            }
        }
        for (i, place) in self.signatures.iter().enumerate() {
            all.push((format!("signatures[{i}].capacity"), &place.capacity));
            all.push((format!("signatures[{i}].title"), &place.title));
        }
        all.extend(
            list("recipients", &self.recipients)
                .into_iter()
                .zip(self.recipients.iter().map(String::as_str)),
        );
        all
    }

    /// The figures it asks for by name in its tables, with the path.
    pub fn tables(&self) -> Vec<(String, &str)> {
        let mut all = Vec::new();
        for (i, part) in self.body.iter().enumerate() {
            match part {
                Part::Figures(ids) => all.extend(
                    ids.iter()
                        .enumerate()
                        .map(|(j, id)| (format!("body[{i}].figures[{j}]"), id.as_str())),
                ),
                Part::Table(table) => {
                    all.push((format!("body[{i}].table.figure"), table.figure.as_str()));
                }
                _ => {}
            }
        }
        all
    }
}
