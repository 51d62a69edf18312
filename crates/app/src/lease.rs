//! Work of one process at a time: whoever holds the lease does it, another takes over when the
//! holder ends or is not heard of any more.

use std::time::Duration;

use domain::id::Id;
use store::{
    Db,
    lease::{self, Fence, HELD_MS},
};
use tokio::{sync::watch, task::JoinError};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use crate::App;

/// A holder says so often that it goes on.
const RENEWED: Duration = Duration::from_secs(5);
/// Whoever waits looks so often whether the lease is free.
const LOOKED_FOR: Duration = Duration::from_secs(2);

/// What this process is called. On SQLite one process serves a folder at a time, so that a
/// program that starts again need not wait for the one before.
pub(crate) fn holder(db: &Db) -> String {
    match db.engine() {
        "sqlite" => "here".into(),
        _ => Id::new(0).to_string(),
    }
}

/// A lease that this process asks for, and keeps while it has it.
pub(crate) struct Lease {
    app: App,
    name: &'static str,
    /// By what it holds it; none while another process does.
    pub holds: watch::Receiver<Option<Fence>>,
    keep: AbortOnDropHandle<()>,
}

impl Lease {
    /// Asks for it until `cancel`.
    pub(crate) fn keep(app: &App, cancel: &CancellationToken, name: &'static str) -> Self {
        let (held, holds) = watch::channel(None);
        let keep = keep(app.clone(), cancel.clone(), name, held);
        Self {
            app: app.clone(),
            name,
            holds,
            keep: AbortOnDropHandle::new(tokio::spawn(keep)),
        }
    }

    /// Gives it back: another takes over at once.
    pub(crate) async fn end(self) {
        drop(self.keep);
        let fence = self.holds.borrow().clone();
        if let Some(fence) = fence
            && let Err(error) = lease::release(&self.app.db, &fence).await
        {
            tracing::warn!(name = self.name, %error, "a lease could not be given back; it runs out");
        }
    }
}

/// Runs what `begin` makes while this process holds the lease of that name; `Ok` once the work
/// ended.
pub(crate) async fn alone<F, Fut>(
    app: &App,
    cancel: &CancellationToken,
    name: &'static str,
    begin: F,
) -> Result<(), JoinError>
where
    F: Fn() -> Fut + Sync,
    Fut: Future<Output = ()> + Send + 'static,
{
    let mut lease = Lease::keep(app, cancel, name);
    let ended = loop {
        let held = lease.holds.wait_for(Option::is_some).await;
        let Ok(Some(fence)) = held.map(|held| held.clone()) else {
            break Ok(());
        };
        let mut work = tokio::spawn(lease::as_holder(fence.clone(), begin()));
        tokio::select! {
            ended = &mut work => break ended,
            () = lost(&mut lease.holds, &fence) => {
                if cancel.is_cancelled() {
                    break work.await;
                }
                tracing::warn!(name, "another process has taken over");
                work.abort();
                let _ = work.await;
            }
        }
    };
    lease.end().await;
    ended
}

async fn lost(holds: &mut watch::Receiver<Option<Fence>>, fence: &Fence) {
    // An end of whoever keeps it is one as well.
    let _ = holds
        .wait_for(|held| held.as_ref() != Some(fence))
        .await
        .map(drop);
}

/// Takes the lease of that name when it is free, holds it, and tells when it is lost; until
/// `cancel`.
async fn keep(
    app: App,
    cancel: CancellationToken,
    name: &'static str,
    held: watch::Sender<Option<Fence>>,
) {
    let (holder, mut anew) = (app.lease_holder.clone(), true);
    let mut lasts = tokio::time::Instant::now();
    loop {
        let asked = tokio::time::Instant::now();
        let took = lease::take(&app.db, name, &holder, HELD_MS, anew).await;
        match took {
            Ok(Some(fence)) => {
                anew = false;
                lasts = asked + Duration::from_millis(HELD_MS.unsigned_abs());
                held.send_if_modified(|held| {
                    let other = held.as_ref() != Some(&fence);
                    *held = Some(fence);
                    other
                });
            }
            Ok(None) => {
                // Where somebody holds it, it goes on there.
                if matches!(lease::is_held(&app.db, name).await, Ok(true)) {
                    app.tasks.elsewhere(name);
                }
                lose(&held);
            }
            // While the database is away nothing is written; who holds is asked again.
            Err(error) => {
                tracing::warn!(name, %error, "a lease could not be asked for");
                if tokio::time::Instant::now() > lasts {
                    lose(&held);
                }
            }
        }
        let pause = if held.borrow().is_some() {
            RENEWED
        } else {
            LOOKED_FOR
        };
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

fn lose(held: &watch::Sender<Option<Fence>>) {
    held.send_if_modified(|held| held.take().is_some());
}
