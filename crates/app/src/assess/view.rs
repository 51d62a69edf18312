//! Verdicts as pages, API and command line show them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use domain::{
    authority::Permission,
    clock,
    id::OrganizationId,
    label::Label,
    problem::{Problem, ProblemKind},
};
use jiff::civil::Date;
use policy::{Clause, Control, Library, Regulation, Tally, coverage::Basis};
use store::assessment::{Adoption, Unit, VerdictRow};

use super::{
    anew::{self, AsOf, Known},
    board::{Board, Cell, ClauseKey},
    engine::{self, Findings},
    evidence::{Evidence, kept_evidence},
};
use crate::{App, Ctx};

/// The verdicts that an actor may see, now or as of a day.
#[derive(Clone)]
pub struct BoardView {
    /// The board.
    pub board: Arc<Board>,
    /// The places of the organizations in scope.
    pub units: Vec<usize>,
    /// The regulations that hold for some of them on the day looked at.
    pub adopted: BTreeSet<String>,
    /// The packs.
    pub library: Arc<Library>,
    /// The moment looked at, when it is not now; never later than now.
    pub as_of: Option<AsOf>,
    /// What a past day judged anew was found by.
    pub(super) anew: Option<Arc<Findings>>,
}

impl BoardView {
    /// The province of the organizations in sight, when they are of one.
    pub fn province(&self) -> Option<OrganizationId> {
        province_of(self.units.iter().map(|at| &self.board.units[*at]))
    }
}

/// The province of these organizations, when they are of one.
pub(crate) fn province_of<'a>(mut units: impl Iterator<Item = &'a Unit>) -> Option<OrganizationId> {
    let province = units.next()?.province();
    units.all(|u| u.province() == province).then_some(province)
}

/// The verdicts that the actor may see: now, or at a moment as it was known then, or by what
/// is known of it now.
///
/// # Errors
/// Denied, unavailable; a limit where judging anew takes too long.
pub async fn board(app: &App, ctx: &Ctx, as_of: Option<AsOf>) -> Result<BoardView, Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    let library = app.library();
    let now = app.clock.now_ms();
    let past = as_of.is_some_and(|asked| asked.at < now);
    let as_of = as_of.map(|asked| AsOf {
        at: asked.at.min(now),
        ..asked
    });
    let _turn = match as_of {
        Some(_) => Some(app.turn(ctx).await?),
        None => None,
    };
    let (board, anew) = match as_of {
        None => (app.assess.board(), None),
        Some(AsOf {
            at,
            known: Known::Now,
        }) => {
            let sheet = anew::judge(app, &library, (at, past)).await?;
            (Arc::clone(&sheet.board), Some(Arc::clone(&sheet.results)))
        }
        Some(AsOf { at, .. }) => {
            let day = clock::local_date(clock::from_ms(at));
            let units = store::assessment::units(&app.db, &day.to_string()).await?;
            let rows = store::assessment::as_of(&app.db, &scope, None, at, at).await?;
            let adoptions = store::assessment::adoptions(&app.db, &day.to_string()).await?;
            let judged = rows.iter().map(|r| r.regulation.clone()).collect();
            let clauses = engine::scored(&library, day, &judged);
            let filled = tokio::task::spawn_blocking(move || {
                engine::fill(Board::new(at, units, clauses, adoptions), rows)
            });
            let board = filled.await.map_err(|_| Problem::internal("board"))?;
            (Arc::new(board), None)
        }
    };
    let units = board.in_scope(&scope);
    let takes = |a: &&Adoption| units.iter().any(|u| a.takes(&board.units[*u]));
    let adopted = board.adoptions.iter().filter(takes);
    let adopted = adopted.map(|a| a.regulation.clone()).collect();
    Ok(BoardView {
        board,
        units,
        adopted,
        library,
        as_of,
        anew,
    })
}

impl BoardView {
    /// Whether a past day is shown by what is known now.
    pub fn is_anew(&self) -> bool {
        self.anew.is_some()
    }

    /// The findings behind the board: those of the last evaluation, or of the day judged anew;
    /// none for a day as it was known then, of which only verdicts and evidence were kept.
    pub(super) fn findings(&self, app: &App) -> Option<Arc<Findings>> {
        match (self.as_of, &self.anew) {
            (_, Some(anew)) => Some(Arc::clone(anew)),
            (None, None) => Some(app.assess.findings()),
            (Some(_), None) => None,
        }
    }

    /// The regulations that hold for somebody in scope, in the order of their ids.
    pub fn regulations(&self) -> impl Iterator<Item = &Regulation> {
        let held = |r: &&Regulation| self.adopted.contains(&r.id);
        self.library.regulations.values().filter(held)
    }

    /// Verdicts in scope: unit, place of the clause, cell.
    pub fn cells(&self) -> impl Iterator<Item = (&Unit, usize, &Cell)> + Clone {
        self.units.iter().flat_map(move |u| {
            (0..self.board.clauses.len())
                .filter_map(move |c| Some((&self.board.units[*u], c, self.board.cell(*u, c)?)))
        })
    }

    /// Counts over one regulation.
    pub fn tally(&self, regulation: &str) -> Tally {
        let of = |unit: &usize| self.board.tally(*unit, Some(regulation));
        self.units
            .iter()
            .map(of)
            .fold(Tally::default(), |sum, tally| sum + tally)
    }

    /// The unit of an id or a code, if it is in scope.
    pub fn find(&self, key: &str) -> Option<&Unit> {
        let id: Option<OrganizationId> = key.parse().ok();
        self.units
            .iter()
            .map(|u| &self.board.units[*u])
            .find(|u| u.code == key || Some(u.id) == id)
    }
}

/// An organization in reach, by id or code, and whether the last evaluation knew it: one
/// that has just come into the registry is judged by the next.
///
/// # Errors
/// Not found, denied, unavailable.
pub async fn organization(
    app: &App,
    ctx: &Ctx,
    view: &BoardView,
    key: &str,
) -> Result<(Unit, bool), Problem> {
    if let Some(unit) = view.find(key) {
        return Ok((unit.clone(), true));
    }
    let record = crate::registry::get(app, ctx, "organization", key).await?;
    let today = app.clock.today().to_string();
    let active = store::assessment::units(&app.db, &today).await?;
    let ended = record.text("ends_on");
    if !ended.is_empty() && ended < today.as_str() {
        return Err(Problem::new(
            ProblemKind::NotFound,
            Label::new(
                format!("Đơn vị đã ngừng hoạt động, ngày cuối là {ended}"),
                format!("The unit was dissolved; its last day was {ended}"),
            ),
            key,
            Label::new(
                "Xem bản ghi của đơn vị, hoặc chọn một ngày trước đó.",
                "See the unit's record, or choose a day before that.",
            ),
        ));
    }
    let unit = active.into_iter().find(|unit| unit.id.0 == record.id);
    unit.map(|unit| (unit, false))
        .ok_or_else(|| Problem::not_found(&Label::new("đơn vị", "unit"), key))
}

/// A unit that is no more, with the verdicts of its last day; none when `key` names no such unit
/// in reach.
///
/// # Errors
/// Denied, unavailable.
pub async fn former(
    app: &App,
    ctx: &Ctx,
    key: &str,
) -> Result<Option<(BoardView, Unit, Date)>, Problem> {
    let record = crate::registry::get(app, ctx, "organization", key).await?;
    let Ok(last) = record.text("ends_on").parse::<Date>() else {
        return Ok(None);
    };
    let view = board(app, ctx, Some(AsOf::day(last, Known::Then))).await?;
    let unit = view.find(&record.id.to_string()).cloned();
    Ok(unit.map(|unit| (view, unit, last)))
}

/// A clause with its counts.
#[derive(Clone, Debug)]
pub struct ClauseView {
    /// The clause.
    pub clause: Clause,
    /// Verdicts on it; nothing for what is not scored.
    pub tally: Tally,
}

/// An article with its clauses.
#[derive(Clone, Debug)]
pub struct ArticleView {
    /// Its number.
    pub number: String,
    /// What it is about.
    pub title: Label,
    /// Over its clauses.
    pub tally: Tally,
    /// Its clauses.
    pub clauses: Vec<ClauseView>,
}

/// A chapter with its articles.
#[derive(Clone, Debug)]
pub struct ChapterView {
    /// Its number.
    pub number: String,
    /// What it is about.
    pub title: Label,
    /// Over its articles.
    pub tally: Tally,
    /// Its articles.
    pub articles: Vec<ArticleView>,
}

/// A regulation with all its clauses and counts.
#[derive(Clone, Debug)]
pub struct RegulationView {
    /// The regulation.
    pub regulation: Regulation,
    /// Over all.
    pub tally: Tally,
    /// Its chapters.
    pub chapters: Vec<ChapterView>,
}

/// A regulation of the packs.
pub(crate) fn find<'a>(library: &'a Library, id: &str) -> Result<&'a Regulation, Problem> {
    library
        .regulations
        .get(id)
        .ok_or_else(|| Problem::not_found(&Label::new("quy chế", "regulation"), id))
}

/// A regulation with its counts.
///
/// # Errors
/// Not found.
pub fn regulation(view: &BoardView, id: &str) -> Result<RegulationView, Problem> {
    let regulation = find(&view.library, id)?;
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    for (_, c, cell) in view.cells() {
        let key = &view.board.clauses[c];
        if key.regulation == id {
            tallies.entry(&key.cite).or_default().count(cell.status);
        }
    }
    let mut total = Tally::default();
    let chapters = regulation
        .index
        .chapters
        .iter()
        .map(|chapter| {
            let mut of_chapter = Tally::default();
            let articles = chapter
                .articles
                .iter()
                .map(|article| {
                    let mut of_article = Tally::default();
                    let clauses = article
                        .clauses
                        .iter()
                        .filter_map(|cite| regulation.clause(cite))
                        .map(|clause| {
                            let tally = tallies
                                .get(clause.cite.as_str())
                                .copied()
                                .unwrap_or_default();
                            of_article += tally;
                            ClauseView {
                                clause: clause.clone(),
                                tally,
                            }
                        })
                        .collect();
                    of_chapter += of_article;
                    ArticleView {
                        number: article.number.clone(),
                        title: article.title.clone(),
                        tally: of_article,
                        clauses,
                    }
                })
                .collect();
            total += of_chapter;
            ChapterView {
                number: chapter.number.clone(),
                title: chapter.title.clone(),
                tally: of_chapter,
                articles,
            }
        })
        .collect();
    Ok(RegulationView {
        regulation: regulation.clone(),
        tally: total,
        chapters,
    })
}

/// Units × articles: the worst status and the counts of each.
pub fn heatmap<'a>(view: &'a BoardView, regulation: &Regulation) -> Vec<(&'a Unit, Vec<Tally>)> {
    let articles: Vec<Vec<usize>> = regulation
        .index
        .chapters
        .iter()
        .flat_map(|c| &c.articles)
        .map(|a| {
            a.clauses
                .iter()
                .filter_map(|cite| view.board.clause(&regulation.id, cite))
                .collect()
        })
        .collect();
    view.units
        .iter()
        .map(|u| {
            let tallies = articles
                .iter()
                .map(|clauses| {
                    let mut tally = Tally::default();
                    for c in clauses {
                        if let Some(cell) = view.board.cell(*u, *c) {
                            tally.count(cell.status);
                        }
                    }
                    tally
                })
                .collect::<Vec<_>>();
            (&view.board.units[*u], tallies)
        })
        .filter(|(_, tallies)| tallies.iter().any(|t| t.total() > 0))
        .collect()
}

/// Counts by kind of organization; a kind that is judged by nothing is left out.
pub fn by_kind(view: &BoardView, regulation: &str) -> BTreeMap<String, Tally> {
    let mut out: BTreeMap<String, Tally> = BTreeMap::new();
    for place in &view.units {
        let tally = view.board.tally(*place, Some(regulation));
        if tally.total() > 0 {
            *out.entry(view.board.units[*place].kind.clone())
                .or_default() += tally;
        }
    }
    out
}

/// Who is bound by a clause and how it stands with them, the worst first.
pub fn clause_units<'a>(
    view: &'a BoardView,
    regulation: &str,
    cite: &str,
) -> Vec<(&'a Unit, &'a Cell)> {
    let Some(c) = view.board.clause(regulation, cite) else {
        return Vec::new();
    };
    let mut out: Vec<(&Unit, &Cell)> = view
        .units
        .iter()
        .filter_map(|u| Some((&view.board.units[*u], view.board.cell(*u, c)?)))
        .collect();
    out.sort_by_key(|(_, cell)| std::cmp::Reverse(cell.status));
    out
}

/// One clause as it stands with one unit.
#[derive(Clone, Copy, Debug)]
pub struct UnitClause<'a> {
    /// The regulation's id.
    pub regulation: &'a str,
    /// The clause.
    pub clause: &'a Clause,
    /// The verdict.
    pub cell: &'a Cell,
    /// The first of its controls: what is asked, how it is mended.
    pub control: Option<&'a Control>,
    /// What the verdict rests on, at its weakest.
    pub basis: Basis,
}

/// All clauses that bind a unit, the worst first, then in the order of the regulation.
pub fn unit(view: &BoardView, id: OrganizationId) -> Vec<UnitClause<'_>> {
    let Some(u) = view.board.unit(id).filter(|u| view.units.contains(u)) else {
        return Vec::new();
    };
    let mut out: Vec<UnitClause<'_>> = (0..view.board.clauses.len())
        .filter_map(|c| {
            let cell = view.board.cell(u, c)?;
            let key = &view.board.clauses[c];
            let clause = view.library.clause(&key.regulation, &key.cite)?;
            Some(UnitClause {
                regulation: &key.regulation,
                clause,
                cell,
                control: view.library.controls_of(clause).first().copied(),
                basis: basis(&view.library, clause, cell),
            })
        })
        .collect();
    out.sort_by_key(|c| std::cmp::Reverse((c.cell.status, c.control.map(|c| c.severity))));
    out
}

/// What a verdict rests on: the weakest of its clause's controls, or the word that decided.
fn basis(library: &Library, clause: &Clause, cell: &Cell) -> Basis {
    match cell.reason.as_deref() {
        Some("attested" | "attested-not") => Basis::Attested,
        _ => library.basis(clause).unwrap_or(Basis::Open),
    }
}

/// All about one verdict.
#[derive(Clone, Debug)]
pub struct VerdictView {
    /// The unit.
    pub unit: Unit,
    /// The regulation.
    pub regulation: Regulation,
    /// The clause.
    pub clause: Clause,
    /// The verdict.
    pub cell: Cell,
    /// The controls of the clause.
    pub controls: Vec<Control>,
    /// The checks' SQL by id.
    pub checks: BTreeMap<String, String>,
    /// Why: as of now from the last evaluation, as of a day from what was kept or judged anew.
    pub evidence: Evidence,
    /// The interval as it was written down; none for what was judged anew.
    pub interval: Option<VerdictRow>,
    /// Its intervals, the newest first.
    pub history: Vec<VerdictRow>,
}

impl VerdictView {
    /// The clause that it is about.
    pub(super) fn key(&self) -> ClauseKey {
        ClauseKey {
            regulation: self.regulation.id.clone(),
            cite: self.clause.cite.clone(),
        }
    }
}

/// One verdict with its evidence and history.
///
/// # Errors
/// Not found when the clause does not bind the unit, or the unit is not in scope.
pub async fn verdict(
    app: &App,
    ctx: &Ctx,
    view: &BoardView,
    regulation: &str,
    cite: &str,
    unit: &str,
) -> Result<VerdictView, Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    let missing = || {
        Problem::not_found(
            &Label::new("kết luận", "verdict"),
            &format!("{cite} · {unit}"),
        )
    };
    let unit = view.find(unit).ok_or_else(missing)?;
    let cell = view
        .board
        .get(regulation, cite, unit.id)
        .ok_or_else(missing)?;
    let held = view
        .library
        .regulations
        .get(regulation)
        .ok_or_else(missing)?;
    let clause = held.clause(cite).ok_or_else(missing)?;
    let controls: Vec<Control> = view
        .library
        .controls_of(clause)
        .into_iter()
        .cloned()
        .collect();
    let checks = controls
        .iter()
        .filter_map(|c| view.library.checks.get(c.check.as_ref()?))
        .map(|c| (c.id.clone(), c.sql.clone()))
        .collect();
    let history =
        store::assessment::history(&app.db, &scope, regulation, cite, unit.id, 100).await?;
    let evidence = match view.findings(app) {
        Some(found) => {
            let key = ClauseKey {
                regulation: regulation.to_owned(),
                cite: cite.to_owned(),
            };
            engine::evidence(&view.library, &found, &key, unit, cell.status)
        }
        None => kept_evidence(app, &cell.evidence_hash).await?,
    };
    let interval = match history.iter().find(|row| row.id == cell.id) {
        Some(row) => Some(row.clone()),
        None if view.is_anew() => None,
        None => store::assessment::interval(&app.db, &cell.id).await?,
    };
    Ok(VerdictView {
        unit: unit.clone(),
        regulation: held.clone(),
        clause: clause.clone(),
        cell: cell.clone(),
        controls,
        checks,
        evidence,
        interval,
        history,
    })
}
