//! Interfaces as pages and the API show them.

use domain::{
    id::Id,
    noun,
    problem::Problem,
    record::{Record, Value},
};
use observe::snmp::interface::{ERRORS_IN, ERRORS_OUT, OCTETS_IN, OCTETS_OUT, series};
pub use store::observed::Before;
use store::registry::RecordQuery;
use vault::series::Rate;

use crate::{App, Ctx, registry};

/// Samples of a counter further apart say nothing about the time between them.
const LONGEST_MS: i64 = 45 * 60_000;

/// How many bytes a second an interface carries for each megabit of its speed, and a quarter more:
/// a device may answer some seconds later after it was asked than the time before.
const OCTETS_OF_MEGABIT: f64 = 125_000.0 * 1.25;
/// Of so many times an interface was otherwise its speed is asked.
const SPEEDS: i64 = 100;

/// How fast an interface's counters rose, in equal parts of a time.
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    /// Octets received.
    pub received: Vec<Rate>,
    /// Octets sent.
    pub sent: Vec<Rate>,
    /// Packets with errors, received and sent.
    pub errors: [Vec<Rate>; 2],
}

/// The interfaces of a device, at most `limit`, by name; and how many there are.
///
/// # Errors
/// Denied, unavailable.
pub async fn interfaces(
    app: &App,
    ctx: &Ctx,
    device: Id,
    limit: i64,
) -> Result<(Vec<Record>, i64), Problem> {
    let query = RecordQuery {
        filters: vec![("device".into(), device.to_string())],
        limit,
        ..RecordQuery::default()
    };
    let page = registry::list(app, ctx, "interface", &query).await?;
    Ok((page.records, page.total))
}

/// An interface's traffic in `buckets` equal parts of the time from `from` until before `to`,
/// unix milliseconds. Nothing of the time in which the device was another unit's.
///
/// # Errors
/// Not found also when it is another unit's; internal when the samples cannot be read.
pub async fn traffic(
    app: &App,
    ctx: &Ctx,
    interface: &str,
    (from, to): (i64, i64),
    buckets: usize,
) -> Result<(Record, Traffic), Problem> {
    let record = registry::get(app, ctx, "interface", interface).await?;
    let device = record.get("device").as_id().unwrap_or(Id::NIL);
    let name = record.text("name").to_owned();
    let schema = app.schema("interface")?;
    let since = store::observed::since(&app.db, &schema, &record).await?;
    let since = since.unwrap_or(i64::MIN);
    let most = fastest(app, &record).await?.map(|s| s * OCTETS_OF_MEGABIT);
    let read = move |store: &vault::series::Store| {
        let rates = |metric, most| {
            let series = series(device, &name, metric);
            let mut rates = store.rates(&series, (from, to), buckets, (LONGEST_MS, most))?;
            hide_before(&mut rates, since);
            Ok::<_, vault::Error>(rates)
        };
        Ok(Traffic {
            received: rates(OCTETS_IN, most)?,
            sent: rates(OCTETS_OUT, most)?,
            errors: [rates(ERRORS_IN, None)?, rates(ERRORS_OUT, None)?],
        })
    };
    let traffic = app.logs.read_series(read).await?;
    Ok((record, traffic))
}

/// What a device carried while it was another unit's is not this one's to see.
fn hide_before(rates: &mut [Rate], since: i64) {
    for rate in rates.iter_mut().filter(|rate| rate.start_ms < since) {
        *rate = Rate {
            start_ms: rate.start_ms,
            end_ms: rate.end_ms,
            ..Rate::default()
        };
    }
}

/// The greatest speed that an interface has or had, Mbit/s; none where it tells none.
async fn fastest(app: &App, record: &Record) -> Result<Option<f64>, Problem> {
    let schema = app.schema("interface")?;
    let past = store::observed::past(&app.db, &schema, record, SPEEDS).await?;
    let speed = |value: Option<&Value>| match value {
        Some(Value::Integer(speed)) => u32::try_from(*speed).ok(),
        _ => None,
    };
    let past = past.iter().map(|before| speed(before.values.get("speed")));
    let all = past.chain([speed(Some(record.get("speed")))]);
    // One that told none for a while may have carried anything then.
    Ok(all
        .collect::<Option<Vec<u32>>>()
        .and_then(|all| all.into_iter().max())
        .map(f64::from))
}

/// How a record of an observed noun was before, the latest first; not while it was another unit's.
///
/// # Errors
/// Not found also when it is another unit's; unavailable.
pub async fn past(
    app: &App,
    ctx: &Ctx,
    noun: &str,
    id: &str,
    limit: i64,
) -> Result<Vec<Before>, Problem> {
    let record = registry::get(app, ctx, noun, id).await?;
    let schema = noun::get(noun).filter(|schema| schema.observed.is_some());
    match schema {
        Some(schema) => Ok(store::observed::past(&app.db, schema, &record, limit).await?),
        None => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_before_a_change_of_hands_is_shown() {
        let rate = |start_ms| Rate {
            start_ms,
            end_ms: start_ms + 10,
            rose: 5.0,
            known_ms: 10,
            max: 1.0,
        };
        let mut rates = [0, 10, 20].map(rate);
        hide_before(&mut rates, 11);
        assert_eq!(rates.map(|rate| rate.known_ms), [0, 0, 10]);
        assert_eq!(rates.map(|rate| rate.start_ms), [0, 10, 20]);
    }
}
