//! What versions before wrote: samples of probes alone, by target.

use super::{
    Reading, Sample, SubjectId,
    part::Part,
    probe::{self, DELAY},
    table::Table,
};
use crate::{Error, segment::ranges};

/// Length of a sample in the log: time, target, outcome, round trip (little-endian).
const ENCODED: usize = 8 + 16 + 1 + 4;

// The columns of a part.
const TARGET: usize = 0;
const AT: usize = 1;
const OUTCOME: usize = 2;
const RTT: usize = 3;
pub(super) const COLUMNS: usize = RTT + 1;

/// The reading of an outcome (0 answered, 1 not answered, 2 not sent) and a round trip.
fn reading(outcome: u8, rtt_us: u32) -> Option<Reading> {
    Some(match outcome {
        0 => Reading::Gauge(rtt_us.into()),
        1 => Reading::Silent,
        2 => Reading::Unasked,
        _ => return None,
    })
}

/// Reads a block of the log into its table; none where it is none.
pub(super) fn decode_block(payload: &[u8], table: &mut Table) -> Option<()> {
    for bytes in payload.chunks_exact(ENCODED) {
        let (at, rest) = bytes.split_first_chunk::<8>()?;
        let (target, rest) = rest.split_first_chunk::<16>()?;
        let (outcome, rtt) = rest.split_first()?;
        table.add(&Sample {
            series: probe::series(*target),
            at_ms: i64::from_le_bytes(*at),
            reading: reading(*outcome, u32::from_le_bytes(rtt.try_into().ok()?))?,
        });
    }
    Some(())
}

/// Hands a series' samples of a part to `each`, in order of time; there are none but those of
/// probes.
pub(super) fn read(
    part: &Part,
    (noun, target, metric): (&str, &SubjectId, &str),
    (from_ms, to_ms): (i64, i64),
    mut each: impl FnMut(i64, Reading),
) -> Result<(), Error> {
    if noun != "target" || metric != DELAY.name {
        return Ok(());
    }
    let segment = part.open()?;
    for number in 0..segment.groups() {
        let group = segment.group(number)?;
        let pages = group.pages_with(TARGET, (target, target));
        if pages.is_empty() {
            continue;
        }
        let ids = group.ids(TARGET, &pages)?;
        let rows = pages
            .iter()
            .flat_map(Clone::clone)
            .zip(&ids)
            .filter(|(_, id)| *id == target)
            .map(|(row, _)| row);
        let rows = ranges(rows);
        let at = group.int64(AT, &rows)?;
        let outcome = group.small(OUTCOME, &rows)?;
        let rtt = group.int32(RTT, &rows)?;
        for ((at_ms, outcome), rtt) in at.into_iter().zip(outcome).zip(rtt) {
            let reading = reading(outcome, rtt.cast_unsigned())
                .ok_or_else(|| Error::damaged(&part.path, "an unknown outcome"))?;
            if (from_ms..to_ms).contains(&at_ms) {
                each(at_ms, reading);
            }
        }
    }
    Ok(())
}
