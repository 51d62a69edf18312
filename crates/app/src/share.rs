//! Sharing one entry of a book with another body: who may write it shares it, whoever reads for the
//! receiver may read it, its versions and its files, and nothing else of the unit.

use std::collections::HashSet;

use domain::{
    authority::Permission,
    id::{Id, OrganizationId},
    label::Label,
    noun, parse,
    problem::{FieldProblem, Problem, ProblemKind},
    record::Record,
};
pub use store::share::{Given, Received, Share};
use store::{
    Tx,
    registry::{self, Tree},
    share::{self, ENTRY},
};

use crate::{
    App, Ctx, Work,
    registry::{a_book, find, get},
};

fn today(app: &App) -> String {
    app.clock.today().to_string()
}

/// A record that the actor may read, and the share by which, where that is the only way.
///
/// # Errors
/// Not found, denied: as [`get`], when there is no share either.
pub async fn read(
    app: &App,
    ctx: &Ctx,
    noun: &str,
    key: &str,
) -> Result<(Record, Option<Received>), Problem> {
    let refused = match get(app, ctx, noun, key).await {
        Ok(record) => return Ok((record, None)),
        Err(problem) => problem,
    };
    let may_be_shared = matches!(refused.kind, ProblemKind::NotFound | ProblemKind::Denied);
    let (true, Ok(id), Ok(scope)) = (
        may_be_shared,
        key.parse::<Id>(),
        ctx.actor.scope(Permission::Read),
    ) else {
        return Err(refused);
    };
    let found = share::received(&app.db, &scope, &today(app), Some(id)).await?;
    let found = found.into_iter().find(|each| each.register == noun);
    let received = found.ok_or(refused)?;
    Ok((received.entry.clone(), Some(received)))
}

/// The entries of other units that are shared with bodies for which the actor reads, the latest
/// share first. What the actor may read anyhow is none of them.
///
/// # Errors
/// Denied, unavailable.
pub async fn received(app: &App, ctx: &Ctx) -> Result<Vec<Received>, Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    let mut found = share::received(&app.db, &scope, &today(app), None).await?;
    if found.is_empty() {
        return Ok(found);
    }
    let tree = Tree::load(&app.db).await?;
    let library = app.library();
    let reads = |each: &Received| {
        let book = library.registers.get(&each.register);
        let scope = book.and_then(|book| ctx.actor.reads(book).ok());
        scope.is_some_and(|scope| tree.covers(&scope, Some(each.share.organization)))
    };
    let mut seen = HashSet::new();
    found.retain(|each| {
        library.registers.contains_key(&each.register)
            && !reads(each)
            && seen.insert(each.share.subject)
    });
    Ok(found)
}

/// With whom an entry is or was shared, and whether the actor may share it.
#[derive(Clone, Debug)]
pub struct Sharing {
    /// Those that hold first, then the latest.
    pub given: Vec<Given>,
    /// Code and name of the bodies to choose from; none: the actor may not share it.
    pub receivers: Option<Vec<(String, String)>>,
}

/// With whom an entry is or was shared, for who may read it as one of the unit's.
///
/// # Errors
/// Not found also when it is another unit's; denied, unavailable.
pub async fn of(app: &App, ctx: &Ctx, noun: &str, key: &str) -> Result<Sharing, Problem> {
    let schema = a_book(app, noun)?;
    let entry = get(app, ctx, noun, key).await?;
    let today = today(app);
    let given = share::given(&app.db, entry.id, &today).await?;
    let may = match ctx.actor.writes(&schema) {
        Ok(scope) => find(app, &scope, &schema, key).await.is_ok(),
        Err(_) => false,
    };
    let receivers = if may {
        let scope = ctx.actor.scope(Permission::Read)?;
        let all = share::receivers(&app.db, &scope, entry.owner(&schema), &today).await;
        Some(all?)
    } else {
        None
    };
    Ok(Sharing { given, receivers })
}

/// The body that was named, where an entry of `owner` can be shared with it on `today`.
async fn receiver(
    tx: &mut Tx,
    owner: OrganizationId,
    text: &str,
    today: &str,
) -> Result<Record, Problem> {
    let wrong = |vi: String, en: String| {
        Problem::invalid(text, vec![FieldProblem::new("receiver", vi, en)])
    };
    let schema = noun::get("organization").ok_or_else(|| Problem::internal("organization"))?;
    let found = registry::resolve(tx, schema, text.trim()).await;
    let id = match found?.as_slice() {
        [id] => *id,
        [] => {
            return Err(wrong(
                format!("Không có đơn vị “{text}”: ghi đúng mã hoặc tên đơn vị"),
                format!("There is no organization “{text}”: write its code or name exactly"),
            ));
        }
        _ => {
            return Err(wrong(
                format!("Nhiều đơn vị tên “{text}”: ghi mã đơn vị"),
                format!("Several organizations are called “{text}”: write the code"),
            ));
        }
    };
    if id == owner.0 {
        return Err(wrong(
            "Mục này là của chính đơn vị đó".into(),
            "The entry is that organization's own".into(),
        ));
    }
    let body = registry::get_in(tx, schema, id).await?;
    let body = body.ok_or_else(|| Problem::not_found(&schema.label, text))?;
    let ended = body.text("ends_on");
    if !ended.is_empty() && ended < today {
        return Err(wrong(
            format!("Đơn vị đã ngừng hoạt động, ngày cuối là {ended}"),
            format!("The organization was dissolved, its last day was {ended}"),
        ));
    }
    Ok(body)
}

/// The last day that was typed, ISO; none where nothing was.
fn last_day(text: &str, today: &str) -> Result<Option<String>, Problem> {
    let wrong =
        |vi: &str, en: &str| Problem::invalid(text, vec![FieldProblem::new("ends_on", vi, en)]);
    if text.trim().is_empty() {
        return Ok(None);
    }
    let day = parse::date(text).map(|day| day.to_string());
    match day {
        None => Err(wrong("Không phải một ngày", "Not a date")),
        Some(day) if day.as_str() < today => Err(wrong(
            "Ngày này đã qua: chọn hôm nay hoặc ngày sau",
            "That day has passed: choose today or a later one",
        )),
        day => Ok(day),
    }
}

/// So many entries of a unit may be shared with one body at a time: its page shows them all.
const MOST: i64 = 500;

fn too_many(receiver: &str) -> Problem {
    Problem::new(
        ProblemKind::Limit,
        Label::new(
            format!("Đang chia sẻ {MOST} mục với đơn vị này, không thêm được"),
            format!("{MOST} entries are shared with that body already, no more can be"),
        ),
        receiver,
        Label::new(
            "Thu hồi lượt chia sẻ không còn cần, hoặc gửi một báo cáo thay cho từng mục.",
            "End shares that are no longer needed, or send a report instead of single entries.",
        ),
    )
}

/// Shares an entry with a body (its id, code or name) until the end of a day, or without end where
/// that is blank. What is shared with it already gets the new end; the same again changes nothing.
///
/// # Errors
/// Not found, denied: the entry is not the actor's to write. Invalid: no such body, the unit
/// itself, a body that was dissolved, a day that has passed. Limit: 500 are shared with it.
pub async fn share(
    app: &App,
    ctx: &Ctx,
    (noun, key): (&str, &str),
    to: &str,
    until: &str,
) -> Result<Share, Problem> {
    let schema = a_book(app, noun)?;
    let scope = ctx.actor.writes(&schema)?;
    let entry = find(app, &scope, &schema, key).await?;
    let owner = entry.owner(&schema).ok_or_else(|| Problem::internal(key))?;
    let today = today(app);
    let ends_on = last_day(until, &today)?;
    let mut work = app.begin(ctx, &schema).await?;
    let now = work.now();
    let body = receiver(&mut work, owner, to, &today).await?;
    share::lock(&mut work, entry.id).await?;
    let before = share::of_subject(&mut work, ENTRY, entry.id).await;
    let mut before = before?.into_iter();
    let before = before.find(|each| each.receiver.0 == body.id);
    if let Some(same) = before.as_ref().filter(|each| {
        each.revoked_at.is_none() && each.ends_on == ends_on && each.organization == owner
    }) {
        return Ok(same.clone());
    }
    let shared = Share {
        id: before.as_ref().map_or_else(|| Id::new(now), |each| each.id),
        subject_kind: ENTRY.into(),
        subject: entry.id,
        organization: owner,
        receiver: OrganizationId(body.id),
        ends_on,
        shared_at: now,
        shared_by: ctx.actor.name.clone(),
        revoked_at: None,
        revoked_by: None,
    };
    let others = share::between(&mut work, (owner, shared.receiver), shared.id, &today).await;
    if others? >= MOST {
        return Err(too_many(body.text("name")));
    }
    let action = if before.is_some() { "update" } else { "create" };
    let name = body.text("name");
    write(&mut work, (action, name), before.as_ref(), &shared).await?;
    work.commit().await?;
    Ok(shared)
}

/// Revokes a share of an entry: from now on the receiver finds nothing there.
///
/// # Errors
/// Not found, denied: the entry is not the actor's to write. Not found: it has no such share, or
/// that was revoked already.
pub async fn revoke(
    app: &App,
    ctx: &Ctx,
    (noun, key): (&str, &str),
    id: Id,
) -> Result<(), Problem> {
    let schema = a_book(app, noun)?;
    let scope = ctx.actor.writes(&schema)?;
    let entry = find(app, &scope, &schema, key).await?;
    let mut work = app.begin(ctx, &schema).await?;
    share::lock(&mut work, entry.id).await?;
    let shares = share::of_subject(&mut work, ENTRY, entry.id).await;
    let mut shares = shares?.into_iter();
    let before = shares.find(|each| each.id == id && each.revoked_at.is_none());
    let before = before
        .ok_or_else(|| Problem::not_found(&Label::new("lượt chia sẻ", "share"), &id.to_string()))?;
    let after = Share {
        revoked_at: Some(work.now()),
        revoked_by: Some(ctx.actor.name.clone()),
        ..before.clone()
    };
    let units = noun::get("organization").ok_or_else(|| Problem::internal("organization"))?;
    let body = registry::get_in(&mut work, units, after.receiver.0).await;
    let body = body?;
    let name = body.as_ref().map_or("", |body| body.text("name"));
    write(&mut work, ("revoke", name), Some(&before), &after).await?;
    work.commit().await.map_err(Problem::from)
}

/// Writes a share with its entry in the journal, which names the receiver too.
async fn write(
    work: &mut Work,
    (action, name): (&str, &str),
    before: Option<&Share>,
    after: &Share,
) -> Result<(), Problem> {
    share::save(work, after).await?;
    let told = |share: &Share| {
        let mut told = serde_json::to_value(share).unwrap_or_default();
        told["name"] = name.into();
        told.to_string()
    };
    work.event(
        "share",
        &after.id.to_string(),
        Some(after.organization),
        action,
        before.map(told),
        Some(told(after)),
    );
    Ok(())
}
