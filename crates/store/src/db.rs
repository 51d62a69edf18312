//! Two typed pools behind one face.
//!
//! A query is written once, with `$1` parameters; [`Arg`] carries typed values (a null
//! has a type too: PostgreSQL asks for it) and [`Row`] reads typed columns.

use std::{path::Path, str::FromStr, time::Duration};

use sqlx::{
    AssertSqlSafe, Executor, PgPool, SqlitePool,
    postgres::{PgArguments, PgConnectOptions, PgPoolOptions, PgRow},
    sqlite::{
        SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow,
        SqliteSynchronous,
    },
};

use crate::{
    StoreError,
    arg::{Arg, postgres_args, sqlite_args},
    journal::Sealing,
    migration,
};

/// How many checks run at once: as many as the machines this is made for have cores.
const JUDGES: u32 = 2;

/// How long a check waits for its turn; how long it may run is its own limit.
const JUDGES_TURN: Duration = Duration::from_secs(120);

/// The records: SQLite (one writer, several readers) or PostgreSQL.
#[derive(Clone, Debug)]
pub enum Db {
    /// One file in the data folder.
    Sqlite {
        /// The only connection that writes.
        writer: SqlitePool,
        /// Connections that cannot write.
        reader: SqlitePool,
        /// Those of checks, which cannot write either: a page never waits for a check.
        judge: SqlitePool,
        /// Seals entries of the journal.
        sealing: Option<Sealing>,
    },
    /// PostgreSQL 15 or what speaks its protocol.
    Postgres {
        /// What everybody uses.
        pool: PgPool,
        /// What checks use.
        judge: PgPool,
        /// Seals entries of the journal.
        sealing: Option<Sealing>,
    },
}

/// A transaction. Dropped without [`Tx::commit`] it leaves nothing behind.
///
/// After a statement has failed it cannot be committed: PostgreSQL would roll it back and
/// say that all is well.
pub struct Tx {
    engine: Engine,
    broken: bool,
    sealing: Option<Sealing>,
}

enum Engine {
    /// Begun IMMEDIATE: a transaction that reads and then writes must hold the write
    /// lock from its start.
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    /// Read committed.
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

/// One row of a result.
#[derive(Debug)]
pub enum Row {
    /// Of SQLite.
    Sqlite(SqliteRow),
    /// Of PostgreSQL.
    Postgres(PgRow),
}

pub(crate) fn sqlite_query(
    sql: &str,
    args: &[Arg],
) -> sqlx::query::Query<'static, sqlx::Sqlite, SqliteArguments> {
    sqlx::query_with(AssertSqlSafe(sql.to_owned()), sqlite_args(args))
}

pub(crate) fn postgres_query(
    sql: &str,
    args: &[Arg],
) -> sqlx::query::Query<'static, sqlx::Postgres, PgArguments> {
    sqlx::query_with(AssertSqlSafe(sql.to_owned()), postgres_args(args))
}

impl Db {
    /// Opens the SQLite file at `path`, making it when absent, and migrates it.
    ///
    /// # Errors
    /// [`StoreError::Open`] and [`StoreError::Migrate`].
    pub async fn open_sqlite(path: &Path) -> Result<Self, StoreError> {
        let url = path.display().to_string();
        let open = |source| StoreError::Open {
            url: url.clone(),
            source,
        };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A commit that was acknowledged is on disk.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(15))
            .pragma("cache_size", "-8192")
            .pragma("temp_store", "memory");
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await
            .map_err(open)?;
        migration::sqlite()
            .run(&writer)
            .await
            .map_err(StoreError::Migrate)?;
        // Not by `query_only`, which a query could switch off again. A query may return
        // thousands of rows: handed over a few at a time, waking costs more than reading.
        let options = options
            .read_only(true)
            .create_if_missing(false)
            .row_buffer_size(1_024);
        let readers = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                // There is no network in between that could be gone.
                .test_before_acquire(false)
        };
        let reader = readers(4)
            .connect_with(options.clone().pragma("cache_size", "-16384"))
            .await
            .map_err(open)?;
        let judge = readers(JUDGES)
            .acquire_timeout(JUDGES_TURN)
            .connect_with(options.pragma("cache_size", "-32768"))
            .await
            .map_err(open)?;
        Ok(Self::Sqlite {
            writer,
            reader,
            judge,
            sealing: None,
        })
    }

    /// Connects to PostgreSQL and migrates it.
    ///
    /// # Errors
    /// [`StoreError::Open`] and [`StoreError::Migrate`].
    pub async fn open_postgres(url: &str) -> Result<Self, StoreError> {
        let shown = url
            .rsplit_once('@')
            .map_or(url, |(_, host)| host)
            .to_owned();
        let open = |source| StoreError::Open {
            url: shown.clone(),
            source,
        };
        let options = PgConnectOptions::from_str(url).map_err(open)?;
        let connect = |connections| {
            PgPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(Duration::from_secs(10))
        };
        let pool = connect(6)
            .connect_with(options.clone())
            .await
            .map_err(open)?;
        let judge = connect(JUDGES)
            .acquire_timeout(JUDGES_TURN)
            .connect_lazy_with(options);
        migration::postgres()
            .run(&pool)
            .await
            .map_err(StoreError::Migrate)?;
        Ok(Self::Postgres {
            pool,
            judge,
            sealing: None,
        })
    }

    /// Opens by URL: `postgres://…`, or a path of a SQLite file.
    ///
    /// # Errors
    /// As [`Db::open_sqlite`] and [`Db::open_postgres`].
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Self::open_postgres(url).await
        } else {
            Self::open_sqlite(Path::new(url.trim_start_matches("sqlite:"))).await
        }
    }

    /// The same database, whose entries of the journal are sealed from now on.
    #[must_use]
    pub fn sealing_with(mut self, key: Sealing) -> Self {
        match &mut self {
            Db::Sqlite { sealing, .. } | Db::Postgres { sealing, .. } => *sealing = Some(key),
        }
        self
    }

    pub(crate) fn sealing(&self) -> Option<&Sealing> {
        match self {
            Db::Sqlite { sealing, .. } | Db::Postgres { sealing, .. } => sealing.as_ref(),
        }
    }

    /// `sqlite` or `postgres`.
    pub fn engine(&self) -> &'static str {
        match self {
            Db::Sqlite { .. } => "sqlite",
            Db::Postgres { .. } => "postgres",
        }
    }

    /// Begins a transaction that may write.
    ///
    /// # Errors
    /// [`StoreError::Engine`] when the database is away or stays locked.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let engine = match self {
            Db::Sqlite { writer, .. } => {
                let mut begun = writer.begin_with("BEGIN IMMEDIATE").await;
                // On a full disk SQLite itself ends the transaction, and the connection goes
                // on counting one that is no more: it is replaced.
                if let Err(sqlx::Error::InvalidSavePointStatement) = begun {
                    begun = match writer.acquire().await {
                        Ok(stuck) => {
                            let _ = stuck.close().await;
                            writer.begin_with("BEGIN IMMEDIATE").await
                        }
                        Err(error) => Err(error),
                    };
                }
                begun.map(Engine::Sqlite)
            }
            Db::Postgres { pool, .. } => pool.begin().await.map(Engine::Postgres),
        };
        Ok(Tx {
            engine: engine.map_err(|e| StoreError::engine("begin", e))?,
            broken: false,
            sealing: self.sealing().cloned(),
        })
    }

    /// All rows of a query; `what` names it in errors.
    ///
    /// # Errors
    /// [`StoreError::Engine`].
    pub async fn fetch(&self, what: &str, sql: &str, args: &[Arg]) -> Result<Vec<Row>, StoreError> {
        let rows = match self {
            Db::Sqlite { reader, .. } => sqlite_query(sql, args)
                .fetch_all(reader)
                .await
                .map(|rows| rows.into_iter().map(Row::Sqlite).collect()),
            Db::Postgres { pool, .. } => postgres_query(sql, args)
                .fetch_all(pool)
                .await
                .map(|rows| rows.into_iter().map(Row::Postgres).collect()),
        };
        rows.map_err(|e| StoreError::engine(what, e))
    }

    /// The first row of a query, if any.
    ///
    /// # Errors
    /// [`StoreError::Engine`].
    pub async fn fetch_one(
        &self,
        what: &str,
        sql: &str,
        args: &[Arg],
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.fetch(what, sql, args).await?.into_iter().next())
    }

    /// One statement in a transaction of its own; the number of rows it touched.
    ///
    /// # Errors
    /// As [`Tx::execute`].
    pub async fn execute(&self, what: &str, sql: &str, args: &[Arg]) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let touched = tx.execute(what, sql, args).await?;
        tx.commit().await?;
        Ok(touched)
    }

    /// Lets PostgreSQL count what lies in its tables, after much was written at once: by that it
    /// plans, and left alone it counts only after a minute. SQLite plans well without.
    ///
    /// # Errors
    /// [`StoreError`] of the engine.
    pub async fn analyze(&self) -> Result<(), StoreError> {
        if let Db::Postgres { .. } = self {
            self.execute("database", "ANALYZE", &[]).await?;
        }
        Ok(())
    }

    /// Closes the pools; SQLite folds its write-ahead log into the file.
    pub async fn close(&self) {
        match self {
            Db::Sqlite {
                writer,
                reader,
                judge,
                ..
            } => {
                judge.close().await;
                reader.close().await;
                writer.close().await;
            }
            Db::Postgres { pool, judge, .. } => {
                judge.close().await;
                pool.close().await;
            }
        }
    }
}

impl Tx {
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
        self.broken |= rows.is_err();
        rows.map_err(|e| StoreError::engine(what, e))
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
        self.broken |= done.is_err();
        done.map_err(|e| StoreError::engine(what, e))
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

    /// Makes the changes lasting.
    ///
    /// # Errors
    /// [`StoreError::Engine`], and [`StoreError::Broken`] after a statement that failed;
    /// nothing was kept then.
    pub async fn commit(self) -> Result<(), StoreError> {
        if self.broken {
            return Err(StoreError::Broken);
        }
        let done = match self.engine {
            Engine::Sqlite(tx) => tx.commit().await,
            Engine::Postgres(tx) => tx.commit().await,
        };
        done.map_err(|e| StoreError::engine("commit", e))
    }

    pub(crate) fn sealing(&self) -> Option<&Sealing> {
        self.sealing.as_ref()
    }

    /// Whether this is PostgreSQL; only [`crate::dialect`] asks.
    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self.engine, Engine::Postgres(_))
    }
}

macro_rules! getter {
    ($(#[$doc:meta])* $name:ident, $optional:ident, $type:ty) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// [`StoreError::Decode`] when the column is absent, null or of another type.
        pub fn $name(&self, column: &str) -> Result<$type, StoreError> {
            self.$optional(column)?.ok_or_else(|| StoreError::Decode {
                column: column.into(),
                what: "is null".into(),
            })
        }

        /// The same; a null is `None`.
        ///
        /// # Errors
        /// [`StoreError::Decode`] when the column is absent or of another type.
        pub fn $optional(&self, column: &str) -> Result<Option<$type>, StoreError> {
            use sqlx::Row as _;
            match self {
                Row::Sqlite(row) => row.try_get(column),
                Row::Postgres(row) => row.try_get(column),
            }
            .map_err(|e| StoreError::Decode { column: column.into(), what: e.to_string() })
        }
    };
}

impl Row {
    getter!(
        /// A text column.
        text, opt_text, String
    );
    getter!(
        /// A whole-number column.
        int, opt_int, i64
    );
    getter!(
        /// A column of numbers with a fraction.
        real, opt_real, f64
    );
    getter!(
        /// A yes-or-no column.
        boolean, opt_boolean, bool
    );

    /// A column holding what parses: an id, a date.
    ///
    /// # Errors
    /// [`StoreError::Decode`].
    pub fn parsed<T: FromStr>(&self, column: &str) -> Result<T, StoreError>
    where
        T::Err: std::fmt::Display,
    {
        self.text(column)?
            .parse()
            .map_err(|e: T::Err| StoreError::Decode {
                column: column.into(),
                what: e.to_string(),
            })
    }

    /// The same; a null is `None`.
    ///
    /// # Errors
    /// [`StoreError::Decode`].
    pub fn opt_parsed<T: FromStr>(&self, column: &str) -> Result<Option<T>, StoreError>
    where
        T::Err: std::fmt::Display,
    {
        self.opt_text(column)?
            .map(|t| {
                t.parse().map_err(|e: T::Err| StoreError::Decode {
                    column: column.into(),
                    what: e.to_string(),
                })
            })
            .transpose()
    }
}
