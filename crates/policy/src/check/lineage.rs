//! Which tables a query reads, and which of their columns each of its own tells.

use std::collections::{BTreeMap, BTreeSet};

use sqlparser::{
    ast::{
        Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Query, Select, SelectItem, SetExpr,
        Statement, TableFactor, TableWithJoins, Visit,
    },
    dialect::{PostgreSqlDialect, SQLiteDialect},
};

use super::{Fault, parse, reading::named, walk::Walk};

/// A table or view, and a column of it.
pub(crate) type From = (String, String);

/// What a query reads and tells.
#[derive(Debug, Default)]
pub(crate) struct Lineage {
    /// The tables and views.
    pub reads: BTreeSet<String>,
    /// Its columns in order, each with those that it may give as they are.
    pub columns: Vec<(String, BTreeSet<From>)>,
}

/// Reads a query that both engines read.
///
/// # Errors
/// What one of them does not read, or what only one of them does.
pub(crate) fn lineage(sql: &str) -> Result<Lineage, Vec<Fault>> {
    let statement = parse(&SQLiteDialect {}, sql, "SQLite").map_err(|f| vec![f])?;
    parse(&PostgreSqlDialect {}, sql, "PostgreSQL").map_err(|f| vec![f])?;
    let Statement::Query(query) = &statement else {
        let start = sqlparser::tokenizer::Location::new(1, 1);
        return Err(vec![Fault::at(start, "no SELECT", "one SELECT")]);
    };
    let mut walk = Walk::default();
    // It never breaks off.
    let _ = query.visit(&mut walk);
    if !walk.portable.faults.is_empty() {
        return Err(walk.portable.faults);
    }
    Ok(Lineage {
        reads: walk.reader.reads(),
        columns: of_query(query, &BTreeMap::new()),
    })
}

type Columns = Vec<(String, BTreeSet<From>)>;
/// Queries that have a name: common table expressions.
type Known = BTreeMap<String, Columns>;

fn of_query(query: &Query, known: &Known) -> Columns {
    let mut known = known.clone();
    for table in query.with.iter().flat_map(|w| &w.cte_tables) {
        let columns = of_query(&table.query, &known);
        known.insert(table.alias.name.value.to_ascii_lowercase(), columns);
    }
    of_body(&query.body, &known)
}

/// The columns of the first SELECT; those of the others fall in with them by their place.
fn of_body(body: &SetExpr, known: &Known) -> Columns {
    match body {
        SetExpr::Select(select) => of_select(select, known),
        SetExpr::Query(query) => of_query(query, known),
        SetExpr::SetOperation { left, right, .. } => {
            let mut columns = of_body(left, known);
            for ((_, from), (_, more)) in columns.iter_mut().zip(of_body(right, known)) {
                from.extend(more);
            }
            columns
        }
        _ => Columns::new(),
    }
}

/// What stands behind a name in FROM.
enum Held {
    Table(String),
    Query(Columns),
}

fn of_select(select: &Select, known: &Known) -> Columns {
    let mut scope = BTreeMap::new();
    for from in &select.from {
        let TableWithJoins { relation, joins } = from;
        for factor in std::iter::once(relation).chain(joins.iter().map(|j| &j.relation)) {
            let (name, held) = match factor {
                TableFactor::Table { name, alias, .. } => {
                    let table = name.to_string().to_ascii_lowercase();
                    let name = alias.as_ref().map(|a| a.name.value.to_ascii_lowercase());
                    let held = match known.get(&table) {
                        Some(columns) => Held::Query(columns.clone()),
                        None => Held::Table(table.clone()),
                    };
                    (name.unwrap_or(table), held)
                }
                TableFactor::Derived {
                    subquery,
                    alias: Some(alias),
                    ..
                } => {
                    let columns = of_query(subquery, known);
                    (alias.name.value.to_ascii_lowercase(), Held::Query(columns))
                }
                _ => continue,
            };
            scope.insert(name, held);
        }
    }
    let items = select.projection.iter().filter_map(|item| {
        let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item else {
            return None;
        };
        let name = named(item).map(|(name, _)| name).unwrap_or_default();
        let mut from = BTreeSet::new();
        gives(expr, &scope, &mut from);
        Some((name, from))
    });
    items.collect()
}

/// The columns whose value an expression may give as it is.
fn gives(expr: &Expr, scope: &BTreeMap<String, Held>, into: &mut BTreeSet<From>) {
    let mut look = |name: Option<&str>, column: &str| {
        let column = column.to_ascii_lowercase();
        let held = scope
            .iter()
            .filter(|(alias, _)| name.is_none_or(|name| name.eq_ignore_ascii_case(alias)));
        for (_, held) in held {
            match held {
                Held::Table(table) => {
                    into.insert((table.clone(), column.clone()));
                }
                Held::Query(columns) => {
                    let of = columns.iter().filter(|(name, _)| *name == column);
                    into.extend(of.flat_map(|(_, from)| from.iter().cloned()));
                }
            }
        }
    };
    match expr {
        Expr::Identifier(column) => look(None, &column.value),
        Expr::CompoundIdentifier(parts) => {
            if let [alias, column] = parts.as_slice() {
                look(Some(&alias.value), &column.value);
            }
        }
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => gives(inner, scope, into),
        Expr::Case {
            conditions,
            else_result,
            ..
        } => {
            for when in conditions {
                gives(&when.result, scope, into);
            }
            if let Some(other) = else_result {
                gives(other, scope, into);
            }
        }
        Expr::Function(function) => {
            if let FunctionArguments::List(list) = &function.args {
                for arg in &list.args {
                    if let FunctionArg::Unnamed(FunctionArgExpr::Expr(inner)) = arg {
                        gives(inner, scope, into);
                    }
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_tells_which_columns_it_gives() {
        let found = lineage(
            "WITH n AS (SELECT s.id, s.parent_id FROM site s)
             SELECT n.parent_id AS a, CASE WHEN x.b = 1 THEN x.id ELSE '' END AS b, COALESCE(p.c, 'x') AS c
             FROM n JOIN device x ON x.id = n.id LEFT JOIN (SELECT y.name AS c FROM z y) p ON p.c = x.name
             UNION ALL SELECT kind, 'x', 'y' FROM w WHERE EXISTS (SELECT 1 FROM v)",
        )
        .unwrap();
        let reads: Vec<&str> = found.reads.iter().map(String::as_str).collect();
        assert_eq!(reads, ["device", "site", "v", "w", "z"]);
        let told = found.columns.iter().map(|(name, from)| {
            let from = from
                .iter()
                .map(|(table, column)| format!("{table}.{column}"));
            format!("{name}: {}", from.collect::<Vec<_>>().join(" "))
        });
        assert_eq!(
            told.collect::<Vec<_>>(),
            ["a: site.parent_id w.kind", "b: device.id", "c: z.name"]
        );
        for refused in [
            "DELETE FROM x",
            "SELECT GREATEST(1, 2) AS a FROM x",
            "SELEKT",
        ] {
            assert!(lineage(refused).is_err(), "{refused}");
        }
    }
}
