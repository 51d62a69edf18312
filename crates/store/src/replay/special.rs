//! Records that are no noun of the registry: each with the columns that people decide.

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::{Held, Replay, json, rows};
use crate::{Db, Row, StoreError, Tx, assessment, dialect, journal};

/// Nouns that are no noun of the registry and no book.
pub(super) const NOUNS: &[&str] = &[
    "account",
    "api-token",
    "attachment",
    "attestation",
    "book",
    "calendar-feed",
    "claim",
    "document",
    "flow",
    "flow-event",
    "flow-substitute",
    "log-claim",
    "setting",
    "share",
];

/// The state of an attachment in which a scanner found something later.
pub(super) const INFECTED: &str = "infected";
/// And that in which it found nothing.
pub(super) const CLEAN: &str = "clean";

#[derive(Clone, Copy, Debug)]
pub(super) enum As {
    Text,
    Int,
    Bool,
    /// The journal has the SHA-256 of the text.
    Digest,
    /// The text is JSON, and so it stands in the journal.
    Json,
}

/// Yes or no; what is neither is told as it is.
fn truth(row: &Row, column: &str) -> Result<Json, StoreError> {
    Ok(match row.odd_boolean(column)? {
        Some(odd) => odd.into(),
        None => row.opt_boolean(column)?.into(),
    })
}

impl As {
    pub(super) fn read(self, row: &Row, column: &str) -> Result<Json, StoreError> {
        Ok(match self {
            Self::Text => row.opt_text(column)?.into(),
            Self::Int => row.opt_int(column)?.into(),
            Self::Bool => truth(row, column)?,
            Self::Digest => row.opt_text(column)?.map(|text| sha256(&text)).into(),
            Self::Json => json(&row.text(column)?),
        })
    }
}

/// A table, and how its columns stand in the journal.
#[derive(Debug)]
pub(super) struct Source {
    noun: &'static str,
    table: &'static str,
    /// What the journal calls it, and its column.
    columns: &'static [(&'static str, &'static str, As)],
    /// Older versions did not tell all of it: it is held from the entry [`journal::BASELINE`]
    /// on, which [`restate`] follows.
    restated: bool,
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
        restated: false,
    },
    Source {
        noun: "attachment",
        table: "attachment",
        columns: &[
            ("sha256", "sha256", As::Text),
            ("organization", "organization_id", As::Text),
            ("record_id", "record_id", As::Text),
            ("name", "name", As::Text),
            ("media_type", "media_type", As::Text),
            ("size", "size", As::Int),
            ("uploaded_by", "uploaded_by", As::Text),
            ("uploaded_at", "uploaded_at", As::Int),
            ("marking", "marking", As::Text),
            ("unread", "unread", As::Text),
            ("signers", "signers", As::Text),
        ],
        restated: false,
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
            ("replaces", "replaces", As::Text),
            ("filled_at", "filled_at", As::Int),
            ("filled", "filled", As::Digest),
            ("title", "title", As::Text),
            ("created_by", "created_by", As::Text),
        ],
        restated: false,
    },
    Source {
        noun: "api-token",
        table: "api_token",
        columns: &[
            ("name", "name", As::Text),
            ("scopes", "scopes", As::Text),
            ("created_at", "created_at", As::Int),
            ("expires_at", "expires_at", As::Int),
            ("account", "account_id", As::Text),
            ("fingerprint", "token_hash", As::Digest),
        ],
        restated: true,
    },
    Source {
        noun: "calendar-feed",
        table: "calendar_feed",
        columns: &[
            ("name", "name", As::Text),
            ("created_at", "created_at", As::Int),
            ("expires_at", "expires_at", As::Int),
            ("account", "account_id", As::Text),
            ("fingerprint", "token_hash", As::Digest),
        ],
        restated: true,
    },
    Source {
        noun: "claim",
        table: "(SELECT kind || ' ' || value || ' ' || organization_id AS id, c.* FROM claim c) claim",
        columns: &[
            ("kind", "kind", As::Text),
            ("key", "value_key", As::Text),
            ("value", "value", As::Text),
            ("organization", "organization_id", As::Text),
            ("state", "state", As::Text),
            ("shared", "shared", As::Bool),
            ("why", "why", As::Text),
            ("asked_at", "asked_at", As::Int),
            ("asked_by", "asked_by", As::Text),
            ("decided_at", "decided_at", As::Int),
            ("decided_by", "decided_by", As::Text),
            ("note", "note", As::Text),
        ],
        restated: true,
    },
    Source {
        noun: "log-claim",
        table: "log_claim",
        columns: &[
            ("peer", "peer", As::Text),
            ("host", "host", As::Text),
            ("device", "device_id", As::Text),
            ("as_device", "as_device_id", As::Text),
            ("as_organization", "as_organization_id", As::Text),
            ("organization", "organization_id", As::Text),
            ("from_at", "from_at", As::Int),
            ("to_at", "to_at", As::Int),
            ("claimed_at", "claimed_at", As::Int),
            ("claimed_by", "claimed_by", As::Text),
            ("ended_at", "ended_at", As::Int),
            ("ended_by", "ended_by", As::Text),
        ],
        restated: false,
    },
    Source {
        noun: "flow",
        table: "flow",
        columns: &[
            ("version", "version", As::Int),
            ("flow", "flow", As::Text),
            ("definition", "definition_id", As::Text),
            ("organization", "organization_id", As::Text),
            ("subject", "subject_id", As::Text),
            ("title", "title", As::Text),
            ("state", "state", As::Text),
            ("ended", "ended", As::Bool),
            ("typed", "typed", As::Json),
            ("due_on", "due_on", As::Text),
            ("entered_at", "entered_at", As::Int),
            ("created_by", "created_by", As::Text),
            ("created_at", "created_at", As::Int),
            ("updated_at", "updated_at", As::Int),
        ],
        restated: false,
    },
    Source {
        noun: "flow-event",
        table: "flow_event",
        columns: &[
            ("flow", "flow_id", As::Text),
            ("number", "number", As::Int),
            ("step", "step", As::Text),
            ("kind", "kind", As::Text),
            ("from_state", "from_state", As::Text),
            ("to_state", "to_state", As::Text),
            ("actor", "actor", As::Text),
            ("actor_name", "actor_name", As::Text),
            ("for_actor", "for_actor", As::Text),
            ("for_name", "for_name", As::Text),
            ("at", "at", As::Int),
            ("typed", "typed", As::Json),
            ("plan", "plan", As::Json),
            ("seen", "seen", As::Text),
        ],
        restated: false,
    },
    Source {
        noun: "flow-substitute",
        table: "flow_substitute",
        columns: &[
            ("account", "account_id", As::Text),
            ("substitute", "substitute_id", As::Text),
            ("starts_on", "starts_on", As::Text),
            ("ends_on", "ends_on", As::Text),
            ("created_at", "created_at", As::Int),
            ("created_by", "created_by", As::Text),
            ("ended_at", "ended_at", As::Int),
        ],
        restated: false,
    },
    Source {
        noun: "share",
        table: "share",
        columns: &[
            ("subject_kind", "subject_kind", As::Text),
            ("subject", "subject_id", As::Text),
            ("organization", "organization_id", As::Text),
            ("receiver", "receiver_id", As::Text),
            ("ends_on", "ends_on", As::Text),
            ("shared_at", "shared_at", As::Int),
            ("shared_by", "shared_by", As::Text),
            ("revoked_at", "revoked_at", As::Int),
            ("revoked_by", "revoked_by", As::Text),
        ],
        restated: false,
    },
];

/// Nouns that [`restate`] tells anew.
pub(super) fn restated() -> impl Iterator<Item = &'static str> {
    SOURCES.iter().filter(|s| s.restated).map(|s| s.noun)
}

/// What the journal is told once of a record that older versions did not tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restated {
    /// The noun of the entry.
    pub noun: &'static str,
    /// The record.
    pub record_id: String,
    /// Whose.
    pub organization_id: Option<String>,
    /// As it is, JSON.
    pub after: String,
}

/// So many verdicts are told in one entry.
const VERDICTS_AT_ONCE: usize = 1_000;

/// How everything stands that older versions did not tell: the caller writes it into the
/// journal in this transaction, behind an entry [`journal::BASELINE`].
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn restate(tx: &mut Tx) -> Result<Vec<Restated>, StoreError> {
    dialect::lock(tx, "claims", true).await?;
    dialect::lock(tx, "verdicts", true).await?;
    let mut told = Vec::new();
    for source in SOURCES.iter().filter(|s| s.restated) {
        let sql = format!("SELECT * FROM {} ORDER BY id", source.table);
        for row in tx.fetch(source.noun, &sql, &[]).await? {
            let (id, unit) = (
                row.text("id")?,
                row.opt_text("organization_id").ok().flatten(),
            );
            let unit_of = |unit: &String| id.strip_suffix(&format!(" {unit}")).map(str::to_owned);
            let mut after = serde_json::Map::new();
            for (name, column, kind) in source.columns {
                after.insert((*name).to_owned(), kind.read(&row, column)?);
            }
            told.push(Restated {
                noun: source.noun,
                record_id: unit.as_ref().and_then(unit_of).unwrap_or(id),
                organization_id: unit,
                after: Json::from(after).to_string(),
            });
        }
    }
    let verdicts = tx.fetch("verdicts", "SELECT * FROM verdict ORDER BY id", &[]);
    for rows in verdicts.await?.chunks(VERDICTS_AT_ONCE) {
        let mut after = serde_json::Map::new();
        for row in rows {
            after.insert(row.text("id")?, assessment::digest_of(row)?.into());
        }
        told.push(Restated {
            noun: journal::VERDICTS,
            record_id: String::new(),
            organization_id: None,
            after: Json::from(after).to_string(),
        });
    }
    Ok(told)
}

pub(super) fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// As a text for people; what is not given is empty.
pub(super) fn shown(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Replay<'_> {
    pub(super) async fn source(&mut self, db: &Db, source: &Source) -> Result<(), StoreError> {
        let all = !source.restated || self.begun.is_some();
        rows(db, source.table, |row| {
            let id = row.text("id")?;
            let told = self
                .held
                .get(source.noun)
                .is_some_and(|held| held.contains_key(&id));
            if !all && !told {
                return Ok(());
            }
            let Some(held) = self.claim(source.noun, &id, "") else {
                return Ok(());
            };
            self.columns(source, &id, &held, row)?;
            match source.noun {
                "attachment" => self.scan(&id, &held, row)?,
                "document" => {
                    self.drafts(&id, &held, row)?;
                    let found = row.text("organization_id")?;
                    let expected = held.organization.clone().unwrap_or_default();
                    if found != expected {
                        let noun = source.noun;
                        self.differs(held.seq, noun, &id, "organization", expected, found);
                    }
                    self.version(source.noun, &id, &held, row)?;
                }
                "log-claim" => self.counted(&id, &held, row)?,
                _ => {}
            }
            Ok(())
        })
        .await?;
        if all {
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
            let found = kind.read(row, column)?;
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

    /// Each definition of a flow is named by its hash, and one that a flow names is there.
    pub(super) async fn definitions(&mut self, db: &Db) -> Result<(), StoreError> {
        let sql = "SELECT id, definition FROM flow_definition ORDER BY id";
        for row in db.fetch("flows", sql, &[]).await? {
            let (id, found) = (row.text("id")?, sha256(&row.text("definition")?));
            if id != found {
                self.find(super::Mismatch {
                    seq: None,
                    noun: "flow".into(),
                    record_id: id.clone(),
                    field: "definition".into(),
                    expected: id,
                    found,
                });
            }
        }
        let sql = "SELECT f.id, f.definition_id FROM flow f \
                   LEFT JOIN flow_definition d ON d.id = f.definition_id \
                   WHERE d.id IS NULL ORDER BY f.id";
        for row in db.fetch("flows", sql, &[]).await? {
            self.find(super::Mismatch {
                seq: None,
                noun: "flow".into(),
                record_id: row.text("id")?,
                field: "definition".into(),
                expected: row.text("definition_id")?,
                found: String::new(),
            });
        }
        Ok(())
    }

    /// What the scanner said last.
    fn scan(&mut self, id: &str, held: &Held, row: &Row) -> Result<(), StoreError> {
        let told = json(&held.first);
        let expected = match held.last.as_str() {
            told @ (INFECTED | CLEAN) => told,
            _ => told["scan"].as_str().unwrap_or_default(),
        };
        let found = row.text("scan")?;
        // Earlier versions did not write down that nothing was found after all.
        let silent = self.scans.is_none_or(|from| held.seq < from) && found == CLEAN;
        if found != expected && !(silent && expected != INFECTED) {
            self.differs(held.seq, "attachment", id, "scan", expected, found);
        }
        Ok(())
    }

    /// Claimed lines are counted in the vault: they were received within the claim's time.
    fn counted(&mut self, id: &str, held: &Held, row: &Row) -> Result<(), StoreError> {
        let (from, to) = (row.int("from_at")?, row.int("to_at")?);
        for column in ["first_at", "last_at"] {
            if let Some(at) = row.opt_int(column)?.filter(|at| *at < from || *at >= to) {
                let expected = format!("{from} … {to}");
                self.differs(held.seq, "log-claim", id, column, expected, at);
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
                "enabled": truth(row, "enabled")?, "totp": row.opt_int("totp_since")?.is_some(),
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
}

fn roles(grants: &[(String, String)]) -> String {
    let shown = |(role, over): &(String, String)| match over.as_str() {
        "" => role.clone(),
        over => format!("{role} ({over})"),
    };
    grants.iter().map(shown).collect::<Vec<_>>().join(", ")
}
