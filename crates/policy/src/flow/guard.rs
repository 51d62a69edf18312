//! When a step may be taken: CEL over what was typed, the record and the unit. No lists are walked
//! through, nothing is put together: a guard compares.

use std::{collections::HashMap, fmt, sync::Arc};

use cel::{
    IdedExpr, Program, Value as Cel,
    common::ast::{Expr, operators},
};
use domain::record::Value;
use serde::{Deserialize, Serialize};

use crate::{
    cost,
    expression::{self, CompileError, EvaluationError, FIELDS, OrgScalars},
};

/// What a guard may do with what it names.
const MAY: [&str; 13] = [
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::GREATER,
    operators::GREATER_EQUALS,
    operators::LESS,
    operators::LESS_EQUALS,
    operators::IN,
    "startsWith",
    "endsWith",
    "contains",
];

/// What a guard is asked about.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// What was typed, by field. What was not is null.
    pub form: HashMap<String, Value>,
    /// The record that the flow is about, by field.
    pub record: HashMap<String, Value>,
    /// The flow's unit.
    pub org: OrgScalars,
}

/// A compiled yes or no.
#[derive(Clone, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Guard {
    text: String,
    /// What it names: `form`, `record` or `org`, and the field.
    named: Vec<(String, String)>,
    program: Arc<Program>,
}

impl Guard {
    /// Compiles a guard.
    ///
    /// # Errors
    /// When it is not CEL, names something else than a field of `form`, `record` or `org`, or does
    /// more than compare.
    pub fn compile(text: &str) -> Result<Self, CompileError> {
        let failed = |why: String| CompileError {
            text: text.to_owned(),
            why,
        };
        let program = expression::compile(text)?;
        let mut named = Vec::new();
        look(program.expression(), &mut named).map_err(failed)?;
        cost::of(program.expression()).map_err(failed)?;
        Ok(Self {
            text: text.to_owned(),
            named,
            program: Arc::new(program),
        })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it names: `form`, `record` or `org`, and the field.
    pub fn named(&self) -> impl Iterator<Item = (&str, &str)> {
        self.named
            .iter()
            .map(|(of, field)| (of.as_str(), field.as_str()))
    }

    /// Whether it holds.
    ///
    /// # Errors
    /// When the answer is not yes or no, as where a number is compared that was not typed.
    pub fn holds(&self, given: &Given) -> Result<bool, EvaluationError> {
        let failed = |why: String| EvaluationError {
            text: self.text.clone(),
            why,
        };
        let mut context = expression::context();
        context.add_variable_from_value("form", self.fields("form", &given.form));
        context.add_variable_from_value("record", self.fields("record", &given.record));
        context.add_variable_from_value("org", expression::org(&given.org));
        match self.program.execute(&context) {
            Ok(Cel::Bool(answer)) => Ok(answer),
            Ok(other) => Err(failed(format!("it gives {other:?}, not true or false"))),
            Err(error) => Err(failed(error.to_string())),
        }
    }

    /// The fields that it names; one that is not there is null.
    fn fields(&self, of: &str, given: &HashMap<String, Value>) -> HashMap<String, Cel> {
        let named = self.named().filter(|(what, _)| *what == of);
        let value = |field: &str| match given.get(field) {
            None | Some(Value::Null) => Cel::Null,
            Some(Value::Boolean(yes)) => Cel::Bool(*yes),
            Some(Value::Integer(n)) => Cel::Int(*n),
            Some(Value::Decimal(x)) => Cel::Float(*x),
            Some(Value::Text(text)) => text.as_str().into(),
        };
        named
            .map(|(_, field)| (field.to_owned(), value(field)))
            .collect()
    }
}

/// Refuses what is more than comparing, and gathers what is named.
fn look(node: &IdedExpr, named: &mut Vec<(String, String)>) -> Result<(), String> {
    match &node.expr {
        Expr::Literal(_) | Expr::Unspecified => Ok(()),
        Expr::Select(select) => match &select.operand.expr {
            Expr::Ident(of) if of == "org" && !FIELDS.contains(&select.field.as_str()) => {
                Err(format!(
                    "there is no `org.{}`; write one of {}",
                    select.field,
                    FIELDS.join(", ")
                ))
            }
            Expr::Ident(of) if ["form", "record", "org"].contains(&of.as_str()) => {
                named.push((of.clone(), select.field.clone()));
                Ok(())
            }
            Expr::Ident(of) => Err(format!(
                "there is no `{of}`; write `form.`, `record.` or `org.` and a field"
            )),
            _ => Err(format!(
                "`.{}` is of nothing that a guard knows",
                select.field
            )),
        },
        Expr::Call(call) if MAY.contains(&call.func_name.as_str()) => {
            let parts = call.target.iter().map(|t| &**t).chain(&call.args);
            parts.into_iter().try_for_each(|part| look(part, named))
        }
        Expr::Call(call) => Err(format!("`{}` computes; a guard compares", call.func_name)),
        Expr::List(list) => list.elements.iter().try_for_each(|e| look(e, named)),
        Expr::Comprehension(_) => Err("it walks through a list; a guard compares".into()),
        Expr::Ident(name) => Err(format!(
            "`{name}` stands alone; write `form.`, `record.` or `org.` and a field"
        )),
        Expr::Map(_) | Expr::Struct(_) => Err("a structure is no guard".into()),
    }
}

impl TryFrom<String> for Guard {
    type Error = CompileError;

    fn try_from(text: String) -> Result<Self, CompileError> {
        Self::compile(&text)
    }
}

impl From<Guard> for String {
    fn from(guard: Guard) -> String {
        guard.text
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Guard").field(&self.text).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn given() -> Given {
        Given {
            form: HashMap::from([
                ("result".to_owned(), Value::from("passed")),
                ("ports".to_owned(), Value::Integer(4)),
                ("urgent".to_owned(), Value::Boolean(false)),
                ("note".to_owned(), Value::Null),
            ]),
            record: HashMap::from([("status".to_owned(), Value::from("planned"))]),
            org: OrgScalars {
                kind: "commune".into(),
                roles: BTreeSet::from(["data-centre".to_owned()]),
                ..OrgScalars::default()
            },
        }
    }

    #[test]
    fn guards_are_yes_or_no() {
        for (text, expected) in [
            ("form.result == 'passed'", true),
            (
                "form.result != 'passed' || record.status in ['planned', 'active']",
                true,
            ),
            ("form.ports > 4", false),
            ("form.ports >= 4 && !form.urgent", true),
            ("form.note == null", true),
            ("form.never_typed == 'x'", false),
            (
                "'data-centre' in org.roles && org.kind.startsWith('com')",
                true,
            ),
        ] {
            let guard = Guard::compile(text).unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(guard.holds(&given()), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_has_no_answer_is_an_error_and_no_yes() {
        for text in ["form.note > 3", "form.result"] {
            let guard = Guard::compile(text).unwrap();
            assert!(guard.holds(&given()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_guard_compares_and_does_nothing_else() {
        for (text, why) in [
            ("org.roles.exists(r, r == 'x')", "walks"),
            ("form.ports + 1 > 3", "computes"),
            ("size(form.result) > 3", "computes"),
            ("unit.kind == 'x'", "there is no `unit`"),
            ("org.membrship == 'x'", "there is no `org.membrship`"),
            ("form == 3", "stands alone"),
            ("form.result ==", ""),
            ("{'a': 1} == {'a': 1}", "structure"),
        ] {
            let refused = Guard::compile(text).unwrap_err();
            assert!(refused.why.contains(why), "{text}: {refused}");
        }
    }
}
