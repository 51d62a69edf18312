//! A transaction.

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
};

use sqlx::Executor as _;

use crate::{
    Arg, Row, StoreError,
    arg::storable,
    db::{Shared, postgres_query, sqlite_query},
    journal::{self, Change, Sealing},
    lease,
    line::Turn,
    memory::{Head, Memory},
};

/// A transaction. Dropped without [`Tx::commit`] it leaves nothing behind.
///
/// After a statement has failed it cannot be committed: PostgreSQL would roll it back and
/// say that all is well.
pub struct Tx {
    engine: Engine,
    broken: bool,
    contended: bool,
    touched: BTreeSet<String>,
    /// Entries of the journal, written when it is committed.
    pub(crate) entries: Vec<Change>,
    /// The last of those that it wrote.
    pub(crate) end: Option<Head>,
    /// The entry that was gone when it wrote them.
    pub(crate) lost: Option<Head>,
    /// Looks for it also when nothing is to be written: when, unix milliseconds.
    pub(crate) looks: Option<i64>,
    shared: Arc<Shared>,
    turn: Option<Turn>,
    sealing: Option<Sealing>,
}

pub(crate) enum Engine {
    /// Begun IMMEDIATE: a transaction that reads and then writes must hold the write
    /// lock from its start.
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    /// Read committed.
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

impl Tx {
    pub(crate) fn new(
        engine: Engine,
        shared: Arc<Shared>,
        turn: Option<Turn>,
        sealing: Option<Sealing>,
    ) -> Self {
        Self {
            engine,
            broken: false,
            contended: false,
            touched: BTreeSet::new(),
            entries: Vec::new(),
            end: None,
            lost: None,
            looks: None,
            shared,
            turn,
            sealing,
        }
    }

    /// All rows of a query.
    ///
    /// # Errors
    /// [`StoreError::Engine`].
    pub async fn fetch(
        &mut self,
        what: &str,
        sql: &str,
        args: &[Arg],
    ) -> Result<Vec<Row>, StoreError> {
        storable(what, args)?;
        self.shared.asked.fetch_add(1, Ordering::Relaxed);
        let rows = match &mut self.engine {
            Engine::Sqlite(tx) => sqlite_query(sql, args)
                .fetch_all(&mut **tx)
                .await
                .map(|rows| rows.into_iter().map(Row::Sqlite).collect()),
            Engine::Postgres(tx) => postgres_query(sql, args)
                .fetch_all(&mut **tx)
                .await
                .map(|rows| rows.into_iter().map(Row::Postgres).collect()),
        };
        let rows = rows.map_err(|e| StoreError::engine(what, e));
        self.went(&rows);
        rows
    }

    /// The first row of a query, if any.
    ///
    /// # Errors
    /// [`StoreError::Engine`].
    pub async fn fetch_one(
        &mut self,
        what: &str,
        sql: &str,
        args: &[Arg],
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.fetch(what, sql, args).await?.into_iter().next())
    }

    /// Runs a statement; the number of rows it touched.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] and [`StoreError::Reference`] for broken constraints,
    /// else [`StoreError::Engine`].
    pub async fn execute(
        &mut self,
        what: &str,
        sql: &str,
        args: &[Arg],
    ) -> Result<u64, StoreError> {
        storable(what, args)?;
        self.shared.asked.fetch_add(1, Ordering::Relaxed);
        let done = match &mut self.engine {
            Engine::Sqlite(tx) => tx
                .execute(sqlite_query(sql, args))
                .await
                .map(|r| r.rows_affected()),
            Engine::Postgres(tx) => tx
                .execute(postgres_query(sql, args))
                .await
                .map(|r| r.rows_affected()),
        };
        let done = done.map_err(|e| StoreError::engine(what, e));
        self.went(&done);
        let done = done?;
        if let Some(turn) = &mut self.turn {
            turn.wrote(done);
        }
        Ok(done)
    }

    fn went<T>(&mut self, done: &Result<T, StoreError>) {
        if let Err(error) = done {
            self.broken = true;
            self.contended |= error.is_contended();
        }
    }

    /// Whether it failed only because others wrote at the same time: the same again may succeed.
    pub fn contended(&self) -> bool {
        self.contended
    }

    /// How many rows a batch of background work should write (see [`crate::Db::begin_later`]): as many
    /// as take some twenty milliseconds here.
    pub fn room(&self) -> usize {
        self.turn.as_ref().map_or(usize::MAX, Turn::room)
    }

    /// Says that what is read as `view` (a noun, or what is observed: `target`, `verdict`)
    /// changes. Told after the commit, to this process and to all others; what is written into
    /// the journal is touched by that.
    pub fn touch(&mut self, view: &str) {
        if !self.touched.contains(view) {
            self.touched.insert(view.to_owned());
        }
    }

    /// Appends a change to the journal; it is written when the transaction is committed: all
    /// writers share the chain, and none holds it while it does anything else. What it is about is
    /// touched.
    pub fn journal(&mut self, change: Change) {
        self.touch(&change.noun);
        self.entries.push(change);
    }

    /// Inserts rows of equal width, about a hundred to a statement (the fastest on SQLite).
    ///
    /// # Errors
    /// As [`Tx::execute`].
    pub async fn insert_many(
        &mut self,
        what: &str,
        into: &str,
        suffix: &str,
        rows: &[Vec<Arg>],
    ) -> Result<(), StoreError> {
        let Some(width) = rows.first().map(Vec::len) else {
            return Ok(());
        };
        // PostgreSQL takes at most 65,535 parameters, SQLite 32,766.
        let chunk = (20_000 / width.max(1)).clamp(1, 100);
        let numbered = self.is_postgres();
        for rows in rows.chunks(chunk) {
            let mut sql = format!("INSERT INTO {into} VALUES ");
            let mut args = Vec::with_capacity(rows.len() * width);
            for (i, row) in rows.iter().enumerate() {
                if i > 0 {
                    sql.push(',');
                }
                sql.push('(');
                for j in 0..width {
                    if j > 0 {
                        sql.push(',');
                    }
                    if numbered {
                        sql.push('$');
                        sql.push_str(&(i * width + j + 1).to_string());
                    } else {
                        // SQLite takes `$1` for a name and looks each of them up among all
                        // others, which for a hundred rows is most of the time.
                        sql.push('?');
                    }
                }
                sql.push(')');
                args.extend(row.iter().cloned());
            }
            sql.push(' ');
            sql.push_str(suffix);
            self.execute(what, &sql, &args).await?;
        }
        Ok(())
    }

    /// Makes the changes lasting, writes the journal's entries and tells who listens.
    ///
    /// # Errors
    /// [`StoreError::Engine`], and [`StoreError::Broken`] after a statement that failed;
    /// nothing was kept then.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        if self.broken {
            return Err(StoreError::Broken);
        }
        // The locks that all writers want come last, in one order, and are held briefly.
        journal::write(&mut self).await?;
        lease::check(&mut self).await?;
        let versions = self.count().await?;
        let done = match self.engine {
            Engine::Sqlite(tx) => tx.commit().await,
            Engine::Postgres(tx) => tx.commit().await,
        };
        done.map_err(|e| StoreError::engine("commit", e))?;
        drop(self.turn);
        if let Some(end) = self.end {
            self.shared.memory.committed(end, self.lost);
        }
        self.shared.versions.committed(&self.touched, versions);
        Ok(())
    }

    /// Counts up the versions of what was touched.
    async fn count(&mut self) -> Result<Vec<(String, i64)>, StoreError> {
        if self.touched.is_empty() {
            return Ok(Vec::new());
        }
        // By name: two that touch the same never wait for each other in a circle.
        let args: Vec<Arg> = self.touched.iter().map(Arg::from).collect();
        let places: Vec<String> = (1..=args.len()).map(|i| format!("(${i}, 1)")).collect();
        let sql = format!(
            "INSERT INTO view_version (view_name, version) VALUES {} ON CONFLICT (view_name) \
             DO UPDATE SET version = view_version.version + 1 RETURNING view_name, version",
            places.join(", ")
        );
        let rows = self.fetch("views", &sql, &args).await?;
        let read = rows.iter();
        read.map(|row| Ok((row.text("view_name")?, row.int("version")?)))
            .collect()
    }

    pub(crate) fn memory(&self) -> &Memory {
        &self.shared.memory
    }

    pub(crate) fn sealing(&self) -> Option<&Sealing> {
        self.sealing.as_ref()
    }

    /// Whether this is PostgreSQL; only [`crate::dialect`] asks.
    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self.engine, Engine::Postgres(_))
    }
}
