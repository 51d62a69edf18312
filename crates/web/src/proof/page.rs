//! The page on which a receipt is verified.

use askama::Template;

use crate::{cx::Cx, mark::Mark};

/// `GET /receipts`.
#[derive(Debug, Template)]
#[template(path = "proof/receipts.html")]
pub struct Receipts {
    /// Context.
    pub cx: Cx,
    /// This installation's public key.
    pub key: String,
    /// What verifying just said.
    pub verified: Option<Verified>,
}

/// What verifying said.
#[derive(Clone, Debug)]
pub struct Verified {
    /// Whether it holds and this installation signed it.
    pub good: bool,
    /// In words.
    pub text: String,
    /// The verdict it speaks of, where it holds.
    pub mark: Option<Mark>,
    /// The verdict's page.
    pub href: String,
    /// What it says, as names and values.
    pub fields: Vec<(String, String)>,
}
