//! What one control says of one organization, and the rows behind it.

use std::{collections::BTreeMap, sync::Arc};

use policy::{
    Status,
    duty::{Instance, Judged},
};
use serde_json::{Value, json};
use store::fact::FactTable;

use super::evidence::MAX_ROWS;

/// What one control says of one organization. The rows are put into words only when
/// somebody looks, or when a verdict turns on them.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    /// What holds.
    pub status: Status,
    /// The code of the reason.
    pub reason: Option<String>,
    /// On what it rests.
    pub rows: Rows,
}

/// The facts behind a finding.
#[derive(Clone, Debug)]
pub(super) enum Rows {
    /// Rows of what a check returned, the worst first, each with what it is worth.
    Checked {
        /// For all organizations.
        table: Arc<FactTable>,
        /// Places in the table; at most [`MAX_ROWS`].
        kept: Vec<(u32, Status)>,
        /// How many there were.
        total: usize,
        /// Whether one of them is a fact that does not tell how it stands.
        undecided: bool,
    },
    /// Why the check says nothing.
    Failed(String),
    /// Periods of a duty, the oldest first.
    Duty {
        /// The book.
        register: Arc<str>,
        /// Whether an entry does not tell how it stands.
        undecided: bool,
        /// What became of each.
        instances: Vec<(Instance, Judged)>,
    },
    /// The facts that nothing supplies yet.
    Awaited(Arc<[String]>),
    /// How it was on a past day is not kept.
    Untold,
    /// Somebody's word, or none.
    Word(Option<BTreeMap<String, Value>>),
}

impl Finding {
    /// `check`, `duty`, `attestation`, `awaited`.
    pub(super) fn by(&self) -> &'static str {
        match self.rows {
            Rows::Checked { .. } | Rows::Failed(_) | Rows::Untold => "check",
            Rows::Duty { .. } => "duty",
            Rows::Awaited(_) => "awaited",
            Rows::Word(_) => "attestation",
        }
    }

    /// Whether there is a fact that does not tell how it stands, such as an entry without a
    /// result: a word that nothing happened, older or newer, contradicts it.
    pub(super) fn undecided(&self) -> bool {
        matches!(
            self.rows,
            Rows::Checked {
                undecided: true,
                ..
            } | Rows::Duty {
                undecided: true,
                ..
            }
        )
    }

    /// How many facts there were.
    pub(super) fn total(&self) -> usize {
        match &self.rows {
            Rows::Checked { total, .. } => *total,
            Rows::Failed(_) => 1,
            Rows::Untold => 0,
            Rows::Duty { instances, .. } => instances.len(),
            Rows::Awaited(facts) => facts.len(),
            Rows::Word(word) => usize::from(word.is_some()),
        }
    }

    /// The facts as named columns, the worst (of a duty the newest) first.
    pub(super) fn named_rows(&self) -> Vec<BTreeMap<String, Value>> {
        match &self.rows {
            Rows::Checked { table, kept, .. } => kept
                .iter()
                .map(|(row, status)| checked(table, *row as usize, *status))
                .collect(),
            Rows::Untold => Vec::new(),
            Rows::Failed(why) => vec![BTreeMap::from([("error".to_owned(), json!(why))])],
            Rows::Duty {
                register,
                instances,
                ..
            } => instances
                .iter()
                .rev()
                .take(MAX_ROWS)
                .map(|(instance, judged)| period(register, instance, judged))
                .collect(),
            Rows::Awaited(facts) => facts.iter().map(|fact| awaited(fact)).collect(),
            Rows::Word(word) => word.iter().cloned().collect(),
        }
    }
}

fn checked(table: &FactTable, row: usize, status: Status) -> BTreeMap<String, Value> {
    let named = table.columns().iter().enumerate();
    let mut out: BTreeMap<String, Value> = named
        .filter(|(_, name)| *name != "unit")
        .map(|(column, name)| (name.clone(), json!(table.value(row, column))))
        .collect();
    out.insert("status".into(), json!(status.code()));
    out
}

fn awaited(fact: &str) -> BTreeMap<String, Value> {
    BTreeMap::from([
        ("awaited".to_owned(), json!(fact)),
        ("status".to_owned(), json!(Status::NoData.code())),
        ("reason".to_owned(), json!("awaits")),
    ])
}

fn period(register: &str, instance: &Instance, judged: &Judged) -> BTreeMap<String, Value> {
    let due = instance.due.as_ref().ok().map(|d| d.day.to_string());
    let event = instance.event.as_ref();
    let about = event.map_or(Some(&instance.period), |e| e.subject.as_ref());
    let done = judged.done().map(|(on, _)| on.to_string());
    let mut row = BTreeMap::from([
        ("subject".to_owned(), json!(about)),
        ("register".to_owned(), json!(register)),
        ("opens_on".to_owned(), json!(instance.opens_on.to_string())),
        ("due_on".to_owned(), json!(due)),
        ("fulfilled_on".to_owned(), json!(done)),
        ("reason".to_owned(), json!(judged.reason())),
        ("status".to_owned(), json!(judged.status().code())),
    ]);
    match event {
        Some(_) => row.insert("entry".to_owned(), json!(instance.period)),
        None => row.insert("period".to_owned(), json!(instance.period)),
    };
    if let Some(at) = instance.due_at {
        row.insert("due_at".to_owned(), json!(at.as_millisecond()));
    }
    if let Err(gap) = &instance.due {
        for (column, holiday) in [
            ("holiday_vi", &gap.holiday.vi),
            ("holiday_en", &gap.holiday.en),
        ] {
            row.insert(column.to_owned(), json!(format!("{holiday} {}", gap.year)));
        }
        row.insert("unknown_on".to_owned(), json!(gap.day.to_string()));
    }
    row
}
