//! A table of records: every row's fate first, then the good ones go in.

use std::collections::{HashMap, HashSet};

use domain::{
    authority::Scope,
    id::{Id, OrganizationId},
    label::Label,
    noun,
    problem::{FieldProblem, Problem, ProblemKind},
    record::Record,
    schema::{Field, Schema},
    text,
};
use examine::{
    ask::Ask,
    table::{Measure, Sheet, TableError},
};
use serde::Serialize;
use store::{
    Tx,
    registry::{self, RecordQuery},
};

use super::{
    export::{VERSION, guard},
    plan::{self, Plan, References, Surroundings},
    record, rules,
};
use crate::{App, Ctx, examiner, fault::fault, secrecy};

/// What to do with the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportMode {
    /// Say what would happen; write nothing.
    DryRun,
    /// Write the good rows, return the bad ones.
    GoodRows,
    /// Write only when every row is good.
    AllOrNothing,
}

/// What happens to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// A new record.
    Create,
    /// An existing record changes.
    Update,
    /// An existing record is the same already.
    Unchanged,
    /// It does not go in.
    Bad,
}

/// What is wrong with one cell.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CellProblem {
    /// The column's header as written; empty for the row as a whole.
    pub column: String,
    /// Its number, 1 for the first; 0 for the row as a whole.
    pub position: usize,
    /// What is wrong and what is expected.
    pub message: Label,
}

/// One row's fate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RowFate {
    /// Its line in the file; the header is line 1.
    pub line: u64,
    /// The record's title.
    pub title: String,
    /// What happens.
    pub outcome: Outcome,
    /// Why not, when it does not go in.
    pub problems: Vec<CellProblem>,
}

/// What an import did, or would do.
#[derive(Clone, Debug, Serialize)]
pub struct ImportReport {
    /// Whether anything was written.
    pub written: bool,
    /// New records.
    pub created: usize,
    /// Changed records.
    pub updated: usize,
    /// Records that were the same.
    pub unchanged: usize,
    /// Rows that do not go in.
    pub bad: usize,
    /// Headers that name no field; their cells are not used.
    pub ignored_columns: Vec<String>,
    /// Every row.
    pub rows: Vec<RowFate>,
    /// The bad rows as CSV, with a column that says what is wrong.
    #[serde(skip)]
    pub bad_rows: Vec<u8>,
}

/// Imports a table of `noun`. A row whose key (its code) exists changes that record.
/// A column that is not there leaves a changed record's field as it is.
///
/// # Errors
/// Invalid when the file is no table or lacks a required column; denied; unavailable.
/// Bad rows are no error: they are in the report.
pub async fn run(
    app: &App,
    ctx: &Ctx,
    noun: &str,
    bytes: &[u8],
    mode: ImportMode,
) -> Result<ImportReport, Problem> {
    let schema = app.schema(noun)?;
    let scope = ctx.actor.writes(&schema)?;
    let read: Result<Sheet, TableError> =
        examiner::ask(app, ctx, (noun, None), "", (Ask::Table, bytes)).await?;
    let sheet = read.map_err(|e| not_a_table(&e))?;
    let columns = plan::columns(&schema, &sheet.header);
    let missing: Vec<FieldProblem> = schema
        .fields
        .iter()
        .filter(|f| {
            f.required
                && f.default.is_none()
                && !columns.iter().any(|c| c.is_some_and(|c| c.name == f.name))
        })
        .map(|f| {
            FieldProblem::new(
                &f.name,
                format!("Thiếu cột “{}” ({})", f.label.vi, f.name),
                format!("Column “{}” ({}) is missing", f.label.en, f.name),
            )
        })
        .collect();
    if !missing.is_empty() {
        return Err(Problem::invalid(schema.label.en.clone(), missing));
    }
    let secret = |(_, cells): &(u64, Vec<String>)| cells.iter().any(|c| secrecy::is_marked(c));
    if sheet.rows.iter().any(secret) {
        secrecy::note(app, ctx, noun, None).await?;
    }
    let now = app.clock.now_ms();
    let mut tx = app.db.begin().await.map_err(fault)?;
    let around = surroundings(app, &mut tx, &scope, &schema, columns, &sheet.rows).await?;
    let version = sheet
        .header
        .iter()
        .position(|h| h == VERSION && schema.offline);
    let mut plans = Vec::with_capacity(sheet.rows.len());
    let mut seen: HashMap<String, u64> = HashMap::new();
    let key = schema.fields.iter().find(|f| f.unique);
    for (line, cells) in sheet.rows {
        let mut plan = plan::plan_row(app, &around, line, cells, now);
        if let (Some(key), Some(record)) = (key, &plan.record) {
            let value = text::fold(record.text(&key.name));
            if let Some(first) = seen.insert(value, line) {
                plan.fate.problems.push(CellProblem {
                    column: key.name.clone(),
                    position: 0,
                    message: Label::new(
                        format!("Trùng với dòng {first}"),
                        format!("Same as line {first}"),
                    ),
                });
            }
        }
        if let Some(record) = &plan.record
            && plan.fate.problems.is_empty()
        {
            for wrong in rules::alone(record) {
                plan.fate.problems.push(CellProblem {
                    column: wrong.field,
                    position: 0,
                    message: wrong.message,
                });
            }
        }
        if scope.roots().is_some() {
            for record in plan.before.iter().chain(&plan.record) {
                let allowed = record::authorise(&mut tx, &scope, &schema, record).await;
                if let Err(denied) = allowed {
                    plan.fate.problems.push(CellProblem {
                        column: String::new(),
                        position: 0,
                        message: denied.what,
                    });
                    break;
                }
            }
        }
        if let Some(position) = version {
            plan.fate
                .problems
                .extend(plan::changed_meanwhile(&schema, &plan, position));
        }
        if !plan.fate.problems.is_empty() {
            plan.fate.outcome = Outcome::Bad;
            plan.record = None;
        }
        plans.push(plan);
    }
    plan::drop_circles(&around, &mut plans);
    let mut report = report(&schema, &sheet.header, &around.columns, &plans)?;
    let write = match mode {
        ImportMode::DryRun => false,
        ImportMode::GoodRows => true,
        ImportMode::AllOrNothing => report.bad == 0,
    };
    if write && report.created + report.updated > 0 {
        write_all(app, ctx, tx, &schema, plans, now).await?;
        app.changed(&schema.noun);
        report.written = true;
    }
    Ok(report)
}

fn not_a_table(error: &TableError) -> Problem {
    let vi = match error {
        TableError::Empty => "Tệp không có dòng tiêu đề".to_owned(),
        TableError::TooLarge { what, found, limit } => {
            let what = match what {
                Measure::Columns => "cột",
                Measure::Rows => "dòng",
                Measure::Cells => "ô",
                Measure::Bytes | Measure::UnpackedBytes => "byte",
                Measure::TextBytes => "byte chữ",
            };
            format!("Tệp có {found} {what}; tối đa {limit}")
        }
        TableError::NotText { line } => {
            format!("Dòng {line} không phải UTF-8; hãy lưu dạng “CSV UTF-8” hoặc .xlsx")
        }
        TableError::Broken { line, what } => format!("Dòng {line} không đọc được: {what}"),
        TableError::Workbook(what) => format!("Không đọc được bảng tính: {what}"),
    };
    Problem::new(
        ProblemKind::Invalid,
        Label::new(vi, error.to_string()),
        "",
        Label::new(
            "Tải tệp mẫu về, điền rồi gửi lại.",
            "Download the template, fill it in and send it again.",
        ),
    )
}

/// Reads all that the rows are held against.
async fn surroundings<'a>(
    app: &App,
    tx: &mut Tx,
    scope: &Scope,
    schema: &'a Schema,
    columns: Vec<Option<&'a Field>>,
    rows: &[(u64, Vec<String>)],
) -> Result<Surroundings<'a>, Problem> {
    let all = RecordQuery {
        limit: 1_000_000,
        ..RecordQuery::default()
    };
    let existing: HashMap<String, Record> = registry::list(&app.db, scope, schema, &all)
        .await
        .map_err(fault)?
        .records
        .into_iter()
        .map(|r| (plan::identity(schema, &r.values), r))
        .collect();
    let mut references = reference_index(tx, schema).await?;
    let mut taken = HashSet::new();
    let mut ids: HashMap<String, Id> = HashMap::new();
    if let Some(key) = schema.fields.iter().find(|f| f.unique) {
        if scope.roots().is_some() {
            let values = registry::unique_values(tx, schema, key).await;
            taken = values
                .map_err(fault)?
                .iter()
                .map(|v| text::fold(v))
                .collect();
            taken.retain(|v| !existing.contains_key(v));
        }
        // A row may refer to another row of the same file: give every new key its id first.
        let position = columns
            .iter()
            .position(|c| c.is_some_and(|c| c.name == key.name));
        for cell in rows.iter().filter_map(|(_, cells)| cells.get(position?)) {
            let value = text::fold(cell);
            if value.is_empty() {
                continue;
            }
            let id = *ids.entry(value.clone()).or_insert_with(|| {
                existing
                    .get(&value)
                    .map_or_else(|| Id::new(app.clock.now_ms()), |r| r.id)
            });
            if let Some(own) = references.get_mut(&schema.noun) {
                own.entry(value).or_insert(id);
            }
        }
    }
    Ok(Surroundings {
        schema,
        columns,
        references,
        existing,
        taken,
        ids,
        parents: registry::parents(tx, schema).await.map_err(fault)?,
    })
}

async fn reference_index(tx: &mut Tx, schema: &Schema) -> Result<References, Problem> {
    let mut out = References::new();
    for field in &schema.fields {
        if let Some(other) = field.refers_to.as_deref().and_then(noun::get)
            && !out.contains_key(&other.noun)
        {
            out.insert(
                other.noun.clone(),
                registry::key_index(tx, other).await.map_err(fault)?,
            );
        }
    }
    Ok(out)
}

fn report(
    schema: &Schema,
    header: &[String],
    columns: &[Option<&Field>],
    plans: &[Plan],
) -> Result<ImportReport, Problem> {
    let count = |outcome| plans.iter().filter(|p| p.fate.outcome == outcome).count();
    let mut bad = csv::Writer::from_writer(b"\xEF\xBB\xBF".to_vec());
    let wrote = (|| {
        let names = header.iter().map(|name| guard(name.clone()));
        bad.write_record(names.chain(["Lỗi / Problem".to_owned()]))?;
        for plan in plans.iter().filter(|p| p.fate.outcome == Outcome::Bad) {
            let why: Vec<String> = plan
                .fate
                .problems
                .iter()
                .map(|p| {
                    if p.column.is_empty() {
                        p.message.vi.clone()
                    } else {
                        format!("{}: {}", p.column, p.message.vi)
                    }
                })
                .collect();
            let mut cells: Vec<String> = (0..header.len())
                .map(|i| guard(plan.cells.get(i).cloned().unwrap_or_default()))
                .collect();
            cells.push(why.join("; "));
            bad.write_record(&cells)?;
        }
        bad.into_inner()
            .map_err(|e| csv::Error::from(e.into_error()))
    })();
    Ok(ImportReport {
        written: false,
        created: count(Outcome::Create),
        updated: count(Outcome::Update),
        unchanged: count(Outcome::Unchanged),
        bad: count(Outcome::Bad),
        ignored_columns: header
            .iter()
            .zip(columns)
            .filter(|(h, c)| c.is_none() && !(schema.offline && *h == VERSION))
            .map(|(h, _)| h.clone())
            .collect(),
        rows: plans.iter().map(|p| p.fate.clone()).collect(),
        bad_rows: wrote.map_err(|e| Problem::internal(format!("{}: {e}", schema.noun)))?,
    })
}

async fn write_all(
    app: &App,
    ctx: &Ctx,
    mut tx: Tx,
    schema: &Schema,
    plans: Vec<Plan>,
    now: i64,
) -> Result<(), Problem> {
    let by = &ctx.actor.name;
    let mut changes = Vec::new();
    let mut created = Vec::new();
    for plan in plans {
        let Some(record) = plan.record else { continue };
        match plan.fate.outcome {
            Outcome::Create => {
                changes.push(app.change(ctx, schema, None, Some(&record)));
                created.push(record);
            }
            Outcome::Update => {
                registry::update(&mut tx, schema, &record, by, now)
                    .await
                    .map_err(fault)?;
                changes.push(app.change(ctx, schema, plan.before.as_ref(), Some(&record)));
            }
            Outcome::Unchanged | Outcome::Bad => {}
        }
    }
    registry::insert(&mut tx, schema, &plan::parents_first(created), by, now)
        .await
        .map_err(fault)?;
    if schema.noun == "organization" {
        registry::rebuild_tree(&mut tx).await.map_err(fault)?;
    }
    store::journal::append(&mut tx, &changes)
        .await
        .map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    // The rows are in: whatever comes of this, the import is done.
    if changes.len() > MANY
        && let Err(error) = app.db.analyze().await
    {
        tracing::warn!(%error, "the database did not count its tables");
    }
    Ok(())
}

/// So many rows at once change what the database should know of its tables.
const MANY: usize = 1_000;

/// The organization that owns a record.
pub(crate) fn owner(schema: &Schema, record: &Record) -> Option<OrganizationId> {
    if schema.owner == "id" {
        Some(OrganizationId(record.id))
    } else {
        record.get(&schema.owner).as_id().map(OrganizationId)
    }
}
