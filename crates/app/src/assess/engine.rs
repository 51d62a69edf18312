//! Evaluation: runs what must run again, compares with what holds, writes what changed.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};

use domain::{clock, id::OrganizationId};
use jiff::civil::Date;
use policy::{Assessment, Library, OrgContext, OrgScalars, Status, control::Value as Parameter};
use sha2::{Digest, Sha256};
use store::assessment::{Exempt, Unit, VerdictRow};
use tokio::sync::Notify;

use super::{
    board::{Board, Cell, ClauseKey},
    evidence::{ControlEvidence, Evidence},
    judge::{self, Facts, Finding},
};
use crate::{App, live::Topic};

/// A check that runs longer is an error of the check.
const CHECK_LIMIT: Duration = Duration::from_secs(5);

/// The engine's state: the board that pages read, and what must be looked at again.
#[derive(Default)]
pub struct Assess {
    board: RwLock<Arc<Board>>,
    findings: RwLock<Arc<Findings>>,
    dirty: Mutex<BTreeSet<String>>,
    poked: Notify,
    /// One evaluation at a time; what it remembers from the one before.
    engine: tokio::sync::Mutex<Memory>,
}

/// Findings by assessment and organization, as the last evaluation left them.
pub(super) type Findings = Vec<(Assessment, Arc<HashMap<OrganizationId, Finding>>)>;

#[derive(Default)]
struct Memory {
    pack: String,
    settings: String,
    results: Findings,
    /// Verdicts that hold, as the database has them; read once.
    open: Option<Arc<Board>>,
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

    /// The findings now: the live evidence.
    pub(super) fn findings(&self) -> Arc<Findings> {
        self.findings
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Evaluates: all of it (`full`), or only what reads the facts that changed.
///
/// # Errors
/// The store's; a check that fails is an `error` verdict, not an error of the evaluation.
pub async fn evaluate(app: &App, full: bool) -> Result<Evaluated, store::StoreError> {
    let started = Instant::now();
    let mut memory = app.assess.engine.lock().await;
    let dirty = std::mem::take(
        &mut *app
            .assess
            .dirty
            .lock()
            .unwrap_or_else(PoisonError::into_inner),
    );
    let evaluated = run(app, &mut memory, full, &dirty).await;
    match evaluated {
        Ok(mut done) => {
            done.micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
            if done.turned > 0 {
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

async fn run(
    app: &App,
    memory: &mut Memory,
    full: bool,
    dirty: &BTreeSet<String>,
) -> Result<Evaluated, store::StoreError> {
    let library = app.library();
    let settings = chosen(app, &library);
    let now = app.clock.now_ms();
    let today = clock::local_date(app.clock.now());
    let units = store::assessment::units(&app.db, &today.to_string()).await?;
    let exempt: HashSet<Exempt> = store::assessment::exemptions(&app.db, &today.to_string())
        .await?
        .into_iter()
        .collect();

    let marker = format!("{settings:?}{today}");
    let all = full
        || memory.pack != library.hash
        || memory.settings != marker
        || dirty.contains("engine")
        || dirty.contains("fact_organization")
        || dirty.contains("fact_role");
    let assessments = library.assessments(today, &settings);
    let facts = Facts::load(app, &library, &units, &assessments, now, today).await?;
    let mut done = Evaluated::default();
    memory.results = refresh(
        app,
        &library,
        assessments,
        &facts,
        memory,
        all,
        dirty,
        &mut done,
    )
    .await;
    memory.pack.clone_from(&library.hash);
    memory.settings = marker;

    let held = match memory.open.take() {
        Some(board) => board,
        None => Arc::new(held(app).await?),
    };
    let empty = Board::new(now, units, scored(&library, today));
    let comparison = compare(&library, &facts, &held, empty, &memory.results, &exempt);
    let (board, turned) = write(app, comparison, now).await?;
    done.units = board.units.len();
    done.clauses = board.clauses.len();
    done.verdicts = board.cells.iter().flatten().count();
    done.turned = turned;
    let board = Arc::new(board);
    memory.open = Some(Arc::clone(&board));
    judge::save_duties(app, &library, &board, &memory.results).await?;
    *app.assess
        .findings
        .write()
        .unwrap_or_else(PoisonError::into_inner) = Arc::new(memory.results.clone());
    *app.assess
        .board
        .write()
        .unwrap_or_else(PoisonError::into_inner) = board;
    Ok(done)
}

/// What the province chose for the parameters of controls.
pub(super) fn chosen(
    app: &App,
    library: &Library,
) -> BTreeMap<String, BTreeMap<String, Parameter>> {
    let settings = app.settings();
    library
        .controls
        .keys()
        .map(|control| {
            let values = settings
                .parameters(control)
                .into_iter()
                .filter_map(|(name, value)| Some((name, serde_json::from_value(value).ok()?)))
                .collect();
            (control.clone(), values)
        })
        .collect()
}

#[expect(
    clippy::too_many_arguments,
    reason = "the evaluation's parts, named here once"
)]
async fn refresh(
    app: &App,
    library: &Library,
    assessments: Vec<Assessment>,
    facts: &Facts,
    memory: &Memory,
    all: bool,
    dirty: &BTreeSet<String>,
    done: &mut Evaluated,
) -> Findings {
    let known: HashMap<&str, &Arc<HashMap<OrganizationId, Finding>>> = memory
        .results
        .iter()
        .map(|(a, f)| (a.hash.as_str(), f))
        .collect();
    let work = assessments.into_iter().map(|assessment| {
        let control = library.controls.get(&assessment.control);
        let reads = judge::reads(library, control);
        let kept = known
            .get(assessment.hash.as_str())
            .filter(|_| !all && reads.is_disjoint(dirty))
            .map(|f| Arc::clone(f));
        async move {
            let fresh = kept.is_none();
            let findings = match (kept, control) {
                (Some(findings), _) => findings,
                (None, Some(control)) => Arc::new(
                    judge::findings(app, library, control, &assessment, facts, CHECK_LIMIT).await,
                ),
                (None, None) => Arc::default(),
            };
            (assessment, findings, fresh)
        }
    });
    let results = futures_util::future::join_all(work).await;
    done.checks = results.iter().filter(|(_, _, fresh)| *fresh).count();
    results.into_iter().map(|(a, f, _)| (a, f)).collect()
}

/// A verdict that turns.
struct Turn {
    unit: usize,
    clause: usize,
    status: Status,
    reason: Option<String>,
    basis: Arc<str>,
    /// The interval that ends.
    ended: Option<Arc<Cell>>,
    evidence: Evidence,
}

/// What holds now beside what held: cells that stay, verdicts that turn, intervals that
/// end because nobody is bound any more.
struct Comparison {
    board: Board,
    turns: Vec<Turn>,
    gone: Vec<String>,
}

fn compare(
    library: &Library,
    facts: &Facts,
    old: &Board,
    mut board: Board,
    results: &Findings,
    exempt: &HashSet<Exempt>,
) -> Comparison {
    let mut by_clause: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    for (i, (assessment, _)) in results.iter().enumerate() {
        for (regulation, cite) in &assessment.clauses {
            by_clause.entry((regulation, cite)).or_default().push(i);
        }
    }
    let mut bears: HashMap<&str, Vec<Option<bool>>> = HashMap::new();
    let old_units: Vec<Option<usize>> = board.units.iter().map(|u| old.unit(u.id)).collect();
    let mut stays = vec![false; old.units.len() * old.clauses.len()];
    let mut turns = Vec::new();
    for c in 0..board.clauses.len() {
        let key = board.clauses[c].clone();
        let Some(clause) = library.clause(&key.regulation, &key.cite) else {
            continue;
        };
        let parts = by_clause
            .get(&(key.regulation.as_str(), key.cite.as_str()))
            .map_or(&[][..], Vec::as_slice);
        let basis = basis(results, parts);
        let old_clause = old.clause(&key.regulation, &key.cite);
        let bearers = bears.entry(clause.bearer.as_str()).or_insert_with(|| {
            let bears = |u: &Unit| {
                library
                    .roles
                    .bears(&clause.bearer, facts.context(u.id)?)
                    .ok()
            };
            board.units.iter().map(bears).collect()
        });
        for u in 0..board.units.len() {
            let unit = board.units[u].id;
            let applies = match (bearers[u], &clause.applies) {
                (Some(true), Some(when)) => facts.context(unit).and_then(|c| when.holds(c).ok()),
                (bears, _) => bears,
            };
            if applies == Some(false) {
                continue;
            }
            let found = |i: &usize| results[*i].1.get(&unit);
            let mut status = match applies {
                None => Status::Error,
                Some(_) => Library::conclude(
                    parts
                        .iter()
                        .map(|i| found(i).map_or(Status::NoData, |f| f.status)),
                ),
            };
            let reason = parts
                .iter()
                .filter_map(found)
                .find(|f| f.status == status)
                .and_then(|f| f.reason.as_deref());
            let waived = !exempt.is_empty()
                && exempt.contains(&Exempt {
                    organization: unit,
                    regulation: key.regulation.clone(),
                    clause: key.cite.clone(),
                });
            if waived {
                status = status.waived();
            }
            let held = old_units[u]
                .zip(old_clause)
                .and_then(|(u, c)| old.shared(u, c).map(|cell| (u, c, cell)));
            if let Some((old_unit, old_clause, cell)) = held {
                stays[old_unit * old.clauses.len() + old_clause] = true;
                if cell.status == status && cell.reason.as_deref() == reason && cell.basis == basis
                {
                    let cell = Arc::clone(cell);
                    board.set(u, c, Some(cell));
                    continue;
                }
            }
            turns.push(Turn {
                unit: u,
                clause: c,
                status,
                reason: reason.map(ToOwned::to_owned),
                basis: Arc::clone(&basis),
                ended: held.map(|(_, _, cell)| Arc::clone(cell)),
                evidence: Evidence {
                    controls: parts
                        .iter()
                        .map(|i| control_evidence(&results[*i].0, found(i)))
                        .collect(),
                    waived: waived.then(|| "exemption".to_owned()),
                },
            });
        }
    }
    let gone = old
        .cells
        .iter()
        .zip(&stays)
        .filter(|(_, stays)| !**stays)
        .filter_map(|(cell, _)| Some(cell.as_ref()?.id.clone()))
        .collect();
    Comparison { board, turns, gone }
}

/// What judges a clause: the hash of its controls, checks and parameters.
fn basis(results: &Findings, parts: &[usize]) -> Arc<str> {
    let mut basis = Sha256::new();
    for part in parts {
        basis.update(results[*part].0.hash.as_bytes());
    }
    hex::encode(&basis.finalize()[..16]).into()
}

/// The verdicts that hold, as the database has them.
async fn held(app: &App) -> Result<Board, store::StoreError> {
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
    Ok(fill(Board::new(0, units, clauses), rows))
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

/// Writes the comparison down, and completes its board.
async fn write(
    app: &App,
    comparison: Comparison,
    now: i64,
) -> Result<(Board, usize), store::StoreError> {
    let Comparison {
        mut board,
        turns,
        gone,
    } = comparison;
    if turns.is_empty() && gone.is_empty() {
        return Ok((board, 0));
    }
    let mut ended = gone;
    let mut begun = Vec::with_capacity(turns.len());
    let mut evidence: HashMap<String, String> = HashMap::new();
    let turned = turns.len();
    for turn in turns {
        if let Some(held) = &turn.ended {
            ended.push(held.id.clone());
        }
        let body = serde_json::to_string(&turn.evidence).unwrap_or_default();
        let hash = hex::encode(Sha256::digest(body.as_bytes()));
        evidence.entry(hash.clone()).or_insert(body);
        let cell = Cell {
            status: turn.status,
            reason: turn.reason,
            // A clock that jumped back may not begin an interval before the one it ends.
            since: turn.ended.as_ref().map_or(now, |h| h.since.max(now)),
            id: domain::id::Id::new(now).to_string(),
            evidence_hash: hash,
            basis: turn.basis,
        };
        let key = &board.clauses[turn.clause];
        begun.push(VerdictRow {
            id: cell.id.clone(),
            regulation: key.regulation.clone(),
            clause: key.cite.clone(),
            organization: board.units[turn.unit].id,
            status: cell.status.code().into(),
            reason: cell.reason.clone(),
            evidence_hash: cell.evidence_hash.clone(),
            pack_hash: cell.basis.to_string(),
            valid_from: cell.since,
            valid_to: None,
            recorded_at: now,
            closed_at: None,
        });
        board.set(turn.unit, turn.clause, Some(Arc::new(cell)));
    }
    let evidence: Vec<(String, String)> = evidence.into_iter().collect();
    let mut tx = app.db.begin().await?;
    store::assessment::record(&mut tx, &ended, &begun, &evidence, now, now).await?;
    tx.commit().await?;
    Ok((board, turned))
}

/// One control's part of the evidence.
pub(super) fn control_evidence(
    assessment: &Assessment,
    finding: Option<&Finding>,
) -> ControlEvidence {
    ControlEvidence {
        control: assessment.control.clone(),
        status: finding.map_or(Status::NoData, |f| f.status),
        reason: finding.and_then(|f| f.reason.clone()),
        parameters: assessment.parameters.clone(),
        by: finding.map_or_else(|| "check".into(), |f| f.by.to_owned()),
        rows: finding.map_or_else(Vec::new, |f| f.rows.clone()),
        total: finding.map_or(0, |f| f.total),
    }
}

/// The scored clauses in force.
pub(super) fn scored(library: &Library, today: Date) -> Vec<ClauseKey> {
    let in_force = library.regulations.values().filter(|r| r.in_force(today));
    in_force
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

/// An organization as CEL sees it.
pub(super) fn context(unit: &Unit, units: &HashMap<OrganizationId, String>) -> OrgContext {
    OrgContext::new(&OrgScalars {
        code: unit.code.clone(),
        kind: unit.kind.clone(),
        level: unit.level.clone(),
        membership: unit.membership.clone(),
        parent: unit
            .parent
            .and_then(|p| units.get(&p).cloned())
            .unwrap_or_default(),
        roles: unit.roles.iter().cloned().collect(),
    })
}
