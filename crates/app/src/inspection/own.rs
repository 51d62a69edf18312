//! A unit concludes its own part of a self-assessment, whatever the others have done.

use domain::{
    authority::Permission,
    id::Id,
    label::Label,
    problem::{Problem, ProblemKind},
};

use super::{
    ITEM, ended, is_ended,
    step::{Found, put},
    view::round,
};
use crate::{App, Ctx};

/// Concludes a self-assessment for one unit (by its code): each item has a result, each that
/// deviates says what is amiss. Its book is written in the same transaction.
///
/// # Errors
/// Denied, not found, conflict with what is still open or when it is concluded already.
pub async fn conclude_own(app: &App, ctx: &Ctx, key: &str, unit: &str) -> Result<(), Problem> {
    ctx.actor.scope(Permission::Write)?;
    let id = round(app, ctx, key).await?.id;
    let unit = crate::registry::get(app, ctx, "organization", unit).await?;
    let mut work = app.begin(ctx, Permission::Write).await?;
    store::inspection::lock(&mut work, id, true).await?;
    let mut found = Found::read(app, &mut work, id).await?;
    let code = found.round.text("code").to_owned();
    if !found.is_self() {
        return Err(Problem::new(
            ProblemKind::Conflict,
            Label::new(
                "Đây không phải đợt tự đánh giá",
                "This is no self-assessment",
            ),
            code,
            Label::new(
                "Đoàn kiểm tra kết luận đợt này.",
                "The inspectors conclude it.",
            ),
        ));
    }
    let of = |organization: Option<Id>| organization == Some(unit.id);
    found.items.retain(|i| of(i.get("organization").as_id()));
    found.findings.retain(|f| of(f.get("organization").as_id()));
    if found.items.is_empty() {
        let what = Label::new("phiếu của đơn vị", "checklist of the unit");
        return Err(Problem::not_found(&what, unit.text("code")));
    }
    let is_done = found
        .items
        .iter()
        .all(|i| !i.text("concluded_on").is_empty());
    if is_done || is_ended(found.round.text("status")) {
        return Err(ended(&code));
    }
    found.is_ready("concluded")?;
    let today = app.clock.today().to_string();
    for item in &found.items {
        let mut values = item.values.clone();
        values.insert("concluded_on".into(), today.clone().into());
        put(app, &mut work, ITEM, Some(item), values).await?;
    }
    for (book, entry) in found.entries(&today) {
        put(app, &mut work, book, None, entry).await?;
    }
    work.commit().await.map_err(Problem::from)
}
