//! What was shared with the reader's bodies, and the part of an entry's page that shares it.

use askama::Template;
use domain::problem::Problem;

use super::PAGE;
use crate::cx::Cx;

/// An entry that was shared.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its page.
    pub href: String,
    /// Its title.
    pub title: String,
    /// The book's name.
    pub book: String,
    /// Whose it is.
    pub unit: String,
    /// When it was shared, unix milliseconds.
    pub shared_at: i64,
    /// By whom.
    pub shared_by: String,
    /// The last day in words; empty: without end.
    pub until: String,
}

/// `GET /shares`.
#[derive(Debug, Template)]
#[template(path = "share/index.html")]
pub struct Index {
    /// Context.
    pub cx: Cx,
    /// The latest first.
    pub rows: Vec<Row>,
}

/// A body with which an entry is or was shared.
#[derive(Clone, Debug)]
pub struct Given {
    /// The share's id.
    pub id: String,
    /// The body's name.
    pub receiver: String,
    /// Whether it holds today.
    pub holds: bool,
    /// Since when, by whom, until when, or how it ended.
    pub about: String,
}

/// With whom an entry is shared, as a part of its page.
#[derive(Debug, Template)]
#[template(path = "share/panel.html")]
pub struct Panel {
    /// Context.
    pub cx: Cx,
    /// The entry's page.
    pub entry: String,
    /// Those that hold first, then the latest.
    pub given: Vec<Given>,
    /// Code and name of the bodies to choose from; none: the reader may not share it.
    pub receivers: Option<Vec<(String, String)>>,
    /// What was typed.
    pub receiver: String,
    /// What was typed.
    pub ends_on: String,
    /// Why it was not done.
    pub problem: Option<Problem>,
}

impl Panel {
    /// What is wrong with a field.
    fn wrong(&self, field: &str) -> Option<String> {
        let problem = self.problem.as_ref()?;
        let wrong = problem.fields.iter().find(|wrong| wrong.field == field)?;
        Some(self.cx.l(&wrong.message))
    }

    /// The HTML attributes that tie a field to its hint and to what is wrong with it.
    fn marks(&self, field: &str) -> String {
        match self.wrong(field) {
            Some(_) => format!(" aria-invalid=\"true\" aria-describedby=\"w-{field} h-{field}\""),
            None => format!(" aria-describedby=\"h-{field}\""),
        }
    }
}
