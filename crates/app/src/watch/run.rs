//! The running watch: the prober's samples into the core.

use std::time::Duration;

use domain::reachability::{Moment, Outcome, Sample};
use observe::probe::{Prober, Settings, Timebase};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use vault::series::{self, probe};

use super::{
    core::{Core, ProbeSoon},
    facts,
};
use crate::{App, task::WATCH};

/// Probes and watches until `cancel`; ends before when probing cannot start or breaks off.
pub(crate) async fn run(app: App, cancel: CancellationToken) {
    let timebase = Timebase::new(app.clock.clone());
    let mut running = match Prober::start(Settings::default(), timebase.clone(), cancel.clone()) {
        Ok(running) => running,
        Err(error) => {
            tracing::error!(%error, "probing cannot start");
            return;
        }
    };
    app.watch.set_prober(running.prober.clone());
    let mut core = Core::new();
    let mut read = reload(&app, &mut core, &running.prober, timebase.now()).await;
    let mut tick = interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut seconds = 0u32;
    loop {
        let soon = tokio::select! {
            () = cancel.cancelled() => break,
            () = app.watch.poked() => {
                read = reload(&app, &mut core, &running.prober, timebase.now()).await;
                Ok(Vec::new())
            }
            _ = tick.tick() => {
                seconds = seconds.wrapping_add(1);
                let ticked = core.tick(&app, timebase.now()).await;
                if seconds.is_multiple_of(10) {
                    let flushed = core.flush(&app, timebase.now()).await;
                    // Who cannot read what to watch does not watch.
                    let went = flushed.map_err(|error| error.to_string()).and(read.clone());
                    let _ = app.tasks.went(WATCH.name, app.clock.now_ms(), went);
                }
                if seconds.is_multiple_of(60) {
                    app.assess.poke(facts());
                }
                ticked
            }
            batch = running.samples.recv() => match batch {
                Some(batch) => {
                    let own: Vec<Sample> = batch.iter().copied().filter(|s| core.watches(s.target)).collect();
                    keep(&app, &own);
                    core.ingest(&app, &batch, timebase.now()).await
                }
                None => break,
            },
        };
        match soon {
            Ok(soon) => {
                for ProbeSoon { target, after_ms } in soon {
                    running
                        .prober
                        .probe_now(target, Duration::from_millis(u64::from(after_ms)));
                }
            }
            Err(error) => tracing::error!(%error, "a change of state could not be written"),
        }
    }
    if let Err(error) = running.task.await {
        tracing::error!(%error, "probing ended");
    }
    if let Err(error) = core.flush(&app, timebase.now()).await {
        tracing::error!(%error, "the last availability could not be written");
    }
}

/// Reads again what is watched; why it cannot be, in words.
async fn reload(app: &App, core: &mut Core, prober: &Prober, now: Moment) -> Result<(), String> {
    if let Err(error) = core.reload(app, now).await {
        tracing::error!(%error, "the targets could not be read; trying again");
        app.watch.poke();
        tokio::time::sleep(Duration::from_secs(1)).await;
        return Err(error.to_string());
    }
    prober.set_targets(core.probed(app));
    core.unwatched.clone().map_or(Ok(()), Err)
}

/// Samples are kept as they are, but for those that were never sent; a full disk is said once a batch and harms nothing else.
pub fn keep(app: &App, batch: &[Sample]) {
    let kept: Vec<series::Sample> = batch
        .iter()
        .filter(|s| s.outcome.was_sent())
        .map(|s| {
            let rtt_us = match s.outcome {
                Outcome::Answered { rtt_us } => Some(rtt_us),
                Outcome::Failed(_) => None,
            };
            probe::sample(s.target.0.bytes(), s.sent.at_ms, rtt_us)
        })
        .collect();
    app.logs.keep_samples(&kept);
}
