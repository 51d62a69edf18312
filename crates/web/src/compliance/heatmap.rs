//! Units by articles: a table that shows where it hurts.
//!
//! It is written by hand and not by a template: a thousand units by nineteen
//! articles are nineteen thousand cells, and the words of a cell are looked up
//! once for each verdict, not once for each cell.

use std::fmt::Write as _;

use crate::{cx::Cx, mark::Mark};

/// One unit's row.
#[derive(Clone, Debug)]
pub struct Row {
    /// The unit's code.
    pub code: String,
    /// The unit's name.
    pub name: String,
    /// The worst verdict of each article; none where the article asks nothing of anybody.
    pub marks: Vec<Option<Mark>>,
}

/// The sign of a verdict in a cell.
const fn sign(mark: Mark) -> &'static str {
    match mark {
        Mark::Met | Mark::Up => "✓",
        Mark::Breached | Mark::Down => "✕",
        Mark::Pending => "◔",
        Mark::NoData | Mark::Unknown => "○",
        Mark::Waived => "⊘",
        Mark::Error => "!",
        Mark::NotApplicable => "–",
        Mark::Unreachable => "◆",
        Mark::Isolated => "✚",
    }
}

/// The table's HTML. `regulation` is that page's address, `articles` are (number, title).
pub fn table(cx: &Cx, regulation: &str, articles: &[(String, String)], rows: &[Row]) -> String {
    let words: Vec<(Mark, String)> = Mark::VERDICTS
        .into_iter()
        .map(|mark| (mark, escape(&mark.word(cx.lang))))
        .collect();
    let mut out = String::with_capacity(rows.len() * articles.len() * 110 + 4096);
    out.push_str("<table class=\"heat\"><thead><tr><th scope=\"col\">");
    out.push_str(&escape(&cx.t("unit-name")));
    out.push_str("</th>");
    for (number, title) in articles {
        let _ = write!(
            out,
            "<th scope=\"col\" title=\"{}\"><a href=\"{}#d{number}\">{}</a></th>",
            escape(title),
            escape(regulation),
            escape(number)
        );
    }
    out.push_str("</tr></thead><tbody>");
    for row in rows {
        let code = escape(&row.code);
        let _ = write!(
            out,
            "<tr><th scope=\"row\"><a href=\"/units/{code}\">{}</a></th>",
            escape(&row.name)
        );
        for ((number, _), mark) in articles.iter().zip(&row.marks) {
            let Some((mark, word)) = words.iter().find(|(each, _)| Some(*each) == *mark) else {
                out.push_str("<td></td>");
                continue;
            };
            let _ = write!(
                out,
                "<td><a class=\"is-{}\" title=\"{word}\" href=\"/units/{code}?article={number}\">{}</a></td>",
                mark.name(),
                sign(*mark)
            );
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table>");
    out
}

/// Text for HTML content and attributes.
fn escape(text: &str) -> String {
    askama::filters::escape(text, askama::filters::Html)
        .map_or_else(|_| String::new(), |safe| safe.to_string())
}
