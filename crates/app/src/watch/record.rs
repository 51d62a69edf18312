//! What the fleet found out as records: outages, and the alarms that are views of them.

use std::collections::HashSet;

use domain::{
    clock,
    id::{Id, TargetId},
    reachability::{self, Effect, Ended, Moment, Open, State},
};
use store::{StoreError, alarm::Alarm, outage::Outage, target::Transition};

use super::core::{Core, ProbeSoon};
use crate::App;

/// What a notice says of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Say {
    /// It began.
    Raised,
    /// Much more hangs behind it, or it came to come and go.
    Changed,
    /// It came and went and does not come back.
    Stayed,
    /// The target answers again.
    Cleared,
    /// The target was taken out of service.
    Removed,
}

impl Say {
    /// The word in a notice's kind: `alarm.raised`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Say::Raised => "raised",
            Say::Changed | Say::Stayed => "changed",
            Say::Cleared => "cleared",
            Say::Removed => "removed",
        }
    }
}

/// What turned and is not on disk yet; it stays here while the database is away.
#[derive(Default)]
pub(super) struct Unwritten {
    pub transitions: Vec<Transition>,
    /// Each as it is now.
    pub outages: Vec<Outage>,
    pub alarms: Vec<(Alarm, Option<Say>)>,
    /// Whose states began at another time by the clock as it was set.
    pub moved: HashSet<TargetId>,
}

impl Unwritten {
    pub(super) fn is_empty(&self) -> bool {
        self.transitions.is_empty()
            && self.outages.is_empty()
            && self.alarms.is_empty()
            && self.moved.is_empty()
    }

    /// Of one outage the newest is enough.
    pub(super) fn outage(&mut self, outage: &Outage) {
        match self.outages.iter_mut().find(|o| o.id == outage.id) {
            Some(known) => known.clone_from(outage),
            None => self.outages.push(outage.clone()),
        }
    }
}

fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

impl Core {
    /// Takes effects in; what is to be written goes to `turned`, what is to be probed is
    /// returned.
    pub(super) fn take(
        &mut self,
        app: &App,
        effects: Vec<Effect>,
        turned: &mut Unwritten,
        now: Moment,
    ) -> Vec<ProbeSoon> {
        let mut soon = Vec::new();
        let mut hit = HashSet::new();
        for effect in effects {
            match effect {
                Effect::ProbeNow { target, after_ms } => soon.push(ProbeSoon { target, after_ms }),
                Effect::StateChanged {
                    target,
                    from,
                    to,
                    since,
                    ..
                } => {
                    if !self.names.contains_key(&target) {
                        continue;
                    }
                    self.ledger.turned(target, to, since);
                    self.changed.insert(target);
                    turned.transitions.push(Transition {
                        target,
                        at: since.at_ms,
                        from: from.word().into(),
                        to: to.word().into(),
                    });
                }
                Effect::LossBegan(open) => {
                    hit.extend(open.cause);
                    self.lost(&open, turned, now);
                }
                Effect::LossEnded {
                    target,
                    ended,
                    lasted_ms,
                    unseen_ms,
                    why,
                } => {
                    if let Some(outage) = self.outages.remove(&target) {
                        let over = Outage {
                            ended_at: Some(ended.at_ms),
                            lasted_ms: Some(signed(lasted_ms)),
                            unseen_ms: Some(signed(unseen_ms)),
                            ending: Some(why.word().into()),
                            ..outage
                        };
                        turned.outage(&over);
                        self.lasted.insert(target, signed(lasted_ms));
                    }
                }
                Effect::AlarmRaised(told) => {
                    let outage = self.hit(&told, turned);
                    let alarm = Alarm {
                        outage,
                        ..self.alarm(told.cause, word(&told), told.since_ms, told.behind, now)
                    };
                    self.alarms.insert(alarm.target, alarm.clone());
                    turned.alarms.push((alarm, Some(Say::Raised)));
                }
                Effect::AlarmChanged {
                    alarm: told,
                    matters,
                } => {
                    self.hit(&told, turned);
                    if let Some(known) = self.alarms.get_mut(&told.cause) {
                        let stayed = known.state == "flapping" && !told.flapping;
                        known.state = word(&told).into();
                        known.behind = told.behind;
                        let say = if stayed { Say::Stayed } else { Say::Changed };
                        let say = matters.then_some(say);
                        turned.alarms.push((known.clone(), say));
                    }
                }
                Effect::AlarmCleared {
                    cause, at_ms, why, ..
                } => {
                    if let Some(known) = self.alarms.remove(&cause) {
                        let say = match why {
                            reachability::Cleared::Recovered => Say::Cleared,
                            reachability::Cleared::Removed => Say::Removed,
                        };
                        let over = self.over(known, at_ms);
                        turned.alarms.push((over, Some(say)));
                    }
                }
                Effect::IsolationBegan { since, .. } => {
                    app.watch.set_isolated(Some(since.at_ms));
                    let behind: Vec<TargetId> = self.targets.iter().map(|t| t.id).collect();
                    let outage = Outage {
                        affected: behind.clone(),
                        ..self.cut_off(since, now)
                    };
                    let alarm = Alarm {
                        outage: Some(outage.id),
                        ..self.alarm(outage.target, "isolated", since.at_ms, behind, now)
                    };
                    turned.outage(&outage);
                    turned.alarms.push((alarm.clone(), Some(Say::Raised)));
                    self.isolation = Some((alarm, outage));
                }
                Effect::IsolationEnded { since, ended, .. } => {
                    app.watch.set_isolated(None);
                    if let Some((alarm, outage)) = self.isolation.take() {
                        let lasted = signed(ended.mono_ms.saturating_sub(since.mono_ms));
                        turned.outage(&Outage {
                            ended_at: Some(ended.at_ms),
                            lasted_ms: Some(lasted),
                            unseen_ms: Some(lasted),
                            ending: Some(Ended::Answered.word().into()),
                            ..outage
                        });
                        let over = Alarm {
                            cleared_at: Some(ended.at_ms),
                            lasted_ms: Some(lasted),
                            ..alarm
                        };
                        turned.alarms.push((over, Some(Say::Cleared)));
                    }
                }
                Effect::ClockStepped { by_ms, before } => {
                    tracing::warn!(
                        by_ms,
                        "the machine's clock was set; time is measured by the monotonic clock"
                    );
                    self.clock_set(app, (by_ms, before), turned, now);
                }
            }
        }
        for cause in hit {
            if let Some(outage) = self.outages.get(&cause) {
                turned.outage(outage);
            }
        }
        soon
    }

    fn lost(&mut self, open: &Open, turned: &mut Unwritten, now: Moment) {
        let Some(outage) = self.outage(open.target, open.kind, open.since.at_ms, now) else {
            return;
        };
        let cause = open.cause.and_then(|cause| self.outages.get_mut(&cause));
        let outage = Outage {
            cause: cause.map(|cause| {
                // Also of a loss that ends before it is an alarm.
                if !cause.affected.contains(&open.target) {
                    cause.affected.push(open.target);
                }
                cause.id
            }),
            ..outage
        };
        turned.outage(&outage);
        self.outages.insert(open.target, outage);
    }

    /// The record of a loss as it begins.
    pub(super) fn outage(
        &self,
        target: TargetId,
        kind: State,
        began_at: i64,
        now: Moment,
    ) -> Option<Outage> {
        let row = &self.targets[*self.names.get(&target)?];
        // Of several lines none is the one.
        let link = match &row.links[..] {
            [link] => Some(link),
            _ => None,
        };
        Some(Outage {
            id: Id::new(now.at_ms),
            target,
            noun: row.noun.clone(),
            subject: row.subject.clone(),
            organization: Some(row.organization),
            provider: link.and_then(|link| link.provider),
            contract: link.and_then(|link| link.contract.clone()),
            kind: kind.word().into(),
            cause: None,
            began_at,
            ended_at: None,
            lasted_ms: None,
            unseen_ms: None,
            ending: None,
            attribution: self.attribution(target, kind).into(),
            affected: Vec::new(),
            planned_by: None,
            planned_until: None,
            noted_at: now.at_ms,
        })
    }

    /// On whose side the fault lies, as far as the probes show it.
    fn attribution(&self, target: TargetId, kind: State) -> &'static str {
        let Some(row) = self.names.get(&target).map(|at| &self.targets[*at]) else {
            return "unknown";
        };
        if kind == State::Unreachable {
            return "upstream";
        }
        let line_works = |id: &TargetId| {
            let of = self.names.get(id).map(|at| &self.targets[*at]);
            let up = self.fleet.status(*id).is_some_and(|s| s.state == State::Up);
            up && of.is_some_and(|row| row.noun == "circuit")
        };
        match row.noun.as_str() {
            "circuit" => "provider",
            "device" => "unit",
            _ if row.class == "hub" => "centre",
            // Every line to it is probed and works: the fault lies behind the line.
            _ if !row.links.is_empty()
                && row.parents.len() == row.links.len()
                && row.parents.iter().all(line_works) =>
            {
                "unit"
            }
            _ => "unknown",
        }
    }

    fn cut_off(&self, since: Moment, now: Moment) -> Outage {
        Outage {
            id: Id::new(now.at_ms),
            target: TargetId(Id::NIL),
            noun: "centre".into(),
            subject: String::new(),
            organization: None,
            provider: None,
            contract: None,
            kind: State::Isolated.word().into(),
            cause: None,
            began_at: since.at_ms,
            ended_at: None,
            lasted_ms: None,
            unseen_ms: None,
            ending: None,
            attribution: "centre".into(),
            affected: Vec::new(),
            planned_by: None,
            planned_until: None,
            noted_at: now.at_ms,
        }
    }

    /// Writes into the cause's outage who was hit; returns its id.
    fn hit(&mut self, told: &reachability::Alarm, turned: &mut Unwritten) -> Option<Id> {
        let outage = self.outages.get_mut(&told.cause)?;
        for target in &told.behind {
            if !outage.affected.contains(target) {
                outage.affected.push(*target);
            }
        }
        let outage = &self.outages[&told.cause];
        turned.outage(outage);
        Some(outage.id)
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
            outage: None,
            state: state.into(),
            subject: None,
            said: None,
            raised_at: since,
            cleared_at: None,
            lasted_ms: None,
            behind,
            acknowledged_at: None,
            acknowledged_by: None,
        }
    }

    /// An alarm that ended at `at_ms`. One that came and went lasted from its first loss to
    /// its last recovery, which is longer than any of its outages.
    fn over(&mut self, alarm: Alarm, at_ms: i64) -> Alarm {
        let lasted = self.lasted.remove(&alarm.target);
        let whole = (at_ms - alarm.raised_at).max(0);
        let flapping = alarm.state == "flapping";
        Alarm {
            cleared_at: Some(at_ms),
            lasted_ms: Some(lasted.filter(|_| !flapping).unwrap_or(whole)),
            ..alarm
        }
    }

    /// Looks up what announced the outages that are not written yet.
    pub(super) async fn plan(
        &mut self,
        app: &App,
        turned: &mut Unwritten,
    ) -> Result<(), StoreError> {
        for outage in &mut turned.outages {
            let fresh = outage.ended_at.is_none() && outage.planned_by.is_none();
            if !fresh || outage.kind != "down" {
                continue;
            }
            let day = clock::local_date(clock::from_ms(outage.began_at)).to_string();
            for unit in [outage.organization, outage.provider].into_iter().flatten() {
                let known = store::outage::planned(&app.db, unit, &day, outage.began_at).await?;
                if let Some(planned) = known {
                    outage.planned_by = Some(planned.entry);
                    outage.planned_until = planned.until_at.or_else(|| end_of(&planned.last_day));
                    break;
                }
            }
            if let Some(known) = self.outages.get_mut(&outage.target) {
                known.planned_by = outage.planned_by;
                known.planned_until = outage.planned_until;
            }
        }
        Ok(())
    }
}

/// The first moment after a day, unix milliseconds.
fn end_of(day: &str) -> Option<i64> {
    let next = day.parse::<jiff::civil::Date>().ok()?.tomorrow().ok()?;
    Some(clock::start_of_day_ms(next))
}

fn word(told: &reachability::Alarm) -> &'static str {
    if told.flapping { "flapping" } else { "down" }
}
