//! Who takes steps in somebody's place, from day to day.

use domain::{
    authority::Permission,
    id::{AccountId, Id},
    label::Label,
    parse,
    problem::{FieldProblem, Problem, ProblemKind},
};
use jiff::ToSpan;
use store::{Tx, account::Account, flow::Substitute};

use super::who;
use crate::{
    App, Ctx, Work,
    account::{self, Event},
};

/// Nobody is stood in for longer than so many days: that is what roles are for.
const LONGEST_DAYS: i64 = 92;
/// So many somebody names at once.
const MOST_NAMED: i64 = 5;
/// For so many somebody stands in at once: what waits is asked for each of them.
pub(super) const MOST_FOR: i64 = 20;
/// So many are shown.
const SHOWN: i64 = 50;
/// So many namings go through without an hour's quiet; then each waits longer.
const OFTEN: i64 = 20;

/// Somebody who takes steps in another's place, or in whose place they are taken.
#[derive(Clone, Debug)]
pub struct Named {
    /// From when until when.
    pub substitute: Substitute,
    /// The sign-in name.
    pub login: String,
}

/// Names an account that takes the actor's steps of flows from one day to another, with the
/// actor's roles as they are then. Those who take a step see that it was done in the actor's place.
/// Who is named already gets these days instead of the former. It ends with the actor's password and
/// sessions, as tokens do; both are told.
///
/// # Errors
/// Denied to who has no account; invalid: no such account that may sign in and is of the actor's unit or
/// reach, the actor itself, days that have passed or more than 92. Conflict: too many are named, or too
/// many have named this one. Limit: named too often.
pub async fn name_substitute(
    app: &App,
    ctx: &Ctx,
    login: &str,
    (from, to): (&str, &str),
) -> Result<Substitute, Problem> {
    let own = who::account(ctx)?;
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
    let mut work = app.begin_own(ctx).await?;
    let now = work.now();
    // A refused one counts as well: nobody finds out by trying who has an account.
    let paced = account::pace(&mut work, (own, "substitute"), OFTEN, now).await;
    work.commit().await?;
    paced?;
    let found = store::account::by_login(&app.db, login.trim()).await?;
    let mut work = app.begin_own(ctx).await?;
    // In one order: of two who name each other neither waits for the other.
    let mut ids: Vec<AccountId> = found.iter().map(|a| a.id).chain([own]).collect();
    ids.sort_unstable_by_key(|id| id.0);
    for id in ids {
        store::account::hold(&mut work, id).await?;
    }
    let namer = store::account::in_tx(&mut work, own).await?;
    let namer = namer.filter(|a| a.enabled);
    let namer = namer.ok_or_else(|| {
        let what = Label::new(
            "Tài khoản không còn dùng được",
            "The account is no longer in use",
        );
        Problem::denied(what, &ctx.actor.name)
    })?;
    let found = match found {
        Some(found) => store::account::in_tx(&mut work, found.id).await?,
        None => None,
    };
    let mut found = found.filter(|a| a.enabled && a.id != own && a.kind == "personal");
    if let Some(named) = &found
        && !knows(&mut work, ctx, &namer, named).await?
    {
        found = None;
    }
    if found.is_none() {
        wrong.push(FieldProblem::new(
            "login",
            "Không có tài khoản cá nhân đang dùng nào khác có tên này trong phạm vi của bạn",
            "There is no other personal account of this name in use within your reach",
        ));
    }
    let (Some(named), Some(first), Some(last), true) = (found, first, last, wrong.is_empty())
    else {
        return Err(Problem::invalid(login, wrong));
    };
    store::flow::lock_substitutes(&mut work).await?;
    let pair = (own, named.id);
    let before = store::flow::substitute_of(&mut work, pair).await?;
    few(store::flow::held(&mut work, pair, &today.to_string()).await?)?;
    let substitute = Substitute {
        id: before
            .as_ref()
            .map_or_else(|| Id::new(now), |known| known.id),
        account: own,
        substitute: named.id,
        starts_on: first.to_string(),
        ends_on: last.to_string(),
        created_at: now,
        created_by: ctx.actor.name.clone(),
        ended_at: None,
    };
    let action = match before {
        Some(_) => {
            store::flow::update_substitute(&mut work, &substitute).await?;
            "update"
        }
        None => {
            store::flow::insert_substitute(&mut work, &substitute).await?;
            "create"
        }
    };
    let id = substitute.id.to_string();
    let (was, is) = (before.as_ref().map(told), Some(told(&substitute)));
    work.event("flow-substitute", &id, None, action, was, is);
    let days = format!("{} – {}", substitute.starts_on, substitute.ends_on);
    for (account, event, other) in [
        (&namer, Event::SubstituteNamed, &named),
        (&named, Event::StandsIn, &namer),
    ] {
        let detail = format!("{} · {days}", other.login);
        account::tell(app, &mut work, account, event, &detail).await?;
    }
    work.commit().await?;
    Ok(substitute)
}

/// Whether the actor learns of an account that it can be named: of the own unit, or within reach.
async fn knows(tx: &mut Tx, ctx: &Ctx, own: &Account, other: &Account) -> Result<bool, Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    Ok(match other.organization {
        _ if scope.roots().is_none() => true,
        None => false,
        unit if unit == own.organization => true,
        Some(unit) => store::registry::covers(tx, &scope, unit).await?,
    })
}

/// Refuses one more beside those that a namer has named, and those for whom the named stands in.
fn few((of_namer, of_named): (i64, i64)) -> Result<(), Problem> {
    let (vi, en) = match () {
        () if of_namer >= MOST_NAMED => (
            format!("Mỗi người cử nhiều nhất {MOST_NAMED} người làm thay cùng lúc"),
            format!("One names at most {MOST_NAMED} substitutes at once"),
        ),
        () if of_named >= MOST_FOR => (
            format!("Người này đang làm thay {MOST_FOR} người"),
            format!("This person stands in for {MOST_FOR} already"),
        ),
        () => return Ok(()),
    };
    Err(Problem::new(
        ProblemKind::Conflict,
        Label::new(vi, en),
        "",
        Label::new(
            "Kết thúc một lượt làm thay rồi cử lại, hoặc cử người khác.",
            "End one and name again, or name somebody else.",
        ),
    ))
}

/// Ends it before its last day: who named, who was named, or an administrator of either.
///
/// # Errors
/// Not found where it is nothing of the actor's or has ended.
pub async fn end_substitute(app: &App, ctx: &Ctx, id: &str) -> Result<Substitute, Problem> {
    ctx.actor.scope(Permission::Read)?;
    let missing = || Problem::not_found(&Label::new("người thay", "substitute"), id);
    let key: Id = id.parse().map_err(|_| missing())?;
    let found = store::flow::substitute(&app.db, key).await?;
    let found = found.ok_or_else(missing)?;
    let parties = [found.account, found.substitute];
    if !ctx.actor.account.is_some_and(|own| parties.contains(&own)) {
        let mut governs = false;
        for party in parties {
            governs |= match account::governed(app, ctx, party).await {
                Ok(_) => true,
                Err(why) if matches!(why.kind, ProblemKind::Denied | ProblemKind::NotFound) => {
                    false
                }
                Err(why) => return Err(why),
            };
        }
        if !governs {
            return Err(missing());
        }
    }
    let mut work = app.begin_own(ctx).await?;
    let pair = (Some(found.account), Some(found.substitute));
    let ended = end_those(&mut work, pair).await?;
    let ended = ended.into_iter().next().ok_or_else(missing)?;
    work.commit().await?;
    Ok(ended)
}

/// Ends whoever stands in for an account, as its tokens end; `both`: also for whom it stands in, where it
/// may not sign in any more. In the transaction of the caller, who holds the account.
pub(crate) async fn end_with_account(
    work: &mut Work,
    own: AccountId,
    both: bool,
) -> Result<(), Problem> {
    end_those(work, (Some(own), None)).await?;
    if both {
        end_those(work, (None, Some(own))).await?;
    }
    Ok(())
}

async fn end_those(
    work: &mut Work,
    whose: (Option<AccountId>, Option<AccountId>),
) -> Result<Vec<Substitute>, Problem> {
    let now = work.now();
    let ended = store::flow::end_substitutes(work, whose, now).await?;
    for before in &ended {
        let after = Substitute {
            ended_at: Some(now),
            ..before.clone()
        };
        let (id, before, after) = (before.id.to_string(), told(before), told(&after));
        work.event(
            "flow-substitute",
            &id,
            None,
            "end",
            Some(before),
            Some(after),
        );
    }
    Ok(ended)
}

fn told(substitute: &Substitute) -> String {
    serde_json::to_string(substitute).unwrap_or_default()
}

/// Who takes steps in the actor's place, today or later; nobody where the actor has no account.
///
/// # Errors
/// Unavailable.
pub async fn substitutes(app: &App, ctx: &Ctx) -> Result<Vec<Named>, Problem> {
    match ctx.actor.account {
        Some(own) => Ok(of_account(app, own).await?.0),
        None => Ok(Vec::new()),
    }
}

/// Who takes steps in an account's place, and in whose place it takes them, today or later: of the own
/// account, or of one that the actor governs.
///
/// # Errors
/// Denied, not found, unavailable.
pub async fn standing_in(
    app: &App,
    ctx: &Ctx,
    id: AccountId,
) -> Result<(Vec<Named>, Vec<Named>), Problem> {
    if ctx.actor.account != Some(id) {
        account::get(app, ctx, id).await?;
    }
    of_account(app, id).await
}

async fn of_account(app: &App, own: AccountId) -> Result<(Vec<Named>, Vec<Named>), Problem> {
    let today = app.clock.today().to_string();
    let (mut for_own, mut by_own) = (Vec::new(), Vec::new());
    for substitute in store::flow::substitutes(&app.db, own, &today, SHOWN).await? {
        if substitute.account == own {
            let login = login(app, substitute.substitute).await?;
            for_own.push(Named { substitute, login });
        } else {
            let login = login(app, substitute.account).await?;
            by_own.push(Named { substitute, login });
        }
    }
    Ok((for_own, by_own))
}

async fn login(app: &App, id: AccountId) -> Result<String, Problem> {
    let account = store::account::by_id(&app.db, id).await?;
    Ok(account.map_or_else(String::new, |a| a.login))
}
