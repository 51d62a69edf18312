//! Signing in: password, one-time code, one-time link; language and theme.

use app::account::{self, SignedIn, Stage};
use axum::{
    Form, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use domain::{label::Lang, problem::Problem};
use serde::Deserialize;

use super::page::{Password, SignIn, Totp};
use crate::{
    cx::{Cx, Theme},
    http::{self, Fault, Params, Visitor, cookie, redirect, stage_path},
    server::Web,
};

/// The routes of signing in.
pub fn routes() -> Router<Web> {
    Router::new()
        .route("/sign-in", get(form).post(sign_in))
        .route("/sign-in/code", get(code_form).post(code))
        .route("/sign-out", post(sign_out))
        .route("/link/{token}", get(link_form).post(link))
        .route("/start/{token}", get(link_form).post(link))
        .route("/preferences", post(preferences))
}

/// A page of ours, never another site: what a form or an address says where to go on.
pub fn own_page(back: &str) -> String {
    let own =
        back.starts_with('/') && !back.starts_with("//") && !back.contains(['\\', '\r', '\n']);
    if own { back.to_owned() } else { "/".to_owned() }
}

/// What a problem says, in one line.
pub fn say(cx: &Cx, problem: &Problem) -> String {
    let fields: Vec<String> = problem
        .fields
        .iter()
        .map(|field| cx.l(&field.message))
        .collect();
    if fields.is_empty() {
        format!("{}. {}", cx.l(&problem.what), cx.l(&problem.next))
    } else {
        fields.join(". ")
    }
}

fn agent(headers: &HeaderMap) -> &str {
    headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

async fn form(visitor: Visitor, params: Params) -> Response {
    let back = own_page(params.get("back"));
    if let Some(me) = &visitor.me {
        return redirect(stage_path(me.stage).unwrap_or(&back));
    }
    http::Page(SignIn {
        cx: visitor.cx,
        name: String::new(),
        back,
        wrong: None,
    })
    .into_response()
}

#[derive(Deserialize)]
struct Credentials {
    name: String,
    password: String,
    #[serde(default)]
    back: String,
}

async fn sign_in(
    State(web): State<Web>,
    visitor: Visitor,
    jar: CookieJar,
    headers: HeaderMap,
    Form(typed): Form<Credentials>,
) -> Response {
    let back = own_page(&typed.back);
    let tried = account::sign_in(
        &web.app,
        &visitor.ctx,
        &typed.name,
        &typed.password,
        agent(&headers),
    )
    .await;
    match tried {
        Ok(signed_in) => enter(&web, jar, signed_in, &back).await,
        Err(problem) => {
            let page = SignIn {
                wrong: Some(say(&visitor.cx, &problem)),
                cx: visitor.cx,
                name: typed.name,
                back,
            };
            (Fault::from(problem).status(), http::Page(page)).into_response()
        }
    }
}

/// Gives the browser its session and the account's language, and leads on.
async fn enter(web: &Web, jar: CookieJar, signed_in: SignedIn, back: &str) -> Response {
    let known = account::authenticate(&web.app, &signed_in.token)
        .await
        .ok()
        .flatten();
    let mut jar = jar.add(cookie(web, signed_in.token));
    if let Some(me) = known {
        jar = jar.add(lasting("lang", me.lang.code()));
    }
    let to = match stage_path(signed_in.stage) {
        Some(path) => format!("{path}?back={}", http::encode(back)),
        None => back.to_owned(),
    };
    (jar, redirect(&to)).into_response()
}

async fn code_form(visitor: Visitor, params: Params) -> Response {
    let back = own_page(params.get("back"));
    match visitor.me.as_ref().map(|me| me.stage) {
        Some(Stage::Totp) => http::Page(Totp {
            cx: visitor.cx,
            back,
            wrong: None,
        })
        .into_response(),
        Some(stage) => redirect(stage_path(stage).unwrap_or(&back)),
        None => redirect("/sign-in"),
    }
}

#[derive(Deserialize)]
struct Code {
    code: String,
    #[serde(default)]
    back: String,
}

async fn code(
    State(web): State<Web>,
    visitor: Visitor,
    jar: CookieJar,
    Form(typed): Form<Code>,
) -> Response {
    let back = own_page(&typed.back);
    let Some(me) = visitor.me else {
        return redirect("/sign-in");
    };
    match account::verify_totp(&web.app, &visitor.ctx, &me, &typed.code).await {
        Ok(()) => onward(&web, &jar, &back).await,
        Err(problem) => {
            let page = Totp {
                wrong: Some(say(&visitor.cx, &problem)),
                cx: visitor.cx,
                back,
            };
            (StatusCode::UNPROCESSABLE_ENTITY, http::Page(page)).into_response()
        }
    }
}

/// Leads to the step that is still missing, or back.
pub async fn onward(web: &Web, jar: &CookieJar, back: &str) -> Response {
    let me = match jar.get(http::SESSION) {
        Some(cookie) => account::authenticate(&web.app, cookie.value())
            .await
            .ok()
            .flatten(),
        None => None,
    };
    match me {
        Some(me) => redirect(stage_path(me.stage).unwrap_or(back)),
        None => redirect("/sign-in"),
    }
}

async fn sign_out(
    State(web): State<Web>,
    visitor: Visitor,
    jar: CookieJar,
) -> Result<Response, Fault> {
    if let Some(me) = &visitor.me {
        account::sign_out(&web.app, &visitor.ctx, me).await?;
    }
    let jar = jar.remove(Cookie::build(http::SESSION).path("/"));
    Ok((jar, redirect("/sign-in")).into_response())
}

/// The form with which the owner of a one-time link chooses a password.
fn link_page(
    web: &Web,
    cx: Cx,
    token: &str,
    owner: Option<&account::Account>,
    name: String,
) -> Password {
    let length = web.app.settings().integer("password.min_length");
    let (title, lead) = match owner {
        None => (cx.t("first-start"), cx.t("first-start-lead")),
        Some(owner) => (
            cx.t("password-link"),
            cx.tx("password-link-lead", &owner.login),
        ),
    };
    Password {
        title,
        lead,
        action: format!("/link/{}", http::encode(token)),
        asks_name: owner.is_none(),
        name,
        asks_old: false,
        rules: cx.tn("password-rules", length),
        wrong: None,
        cx,
    }
}

async fn link_form(
    State(web): State<Web>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, Fault> {
    let owner = account::redeemable(&web.app, &token).await?;
    let page = link_page(&web, visitor.cx, &token, owner.as_ref(), String::new());
    Ok(http::Page(page).into_response())
}

#[derive(Deserialize)]
struct Chosen {
    #[serde(default)]
    name: String,
    #[serde(default)]
    person: String,
    new: String,
    again: String,
}

async fn link(
    State(web): State<Web>,
    visitor: Visitor,
    jar: CookieJar,
    headers: HeaderMap,
    Path(token): Path<String>,
    Form(typed): Form<Chosen>,
) -> Result<Response, Fault> {
    let owner = account::redeemable(&web.app, &token).await?;
    let wrong = if typed.new == typed.again {
        let used = account::redeem(
            &web.app,
            &visitor.ctx,
            &token,
            &typed.name,
            &typed.person,
            &typed.new,
            agent(&headers),
        );
        match used.await {
            Ok(signed_in) => return Ok(enter(&web, jar, signed_in, "/").await),
            Err(problem) => say(&visitor.cx, &problem),
        }
    } else {
        visitor.cx.t("password-differ")
    };
    let page = Password {
        wrong: Some(wrong),
        ..link_page(&web, visitor.cx, &token, owner.as_ref(), typed.name)
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, http::Page(page)).into_response())
}

fn lasting(name: &'static str, value: &'static str) -> Cookie<'static> {
    let mut cookie = Cookie::build((name, value))
        .path("/")
        .same_site(SameSite::Lax)
        .build();
    cookie.make_permanent();
    cookie
}

#[derive(Deserialize)]
struct Preferences {
    lang: Option<String>,
    theme: Option<String>,
    #[serde(default)]
    back: String,
}

async fn preferences(
    State(web): State<Web>,
    visitor: Visitor,
    mut jar: CookieJar,
    Form(chosen): Form<Preferences>,
) -> Result<Response, Fault> {
    if let Some(lang) = chosen.lang.as_deref().map(Lang::from_code) {
        jar = jar.add(lasting("lang", lang.code()));
        if let Some(me) = &visitor.me {
            account::set_language(&web.app, me.account, lang).await?;
        }
    }
    if let Some(theme) = chosen.theme.as_deref().map(Theme::from_code) {
        jar = jar.add(lasting("theme", theme.code()));
    }
    Ok((jar, redirect(&own_page(&chosen.back))).into_response())
}

#[cfg(test)]
mod tests {
    #[test]
    fn nobody_is_led_to_another_site() {
        assert_eq!(super::own_page("/units?q=a"), "/units?q=a");
        for back in [
            "https://evil.example",
            "//evil.example",
            "/\\evil",
            "javascript:alert(1)",
            "",
        ] {
            assert_eq!(super::own_page(back), "/");
        }
    }
}
