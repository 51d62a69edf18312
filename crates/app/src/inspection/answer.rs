//! What was found at an item of the checklist.

use domain::{
    id::Id,
    problem::{Problem, ProblemKind},
    record::{Record, Value, Values},
};

use super::{ITEM, ended, is_ended, view::round};
use crate::{App, Ctx, registry};

/// Writes down an item's result.
///
/// # Errors
/// Denied to a unit where inspectors answer; conflict once it is concluded or when somebody
/// else changed it since `version`.
pub async fn answer(
    app: &App,
    ctx: &Ctx,
    item: Id,
    version: i64,
    result: &str,
    note: &str,
) -> Result<Record, Problem> {
    let record = registry::get(app, ctx, ITEM, &item.to_string()).await?;
    let of = record.get("inspection").to_cell();
    let round = round(app, ctx, &of).await?;
    if is_ended(round.text("status")) {
        return Err(ended(round.text("code")));
    }
    let values = answered(app, record, result, note)?;
    let saved = registry::save(app, ctx, ITEM, Some((item, version)), values).await?;
    Ok(saved.record)
}

/// What was typed at one item of a checklist.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The item.
    pub item: Id,
    /// The version that was read.
    pub version: i64,
    /// `open`, `conforms`, `deviates`, `not-applicable`.
    pub result: String,
    /// The note.
    pub note: String,
}

/// An item that was not written: somebody else had changed it, or what was typed is wrong.
#[derive(Clone, Debug)]
pub struct Missed {
    /// The item.
    pub item: Id,
    /// Why.
    pub problem: Problem,
}

/// Writes down a whole checklist, each item by itself: what another person changed meanwhile
/// is left as it is and told.
///
/// # Errors
/// Denied, concluded, unavailable; what was written until then stays.
pub async fn answer_all(
    app: &App,
    ctx: &Ctx,
    answers: Vec<Answer>,
) -> Result<Vec<Missed>, Problem> {
    let mut missed = Vec::new();
    for a in answers {
        match answer(app, ctx, a.item, a.version, &a.result, &a.note).await {
            Ok(_) => {}
            Err(problem) if is_of_item(&problem) => missed.push(Missed {
                item: a.item,
                problem,
            }),
            Err(problem) => return Err(problem),
        }
    }
    Ok(missed)
}

/// Whether other items may still be written.
fn is_of_item(problem: &Problem) -> bool {
    matches!(
        problem.kind,
        ProblemKind::Conflict | ProblemKind::Invalid | ProblemKind::NotFound
    )
}

/// An item's values with its result.
pub(super) fn answered(
    app: &App,
    item: Record,
    result: &str,
    note: &str,
) -> Result<Values, Problem> {
    let mut values = item.values;
    let mut set = |name: &str, value: Value| values.insert(name.into(), value);
    set("result", result.into());
    set("note", note.into());
    set("checked_on", app.clock.today().to_string().into());
    checked(app, ITEM, values)
}

/// Values held against their schema, as a form's are.
pub(super) fn checked(app: &App, noun: &str, values: Values) -> Result<Values, Problem> {
    let schema = app.schema(noun)?;
    let wrong: Vec<_> = schema
        .fields
        .iter()
        .filter_map(|field| {
            let cell = values
                .get(&field.name)
                .map(Value::to_cell)
                .unwrap_or_default();
            domain::parse::field(field, &cell).err()
        })
        .collect();
    if wrong.is_empty() {
        Ok(values)
    } else {
        Err(Problem::invalid(schema.label.en.clone(), wrong))
    }
}
