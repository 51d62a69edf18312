//! What becomes of one row of a table.

use std::collections::{HashMap, HashSet};

use domain::{
    id::Id,
    label::{Label, Lang},
    parse,
    record::{Record, Value, Values},
    schema::{Field, Kind, Schema},
    text,
};

use super::{
    export::{VERSION, unguard},
    import::{CellProblem, Outcome, RowFate},
};
use crate::{App, secrecy};

/// A row, read and held against what is there.
pub(super) struct Plan {
    /// What happens to it.
    pub fate: RowFate,
    /// As it stands in the file.
    pub cells: Vec<String>,
    /// What would be written; none when it does not go in.
    pub record: Option<Record>,
    /// What is there.
    pub before: Option<Record>,
}

/// What a row is held against.
pub(super) struct Surroundings<'a> {
    pub schema: &'a Schema,
    /// The field of each column.
    pub columns: Vec<Option<&'a Field>>,
    pub references: References,
    /// Records in the actor's reach by [`identity`].
    pub existing: HashMap<String, Record>,
    /// Unique values of records out of the actor's reach.
    pub taken: HashSet<String>,
    /// The id of every key of the file.
    pub ids: HashMap<String, Id>,
    /// Every record's parent, for nouns that have one.
    pub parents: HashMap<Id, Option<Id>>,
}

/// What makes a row the same record as one that is there: its unique field, or else all
/// that it says (a contact, an entry of a book), so that importing twice changes nothing.
pub(super) fn identity(schema: &Schema, values: &Values) -> String {
    if let Some(key) = schema.fields.iter().find(|f| f.unique) {
        return text::fold(
            values
                .get(&key.name)
                .and_then(Value::as_text)
                .unwrap_or_default(),
        );
    }
    let given: Vec<_> = values.iter().filter(|(_, v)| !v.is_null()).collect();
    serde_json::to_string(&given).unwrap_or_default()
}

/// The field of each column; headers may be field names or labels in either language.
pub(super) fn columns<'a>(schema: &'a Schema, header: &[String]) -> Vec<Option<&'a Field>> {
    header
        .iter()
        .map(|name| {
            let name = text::fold(name);
            schema.fields.iter().find(|f| {
                text::fold(&f.name) == name
                    || text::fold(&f.label.vi) == name
                    || text::fold(&f.label.en) == name
            })
        })
        .collect()
}

/// Ids by noun and folded key: what a cell may name a record by.
pub(super) type References = HashMap<String, HashMap<String, Id>>;

/// Reads one row.
pub(super) fn plan_row(
    app: &App,
    around: &Surroundings<'_>,
    line: u64,
    cells: Vec<String>,
    now: i64,
) -> Plan {
    let Surroundings {
        schema,
        columns,
        references,
        ..
    } = around;
    let mut problems = Vec::new();
    let mut values = Values::new();
    for (position, field) in columns.iter().enumerate() {
        let Some(field) = field else { continue };
        let cell = cells.get(position).map_or("", String::as_str);
        let cell = unguard(cell);
        let cell = match (&field.default, cell) {
            (Some(default), "") if field.required => default,
            _ => cell,
        };
        let mut problem = |message| {
            problems.push(CellProblem {
                column: field.label.vi.clone(),
                position: position + 1,
                message,
            });
        };
        match parse::field(field, cell) {
            _ if secrecy::is_marked(cell) => problem(secrecy::words()),
            Err(wrong) => problem(wrong.message),
            Ok(Value::Text(t)) if field.kind == Kind::Reference => {
                let index = field.refers_to.as_deref().and_then(|n| references.get(n));
                match index.and_then(|i| i.get(&text::fold(&t))) {
                    Some(id) => {
                        values.insert(field.name.clone(), (*id).into());
                    }
                    None => problem(Label::new(
                        format!("Không có “{t}”"),
                        format!("There is no “{t}”"),
                    )),
                }
            }
            Ok(Value::Text(t)) if field.kind == Kind::Date && t == "today" => {
                values.insert(field.name.clone(), app.clock.today().to_string().into());
            }
            Ok(value) => {
                values.insert(field.name.clone(), value);
            }
        }
    }
    let extra = cells.iter().skip(columns.len()).any(|c| !c.is_empty());
    if extra {
        problems.push(CellProblem {
            column: String::new(),
            position: columns.len() + 1,
            message: Label::new(
                "Nhiều ô hơn số cột; có dấu phân cách chưa đặt trong ngoặc kép?",
                "More cells than columns; is a separator not quoted?",
            ),
        });
    }
    let key = schema.fields.iter().any(|f| f.unique);
    let mut before = around
        .existing
        .get(&identity(schema, &values))
        .filter(|_| key);
    let mut complete = before.map_or_else(|| defaults(app, schema), |b| b.values.clone());
    complete.extend(values);
    let name = identity(schema, &complete);
    if !key {
        before = around.existing.get(&name);
    }
    if key && around.taken.contains(&name) {
        problems.push(CellProblem {
            column: String::new(),
            position: 0,
            message: Label::new(
                "Mã này là của một đơn vị khác",
                "Another unit's record has this key",
            ),
        });
    }
    let before = before.cloned();
    let record = Record {
        id: before
            .as_ref()
            .map(|b| b.id)
            .or_else(|| around.ids.get(&name).copied())
            .unwrap_or_else(|| Id::new(now)),
        version: before.as_ref().map_or(1, |b| b.version),
        updated_at: now,
        values: complete,
    };
    let outcome = match &before {
        Some(b) if same(&b.values, &record.values) => Outcome::Unchanged,
        Some(_) => Outcome::Update,
        None => Outcome::Create,
    };
    Plan {
        fate: RowFate {
            line,
            title: record.get(&schema.title).to_cell(),
            outcome,
            problems,
        },
        cells,
        record: Some(record),
        before,
    }
}

/// What was changed since the row was taken along, where that would be written over.
/// `position` is the column of the version that was taken along.
pub(super) fn changed_meanwhile(
    schema: &Schema,
    plan: &Plan,
    position: usize,
) -> Option<CellProblem> {
    let (Outcome::Update, Some(before), Some(record)) =
        (plan.fate.outcome, &plan.before, &plan.record)
    else {
        return None;
    };
    let taken: i64 = plan.cells.get(position)?.trim().parse().ok()?;
    if taken == before.version {
        return None;
    }
    let differs: Vec<&Field> = schema
        .fields
        .iter()
        .filter(|f| before.get(&f.name) != record.get(&f.name))
        .collect();
    let say = |lang: Lang| {
        let fields: Vec<String> = differs
            .iter()
            .map(|f| format!("{}: “{}”", f.label.get(lang), before.get(&f.name).to_cell()))
            .collect();
        fields.join("; ")
    };
    Some(CellProblem {
        column: VERSION.into(),
        position: position + 1,
        message: Label::new(
            format!(
                "Đã có người sửa từ khi tải về. Hiện là {}. Muốn thay thì ghi {} vào cột này",
                say(Lang::Vi),
                before.version
            ),
            format!(
                "Changed by somebody since it was taken along. Now {}. To replace that, write {} in this column",
                say(Lang::En),
                before.version
            ),
        ),
    })
}

/// Whether two records say the same; what is absent says as much as what is null.
fn same(a: &Values, b: &Values) -> bool {
    let get = |values: &Values, name: &String| values.get(name).cloned().unwrap_or(Value::Null);
    a.keys()
        .chain(b.keys())
        .all(|name| get(a, name) == get(b, name))
}

fn defaults(app: &App, schema: &Schema) -> Values {
    schema
        .fields
        .iter()
        .map(|f| {
            let value = match f.default.as_deref() {
                Some("today") => app.clock.today().to_string().into(),
                Some(text) => parse::field(f, text).unwrap_or(Value::Null),
                None => Value::Null,
            };
            (f.name.clone(), value)
        })
        .collect()
}

/// Rows whose parents run in a circle, within the file or with what is there, do not go in;
/// neither do rows below a row that does not go in.
pub(super) fn drop_circles(around: &Surroundings<'_>, plans: &mut [Plan]) {
    let schema = around.schema;
    if schema
        .field("parent")
        .is_none_or(|f| f.refers_to.as_deref() != Some(&schema.noun))
    {
        return;
    }
    let mut parents = around.parents.clone();
    for record in plans.iter().filter_map(|p| p.record.as_ref()) {
        parents.insert(record.id, record.get("parent").as_id());
    }
    for plan in plans.iter_mut() {
        let Some(record) = &plan.record else { continue };
        let mut at = record.get("parent").as_id();
        let mut steps = 0;
        let message = loop {
            match at {
                None => break None,
                Some(id) if id == record.id || steps > 32 => {
                    break Some(Label::new(
                        "Các đơn vị cấp trên tạo thành vòng",
                        "The parents run in a circle",
                    ));
                }
                Some(id) if !parents.contains_key(&id) => {
                    break Some(Label::new(
                        "Dòng của cấp trên bị lỗi",
                        "The parent's row is bad",
                    ));
                }
                Some(id) => at = parents.get(&id).copied().flatten(),
            }
            steps += 1;
        };
        if let Some(message) = message {
            plan.fate.problems.push(CellProblem {
                column: "parent".into(),
                position: 0,
                message,
            });
            plan.fate.outcome = Outcome::Bad;
            plan.record = None;
        }
    }
}

/// New records in an order in which every parent is there before its children.
pub(super) fn parents_first(records: Vec<Record>) -> Vec<Record> {
    let new: HashMap<Id, Option<Id>> = records
        .iter()
        .map(|r| (r.id, r.get("parent").as_id()))
        .collect();
    let depth = |mut id: Id| {
        let mut steps = 0;
        while let Some(Some(parent)) = new.get(&id) {
            id = *parent;
            steps += 1;
            if steps > 32 {
                break;
            }
        }
        steps
    };
    let mut keyed: Vec<(i32, Record)> = records.into_iter().map(|r| (depth(r.id), r)).collect();
    keyed.sort_by_key(|(depth, _)| *depth);
    keyed.into_iter().map(|(_, r)| r).collect()
}
