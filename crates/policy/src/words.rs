//! Words for what checks return and parameters count.

use std::collections::BTreeMap;

use domain::label::Label;
use serde::{Deserialize, Serialize};

/// `policy/words.yaml`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// The heads of evidence, by column.
    pub columns: BTreeMap<String, Label>,
    /// The units of parameters.
    pub units: BTreeMap<String, Label>,
    /// By column, the codes that it may hold.
    #[serde(default)]
    pub values: BTreeMap<String, BTreeMap<String, Label>>,
}

impl Words {
    /// The word for a code that stands in a column.
    pub fn value(&self, column: &str, code: &str) -> Option<&Label> {
        self.values.get(column)?.get(code)
    }
}
