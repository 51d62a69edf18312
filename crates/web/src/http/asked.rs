//! What is known of a request before anybody is asked who sends it.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, OnceLock},
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue, Method, header},
    middleware::Next,
    response::Response,
};
use axum_extra::extract::CookieJar;
use domain::{authority::Actor, id::Id, label::Lang, net::Prefix};

use super::fault::page_before;
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
    /// Of a form that is sent, the page that it stood on: what is chosen on the answer leads there.
    pub page: Option<String>,
    /// Whether a program asks, not a person.
    pub api: bool,
    /// Whether a fragment of a page is asked for.
    pub fragment: bool,
    /// Who asks, once that is known: a page that says what went wrong has its menu, too.
    pub reader: Arc<OnceLock<Actor>>,
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

/// Where a request comes from: the other end of its connection; where that is a proxy we
/// trust, the last address of `X-Forwarded-For` that is none of our proxies. What stands
/// before it anybody can have written.
fn origin(peer: IpAddr, proxies: &[Prefix], headers: &HeaderMap) -> IpAddr {
    let ours = |address: IpAddr| proxies.iter().any(|p| p.contains(address));
    let mut origin = peer.to_canonical();
    let hops = headers.get_all("x-forwarded-for").iter().rev();
    for hop in hops.flat_map(|value| value.to_str().unwrap_or("?").rsplit(',')) {
        if !ours(origin) {
            break;
        }
        let Some(address) = hop_address(hop.trim()) else {
            break;
        };
        origin = address.to_canonical();
    }
    origin
}

/// `203.0.113.7`, `2001:db8::7`; some proxies add a port.
fn hop_address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let with_port = || text.parse::<SocketAddr>().map(|a| a.ip());
    bare.parse().or_else(|_| with_port()).ok()
}

/// Puts [`Asked`] into the request and its id into the answer.
pub async fn ask(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let now = web.app.clock.now_ms();
    let jar = CookieJar::from_headers(request.headers());
    let remote: Option<IpAddr> = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(peer)| origin(peer.ip(), &web.proxies, request.headers()));
    let path = request.uri().path().to_owned();
    let sent = !matches!(*request.method(), Method::GET | Method::HEAD);
    // A form that is refused twice was sent from its own answer.
    let page = page_before(request.headers()).filter(|page| sent && *page != path);
    let asked = Asked {
        page,
        id: Id::new(now).to_string(),
        now,
        remote: remote.map_or_else(|| "-".to_owned(), |ip| ip.to_string()),
        lang: language(&jar, request.headers()),
        theme: jar
            .get("theme")
            .map_or(Theme::Auto, |cookie| Theme::from_code(cookie.value())),
        api: path.starts_with("/api/") || path == "/metrics",
        fragment: request.headers().contains_key("hx-request"),
        reader: Arc::default(),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, hops: &[&str]) -> String {
        let proxies: Vec<Prefix> = ["127.0.0.1/32", "10.0.0.0/24", "fd00::/8"]
            .map(|p| p.parse().unwrap())
            .into();
        let mut headers = HeaderMap::new();
        for hop in hops {
            headers.append("x-forwarded-for", HeaderValue::from_str(hop).unwrap());
        }
        origin(peer.parse().unwrap(), &proxies, &headers).to_string()
    }

    #[test]
    fn only_our_proxies_are_believed() {
        let client = "203.0.113.7";
        for (peer, hops, expected) in [
            (client, &["198.51.100.1"][..], client),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &[client], client),
            ("::ffff:127.0.0.1", &["::ffff:203.0.113.7"], client),
            // What the client wrote stands before what our proxies saw.
            ("127.0.0.1", &["198.51.100.1, 203.0.113.7"], client),
            (
                "127.0.0.1",
                &["198.51.100.1, 203.0.113.7, 10.0.0.3"],
                client,
            ),
            (
                "127.0.0.1",
                &["198.51.100.1", "203.0.113.7 ,10.0.0.3"],
                client,
            ),
            ("127.0.0.1", &["10.0.0.9, 10.0.0.3"], "10.0.0.9"),
            // Nothing readable: as far as is known.
            ("127.0.0.1", &["203.0.113.7, unknown, 10.0.0.3"], "10.0.0.3"),
            ("127.0.0.1", &[""], "127.0.0.1"),
            ("127.0.0.1", &["203.0.113.7:5123"], client),
            ("fd00::1", &["[2001:db8::7]:443"], "2001:db8::7"),
            ("fd00::1", &["[2001:db8::7]"], "2001:db8::7"),
        ] {
            assert_eq!(seen(peer, hops), expected, "{peer} {hops:?}");
        }
    }
}
