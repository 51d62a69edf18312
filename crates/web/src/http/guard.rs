//! What every answer says to the browser, and what is refused from other sites.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::{
    label::Label,
    problem::{Problem, ProblemKind},
};

use super::fault::Fault;
use crate::server::Web;

/// Everything from ourselves, nothing inline: see `docs/decisions/0006-front-end.md`.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const FIXED: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// Adds the security headers, and forbids to keep what is not a front-end file.
pub async fn headers(State(web): State<Web>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if web.secure {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    response
}

/// Refuses what changes something unless it comes from our own pages, or carries a
/// token that no browser sends by itself.
pub async fn same_site(request: Request, next: Next) -> Response {
    let safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    if safe || is_own(request.headers()) {
        return next.run(request).await;
    }
    let problem = Problem::new(
        ProblemKind::Denied,
        Label::new(
            "Yêu cầu đến từ một trang khác",
            "The request comes from another site",
        ),
        request.uri().path(),
        Label::new(
            "Mở lại trang của Giềng và thao tác tại đó; chương trình khác dùng mã truy cập (Authorization: Bearer).",
            "Open Giềng's own page and do it there; programs send a token (Authorization: Bearer).",
        ),
    );
    Fault::from(problem).into_response()
}

/// Browsers say where a request comes from: `Sec-Fetch-Site`, or an `Origin` of our own host.
fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if text("authorization").is_some_and(|value| value.starts_with("Bearer ")) {
        return true;
    }
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    match (text("origin"), text("host")) {
        (Some(origin), Some(host)) => origin
            .split_once("://")
            .is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn only_our_own_pages_change_things() {
        assert!(is_own(&with(&[("sec-fetch-site", "same-origin")])));
        assert!(is_own(&with(&[
            ("origin", "https://g.vn:8443"),
            ("host", "g.vn:8443")
        ])));
        assert!(is_own(&with(&[("authorization", "Bearer x")])));
        assert!(!is_own(&with(&[
            ("sec-fetch-site", "same-site"),
            ("origin", "https://g.vn"),
            ("host", "g.vn")
        ])));
        assert!(!is_own(&with(&[
            ("origin", "https://evil.example"),
            ("host", "g.vn")
        ])));
        assert!(!is_own(&with(&[("origin", "null"), ("host", "g.vn")])));
        assert!(!is_own(&with(&[("host", "g.vn")])));
    }
}
