//! What forms that are being read may hold in memory, by the address that sends them: who does
//! not end one must not fill the memory with a thousand.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{LazyLock, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use axum::{
    Error,
    body::{Body, Bytes},
};
use http_body::Frame;

/// Of one address.
const EACH: usize = 4 << 20;
/// Of all together.
const ALL: usize = 64 << 20;

static HELD: LazyLock<Mutex<HashMap<String, usize>>> = LazyLock::new(Mutex::default);

/// A body whose bytes are counted while it is read, and until it is dropped.
pub(super) struct Roomy {
    body: Body,
    remote: String,
    bytes: usize,
}

impl Roomy {
    pub(super) fn new(body: Body, remote: &str) -> Self {
        Self {
            body,
            remote: remote.to_owned(),
            bytes: 0,
        }
    }

    fn take(&mut self, bytes: usize) -> bool {
        let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = held.values().sum();
        let own = held.get(&self.remote).copied().unwrap_or_default();
        let room = own + bytes <= EACH && all + bytes <= ALL;
        if room {
            held.insert(self.remote.clone(), own + bytes);
            self.bytes += bytes;
        }
        room
    }
}

impl Drop for Roomy {
    fn drop(&mut self) {
        let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = held.get_mut(&self.remote) {
            *own = own.saturating_sub(self.bytes);
            if *own == 0 {
                held.remove(&self.remote);
            }
        }
    }
}

impl http_body::Body for Roomy {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        let bytes = match &frame {
            Some(Ok(frame)) => frame.data_ref().map_or(0, Bytes::len),
            _ => 0,
        };
        if self.take(bytes) {
            return Poll::Ready(frame);
        }
        let much = std::io::Error::other("too many forms are being read");
        Poll::Ready(Some(Err(Error::new(much))))
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    #[tokio::test]
    async fn the_forms_of_one_address_have_a_bound_and_the_next_has_room() {
        let body = || Body::from(vec![0; EACH - 1]);
        let mut first = Roomy::new(body(), "10.0.0.1");
        assert!(first.take(EACH - 1));
        let more = |remote| Roomy::new(Body::from("ab"), remote);
        assert!(to_bytes(Body::new(more("10.0.0.1")), 9).await.is_err());
        assert!(to_bytes(Body::new(more("10.0.0.2")), 9).await.is_ok());
        drop(first);
        assert!(to_bytes(Body::new(more("10.0.0.1")), 9).await.is_ok());
        assert!(!HELD.lock().unwrap().contains_key("10.0.0.1"));
    }
}
