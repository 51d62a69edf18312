//! Closed books.

use serde_json::Value as Json;

use super::{
    Replay, json,
    record::APART_MS,
    rows,
    special::{As, sha256, shown},
};
use crate::{Db, Row, StoreError};

/// Where a column's value stands in what a closed book held, whose hash the journal has.
const CLOSED: &[(&str, &str, As)] = &[
    ("register", "/register", As::Text),
    ("organization_id", "/organization/id", As::Text),
    ("period", "/period", As::Text),
    ("first_on", "/first_on", As::Text),
    ("last_on", "/last_on", As::Text),
    ("closed_by", "/closed_by", As::Text),
    ("closed_at", "/closed_at", As::Int),
];

impl Replay<'_> {
    /// What they held, for which days they are closed, and whether they were opened again.
    pub(super) async fn closings(&mut self, db: &Db) -> Result<(), StoreError> {
        rows(db, "book_closing", |row| {
            let id = row.text("id")?;
            let Some(held) = self.claim("book", &id, &row.text("register")?) else {
                return Ok(());
            };
            let told = json(&held.first);
            let content = row.text("content")?;
            for found in [row.text("sha256")?, sha256(&content)] {
                if told["sha256"] != found.as_str() {
                    let expected = shown(&told["sha256"]);
                    self.differs(held.seq, "book", &id, "content", expected, found);
                    break;
                }
            }
            let closed = json(&content);
            for (column, place, kind) in CLOSED {
                let expected = closed.pointer(place).unwrap_or(&Json::Null);
                self.told(held.seq, &id, column, expected, &kind.read(row, column)?);
            }
            let entries = closed["entries"].as_array().map(Vec::len);
            let found = As::Int.read(row, "entries")?;
            self.told(held.seq, &id, "entries", &entries.into(), &found);
            self.reopened(&id, &held, row)
        })
        .await?;
        self.rest("book");
        Ok(())
    }

    /// Opened again, by whom, when and why: as the journal's second entry about it says.
    fn reopened(&mut self, id: &str, held: &super::Held, row: &Row) -> Result<(), StoreError> {
        let (mut by, mut reason, mut at) = (Json::Null, Json::Null, Json::Null);
        let found_at = As::Int.read(row, "reopened_at")?;
        if let Some(again) = held.states.get(1) {
            let last = json(&held.last);
            by = again.by.clone().into();
            reason = last["reason"].clone();
            at = last["at"].clone();
            // Earlier versions told it by the moment of the entry alone.
            let near = |found: &i64| found.abs_diff(again.at) <= APART_MS;
            if at.is_null() {
                at = found_at.as_i64().filter(near).unwrap_or(again.at).into();
            }
        }
        self.told(held.seq, id, "reopened_at", &at, &found_at);
        for (column, expected) in [("reopened_by", by), ("reopen_reason", reason)] {
            let found = As::Text.read(row, column)?;
            self.told(held.seq, id, column, &expected, &found);
        }
        Ok(())
    }

    fn told(&mut self, seq: i64, id: &str, column: &str, expected: &Json, found: &Json) {
        if expected != found {
            self.differs(seq, "book", id, column, shown(expected), shown(found));
        }
    }
}
