//! The way to the pages before and after.

use askama::Template;

use crate::cx::Cx;

/// Links to the neighbouring pages of a list.
#[derive(Debug, Template)]
#[template(path = "pages.html")]
pub struct Pages {
    /// Context.
    pub cx: Cx,
    /// Which rows these are, in words.
    pub shown: String,
    /// The page before.
    pub previous: Option<String>,
    /// The page after.
    pub next: Option<String>,
}

impl Pages {
    /// Pages of `size` rows from `offset` on, of `total`; `query` are the other
    /// parameters, encoded, without `offset`.
    pub fn new(cx: &Cx, path: &str, query: &str, offset: usize, size: usize, total: usize) -> Self {
        let href = |offset: usize| {
            let joint = if query.is_empty() { "" } else { "&" };
            format!("{path}?{query}{joint}offset={offset}")
        };
        let last = (offset + size).min(total);
        Self {
            shown: format!(
                "{}–{} / {}",
                cx.n(offset.min(total) + 1),
                cx.n(last),
                cx.n(total)
            ),
            previous: (offset > 0).then(|| href(offset.saturating_sub(size))),
            next: (last < total).then(|| href(last)),
            cx: cx.clone(),
        }
    }
}
