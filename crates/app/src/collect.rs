//! Collectors at work: whom each asks, when, and what becomes of the answers.

mod access;
mod course;
mod view;
mod write;

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{id::Id, net, noun, schema::Schema};
use observe::collect::{Collector, Fault, Pace, Sink, Target, Told};
use sha2::{Digest as _, Sha256};
use store::{
    StoreError,
    collection::{self, Course},
    observed,
};
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

pub(crate) use access::follow;
pub use access::{Access, INTERFACES, SNMP, SNMP_PORT, access, set};
pub use view::{Before, Traffic, interfaces, past, traffic};

use crate::{App, supervise::Keep};
use course::Plan;
use write::{Answer, Desk, Writer};

/// A collector as `task.rs` declares it.
#[derive(Clone, Copy)]
pub(crate) struct Collect {
    /// The task that keeps it running; its name is the collector's, by which a noun that it
    /// observes names it.
    pub keep: Keep,
    /// Who is asked: the devices in service with a secret of this kind.
    pub kind: &'static str,
    /// How often, how many at once, how long.
    pub pace: fn(&App) -> Pace,
}

/// Answers that may wait to be written down; more wait where they are asked.
const ROOM: usize = 256;
/// Whom to ask is read again so often.
const REREAD: Duration = Duration::from_secs(10);
/// How things were is kept for as long as the samples.
const KEPT_MS: i64 = 400 * 86_400_000;

/// What a call ended with: whom it had asked, and when.
type Ended = Vec<(Id, i64)>;

/// Asks and writes down until `cancel`: side by side, so that nobody is asked later because another's
/// answer takes long to write. They end together.
pub(crate) async fn run(
    app: App,
    collect: Collect,
    collector: Arc<impl Collector>,
    cancel: CancellationToken,
) {
    let name = collect.keep.name;
    let observes = noun::all().iter();
    let observes: Vec<&Schema> = observes
        .filter(|schema| schema.observed.as_ref().is_some_and(|o| o.by == name))
        .collect();
    let desk = Desk::new();
    let writer = Writer::new(app.clone(), collect.kind, observes, &desk);
    let asker = Asker {
        app,
        name,
        plan: Plan::default(),
        desk: &desk,
    };
    tokio::join!(
        asker.run(collect, collector, cancel.clone()),
        writer.run(cancel)
    );
}

/// Asks whoever is due and hands the answers over.
struct Asker<'a> {
    app: App,
    name: &'static str,
    plan: Plan,
    desk: &'a Desk,
}

impl Asker<'_> {
    async fn run(
        mut self,
        collect: Collect,
        collector: Arc<impl Collector>,
        cancel: CancellationToken,
    ) {
        let (sink, mut answers) = Sink::new(ROOM);
        let mut calls: JoinSet<Ended> = JoinSet::new();
        let mut read: Option<Instant> = None;
        let mut tick = interval(Duration::from_secs(1));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = cancel.cancelled() => break,
                _ = tick.tick() => {}
            }
            let now = Instant::now();
            let pace = (collect.pace)(&self.app);
            let mut went = Ok(());
            if read.is_none_or(|read| now - read >= REREAD) {
                match collection::asked(&self.app.db, collect.kind).await {
                    Ok(asked) => {
                        self.replace(targets(&self.app, asked), pace.interval, now);
                        read = Some(now);
                    }
                    Err(error) => went = Err(error),
                }
            }
            let room = pace.at_once.saturating_sub(calls.len()) * pace.batch.max(1);
            let due = self.plan.due(now, room, self.app.clock.now_ms());
            for batch in due.chunks(pace.batch.max(1)) {
                let (batch, collector, sink) = (batch.to_vec(), collector.clone(), sink.clone());
                calls.spawn(async move {
                    let asked = batch.iter().map(|t| (t.id, t.asked_at)).collect();
                    let call = collector.collect(&batch, &sink);
                    let _ = tokio::time::timeout(pace.timeout, call).await;
                    asked
                });
            }
            while let Ok((target, told)) = answers.try_recv() {
                self.heard(target, told, &pace, now);
            }
            while let Some(ended) = calls.try_join_next() {
                // Its answers came before its end. One that panicked is told by whom it leaves open.
                while let Ok((target, told)) = answers.try_recv() {
                    self.heard(target, told, &pace, now);
                }
                for (target, asked_at) in ended.unwrap_or_default() {
                    if self.plan.is_asked(target, asked_at) {
                        self.heard(target, Err(Fault::Silent), &pace, now);
                    }
                }
            }
            for target in self.plan.overdue(now, pace.timeout * 2) {
                self.heard(target, Err(Fault::Odd), &pace, now);
            }
            for (id, fault) in self.plan.locked() {
                let course = self.course(id, self.app.clock.now_ms(), 1, Some(fault));
                self.desk.hand(Answer {
                    course,
                    target: None,
                    told: None,
                });
            }
            let went = self.desk.wrong().map_or(went, Err);
            let _ = self
                .app
                .tasks
                .went(self.name, self.app.clock.now_ms(), went);
        }
        calls.shutdown().await;
    }

    fn replace(&mut self, all: Vec<(Id, Result<Target, Fault>)>, interval: Duration, now: Instant) {
        let asked = all.iter().filter_map(|(id, target)| {
            let target = target.as_ref().ok()?;
            Some((*id, target.organization))
        });
        self.desk.asks(asked.collect());
        self.plan.replace(all, interval, now);
    }

    fn course(&self, target: Id, tried_at: i64, failures: u32, fault: Option<Fault>) -> Course {
        Course {
            collector: self.name.to_owned(),
            target,
            tried_at,
            good_at: fault.is_none().then_some(tried_at),
            failures: failures.into(),
            fault: fault.map(|fault| fault.word().to_owned()),
        }
    }

    fn heard(&mut self, id: Id, told: Result<Told, Fault>, pace: &Pace, now: Instant) {
        let told = told.and_then(|told| match self.desk.is_loud(id) {
            true => Err(Fault::Odd),
            false => Ok(told),
        });
        let Some((target, failures)) = self.plan.answered(id, told.is_ok(), pace, now) else {
            return;
        };
        let fault = told.as_ref().err().copied();
        let course = self.course(id, target.asked_at, failures, fault);
        let told = told.ok();
        if let Some(told) = &told {
            self.app.logs.keep_samples(&told.samples);
        }
        self.desk.hand(Answer {
            course,
            target: Some(target),
            told,
        });
    }
}

/// Whom a collector asks; one whose secret does not open is left out and told of as such.
fn targets(app: &App, asked: Vec<collection::Asked>) -> Vec<(Id, Result<Target, Fault>)> {
    let open = |asked: collection::Asked| {
        let address = net::parse_address(&asked.address).ok();
        let port = u16::try_from(asked.port).ok();
        let secret = access::open(app, &asked);
        let target = match (address, port, secret) {
            (Some(address), Some(port), Some(secret)) => Ok(Target {
                id: asked.id,
                organization: asked.organization,
                address: SocketAddr::new(address, port),
                secret,
                asked_at: 0,
            }),
            (.., None) => Err(Fault::Locked),
            _ => Err(Fault::Unsent),
        };
        (asked.id, target)
    };
    asked.into_iter().map(open).collect()
}

/// Takes away what is about nobody any more; how many records.
async fn sweep(app: &App, observes: &[&Schema], kind: &str) -> Result<usize, StoreError> {
    let mut all = 0;
    for schema in observes {
        loop {
            let mut work = app.begin_batch().await?;
            let (now, room) = (
                work.now(),
                i64::try_from(work.room() / 2).unwrap_or(1).max(1),
            );
            let gone = observed::sweep(&mut work, schema, kind, now, room).await?;
            if gone > 0 {
                work.touch(&schema.noun);
            }
            work.commit().await?;
            all += gone;
            if i64::try_from(gone).unwrap_or(0) < room {
                break;
            }
        }
    }
    let mut work = app.begin_batch().await?;
    let until = work.now() - KEPT_MS;
    observed::forget(&mut work, until).await?;
    collection::sweep(&mut work).await?;
    work.commit().await?;
    Ok(all)
}

/// What a target told as records of a noun: ids that follow from target and key, and values with
/// whose they are.
fn records(schema: &Schema, target: &Target, told: &Told) -> Vec<(Id, domain::record::Values)> {
    let of = schema
        .observed
        .as_ref()
        .map_or("", |observed| &*observed.of);
    let record = |row: &observe::collect::Row| {
        let mut values = row.values.clone();
        values.insert(of.to_owned(), target.id.into());
        values.insert(schema.owner.clone(), target.organization.0.into());
        (record_id(schema, target.id, &row.key), values)
    };
    told.rows.iter().map(record).collect()
}

/// The id of the record that a target tells under `key`: the same each time.
fn record_id(schema: &Schema, target: Id, key: &str) -> Id {
    let mut hash = Sha256::new();
    hash.update(schema.noun.as_bytes());
    hash.update([0]);
    hash.update(target.bytes());
    hash.update(key.as_bytes());
    let whole: [u8; 32] = hash.finalize().into();
    let mut half = [0; 16];
    half.copy_from_slice(whole.split_at(16).0);
    // As RFC 9562 wants one that somebody makes up.
    let [.., version, _, variant, _, _, _, _, _, _, _] = &mut half;
    *version = *version & 0x0f | 0x80;
    *variant = *variant & 0x3f | 0x80;
    Id::from_bytes(half)
}

fn digest(target: &Target, told: &Told) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(target.organization.0.bytes());
    for row in &told.rows {
        for text in [
            row.key.as_str(),
            &serde_json::to_string(&row.values).unwrap_or_default(),
        ] {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
    }
    hash.finalize().into()
}
