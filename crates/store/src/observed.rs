//! Records that collectors write: as they are now, and how they were before.

use std::collections::HashMap;

use domain::{
    id::Id,
    record::{Record, Values},
    schema::{Field, Observed, Schema},
};

use crate::{Db, StoreError, Tx, args, collection::ASKED, registry};

/// How a record was.
#[derive(Clone, Debug, PartialEq)]
pub struct Before {
    /// From when, unix milliseconds.
    pub from_at: i64,
    /// Until when, unix milliseconds.
    pub until_at: i64,
    /// Its values.
    pub values: Values,
}

/// What a target told, written down: how many records are new, changed and gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// New.
    pub made: usize,
    /// Changed.
    pub changed: usize,
    /// No longer told.
    pub gone: usize,
    /// Whether something is left for another batch.
    pub more: bool,
}

impl Written {
    /// Whether anything was.
    pub fn any(self) -> bool {
        self != Self::default()
    }
}

fn of(schema: &Schema) -> Result<(&Observed, String), StoreError> {
    let found = schema.observed.as_ref().and_then(|observed| {
        let field = schema.field(&observed.of)?;
        Some((observed, Field::column(field)))
    });
    found.ok_or_else(|| StoreError::Decode {
        column: schema.noun.clone(),
        what: "nothing observes it".into(),
    })
}

/// Makes a target's records what it tells now: ids and values. Only what differs is written, of that
/// some `room` rows at once, so that nobody waits for a device that tells much; [`Written::more`] says
/// that some is left. How it was goes to the past.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn replace(
    tx: &mut Tx,
    schema: &Schema,
    target: Id,
    told: Vec<(Id, Values)>,
    (now, room): (i64, usize),
) -> Result<Written, StoreError> {
    let (observed, _) = of(schema)?;
    let known = registry::that_name(tx, schema, &observed.of, target).await?;
    let mut known: HashMap<Id, Record> = known.into_iter().map(|r| (r.id, r)).collect();
    let (mut written, mut new) = (Written::default(), Vec::new());
    for (id, values) in told {
        let Some(before) = known.remove(&id) else {
            if new.len() + 2 * written.changed >= room {
                written.more = true;
                continue;
            }
            new.push(Record {
                id,
                version: 1,
                updated_at: now,
                values,
            });
            continue;
        };
        // A field that is not told is null.
        let told = |field: &Field| values.get(&field.name).filter(|v| !v.is_null());
        let same = (schema.fields.iter())
            .all(|f| told(f) == Some(before.get(&f.name)).filter(|v| !v.is_null()));
        if same {
            continue;
        }
        if new.len() + 2 * written.changed >= room {
            written.more = true;
            continue;
        }
        keep(tx, schema, &before, now).await?;
        let after = Record { values, ..before };
        registry::update(tx, schema, &after, "", now).await?;
        written.changed += 1;
    }
    for gone in known.into_values() {
        if new.len() + 2 * (written.changed + written.gone) >= room {
            written.more = true;
            break;
        }
        remove(tx, schema, &gone, now).await?;
        written.gone += 1;
    }
    written.made = new.len();
    registry::insert(tx, schema, &new, "", now).await?;
    Ok(written)
}

async fn remove(tx: &mut Tx, schema: &Schema, gone: &Record, now: i64) -> Result<(), StoreError> {
    keep(tx, schema, gone, now).await?;
    registry::delete(tx, schema, gone.id, gone.version).await
}

/// Puts a record as it is into the past.
async fn keep(tx: &mut Tx, schema: &Schema, record: &Record, now: i64) -> Result<(), StoreError> {
    let data = serde_json::to_string(&record.values).unwrap_or_default();
    let sql = "INSERT INTO observed_past (noun, record_id, from_at, until_at, data) \
               VALUES ($1, $2, $3, $4, $5) ON CONFLICT (noun, record_id, from_at) DO NOTHING";
    let args = args![&schema.noun, record.id, record.updated_at, now, data];
    tx.execute("observed_past", sql, &args).await.map(drop)
}

/// How a record was, the latest first.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn past(
    db: &Db,
    schema: &Schema,
    record: Id,
    limit: i64,
) -> Result<Vec<Before>, StoreError> {
    let sql = "SELECT from_at, until_at, data FROM observed_past WHERE noun = $1 AND record_id = $2 \
               ORDER BY from_at DESC LIMIT $3";
    let rows = db
        .fetch("observed_past", sql, &args![&schema.noun, record, limit])
        .await?;
    let before = |row: &crate::Row| {
        let data = row.text("data")?;
        Ok(Before {
            from_at: row.int("from_at")?,
            until_at: row.int("until_at")?,
            values: serde_json::from_str(&data).map_err(|e| StoreError::Decode {
                column: "data".into(),
                what: e.to_string(),
            })?,
        })
    };
    rows.iter().map(before).collect()
}

/// Takes away the records of devices that the collector of this kind of secret does not ask any more,
/// or that have changed hands, at most `limit` at once; how many.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn sweep(
    tx: &mut Tx,
    schema: &Schema,
    kind: &str,
    now: i64,
    limit: i64,
) -> Result<usize, StoreError> {
    let (_, column) = of(schema)?;
    let table = schema.table();
    let sql = format!(
        "SELECT x.id FROM {table} x WHERE NOT EXISTS (SELECT 1 FROM {ASKED} \
         AND d.id = x.{column} AND d.organization_id = x.organization_id) ORDER BY x.id LIMIT $2"
    );
    let rows = tx.fetch(&schema.noun, &sql, &args![kind, limit]).await?;
    for row in &rows {
        let id: Id = row.parsed("id")?;
        let gone = registry::get_in(tx, schema, id).await?;
        if let Some(gone) = gone {
            remove(tx, schema, &gone, now).await?;
        }
    }
    Ok(rows.len())
}

/// Forgets how records were that ended before `until`, unix milliseconds.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn forget(tx: &mut Tx, until: i64) -> Result<u64, StoreError> {
    let sql = "DELETE FROM observed_past WHERE until_at < $1";
    tx.execute("observed_past", sql, &args![until]).await
}
