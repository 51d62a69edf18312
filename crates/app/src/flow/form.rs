//! What is typed into the forms of flows.

use std::collections::BTreeMap;

use domain::{
    parse,
    problem::{FieldProblem, Problem},
    record::Values,
    schema::{Kind, Schema},
};

use crate::App;

/// Reads what was typed into a form; every field has a value, null where nothing was.
pub(super) fn typed(
    app: &App,
    form: &Schema,
    typed: &BTreeMap<String, String>,
) -> Result<Values, Problem> {
    let mut wrong: Vec<FieldProblem> = (typed.keys())
        .filter(|name| form.field(name).is_none())
        .map(|name| FieldProblem::new(name, "Không có mục này", "There is no such field"))
        .collect();
    let read = parse::values(form, |f| typed.get(&f.name).map(String::as_str));
    let today = app.clock.today().to_string();
    match read {
        Ok(values) => {
            let ahead = (form.fields.iter())
                .filter(|f| f.done && f.kind == Kind::Date)
                .filter(|f| {
                    let day = values.get(&f.name).and_then(|v| v.as_text());
                    day.is_some_and(|day| day > today.as_str())
                });
            wrong.extend(ahead.map(|f| {
                let vi = "Việc này chưa diễn ra; ghi ngày đã làm, không sau hôm nay";
                let en = "This has yet to come; write when it was done, not later than today";
                FieldProblem::new(&f.name, vi, en)
            }));
            if wrong.is_empty() {
                return Ok(values);
            }
        }
        Err(problems) => wrong.extend(problems),
    }
    Err(Problem::invalid(&form.noun, wrong))
}
