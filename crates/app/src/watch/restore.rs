//! What was known before a restart.

use std::collections::HashMap;

use domain::{
    id::TargetId,
    reachability::{self, Ended, Moment, Restored, State},
};
use store::{StoreError, alarm::Alarm, outage::Outage, target::TargetRow};

use super::{core::Core, record::Unwritten};
use crate::App;

impl Core {
    /// Takes over states, outages, alarms and the count of time. Time since a target was last
    /// counted is time in which nobody looked.
    pub(super) async fn restore(
        &mut self,
        app: &App,
        rows: &[TargetRow],
        now: Moment,
        turned: &mut Unwritten,
    ) -> Result<(), StoreError> {
        let scope = crate::task::everything();
        let mut outages: HashMap<TargetId, Outage> = HashMap::new();
        for outage in store::outage::open(&app.db).await? {
            if self.names.contains_key(&outage.target) {
                outages.insert(outage.target, outage);
            } else {
                // Taken out of service meanwhile; or it was we, which is found out anew.
                turned.outages.push(ended_unseen(outage, now));
            }
        }
        let mut alarms: HashMap<TargetId, Alarm> = HashMap::new();
        for alarm in store::alarm::list(&app.db, &scope, false, 10_000).await? {
            if alarm.said.is_some() {
                continue;
            }
            if self.names.contains_key(&alarm.target) {
                alarms.insert(alarm.target, alarm);
            } else {
                let ended = Alarm {
                    cleared_at: Some(now.at_ms),
                    lasted_ms: Some((now.at_ms - alarm.raised_at).max(0)),
                    ..alarm
                };
                turned.alarms.push((ended, None));
            }
        }
        self.started_ms = now.at_ms;
        // A clock that was ahead may have been set while the program did not run.
        (self.ahead, self.set_at) = (true, now.mono_ms);
        for row in rows {
            if let Some(at) = row.last_sample_at {
                self.seen.insert(row.id, at);
            }
            if let Some(counted) = row.counted_at {
                self.ledger.gap(row.id, counted, now.at_ms);
                self.stopped.insert(row.id, counted);
                if counted > now.at_ms {
                    // By a clock that was ahead.
                    self.changed.insert(row.id);
                }
                self.counted.insert(row.id, counted);
            }
            let (Some(state), Some(since)) = (State::from_word(&row.state), row.since_at) else {
                continue;
            };
            let alarm = alarms.remove(&row.id);
            let mut outage = outages.remove(&row.id);
            if outage.is_none() && matches!(state, State::Down | State::Unreachable) {
                // From before there were records of outages.
                let began = alarm.as_ref().map_or(since, |a| a.raised_at);
                outage = self.outage(row.id, state, began, now);
                turned.outages.extend(outage.clone());
            }
            let known = Restored {
                state,
                since_ms: since,
                seen_ms: row.counted_at.or(row.last_sample_at).unwrap_or(since),
                loss: outage.as_ref().map(|outage| {
                    let kind = State::from_word(&outage.kind).unwrap_or(State::Down);
                    (kind, outage.began_at)
                }),
                alarm: alarm.as_ref().map(|alarm| reachability::Alarm {
                    cause: row.id,
                    since_ms: alarm.raised_at,
                    behind: alarm.behind.clone(),
                    flapping: alarm.state == "flapping",
                }),
            };
            self.fleet.restore(row.id, &known, now);
            self.outages.extend(outage.map(|outage| (row.id, outage)));
            self.alarms.extend(alarm.map(|alarm| (row.id, alarm)));
        }
        Ok(())
    }
}

/// An outage whose end nobody saw.
fn ended_unseen(outage: Outage, now: Moment) -> Outage {
    let lasted = (now.at_ms - outage.began_at).max(0);
    Outage {
        ended_at: Some(now.at_ms),
        lasted_ms: Some(lasted),
        unseen_ms: Some(lasted),
        ending: Some(Ended::Removed.word().into()),
        ..outage
    }
}
