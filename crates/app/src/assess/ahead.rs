//! Verdicts that a clock which was ahead began or ended in a time that has yet to come.
//!
//! Which of two times was right, nobody knows while the clock is being set: at a start it may
//! be years behind for a minute. Only once it has gone on evenly for a while, and for as long as
//! lines were measured in the time that lies ahead, is what lies there brought back to now; a
//! history that lies ahead as a whole never is.

use super::{board::Board, compare};
use crate::{App, application::VERDICTS};

/// So long the clock has to go on evenly.
const SETTLED_MS: i64 = 600_000;
/// From one evaluation to the next there is a minute; what is more was no even time.
const EVEN_MS: i64 = 300_000;
/// What lies so little ahead will soon have come.
const SLACK_MS: i64 = 60_000;

/// What the clock says at an evaluation, and what it said at those before.
pub(super) struct Clock {
    now: i64,
    /// Since when it goes on evenly, unix milliseconds.
    pub(super) even_since: i64,
    settled: bool,
    /// At the evaluation before it was not settled yet.
    pub(super) just_settled: bool,
}

impl Clock {
    /// At the evaluation of `board`, after that of `old`.
    pub(super) fn of(old: &Board, board: &Board) -> Self {
        let now = board.at;
        let even = (old.at..=old.at.saturating_add(EVEN_MS)).contains(&now);
        let even_since = if even { old.even_since } else { now };
        let longest = |board: &Board| board.measured_ahead.max(SETTLED_MS);
        let is_settled = |at: i64, since: i64, long: i64| at.saturating_sub(since) >= long;
        // Before all that there is no time can be right.
        let known = board.units.iter().any(|unit| unit.created_at <= now);
        let settled = known && is_settled(now, even_since, longest(board));
        Self {
            now,
            even_since,
            settled,
            just_settled: settled && !(even && is_settled(old.at, old.even_since, longest(old))),
        }
    }

    /// Whether what began at `since` began in a time that has yet to come, and begins anew.
    pub(super) fn brings_back(&self, since: i64) -> bool {
        self.settled && since > self.now.saturating_add(SLACK_MS)
    }

    /// When an interval begins that follows one that began at `ended`: never before it, but where
    /// that is brought back.
    pub(super) fn begin(&self, ended: Option<i64>) -> i64 {
        match ended {
            Some(since) if !self.brings_back(since) => since.max(self.now),
            _ => self.now,
        }
    }
}

/// Brings ends that lie ahead back to `now`. Each is told in the journal.
pub(super) async fn bring_back(app: &App, now: i64) -> Result<(), store::StoreError> {
    let late = store::assessment::ended_ahead(&app.db, now.saturating_add(SLACK_MS)).await?;
    if !late.is_empty() {
        let verdicts = late.len();
        tracing::warn!(
            verdicts,
            "verdicts were ended by a clock that was ahead; they end now"
        );
    }
    let mut late = &late[..];
    while !late.is_empty() {
        let mut work = app.begin_batch().await?;
        work.touch(VERDICTS);
        let (batch, rest) = late.split_at(work.room().min(late.len()));
        let told = store::assessment::end_now(&mut work, batch, now).await?;
        compare::tell(&mut work, told, now);
        work.commit().await?;
        late = rest;
    }
    Ok(())
}
