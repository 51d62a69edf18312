//! The checks of the packs over made-up facts, on both engines: what they must say, they say.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use domain::record::Value as Read;
use policy::{
    Control, Library, Status,
    control::Value,
    duty::{self, Books, Entry, Moment, Whose},
    fixture::{self, Case, Fact},
    verdict::{Finding, Row, RowStatus, fold},
};
use store::{Arg, Db, fact};

use crate::on_both;

on_both!(every_check_says_what_its_fixture_expects);

/// Puts tables in the place of the views, with the types that the views have.
async fn tables_for_views(db: &Db, library: &Library) {
    store::book::make_views(db, library.registers.values())
        .await
        .unwrap();
    for view in views(library) {
        for sql in [
            format!("CREATE TABLE made AS SELECT * FROM {view}"),
            format!("DROP VIEW {view}"),
            format!("ALTER TABLE made RENAME TO {view}"),
        ] {
            db.execute("fixture", &sql, &[]).await.unwrap();
        }
    }
}

/// The fact views, and the books that a check reads.
fn views(library: &Library) -> BTreeSet<&str> {
    let read = library.checks.values().flat_map(|check| &check.reads);
    let fixed = policy::facts::VIEWS.iter().map(|v| v.name);
    fixed.chain(read.map(String::as_str)).collect()
}

fn arg(value: Option<Value>) -> Arg {
    match value {
        None => Arg::Text(None),
        Some(Value::Boolean(b)) => b.into(),
        Some(Value::Integer(i)) => i.into(),
        Some(Value::Decimal(d)) => d.into(),
        Some(Value::Text(t)) => t.into(),
    }
}

async fn fill(db: &Db, library: &Library, case: &Case) {
    let mut tx = db.begin().await.unwrap();
    for view in views(library) {
        tx.execute("fixture", &format!("DELETE FROM {view}"), &[])
            .await
            .unwrap();
    }
    for (view, rows) in &case.facts {
        for row in rows {
            // What is not given is NULL; a NULL has no type of its own in a fixture.
            let given: Vec<(&String, Fact)> = row
                .iter()
                .map(|(column, fact)| (column, Case::column_value(column, fact)))
                .filter(|(_, fact)| fact.is_some())
                .collect();
            let columns: Vec<&str> = given.iter().map(|(c, _)| c.as_str()).collect();
            let places: Vec<String> = (1..=given.len()).map(|i| format!("${i}")).collect();
            let sql = format!(
                "INSERT INTO {view} ({}) VALUES ({})",
                columns.join(", "),
                places.join(", ")
            );
            let args: Vec<Arg> = given.iter().map(|(_, fact)| arg(fact.clone())).collect();
            tx.execute("fixture", &sql, &args).await.unwrap();
        }
    }
    tx.commit().await.unwrap();
}

/// Runs the control's check as the engine does, and folds its rows by unit.
async fn by_check(
    db: &Db,
    library: &Library,
    control: &Control,
    case: &Case,
) -> BTreeMap<String, Finding> {
    let check = &library.checks[control.check.as_ref().unwrap()];
    let (sql, names) = check.prepared();
    let args: Vec<Arg> = names
        .iter()
        .map(|n| arg(case.parameter(control, n)))
        .collect();
    let table = fact::run(db, sql, &args, Duration::from_secs(20))
        .await
        .unwrap_or_else(|e| panic!("{}: {e}: {:?}", check.id, std::error::Error::source(&e)));
    if !table.is_empty() {
        assert_eq!(table.columns(), check.columns, "{}", check.id);
    }
    let mut by_unit: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in 0..table.len() {
        let get = |name: &str| table.column(name).map(|c| table.value(row, c));
        let text = |name: &str| get(name).and_then(|v| v.as_text().map(ToOwned::to_owned));
        let status = text("status").map(|s| {
            RowStatus::from_code(&s).unwrap_or_else(|| panic!("{}: status {s}", check.id))
        });
        if let Some(reason) = text("reason") {
            assert!(
                control.reasons.contains_key(&reason),
                "{}: reason {reason}",
                control.id
            );
        }
        by_unit
            .entry(text("unit").expect("a row has a unit"))
            .or_default()
            .push(Row {
                subject: text("subject").unwrap_or_default(),
                status,
                reason: text("reason"),
                observed_at: match get("observed_at") {
                    Some(Read::Integer(ms)) => Some(ms),
                    Some(Read::Null) | None => None,
                    other => panic!("{}: observed_at is {other:?}", check.id),
                },
            });
    }
    case.expect
        .keys()
        .map(|unit| {
            let rows = by_unit.remove(unit).unwrap_or_default();
            (
                unit.clone(),
                fold(&rows, control.stale_after, case.now_ms()),
            )
        })
        .collect()
}

/// The same for a duty, from the entries that the book then holds.
async fn by_duty(
    db: &Db,
    library: &Library,
    control: &Control,
    case: &Case,
) -> BTreeMap<String, Finding> {
    let rule = control.duty.as_ref().unwrap();
    let mut books: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    let sql = "SELECT register, unit, entry, occurred_on, recorded_at, period, result, subject, finished_at \
               FROM fact_entry";
    for row in db.fetch("book", sql, &[]).await.unwrap() {
        let moment = |column: &str| row.opt_int(column).unwrap().map(domain::clock::from_ms);
        let finished = moment("finished_at").map(|at| ("finished_at".to_owned(), Moment::At(at)));
        books
            .entry(row.text("register").unwrap())
            .or_default()
            .push(Entry {
                id: row.text("entry").unwrap(),
                unit: row.text("unit").unwrap(),
                period: row.opt_text("period").unwrap(),
                occurred_on: row.opt_parsed("occurred_on").unwrap(),
                recorded_at: moment("recorded_at"),
                result: row.opt_text("result").unwrap(),
                subject: row.opt_text("subject").unwrap(),
                moments: finished.into_iter().collect(),
            });
    }
    let of = |register: &str, fits: &dyn Fn(&Entry) -> bool| -> Vec<&Entry> {
        let book = books.get(register).into_iter().flatten();
        book.filter(|e| fits(e)).collect()
    };
    let judge = |unit: &String| {
        let own = |e: &Entry| e.unit == *unit;
        let events = rule.event().map(|event| match event.of {
            Whose::Own => of(&event.register, &own),
            Whose::Others => of(&event.register, &|e| !own(e)),
        });
        let read = Books {
            events: &events.unwrap_or_default(),
            entries: &of(&rule.register, &own),
        };
        let kept_from = case.kept_from.unwrap_or(case.today());
        let parameters = control.values(&case.parameters);
        let found = duty::judge(
            rule,
            &library.calendar,
            &parameters,
            read,
            kept_from,
            case.now,
        );
        let finding = Finding {
            status: found.status,
            reason: Some(found.reason.to_owned()),
            row: None,
            observed_at: None,
        };
        (unit.clone(), finding)
    };
    case.expect.keys().map(judge).collect()
}

async fn every_check_says_what_its_fixture_expects(db: &Db) {
    let library = Library::load(&policy::Embedded).unwrap();
    tables_for_views(db, &library).await;
    let mut wrong = Vec::new();
    let mut cases = 0;
    for (path, fixture) in fixture::all(&policy::Embedded).unwrap() {
        let control = &library.controls[&fixture.control];
        for case in &fixture.cases {
            fill(db, &library, case).await;
            let found = if control.check.is_some() {
                by_check(db, &library, control, case).await
            } else {
                by_duty(db, &library, control, case).await
            };
            for (unit, expected) in &case.expect {
                cases += 1;
                let finding = &found[unit];
                let reason = case.reasons.get(unit);
                if finding.status != *expected
                    || reason.is_some_and(|r| finding.reason.as_ref() != Some(r))
                {
                    wrong.push(format!(
                        "{path}, “{}”, {unit}: {} ({:?}), expected {expected} ({reason:?})",
                        case.name, finding.status, finding.reason
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases > 100, "{cases}");
}

/// Checks that cannot both pass and fail a unit: who else should have held a role cannot be
/// told from one unit's facts; how a server room is kept a person answers.
const ONE_SIDED: [&str; 2] = ["role-held", "server-room"];

/// Nothing judges by itself that is not shown to pass, to fail, and to know when it knows nothing.
#[test]
fn every_check_passes_fails_and_is_without_data() {
    let library = Library::load(&policy::Embedded).unwrap();
    let mut seen: BTreeMap<String, BTreeSet<Status>> = BTreeMap::new();
    for (_, fixture) in fixture::all(&policy::Embedded).unwrap() {
        let control = &library.controls[&fixture.control];
        // Controls that share a check show it together; a duty is its own.
        let key = control
            .check
            .clone()
            .unwrap_or_else(|| format!("duty of {}", control.id));
        let expected = fixture
            .cases
            .iter()
            .flat_map(|c| c.expect.values().copied());
        seen.entry(key).or_default().extend(expected);
    }
    for (check, text) in library.checks.iter().map(|(id, c)| (id, &c.sql)) {
        let statuses = seen
            .get(check)
            .unwrap_or_else(|| panic!("{check} has no fixture"));
        let says = |s: Status| text.contains(&format!("'{}'", s.code()));
        let both = says(Status::Met) && says(Status::Breached);
        assert_eq!(both, !ONE_SIDED.contains(&check.as_str()), "{check}");
        for status in [Status::Met, Status::Breached, Status::NoData] {
            assert!(
                statuses.contains(&status) || (status != Status::NoData && !says(status)),
                "{check} is never shown {status}"
            );
        }
    }
    for control in library.controls.values().filter(|c| c.duty.is_some()) {
        let statuses = seen
            .get(&format!("duty of {}", control.id))
            .unwrap_or_else(|| panic!("the duty of {} has no fixture", control.id));
        // A duty with a period always has its date: before it, it is pending. Without an
        // event there is no data.
        let open = match control.duty.as_ref().and_then(|d| d.event()) {
            Some(_) => Status::NoData,
            None => Status::Pending,
        };
        for needed in [Status::Met, Status::Breached, open] {
            assert!(
                statuses.contains(&needed),
                "{} is never shown {needed}",
                control.id
            );
        }
    }
}
