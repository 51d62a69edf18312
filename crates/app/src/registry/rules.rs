//! Rules between the fields of a record.

use domain::{
    noun,
    problem::{FieldProblem, Problem},
    record::Record,
    schema::Schema,
};
use store::{Tx, registry};

use crate::fault::fault;

/// What can be decided from the record alone.
pub(super) fn alone(record: &Record) -> Vec<FieldProblem> {
    let mut wrong = Vec::new();
    let (starts, ends) = (record.text("starts_on"), record.text("ends_on"));
    if !starts.is_empty() && !ends.is_empty() && ends < starts {
        wrong.push(FieldProblem::new(
            "ends_on",
            "Ngày kết thúc trước ngày bắt đầu",
            "Ends before it starts",
        ));
    }
    let (a, z) = (record.text("a_site"), record.text("z_site"));
    if !a.is_empty() && a == z {
        wrong.push(FieldProblem::new(
            "z_site",
            "Hai đầu kênh phải là hai điểm khác nhau",
            "The two ends must be different sites",
        ));
    }
    let id = record.id.to_string();
    if record.text("parent") == id {
        wrong.push(FieldProblem::new(
            "parent",
            "Không thể là cấp trên của chính mình",
            "Cannot be its own parent",
        ));
    }
    for kind in store::assessment::kinds(record.text("kinds")) {
        let known = noun::get("organization").and_then(|s| s.field("kind"));
        if known.is_none_or(|f| !f.choices.contains_key(&kind)) {
            wrong.push(FieldProblem::new(
                "kinds",
                format!("Không có loại đơn vị “{kind}”"),
                format!("There is no kind of organization “{kind}”"),
            ));
        }
    }
    if !record.text("inspected_on").is_empty() && record.text("inspection_result").is_empty() {
        wrong.push(FieldProblem::new(
            "inspection_result",
            "Đã có ngày kiểm tra thì phải có kết quả",
            "A date of inspection needs its result",
        ));
    }
    wrong
}

/// All rules, with a look at the tree for those that need it.
///
/// # Errors
/// Invalid, with the fields.
pub(super) async fn check(tx: &mut Tx, schema: &Schema, record: &Record) -> Result<(), Problem> {
    let mut wrong = alone(record);
    if let Some(parent) = record.get("parent").as_id() {
        let cycle = match schema.noun.as_str() {
            "organization" => registry::is_below(tx, parent, record.id).await,
            "site" => registry::site_is_behind(tx, parent, record.id).await,
            _ => Ok(false),
        };
        if parent != record.id && cycle.map_err(fault)? {
            wrong.push(FieldProblem::new(
                "parent",
                "Tạo thành vòng: bản ghi này đang ở phía trên bản ghi được chọn",
                "Makes a circle: this record lies above the chosen one",
            ));
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Problem::invalid(schema.label.en.clone(), wrong))
    }
}
