//! Records that are no noun of the registry: each with the columns that people decide.

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::{Held, Replay, json, rows};
use crate::{Db, Row, StoreError, args};

/// Nouns that are no noun of the registry and no book.
pub(super) const NOUNS: &[&str] = &[
    "account",
    "api-token",
    "attachment",
    "attestation",
    "book",
    "calendar-feed",
    "document",
    "setting",
];

/// The state of an attachment in which a scanner found something later.
pub(super) const INFECTED: &str = "infected";

#[derive(Clone, Copy, Debug)]
enum As {
    Text,
    Int,
    Bool,
}

/// A table, and how its columns stand in the journal.
#[derive(Debug)]
pub(super) struct Source {
    noun: &'static str,
    table: &'static str,
    /// What the journal calls it, and its column.
    columns: &'static [(&'static str, &'static str, As)],
    /// Rows are never deleted: one that is gone is told.
    kept: bool,
}

pub(super) const SOURCES: &[Source] = &[
    Source {
        noun: "attestation",
        table: "attestation",
        columns: &[
            ("control", "control", As::Text),
            ("organization", "organization_id", As::Text),
            ("holds", "holds", As::Bool),
            ("statement", "statement", As::Text),
            ("attachment", "attachment", As::Text),
            ("made_by", "made_by", As::Text),
            ("made_at", "made_at", As::Int),
            ("valid_until", "valid_until", As::Int),
            ("question", "question", As::Text),
        ],
        kept: true,
    },
    Source {
        noun: "attachment",
        table: "(SELECT a.sha256 || '/' || a.organization_id AS id, a.* FROM attachment a) attachment",
        columns: &[
            ("name", "name", As::Text),
            ("media_type", "media_type", As::Text),
            ("size", "size", As::Int),
            ("uploaded_by", "uploaded_by", As::Text),
            ("uploaded_at", "uploaded_at", As::Int),
            ("marking", "marking", As::Text),
        ],
        kept: true,
    },
    Source {
        noun: "document",
        table: "document",
        columns: &[
            ("template", "template", As::Text),
            ("period", "period", As::Text),
            ("state", "state", As::Text),
            ("number", "number", As::Text),
            ("place", "place", As::Text),
            ("signer", "signer", As::Text),
            ("signed_on", "signed_on", As::Text),
            ("file", "file", As::Text),
            ("sent_on", "sent_on", As::Text),
            ("entry", "entry_id", As::Text),
            ("filled_at", "filled_at", As::Int),
        ],
        kept: true,
    },
    Source {
        noun: "api-token",
        table: "api_token",
        columns: &[
            ("name", "name", As::Text),
            ("scopes", "scopes", As::Text),
            ("expires_at", "expires_at", As::Int),
        ],
        kept: false,
    },
    Source {
        noun: "calendar-feed",
        table: "calendar_feed",
        columns: &[
            ("name", "name", As::Text),
            ("expires_at", "expires_at", As::Int),
        ],
        kept: false,
    },
];

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// As a text for people; what is not given is empty.
fn shown(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Replay<'_> {
    pub(super) async fn source(&mut self, db: &Db, source: &Source) -> Result<(), StoreError> {
        rows(db, source.table, |row| {
            let id = row.text("id")?;
            let Some(held) = self.claim(source.noun, &id, "") else {
                return Ok(());
            };
            self.columns(source, &id, &held, row)?;
            match source.noun {
                "attachment" => {
                    let found = row.text("scan")?;
                    if held.last == INFECTED && found != INFECTED {
                        self.differs(held.seq, source.noun, &id, "scan", INFECTED, found);
                    }
                }
                "document" => self.drafts(&id, &held, row)?,
                _ => {}
            }
            Ok(())
        })
        .await?;
        if source.kept {
            self.rest(source.noun);
        }
        Ok(())
    }

    fn columns(
        &mut self,
        source: &Source,
        id: &str,
        held: &Held,
        row: &Row,
    ) -> Result<(), StoreError> {
        // What is handed in stays as it was first noted; the rest is as it was noted last.
        let state = match source.noun {
            "attachment" => &held.first,
            _ => &held.last,
        };
        let expected = json(state);
        for (name, column, kind) in source.columns {
            let Some(expected) = expected.get(name) else {
                continue;
            };
            let found = match kind {
                As::Text => row.opt_text(column)?.into(),
                As::Int => row.opt_int(column)?.into(),
                As::Bool => row.opt_boolean(column)?.into(),
            };
            if *expected != found {
                self.differs(
                    held.seq,
                    source.noun,
                    id,
                    name,
                    shown(expected),
                    shown(&found),
                );
            }
        }
        Ok(())
    }

    /// The texts of a paper, which the journal tells one by one.
    fn drafts(&mut self, id: &str, held: &Held, row: &Row) -> Result<(), StoreError> {
        let expected = json(&held.last);
        let found = json(&row.text("drafts")?);
        let found = found.as_object().cloned().unwrap_or_default();
        let told = expected.as_object().cloned().unwrap_or_default();
        let told = told
            .into_iter()
            .filter_map(|(name, text)| Some((name.strip_prefix("text.")?.to_owned(), text)));
        let told: serde_json::Map<String, Json> = told.collect();
        for name in told
            .keys()
            .chain(found.keys().filter(|n| !told.contains_key(*n)))
        {
            let of = |map: &serde_json::Map<String, Json>| map.get(name).map(shown);
            let (expected, found) = (
                of(&told).unwrap_or_default(),
                of(&found).unwrap_or_default(),
            );
            if expected != found {
                let field = format!("text.{name}");
                self.differs(held.seq, "document", id, &field, expected, found);
            }
        }
        Ok(())
    }

    /// Settings, common and of provinces. Of a secret one the journal says that it is set.
    pub(super) async fn settings(&mut self, db: &Db) -> Result<(), StoreError> {
        let sql = "SELECT province, key, value FROM setting ORDER BY province, key";
        for row in db.fetch("settings", sql, &[]).await? {
            let id = format!("{}/{}", row.text("province")?, row.text("key")?);
            let found = row.text("value")?;
            let Some(held) = self.claim("setting", &id, "") else {
                continue;
            };
            let expected = held.last;
            if expected != found && expected != "\"***\"" {
                self.differs(held.seq, "setting", &id, "value", expected, found);
            }
        }
        self.rest("setting");
        Ok(())
    }

    /// Accounts with their roles and the fingerprint of what they sign in with.
    pub(super) async fn accounts(&mut self, db: &Db) -> Result<(), StoreError> {
        let sql = "SELECT id FROM organization";
        let units = db.fetch("organization", sql, &[]).await?;
        let units: HashSet<String> = units
            .iter()
            .map(|row| row.text("id"))
            .collect::<Result<_, _>>()?;
        let mut grants: HashMap<String, Vec<(String, String)>> = HashMap::new();
        let sql = "SELECT account_id, role, organization_id FROM account_grant";
        for row in db.fetch("roles", sql, &[]).await? {
            let grant = (
                row.text("role")?,
                row.opt_text("organization_id")?.unwrap_or_default(),
            );
            grants
                .entry(row.text("account_id")?)
                .or_default()
                .push(grant);
        }
        rows(db, "account", |row| {
            let id = row.text("id")?;
            let Some(held) = self.claim("account", &id, &row.text("login")?) else {
                return Ok(());
            };
            let expected = json(&held.last);
            let mut found = serde_json::json!({
                "login": row.text("login")?, "name": row.text("name")?, "email": row.opt_text("email")?,
                "organization": row.opt_text("organization_id")?, "kind": row.text("kind")?,
                "enabled": row.boolean("enabled")?, "totp": row.opt_int("totp_since")?.is_some(),
                "password": row.opt_text("password_hash")?.map(|hash| sha256(&hash)),
            });
            let mut has = grants.remove(&id).unwrap_or_default();
            has.sort();
            let told = expected.get("grants").and_then(Json::as_array);
            let mut told: Vec<(String, String)> = told
                .into_iter()
                .flatten()
                .map(|g| (shown(&g["role"]), shown(&g["organization"])))
                // A role over an organization ends with it.
                .filter(|(_, over)| over.is_empty() || units.contains(over))
                .collect();
            told.sort();
            if told != has {
                self.differs(held.seq, "account", &id, "grants", roles(&told), roles(&has));
            }
            for (name, found) in found.as_object_mut().into_iter().flatten() {
                if let Some(expected) = expected.get(name).filter(|e| *e != found) {
                    let (expected, found) = (shown(expected), shown(found));
                    self.differs(held.seq, "account", &id, name, expected, found);
                }
            }
            Ok(())
        })
        .await?;
        self.rest("account");
        Ok(())
    }

    /// Closed books: what they held, and whether they were opened again.
    pub(super) async fn closings(&mut self, db: &Db) -> Result<(), StoreError> {
        rows(db, "book_closing", |row| {
            let id = row.text("id")?;
            let Some(held) = self.claim("book", &id, &row.text("register")?) else {
                return Ok(());
            };
            let closed = json(&held.first);
            let content = sha256(&row.text("content")?);
            for found in [row.text("sha256")?, content] {
                if closed["sha256"] != found.as_str() {
                    let expected = shown(&closed["sha256"]);
                    self.differs(held.seq, "book", &id, "content", expected, found);
                    break;
                }
            }
            let (expected, found) = (held.versions > 1, row.opt_int("reopened_at")?.is_some());
            if expected != found {
                self.differs(held.seq, "book", &id, "reopened", expected, found);
            }
            Ok(())
        })
        .await?;
        self.rest("book");
        Ok(())
    }

    /// Evidence of verdicts is named by its hash.
    pub(super) async fn evidence(&mut self, db: &Db) -> Result<(), StoreError> {
        let sql = "SELECT hash, body FROM evidence WHERE hash > $1 ORDER BY hash LIMIT 500";
        let mut last = String::new();
        loop {
            let rows = db.fetch("evidence", sql, &args![&last]).await?;
            for row in &rows {
                last = row.text("hash")?;
                self.out.records += 1;
                let found = sha256(&row.text("body")?);
                if found != last {
                    self.find(super::Mismatch {
                        seq: None,
                        noun: "evidence".into(),
                        record_id: last.clone(),
                        field: "body".into(),
                        expected: last.clone(),
                        found,
                    });
                }
            }
            if rows.is_empty() {
                return Ok(());
            }
        }
    }
}

fn roles(grants: &[(String, String)]) -> String {
    let shown = |(role, over): &(String, String)| match over.as_str() {
        "" => role.clone(),
        over => format!("{role} ({over})"),
    };
    grants.iter().map(shown).collect::<Vec<_>>().join(", ")
}
