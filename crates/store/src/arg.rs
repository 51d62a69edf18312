//! The typed parameters of a query.

use sqlx::{Arguments as _, postgres::PgArguments, sqlite::SqliteArguments};

use crate::StoreError;

/// A typed parameter; `None` is a null of that type.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    /// Text, dates, ids.
    Text(Option<String>),
    /// Whole numbers and instants.
    Int(Option<i64>),
    /// Numbers with a fraction.
    Real(Option<f64>),
    /// Yes or no.
    Bool(Option<bool>),
}

impl From<&str> for Arg {
    fn from(v: &str) -> Self {
        Arg::Text(Some(v.into()))
    }
}
impl From<String> for Arg {
    fn from(v: String) -> Self {
        Arg::Text(Some(v))
    }
}
impl From<&String> for Arg {
    fn from(v: &String) -> Self {
        Arg::Text(Some(v.clone()))
    }
}
impl From<Option<String>> for Arg {
    fn from(v: Option<String>) -> Self {
        Arg::Text(v)
    }
}
impl From<Option<&str>> for Arg {
    fn from(v: Option<&str>) -> Self {
        Arg::Text(v.map(Into::into))
    }
}
impl From<i64> for Arg {
    fn from(v: i64) -> Self {
        Arg::Int(Some(v))
    }
}
impl From<Option<i64>> for Arg {
    fn from(v: Option<i64>) -> Self {
        Arg::Int(v)
    }
}
impl From<f64> for Arg {
    fn from(v: f64) -> Self {
        Arg::Real(Some(v))
    }
}
impl From<bool> for Arg {
    fn from(v: bool) -> Self {
        Arg::Bool(Some(v))
    }
}
impl From<domain::id::Id> for Arg {
    fn from(v: domain::id::Id) -> Self {
        Arg::Text(Some(v.to_string()))
    }
}
impl From<domain::id::OrganizationId> for Arg {
    fn from(v: domain::id::OrganizationId) -> Self {
        v.0.into()
    }
}
impl From<domain::id::AccountId> for Arg {
    fn from(v: domain::id::AccountId) -> Self {
        v.0.into()
    }
}
impl From<domain::id::TargetId> for Arg {
    fn from(v: domain::id::TargetId) -> Self {
        v.0.into()
    }
}

/// Refuses what only one of the engines takes: a text with a NUL character.
pub(crate) fn storable(operation: &str, args: &[Arg]) -> Result<(), StoreError> {
    let nul = |arg: &Arg| matches!(arg, Arg::Text(Some(text)) if text.as_bytes().contains(&0));
    if args.iter().any(nul) {
        return Err(StoreError::Nul {
            operation: operation.into(),
        });
    }
    Ok(())
}

/// Builds a list of [`Arg`]s: `args![id, name, 3]`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { [$($crate::Arg::from($value)),*] };
}

/// The same for both engines, whose argument lists share no trait.
macro_rules! bound {
    ($name:ident, $list:ty) => {
        pub(crate) fn $name(args: &[Arg]) -> $list {
            let mut out = <$list>::default();
            for arg in args {
                // Adding a value fails only for types whose encoding can fail; these cannot.
                let _ = match arg {
                    Arg::Text(v) => out.add(v.clone()),
                    Arg::Int(v) => out.add(*v),
                    Arg::Real(v) => out.add(*v),
                    Arg::Bool(v) => out.add(*v),
                };
            }
            out
        }
    };
}

bound!(sqlite_args, SqliteArguments);
bound!(postgres_args, PgArguments);
