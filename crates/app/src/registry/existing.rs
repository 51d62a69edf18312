//! Which record a row is about.

use std::collections::HashMap;

use domain::{
    authority::Scope,
    id::Id,
    label::Label,
    problem::Problem,
    record::{Record, Value, Values},
    schema::{Field, Schema},
};
use store::registry::{self, RecordQuery};

use super::names::{called, plain_number};
use crate::App;

/// What is there, by what makes a row the same record.
pub(super) enum Existing<'a> {
    /// By the field that no two records share.
    Unique(Unique<'a>),
    /// By several fields together.
    Together {
        /// The fields.
        fields: Vec<&'a Field>,
        /// Records in the actor's reach by the value of the first of them.
        records: HashMap<String, Vec<Record>>,
    },
    /// By all that it says: an entry of a book.
    Whole(HashMap<String, Record>),
}

/// The keys of a noun.
pub(super) struct Unique<'a> {
    /// The field.
    pub field: &'a Field,
    /// Every key: its record, and whether that lies in the actor's reach.
    by_key: HashMap<String, (Id, bool)>,
    /// Keys without case.
    by_case: HashMap<String, String>,
    /// What records in the actor's reach are called whose keys are numbers, by the number.
    by_number: HashMap<String, Vec<String>>,
}

impl Unique<'_> {
    /// Whether a record has this key.
    pub fn has(&self, key: &str) -> bool {
        self.by_key.contains_key(key)
    }

    /// The record of this key. A key that only comes near to a known one is no new one.
    pub fn find(&self, key: &str) -> Match {
        match self.by_key.get(key) {
            Some((id, true)) => return Match::Of(*id),
            Some((_, false)) => {
                return Match::No(Label::new(
                    "Mã này là của một đơn vị khác",
                    "Another unit's record has this key",
                ));
            }
            None => {}
        }
        if let Some(twin) = self.by_case.get(&key.to_lowercase()) {
            return Match::No(differs_in_case(key, twin));
        }
        let near = plain_number(key).and_then(|number| self.by_number.get(number));
        near.map_or(Match::New, |near| Match::No(differs_in_zeros(key, near)))
    }
}

/// What a row is about.
pub(super) enum Match {
    /// Nothing that is there.
    New,
    /// This record.
    Of(Id),
    /// This record, which has been read.
    Is(Box<Record>),
    /// Not to be decided, or not allowed, and why.
    No(Label),
}

impl<'a> Existing<'a> {
    /// Reads it, without a lock.
    pub async fn read(app: &App, scope: &Scope, schema: &'a Schema) -> Result<Self, Problem> {
        if let Some(field) = schema.unique() {
            let others = schema.keys.iter().filter(|key| **key != field.name);
            let keys: Vec<String> = std::iter::once(field.column())
                .chain(others.cloned())
                .collect();
            let names = registry::names(&app.db, scope, schema, &keys).await;
            let mut unique = Unique {
                field,
                by_key: HashMap::new(),
                by_case: HashMap::new(),
                by_number: HashMap::new(),
            };
            for row in names? {
                let Some(value) = row.keys.first().cloned().flatten() else {
                    continue;
                };
                if let Some(number) = plain_number(&value).filter(|_| row.in_scope) {
                    let near = unique.by_number.entry(number.to_owned()).or_default();
                    near.push(called(&row));
                }
                unique.by_case.insert(value.to_lowercase(), value.clone());
                unique.by_key.insert(value, (row.id, row.in_scope));
            }
            return Ok(Self::Unique(unique));
        }
        let all = RecordQuery {
            limit: 1_000_000,
            ..RecordQuery::default()
        };
        let all = registry::list(&app.db, scope, schema, &all).await;
        let all = all?.records;
        let fields: Vec<&Field> = schema
            .identity
            .iter()
            .filter_map(|name| schema.field(name))
            .collect();
        let Some(first) = fields.first() else {
            let whole = all.into_iter().map(|r| (whole(&r.values), r));
            return Ok(Self::Whole(whole.collect()));
        };
        let mut records: HashMap<String, Vec<Record>> = HashMap::new();
        for record in all {
            let bucket = record.get(&first.name).to_cell();
            records.entry(bucket).or_default().push(record);
        }
        Ok(Self::Together { fields, records })
    }

    /// What a row is about. `given` are the values of its cells that are not blank, `complete`
    /// the same with what a new record starts with.
    pub fn find(&self, given: &Values, complete: &Values) -> Match {
        match self {
            Self::Unique(unique) => {
                let Some(key) = given.get(&unique.field.name).and_then(Value::as_text) else {
                    return Match::New;
                };
                unique.find(key)
            }
            Self::Together { fields, records } => together(fields, records, given),
            Self::Whole(records) => match records.get(&whole(complete)) {
                Some(record) => Match::Is(Box::new(record.clone())),
                None => Match::New,
            },
        }
    }

    /// What two rows of a file share that are about the same.
    pub fn mark(&self, complete: &Values) -> String {
        match self {
            Self::Unique(unique) => {
                let key = complete.get(&unique.field.name);
                key.and_then(Value::as_text)
                    .unwrap_or_default()
                    .to_lowercase()
            }
            Self::Together { fields, .. } => {
                let values = fields.iter().map(|f| complete.get(&f.name));
                serde_json::to_string(&values.collect::<Vec<_>>()).unwrap_or_default()
            }
            Self::Whole(_) => whole(complete),
        }
    }
}

/// Two codes that differ in case alone are not two codes.
pub(super) fn differs_in_case(given: &str, there: &str) -> Label {
    Label::new(
        format!(
            "“{given}” chỉ khác “{there}” đã có ở chữ hoa, chữ thường; ghi đúng “{there}” để sửa bản ghi đó, hoặc đặt mã khác"
        ),
        format!(
            "“{given}” differs from “{there}”, which is there, in case alone; write “{there}” to change that record, or choose another code"
        ),
    )
}

/// Candidates agree in every field that the row gives. Where it leaves some blank, one that
/// has nothing there either comes first; then the only one.
fn together(fields: &[&Field], records: &HashMap<String, Vec<Record>>, given: &Values) -> Match {
    let null = Value::Null;
    let of = |field: &Field| given.get(&field.name).unwrap_or(&null);
    let must = |field: &Field| field.required && field.default.is_none();
    if fields.iter().any(|f| must(f) && of(f).is_null()) {
        // The row is refused for what it lacks.
        return Match::New;
    }
    let candidates: Vec<&Record> = match fields.first().map(|f| of(f)) {
        Some(first) if !first.is_null() => records
            .get(&first.to_cell())
            .into_iter()
            .flatten()
            .collect(),
        _ => records.values().flatten().collect(),
    };
    let fits = |record: &&&Record| {
        let mut fields = fields.iter();
        fields.all(|f| of(f).is_null() || record.get(&f.name) == of(f))
    };
    let fitting: Vec<&Record> = candidates.iter().filter(fits).copied().collect();
    let equal = |record: &&&Record| fields.iter().all(|f| record.get(&f.name) == of(f));
    let found = match fitting.as_slice() {
        [] => return Match::New,
        [one] => one,
        several => match several.iter().filter(equal).collect::<Vec<_>>().as_slice() {
            [one] => *one,
            _ => return ambiguous(fields, several, given),
        },
    };
    Match::Is(Box::new((*found).clone()))
}

fn ambiguous(fields: &[&Field], several: &[&Record], given: &Values) -> Match {
    let null = Value::Null;
    let blank: Vec<&&Field> = fields
        .iter()
        .filter(|f| given.get(&f.name).unwrap_or(&null).is_null())
        .collect();
    let each: Vec<String> = several
        .iter()
        .take(5)
        .map(|record| {
            let values = blank.iter().map(|f| record.get(&f.name).to_cell());
            values.collect::<Vec<_>>().join(" / ")
        })
        .collect();
    let (n, each) = (several.len(), each.join("; "));
    let list = |lang| {
        let labels = blank.iter().map(|f| f.label.get(lang));
        labels.collect::<Vec<_>>().join(", ")
    };
    Match::No(Label::new(
        format!(
            "Có {n} bản ghi khớp ({each}); điền {} để chọn một",
            list(domain::label::Lang::Vi)
        ),
        format!(
            "{n} records fit ({each}); fill in {} to choose one",
            list(domain::label::Lang::En)
        ),
    ))
}

/// A code that a spreadsheet may have made of another: `4` of `00004`, `4.0` of `4`.
fn differs_in_zeros(given: &str, near: &[String]) -> Label {
    let near = near.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    Label::new(
        format!(
            "Chưa có mã “{given}”; có phải {near}? Bảng tính hay bỏ số 0 ở đầu và thêm “.0” ở cuối. Ghi đúng mã đã có để sửa bản ghi đó; bản ghi khác hẳn thì lập bằng biểu mẫu"
        ),
        format!(
            "There is no code “{given}”; do you mean {near}? Spreadsheets drop zeros at the beginning and add “.0” at the end. Write the known code to change that record; another record is made by its form"
        ),
    )
}

fn whole(values: &Values) -> String {
    let given: Vec<_> = values.iter().filter(|(_, v)| !v.is_null()).collect();
    serde_json::to_string(&given).unwrap_or_default()
}
