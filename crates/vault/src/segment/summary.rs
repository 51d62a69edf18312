//! What is said of the rows of a segment, in its footer and in the list of segments. Search
//! passes over rows by it, and so do other engines: a verification holds it against the rows.

use std::borrow::Cow;

use parquet::file::{
    page_index::column_index::{ByteArrayColumnIndex, ColumnIndexMetaData},
    statistics::Statistics,
};

use super::{
    PAGE_ROWS,
    read::{Column, RowGroup, Segment},
};
use crate::{
    Record,
    catalogue::Entry,
    line::{self, Line, Share},
    sources::Sources,
};

/// Longest value that a footer tells whole; of a longer one it tells bounds.
const WHOLE: usize = 64;

const COLUMNS: [Column; 13] = [
    Column::Index,
    Column::ReceivedAt,
    Column::SentAt,
    Column::Source,
    Column::Unit,
    Column::Peer,
    Column::Transport,
    Column::Flags,
    Column::Facility,
    Column::Severity,
    Column::Host,
    Column::Application,
    Column::Raw,
];

/// What the list and the footer say of a whole segment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Summary {
    /// Smallest and largest time of receipt, unix milliseconds.
    pub received: (i64, i64),
    /// Smallest (gravest) severity.
    pub severity: u8,
    pub sources: Sources,
}

impl Default for Summary {
    fn default() -> Self {
        Self {
            received: (i64::MAX, i64::MIN),
            severity: u8::MAX,
            sources: Sources::default(),
        }
    }
}

impl Summary {
    pub(crate) fn add(&mut self, line: &Line<'_>) {
        let at = line.received_at_ms;
        self.received = (self.received.0.min(at), self.received.1.max(at));
        self.severity = self.severity.min(line::code(line.severity));
        self.sources.add(&Share::of(line));
    }
}

impl Segment {
    /// What an entry in the list says otherwise than the footer does; cheap.
    pub(crate) fn contradicts(&self, entry: &Entry) -> Option<&'static str> {
        let chunks = entry.chunks.split_last().map_or(&[][..], |(_, c)| c);
        let ends = chunks.iter().map(|c| (c.count, c.end));
        if !ends.eq(self.group_ends()) {
            return Some("chunks");
        }
        if chunks.iter().map(|c| c.count).sum::<u64>() != entry.count {
            return Some("count");
        }
        let number = |key: &str| self.footer(key)?.parse::<u64>().ok();
        if number("gieng.first") != Some(entry.first) || number("gieng.count") != Some(entry.count)
        {
            return Some("first, count");
        }
        let groups = (0..chunks.len()).filter_map(|n| self.group(n).ok());
        let (mut received, mut severity) = (Vec::new(), Vec::new());
        for group in groups {
            received.extend(group.bounds(Column::ReceivedAt));
            severity.extend(group.bounds(Column::Severity));
        }
        // A footer without bounds is held against the rows only.
        if received.len() == chunks.len() {
            let first = received.iter().map(|r| r.0).min();
            let last = received.iter().map(|r| r.1).max();
            if first.zip(last).is_some_and(|told| told != entry.received) {
                return Some("received");
            }
        }
        if severity.len() == chunks.len() {
            let gravest = severity.iter().map(|s| s.0).min();
            if gravest.is_some_and(|told| told != i64::from(entry.severity)) {
                return Some("severity");
            }
        }
        None
    }
}

/// A value as the footer orders it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Value<'a> {
    Number(i64),
    Bytes(Cow<'a, [u8]>),
}

type Bounds<'a> = (Value<'a>, Value<'a>);

impl RowGroup<'_> {
    /// The rows in file order, read as a search reads them: every page once after pages that
    /// were passed over, so that an index that leads elsewhere gives other rows.
    pub(crate) fn rows_by_pages(&self) -> Result<Vec<Record>, crate::Error> {
        let rows = self.all().first().map_or(0, |all| all.end);
        let page = |number: usize| number * PAGE_ROWS..((number + 1) * PAGE_ROWS).min(rows);
        let pages = rows.div_ceil(PAGE_ROWS);
        let even: Vec<_> = (0..pages).step_by(2).map(page).collect();
        let odd: Vec<_> = (1..pages).step_by(2).map(page).collect();
        let mut odd = self.records(&odd)?.into_iter();
        let mut even = self.records(&even)?.into_iter();
        let mut out = Vec::with_capacity(rows);
        for number in 0..pages {
            let half = if number % 2 == 0 { &mut even } else { &mut odd };
            out.extend(half.take(PAGE_ROWS));
        }
        Ok(out)
    }

    /// The first column of which the footer or the page index does not tell what the rows,
    /// given in file order, hold.
    pub(crate) fn misleads(&self, rows: &[Record]) -> Option<Column> {
        COLUMNS
            .into_iter()
            .find(|column| self.column_misleads(*column, rows).unwrap_or(true))
    }

    /// `None` when what is told cannot be read.
    fn column_misleads(&self, column: Column, rows: &[Record]) -> Option<bool> {
        let chunk = self.metadata(column);
        let told = match chunk.statistics() {
            Some(statistics) => {
                let told = of_statistics(statistics);
                if !tells(told, statistics.null_count_opt(), column, rows) {
                    return Some(true);
                }
                true
            }
            None => false,
        };
        // Nothing of ours writes a filter, which could leave a value out.
        if chunk.bloom_filter_offset().is_some() || (told && column == Column::Raw) {
            return Some(true);
        }
        let index = self.page_index();
        let pages = rows.chunks(PAGE_ROWS);
        if let Some(places) = index.offset_index(column.into()) {
            let begins = (places.page_locations().iter())
                .map(|p| usize::try_from(p.first_row_index).unwrap_or(usize::MAX));
            if !begins.eq((0..pages.len()).map(|page| page * PAGE_ROWS)) {
                return Some(true);
            }
        }
        let Some(index) = index.column_index(column.into()) else {
            return Some(false);
        };
        if usize::try_from(index.num_pages()).ok()? != pages.len() {
            return Some(true);
        }
        for (page, rows) in pages.enumerate() {
            let nulls = index.null_count(page).map(u64::try_from).transpose().ok()?;
            if !tells(of_page(index, page), nulls, column, rows) {
                return Some(true);
            }
        }
        Some(false)
    }
}

/// Whether bounds and the number of rows without a value are those of the rows.
fn tells(told: Option<Bounds<'_>>, nulls: Option<u64>, column: Column, rows: &[Record]) -> bool {
    let mut bounds: Option<Bounds<'_>> = None;
    let mut without = 0;
    for value in rows.iter().map(|row| value(row, column)) {
        match (value, &mut bounds) {
            (None, _) => without += 1,
            (Some(value), None) => bounds = Some((value.clone(), value)),
            (Some(value), Some((least, _))) if value < *least => *least = value,
            (Some(value), Some((_, most))) if value > *most => *most = value,
            _ => {}
        }
    }
    if nulls.is_some_and(|told| told != without) {
        return false;
    }
    match (told, bounds) {
        (Some(told), Some((least, most))) => {
            (told.0 == least || (is_long(&least) && told.0 < least))
                && (told.1 == most || (is_long(&most) && told.1 > most))
        }
        (told, bounds) => told.is_none() && bounds.is_none(),
    }
}

fn is_long(value: &Value<'_>) -> bool {
    matches!(value, Value::Bytes(bytes) if bytes.len() > WHOLE)
}

fn value(row: &Record, column: Column) -> Option<Value<'_>> {
    let number = |n: u8| Some(Value::Number(n.into()));
    let bytes = |b| Some(Value::Bytes(Cow::Borrowed(b)));
    match column {
        Column::Index => Some(Value::Number(i64::try_from(row.index).unwrap_or(i64::MAX))),
        Column::ReceivedAt => Some(Value::Number(row.received_at_ms)),
        Column::SentAt => row.sent_at_ms.map(Value::Number),
        Column::Source => bytes(&row.source[..]),
        Column::Unit => bytes(&row.unit),
        Column::Peer => Some(Value::Bytes(row.peer.to_string().into_bytes().into())),
        Column::Transport => number(row.transport as u8),
        Column::Flags => number(row.flags.0),
        Column::Facility => number(line::code(row.facility)),
        Column::Severity => number(line::code(row.severity)),
        Column::Host => bytes(row.host.as_bytes()),
        Column::Application => bytes(row.application.as_bytes()),
        Column::Raw => bytes(&row.raw),
    }
}

fn of_statistics(statistics: &Statistics) -> Option<Bounds<'_>> {
    let number = |n: i64| Value::Number(n);
    match statistics {
        Statistics::Int64(s) => Some((number(*s.min_opt()?), number(*s.max_opt()?))),
        Statistics::Int32(s) => Some((
            number((*s.min_opt()?).into()),
            number((*s.max_opt()?).into()),
        )),
        _ => Some((
            Value::Bytes(statistics.min_bytes_opt()?.into()),
            Value::Bytes(statistics.max_bytes_opt()?.into()),
        )),
    }
}

fn of_page(index: &ColumnIndexMetaData, page: usize) -> Option<Bounds<'_>> {
    let bytes = |index: &'_ ByteArrayColumnIndex| {
        Some((
            Value::Bytes(index.min_value(page)?.to_vec().into()),
            Value::Bytes(index.max_value(page)?.to_vec().into()),
        ))
    };
    match index {
        ColumnIndexMetaData::INT64(index) => Some((
            Value::Number(*index.min_value(page)?),
            Value::Number(*index.max_value(page)?),
        )),
        ColumnIndexMetaData::INT32(index) => Some((
            Value::Number((*index.min_value(page)?).into()),
            Value::Number((*index.max_value(page)?).into()),
        )),
        ColumnIndexMetaData::BYTE_ARRAY(index)
        | ColumnIndexMetaData::FIXED_LEN_BYTE_ARRAY(index) => bytes(index),
        _ => None,
    }
}
