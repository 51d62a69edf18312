//! What the search box finds.

use askama::Template;

use crate::cx::Cx;

/// Something found.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Its page.
    pub href: String,
    /// The icon of its kind.
    pub icon: String,
    /// Its name.
    pub title: String,
    /// Kind, code and unit.
    pub about: String,
    /// Where somebody answers.
    pub phone: Option<String>,
}

/// The list under the box, and on the page of results.
#[derive(Debug, Template)]
#[template(path = "search/found.html")]
pub struct Found {
    /// Context.
    pub cx: Cx,
    /// What was searched for.
    pub q: String,
    /// The best first.
    pub hits: Vec<Hit>,
}

/// `GET /search`.
#[derive(Debug, Template)]
#[template(path = "search/page.html")]
pub struct Page {
    /// Context.
    pub cx: Cx,
    /// The list.
    pub found: Found,
}
