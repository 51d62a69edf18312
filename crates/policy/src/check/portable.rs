//! What SQLite and PostgreSQL do not read alike.

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, CastKind, Expr, Function, FunctionArguments, Query, SetExpr, Spanned,
    TableFactor, Visitor,
};

use super::Fault;

/// Finds what only one of the engines understands, or what could write or reach out.
#[derive(Default)]
pub(super) struct Portable {
    pub faults: Vec<Fault>,
    /// Inside how many `CAST(… AS …)` whose operand is an aggregate we are about to be.
    cast_aggregate: bool,
}

impl Portable {
    fn fault(&mut self, at: &impl Spanned, what: impl Into<String>, instead: impl Into<String>) {
        self.faults.push(Fault::at(at.span().start, what, instead));
    }

    fn function(&mut self, at: &Expr, function: &Function) {
        let name = function.name.to_string().to_ascii_lowercase();
        let arguments = match &function.args {
            FunctionArguments::List(list) => list.args.len(),
            FunctionArguments::None | FunctionArguments::Subquery(_) => 0,
        };
        if matches!(name.as_str(), "max" | "min") && arguments > 1 {
            return self.fault(
                at,
                format!("PostgreSQL has no {name} of several values"),
                "CASE WHEN a > b THEN a ELSE b END",
            );
        }
        if matches!(name.as_str(), "sum" | "avg") && !self.cast_aggregate {
            return self.fault(
                at,
                format!("the engines give {name} different types"),
                format!("CAST({name}(…) AS BIGINT)"),
            );
        }
        let instead = match name.as_str() {
            "group_concat" => "string_agg(x, ', ')",
            "greatest" | "least" => "CASE WHEN a > b THEN a ELSE b END",
            "ifnull" | "nvl" => "COALESCE(a, b)",
            "iif" | "if" => "CASE WHEN … THEN … ELSE … END",
            "instr" | "strpos" | "position" => "LIKE '%' || x || '%'",
            "now" | "current_timestamp" | "localtimestamp" | "unixepoch" => "CAST(:now AS BIGINT)",
            "current_date" | "date" => "CAST(:today AS TEXT)",
            "strftime" | "datetime" | "julianday" | "to_char" | "date_trunc" | "date_part"
            | "age" => "arithmetic over unix milliseconds, or :today and :month",
            "printf" | "format" | "concat" | "concat_ws" => "a || b",
            "random" | "gen_random_uuid" | "randomblob" => {
                "nothing: a check gives the same answer twice"
            }
            "load_extension" | "readfile" | "writefile" | "pg_sleep" | "pg_read_file"
            | "dblink" | "lo_import" | "lo_export" | "set_config" | "nextval" | "setval" => {
                "nothing: a check only reads fact views"
            }
            name if name.contains("json") => "columns of a fact view",
            name if !KNOWN.contains(&name) => {
                let near = crate::lint::nearest(name, KNOWN.iter().copied());
                let instead =
                    near.map_or_else(|| format!("one of {}", KNOWN.join(", ")), str::to_owned);
                return self.fault(
                    at,
                    format!("`{name}` is not a function that both engines have"),
                    instead,
                );
            }
            _ => return,
        };
        self.fault(at, format!("`{name}` is not for a check"), instead);
    }
}

/// The functions that mean the same in both engines.
const KNOWN: [&str; 27] = [
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "coalesce",
    "nullif",
    "abs",
    "round",
    "lower",
    "upper",
    "length",
    "substr",
    "trim",
    "ltrim",
    "rtrim",
    "replace",
    "string_agg",
    "row_number",
    "rank",
    "dense_rank",
    "lag",
    "lead",
    "first_value",
    "last_value",
    "ntile",
    "sign",
];

impl Visitor for Portable {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if !query.locks.is_empty() {
            self.fault(
                query,
                "a check does not lock rows",
                "the SELECT without FOR UPDATE",
            );
        }
        if !matches!(
            *query.body,
            SetExpr::Select(_)
                | SetExpr::Query(_)
                | SetExpr::SetOperation { .. }
                | SetExpr::Values(_)
        ) {
            self.fault(query, "a check reads and never writes", "SELECT");
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &sqlparser::ast::Select) -> ControlFlow<()> {
        if select.into.is_some() {
            self.fault(select, "SELECT INTO makes a table", "SELECT without INTO");
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<()> {
        match table {
            TableFactor::Table { args: Some(_), .. } | TableFactor::TableFunction { .. } => {
                self.fault(
                    table,
                    "a function in FROM is not for a check",
                    "a fact view",
                );
            }
            TableFactor::Derived { lateral: true, .. } => {
                self.fault(table, "SQLite has no LATERAL", "a common table expression");
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Function(function) => {
                self.function(expr, function);
                self.cast_aggregate = false;
            }
            Expr::Cast {
                kind,
                expr: operand,
                ..
            } => {
                if *kind != CastKind::Cast {
                    self.fault(expr, "SQLite has no `::`", "CAST(x AS type)");
                }
                self.cast_aggregate = matches!(**operand, Expr::Function(_));
            }
            Expr::ILike { .. } => self.fault(expr, "SQLite has no ILIKE", "LOWER(x) LIKE 'text%'"),
            Expr::RLike { .. } | Expr::SimilarTo { .. } => {
                self.fault(expr, "the engines have different patterns", "LIKE");
            }
            Expr::Extract { .. } => self.fault(expr, "SQLite has no EXTRACT", "SUBSTR(x, 1, 4)"),
            Expr::AtTimeZone { .. } | Expr::Interval(_) => self.fault(
                expr,
                "SQLite has no times",
                "arithmetic over unix milliseconds, or :today and :month",
            ),
            Expr::BinaryOp { op, .. } if !is_common(op) => {
                self.fault(
                    expr,
                    format!("`{op}` is not read alike by the engines"),
                    "LIKE, =, or CASE",
                );
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn is_common(op: &BinaryOperator) -> bool {
    use BinaryOperator as Op;
    matches!(
        op,
        Op::Plus
            | Op::Minus
            | Op::Multiply
            | Op::Divide
            | Op::Modulo
            | Op::StringConcat
            | Op::Gt
            | Op::Lt
            | Op::GtEq
            | Op::LtEq
            | Op::Eq
            | Op::NotEq
            | Op::And
            | Op::Or
    )
}
