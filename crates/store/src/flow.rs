//! Flows: requests that go from state to state, and what happened to each.

mod effect;
mod substitute;
mod unit;

pub use self::{
    effect::{
        EffectState, FlowEffect, claim_effect, effect, effects, insert_effect, settle_effect,
    },
    substitute::{
        Substitute, end_substitutes, held, insert_substitute, lock_substitutes, substitute,
        substitute_of, substituted, substitutes, update_substitute,
    },
    unit::{FlowUnit, unit, units},
};

use std::{collections::HashMap, fmt, str::FromStr};

use domain::{
    authority::Scope,
    id::{Id, OrganizationId},
    record::Values,
};
use serde_json::Value as Json;

use crate::{
    Arg, Db, Row, StoreError, Tx, args, dialect, registry::scope_condition, row::Readable as _,
};

/// A flow as it is kept.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct FlowRow {
    /// Its identifier.
    pub id: Id,
    /// How many events it has.
    pub version: i64,
    /// The id of the flow's file.
    pub flow: String,
    /// SHA-256 of the definition with which it began.
    pub definition: String,
    /// Whose it is.
    pub organization: OrganizationId,
    /// The record that it is about.
    pub subject: Option<Id>,
    /// What that record, or else the unit, was called when it began.
    pub title: String,
    /// Where it stands.
    pub state: String,
    /// Whether it has ended.
    pub ended: bool,
    /// What was typed into its forms.
    pub typed: Values,
    /// By which ISO day it should leave its state.
    pub due_on: Option<String>,
    /// Since when it stands there, unix milliseconds.
    pub entered_at: i64,
    /// Who began it: an account's id, or the name of who has none.
    pub created_by: String,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Unix milliseconds.
    pub updated_at: i64,
}

/// Something that happened to a flow.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct FlowEvent {
    /// Its identifier.
    pub id: Id,
    /// Of which flow.
    pub flow: Id,
    /// 1 for the beginning; each has the next.
    pub number: i64,
    /// The step; `withdraw` where it was taken back.
    pub step: String,
    /// Whether it was taken, or approved by one of several.
    pub kind: EventKind,
    /// Where it stood before; none at the beginning.
    pub from_state: Option<String>,
    /// Where it stood then.
    pub to_state: String,
    /// Who did it: an account's id, or the name of who has none.
    pub actor: String,
    /// Their name.
    pub actor_name: String,
    /// In whose place.
    pub for_actor: Option<String>,
    /// Their name.
    pub for_name: Option<String>,
    /// Unix milliseconds.
    pub at: i64,
    /// What was typed.
    pub typed: Values,
    /// What was done: a list of effects.
    pub plan: Json,
    /// SHA-256 of what was shown.
    pub seen: String,
}

impl FlowEvent {
    /// Whether anything was done with it.
    pub fn did_anything(&self) -> bool {
        self.plan.as_array().is_none_or(|done| !done.is_empty())
    }
}

/// What an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// The step was taken.
    Taken,
    /// One approved it; others must as well.
    Approved,
}

impl EventKind {
    /// Its code in the database, in the journal and in the API.
    pub fn code(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Approved => "approved",
        }
    }
}

impl FromStr for EventKind {
    type Err = UnknownCode;

    fn from_str(code: &str) -> Result<Self, UnknownCode> {
        let all = [Self::Taken, Self::Approved];
        let known = all.into_iter().find(|kind| kind.code() == code);
        known.ok_or_else(|| UnknownCode(code.to_owned()))
    }
}

/// A code in the database that this program does not know.
#[derive(Debug)]
pub struct UnknownCode(String);

impl fmt::Display for UnknownCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is unknown", self.0)
    }
}

fn read(row: &Row) -> Result<FlowRow, StoreError> {
    Ok(FlowRow {
        id: row.parsed("id")?,
        version: row.int("version")?,
        flow: row.text("flow")?,
        definition: row.text("definition_id")?,
        organization: row.parsed("organization_id")?,
        subject: row.opt_parsed("subject_id")?,
        title: row.text("title")?,
        state: row.text("state")?,
        ended: row.boolean("ended")?,
        typed: row.json("typed")?,
        due_on: row.opt_text("due_on")?,
        entered_at: row.int("entered_at")?,
        created_by: row.text("created_by")?,
        created_at: row.int("created_at")?,
        updated_at: row.int("updated_at")?,
    })
}

fn read_event(row: &Row) -> Result<FlowEvent, StoreError> {
    Ok(FlowEvent {
        id: row.parsed("id")?,
        flow: row.parsed("flow_id")?,
        number: row.int("number")?,
        step: row.text("step")?,
        kind: row.parsed("kind")?,
        from_state: row.opt_text("from_state")?,
        to_state: row.text("to_state")?,
        actor: row.text("actor")?,
        actor_name: row.text("actor_name")?,
        for_actor: row.opt_text("for_actor")?,
        for_name: row.opt_text("for_name")?,
        at: row.int("at")?,
        typed: row.json("typed")?,
        plan: row.json("plan")?,
        seen: row.text("seen")?,
    })
}

/// Keeps a definition under its hash; one that is there stays.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn keep_definition(tx: &mut Tx, hash: &str, text: &str) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO flow_definition (id, definition) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
    tx.execute("flow", sql, &args![hash, text]).await?;
    Ok(())
}

/// The definitions with which open flows run: hash and the flow's id.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn running(tx: &mut Tx) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT DISTINCT definition_id, flow FROM flow WHERE ended = $1 ORDER BY definition_id, flow";
    let rows = tx.fetch("flows", sql, &args![false]).await?;
    let each = |row: &Row| Ok((row.text("definition_id")?, row.text("flow")?));
    rows.iter().map(each).collect()
}

/// Open flows in scope whose day lies between two ISO dates (inclusive), and those of which none is
/// kept, because there is none or because the calendar did not know it.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn due(
    db: &Db,
    scope: &Scope,
    (from, to): (&str, &str),
) -> Result<Vec<FlowRow>, StoreError> {
    let mut args = args![false, from, to].to_vec();
    let in_scope = scope_condition(scope, "organization_id", &mut args);
    let sql = format!(
        "SELECT * FROM flow WHERE ended = $1 AND (due_on IS NULL OR due_on >= $2 AND due_on <= $3) AND {in_scope} ORDER BY id"
    );
    let rows = db.fetch("flows", &sql, &args).await?;
    rows.iter().map(read).readable()
}

/// The text of a definition; none where somebody took it away.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn definition(tx: &mut Tx, hash: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT definition FROM flow_definition WHERE id = $1";
    let row = tx.fetch_one("flow", sql, &args![hash]).await?;
    row.map(|row| row.text("definition")).transpose()
}

/// Writes a flow that begins.
///
/// # Errors
/// [`StoreError::Duplicate`] where one of that id is there.
pub async fn insert(tx: &mut Tx, f: &FlowRow) -> Result<(), StoreError> {
    tx.execute(
        "flow",
        "INSERT INTO flow (id, version, flow, definition_id, organization_id, subject_id, title, state, ended, \
         typed, due_on, entered_at, created_by, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        &args![
            f.id,
            f.version,
            &f.flow,
            &f.definition,
            f.organization,
            f.subject.map(|id| id.to_string()),
            &f.title,
            &f.state,
            f.ended,
            json(&f.typed)?,
            f.due_on.clone(),
            f.entered_at,
            &f.created_by,
            f.created_at,
            f.updated_at
        ],
    )
    .await?;
    Ok(())
}

/// Writes a flow over the version that was read, which is one less than the one it has.
///
/// # Errors
/// [`StoreError::Stale`] when somebody else was quicker.
pub async fn update(tx: &mut Tx, f: &FlowRow) -> Result<(), StoreError> {
    let touched = tx
        .execute(
            "flow",
            "UPDATE flow SET version = $2, state = $4, ended = $5, typed = $6, due_on = $7, entered_at = $8, \
             updated_at = $9 WHERE id = $1 AND version = $3",
            &args![
                f.id,
                f.version,
                f.version - 1,
                &f.state,
                f.ended,
                json(&f.typed)?,
                f.due_on.clone(),
                f.entered_at,
                f.updated_at
            ],
        )
        .await?;
    if touched == 0 {
        return Err(StoreError::Stale {
            noun: "flow".into(),
        });
    }
    Ok(())
}

/// Writes an event.
///
/// # Errors
/// [`StoreError::Duplicate`] where the flow has one of that number.
pub async fn insert_event(tx: &mut Tx, e: &FlowEvent) -> Result<(), StoreError> {
    tx.execute(
        "flow",
        "INSERT INTO flow_event (id, flow_id, number, step, kind, from_state, to_state, actor, actor_name, \
         for_actor, for_name, at, typed, plan, seen) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        &args![
            e.id,
            e.flow,
            e.number,
            &e.step,
            e.kind.code(),
            e.from_state.clone(),
            &e.to_state,
            &e.actor,
            &e.actor_name,
            e.for_actor.clone(),
            e.for_name.clone(),
            e.at,
            json(&e.typed)?,
            e.plan.to_string(),
            &e.seen
        ],
    )
    .await?;
    Ok(())
}

/// Holds a flow until the transaction ends: of several who go on with it at once, one does.
///
/// # Errors
/// [`StoreError::Engine`].
pub async fn lock(tx: &mut Tx, id: Id) -> Result<(), StoreError> {
    dialect::lock(tx, &format!("flow {id}"), true).await
}

/// Holds what a flow of one kind about one thing may be begun for, until the transaction ends.
///
/// # Errors
/// [`StoreError::Engine`].
pub async fn lock_subject(tx: &mut Tx, flow: &str, subject: Id) -> Result<(), StoreError> {
    dialect::lock(tx, &format!("flow {flow} {subject}"), true).await
}

/// A flow in scope, within a transaction.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn get_in(tx: &mut Tx, scope: &Scope, id: Id) -> Result<Option<FlowRow>, StoreError> {
    let mut args = args![id].to_vec();
    let in_scope = scope_condition(scope, "organization_id", &mut args);
    let sql = format!("SELECT * FROM flow WHERE id = $1 AND {in_scope}");
    let row = tx.fetch_one("flow", &sql, &args).await?;
    row.as_ref().map(read).transpose()
}

/// A unit's open flow of one kind about a record: that of a unit in whose hands it was holds up nobody.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn open_about(
    tx: &mut Tx,
    flow: &str,
    subject: Id,
    organization: OrganizationId,
) -> Result<Option<FlowRow>, StoreError> {
    let sql = "SELECT * FROM flow WHERE flow = $1 AND subject_id = $2 AND organization_id = $3 AND ended = $4 \
         ORDER BY id";
    let args = args![flow, subject, organization, false];
    let row = tx.fetch_one("flow", sql, &args).await?;
    row.as_ref().map(read).transpose()
}

/// How many flows of a unit are open.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn open_of(tx: &mut Tx, organization: OrganizationId) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS n FROM flow WHERE organization_id = $1 AND ended = $2";
    let row = tx
        .fetch_one("flow", sql, &args![organization, false])
        .await?;
    row.map_or(Ok(0), |row| row.int("n"))
}

/// What happened to a flow, in order.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn events(tx: &mut Tx, id: Id) -> Result<Vec<FlowEvent>, StoreError> {
    let sql = "SELECT * FROM flow_event WHERE flow_id = $1 ORDER BY number";
    let rows = tx.fetch("flow", sql, &args![id]).await?;
    rows.iter().map(read_event).collect()
}

/// What happened to several flows, each in order.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn events_of(tx: &mut Tx, ids: &[Id]) -> Result<HashMap<Id, Vec<FlowEvent>>, StoreError> {
    let mut all: HashMap<Id, Vec<FlowEvent>> = HashMap::new();
    for chunk in ids.chunks(500) {
        let (args, places) = listed(chunk.iter().copied());
        let sql = format!(
            "SELECT * FROM flow_event WHERE flow_id IN ({places}) ORDER BY flow_id, number"
        );
        for row in tx.fetch("flows", &sql, &args).await? {
            let event = read_event(&row)?;
            all.entry(event.flow).or_default().push(event);
        }
    }
    Ok(all)
}

/// Ids as arguments, and their places in the text.
fn listed(ids: impl Iterator<Item = Id>) -> (Vec<Arg>, String) {
    let args: Vec<Arg> = ids.map(Arg::from).collect();
    let places: Vec<String> = (1..=args.len()).map(|i| format!("${i}")).collect();
    (args, places.join(", "))
}

/// Values as they are kept.
fn json(values: &Values) -> Result<String, StoreError> {
    serde_json::to_string(values).map_err(|e| StoreError::Decode {
        column: "flow.typed".into(),
        what: e.to_string(),
    })
}

/// Which flows.
#[derive(Clone, Debug, Default)]
pub struct FlowQuery {
    /// Of this kind.
    pub flow: Option<String>,
    /// About this record.
    pub subject: Option<Id>,
    /// Open or ended ones only.
    pub ended: Option<bool>,
    /// How many to skip.
    pub offset: i64,
    /// At most so many.
    pub limit: i64,
}

/// Flows in scope, the last changed first, and how many there are in all.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn list(
    db: &Db,
    scope: &Scope,
    query: &FlowQuery,
) -> Result<(Vec<FlowRow>, i64), StoreError> {
    let mut args: Vec<Arg> = Vec::new();
    let mut all = vec![scope_condition(scope, "organization_id", &mut args)];
    let wanted = [
        ("flow", query.flow.clone().map(Arg::from)),
        ("subject_id", query.subject.map(Arg::from)),
        ("ended", query.ended.map(Arg::from)),
    ];
    for (column, value) in wanted {
        if let Some(value) = value {
            args.push(value);
            all.push(format!("{column} = ${}", args.len()));
        }
    }
    let conditions = all.join(" AND ");
    let count = format!("SELECT COUNT(*) AS n FROM flow WHERE {conditions}");
    let total = db.fetch_one("flows", &count, &args).await?;
    let total = total.map_or(Ok(0), |row| row.int("n"))?;
    args.extend(args![query.limit, query.offset]);
    let sql = format!(
        "SELECT * FROM flow WHERE {conditions} ORDER BY updated_at DESC, id DESC LIMIT ${} OFFSET ${}",
        args.len() - 1,
        args.len()
    );
    let rows = db.fetch("flows", &sql, &args).await?;
    Ok((rows.iter().map(read).readable()?, total))
}

/// Open flows in scope that stand in one of these places (hash of the definition, state), those due
/// first, at most so many.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn standing(
    tx: &mut Tx,
    scope: &Scope,
    places: &[(&str, &str)],
    limit: i64,
) -> Result<Vec<FlowRow>, StoreError> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let mut args = args![false].to_vec();
    let in_scope = scope_condition(scope, "organization_id", &mut args);
    let mut any = Vec::new();
    for (definition, state) in places {
        args.extend(args![*definition, *state]);
        any.push(format!(
            "(definition_id = ${} AND state = ${})",
            args.len() - 1,
            args.len()
        ));
    }
    args.push(limit.into());
    let sql = format!(
        "SELECT * FROM flow WHERE ended = $1 AND {in_scope} AND ({}) \
         ORDER BY due_on NULLS LAST, entered_at, id LIMIT ${}",
        any.join(" OR "),
        args.len()
    );
    let rows = tx.fetch("flows", &sql, &args).await?;
    rows.iter().map(read).readable()
}

/// How many flows somebody has begun since a moment, unix milliseconds.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn begun_since(tx: &mut Tx, by: &str, since: i64) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS n FROM flow WHERE created_by = $1 AND created_at > $2";
    let row = tx.fetch_one("flows", sql, &args![by, since]).await?;
    row.map_or(Ok(0), |row| row.int("n"))
}
