//! Rules between the fields of a record.

use domain::{
    clock::Clock,
    net, noun,
    problem::{FieldProblem, Problem, ProblemKind},
    record::{Record, Value},
    schema::{Field, Kind, Schema, Storage},
};
use store::{Tx, registry};

use super::{existing::differs_in_case, record::By};
use crate::App;

/// What can be decided from the record alone.
pub(super) fn alone(schema: &Schema, record: &Record) -> Vec<FieldProblem> {
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
    if schema.field("address").is_some_and(|f| f.kind == Kind::Ip)
        && let Ok(address) = net::parse_address(record.text("address"))
        && let Some(why) = net::unanswerable(address)
    {
        wrong.push(FieldProblem::new(
            "address",
            format!("{address} {}; ghi địa chỉ riêng của thiết bị", why.vi),
            format!("{address} {}; write the device's own address", why.en),
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

/// Clocks of machines differ: a moment that is so little ahead, in milliseconds, is now.
const CLOCKS_DIFFER: i64 = 300_000;

/// What was done was not done in the future. A value that stays as it was is not asked again.
pub(super) fn in_the_past(
    clock: &Clock,
    schema: &Schema,
    before: Option<&Record>,
    record: &Record,
) -> Vec<FieldProblem> {
    let (now, today) = (clock.now_ms() + CLOCKS_DIFFER, clock.today().to_string());
    let changed = |name: &str| before.is_none_or(|b| b.get(name) != record.get(name));
    let done = schema.fields.iter().filter(|f| f.done && changed(&f.name));
    done.filter(|field| match record.get(&field.name) {
        Value::Integer(at) => *at > now,
        Value::Text(day) => *day > today,
        _ => false,
    })
    .map(|field| {
        FieldProblem::new(
            &field.name,
            "Việc này chưa diễn ra; ghi ngày, giờ đã làm, không sau hiện tại",
            "This has yet to come; write when it was done, not later than now",
        )
    })
    .collect()
}

/// A day lies no further ahead than its field allows. A value that stays as it was is not asked
/// again.
pub(super) fn within_reason(
    clock: &Clock,
    schema: &Schema,
    before: Option<&Record>,
    record: &Record,
) -> Vec<FieldProblem> {
    let today = clock.today();
    let changed = |name: &str| before.is_none_or(|b| b.get(name) != record.get(name));
    let too_far = |field: &Field| {
        let years = field.latest?;
        let last = today.saturating_add(jiff::Span::new().years(years));
        let is_later = record.text(&field.name) > last.to_string().as_str();
        is_later.then(|| {
            FieldProblem::new(
                &field.name,
                format!("Quá xa: chỉ nhận ngày trong vòng {years} năm tới"),
                format!("Too far ahead: at most {years} years from today"),
            )
        })
    };
    let fields = schema.fields.iter().filter(|f| changed(&f.name));
    fields.filter_map(too_far).collect()
}

/// Rules about the text of a regulation: a clause that is named exists, and what was settled
/// when a record was made stays as it is.
pub(super) fn of_clauses(
    app: &App,
    schema: &Schema,
    (before, by): (Option<&Record>, By),
    record: &Record,
) -> Vec<FieldProblem> {
    let changed = |name: &str| before.is_none_or(|b| b.get(name) != record.get(name));
    let mut wrong = Vec::new();
    for name in schema.stepped.iter().filter(|_| by == By::Hand) {
        let start = schema.field(name).and_then(|f| f.default.as_deref());
        let there = before.map_or(start.unwrap_or_default().to_owned(), |b| {
            b.get(name).to_cell()
        });
        let given = record.get(name).to_cell();
        if given != there && !(before.is_none() && given.is_empty()) {
            wrong.push(FieldProblem::new(
                name,
                format!("Chỉ đổi bằng nút chuyển bước trên trang; hiện là “{there}”"),
                format!("Only the step's own button changes it; it stays “{there}”"),
            ));
        }
    }
    for name in &schema.fixed {
        if before.is_some() && changed(name) {
            let there = before.map(|b| b.get(name).to_cell()).unwrap_or_default();
            wrong.push(FieldProblem::new(
                name,
                format!("Đã chốt khi lập, không sửa được; hiện là “{there}”"),
                format!("Settled when it was made; it stays “{there}”"),
            ));
        }
    }
    if !wrong.is_empty() {
        return wrong;
    }
    let (library, regulation) = (app.library(), record.text("regulation"));
    let asked = |field: &&Field| {
        matches!(field.kind, Kind::Clause | Kind::Clauses)
            && (changed("regulation") || changed(&field.name))
    };
    for field in schema.fields.iter().filter(asked) {
        let cites = record.text(&field.name).split(',').map(str::trim);
        for cite in cites.filter(|cite| !cite.is_empty()) {
            // In a list an article stands for all its clauses.
            let within = format!("{cite}.");
            let is_there = |known: &str| {
                known == cite || field.kind == Kind::Clauses && known.starts_with(&within)
            };
            let named = |r: &&policy::Regulation| regulation.is_empty() || r.id == regulation;
            let mut clauses = library.regulations.values().filter(named);
            if clauses.any(|r| r.clauses.iter().any(|c| is_there(&c.cite))) {
                continue;
            }
            wrong.push(if regulation.is_empty() {
                FieldProblem::new(
                    &field.name,
                    format!("Không quy chế nào có điều khoản “{cite}”"),
                    format!("No regulation has a clause “{cite}”"),
                )
            } else {
                FieldProblem::new(
                    &field.name,
                    format!("Quy chế “{regulation}” không có điều khoản “{cite}”"),
                    format!("The regulation “{regulation}” has no clause “{cite}”"),
                )
            });
        }
    }
    wrong
}

/// Refuses an entry of a day on which its unit was no more. What stays as it was is not asked
/// again: the unit may have ended since.
///
/// # Errors
/// Unavailable.
pub(super) async fn after_the_end(
    tx: &mut Tx,
    schema: &Schema,
    before: Option<&Record>,
    record: &Record,
) -> Result<Option<FieldProblem>, Problem> {
    let same = |b: &Record| {
        ["occurred_on", schema.owner.as_str()]
            .iter()
            .all(|name| b.get(name) == record.get(name))
    };
    if schema.storage != Storage::Entry || before.is_some_and(same) {
        return Ok(None);
    }
    let unit = record.get(&schema.owner).as_id();
    let (Some(unit), Some(units)) = (unit, noun::get("organization")) else {
        return Ok(None);
    };
    let unit = registry::get_in(tx, units, unit).await?;
    let ended = unit.as_ref().map_or("", |unit| unit.text("ends_on"));
    let late = !ended.is_empty() && record.text("occurred_on") > ended;
    Ok(late.then(|| {
        FieldProblem::new(
            "occurred_on",
            format!("Đơn vị đã ngừng hoạt động, ngày cuối là {ended}; ghi cho đơn vị kế tục"),
            format!("The unit was dissolved, its last day was {ended}; write for the one that succeeds it"),
        )
    }))
}

/// Refuses a record whose code differs from that of another in case alone.
///
/// # Errors
/// Conflict, with both shown.
pub(super) async fn no_twin(
    tx: &mut Tx,
    schema: &Schema,
    before: Option<&Record>,
    record: &Record,
) -> Result<(), Problem> {
    let Some(field) = schema.unique().filter(|_| schema.storage == Storage::Table) else {
        return Ok(());
    };
    let code = record.text(&field.name);
    if before.is_some_and(|b| b.text(&field.name) == code) {
        return Ok(());
    }
    match registry::twin(tx, schema, field, code).await? {
        // A record's own code may change its case.
        Some(twin) if before.is_none_or(|b| b.text(&field.name) != twin) => Err(Problem {
            kind: ProblemKind::Conflict,
            ..Problem::invalid(
                schema.label.en.clone(),
                vec![FieldProblem {
                    field: field.name.clone(),
                    message: differs_in_case(code, &twin),
                }],
            )
        }),
        _ => Ok(()),
    }
}

/// The same as a refusal; where a record may stand is the store's to say, which knows the tree.
///
/// # Errors
/// Invalid, with the fields.
pub(super) fn check(
    clock: &Clock,
    schema: &Schema,
    before: Option<&Record>,
    record: &Record,
) -> Result<(), Problem> {
    let mut wrong = alone(schema, record);
    wrong.extend(in_the_past(clock, schema, before, record));
    wrong.extend(within_reason(clock, schema, before, record));
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Problem::invalid(schema.label.en.clone(), wrong))
    }
}
