//! What a list is narrowed to: the same for pages, API and command line.

use domain::{
    id::Id,
    parse,
    problem::{FieldProblem, Problem, ProblemKind},
    record::Value,
    schema::Schema,
};

use super::record;
use crate::{App, Ctx};

/// Reads `field = value` as filters of a query: each value as the field is written elsewhere, a
/// reference by the id or one of the keys of what it refers to. A value that cannot be the
/// field's never means every record, nor none.
///
/// # Errors
/// Invalid, with all fields that there are not and values that cannot be; not found for a
/// reference to nothing; denied, unavailable.
pub async fn narrow(
    app: &App,
    ctx: &Ctx,
    schema: &Schema,
    asked: &[(String, String)],
) -> Result<Vec<(String, String)>, Problem> {
    let (mut filters, mut wrong) = (Vec::new(), Vec::new());
    for (name, text) in asked {
        let Some(field) = schema.field(name) else {
            let names: Vec<&str> = schema.fields.iter().map(|f| f.name.as_str()).collect();
            let names = names.join(", ");
            wrong.push(FieldProblem::new(
                name,
                format!("Không có trường này; có: {names}"),
                format!("There is no such field; there are: {names}"),
            ));
            continue;
        };
        if text.trim().is_empty() {
            wrong.push(FieldProblem::new(
                name,
                "Để trống; ghi giá trị, hoặc bỏ điều kiện này",
                "Is empty; write a value, or leave the condition out",
            ));
            continue;
        }
        let value = match (field.refers_to.as_deref(), parse::field(field, text)) {
            (Some(noun), Ok(Value::Text(key))) if key.parse::<Id>().is_err() => {
                match record::get(app, ctx, noun, &key).await {
                    Ok(record) => record.id.to_string(),
                    Err(problem) if problem.kind == ProblemKind::Conflict => {
                        wrong.push(FieldProblem {
                            field: name.clone(),
                            message: problem.what,
                        });
                        continue;
                    }
                    Err(problem) => return Err(problem),
                }
            }
            // As it is kept, and not as a table writes it.
            (_, Ok(Value::Decimal(number))) => number.to_string(),
            (_, Ok(value)) => value.to_cell(),
            (_, Err(problem)) => {
                wrong.push(problem);
                continue;
            }
        };
        filters.push((name.clone(), value));
    }
    if wrong.is_empty() {
        Ok(filters)
    } else {
        Err(Problem::invalid(&schema.noun, wrong))
    }
}
