//! The fixtures of packs: checks and duties over made-up facts. What they must say, they say.
//!
//! The database is a scratch one: its views become tables, and everything in them goes.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use domain::{record::Value as Read, unsaid};
use policy::{
    Control, Library, Status,
    control::Value,
    duty::{self, Books, Entry, Moment, Whose},
    fixture::{Case, Fact, Fixture},
    verdict::{Finding, Row, RowStatus, fold},
};

use store::{Arg, Db, StoreError, fact};

/// A check of a fixture may take so long.
const LIMIT: Duration = Duration::from_secs(20);

/// One unit of one case that was judged.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The fixture's file.
    pub path: String,
    /// The case.
    pub case: String,
    /// The unit.
    pub unit: String,
    /// What it must be.
    pub expected: (Status, Option<String>),
    /// What it is, with the reason; or why the check could not be run.
    pub found: Result<(Status, Option<String>), String>,
}

impl Outcome {
    /// Whether it is what it must be.
    pub fn holds(&self) -> bool {
        let (status, reason) = &self.expected;
        self.found
            .as_ref()
            .is_ok_and(|(found, why)| found == status && (reason.is_none() || reason == why))
    }
}

/// Fixtures that could not be run.
#[derive(Debug, thiserror::Error)]
pub enum ScratchError {
    /// No folder for the database.
    #[error("a temporary folder cannot be made")]
    Folder(#[from] std::io::Error),
    /// The database failed, or a fixture names a column that there is not.
    #[error("the facts of a fixture cannot be written")]
    Store(#[from] StoreError),
}

/// Judges every case of the fixtures over their facts, in a database that is made for it
/// and goes with it.
///
/// # Errors
/// When a fixture names a column that there is not, or the database fails.
pub async fn run_in_scratch(
    library: &Library,
    fixtures: &[(String, Fixture)],
) -> Result<Vec<Outcome>, ScratchError> {
    let scratch = tempfile::tempdir()?;
    let db = Db::open_sqlite(&scratch.path().join("facts.db")).await?;
    let outcomes = run(&db, library, fixtures).await;
    db.close().await;
    Ok(outcomes?)
}

/// The same in a scratch database at hand.
///
/// # Errors
/// When a fixture names a control or a column that there is not, or the database fails.
pub async fn run(
    db: &Db,
    library: &Library,
    fixtures: &[(String, Fixture)],
) -> Result<Vec<Outcome>, StoreError> {
    tables_for_views(db, library).await?;
    let mut outcomes = Vec::new();
    for (path, fixture) in fixtures {
        let Some(control) = library.controls.get(&fixture.control) else {
            continue;
        };
        for case in &fixture.cases {
            fill(db, library, case).await?;
            let found = match control.check.as_ref().and_then(|id| library.checks.get(id)) {
                Some(check) => by_check(db, check, control, case).await,
                None => Ok(by_duty(db, library, control, case).await?),
            };
            for (unit, expected) in &case.expect {
                let found = match &found {
                    Ok(all) => all
                        .get(unit)
                        .map(|f| (f.status, f.reason.clone()))
                        .ok_or_else(|| "it is judged by neither check nor duty".to_owned()),
                    Err(why) => Err(why.clone()),
                };
                outcomes.push(Outcome {
                    path: path.clone(),
                    case: case.name.clone(),
                    unit: unit.clone(),
                    expected: (*expected, case.reasons.get(unit).cloned()),
                    found,
                });
            }
        }
    }
    Ok(outcomes)
}

/// Puts tables in the place of the views, with the types that the views have.
async fn tables_for_views(db: &Db, library: &Library) -> Result<(), StoreError> {
    store::book::make_views(db, library.registers.values()).await?;
    // All are read before the first of them goes: a view may read another.
    for step in [
        "CREATE TABLE made_{} AS SELECT * FROM {}",
        "DROP VIEW {}",
        "ALTER TABLE made_{} RENAME TO {}",
    ] {
        for view in views(library) {
            db.execute("fixture", &step.replace("{}", view), &[])
                .await?;
        }
    }
    for (column, is_instant) in told_by_duties(library) {
        let kind = if is_instant { "BIGINT" } else { "TEXT" };
        let sql = format!("ALTER TABLE fact_entry ADD COLUMN {column} {kind}");
        db.execute("fixture", &sql, &[]).await?;
    }
    Ok(())
}

/// The fields by which duties tell when something happened, beside the columns of every
/// entry, and whether each is an instant (its name ends in `_at`) or a day.
fn told_by_duties(library: &Library) -> BTreeMap<&str, bool> {
    let entry = policy::facts::all()
        .iter()
        .filter(|v| v.name == "fact_entry");
    let fixed: BTreeSet<&str> = entry.flat_map(policy::facts::View::columns).collect();
    let rules = library.controls.values().filter_map(|c| c.duty.as_ref());
    rules
        .flat_map(duty::DutyRule::fields)
        .filter(|column| !fixed.contains(column))
        .map(|column| (column, column.ends_with("_at")))
        .collect()
}

/// The fact views, and the books that a check reads.
fn views(library: &Library) -> BTreeSet<&str> {
    let read = library.checks.values().flat_map(|check| &check.reads);
    let fixed = policy::facts::all().iter().map(|v| v.name);
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

async fn fill(db: &Db, library: &Library, case: &Case) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    for view in views(library) {
        tx.execute("fixture", &format!("DELETE FROM {view}"), &[])
            .await?;
    }
    let mut texts = BTreeSet::from([String::new()]);
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
            tx.execute("fixture", &sql, &args).await?;
            texts.extend(given.into_iter().filter_map(|(_, fact)| match fact {
                Some(Value::Text(text)) => Some(text),
                _ => None,
            }));
        }
    }
    let rows: Vec<Vec<Arg>> = texts
        .iter()
        .flat_map(|text| {
            let kinds = unsaid::kinds(text).into_iter();
            kinds.map(|kind| vec![text.into(), kind.into()])
        })
        .collect();
    tx.insert_many("fixture", "fact_unsaid (said, kind)", "", &rows)
        .await?;
    tx.commit().await
}

/// Runs the control's check as the engine does, and folds its rows by unit.
async fn by_check(
    db: &Db,
    check: &policy::Check,
    control: &Control,
    case: &Case,
) -> Result<BTreeMap<String, Finding>, String> {
    let (sql, names) = check.prepared();
    let args: Vec<Arg> = names
        .iter()
        .map(|n| arg(case.parameter(control, n)))
        .collect();
    let table = fact::run(db, sql, &args, LIMIT).await.map_err(|error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        format!("{error}: {}", cause.unwrap_or_default())
    })?;
    if !table.is_empty() && table.columns() != check.columns {
        return Err(format!("it returns {:?}", table.columns()));
    }
    let mut by_unit: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in 0..table.len() {
        let get = |name: &str| table.column(name).map(|c| table.value(row, c));
        let text = |name: &str| get(name).and_then(|v| v.as_text().map(ToOwned::to_owned));
        let status = match text("status") {
            None => None,
            Some(word) => match RowStatus::from_code(&word) {
                None => return Err(format!("it says the status `{word}`")),
                known => known,
            },
        };
        let reason = text("reason");
        if let Some(code) = reason
            .as_ref()
            .filter(|r| !control.reasons.contains_key(*r))
        {
            return Err(format!("it gives the reason `{code}`, which has no words"));
        }
        let observed_at = match get("observed_at") {
            Some(Read::Integer(ms)) => Some(ms),
            Some(Read::Null) | None => None,
            other => return Err(format!("observed_at is {other:?}")),
        };
        let unit = text("unit").ok_or("a row has no unit")?;
        by_unit.entry(unit).or_default().push(Row {
            subject: text("subject").unwrap_or_default(),
            status,
            reason,
            observed_at,
        });
    }
    Ok(case
        .expect
        .keys()
        .map(|unit| {
            let rows = by_unit.remove(unit).unwrap_or_default();
            let finding = fold(&rows, control.stale_after, case.now_ms());
            (unit.clone(), finding)
        })
        .collect())
}

/// The same for a duty, from the entries that the book then holds.
async fn by_duty(
    db: &Db,
    library: &Library,
    control: &Control,
    case: &Case,
) -> Result<BTreeMap<String, Finding>, StoreError> {
    let Some(rule) = control.duty.as_ref() else {
        return Ok(BTreeMap::new());
    };
    let mut books: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    let mut told = told_by_duties(library);
    told.insert("finished_at", true);
    let columns: Vec<&str> = told.keys().copied().collect();
    let sql = format!(
        "SELECT register, unit, entry, occurred_on, recorded_at, updated_at, period, result, subject, {} \
         FROM fact_entry",
        columns.join(", ")
    );
    for row in db.fetch("book", &sql, &[]).await? {
        let moment =
            |column: &str| Ok::<_, StoreError>(row.opt_int(column)?.map(domain::clock::from_ms));
        let (mut moments, mut words) = (BTreeMap::new(), BTreeMap::new());
        for (column, is_instant) in &told {
            let name = (*column).to_owned();
            if *is_instant {
                moments.extend(moment(column)?.map(|at| (name, Moment::At(at))));
            } else if let Some(text) = row.opt_text(column)? {
                // A day, or a word that was chosen.
                match text.parse() {
                    Ok(day) => _ = moments.insert(name, Moment::Day(day)),
                    Err(_) => _ = words.insert(name, text),
                }
            }
        }
        books.entry(row.text("register")?).or_default().push(Entry {
            id: row.text("entry")?,
            unit: row.text("unit")?,
            period: row.opt_text("period")?,
            occurred_on: row.opt_parsed("occurred_on")?,
            recorded_at: moment("recorded_at")?,
            written_at: moment("updated_at")?,
            result: row.opt_text("result")?,
            subject: row.opt_text("subject")?,
            moments,
            words,
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
        let perhaps = rule.perhaps.iter();
        let perhaps: Vec<_> = perhaps.map(|p| of(&p.register, &own)).collect();
        let read = Books {
            events: &events.unwrap_or_default(),
            entries: &of(&rule.register, &own),
            perhaps: &perhaps,
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
    Ok(case.expect.keys().map(judge).collect())
}
