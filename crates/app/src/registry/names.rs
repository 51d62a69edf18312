//! What a cell may name a record by: its id, its code, or its name exactly. What comes near
//! is never taken for it; it is offered.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::atomic::{AtomicUsize, Ordering},
};

use domain::{
    id::Id,
    label::Label,
    problem::{Problem, ProblemKind},
    record::Record,
    schema::Schema,
    text,
};
use store::registry::Named;

/// The records of one noun by what names them.
pub(super) struct Names {
    ids: HashSet<Id>,
    /// One map for each of the noun's keys, best first.
    exact: Vec<HashMap<String, Vec<usize>>>,
    /// By keys without tone marks, case and leading zeros; only what the actor may see.
    near: HashMap<String, Vec<usize>>,
    rows: Vec<Named>,
    index: HashMap<Id, usize>,
    /// How many times similar names were looked for; each look goes through all of them.
    searches: AtomicUsize,
}

/// What a text names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// One record.
    One(Id),
    /// Several of the same name.
    Several(Vec<String>),
    /// None; these come near.
    Nothing(Vec<String>),
}

/// How many suggestions are made.
const SUGGESTIONS: usize = 3;
/// What is longer, bytes, is no name of anything.
const LONGEST: usize = 300;
/// A table whose references are mostly wrong is not helped by more than so many searches.
const SEARCHES: usize = 200;

fn near_key(key: &str) -> String {
    let folded = text::fold(key);
    plain_number(&folded)
        .unwrap_or_else(|| folded.trim_start_matches('0'))
        .to_owned()
}

/// A code that is a number, without what spreadsheets take from and add to it: the zeros before
/// it, and `.0`.
pub(super) fn plain_number(code: &str) -> Option<&str> {
    let whole = code.strip_suffix(".0").unwrap_or(code);
    let is_number = !whole.is_empty() && whole.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| whole.trim_start_matches('0'))
}

impl Names {
    pub(super) fn new(schema: &Schema, rows: Vec<Named>) -> Self {
        let mut names = Self {
            ids: rows.iter().map(|row| row.id).collect(),
            exact: vec![HashMap::new(); schema.keys.len()],
            near: HashMap::new(),
            index: rows.iter().enumerate().map(|(i, r)| (r.id, i)).collect(),
            rows: Vec::new(),
            searches: AtomicUsize::new(0),
        };
        for (at, row) in rows.iter().enumerate() {
            for (rank, key) in row.keys.iter().enumerate() {
                let Some(key) = key else { continue };
                let exact = names.exact[rank].entry(text::name_key(key));
                exact.or_default().push(at);
                if row.in_scope {
                    names.near.entry(near_key(key)).or_default().push(at);
                }
            }
        }
        names.rows = rows;
        names
    }

    /// What a row of the same file calls a record, new or there already: in the order of the
    /// noun's keys.
    pub(super) fn add(&mut self, id: Id, keys: Vec<Option<String>>) {
        let at = *self.index.entry(id).or_insert(self.rows.len());
        for (rank, key) in keys.iter().enumerate() {
            let Some(key) = key else { continue };
            let exact = self.exact[rank].entry(text::name_key(key)).or_default();
            if !exact.contains(&at) {
                exact.push(at);
                self.near.entry(near_key(key)).or_default().push(at);
            }
        }
        if self.ids.insert(id) {
            self.rows.push(Named {
                id,
                keys,
                in_scope: true,
            });
        }
    }

    /// What the record is called by in a table: its first key.
    pub(super) fn shown(&self, id: Id) -> Option<String> {
        let row = self.rows.get(*self.index.get(&id)?)?;
        row.keys.first().cloned().flatten()
    }

    pub(super) fn find(&self, given: &str) -> Found {
        if let Ok(id) = given.parse::<Id>()
            && self.ids.contains(&id)
        {
            return Found::One(id);
        }
        let wanted = text::name_key(given);
        for keys in &self.exact {
            match keys.get(&wanted).map(Vec::as_slice) {
                None | Some([]) => {}
                Some([at]) => return Found::One(self.rows[*at].id),
                Some(several) => {
                    let seen = several.iter().copied();
                    let seen: Vec<usize> = seen.filter(|at| self.rows[*at].in_scope).collect();
                    return Found::Several(self.list(&seen));
                }
            }
        }
        let wanted = near_key(given);
        if let Some(near) = self.near.get(&wanted) {
            return Found::Nothing(self.list(near));
        }
        if wanted.len() > LONGEST {
            return Found::Nothing(Vec::new());
        }
        if self.searches.fetch_add(1, Ordering::Relaxed) >= SEARCHES {
            return Found::Nothing(Vec::new());
        }
        let mut close: Vec<(f64, &Vec<usize>)> = self
            .near
            .iter()
            .map(|(key, at)| (strsim::jaro_winkler(key, &wanted), at))
            .filter(|(score, _)| *score >= 0.93)
            .collect();
        close.sort_by(|a, b| b.0.total_cmp(&a.0));
        let close: Vec<usize> = close.into_iter().flat_map(|(_, at)| at.clone()).collect();
        Found::Nothing(self.list(&close))
    }

    fn list(&self, at: &[usize]) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let once = at.iter().filter(|i| seen.insert(**i));
        once.map(|i| called(&self.rows[*i]))
            .take(SUGGESTIONS)
            .collect()
    }
}

/// `29551 (Xã Tân Thạnh)`.
pub(super) fn called(row: &Named) -> String {
    let mut keys = row.keys.iter().flatten();
    match (keys.next(), keys.next()) {
        (Some(code), Some(name)) if code != name => format!("{code} ({name})"),
        (Some(key), _) => key.clone(),
        (None, _) => row.id.to_string(),
    }
}

/// Why a text names no record.
pub(super) fn refusal(noun: &Schema, given: &str, found: &Found) -> Label {
    let (vi, en) = (noun.label.vi.to_lowercase(), noun.label.en.to_lowercase());
    let given = text::shorten(given, LONGEST);
    match found {
        Found::One(_) => Label::default(),
        Found::Several(which) => {
            let which = which.join(", ");
            Label::new(
                format!("Có nhiều {vi} tên “{given}”: {which}. Hãy ghi mã"),
                format!("Several are called “{given}”: {which}. Write the code"),
            )
        }
        Found::Nothing(near) if near.is_empty() => Label::new(
            format!("Không có {vi} “{given}”"),
            format!("There is no {en} “{given}”"),
        ),
        Found::Nothing(near) => {
            let near = near.join(", ");
            Label::new(
                format!("Không có {vi} “{given}”; có phải {near}?"),
                format!("There is no {en} “{given}”; do you mean {near}?"),
            )
        }
    }
}

/// A text that names several records, where one is asked for.
pub(super) fn ambiguous(noun: &Schema, given: &str, records: &[Record]) -> Problem {
    let keys = |record: &Record| {
        let keys = noun.keys.iter().map(|key| record.get(key).as_text());
        keys.map(|key| key.map(ToOwned::to_owned)).collect()
    };
    let each = records.iter().take(SUGGESTIONS).map(|record| {
        called(&Named {
            id: record.id,
            keys: keys(record),
            in_scope: true,
        })
    });
    let found = Found::Several(each.collect());
    Problem::new(
        ProblemKind::Conflict,
        refusal(noun, given, &found),
        given,
        Label::new(
            "Ghi mã hoặc id của đúng một bản ghi.",
            "Write the code or the id of one of them.",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_exact_or_a_suggestion() {
        let schema = domain::noun::get("organization").unwrap();
        let units = [
            ("1", "Xã Tân Thành"),
            ("00025", "Xã Tân Thạnh"),
            ("3", "Phường 1"),
            ("4", "Phường 1"),
            ("vp-77", "Văn phòng"),
            ("Phường 1", "Mã như tên"),
        ];
        let rows = units.iter().enumerate().map(|(i, (code, name))| Named {
            id: Id::new(i64::try_from(i).unwrap()),
            keys: vec![Some((*code).into()), Some((*name).into())],
            in_scope: i != 4,
        });
        let rows: Vec<Named> = rows.collect();
        let id = |i: usize| Found::One(rows[i].id);
        let names = Names::new(schema, rows.clone());
        assert_eq!(names.find("Xã Tân Thạnh"), id(1));
        assert_eq!(
            names.find("Xa\u{303} Tân  Tha\u{323}nh"),
            id(1),
            "decomposed"
        );
        assert_eq!(names.find("Xã Tân Thành"), id(0));
        let near = vec!["1 (Xã Tân Thành)".to_owned(), "00025 (Xã Tân Thạnh)".into()];
        assert_eq!(names.find("Xa Tan Thanh"), Found::Nothing(near));
        assert_eq!(
            names.find("25"),
            Found::Nothing(vec!["00025 (Xã Tân Thạnh)".into()])
        );
        assert_eq!(names.find("Phường 1"), id(5), "a code comes before a name");
        assert_eq!(
            names.find("VP-77"),
            Found::Nothing(Vec::new()),
            "out of reach: not told"
        );
        assert_eq!(names.find("vp-77"), id(4));
        let without = Names::new(schema, rows[..5].to_vec());
        let both = vec!["3 (Phường 1)".to_owned(), "4 (Phường 1)".into()];
        assert_eq!(without.find("Phường 1"), Found::Several(both));
        let told = refusal(schema, "Xa Tan Thanh", &names.find("Xa Tan Thanh"));
        assert!(
            told.vi.contains("có phải 1 (Xã Tân Thành), 00025"),
            "{}",
            told.vi
        );
    }
}
