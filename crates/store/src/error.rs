//! What can go wrong with the records.

/// An error of the store; the cause is the source.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be opened.
    #[error("cannot open the database {url}")]
    Open {
        /// Without a password.
        url: String,
        /// The engine's word.
        #[source]
        source: sqlx::Error,
    },
    /// The schema cannot be brought up to date.
    #[error("cannot migrate the database")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// A value that must be unique exists already.
    #[error("{noun}: a record with this value exists already")]
    Duplicate {
        /// The noun, or the table.
        noun: String,
    },
    /// A reference points to a record that is not there, or a record is still in use.
    #[error("{noun}: a reference does not hold")]
    Reference {
        /// The noun, or the table.
        noun: String,
    },
    /// The record was changed since it was read.
    #[error("{noun}: changed by somebody else meanwhile")]
    Stale {
        /// The noun.
        noun: String,
    },
    /// What is written would stand below itself.
    #[error("{noun}: a circle of {}", names.join(" < "))]
    Circle {
        /// `organization`, `site` or `circuit`.
        noun: String,
        /// Who stand in it, each below the next.
        names: Vec<String>,
    },
    /// What is written, or what lies below it, would stand deeper than
    /// [`domain::schema::MOST_DEPTH`].
    #[error("{noun}: {name} stands too deep")]
    TooDeep {
        /// `organization`, `site` or `circuit`.
        noun: String,
        /// What was put there.
        name: String,
    },
    /// Another process does this now: the lease was taken over.
    #[error("{name}: another process has taken over")]
    Fenced {
        /// The lease.
        name: String,
    },
    /// A text holds a NUL character, which PostgreSQL does not take (and SQLite cuts off).
    #[error("{operation}: a text holds a NUL character")]
    Nul {
        /// What was being done.
        operation: String,
    },
    /// The book is closed for the span in which an entry's day lies.
    #[error("{noun}: the book is closed for {period}")]
    Closed {
        /// The book.
        noun: String,
        /// For which span.
        period: String,
    },
    /// A statement of the transaction failed before; nothing of it was kept.
    #[error("the transaction was given up after a statement that failed")]
    Broken,
    /// The text of a check is not one query.
    #[error("a check is one SELECT: {what}")]
    NotAQuery {
        /// What stands there instead.
        what: &'static str,
    },
    /// A check ran past its time.
    #[error("the query ran longer than {limit_ms} ms")]
    TimedOut {
        /// The limit.
        limit_ms: u64,
    },
    /// A stored value is not of the expected form.
    #[error("column {column} holds what it should not: {what}")]
    Decode {
        /// The column.
        column: String,
        /// What is wrong.
        what: String,
    },
    /// The engine refused or is not there.
    #[error("the database failed: {operation}")]
    Engine {
        /// What was being done.
        operation: String,
        /// The engine's word.
        #[source]
        source: sqlx::Error,
    },
}

impl StoreError {
    /// Maps the engine's error; `operation` names what was being done, to what.
    pub(crate) fn engine(operation: &str, source: sqlx::Error) -> Self {
        if let sqlx::Error::Database(e) = &source {
            if e.is_unique_violation() {
                return Self::Duplicate {
                    noun: operation.into(),
                };
            }
            if e.is_foreign_key_violation() {
                return Self::Reference {
                    noun: operation.into(),
                };
            }
        }
        Self::Engine {
            operation: operation.into(),
            source,
        }
    }

    /// Whether it failed only because others wrote at the same time: PostgreSQL found a
    /// deadlock or could not serialise (class 40 of SQLSTATE).
    pub fn is_contended(&self) -> bool {
        let Self::Engine { source, .. } = self else {
            return false;
        };
        let code = source
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code);
        code.is_some_and(|code| matches!(&*code, "40001" | "40P01"))
    }

    /// Whether what lies in the database is at fault: a value, a table or a page that is not as
    /// this program writes it.
    pub fn is_content(&self) -> bool {
        match self {
            // Asked for by what lies there, a NUL lies there.
            Self::Decode { .. } | Self::Nul { .. } => true,
            Self::Engine { source, .. } => match source {
                sqlx::Error::ColumnNotFound(_)
                | sqlx::Error::Decode(_)
                | sqlx::Error::ColumnDecode { .. } => true,
                // SQLite: an error in the statement, a damaged file, no database; PostgreSQL: a
                // name that is not there, a value that does not fit, damaged data.
                sqlx::Error::Database(e) => e.code().is_some_and(|code| {
                    matches!(&*code, "1" | "11" | "26" | "267" | "523" | "779")
                        || matches!(code.get(..2), Some("22" | "42" | "XX") if code.len() == 5)
                }),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether trying again later may help: the database is away, locked or full.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Open { .. } => true,
            Self::Engine { source, .. } => !matches!(
                source,
                sqlx::Error::ColumnNotFound(_)
                    | sqlx::Error::Decode(_)
                    | sqlx::Error::ColumnDecode { .. }
            ),
            _ => false,
        }
    }
}
