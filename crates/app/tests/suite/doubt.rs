//! What nobody can know decides nothing: each kind of doubt is put into every case of every
//! fixture, and no unit may be met or breached by it.
//!
//! Readers of the law found the same few kinds of fault in one check after the other. Here each
//! kind is tried on all of them. What is no doubt for one control is said in `doubt.tsv`.

use std::collections::{BTreeMap, BTreeSet};

use app::fixture::Outcome;
use jiff::{ToSpan as _, civil::Date};
use policy::{
    Library, Status,
    control::Value,
    fixture::{self, Case, Fixture},
};

type Row = BTreeMap<String, fixture::Fact>;

/// Changes a row, on the day of judging; whether there was something to change.
type Change = fn(&mut Row, Date) -> bool;

/// What is done to the entries of one unit.
const KINDS: [(&str, Change); 5] = [
    ("ahead", ahead),
    ("nothing", |row, _| says(row, "Không có")),
    ("not yet", |row, _| says(row, "Chưa thực hiện")),
    ("future", future),
    ("old", old),
];

fn day(row: &Row, column: &str) -> Option<Date> {
    match row.get(column)?.as_ref()? {
        Value::Text(text) => text.get(..10)?.parse().ok(),
        _ => None,
    }
}

fn put(row: &mut Row, column: &str, text: &dyn ToString) {
    row.insert(column.to_owned(), Some(Value::Text(text.to_string())));
}

/// They were last saved ten days before the day that they bear.
fn ahead(row: &mut Row, today: Date) -> bool {
    let Some(on) = day(row, "occurred_on").filter(|on| *on <= today) else {
        return false;
    };
    for column in ["recorded_at", "updated_at"] {
        put(row, column, &on.saturating_sub(10.days()));
    }
    true
}

/// What they are about is nothing.
fn says(row: &mut Row, words: &str) -> bool {
    let named = row.contains_key("subject");
    if named {
        put(row, "subject", &words);
    }
    named
}

/// They bear a day that has yet to come.
fn future(row: &mut Row, today: Date) -> bool {
    let dated = day(row, "occurred_on").is_some();
    if dated {
        put(row, "occurred_on", &today.saturating_add(40.days()));
    }
    dated
}

/// They are of ten years ago, though they were typed when they were.
fn old(row: &mut Row, _: Date) -> bool {
    let dated = day(row, "occurred_on").is_some();
    let days: Vec<_> = row.keys().filter(|c| c.ends_with("_on")).cloned().collect();
    for column in days {
        if let Some(on) = day(row, &column) {
            put(row, &column, &format!("2016{}", &on.to_string()[4..]));
        }
    }
    dated
}

fn is_book(view: &str) -> bool {
    view == "fact_entry" || view.starts_with("book_")
}

fn is_of(row: &Row, unit: &str) -> bool {
    matches!(row.get("unit"), Some(Some(Value::Text(of))) if of == unit)
}

/// The case as it is where `change` was done to the unit's entries; none where it changed nothing.
fn variant(case: &Case, unit: &str, kind: &str, change: Change) -> Option<Case> {
    let today = case.today();
    let mut case = case.clone();
    let mut changed = false;
    for (_, rows) in case.facts.iter_mut().filter(|(view, _)| is_book(view)) {
        for row in rows.iter_mut().filter(|row| is_of(row, unit)) {
            changed |= change(row, today);
        }
    }
    named(case, unit, kind, changed)
}

/// The case without the unit's entries.
fn without(case: &Case, unit: &str) -> Option<Case> {
    let mut case = case.clone();
    for (_, rows) in case.facts.iter_mut().filter(|(view, _)| is_book(view)) {
        rows.retain(|row| !is_of(row, unit));
    }
    named(case, unit, "without", true)
}

fn named(mut case: Case, unit: &str, kind: &str, changed: bool) -> Option<Case> {
    let status = *case.expect.get(unit)?;
    case.name = format!("{kind}: {}", case.name);
    case.expect = BTreeMap::from([(unit.to_owned(), status)]);
    case.reasons.clear();
    changed.then_some(case)
}

fn variants(fixture: &Fixture) -> Fixture {
    let mut cases = Vec::new();
    for case in &fixture.cases {
        let decided = |status: &Status| matches!(status, Status::Met | Status::Breached);
        for (unit, _) in case.expect.iter().filter(|(_, status)| decided(status)) {
            let of = KINDS
                .iter()
                .filter_map(|(kind, change)| variant(case, unit, kind, *change));
            cases.extend(of.chain(without(case, unit)));
        }
    }
    Fixture {
        cases,
        ..fixture.clone()
    }
}

/// The kinds that are no doubt for what a fixture judges: `fixture`, `kind`, why.
fn fine() -> BTreeSet<(&'static str, &'static str)> {
    let lines = include_str!("doubt.tsv")
        .lines()
        .filter(|l| !l.starts_with('#'));
    lines
        .filter_map(|line| {
            let (fixture, rest) = line.split_once('\t')?;
            Some((fixture, rest.split_once('\t')?.0))
        })
        .collect()
}

#[tokio::test]
async fn what_nobody_can_know_decides_nothing() {
    let library = Library::load(&policy::Embedded).unwrap();
    let fixtures: Vec<_> = fixture::all(&policy::Embedded)
        .unwrap()
        .into_iter()
        .map(|(path, fixture)| (path, variants(&fixture)))
        .collect();
    let outcomes = app::fixture::run_in_scratch(&library, &fixtures)
        .await
        .unwrap();
    assert!(outcomes.len() > 4_000, "{}", outcomes.len());
    let fine = fine();
    let mut unused = fine.clone();
    let found = |o: &Outcome| o.found.as_ref().ok().map(|(status, _)| *status);
    let mut wrong = Vec::new();
    let without: BTreeMap<_, _> = outcomes
        .iter()
        .filter_map(|o| {
            let case = o.case.strip_prefix("without: ")?;
            Some(((&o.path, case, &o.unit), found(o)))
        })
        .collect();
    for o in &outcomes {
        let Some((kind, case)) = o.case.split_once(": ").filter(|(k, _)| *k != "without") else {
            continue;
        };
        let decided = matches!(found(o), Some(Status::Met | Status::Breached) | None);
        if !decided || found(o) == without[&(&o.path, case, &o.unit)] {
            continue;
        }
        let name = o
            .path
            .trim_start_matches("fixtures/")
            .trim_end_matches(".yaml");
        if fine.contains(&(name, kind)) {
            unused.remove(&(name, kind));
        } else {
            wrong.push(format!("{name}\t{kind}\t{case}, {}: {:?}", o.unit, o.found));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of them:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(unused.is_empty(), "no longer needed: {unused:?}");
}
