//! Accounts as an administrator keeps them.

use domain::{
    authority::{Grant, Permission, Scope},
    id::{AccountId, Id, OrganizationId},
    label::Label,
    parse,
    problem::{FieldProblem, Problem},
};
use store::{account::Account, session::Session};

use crate::{App, Ctx, Work, flow, secrecy};

/// What an administrator may set of an account.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// Sign-in name.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// For notices.
    pub email: String,
    /// The unit.
    pub organization: Option<OrganizationId>,
    /// `personal`, `shared`, `service`.
    pub kind: String,
    /// Whether it may sign in.
    pub enabled: bool,
    /// Roles over subtrees.
    pub grants: Vec<Grant>,
}

/// Accounts in the actor's reach.
///
/// # Errors
/// Denied, unavailable.
pub async fn list(app: &App, ctx: &Ctx) -> Result<Vec<Account>, Problem> {
    let scope = ctx.actor.scope(Permission::Accounts)?;
    store::account::list(&app.db, &scope)
        .await
        .map_err(Problem::from)
}

/// One of them.
///
/// # Errors
/// Denied, not found.
pub async fn get(app: &App, ctx: &Ctx, id: AccountId) -> Result<Account, Problem> {
    let found = list(app, ctx).await?.into_iter().find(|a| a.id == id);
    found.ok_or_else(|| Problem::not_found(&Label::new("tài khoản", "account"), &id.to_string()))
}

/// One of them, to be changed. Whose roles reach further than the actor's is not for the
/// actor to change: else a unit's administrator could become the province's.
pub(crate) async fn governed(app: &App, ctx: &Ctx, id: AccountId) -> Result<Account, Problem> {
    let scope = ctx.actor.scope(Permission::Accounts)?;
    let account = get(app, ctx, id).await?;
    let mut tx = app.db.snapshot().await?;
    for grant in &account.grants {
        within(&mut tx, &scope, grant.organization, &account.login).await?;
    }
    Ok(account)
}

/// Refuses what lies outside the actor's reach; `None` is the whole province.
async fn within(
    tx: &mut store::Tx,
    scope: &Scope,
    organization: Option<OrganizationId>,
    login: &str,
) -> Result<(), Problem> {
    let covered = match organization {
        _ if scope.roots().is_none() => true,
        Some(o) => store::registry::covers(tx, scope, o).await?,
        None => false,
    };
    if covered {
        return Ok(());
    }
    Err(Problem::denied(
        Label::new(
            "Không thể cấp quyền rộng hơn quyền của mình",
            "You cannot give more than you have",
        ),
        login,
    ))
}

/// The caller's own account, or one in reach.
pub(super) async fn reachable(
    app: &App,
    ctx: &Ctx,
    me: AccountId,
    id: AccountId,
) -> Result<Account, Problem> {
    if me == id {
        super::password::load(app, id).await
    } else {
        governed(app, ctx, id).await
    }
}

/// Makes an account, or changes one at the version that was read. A new account has no
/// password: its owner gets a one-time link ([`super::issue_link`]).
///
/// # Errors
/// Invalid, denied (nobody gives a role over more than the own reach), conflict.
pub async fn save(
    app: &App,
    ctx: &Ctx,
    at: Option<(AccountId, i64)>,
    draft: Draft,
) -> Result<AccountId, Problem> {
    ctx.actor.scope(Permission::Accounts)?;
    let login = draft.login.trim().to_lowercase();
    let mut wrong = Vec::new();
    wrong.extend(wrong_login(&login));
    let name = parse::line("name", &draft.name).unwrap_or_else(|foreign| {
        wrong.push(foreign);
        draft.name.clone()
    });
    if name.is_empty() {
        wrong.push(FieldProblem::new("name", "Bắt buộc phải có", "Required"));
    }
    if !matches!(draft.kind.as_str(), "personal" | "shared" | "service") {
        wrong.push(FieldProblem::new(
            "kind",
            "Chọn loại tài khoản",
            "Choose a kind",
        ));
    }
    if !wrong.is_empty() {
        return Err(Problem::invalid(login, wrong));
    }
    let typed = [("name", draft.name.as_str())].into_iter();
    secrecy::refuse_marked(app, ctx, "account", None, typed).await?;
    let before = match at {
        Some((id, version)) => Some(Account {
            version,
            ..governed(app, ctx, id).await?
        }),
        None => None,
    };
    let mut work = app.begin(ctx, Permission::Accounts).await?;
    let (now, scope) = (work.now(), work.scope());
    let reach = draft.grants.iter().map(|g| g.organization);
    for organization in reach.chain([draft.organization]) {
        within(&mut work, &scope, organization, &login).await?;
    }
    let account = Account {
        login,
        name,
        email: Some(draft.email.trim().to_owned()).filter(|e| !e.is_empty()),
        organization: draft.organization,
        kind: draft.kind,
        enabled: draft.enabled,
        grants: draft.grants,
        ..before
            .clone()
            .unwrap_or_else(|| blank(AccountId(Id::new(now))))
    };
    store::account::save(&mut work, &account, now).await?;
    if !account.enabled {
        let ended = store::session::end_everything(&mut work, account.id).await?;
        note_ended(&mut work, account.organization, ended);
        flow::end_with_account(&mut work, account.id, true).await?;
    }
    let action = if before.is_some() { "update" } else { "create" };
    work.event(
        "account",
        &account.id.to_string(),
        account.organization,
        action,
        before.as_ref().map(|a| shown(a).to_string()),
        Some(shown(&account).to_string()),
    );
    work.commit().await?;
    Ok(account.id)
}

/// Notes in the journal the tokens and feeds that ended with their account, their password or
/// their time.
pub(crate) fn note_ended(
    work: &mut Work,
    organization: Option<OrganizationId>,
    ended: Vec<store::session::Ended>,
) {
    for each in ended {
        let before = serde_json::json!({ "name": each.name }).to_string();
        work.event(
            each.noun,
            &each.id,
            organization,
            "delete",
            Some(before),
            None,
        );
    }
}

/// What is wrong with a sign-in name.
pub(super) fn wrong_login(login: &str) -> Option<FieldProblem> {
    let fits = |c: char| c.is_alphanumeric() || "._-@".contains(c);
    let right = (2..=64).contains(&login.chars().count()) && login.chars().all(fits);
    (!right).then(|| {
        FieldProblem::new(
            "login",
            "Từ 2 đến 64 ký tự: chữ, số, . _ - @",
            "2 to 64 characters: letters, digits, . _ - @",
        )
    })
}

/// What the journal keeps of an account: no secrets. Of the password it keeps the SHA-256 of
/// its salted hash, which tells nothing and shows when somebody puts another beside the journal.
pub(crate) fn shown(a: &Account) -> serde_json::Value {
    let password = a.password_hash.as_ref();
    let password = password.map(|hash| policy::hash::of_bytes(hash.as_bytes()));
    serde_json::json!({
        "login": a.login, "name": a.name, "email": a.email, "organization": a.organization,
        "kind": a.kind, "enabled": a.enabled, "grants": a.grants, "totp": a.totp_since.is_some(),
        "password": password,
    })
}

/// An account without anything.
pub(super) fn blank(id: AccountId) -> Account {
    Account {
        id,
        version: 1,
        login: String::new(),
        name: String::new(),
        email: None,
        organization: None,
        kind: "personal".into(),
        language: "vi".into(),
        enabled: true,
        password_hash: None,
        password_changed_at: None,
        must_change: false,
        totp_secret: None,
        totp_since: None,
        totp_step: 0,
        last_sign_in_at: None,
        grants: Vec::new(),
    }
}

/// Sessions of the own account, or of one in reach.
///
/// # Errors
/// Denied, not found.
pub async fn sessions(
    app: &App,
    ctx: &Ctx,
    me: AccountId,
    id: AccountId,
) -> Result<Vec<Session>, Problem> {
    let account = reachable(app, ctx, me, id).await?;
    store::session::of_account(&app.db, account.id, app.clock.now_ms())
        .await
        .map_err(Problem::from)
}

/// The caller chooses a language.
///
/// # Errors
/// Unavailable.
pub async fn set_language(
    app: &App,
    id: AccountId,
    lang: domain::label::Lang,
) -> Result<(), Problem> {
    let mut account = super::password::load(app, id).await?;
    account.language = lang.code().into();
    let mut work = app.begin_program().await?;
    let now = work.now();
    store::account::save(&mut work, &account, now).await?;
    work.commit().await.map_err(Problem::from)
}
