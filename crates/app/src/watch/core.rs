//! The fleet and its ledger beside the records. Time comes in with every call, so that
//! the demo's ninety days run through the very same code.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::{
    availability::{Day, Ledger, Tally},
    clock,
    id::{Id, TargetId},
    reachability::{Effect, Fleet, FleetError, Moment, Pace, Sample, Settings, State, Target},
};
use store::{
    alarm::Alarm,
    target::{AvailabilityRow, StateRow, TargetRow, Transition},
};

use super::Targets;
use crate::{
    App,
    application::{ALARMS, TARGETS},
    live::Topic,
    notify, setting,
};

/// Watches all targets: samples in, states, alarms and availability out to the records.
#[derive(Default)]
pub struct Core {
    fleet: Fleet,
    ledger: Ledger,
    targets: Targets,
    names: HashMap<TargetId, usize>,
    alarms: HashMap<TargetId, Alarm>,
    isolation: Option<Alarm>,
    changed: HashSet<TargetId>,
    /// The wall time of the last sample of each target.
    seen: HashMap<TargetId, i64>,
    /// What turned and is not on disk yet; it stays here while the database is away.
    unwritten: Unwritten,
    unwritten_days: Days,
}

#[derive(Default)]
struct Unwritten {
    transitions: Vec<Transition>,
    alarms: Vec<(Alarm, &'static str)>,
}

/// Days by target and date, each with its newest sums.
type Days = BTreeMap<(String, String), AvailabilityRow>;

/// What the caller should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeSoon {
    /// Which.
    pub target: TargetId,
    /// Milliseconds from now.
    pub after_ms: u32,
}

fn pace(settings: &setting::Settings, class: &str) -> Pace {
    let key = if matches!(class, "hub" | "critical") {
        "probe.critical_interval_seconds"
    } else {
        "probe.interval_seconds"
    };
    let seconds = u32::try_from(settings.integer(key)).unwrap_or(30).max(2);
    let interval_ms = seconds * 1000;
    Pace {
        interval_ms,
        timeout_ms: interval_ms.min(3_000),
        retry_ms: interval_ms.min(2_000),
        max_attempts: u8::try_from(settings.integer("probe.attempts")).unwrap_or(3),
        ..Pace::default()
    }
}

impl Core {
    /// Nothing watched yet.
    pub fn new() -> Self {
        Self {
            fleet: Fleet::new(Settings::default()),
            ..Self::default()
        }
    }

    /// What is watched.
    pub fn targets(&self) -> &[TargetRow] {
        &self.targets
    }

    /// How a target is paced.
    pub fn pace_of(app: &App, row: &TargetRow) -> Pace {
        pace(&app.settings(), &row.class)
    }

    /// Reads the targets from the registry; on the first call also what was known of them.
    ///
    /// # Errors
    /// The store's.
    pub async fn reload(&mut self, app: &App, now: Moment) -> Result<(), store::StoreError> {
        let scope = crate::task::everything();
        let rows = store::target::list(&app.db, &scope).await?;
        let first = self.targets.is_empty();
        let settings = app.settings();
        let present: HashSet<TargetId> = rows.iter().map(|r| r.id).collect();
        let targets: Vec<Target> = rows
            .iter()
            .map(|r| Target {
                id: r.id,
                // A parent without an address of its own is not watched.
                parent: r.parent.filter(|p| present.contains(p) && *p != r.id),
                reference: false,
                pace: pace(&settings, &r.class),
            })
            .collect();
        let effects = match self.fleet.set_targets(targets.clone(), now) {
            Ok(effects) => effects,
            Err(error @ (FleetError::Cycle { .. } | FleetError::UnknownParent { .. })) => {
                tracing::warn!(%error, "parents are left out until the registry is mended");
                let flat = targets
                    .into_iter()
                    .map(|t| Target { parent: None, ..t })
                    .collect();
                self.fleet.set_targets(flat, now).unwrap_or_default()
            }
            Err(error) => {
                tracing::error!(%error, "the targets cannot be watched");
                Vec::new()
            }
        };
        for old in self.targets.iter().filter(|t| !present.contains(&t.id)) {
            self.ledger.close(old.id, now.at_ms);
        }
        self.names = rows.iter().enumerate().map(|(i, r)| (r.id, i)).collect();
        if first {
            self.restore(app, &rows, now).await?;
        }
        for row in &rows {
            let state = self.fleet.status(row.id).map_or(State::NoData, |s| s.state);
            // A day taken over from before a restart stands at "nobody looked" until here.
            self.ledger.state_changed(row.id, state, now.at_ms);
        }
        self.targets = Targets::new(rows);
        self.write(app, effects, now).await?;
        Ok(())
    }

    async fn restore(
        &mut self,
        app: &App,
        rows: &[TargetRow],
        now: Moment,
    ) -> Result<(), store::StoreError> {
        let scope = crate::task::everything();
        for alarm in store::alarm::list(&app.db, &scope, false, 10_000).await? {
            if alarm.state == "isolated" {
                // Whether we are still cut off is found out anew.
                let mut tx = app.db.begin().await?;
                tx.touch(ALARMS);
                let ended = Alarm {
                    cleared_at: Some(now.at_ms),
                    ..alarm
                };
                store::alarm::save(&mut tx, &ended).await?;
                tx.commit().await?;
            } else if alarm.said.is_none() {
                self.alarms.insert(alarm.target, alarm);
            }
        }
        for row in rows {
            if let Some(at) = row.last_sample_at {
                self.seen.insert(row.id, at);
            }
            let (Some(state), Some(since)) = (State::from_word(&row.state), row.since_at) else {
                continue;
            };
            let alarm = self.alarms.get(&row.id).map(|a| a.raised_at);
            self.fleet.restore(row.id, state, since, alarm, now);
        }
        let today = clock::local_date(clock::from_ms(now.at_ms)).to_string();
        for day in store::target::days(&app.db, None, &today, &today).await? {
            let Ok(target) = day.target.parse() else {
                continue;
            };
            let Ok(date) = day.period.parse() else {
                continue;
            };
            self.ledger.restore(Day {
                target,
                date,
                until_ms: day.until_ms,
                tally: Tally {
                    up_ms: day.up_ms,
                    down_ms: day.down_ms,
                    unreachable_ms: day.unreachable_ms,
                    isolated_ms: day.isolated_ms,
                    no_data_ms: day.no_data_ms,
                    sent: day.samples,
                    lost: day.lost,
                    rtt_sum_us: day.rtt_sum_us,
                    rtt_min_us: day.rtt_min_us.and_then(|v| u32::try_from(v).ok()),
                    rtt_max_us: day.rtt_max_us.and_then(|v| u32::try_from(v).ok()),
                },
            });
        }
        Ok(())
    }

    /// Takes samples in; what turned is on disk when this returns.
    ///
    /// # Errors
    /// The store's.
    pub async fn ingest(
        &mut self,
        app: &App,
        samples: &[Sample],
        now: Moment,
    ) -> Result<Vec<ProbeSoon>, store::StoreError> {
        let mut effects = Vec::new();
        for sample in samples {
            self.ledger
                .sampled(sample.target, sample.outcome, sample.sent.at_ms);
            self.changed.insert(sample.target);
            self.seen.insert(sample.target, sample.sent.at_ms);
            effects.extend(self.fleet.apply(sample, now));
        }
        self.write(app, effects, now).await
    }

    /// Lets time pass; about once a second.
    ///
    /// # Errors
    /// The store's.
    pub async fn tick(
        &mut self,
        app: &App,
        now: Moment,
    ) -> Result<Vec<ProbeSoon>, store::StoreError> {
        let effects = self.fleet.tick(now);
        self.write(app, effects, now).await
    }

    async fn write(
        &mut self,
        app: &App,
        effects: Vec<Effect>,
        now: Moment,
    ) -> Result<Vec<ProbeSoon>, store::StoreError> {
        let mut soon = Vec::new();
        let mut turned = std::mem::take(&mut self.unwritten);
        let (transitions, alarms) = (&mut turned.transitions, &mut turned.alarms);
        for effect in effects {
            match effect {
                Effect::ProbeNow { target, after_ms } => soon.push(ProbeSoon { target, after_ms }),
                Effect::StateChanged {
                    target,
                    from,
                    to,
                    at_ms,
                    ..
                } => {
                    self.ledger.state_changed(target, to, at_ms);
                    self.changed.insert(target);
                    transitions.push(Transition {
                        target,
                        at: at_ms,
                        from: from.word().into(),
                        to: to.word().into(),
                    });
                }
                Effect::AlarmRaised(a) => {
                    let alarm = self.alarm(a.cause, "down", a.since_ms, a.behind, now);
                    self.alarms.insert(a.cause, alarm.clone());
                    alarms.push((alarm, "raised"));
                }
                Effect::AlarmChanged(a) => {
                    if let Some(known) = self.alarms.get_mut(&a.cause) {
                        known.behind = a.behind;
                        alarms.push((known.clone(), "changed"));
                    }
                }
                Effect::AlarmCleared { cause, at_ms, .. } => {
                    if let Some(known) = self.alarms.remove(&cause) {
                        alarms.push((
                            Alarm {
                                cleared_at: Some(at_ms),
                                ..known
                            },
                            "cleared",
                        ));
                    }
                }
                Effect::IsolationBegan { at_ms, .. } => {
                    app.watch.set_isolated(Some(at_ms));
                    let behind = self.targets.iter().map(|t| t.id).collect();
                    let alarm = self.alarm(TargetId(Id::NIL), "isolated", at_ms, behind, now);
                    self.isolation = Some(alarm.clone());
                    alarms.push((alarm, "raised"));
                }
                Effect::IsolationEnded { at_ms, .. } => {
                    app.watch.set_isolated(None);
                    if let Some(known) = self.isolation.take() {
                        alarms.push((
                            Alarm {
                                cleared_at: Some(at_ms),
                                ..known
                            },
                            "cleared",
                        ));
                    }
                }
                Effect::ClockStepped { by_ms } => {
                    tracing::warn!(
                        by_ms,
                        "the machine's clock was set; order is kept by the monotonic clock"
                    );
                }
            }
        }
        if transitions.is_empty() && alarms.is_empty() {
            return Ok(soon);
        }
        let written = self.write_down(app, &turned, now).await;
        if let Err(error) = written {
            self.unwritten = turned;
            return Err(error);
        }
        app.assess
            .poke(["fact_target".to_owned(), "fact_availability".to_owned()].into());
        app.live.tell(Topic::Network);
        if !turned.alarms.is_empty() {
            app.live.tell(Topic::Alarms);
        }
        Ok(soon)
    }

    async fn write_down(
        &mut self,
        app: &App,
        turned: &Unwritten,
        now: Moment,
    ) -> Result<(), store::StoreError> {
        let states = self.states();
        let days = self.days(now.at_ms);
        let mut tx = app.db.begin().await?;
        tx.touch(TARGETS);
        if !turned.alarms.is_empty() {
            tx.touch(ALARMS);
        }
        store::target::save_transitions(&mut tx, &turned.transitions).await?;
        store::target::save_states(&mut tx, &states, now.at_ms).await?;
        store::target::save_days(&mut tx, &days).await?;
        for (alarm, what) in &turned.alarms {
            store::alarm::save(&mut tx, alarm).await?;
            if *what != "changed" {
                notify::enqueue(
                    app,
                    &mut tx,
                    alarm,
                    what,
                    self.name(alarm.target),
                    now.at_ms,
                )
                .await?;
            }
        }
        tx.commit().await?;
        app.watch.wrote();
        self.written(&states);
        Ok(())
    }

    /// Writes the states' last samples and the availability so far.
    ///
    /// # Errors
    /// The store's.
    pub async fn flush(&mut self, app: &App, now: Moment) -> Result<(), store::StoreError> {
        let states = self.states();
        let days = self.days(now.at_ms);
        let (mut state, mut day) = (&states[..], &days[..]);
        while !state.is_empty() || !day.is_empty() {
            let mut tx = app.db.begin_later().await?;
            tx.touch(TARGETS);
            let room = tx.room();
            let (batch, rest) = state.split_at(room.min(state.len()));
            store::target::save_states(&mut tx, batch, now.at_ms).await?;
            let (more, later) = day.split_at((room - batch.len()).min(day.len()));
            store::target::save_days(&mut tx, more).await?;
            tx.commit().await?;
            (state, day) = (rest, later);
        }
        app.watch.wrote();
        self.written(&states);
        Ok(())
    }

    fn written(&mut self, states: &[StateRow]) {
        self.unwritten_days.clear();
        for state in states {
            self.changed.remove(&state.target);
        }
    }

    fn states(&self) -> Vec<StateRow> {
        self.changed
            .iter()
            .filter_map(|target| {
                let target = *target;
                let status = self.fleet.status(target)?;
                Some(StateRow {
                    target,
                    state: status.state.word().into(),
                    since_at: status.since_ms.unwrap_or_default(),
                    last_sample_at: self.seen.get(&target).copied(),
                    rtt_us: status.rtt_us.map(i64::from),
                })
            })
            .collect()
    }

    fn days(&mut self, now_ms: i64) -> Vec<AvailabilityRow> {
        self.ledger.advance(now_ms);
        for d in self.ledger.take_changed() {
            let row = AvailabilityRow {
                target: d.target.to_string(),
                period: d.date.to_string(),
                up_ms: d.tally.up_ms,
                down_ms: d.tally.down_ms,
                unreachable_ms: d.tally.unreachable_ms,
                isolated_ms: d.tally.isolated_ms,
                no_data_ms: d.tally.no_data_ms,
                samples: d.tally.sent,
                lost: d.tally.lost,
                rtt_min_us: d.tally.rtt_min_us.map(i64::from),
                rtt_sum_us: d.tally.rtt_sum_us,
                rtt_max_us: d.tally.rtt_max_us.map(i64::from),
                until_ms: d.until_ms,
            };
            let place = (row.target.clone(), row.period.clone());
            self.unwritten_days.insert(place, row);
        }
        self.unwritten_days.values().cloned().collect()
    }

    fn alarm(
        &self,
        target: TargetId,
        state: &str,
        since: i64,
        behind: Vec<TargetId>,
        now: Moment,
    ) -> Alarm {
        Alarm {
            id: Id::new(now.at_ms),
            target,
            organization: self
                .names
                .get(&target)
                .map(|i| self.targets[*i].organization),
            state: state.into(),
            subject: None,
            said: None,
            raised_at: since,
            cleared_at: None,
            behind,
            acknowledged_at: None,
            acknowledged_by: None,
        }
    }

    fn name(&self, target: TargetId) -> &str {
        self.names
            .get(&target)
            .map_or("Giềng", |i| self.targets[*i].subject.as_str())
    }
}
