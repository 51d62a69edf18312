//! What is known of a request before anybody is asked who sends it.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use axum_extra::extract::CookieJar;
use domain::{id::Id, label::Lang};

use crate::{cx::Theme, server::Web};

/// The context that every request carries as an extension.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The request, the same id in the program's log, the journal and the error page.
    pub id: String,
    /// When it came, unix milliseconds.
    pub now: i64,
    /// The address it came from.
    pub remote: String,
    /// The reader's language.
    pub lang: Lang,
    /// The reader's theme.
    pub theme: Theme,
    /// The path.
    pub path: String,
    /// The query without its `?`.
    pub query: String,
    /// Whether a program asks, not a person.
    pub api: bool,
    /// Whether a fragment of a page is asked for.
    pub fragment: bool,
}

/// The reader's language: chosen earlier, else the browser's first, else Vietnamese.
fn language(jar: &CookieJar, headers: &HeaderMap) -> Lang {
    if let Some(cookie) = jar.get("lang") {
        return Lang::from_code(cookie.value());
    }
    headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .map_or(Lang::Vi, Lang::from_code)
}

/// Puts [`Asked`] into the request and its id into the answer.
pub async fn ask(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let now = web.app.clock.now_ms();
    let jar = CookieJar::from_headers(request.headers());
    let remote: Option<IpAddr> = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(address)| address.ip().to_canonical());
    let path = request.uri().path().to_owned();
    let asked = Asked {
        id: Id::new(now).to_string(),
        now,
        remote: remote.map_or_else(|| "-".to_owned(), |ip| ip.to_string()),
        lang: language(&jar, request.headers()),
        theme: jar
            .get("theme")
            .map_or(Theme::Auto, |cookie| Theme::from_code(cookie.value())),
        api: path.starts_with("/api/") || path == "/metrics",
        fragment: request.headers().contains_key("hx-request"),
        query: request.uri().query().unwrap_or_default().to_owned(),
        path,
    };
    tracing::debug!(request = asked.id, method = %request.method(), path = asked.path, "asked");
    let id = HeaderValue::from_str(&asked.id).ok();
    request.extensions_mut().insert(asked);
    let mut response = next.run(request).await;
    if let Some(id) = id {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}
