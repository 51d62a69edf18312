//! Lines in: who is registered, who is not, what arrived from whom.

use std::{
    collections::{HashMap, HashSet},
    net::SocketAddr,
    sync::{Arc, PoisonError},
};

use domain::{claim::log_name, clock, id::Id, label::Label, net};
use observe::{
    allowance::Bounds,
    syslog::{Entry, ListenError, Settings, Source, Syslog},
};
use store::{
    StoreError,
    log_claim::{self, LogClaim},
    log_source::{self, LogSource, UnknownSender},
};
use tokio_util::sync::CancellationToken;

use super::{listening, strangers};
use crate::{
    App,
    application::LOG_SOURCES,
    claim, disk,
    supervise::Supervisor,
    task::{LOG_SENDERS, Listen, everything},
};

/// Listens for syslog; returns the addresses taken.
pub(crate) async fn listen(
    supervisor: &Supervisor,
    listen: &Listen,
) -> Result<(Vec<SocketAddr>, Vec<SocketAddr>), ListenError> {
    let Supervisor {
        app,
        cancel,
        tracker,
    } = supervisor;
    let Some(vault) = app.logs.vault() else {
        return Ok((Vec::new(), Vec::new()));
    };
    let mut settings = Settings {
        udp: listen.syslog_udp.clone(),
        tcp: listen.syslog_tcp.clone(),
        stranger_bounds: bounds(app),
        registered_bounds: Bounds::each(rate(app)),
        ..Settings::default()
    };
    if let Some((registered, strangers)) = listen.rooms {
        settings.registered.all = registered;
        settings.registered.each = settings.registered.each.min(registered);
        settings.strangers.all = strangers;
        settings.strangers.each = settings.strangers.each.min(strangers);
    }
    let began = app.clock.now_ms();
    let (syslog, mut tasks) =
        Syslog::start(settings, Arc::clone(vault), app.clock.clone(), cancel)?;
    let addresses = (
        syslog.udp_addresses().to_vec(),
        syslog.tcp_addresses().to_vec(),
    );
    let syslog = Arc::new(syslog);
    // Started on a disk that is full already, it waits from the first line on.
    if let Ok(room) = disk::look(app) {
        disk::hold(&syslog, room);
    }
    *app.logs
        .listening
        .write()
        .unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&syslog));
    if let Err(error) = strangers::restore(app, &syslog, began).await {
        tracing::error!(%error, "the list of unknown senders could not be read; it begins anew");
    }
    if let Err(error) = register(app, &syslog).await {
        tracing::error!(%error, "the registered senders could not be read; lines count as unknown until they are");
        app.logs.poke();
    }
    tracker.spawn(async move { while tasks.join_next().await.is_some() {} });
    let (registering, stop) = (app.clone(), cancel.clone());
    let begin = move || follow(registering.clone(), Arc::clone(&syslog), stop.clone());
    supervisor.keep(LOG_SENDERS, begin);
    Ok(addresses)
}

/// Keeps the listener's senders equal to the registry until `cancel`.
async fn follow(app: App, syslog: Arc<Syslog>, cancel: CancellationToken) {
    let mut ticks = tokio::time::interval(std::time::Duration::from_secs(60));
    loop {
        tokio::select! {
            () = cancel.cancelled() => break,
            () = app.logs.poked.notified() => {}
            _ = ticks.tick() => {}
        }
        let registered = register(&app, &syslog).await;
        let (name, now) = (LOG_SENDERS.name, app.clock.now_ms());
        if app.tasks.went(name, now, registered).is_err() {
            tokio::time::sleep(std::time::Duration::from_secs(2)).await;
            app.logs.poke();
        }
    }
}

/// What unregistered senders may send, as it is set.
pub(crate) fn bounds(app: &App) -> Bounds {
    let settings = app.settings();
    let per_second = |key| u32::try_from(settings.integer(key)).unwrap_or(1).max(1);
    let per_day = |key| u64::try_from(settings.integer(key)).unwrap_or(0) << 20;
    Bounds {
        each_per_second: per_second("logs.unknown_each_per_second"),
        all_per_second: per_second("logs.unknown_all_per_second"),
        each_per_day: per_day("logs.unknown_each_mb"),
        all_per_day: per_day("logs.unknown_all_mb"),
    }
}

/// What each registered sender may send, as it is set.
pub(crate) fn rate(app: &App) -> u32 {
    let rate = app.settings().integer("logs.registered_each_per_second");
    u32::try_from(rate).unwrap_or(u32::MAX)
}

/// Tells the listener which address belongs to which device and unit.
async fn register(app: &App, syslog: &Syslog) -> Result<(), StoreError> {
    let devices = log_source::registered(&app.db).await?;
    let known = syslog.set_sources(devices.iter().filter_map(|d| {
        let zone = d.time_zone.as_deref().and_then(clock::zone);
        Some(Entry {
            peer: net::parse_address(&d.address).ok()?,
            host: d.host.clone(),
            source: Source {
                source: d.device.bytes(),
                unit: d.organization.0.bytes(),
            },
            zone: zone.map(|(_, zone)| zone),
        })
    }));
    for sender in known {
        let at_peer = (devices.iter())
            .filter(|d| net::parse_address(&d.address).is_ok_and(|a| a == sender.peer));
        // The last counts, as with the listener; one that is named goes before all.
        let (mut any, mut named) = (None, None);
        for device in at_peer {
            match &device.host {
                None => any = Some(device),
                Some(host) if log_name(host) == log_name(&sender.host) => named = Some(device),
                Some(_) => {}
            }
        }
        if let Some(device) = named.or(any) {
            let times = (sender.first_seen_ms, sender.last_seen_ms);
            claim::claim_meanwhile(app, device, times).await?;
        }
    }
    Ok(())
}

/// Lines of a claim that are counted at once.
const COUNTED: usize = 20_000;

/// Counts the lines of claims whose time is over and that nobody counted yet.
async fn count_claimed(app: &App) -> Result<(), StoreError> {
    let Some(reader) = app.logs.reader() else {
        return Ok(());
    };
    let now = app.clock.now_ms();
    for claim in log_claim::standing(&app.db, &everything()).await? {
        let Ok(peer) = net::parse_address(&claim.peer) else {
            continue;
        };
        // Until its time is over, what came so far is counted again.
        if claim.counted_at.is_some_and(|at| at >= claim.to_at) {
            continue;
        }
        let mut query = vault::Query {
            from_ms: Some(claim.from_at),
            to_ms: Some(claim.to_at),
            peer: Some(net::Prefix::only(peer)),
            host: claim.host.clone(),
            sources: Some(HashSet::from([claim
                .as_device
                .map(Id::bytes)
                .unwrap_or_default()])),
            limit: COUNTED,
            ..vault::Query::default()
        };
        let mut counted = LogClaim {
            counted_at: Some(now),
            lines: 0,
            first_at: None,
            last_at: None,
            ..claim.clone()
        };
        loop {
            let page = match reader.search(query.clone()).await {
                Ok(page) => page,
                Err(error) => {
                    tracing::error!(%error, peer = claim.peer, "earlier lines could not be counted; it will be tried again");
                    return Ok(());
                }
            };
            for at in page.rows.iter().map(|row| row.received_at_ms) {
                counted.lines += 1;
                counted.first_at = Some(counted.first_at.map_or(at, |first| first.min(at)));
                counted.last_at = Some(counted.last_at.map_or(at, |last| last.max(at)));
            }
            query.cursor = page.next;
            if page.next.is_none() {
                break;
            }
        }
        let settled = now >= claim.to_at;
        if settled || (claim.lines, claim.last_at) != (counted.lines, counted.last_at) {
            let mut work = app.begin_program().await?;
            work.touch(LOG_SOURCES);
            log_claim::counted(&mut work, &counted).await?;
            work.commit().await?;
        }
    }
    Ok(())
}

/// What lies further ahead was received by a clock that was wrong.
const AHEAD_MS: i64 = 3_600_000;

/// When the last line of a source came, of which `known` are in the records. A vault that was
/// opened again knows the latest time of what is sealed, not the last: what a clock that was
/// ahead had said does not come back while nothing new came.
fn last_received(known: Option<&LogSource>, last_ms: i64, lines: i64, now: i64) -> i64 {
    match known {
        Some(known) if known.lines == lines && last_ms > now.saturating_add(AHEAD_MS) => {
            known.last_received_at.min(last_ms)
        }
        _ => last_ms,
    }
}

/// Brings the records up to date with what arrived; verdicts that read it follow.
pub async fn reconcile(app: &App) -> Result<Option<Label>, StoreError> {
    let Some(vault) = app.logs.vault() else {
        return Ok(None);
    };
    listening::beat(app).await?;
    let known: HashMap<Id, LogSource> = log_source::all(&app.db)
        .await?
        .into_iter()
        .map(|s| (s.device, s))
        .collect();
    let now = app.clock.now_ms();
    let fresh: Vec<LogSource> = vault
        .sources()
        .into_iter()
        .filter(|(id, _)| *id != [0; 16])
        .map(|(id, s)| {
            let device = Id::from_bytes(id);
            let lines = i64::try_from(s.lines).unwrap_or(i64::MAX);
            let before = known.get(&device);
            let last = last_received(before, s.last_received_ms, lines, now);
            LogSource {
                device,
                first_received_at: before.map_or(last, |k| k.first_received_at.min(last)),
                last_received_at: last,
                lines,
            }
        })
        .filter(|s| known.get(&s.device) != Some(s))
        .collect();
    let unknown: Vec<UnknownSender> = app
        .logs
        .listening()
        .map(|l| l.unknown_senders())
        .unwrap_or_default()
        .into_iter()
        .map(|u| UnknownSender {
            peer: u.peer.to_string(),
            first_at: u.first_seen_ms,
            last_at: u.last_seen_ms,
            lines: i64::try_from(u.lines).unwrap_or(i64::MAX),
            sample: u.sample,
        })
        .collect();
    let stored: HashSet<(String, i64)> = log_source::unknown(&app.db, 10_000, 0)
        .await?
        .into_iter()
        .map(|u| (u.peer, u.lines))
        .collect();
    let unknown: Vec<UnknownSender> = unknown
        .into_iter()
        .filter(|u| !stored.contains(&(u.peer.clone(), u.lines)))
        .collect();
    count_claimed(app).await?;
    if fresh.is_empty() && unknown.is_empty() {
        return Ok(None);
    }
    let (mut known, mut strange) = (&fresh[..], &unknown[..]);
    while !known.is_empty() || !strange.is_empty() {
        let mut work = app.begin_batch().await?;
        work.touch(LOG_SOURCES);
        let room = work.room();
        let (batch, rest) = known.split_at(room.min(known.len()));
        let now = work.now();
        log_source::save(&mut work, batch, now).await?;
        let (more, later) = strange.split_at((room - batch.len()).min(strange.len()));
        log_source::save_unknown(&mut work, more).await?;
        work.commit().await?;
        (known, strange) = (rest, later);
    }
    let (senders, unknown) = (fresh.len(), unknown.len());
    Ok(Some(Label::new(
        format!("{senders} nguồn gửi, {unknown} nguồn lạ"),
        format!("{senders} senders, {unknown} unknown"),
    )))
}
