//! Verdicts judged in memory, nothing written: a past day by what is known now, and drafts.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
    time::Duration,
};

use domain::{
    clock,
    label::Label,
    problem::{Problem, ProblemKind},
};
use jiff::civil::Date;
use policy::{Library, hash};
use serde::{Deserialize, Serialize};
use store::{
    StoreError,
    assessment::{Adoption, Exempt},
};
use tokio::{runtime::Handle, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{
    binding::{self, Binding},
    board::{Board, Cell},
    compare::{self, Verdicts},
    engine::{self, Findings, Memory},
    judge::{Facts, Kept},
    past::{Past, When},
    view::{BoardView, VerdictView},
};
use crate::App;

/// By what a past day is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Known {
    /// As it was known then: the verdicts that were written down.
    #[default]
    Then,
    /// By what is known now: judged anew with all that has come in since.
    Now,
}

impl Known {
    /// `then`, `now`.
    pub const CODES: [&'static str; 2] = ["then", "now"];

    /// Its code.
    pub fn code(self) -> &'static str {
        match self {
            Known::Then => "then",
            Known::Now => "now",
        }
    }
}

/// A moment looked back at, and by what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf {
    /// Unix milliseconds.
    pub at: i64,
    /// By what it is told.
    pub known: Known,
}

impl AsOf {
    /// The end of a local day.
    pub fn day(day: Date, known: Known) -> Self {
        let next = day.tomorrow().unwrap_or(day);
        Self {
            at: clock::start_of_day_ms(next) - 1,
            known,
        }
    }

    /// A moment as it was known then.
    pub fn then(at: i64) -> Self {
        Self {
            at,
            known: Known::Then,
        }
    }
}

/// How long judging in memory may take.
pub(super) const LONGEST: Duration = Duration::from_secs(60);

/// Works away from the threads that answer pages, and not for ever: none when it took too
/// long. Who goes away ends it.
///
/// # Errors
/// Internal, after a fault of the program.
pub(super) async fn apart<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<Option<T>, Problem> {
    let stop = CancellationToken::new();
    let _gone = stop.clone().drop_guard();
    let runtime = Handle::current();
    let done = tokio::task::spawn_blocking(move || {
        runtime.block_on(stop.run_until_cancelled(timeout(LONGEST, work)))
    });
    match done.await {
        Ok(Some(Ok(done))) => Ok(Some(done)),
        Ok(_) => Ok(None),
        Err(_) => Err(Problem::internal("judging")),
    }
}

/// Every verdict of a library at one moment, with the findings behind them.
pub(super) struct Sheet {
    pub board: Arc<Board>,
    pub results: Arc<Findings>,
}

impl Sheet {
    /// Judges the moment `now`; with `past` one that has passed, by what is still told of it.
    /// Cells have no identifier and no evidence yet.
    pub(super) async fn of(
        app: &App,
        library: &Arc<Library>,
        adoptions: Vec<Adoption>,
        now: i64,
        past: Option<Past>,
    ) -> Result<Self, StoreError> {
        let today = clock::local_date(clock::from_ms(now));
        let day = today.to_string();
        let mut units = store::assessment::units(&app.db, &day).await?;
        if past.is_some() {
            units.retain(|unit| binding::start(unit) <= today);
        }
        let exempt: HashSet<Exempt> = store::assessment::exemptions(&app.db, &day)
            .await?
            .into_iter()
            .collect();
        let adopted: BTreeSet<String> = adoptions.iter().map(|a| a.regulation.clone()).collect();
        let clauses = engine::scored(library, today, &adopted);
        let binding = Binding::of(&Arc::default(), library, &units, &adoptions, &clauses);
        let assessments = library.assessments(today, &adopted, &app.settings().chosen());
        let (mut kept, nothing) = (Kept::default(), BTreeSet::new());
        let who = (Arc::new(units.clone()), Arc::clone(&binding));
        let when = When { now, today, past };
        let facts = Facts::load(app, library, who, &mut kept, true, &nothing, when).await?;
        let (mut memory, facts) = (Memory::default(), Arc::new(facts));
        engine::refresh(
            app,
            library,
            assessments,
            &facts,
            &mut memory,
            true,
            &nothing,
        )
        .await;
        let mut board = Board::new(now, units, clauses, adoptions);
        let judged = Verdicts::new(&binding, &memory.results, &exempt, &board.units);
        let mut cells = Vec::new();
        for (c, key) in board.clauses.iter().enumerate() {
            let parts = judged.parts(key);
            for (u, unit) in board.units.iter().enumerate() {
                let parts = judged.of_unit(&parts, u);
                if let Some(verdict) = judged.of((c, key, parts), (u, unit.id)) {
                    let cell = Cell {
                        status: verdict.status,
                        reason: verdict.reason.map(ToOwned::to_owned),
                        since: now,
                        id: String::new(),
                        evidence_hash: String::new(),
                        basis: Arc::default(),
                    };
                    cells.push((u, c, cell));
                }
            }
        }
        for (u, c, cell) in cells {
            board.set(u, c, Some(Arc::new(cell)));
        }
        Ok(Self {
            board: Arc::new(board),
            results: Arc::new(memory.results),
        })
    }

    /// Gives each cell what identifies it: an identifier made of what it is about, the hash of
    /// what judged, and that of its evidence.
    fn signed(mut self, library: &Library) -> Self {
        let mut board = Board::clone(&self.board);
        for (c, key) in self.board.clauses.iter().enumerate() {
            let mut bases: BTreeMap<_, Arc<str>> = BTreeMap::new();
            for (u, unit) in self.board.units.iter().enumerate() {
                let Some(cell) = self.board.cell(u, c) else {
                    continue;
                };
                let basis = bases.entry(unit.province()).or_insert_with(|| {
                    let parts = self.results.iter().map(|(assessment, _)| assessment);
                    let parts = parts.filter(|a| engine::judges(a, key, unit));
                    compare::basis(library, key, parts)
                });
                let evidence = engine::evidence(library, &self.results, key, unit, cell.status);
                let at = self.board.at.to_string();
                let about = [&key.regulation, &key.cite, &unit.id.to_string(), &at];
                let cell = Cell {
                    id: policy::oscal::id(about.map(String::as_str)),
                    evidence_hash: hash::of_bytes(evidence.json().as_bytes()),
                    basis: Arc::clone(basis),
                    ..cell.clone()
                };
                board.set(u, c, Some(Arc::new(cell)));
            }
        }
        board.count();
        self.board = Arc::new(board);
        self
    }
}

/// Whether a verdict was judged by what the packs say now, and with what is chosen now.
pub(crate) fn is_judged_so(app: &App, view: &BoardView, verdict: &VerdictView) -> bool {
    let (board, key) = (&view.board, verdict.key());
    let day = clock::local_date(clock::from_ms(board.at));
    let adopted = board.adoptions.iter().map(|a| a.regulation.clone());
    let chosen = app.settings().chosen();
    let assessments = view.library.assessments(day, &adopted.collect(), &chosen);
    let parts = assessments.iter();
    let parts = parts.filter(|a| engine::judges(a, &key, &verdict.unit));
    compare::basis(&view.library, &key, parts) == verdict.cell.basis
}

/// What a sheet was made from: the moment, the packs, and how far the journal had come.
pub(super) type Key = (i64, String, i64);

/// The verdicts at a moment, `past` or now, by what is known now. One is judged at a time; the
/// last one is held for as long as nobody enters anything.
///
/// # Errors
/// A limit when it takes too long; unavailable.
pub(super) async fn judge(
    app: &App,
    library: &Arc<Library>,
    (at, past): (i64, bool),
) -> Result<Arc<Sheet>, Problem> {
    let head = store::journal::last_news(&app.db).await?;
    let key = (at, library.hash.clone(), head);
    let work = sheet(app.clone(), Arc::clone(library), (at, past));
    let made = async {
        apart(work)
            .await?
            .ok_or_else(too_long)?
            .map_err(Problem::from)
    };
    let made = timeout(LONGEST, app.assess.anew.get(key, made));
    made.await.unwrap_or_else(|_| Err(too_long()))
}

async fn sheet(
    app: App,
    library: Arc<Library>,
    (at, past): (i64, bool),
) -> Result<Sheet, StoreError> {
    let day = clock::local_date(clock::from_ms(at));
    let past = match past {
        true => Some(Past::of(&app, at, day).await?),
        false => None,
    };
    let adoptions = store::assessment::adoptions(&app.db, &day.to_string()).await?;
    let sheet = Sheet::of(&app, &library, adoptions, at, past).await?;
    Ok(sheet.signed(&library))
}

fn too_long() -> Problem {
    Problem::new(
        ProblemKind::Limit,
        Label::new(
            format!("Xét lại ngày đã qua mất hơn {} giây", LONGEST.as_secs()),
            format!(
                "Judging a past day anew takes over {} seconds",
                LONGEST.as_secs()
            ),
        ),
        "",
        Label::new(
            "Thử lại sau một phút, hoặc xem như đã biết khi đó.",
            "Try again in a minute, or look at it as it was known then.",
        ),
    )
}
