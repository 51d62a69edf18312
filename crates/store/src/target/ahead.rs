//! Days that a clock which was ahead counted, and that have yet to come.

use std::collections::BTreeMap;

use domain::{
    availability::{Day, Tally},
    clock,
    id::TargetId,
};

use super::{ACCOUNTING, AVAILABILITY, AvailabilityRow, add_days};
use crate::{Db, Row, StoreError, Tx, args};

/// The day of an instant and its month.
fn place(now: i64) -> (String, String) {
    let day = clock::local_date(clock::from_ms(now)).to_string();
    (day.get(..7).unwrap_or_default().to_owned(), day)
}

/// Whether anything was in the registry by `now`, unix milliseconds. Before that no time can be
/// right.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn is_known(db: &Db, now: i64) -> Result<bool, StoreError> {
    let sql = "SELECT 1 AS n FROM organization WHERE created_at <= $1 LIMIT 1";
    let row = db.fetch_one("organizations", sql, &args![now]).await?;
    Ok(row.is_some())
}

/// Whether any day is later than that of `now`, or counted beyond it.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn lies_ahead(db: &Db, now: i64) -> Result<bool, StoreError> {
    let (month, day) = place(now);
    let sql = "SELECT 1 AS n FROM availability_day WHERE month >= $1 AND day >= $2 \
         AND (day > $2 OR updated_at > $3) LIMIT 1";
    let args = args![month, day, now];
    let row = db.fetch_one("availability", sql, &args).await?;
    Ok(row.is_some())
}

/// How long the target that was measured longest was measured in a time that has yet to come,
/// milliseconds: so long a clock went on by which all that is past. Whether that clock was right
/// or this one is, nobody knows before this one went on as long.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn measured_ahead(db: &Db, now: i64) -> Result<i64, StoreError> {
    let (month, day) = place(now);
    let measured = "up_ms + down_ms + unreachable_ms + isolated_ms";
    // Of the day of `now` no more than lies beyond it.
    let sql = format!(
        "SELECT COALESCE(MAX(n), 0) AS n FROM (SELECT CAST(SUM(CASE WHEN day > $2 OR {measured} < updated_at - $3          THEN {measured} ELSE updated_at - $3 END) AS BIGINT) AS n          FROM availability_day WHERE month >= $1 AND day >= $2 AND (day > $2 OR updated_at > $3)          GROUP BY target_id) AS each"
    );
    let row = db
        .fetch_one("availability", &sql, &args![month, day, now])
        .await?;
    row.map_or(Ok(0), |row| row.int("n"))
}

/// Brings back to the day of `now` what was counted on later ones, see [`Day::not_after`].
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn bring_back(tx: &mut Tx, now: i64) -> Result<(), StoreError> {
    let (month, day) = place(now);
    let today = clock::local_date(clock::from_ms(now));
    let later = "month >= $1 AND day > $2";
    let sql = format!(
        "SELECT target_id, day AS period, {AVAILABILITY}, updated_at FROM availability_day WHERE {later}"
    );
    let mut sums: BTreeMap<TargetId, Day> = BTreeMap::new();
    for row in tx.fetch("availability", &sql, &args![&month, &day]).await? {
        let later = read(&row)?.not_after(today, now);
        let sum = sums.entry(later.target);
        sum.and_modify(|day| day.tally.add(&later.tally))
            .or_insert(later);
    }
    let sql = format!("DELETE FROM availability_day WHERE {later}");
    tx.execute("availability", &sql, &args![&month, &day])
        .await?;
    let counted = (sums.values()).filter(|day| day.tally != Tally::default());
    let rows: Vec<AvailabilityRow> = counted.map(AvailabilityRow::from).collect();
    add_days(tx, &rows).await?;
    let sql = "UPDATE availability_day SET updated_at = $3 \
         WHERE month >= $1 AND day >= $2 AND updated_at > $3";
    tx.execute("availability", sql, &args![&month, &day, now])
        .await?;
    Ok(())
}

impl From<&Day> for AvailabilityRow {
    fn from(day: &Day) -> Self {
        let t = &day.tally;
        Self {
            target: day.target.to_string(),
            period: day.date.to_string(),
            up_ms: t.up_ms,
            down_ms: t.down_ms,
            unreachable_ms: t.unreachable_ms,
            isolated_ms: t.isolated_ms,
            no_data_ms: t.no_data_ms,
            samples: t.sent,
            lost: t.lost,
            rtt_min_us: t.rtt_min_us.map(i64::from),
            rtt_sum_us: t.rtt_sum_us,
            rtt_max_us: t.rtt_max_us.map(i64::from),
            until_ms: day.until_ms,
            accounting: ACCOUNTING,
        }
    }
}

fn read(row: &Row) -> Result<Day, StoreError> {
    let us = |column| {
        let us = row.opt_int(column)?;
        Ok::<_, StoreError>(us.map(|us| u32::try_from(us).unwrap_or(u32::MAX)))
    };
    Ok(Day {
        target: row.parsed("target_id")?,
        date: row.parsed("period")?,
        until_ms: row.int("updated_at")?,
        tally: Tally {
            up_ms: row.int("up_ms")?,
            down_ms: row.int("down_ms")?,
            unreachable_ms: row.int("unreachable_ms")?,
            isolated_ms: row.int("isolated_ms")?,
            no_data_ms: row.int("no_data_ms")?,
            sent: row.int("samples")?,
            lost: row.int("lost")?,
            rtt_sum_us: row.int("rtt_sum_us")?,
            rtt_min_us: us("rtt_min_us")?,
            rtt_max_us: us("rtt_max_us")?,
        },
    })
}
