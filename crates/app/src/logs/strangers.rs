//! Senders that are not registered, over a restart: the listener keeps the list of them in
//! memory and writes it down every few seconds.

use std::collections::{HashMap, HashSet};

use domain::{legacy, net};
use observe::syslog::{Syslog, UnknownSender};
use store::{StoreError, log_source};
use vault::{Order, Query};

use crate::App;

/// What had come since the list was last written down is looked for so far before the newest
/// line of a stranger, milliseconds.
const UNWRITTEN_MS: i64 = 60_000;
/// At most so many lines are looked at.
const UNWRITTEN: u64 = 500_000;
/// Senders on the list, at most.
const LISTED: i64 = 10_000;

/// Gives the listener the list as it was written down, and whoever sent after that and before
/// `began` (unix milliseconds), as the vault has it: a kill leaves no time to write it.
///
/// # Errors
/// The store's. A vault that cannot be read is logged.
pub(crate) async fn restore(app: &App, syslog: &Syslog, began: i64) -> Result<(), StoreError> {
    let listed = log_source::unknown(&app.db, LISTED, 0).await?;
    let listed = listed.into_iter().filter_map(|sender| {
        Some(UnknownSender {
            peer: net::parse_address(&sender.peer).ok()?,
            host: String::new(),
            first_seen_ms: sender.first_at,
            last_seen_ms: sender.last_at,
            lines: u64::try_from(sender.lines).unwrap_or(0),
            sample: sender.sample,
        })
    });
    let listed: Vec<_> = listed.collect();
    let written: HashMap<_, _> = listed.iter().map(|s| (s.peer, s.last_seen_ms)).collect();
    for sender in listed {
        syslog.remember(sender);
    }
    let nobody = [0; 16];
    let newest = app.logs.reader().and_then(|reader| {
        let newest = reader.source(&nobody)?.last_received_ms;
        Some((reader, newest))
    });
    let Some((reader, newest)) = newest else {
        return Ok(());
    };
    let lately = Query {
        from_ms: Some(newest.saturating_sub(UNWRITTEN_MS)),
        to_ms: Some(began),
        sources: Some(HashSet::from([nobody])),
        limit: usize::try_from(UNWRITTEN).unwrap_or(usize::MAX),
        scan_limit: Some(UNWRITTEN),
        order: Order::NewestFirst,
        lenient: true,
        ..Query::default()
    };
    match reader.search(lately).await {
        Ok(page) => {
            let unwritten = page.rows.into_iter().rev();
            for line in unwritten.filter(|line| {
                let written = written.get(&line.peer);
                written.is_none_or(|last| line.received_at_ms > *last)
            }) {
                syslog.remember(UnknownSender {
                    peer: line.peer,
                    first_seen_ms: line.received_at_ms,
                    last_seen_ms: line.received_at_ms,
                    lines: 1,
                    sample: legacy::text(&line.raw[..line.raw.len().min(300)]).into_owned(),
                    host: line.host,
                });
            }
        }
        Err(error) => tracing::error!(%error, "who was heard last is not known"),
    }
    Ok(())
}
