//! Nouns whose records nobody types.

use serde::{Deserialize, Serialize};

use super::{Kind, Schema, Storage};

/// Records that a collector writes as it sees them. They are not journalled and nobody may
/// change them; how they were before is kept as intervals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observed {
    /// The collector's name.
    pub by: String,
    /// The field that names what was asked.
    pub of: String,
}

impl Observed {
    /// What is wrong with it in a schema, and what to write instead; none when nothing is.
    pub(super) fn wrong(&self, schema: &Schema) -> Option<String> {
        if schema.storage != Storage::Table {
            return Some("`observed` is for the registry's own nouns; remove it".into());
        }
        let of = schema.field(&self.of);
        if of.is_some_and(|field| field.kind == Kind::Reference) {
            return None;
        }
        Some(format!("`of: {}` is no reference of its", self.of))
    }
}

#[cfg(test)]
mod tests {
    use crate::noun;

    #[test]
    fn what_is_observed_names_what_was_asked() {
        let mut schema = noun::get("interface").unwrap().clone();
        assert!(schema.check().is_ok());
        let observed = schema.observed.as_mut().unwrap();
        observed.of = "name".into();
        assert!(schema.check().is_err());
    }
}
