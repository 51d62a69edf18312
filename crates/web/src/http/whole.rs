//! A body that is read whole: what it holds is counted until it is dropped.

use std::{
    ops::Deref,
    sync::{Arc, Mutex},
};

use axum::{
    RequestExt as _,
    body::Bytes,
    extract::{FromRequest, Request},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};

use super::{
    fault::Fault,
    room::{self, FILES, FILES_OF_ONE, Share, Unread},
};

/// The bytes of a body, as long as the limit of its route allows.
///
/// Stands behind whoever reads, so that what a person sends is counted as theirs.
pub struct Whole {
    bytes: Bytes,
    _share: Arc<Mutex<Share>>,
}

impl Deref for Whole {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl<S: Send + Sync> FromRequest<S> for Whole {
    type Rejection = Response;

    async fn from_request(request: Request, _: &S) -> Result<Self, Response> {
        let (parts, body) = request.with_limited_body().into_parts();
        let asked = parts.extensions.get();
        match room::read(body, usize::MAX, &FILES, asked, FILES_OF_ONE).await {
            Ok((bytes, share)) => Ok(Self {
                bytes,
                _share: share,
            }),
            Err(Unread::Crowded) => Err(Fault::from(room::crowded()).into_response()),
            Err(Unread::Long) => Err(StatusCode::PAYLOAD_TOO_LARGE.into_response()),
            Err(Unread::Slow) => Err(StatusCode::REQUEST_TIMEOUT.into_response()),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[tokio::test]
    async fn what_is_read_is_counted_until_it_is_dropped() {
        let read = |bytes: usize| async move {
            let body = Body::from(vec![b'x'; bytes]);
            Whole::from_request(Request::new(body), &()).await
        };
        // The first bytes of each are free.
        let free = room::FREE;
        let mut others = Share::new(&FILES, String::new());
        let first = read(free + 1_000).await.map_err(|_| ()).unwrap();
        assert_eq!(first.len(), free + 1_000);
        assert!(
            !others.take(FILES_OF_ONE - 999, FILES_OF_ONE),
            "it is counted"
        );
        drop(first);
        assert!(
            others.take(FILES_OF_ONE - 999, FILES_OF_ONE),
            "and given back"
        );
        let refusal = read(free + 1_000).await.map(|_| ()).unwrap_err();
        assert_eq!(refusal.status(), 503);
        assert!(read(free).await.is_ok(), "a small one has room");
    }
}
