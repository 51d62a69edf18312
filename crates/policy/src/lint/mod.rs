//! Finding what is wrong in a policy, to the line.

mod control;
mod document;
mod duty;
mod examine;
mod flow;
mod law;
mod outline;
mod parse;
mod regulation;
mod surroundings;

use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::source::{Source, SourceError};

pub(crate) use examine::examine;

/// A mistake in a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Path inside the policy.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub instead: String,
}

impl fmt::Display for Problem {
    /// `controls/x.yaml:3:5: what is wrong; write …`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}: {}",
            self.file, self.line, self.column, self.what
        )?;
        if self.instead.is_empty() {
            return Ok(());
        }
        write!(f, "; write {}", self.instead)
    }
}

/// Everything that is wrong in a policy, by file and line; empty when it can be used.
///
/// # Errors
/// When the files cannot be read at all.
pub fn lint(source: &dyn Source) -> Result<Vec<Problem>, SourceError> {
    Ok(examine(&source.files()?).1)
}

/// Reads a YAML file into its type, or says where it is wrong.
pub(crate) fn read_yaml<T: DeserializeOwned>(path: &str, bytes: &[u8]) -> Result<T, Problem> {
    parse::yaml(path, bytes).map(|parsed| parsed.value)
}

/// The known word that was probably meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(word.len()) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// "`near`" where a near word is known, the choice where there are few, advice where many.
pub(crate) fn suggest<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(near) = nearest(word, known.clone()) {
        return format!("`{near}`");
    }
    let all: Vec<&str> = known.into_iter().collect();
    match all.len() {
        0 => "nothing: there is none yet".into(),
        1..=24 => format!("one of {}", all.join(", ")),
        _ => format!("one that exists, such as `{}`", all[0]),
    }
}

#[cfg(test)]
mod tests;
