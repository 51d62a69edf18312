//! A table of records: every row's fate first, field by field, then the good ones go in.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use domain::{authority::Scope, label::Label, problem::Problem, schema::Schema};
use examine::{
    ask::Ask,
    table::{Book, Cell, Line, Measure, TableError},
};
use store::registry;
use tokio::runtime::Handle;

use super::{
    fates::Fates,
    held,
    plan::{self, Planned, Planner, Row},
    report::{CellProblem, ImportReport, Outcome, bad_rows},
    table::{self as read_as, Choice, Table, file_problem},
    write,
};
use crate::{App, Ctx, disk, examiner, secrecy};

/// What to do with the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ImportMode {
    /// Say what would happen; write nothing.
    #[default]
    DryRun,
    /// Write the good rows, return the bad ones.
    GoodRows,
    /// Write only when every row is good.
    AllOrNothing,
}

/// How a table is taken in.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// What to do with the rows.
    pub mode: ImportMode,
    /// The sheet, where the workbook has several.
    pub sheet: Option<String>,
    /// Whether rows that the sheet hides go in, and those with something in a column that it hides.
    pub hidden_rows: bool,
    /// Which field a header is, where a person has said so; blank: it is not used.
    pub columns: Vec<(String, String)>,
    /// The version of each record, by the row's line, as a person was shown it: what has
    /// changed since is not written over.
    pub shown: Option<HashMap<u64, i64>>,
}

/// How far an import has come; it is stopped through it. Its clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Steps>);

#[derive(Debug, Default)]
struct Steps {
    /// Rows in all.
    total: AtomicUsize,
    /// Rows read and held against what is there.
    read: AtomicUsize,
    /// Rows to be written.
    to_write: AtomicUsize,
    /// Rows written.
    written: AtomicUsize,
    stop: AtomicBool,
}

impl Progress {
    /// Rows read and in all.
    pub fn read(&self) -> (usize, usize) {
        let get = |n: &AtomicUsize| n.load(Ordering::Relaxed);
        (get(&self.0.read), get(&self.0.total))
    }

    /// Rows written and to be written.
    pub fn written(&self) -> (usize, usize) {
        let get = |n: &AtomicUsize| n.load(Ordering::Relaxed);
        (get(&self.0.written), get(&self.0.to_write))
    }

    /// Stops it after the batch that is being written.
    pub fn stop(&self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.0.stop.load(Ordering::Relaxed)
    }

    pub(super) fn wrote(&self, rows: usize) {
        self.0.written.fetch_add(rows, Ordering::Relaxed);
    }
}

/// Imports a table of `noun`: see [`import_as`].
///
/// # Errors
/// As [`import_as`].
pub async fn run(
    app: &App,
    ctx: &Ctx,
    noun: &str,
    bytes: &[u8],
    mode: ImportMode,
) -> Result<ImportReport, Problem> {
    let options = ImportOptions {
        mode,
        ..ImportOptions::default()
    };
    import_as(app, ctx, noun, bytes, &options, &Progress::default()).await
}

/// So many rows are read between two looks at who else wants to run.
const STRIDE: usize = 100;

/// Stops an import when nobody waits for it any more.
struct Waiting(Progress);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Imports a table of `noun`. A row whose key exists changes that record; a blank cell, or a
/// column that is not there, leaves a field as it is, and `-` or `(xóa)` empties it. It is
/// planned without a lock and written in short batches: what is in stays in when it is stopped,
/// and sent again it changes nothing. It runs on a thread of its own, since a long table keeps
/// a processor busy, and few at once, since it fills memory.
///
/// # Errors
/// Invalid when the file is no table or lacks a required column; denied; unavailable.
/// Bad rows are no error: they are in the report, and so is the question for the sheet.
pub async fn import_as(
    app: &App,
    ctx: &Ctx,
    noun: &str,
    bytes: &[u8],
    options: &ImportOptions,
    progress: &Progress,
) -> Result<ImportReport, Problem> {
    let schema = app.schema(noun)?;
    let scope = ctx.actor.writes(&schema)?;
    // Trying out writes nothing.
    if options.mode != ImportMode::DryRun {
        disk::room_for(app, disk::Room::NoImports, noun)?;
    }
    let who = examiner::person(ctx);
    let seat = app.importing.enter(&who).await;
    let seat = seat.ok_or_else(|| examiner::busy(noun))?;
    let read: Result<Book, TableError> =
        examiner::ask(app, ctx, (noun, None), "", (Ask::Table, bytes)).await?;
    let book = read.map_err(|e| not_a_table(&e))?;
    let waiting = Waiting(progress.clone());
    let import = Import {
        app: app.clone(),
        ctx: ctx.clone(),
        schema,
        scope,
        options: options.clone(),
        progress: progress.clone(),
    };
    let runtime = Handle::current();
    // Whoever leaves has the seat until the thread has stopped.
    let work = tokio::task::spawn_blocking(move || {
        let _seat = seat;
        runtime.block_on(import.run(book))
    });
    let done = work.await;
    drop(waiting);
    done.map_err(|e| Problem::internal(format!("{noun}: {e}")))?
}

/// One table on its way in.
struct Import {
    app: App,
    ctx: Ctx,
    schema: Arc<Schema>,
    scope: Scope,
    options: ImportOptions,
    progress: Progress,
}

impl Import {
    async fn run(self, mut book: Book) -> Result<ImportReport, Problem> {
        let Self {
            app,
            ctx,
            schema,
            scope,
            options,
            progress,
        } = &self;
        let noun = schema.noun.as_str();
        let (sheets, grid) = match read_as::choose(&mut book, options.sheet.as_deref())? {
            Choice::Chosen(sheets, grid) => (sheets, grid),
            Choice::Ask(sheets) => {
                return Ok(ImportReport {
                    sheets,
                    ..ImportReport::default()
                });
            }
        };
        let marked = |line: &Line| line.cells.contains(&Cell::Marked);
        if grid.lines.iter().any(marked) {
            secrecy::note(app, ctx, noun, None).await?;
        }
        let table = Table::read(schema, grid, &book, &options.columns)?;
        drop(book);
        let planner = Planner::open(app, scope, schema, &table, options.hidden_rows).await?;
        progress.0.total.store(table.lines.len(), Ordering::Relaxed);
        let mut drawn = Drawn::default();
        for from in (0..table.lines.len()).step_by(STRIDE) {
            let places: Vec<usize> = (from..(from + STRIDE).min(table.lines.len())).collect();
            let mut rows = planner.rows(&places).await?;
            let mut tx = app.db.snapshot().await?;
            held::hold(app, ctx, &mut tx, &planner, &mut rows).await?;
            held::foretell(app, ctx, &mut tx, &planner, &mut rows).await?;
            drop(tx);
            for (at, row) in rows {
                drawn.take(&planner, &table, options, at, row);
            }
            progress.0.read.fetch_add(places.len(), Ordering::Relaxed);
            if progress.is_stopped() {
                break;
            }
            tokio::task::yield_now().await;
        }
        let stopped = drawn.fates.all().len() < table.lines.len();
        drawn.place(app, schema, &table, &planner).await?;
        let bad = |fates: &Fates| {
            let mut fates = fates.all().iter();
            fates.any(|f| matches!(f.outcome, Outcome::Bad | Outcome::Asks))
        };
        let write = !stopped
            && match options.mode {
                ImportMode::DryRun => false,
                ImportMode::GoodRows => true,
                ImportMode::AllOrNothing => !bad(&drawn.fates),
            };
        let mut done = write::Done {
            stopped,
            ..write::Done::default()
        };
        if write && !drawn.planned.is_empty() {
            progress
                .0
                .to_write
                .store(drawn.planned.len(), Ordering::Relaxed);
            let job = write::Job {
                app,
                ctx,
                scope,
                schema,
                planner: &planner,
            };
            done = job.run(drawn.planned, &mut drawn.fates, progress).await?;
        }
        let uses = table.uses(schema);
        let fates = drawn.fates;
        let (bad_file, unfiled) = bad_rows(&table, &fates)
            .map_err(|e| Problem::internal(format!("{}: {e}", schema.noun)))?;
        let updates = fates.all().iter().filter(|f| f.outcome == Outcome::Update);
        let mut report = ImportReport {
            written: done.written > 0,
            stopped: done.stopped,
            sheets: if sheets.len() > 1 { sheets } else { Vec::new() },
            ignored_columns: uses
                .iter()
                .filter(|u| u.field.is_none() && !u.header.is_empty())
                .map(|u| u.header.clone())
                .collect(),
            columns: uses,
            bad_rows: bad_file,
            versions: updates.filter_map(|f| Some((f.line, f.version?))).collect(),
            told: table.told,
            ..ImportReport::default()
        };
        for fate in fates.all() {
            match fate.outcome {
                Outcome::Create => report.created += 1,
                Outcome::Update => report.updated += 1,
                Outcome::Unchanged => report.unchanged += 1,
                Outcome::Bad => report.bad += 1,
                Outcome::Asks => report.asks += 1,
            }
        }
        if let Some(left) = done.left {
            report.left = left.0 + left.1;
            report.created -= left.0;
            report.updated -= left.1;
        }
        if unfiled > 0 {
            report.told.push(Label::new(
            format!(
                "{unfiled} dòng sai nữa không có trong tệp các dòng sai vì tệp quá lớn; sửa rồi gửi lại cả tệp gốc"
            ),
            format!(
                "{unfiled} more bad rows are not in the file of bad rows, which would be too large; mend and send the whole file again"
            ),
        ));
        }
        let rows = fates.all().len();
        report.rows = fates.into_words();
        report.untold = rows - report.rows.len();
        Ok(report)
    }
}

/// The plan as it grows.
#[derive(Default)]
struct Drawn {
    fates: Fates,
    planned: Vec<Planned>,
    /// The line of the first row about each record.
    seen: HashMap<String, u64>,
}

impl Drawn {
    fn take(
        &mut self,
        planner: &Planner<'_>,
        table: &Table<'_>,
        options: &ImportOptions,
        at: usize,
        mut row: Row,
    ) {
        let line = &table.lines[at];
        let refuse = |row: &mut Row, problem: CellProblem| {
            row.fate.problems.push(problem);
            row.fate.outcome = Outcome::Bad;
            row.record = None;
        };
        let mark = planner.mark(&row);
        if let Some(mark) = mark
            && let Some(first) = self.seen.insert(mark, line.number)
        {
            let message = Label::new(
                format!("Trùng với dòng {first}"),
                format!("Same as line {first}"),
            );
            refuse(&mut row, planner.wrong_key(line, message));
        }
        if let (Outcome::Update, Some(shown)) = (row.fate.outcome, &options.shown)
            && shown.get(&line.number) != row.fate.version.as_ref()
        {
            refuse(&mut row, CellProblem::of_row(write::changed_since()));
        }
        if let Some(record) = &row.record {
            self.planned.push(Planned {
                at,
                id: record.id,
                parent: record.get("parent").as_id(),
            });
        }
        self.fates.push(row.fate);
    }

    /// Refuses rows whose place below others cannot be, and puts parents first.
    async fn place(
        &mut self,
        app: &App,
        schema: &Schema,
        table: &Table<'_>,
        planner: &Planner<'_>,
    ) -> Result<(), Problem> {
        let own = |f: &&domain::schema::Field| {
            f.name == "parent" && f.refers_to.as_deref() == Some(&schema.noun)
        };
        if !schema.fields.iter().any(|f| own(&f)) {
            return Ok(());
        }
        let mut parents = registry::parents(&app.db, schema).await?;
        parents.extend(self.planned.iter().map(|p| (p.id, p.parent)));
        let fates = &mut self.fates;
        self.planned
            .retain(|planned| match plan::misplaced(&parents, planned.id) {
                None => true,
                Some(message) => {
                    let line = &table.lines[planned.at];
                    let wrong = planner.wrong_field(line, "parent", message);
                    fates.refuse(planned.at, vec![wrong]);
                    false
                }
            });
        let mut keyed: Vec<(usize, Planned)> = plan::depths(&self.planned)
            .into_iter()
            .zip(std::mem::take(&mut self.planned))
            .collect();
        keyed.sort_by_key(|(depth, _)| *depth);
        self.planned = keyed.into_iter().map(|(_, planned)| planned).collect();
        Ok(())
    }
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
        TableError::Unclosed { line } => format!(
            "Dấu ngoặc kép mở ở dòng {line} không được đóng; những dòng sau sẽ lẫn vào một ô"
        ),
        TableError::Workbook(what) => format!("Không đọc được bảng tính: {what}"),
    };
    let next = match error {
        TableError::Unclosed { line } => Label::new(
            format!("Đóng ngoặc kép ở dòng {line} (hai dấu \"\" là một dấu trong ô) rồi gửi lại."),
            format!(
                "Close the quote on line {line} (two \"\" are one within a cell) and send it again."
            ),
        ),
        _ => Label::new(
            "Tải tệp mẫu về, điền rồi gửi lại.",
            "Download the template, fill it in and send it again.",
        ),
    };
    file_problem(Label::new(vi, error.to_string()), next)
}
