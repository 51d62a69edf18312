//! The list of units and the page of one.

use askama::Template;
use policy::Tally;

use super::PAGE;
use crate::{
    counts::Shown as _, cx::Cx, journal::page::Entries, mark::Mark, network::page::TargetRow,
    paging::Pages,
};

/// A unit in the list.
#[derive(Clone, Debug)]
pub struct UnitRow {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its kind, as a word.
    pub group: String,
    /// The worst state of its connection points; none when it has none.
    pub mark: Option<Mark>,
    /// Its verdicts.
    pub counts: Tally,
}

/// `GET /units`.
#[derive(Debug, Template)]
#[template(path = "unit/list.html")]
pub struct List {
    /// Context.
    pub cx: Cx,
    /// What is searched.
    pub q: String,
    /// Kinds of units: code, word, whether it is the one shown.
    pub groups: Vec<(String, String, bool)>,
    /// All units that the search finds.
    pub total: usize,
    /// Those of this page.
    pub rows: Vec<UnitRow>,
    /// Ways to the others.
    pub pages: Pages,
}

/// Something the unit must do next.
#[derive(Clone, Debug)]
pub struct Todo {
    /// How it stands.
    pub mark: Mark,
    /// The clause, `13.6`.
    pub cite: String,
    /// The verdict page.
    pub href: String,
    /// What the clause asks.
    pub title: String,
    /// Why it is not met.
    pub why: String,
    /// ISO date, empty when it has none.
    pub due: String,
    /// The button that does it: address and text.
    pub action: Option<(String, String)>,
}

/// The verdicts of one article.
#[derive(Clone, Debug)]
pub struct ArticleRow {
    /// The worst.
    pub mark: Mark,
    /// Where its clauses are.
    pub href: String,
    /// Number and title.
    pub title: String,
    /// All of them.
    pub counts: Tally,
}

/// A person or a hotline of the unit.
#[derive(Clone, Debug)]
pub struct ContactRow {
    /// The record.
    pub href: String,
    /// Name.
    pub name: String,
    /// What for.
    pub role: String,
    /// Telephone, empty when none.
    pub phone: String,
}

/// The newest records of one noun that belong to the unit.
#[derive(Clone, Debug)]
pub struct Book {
    /// The noun.
    pub title: String,
    /// The list of all.
    pub href: String,
    /// The form for a new one.
    pub add: String,
    /// Whether the reader may add.
    pub may_add: bool,
    /// How many there are.
    pub total: u64,
    /// Address, title, date or state.
    pub rows: Vec<(String, String, String)>,
    /// What the noun is for, shown when there is none.
    pub empty: String,
}

/// `GET /units/{code}`.
#[derive(Debug, Template)]
#[template(path = "unit/page.html")]
pub struct Page {
    /// Context.
    pub cx: Cx,
    /// The record's id.
    pub id: String,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Kind, level and membership in words.
    pub kind: String,
    /// Code and name of the body above it.
    pub parent: Option<(String, String)>,
    /// Whether the reader may write its records.
    pub may_write: bool,
    /// Whether it was there when all were judged last.
    pub judged: bool,
    /// Its last day (ISO), for one that is no more: verdicts are that day's.
    pub until: Option<String>,
    /// What it must do next, the most urgent first.
    pub todo: Vec<Todo>,
    /// Its connection points, circuits and devices that are watched.
    pub targets: Vec<TargetRow>,
    /// All its verdicts.
    pub counts: Tally,
    /// By article, the worst first.
    pub articles: Vec<ArticleRow>,
    /// Who answers for it.
    pub contacts: Vec<ContactRow>,
    /// Devices, circuits and books.
    pub books: Vec<Book>,
    /// What was changed lately.
    pub journal: Entries,
}

impl Page {
    /// Whether something is judged and all of it is met, waived or not due yet: what waits for
    /// facts is not good.
    fn all_good(&self) -> bool {
        let good = [Mark::Met, Mark::Waived, Mark::Pending];
        self.counts.judged() > 0 && good.contains(&self.counts.worst())
    }

    /// How many of the books have no entry; they are folded away.
    fn without_entries(&self) -> usize {
        let empty = self.books.iter().filter(|book| book.rows.is_empty());
        empty.count()
    }
}
