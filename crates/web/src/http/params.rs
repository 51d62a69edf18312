//! The parameters of an address or of a form, as text.

use std::convert::Infallible;

use axum::{extract::FromRequestParts, http::request::Parts};

/// Pairs in the order in which they came; nothing is required of them here.
#[derive(Clone, Debug, Default)]
pub struct Params(pub Vec<(String, String)>);

impl Params {
    /// The first value of a name, trimmed; empty when there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(each, _)| each == name)
            .map_or("", |(_, value)| value.trim())
    }

    /// All values of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(each, _)| each == name)
            .map(|(_, value)| value.as_str())
    }

    /// A number, 0 when it is none.
    pub fn number(&self, name: &str) -> usize {
        self.get(name).parse().unwrap_or(0)
    }

    /// The parameters as a query, without those named and without empty ones.
    pub fn without(&self, names: &[&str]) -> String {
        query(
            self.0
                .iter()
                .filter(|(name, value)| !names.contains(&name.as_str()) && !value.is_empty())
                .map(|(name, value)| (name.as_str(), value.as_str())),
        )
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(
            form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
        ))
    }
}

/// Pairs as a query.
pub fn query<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

/// Text as a part of a query.
pub fn encode(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
