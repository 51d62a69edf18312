//! The fleet and its ledger beside the records. Time comes in with every call, so that
//! the demo's ninety days run through the very same code.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    net::IpAddr,
};

use domain::{
    availability::{Day, Ledger},
    id::{Id, TargetId},
    label::Label,
    net,
    reachability::{Effect, Fleet, Moment, Pace, Sample, Settings, State, Target},
};
use jiff::civil::Date;
use observe::probe::{Method, ProbeTarget};
use store::{
    alarm::{Alarm, Said},
    outage::Outage,
    target::{AvailabilityRow, StateRow, TargetRow},
};

use super::{
    Targets,
    notice::{self, About},
    record::Unwritten,
};
use crate::{
    App,
    application::{COUNTED, OUTAGES, TARGETS},
    setting, system_alarm,
};

/// Watches all targets: samples in, states, outages, alarms and availability out to the
/// records.
#[derive(Default)]
pub struct Core {
    pub(super) fleet: Fleet,
    pub(super) ledger: Ledger,
    pub(super) targets: Targets,
    /// Places in `targets`; our own reference points are not among them.
    pub(super) names: HashMap<TargetId, usize>,
    references: Vec<(TargetId, IpAddr)>,
    /// Outages that go on.
    pub(super) outages: HashMap<TargetId, Outage>,
    pub(super) alarms: HashMap<TargetId, Alarm>,
    pub(super) isolation: Option<(Alarm, Outage)>,
    /// How long the last outage of a target lasted, for the alarm about it.
    pub(super) lasted: HashMap<TargetId, i64>,
    pub(super) changed: HashSet<TargetId>,
    /// The wall time of the last sample of each target.
    pub(super) seen: HashMap<TargetId, i64>,
    /// Up to when the stored days of each target are counted.
    pub(super) counted: HashMap<TargetId, i64>,
    /// Taken out of service, not written yet.
    removed: HashSet<TargetId>,
    /// As they were, while their alarms end.
    gone: HashMap<TargetId, TargetRow>,
    unwritten: Unwritten,
    pub(super) unwritten_days: Days,
    /// When the program started, and up to when each target was counted before; both unix
    /// milliseconds.
    pub(super) started_ms: i64,
    pub(super) stopped: HashMap<TargetId, i64>,
    /// Why what there is to watch is not watched.
    pub(super) unwatched: Option<String>,
    /// Whether stored days may lie ahead of now; they are brought back once the clock settled.
    pub(super) ahead: bool,
    /// When the clock was set or the program started, monotonic milliseconds.
    pub(super) set_at: u64,
}

/// So long after it was set, and after a start, a clock may be set again: it may be years behind
/// for a minute, and then nothing lies ahead.
const SETTLED_MS: u64 = 600_000;

/// What came to days that is not stored yet, by target and date.
type Days = BTreeMap<TargetId, BTreeMap<Date, Day>>;

/// What the caller should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeSoon {
    /// Which.
    pub target: TargetId,
    /// Milliseconds from now.
    pub after_ms: u32,
}

/// How a target of that class is probed.
pub(super) fn pace(settings: &setting::Settings, class: &str) -> Pace {
    let key = if matches!(class, "hub" | "critical") {
        "probe.critical_interval_seconds"
    } else {
        "probe.interval_seconds"
    };
    let seconds = u32::try_from(settings.integer(key)).unwrap_or(30).max(2);
    let interval_ms = seconds * 1000;
    // What failed is asked again as often as what answers, up to 5 s: with another rhythm at its
    // end than at its beginning every outage would be told too short.
    let timeout_ms = (interval_ms * 3 / 5).min(3_000);
    Pace {
        interval_ms,
        timeout_ms,
        retry_ms: (interval_ms - timeout_ms).min(2_000),
        max_attempts: u8::try_from(settings.integer("probe.attempts")).unwrap_or(3),
        ..Pace::default()
    }
}

/// Our own reference points: what was set, or the gateways of this machine.
fn references(settings: &setting::Settings, rows: &[TargetRow]) -> Vec<(TargetId, IpAddr)> {
    let text = settings.text("probe.references");
    let mut addresses: Vec<IpAddr> = match text.trim() {
        "auto" => observe::machine::gateways(),
        list => (list.split(','))
            .filter_map(|each| net::parse_address(each).ok())
            .collect(),
    };
    // What is watched as itself is a witness already.
    let watched = |address: &IpAddr| {
        let mut all = rows
            .iter()
            .filter_map(|r| net::parse_address(&r.address).ok());
        all.any(|each| each == *address)
    };
    addresses.retain(|address| !watched(address));
    addresses.sort_unstable();
    addresses.dedup();
    let id = |address: &IpAddr| match address {
        IpAddr::V4(v4) => TargetId(Id::from_bytes(v4.to_ipv6_mapped().octets())),
        IpAddr::V6(v6) => TargetId(Id::from_bytes(v6.octets())),
    };
    addresses.iter().map(|a| (id(a), *a)).collect()
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

    /// Whether a target is watched for its own sake; our reference points are not.
    pub(super) fn watches(&self, target: TargetId) -> bool {
        self.names.contains_key(&target)
    }

    /// What is to be probed: all that is watched, and our own reference points.
    pub(super) fn probed(&self, app: &App) -> Vec<ProbeTarget> {
        let settings = app.settings();
        let watched = self.targets.iter().filter_map(|row| {
            Some(ProbeTarget {
                id: row.id,
                address: net::parse_address(&row.address).ok()?,
                method: row.probe.parse().unwrap_or_default(),
                pace: pace(&settings, &row.class),
            })
        });
        let references = self.references.iter().map(|(id, address)| ProbeTarget {
            id: *id,
            address: *address,
            method: Method::Icmp,
            pace: pace(&settings, "hub"),
        });
        watched.chain(references).collect()
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
        self.references = references(&settings, &rows);
        let watched = rows.iter().map(|r| Target {
            id: r.id,
            parents: (r.parents.iter().copied())
                .filter(|p| present.contains(p))
                .collect(),
            reference: false,
            centre: r.class == "hub",
            pace: pace(&settings, &r.class),
        });
        let own = self.references.iter().map(|(id, _)| Target {
            id: *id,
            parents: Vec::new(),
            reference: true,
            centre: false,
            pace: pace(&settings, "hub"),
        });
        // One that stands twice (somebody wrote into the database) keeps nobody from the others.
        let mut targets: Vec<Target> = watched.chain(own).collect();
        let (mut seen, mut twice) = (HashSet::new(), None);
        targets.retain(|target| {
            let first = seen.insert(target.id);
            if !first {
                twice = Some(target.id);
            }
            first
        });
        self.settle(now);
        self.unwatched = twice.map(|id| format!("target {} is listed twice", id.0));
        let effects = match self.fleet.set_targets(targets, now) {
            Ok(effects) => effects,
            Err(error) => {
                tracing::error!(%error, "the targets cannot be watched");
                self.unwatched = Some(error.to_string());
                Vec::new()
            }
        };
        for old in self.targets.iter().filter(|t| !present.contains(&t.id)) {
            self.ledger.drop(old.id);
            self.counted.remove(&old.id);
            self.removed.insert(old.id);
        }
        self.names = rows.iter().enumerate().map(|(i, r)| (r.id, i)).collect();
        // What ended by being taken out of service is written with the names from before.
        let old = std::mem::replace(&mut self.targets, Targets::new(rows));
        let rows = self.targets.clone();
        let mut turned = std::mem::take(&mut self.unwritten);
        if first && let Err(error) = self.restore(app, &rows, now, &mut turned).await {
            // Read again from the start.
            self.targets = Targets::default();
            return Err(error);
        }
        self.unwritten = turned;
        for row in rows.iter() {
            let state = self.fleet.status(row.id).map_or(State::NoData, |s| s.state);
            self.ledger.open(row.id, state, now);
        }
        for gone in old.iter().filter(|t| !present.contains(&t.id)) {
            self.gone.insert(gone.id, gone.clone());
        }
        self.write(app, effects, now).await?;
        self.gone.clear();
        self.tell_circles(app).await
    }

    /// Says which parents were left out, as long as there are any.
    async fn tell_circles(&self, app: &App) -> Result<(), store::StoreError> {
        const CODE: &str = "circle";
        let circles: Vec<String> = (self.fleet.cuts().iter())
            .map(|cut| {
                let names: Vec<&str> = cut.circle.iter().map(|id| self.name(*id)).collect();
                format!("{} → {}", names.join(" → "), self.name(cut.parent))
            })
            .collect();
        if circles.is_empty() {
            return system_alarm::clear(app, CODE, "").await;
        }
        let (n, names) = (circles.len(), circles.join("; "));
        let said = Said {
            what: Label::new(
                format!("{n} chỗ nối vòng trong danh mục: {names}"),
                format!("{n} circles in the registry: {names}"),
            ),
            next: Label::new(
                "Một đoạn của mỗi vòng không được tính khi tìm nguyên nhân. Kiểm tra đầu A, đầu Z của kênh truyền và ô “Nối qua điểm”.",
                "One step of each circle is left out when causes are looked for. Check the A and Z ends of the circuits and the field “Behind site”.",
            ),
        };
        system_alarm::raise(app, CODE, "", said, app.clock.now_ms()).await
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
            if sample.outcome.was_sent() && self.names.contains_key(&sample.target) {
                self.ledger
                    .sampled(sample.target, sample.outcome, sample.sent);
                self.changed.insert(sample.target);
                self.seen.insert(sample.target, sample.sent.at_ms);
            }
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
        let mut turned = std::mem::take(&mut self.unwritten);
        let soon = self.take(app, effects, &mut turned, now);
        if turned.is_empty() {
            return Ok(soon);
        }
        let written = self.write_down(app, &mut turned, now).await;
        if let Err(error) = written {
            self.unwritten = turned;
            return Err(error);
        }
        Ok(soon)
    }

    async fn write_down(
        &mut self,
        app: &App,
        turned: &mut Unwritten,
        now: Moment,
    ) -> Result<(), store::StoreError> {
        self.plan(app, turned).await?;
        let mut touched: HashSet<TargetId> = turned.transitions.iter().map(|t| t.target).collect();
        touched.extend(&turned.moved);
        let states: Vec<StateRow> = touched.iter().filter_map(|id| self.state(*id)).collect();
        let mut work = app.begin_program().await?;
        work.touch(TARGETS);
        if !turned.outages.is_empty() {
            work.touch(OUTAGES);
        }
        store::target::save_transitions(&mut work, &turned.transitions).await?;
        store::target::save_states(&mut work, &states, now.at_ms).await?;
        store::outage::save(&mut work, &turned.outages).await?;
        for (alarm, say) in &turned.alarms {
            store::alarm::save(&mut work, alarm).await?;
            if let Some(say) = say {
                let about = self.about(alarm);
                notice::enqueue(app, &mut work, alarm, *say, &about, now.at_ms).await?;
            }
        }
        work.commit().await?;
        Ok(())
    }

    /// Counts the time of all targets as far as it is settled.
    fn settle(&mut self, now: Moment) {
        for row in self.targets.iter() {
            if let Some(settled) = self.fleet.settled(row.id, now) {
                self.ledger.advance(row.id, settled);
            }
        }
        let days = self.ledger.take();
        self.keep(days, now);
    }

    /// Writes the states' last samples and the availability so far. What of a target's time
    /// is counted goes with its days, so that no time is counted twice or not at all.
    ///
    /// # Errors
    /// The store's.
    pub async fn flush(&mut self, app: &App, now: Moment) -> Result<(), store::StoreError> {
        self.settle(now);
        self.bring_back(app, now).await?;
        let mut waiting: Vec<TargetId> = self.changed.iter().copied().collect();
        let days = self.unwritten_days.keys();
        waiting.extend(days.filter(|id| !self.changed.contains(id)));
        while !waiting.is_empty() {
            let mut work = app.begin_batch().await?;
            work.touch(COUNTED);
            let batch = self.batch(&mut waiting, work.room());
            let mut states = Vec::new();
            let mut rows = Vec::new();
            for id in &batch {
                let counted = self.ledger.counted(*id).or(self.counted.get(id).copied());
                states.extend(self.state(*id).map(|state| StateRow {
                    counted_at: counted,
                    ..state
                }));
                let days = self.unwritten_days.get(id);
                rows.extend(
                    days.into_iter()
                        .flat_map(BTreeMap::values)
                        .map(AvailabilityRow::from),
                );
            }
            store::target::save_states(&mut work, &states, now.at_ms).await?;
            store::target::add_days(&mut work, &rows).await?;
            work.commit().await?;
            for state in &states {
                self.changed.remove(&state.target);
                if let Some(counted) = state.counted_at {
                    self.counted.insert(state.target, counted);
                }
            }
            for id in &batch {
                self.unwritten_days.remove(id);
                self.changed.remove(id);
            }
        }
        if !self.removed.is_empty() {
            let removed: Vec<TargetId> = self.removed.iter().copied().collect();
            let mut work = app.begin_batch().await?;
            work.touch(COUNTED);
            store::target::uncount(&mut work, &removed).await?;
            work.commit().await?;
            self.removed.clear();
        }
        Ok(())
    }

    /// Brings stored days back that lie ahead of a clock that has settled: that went on evenly for as
    /// long as the one by which they were measured.
    async fn bring_back(&mut self, app: &App, now: Moment) -> Result<(), store::StoreError> {
        let even = now.mono_ms.saturating_sub(self.set_at);
        if !self.ahead || even < SETTLED_MS || !store::target::is_known(&app.db, now.at_ms).await? {
            return Ok(());
        }
        // The clock that went on longer is believed.
        let ahead = store::target::measured_ahead(&app.db, now.at_ms).await?;
        if even < u64::try_from(ahead).unwrap_or_default() {
            return Ok(());
        }
        if store::target::lies_ahead(&app.db, now.at_ms).await? {
            let mut work = app.begin_batch().await?;
            work.touch(TARGETS);
            store::target::bring_back(&mut work, now.at_ms).await?;
            work.commit().await?;
        }
        self.ahead = false;
        Ok(())
    }

    /// Takes as many from `waiting` as have some `room` rows to write; at least one.
    fn batch(&self, waiting: &mut Vec<TargetId>, room: usize) -> Vec<TargetId> {
        let mut rows = 0;
        let mut batch = Vec::new();
        while rows < room.max(1) {
            let Some(id) = waiting.pop() else { break };
            rows += 1 + self.unwritten_days.get(&id).map_or(0, BTreeMap::len);
            batch.push(id);
        }
        batch
    }

    /// A target's state with the count of its time as it is stored.
    fn state(&self, target: TargetId) -> Option<StateRow> {
        self.names.get(&target)?;
        let status = self.fleet.status(target)?;
        Some(StateRow {
            target,
            state: status.state.word().into(),
            since_at: status.since_ms.unwrap_or_default(),
            last_sample_at: self.seen.get(&target).copied(),
            rtt_us: status.rtt_us.map(i64::from),
            counted_at: self.counted.get(&target).copied(),
        })
    }

    fn row(&self, target: TargetId) -> Option<&TargetRow> {
        let at = self.names.get(&target);
        at.map(|at| &self.targets[*at]).or(self.gone.get(&target))
    }

    fn name(&self, target: TargetId) -> &str {
        self.row(target).map_or("Giềng", |row| row.subject.as_str())
    }

    /// What a notice needs to know of an alarm's target and of what hangs behind it.
    fn about(&self, alarm: &Alarm) -> About {
        About {
            subject: self.name(alarm.target).to_owned(),
            links: (self.row(alarm.target))
                .map(|row| row.links.clone())
                .unwrap_or_default(),
            behind: (alarm.behind.iter())
                .filter_map(|id| self.row(*id))
                .map(|row| row.subject.clone())
                .collect(),
        }
    }
}
