//! Who reads: the session of a browser, or the token of a program.

use app::{
    Ctx,
    account::{self, Authenticated, Browser, Stage},
    assess,
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use domain::authority::Actor;

use super::{asked::Asked, fair::Signed, fault::Fault, params::Params, reply::redirect};
use crate::{cx::Cx, i18n, server::Web};

/// The name of the session's cookie.
pub const SESSION: &str = "gieng_session";

/// The name of the cookie by which a browser is known to the accounts that used it.
const DEVICE: &str = "gieng_device";

/// Somebody who is signed in all the way.
#[derive(Clone, Debug)]
pub struct Reader {
    /// Whom the session stands for.
    pub me: Authenticated,
    /// For use cases.
    pub ctx: Ctx,
    /// For pages.
    pub cx: Cx,
}

/// Anybody, perhaps with a session that has not come all the way.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Whom the session stands for, if there is one.
    pub me: Option<Authenticated>,
    /// For use cases; it may do nothing.
    pub ctx: Ctx,
    /// For pages.
    pub cx: Cx,
}

/// Where a session that has not come all the way goes on; none when it has.
pub const fn stage_path(stage: Stage) -> Option<&'static str> {
    match stage {
        Stage::Totp => Some("/sign-in/code"),
        Stage::Password => Some("/me/password"),
        Stage::Enrol => Some("/me/totp"),
        Stage::Full => None,
    }
}

/// The session's cookie: not for scripts, not sent along from other sites.
pub fn cookie(web: &Web, token: String) -> Cookie<'static> {
    Cookie::build((SESSION, token))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(web.secure)
        .build()
}

/// The cookie by which a browser is known; it outlives the session and opens nothing.
pub fn device_cookie(web: &Web, value: String) -> Cookie<'static> {
    let cookie = Cookie::build((DEVICE, value)).path("/").http_only(true);
    let cookie = cookie.same_site(SameSite::Lax).secure(web.secure);
    // How long a browser is known that is not used is decided at the other end.
    cookie.permanent().build()
}

/// What a browser shows of itself.
pub fn browser(headers: &HeaderMap) -> Browser {
    let agent = headers.get(header::USER_AGENT);
    let agent = agent.and_then(|value| value.to_str().ok());
    let browser = Browser::new(agent.unwrap_or_default());
    match CookieJar::from_headers(headers).get(DEVICE) {
        Some(cookie) => browser.with_cookie(cookie.value()),
        None => browser,
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
        .map(str::trim)
}

async fn authenticate(
    web: &Web,
    headers: &HeaderMap,
    api: bool,
) -> Result<Option<Authenticated>, Fault> {
    if api && let Some(token) = bearer(headers) {
        return Ok(account::authenticate_token(&web.app, token).await?);
    }
    let jar = CookieJar::from_headers(headers);
    match jar.get(SESSION) {
        Some(cookie) => Ok(account::authenticate(&web.app, cookie.value()).await?),
        None => Ok(None),
    }
}

impl FromRequestParts<Web> for Visitor {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Fault> {
        let asked = parts
            .extensions
            .get::<Asked>()
            .cloned()
            .ok_or_else(Fault::sign_in)?;
        let me = authenticate(web, &parts.headers, asked.api).await?;
        if let Some(signed) = parts.extensions.get::<Signed>() {
            signed.found(me.is_some());
        }
        let actor = me.as_ref().map_or_else(
            || Actor {
                account: None,
                name: String::new(),
                grants: Vec::new(),
                only: None,
            },
            |me| me.actor.clone(),
        );
        let params = Params::from_request_parts(parts, web)
            .await
            .unwrap_or_default();
        let full = me.as_ref().is_some_and(|me| me.stage == Stage::Full);
        if full {
            // Only what follows in this request reads it.
            let _ = asked.reader.set(actor.clone());
        }
        Ok(Self {
            ctx: Ctx {
                actor: actor.clone(),
                request: asked.id,
                remote: asked.remote,
                lang: asked.lang,
            },
            cx: Cx {
                lang: asked.lang,
                theme: asked.theme,
                now: asked.now,
                actor: full.then_some(actor),
                done: Some(format!("done-{}", params.get("done"))).filter(|key| i18n::has(key)),
                path: asked.path,
                query: asked.query,
                page: asked.page,
                unjudged: assess::unjudged(&web.app).filter(|_| full),
            },
            me,
        })
    }
}

/// Who is not signed in all the way, and where to go then.
pub enum NotYet {
    /// Nobody is signed in, or who is may not go on.
    Fault(Fault),
    /// A step is missing.
    Step(&'static str),
}

impl axum::response::IntoResponse for NotYet {
    fn into_response(self) -> axum::response::Response {
        match self {
            NotYet::Fault(fault) => fault.into_response(),
            NotYet::Step(path) => redirect(path),
        }
    }
}

impl FromRequestParts<Web> for Reader {
    type Rejection = NotYet;

    /// The one whom the page's guard found, where there is one.
    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, NotYet> {
        if let Some(reader) = parts.extensions.get::<Reader>() {
            return Ok(reader.clone());
        }
        let api = parts
            .extensions
            .get::<Asked>()
            .is_some_and(|asked| asked.api || asked.fragment);
        let visitor = Visitor::from_request_parts(parts, web)
            .await
            .map_err(NotYet::Fault)?;
        let Some(me) = visitor.me else {
            return Err(NotYet::Fault(Fault::sign_in()));
        };
        match stage_path(me.stage) {
            None => Ok(Self {
                me,
                ctx: visitor.ctx,
                cx: visitor.cx,
            }),
            Some(_) if api => Err(NotYet::Fault(Fault::sign_in())),
            Some(path) => Err(NotYet::Step(path)),
        }
    }
}
