//! A sealed part: the samples of one UTC day out of one log file, as Parquet.

use std::{
    fs::{File, OpenOptions},
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

use jiff::{civil::Date, tz::TimeZone};
use parquet::{
    basic::{Compression, Encoding, ZstdLevel},
    data_type::{
        ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArray, FixedLenByteArrayType,
        Int32Type, Int64Type,
    },
    errors::Result as ParquetResult,
    file::{
        properties::WriterProperties,
        writer::{SerializedColumnWriter, SerializedFileWriter},
    },
    schema::{
        parser::parse_message_type,
        types::{ColumnPath, TypePtr},
    },
};
use sha2::{Digest as _, Sha256};

use super::{
    Reading, Series, SubjectId, old,
    table::{self, Point, Table, kind},
};
use crate::{
    Error, files,
    segment::{PAGE_ROWS, Segment, ranges},
    set_apart,
};

/// Milliseconds of a day.
pub(super) const DAY_MS: i64 = 86_400_000;

// `reading` says which of `value` (a gauge) and `count` (a counter or state) counts, and whether
// there was an answer: see `table::kind`. `series` follows from what a row is about, and brings
// the rows of one series together.
const MESSAGE: &str = "
message series {
  required fixed_len_byte_array(16) series;
  required binary noun (utf8);
  required fixed_len_byte_array(16) subject (uuid);
  required binary label (utf8);
  required binary metric (utf8);
  required int64 at (timestamp(millis,true));
  required int32 reading (integer(8,false));
  required double value;
  required int64 count (integer(64,false));
}";

#[expect(
    clippy::expect_used,
    reason = "a constant that every test of series parses"
)]
static SCHEMA: LazyLock<TypePtr> =
    LazyLock::new(|| Arc::new(parse_message_type(MESSAGE).expect("a valid schema")));

const SERIES: usize = 0;
const NOUN: usize = 1;
const SUBJECT: usize = 2;
const LABEL: usize = 3;
const METRIC: usize = 4;
const AT: usize = 5;
const READING: usize = 6;
const VALUE: usize = 7;
const COUNT: usize = 8;

/// A sealed part on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub path: PathBuf,
    /// Days since 1970-01-01.
    pub day: i64,
    /// The log file it came from.
    pub log: u64,
    /// Whether a version wrote it that knew probes alone.
    is_old: bool,
}

impl Part {
    /// Reads its footer.
    pub(super) fn open(&self) -> Result<Segment, Error> {
        let columns = if self.is_old { old::COLUMNS } else { COUNT + 1 };
        Segment::open_with(&self.path, columns)
    }
}

fn date(day: i64) -> Date {
    domain::clock::from_ms(day * DAY_MS)
        .to_zoned(TimeZone::UTC)
        .date()
}

/// `2026-11-21-00000000000000000000-series.parquet`, or an old one's without the word.
fn parse(path: &Path) -> Option<Part> {
    let name = path.file_name()?.to_str()?.strip_suffix(".parquet")?;
    let (day, log) = name.split_at_checked(10)?;
    let day: Date = day.parse().ok()?;
    let start = day
        .to_zoned(TimeZone::UTC)
        .ok()?
        .timestamp()
        .as_millisecond();
    let log = log.strip_prefix('-')?;
    let new = log.strip_suffix("-series");
    Some(Part {
        path: path.to_owned(),
        day: start.div_euclid(DAY_MS),
        log: new.unwrap_or(log).parse().ok()?,
        is_old: new.is_none(),
    })
}

/// The parts in a folder; what an interrupted seal left is removed.
pub(super) fn list(dir: &Path, now: i64) -> Result<Vec<Part>, Error> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(Error::io("list", dir))? {
        let path = entry.map_err(Error::io("list", dir))?.path();
        if path.extension().is_some_and(|e| e == "tmp") && files::remove(&path).is_err() {
            // It is no file: in its place none could be written.
            set_apart(&path, now)?;
        }
        out.extend(parse(&path));
    }
    out.sort_unstable_by_key(|part| (part.day, part.log));
    Ok(out)
}

/// What the column `series` says of a series: the first half of the SHA-256 over its parts, each
/// text with its length (u64, big-endian) in front.
fn key(series: &Series) -> [u8; 16] {
    let mut hash = Sha256::new();
    let texts = [&series.noun, &series.label, &series.metric];
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    hash.update(series.subject);
    let whole: [u8; 32] = hash.finalize().into();
    let mut half = [0; 16];
    half.copy_from_slice(whole.split_at(16).0);
    half
}

/// A series as the columns take it.
struct About {
    key: FixedLenByteArray,
    noun: ByteArray,
    subject: FixedLenByteArray,
    label: ByteArray,
    metric: ByteArray,
}

impl About {
    fn new(series: &Series, key: [u8; 16]) -> Self {
        Self {
            key: ByteArray::from(key.to_vec()).into(),
            noun: series.noun.as_ref().into(),
            subject: ByteArray::from(series.subject.to_vec()).into(),
            label: series.label.as_ref().into(),
            metric: series.metric.as_ref().into(),
        }
    }
}

/// Writes all points of a log file, one part a day, each durable.
pub(super) fn write(dir: &Path, log: u64, table: &Table) -> Result<Vec<Part>, Error> {
    let mut all: Vec<([u8; 16], &Series, &[Point])> = (table.rows())
        .filter(|(_, points)| !points.is_empty())
        .map(|(series, points)| (key(series), series, points))
        .collect();
    all.sort_unstable_by_key(|(key, ..)| *key);
    let about: Vec<About> = (all.iter())
        .map(|(key, series, _)| About::new(series, *key))
        .collect();
    let day_of = |point: &Point| point.at_ms().div_euclid(DAY_MS);
    let mut days: Vec<i64> = (all.iter())
        .flat_map(|(.., points)| points.iter())
        .map(day_of)
        .collect();
    days.sort_unstable();
    days.dedup();
    let mut parts = Vec::new();
    for day in days {
        let mut rows: Vec<(&About, Point)> = Vec::new();
        for (about, (.., points)) in about.iter().zip(&all) {
            // In the order in which they came: by it a clock that was set back is told.
            let of_day = points.iter().filter(|point| day_of(point) == day);
            rows.extend(of_day.map(|point| (about, *point)));
        }
        let path = dir.join(format!("{}-{log:020}-series.parquet", date(day)));
        let temporary = path.with_extension("tmp");
        let written = write_rows(&temporary, &rows).and_then(|()| {
            std::fs::rename(&temporary, &path).map_err(Error::io("rename", &temporary))
        });
        if let Err(error) = written {
            let _ = files::remove(&temporary);
            return Err(error);
        }
        parts.push(Part {
            path,
            day,
            log,
            is_old: false,
        });
    }
    files::sync_dir(dir)?;
    Ok(parts)
}

fn write_rows(path: &Path, rows: &[(&About, Point)]) -> Result<(), Error> {
    let mut new = OpenOptions::new();
    let new = new.write(true).create(true).truncate(true);
    let file = files::open_with(path, new).map_err(Error::io("create", path))?;
    write_columns(&file, rows).map_err(Error::parquet("write", path))?;
    file.sync_all().map_err(Error::io("sync", path))
}

/// Writes a column of `T`, of each row what `of` says.
fn put<T: DataType>(
    mut column: SerializedColumnWriter<'_>,
    rows: &[(&About, Point)],
    of: impl Fn(&About, Point) -> T::T,
) -> ParquetResult<()> {
    // What is taken at once is bounded; a page is cut at its rows whatever comes in one piece.
    for rows in rows.chunks(PAGE_ROWS) {
        let values: Vec<T::T> = rows
            .iter()
            .map(|(about, point)| of(about, *point))
            .collect();
        column.typed::<T>().write_batch(&values, None, None)?;
    }
    column.close()
}

fn write_columns(file: &File, rows: &[(&About, Point)]) -> ParquetResult<()> {
    let column = |name: &str| ColumnPath::from(name);
    let mut properties = WriterProperties::builder()
        .set_created_by("gieng".into())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(PAGE_ROWS);
    // Without dictionaries, whose end would cut a page early: reading goes by whole pages.
    for (name, encoding) in [
        ("series", Encoding::PLAIN),
        ("at", Encoding::DELTA_BINARY_PACKED),
        ("value", Encoding::BYTE_STREAM_SPLIT),
        ("count", Encoding::DELTA_BINARY_PACKED),
    ] {
        properties = properties
            .set_column_dictionary_enabled(column(name), false)
            .set_column_encoding(column(name), encoding);
    }
    let properties = Arc::new(properties.build());
    let mut out = SerializedFileWriter::new(file, SCHEMA.clone(), properties)?;
    for rows in rows.chunks(1 << 20) {
        let mut group = out.next_row_group()?;
        let mut at = 0;
        while let Some(column) = group.next_column()? {
            match at {
                SERIES => put::<FixedLenByteArrayType>(column, rows, |a, _| a.key.clone()),
                NOUN => put::<ByteArrayType>(column, rows, |a, _| a.noun.clone()),
                SUBJECT => put::<FixedLenByteArrayType>(column, rows, |a, _| a.subject.clone()),
                LABEL => put::<ByteArrayType>(column, rows, |a, _| a.label.clone()),
                METRIC => put::<ByteArrayType>(column, rows, |a, _| a.metric.clone()),
                AT => put::<Int64Type>(column, rows, |_, p| p.at_ms()),
                READING => put::<Int32Type>(column, rows, |_, p| p.kind().into()),
                VALUE => put::<DoubleType>(column, rows, |_, p| match p.reading() {
                    Reading::Gauge(value) => value,
                    _ => 0.0,
                }),
                _ => put::<Int64Type>(column, rows, |_, p| match p.kind() {
                    kind::GAUGE => 0,
                    _ => p.bits().cast_signed(),
                }),
            }?;
            at += 1;
        }
        group.close()?;
    }
    out.finish()?;
    Ok(())
}

/// Hands a series' samples of a part to `each`, as they came.
pub(super) fn read(
    part: &Part,
    series: &Series,
    (from_ms, to_ms): (i64, i64),
    mut each: impl FnMut(i64, Reading),
) -> Result<(), Error> {
    let Part { path, is_old, .. } = part;
    if *is_old {
        let subject: &SubjectId = &series.subject;
        let about = (series.noun.as_ref(), subject, series.metric.as_ref());
        return old::read(part, about, (from_ms, to_ms), each);
    }
    let key = key(series);
    let segment = part.open()?;
    for number in 0..segment.groups() {
        let group = segment.group(number)?;
        let pages = group.pages_with(SERIES, (&key, &key));
        if pages.is_empty() {
            continue;
        }
        let keys = group.ids(SERIES, &pages)?;
        let rows = pages
            .iter()
            .flat_map(Clone::clone)
            .zip(&keys)
            .filter(|(_, of)| **of == key)
            .map(|(row, _)| row);
        let rows = ranges(rows);
        let at = group.int64(AT, &rows)?;
        let kinds = group.small(READING, &rows)?;
        let values = group.double(VALUE, &rows)?;
        let counts = group.int64(COUNT, &rows)?;
        for (((at_ms, kind), value), count) in at.into_iter().zip(kinds).zip(values).zip(counts) {
            if !(from_ms..to_ms).contains(&at_ms) {
                continue;
            }
            let bits = match kind {
                kind::GAUGE => value.to_bits(),
                _ => count.cast_unsigned(),
            };
            let reading = table::decode(kind, bits)
                .ok_or_else(|| Error::damaged(path, "an unknown reading"))?;
            each(at_ms, reading);
        }
    }
    Ok(())
}
