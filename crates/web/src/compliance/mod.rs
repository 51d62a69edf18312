//! Compliance: regulation, chapter, article, clause, verdict.

mod attest;
pub mod heatmap;
pub mod page;
mod route;
pub mod timeline;
mod verdict;
pub mod words;

use app::{App, assess::Unit};
use policy::{Control, control::Action};

pub use route::{moment, routes};

use crate::{cx::Cx, http::encode};

/// The button that mends a breach: address and text; none where nothing can be done yet.
/// `verdict` is the page of the verdict itself.
pub fn remedy(
    cx: &Cx,
    app: &App,
    control: &Control,
    unit: &Unit,
    verdict: &str,
) -> Option<(String, String)> {
    let word = |noun: &str| {
        app.schema(noun).map_or_else(
            |_| noun.to_owned(),
            |schema| cx.l(&schema.label).to_lowercase(),
        )
    };
    let back = encode(verdict);
    Some(match control.remedy.action.as_ref()? {
        Action::Noun(noun) if noun == "organization" => (
            format!("/registry/organization/{}/edit?back={back}", unit.id),
            cx.tx("remedy-open", word(noun)),
        ),
        Action::Noun(noun) => (
            format!("/registry/{noun}?organization={}", unit.id),
            cx.tx("remedy-open", word(noun)),
        ),
        Action::Register(noun) => (
            format!("/registry/{noun}/new?organization={}&back={back}", unit.id),
            cx.tx("remedy-write", word(noun)),
        ),
        Action::Attest(_) => (format!("{verdict}#attest"), cx.t("remedy-attest")),
    })
}
