//! The bundled front end: files under names that carry their content's hash.

use axum::{
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::page::{Need, Page, Routes};

/// The files of the front end.
pub static PAGE: Page = Page {
    path: "/assets/{file}",
    menu: None,
    need: Need::Nothing,
    topics: &[],
    routes: || Routes::new().get("/assets/{file}", serve),
};

/// One file of the front end, with its compressed twins.
struct Asset {
    /// Logical name, `app.css`.
    name: &'static str,
    /// Address with the hash, `/assets/app-0123456789ab.css`.
    path: &'static str,
    media: &'static str,
    bytes: &'static [u8],
    gzip: Option<&'static [u8]>,
    brotli: Option<&'static [u8]>,
}

/// Made by build.rs.
const ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The address of a file by its logical name.
///
/// # Panics
/// When there is no such file: names are literals, and the page tests use all of them.
pub fn path(name: &str) -> &'static str {
    ASSETS
        .iter()
        .find(|asset| asset.name == name)
        .unwrap_or_else(|| panic!("the front end has no file {name}"))
        .path
}

/// The content of a text file by its logical name, empty when it is none.
pub fn text(name: &str) -> &'static str {
    ASSETS
        .iter()
        .find(|asset| asset.name == name)
        .and_then(|asset| std::str::from_utf8(asset.bytes).ok())
        .unwrap_or_default()
}

/// `GET /assets/{file}`: never changes under one address, so it may be kept for ever.
pub async fn serve(Path(file): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = ASSETS
        .iter()
        .find(|asset| asset.path.strip_prefix("/assets/") == Some(&file))
    else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let accepts = |coding: &str| accepted.split(',').any(|part| offers(part, coding));
    let (coding, bytes) = match (asset.brotli, asset.gzip) {
        (Some(bytes), _) if accepts("br") => (Some("br"), bytes),
        (_, Some(bytes)) if accepts("gzip") => (Some("gzip"), bytes),
        _ => (None, asset.bytes),
    };
    let mut response = bytes.into_response();
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.media));
    out.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(coding) = coding {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}

/// Whether one part of an `Accept-Encoding` header allows `coding` (RFC 9110 §12.5.3).
fn offers(part: &str, coding: &str) -> bool {
    let mut fields = part.split(';').map(str::trim);
    fields.next() == Some(coding)
        && !fields.any(|field| {
            field
                .strip_prefix("q=")
                .is_some_and(|q| q.trim_end_matches(['0', '.']).is_empty())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_comes_as_small_as_the_reader_takes_it() {
        let file = path("app.css").trim_start_matches("/assets/").to_owned();
        let mut headers = HeaderMap::new();
        headers.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("gzip, br"),
        );
        let response = serve(Path(file.clone()), headers.clone()).await;
        assert_eq!(response.headers()[header::CONTENT_ENCODING], "br");
        headers.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("br;q=0, gzip"),
        );
        let response = serve(Path(file.clone()), headers).await;
        assert_eq!(response.headers()[header::CONTENT_ENCODING], "gzip");
        let response = serve(Path(file), HeaderMap::new()).await;
        assert!(response.headers().get(header::CONTENT_ENCODING).is_none());
        let response = serve(Path("app.css".into()), HeaderMap::new()).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn the_front_end_stays_small() {
        let sent = |name: &str| {
            let asset = ASSETS.iter().find(|asset| asset.name == name).unwrap();
            asset.brotli.unwrap_or(asset.bytes).len()
        };
        // What every page loads, and what only a chart loads, as sent.
        assert!(sent("app.css") + sent("app.js") + sent("icons.svg") < 80_000);
        assert!(sent("chart.js") < 200_000);
    }
}
