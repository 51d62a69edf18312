//! Streams of syslog lines over TCP.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use vault::Transport;
use wire::framing::{Decoder, Frame};

use super::intake::{Arrival, Intake, add};
use super::pipeline::Pipeline;
use crate::allowance::Grant;
use crate::seats::Seat;

/// Bytes read at once.
const CHUNK: usize = 64 * 1024;
/// At the stop, so many bytes that have already arrived are still taken.
const LAST: usize = 4 << 20;

/// Accepts connections until `cancel`, then waits for them to end.
pub(super) async fn serve(listener: TcpListener, intake: Arc<Intake>, cancel: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = cancel.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let peer = peer.ip().to_canonical();
                let Some(seat) = seat(&intake, peer) else {
                    continue;
                };
                let (intake, cancel) = (Arc::clone(&intake), cancel.clone());
                connections.spawn(async move {
                    if let Err(error) = connection(&stream, peer, intake, cancel, seat).await {
                        tracing::debug!(%peer, %error, "a syslog connection ended");
                    }
                });
            }
            Err(error) => {
                // Out of file descriptors, mostly: the listener lives on.
                tracing::warn!(%error, "cannot accept a syslog connection");
                intake.strangers.make_room();
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    while connections.join_next().await.is_some() {}
}

/// A seat among the registered senders, or among the others while their share lasts.
fn seat(intake: &Intake, peer: IpAddr) -> Option<Seat> {
    if intake.is_registered(peer) {
        return intake.registered.enter(peer, false);
    }
    if intake.allows(peer, 0, 0) == Grant::Spent {
        intake.turned_away();
        return None;
    }
    intake.strangers.enter(peer, false)
}

async fn connection(
    stream: &TcpStream,
    peer: IpAddr,
    intake: Arc<Intake>,
    cancel: CancellationToken,
    seat: Seat,
) -> io::Result<()> {
    socket2::SockRef::from(stream).set_tcp_keepalive(
        &socket2::TcpKeepalive::new()
            .with_time(Duration::from_secs(300))
            .with_interval(Duration::from_secs(60)),
    )?;
    let mut reader = Reader {
        peer,
        decoder: Decoder::new(intake.settings.max_line),
        pipeline: Pipeline::new(Arc::clone(&intake), cancel.clone()),
        chunk: vec![0; CHUNK],
        open_since: None,
        wait_until: None,
        spent: false,
        seat,
        intake,
    };
    let ended = reader.run(stream, &cancel).await;
    reader.last_lines();
    reader.pipeline.finish().await;
    ended
}

struct Reader {
    intake: Arc<Intake>,
    peer: IpAddr,
    decoder: Decoder,
    pipeline: Pipeline,
    chunk: Vec<u8>,
    /// Since when a frame has been open without any having ended.
    open_since: Option<Instant>,
    /// Until when an unregistered sender has sent enough.
    wait_until: Option<Instant>,
    /// The sender is not registered and has nothing left of its share.
    spent: bool,
    seat: Seat,
}

impl Reader {
    async fn run(&mut self, stream: &TcpStream, cancel: &CancellationToken) -> io::Result<()> {
        let (idle, frame) = (
            self.intake.settings.idle_timeout,
            self.intake.settings.frame_timeout,
        );
        let mut heard = Instant::now();
        let mut paused = false;
        loop {
            self.wait_until = self.wait_until.filter(|until| *until > Instant::now());
            let room = self.pipeline.has_room() && self.wait_until.is_none();
            if room && paused {
                // Time in which we did not read is not the sender's.
                heard = Instant::now();
                self.open_since = self.open_since.map(|_| heard);
            }
            paused = !room;
            let unended = self.open_since.map(|since| since + frame);
            // Asked before reading, so that a flood without line ends is noticed, too.
            if room && unended.is_some_and(|at| at <= Instant::now()) {
                add(&self.intake.counters.frames_unended, 1);
                tracing::warn!(peer = %self.peer, "a syslog sender did not end its frame");
                return Ok(());
            }
            let deadline = unended.map_or(heard + idle, |at| at.min(heard + idle));
            tokio::select! {
                biased;
                () = cancel.cancelled() => return self.take_last(stream),
                () = self.seat.left() => return self.take_last(stream),
                () = self.pipeline.written() => {}
                ready = stream.readable(), if room => {
                    ready?;
                    match self.read(stream)? {
                        None => {}
                        Some(0) => return Ok(()),
                        Some(_) => {
                            heard = Instant::now();
                            self.seat.heard();
                        }
                    }
                    if self.spent {
                        self.intake.turned_away();
                        return Ok(());
                    }
                }
                () = until(self.wait_until), if self.wait_until.is_some() => {}
                () = tokio::time::sleep_until(deadline.into()), if room => {
                    if heard + idle <= Instant::now() {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Takes what has already arrived, but not without end.
    fn take_last(&mut self, stream: &TcpStream) -> io::Result<()> {
        let mut last = 0;
        while last < LAST && !self.spent {
            match self.read(stream)? {
                Some(n) if n > 0 => last += n,
                _ => break,
            }
        }
        Ok(())
    }

    /// Reads what is there, one chunk at most; `None` when nothing is, `Some(0)` at the end.
    fn read(&mut self, stream: &TcpStream) -> io::Result<Option<usize>> {
        let n = match stream.try_read(&mut self.chunk) {
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(e) => return Err(e),
        };
        let frames = self.feed(n);
        let open = self.decoder.held() > 0 || n > 0 && frames == 0;
        if frames > 0 {
            self.open_since = None;
        }
        if open && self.open_since.is_none() {
            self.open_since = Some(Instant::now());
        }
        self.pipeline.added();
        if !self.intake.is_registered(self.peer) {
            match self.intake.allows(self.peer, frames, n) {
                Grant::Now => {}
                Grant::After(wait) => self.wait_until = Instant::now().checked_add(wait),
                Grant::Spent => self.spent = true,
            }
        }
        Ok(Some(n))
    }

    fn feed(&mut self, n: usize) -> usize {
        let table = self.intake.sources.load();
        let at_peer = table.get(&self.peer);
        let received_at = self.intake.clock.now();
        let (intake, load, peer) = (&self.intake, &mut self.pipeline.load, self.peer);
        let mut frames = 0;
        self.decoder.feed(&self.chunk[..n], |frame| {
            frames += 1;
            intake.take(load, &arrival(frame, peer, received_at), at_peer);
        });
        frames
    }

    /// The stream is over: takes what an unfinished frame holds.
    fn last_lines(&mut self) {
        let table = self.intake.sources.load();
        let at_peer = table.get(&self.peer);
        let received_at = self.intake.clock.now();
        let (intake, load, peer) = (&self.intake, &mut self.pipeline.load, self.peer);
        self.decoder.finish(|frame| {
            intake.take(load, &arrival(frame, peer, received_at), at_peer);
        });
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

fn arrival(frame: Frame<'_>, peer: IpAddr, received_at: jiff::Timestamp) -> Arrival<'_> {
    Arrival {
        bytes: frame.bytes,
        ending: frame.ending,
        peer,
        transport: Transport::Tcp,
        received_at,
    }
}

/// Opens a listening socket.
pub(super) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = super::listener::socket(address, socket2::Type::STREAM)?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(1_024)?;
    TcpListener::from_std(socket.into())
}
