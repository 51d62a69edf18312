//! How samples lie in the write-ahead log.
//!
//! A block names the series that no block before it in the file has named (their count as u32;
//! for each noun, label and metric with their lengths as u16 in front, and 16 bytes of id between
//! noun and label), in the order of their numbers. Behind them are the samples: number (u32),
//! stamp (i64: milliseconds times eight, and the kind of reading) and bits (u64). Integers are
//! little-endian.

use std::borrow::Cow;

use super::{
    Series, old,
    table::{Point, Table},
};
use crate::wal::Kind;

/// Length of a sample.
const SAMPLE: usize = 4 + 8 + 8;

fn put_text(text: &str, out: &mut Vec<u8>) {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend(text.bytes().take(length.into()));
}

/// Writes a block's payload: the series from one number until before another, and samples.
pub(super) fn encode(
    table: &Table,
    (from, to): (u32, u32),
    samples: &[(u32, Point)],
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(&to.saturating_sub(from).to_le_bytes());
    for series in (from..to).filter_map(|number| table.series(number)) {
        put_text(&series.noun, out);
        out.extend_from_slice(&series.subject);
        put_text(&series.label, out);
        put_text(&series.metric, out);
    }
    for (number, point) in samples {
        let (stamp, bits) = point.parts();
        out.extend_from_slice(&number.to_le_bytes());
        out.extend_from_slice(&stamp.to_le_bytes());
        out.extend_from_slice(&bits.to_le_bytes());
    }
}

/// Reads a block's payload into the file's table; none where it is none.
pub(super) fn decode(kind: Kind, payload: &[u8], table: &mut Table) -> Option<()> {
    if kind == Kind::Samples {
        return old::decode_block(payload, table);
    }
    let (new, mut rest) = take_u32(payload)?;
    for _ in 0..new {
        let noun = take_text(&mut rest)?;
        let (subject, after) = rest.split_first_chunk::<16>()?;
        rest = after;
        let label = take_text(&mut rest)?;
        let metric = take_text(&mut rest)?;
        let known = table.len();
        let series = Series {
            noun: Cow::Owned(noun),
            subject: *subject,
            label: Cow::Owned(label),
            metric: Cow::Owned(metric),
        };
        // Named twice, later numbers would mean others.
        if table.number(&series) != known {
            return None;
        }
    }
    let samples = rest.chunks_exact(SAMPLE);
    if !samples.remainder().is_empty() {
        return None;
    }
    for sample in samples {
        let (number, rest) = take_u32(sample)?;
        let (stamp, bits) = rest.split_first_chunk::<8>()?;
        let bits = u64::from_le_bytes(bits.try_into().ok()?);
        let point = Point::from_parts(i64::from_le_bytes(*stamp), bits)?;
        if !table.push(number, point) {
            return None;
        }
    }
    Some(())
}

fn take_u32(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*number), rest))
}

fn take_text(bytes: &mut &[u8]) -> Option<String> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    let (text, rest) = rest.split_at_checked(u16::from_le_bytes(*length).into())?;
    *bytes = rest;
    // What was cut at the end of its room is no whole text any more.
    Some(String::from_utf8_lossy(text).into_owned())
}
