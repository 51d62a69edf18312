//! A sealed part: the samples of one UTC day out of one log file, as Parquet.

use std::{
    collections::HashMap,
    fs::{File, OpenOptions},
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

use jiff::{civil::Date, tz::TimeZone};
use parquet::{
    basic::{Compression, Encoding, ZstdLevel},
    data_type::{ByteArray, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int64Type},
    errors::Result as ParquetResult,
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::{
        parser::parse_message_type,
        types::{ColumnPath, TypePtr},
    },
};

use super::{Outcome, Sample, TargetId};
use crate::{
    Error, files,
    segment::{PAGE_ROWS, Segment, ranges},
};

/// Milliseconds of a day.
pub(super) const DAY_MS: i64 = 86_400_000;

const MESSAGE: &str = "
message sample {
  required fixed_len_byte_array(16) target (uuid);
  required int64 at (timestamp(millis,true));
  required int32 outcome (integer(8,false));
  required int32 rtt_us (integer(32,false));
}";

#[expect(
    clippy::expect_used,
    reason = "a constant that every test of samples parses"
)]
static SCHEMA: LazyLock<TypePtr> =
    LazyLock::new(|| Arc::new(parse_message_type(MESSAGE).expect("a valid schema")));

const TARGET: usize = 0;
const AT: usize = 1;
const OUTCOME: usize = 2;
const RTT: usize = 3;

/// A sample without its target, as kept in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Point {
    pub at_ms: i64,
    pub rtt_us: u32,
    pub outcome: Outcome,
}

pub(super) type Points = HashMap<TargetId, Vec<Point>>;

/// A sealed part on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub path: PathBuf,
    /// Days since 1970-01-01.
    pub day: i64,
    /// The log file it came from.
    pub log: u64,
}

fn date(day: i64) -> Date {
    domain::clock::from_ms(day * DAY_MS)
        .to_zoned(TimeZone::UTC)
        .date()
}

/// `2026-11-21-00000000000000000000.parquet`
fn parse(path: &Path) -> Option<Part> {
    let name = path.file_name()?.to_str()?.strip_suffix(".parquet")?;
    let (day, log) = name.split_at_checked(10)?;
    let day: Date = day.parse().ok()?;
    let start = day
        .to_zoned(TimeZone::UTC)
        .ok()?
        .timestamp()
        .as_millisecond();
    Some(Part {
        path: path.to_owned(),
        day: start.div_euclid(DAY_MS),
        log: log.strip_prefix('-')?.parse().ok()?,
    })
}

/// The parts in a folder; what an interrupted seal left is removed.
pub(super) fn list(dir: &Path) -> Result<Vec<Part>, Error> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(Error::io("list", dir))? {
        let path = entry.map_err(Error::io("list", dir))?.path();
        if path.extension().is_some_and(|e| e == "tmp") {
            files::remove(&path)?;
        }
        out.extend(parse(&path));
    }
    out.sort_unstable_by_key(|part| (part.day, part.log));
    Ok(out)
}

/// Writes all points of a log file, one part a day, each durable.
pub(super) fn write(dir: &Path, log: u64, points: &Points) -> Result<Vec<Part>, Error> {
    let mut days: Vec<i64> = points
        .values()
        .flatten()
        .map(|p| p.at_ms.div_euclid(DAY_MS))
        .collect();
    days.sort_unstable();
    days.dedup();
    let mut targets: Vec<&TargetId> = points.keys().collect();
    targets.sort_unstable();
    let mut parts = Vec::new();
    for day in days {
        let mut rows: Vec<(&TargetId, Point)> = Vec::new();
        for target in &targets {
            let of_day = (points[*target].iter()).filter(|p| p.at_ms.div_euclid(DAY_MS) == day);
            let mut own: Vec<_> = of_day.map(|p| (*target, *p)).collect();
            own.sort_by_key(|(_, p)| p.at_ms);
            rows.append(&mut own);
        }
        let path = dir.join(format!("{}-{log:020}.parquet", date(day)));
        let temporary = path.with_extension("tmp");
        let written = write_rows(&temporary, &rows).and_then(|()| {
            std::fs::rename(&temporary, &path).map_err(Error::io("rename", &temporary))
        });
        if let Err(error) = written {
            let _ = files::remove(&temporary);
            return Err(error);
        }
        parts.push(Part { path, day, log });
    }
    files::sync_dir(dir)?;
    Ok(parts)
}

fn write_rows(path: &Path, rows: &[(&TargetId, Point)]) -> Result<(), Error> {
    let mut new = OpenOptions::new();
    let new = new.write(true).create(true).truncate(true);
    let file = files::open_with(path, new).map_err(Error::io("create", path))?;
    write_columns(&file, rows).map_err(Error::parquet("write", path))?;
    file.sync_all().map_err(Error::io("sync", path))
}

fn write_columns(file: &File, rows: &[(&TargetId, Point)]) -> ParquetResult<()> {
    let column = |name: &str| ColumnPath::from(name);
    let properties = WriterProperties::builder()
        .set_created_by("gieng".into())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(PAGE_ROWS)
        .set_column_dictionary_enabled(column("at"), false)
        .set_column_encoding(column("at"), Encoding::DELTA_BINARY_PACKED)
        .set_column_dictionary_enabled(column("rtt_us"), false)
        .set_column_encoding(column("rtt_us"), Encoding::DELTA_BINARY_PACKED)
        .build();
    let mut out = SerializedFileWriter::new(file, SCHEMA.clone(), Arc::new(properties))?;
    for rows in rows.chunks(1 << 20) {
        let mut group = out.next_row_group()?;
        let mut at = 0;
        while let Some(mut column) = group.next_column()? {
            match at {
                TARGET => {
                    let values: Vec<FixedLenByteArray> = rows
                        .iter()
                        .map(|(t, _)| ByteArray::from(t.to_vec()).into())
                        .collect();
                    column
                        .typed::<FixedLenByteArrayType>()
                        .write_batch(&values, None, None)?;
                }
                AT => {
                    let values: Vec<i64> = rows.iter().map(|(_, p)| p.at_ms).collect();
                    column
                        .typed::<Int64Type>()
                        .write_batch(&values, None, None)?;
                }
                OUTCOME => {
                    let values: Vec<i32> = rows
                        .iter()
                        .map(|(_, p)| i32::from(p.outcome as u8))
                        .collect();
                    column
                        .typed::<Int32Type>()
                        .write_batch(&values, None, None)?;
                }
                _ => {
                    let values: Vec<i32> =
                        rows.iter().map(|(_, p)| p.rtt_us.cast_signed()).collect();
                    column
                        .typed::<Int32Type>()
                        .write_batch(&values, None, None)?;
                }
            }
            column.close()?;
            at += 1;
        }
        group.close()?;
    }
    out.finish()?;
    Ok(())
}

/// Hands a target's samples of a part to `each`, in order of time.
pub(super) fn read(
    part: &Part,
    target: &TargetId,
    from_ms: i64,
    to_ms: i64,
    mut each: impl FnMut(Sample),
) -> Result<(), Error> {
    let segment = Segment::open_with(&part.path, RTT + 1)?;
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
            let outcome = Outcome::from_code(outcome)
                .ok_or_else(|| Error::damaged(&part.path, "an unknown outcome"))?;
            if (from_ms..to_ms).contains(&at_ms) {
                each(Sample {
                    at_ms,
                    target: *target,
                    outcome,
                    rtt_us: rtt.cast_unsigned(),
                });
            }
        }
    }
    Ok(())
}
