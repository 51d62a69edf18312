//! A regulation: its chapters, articles and clauses.

use std::collections::BTreeMap;

use domain::label::Label;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{control::Value, expression::Expression};

/// A regulation as one file of `policy/regulations/` says it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Regulation {
    /// The file's name without its ending: `vinh-long-26-2019`.
    pub id: String,
    /// The official number: `26/2019/QĐ-UBND`.
    pub number: String,
    /// Full title.
    pub title: Label,
    /// A name short enough for a table's head.
    pub short: Label,
    /// Who issued it.
    pub issuer: Label,
    /// The date under the signature.
    pub issued_on: Date,
    /// First day in force.
    pub effective_from: Date,
    /// Last day in force; none while it is in force.
    #[serde(default)]
    pub effective_to: Option<Date>,
    /// National texts it rests on, entries of `law.yaml`.
    #[serde(default)]
    pub cites: Vec<String>,
    /// The texts that end with this one.
    #[serde(default)]
    pub replaces: Vec<Replaced>,
    /// The text's own table of contents, against which the clauses are counted.
    pub index: Index,
    /// Every điều, khoản and điểm that says something of its own.
    pub clauses: Vec<Clause>,
}

/// A text that a regulation ends.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Replaced {
    /// Official number.
    pub number: String,
    /// The date under its signature.
    pub issued_on: Date,
    /// Its id, where that text is in the library too.
    #[serde(default)]
    pub id: Option<String>,
}

/// The table of contents of a regulation.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// How many clauses the text has.
    pub count: usize,
    /// Its chapters in order; the issuing decision itself is the first.
    pub chapters: Vec<Chapter>,
}

/// A chapter.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Chapter {
    /// `I`, `II`, …; `QĐ` for the decision that issues the regulation.
    pub number: String,
    /// Title, in our words.
    pub title: Label,
    /// Its articles in order.
    pub articles: Vec<Article>,
}

/// An article (điều).
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Article {
    /// `16`.
    pub number: String,
    /// Title, in our words.
    pub title: Label,
    /// The cites of its clauses in order.
    pub clauses: Vec<String>,
}

/// What a clause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Something must be done.
    Obligation,
    /// Something must not be done.
    Prohibition,
    /// Something may be done.
    Right,
    /// A word is explained.
    Definition,
    /// An aim that carries no duty by itself.
    Principle,
    /// Whom or what the text covers.
    Scope,
    /// Another text is pointed at.
    Reference,
    /// Entry into force and the like.
    Final,
}

impl Kind {
    /// Whether a clause of this kind is scored unless it says otherwise.
    pub fn is_scored(self) -> bool {
        matches!(self, Kind::Obligation | Kind::Prohibition)
    }
}

/// One clause (điều, khoản or điểm).
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// `16.8`, `17.1.đ.g1`, `qd.2`.
    pub cite: String,
    /// What it is.
    pub kind: Kind,
    /// The role that bears it, an entry of the role map.
    pub bearer: String,
    /// The role it is owed to, where the text names one.
    #[serde(default)]
    pub owed_to: Option<String>,
    /// `continuous`, `annual`, `quarterly`, `periodic`, `once`, `none` or `event`.
    pub trigger: Trigger,
    /// The event, where the trigger is one; in our words.
    #[serde(default)]
    pub event: Option<Label>,
    /// The number the text gives, in our words: `24 hours/day, 7 days/week`.
    #[serde(default)]
    pub number: Option<Label>,
    /// What it asks, in our words.
    pub summary: Label,
    /// What the text leaves open, and the reading chosen.
    #[serde(default)]
    pub open: Option<Label>,
    /// National texts it points at, entries of `law.yaml`.
    #[serde(default)]
    pub cites: Vec<String>,
    /// The cites that it goes on from in the version before, or in the text that this one
    /// replaces; without it the same cite, and when empty none.
    #[serde(default)]
    pub from: Option<Vec<String>>,
    /// Narrows the bearers: CEL over `org`.
    #[serde(default)]
    pub applies: Option<Expression>,
    /// What satisfies it; all of them together.
    #[serde(default)]
    pub controls: Vec<ControlUse>,
    /// Whether it is scored, where its kind does not say so already.
    #[serde(default)]
    pub scored: Option<bool>,
}

impl Clause {
    /// Whether organizations are judged by this clause; others are shown only.
    pub fn is_scored(&self) -> bool {
        self.scored.unwrap_or_else(|| self.kind.is_scored())
    }
}

/// When a clause asks for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Trigger {
    /// Always.
    Continuous,
    /// Every year.
    Annual,
    /// Every half-year.
    Biannual,
    /// Every quarter.
    Quarterly,
    /// From time to time; the text gives no interval.
    Periodic,
    /// One time.
    Once,
    /// When something happens.
    Event,
    /// Nothing is asked.
    None,
}

/// A control as a clause uses it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ControlUse {
    /// The control's id.
    pub control: String,
    /// Parameters that differ from the control's defaults.
    #[serde(default)]
    pub parameters: BTreeMap<String, Value>,
}

impl Regulation {
    /// Whether it is in force on `day`.
    pub fn in_force(&self, day: Date) -> bool {
        self.effective_from <= day && self.effective_to.is_none_or(|end| day <= end)
    }

    /// The clause with this cite.
    pub fn clause(&self, cite: &str) -> Option<&Clause> {
        self.clauses.iter().find(|c| c.cite == cite)
    }

    /// The chapter and article that hold the clause with this cite.
    pub fn place(&self, cite: &str) -> Option<(&Chapter, &Article)> {
        self.index.chapters.iter().find_map(|chapter| {
            let article = chapter
                .articles
                .iter()
                .find(|a| a.clauses.iter().any(|c| c == cite))?;
            Some((chapter, article))
        })
    }
}
