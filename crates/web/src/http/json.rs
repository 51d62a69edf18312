//! Bodies of JSON: one reader counts them and says what is wrong with them.

use axum::{
    extract::{FromRequest, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::{
    label::Label,
    problem::{Problem, ProblemKind},
};
use serde::de::DeserializeOwned;

use super::{fault::Fault, whole::Whole};

/// A body of JSON, counted as [`Whole`] is. No route takes axum's own reader, which counts nothing.
pub struct JsonBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let headers = request.headers().clone();
        let bytes = Whole::from_request(request, state).await?;
        let read = read_json(&headers, &bytes).map(Self);
        read.map_err(Fault::into_response)
    }
}

/// Reads a JSON object. A type is not asked for; what is sent as another is not read.
///
/// # Errors
/// 415 for what says that it is something else, 400 for what is not read.
pub fn read_json<T: DeserializeOwned>(headers: &HeaderMap, bytes: &[u8]) -> Result<T, Fault> {
    let kind = headers.get(header::CONTENT_TYPE);
    let json = |kind: &HeaderValue| {
        let kind = kind.to_str().unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let kind = kind.to_ascii_lowercase();
        kind == "application/json" || kind.ends_with("+json")
    };
    if !kind.is_none_or(json) {
        let problem = Problem::new(
            ProblemKind::Invalid,
            Label::new(
                "Không nhận dữ liệu kiểu này",
                "Content of this type is not taken",
            ),
            "Content-Type",
            Label::new("Gửi application/json.", "Send application/json."),
        );
        return Err(Fault::with_status(
            problem,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let problem = Problem::new(
            ProblemKind::Invalid,
            Label::new(
                "Nội dung không phải đối tượng JSON mà địa chỉ này nhận",
                "The body is not the JSON object that this address takes",
            ),
            error.to_string(),
            Label::new(
                "Gửi {\"trường\": giá trị, …}.",
                "Send {\"field\": value, …}.",
            ),
        );
        Fault::with_status(problem, StatusCode::BAD_REQUEST)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use axum::body::Body;

    use super::*;
    use crate::http::room::{FILES, FILES_OF_ONE, FREE, Share};

    #[tokio::test]
    async fn a_body_of_json_is_counted_as_every_other() {
        let read = |text: String| async move {
            let read = JsonBody::<BTreeMap<String, String>>::from_request(
                Request::new(Body::from(text)),
                &(),
            );
            read.await
                .map(|JsonBody(map)| map.len())
                .map_err(|r| r.status())
        };
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(FREE + 1_000));
        assert_eq!(read(long.clone()).await, Ok(1));
        let mut others = Share::new(&FILES, String::new());
        assert!(others.take(FILES_OF_ONE - 500, FILES_OF_ONE));
        assert_eq!(read(long).await, Err(StatusCode::SERVICE_UNAVAILABLE));
        drop(others);
        assert_eq!(read("{".into()).await, Err(StatusCode::BAD_REQUEST));
        assert_eq!(read("{\"a\":1}".into()).await, Err(StatusCode::BAD_REQUEST));
    }
}
