//! From a file to its type, with the place of what is wrong.

use std::cell::OnceCell;

use serde::de::DeserializeOwned;
use serde_saphyr::Error;

use super::{Problem, outline::Outline, suggest};

/// A file that was read into its type, and its text for places.
pub(super) struct Parsed<T> {
    pub path: String,
    pub text: String,
    pub value: T,
    outline: OnceCell<Outline>,
}

impl<T> Parsed<T> {
    /// A value that was read from `text`.
    pub fn new(path: &str, text: String, value: T) -> Self {
        Self {
            path: path.to_owned(),
            text,
            value,
            outline: OnceCell::new(),
        }
    }

    /// The file's name without folder and ending.
    pub fn stem(&self) -> &str {
        stem(&self.path)
    }

    /// Reports a mistake in the value at `at`, a path such as `clauses[3].bearer`.
    pub fn report(&self, at: &str, what: impl Into<String>, instead: impl Into<String>) -> Problem {
        let outline = self.outline.get_or_init(|| Outline::of(&self.text));
        let (line, column) = outline.place(at);
        Problem {
            file: self.path.clone(),
            line,
            column,
            what: what.into(),
            instead: instead.into(),
        }
    }
}

/// The name of a file without folder and ending.
pub(super) fn stem(path: &str) -> &str {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// The bytes as text.
pub(super) fn text(path: &str, bytes: &[u8]) -> Result<String, Problem> {
    String::from_utf8(bytes.to_vec()).map_err(|error| {
        let before = &bytes[..error.utf8_error().valid_up_to()];
        Problem {
            file: path.to_owned(),
            line: before.split(|b| *b == b'\n').count(),
            column: 1,
            what: "this is not UTF-8 text".into(),
            instead: "the file saved as UTF-8".into(),
        }
    })
}

/// Reads a YAML file into its type.
pub(super) fn yaml<T: DeserializeOwned>(path: &str, bytes: &[u8]) -> Result<Parsed<T>, Problem> {
    let text = text(path, bytes)?;
    match serde_saphyr::from_str::<T>(&text) {
        Ok(value) => Ok(Parsed::new(path, text, value)),
        Err(error) => Err(explained(path, &text, error.without_snippet())),
    }
}

fn explained(path: &str, text: &str, error: &Error) -> Problem {
    let (what, instead) = match error {
        Error::SerdeUnknownField {
            field, expected, ..
        } => (
            format!("`{field}` is not a key that belongs here"),
            suggest(field, expected.iter().copied()),
        ),
        Error::SerdeUnknownVariant {
            variant, expected, ..
        } => (
            format!("`{variant}` is not a word that belongs here"),
            suggest(variant, expected.iter().copied()),
        ),
        Error::SerdeMissingField { field, .. } => (
            format!("the key `{field}` is missing"),
            format!("`{field}: …`"),
        ),
        other => (plain(&other.to_string()), String::new()),
    };
    let place = error.location().map(|l| {
        let line = usize::try_from(l.line()).unwrap_or(1);
        let column = usize::try_from(l.column()).unwrap_or(1);
        (line.max(1), column.max(1))
    });
    let (line, column) = place.unwrap_or((text.lines().count().max(1), 1));
    Problem {
        file: path.to_owned(),
        line,
        column,
        what,
        instead,
    }
}

/// The message without the place, which is reported beside it.
fn plain(message: &str) -> String {
    let cut = ["  at line ", " at line ", " (line "]
        .iter()
        .filter_map(|mark| message.rfind(mark))
        .min()
        .unwrap_or(message.len());
    message[..cut]
        .trim()
        .trim_start_matches("error: ")
        .to_owned()
}
