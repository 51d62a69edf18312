//! Who takes steps in somebody's place, from day to day.

use domain::{
    id::{AccountId, Id},
    label::Label,
    parse,
    problem::{FieldProblem, Problem},
};
use jiff::ToSpan;
use store::flow::Substitute;

use super::who::account;
use crate::{App, Ctx};

/// Nobody is stood in for longer than so many days: that is what roles are for.
const LONGEST_DAYS: i64 = 92;

/// Somebody who takes steps in the actor's place.
#[derive(Clone, Debug)]
pub struct Named {
    /// From when until when.
    pub substitute: Substitute,
    /// The sign-in name.
    pub login: String,
}

/// Names an account that takes the actor's steps of flows from one day to another, with the
/// actor's roles as they are then. Those who take a step see that it was done in the actor's place.
///
/// # Errors
/// Denied to who has no account; invalid: no such account that may sign in, the actor itself, days
/// that have passed or more than 92.
pub async fn name_substitute(
    app: &App,
    ctx: &Ctx,
    login: &str,
    (from, to): (&str, &str),
) -> Result<Substitute, Problem> {
    let own = account(ctx)?;
    let today = app.clock.today();
    let mut wrong = Vec::new();
    let mut day = |field: &str, text: &str| {
        let day = parse::date(text).filter(|day| *day >= today);
        if day.is_none() {
            let vi = "Không phải một ngày từ hôm nay trở đi";
            wrong.push(FieldProblem::new(field, vi, "Not a day from today on"));
        }
        day
    };
    let (first, last) = (day("starts_on", from), day("ends_on", to));
    if let (Some(first), Some(last)) = (first, last)
        && (last < first || last > first.saturating_add(LONGEST_DAYS.days()))
    {
        wrong.push(FieldProblem::new(
            "ends_on",
            format!("Không trước ngày bắt đầu và không quá {LONGEST_DAYS} ngày"),
            format!("Not before the first day and not more than {LONGEST_DAYS} days after it"),
        ));
    }
    let found = store::account::by_login(&app.db, login.trim()).await?;
    let found = found.filter(|a| a.enabled && a.id != own && a.kind == "personal");
    if found.is_none() {
        wrong.push(FieldProblem::new(
            "login",
            "Không có tài khoản cá nhân đang dùng nào khác có tên này",
            "There is no other personal account of this name in use",
        ));
    }
    let (Some(found), Some(first), Some(last), true) = (found, first, last, wrong.is_empty())
    else {
        return Err(Problem::invalid(login, wrong));
    };
    let mut work = app.begin_own(ctx).await?;
    let now = work.now();
    let substitute = Substitute {
        id: Id::new(now),
        account: own,
        substitute: found.id,
        starts_on: first.to_string(),
        ends_on: last.to_string(),
        created_at: now,
        created_by: ctx.actor.name.clone(),
        ended_at: None,
    };
    store::flow::insert_substitute(&mut work, &substitute).await?;
    let id = substitute.id.to_string();
    work.event(
        "flow-substitute",
        &id,
        None,
        "create",
        None,
        Some(told(&substitute)),
    );
    work.commit().await?;
    Ok(substitute)
}

/// Ends it before its last day.
///
/// # Errors
/// Not found where it is not the actor's or has ended.
pub async fn end_substitute(app: &App, ctx: &Ctx, id: &str) -> Result<(), Problem> {
    let own = account(ctx)?;
    let missing = || Problem::not_found(&Label::new("người thay", "substitute"), id);
    let key: Id = id.parse().map_err(|_| missing())?;
    let mut work = app.begin_own(ctx).await?;
    let now = work.now();
    let before = store::flow::end_substitute(&mut work, own, key, now).await?;
    let before = before.ok_or_else(missing)?;
    let after = Substitute {
        ended_at: Some(now),
        ..before.clone()
    };
    let (before, after) = (Some(told(&before)), Some(told(&after)));
    work.event("flow-substitute", id, None, "end", before, after);
    work.commit().await.map_err(Problem::from)
}

fn told(substitute: &Substitute) -> String {
    serde_json::to_string(substitute).unwrap_or_default()
}

/// Who takes steps in the actor's place, today or later; nobody where the actor has no account.
///
/// # Errors
/// Unavailable.
pub async fn substitutes(app: &App, ctx: &Ctx) -> Result<Vec<Named>, Problem> {
    let Some(own) = ctx.actor.account else {
        return Ok(Vec::new());
    };
    let today = app.clock.today().to_string();
    let mut all = Vec::new();
    for substitute in store::flow::substitutes(&app.db, own, &today).await? {
        let login = login(app, substitute.substitute).await?;
        all.push(Named { substitute, login });
    }
    Ok(all)
}

async fn login(app: &App, id: AccountId) -> Result<String, Problem> {
    let account = store::account::by_id(&app.db, id).await?;
    Ok(account.map_or_else(String::new, |a| a.login))
}
