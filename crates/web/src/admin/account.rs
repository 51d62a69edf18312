//! The addresses of accounts.

use app::{
    account::{self, Account, Draft},
    flow::{self, Named},
    registry::{self, RecordQuery},
};
use axum::{
    Form,
    extract::{Path, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use domain::{
    authority::{Grant, Role},
    id::{AccountId, OrganizationId},
    label::Label,
    problem::{Problem, ProblemKind},
};

use super::page::{AccountPage, AccountRow, Accounts};
use crate::{
    flow::page::SubstituteRow,
    http::{self, Fault, Params, Reader, done},
    page::Routes,
    server::Web,
};

/// The routes of accounts.
pub fn routes() -> Routes {
    Routes::new()
        .get("/accounts", list)
        .post("/accounts", create)
        .get("/accounts/new", new)
        .get("/accounts/{id}", show)
        .post("/accounts/{id}", update)
        .post("/accounts/{id}/link", link)
        .post("/accounts/{id}/totp/reset", reset_totp)
        .post("/accounts/{id}/sessions/end", end_sessions)
}

/// The kinds of accounts: code and message key.
const KINDS: [(&str, &str); 3] = [
    ("personal", "account-kind-personal"),
    ("shared", "account-kind-shared"),
    ("service", "account-kind-service"),
];

async fn units(web: &Web, reader: &Reader) -> Result<Vec<(String, String)>, Problem> {
    let every = RecordQuery {
        limit: 10_000,
        ..RecordQuery::default()
    };
    let page = registry::list(&web.app, &reader.ctx, "organization", &every).await?;
    Ok(page
        .records
        .iter()
        .map(|record| (record.id.to_string(), record.text("name").to_owned()))
        .collect())
}

fn name_of(units: &[(String, String)], id: OrganizationId) -> String {
    let id = id.to_string();
    units
        .iter()
        .find(|(each, _)| *each == id)
        .map_or(id.clone(), |(_, name)| name.clone())
}

async fn list(State(web): State<Web>, reader: Reader) -> Result<Response, Fault> {
    let accounts = account::list(&web.app, &reader.ctx).await?;
    let units = units(&web, &reader).await?;
    let cx = reader.cx;
    let rows = accounts
        .into_iter()
        .map(|account| AccountRow {
            id: account.id.to_string(),
            roles: account
                .grants
                .iter()
                .map(|grant| {
                    let reach = grant
                        .organization
                        .map_or_else(|| cx.t("account-province"), |id| name_of(&units, id));
                    format!("{} · {reach}", cx.l(grant.role.label()))
                })
                .collect(),
            login: account.login,
            name: account.name,
            enabled: account.enabled,
            totp: account.totp_since.is_some(),
            password_at: account.password_changed_at,
            last: account.last_sign_in_at,
        })
        .collect();
    Ok(http::Page(Accounts { cx, rows }).into_response())
}

/// What the form shows: an account as it is, or as it was typed.
struct Shown {
    id: Option<AccountId>,
    version: i64,
    draft: Draft,
    totp: bool,
    sessions: usize,
    standing_in: (Vec<Named>, Vec<Named>),
}

impl Shown {
    fn of(account: Account, sessions: usize, standing_in: (Vec<Named>, Vec<Named>)) -> Self {
        Self {
            id: Some(account.id),
            version: account.version,
            totp: account.totp_since.is_some(),
            sessions,
            standing_in,
            draft: Draft {
                login: account.login,
                name: account.name,
                email: account.email.unwrap_or_default(),
                organization: account.organization,
                kind: account.kind,
                enabled: account.enabled,
                grants: account.grants,
            },
        }
    }
}

async fn page(
    web: &Web,
    reader: Reader,
    shown: Shown,
    link: Option<String>,
    problem: Option<Problem>,
) -> Result<AccountPage, Fault> {
    let units = units(web, &reader).await?;
    let (cx, draft) = (reader.cx, shown.draft);
    let id = shown.id.map_or_else(String::new, |id| id.to_string());
    let code = |organization: Option<OrganizationId>| {
        organization.map_or_else(String::new, |id| id.to_string())
    };
    let mut grants: Vec<(String, String)> = draft
        .grants
        .iter()
        .map(|grant| (grant.role.code().to_owned(), code(grant.organization)))
        .collect();
    // An empty row to add one more.
    grants.push((String::new(), String::new()));
    Ok(AccountPage {
        title: if id.is_empty() {
            cx.t("account-new")
        } else {
            draft.login.clone()
        },
        action: if id.is_empty() {
            "/accounts".into()
        } else {
            format!("/accounts/{id}")
        },
        version: shown.version,
        link,
        problem,
        login: draft.login,
        name: draft.name,
        email: draft.email,
        organization: code(draft.organization),
        kinds: KINDS
            .into_iter()
            .map(|(code, key)| (code.to_owned(), cx.t(key), code == draft.kind))
            .collect(),
        units,
        roles: Role::ALL
            .into_iter()
            .map(|role| (role.code().to_owned(), cx.l(role.label())))
            .collect(),
        grants,
        enabled: draft.enabled,
        totp: shown.totp,
        sessions: shown.sessions,
        substitutes: SubstituteRow::all(&cx, shown.standing_in.0),
        stands_in: SubstituteRow::all(&cx, shown.standing_in.1),
        id,
        cx,
    })
}

async fn new(State(web): State<Web>, reader: Reader) -> Result<Response, Fault> {
    let shown = Shown {
        id: None,
        version: 0,
        draft: Draft {
            kind: "personal".into(),
            enabled: true,
            ..Draft::default()
        },
        totp: false,
        sessions: 0,
        standing_in: Default::default(),
    };
    // Whoever may not make accounts does not get the form either.
    account::list(&web.app, &reader.ctx).await?;
    Ok(http::Page(page(&web, reader, shown, None, None).await?).into_response())
}

fn id_of(text: &str) -> Result<AccountId, Problem> {
    text.parse()
        .map_err(|_| Problem::not_found(&Label::new("tài khoản", "account"), text))
}

async fn existing(web: &Web, reader: &Reader, id: &str) -> Result<Shown, Fault> {
    let id = id_of(id)?;
    let found = account::get(&web.app, &reader.ctx, id).await?;
    let sessions = account::sessions(&web.app, &reader.ctx, reader.me.account, id).await?;
    let standing_in = flow::standing_in(&web.app, &reader.ctx, id).await?;
    Ok(Shown::of(found, sessions.len(), standing_in))
}

async fn show(
    State(web): State<Web>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let shown = existing(&web, &reader, &id).await?;
    Ok(http::Page(page(&web, reader, shown, None, None).await?).into_response())
}

/// The form as a draft. Roles and reaches come in pairs; a row without a role is dropped.
fn draft(form: &Params) -> Result<Draft, Problem> {
    let unit = |text: &str| -> Result<Option<OrganizationId>, Problem> {
        if text.is_empty() {
            return Ok(None);
        }
        text.parse()
            .map(Some)
            .map_err(|_| Problem::not_found(&Label::new("đơn vị", "unit"), text))
    };
    let mut grants = Vec::new();
    for (role, reach) in form.all("role").zip(form.all("reach")) {
        if let Some(role) = Role::from_code(role) {
            grants.push(Grant {
                role,
                organization: unit(reach)?,
            });
        }
    }
    Ok(Draft {
        login: form.get("login").to_owned(),
        name: form.get("name").to_owned(),
        email: form.get("email").to_owned(),
        organization: unit(form.get("organization"))?,
        kind: form.get("kind").to_owned(),
        enabled: form.get("enabled") == "true",
        grants,
    })
}

async fn save(
    web: Web,
    reader: Reader,
    id: Option<AccountId>,
    form: Params,
) -> Result<Response, Fault> {
    let draft = draft(&form)?;
    let version = form.get("version").parse().unwrap_or(0);
    let at = id.map(|id| (id, version));
    match account::save(&web.app, &reader.ctx, at, draft.clone()).await {
        // A new account's owner needs a link next: it is made on the account's page.
        Ok(id) => Ok(done(&format!("/accounts/{id}"), "saved")),
        Err(problem) if matches!(problem.kind, ProblemKind::Invalid | ProblemKind::Conflict) => {
            let status = Fault::from(problem.clone()).status();
            let shown = Shown {
                id,
                version,
                draft,
                totp: false,
                sessions: 0,
                standing_in: Default::default(),
            };
            let page = page(&web, reader, shown, None, Some(problem)).await?;
            Ok((status, http::Page(page)).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn create(
    State(web): State<Web>,
    reader: Reader,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<Response, Fault> {
    save(web, reader, None, Params(form)).await
}

async fn update(
    State(web): State<Web>,
    reader: Reader,
    Path(id): Path<String>,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    save(web, reader, Some(id), Params(form)).await
}

/// Makes a one-time link and shows it, once.
async fn link(
    State(web): State<Web>,
    reader: Reader,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let shown = existing(&web, &reader, &id).await?;
    let token = account::issue_link(&web.app, &reader.ctx, id_of(&id)?).await?;
    let host = headers
        .get("host")
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let scheme = if web.secure { "https" } else { "http" };
    let link = format!("{scheme}://{host}/link/{token}");
    Ok(http::Page(page(&web, reader, shown, Some(link), None).await?).into_response())
}

async fn reset_totp(
    State(web): State<Web>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    account::reset_totp(&web.app, &reader.ctx, id_of(&id)?).await?;
    Ok(done(&format!("/accounts/{id}"), "account-totp-gone"))
}

async fn end_sessions(
    State(web): State<Web>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let account = id_of(&id)?;
    account::end_sessions(&web.app, &reader.ctx, &reader.me, account).await?;
    Ok(done(&format!("/accounts/{id}"), "account-sessions-ended"))
}
