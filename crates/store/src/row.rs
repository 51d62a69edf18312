//! One row of a result, read by typed columns.

use std::str::FromStr;

use serde::de::DeserializeOwned;
use sqlx::{postgres::PgRow, sqlite::SqliteRow};

use crate::StoreError;

/// One row of a result.
#[derive(Debug)]
pub enum Row {
    /// Of SQLite.
    Sqlite(SqliteRow),
    /// Of PostgreSQL.
    Postgres(PgRow),
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

    /// What SQLite keeps in a yes-or-no column where it is neither 0 nor 1: it reads as yes, and a
    /// search for yes does not find it.
    ///
    /// # Errors
    /// [`StoreError::Decode`] when the column is absent or of another type.
    pub(crate) fn odd_boolean(&self, column: &str) -> Result<Option<i64>, StoreError> {
        match self {
            Self::Sqlite(_) => Ok(self.opt_int(column)?.filter(|n| ![0, 1].contains(n))),
            Self::Postgres(_) => Ok(None),
        }
    }

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

impl Row {
    /// A text column that holds JSON.
    ///
    /// # Errors
    /// [`StoreError::Decode`].
    pub fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, StoreError> {
        serde_json::from_str(&self.text(column)?).map_err(|e| StoreError::Decode {
            column: column.into(),
            what: e.to_string(),
        })
    }
}

/// Rows that were read, one by one.
pub(crate) trait Readable<T> {
    /// Those that can be read. Another one was not written by this program: it harms no list, and
    /// a verification of the journal names it.
    fn readable(self) -> Result<Vec<T>, StoreError>;
}

impl<T, I: Iterator<Item = Result<T, StoreError>>> Readable<T> for I {
    fn readable(self) -> Result<Vec<T>, StoreError> {
        let mut read = Vec::with_capacity(self.size_hint().0);
        for row in self {
            match row {
                Ok(row) => read.push(row),
                Err(error @ StoreError::Decode { .. }) => {
                    tracing::error!(%error, "a row that cannot be read is left out of a list");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(read)
    }
}
