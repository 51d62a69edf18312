//! A check: one read-only query that answers for all units at once.

mod lineage;
mod parameters;
mod portable;
mod present;
mod reading;
mod walk;

use std::collections::BTreeSet;

pub(crate) use lineage::{Lineage, lineage};
pub use parameters::BUILT_IN;
use sqlparser::dialect::{Dialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::{
    ast::{Statement, Visit},
    tokenizer::Location,
};

use self::walk::Walk;
use crate::{
    facts::{Origin, Views},
    hash,
};

/// The columns that every check returns; any further one is evidence.
pub const COLUMNS: [&str; 5] = ["unit", "subject", "status", "reason", "observed_at"];

/// A check of `policy/checks/`; its id is the file's name.
#[derive(Clone, Debug)]
pub struct Check {
    /// The file's name without its ending.
    pub id: String,
    /// The query as written, with named parameters.
    pub sql: String,
    /// The fact views it reads: when their facts change, it must run again.
    pub reads: BTreeSet<String>,
    /// The books whose entries it reads through `fact_entry`; none where it may read any.
    pub books: Option<BTreeSet<EntriesOf>>,
    /// What it returns, in order.
    pub columns: Vec<String>,
    /// The reason codes it may give.
    pub reasons: BTreeSet<String>,
    /// The weakest origin of the facts that it reads.
    pub origin: Origin,
    /// Whether it can say both `met` and `breached`.
    pub both_ways: bool,
    /// Whether it may answer for an organization by the records of another.
    pub beyond: bool,
    /// SHA-256 of the file.
    pub hash: String,
    prepared: String,
    parameters: Vec<String>,
}

/// Whose entries a query reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntriesOf {
    /// Of the book with this id.
    Book(String),
    /// Of the book that the control's parameter `register` names.
    Parameter,
}

/// The books of a query, if each of its readings of `fact_entry` says which it wants.
fn books(sql: &str) -> Option<BTreeSet<EntriesOf>> {
    let code = |line: &str| line.split("--").next().unwrap_or(line).to_owned();
    let sql = sql.lines().map(code).collect::<Vec<_>>().join(" ");
    let wanted = sql.split("register = ").skip(1).map(|rest| {
        if rest.starts_with("CAST(:register AS TEXT)") {
            return Some(EntriesOf::Parameter);
        }
        let (book, _) = rest.strip_prefix('\'')?.split_once('\'')?;
        Some(EntriesOf::Book(book.to_owned()))
    });
    let wanted: Vec<EntriesOf> = wanted.collect::<Option<_>>()?;
    let every = wanted.len() == sql.matches("fact_entry").count();
    every.then(|| wanted.into_iter().collect())
}

/// What is wrong in a query, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub instead: String,
}

impl Fault {
    fn at(place: Location, what: impl Into<String>, instead: impl Into<String>) -> Self {
        Self {
            line: usize::try_from(place.line).unwrap_or(1).max(1),
            column: usize::try_from(place.column).unwrap_or(1).max(1),
            what: what.into(),
            instead: instead.into(),
        }
    }
}

/// The stack on which a query is read, bytes: the parser calls itself for each bracket and each OR,
/// and a thread of the program has 2 MiB.
const STACK: usize = 64 << 20;

impl Check {
    /// Reads a query over `views` and says everything that is wrong with it.
    ///
    /// There is a check unless the text cannot be parsed at all.
    pub fn read(id: &str, sql: &str, views: &Views) -> (Option<Self>, Vec<Fault>) {
        Self::read_with(id, sql, views, &COLUMNS)
    }

    /// As [`Check::read`], for a query that returns at least the `wanted` columns.
    pub(crate) fn read_with(
        id: &str,
        sql: &str,
        views: &Views,
        wanted: &[&str],
    ) -> (Option<Self>, Vec<Fault>) {
        stacker::grow(STACK, || Self::read_here(id, sql, views, wanted))
    }

    fn read_here(
        id: &str,
        sql: &str,
        views: &Views,
        wanted: &[&str],
    ) -> (Option<Self>, Vec<Fault>) {
        let named = parameters::scan(sql);
        let mut faults = named.faults;
        let lite = parse(&SQLiteDialect {}, &named.sql, "SQLite");
        let postgres = parse(&PostgreSqlDialect {}, &named.sql, "PostgreSQL");
        let statement = match (lite, postgres) {
            (Ok(statement), Ok(_)) => statement,
            (Err(fault), _) | (_, Err(fault)) => {
                faults.push(fault);
                return (None, faults);
            }
        };
        let Statement::Query(query) = &statement else {
            faults.push(Fault::at(
                Location::new(1, 1),
                "a check reads and never writes; this statement is not a SELECT",
                "one SELECT (WITH … SELECT is fine)",
            ));
            return (None, faults);
        };
        let mut walk = Walk::default();
        // It never breaks off.
        let _ = query.visit(&mut walk);
        faults.extend(walk.portable.faults);
        let places = walk.reader.places();
        let reading = reading::read(walk.reader, query, views, wanted);
        let prepared = parameters::scan(&present::rewrite(sql, views, &places));
        faults.extend(reading.faults);
        faults.sort_by_key(|f| (f.line, f.column));
        let check = Self {
            id: id.to_owned(),
            sql: sql.to_owned(),
            reads: reading.views,
            books: books(sql),
            columns: reading.columns,
            reasons: reading.reasons,
            origin: reading.origin,
            both_ways: ["met", "breached"]
                .iter()
                .all(|s| reading.statuses.contains(*s)),
            beyond: reading.beyond,
            hash: hash::of_bytes(sql.as_bytes()),
            prepared: prepared.sql,
            parameters: prepared.names,
        };
        (Some(check), faults)
    }

    /// The query with `$1`…`$n`, and the parameter that each stands for. What has yet to come
    /// is left out of the views that it reads.
    ///
    /// `now` and `listening_since` are unix milliseconds, `today` and `month` are ISO text (see [`BUILT_IN`]);
    /// the others are the control's own.
    pub fn prepared(&self) -> (&str, &[String]) {
        (&self.prepared, &self.parameters)
    }

    /// The parameters that a control must declare.
    pub fn own_parameters(&self) -> impl Iterator<Item = &str> {
        self.parameters
            .iter()
            .map(String::as_str)
            .filter(|p| !BUILT_IN.contains(p))
    }
}

fn parse(dialect: &dyn Dialect, sql: &str, engine: &str) -> Result<Statement, Fault> {
    let failed = |error: ParserError| {
        let text = match error {
            ParserError::TokenizerError(text) | ParserError::ParserError(text) => text,
            ParserError::RecursionLimitExceeded => "it is nested too deeply".into(),
        };
        let (what, place) = located(&text);
        Fault::at(
            place,
            format!("{engine} cannot read this: {what}"),
            "SQL that both SQLite and PostgreSQL read",
        )
    };
    let mut statements = Parser::parse_sql(dialect, sql).map_err(failed)?;
    if statements.len() == 1
        && let Some(statement) = statements.pop()
    {
        return Ok(statement);
    }
    Err(Fault::at(
        Location::new(1, 1),
        format!("a check is one statement, not {}", statements.len()),
        "one SELECT (WITH … SELECT is fine)",
    ))
}

/// Takes `… at Line: 3, Column: 5` off a parser's message.
fn located(text: &str) -> (&str, Location) {
    let start = Location::new(1, 1);
    let Some((what, place)) = text.rsplit_once(" at Line: ") else {
        return (text, start);
    };
    let place = place.split_once(", Column: ").and_then(|(line, column)| {
        Some(Location::new(
            line.trim().parse().ok()?,
            column.trim().parse().ok()?,
        ))
    });
    (what, place.unwrap_or(start))
}

#[cfg(test)]
mod tests;
