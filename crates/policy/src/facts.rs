//! The fact views that a check may read. The store makes them; this list is the contract.

use std::collections::BTreeMap;

use domain::schema::{Kind, Schema};
use serde::{Deserialize, Serialize};

/// Where a fact comes from, the weakest first: a verdict carries the weakest of what it
/// rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A person typed it: the registry, a book.
    Typed,
    /// Another program told it.
    Reported,
    /// The program saw it itself.
    Seen,
}

/// A fact view and its columns.
pub struct View {
    /// `fact_device`.
    pub name: &'static str,
    /// What says whom and what a fact is about, and when it was written down. That a thing
    /// is asked about rests on the registry for every check, so these columns weaken none.
    pub keys: &'static [&'static str],
    /// What is said of it, with where that comes from.
    pub facts: &'static [(&'static str, Origin)],
}

impl View {
    /// All its columns.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> {
        let facts = self.facts.iter().map(|(column, _)| *column);
        self.keys.iter().copied().chain(facts)
    }
}

/// The age of an entry in days, from the day that it is about to today. The engine computes
/// it in `fact_entry` and in the view of every book.
pub const AGE: &str = "age_days";

/// The length of a row's month, and how much of it has passed by now, milliseconds of local days.
/// The engine computes them in `fact_availability`.
pub const MONTH_MS: &str = "month_ms";
/// See [`MONTH_MS`].
pub const ELAPSED_MS: &str = "elapsed_ms";

/// Typed columns that say when something was done: one that has yet to come is NULL to a
/// check. The books' schemas say it of their own fields (`done: true`).
const DONE: &[(&str, &[&str])] = &[
    ("fact_entry", &["finished_at"]),
    ("fact_device", &["inspected_on"]),
    ("fact_finding", &["mended_on", "rechecked_on"]),
];

macro_rules! views {
    ($($name:literal: $($key:ident)+ $(; $origin:ident $($column:ident)+)* .)+) => {
        /// Every fact view. `unit` is the organization's id as text; `…_at` are unix
        /// milliseconds UTC, `…_on` dates `YYYY-MM-DD`, `…_ms` durations in milliseconds.
        /// `province` is the head of the tree that the organization stands in: what is asked
        /// of one province's authority counts that province's units only.
        pub const VIEWS: &[View] = &[$(View {
            name: $name,
            keys: &[$(stringify!($key)),+],
            facts: &[$($((stringify!($column), Origin::$origin)),+),*],
        }),+];
    };
}

views! {
    "fact_organization": unit code name kind level membership parent province updated_at.
    "fact_role": unit role starts_on ends_on province updated_at.
    "fact_contact": unit contact role name starts_on ends_on updated_at.
    "fact_site": unit site code name class status address address_key updated_at.
    "fact_circuit": unit circuit code provider status a_site z_site updated_at;
        Typed bandwidth_mbps contract.
    "fact_device": unit device name role site status address address_key in_service_on
        updated_at code;
        Typed inspected_on inspection_result custodian origin.
    "fact_prefix": prefix cidr first_key last_key unit updated_at.
    "fact_account": unit account login kind updated_at;
        Seen privileged mfa enabled password_changed_at last_sign_in_at.
    "fact_target": unit target noun subject class updated_at;
        Seen state since_at last_sample_at.
    "fact_availability": unit target noun subject class month updated_at status;
        Seen up_ms down_ms unreachable_ms isolated_ms no_data_ms.
    "fact_outage": unit outage target noun subject kind provider contract planned updated_at;
        Seen began_at ended_at lasted_ms unseen_ms attribution;
        Typed planned_until_at.
    "fact_log_source": unit device name role updated_at;
        Seen last_received_at lines first_received_at.
    "fact_entry": unit register entry;
        Typed occurred_on recorded_at period result expires_on finished_at subject.
    "fact_inspection": unit inspection code name updated_at;
        Typed occasion lead status starts_on ends_on items open_items deviations.
    "fact_finding": unit finding inspection regulation clause updated_at;
        Typed summary severity action action_owner due_on status mended_on rechecked_on.
    "fact_evidence_check": subject updated_at;
        Seen checked_at sound size reason.
}

/// What a view still tells of a day that has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Past {
    /// All that it would have told then: its rows carry dates of their own.
    Dated,
    /// As it is now, where no record of these nouns was changed since: it keeps no history.
    Unchanged(&'static [&'static str]),
    /// Sums of whole months, so only of a day that ends one.
    Monthly,
    /// Nothing: it is how things stand now.
    Nothing,
}

/// What a view still tells of a day that has passed. A book's entries are about a day.
pub fn past(view: &str) -> Past {
    match view {
        "fact_organization" => Past::Unchanged(&["organization"]),
        "fact_site" => Past::Unchanged(&["site"]),
        "fact_circuit" => Past::Unchanged(&["circuit"]),
        "fact_device" => Past::Unchanged(&["device"]),
        // Whose a prefix is, is granted.
        "fact_prefix" => Past::Unchanged(&["prefix", "claim"]),
        "fact_inspection" => Past::Unchanged(&["inspection-round", "inspection-item"]),
        "fact_finding" => Past::Unchanged(&["finding"]),
        "fact_availability" => Past::Monthly,
        "fact_account"
        | "fact_target"
        | "fact_outage"
        | "fact_log_source"
        | "fact_evidence_check" => Past::Nothing,
        _ => Past::Dated,
    }
}

/// Views and columns that lead from one organization to another: a query that names one of
/// them may answer for an organization by the records of another.
pub(crate) const LEADS: &[&str] = &[
    "fact_organization",
    "fact_role",
    "province",
    "parent",
    "provider",
    "lead",
    "action_owner",
    "site",
    "a_site",
    "z_site",
];

/// The origin of a column of a view: none for a key. What a book holds is typed.
pub fn origin(view: &str, column: &str) -> Option<Origin> {
    match VIEWS.iter().find(|v| v.name == view) {
        Some(_) if column == AGE => Some(Origin::Typed),
        Some(view) => {
            let mut facts = view.facts.iter();
            facts.find(|(name, _)| *name == column).map(|(_, o)| *o)
        }
        None => Some(Origin::Typed),
    }
}

/// The fact views and one view for each book (`book_yearly_report`), by name, with columns.
#[derive(Clone, Debug)]
pub struct Views(BTreeMap<String, Known>);

/// A view as checks may read it.
#[derive(Clone, Debug)]
struct Known {
    columns: Vec<String>,
    /// Columns that say when something was done, and whether they are instants.
    done: Vec<(String, bool)>,
    /// Whether its rows are entries, which are about a day.
    dated: bool,
}

impl Default for Views {
    fn default() -> Self {
        Self::with_books([])
    }
}

impl Views {
    /// The fact views and those of these books.
    pub fn with_books<'a>(books: impl IntoIterator<Item = &'a Schema>) -> Self {
        let fixed = VIEWS.iter().map(|v| {
            let dated = v.name == "fact_entry";
            let mut columns: Vec<String> = v.columns().map(ToOwned::to_owned).collect();
            columns.extend(dated.then(|| AGE.to_owned()));
            if v.name == "fact_availability" {
                columns.extend([MONTH_MS, ELAPSED_MS].map(str::to_owned));
            }
            let done = DONE.iter().filter(|(view, _)| *view == v.name);
            let done = done.flat_map(|(_, columns)| columns.iter());
            let known = Known {
                columns,
                done: done
                    .map(|c| ((*c).to_owned(), c.ends_with("_at")))
                    .collect(),
                dated,
            };
            (v.name.to_owned(), known)
        });
        let books = books.into_iter().map(|book| {
            let mut columns = book.view_columns();
            columns.push(AGE.to_owned());
            let done = book.own_fields().filter(|f| f.done);
            let known = Known {
                columns,
                done: done
                    .map(|f| (f.name.clone(), f.kind == Kind::Instant))
                    .collect(),
                dated: true,
            };
            (book.view(), known)
        });
        Self(fixed.chain(books).collect())
    }

    /// The columns of a view, or none if there is no such view.
    pub fn columns(&self, view: &str) -> Option<&[String]> {
        self.0.get(view).map(|known| known.columns.as_slice())
    }

    /// The columns of a view that could hold what has yet to come or has computed ones, those of them that say when
    /// something was done (and whether as instants), and whether its rows are dated.
    #[expect(clippy::type_complexity, reason = "three parts of one view")]
    pub(crate) fn present(&self, view: &str) -> Option<(&[String], &[(String, bool)], bool)> {
        let known = self.0.get(view)?;
        let computed = known.columns.iter().any(|c| c == MONTH_MS);
        (known.dated || computed || !known.done.is_empty()).then_some((
            known.columns.as_slice(),
            known.done.as_slice(),
            known.dated,
        ))
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.keys().map(String::as_str)
    }
}
