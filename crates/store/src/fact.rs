//! Runs a pack's check: one read-only query over the fact views, with a time limit.

use std::time::{Duration, Instant};

use domain::record::Value;
use sqlx::{Column, Row as _, TypeInfo, ValueRef};

use crate::{Arg, Db, Row, StoreError, db};

/// What a check returned.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FactTable {
    /// The names of the columns, in order; none where there are no rows.
    pub columns: Vec<String>,
    /// The rows, each with a value for every column.
    pub rows: Vec<Vec<Value>>,
}

impl FactTable {
    /// The place of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c == name)
    }
}

/// Runs a check's SQL (`$1` … parameters). The connection cannot write, and the query is
/// stopped at `limit`, counted from when a connection is free.
///
/// # Errors
/// [`StoreError::NotAQuery`], [`StoreError::TimedOut`], or the engine's word about the SQL.
pub async fn run(
    db: &Db,
    sql: &str,
    args: &[Arg],
    limit: Duration,
) -> Result<FactTable, StoreError> {
    one_query(sql).map_err(|what| StoreError::NotAQuery { what })?;
    let busy = |e| StoreError::engine("check", e);
    match db {
        Db::Sqlite { reader, .. } => {
            let mut connection = reader.acquire().await.map_err(busy)?;
            let started = Instant::now();
            let failed = |e| ended(e, started, limit);
            connection
                .lock_handle()
                .await
                .map_err(failed)?
                .set_progress_handler(2_000, move || started.elapsed() < limit);
            let rows = db::sqlite_query(sql, args)
                .fetch_all(&mut *connection)
                .await;
            if let Ok(mut handle) = connection.lock_handle().await {
                handle.remove_progress_handler();
            }
            let rows = rows.map_err(failed)?;
            table(&rows.into_iter().map(Row::Sqlite).collect::<Vec<_>>())
        }
        Db::Postgres(pool) => {
            let mut tx = pool.begin().await.map_err(busy)?;
            let started = Instant::now();
            let failed = |e| ended(e, started, limit);
            let set = format!(
                "SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = {}",
                limit.as_millis().max(1)
            );
            sqlx::raw_sql(sqlx::AssertSqlSafe(set))
                .execute(&mut *tx)
                .await
                .map_err(failed)?;
            let rows = db::postgres_query(sql, args)
                .fetch_all(&mut *tx)
                .await
                .map_err(failed)?;
            table(&rows.into_iter().map(Row::Postgres).collect::<Vec<_>>())
        }
    }
}

/// What a query that failed is: stopped at its limit, or wrong.
fn ended(error: sqlx::Error, started: Instant, limit: Duration) -> StoreError {
    if started.elapsed() >= limit {
        StoreError::TimedOut {
            limit_ms: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX),
        }
    } else {
        StoreError::engine("check", error)
    }
}

/// Whether a text is one query: it begins with SELECT or WITH, and no further statement
/// follows. (SQLite would run all statements of a text, PRAGMA among them. What a WITH
/// writes the connection refuses.)
fn one_query(sql: &str) -> Result<(), &'static str> {
    let mut rest = sql;
    let mut first = true;
    let mut over = false;
    loop {
        rest = rest.trim_start();
        let Some(c) = rest.chars().next() else {
            return if first {
                Err("there is nothing")
            } else {
                Ok(())
            };
        };
        let skipped = if rest.starts_with("--") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |at| at + 2)
        } else if over {
            return Err("a second statement follows");
        } else if first {
            let word = rest
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(rest.len());
            if !["select", "with"].contains(&rest[..word].to_ascii_lowercase().as_str()) {
                return Err("it begins with another word");
            }
            first = false;
            word
        } else {
            match c {
                ';' => {
                    over = true;
                    1
                }
                // A doubled quote inside reads as two texts side by side, which is as good here.
                '\'' | '"' => rest[1..].find(c).map_or(rest.len(), |at| at + 2),
                _ => c.len_utf8(),
            }
        };
        rest = &rest[skipped..];
    }
}

fn table(rows: &[Row]) -> Result<FactTable, StoreError> {
    let columns = match rows.first() {
        Some(Row::Sqlite(row)) => row.columns().iter().map(|c| c.name().into()).collect(),
        Some(Row::Postgres(row)) => row.columns().iter().map(|c| c.name().into()).collect(),
        None => Vec::new(),
    };
    let rows = rows.iter().map(values).collect::<Result<_, _>>()?;
    Ok(FactTable { columns, rows })
}

fn values(row: &Row) -> Result<Vec<Value>, StoreError> {
    macro_rules! all {
        ($row:expr) => {
            $row.columns()
                .iter()
                .map(|c| {
                    let i = c.ordinal();
                    let raw = $row
                        .try_get_raw(i)
                        .map_err(|e| StoreError::engine("check", e))?;
                    if raw.is_null() {
                        return Ok(Value::Null);
                    }
                    let bad = |e: sqlx::Error| StoreError::Decode {
                        column: c.name().into(),
                        what: e.to_string(),
                    };
                    Ok(match raw.type_info().name() {
                        "TEXT" | "VARCHAR" | "UNKNOWN" | "NAME" => {
                            Value::Text($row.try_get(i).map_err(bad)?)
                        }
                        "INTEGER" | "INT8" | "BIGINT" => {
                            Value::Integer($row.try_get(i).map_err(bad)?)
                        }
                        "INT4" => {
                            Value::Integer(i64::from($row.try_get::<i32, _>(i).map_err(bad)?))
                        }
                        "INT2" => {
                            Value::Integer(i64::from($row.try_get::<i16, _>(i).map_err(bad)?))
                        }
                        "FLOAT4" => {
                            Value::Decimal(f64::from($row.try_get::<f32, _>(i).map_err(bad)?))
                        }
                        "REAL" | "FLOAT8" => Value::Decimal($row.try_get(i).map_err(bad)?),
                        "BOOL" | "BOOLEAN" => Value::Boolean($row.try_get(i).map_err(bad)?),
                        other => {
                            return Err(StoreError::Decode {
                                column: c.name().into(),
                                what: format!(
                                    "is of type {other}; CAST it to BIGINT or TEXT in the check"
                                ),
                            });
                        }
                    })
                })
                .collect()
        };
    }
    match row {
        Row::Sqlite(row) => all!(row),
        Row::Postgres(row) => all!(row),
    }
}
