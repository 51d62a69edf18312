//! Inspections: from a plan by a checklist drawn from the regulations to findings that are
//! mended, re-checked and closed. Units' self-assessments go the same way.

use std::collections::{BTreeMap, HashMap};

use domain::{
    authority::Permission,
    id::Id,
    label::Label,
    problem::{Problem, ProblemKind},
    record::{Record, Value, Values},
};
use store::registry::RecordQuery;

use crate::{
    App, Ctx, assess,
    attachment::Staged,
    registry::{self, Saved},
};

const ROUND: &str = "inspection-round";
const ITEM: &str = "inspection-item";
const FINDING: &str = "finding";

/// The steps in order; each leads to the next.
pub const STEPS: [&str; 5] = ["planned", "notified", "under-way", "concluded", "closed"];

/// One item of a checklist, with the verdict as it is now.
#[derive(Clone, Debug)]
pub struct Item {
    /// The item.
    pub record: Record,
    /// The unit's code.
    pub unit: String,
    /// The live verdict; none when the clause does not bind the unit any more.
    pub verdict: Option<policy::Status>,
    /// Whether this actor may answer it.
    pub may_answer: bool,
}

/// An inspection with all that hangs on it.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// The inspection.
    pub record: Record,
    /// The units in its checklist: code and name, in the order of names.
    pub units: Vec<(String, String)>,
    /// Items by result, over all units that the actor may see.
    pub counts: BTreeMap<String, usize>,
    /// The items, those of one unit when it is asked for.
    pub items: Vec<Item>,
    /// Its findings.
    pub findings: Vec<Record>,
}

fn of(id: Id) -> RecordQuery {
    RecordQuery {
        filters: vec![("inspection".into(), id.to_string())],
        limit: 1_000_000,
        ..RecordQuery::default()
    }
}

/// An inspection by its code or id, with the items of `unit` (a code) or of all.
///
/// # Errors
/// Denied; not found also when no unit of the actor's is in it.
pub async fn get(
    app: &App,
    ctx: &Ctx,
    key: &str,
    unit: Option<&str>,
) -> Result<Inspection, Problem> {
    let record = round(app, ctx, key).await?;
    let view = assess::board(app, ctx, None).await?;
    let all = registry::list(app, ctx, ITEM, &of(record.id))
        .await?
        .records;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut units: BTreeMap<Id, (String, String)> = BTreeMap::new();
    let centre = ctx.actor.scope(Permission::Manage).is_ok();
    let mut items = Vec::new();
    for item in all {
        *counts.entry(item.text("result").to_owned()).or_default() += 1;
        let Some(id) = item.get("organization").as_id() else {
            continue;
        };
        let known = view.find(&id.to_string());
        let (code, name) = units
            .entry(id)
            .or_insert_with(|| {
                known.map_or_else(Default::default, |u| (u.code.clone(), u.name.clone()))
            })
            .clone();
        if unit.is_some_and(|wanted| wanted != code) {
            continue;
        }
        let cell = known.and_then(|u| {
            view.board
                .get(item.text("regulation"), item.text("clause"), u.id)
        });
        items.push(Item {
            unit: if code.is_empty() { name } else { code },
            verdict: cell.map(|c| c.status),
            may_answer: answers(ctx, centre, &record, &item),
            record: item,
        });
    }
    // In the order of the texts: 13.2 before 13.10, point d before point đ.
    let order: HashMap<(&str, &str), usize> = (view.board.clauses.iter().enumerate())
        .map(|(i, c)| ((c.regulation.as_str(), c.cite.as_str()), i))
        .collect();
    items.sort_by_cached_key(|item| {
        let clause = (item.record.text("regulation"), item.record.text("clause"));
        (item.unit.clone(), order.get(&clause).copied())
    });
    let findings = registry::list(app, ctx, FINDING, &of(record.id))
        .await?
        .records;
    let mut units: Vec<(String, String)> = units.into_values().collect();
    units.sort_by_key(|(_, name)| domain::text::sort_key(name));
    Ok(Inspection {
        record,
        units,
        counts,
        items,
        findings,
    })
}

fn answers(ctx: &Ctx, centre: bool, round: &Record, item: &Record) -> bool {
    let open = matches!(round.text("status"), "planned" | "notified" | "under-way");
    let own = item.text("answered_by") == "unit" && ctx.actor.scope(Permission::Write).is_ok();
    open && (centre || own)
}

/// The inspection itself. It belongs to the body that leads it, yet whoever has an item of
/// it may see it.
async fn round(app: &App, ctx: &Ctx, key: &str) -> Result<Record, Problem> {
    match registry::get(app, ctx, ROUND, key).await {
        Err(problem) if problem.kind == ProblemKind::NotFound => {}
        other => return other,
    }
    let system = Ctx::system(app.clock.now_ms());
    let record = registry::get(app, &system, ROUND, key).await?;
    let one = RecordQuery {
        limit: 1,
        ..of(record.id)
    };
    if registry::list(app, ctx, ITEM, &one).await?.total == 0 {
        return Err(Problem::not_found(
            &Label::new("đợt kiểm tra", "inspection"),
            key,
        ));
    }
    Ok(record)
}

/// The inspections that the actor may see, the newest first.
///
/// # Errors
/// Denied, unavailable.
pub async fn list(app: &App, ctx: &Ctx) -> Result<Vec<Record>, Problem> {
    let every = RecordQuery {
        limit: 1_000,
        sort: Some(("starts_on".into(), true)),
        ..RecordQuery::default()
    };
    ctx.actor.scope(Permission::Read)?;
    let system = Ctx::system(app.clock.now_ms());
    let all = registry::list(app, &system, ROUND, &every).await?.records;
    let mut seen = Vec::new();
    for record in all {
        if round(app, ctx, &record.id.to_string()).await.is_ok() {
            seen.push(record);
        }
    }
    Ok(seen)
}

fn words(text: &str) -> Vec<&str> {
    text.split([',', ';', '\n'])
        .map(str::trim)
        .filter(|w| !w.is_empty())
        .collect()
}

/// Whether a clause is asked: all are where none are named; `13` takes in `13.2.a`.
fn is_asked(wanted: &[&str], cite: &str) -> bool {
    wanted.is_empty()
        || wanted.iter().any(|w| {
            cite.strip_prefix(w)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
}

/// Draws the checklist: an item for every clause asked and every unit it binds, with the
/// verdict as it is. Items that are there already stay. How many were made.
///
/// # Errors
/// Denied; conflict once it is concluded; invalid when it names a unit that there is not.
pub async fn draw(app: &App, ctx: &Ctx, key: &str) -> Result<usize, Problem> {
    ctx.actor.scope(Permission::Manage)?;
    let round = registry::get(app, ctx, ROUND, key).await?;
    if matches!(round.text("status"), "concluded" | "closed") {
        return Err(ended(&round));
    }
    let view = assess::board(app, ctx, None).await?;
    let (codes, clauses) = (words(round.text("units")), words(round.text("clauses")));
    for code in &codes {
        view.find(code)
            .ok_or_else(|| Problem::not_found(&Label::new("đơn vị", "unit"), code))?;
    }
    let there: Vec<String> = registry::list(app, ctx, ITEM, &of(round.id))
        .await?
        .records
        .iter()
        .map(|r| r.text("code").to_owned())
        .collect();
    let there: std::collections::HashSet<String> = there.into_iter().collect();
    let by = if round.text("occasion") == "self" {
        "unit"
    } else {
        "inspector"
    };
    let mut fresh = Vec::new();
    for (unit, place, cell) in view.cells() {
        let clause = &view.board.clauses[place];
        let regulation = round.text("regulation");
        let wanted = (codes.is_empty() || codes.contains(&unit.code.as_str()))
            && (regulation.is_empty() || regulation == clause.regulation)
            && is_asked(&clauses, &clause.cite)
            && cell.status != policy::Status::NotApplicable;
        let code = format!(
            "{}/{}/{}/{}",
            round.text("code"),
            unit.code,
            clause.regulation,
            clause.cite
        );
        if !wanted || there.contains(&code) {
            continue;
        }
        let asked = view
            .library
            .clause(&clause.regulation, &clause.cite)
            .map_or_else(String::new, |c| c.summary.get(ctx.lang).to_owned());
        fresh.push(Values::from([
            ("code".to_owned(), code.into()),
            ("inspection".into(), round.id.into()),
            ("organization".into(), unit.id.0.into()),
            ("regulation".into(), clause.regulation.clone().into()),
            ("clause".into(), clause.cite.clone().into()),
            ("asked".into(), asked.into()),
            ("verdict".into(), cell.status.code().into()),
            ("result".into(), "open".into()),
            ("answered_by".into(), by.into()),
        ]));
    }
    let made = fresh.len();
    registry::add_all(app, ctx, ITEM, fresh).await?;
    Ok(made)
}

fn ended(round: &Record) -> Problem {
    Problem::new(
        ProblemKind::Conflict,
        Label::new(
            "Đợt kiểm tra đã kết luận",
            "The inspection has been concluded",
        ),
        round.text("code"),
        Label::new(
            "Lập đợt kiểm tra mới nếu cần kiểm tra thêm.",
            "Make another inspection where more must be looked at.",
        ),
    )
}

/// Writes down an item's result.
///
/// # Errors
/// Denied to a unit where inspectors answer; conflict once it is concluded or when somebody
/// else changed it since `version`.
pub async fn answer(
    app: &App,
    ctx: &Ctx,
    item: Id,
    version: i64,
    result: &str,
    note: &str,
) -> Result<Record, Problem> {
    let mut record = registry::get(app, ctx, ITEM, &item.to_string()).await?;
    let of = record.get("inspection").to_cell();
    let round = round(app, ctx, &of).await?;
    if matches!(round.text("status"), "concluded" | "closed") {
        return Err(ended(&round));
    }
    let mut set = |name: &str, value: Value| record.values.insert(name.into(), value);
    set("result", result.into());
    set("note", note.into());
    set("checked_on", app.clock.today().to_string().into());
    let values = checked(app, ITEM, record.values)?;
    let saved = registry::save(app, ctx, ITEM, Some((item, version)), values).await?;
    Ok(saved.record)
}

/// Values held against their schema, as a form's are.
fn checked(app: &App, noun: &str, values: Values) -> Result<Values, Problem> {
    let schema = app.schema(noun)?;
    let wrong: Vec<_> = schema
        .fields
        .iter()
        .filter_map(|field| {
            let cell = values
                .get(&field.name)
                .map(Value::to_cell)
                .unwrap_or_default();
            domain::parse::field(field, &cell).err()
        })
        .collect();
    if wrong.is_empty() {
        Ok(values)
    } else {
        Err(Problem::invalid(schema.label.en.clone(), wrong))
    }
}

/// What a finding says.
#[derive(Clone, Debug, Default)]
pub struct Raised {
    /// What is amiss.
    pub summary: String,
    /// `high`, `medium`, `low`.
    pub severity: String,
    /// The corrective action.
    pub action: String,
    /// Who answers for it.
    pub action_owner: String,
    /// Until when, ISO.
    pub due_on: String,
}

/// Raises a finding on an item; the item deviates.
///
/// # Errors
/// Denied, invalid, conflict once it is concluded.
pub async fn raise(app: &App, ctx: &Ctx, item: Id, raised: Raised) -> Result<Record, Problem> {
    ctx.actor.scope(Permission::Manage)?;
    let record = registry::get(app, ctx, ITEM, &item.to_string()).await?;
    let values = Values::from([
        ("code".to_owned(), record.text("code").into()),
        ("inspection".into(), record.get("inspection").clone()),
        ("organization".into(), record.get("organization").clone()),
        ("regulation".into(), record.get("regulation").clone()),
        ("clause".into(), record.get("clause").clone()),
        ("summary".into(), raised.summary.into()),
        ("severity".into(), raised.severity.into()),
        ("action".into(), raised.action.into()),
        ("action_owner".into(), raised.action_owner.into()),
        ("due_on".into(), raised.due_on.into()),
        ("status".into(), "open".into()),
    ]);
    let values = checked(app, FINDING, values)?;
    if record.text("result") != "deviates" {
        let note = record.text("note").to_owned();
        answer(app, ctx, item, record.version, "deviates", &note).await?;
    }
    Ok(registry::save(app, ctx, FINDING, None, values)
        .await?
        .record)
}

/// The unit says that a finding is mended. It writes nothing else of a finding, so the
/// program writes for it, and the journal names the person.
///
/// # Errors
/// Not found for another unit's, denied, conflict when it is closed.
pub async fn mended(
    app: &App,
    ctx: &Ctx,
    finding: Id,
    note: &str,
    document: Option<Staged>,
) -> Result<Record, Problem> {
    ctx.actor.scope(Permission::Write)?;
    let mut record = registry::get(app, ctx, FINDING, &finding.to_string()).await?;
    if record.text("status") == "closed" {
        return Err(finished(&record));
    }
    let mut set = |name: &str, value: Value| record.values.insert(name.into(), value);
    set("status", "mended".into());
    set("mended_on", app.clock.today().to_string().into());
    set("mended_note", note.into());
    if let Some(document) = &document {
        set("document", document.sha256().into());
    }
    Ok(written_for(app, ctx, record, document.as_slice())
        .await?
        .record)
}

/// The inspectors looked again: it is mended and closed, or it stays open.
///
/// # Errors
/// Denied, conflict when it is closed already.
pub async fn recheck(app: &App, ctx: &Ctx, finding: Id, holds: bool) -> Result<Record, Problem> {
    ctx.actor.scope(Permission::Manage)?;
    let mut record = registry::get(app, ctx, FINDING, &finding.to_string()).await?;
    if record.text("status") == "closed" {
        return Err(finished(&record));
    }
    let mut set = |name: &str, value: Value| record.values.insert(name.into(), value);
    set("status", if holds { "closed" } else { "open" }.into());
    set("rechecked_on", app.clock.today().to_string().into());
    set("rechecked_by", ctx.actor.name.clone().into());
    let at = Some((record.id, record.version));
    Ok(registry::save(app, ctx, FINDING, at, record.values)
        .await?
        .record)
}

fn finished(finding: &Record) -> Problem {
    Problem::new(
        ProblemKind::Conflict,
        Label::new("Tồn tại này đã đóng", "This finding is closed"),
        finding.text("code"),
        Label::new("Không cần làm gì thêm.", "Nothing more is needed."),
    )
}

/// Saves with the authority of the program and under the actor's name.
async fn written_for(
    app: &App,
    ctx: &Ctx,
    record: Record,
    files: &[Staged],
) -> Result<Saved, Problem> {
    let mut program = ctx.clone();
    program.actor.grants = Ctx::system(app.clock.now_ms()).actor.grants;
    let at = Some((record.id, record.version));
    registry::save_with(app, &program, FINDING, at, record.values, files).await
}

/// Goes on to the next step. Concluding asks that every item was looked at; closing asks
/// that every finding is closed, and writes the books whose duties it fulfils: of inspections,
/// or of each unit's self-assessment.
///
/// # Errors
/// Denied; conflict with what is still open.
pub async fn advance(app: &App, ctx: &Ctx, key: &str, conclusion: &str) -> Result<Record, Problem> {
    ctx.actor.scope(Permission::Manage)?;
    let inspection = get(app, ctx, key, None).await?;
    let mut record = inspection.record.clone();
    let at = STEPS.iter().position(|s| *s == record.text("status"));
    let next = at.and_then(|at| STEPS.get(at + 1)).copied();
    let next = next.ok_or_else(|| ended(&record))?;
    let open = inspection.counts.get("open").copied().unwrap_or(0);
    let unsolved = inspection
        .findings
        .iter()
        .filter(|f| f.text("status") != "closed")
        .count();
    let today = app.clock.today().to_string();
    let mut set = |name: &str, value: Value| record.values.insert(name.into(), value);
    match next {
        "notified" => {
            set("notified_on", today.clone().into());
        }
        "under-way" if inspection.items.is_empty() => {
            return Err(waits(
                &inspection.record,
                "Chưa có phiếu kiểm tra",
                "There is no checklist",
            ));
        }
        "concluded" if open > 0 => {
            return Err(waits(
                &inspection.record,
                &format!("Còn {open} mục chưa kiểm tra"),
                &format!("{open} items were not looked at"),
            ));
        }
        "concluded" => {
            set("conclusion", conclusion.into());
            set("ends_on", today.clone().into());
        }
        "closed" if unsolved > 0 => {
            return Err(waits(
                &inspection.record,
                &format!("Còn {unsolved} tồn tại chưa đóng"),
                &format!("{unsolved} findings are not closed"),
            ));
        }
        _ => {}
    }
    set("status", next.into());
    let place = Some((record.id, record.version));
    let saved = registry::save(app, ctx, ROUND, place, record.values).await?;
    if next == "concluded" {
        books(app, ctx, &inspection, &today).await?;
    }
    Ok(saved.record)
}

fn waits(round: &Record, vi: &str, en: &str) -> Problem {
    Problem::new(
        ProblemKind::Conflict,
        Label::new(vi, en),
        round.text("code"),
        Label::new(
            "Làm xong việc đó rồi chuyển bước.",
            "Do that first, then go on.",
        ),
    )
}

/// Writes the entries of books that an inspection is.
async fn books(app: &App, ctx: &Ctx, inspection: &Inspection, today: &str) -> Result<(), Problem> {
    let round = &inspection.record;
    let year = round.text("starts_on").get(..4).unwrap_or_default();
    let name = format!("{} {}", round.text("code"), round.text("name"));
    let told = |unit: Option<Id>| {
        let of = |f: &&Record| unit.is_none_or(|u| f.get("organization").as_id() == Some(u));
        let lines: Vec<String> = inspection
            .findings
            .iter()
            .filter(of)
            .map(|f| format!("{}: {}", f.text("clause"), f.text("summary")))
            .collect();
        lines.join("\n")
    };
    let entry = |organization: Value, result: &str, findings: String| {
        Values::from([
            ("organization".to_owned(), organization),
            ("occurred_on".into(), today.into()),
            ("period".into(), year.into()),
            ("subject".into(), name.clone().into()),
            ("result".into(), result.into()),
            ("findings".into(), findings.into()),
        ])
    };
    match round.text("occasion") {
        "self" => {
            let mut units: Vec<Id> = inspection
                .items
                .iter()
                .filter_map(|i| i.record.get("organization").as_id())
                .collect();
            units.sort_unstable();
            units.dedup();
            for unit in units {
                let mut values = entry(unit.into(), "done", told(Some(unit)));
                values.remove("subject");
                registry::save(app, ctx, "self-assessment", None, values).await?;
            }
        }
        occasion => {
            let found = told(None);
            let result = if found.is_empty() {
                "sound"
            } else {
                "findings"
            };
            let lead = round.get("organization").clone();
            if occasion == "planned" {
                let values = entry(lead, result, found);
                registry::save(app, ctx, "yearly-inspection", None, values).await?;
            } else {
                let mut values = entry(lead, "complete", found);
                values.remove("period");
                values.insert("occasion".into(), "ad-hoc".into());
                registry::save(app, ctx, "inspection", None, values).await?;
            }
        }
    }
    Ok(())
}
