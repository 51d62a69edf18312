//! SNMP v2c: the interfaces of devices, by IF-MIB (RFC 2863).
//!
//! The protocol's bytes are read by `async-snmp`; what the values mean is read here, within
//! bounds, whatever a device says.

pub mod interface;

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_snmp::{Auth, Client, ErrorKind, Oid, Retry};
use domain::id::Id;

use crate::collect::{Collector, Fault, Sink, Target, Told};
use interface::{COLUMNS, Found, UPTIME};

/// How long an answer to one request is waited for; it is sent once more.
const ANSWER: Duration = Duration::from_secs(2);
/// How many columns one request asks for, and how many rows of each at most: an answer lies well
/// within what a packet takes, and a device that has no room cuts it short.
const WIDTH: usize = 6;
const DEPTH: u32 = 20;
/// More requests than this are no table but a device that never comes to an end.
const MOST_REQUESTS: usize = 2_000;

/// So far the clock that tells the time may go from the one that nobody sets between two questions:
/// one that is due may wait for its turn.
const MOST_DRIFT_MS: u64 = 5_000;

/// What a device said when it was last asked, to tell when it began to count anew, and when that
/// was by both clocks.
type Known = HashMap<Id, (interface::Began, i64, Instant)>;

/// Whether the clock was set between two questions: it went on by `by_clock_ms`, and `passed` has
/// passed.
fn was_set(by_clock_ms: i64, passed: Duration) -> bool {
    let passed = i64::try_from(passed.as_millis()).unwrap_or(i64::MAX);
    by_clock_ms.abs_diff(passed) > MOST_DRIFT_MS
}

/// What was not asked for so long is forgotten, milliseconds.
const FORGOTTEN_MS: i64 = 86_400_000;

/// Asks devices for their interfaces.
#[derive(Debug, Default)]
pub struct Interfaces {
    known: Mutex<Known>,
}

impl Collector for Interfaces {
    async fn collect(&self, due: &[Target], out: &Sink) {
        for target in due {
            let begun = Instant::now();
            let told = match walk(target).await {
                Ok(found) => {
                    let asked_at = target.asked_at;
                    let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
                    known.retain(|_, (_, at, _)| asked_at - *at < FORGOTTEN_MS);
                    let before = known.insert(target.id, (found.began(), asked_at, begun));
                    let was_set = before.as_ref().is_some_and(|(_, at, then)| {
                        was_set(asked_at.saturating_sub(*at), begun.duration_since(*then))
                    });
                    let began = before.as_ref().map(|(began, ..)| began);
                    Ok(Told {
                        samples: found.samples(target.id, (asked_at, was_set), began),
                        rows: found.rows(),
                    })
                }
                Err(fault) => Err(fault),
            };
            out.give(target.id, told).await;
        }
    }
}

fn fault(error: &async_snmp::Error) -> Fault {
    match error.kind() {
        ErrorKind::Timeout | ErrorKind::ConstructionTimeout => Fault::Silent,
        ErrorKind::Snmp | ErrorKind::Auth | ErrorKind::Report => Fault::Refused,
        ErrorKind::Network | ErrorKind::Closed | ErrorKind::Config => Fault::Unsent,
        _ => Fault::Odd,
    }
}

/// Reads all columns of a device's interfaces, several at a time.
async fn walk(target: &Target) -> Result<Found, Fault> {
    let retry = Retry::fixed(1, Duration::ZERO).map_err(|_| Fault::Unsent)?;
    let client = Client::builder(target.address, Auth::v2c(target.secret.reveal()))
        // Answers from other addresses are not its own.
        .strict_source(true)
        .request_timeout(ANSWER)
        .retry(retry)
        .connect()
        .await
        .map_err(|error| fault(&error))?;
    let mut found = Found::default();
    let uptime = client.get(&Oid::from_slice(UPTIME)).await;
    for bind in uptime.map_err(|error| fault(&error))?.varbinds {
        found.take(bind.oid.arcs(), &bind.value)?;
    }
    let mut requests = 0;
    for columns in COLUMNS.chunks(WIDTH) {
        // Of each column, where to go on.
        let mut open: Vec<(Oid, Oid)> = (columns.iter())
            .map(|column| Oid::from_slice(column))
            .map(|column| (column.clone(), column))
            .collect();
        while !open.is_empty() {
            requests += 1;
            if requests > MOST_REQUESTS {
                return Err(Fault::Odd);
            }
            let from: Vec<Oid> = open.iter().map(|(_, at)| at.clone()).collect();
            let got = client.get_bulk(&from, 0, DEPTH).await;
            let mut next: HashMap<Oid, Oid> = HashMap::new();
            for bind in got.map_err(|error| fault(&error))? {
                let column = open.iter().find(|(column, _)| bind.oid.starts_with(column));
                let Some((column, at)) = column else {
                    continue;
                };
                if bind.value.is_exception() || bind.oid.arcs() <= at.arcs() {
                    continue;
                }
                found.take(bind.oid.arcs(), &bind.value)?;
                let farthest = next.entry(column.clone()).or_insert_with(|| at.clone());
                if bind.oid.arcs() > farthest.arcs() {
                    *farthest = bind.oid;
                }
            }
            // A column of which nothing new came has come to its end.
            open = next.into_iter().collect();
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_goes_otherwise_than_time_was_set() {
        let minute = Duration::from_mins(1);
        for (by_clock_ms, is) in [
            (60_000, false),
            (63_000, false),
            (-60_000, true),
            (660_000, true),
            (0, true),
            (i64::MIN, true),
        ] {
            assert_eq!(was_set(by_clock_ms, minute), is, "{by_clock_ms}");
        }
    }
}
