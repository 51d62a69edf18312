//! The earlier lines of a sender that a device is now known to be.

use std::collections::{HashMap, HashSet};

use domain::{
    claim::{ClaimKind, ClaimState, log_name},
    id::{Id, OrganizationId},
    net,
    problem::Problem,
    record::{Record, Value},
    schema::Schema,
};
use store::{
    StoreError, Tx, claim, log_claim,
    log_claim::LogClaim,
    log_source::{self, Registered},
};
use vault::{Order, Query};

use super::Ground;
use crate::{App, Work};

/// The listener knows a new sender a moment after the records do: lines that come meanwhile
/// are the device's too. Milliseconds.
const MEANWHILE_MS: i64 = 60_000;

/// The list of unknown senders is written every few seconds; who sent before that is looked for
/// so far back, milliseconds.
const LATELY_MS: i64 = 60_000;
/// At most so many of the latest lines are looked at for it.
const LATELY: u64 = 500_000;

/// When the first line came from each address of nobody that was heard lately, whether it is on
/// the list yet or not.
pub(crate) type Heard = HashMap<String, i64>;

/// Who was heard lately: as the listener knows, or, beside the program that listens, as the
/// vault does.
pub(crate) async fn heard_lately(app: &App) -> Heard {
    if let Some(syslog) = app.logs.listening() {
        let senders = syslog.unknown_senders().into_iter();
        return senders
            .map(|s| (s.peer.to_string(), s.first_seen_ms))
            .collect();
    }
    let Some(reader) = app.logs.reader() else {
        return Heard::new();
    };
    let lately = Query {
        from_ms: Some(app.clock.now_ms() - LATELY_MS),
        sources: Some(HashSet::from([[0; 16]])),
        limit: usize::try_from(LATELY).unwrap_or(usize::MAX),
        scan_limit: Some(LATELY),
        order: Order::NewestFirst,
        lenient: true,
        ..Query::default()
    };
    let mut heard = Heard::new();
    match reader.search(lately).await {
        Ok(page) => {
            for line in page.rows {
                let first = heard.entry(line.peer.to_string());
                let first = first.or_insert(line.received_at_ms);
                *first = line.received_at_ms.min(*first);
            }
        }
        // Who is on the list is known all the same.
        Err(error) => tracing::error!(%error, "who was heard lately is not known"),
    }
    heard
}

/// Lines that are to be said a device's.
struct Earlier {
    peer: String,
    host: Option<String>,
    taken_as: Option<(Id, OrganizationId)>,
    device: Id,
    unit: OrganizationId,
    from_at: i64,
}

/// When the network centre gives an address or a name in log lines to a device and it is in
/// force, the lines that came from there before, as a stranger's or as the relay's, are said to
/// be the device's, and a stranger is none any more.
/// Units do not say so: who had the address before them is not theirs to say.
pub(crate) async fn adopt_lines(
    app: &App,
    work: &mut Work,
    schema: &Schema,
    record: &Record,
    heard: &Heard,
) -> Result<(), Problem> {
    let unit = record.get("organization").as_id().map(OrganizationId);
    let Some(unit) = unit else { return Ok(()) };
    if schema.noun != "device" || record.text("status") != "active" {
        return Ok(());
    }
    let ctx = work.ctx();
    let mut ground = Ground::around(app, &ctx, work, &[]).await?;
    if !ground.is_centre(work, Some(unit)).await? {
        return Ok(());
    }
    let mut earlier = of_address(work, record, unit, heard).await?;
    if !record.text("log_name").is_empty() || record.get("relay") == &Value::Boolean(true) {
        let as_stranger = earlier.first().map(|e| e.from_at);
        let behind = log_source::behind(work, record.id).await?;
        for named in behind {
            let (device, relay) = (named.organization, named.relay_organization);
            let ours = ground.is_centre(work, Some(device)).await?
                && ground.is_centre(work, Some(relay)).await?;
            if !ours {
                continue;
            }
            let taken_in = if named.device == record.id {
                // Before the relay was known, its lines were nobody's, and are said to be its.
                let before = log_claim::since(work, &named.address, named.relay).await;
                let before = before?.map(|from_at| (None, from_at));
                let as_relay = (Some((named.relay, relay)), named.relay_since);
                [before, Some(as_relay)]
            } else {
                // The relay itself was a stranger until now.
                [as_stranger.map(|from_at| (None, from_at)), None]
            };
            let lines = |(taken_as, from_at)| Earlier {
                peer: named.address.clone(),
                host: Some(named.host.clone()),
                taken_as,
                device: named.device,
                unit: device,
                from_at,
            };
            earlier.extend(taken_in.into_iter().flatten().map(lines));
        }
    }
    for lines in earlier {
        say(work, lines).await?;
    }
    Ok(())
}

/// What came from the device's own address as a stranger's. Where that is shared with other
/// units, a name in force tells which lines are its own.
async fn of_address(
    tx: &mut Tx,
    record: &Record,
    unit: OrganizationId,
    heard: &Heard,
) -> Result<Vec<Earlier>, StoreError> {
    let Ok(address) = net::parse_address(record.text("address")) else {
        return Ok(Vec::new());
    };
    let name = ClaimKind::LogName.key(record.text("log_name"));
    let key = net::address_key(address);
    let mut values = vec![(ClaimKind::Address, key.as_str())];
    values.extend((name.as_ref()).map(|name| (ClaimKind::LogName, name.as_str())));
    let granted: Vec<_> = (claim::to_values(tx, values).await?.into_iter())
        .filter(|c| c.organization == unit && c.state == ClaimState::Granted)
        .collect();
    let Some(in_force) = granted.iter().find(|c| c.kind == ClaimKind::Address) else {
        return Ok(Vec::new());
    };
    let named = granted.iter().any(|c| c.kind == ClaimKind::LogName);
    if in_force.shared && !named {
        return Ok(Vec::new());
    }
    let peer = address.to_string();
    let listed = if in_force.shared {
        // Others may send from there, too.
        log_source::unknown_since(tx, &peer).await?
    } else {
        log_source::forget_unknown(tx, &peer).await?
    };
    let first = listed.into_iter().chain(heard.get(&peer).copied()).min();
    let lines = first.map(|from_at| Earlier {
        host: in_force.shared.then(|| record.text("log_name").to_owned()),
        peer,
        taken_as: None,
        device: record.id,
        unit,
        from_at,
    });
    Ok(lines.into_iter().collect())
}

/// Writes the claim, from where the one before it ends.
async fn say(work: &mut Work, lines: Earlier) -> Result<(), StoreError> {
    let now = work.now();
    let host = lines.host.as_deref().map(log_name);
    let as_device = lines.taken_as.map(|(device, _)| device);
    let before = log_claim::until(work, &lines.peer, host.as_deref(), as_device).await?;
    let from_at = before.map_or(lines.from_at, |before| before.max(lines.from_at));
    if before.is_some_and(|before| before >= now) {
        return Ok(());
    }
    let claim = LogClaim {
        id: Id::new(now),
        peer: lines.peer,
        host,
        as_device,
        as_organization: lines.taken_as.map(|(_, unit)| unit),
        device: lines.device,
        organization: lines.unit,
        from_at,
        to_at: now + MEANWHILE_MS,
        claimed_at: now,
        claimed_by: work.ctx().actor.name.clone(),
        ended_at: None,
        ended_by: None,
        counted_at: None,
        lines: 0,
        first_at: None,
        last_at: None,
    };
    log_claim::save(work, &claim).await?;
    work.event(
        "log-claim",
        &claim.id.to_string(),
        Some(claim.organization),
        "create",
        None,
        serde_json::to_string(&claim).ok(),
    );
    Ok(())
}

/// A sender was taken for a stranger although it was registered already: the listener heard of
/// it later. What came since its address or name was in force is the device's, whoever gave it.
///
/// # Errors
/// The store's.
pub(crate) async fn claim_meanwhile(
    app: &App,
    sender: &Registered,
    (first_at, last_at): (i64, i64),
) -> Result<(), StoreError> {
    let Some(since) = sender.since.filter(|since| last_at >= *since) else {
        return Ok(());
    };
    let Ok(address) = net::parse_address(&sender.address) else {
        return Ok(());
    };
    let mut work = app.begin_batch().await?;
    let peer = address.to_string();
    // Said already by who registered it.
    let said = log_claim::until(&mut work, &peer, None, None).await?;
    if said.is_some_and(|until| until > last_at) {
        return Ok(());
    }
    let lines = Earlier {
        peer,
        host: sender.host.clone(),
        taken_as: None,
        device: sender.device,
        unit: sender.organization,
        from_at: first_at.max(since),
    };
    say(&mut work, lines).await?;
    work.commit().await
}

#[cfg(test)]
mod tests {
    use domain::{
        clock::{Clock, from_ms},
        record::Values,
    };

    use super::*;
    use crate::{AppConfig, Ctx, logs, registry};

    #[tokio::test(flavor = "multi_thread")]
    async fn lines_between_a_grant_and_the_listener_are_the_devices() {
        let folder = tempfile::tempdir().unwrap();
        let now = 1_795_230_000_000;
        let app = App::open(AppConfig {
            data: folder.path().to_owned(),
            keys: None,
            database: None,
            policy: None,
            clock: Clock::fixed(from_ms(now)),
            writer: true,
            origin: "gieng.example/test".into(),
            examiner: "unused".into(),
        })
        .await
        .unwrap();
        let ctx = Ctx::console(now);
        let save = async |noun: &str, given: &[(&str, &str)]| {
            let values = given.iter().map(|(k, v)| ((*k).into(), (*v).into()));
            let values: Values = values.collect();
            registry::save(&app, &ctx, noun, None, values)
                .await
                .unwrap();
        };
        let unit = [
            ("code", "U"),
            ("name", "U"),
            ("kind", "department"),
            ("level", "province"),
            ("membership", "member"),
        ];
        save("organization", &unit).await;
        for (code, address) in [("a", "127.0.0.5"), ("b", "127.0.0.6")] {
            let device = [
                ("code", code),
                ("name", code),
                ("organization", "U"),
                ("role", "switch"),
                ("status", "active"),
                ("address", address),
            ];
            save("device", &device).await;
        }
        let mut known = log_source::registered(&app.db).await.unwrap();
        known.sort_by(|a, b| a.address.cmp(&b.address));
        assert_eq!(known[0].since, Some(now));
        let times = async || {
            let claims = logs::claims(&app, &ctx).await.unwrap();
            let times = claims.into_iter().map(|c| (c.device, c.from_at, c.to_at));
            times.collect::<Vec<_>>()
        };
        // What came before the grant is not claimed by the way.
        claim_meanwhile(&app, &known[1], (now - 90, now - 1))
            .await
            .unwrap();
        assert_eq!(times().await, []);
        // Once, however often the listener is told.
        for _ in 0..2 {
            claim_meanwhile(&app, &known[0], (now - 90, now + 9))
                .await
                .unwrap();
            assert_eq!(times().await, [(known[0].device, now, now + MEANWHILE_MS)]);
        }
    }
}
