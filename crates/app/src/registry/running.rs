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
/// So many imports of one account are kept at most.
const MOST: usize = 3;

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
        let own = runs
            .iter()
            .filter(|((a, f), r)| *a == account && *f != file && r.outcome().is_some());
        let mut own: Vec<(i64, Id)> = own.map(|((_, f), r)| (r.begun, *f)).collect();
        own.sort_unstable();
        let surplus = own.len().saturating_sub(MOST - 1);
        for (_, old) in own.into_iter().take(surplus) {
            runs.remove(&(account, old));
        }
        runs.insert((account, file), Arc::clone(&run));
    }
    let (app, ctx, own) = (app.clone(), ctx.clone(), Arc::clone(&run));
    tokio::spawn(async move {
        let done = import_as(&app, &ctx, &own.noun, &bytes, &own.options, &own.progress).await;
        own.outcome.send_replace(Some(Arc::new(done)));
    });
    run
}

/// The latest import of a file that an account has sent; none when the program has been
/// started again since, or it was long ago.
pub fn find(app: &App, account: AccountId, file: Id) -> Option<Arc<Run>> {
    let runs = app.imports.0.lock().unwrap_or_else(PoisonError::into_inner);
    runs.get(&(account, file)).cloned()
}
