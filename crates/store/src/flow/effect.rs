//! What a flow does outside the database, and how far it has come: done once, or told that it is
//! unsure.

use domain::id::Id;

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
    /// JSON: what is to be done.
    pub effect: String,
    /// `waiting`, `sending`, `done`, `unsure`, `failed`.
    pub state: String,
    /// The other side's word; empty for none.
    pub said: String,
    /// Unix milliseconds.
    pub updated_at: i64,
}

fn read(row: &Row) -> Result<FlowEffect, StoreError> {
    Ok(FlowEffect {
        id: row.parsed("id")?,
        flow: row.parsed("flow_id")?,
        number: row.int("number")?,
        place: row.int("place")?,
        effect: row.text("effect")?,
        state: row.text("state")?,
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
            &e.effect,
            &e.state,
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
    (from, to): (&str, &str),
    now: i64,
) -> Result<bool, StoreError> {
    let sql = "UPDATE flow_effect SET state = $3, updated_at = $4 WHERE id = $1 AND state = $2";
    let touched = tx.execute("flow", sql, &args![id, from, to, now]).await?;
    Ok(touched > 0)
}

/// Writes what came of an effect.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn settle_effect(
    tx: &mut Tx,
    id: Id,
    (state, said): (&str, &str),
    now: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE flow_effect SET state = $2, said = $3, updated_at = $4 WHERE id = $1";
    tx.execute("flow", sql, &args![id, state, said, now])
        .await?;
    Ok(())
}
