//! Imports that run while nobody waits for the answer: seen, stopped, asked for later.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{
    id::{AccountId, Id},
    problem::Problem,
};
use tokio::sync::watch;

use super::{
    import::{ImportMode, ImportOptions, Progress, import_as},
    report::ImportReport,
};
use crate::{App, Ctx};

/// How long what an import came to is kept, milliseconds.
const KEEP: i64 = 3_600_000;
/// So many imports of one account that have ended are kept at most.
const MOST: usize = 3;
/// So many of all accounts: each may take as much memory as a report and a file of bad rows.
const MOST_OF_ALL: usize = 20;

/// What an import came to; none while it runs.
type Outcome = Option<Arc<Result<ImportReport, Problem>>>;

/// An import of one file: its trial, or its writing.
#[derive(Debug)]
pub struct Run {
    /// Of which noun.
    pub noun: String,
    /// How the file is read.
    pub options: ImportOptions,
    /// How far it has come.
    pub progress: Progress,
    begun: i64,
    outcome: watch::Sender<Outcome>,
}

/// All imports of this process, by account and file.
#[derive(Debug, Default)]
pub(crate) struct Runs(Mutex<HashMap<(AccountId, Id), Arc<Run>>>);

impl Run {
    /// What it came to; none while it runs.
    pub fn outcome(&self) -> Outcome {
        self.outcome.borrow().clone()
    }

    /// Whether it writes.
    pub fn writes(&self) -> bool {
        self.options.mode != ImportMode::DryRun
    }

    /// Waits for its end, but not longer than that.
    pub async fn wait(&self, most: Duration) -> Outcome {
        let mut seen = self.outcome.subscribe();
        let ended = tokio::time::timeout(most, seen.wait_for(Option::is_some)).await;
        ended.ok()?.ok()?.clone()
    }
}

/// Begins an import of the file that an account has sent, under `file`. It goes on when nobody
/// waits for it any more.
pub fn start(
    app: &App,
    ctx: &Ctx,
    (account, file): (AccountId, Id),
    noun: &str,
    bytes: Vec<u8>,
    options: ImportOptions,
) -> Arc<Run> {
    let now = app.clock.now_ms();
    let run = Arc::new(Run {
        noun: noun.to_owned(),
        options,
        progress: Progress::default(),
        begun: now,
        outcome: watch::Sender::new(None),
    });
    {
        let mut runs = app.imports.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.retain(|_, r| now - r.begun < KEEP || r.outcome().is_none());
        let ended = runs
            .iter()
            .filter(|((a, f), r)| (*a, *f) != (account, file) && r.outcome().is_some());
        let ended = ended.map(|(key, run)| (run.begun, *key));
        for old in surplus(ended.collect(), account) {
            runs.remove(&old);
        }
        runs.insert((account, file), Arc::clone(&run));
    }
    let (app, ctx, own) = (app.clone(), ctx.clone(), Arc::clone(&run));
    let importing = Arc::clone(&run);
    let done = tokio::spawn(async move {
        let Run {
            noun,
            options,
            progress,
            ..
        } = &*importing;
        import_as(&app, &ctx, noun, &bytes, options, progress).await
    });
    tokio::spawn(async move {
        // Whoever waits for it is told also when it broke off.
        let done = done.await.unwrap_or_else(|error| {
            tracing::error!(%error, "an import broke off");
            Err(Problem::internal(&own.noun))
        });
        own.outcome.send_replace(Some(Arc::new(done)));
    });
    run
}

/// Those that make room for one more of `account`: the oldest of its own, and of all.
fn surplus(mut ended: Vec<(i64, (AccountId, Id))>, account: AccountId) -> Vec<(AccountId, Id)> {
    // The newest first.
    ended.sort_unstable_by(|a, b| b.cmp(a));
    let (mut own, mut all) = (1, 1);
    let mut old = Vec::new();
    for (_, key) in ended {
        own += usize::from(key.0 == account);
        if (key.0 == account && own > MOST) || all == MOST_OF_ALL {
            old.push(key);
        } else {
            all += 1;
        }
    }
    old
}

/// The latest import of a file that an account has sent; none when the program has been
/// started again since, or it was long ago.
pub fn find(app: &App, account: AccountId, file: Id) -> Option<Arc<Run>> {
    let runs = app.imports.0.lock().unwrap_or_else(PoisonError::into_inner);
    runs.get(&(account, file)).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_kept_of_one_and_of_all() {
        let id = Id::new;
        let one = AccountId(id(1));
        let accounts: Vec<AccountId> = (0..50).map(|n| AccountId(id(n))).collect();
        let ended: Vec<_> = (0..50_i64)
            .zip(&accounts)
            .map(|(n, account)| (n, (*account, id(n))))
            .collect();
        // Of all: the newest nineteen and the one that comes.
        let old = surplus(ended.clone(), one);
        assert_eq!(old.len(), 50 - (MOST_OF_ALL - 1));
        assert!(old.contains(&ended[0].1) && !old.contains(&ended[49].1));
        // Of one: the newest two and the one that comes.
        let own: Vec<_> = (0..5).map(|n| (n, (one, id(n)))).collect();
        let old = surplus(own.clone(), one);
        assert_eq!(old, [own[2].1, own[1].1, own[0].1]);
    }
}
