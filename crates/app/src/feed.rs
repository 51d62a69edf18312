//! Calendar feeds: addresses under which other programs read an account's calendar.

use domain::{
    authority::Permission,
    id::Id,
    label::Lang,
    parse,
    problem::{FieldProblem, Problem},
};
use store::feed::CalendarFeed;

use crate::{
    App, Ctx,
    account::{self, Authenticated, Event},
};

/// The caller's feeds, without the secret parts of their addresses.
///
/// # Errors
/// Unavailable.
pub async fn list(app: &App, me: &Authenticated) -> Result<Vec<CalendarFeed>, Problem> {
    store::feed::of_account(&app.db, me.account)
        .await
        .map_err(Problem::from)
}

/// Makes a feed that is read for `days`; the secret part of its address (256 random bits) is
/// shown once, and only its hash is kept. It ends with the password and with the account.
///
/// # Errors
/// Invalid without a name or with a lifetime outside 1 to what the setting says.
pub async fn make(
    app: &App,
    ctx: &Ctx,
    me: &Authenticated,
    name: &str,
    days: i64,
) -> Result<String, Problem> {
    let name = parse::line("name", name);
    let name = name.map_err(|wrong| Problem::invalid("calendar", vec![wrong]))?;
    let expires_at = account::lifetime(app, days);
    let expires_at = expires_at.map_err(|wrong| Problem::invalid("calendar", vec![wrong]))?;
    if name.is_empty() || name.chars().count() > 100 {
        let wrong = FieldProblem::new(
            "name",
            "Cần tên thiết bị hoặc phần mềm đọc lịch (tối đa 100 ký tự)",
            "Needs the name of the device or program that reads it (at most 100 characters)",
        );
        return Err(Problem::invalid("calendar", vec![wrong]));
    }
    let now = app.clock.now_ms();
    let (secret, hash) = account::secret()?;
    let feed = CalendarFeed {
        id: Id::new(now).to_string(),
        name: name.clone(),
        created_at: now,
        expires_at,
        used_at: None,
    };
    let mut work = app.begin_own(ctx).await?;
    let whose = account::hold(&mut work, me).await?;
    let others = store::feed::of_account(&app.db, me.account).await?;
    account::refuse_beyond_most(others.iter().map(|other| other.expires_at), now)?;
    store::feed::make(&mut work, &hash, me.account, &feed).await?;
    let shown = serde_json::json!({
        "name": feed.name, "created_at": now, "expires_at": expires_at, "account": me.account,
        "fingerprint": policy::hash::of_bytes(hash.as_bytes()),
    });
    let shown = shown.to_string();
    let (noun, owner) = ("calendar-feed", me.organization);
    work.event(noun, &feed.id, owner, "create", None, Some(shown));
    account::tell(app, &mut work, &whose, Event::FeedMade, &name).await?;
    work.commit().await?;
    Ok(secret)
}

/// Ends one of the caller's feeds: its address is dead from then on.
///
/// # Errors
/// Unavailable.
pub async fn end(app: &App, ctx: &Ctx, me: &Authenticated, id: &str) -> Result<(), Problem> {
    let mut work = app.begin_own(ctx).await?;
    if store::feed::end(&mut work, me.account, id).await? > 0 {
        let (noun, owner) = ("calendar-feed", me.organization);
        work.event(noun, id, owner, "delete", None, None);
    }
    work.commit().await.map_err(Problem::from)
}

/// Who reads by the secret part of an address: the account with the rights that it has
/// now, or nobody where the feed was ended or the account is disabled.
///
/// # Errors
/// Unavailable.
pub async fn reader(app: &App, secret: &str, remote: &str) -> Result<Option<Ctx>, Problem> {
    let now = app.clock.now_ms();
    let found = store::feed::account(&app.db, &account::hash_of(secret), now).await?;
    let Some(id) = found else { return Ok(None) };
    let known = store::account::by_id(&app.db, id).await?;
    Ok(known.filter(|a| a.enabled).map(|a| Ctx {
        lang: Lang::from_code(&a.language),
        request: Id::new(now).to_string(),
        remote: remote.to_owned(),
        actor: domain::authority::Actor {
            account: Some(a.id),
            name: a.login,
            grants: a.grants,
            // An address that lies in a phone's settings reads, and no more.
            only: Some(vec![Permission::Read]),
        },
    }))
}
