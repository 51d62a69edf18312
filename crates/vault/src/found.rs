//! What a search found in a chunk, kept for its next page: a page of results does not read
//! its chunk again.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{catalogue::Entry, search::Query};

/// So many chunks are remembered; each holds at most its own rows (16 bytes each).
const KEPT: usize = 8;

/// A row of a chunk and the record's number.
pub(crate) type Match = (usize, u64);

#[derive(Debug)]
struct Found {
    segment: Arc<Entry>,
    chunk: usize,
    query: Query,
    matches: Arc<Vec<Match>>,
}

/// The latest findings that a page did not use up.
#[derive(Debug, Default)]
pub(crate) struct Cache(Mutex<Vec<Found>>);

impl Cache {
    /// All matches in a chunk, when the same was asked of it before.
    pub(crate) fn get(
        &self,
        segment: &Arc<Entry>,
        chunk: usize,
        query: &Query,
    ) -> Option<Arc<Vec<Match>>> {
        let asked = Query {
            cursor: None,
            ..query.clone()
        };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|f| {
            f.chunk == chunk && Arc::ptr_eq(&f.segment, segment) && f.query == asked
        })?;
        let found = kept.remove(at);
        let matches = Arc::clone(&found.matches);
        kept.push(found);
        Some(matches)
    }

    /// Remembers all matches in a chunk; the one that was not asked for longest goes.
    pub(crate) fn keep(
        &self,
        segment: &Arc<Entry>,
        chunk: usize,
        query: &Query,
        matches: Arc<Vec<Match>>,
    ) {
        let found = Found {
            segment: Arc::clone(segment),
            chunk,
            query: Query {
                cursor: None,
                ..query.clone()
            },
            matches,
        };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push(found);
    }
}
