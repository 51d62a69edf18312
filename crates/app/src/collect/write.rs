//! What becomes of answers: written down beside the asking, which goes on meanwhile.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::{
    id::{Id, OrganizationId},
    schema::Schema,
};
use observe::collect::{Fault, Target, Told};
use store::{
    StoreError,
    collection::{self, Course},
    observed::{self, Difference},
};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use super::{digest, records, sweep};
use crate::App;

/// What is no longer asked is swept, and how things were before is forgotten, so often.
const SWEPT: Duration = Duration::from_secs(600);
/// So many told records wait at once, of all targets: where a database is away it is the samples that
/// are kept.
const MOST_ROWS: usize = 65_536;
/// So many records of one target are written within [`HOUR`]: four times as many as it may tell.
const MOST_CHANGED: usize = 4_096;
const HOUR: Duration = Duration::from_secs(3_600);
/// So many targets have a part in one batch.
const AT_ONCE: usize = 8;

/// An answer that is not written down yet.
pub(super) struct Answer {
    pub(super) course: Course,
    pub(super) target: Option<Target>,
    pub(super) told: Option<Told>,
}

/// An answer in its turn.
struct Turn {
    answer: Answer,
    #[expect(dead_code, reason = "what it holds is free when the turn is over")]
    held: Option<OwnedSemaphorePermit>,
    /// What it differs in from what is written, worked out once: by noun.
    left: Option<Left>,
    /// Whether its course is written.
    noted: bool,
}

struct Left {
    by_noun: Vec<(&'static Schema, Difference)>,
    digest: Option<(Id, [u8; 32])>,
}

/// What asking and writing share: of each target the newest answer, in the order in which their turns
/// came, and who is asked.
pub(super) struct Desk {
    came: Notify,
    rows: Arc<Semaphore>,
    shared: Mutex<Shared>,
}

#[derive(Default)]
struct Shared {
    answers: VecDeque<(Answer, Option<OwnedSemaphorePermit>)>,
    asked: HashMap<Id, OrganizationId>,
    /// Until when nothing of a target is written that tells too much.
    loud: HashMap<Id, Instant>,
    wrong: Option<StoreError>,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self {
            came: Notify::new(),
            rows: Arc::new(Semaphore::new(MOST_ROWS)),
            shared: Mutex::default(),
        }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands an answer over. One that is not begun yet gives its turn up to a newer one.
    pub(super) fn hand(&self, mut answer: Answer) {
        let rows = answer.told.as_ref().map_or(0, |told| told.rows.len());
        let many = u32::try_from(rows).unwrap_or(u32::MAX);
        let held = Arc::clone(&self.rows).try_acquire_many_owned(many).ok();
        if held.is_none() {
            tracing::warn!(target = %answer.course.target, rows, "too much waits to be written");
            answer.told = None;
        }
        let mut shared = self.shared();
        let id = answer.course.target;
        let known = shared.answers.iter_mut();
        match known.into_iter().find(|(a, _)| a.course.target == id) {
            Some(place) => *place = (answer, held),
            None => shared.answers.push_back((answer, held)),
        }
        drop(shared);
        self.came.notify_one();
    }

    /// Who is asked now, and whose each is.
    pub(super) fn asks(&self, asked: HashMap<Id, OrganizationId>) {
        self.shared().asked = asked;
    }

    /// Whether a target told so much that nothing of it is taken for now.
    pub(super) fn is_loud(&self, id: Id) -> bool {
        let mut shared = self.shared();
        let now = Instant::now();
        shared.loud.retain(|_, until| *until > now);
        shared.loud.contains_key(&id)
    }

    /// What went wrong with writing since this was asked.
    pub(super) fn wrong(&self) -> Option<StoreError> {
        self.shared().wrong.take()
    }
}

/// Writes answers down: records and how it goes into the database.
pub(super) struct Writer<'a> {
    app: App,
    kind: &'static str,
    observes: Vec<&'static Schema>,
    desk: &'a Desk,
    turns: VecDeque<Turn>,
    /// What each target's records were when they were last written.
    digests: HashMap<Id, [u8; 32]>,
    /// Since when, and how many records of each target were written within the hour.
    written: HashMap<Id, (Instant, usize)>,
    swept: Option<Instant>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        app: App,
        kind: &'static str,
        observes: Vec<&'static Schema>,
        desk: &'a Desk,
    ) -> Self {
        Self {
            app,
            kind,
            observes,
            desk,
            turns: VecDeque::new(),
            digests: HashMap::new(),
            written: HashMap::new(),
            swept: None,
        }
    }

    /// Writes what comes until `cancel`.
    pub(super) async fn run(mut self, cancel: CancellationToken) {
        loop {
            tokio::select! {
                () = cancel.cancelled() => break,
                () = self.desk.came.notified() => {}
                () = sleep(Duration::from_secs(1)) => {}
            }
            tokio::select! {
                () = cancel.cancelled() => break,
                went = self.go_on() => if let Err(error) = went {
                    self.desk.shared().wrong = Some(error);
                }
            }
        }
    }

    async fn go_on(&mut self) -> Result<(), StoreError> {
        if self.swept.is_none_or(|swept| swept.elapsed() >= SWEPT) {
            let gone = sweep(&self.app, &self.observes, self.kind).await?;
            self.swept = Some(Instant::now());
            self.written.retain(|_, (since, _)| since.elapsed() < HOUR);
            if gone > 0 {
                self.digests.clear();
                self.turns.iter_mut().for_each(|turn| turn.left = None);
            }
        }
        self.take_in();
        while !self.turns.is_empty() {
            if let Err(error) = self.batch().await {
                // What was taken out for a batch that was not written is worked out anew.
                self.turns.iter_mut().for_each(|turn| turn.left = None);
                return Err(error);
            }
            self.take_in();
        }
        Ok(())
    }

    /// Takes in what came; a newer answer takes the place of the one before it.
    fn take_in(&mut self) {
        let came = std::mem::take(&mut self.desk.shared().answers);
        for (answer, held) in came {
            let turn = Turn {
                answer,
                held,
                left: None,
                noted: false,
            };
            let id = turn.answer.course.target;
            match (self.turns.iter_mut()).find(|t| t.answer.course.target == id) {
                Some(place) => *place = turn,
                None => self.turns.push_back(turn),
            }
        }
    }

    /// Writes a part of what waits that holds up nobody: of several targets, an equal part of each.
    /// Who has some left comes again after all others.
    async fn batch(&mut self) -> Result<usize, StoreError> {
        let many = self.turns.len().min(AT_ONCE);
        for at in 0..many {
            self.work_out(at).await?;
        }
        let mut work = self.app.begin_batch().await?;
        let (now, room) = (work.now(), work.room().max(1));
        let share = (room / many.max(1)).max(1);
        let (mut courses, mut parts) = (Vec::new(), Vec::new());
        for turn in self.turns.iter_mut().take(many) {
            if !turn.noted {
                courses.push(turn.answer.course.clone());
            }
            let mut room = share;
            for (schema, left) in turn.left.iter_mut().flat_map(|left| &mut left.by_noun) {
                if room == 0 {
                    break;
                }
                let part = left.take(room);
                room = room.saturating_sub(part.len());
                if !part.is_empty() {
                    observed::write(&mut work, schema, &part, now).await?;
                    work.touch(&schema.noun);
                    parts.push((turn.answer.course.target, part.len()));
                }
            }
        }
        collection::note(&mut work, &courses).await?;
        work.commit().await?;
        for (target, rows) in parts {
            self.written.entry(target).or_insert((Instant::now(), 0)).1 += rows;
        }
        for _ in 0..many {
            let Some(mut turn) = self.turns.pop_front() else {
                break;
            };
            turn.noted = true;
            let left = turn.left.iter().flat_map(|left| &left.by_noun);
            if left.into_iter().any(|(_, left)| !left.is_empty()) {
                self.turns.push_back(turn);
            } else {
                self.digests.extend(turn.left.and_then(|left| left.digest));
            }
        }
        Ok(many)
    }

    /// Works out what an answer differs in from what is written, once.
    async fn work_out(&mut self, at: usize) -> Result<(), StoreError> {
        let Some(turn) = self.turns.get_mut(at).filter(|t| t.left.is_none()) else {
            return Ok(());
        };
        let mut left = Left {
            by_noun: Vec::new(),
            digest: None,
        };
        if let (Some(target), Some(told)) = (&turn.answer.target, &turn.answer.told) {
            // What is asked no more, or is another unit's by now, is not written as this one's.
            let whose = self.desk.shared().asked.get(&target.id).copied();
            let digest = digest(target, told);
            if whose == Some(target.organization) && self.digests.get(&target.id) != Some(&digest) {
                let mut tx = self.app.db.snapshot().await?;
                for schema in &self.observes {
                    let told = records(schema, target, told);
                    let found = observed::difference(&mut tx, schema, target.id, told).await?;
                    left.by_noun.push((schema, found));
                }
                left.digest = Some((target.id, digest));
            }
        }
        let many: usize = left.by_noun.iter().map(|(_, left)| left.len()).sum();
        let id = turn.answer.course.target;
        let (since, written) = self
            .written
            .get(&id)
            .copied()
            .unwrap_or((Instant::now(), 0));
        if since.elapsed() >= HOUR {
            self.written.remove(&id);
        } else if many > 0 && written + many > MOST_CHANGED {
            // Nobody else waits for a device that is another one each time.
            self.desk.shared().loud.insert(id, since + HOUR);
            turn.answer.course.good_at = None;
            turn.answer.course.failures = 1;
            turn.answer.course.fault = Some(Fault::Odd.word().to_owned());
            turn.noted = false;
            left = Left {
                by_noun: Vec::new(),
                digest: None,
            };
        }
        turn.left = Some(left);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
