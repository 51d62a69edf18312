//! Two typed pools behind one face.
//!
//! A query is written once, with `$1` parameters; [`Arg`] carries typed values (a null
//! has a type too: PostgreSQL asks for it) and [`Row`] reads typed columns.

use std::{
    collections::BTreeSet,
    path::Path,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sqlx::{
    AssertSqlSafe, Executor as _, PgPool, SqlitePool,
    postgres::{PgArguments, PgConnectOptions, PgPoolOptions},
    sqlite::{
        SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions,
        SqliteSynchronous,
    },
};

use crate::{
    Row, StoreError, Tx,
    arg::{Arg, postgres_args, sqlite_args, storable},
    fact_view,
    journal::Sealing,
    line::{Line, Turn},
    memory::Memory,
    migration,
    structure::Parts,
    tx::Engine,
    unsaid,
    version::Versions,
};

/// How many checks run at once: as many as the machines this is made for have cores.
const JUDGES: u32 = 2;

/// How long a check waits for its turn; how long it may run is its own limit.
const JUDGES_TURN: Duration = Duration::from_secs(120);

/// The records: SQLite (one writer, several readers) or PostgreSQL. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    pub(crate) pools: Pools,
    pub(crate) shared: Arc<Shared>,
    /// Seals entries of the journal.
    sealing: Option<Sealing>,
}

/// The connections.
#[derive(Clone, Debug)]
pub(crate) enum Pools {
    /// One file in the data folder.
    Sqlite {
        /// The only connection that writes.
        writer: SqlitePool,
        /// Connections that cannot write.
        reader: SqlitePool,
        /// Those of checks, which cannot write either: a page never waits for a check.
        judge: SqlitePool,
    },
    /// PostgreSQL 15 or what speaks its protocol.
    Postgres {
        /// What writes; who waits for a lock keeps nobody from reading.
        writer: PgPool,
        /// What pages read with.
        reader: PgPool,
        /// What checks use.
        judge: PgPool,
    },
}

/// What all clones of a [`Db`] share beside its connections.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Who writes next.
    pub(crate) line: Arc<Line>,
    /// What changed, here and elsewhere.
    pub(crate) versions: Versions,
    /// The journal's end as this process wrote it.
    pub(crate) memory: Memory,
    /// What a database would be that is made now, with these views for books.
    pub(crate) made: tokio::sync::Mutex<Option<(Vec<String>, Arc<Parts>)>>,
    /// How many statements this process has sent.
    pub(crate) asked: AtomicU64,
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

/// Looks names up in the schema of our tables alone, or in the first where there are none yet; no
/// limit of time but our own ends a statement.
const OWN_PATH: &str = "SELECT pg_catalog.set_config('search_path', pg_catalog.quote_ident(COALESCE( \
     (SELECT n.nspname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n \
      ON n.oid OPERATOR(pg_catalog.=) c.relnamespace \
      WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('journal')), \
     pg_catalog.current_schema()::text)), false), pg_catalog.set_config('statement_timeout', '0', false)";

/// So long a writer may keep others waiting while it does nothing, and so soon the engine
/// notices that its machine has gone.
const LETS_GO: &str = "SELECT pg_catalog.set_config('idle_in_transaction_session_timeout', '20s', false), \
     pg_catalog.set_config('lock_timeout', '45s', false), \
     pg_catalog.set_config('tcp_keepalives_idle', '10', false), \
     pg_catalog.set_config('tcp_keepalives_interval', '5', false), \
     pg_catalog.set_config('tcp_keepalives_count', '2', false)";

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
            .row_buffer_size(1_024)
            .statement_cache_capacity(40);
        let readers = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                // There is no network in between that could be gone.
                .test_before_acquire(false)
        };
        let reader = readers(4)
            .connect_with(options.clone().pragma("cache_size", "-4096"))
            .await
            .map_err(open)?;
        let judge = readers(JUDGES)
            .acquire_timeout(JUDGES_TURN)
            .connect_with(
                options
                    // Each check once a round and far more of them than are kept: never one that is found.
                    .statement_cache_capacity(0)
                    // The machine's own cache has the pages; two of ours beside it are 60 MB for nothing.
                    .pragma("cache_size", "-4096"),
            )
            .await
            .map_err(open)?;
        Self::opened(Pools::Sqlite {
            writer,
            reader,
            judge,
        })
        .await
    }

    async fn opened(pools: Pools) -> Result<Self, StoreError> {
        let db = Self {
            pools,
            shared: Arc::default(),
            sealing: None,
        };
        fact_view::make(&db).await?;
        unsaid::make(&db).await?;
        // What was written before is no news.
        db.news().await?;
        Ok(db)
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
                // Names mean what the engine and our own schema make of them, whatever else
                // the path names that was set for the database.
                .after_connect(|connection, _| {
                    Box::pin(async move { connection.execute(OWN_PATH).await.map(drop) })
                })
        };
        // A process that was stopped, or whose machine has gone, holds nobody up for longer.
        let writer = connect(6)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    connection.execute(OWN_PATH).await?;
                    connection.execute(LETS_GO).await.map(drop)
                })
            })
            .connect_with(options.clone())
            .await
            .map_err(open)?;
        let reader = connect(6).connect_lazy_with(options.clone());
        let judge = connect(JUDGES)
            .acquire_timeout(JUDGES_TURN)
            .connect_lazy_with(options);
        migration::postgres()
            .run(&writer)
            .await
            .map_err(StoreError::Migrate)?;
        Self::opened(Pools::Postgres {
            writer,
            reader,
            judge,
        })
        .await
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
        self.sealing = Some(key);
        self
    }

    pub(crate) fn sealing(&self) -> Option<&Sealing> {
        self.sealing.as_ref()
    }

    /// `sqlite` or `postgres`.
    pub fn engine(&self) -> &'static str {
        match self.pools {
            Pools::Sqlite { .. } => "sqlite",
            Pools::Postgres { .. } => "postgres",
        }
    }

    /// How many statements this process has sent: by it tests hold a page to a number that does not
    /// grow with its rows.
    pub fn asked(&self) -> u64 {
        self.shared.asked.load(Ordering::Relaxed)
    }

    /// Begins a transaction that may write, for somebody who waits for it: no background
    /// work begins before it.
    ///
    /// # Errors
    /// [`StoreError::Engine`] when the database is away or stays locked.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let waiting = self.shared.line.person();
        let tx = self.begun(None).await;
        drop(waiting);
        tx
    }

    /// Begins a transaction of background work, once nobody waits: one batch of perhaps many,
    /// as large as [`Tx::room`] says, so that nobody waits long for it either.
    ///
    /// # Errors
    /// As [`Db::begin`].
    pub async fn begin_later(&self) -> Result<Tx, StoreError> {
        let one_writer = matches!(self.pools, Pools::Sqlite { .. });
        let turn = self.shared.line.turn(one_writer).await;
        self.begun(Some(turn)).await
    }

    async fn begun(&self, turn: Option<Turn>) -> Result<Tx, StoreError> {
        let engine = match &self.pools {
            Pools::Sqlite { writer, .. } => {
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
            Pools::Postgres { writer, .. } => writer.begin().await.map(Engine::Postgres),
        };
        let engine = engine.map_err(|e| StoreError::engine("begin", e))?;
        let (shared, sealing) = (Arc::clone(&self.shared), self.sealing.clone());
        Ok(Tx::new(engine, shared, turn, sealing))
    }

    /// Calls `heard` after every commit of this process with the views that it touched (see
    /// [`Tx::touch`]); what others commit is in [`Db::news`].
    pub fn on_commit(&self, heard: impl Fn(&BTreeSet<String>) + Send + Sync + 'static) {
        self.shared.versions.on_commit(Box::new(heard));
    }

    /// The views that other processes touched since this was asked before. One cheap query.
    ///
    /// # Errors
    /// [`StoreError::Engine`].
    pub async fn news(&self) -> Result<BTreeSet<String>, StoreError> {
        let sql = "SELECT view_name, version FROM view_version";
        let rows = self.fetch("views", sql, &[]).await?;
        let now = rows
            .iter()
            .map(|row| Ok((row.text("view_name")?, row.int("version")?)))
            .collect::<Result<Vec<_>, StoreError>>()?;
        Ok(self.shared.versions.news(now))
    }

    /// Begins a transaction that only reads: one state of the records, without a lock that
    /// anybody waits for.
    ///
    /// # Errors
    /// [`StoreError::Engine`] when the database is away.
    pub async fn snapshot(&self) -> Result<Tx, StoreError> {
        let engine = match &self.pools {
            Pools::Sqlite { reader, .. } => reader.begin().await.map(Engine::Sqlite),
            Pools::Postgres { reader, .. } => reader
                .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                .await
                .map(Engine::Postgres),
        };
        let engine = engine.map_err(|e| StoreError::engine("snapshot", e))?;
        Ok(Tx::new(engine, Arc::clone(&self.shared), None, None))
    }

    /// All rows of a query; `what` names it in errors.
    ///
    /// # Errors
    /// [`StoreError::Engine`].
    pub async fn fetch(&self, what: &str, sql: &str, args: &[Arg]) -> Result<Vec<Row>, StoreError> {
        storable(what, args)?;
        self.shared.asked.fetch_add(1, Ordering::Relaxed);
        let rows = match &self.pools {
            Pools::Sqlite { reader, .. } => sqlite_query(sql, args)
                .fetch_all(reader)
                .await
                .map(|rows| rows.into_iter().map(Row::Sqlite).collect()),
            Pools::Postgres { reader, .. } => postgres_query(sql, args)
                .fetch_all(reader)
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
        if let Pools::Postgres { .. } = self.pools {
            self.execute("database", "ANALYZE", &[]).await?;
        }
        Ok(())
    }

    /// Closes the pools; SQLite folds its write-ahead log into the file.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite {
                writer,
                reader,
                judge,
            } => {
                judge.close().await;
                reader.close().await;
                writer.close().await;
            }
            Pools::Postgres {
                writer,
                reader,
                judge,
            } => {
                judge.close().await;
                reader.close().await;
                writer.close().await;
            }
        }
    }
}
