//! What a query reads and returns.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use domain::unsaid;
use sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectName, Query,
    Select, SelectItem, SetExpr, Spanned, TableFactor, Value, Visitor,
};

use super::{Fault, present};
use crate::{
    facts::{self, Origin, Views},
    lint::nearest,
};

pub(super) struct Reading {
    pub views: BTreeSet<String>,
    pub columns: Vec<String>,
    pub reasons: BTreeSet<String>,
    /// The words that it may give as status.
    pub statuses: BTreeSet<String>,
    /// The weakest origin of the facts that it reads; typed where it only asks whether
    /// there is a record.
    pub origin: Origin,
    /// Whether it names what leads from one organization to another.
    pub beyond: bool,
    pub faults: Vec<Fault>,
}

/// What a reader found in a query: its views, columns and reason codes.
pub(super) fn read(reader: Reader, query: &Query, known_views: &Views, wanted: &[&str]) -> Reading {
    let mut reader = reader;
    let mut faults = std::mem::take(&mut reader.faults);
    let mut views = BTreeSet::new();
    for (name, place) in &reader.relations {
        if reader.common.contains(name) {
            continue;
        }
        if known_views.columns(name).is_some() {
            views.insert(name.clone());
            continue;
        }
        let known = known_views.names();
        let instead = nearest(name, known.clone()).map_or_else(
            || format!("one of {}", known.collect::<Vec<_>>().join(", ")),
            str::to_owned,
        );
        faults.push(Fault::at(
            *place,
            format!("there is no fact view `{name}`"),
            instead,
        ));
    }
    for (alias, column, place) in &reader.qualified {
        let Some(held) = reader.aliases.get(alias) else {
            continue;
        };
        let lists: Vec<_> = held
            .iter()
            .filter_map(|view| known_views.columns(view))
            .collect();
        // An alias that also names a common table expression may have any column.
        if lists.len() == held.len() && !lists.iter().any(|l| l.contains(column)) {
            let all = lists.iter().flat_map(|l| l.iter().map(String::as_str));
            let instead = nearest(column, all.clone()).map_or_else(
                || format!("one of {}", all.collect::<Vec<_>>().join(", ")),
                str::to_owned,
            );
            let view = held.iter().next().map_or("", String::as_str);
            faults.push(Fault::at(
                *place,
                format!("`{view}` has no column `{column}`"),
                instead,
            ));
        }
    }
    for (alias, kind, place) in &reader.kinds {
        let held = reader.aliases.get(alias);
        let asked = held.is_some_and(|held| held.contains("fact_unsaid"));
        if asked && !unsaid::known().contains(kind) {
            let known = unsaid::known().iter().map(String::as_str);
            let instead = nearest(kind, known.clone());
            let all = || known.collect::<Vec<_>>().join(", ");
            faults.push(Fault::at(
                *place,
                format!("`fact_unsaid` has no kind '{kind}'"),
                instead.map_or_else(all, str::to_owned),
            ));
        }
    }
    let origin = origin(&views, &reader);
    let columns = returned(query, &mut faults);
    let named = reader.qualified.iter().map(|(_, column, _)| column);
    let mut named = named.chain(&reader.bare).chain(&views);
    let beyond = named.any(|name| facts::leads(name));
    for wanted in wanted {
        if !columns.is_empty() && !columns.iter().any(|c| c == wanted) {
            faults.push(Fault::at(
                query.span().start,
                format!("the query does not return `{wanted}`"),
                format!("… AS {wanted} in the last SELECT"),
            ));
        }
    }
    Reading {
        views,
        columns,
        reasons: reader.reasons,
        statuses: reader.statuses,
        origin,
        beyond,
        faults,
    }
}

/// The weakest origin of all columns that a query names. A name without its table is
/// looked for in each view that the query reads.
fn origin(views: &BTreeSet<String>, reader: &Reader) -> Origin {
    let of_alias = reader.qualified.iter().flat_map(|(alias, column, _)| {
        let held = reader.aliases.get(alias).into_iter().flatten();
        held.map(move |view| (view, column))
    });
    let bare = reader.bare.iter();
    let bare = bare.flat_map(|column| views.iter().map(move |view| (view, column)));
    of_alias
        .chain(bare)
        .filter(|(view, _)| views.contains(*view))
        .filter_map(|(view, column)| facts::origin(view, column))
        .min()
        .unwrap_or(Origin::Typed)
}

/// The names of the columns of the last SELECT.
fn returned(query: &Query, faults: &mut Vec<Fault>) -> Vec<String> {
    let mut body = &*query.body;
    let select = loop {
        match body {
            SetExpr::Select(select) => break select,
            SetExpr::SetOperation { left, .. } => body = left,
            SetExpr::Query(inner) => body = &inner.body,
            _ => return Vec::new(),
        }
    };
    let mut columns = Vec::new();
    for item in &select.projection {
        match named(item) {
            Some((name, _)) => columns.push(name),
            None => faults.push(Fault::at(
                item.span().start,
                format!("`{item}` has no name of its own"),
                "every column by name, with AS where it is computed",
            )),
        }
    }
    columns
}

/// The name of a column of a query, and what it is.
pub(super) fn named(item: &SelectItem) -> Option<(String, &Expr)> {
    match item {
        SelectItem::ExprWithAlias { expr, alias } => Some((alias.value.to_ascii_lowercase(), expr)),
        SelectItem::UnnamedExpr(expr) => match expr {
            Expr::Identifier(ident) => Some((ident.value.to_ascii_lowercase(), expr)),
            Expr::CompoundIdentifier(parts) => {
                Some((parts.last()?.value.to_ascii_lowercase(), expr))
            }
            _ => None,
        },
        _ => None,
    }
}

type Place = sqlparser::tokenizer::Location;

#[derive(Default)]
pub(super) struct Reader {
    relations: Vec<(String, Place)>,
    tables: Vec<present::Place>,
    common: BTreeSet<String>,
    aliases: BTreeMap<String, BTreeSet<String>>,
    qualified: Vec<(String, String, Place)>,
    bare: BTreeSet<String>,
    reasons: BTreeSet<String>,
    statuses: BTreeSet<String>,
    /// What columns `kind` are compared with, by alias.
    kinds: Vec<(String, String, Place)>,
    faults: Vec<Fault>,
}

impl Reader {
    /// The tables and views that are read, without the query's own common table expressions.
    pub(super) fn reads(&self) -> BTreeSet<String> {
        let all = self.relations.iter().map(|(name, _)| name);
        all.filter(|name| !self.common.contains(*name))
            .cloned()
            .collect()
    }

    /// Where views are read, and not a common table expression of the query.
    pub(super) fn places(&mut self) -> Vec<present::Place> {
        let mut places = std::mem::take(&mut self.tables);
        places.retain(|place| !self.common.contains(&place.view));
        places
    }
}

impl Visitor for Reader {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        for table in query.with.iter().flat_map(|w| &w.cte_tables) {
            self.common
                .insert(table.alias.name.value.to_ascii_lowercase());
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        let name = relation.to_string().to_ascii_lowercase();
        self.relations.push((name, relation.span().start));
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, alias, .. } = table {
            let at = name.span().start;
            let name = name.to_string().to_ascii_lowercase();
            self.tables.push(present::Place {
                view: name.clone(),
                at,
                named: alias.is_some(),
            });
            let alias = alias
                .as_ref()
                .map_or_else(|| name.clone(), |a| a.name.value.to_ascii_lowercase());
            self.aliases.entry(alias).or_default().insert(name);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        for (name, expr) in select.projection.iter().filter_map(named) {
            let mut literals = Vec::new();
            match name.as_str() {
                "reason" => {
                    given(expr, &mut literals);
                    self.reasons
                        .extend(literals.into_iter().map(|(code, _)| code));
                }
                "status" => {
                    given(expr, &mut literals);
                    for (word, place) in literals {
                        self.statuses.insert(word.clone());
                        if !matches!(word.as_str(), "met" | "breached" | "not_applicable") {
                            self.faults.push(Fault::at(
                                place,
                                format!("a check cannot say '{word}'"),
                                "'met', 'breached', 'not_applicable', or NULL where there are no facts",
                            ));
                        }
                    }
                }
                _ => {}
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::CompoundIdentifier(parts) => {
                if let [alias, column] = parts.as_slice() {
                    self.qualified.push((
                        alias.value.to_ascii_lowercase(),
                        column.value.to_ascii_lowercase(),
                        column.span.start,
                    ));
                }
            }
            Expr::Identifier(column) => {
                self.bare.insert(column.value.to_ascii_lowercase());
            }
            Expr::Like { pattern, .. } => self.listed([&**pattern], |_| true),
            Expr::BinaryOp {
                left,
                op: BinaryOperator::Eq | BinaryOperator::NotEq,
                right,
            } => {
                self.asked(left, [&**right]);
                self.listed([&**left, &**right], is_typed);
            }
            Expr::InList { expr, list, .. } => {
                self.asked(expr, list);
                self.listed(list, is_typed);
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

impl Reader {
    /// Words that say nothing stand in one list, not in a check.
    fn listed<'a>(
        &mut self,
        with: impl IntoIterator<Item = &'a Expr>,
        is_looked_at: impl Fn(&str) -> bool,
    ) {
        let words = with.into_iter().filter_map(literal);
        let sought = words.filter(|(text, _)| is_looked_at(text) && unsaid::is_sought_by(text));
        let faults = sought.map(|(text, place)| {
            Fault::at(
                place,
                format!("'{text}' says that there is nothing yet: a check has no list of such words"),
                "EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = x), and the word in crates/domain/unsaid.yaml",
            )
        });
        self.faults.extend(faults);
    }

    /// What a column `kind` is compared with.
    fn asked<'a>(&mut self, column: &Expr, with: impl IntoIterator<Item = &'a Expr>) {
        let Expr::CompoundIdentifier(parts) = column else {
            return;
        };
        if let [alias, column] = parts.as_slice()
            && column.value.eq_ignore_ascii_case("kind")
        {
            let alias = alias.value.to_ascii_lowercase();
            let words = with.into_iter().filter_map(literal);
            let words = words.map(|(word, place)| (alias.clone(), word.to_owned(), place));
            self.kinds.extend(words);
        }
    }
}

/// Whether people may have typed a text: a code is ASCII.
fn is_typed(text: &str) -> bool {
    !text.is_ascii()
}

/// A text literal, and where it stands.
fn literal(expr: &Expr) -> Option<(&str, Place)> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some((text, value.span.start)),
            _ => None,
        },
        _ => None,
    }
}

/// The text literals that an expression may give.
fn given(expr: &Expr, into: &mut Vec<(String, Place)>) {
    match expr {
        Expr::Value(_) => {
            into.extend(literal(expr).map(|(text, place)| (text.to_owned(), place)));
        }
        Expr::Nested(inner) => given(inner, into),
        Expr::Cast { expr, .. } => given(expr, into),
        Expr::Case {
            conditions,
            else_result,
            ..
        } => {
            for when in conditions {
                given(&when.result, into);
            }
            if let Some(other) = else_result {
                given(other, into);
            }
        }
        Expr::Function(function) => {
            if let FunctionArguments::List(list) = &function.args {
                for arg in &list.args {
                    if let FunctionArg::Unnamed(FunctionArgExpr::Expr(inner)) = arg {
                        given(inner, into);
                    }
                }
            }
        }
        _ => {}
    }
}
