//! What a flow does outside the database, and how far it has come: done once, or told that it is
//! unsure.

use std::str::FromStr;

use domain::id::Id;
use serde_json::Value as Json;

use super::UnknownCode;
use crate::{Db, Row, StoreError, Tx, args};

/// An effect that goes out.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct FlowEffect {
    /// Its identifier, and the key of its job.
    pub id: Id,
    /// Of which flow.
    pub flow: Id,
    /// Of which of its events.
    pub number: i64,
    /// Which of that event's effects, from 0.
    pub place: i64,
    /// What is to be done.
    pub effect: Json,
    /// How far it has come.
    pub state: EffectState,
    /// The other side's word; empty for none.
    pub said: String,
    /// Unix milliseconds.
    pub updated_at: i64,
}

/// How far an effect has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EffectState {
    /// Its job is queued.
    Waiting,
    /// An attempt has begun; who finds it so later does not know whether it went out.
    Sending,
    /// It went out.
    Done,
    /// Nobody knows whether it went out.
    Unsure,
    /// It surely did not go out, and is not tried again by itself.
    Failed,
}

impl EffectState {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Waiting,
        Self::Sending,
        Self::Done,
        Self::Unsure,
        Self::Failed,
    ];

    /// Its code in the database, in the journal and in the API.
    pub fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Done => "done",
            Self::Unsure => "unsure",
            Self::Failed => "failed",
        }
    }

    /// Whether a person may have it tried again; one that waits may have been given up.
    pub fn may_try_again(self) -> bool {
        matches!(self, Self::Waiting | Self::Unsure | Self::Failed)
    }
}

impl FromStr for EffectState {
    type Err = UnknownCode;

    fn from_str(code: &str) -> Result<Self, UnknownCode> {
        let known = Self::ALL.into_iter().find(|state| state.code() == code);
        known.ok_or_else(|| UnknownCode(code.to_owned()))
    }
}

fn read(row: &Row) -> Result<FlowEffect, StoreError> {
    Ok(FlowEffect {
        id: row.parsed("id")?,
        flow: row.parsed("flow_id")?,
        number: row.int("number")?,
        place: row.int("place")?,
        effect: row.json("effect")?,
        state: row.parsed("state")?,
        said: row.text("said")?,
        updated_at: row.int("updated_at")?,
    })
}

/// Writes an effect that waits.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn insert_effect(tx: &mut Tx, e: &FlowEffect) -> Result<(), StoreError> {
    tx.execute(
        "flow",
        "INSERT INTO flow_effect (id, flow_id, number, place, effect, state, said, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &args![
            e.id,
            e.flow,
            e.number,
            e.place,
            e.effect.to_string(),
            e.state.code(),
            &e.said,
            e.updated_at
        ],
    )
    .await?;
    Ok(())
}

/// An effect.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn effect(db: &Db, id: Id) -> Result<Option<FlowEffect>, StoreError> {
    let sql = "SELECT * FROM flow_effect WHERE id = $1";
    let row = db.fetch_one("flow", sql, &args![id]).await?;
    row.as_ref().map(read).transpose()
}

/// What a flow has sent out or will, in order.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn effects(db: &Db, flow: Id) -> Result<Vec<FlowEffect>, StoreError> {
    let sql = "SELECT * FROM flow_effect WHERE flow_id = $1 ORDER BY number, place";
    let rows = db.fetch("flow", sql, &args![flow]).await?;
    rows.iter().map(read).collect()
}

/// Takes an effect from one state to the next; `false` where it stood in another: somebody else
/// has it.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn claim_effect(
    tx: &mut Tx,
    id: Id,
    (from, to): (EffectState, EffectState),
    now: i64,
) -> Result<bool, StoreError> {
    let sql = "UPDATE flow_effect SET state = $3, updated_at = $4 WHERE id = $1 AND state = $2";
    let touched = tx
        .execute("flow", sql, &args![id, from.code(), to.code(), now])
        .await?;
    Ok(touched > 0)
}

/// Writes what came of an effect.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn settle_effect(
    tx: &mut Tx,
    id: Id,
    (state, said): (EffectState, &str),
    now: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE flow_effect SET state = $2, said = $3, updated_at = $4 WHERE id = $1";
    tx.execute("flow", sql, &args![id, state.code(), said, now])
        .await?;
    Ok(())
}
