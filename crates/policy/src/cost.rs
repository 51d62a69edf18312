//! What a condition may cost, judged before it is ever decided: the library that decides
//! has no limit of its own.

use std::collections::HashMap;

use cel::{
    IdedExpr,
    common::ast::{EntryExpr, Expr, LiteralValue, operators},
};

/// The longest condition, characters.
const LONGEST: usize = 600;
/// Brackets within brackets: the parser goes down the stack with each.
const DEEPEST_TEXT: usize = 8;
/// Operations within operations: deciding goes down the stack with each.
const DEEPEST: usize = 24;
/// The most steps that deciding it for one organization may take.
const MOST: u64 = 50_000;
/// How much a field of the organization is taken to hold: its roles, or a text.
const FIELD: u64 = 50;

/// Functions that give yes, no or a number, whatever they are given.
const ANSWERS: [&str; 17] = [
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::NOT_STRICTLY_FALSE,
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::GREATER,
    operators::GREATER_EQUALS,
    operators::LESS,
    operators::LESS_EQUALS,
    operators::IN,
    operators::NEGATE,
    operators::SUBSTRACT,
    "startsWith",
    "endsWith",
    "contains",
    "size",
];

/// What a node of the tree takes and gives.
#[derive(Clone, Copy, Default)]
struct Cost {
    /// Steps to decide it.
    steps: u64,
    /// How much its value holds: elements of lists, characters of texts.
    holds: u64,
}

/// Whether a text is short and flat enough to be parsed at all.
pub(crate) fn of_text(text: &str) -> Result<(), String> {
    let length = text.chars().count();
    if length > LONGEST {
        return Err(format!(
            "it has {length} characters; at most {LONGEST} are taken"
        ));
    }
    // Without these a quotation mark always begins or ends a text.
    let odd = ["\\", "`", "'''", "\"\"\"", "//"];
    if let Some(odd) = odd.iter().find(|odd| text.contains(**odd)) {
        return Err(format!("`{odd}` does not belong in a condition"));
    }
    let (mut quote, mut depth) = (None, 0usize);
    for c in text.chars() {
        match (c, quote) {
            (_, Some(end)) if c == end => quote = None,
            ('\'' | '"', None) => quote = Some(c),
            ('(' | '[' | '{', None) => depth += 1,
            (')' | ']' | '}', None) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST_TEXT {
            return Err(format!(
                "brackets stand within brackets more than {DEEPEST_TEXT} deep"
            ));
        }
    }
    Ok(())
}

/// The steps that deciding a condition may take, for one organization.
pub(crate) fn of(tree: &IdedExpr) -> Result<u64, String> {
    let steps = weigh(tree, &mut HashMap::new(), 0)?.steps;
    if steps > MOST {
        return Err(format!(
            "deciding it may take {steps} steps for one organization; at most {MOST} are allowed: \
             put fewer lists within lists"
        ));
    }
    Ok(steps)
}

fn weigh<'a>(
    node: &'a IdedExpr,
    bound: &mut HashMap<&'a str, u64>,
    depth: usize,
) -> Result<Cost, String> {
    if depth > DEEPEST {
        return Err(format!(
            "operations stand within operations more than {DEEPEST} deep"
        ));
    }
    let all = |nodes: Vec<&'a IdedExpr>, bound: &mut HashMap<&'a str, u64>| {
        nodes.into_iter().try_fold(Cost::default(), |sum, node| {
            let one = weigh(node, bound, depth + 1)?;
            Ok::<_, String>(Cost {
                steps: sum.steps.saturating_add(one.steps),
                holds: sum.holds.saturating_add(one.holds),
            })
        })
    };
    let cost = match &node.expr {
        Expr::Literal(LiteralValue::String(text)) => Cost {
            steps: 0,
            holds: text.inner().len() as u64,
        },
        Expr::Literal(_) | Expr::Unspecified => Cost { steps: 0, holds: 1 },
        Expr::Ident(name) => Cost {
            steps: 0,
            holds: bound.get(name.as_str()).copied().unwrap_or(FIELD),
        },
        Expr::Select(select) => weigh(&select.operand, bound, depth + 1)?,
        Expr::Call(call) => {
            let parts = call.target.iter().map(|t| &**t).chain(&call.args);
            let parts = all(parts.collect(), bound)?;
            // Anything else may put its parts together.
            let answers = ANSWERS.contains(&call.func_name.as_str());
            Cost {
                steps: parts.steps.saturating_add(parts.holds),
                holds: if answers { 1 } else { parts.holds },
            }
        }
        Expr::List(list) => all(list.elements.iter().collect(), bound)?,
        Expr::Map(map) => {
            let parts = map.entries.iter().flat_map(|entry| match &entry.expr {
                EntryExpr::MapEntry(e) => vec![&e.key, &e.value],
                EntryExpr::StructField(field) => vec![&field.value],
            });
            all(parts.collect(), bound)?
        }
        Expr::Comprehension(loops) => {
            let range = weigh(&loops.iter_range, bound, depth + 1)?;
            let start = weigh(&loops.accu_init, bound, depth + 1)?;
            let mut within = bound.clone();
            within.insert(&loops.iter_var, range.holds);
            if let Some(second) = &loops.iter_var2 {
                within.insert(second, range.holds);
            }
            within.insert(&loops.accu_var, 0);
            let turn = all(vec![&loops.loop_cond, &loops.loop_step], &mut within)?;
            let grown = start
                .holds
                .saturating_add(range.holds.saturating_mul(turn.holds));
            within.insert(&loops.accu_var, grown);
            let result = weigh(&loops.result, &mut within, depth + 1)?;
            Cost {
                steps: [start.steps, result.steps]
                    .into_iter()
                    .fold(range.steps, u64::saturating_add)
                    .saturating_add(range.holds.saturating_mul(turn.steps.saturating_add(1))),
                holds: result.holds,
            }
        }
        Expr::Struct(_) => Cost::default(),
    };
    Ok(Cost {
        steps: cost.steps.saturating_add(1),
        holds: cost.holds,
    })
}
