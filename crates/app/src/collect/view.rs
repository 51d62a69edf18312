//! Interfaces as pages and the API show them.

use domain::{id::Id, noun, problem::Problem, record::Record};
use observe::snmp::interface::{ERRORS_IN, ERRORS_OUT, OCTETS_IN, OCTETS_OUT, series};
pub use store::observed::Before;
use store::registry::RecordQuery;
use vault::series::Rate;

use crate::{App, Ctx, registry};

/// Samples of a counter further apart say nothing about the time between them.
const LONGEST_MS: i64 = 45 * 60_000;

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
/// unix milliseconds.
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
    let read = move |store: &vault::series::Store| {
        let rates = |metric| {
            let series = series(device, &name, metric);
            store.rates(&series, (from, to), buckets, LONGEST_MS)
        };
        Ok(Traffic {
            received: rates(OCTETS_IN)?,
            sent: rates(OCTETS_OUT)?,
            errors: [rates(ERRORS_IN)?, rates(ERRORS_OUT)?],
        })
    };
    let traffic = app.logs.read_series(read).await?;
    Ok((record, traffic))
}

/// How a record of an observed noun was before, the latest first.
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
        Some(schema) => Ok(store::observed::past(&app.db, schema, record.id, limit).await?),
        None => Ok(Vec::new()),
    }
}
