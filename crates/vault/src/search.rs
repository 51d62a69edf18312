//! Search by time, source, unit, severity and text.

use std::{
    collections::HashSet,
    net::IpAddr,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use domain::{claim::log_name, net::Prefix};

use crate::{
    Error, Record,
    catalogue::Entry,
    found::Match,
    line::{self, Flags, Line, SourceId, UnitId},
    matcher::Matcher,
    segment::{Column, RowGroup, Segment, ranges},
    state::{Block, Shared, Unsealed, View},
    wal,
};

/// Which end of the log comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The latest record first.
    #[default]
    NewestFirst,
    /// The earliest record first.
    OldestFirst,
}

/// Lines of nobody, or taken in as a relay's, that are somebody's all the same, as the caller
/// knows: they pass [`Query::sources`] and [`Query::units`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Taken in as from this source and of this unit; nil for nobody's.
    pub taken_as: (SourceId, UnitId),
    /// From this address.
    pub peer: IpAddr,
    /// That name this host, in any case; `None` for all.
    pub host: Option<String>,
    /// Received at or after, unix milliseconds.
    pub from_ms: i64,
    /// Received before, unix milliseconds.
    pub to_ms: i64,
}

impl Claimed {
    fn is_taken_as(&self, (source, unit): (&SourceId, &UnitId)) -> bool {
        (source, unit) == (&self.taken_as.0, &self.taken_as.1)
    }

    /// Whether a line of that source and unit, address, time and host is one of them.
    pub fn covers(
        &self,
        of: (&SourceId, &UnitId),
        peer: IpAddr,
        received_ms: i64,
        host: &str,
    ) -> bool {
        self.is_taken_as(of)
            && self.peer.to_canonical() == peer.to_canonical()
            && (self.from_ms..self.to_ms).contains(&received_ms)
            && (self.host.as_ref()).is_none_or(|name| same_name(name, host))
    }
}

/// What to look for. Conditions hold together; those left out hold for every line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Received at or after, unix milliseconds.
    pub from_ms: Option<i64>,
    /// Received before, unix milliseconds.
    pub to_ms: Option<i64>,
    /// From one of these sources.
    pub sources: Option<HashSet<SourceId>>,
    /// From this address.
    pub peer: Option<Prefix>,
    /// From a source of one of these units: what a reader may see.
    pub units: Option<HashSet<UnitId>>,
    /// Lines of others that count as of these sources and units.
    pub claimed: Vec<Claimed>,
    /// Lines of these sources and units that count as others'. Of two that cover a line, one
    /// that names a host counts before one that does not.
    pub given_away: Vec<Claimed>,
    /// At least so grave: 3 finds error (3) down to emergency (0).
    pub max_severity: Option<u8>,
    /// Only lines that tell no severity.
    pub no_severity: bool,
    /// Lines on which all of these are set.
    pub flags: Flags,
    /// Lines that name this host, in any case.
    pub host: Option<String>,
    /// Lines that contain this, in any case.
    pub text: Option<String>,
    /// Whether `text` also ignores Vietnamese diacritics.
    pub ignore_diacritics: bool,
    /// How many rows a page has.
    pub limit: usize,
    /// Where the page before ended ([`Page::next`]).
    pub cursor: Option<u64>,
    /// Which end comes first.
    pub order: Order,
    /// Look at no more than about so many lines; the page may then have fewer rows.
    pub scan_limit: Option<u64>,
    /// Passes over what is damaged and counts it, in place of failing.
    pub lenient: bool,
}

/// Some of what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Records in the order asked for.
    pub rows: Vec<Record>,
    /// The cursor of the next page; `None` when all was searched.
    pub next: Option<u64>,
    /// How many lines were looked at.
    pub scanned: u64,
    /// Records that were passed over because they cannot be read.
    pub unreadable: u64,
}

/// Stops a search or a verification from outside.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Stops what was given this.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.0.load(Ordering::Relaxed) {
            Err(Error::Canceled)
        } else {
            Ok(())
        }
    }
}

/// A run of records that is searched in one go.
enum Span<'v> {
    /// A block of a log file that is not sealed.
    Block(&'v Unsealed, Block),
    Chunk {
        entry: Arc<Entry>,
        number: usize,
        first: u64,
        count: u64,
    },
}

impl Span<'_> {
    fn records(&self) -> Range<u64> {
        match self {
            Self::Block(_, block) => block.place.first..block.place.end(),
            Self::Chunk { first, count, .. } => *first..first + count,
        }
    }
}

struct Search<'a> {
    shared: &'a Shared,
    query: &'a Query,
    matcher: Option<Matcher>,
    cancel: &'a Cancel,
    page: Page,
    open: Option<(u64, Segment)>,
}

/// Searches; blocks. Memory is bounded by one chunk and the page.
pub(crate) fn search(shared: &Shared, query: &Query, cancel: &Cancel) -> Result<Page, Error> {
    let matcher = query
        .text
        .as_deref()
        .and_then(|text| Matcher::new(text, query.ignore_diacritics));
    let mut search = Search {
        shared,
        query,
        matcher,
        cancel,
        page: Page::default(),
        open: None,
    };
    let view = shared.view();
    let spans = search.spans(&view);
    for span in spans {
        cancel.check()?;
        let records = span.records();
        if search.page.rows.len() >= query.limit {
            search.page.next = search
                .page
                .rows
                .last()
                .map(|row| row.index)
                .or(query.cursor);
            break;
        }
        if query
            .scan_limit
            .is_some_and(|most| search.page.scanned >= most)
        {
            search.page.next = Some(match query.order {
                Order::NewestFirst => records.end,
                Order::OldestFirst => records.start.saturating_sub(1),
            });
            break;
        }
        let found = match &span {
            Span::Block(file, block) => search.block(file, *block),
            Span::Chunk { entry, number, .. } => search.chunk(entry, *number),
        };
        let mut found = match found {
            Err(error) if query.lenient && !matches!(error, Error::Canceled) => {
                search.page.unreadable += records.end - records.start;
                continue;
            }
            found => found?,
        };
        search.sort(&mut found, |row| row.index);
        let room = query.limit - search.page.rows.len();
        let more = found.len() > room;
        found.truncate(room);
        search.page.rows.append(&mut found);
        if more {
            search.page.next = search.page.rows.last().map(|row| row.index);
            break;
        }
    }
    Ok(search.page)
}

impl Search<'_> {
    /// The runs that may hold rows, in the order asked for.
    fn spans<'v>(&self, view: &'v View) -> Vec<Span<'v>> {
        let mut spans = Vec::new();
        for entry in &view.segments {
            if !self.times(entry.received)
                || self
                    .query
                    .max_severity
                    .is_some_and(|most| entry.severity > most)
            {
                continue;
            }
            let mut first = entry.first;
            for (number, chunk) in entry.chunks.iter().enumerate().filter(|(_, c)| c.count > 0) {
                spans.push(Span::Chunk {
                    entry: entry.clone(),
                    number,
                    first,
                    count: chunk.count,
                });
                first += chunk.count;
            }
        }
        let sealed = view.segments.last().map_or(0, |entry| entry.end());
        for file in &view.unsealed {
            for block in file
                .blocks
                .iter()
                .filter(|b| b.place.first >= sealed && self.times(b.received))
            {
                spans.push(Span::Block(file, *block));
            }
        }
        spans.retain(|span| {
            let records = span.records();
            match (self.query.cursor, self.query.order) {
                (None, _) => true,
                (Some(cursor), Order::NewestFirst) => records.start < cursor,
                (Some(cursor), Order::OldestFirst) => records.end > cursor + 1,
            }
        });
        if self.query.order == Order::NewestFirst {
            spans.reverse();
        }
        spans
    }

    fn times(&self, received: (i64, i64)) -> bool {
        self.query.from_ms.is_none_or(|from| received.1 >= from)
            && self.query.to_ms.is_none_or(|to| received.0 < to)
    }

    fn beyond_cursor(&self, index: u64) -> bool {
        match (self.query.cursor, self.query.order) {
            (None, _) => true,
            (Some(cursor), Order::NewestFirst) => index < cursor,
            (Some(cursor), Order::OldestFirst) => index > cursor,
        }
    }

    fn sort<T>(&self, rows: &mut [T], index: impl Fn(&T) -> u64) {
        match self.query.order {
            Order::NewestFirst => rows.sort_unstable_by_key(|row| std::cmp::Reverse(index(row))),
            Order::OldestFirst => rows.sort_unstable_by_key(index),
        }
    }

    fn block(&mut self, file: &Unsealed, block: Block) -> Result<Vec<Record>, Error> {
        let payload = wal::read_block(&file.file, &file.path, file.salt, block.place)?;
        self.page.scanned += u64::from(block.place.count);
        let mut found = Vec::new();
        for ((_, bytes), index) in line::records(&payload).zip(block.place.first..) {
            let Some(line) = Line::decode(bytes) else {
                continue;
            };
            let query = self.query;
            let fits = self.beyond_cursor(index)
                && self.times((line.received_at_ms, line.received_at_ms))
                && query.takes_severity(line::code(line.severity))
                && line.flags.has(query.flags)
                && query.takes_host(line.host)
                && query.peer.is_none_or(|p| p.contains(line.peer))
                && query.counts(
                    (&line.source, &line.unit),
                    line.peer,
                    line.received_at_ms,
                    line.host,
                )
                && self.matcher.as_ref().is_none_or(|m| m.matches(line.raw));
            if fits {
                found.extend(Record::decode(index, bytes));
            }
        }
        Ok(found)
    }

    fn chunk(&mut self, entry: &Arc<Entry>, number: usize) -> Result<Vec<Record>, Error> {
        let segment = match self.open.take() {
            Some((first, segment)) if first == entry.first => segment,
            _ => Segment::open(&self.shared.segment_path(entry))?,
        };
        let group = segment.group(number)?;
        let query = self.query;
        let (matches, fresh) = match self.shared.found.get(entry, number, query) {
            Some(matches) => (matches, false),
            None => (Arc::new(self.matches(&group)?), true),
        };
        let beyond = matches.iter().filter(|m| self.beyond_cursor(m.1));
        let mut wanted: Vec<Match> = beyond.copied().collect();
        self.sort(&mut wanted, |m| m.1);
        // One more than fits on the page, so that it is known whether there is more.
        let room = query.limit - self.page.rows.len();
        if fresh && wanted.len() > room {
            self.shared.found.keep(entry, number, query, matches);
        }
        wanted.truncate(room.saturating_add(1));
        wanted.sort_unstable();
        let found = group.records(&ranges(wanted.iter().map(|m| m.0)));
        drop(group);
        self.open = Some((entry.first, segment));
        found
    }

    /// Of the rows that fit with others' among them, leaves those that are wanted or claimed.
    fn only_claimed(
        &self,
        group: &RowGroup<'_>,
        pages: &[Range<usize>],
        fits: &mut [bool],
    ) -> Result<(), Error> {
        let sources = group.ids(Column::Source, pages)?;
        let units = group.ids(Column::Unit, pages)?;
        let received = group.int64(Column::ReceivedAt, pages)?;
        let peers = group.bytes(Column::Peer, pages)?;
        let hosts = group.bytes(Column::Host, pages)?;
        // Each column has a value for each row.
        let of = sources.iter().zip(&units);
        let names = received.iter().zip(peers.iter().zip(&hosts));
        let rows = fits.iter_mut().zip(of.zip(names));
        for (fits, (of, (received, (peer, host)))) in rows.filter(|(fits, _)| **fits) {
            let given_away = (self.query.given_away.iter()).any(|c| c.is_taken_as(of));
            if self.query.of(of.0, of.1) && !given_away {
                continue;
            }
            let host = String::from_utf8_lossy(host.data());
            let peer = std::str::from_utf8(peer.data()).map(str::parse::<IpAddr>);
            *fits = matches!(peer, Ok(Ok(peer)) if self.query.counts(of, peer, *received, &host));
        }
        Ok(())
    }

    /// The rows of a chunk that fit, wherever the cursor is.
    fn matches(&mut self, group: &RowGroup<'_>) -> Result<Vec<Match>, Error> {
        let query = self.query;
        let received = group.bounds(Column::ReceivedAt);
        let severity = group.bounds(Column::Severity);
        let too_light = |most: u8| severity.is_some_and(|(least, _)| least > i64::from(most));
        if received.is_some_and(|r| !self.times(r)) || query.max_severity.is_some_and(too_light) {
            return Ok(Vec::new());
        }
        let mut pages = group.all();
        let (sources, units) = query.with_claimed();
        for (column, wanted) in [(Column::Source, &sources), (Column::Unit, &units)] {
            let Some(wanted) = wanted else { continue };
            let (Some(least), Some(most)) = (wanted.iter().min(), wanted.iter().max()) else {
                return Ok(Vec::new());
            };
            pages = intersect(&pages, &group.pages_with(column, (least, most)));
        }
        if pages.is_empty() {
            return Ok(Vec::new());
        }
        let index = group.int64(Column::Index, &pages)?;
        self.page.scanned += index.len() as u64;
        let mut fits: Vec<bool> = index.iter().map(|i| u64::try_from(*i).is_ok()).collect();
        let whole = received.is_some_and(|(a, b)| {
            query.from_ms.is_none_or(|from| a >= from) && query.to_ms.is_none_or(|to| b < to)
        });
        if !whole && (query.from_ms.is_some() || query.to_ms.is_some()) {
            let received = group.int64(Column::ReceivedAt, &pages)?;
            fits.iter_mut()
                .zip(received)
                .for_each(|(f, at)| *f &= self.times((at, at)));
        }
        let most = query.max_severity;
        if query.no_severity
            || most.is_some_and(|m| severity.is_none_or(|(_, lightest)| lightest > i64::from(m)))
        {
            let severity = group.small(Column::Severity, &pages)?;
            fits.iter_mut()
                .zip(severity)
                .for_each(|(f, s)| *f &= query.takes_severity(s));
        }
        if query.flags != Flags::default() {
            let flags = group.small(Column::Flags, &pages)?;
            fits.iter_mut()
                .zip(flags)
                .for_each(|(f, set)| *f &= Flags(set).has(query.flags));
        }
        if query.host.is_some() {
            let hosts = group.bytes(Column::Host, &pages)?;
            fits.iter_mut()
                .zip(hosts)
                .for_each(|(f, h)| *f &= query.takes_host(&String::from_utf8_lossy(h.data())));
        }
        for (column, wanted) in [(Column::Source, &sources), (Column::Unit, &units)] {
            let Some(wanted) = wanted else { continue };
            let ids = group.ids(column, &pages)?;
            fits.iter_mut()
                .zip(ids)
                .for_each(|(f, id)| *f &= wanted.contains(&id));
        }
        let claims = !query.claimed.is_empty() || !query.given_away.is_empty();
        if claims && (sources.is_some() || units.is_some()) {
            self.only_claimed(group, &pages, &mut fits)?;
        }
        if let Some(peer) = query.peer {
            let peers = group.bytes(Column::Peer, &pages)?;
            let address = |data: &[u8]| std::str::from_utf8(data).ok()?.parse::<IpAddr>().ok();
            fits.iter_mut()
                .zip(peers)
                .for_each(|(f, p)| *f &= address(p.data()).is_some_and(|a| peer.contains(a)));
        }
        let rows = pages.iter().flat_map(Clone::clone);
        let mut candidates: Vec<Match> = rows
            .zip(&index)
            .zip(&fits)
            .filter(|(_, fits)| **fits)
            .map(|((row, index), _)| (row, u64::try_from(*index).unwrap_or(0)))
            .collect();
        if let Some(matcher) = &self.matcher {
            let mut at = candidates.iter();
            let mut matching = Vec::new();
            group.each_raw(&ranges(candidates.iter().map(|c| c.0)), |row, raw| {
                let candidate = at.next();
                if row.is_multiple_of(1024) {
                    self.cancel.check()?;
                }
                if matcher.matches(raw) {
                    matching.extend(candidate.filter(|c| c.0 == row));
                }
                Ok(())
            })?;
            candidates = matching;
        }
        Ok(candidates)
    }
}

impl Query {
    /// Whether a severity fits, as a byte in which none is the lightest of all.
    fn takes_severity(&self, code: u8) -> bool {
        self.max_severity.is_none_or(|most| code <= most)
            && (!self.no_severity || line::told(code).is_none())
    }

    fn takes_host(&self, host: &str) -> bool {
        (self.host.as_ref()).is_none_or(|name| same_name(name, host))
    }

    /// Whether a line counts as one of the wanted sources and units, whosever it was taken in as.
    fn counts(&self, of: (&SourceId, &UnitId), peer: IpAddr, at: i64, host: &str) -> bool {
        let any = |claims: &[Claimed], named: bool| {
            let mut claims = claims.iter().filter(|c| c.host.is_some() == named);
            claims.any(|c| c.covers(of, peer, at, host))
        };
        any(&self.claimed, true)
            || !any(&self.given_away, true)
                && (any(&self.claimed, false)
                    || !any(&self.given_away, false) && self.of(of.0, of.1))
    }

    fn of(&self, source: &SourceId, unit: &UnitId) -> bool {
        self.sources.as_ref().is_none_or(|set| set.contains(source))
            && self.units.as_ref().is_none_or(|set| set.contains(unit))
    }

    /// The wanted sources and units, and those as which claimed lines were taken in.
    fn with_claimed(&self) -> (Option<HashSet<SourceId>>, Option<HashSet<UnitId>>) {
        let with = |set: &Option<HashSet<[u8; 16]>>, taken_as: fn(&Claimed) -> [u8; 16]| {
            let mut set = set.clone()?;
            set.extend(self.claimed.iter().map(taken_as));
            Some(set)
        };
        (
            with(&self.sources, |c| c.taken_as.0),
            with(&self.units, |c| c.taken_as.1),
        )
    }
}

/// Whether two names in lines are one, as the registry compares them.
fn same_name(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || (!a.is_ascii() && log_name(a) == log_name(b))
}

/// The rows that are in both lists of ranges.
fn intersect(a: &[Range<usize>], b: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    for x in a {
        for y in b {
            let range = x.start.max(y.start)..x.end.min(y.end);
            if !range.is_empty() {
                out.push(range);
            }
        }
    }
    out
}
