//! A record of any noun.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    id::{Id, OrganizationId},
    schema::Schema,
};

/// A value of a field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Not given.
    Null,
    /// Yes or no.
    Boolean(bool),
    /// A whole number, or an instant in unix milliseconds.
    Integer(i64),
    /// A number with a fraction.
    Decimal(f64),
    /// Text, a code, a date, an address, an id.
    Text(String),
}

impl Value {
    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(t) => Some(t),
            _ => None,
        }
    }

    /// The id, if it is one.
    pub fn as_id(&self) -> Option<Id> {
        self.as_text()?.parse().ok()
    }

    /// Whether nothing is given.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// As a spreadsheet cell, which [`crate::parse`] reads as the same value.
    pub fn to_cell(&self) -> String {
        match self {
            Value::Null => String::new(),
            Value::Boolean(b) => b.to_string(),
            Value::Integer(i) => i.to_string(),
            Value::Decimal(d) => crate::parse::number::unmistakable(*d),
            Value::Text(t) => t.clone(),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<Id> for Value {
    fn from(id: Id) -> Self {
        Value::Text(id.to_string())
    }
}

/// The values of a record by field name.
pub type Values = BTreeMap<String, Value>;

/// A record of any noun: its id, its values, and which version of it this is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its identifier.
    pub id: Id,
    /// 1 when made; each change adds one. A change names the version that it read.
    pub version: i64,
    /// Unix milliseconds of the last change.
    pub updated_at: i64,
    /// Values by field name; a field that is not given is absent or null.
    pub values: Values,
}

impl Record {
    /// The value of `field`; null when absent.
    pub fn get(&self, field: &str) -> &Value {
        self.values.get(field).unwrap_or(&Value::Null)
    }

    /// The text of `field`, empty when absent.
    pub fn text(&self, field: &str) -> &str {
        self.get(field).as_text().unwrap_or_default()
    }

    /// The organization that owns it; `None` when its owner's field is empty.
    pub fn owner(&self, schema: &Schema) -> Option<OrganizationId> {
        if schema.owner == "id" {
            Some(OrganizationId(self.id))
        } else {
            self.get(&schema.owner).as_id().map(OrganizationId)
        }
    }
}
