//! A body that is read whole: what it holds is counted until it is dropped.

use std::{
    ops::Deref,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request},
    response::{IntoResponse as _, Response},
};

use super::{
    fault::Fault,
    room::{self, Counted, FILES, FILES_OF_ONE, Share},
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

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let share = Share::new(&FILES, room::caller(request.extensions().get()));
        let share = Arc::new(Mutex::new(share));
        let full: Arc<AtomicBool> = Arc::default();
        let (counted, refused) = (Arc::clone(&share), Arc::clone(&full));
        let request = request.map(|body| {
            Body::new(Counted::new(body, move |bytes| {
                let mut share = counted.lock().unwrap_or_else(PoisonError::into_inner);
                let fits = share.take(bytes, FILES_OF_ONE);
                refused.fetch_or(!fits, Ordering::Relaxed);
                fits
            }))
        });
        match Bytes::from_request(request, state).await {
            Ok(bytes) => Ok(Self {
                bytes,
                _share: share,
            }),
            Err(_) if full.load(Ordering::Relaxed) => {
                Err(Fault::from(room::crowded()).into_response())
            }
            Err(refusal) => Err(refusal.into_response()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_read_is_counted_until_it_is_dropped() {
        let read = |bytes: usize| async move {
            let body = Body::from(vec![b'x'; bytes]);
            Whole::from_request(Request::new(body), &()).await
        };
        let mut others = Share::new(&FILES, String::new());
        let first = read(1_000).await.map_err(|_| ()).unwrap();
        assert_eq!(first.len(), 1_000);
        assert!(
            !others.take(FILES_OF_ONE - 999, FILES_OF_ONE),
            "it is counted"
        );
        drop(first);
        assert!(
            others.take(FILES_OF_ONE - 999, FILES_OF_ONE),
            "and given back"
        );
        let refusal = read(1_000).await.map(|_| ()).unwrap_err();
        assert_eq!(refusal.status(), 503);
    }
}
