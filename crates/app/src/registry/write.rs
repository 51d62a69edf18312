//! Rows of a table go in, a short batch at a time.

use std::collections::VecDeque;

use domain::{
    authority::Scope,
    label::Label,
    problem::{Problem, ProblemKind},
    schema::Schema,
};
use store::{StoreError, registry};

use super::{
    fates::{Fate, Fates},
    file, held,
    import::Progress,
    plan::{Planned, Planner, Row},
    record,
    report::{CellProblem, Outcome},
};
use crate::{App, Ctx, Work, attachment, claim};

/// So many rows go into the first batch; later ones are as large as the database has shown
/// that it writes in a moment.
const FIRST: usize = 100;
/// A record takes about so many rows of the database: its own, the journal's, its claims'.
const ROWS_A_RECORD: usize = 4;
/// The most records of a batch.
const BATCH: usize = 500;
/// So many rows at once change what the database should know of its tables.
const MANY: usize = 1_000;

/// What was done.
#[derive(Default)]
pub(super) struct Done {
    /// Rows that went in.
    pub written: usize,
    /// Whether it was stopped, or the database was no more there.
    pub stopped: bool,
    /// New and changed records that did not go in for that.
    pub left: Option<(usize, usize)>,
}

/// What a row that was not written has become: its place, and the same already or why not.
type Otherwise = (usize, Result<Outcome, Label>);

/// What a batch came to.
struct Wrote {
    /// New and changed records.
    records: usize,
    /// How many rows the database writes in a moment.
    room: usize,
}

/// The writing of one table.
pub(super) struct Job<'a> {
    pub app: &'a App,
    pub ctx: &'a Ctx,
    pub scope: &'a Scope,
    pub schema: &'a Schema,
    pub planner: &'a Planner<'a>,
}

/// Somebody else changed a record between plan and writing.
pub(super) fn changed_since() -> Label {
    Label::new(
        "Có người vừa sửa bản ghi này sau khi bạn xem kế hoạch; kiểm tra thử lại",
        "Somebody changed this record after the plan was shown; try it again",
    )
}

impl Job<'_> {
    /// Writes rows in their order. A batch that fails is tried again row by row, so that one
    /// row's fault is told at that row and holds up no other.
    pub async fn run(
        &self,
        planned: Vec<Planned>,
        fates: &mut Fates,
        progress: &Progress,
    ) -> Result<Done, Problem> {
        let mut done = Done::default();
        let mut queue: VecDeque<Planned> = planned.into();
        let mut size = FIRST;
        // After a batch that failed, its rows go one by one.
        let mut single = 0usize;
        let mut failed = None;
        while !queue.is_empty() {
            if progress.is_stopped() {
                done.stopped = true;
                break;
            }
            let now = if single > 0 { 1 } else { size.min(queue.len()) };
            let batch: Vec<Planned> = queue.drain(..now).collect();
            match self.batch(&batch, fates).await {
                Ok(Wrote { records, room }) => {
                    done.written += records;
                    size = (room / ROWS_A_RECORD).clamp(FIRST / 4, BATCH);
                    progress.wrote(now);
                    single = single.saturating_sub(1);
                }
                Err(problem) if gone(&problem) => {
                    for one in batch.into_iter().rev() {
                        queue.push_front(one);
                    }
                    done.stopped = true;
                    failed = Some(problem);
                    break;
                }
                Err(problem) if now == 1 => {
                    fates.refuse(batch[0].at, problems(&problem));
                    progress.wrote(1);
                    single = single.saturating_sub(1);
                }
                Err(_) => {
                    for one in batch.into_iter().rev() {
                        queue.push_front(one);
                    }
                    single = now;
                }
            }
            tokio::task::yield_now().await;
        }
        if let Some(problem) = failed.filter(|_| done.written == 0) {
            return Err(problem);
        }
        if done.stopped {
            let mut left = (0, 0);
            for row in &queue {
                match fates.at(row.at).outcome {
                    Outcome::Create => left.0 += 1,
                    _ => left.1 += 1,
                }
            }
            done.left = Some(left);
        }
        // The rows are in: whatever comes of this, the import is done.
        if done.written > MANY
            && let Err(error) = self.app.db.analyze().await
        {
            tracing::warn!(%error, "the database did not count its tables");
        }
        Ok(done)
    }

    /// Writes some rows in one transaction.
    async fn batch(&self, batch: &[Planned], fates: &mut Fates) -> Result<Wrote, Problem> {
        let places: Vec<usize> = batch.iter().map(|p| p.at).collect();
        let mut tries = 0;
        loop {
            // All that takes time is done before the database is held.
            let rows = self.planner.rows(&places).await?;
            let mut work = self.app.begin_batch_of(self.ctx, self.schema).await?;
            let room = work.room();
            let filled = self.fill(&mut work, rows, fates).await;
            let Some((records, outcomes)) = work.settle(filled, &mut tries).await? else {
                continue;
            };
            for (at, outcome) in outcomes {
                match outcome {
                    Ok(outcome) => fates.settle(at, outcome),
                    Err(message) => fates.refuse(at, vec![CellProblem::of_row(message)]),
                }
            }
            return Ok(Wrote { records, room });
        }
    }

    /// Writes rows and their journal; how many went in, and what became of the others.
    async fn fill(
        &self,
        work: &mut Work,
        mut rows: Vec<(usize, Row)>,
        fates: &Fates,
    ) -> Result<(usize, Vec<Otherwise>), Problem> {
        held::hold(self.app, self.ctx, work, self.planner, &mut rows).await?;
        let (by, now) = (&self.ctx.actor.name, work.now());
        let mut outcomes = Vec::new();
        let (mut created, mut updated, mut changes) = (Vec::new(), Vec::new(), Vec::new());
        let mut uploads = Vec::new();
        for (at, row) in rows {
            if let Some(other) = self.otherwise(&row, fates.at(at)) {
                outcomes.push((at, other));
                continue;
            }
            let Row {
                record: Some(record),
                before,
                ..
            } = row
            else {
                continue;
            };
            for each in before.iter().chain([&record]) {
                record::authorise(work, self.scope, self.schema, each).await?;
            }
            let (ctx, schema) = (self.ctx, self.schema);
            let named = file::named(work, ctx, schema, before.as_ref(), &record, &[]).await?;
            if before.is_none() {
                uploads.extend(named.again);
                changes.push(work.entry_of(schema, None, Some(&record)));
                created.push(record);
                continue;
            }
            match registry::update(work, schema, &record, by, now).await {
                Ok(()) => {
                    uploads.extend(named.again);
                    changes.push(work.entry_of(schema, before.as_ref(), Some(&record)));
                    updated.push((before, record));
                }
                Err(StoreError::Stale { .. }) => outcomes.push((at, Err(changed_since()))),
                Err(error) => return Err(record::unique(self.schema, error)),
            }
        }
        registry::insert(work, self.schema, &created, by, now)
            .await
            .map_err(|e| record::unique(self.schema, e))?;
        let fresh = created.iter().map(|r| (None, Some(r)));
        let written: Vec<_> = (updated.iter())
            .map(|(before, after)| (before.as_ref(), Some(after)))
            .chain(fresh)
            .collect();
        claim::settle(self.app, work, self.schema, &written).await?;
        attachment::enter_again(work, &uploads).await?;
        let written = changes.len();
        changes.into_iter().for_each(|change| work.journal(change));
        Ok((written, outcomes))
    }

    /// What a row has become since it was planned, where that is something else.
    fn otherwise(&self, row: &Row, planned: &Fate) -> Option<Result<Outcome, Label>> {
        match row.fate.outcome {
            Outcome::Unchanged => Some(Ok(Outcome::Unchanged)),
            _ if row.record.is_none() => {
                let why = row.fate.problems.first().map(|p| p.message.clone());
                Some(Err(why.unwrap_or_else(changed_since)))
            }
            _ if row.fate.version != planned.version => Some(Err(changed_since())),
            _ => None,
        }
    }
}

/// Whether nothing can be written any more, whatever the row.
fn gone(problem: &Problem) -> bool {
    matches!(
        problem.kind,
        ProblemKind::Unavailable | ProblemKind::Internal
    )
}

/// What is wrong with a row that the database, or a rule, did not take.
fn problems(problem: &Problem) -> Vec<CellProblem> {
    if problem.fields.is_empty() {
        return vec![CellProblem::of_row(problem.what.clone())];
    }
    let fields = problem.fields.iter().map(|wrong| CellProblem {
        field: wrong.field.clone(),
        ..CellProblem::of_row(wrong.message.clone())
    });
    fields.collect()
}
