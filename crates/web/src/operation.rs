//! What the description of the API says of a route that is written by hand.

use serde_json::{Map, Value, json};

use crate::http::Param;

/// Any object.
pub fn anything() -> Value {
    json!({ "type": "object" })
}

/// An object of which all of these are there.
pub fn object(parts: &[(&str, Value)]) -> Value {
    let properties: Map<String, Value> = parts
        .iter()
        .map(|(name, schema)| ((*name).to_owned(), schema.clone()))
        .collect();
    let required: Vec<&str> = parts.iter().map(|(name, _)| *name).collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

/// A list of these.
pub fn list(items: &Value) -> Value {
    object(&[
        ("total", json!({ "type": "integer", "minimum": 0 })),
        ("items", json!({ "type": "array", "items": items })),
    ])
}

/// A body of which some parts must be there, and no others than these may.
pub fn body(required: &[&str], properties: &Value) -> Value {
    json!({ "type": "object", "required": required, "additionalProperties": false,
        "properties": properties })
}

/// What the description of the API says of a route. Its path parameters follow from its path.
#[derive(Clone, Debug)]
pub struct Operation {
    /// What it does.
    pub summary: String,
    /// What it takes in its query.
    pub params: Vec<Param>,
    /// The schema of its body.
    pub body: Option<Value>,
    /// Its status when all is well.
    pub status: u16,
    /// What the answer is.
    pub about: String,
    /// The schema of the answer.
    pub answer: Value,
}

impl Operation {
    /// Answers 200 with JSON of that schema.
    pub fn new(summary: impl Into<String>, about: impl Into<String>, answer: Value) -> Self {
        Self {
            summary: summary.into(),
            params: Vec::new(),
            body: None,
            status: 200,
            about: about.into(),
            answer,
        }
    }

    /// Takes these in its query.
    #[must_use]
    pub fn takes(mut self, params: Vec<Param>) -> Self {
        self.params = params;
        self
    }

    /// Takes a body of that schema.
    #[must_use]
    pub fn sent(mut self, schema: Value) -> Self {
        self.body = Some(schema);
        self
    }

    /// Answers with another status than 200.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }
}
