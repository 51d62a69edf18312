//! What a step does, by name.

use domain::label::Label;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// Field → what is written there: a constant, or one name in braces whose value is copied.
pub type Written = IndexMap<String, String>;

/// One effect.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Writes fields of the record that the flow is about.
    Set(Written),
    /// Makes a record of the registry.
    Create(Create),
    /// Writes an entry of a book.
    Entry(Entry),
    /// Begins a paper of the flow's unit; a job, done once.
    Document(Paper),
    /// Sends a notice by mail; a job, sent once or told that it is unsure.
    Notice(NoticeOf),
    /// Does what Rust does under this name.
    Call(String),
}

/// A record that a step makes.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Create {
    /// The registry's noun.
    pub noun: String,
    /// Its fields.
    pub values: Written,
}

/// An entry that a step writes. Its organization is the flow's unit, its day the day of the step,
/// where it says nothing else.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The book.
    pub register: String,
    /// Its fields.
    pub values: Written,
}

/// A paper that a step begins, about the period in which the step is taken.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Paper {
    /// Its template.
    pub template: String,
}

/// A notice that a step sends.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeOf {
    /// To whom.
    pub to: Receiver,
    /// What it says; names in braces are filled in.
    pub text: Label,
}

/// Who gets a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Receiver {
    /// Who began the flow.
    Asker,
    /// Everybody who has taken a step of it.
    Takers,
}

/// Something that Rust does for a flow.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The name in flows.
    pub name: &'static str,
    /// What it does, for who approves it.
    pub vi: &'static str,
    /// The same in English.
    pub en: &'static str,
    /// Whether somebody can take it back.
    pub can_be_undone: bool,
    /// The noun of the record that the flow must be about, where it needs one.
    pub about: Option<&'static str>,
}

/// All that a flow may call. `app::flow::call` does it.
pub const CALLS: &[Call] = &[Call {
    name: "grant-claims",
    vi: "Duyệt địa chỉ và tên trong nhật ký mà thiết bị khai",
    en: "Grant the address and the name in log lines that the device lays claim to",
    can_be_undone: true,
    about: Some("device"),
}];

impl Effect {
    /// Its word in files.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Set(_) => "set",
            Self::Create(_) => "create",
            Self::Entry(_) => "entry",
            Self::Document(_) => "document",
            Self::Notice(_) => "notice",
            Self::Call(_) => "call",
        }
    }

    /// Whether it reaches out of the database: then a job does it after the step.
    pub fn is_outside(&self) -> bool {
        matches!(self, Self::Document(_) | Self::Notice(_))
    }

    /// Whether somebody can take it back: a record is changed again, an entry is corrected in
    /// another version, a draft is thrown away; what was sent is sent.
    pub fn can_be_undone(&self) -> bool {
        match self {
            Self::Notice(_) => false,
            Self::Call(name) => CALLS
                .iter()
                .find(|call| call.name == name)
                .is_none_or(|call| call.can_be_undone),
            _ => true,
        }
    }

    /// What it writes, where it writes fields.
    pub fn written(&self) -> Option<&Written> {
        match self {
            Self::Set(values) => Some(values),
            Self::Create(Create { values, .. }) | Self::Entry(Entry { values, .. }) => Some(values),
            Self::Document(_) | Self::Notice(_) | Self::Call(_) => None,
        }
    }
}
