//! One walk over a query for all who look at it: each visitor by itself would make the
//! compiler write the walk over the whole grammar once more.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, ObjectName, Query, Select, TableFactor, Visitor};

use super::{portable::Portable, reading::Reader};

#[derive(Default)]
pub(super) struct Walk {
    pub portable: Portable,
    pub reader: Reader,
}

impl Visitor for Walk {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.portable.pre_visit_query(query)?;
        self.reader.pre_visit_query(query)
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        self.reader.pre_visit_relation(relation)
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        self.portable.pre_visit_select(select)?;
        self.reader.pre_visit_select(select)
    }

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<()> {
        self.portable.pre_visit_table_factor(table)?;
        self.reader.pre_visit_table_factor(table)
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        self.portable.pre_visit_expr(expr)?;
        self.reader.pre_visit_expr(expr)
    }
}
