//! Records that collectors write: as they are now, and how they were before.

use std::collections::{HashMap, HashSet};

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

/// What a target tells now and is not written: worked out once, written in parts.
#[derive(Debug, Default)]
pub struct Difference {
    /// Those that are new.
    pub new: Vec<Record>,
    /// Those that changed: as each was, and as it is.
    pub changed: Vec<(Record, Record)>,
    /// Those that are no longer told.
    pub gone: Vec<Record>,
}

impl Difference {
    /// How many records.
    pub fn len(&self) -> usize {
        self.new.len() + self.changed.len() + self.gone.len()
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes out a part that writes some `room` rows; what changed or is gone takes two each.
    pub fn take(&mut self, room: usize) -> Self {
        let many = |of: usize, room: usize| of - of.min(room);
        let new = self.new.split_off(many(self.new.len(), room));
        let room = room.saturating_sub(new.len()).div_ceil(2);
        let changed = self.changed.split_off(many(self.changed.len(), room));
        let room = room - changed.len();
        let gone = self.gone.split_off(many(self.gone.len(), room));
        Self { new, changed, gone }
    }
}

/// What differs between what a target tells, ids and values, and its records as they are.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn difference(
    tx: &mut Tx,
    schema: &Schema,
    target: Id,
    told: Vec<(Id, Values)>,
) -> Result<Difference, StoreError> {
    let (observed, _) = of(schema)?;
    let known = registry::that_name(tx, schema, &observed.of, target).await?;
    let mut known: HashMap<Id, Record> = known.into_iter().map(|r| (r.id, r)).collect();
    let (mut found, mut seen) = (Difference::default(), HashSet::new());
    for (id, values) in told {
        // Of what is told twice the first counts.
        if !seen.insert(id) {
            continue;
        }
        let Some(before) = known.remove(&id) else {
            found.new.push(Record {
                id,
                version: 1,
                updated_at: 0,
                values,
            });
            continue;
        };
        // A field that is not told is null.
        let told = |field: &Field| values.get(&field.name).filter(|v| !v.is_null());
        let same = (schema.fields.iter())
            .all(|f| told(f) == Some(before.get(&f.name)).filter(|v| !v.is_null()));
        if !same {
            let after = Record {
                values,
                ..before.clone()
            };
            found.changed.push((before, after));
        }
    }
    found.gone.extend(known.into_values());
    Ok(found)
}

/// Writes a difference. How it was goes to the past.
///
/// # Errors
/// [`StoreError::Stale`] when a record changed since the difference was worked out; of the engine.
pub async fn write(
    tx: &mut Tx,
    schema: &Schema,
    difference: &Difference,
    now: i64,
) -> Result<(), StoreError> {
    for (before, after) in &difference.changed {
        keep(tx, schema, before, now).await?;
        registry::update(tx, schema, after, "", now).await?;
    }
    for gone in &difference.gone {
        remove(tx, schema, gone, now).await?;
    }
    registry::insert(tx, schema, &difference.new, "", now).await
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

/// Since when a record has been its unit's: until then it was another's, as a device that has changed
/// hands tells the same interfaces; unix milliseconds. None where it never was.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn since(db: &Db, schema: &Schema, record: &Record) -> Result<Option<i64>, StoreError> {
    let owner = record.owner(schema).map_or(Id::NIL, |unit| unit.0);
    // A quote within a text is escaped: this stands in no alias.
    let own = format!("%\"{}\":\"{owner}\"%", schema.owner);
    let sql = "SELECT MAX(until_at) AS at FROM observed_past \
               WHERE noun = $1 AND record_id = $2 AND data NOT LIKE $3";
    let args = args![&schema.noun, record.id, own];
    let row = db.fetch_one("observed_past", sql, &args).await?;
    row.map_or(Ok(None), |row| row.opt_int("at"))
}

/// How a record was while it was its unit's, the latest first.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn past(
    db: &Db,
    schema: &Schema,
    record: &Record,
    limit: i64,
) -> Result<Vec<Before>, StoreError> {
    let since = since(db, schema, record).await?.unwrap_or(i64::MIN);
    let sql = "SELECT from_at, until_at, data FROM observed_past WHERE noun = $1 AND record_id = $2 \
               AND from_at >= $3 ORDER BY from_at DESC LIMIT $4";
    let args = args![&schema.noun, record.id, since, limit];
    let rows = db.fetch("observed_past", sql, &args).await?;
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
