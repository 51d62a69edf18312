//! One's own account: password, one-time codes, sessions, tokens for programs.

use app::{
    account::{self, Authenticated, Stage},
    feed, flow,
};
use axum::{
    Form,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use axum_extra::extract::CookieJar;
use domain::{
    authority::Permission,
    problem::{FieldProblem, Problem},
};
use serde::Deserialize;

use super::{
    page::{DeviceRow, EventRow, Me, Password, SessionRow, TokenRow, TotpSetup},
    qr,
    route::{carry, onward, say},
};
use crate::{
    calendar,
    cx::Cx,
    flow::page::SubstituteRow,
    http::{self, Fault, Params, Reader, Visitor, done, redirect},
    page::Routes,
    server::Web,
};

/// The routes of one's own account.
pub fn routes() -> Routes {
    Routes::new()
        .get("/me", me)
        .post("/me/sessions/{handle}/end", end_session)
        .post("/me/devices/{id}/end", forget_device)
        .post("/me/recovery", make_recovery)
        .post("/me/tokens", make_token)
        .post("/me/tokens/{id}/end", end_token)
        .post("/me/calendar", make_feed)
        .post("/me/calendar/{id}/end", end_feed)
}

/// The routes of what may be missing of a session, for who is not signed in all the way.
pub fn steps() -> Routes {
    Routes::new()
        .get("/me/password", password_form)
        .post("/me/password", password)
        .get("/me/totp", totp_form)
        .post("/me/totp", totp)
}

/// A browser in few words.
fn browser(agent: &str) -> String {
    let name = ["Edg", "Firefox", "Chrome", "Safari", "curl"]
        .into_iter()
        .find(|name| agent.contains(name))
        .map_or_else(
            || agent.chars().take(24).collect::<String>(),
            |name| {
                if name == "Edg" {
                    "Edge".into()
                } else {
                    name.into()
                }
            },
        );
    let system = ["Windows", "Android", "iPhone", "Mac OS X", "Linux"]
        .into_iter()
        .find(|system| agent.contains(system));
    system.map_or(name.clone(), |system| format!("{name} · {system}"))
}

/// What the page shows once.
#[derive(Default)]
struct Once {
    token: Option<String>,
    feed: Option<String>,
    recovery: Vec<String>,
}

async fn page(web: &Web, reader: &Reader, once: Once) -> Result<Me, Fault> {
    let (app, me, cx) = (&web.app, &reader.me, &reader.cx);
    let sessions = account::sessions(app, &reader.ctx, me.account, me.account).await?;
    let tokens = account::tokens(app, me).await?;
    let feeds = feed::list(app, me).await?;
    let devices = account::devices(app, me).await?;
    let events = account::events(app, me).await?;
    let (substitutes, stands_in) = flow::standing_in(app, &reader.ctx, me.account).await?;
    let scopes = |scopes: &[Permission]| {
        let names: Vec<String> = scopes.iter().map(|s| cx.l(s.label())).collect();
        names.join(", ")
    };
    Ok(Me {
        cx: cx.clone(),
        name: format!("{} · {}", me.name, me.actor.name),
        secret: once.token,
        feed: once.feed,
        recovery: once.recovery,
        substitutes: SubstituteRow::all(cx, substitutes),
        stands_in: SubstituteRow::all(cx, stands_in),
        recovery_left: account::recovery_left(app, me).await?,
        longest: app.settings().integer("token.max_days"),
        scopes: Permission::ALL
            .into_iter()
            .filter(|scope| me.actor.may(*scope))
            .map(|scope| (scope.code(), cx.l(scope.label()), scope == Permission::Read))
            .collect(),
        events: events
            .into_iter()
            .map(|told| EventRow {
                what: cx.l(told.event.label()),
                about: if told.event == account::Event::NewDevice {
                    browser(&told.detail)
                } else {
                    told.detail
                },
                from: told.remote,
                at: told.at,
            })
            .collect(),
        devices: devices
            .into_iter()
            .map(|device| DeviceRow {
                id: device.token_hash,
                with: browser(&device.agent),
                from: device.remote,
                last: device.seen_at,
            })
            .collect(),
        feeds: feeds
            .into_iter()
            .map(|feed| TokenRow {
                id: feed.id,
                name: feed.name,
                scopes: String::new(),
                until: feed.expires_at,
                used: feed.used_at,
            })
            .collect(),
        sessions: sessions
            .into_iter()
            .map(|session| SessionRow {
                current: session.token_hash == me.session,
                id: session.token_hash,
                from: session.remote,
                with: browser(&session.agent),
                started: session.created_at,
                last: session.seen_at,
            })
            .collect(),
        tokens: tokens
            .into_iter()
            .map(|token| TokenRow {
                id: token.id,
                name: token.name,
                scopes: scopes(&token.scopes),
                until: token.expires_at,
                used: token.used_at,
            })
            .collect(),
    })
}

async fn me(State(web): State<Web>, reader: Reader) -> Result<Response, Fault> {
    Ok(http::Page(page(&web, &reader, Once::default()).await?).into_response())
}

fn password_page(web: &Web, cx: Cx, me: &Authenticated, wrong: Option<String>) -> Password {
    let expired = me.stage == Stage::Password;
    Password {
        title: cx.t(if expired {
            "password-expired"
        } else {
            "password-change"
        }),
        lead: cx.t(if expired {
            "password-expired-lead"
        } else {
            "password-change-lead"
        }),
        action: "/me/password".into(),
        asks_name: false,
        name: String::new(),
        person: String::new(),
        asks_old: true,
        rules: cx.tn(
            "password-rules",
            web.app.settings().integer("password.min_length"),
        ),
        wrong,
        cx,
    }
}

async fn password_form(State(web): State<Web>, visitor: Visitor) -> Response {
    match &visitor.me {
        Some(me) if matches!(me.stage, Stage::Full | Stage::Password) => {
            http::Page(password_page(&web, visitor.cx, me, None)).into_response()
        }
        _ => redirect("/sign-in"),
    }
}

#[derive(Deserialize)]
struct Change {
    old: String,
    new: String,
    again: String,
}

async fn password(
    State(web): State<Web>,
    visitor: Visitor,
    jar: CookieJar,
    headers: HeaderMap,
    Form(typed): Form<Change>,
) -> Response {
    let Some(me) = visitor
        .me
        .filter(|me| matches!(me.stage, Stage::Full | Stage::Password))
    else {
        return redirect("/sign-in");
    };
    let browser = http::browser(&headers);
    let wrong = if typed.new == typed.again {
        let (app, ctx) = (&web.app, &visitor.ctx);
        match account::change_password(app, ctx, &me, &typed.old, &typed.new, &browser).await {
            Ok(new) if me.stage == Stage::Full => {
                let jar = carry(&web, jar, &browser, new);
                return (jar, done("/me", "password-changed")).into_response();
            }
            Ok(new) => return onward(&web, jar, &browser, new, "/"),
            Err(problem) => say(&visitor.cx, &problem),
        }
    } else {
        visitor.cx.t("password-differ")
    };
    let page = password_page(&web, visitor.cx, &me, Some(wrong));
    (StatusCode::UNPROCESSABLE_ENTITY, http::Page(page)).into_response()
}

async fn totp_page(
    web: &Web,
    cx: Cx,
    me: &Authenticated,
    wrong: Option<String>,
) -> Result<TotpSetup, Fault> {
    let enrolment = account::enrol_totp(&web.app, me).await?;
    Ok(TotpSetup {
        cx,
        required: me.stage == Stage::Enrol,
        qr: qr::svg(&enrolment.url),
        secret: enrolment.secret,
        wrong,
    })
}

async fn totp_form(State(web): State<Web>, visitor: Visitor) -> Result<Response, Fault> {
    let Some(me) = visitor
        .me
        .filter(|me| matches!(me.stage, Stage::Full | Stage::Enrol))
    else {
        return Ok(redirect("/sign-in"));
    };
    Ok(http::Page(totp_page(&web, visitor.cx, &me, None).await?).into_response())
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

async fn totp(
    State(web): State<Web>,
    visitor: Visitor,
    jar: CookieJar,
    headers: HeaderMap,
    Form(typed): Form<Code>,
) -> Result<Response, Fault> {
    let Some(me) = visitor
        .me
        .filter(|me| matches!(me.stage, Stage::Full | Stage::Enrol))
    else {
        return Ok(redirect("/sign-in"));
    };
    let browser = http::browser(&headers);
    match account::confirm_totp(&web.app, &visitor.ctx, &me, &typed.code, &browser).await {
        Ok(new) => Ok(onward(&web, jar, &browser, new, "/")),
        Err(problem) => {
            let wrong = say(&visitor.cx, &problem);
            let page = totp_page(&web, visitor.cx, &me, Some(wrong)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, http::Page(page)).into_response())
        }
    }
}

async fn end_session(
    State(web): State<Web>,
    reader: Reader,
    Path(handle): Path<String>,
) -> Result<Response, Fault> {
    account::end_session(
        &web.app,
        &reader.ctx,
        &reader.me,
        reader.me.account,
        &handle,
    )
    .await?;
    Ok(done("/me", "account-sessions-ended"))
}

async fn forget_device(
    State(web): State<Web>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    account::forget_device(&web.app, &reader.ctx, &reader.me, &id).await?;
    Ok(done("/me", "device-gone"))
}

async fn make_recovery(State(web): State<Web>, reader: Reader) -> Result<Response, Fault> {
    let once = Once {
        recovery: account::make_recovery(&web.app, &reader.ctx, &reader.me).await?,
        ..Once::default()
    };
    Ok(http::Page(page(&web, &reader, once).await?).into_response())
}

/// Makes a token and shows it, once. Who ticks nothing gets one that reads.
async fn make_token(
    State(web): State<Web>,
    reader: Reader,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<Response, Fault> {
    let form = Params(form);
    let mut scopes = Vec::new();
    for code in form.all("scope") {
        let unknown = || {
            let wrong = FieldProblem::new("scope", "Không có quyền này", "There is no such right");
            Problem::invalid("token", vec![wrong])
        };
        scopes.push(Permission::from_code(code).ok_or_else(unknown)?);
    }
    if scopes.is_empty() {
        scopes.push(Permission::Read);
    }
    let days = form.get("days").parse().unwrap_or(0);
    let (app, ctx, me) = (&web.app, &reader.ctx, &reader.me);
    let secret = account::make_token(app, ctx, me, form.get("name"), &scopes, days).await?;
    let once = Once {
        token: Some(secret),
        ..Once::default()
    };
    Ok(http::Page(page(&web, &reader, once).await?).into_response())
}

async fn end_token(
    State(web): State<Web>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    account::end_token(&web.app, &reader.ctx, &reader.me, &id).await?;
    Ok(done("/me", "token-ended"))
}

#[derive(Deserialize)]
struct NewFeed {
    name: String,
    /// As long as may be where nothing is said.
    days: Option<i64>,
}

async fn make_feed(
    State(web): State<Web>,
    reader: Reader,
    headers: HeaderMap,
    Form(typed): Form<NewFeed>,
) -> Result<Response, Fault> {
    let longest = web.app.settings().integer("token.max_days");
    let days = typed.days.unwrap_or(longest);
    let secret = feed::make(&web.app, &reader.ctx, &reader.me, &typed.name, days).await?;
    let path = format!("/calendar/feed/{secret}.ics");
    let once = Once {
        feed: Some(calendar::feed::address(&web, &headers, &path)),
        ..Once::default()
    };
    Ok(http::Page(page(&web, &reader, once).await?).into_response())
}

async fn end_feed(
    State(web): State<Web>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    feed::end(&web.app, &reader.ctx, &reader.me, &id).await?;
    Ok(done("/me", "feed-ended"))
}
