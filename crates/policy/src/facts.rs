//! The fact views that a check may read. The store makes them; this list is the contract.

use std::collections::BTreeMap;

use domain::schema::Schema;

/// A fact view and its columns.
pub struct View {
    /// `fact_device`.
    pub name: &'static str,
    /// Its columns.
    pub columns: &'static [&'static str],
}

macro_rules! views {
    ($($name:literal: $($column:ident)+;)+) => {
        /// Every fact view. `unit` is the organization's id as text; `…_at` are unix
        /// milliseconds UTC, `…_on` dates `YYYY-MM-DD`, `…_ms` durations in milliseconds.
        /// `province` is the head of the tree that the organization stands in: what is asked
        /// of one province's authority counts that province's units only.
        pub const VIEWS: &[View] = &[$(View {
            name: $name,
            columns: &[$(stringify!($column)),+],
        }),+];
    };
}

views! {
    "fact_organization": unit code name kind level membership parent province updated_at;
    "fact_role": unit role starts_on ends_on province updated_at;
    "fact_contact": unit contact role name starts_on ends_on updated_at;
    "fact_site": unit site code name class status address address_key updated_at;
    "fact_circuit": unit circuit code provider bandwidth_mbps status a_site z_site updated_at;
    "fact_device": unit device name role site status address address_key in_service_on
        inspected_on inspection_result updated_at code custodian origin;
    "fact_prefix": prefix cidr first_key last_key unit updated_at;
    "fact_account": unit account login kind privileged mfa enabled password_changed_at
        last_sign_in_at updated_at;
    "fact_target": unit target noun subject class state since_at last_sample_at updated_at;
    "fact_availability": unit target noun subject class month up_ms down_ms unreachable_ms
        isolated_ms no_data_ms updated_at;
    "fact_log_source": unit device name role last_received_at lines updated_at
        first_received_at;
    "fact_entry": unit register entry occurred_on recorded_at period result expires_on
        finished_at subject;
    "fact_inspection": unit inspection code name occasion lead status starts_on ends_on items
        open_items deviations updated_at;
    "fact_finding": unit finding inspection regulation clause summary severity action
        action_owner due_on status mended_on rechecked_on updated_at;
    "fact_evidence_check": subject checked_at sound size reason updated_at;
}

/// The fact views and one view for each book (`book_yearly_report`), by name, with columns.
#[derive(Clone, Debug)]
pub struct Views(BTreeMap<String, Vec<String>>);

impl Default for Views {
    fn default() -> Self {
        Self::with_books([])
    }
}

impl Views {
    /// The fact views and those of these books.
    pub fn with_books<'a>(books: impl IntoIterator<Item = &'a Schema>) -> Self {
        let fixed = VIEWS.iter().map(|v| {
            let columns = v.columns.iter().map(|c| (*c).to_owned()).collect();
            (v.name.to_owned(), columns)
        });
        let books = books.into_iter().map(|b| (b.view(), b.view_columns()));
        Self(fixed.chain(books).collect())
    }

    /// The columns of a view, or none if there is no such view.
    pub fn columns(&self, view: &str) -> Option<&[String]> {
        self.0.get(view).map(Vec::as_slice)
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.keys().map(String::as_str)
    }
}

/// The columns of a view, or none if there is no such view.
pub fn columns(view: &str) -> Option<&'static [&'static str]> {
    VIEWS.iter().find(|v| v.name == view).map(|v| v.columns)
}
