//! Reading a segment: only the columns and rows that are asked for.

use std::{
    fs::File,
    ops::Range,
    path::{Path, PathBuf},
};

use parquet::{
    column::reader::{ColumnReaderImpl, get_typed_column_reader},
    data_type::{
        ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArray, FixedLenByteArrayType,
        Int32Type, Int64Type,
    },
    file::{
        metadata::{ColumnChunkMetaData, page_index::RowGroupPageIndex},
        page_index::column_index::ColumnIndexMetaData,
        reader::{FileReader, RowGroupReader},
        serialized_reader::{ReadOptionsBuilder, SerializedFileReader},
    },
};

use super::PAGE_ROWS;
use crate::{
    Error, Record, files,
    line::{self, Flags, Transport},
    sources::Sources,
};

/// The columns, by their place in the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Index,
    ReceivedAt,
    SentAt,
    Source,
    Unit,
    Peer,
    Transport,
    Flags,
    Facility,
    Severity,
    Host,
    Application,
    Raw,
}

impl From<Column> for usize {
    fn from(column: Column) -> Self {
        column as Self
    }
}

/// An open segment, of lines or of samples.
pub(crate) struct Segment {
    path: PathBuf,
    reader: SerializedFileReader<File>,
}

/// A chunk of a segment. Rows are numbered from 0 in file order.
pub(crate) struct RowGroup<'s> {
    path: &'s Path,
    reader: Box<dyn RowGroupReader + 's>,
    segment: &'s Segment,
    number: usize,
    rows: usize,
}

type Result<T> = std::result::Result<T, Error>;

impl Segment {
    /// Opens a segment of lines.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        Self::open_with(path, Column::Raw as usize + 1)
    }

    /// Opens a file with so many columns.
    pub(crate) fn open_with(path: &Path, wanted: usize) -> Result<Self> {
        let file = files::open(path).map_err(Error::io("open", path))?;
        let options = ReadOptionsBuilder::new().with_page_index().build();
        let reader = SerializedFileReader::new_with_options(file, options)
            .map_err(Error::parquet("open", path))?;
        let columns = reader
            .metadata()
            .file_metadata()
            .schema_descr()
            .num_columns();
        if columns != wanted {
            return Err(Error::damaged(path, format!("it has {columns} columns")));
        }
        Ok(Self {
            path: path.to_owned(),
            reader,
        })
    }

    pub(crate) fn groups(&self) -> usize {
        self.reader.num_row_groups()
    }

    pub(crate) fn group(&self, number: usize) -> Result<RowGroup<'_>> {
        let reader = self
            .reader
            .get_row_group(number)
            .map_err(Error::parquet("read", &self.path))?;
        let rows = usize::try_from(reader.metadata().num_rows()).unwrap_or(0);
        Ok(RowGroup {
            path: &self.path,
            reader,
            segment: self,
            number,
            rows,
        })
    }

    /// Of each row group: how many rows it has, and where in the file it ends.
    pub(crate) fn group_ends(&self) -> Vec<(u64, u64)> {
        let groups = self.reader.metadata().row_groups().iter();
        groups
            .map(|group| {
                let ends = group.columns().iter().map(|column| {
                    let (start, length) = column.byte_range();
                    start + length
                });
                let rows = u64::try_from(group.num_rows()).unwrap_or(0);
                (rows, ends.max().unwrap_or(0))
            })
            .collect()
    }

    pub(super) fn footer(&self, key: &str) -> Option<&str> {
        let pairs = self
            .reader
            .metadata()
            .file_metadata()
            .key_value_metadata()?;
        pairs.iter().find(|pair| pair.key == key)?.value.as_deref()
    }

    /// The statistics of its sources, as the footer says.
    pub(crate) fn sources(&self) -> Option<Sources> {
        Sources::from_json(self.footer("gieng.sources")?)
    }
}

impl RowGroup<'_> {
    /// All rows, as the ranges that reading takes.
    pub(crate) fn all(&self) -> Vec<Range<usize>> {
        std::iter::once(0..self.rows).collect()
    }

    /// Smallest and largest value of an integer column, when the footer tells.
    pub(crate) fn bounds(&self, column: impl Into<usize>) -> Option<(i64, i64)> {
        use parquet::file::statistics::Statistics;
        match self.reader.metadata().column(column.into()).statistics()? {
            Statistics::Int64(s) => Some((*s.min_opt()?, *s.max_opt()?)),
            Statistics::Int32(s) => Some(((*s.min_opt()?).into(), (*s.max_opt()?).into())),
            _ => None,
        }
    }

    pub(super) fn metadata(&self, column: Column) -> &ColumnChunkMetaData {
        self.reader.metadata().column(column.into())
    }

    pub(super) fn page_index(&self) -> RowGroupPageIndex {
        let metadata = self.segment.reader.metadata();
        metadata.page_index_for_row_group(self.number)
    }

    /// The pages (runs of [`PAGE_ROWS`] rows) in which an id column may hold a value
    /// that `wanted` (its smallest and largest) reaches.
    pub(crate) fn pages_with(
        &self,
        column: impl Into<usize>,
        wanted: (&[u8], &[u8]),
    ) -> Vec<Range<usize>> {
        let whole = self.all();
        let index = self.page_index();
        let Some(ColumnIndexMetaData::FIXED_LEN_BYTE_ARRAY(index)) =
            index.column_index(column.into())
        else {
            return whole;
        };
        let pages = usize::try_from(index.num_pages()).unwrap_or(0);
        if pages != self.rows.div_ceil(PAGE_ROWS) {
            return whole;
        }
        let mut out: Vec<Range<usize>> = Vec::new();
        for page in 0..pages {
            let reaches = match (index.min_value(page), index.max_value(page)) {
                (Some(min), Some(max)) => min <= wanted.1 && max >= wanted.0,
                _ => true,
            };
            if reaches {
                let rows = page * PAGE_ROWS..((page + 1) * PAGE_ROWS).min(self.rows);
                match out.last_mut() {
                    Some(last) if last.end == rows.start => last.end = rows.end,
                    _ => out.push(rows),
                }
            }
        }
        out
    }

    fn column<T: DataType>(&self, column: impl Into<usize>) -> Result<ColumnReaderImpl<T>> {
        let reader = self
            .reader
            .get_column_reader(column.into())
            .map_err(Error::parquet("read", self.path))?;
        Ok(get_typed_column_reader::<T>(reader))
    }

    /// The values of the rows in `ranges`, which are in order and do not overlap.
    fn values<T: DataType>(
        &self,
        column: impl Into<usize>,
        ranges: &[Range<usize>],
    ) -> Result<(Vec<T::T>, Vec<i16>)> {
        let column = column.into();
        let mut reader = self.column::<T>(column)?;
        let total = ranges.iter().map(ExactSizeIterator::len).sum();
        let (mut values, mut levels) = (Vec::with_capacity(total), Vec::new());
        let mut at = 0;
        for range in ranges {
            let fail = Error::parquet("read", self.path);
            let skipped = reader.skip_records(range.start - at).map_err(fail)?;
            let fail = Error::parquet("read", self.path);
            let (read, _, _) = reader
                .read_records(range.len(), Some(&mut levels), None, &mut values)
                .map_err(fail)?;
            if skipped != range.start - at || read != range.len() {
                return Err(Error::damaged(
                    self.path,
                    format!("column {column} ends early"),
                ));
            }
            at = range.end;
        }
        Ok((values, levels))
    }

    /// As many values as the ranges have rows.
    fn whole<T: DataType>(
        &self,
        column: impl Into<usize>,
        ranges: &[Range<usize>],
    ) -> Result<Vec<T::T>> {
        let column = column.into();
        let (values, _) = self.values::<T>(column, ranges)?;
        if values.len() != ranges.iter().map(ExactSizeIterator::len).sum::<usize>() {
            return Err(Error::damaged(
                self.path,
                format!("column {column} has gaps"),
            ));
        }
        Ok(values)
    }

    /// Values of a 64-bit column without nulls.
    pub(crate) fn int64(
        &self,
        column: impl Into<usize>,
        ranges: &[Range<usize>],
    ) -> Result<Vec<i64>> {
        self.whole::<Int64Type>(column, ranges)
    }

    /// Values of a 32-bit column.
    pub(crate) fn int32(
        &self,
        column: impl Into<usize>,
        ranges: &[Range<usize>],
    ) -> Result<Vec<i32>> {
        self.whole::<Int32Type>(column, ranges)
    }

    /// Values of a column of floating-point numbers without nulls.
    pub(crate) fn double(
        &self,
        column: impl Into<usize>,
        ranges: &[Range<usize>],
    ) -> Result<Vec<f64>> {
        self.whole::<DoubleType>(column, ranges)
    }

    /// Values of a small unsigned column.
    pub(crate) fn small(
        &self,
        column: impl Into<usize>,
        ranges: &[Range<usize>],
    ) -> Result<Vec<u8>> {
        let values = self.whole::<Int32Type>(column, ranges)?;
        Ok(values
            .into_iter()
            .map(|v| u8::try_from(v).unwrap_or(u8::MAX))
            .collect())
    }

    /// Values of an id column.
    pub(crate) fn ids(
        &self,
        column: impl Into<usize>,
        ranges: &[Range<usize>],
    ) -> Result<Vec<[u8; 16]>> {
        let values = self.whole::<FixedLenByteArrayType>(column, ranges)?;
        let id = |v: &FixedLenByteArray| {
            v.data()
                .try_into()
                .map_err(|_| Error::damaged(self.path, "an id has not 16 bytes"))
        };
        values.iter().map(id).collect()
    }

    /// Values of a column of bytes or text.
    pub(crate) fn bytes(
        &self,
        column: impl Into<usize>,
        ranges: &[Range<usize>],
    ) -> Result<Vec<ByteArray>> {
        self.whole::<ByteArrayType>(column, ranges)
    }

    /// Hands the raw lines of `ranges` to `each` with their rows, a page's worth at a time.
    pub(crate) fn each_raw(
        &self,
        ranges: &[Range<usize>],
        mut each: impl FnMut(usize, &[u8]) -> Result<()>,
    ) -> Result<()> {
        let mut reader = self.column::<ByteArrayType>(Column::Raw)?;
        let mut at = 0;
        let mut values: Vec<ByteArray> = Vec::new();
        for range in ranges {
            reader
                .skip_records(range.start - at)
                .map_err(Error::parquet("read", self.path))?;
            at = range.start;
            while at < range.end {
                values.clear();
                let n = PAGE_ROWS.min(range.end - at);
                let (read, _, _) = reader
                    .read_records(n, None, None, &mut values)
                    .map_err(Error::parquet("read", self.path))?;
                if read == 0 || values.len() != read {
                    return Err(Error::damaged(self.path, "column raw ends early"));
                }
                for (i, value) in values.iter().enumerate() {
                    each(at + i, value.data())?;
                }
                at += read;
            }
        }
        Ok(())
    }

    /// Whole records of the rows in `ranges`, in file order.
    pub(crate) fn records(&self, ranges: &[Range<usize>]) -> Result<Vec<Record>> {
        let index = self.int64(Column::Index, ranges)?;
        let mut received = self.int64(Column::ReceivedAt, ranges)?.into_iter();
        let (sent, sent_levels) = self.values::<Int64Type>(Column::SentAt, ranges)?;
        let (mut sent, mut sent_levels) = (sent.into_iter(), sent_levels.into_iter());
        let mut source = self.ids(Column::Source, ranges)?.into_iter();
        let mut unit = self.ids(Column::Unit, ranges)?.into_iter();
        let mut peer = self.bytes(Column::Peer, ranges)?.into_iter();
        let mut transport = self.small(Column::Transport, ranges)?.into_iter();
        let mut flags = self.small(Column::Flags, ranges)?.into_iter();
        let mut facility = self.small(Column::Facility, ranges)?.into_iter();
        let mut severity = self.small(Column::Severity, ranges)?.into_iter();
        let mut host = self.bytes(Column::Host, ranges)?.into_iter();
        let mut application = self.bytes(Column::Application, ranges)?.into_iter();
        let mut raw = self.bytes(Column::Raw, ranges)?.into_iter();
        let damaged = |what: &str| Error::damaged(self.path, what);
        let ends = || damaged("a column ends early");
        let text = |value: ByteArray| {
            String::from_utf8(value.data().to_vec()).map_err(|_| damaged("a text is not UTF-8"))
        };
        let address = |value: ByteArray| {
            let text = std::str::from_utf8(value.data()).ok();
            (text.and_then(|text| text.parse().ok())).ok_or_else(|| damaged("a peer is no address"))
        };
        let mut out = Vec::with_capacity(index.len());
        for index in index {
            out.push(Record {
                index: u64::try_from(index).map_err(|_| damaged("a negative record number"))?,
                received_at_ms: received.next().ok_or_else(ends)?,
                sent_at_ms: match sent_levels.next().ok_or_else(ends)? {
                    1 => Some(sent.next().ok_or_else(ends)?),
                    _ => None,
                },
                source: source.next().ok_or_else(ends)?,
                unit: unit.next().ok_or_else(ends)?,
                peer: address(peer.next().ok_or_else(ends)?)?,
                transport: Transport::from_code(transport.next().ok_or_else(ends)?)
                    .ok_or_else(|| damaged("an unknown transport"))?,
                flags: Flags(flags.next().ok_or_else(ends)?),
                facility: line::told(facility.next().ok_or_else(ends)?),
                severity: line::told(severity.next().ok_or_else(ends)?),
                host: text(host.next().ok_or_else(ends)?)?,
                application: text(application.next().ok_or_else(ends)?)?,
                raw: raw.next().ok_or_else(ends)?.data().to_vec(),
            });
        }
        Ok(out)
    }
}

/// Rows as ranges; `rows` are in order.
pub(crate) fn ranges(rows: impl IntoIterator<Item = usize>) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    for row in rows {
        match out.last_mut() {
            Some(last) if last.end == row => last.end += 1,
            _ => out.push(row..row + 1),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parquet::{
        column::writer::ColumnWriter,
        file::{properties::WriterProperties, writer::SerializedFileWriter},
        schema::parser::parse_message_type,
    };

    use super::{super::schema::MESSAGE, *};

    /// A file of two rows as a segment has them, whose second has nothing in one column.
    fn segment(path: &Path, gap: Option<Column>) -> Segment {
        let schema = parse_message_type(&MESSAGE.replace("required", "optional")).unwrap();
        let file = std::fs::File::create(path).unwrap();
        let properties = Arc::new(WriterProperties::default());
        let mut writer = SerializedFileWriter::new(file, Arc::new(schema), properties).unwrap();
        let mut group = writer.next_row_group().unwrap();
        let mut place = 0;
        while let Some(mut column) = group.next_column().unwrap() {
            let gap = gap.is_some_and(|gap| gap as usize == place);
            let (n, levels) = if gap { (1, [1, 0]) } else { (2, [1, 1]) };
            let levels = Some(&levels[..]);
            let text = || ByteArray::from("::1");
            match column.untyped() {
                ColumnWriter::Int64ColumnWriter(w) => w.write_batch(&[0, 1][..n], levels, None),
                ColumnWriter::Int32ColumnWriter(w) => w.write_batch(&[1, 1][..n], levels, None),
                ColumnWriter::ByteArrayColumnWriter(w) => {
                    w.write_batch(&[text(), text()][..n], levels, None)
                }
                ColumnWriter::FixedLenByteArrayColumnWriter(w) => {
                    let id = || FixedLenByteArray::from(vec![7; 16]);
                    w.write_batch(&[id(), id()][..n], levels, None)
                }
                _ => unreachable!("a segment has no other columns"),
            }
            .unwrap();
            column.close().unwrap();
            place += 1;
        }
        group.close().unwrap();
        writer.close().unwrap();
        Segment::open(path).unwrap()
    }

    #[test]
    fn a_segment_with_gaps_is_damaged() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.parquet");
        for gap in [None, Some(Column::SentAt)] {
            let segment = segment(&path, gap);
            let group = segment.group(0).unwrap();
            let records = group.records(&group.all()).unwrap();
            let sent: Vec<_> = records.iter().map(|r| r.sent_at_ms).collect();
            assert_eq!(sent, [Some(0), gap.is_none().then_some(1)]);
        }
        for gap in [
            Column::Index,
            Column::ReceivedAt,
            Column::Source,
            Column::Peer,
            Column::Transport,
            Column::Host,
            Column::Raw,
        ] {
            let segment = segment(&path, Some(gap));
            let group = segment.group(0).unwrap();
            let read = group.records(&group.all());
            assert!(matches!(read, Err(Error::Damaged { .. })), "{read:?}");
            if gap as usize == Column::Raw as usize {
                let read = group.each_raw(&group.all(), |_, _| Ok(()));
                assert!(read.is_err());
            }
        }
    }
}
