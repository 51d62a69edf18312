//! Signing in: password, one-time code, one-time link; language and theme.

use app::account::{self, Browser, SignedIn, Stage};
use axum::{
    Form,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use domain::{
    label::Lang,
    problem::{Problem, ProblemKind},
};
use serde::Deserialize;

use super::page::{Password, SignIn, Totp};
use crate::{
    cx::{Cx, Theme},
    http::{self, Fault, Params, Visitor, cookie, device_cookie, own_path, redirect, stage_path},
    page::Routes,
    server::Web,
};

/// The routes of signing in.
pub fn routes() -> Routes {
    Routes::new()
        .get("/sign-in", form)
        .post("/sign-in", sign_in)
        .get("/sign-in/code", code_form)
        .post("/sign-in/code", code)
        .post("/sign-out", sign_out)
        .get("/link/{token}", link_form)
        .post("/link/{token}", link)
        .get("/start/{token}", link_form)
        .post("/start/{token}", link)
        .post("/preferences", preferences)
        // Whoever sends one need not be signed in: a thousand of them must not fill the memory.
        .within(FORM)
}

/// The most that a form for somebody who is not signed in holds, bytes.
const FORM: usize = 16 << 10;

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

async fn form(visitor: Visitor, params: Params) -> Response {
    let back = own_path(params.get("back"));
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
    code: String,
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
    let back = own_path(&typed.back);
    let credentials = account::Credentials {
        login: &typed.name,
        password: &typed.password,
        code: &typed.code,
    };
    let browser = http::browser(&headers);
    match account::sign_in(&web.app, &visitor.ctx, &credentials, &browser).await {
        Ok(signed_in) => enter(&web, jar, &browser, signed_in, &back).await,
        Err(problem) => {
            let page = SignIn {
                wrong: Some(say(&visitor.cx, &problem)),
                cx: visitor.cx,
                name: typed.name,
                back,
            };
            Fault::from(problem).shown_on(http::Page(page))
        }
    }
}

/// Gives the browser its session and the account's language, and leads on.
async fn enter(
    web: &Web,
    jar: CookieJar,
    browser: &Browser,
    signed_in: SignedIn,
    back: &str,
) -> Response {
    let known = account::authenticate(&web.app, &signed_in.token).await;
    let stage = signed_in.stage;
    let mut jar = carry(web, jar, browser, signed_in);
    if let Ok(Some(me)) = known {
        jar = jar.add(lasting("lang", me.lang.code()));
    }
    let to = match stage_path(stage) {
        Some(path) => format!("{path}?back={}", http::encode(back)),
        None => back.to_owned(),
    };
    (jar, redirect(&to)).into_response()
}

/// The cookies of a session that has begun or was renewed.
pub fn carry(web: &Web, jar: CookieJar, browser: &Browser, signed_in: SignedIn) -> CookieJar {
    let jar = jar.add(cookie(web, signed_in.token));
    match signed_in.device {
        Some(device) => jar.add(device_cookie(web, browser.cookie(&device))),
        None => jar,
    }
}

/// The cookies of a session that was renewed, and the step that is still missing, or back.
pub fn onward(
    web: &Web,
    jar: CookieJar,
    browser: &Browser,
    signed_in: SignedIn,
    back: &str,
) -> Response {
    let to = stage_path(signed_in.stage).unwrap_or(back);
    (carry(web, jar, browser, signed_in), redirect(to)).into_response()
}

async fn code_form(visitor: Visitor, params: Params) -> Response {
    let back = own_path(params.get("back"));
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
    headers: HeaderMap,
    Form(typed): Form<Code>,
) -> Response {
    let back = own_path(&typed.back);
    let Some(me) = visitor.me else {
        return redirect("/sign-in");
    };
    if me.stage != Stage::Totp {
        return redirect(stage_path(me.stage).unwrap_or(&back));
    }
    let browser = http::browser(&headers);
    match account::verify_totp(&web.app, &visitor.ctx, &me, &typed.code, &browser).await {
        Ok(signed_in) => onward(&web, jar, &browser, signed_in, &back),
        Err(problem) if problem.kind == ProblemKind::SignIn => Fault::from(problem).into_response(),
        Err(problem) => {
            let page = Totp {
                wrong: Some(say(&visitor.cx, &problem)),
                cx: visitor.cx,
                back,
            };
            Fault::from(problem).shown_on(http::Page(page))
        }
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
        person: String::new(),
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
        let chosen = account::Chosen {
            login: &typed.name,
            name: &typed.person,
            password: &typed.new,
        };
        let browser = http::browser(&headers);
        match account::redeem(&web.app, &visitor.ctx, &token, &chosen, &browser).await {
            Ok(signed_in) => return Ok(enter(&web, jar, &browser, signed_in, "/").await),
            Err(problem) => say(&visitor.cx, &problem),
        }
    } else {
        visitor.cx.t("password-differ")
    };
    let page = Password {
        wrong: Some(wrong),
        person: typed.person,
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
    Ok((jar, redirect(&chosen.back)).into_response())
}
