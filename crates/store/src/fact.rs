//! Runs a pack's check: one read-only query over the fact views, with a time limit.

use std::time::{Duration, Instant};

use domain::record::Value;
use futures_util::TryStreamExt as _;
use sqlx::{Column, Row as _, TypeInfo, ValueRef};

use crate::{
    Arg, Db, Row, StoreError,
    db::{self, Pools},
};

/// What a check returned. All texts lie in one buffer: a province's checks return hundreds
/// of thousands of values every minute, of which few are ever looked at.
#[derive(Clone, Debug, Default)]
pub struct FactTable {
    columns: Vec<String>,
    cells: Vec<Cell>,
    text: String,
}

#[derive(Clone, Copy, Debug)]
enum Cell {
    Null,
    Boolean(bool),
    Integer(i64),
    Decimal(f64),
    /// From where to where in the buffer.
    Text(usize, usize),
}

impl FactTable {
    /// The names of the columns, in order; none where there are no rows.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The place of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c == name)
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.cells
            .len()
            .checked_div(self.columns.len())
            .unwrap_or(0)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    fn cell(&self, row: usize, column: usize) -> Cell {
        let place = row * self.columns.len() + column;
        self.cells.get(place).copied().unwrap_or(Cell::Null)
    }

    /// A text; none for anything else.
    pub fn text(&self, row: usize, column: usize) -> Option<&str> {
        match self.cell(row, column) {
            Cell::Text(from, to) => self.text.get(from..to),
            _ => None,
        }
    }

    /// A whole number; none for anything else.
    pub fn integer(&self, row: usize, column: usize) -> Option<i64> {
        match self.cell(row, column) {
            Cell::Integer(i) => Some(i),
            _ => None,
        }
    }

    /// A value; null beyond the table.
    pub fn value(&self, row: usize, column: usize) -> Value {
        match self.cell(row, column) {
            Cell::Null => Value::Null,
            Cell::Boolean(b) => Value::Boolean(b),
            Cell::Integer(i) => Value::Integer(i),
            Cell::Decimal(d) => Value::Decimal(d),
            Cell::Text(from, to) => self.text.get(from..to).unwrap_or_default().into(),
        }
    }

    fn push(&mut self, text: &str) -> Cell {
        let from = self.text.len();
        self.text.push_str(text);
        Cell::Text(from, self.text.len())
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
    match &db.pools {
        Pools::Sqlite { judge, .. } => {
            let mut connection = judge.acquire().await.map_err(busy)?;
            let started = Instant::now();
            let failed = |e| ended(e, started, limit);
            connection
                .lock_handle()
                .await
                .map_err(failed)?
                .set_progress_handler(2_000, move || started.elapsed() < limit);
            let mut table = FactTable::default();
            let read = async {
                let mut rows = db::sqlite_query(sql, args).fetch(&mut *connection);
                while let Some(row) = rows.try_next().await.map_err(failed)? {
                    table.add(&Row::Sqlite(row))?;
                }
                Ok(())
            };
            let read = read.await;
            if let Ok(mut handle) = connection.lock_handle().await {
                handle.remove_progress_handler();
            }
            read.map(|()| table)
        }
        Pools::Postgres { judge, .. } => {
            let mut tx = judge.begin().await.map_err(busy)?;
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
            let mut table = FactTable::default();
            let mut rows = db::postgres_query(sql, args).fetch(&mut *tx);
            while let Some(row) = rows.try_next().await.map_err(failed)? {
                table.add(&Row::Postgres(row))?;
            }
            Ok(table)
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

impl FactTable {
    /// Adds a row of the engine's.
    fn add(&mut self, row: &Row) -> Result<(), StoreError> {
        macro_rules! all {
            ($row:expr) => {{
                if self.columns.is_empty() {
                    self.columns = $row.columns().iter().map(|c| c.name().into()).collect();
                }
                for i in 0..$row.columns().len() {
                    let bad = |what: String| StoreError::Decode {
                        column: $row.columns()[i].name().into(),
                        what,
                    };
                    let fault = |e: sqlx::Error| bad(e.to_string());
                    let raw = $row.try_get_raw(i).map_err(fault)?;
                    let cell = if raw.is_null() {
                        Cell::Null
                    } else {
                        match raw.type_info().name() {
                            "TEXT" | "VARCHAR" | "UNKNOWN" | "NAME" => {
                                self.push($row.try_get(i).map_err(fault)?)
                            }
                            "INTEGER" | "INT8" | "BIGINT" => {
                                Cell::Integer($row.try_get(i).map_err(fault)?)
                            }
                            "INT4" => {
                                Cell::Integer($row.try_get::<i32, _>(i).map_err(fault)?.into())
                            }
                            "INT2" => {
                                Cell::Integer($row.try_get::<i16, _>(i).map_err(fault)?.into())
                            }
                            "REAL" | "FLOAT8" => Cell::Decimal($row.try_get(i).map_err(fault)?),
                            "FLOAT4" => {
                                Cell::Decimal($row.try_get::<f32, _>(i).map_err(fault)?.into())
                            }
                            "BOOL" | "BOOLEAN" => Cell::Boolean($row.try_get(i).map_err(fault)?),
                            other => {
                                return Err(bad(format!(
                                    "is of type {other}; CAST it to BIGINT or TEXT in the check"
                                )));
                            }
                        }
                    };
                    self.cells.push(cell);
                }
            }};
        }
        match row {
            Row::Sqlite(row) => all!(row),
            Row::Postgres(row) => all!(row),
        }
        Ok(())
    }
}
