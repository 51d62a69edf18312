//! The front door: who is let in, and how long a caller may keep us waiting.
//!
//! A connection has a seat ([`Seats`]). While it keeps us waiting (for a request, for the
//! rest of one) it gives the seat up to who comes when there is no other; while we work for
//! it, it keeps it. So half requests, however many, shut nobody out.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use app::seats::{Places, Seat};
use axum::{
    Error,
    body::{Body, Bytes},
    extract::{ConnectInfo, Request},
};
use http_body::{Frame, SizeHint};
use hyper::{body::Incoming, server::conn::http1, service::Service as _};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    time::{Instant, Sleep, sleep, timeout},
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::task::TaskTracker;

use crate::server::{Web, router};

/// How long a caller may take to send the head of a request, or to send another one.
const HEAD: Duration = Duration::from_secs(30);
/// How long agreeing on keys may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a body may pause, and the time that it has before its pace counts.
const PAUSE: Duration = Duration::from_secs(30);
/// The least pace of a body after that, bytes a second: 8 kbit/s.
const PACE: u64 = 1024;
/// How long a caller may take nothing of an answer.
const STUCK: Duration = Duration::from_secs(60);

/// What is kept of a head that has not ended, and read ahead of a body, bytes.
const READ_AHEAD: usize = 32 << 10;

/// How many connections there are where nobody has said.
pub const PLACES: Places = Places {
    all: 2_048,
    each: 512,
    quiet: Duration::ZERO,
};

/// Makes of an accepted connection one that requests come over.
pub trait Welcome: Clone + Send + Sync + 'static {
    /// What they come over.
    type Io: AsyncRead + AsyncWrite + Send + 'static;

    /// Agrees on keys, or on nothing.
    fn welcome(&self, stream: TcpStream) -> impl Future<Output = io::Result<Self::Io>> + Send;
}

/// Plain HTTP.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

impl Welcome for Plain {
    type Io = TcpStream;

    async fn welcome(&self, stream: TcpStream) -> io::Result<TcpStream> {
        Ok(stream)
    }
}

/// Serves until `web.stop` is cancelled; requests that run are finished.
pub async fn serve(listener: TcpListener, welcome: impl Welcome, web: Web) {
    let service = TowerToHyperService::new(router(web.clone()));
    let connections = TaskTracker::new();
    web.app.upkeep.watch_callers(web.seats.clone());
    loop {
        let accepted = tokio::select! {
            biased;
            () = web.stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, most often: somebody quiet has to go.
                tracing::warn!(%error, "a connection was not taken");
                web.seats.make_room();
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let address = peer.ip().to_canonical();
        let Some(seat) = web.seats.enter(address, web.is_proxy(address)) else {
            continue;
        };
        let (welcome, service) = (welcome.clone(), service.clone());
        let stop = web.stop.clone();
        connections.spawn(async move {
            let serving = async {
                // Answers are short: nothing is gained by waiting for more to send.
                stream.set_nodelay(true)?;
                let agreed = timeout(HANDSHAKE, welcome.welcome(stream)).await;
                let io = agreed.map_err(|_| io::ErrorKind::TimedOut)??;
                converse(io, peer, &seat, service, stop).await
            };
            let ended = tokio::select! {
                ended = serving => ended,
                () = seat.left() => Ok(()),
            };
            if let Err(error) = ended {
                tracing::debug!(%peer, %error, "a connection ended");
            }
        });
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

async fn converse(
    io: impl AsyncRead + AsyncWrite + Send + 'static,
    peer: SocketAddr,
    seat: &Seat,
    service: TowerToHyperService<axum::Router>,
    stop: tokio_util::sync::CancellationToken,
) -> io::Result<()> {
    let mut io = TimeoutStream::new(io);
    io.set_write_timeout(Some(STUCK));
    let answer = hyper::service::service_fn(|request: Request<Incoming>| {
        let work = Arc::new(Work::begin(seat.clone()));
        let mut request = request.map(|body| Body::new(Patient::new(body, Arc::clone(&work))));
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(seat.clone());
        let answer = service.call(request);
        async move {
            let answer = answer.await?;
            let watched = |body| Body::new(Watched { body, _work: work });
            Ok::<_, std::convert::Infallible>(answer.map(watched))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(READ_AHEAD)
        .serve_connection(TokioIo::new(Box::pin(io)), answer);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    ended.map_err(io::Error::other)
}

/// A request from its head to the end of its answer.
struct Work(Seat);

impl Work {
    fn begin(seat: Seat) -> Self {
        seat.working(true);
        Self(seat)
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.0.waiting(false);
        self.0.working(false);
    }
}

/// The body of a request, which must not pause nor drip.
struct Patient {
    body: Incoming,
    work: Arc<Work>,
    /// How long it may still be waited for: it grows with what comes, up to [`PAUSE`].
    patience: Duration,
    waited_from: Instant,
    /// Runs while more is waited for.
    late: Option<Pin<Box<Sleep>>>,
}

impl Patient {
    fn new(body: Incoming, work: Arc<Work>) -> Self {
        Self {
            body,
            work,
            patience: PAUSE,
            waited_from: Instant::now(),
            late: None,
        }
    }

    /// Notes that a piece has come: waiting for it took patience, its bytes give some back.
    /// So what came fast at first buys no slow end.
    fn came(&mut self, waited: Duration, bytes: usize) {
        let gained = Duration::from_millis(1000 * bytes as u64 / PACE);
        self.patience = (self.patience.saturating_sub(waited) + gained).min(PAUSE);
    }
}

impl http_body::Body for Patient {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(frame) = polled {
            let waited = (self.late.take()).map_or(Duration::ZERO, |_| self.waited_from.elapsed());
            self.work.0.waiting(false);
            self.work.0.heard();
            if let Some(Ok(frame)) = &frame
                && let Some(data) = frame.data_ref()
            {
                let bytes = data.len();
                self.came(waited, bytes);
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Error::new)));
        }
        self.work.0.waiting(true);
        let (now, patience) = (Instant::now(), self.patience);
        if self.late.is_none() {
            self.waited_from = now;
        }
        let late = self
            .late
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(now + patience)));
        ready!(late.as_mut().poll(cx));
        let slow = io::Error::new(io::ErrorKind::TimedOut, "the request came too slowly");
        Poll::Ready(Some(Err(Error::new(slow))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Patient {
    fn drop(&mut self) {
        self.work.0.waiting(false);
    }
}

/// The body of an answer: the work lasts until it is sent.
struct Watched {
    body: Body,
    _work: Arc<Work>,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Web {
    /// Whether an address is one of our proxies, behind which many callers stand.
    fn is_proxy(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|proxy| proxy.contains(address))
    }
}
