//! One chunk (row group) on its way to disk: records sorted by application and host.

use std::collections::HashMap;

use bytes::Bytes;
use parquet::{
    data_type::{
        ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int64Type,
    },
    errors::Result,
    file::writer::SerializedFileWriter,
};

use crate::line::{self, Line};

/// Encoded records of a chunk, in arrival order.
#[derive(Default)]
pub(super) struct Chunk {
    /// Number of the first record.
    pub first: u64,
    pub records: Vec<Bytes>,
    pub bytes: usize,
}

/// One decoded record that still borrows from its encoding.
struct Row<'a> {
    index: u64,
    line: Line<'a>,
    bytes: &'a Bytes,
}

impl Chunk {
    /// Writes the chunk as a row group. Records that cannot be decoded do not
    /// occur: they carry the checksum under which they were encoded.
    pub(super) fn write<W: std::io::Write + Send>(
        &self,
        file: &mut SerializedFileWriter<W>,
    ) -> Result<()> {
        let rows = self.sorted();
        let mut group = file.next_row_group()?;
        let int64 = |f: fn(&Row<'_>) -> i64| rows.iter().map(f).collect::<Vec<i64>>();
        let int32 = |f: fn(&Line<'_>) -> u8| {
            rows.iter()
                .map(|r| i32::from(f(&r.line)))
                .collect::<Vec<i32>>()
        };
        let fixed = |f: fn(&Line<'_>) -> [u8; 16]| {
            runs(
                &rows,
                |r| f(&r.line),
                |id| FixedLenByteArray::from(ByteArray::from(id.to_vec())),
            )
        };
        let slice = |row: &Row<'_>, part: &[u8]| ByteArray::from(row.bytes.slice_ref(part));
        let mut at = 0;
        while let Some(mut column) = group.next_column()? {
            match at {
                0 => write_int64(
                    &mut column,
                    &int64(|r| i64::try_from(r.index).unwrap_or(i64::MAX)),
                    None,
                )?,
                1 => write_int64(&mut column, &int64(|r| r.line.received_at_ms), None)?,
                2 => {
                    let values: Vec<i64> = rows.iter().filter_map(|r| r.line.sent_at_ms).collect();
                    let levels: Vec<i16> = rows
                        .iter()
                        .map(|r| i16::from(r.line.sent_at_ms.is_some()))
                        .collect();
                    write_int64(&mut column, &values, Some(&levels))?;
                }
                3 => write_fixed(&mut column, &fixed(|l| l.source))?,
                4 => write_fixed(&mut column, &fixed(|l| l.unit))?,
                5 => write_bytes(
                    &mut column,
                    &runs(
                        &rows,
                        |r| r.line.peer,
                        |peer| ByteArray::from(peer.to_string().into_bytes()),
                    ),
                )?,
                6 => write_int32(&mut column, &int32(|l| l.transport as u8))?,
                7 => write_int32(&mut column, &int32(|l| l.flags.0))?,
                8 => write_int32(&mut column, &int32(|l| line::code(l.facility)))?,
                9 => write_int32(&mut column, &int32(|l| line::code(l.severity)))?,
                10 => write_bytes(
                    &mut column,
                    &rows
                        .iter()
                        .map(|r| slice(r, r.line.host.as_bytes()))
                        .collect::<Vec<_>>(),
                )?,
                11 => write_bytes(
                    &mut column,
                    &rows
                        .iter()
                        .map(|r| slice(r, r.line.application.as_bytes()))
                        .collect::<Vec<_>>(),
                )?,
                _ => write_bytes(
                    &mut column,
                    &rows
                        .iter()
                        .map(|r| slice(r, r.line.raw))
                        .collect::<Vec<_>>(),
                )?,
            }
            column.close()?;
            at += 1;
        }
        group.close()?;
        Ok(())
    }

    /// By application, then host, then arrival. There are few pairs of application
    /// and host, so the pairs are sorted and the rows dealt out to them.
    fn sorted(&self) -> Vec<Row<'_>> {
        let mut pairs: HashMap<(&str, &str), usize> = HashMap::new();
        let mut decoded = Vec::with_capacity(self.records.len());
        for (n, bytes) in self.records.iter().enumerate() {
            let Some(line) = Line::decode(bytes) else {
                continue;
            };
            let next = pairs.len();
            let pair = *pairs.entry((line.application, line.host)).or_insert(next);
            decoded.push((
                pair,
                Row {
                    index: self.first + n as u64,
                    line,
                    bytes,
                },
            ));
        }
        let mut order: Vec<_> = pairs.into_iter().collect();
        order.sort_unstable();
        let mut rank = vec![0; order.len()];
        for (place, (_, pair)) in order.iter().enumerate() {
            if let Some(rank) = rank.get_mut(*pair) {
                *rank = place;
            }
        }
        decoded.sort_by_key(|(pair, _)| rank.get(*pair).copied());
        decoded.into_iter().map(|(_, row)| row).collect()
    }
}

/// Makes a value once for each run of equal keys.
fn runs<K: PartialEq, V: Clone>(
    rows: &[Row<'_>],
    key: impl Fn(&Row<'_>) -> K,
    value: impl Fn(&K) -> V,
) -> Vec<V> {
    let mut out: Vec<V> = Vec::with_capacity(rows.len());
    let mut last: Option<(K, V)> = None;
    for row in rows {
        let k = key(row);
        match &last {
            Some((known, v)) if *known == k => out.push(v.clone()),
            _ => {
                let v = value(&k);
                out.push(v.clone());
                last = Some((k, v));
            }
        }
    }
    out
}

type Writer<'a> = parquet::file::writer::SerializedColumnWriter<'a>;

fn write_int64(column: &mut Writer<'_>, values: &[i64], levels: Option<&[i16]>) -> Result<()> {
    column
        .typed::<Int64Type>()
        .write_batch(values, levels, None)
        .map(drop)
}

fn write_int32(column: &mut Writer<'_>, values: &[i32]) -> Result<()> {
    column
        .typed::<Int32Type>()
        .write_batch(values, None, None)
        .map(drop)
}

fn write_fixed(column: &mut Writer<'_>, values: &[FixedLenByteArray]) -> Result<()> {
    column
        .typed::<FixedLenByteArrayType>()
        .write_batch(values, None, None)
        .map(drop)
}

fn write_bytes(column: &mut Writer<'_>, values: &[ByteArray]) -> Result<()> {
    column
        .typed::<ByteArrayType>()
        .write_batch(values, None, None)
        .map(drop)
}
