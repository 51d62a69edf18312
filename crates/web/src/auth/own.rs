//! One's own account: password, one-time codes, sessions, tokens for programs.

use app::{
    account::{self, Authenticated, Stage},
    feed,
};
use axum::{
    Form, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::{
    page::{Me, Password, SessionRow, TokenRow, TotpSetup},
    qr,
    route::{onward, say},
};
use crate::{
    calendar,
    cx::Cx,
    http::{self, Fault, Reader, Visitor, done, redirect},
    server::Web,
};

/// The routes of one's own account.
pub fn routes() -> Router<Web> {
    Router::new()
        .route("/me", get(me))
        .route("/me/password", get(password_form).post(password))
        .route("/me/totp", get(totp_form).post(totp))
        .route("/me/sessions/{handle}/end", post(end_session))
        .route("/me/tokens", post(make_token))
        .route("/me/tokens/{id}/end", post(end_token))
        .route("/me/calendar", post(make_feed))
        .route("/me/calendar/{id}/end", post(end_feed))
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

async fn page(
    web: &Web,
    reader: &Reader,
    secret: Option<String>,
    made: Option<String>,
) -> Result<Me, Fault> {
    let sessions =
        account::sessions(&web.app, &reader.ctx, reader.me.account, reader.me.account).await?;
    let tokens = account::tokens(&web.app, &reader.me).await?;
    let feeds = feed::list(&web.app, &reader.me).await?;
    Ok(Me {
        cx: reader.cx.clone(),
        name: format!("{} · {}", reader.me.name, reader.me.actor.name),
        secret,
        feed: made,
        feeds: feeds
            .into_iter()
            .map(|feed| (feed.id, feed.name, feed.used_at))
            .collect(),
        sessions: sessions
            .into_iter()
            .map(|session| SessionRow {
                current: session.token_hash == reader.me.session,
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
                until: token.expires_at,
                used: token.used_at,
            })
            .collect(),
    })
}

async fn me(State(web): State<Web>, reader: Reader) -> Result<Response, Fault> {
    Ok(http::Page(page(&web, &reader, None, None).await?).into_response())
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
    Form(typed): Form<Change>,
) -> Response {
    let Some(me) = visitor
        .me
        .filter(|me| matches!(me.stage, Stage::Full | Stage::Password))
    else {
        return redirect("/sign-in");
    };
    let wrong = if typed.new == typed.again {
        match account::change_password(&web.app, &visitor.ctx, &me, &typed.old, &typed.new).await {
            Ok(()) if me.stage == Stage::Full => return done("/me", "password-changed"),
            Ok(()) => return onward(&web, &jar, "/").await,
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
    Form(typed): Form<Code>,
) -> Result<Response, Fault> {
    let Some(me) = visitor
        .me
        .filter(|me| matches!(me.stage, Stage::Full | Stage::Enrol))
    else {
        return Ok(redirect("/sign-in"));
    };
    match account::confirm_totp(&web.app, &visitor.ctx, &me, &typed.code).await {
        Ok(()) => Ok(onward(&web, &jar, "/").await),
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

#[derive(Deserialize)]
struct NewToken {
    name: String,
    days: i64,
}

async fn make_token(
    State(web): State<Web>,
    reader: Reader,
    Form(typed): Form<NewToken>,
) -> Result<Response, Fault> {
    let secret =
        account::make_token(&web.app, &reader.ctx, &reader.me, &typed.name, typed.days).await?;
    Ok(http::Page(page(&web, &reader, Some(secret), None).await?).into_response())
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
}

async fn make_feed(
    State(web): State<Web>,
    reader: Reader,
    headers: HeaderMap,
    Form(typed): Form<NewFeed>,
) -> Result<Response, Fault> {
    let secret = feed::make(&web.app, &reader.ctx, &reader.me, &typed.name).await?;
    let path = format!("/calendar/feed/{secret}.ics");
    let made = calendar::feed::address(&web, &headers, &path);
    Ok(http::Page(page(&web, &reader, None, Some(made)).await?).into_response())
}

async fn end_feed(
    State(web): State<Web>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    feed::end(&web.app, &reader.ctx, &reader.me, &id).await?;
    Ok(done("/me", "feed-ended"))
}
