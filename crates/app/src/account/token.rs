//! API tokens of an account.

use domain::{
    authority::Permission,
    id::Id,
    label::Label,
    parse,
    problem::{FieldProblem, Problem, ProblemKind},
};
use store::token::{self, ApiToken};

use super::{
    notice::{Event, tell},
    secret::secret,
    session::hold,
    sign_in::Authenticated,
};
use crate::{App, Ctx};

/// The caller's tokens, without their secrets.
///
/// # Errors
/// Unavailable.
pub async fn list(app: &App, me: &Authenticated) -> Result<Vec<ApiToken>, Problem> {
    token::of_account(&app.db, me.account)
        .await
        .map_err(Problem::from)
}

/// The end of what is made now for `days`, unix milliseconds.
///
/// # Errors
/// Invalid with a lifetime outside 1 to what the setting `token.max_days` says.
pub fn lifetime(app: &App, days: i64) -> Result<i64, FieldProblem> {
    let most = app.settings().integer("token.max_days");
    if (1..=most).contains(&days) {
        return Ok(app.clock.now_ms() + days * 86_400_000);
    }
    Err(FieldProblem::new(
        "days",
        format!("Thời hạn từ 1 đến {most} ngày"),
        format!("A lifetime of 1 to {most} days"),
    ))
}

/// So many tokens, and so many calendars, one account has at once.
const MOST: usize = 20;

/// Refuses one more beside these, which end then.
///
/// # Errors
/// Conflict, when there are enough that have not ended.
pub(crate) fn refuse_beyond_most(ends: impl Iterator<Item = i64>, now: i64) -> Result<(), Problem> {
    if ends.filter(|end| *end > now).count() < MOST {
        return Ok(());
    }
    Err(Problem::new(
        ProblemKind::Conflict,
        Label::new(
            format!("Mỗi tài khoản có nhiều nhất {MOST} khóa loại này"),
            format!("An account has at most {MOST} of these"),
        ),
        "",
        Label::new(
            "Kết thúc khóa không dùng nữa rồi tạo lại.",
            "End one that is not used any more, then make it again.",
        ),
    ))
}

/// Makes a token that acts as the caller for `days`, within `scopes` and never beyond what the
/// caller may do at the time; its secret is shown once, and only its hash is kept. It ends with
/// the password and with the account.
///
/// # Errors
/// Invalid without a name or a scope, with a scope that the caller does not have, or with a
/// lifetime outside 1 to what the setting says.
pub async fn make(
    app: &App,
    ctx: &Ctx,
    me: &Authenticated,
    name: &str,
    scopes: &[Permission],
    days: i64,
) -> Result<String, Problem> {
    let mut wrong = Vec::new();
    let name = parse::line("name", name).unwrap_or_else(|foreign| {
        wrong.push(foreign);
        name.to_owned()
    });
    if name.is_empty() || name.chars().count() > 100 {
        wrong.push(FieldProblem::new(
            "name",
            "Cần tên, tối đa 100 ký tự",
            "Needs a name of at most 100 characters",
        ));
    }
    if scopes.is_empty() {
        wrong.push(FieldProblem::new(
            "scope",
            "Chọn ít nhất một quyền",
            "Choose at least one right",
        ));
    }
    for beyond in scopes.iter().filter(|s| !me.actor.may(**s)) {
        let label = beyond.label();
        wrong.push(FieldProblem::new(
            "scope",
            format!("Bạn không có quyền “{}”", label.vi),
            format!("You may not “{}” yourself", label.en),
        ));
    }
    let until = lifetime(app, days).map_err(|field| wrong.push(field));
    let (Ok(expires_at), true) = (until, wrong.is_empty()) else {
        return Err(Problem::invalid("token", wrong));
    };
    let now = app.clock.now_ms();
    let (secret, hash) = secret()?;
    let token = ApiToken {
        id: Id::new(now).to_string(),
        name: name.clone(),
        scopes: scopes.to_vec(),
        created_at: now,
        expires_at,
        used_at: None,
    };
    let mut work = app.begin_own(ctx).await?;
    let account = hold(&mut work, me).await?;
    let others = token::of_account(&app.db, me.account).await?;
    refuse_beyond_most(others.iter().map(|other| other.expires_at), now)?;
    token::make(&mut work, &hash, me.account, &token).await?;
    let codes: Vec<&str> = scopes.iter().map(|s| s.code()).collect();
    let shown = serde_json::json!({
        "name": token.name, "created_at": now, "scopes": codes.join(","), "expires_at": token.expires_at,
        "account": me.account, "fingerprint": policy::hash::of_bytes(hash.as_bytes()),
    });
    work.event(
        "api-token",
        &token.id,
        me.organization,
        "create",
        None,
        Some(shown.to_string()),
    );
    tell(app, &mut work, &account, Event::TokenMade, &name).await?;
    work.commit().await?;
    Ok(secret)
}

/// Ends one of the caller's tokens.
///
/// # Errors
/// Unavailable.
pub async fn end(app: &App, ctx: &Ctx, me: &Authenticated, id: &str) -> Result<(), Problem> {
    let mut work = app.begin_own(ctx).await?;
    let ended = token::end(&mut work, me.account, id).await?;
    if let Some(name) = ended {
        let before = serde_json::json!({ "name": name }).to_string();
        let (noun, owner) = ("api-token", me.organization);
        work.event(noun, id, owner, "delete", Some(before), None);
    }
    work.commit().await.map_err(Problem::from)
}
