//! What holds now beside what held: the verdicts that turn, and their writing down.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use domain::id::OrganizationId;
use policy::{Assessment, Library, Status};
use sha2::{Digest, Sha256};
use store::{
    assessment::{Exempt, Unit, VerdictRow},
    journal::{self, Change},
};

use super::{
    ahead::{self, Clock},
    binding::Binding,
    board::{Board, Cell, ClauseKey},
    engine::{Findings, control_evidence},
    evidence::Evidence,
};
use crate::{App, Work, application::VERDICTS};

/// A verdict that turns.
struct Turn {
    unit: usize,
    clause: usize,
    status: Status,
    reason: Option<String>,
    basis: Arc<str>,
    /// When it begins, unix milliseconds.
    since: i64,
    /// The interval that ends.
    ended: Option<Arc<Cell>>,
    evidence: Evidence,
}

/// What holds now beside what held: cells that stay, verdicts that turn, intervals that
/// end because nobody is bound any more.
pub(super) struct Comparison {
    board: Board,
    turns: Vec<Turn>,
    gone: Vec<String>,
    /// Whether what a clock that was ahead wrote is now to be brought back.
    brings_back: bool,
}

/// What was found, put together clause by clause.
pub(super) struct Verdicts<'a> {
    binding: &'a Binding,
    results: &'a Findings,
    exempt: &'a HashSet<Exempt>,
    by_clause: HashMap<(&'a str, &'a str), Vec<usize>>,
    /// The provinces that chose for themselves.
    choosers: Vec<OrganizationId>,
    /// By organization: the place of its choices, those that all share first.
    choices: Vec<usize>,
}

/// The places of a clause's assessments: those that all share, then those of each province
/// that chose for itself.
pub(super) type Parts = Vec<Vec<usize>>;

/// What holds for one organization on one clause.
pub(super) struct Verdict<'a> {
    pub status: Status,
    pub reason: Option<&'a str>,
    pub waived: bool,
}

impl<'a> Verdicts<'a> {
    pub(super) fn new(
        binding: &'a Binding,
        results: &'a Findings,
        exempt: &'a HashSet<Exempt>,
        units: &[Unit],
    ) -> Self {
        let mut by_clause: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        for (i, (assessment, _)) in results.iter().enumerate() {
            for (regulation, cite) in &assessment.clauses {
                by_clause.entry((regulation, cite)).or_default().push(i);
            }
        }
        let own = results.iter().filter_map(|(a, _)| a.province);
        let choosers: Vec<_> = own.collect::<BTreeSet<_>>().into_iter().collect();
        let choice = |unit: &Unit| {
            let own = choosers.iter().position(|p| *p == unit.province());
            own.map_or(0, |place| place + 1)
        };
        Self {
            binding,
            results,
            exempt,
            by_clause,
            choices: match choosers.as_slice() {
                [] => vec![0; units.len()],
                _ => units.iter().map(choice).collect(),
            },
            choosers,
        }
    }

    /// The places of a clause's assessments among the results.
    pub(super) fn parts(&self, key: &ClauseKey) -> Parts {
        let place = (key.regulation.as_str(), key.cite.as_str());
        let all = self.by_clause.get(&place).map_or(&[][..], Vec::as_slice);
        let of = |holds: &dyn Fn(&Assessment) -> bool| {
            let parts = all.iter().copied();
            parts.filter(|i| holds(&self.results[*i].0)).collect()
        };
        let common = of(&|assessment| assessment.province.is_none());
        let own = self.choosers.iter();
        let own = own.map(|province| of(&|assessment| assessment.holds_in(*province)));
        std::iter::once(common).chain(own).collect()
    }

    /// Those of them by which the organization at place `u` is judged.
    pub(super) fn of_unit<'b>(&self, parts: &'b Parts, u: usize) -> &'b [usize] {
        &parts[self.choices[u]]
    }

    /// What holds for the organization at place `u` on the clause at place `c`; none where
    /// it is not bound.
    pub(super) fn of(
        &self,
        (c, key, parts): (usize, &ClauseKey, &[usize]),
        (u, unit): (usize, OrganizationId),
    ) -> Option<Verdict<'a>> {
        let found = |i: &usize| self.results[*i].1.get(&unit);
        let mut status = match self.binding.binds(c, u) {
            Some(false) => return None,
            None => Status::Error,
            Some(true) => Library::conclude(
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
        let waived = !self.exempt.is_empty()
            && self.exempt.contains(&Exempt {
                organization: unit,
                regulation: key.regulation.clone(),
                clause: key.cite.clone(),
            });
        if waived {
            status = status.waived();
        }
        Some(Verdict {
            status,
            reason,
            waived,
        })
    }
}

/// Holds what was found against what held. With `fresh`, the hashes of the assessments that
/// were judged again, nothing else changed: all other clauses stay as they were.
pub(super) fn compare(
    library: &Library,
    binding: &Binding,
    old: &Board,
    mut board: Board,
    results: &Findings,
    exempt: &HashSet<Exempt>,
    fresh: Option<&HashSet<String>>,
) -> Comparison {
    let clock = Clock::of(old, &board);
    board.even_since = clock.even_since;
    let verdicts = Verdicts::new(binding, results, exempt, &board.units);
    let old_units: Vec<Option<usize>> = board.units.iter().map(|u| old.unit(u.id)).collect();
    let mut stays = vec![false; old.units.len() * old.clauses.len()];
    let mut turns = Vec::new();
    let same = old.units == board.units && old.clauses == board.clauses;
    let fresh = fresh.filter(|_| same);
    for c in 0..board.clauses.len() {
        let key = board.clauses[c].clone();
        let parts = verdicts.parts(&key);
        let settled = |fresh: &HashSet<String>| {
            let hashes = parts.iter().flatten().map(|i| &results[*i].0.hash);
            hashes.into_iter().all(|hash| !fresh.contains(hash))
        };
        if fresh.is_some_and(settled) {
            for u in 0..board.units.len() {
                if let Some(cell) = old.shared(u, c) {
                    stays[u * old.clauses.len() + c] = true;
                    board.set(u, c, Some(Arc::clone(cell)));
                }
            }
            continue;
        }
        let bases: Vec<Arc<str>> = (parts.iter())
            .map(|parts| basis(library, &key, parts.iter().map(|i| &results[*i].0)))
            .collect();
        let old_clause = old.clause(&key.regulation, &key.cite);
        for (u, old_unit) in old_units.iter().enumerate() {
            let unit = board.units[u].id;
            let (parts, basis) = (verdicts.of_unit(&parts, u), &bases[verdicts.choices[u]]);
            let Some(verdict) = verdicts.of((c, &key, parts), (u, unit)) else {
                continue;
            };
            let Verdict {
                status,
                reason,
                waived,
            } = verdict;
            let found = |i: &usize| results[*i].1.get(&unit);
            let held = old_unit
                .zip(old_clause)
                .and_then(|(u, c)| old.shared(u, c).map(|cell| (u, c, cell)));
            if let Some((old_unit, old_clause, cell)) = held {
                stays[old_unit * old.clauses.len() + old_clause] = true;
                let same = cell.status == status && cell.reason.as_deref() == reason;
                if same && cell.basis == *basis && !clock.brings_back(cell.since) {
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
                basis: Arc::clone(basis),
                since: clock.begin(held.map(|(_, _, cell)| cell.since)),
                ended: held.map(|(_, _, cell)| Arc::clone(cell)),
                evidence: Evidence {
                    controls: parts
                        .iter()
                        .map(|i| control_evidence(library, &results[*i].0, found(i)))
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
    Comparison {
        board,
        turns,
        gone,
        brings_back: clock.just_settled,
    }
}

/// What judges a clause: the hash of what it means, its controls, checks and parameters.
/// While that stays a verdict goes on, also from one version of a pack to the next.
pub(super) fn basis<'a>(
    library: &Library,
    key: &ClauseKey,
    parts: impl Iterator<Item = &'a Assessment>,
) -> Arc<str> {
    let mut basis = Sha256::new();
    if let Some(clause) = library.clause(&key.regulation, &key.cite) {
        basis.update(library.clause_hash(clause).as_bytes());
    }
    for part in parts {
        basis.update(part.hash.as_bytes());
    }
    hex::encode(&basis.finalize()[..16]).into()
}

/// Writes the comparison down, and completes its board.
pub(super) async fn write(
    app: &App,
    comparison: Comparison,
    now: i64,
) -> Result<(Board, usize), store::StoreError> {
    let Comparison {
        mut board,
        turns,
        gone,
        brings_back,
    } = comparison;
    if brings_back {
        ahead::bring_back(app, now).await?;
    }
    if turns.is_empty() && gone.is_empty() {
        return Ok((board, 0));
    }
    let mut gone = &gone[..];
    while !gone.is_empty() {
        let mut work = app.begin_batch().await?;
        work.touch(VERDICTS);
        let (batch, rest) = gone.split_at(work.room().min(gone.len()));
        let told = store::assessment::record(&mut work, batch, &[], &[], now, now).await?;
        tell(&mut work, told, now);
        work.commit().await?;
        gone = rest;
    }
    let turned = turns.len();
    let mut kept: HashSet<String> = HashSet::new();
    let mut turns = turns.into_iter().peekable();
    // Each verdict turns whole; of many, each batch is a transaction, so that nobody who saves
    // meanwhile waits for all of them. What a stop in between leaves, the next evaluation does.
    while turns.peek().is_some() {
        let mut work = app.begin_batch().await?;
        work.touch(VERDICTS);
        let mut batch = Batch::default();
        // The end, the beginning and the evidence of each.
        for turn in turns.by_ref().take((work.room() / 3).max(1)) {
            begin(&mut board, turn, now, &mut kept, &mut batch);
        }
        let Batch {
            ended,
            begun,
            evidence,
        } = batch;
        let told =
            store::assessment::record(&mut work, &ended, &begun, &evidence, now, now).await?;
        tell(&mut work, told, now);
        work.commit().await?;
    }
    Ok((board, turned))
}

/// The journal holds the rows of verdicts by their digests.
pub(super) fn tell(work: &mut Work, told: String, now: i64) {
    let turned = work.entry(journal::VERDICTS, "", None, "judge", None, Some(told));
    // The moment is that of the evaluation.
    work.journal(Change { at: now, ..turned });
}

/// What one transaction writes.
#[derive(Default)]
struct Batch {
    ended: Vec<String>,
    begun: Vec<VerdictRow>,
    evidence: Vec<(String, String)>,
}

/// Puts a verdict that turns on the board and into the batch.
fn begin(board: &mut Board, turn: Turn, now: i64, kept: &mut HashSet<String>, batch: &mut Batch) {
    if let Some(held) = &turn.ended {
        batch.ended.push(held.id.clone());
    }
    let body = turn.evidence.json();
    let hash = hex::encode(Sha256::digest(body.as_bytes()));
    if kept.insert(hash.clone()) {
        batch.evidence.push((hash.clone(), body));
    }
    let cell = Cell {
        status: turn.status,
        reason: turn.reason,
        since: turn.since,
        id: domain::id::Id::new(now).to_string(),
        evidence_hash: hash,
        basis: turn.basis,
    };
    let key = &board.clauses[turn.clause];
    batch.begun.push(VerdictRow {
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
