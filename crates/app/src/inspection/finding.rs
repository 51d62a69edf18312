//! Findings: raised, mended, looked at again.

use domain::{
    authority::Permission,
    id::{Id, OrganizationId},
    label::Label,
    problem::{FieldProblem, Problem, ProblemKind},
    record::{Record, Value, Values},
};
use store::StoreError;

use super::{
    FINDING, ITEM,
    answer::{answered, checked},
    view,
};
use crate::{
    App, Ctx,
    attachment::Staged,
    registry::{self, By, Writing, write_in},
    secrecy,
};

/// What a finding says.
#[derive(Clone, Debug, Default)]
pub struct Raised {
    /// What is amiss.
    pub summary: String,
    /// `high`, `medium`, `low`.
    pub severity: String,
    /// The corrective action.
    pub action: String,
    /// Who answers for it.
    pub action_owner: String,
    /// Until when, ISO.
    pub due_on: String,
}

/// Raises a finding on an item at the version that was read; the item deviates. Both are
/// written, or neither.
///
/// # Errors
/// Denied, invalid; conflict once it is concluded, when the item was changed since, or when it
/// has its finding.
pub async fn raise(
    app: &App,
    ctx: &Ctx,
    item: Id,
    version: i64,
    raised: Raised,
) -> Result<Record, Problem> {
    ctx.actor.scope(Permission::Manage)?;
    let item = registry::get(app, ctx, ITEM, &item.to_string()).await?;
    if item.version != version {
        return Err(Problem::from(StoreError::Stale { noun: ITEM.into() }));
    }
    // What its unit has concluded says nothing else afterwards.
    if !item.text("concluded_on").is_empty() {
        return Err(super::ended(item.text("code")));
    }
    let values = Values::from([
        ("code".to_owned(), item.text("code").into()),
        ("inspection".into(), item.get("inspection").clone()),
        ("organization".into(), item.get("organization").clone()),
        ("regulation".into(), item.get("regulation").clone()),
        ("clause".into(), item.get("clause").clone()),
        ("summary".into(), raised.summary.into()),
        ("severity".into(), raised.severity.into()),
        ("action".into(), raised.action.into()),
        ("action_owner".into(), raised.action_owner.into()),
        ("due_on".into(), raised.due_on.into()),
        ("status".into(), "open".into()),
    ]);
    let values = checked(app, FINDING, values)?;
    let due = values.get("due_on").and_then(Value::as_text);
    if due.is_some_and(|day| day < app.clock.today().to_string().as_str()) {
        return Err(Problem::invalid(
            item.text("code"),
            vec![FieldProblem::new(
                "due_on",
                "Thời hạn khắc phục đã qua",
                "The deadline has passed already",
            )],
        ));
    }
    let (items, findings) = (app.schema(ITEM)?, app.schema(FINDING)?);
    let owner = secrecy::owner(&values, &findings.owner);
    secrecy::refuse_marked(app, ctx, FINDING, owner, secrecy::texts(&values)).await?;
    let mut work = app.begin(ctx, &*findings).await?;
    if item.text("result") != "deviates" {
        let note = item.text("note").to_owned();
        let writing = Writing {
            schema: &items,
            scope: &ctx.actor.writes(&items)?,
            before: Some(&item),
            files: &[],
            by: By::Step,
            id: None,
        };
        let answer = answered(app, item.clone(), "deviates", &note)?;
        write_in(app, &mut work, writing, answer).await?;
    }
    let writing = Writing {
        schema: &findings,
        scope: &ctx.actor.writes(&findings)?,
        before: None,
        files: &[],
        by: By::Step,
        id: None,
    };
    let finding = write_in(app, &mut work, writing, values).await?;
    work.commit().await?;
    Ok(finding)
}

/// The unit says that a finding is mended. It writes nothing else of a finding, so the
/// program writes for it, and the journal names the person.
///
/// # Errors
/// Not found for another unit's, denied, conflict when it is closed or was changed since
/// `version`.
pub async fn mended(
    app: &App,
    ctx: &Ctx,
    (finding, version): (Id, i64),
    note: &str,
    document: Option<Staged>,
) -> Result<Record, Problem> {
    ctx.actor.scope(Permission::Write)?;
    let mut record = read_at(app, ctx, finding, version).await?;
    let mut set = |name: &str, value: Value| record.values.insert(name.into(), value);
    set("status", "mended".into());
    set("mended_on", app.clock.today().to_string().into());
    set("mended_note", note.into());
    if let Some(document) = &document {
        set("document", document.sha256().into());
    }
    step_of_unit(app, ctx, record, version, document.as_slice()).await
}

/// Writes a unit's step with the authority of the program and under the actor's name.
async fn step_of_unit(
    app: &App,
    ctx: &Ctx,
    finding: Record,
    version: i64,
    files: &[Staged],
) -> Result<Record, Problem> {
    let owner = finding.get("organization").as_id().map(OrganizationId);
    let values = checked(app, FINDING, finding.values)?;
    secrecy::refuse_marked(app, ctx, FINDING, owner, secrecy::texts(&values)).await?;
    let mut program = ctx.clone();
    program.actor.grants = Ctx::system(app.clock.now_ms()).actor.grants;
    registry::save_step(app, &program, FINDING, (finding.id, version), values, files).await
}

/// The unit asks for more time, until a later day, and says why.
///
/// # Errors
/// Not found for another unit's, denied; invalid for a day that is not later, or without a
/// reason; conflict when it is not open or was changed since `version`.
pub async fn ask_time(
    app: &App,
    ctx: &Ctx,
    (finding, version): (Id, i64),
    until: &str,
    reason: &str,
) -> Result<Record, Problem> {
    ctx.actor.scope(Permission::Write)?;
    let mut record = read_at(app, ctx, finding, version).await?;
    let day = domain::parse::date(until).map(|day| day.to_string());
    let later = day.filter(|day| day.as_str() > record.text("due_on"));
    let mut wrong = Vec::new();
    if later.is_none() {
        wrong.push(FieldProblem::new(
            "asked_due_on",
            "Ghi ngày sau thời hạn hiện tại",
            "Give a day after the present deadline",
        ));
    }
    if reason.trim().is_empty() {
        wrong.push(FieldProblem::new("asked_reason", "Nêu lý do", "Say why"));
    }
    let Some(later) = later.filter(|_| wrong.is_empty()) else {
        return Err(Problem::invalid(record.text("code"), wrong));
    };
    let mut set = |name: &str, value: Value| record.values.insert(name.into(), value);
    set("asked_due_on", later.into());
    set("asked_reason", reason.trim().into());
    step_of_unit(app, ctx, record, version, &[]).await
}

/// The inspectors give the time that was asked for, or do not.
///
/// # Errors
/// Denied; conflict when nothing was asked or it was changed since `version`.
pub async fn give_time(
    app: &App,
    ctx: &Ctx,
    (finding, version): (Id, i64),
    given: bool,
) -> Result<Record, Problem> {
    ctx.actor.scope(Permission::Manage)?;
    let mut record = read_at(app, ctx, finding, version).await?;
    let asked = record.get("asked_due_on").clone();
    if asked.is_null() {
        return Err(Problem::new(
            ProblemKind::Conflict,
            Label::new("Không có đề nghị gia hạn", "No more time was asked for"),
            record.text("code"),
            Label::new(
                "Mở lại trang để xem tình trạng mới.",
                "Open the page again.",
            ),
        ));
    }
    let mut set = |name: &str, value: Value| record.values.insert(name.into(), value);
    if given {
        set("due_on", asked);
    }
    set("asked_due_on", Value::Null);
    set("asked_reason", Value::Null);
    registry::save_step(app, ctx, FINDING, (finding, version), record.values, &[]).await
}

/// Where a finding stands: the code of its inspection and of its unit.
///
/// # Errors
/// Not found for another unit's; denied.
pub async fn place(app: &App, ctx: &Ctx, finding: &str) -> Result<(String, String), Problem> {
    let record = registry::get(app, ctx, FINDING, finding).await?;
    let of = |name: &str| record.get(name).to_cell();
    let round = view::round(app, ctx, &of("inspection")).await?;
    let unit = registry::get(app, ctx, "organization", &of("organization")).await?;
    Ok((round.text("code").to_owned(), unit.text("code").to_owned()))
}

/// The inspectors looked again: it is mended and closed, or it stays open.
///
/// # Errors
/// Denied; conflict when it is closed already or was changed since `version`.
pub async fn recheck(
    app: &App,
    ctx: &Ctx,
    (finding, version): (Id, i64),
    holds: bool,
) -> Result<Record, Problem> {
    ctx.actor.scope(Permission::Manage)?;
    let mut record = read_at(app, ctx, finding, version).await?;
    let mut set = |name: &str, value: Value| record.values.insert(name.into(), value);
    set("status", if holds { "closed" } else { "open" }.into());
    set("rechecked_on", app.clock.today().to_string().into());
    set("rechecked_by", ctx.actor.name.clone().into());
    let at = (finding, version);
    registry::save_step(app, ctx, FINDING, at, record.values, &[]).await
}

/// The finding as it was read at `version`: what is written over it is that one's.
async fn read_at(app: &App, ctx: &Ctx, finding: Id, version: i64) -> Result<Record, Problem> {
    let record = registry::get(app, ctx, FINDING, &finding.to_string()).await?;
    if record.version != version {
        let noun = FINDING.into();
        return Err(Problem::from(StoreError::Stale { noun }));
    }
    refuse_closed(&record)?;
    Ok(record)
}

fn refuse_closed(finding: &Record) -> Result<(), Problem> {
    if finding.text("status") != "closed" {
        return Ok(());
    }
    Err(Problem::new(
        ProblemKind::Conflict,
        Label::new("Tồn tại này đã đóng", "This finding is closed"),
        finding.text("code"),
        Label::new("Không cần làm gì thêm.", "Nothing more is needed."),
    ))
}
