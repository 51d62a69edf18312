//! Whom a clause or a role is about: CEL over the scalars of an organization.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::{Arc, LazyLock},
};

use cel::{
    Context, Env, IdedExpr, Program, Value,
    common::ast::{EntryExpr, Expr, LiteralValue, operators::IN},
};
use serde::{Deserialize, Serialize};

use crate::cost;

static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// A context in which nothing is known yet.
pub(crate) fn context() -> Context<'static, 'static> {
    Context::with_env(Arc::clone(&ENV))
}

/// Compiles a text that is not longer than any needs to be.
pub(crate) fn compile(text: &str) -> Result<Program, CompileError> {
    let failed = |why: String| CompileError {
        text: text.to_owned(),
        why,
    };
    cost::of_text(text).map_err(failed)?;
    ENV.compile(text).map_err(|errors| {
        let all = errors.errors.iter().map(|e| e.msg.trim().to_owned());
        failed(all.collect::<Vec<_>>().join("; "))
    })
}

/// An organization as expressions and guards see it: one value for each of [`FIELDS`].
pub(crate) fn org(org: &OrgScalars) -> HashMap<&'static str, Value> {
    let roles: Vec<Value> = org.roles.iter().map(|r| r.as_str().into()).collect();
    HashMap::from([
        ("code", org.code.as_str().into()),
        ("kind", org.kind.as_str().into()),
        ("level", org.level.as_str().into()),
        ("membership", org.membership.as_str().into()),
        ("parent", org.parent.as_str().into()),
        ("roles", roles.into()),
    ])
}

/// The fields of `org` that an expression may name.
pub const FIELDS: [&str; 6] = ["code", "kind", "level", "membership", "parent", "roles"];

/// What an expression may ask about an organization.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OrgScalars {
    /// Its code in the registry.
    pub code: String,
    /// `department`, `commune`, `district`, `office`, `police`, …
    pub kind: String,
    /// `province`, `district`, `commune` or `central`.
    pub level: String,
    /// `member`, `participant` or `none`.
    pub membership: String,
    /// The code of the organization above it; empty at the top.
    pub parent: String,
    /// The roles the registry says it plays today.
    pub roles: BTreeSet<String>,
}

/// An organization made ready for many expressions. Cheap to clone.
#[derive(Clone)]
pub struct OrgContext(Arc<Context<'static, 'static>>);

impl OrgContext {
    /// Converts the scalars once.
    pub fn new(scalars: &OrgScalars) -> Self {
        let mut context = context();
        context.add_variable_from_value("org", org(scalars));
        Self(Arc::new(context))
    }
}

impl fmt::Debug for OrgContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OrgContext")
            .field(&self.0.get_variable("org"))
            .finish()
    }
}

/// An expression that cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a condition: {why}")]
pub struct CompileError {
    /// The expression.
    pub text: String,
    /// What is wrong in it.
    pub why: String,
}

/// An expression that has no answer for an organization.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the condition `{text}` cannot be decided: {why}")]
pub struct EvaluationError {
    /// The expression.
    pub text: String,
    /// Why it has no answer.
    pub why: String,
}

/// A compiled condition over `org`.
#[derive(Clone, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Expression {
    text: String,
    cost: u64,
    program: Arc<Program>,
}

impl Expression {
    /// Compiles a condition and checks that it names only what `org` has.
    ///
    /// # Errors
    /// When it is not CEL, names an unknown variable or field, or may take too long.
    pub fn compile(text: &str) -> Result<Self, CompileError> {
        let failed = |why: String| CompileError {
            text: text.to_owned(),
            why,
        };
        let program = compile(text)?;
        name_check(program.expression(), &mut Vec::new()).map_err(failed)?;
        let cost = cost::of(program.expression()).map_err(failed)?;
        Ok(Self {
            text: text.to_owned(),
            cost,
            program: Arc::new(program),
        })
    }

    /// The expression as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The steps that deciding it may take, for one organization.
    pub fn cost(&self) -> u64 {
        self.cost
    }

    /// The roles it asks about, as in `'network-authority' in org.roles`.
    pub fn roles(&self) -> Vec<&str> {
        let mut found = Vec::new();
        roles_named(self.program.expression(), &mut found);
        found
    }

    /// Whether it holds for `org`.
    ///
    /// # Errors
    /// When the answer is not yes or no.
    pub fn applies(&self, org: &OrgScalars) -> Result<bool, EvaluationError> {
        self.holds(&OrgContext::new(org))
    }

    /// Whether it holds for an organization made ready before.
    ///
    /// # Errors
    /// When the answer is not yes or no.
    pub fn holds(&self, org: &OrgContext) -> Result<bool, EvaluationError> {
        let failed = |why: String| EvaluationError {
            text: self.text.clone(),
            why,
        };
        match self.program.execute(&org.0) {
            Ok(Value::Bool(answer)) => Ok(answer),
            Ok(other) => Err(failed(format!("it gives {other:?}, not true or false"))),
            Err(error) => Err(failed(error.to_string())),
        }
    }
}

/// Refuses names that `org` does not have; `bound` are the variables of `all`, `exists`, ….
fn name_check(node: &IdedExpr, bound: &mut Vec<String>) -> Result<(), String> {
    match &node.expr {
        Expr::Ident(name) if name == "org" || bound.contains(name) => Ok(()),
        Expr::Ident(name) => Err(format!("there is no variable `{name}`; write `org`")),
        Expr::Select(select) => {
            if matches!(&select.operand.expr, Expr::Ident(name) if name == "org")
                && !FIELDS.contains(&select.field.as_str())
            {
                let near = crate::lint::nearest(&select.field, FIELDS).map_or_else(
                    || format!("one of {}", FIELDS.join(", ")),
                    |n| format!("`org.{n}`"),
                );
                return Err(format!("there is no `org.{}`; write {near}", select.field));
            }
            name_check(&select.operand, bound)
        }
        Expr::Call(call) => {
            if let Some(target) = &call.target {
                name_check(target, bound)?;
            }
            call.args.iter().try_for_each(|arg| name_check(arg, bound))
        }
        Expr::List(list) => list.elements.iter().try_for_each(|e| name_check(e, bound)),
        Expr::Map(map) => map.entries.iter().try_for_each(|entry| match &entry.expr {
            EntryExpr::MapEntry(e) => {
                name_check(&e.key, bound).and_then(|()| name_check(&e.value, bound))
            }
            EntryExpr::StructField(field) => name_check(&field.value, bound),
        }),
        Expr::Comprehension(loops) => {
            name_check(&loops.iter_range, bound)?;
            let depth = bound.len();
            bound.push(loops.iter_var.clone());
            bound.extend(loops.iter_var2.clone());
            bound.push(loops.accu_var.clone());
            let checked = [
                &loops.accu_init,
                &loops.loop_cond,
                &loops.loop_step,
                &loops.result,
            ]
            .into_iter()
            .try_for_each(|part| name_check(part, bound));
            bound.truncate(depth);
            checked
        }
        Expr::Struct(_) => Err("a structure is not a condition".into()),
        Expr::Literal(_) | Expr::Unspecified => Ok(()),
    }
}

fn roles_named<'a>(node: &'a IdedExpr, found: &mut Vec<&'a str>) {
    let Expr::Call(call) = &node.expr else { return };
    if let (IN, [wanted, list]) = (call.func_name.as_str(), call.args.as_slice())
        && let Expr::Literal(LiteralValue::String(role)) = &wanted.expr
        && matches!(&list.expr, Expr::Select(select) if select.field == "roles")
    {
        found.push(role.inner());
    }
    for part in call.target.iter().map(|t| &**t).chain(&call.args) {
        roles_named(part, found);
    }
}

impl TryFrom<String> for Expression {
    type Error = CompileError;

    fn try_from(text: String) -> Result<Self, CompileError> {
        Self::compile(&text)
    }
}

impl From<Expression> for String {
    fn from(expression: Expression) -> String {
        expression.text
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.text).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commune() -> OrgScalars {
        OrgScalars {
            kind: "commune".into(),
            level: "commune".into(),
            membership: "member".into(),
            roles: BTreeSet::from(["network-authority".to_owned()]),
            ..OrgScalars::default()
        }
    }

    #[test]
    fn conditions_are_decided() {
        for (text, expected) in [
            ("org.membership == 'member'", true),
            ("org.kind in ['department', 'office']", false),
            ("'network-authority' in org.roles", true),
            ("org.roles.exists(r, r.startsWith('network'))", true),
        ] {
            let expression = Expression::compile(text).unwrap();
            assert_eq!(expression.applies(&commune()), Ok(expected), "{text}");
        }
    }

    #[test]
    fn unknown_names_and_broken_syntax_are_refused() {
        let wrong = Expression::compile("org.membrship == 'member'").unwrap_err();
        assert!(wrong.why.contains("`org.membership`"), "{wrong}");
        assert!(Expression::compile("unit.kind == 'x'").is_err());
        assert!(Expression::compile("org.kind ==").is_err());
    }

    #[test]
    fn what_would_never_end_is_refused_before_it_is_decided() {
        let digits = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]";
        let nested = |levels: usize| {
            (0..levels).fold("false".to_owned(), |inner, n| {
                format!("{digits}.exists(x{n}, {inner})")
            })
        };
        assert!(Expression::compile(&nested(3)).is_ok());
        let doubled = (0..12).fold("['x']".to_owned(), |list, _| {
            format!("{list}.map(a, a + a)")
        });
        let all = |list: &str| format!("{list}.all(a, {list}.all(b, {list}.all(c, a != b + c)))");
        let (open, close) = ("(".repeat(20), ")".repeat(20));
        for (text, why) in [
            (nested(4), "steps"),
            // Texts that double, and double again.
            (format!("size({doubled}[0]) > 0"), "steps"),
            (all("org.roles"), "steps"),
            (all(&format!("[{}1]", "1,".repeat(30))), "steps"),
            // Down the stack: by brackets, by what stands between them, by length.
            (format!("{open}true{close}"), "brackets"),
            (
                format!("{}1{} == [1]", "[".repeat(200), "]".repeat(200)),
                "brackets",
            ),
            (format!("1{} == 3", " + 1".repeat(100)), "operations"),
            (format!("true{}", " in [true]".repeat(50)), "operations"),
            (format!("org{}", "[0]".repeat(190)), "operations"),
            (format!("org.kind == '{}'", "x".repeat(600)), "characters"),
            // Where a text ends must be plain to see.
            (format!("'\\'' == {open}1{close}"), "does not belong"),
            (format!("'''a'b''' == {open}1"), "does not belong"),
        ] {
            let refused = Expression::compile(&text).unwrap_err();
            assert!(refused.why.contains(why), "{text}: {refused}");
        }
        for text in [
            "org.roles.exists(r, r.startsWith('net')) || org.roles.exists(r, r.endsWith('x')) || 'y' in org.roles",
            "org.kind == 'department' || (org.kind in ['people-committee', 'commune', 'district'] && org.level in ['district', 'commune'])",
        ] {
            let taken = Expression::compile(text).unwrap();
            assert!(taken.cost() < 20_000, "{} steps", taken.cost());
        }
    }

    #[test]
    fn an_answer_that_is_not_yes_or_no_is_an_error() {
        let expression = Expression::compile("org.kind").unwrap();
        assert!(expression.applies(&commune()).is_err());
    }
}
