//! What forms that are being read may hold in memory, by the address that sends them: who does
//! not end one must not fill the memory with a thousand.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{
        Arc, LazyLock, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use app::seats::network;
use axum::{
    Error,
    body::{Body, Bytes},
};
use http_body::Frame;

/// Of each form so much is not counted.
const FREE: usize = 16 << 10;
/// Of one address.
const EACH: usize = 4 << 20;
/// Of all together.
const ALL: usize = 64 << 20;

static HELD: LazyLock<Mutex<HashMap<String, usize>>> = LazyLock::new(Mutex::default);

/// A body whose bytes are counted while it is read, and until it is dropped.
pub(super) struct Roomy {
    body: Body,
    remote: String,
    read: usize,
    /// Of that, what is counted.
    bytes: usize,
    full: Arc<AtomicBool>,
}

impl Roomy {
    /// `remote` is an address; of IPv6 its /64 is counted. `full` is set when there is no room.
    pub(super) fn new(body: Body, remote: &str, full: &Arc<AtomicBool>) -> Self {
        let address = remote.parse().map(network);
        Self {
            body,
            remote: address.map_or_else(|_| remote.to_owned(), |address| address.to_string()),
            read: 0,
            bytes: 0,
            full: Arc::clone(full),
        }
    }

    fn take(&mut self, bytes: usize) -> bool {
        self.read += bytes;
        // What a sign-in needs nobody takes from others: there are so many connections at most.
        let bytes = self.read.saturating_sub(FREE).min(bytes);
        if bytes == 0 {
            return true;
        }
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
        self.full.store(true, Ordering::Relaxed);
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
        let full = Arc::default();
        let mut first = Roomy::new(Body::empty(), "10.0.0.1", &full);
        assert!(first.take(FREE + EACH - 1));
        let more = |remote| Roomy::new(Body::from(vec![b'x'; FREE + 2]), remote, &full);
        let small = Roomy::new(Body::from(vec![b'x'; FREE]), "10.0.0.1", &full);
        assert!(to_bytes(Body::new(small), FREE).await.is_ok(), "a sign-in");
        assert!(
            to_bytes(Body::new(more("10.0.0.1")), 2 * FREE)
                .await
                .is_err()
        );
        assert!(full.load(Ordering::Relaxed));
        assert!(
            to_bytes(Body::new(more("10.0.0.2")), 2 * FREE)
                .await
                .is_ok()
        );
        drop(first);
        assert!(
            to_bytes(Body::new(more("10.0.0.1")), 2 * FREE)
                .await
                .is_ok()
        );
        assert!(!HELD.lock().unwrap().contains_key("10.0.0.1"));
    }
}
