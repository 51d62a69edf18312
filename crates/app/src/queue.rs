//! A queue for work that takes much memory: few at once, each person one at a time, and who
//! would wait too long is told so.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use domain::{
    label::Label,
    problem::{Problem, ProblemKind},
};
use tokio::{
    sync::{Mutex as Turn, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::{App, Ctx, examiner::person};

/// How much is done at once.
const AT_ONCE: usize = 2;
/// How many wait.
const WAITING: usize = 16;
/// How many of one person wait or are served.
const OF_ONE: usize = 4;
/// How long somebody waits.
const PATIENCE: Duration = Duration::from_secs(45);

/// Who waits and who is served.
#[derive(Debug)]
pub(crate) struct Queue {
    running: Arc<Semaphore>,
    waiting: Semaphore,
    turns: Mutex<HashMap<String, Weak<Turn<()>>>>,
}

/// The right to go on, until it is dropped.
#[derive(Debug)]
pub struct Seat {
    _turn: OwnedMutexGuard<()>,
    _running: OwnedSemaphorePermit,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            running: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: Semaphore::new(WAITING),
            turns: Mutex::default(),
        }
    }
}

impl Queue {
    /// Waits for a seat for `who`; none when too many wait, or it takes too long.
    pub async fn enter(&self, who: &str) -> Option<Seat> {
        let waits = self.waiting.try_acquire().ok()?;
        let turn = self.turn(who)?;
        let running = Arc::clone(&self.running);
        let both = async { (turn.lock_owned().await, running.acquire_owned().await) };
        let Ok((turn, Ok(running))) = timeout(PATIENCE, both).await else {
            return None;
        };
        drop(waits);
        Some(Seat {
            _turn: turn,
            _running: running,
        })
    }

    /// The turn of one person; none when enough of theirs waits.
    fn turn(&self, who: &str) -> Option<Arc<Turn<()>>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| turn.strong_count() > 0);
        if let Some(turn) = turns.get(who).and_then(Weak::upgrade) {
            return (Arc::strong_count(&turn) <= OF_ONE).then_some(turn);
        }
        let turn = Arc::default();
        turns.insert(who.to_owned(), Arc::downgrade(&turn));
        Some(turn)
    }
}

impl App {
    /// Waits for the actor's turn at work that takes seconds of a processor: a past day's
    /// verdicts, all of them as OSCAL. Keep what it gives until the work is done.
    ///
    /// # Errors
    /// Unavailable when too many wait.
    pub async fn turn(&self, ctx: &Ctx) -> Result<Seat, Problem> {
        let seat = self.heavy.enter(&person(ctx)).await;
        seat.ok_or_else(|| {
            Problem::new(
                ProblemKind::Unavailable,
                Label::new(
                    "Đang có nhiều yêu cầu nặng cùng lúc",
                    "Too much heavy work is asked for at once",
                ),
                "",
                Label::new("Thử lại sau một phút.", "Try again in a minute."),
            )
        })
    }
}
