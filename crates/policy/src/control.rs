//! A control: how one asked-for state of affairs is judged, and how it is mended.

use std::{collections::BTreeMap, fmt};

use domain::label::{Label, Lang};
use serde::{Deserialize, Serialize};

use crate::duty::DutyRule;

/// A control as one file of `policy/controls/` says it; its id is the file's name.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// The file's name without its ending.
    #[serde(skip)]
    pub id: String,
    /// What is wanted.
    pub title: Label,
    /// How much hangs on it.
    pub severity: Severity,
    /// The check that judges it: a file of `policy/checks/`.
    #[serde(default)]
    pub check: Option<String>,
    /// The book whose entries fulfil it.
    #[serde(default)]
    pub duty: Option<DutyRule>,
    /// The question answered by a person; beside a check it is the fall-back.
    #[serde(default)]
    pub attestation: Option<Attestation>,
    /// Facts that later work will supply, entries of `awaited.yaml`: until then the
    /// verdict is `no_data`.
    #[serde(default)]
    pub awaits: Vec<String>,
    /// Other controls that must hold too.
    #[serde(default)]
    pub includes: Vec<String>,
    /// What may be set.
    #[serde(default)]
    pub parameters: Vec<Parameter>,
    /// Facts older than this are no data.
    #[serde(default)]
    pub stale_after: Option<Age>,
    /// What each reason code of the check means, with `{column}` placeholders.
    #[serde(default)]
    pub reasons: BTreeMap<String, Label>,
    /// What mends it.
    pub remedy: Remedy,
}

/// How much hangs on a control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Order and paperwork.
    Low,
    /// A weakness.
    Medium,
    /// The network or its secrets are in danger.
    High,
}

/// A fact that no part of the program sees yet, as an entry of `awaited.yaml`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AwaitedFact {
    /// What the fact is.
    pub label: Label,
    /// What will supply it.
    pub source: Label,
}

/// A question that a person answers for the organization.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    /// The question; "yes" is compliance.
    pub question: Label,
    /// What "no" says; required beside a check or a duty, else [`Asks::Compliance`].
    #[serde(default)]
    pub asks: Option<Asks>,
    /// How many days an answer holds.
    pub lifetime_days: u32,
    /// Whether a document goes with it.
    #[serde(default)]
    pub attachment: Attachment,
}

/// What a question asks about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Asks {
    /// Whether it is done: "no" is a breach.
    #[default]
    Compliance,
    /// Whether there was nothing to do: "no" says that it happened, and the book, not the
    /// answer, says how it was dealt with.
    Absence,
}

impl Attestation {
    /// What its question asks about.
    pub fn asks(&self) -> Asks {
        self.asks.unwrap_or_default()
    }
}

/// Whether an answer carries a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Attachment {
    /// No document.
    #[default]
    None,
    /// A document may be added.
    Optional,
    /// An answer without a document is not taken.
    Required,
}

/// A number or word that a province may set.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Its name in the check, without the colon.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: ParameterKind,
    /// The value where nothing else is set.
    pub default: Value,
    /// The unit of measure: `days`, `%`.
    #[serde(default)]
    pub unit: Option<String>,
    /// Its name on the page.
    pub label: Label,
    /// True where no regulation gives the number: it is a local choice and shown as one.
    #[serde(default)]
    pub chosen: bool,
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ParameterKind {
    /// A whole number.
    Integer,
    /// A number.
    Decimal,
    /// A word.
    Text,
}

/// The value of a parameter or of a fact.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Decimal(f64),
    /// A word.
    Text(String),
}

impl Value {
    /// Whether it may stand for a parameter of this type.
    pub fn fits(&self, kind: ParameterKind) -> bool {
        matches!(
            (self, kind),
            (
                Value::Integer(_),
                ParameterKind::Integer | ParameterKind::Decimal
            ) | (Value::Decimal(_), ParameterKind::Decimal)
                | (Value::Text(_), ParameterKind::Text)
        )
    }
}

impl Value {
    fn of(self, kind: ParameterKind) -> Self {
        match (self, kind) {
            #[expect(clippy::cast_precision_loss, reason = "a setting is far below 2^52")]
            (Value::Integer(whole), ParameterKind::Decimal) => Value::Decimal(whole as f64),
            (value, _) => value,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Boolean(b) => b.fmt(f),
            Value::Integer(i) => i.fmt(f),
            Value::Decimal(d) => d.fmt(f),
            Value::Text(t) => f.write_str(t),
        }
    }
}

/// An age, written `90m`, `36h` or `7d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Age(i64);

impl Age {
    /// Milliseconds.
    pub fn ms(self) -> i64 {
        self.0
    }
}

impl TryFrom<String> for Age {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not an age: write `90m`, `36h` or `7d`");
        let unit = text.chars().last().ok_or_else(wrong)?;
        let ms = match unit {
            'm' => 60_000,
            'h' => 3_600_000,
            'd' => 86_400_000,
            _ => return Err(wrong()),
        };
        let count: u32 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
        Ok(Self(i64::from(count) * ms))
    }
}

impl From<Age> for String {
    fn from(age: Age) -> String {
        match age.0 {
            ms if ms % 86_400_000 == 0 => format!("{}d", ms / 86_400_000),
            ms if ms % 3_600_000 == 0 => format!("{}h", ms / 3_600_000),
            ms => format!("{}m", ms / 60_000),
        }
    }
}

/// What mends a breach.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Remedy {
    /// What to do, in Vietnamese.
    pub vi: String,
    /// What to do, in English.
    pub en: String,
    /// The page or form that does it; none where the facts are still awaited.
    #[serde(default)]
    pub action: Option<Action>,
}

impl Remedy {
    /// The text in `lang`.
    pub fn text(&self, lang: Lang) -> &str {
        match lang {
            Lang::Vi => &self.vi,
            Lang::En => &self.en,
        }
    }
}

/// The page or form on which a breach is mended.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// The records of a noun of the registry: `device`, `contact`.
    Noun(String),
    /// A new entry in a book.
    Register(String),
    /// The attestation form of this control.
    Attest(bool),
}

impl Control {
    /// The values of its parameters: the defaults, then what `settings` say.
    ///
    /// Later entries win. One that is not of the parameter's type is passed over, and
    /// a whole number given for a decimal becomes one, so that the type of a value is
    /// always that of its parameter.
    pub fn values<'a>(
        &'a self,
        settings: impl IntoIterator<Item = (&'a String, &'a Value)>,
    ) -> BTreeMap<String, Value> {
        let mut values: BTreeMap<String, Value> = self
            .parameters
            .iter()
            .map(|p| (p.name.clone(), p.default.clone().of(p.kind)))
            .collect();
        for (name, value) in settings {
            let parameter = self.parameters.iter().find(|p| p.name == *name);
            if let Some(parameter) = parameter.filter(|p| value.fits(p.kind)) {
                values.insert(name.clone(), value.clone().of(parameter.kind));
            }
        }
        values
    }

    /// The sentence for a reason code, its `{column}` placeholders filled from `columns`.
    ///
    /// A placeholder without a value shows as `–`; an unknown code shows as itself.
    pub fn explain(
        &self,
        reason: &str,
        lang: Lang,
        columns: &dyn Fn(&str) -> Option<String>,
    ) -> String {
        self.reasons
            .get(reason)
            .map_or_else(|| reason.to_owned(), |label| fill(label.get(lang), columns))
    }
}

/// Fills the `{name}` placeholders of a template.
pub fn fill(template: &str, columns: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push('{');
            out.push_str(after);
            return out;
        };
        out.push_str(columns(name).as_deref().unwrap_or("–"));
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// The names between `{` and `}` in a template.
pub(crate) fn placeholders(template: &str) -> Vec<&str> {
    template
        .split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}').map(|(name, _)| name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_read_and_written() {
        for text in ["90m", "36h", "7d"] {
            let age = Age::try_from(text.to_owned()).unwrap();
            assert_eq!(String::from(age), text);
        }
        assert_eq!(Age::try_from("2h".to_owned()).unwrap().ms(), 7_200_000);
        assert!(Age::try_from("2 weeks".to_owned()).is_err());
        assert!(Age::try_from(String::new()).is_err());
    }

    #[test]
    fn a_word_about_the_past_year_does_not_stand_for_another() {
        let library = crate::Library::load(&crate::Embedded).unwrap();
        let of_year = |form: &Attestation| form.question.en.contains("past ");
        let forms = library.controls.values();
        let forms = forms.filter_map(|c| Some((&c.id, c.attestation.as_ref()?)));
        let forms: Vec<_> = forms.filter(|(_, form)| of_year(form)).collect();
        assert!(forms.len() > 20);
        for (id, form) in forms {
            assert!(form.lifetime_days <= 90, "{id}: {}", form.lifetime_days);
        }
    }

    #[test]
    fn values_have_the_type_of_their_parameter() {
        let control: Control = serde_saphyr::from_str(
            "title: {vi: x, en: x}\nseverity: low\n\
             parameters:\n  - {name: share, type: decimal, default: 99, label: {vi: x, en: x}}\n\
             remedy: {vi: x, en: x, action: {attest: true}}\n",
        )
        .unwrap();
        let name = "share".to_owned();
        let with = |value: &Value| control.values([(&name, value)])["share"].clone();
        assert_eq!(control.values([])["share"], Value::Decimal(99.0));
        assert_eq!(with(&Value::Integer(95)), Value::Decimal(95.0));
        assert_eq!(with(&Value::Text("often".into())), Value::Decimal(99.0));
    }

    #[test]
    fn templates_are_filled_from_columns() {
        let columns = |name: &str| (name == "days").then(|| "12".to_owned());
        assert_eq!(fill("{days} ngày, {site}", &columns), "12 ngày, –");
        assert_eq!(fill("an open { brace", &columns), "an open { brace");
        assert_eq!(placeholders("{days} of {site}"), ["days", "site"]);
    }
}
