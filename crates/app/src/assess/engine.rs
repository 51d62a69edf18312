//! Evaluation: runs what must run again, compares with what holds, writes what changed.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use domain::{clock, id::OrganizationId};
use jiff::civil::Date;
use policy::{Assessment, Library, Regulation, Status, coverage::Basis};
use store::{
    assessment::{Exempt, Unit, VerdictRow},
    job,
};
use tokio::sync::Notify;
use tokio_util::task::AbortOnDropHandle;

use super::{
    anew::{self, Sheet},
    binding::Binding,
    board::{Board, Cell, ClauseKey},
    compare::{compare, write},
    duties::{self, Duties},
    evidence::{ControlEvidence, Evidence},
    finding::Finding,
    judge::{self, Facts, Kept},
    past::When,
};
use crate::{App, fresh::Fresh, live::Topic, task::VERDICTS};

/// A check that runs longer is an error of the check.
const CHECK_LIMIT: Duration = Duration::from_secs(5);

/// Verdicts that were not judged for so long are told as old: they are judged each minute.
const FRESH_MS: i64 = 5 * 60_000;

/// That the verdicts which are shown were not judged lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unjudged {
    /// They are judged for the first time just now.
    Yet,
    /// Since then, unix milliseconds.
    Since(i64),
}

/// The engine's state: the board that pages read, and what must be looked at again.
pub struct Assess {
    board: RwLock<Arc<Board>>,
    findings: RwLock<Arc<Findings>>,
    dirty: Mutex<BTreeSet<String>>,
    poked: Notify,
    /// Another process wrote verdicts: what is remembered of them is old.
    elsewhere: AtomicBool,
    /// One evaluation at a time; what it remembers from the one before.
    engine: tokio::sync::Mutex<Memory>,
    /// One draft is tried at a time.
    pub(super) trying: Arc<tokio::sync::Semaphore>,
    /// The past day that was judged anew last; one at a time.
    pub(super) anew: Fresh<anew::Key, Sheet>,
}

impl Default for Assess {
    fn default() -> Self {
        Self {
            board: RwLock::default(),
            findings: RwLock::default(),
            dirty: Mutex::default(),
            poked: Notify::default(),
            elsewhere: AtomicBool::default(),
            engine: tokio::sync::Mutex::default(),
            trying: Arc::new(tokio::sync::Semaphore::new(1)),
            anew: Fresh::default(),
        }
    }
}

/// Findings by assessment and organization, as the last evaluation left them.
pub(super) type Findings = Vec<(Assessment, Arc<HashMap<OrganizationId, Finding>>)>;

#[derive(Default)]
pub(super) struct Memory {
    pack: String,
    settings: String,
    pub(super) results: Findings,
    kept: Kept,
    binding: Arc<Binding>,
    exempt: Arc<HashSet<Exempt>>,
    /// Who wrote last: who begins to write knows nothing of what was written.
    pen: Option<Pen>,
    /// Verdicts that hold, as the database has them; read once.
    open: Option<Arc<Board>>,
    /// Duty instances, as the database has them; read once.
    duties: Option<Duties>,
}

/// What an evaluation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Evaluated {
    /// Organizations looked at.
    pub units: usize,
    /// Scored clauses.
    pub clauses: usize,
    /// Verdicts that hold.
    pub verdicts: usize,
    /// Checks that ran.
    pub checks: usize,
    /// Verdicts that turned.
    pub turned: usize,
    /// How long it took, microseconds.
    pub micros: u64,
}

impl Assess {
    /// Facts behind these views changed; the reconciler evaluates at once.
    pub(crate) fn poke(&self, views: BTreeSet<String>) {
        if views.is_empty() {
            return;
        }
        self.dirty
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(views);
        self.poked.notify_one();
    }

    /// Another process wrote verdicts: who only reads takes them, who writes judges all anew.
    pub(crate) fn written_elsewhere(&self) {
        self.elsewhere.store(true, Ordering::Release);
        self.poked.notify_one();
    }

    /// Waits until facts change.
    pub(crate) async fn poked(&self) {
        self.poked.notified().await;
    }

    /// The verdicts now.
    pub fn board(&self) -> Arc<Board> {
        self.board
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn show(&self, board: impl Into<Arc<Board>>) {
        let mut shown = self.board.write().unwrap_or_else(PoisonError::into_inner);
        *shown = board.into();
    }

    /// The findings now: the live evidence.
    pub(super) fn findings(&self) -> Arc<Findings> {
        self.findings
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// That the verdicts which are shown were not judged lately; none where they were.
pub fn unjudged(app: &App) -> Option<Unjudged> {
    let now = app.clock.now_ms();
    match app.assess.board().judged_at {
        // What is said to have been judged in a time that has yet to come was not.
        None => Some(Unjudged::Yet),
        Some(at) if at.saturating_sub(now) > FRESH_MS => Some(Unjudged::Yet),
        Some(at) if now.saturating_sub(at) > FRESH_MS => Some(Unjudged::Since(at)),
        Some(_) => None,
    }
}

/// Whether an evaluation writes verdicts and duties down, or takes those that another process
/// wrote and finds only the evidence itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pen {
    /// It writes.
    Writes,
    /// It takes what is written.
    Reads,
}

/// Evaluates: all of it (`full`), or only what reads the facts that changed.
///
/// # Errors
/// The store's; a check that fails is an `error` verdict, not an error of the evaluation.
pub async fn evaluate(app: &App, full: bool) -> Result<Evaluated, store::StoreError> {
    evaluate_with(app, full, Pen::Writes).await
}

/// As [`evaluate`].
///
/// # Errors
/// As [`evaluate`].
pub async fn evaluate_with(
    app: &App,
    full: bool,
    pen: Pen,
) -> Result<Evaluated, store::StoreError> {
    let started = Instant::now();
    // What another process set holds here, too.
    if full && app.reload_settings().await? {
        app.changed("setting");
    }
    let mut memory = app.assess.engine.lock().await;
    let dirty = std::mem::take(
        &mut *app
            .assess
            .dirty
            .lock()
            .unwrap_or_else(PoisonError::into_inner),
    );
    let elsewhere = app.assess.elsewhere.swap(false, Ordering::AcqRel);
    let handed_over = memory.pen.replace(pen) != Some(pen);
    if elsewhere || handed_over {
        memory.open = None;
        memory.duties = None;
    }
    let full = full || handed_over || (elsewhere && pen == Pen::Writes);
    let evaluated = run(app, &mut memory, Asked { full, pen }, &dirty).await;
    match evaluated {
        Ok(mut done) => {
            done.micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
            if done.turned > 0 || (elsewhere && pen == Pen::Reads) {
                app.live.tell(Topic::Verdicts);
            }
            Ok(done)
        }
        Err(error) => {
            // Another process may have written, or the database went away: begin anew.
            *memory = Memory::default();
            app.assess.poke(dirty);
            Err(error)
        }
    }
}

/// What is asked of an evaluation.
#[derive(Clone, Copy)]
struct Asked {
    full: bool,
    pen: Pen,
}

async fn run(
    app: &App,
    memory: &mut Memory,
    Asked { full, pen }: Asked,
    dirty: &BTreeSet<String>,
) -> Result<Evaluated, store::StoreError> {
    let library = app.library();
    let chosen = app.settings().chosen();
    let now = app.clock.now_ms();
    let today = clock::local_date(app.clock.now());
    let marker = format!("{chosen:?}{today}");
    let mut all = full
        || memory.pack != library.hash
        || memory.settings != marker
        || ["engine", "fact_organization", "fact_role"]
            .iter()
            .any(|view| dirty.contains(*view));
    // Who there is, who adopted what and who is exempt is asked again when it changed; what
    // another process wrote shows at the next full evaluation.
    let (units, adoptions) = if all {
        let day = today.to_string();
        let exempt = store::assessment::exemptions(&app.db, &day).await?;
        memory.exempt = Arc::new(exempt.into_iter().collect());
        let units = store::assessment::units(&app.db, &day).await?;
        (units, store::assessment::adoptions(&app.db, &day).await?)
    } else {
        memory.binding.ground()
    };
    all |= !memory.binding.is_of(&units, &adoptions);
    let adopted: BTreeSet<String> = adoptions.iter().map(|a| a.regulation.clone()).collect();
    let mut empty = Board::new(now, units, scored(&library, today, &adopted), adoptions);
    memory.binding = Binding::of(
        &memory.binding,
        &library,
        &empty.units,
        &empty.adoptions,
        &empty.clauses,
    );
    let held = written(app, &mut memory.open).await?;
    // Judging all may take minutes: until then pages show what is written, and who adopted what.
    if all && app.assess.board().adoptions != empty.adoptions {
        app.assess.show(empty.clone().with(&held));
        app.live.tell(Topic::Verdicts);
    }
    let units = (Arc::new(empty.units.clone()), Arc::clone(&memory.binding));
    let when = When {
        now,
        today,
        past: None,
    };
    let facts = Facts::load(app, &library, units, &mut memory.kept, all, dirty, when).await?;
    let facts = Arc::new(facts);
    let assessments = library.assessments(today, &adopted, &chosen);
    let mut done = Evaluated::default();
    let fresh = refresh(app, &library, assessments, &facts, memory, all, dirty).await;
    done.checks = fresh.len();
    memory.pack.clone_from(&library.hash);
    memory.settings = marker;

    let (mut board, turned) = match pen {
        Pen::Reads => (empty.with(&held), 0),
        Pen::Writes => {
            empty.measured_ahead = store::target::measured_ahead(&app.db, now).await?;
            let comparison = compare(
                &library,
                &memory.binding,
                &held,
                empty,
                &memory.results,
                &memory.exempt,
                (!all).then_some(&fresh),
            );
            write(app, comparison, now).await?
        }
    };
    done.units = board.units.len();
    done.clauses = board.clauses.len();
    done.verdicts = board.cells.iter().flatten().count();
    done.turned = turned;
    // Whoever opens a page next need not.
    board.count();
    board.judged_at = match pen {
        Pen::Reads => job::good_at(&app.db, VERDICTS.name).await?,
        Pen::Writes => Some(now),
    };
    let board = Arc::new(board);
    if pen == Pen::Writes {
        memory.open = Some(Arc::clone(&board));
        let judged = (&memory.results, &*facts);
        duties::save(app, &library, &board, judged, &fresh, &mut memory.duties).await?;
    }
    *app.assess
        .findings
        .write()
        .unwrap_or_else(PoisonError::into_inner) = Arc::new(memory.results.clone());
    app.assess.show(board);
    Ok(done)
}

/// Judges again what reads facts that changed, all at once; the hashes of the assessments
/// that were.
pub(super) async fn refresh(
    app: &App,
    library: &Arc<Library>,
    assessments: Vec<Assessment>,
    facts: &Arc<Facts>,
    memory: &mut Memory,
    all: bool,
    dirty: &BTreeSet<String>,
) -> HashSet<String> {
    let mut known: HashMap<String, Arc<HashMap<OrganizationId, Finding>>> =
        std::mem::take(&mut memory.results)
            .into_iter()
            .map(|(a, f)| (a.hash, f))
            .collect();
    let mut work = Vec::with_capacity(assessments.len());
    for assessment in assessments {
        let reads = judge::reads(library, &assessment);
        let stays = !all && reads.is_disjoint(dirty);
        let kept = known.remove(&assessment.hash).filter(|_| stays);
        let judging = kept.is_none().then(|| {
            let (app, library, facts) = (app.clone(), Arc::clone(library), Arc::clone(facts));
            let assessment = assessment.clone();
            // Who stops waiting for the findings stops the work as well.
            AbortOnDropHandle::new(tokio::spawn(async move {
                match library.controls.get(&assessment.control) {
                    Some(control) => {
                        let limit = CHECK_LIMIT;
                        judge::findings(&app, &library, control, &assessment, &facts, limit).await
                    }
                    None => HashMap::new(),
                }
            }))
        });
        work.push((assessment, kept, judging));
    }
    let mut fresh = HashSet::new();
    for (assessment, kept, judging) in work {
        let findings = match (kept, judging) {
            (Some(findings), _) => findings,
            (None, Some(judging)) => {
                fresh.insert(assessment.hash.clone());
                match judging.await {
                    Ok(findings) => Arc::new(findings),
                    Err(fault) => match fault.try_into_panic() {
                        // A fault of the program: it goes on where it belongs.
                        Ok(panic) => std::panic::resume_unwind(panic),
                        // The runtime stops, and this evaluation with it.
                        Err(_) => std::future::pending().await,
                    },
                }
            }
            (None, None) => Arc::default(),
        };
        memory.results.push((assessment, findings));
    }
    fresh
}

/// The verdicts that hold, as the database has them; asked for once.
async fn written(
    app: &App,
    open: &mut Option<Arc<Board>>,
) -> Result<Arc<Board>, store::StoreError> {
    if let Some(board) = open {
        return Ok(Arc::clone(board));
    }
    let board = Arc::new(held(app).await?);
    *open = Some(Arc::clone(&board));
    Ok(board)
}

async fn held(app: &App) -> Result<Board, store::StoreError> {
    let judged_at = job::good_at(&app.db, VERDICTS.name).await?;
    let rows = store::assessment::open(&app.db).await?;
    let units = store::assessment::units(&app.db, "0000-01-01").await?;
    let mut clauses: Vec<ClauseKey> = Vec::new();
    let mut known = HashSet::new();
    for row in &rows {
        let key = place(row).0;
        if known.insert(key.clone()) {
            clauses.push(key);
        }
    }
    let mut board = fill(Board::new(0, units, clauses, Vec::new()), rows);
    board.judged_at = judged_at;
    Ok(board)
}

pub(super) fn place(row: &VerdictRow) -> (ClauseKey, OrganizationId) {
    let key = ClauseKey {
        regulation: row.regulation.clone(),
        cite: row.clause.clone(),
    };
    (key, row.organization)
}

fn cell(row: VerdictRow) -> Cell {
    Cell {
        // A status that this version does not know is not trusted.
        status: Status::from_code(&row.status).unwrap_or(Status::Error),
        reason: row.reason,
        since: row.valid_from,
        id: row.id,
        evidence_hash: row.evidence_hash,
        basis: row.pack_hash.into(),
    }
}

/// Whether an organization is judged on a clause by this assessment.
pub(super) fn judges(assessment: &Assessment, key: &ClauseKey, unit: &Unit) -> bool {
    let asks =
        |(regulation, cite): &(String, String)| *regulation == key.regulation && *cite == key.cite;
    assessment.holds_in(unit.province()) && assessment.clauses.iter().any(asks)
}

/// The findings by which an organization is judged on a clause, as evidence.
pub(super) fn evidence(
    library: &Library,
    findings: &Findings,
    key: &ClauseKey,
    unit: &Unit,
    status: Status,
) -> Evidence {
    let controls = findings
        .iter()
        .filter(|(assessment, _)| judges(assessment, key, unit))
        .map(|(assessment, found)| control_evidence(library, assessment, found.get(&unit.id)))
        .collect();
    Evidence {
        controls,
        waived: (status == Status::Waived).then(|| "exemption".to_owned()),
    }
}

/// One control's part of the evidence.
pub(super) fn control_evidence(
    library: &Library,
    assessment: &Assessment,
    finding: Option<&Finding>,
) -> ControlEvidence {
    let by = finding.map_or("check", Finding::by);
    ControlEvidence {
        control: assessment.control.clone(),
        status: finding.map_or(Status::NoData, |f| f.status),
        reason: finding.and_then(|f| f.reason.clone()),
        parameters: assessment.parameters.clone(),
        basis: basis(library, assessment, by),
        by: by.to_owned(),
        rows: finding.map_or_else(Vec::new, Finding::named_rows),
        total: finding.map_or(0, Finding::total),
    }
}

/// What a finding rests on: where a person's word stood in for a check without facts, that
/// word.
fn basis(library: &Library, assessment: &Assessment, by: &str) -> Option<Basis> {
    match by {
        "attestation" => Some(Basis::Attested),
        _ => library.basis_of(library.controls.get(&assessment.control)?),
    }
}

/// The scored clauses in force of the regulations that somebody adopted.
pub(super) fn scored(library: &Library, today: Date, adopted: &BTreeSet<String>) -> Vec<ClauseKey> {
    let judged = |r: &&Regulation| r.in_force(today) && adopted.contains(&r.id);
    let regulations = library.regulations.values().filter(judged);
    regulations
        .flat_map(|r| {
            r.clauses
                .iter()
                .filter(|c| c.is_scored())
                .map(|c| ClauseKey {
                    regulation: r.id.clone(),
                    cite: c.cite.clone(),
                })
        })
        .collect()
}

/// Puts stored verdicts on an empty board.
pub(super) fn fill(mut board: Board, rows: Vec<VerdictRow>) -> Board {
    for row in rows {
        let (key, organization) = place(&row);
        if let (Some(u), Some(c)) = (
            board.unit(organization),
            board.clause(&key.regulation, &key.cite),
        ) {
            board.set(u, c, Some(Arc::new(cell(row))));
        }
    }
    board
}
