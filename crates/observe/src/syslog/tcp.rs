//! Streams of syslog lines over TCP.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use vault::Transport;
use wire::framing::{Decoder, Frame};

use super::intake::{Arrival, Intake, add};
use super::pipeline::{JUST_ARRIVED, Pipeline};
use crate::allowance::Grant;
use crate::seats::Seat;

/// Bytes read at once.
const CHUNK: usize = 64 * 1024;
/// The same from a sender that is not registered: what it may send is asked before each read,
/// so it is over its share by no more than the lines of one.
const SIP: usize = 512;
/// At the end, so many bytes that have already arrived are still taken,
const LAST: usize = 4 << 20;
/// within so long.
const LAST_FOR: Duration = Duration::from_secs(5);
/// Whoever waits asks again at least so often.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Accepts connections until `cancel`, then waits for them to end.
pub(super) async fn serve(
    listener: Arc<TcpListener>,
    intake: Arc<Intake>,
    cancel: CancellationToken,
) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = cancel.cancelled() => break,
            Some(ended) = connections.join_next() => {
                add(&intake.counters.panics, u64::from(ended.is_err_and(|e| e.is_panic())));
                continue;
            }
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let peer = peer.ip().to_canonical();
                let known = intake.is_registered(peer);
                let Some(seat) = seat(&intake, peer, known) else {
                    continue;
                };
                let (intake, cancel) = (Arc::clone(&intake), cancel.clone());
                connections.spawn(async move {
                    if let Err(error) =
                        connection(&stream, peer, intake, cancel, (known, seat)).await
                    {
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
fn seat(intake: &Intake, peer: IpAddr, known: bool) -> Option<Seat> {
    if known {
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
    (known, seat): (bool, Seat),
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
        over_since: None,
        spent: false,
        changes: intake.changes(),
        known,
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
    /// Until when the sender has sent enough.
    wait_until: Option<Instant>,
    /// Since when it has been over its own share whenever there was something to read.
    over_since: Option<Instant>,
    /// The sender is not registered and has nothing left of its share.
    spent: bool,
    /// Tells when the registered senders change.
    changes: watch::Receiver<()>,
    /// Whether the sender is registered, as its seat has it.
    known: bool,
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
            if !self.keeps_seat() {
                return self.take_last(stream).await;
            }
            // Asked before reading: others at the same address, or all, may have sent enough.
            self.ask(0, 0);
            if self.spent || self.is_long_over() {
                self.intake.turned_away();
                return Ok(());
            }
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
                () = cancel.cancelled() => return self.take_last(stream).await,
                () = self.seat.left() => return self.take_last(stream).await,
                Ok(()) = self.changes.changed() => {}
                () = self.pipeline.written() => {}
                ready = stream.readable(), if room => {
                    ready?;
                    match self.read(stream)? {
                        None => self.over_since = None,
                        Some(0) => return Ok(()),
                        Some(_) => {
                            heard = Instant::now();
                            self.seat.heard();
                        }
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

    /// Changes to a seat of the other kind when the sender was registered since it came, or is
    /// no longer; whether there was one.
    fn keeps_seat(&mut self) -> bool {
        let known = self.intake.is_registered(self.peer);
        if known != self.known {
            let Some(seat) = seat(&self.intake, self.peer, known) else {
                return false;
            };
            (self.known, self.seat) = (known, seat);
            (self.over_since, self.spent) = (None, false);
        }
        true
    }

    /// Counts what came, and finds out how long the sender has to wait.
    fn ask(&mut self, lines: usize, bytes: usize) {
        self.wait_until = None;
        let grant = if self.known {
            self.intake.paces(self.peer, lines, bytes)
        } else {
            self.intake.allows(self.peer, lines, bytes)
        };
        match grant {
            Grant::Now => {}
            Grant::After(wait) => {
                let now = Instant::now();
                self.wait_until = Some(now + wait.min(LONGEST_WAIT));
                if !self.known && self.intake.allowances.owes(self.peer) {
                    self.over_since = self.over_since.or(Some(now));
                }
            }
            Grant::Spent => self.spent = true,
        }
    }

    /// Whether the sender has been over its share for so long that it only holds a seat.
    fn is_long_over(&self) -> bool {
        self.over_since
            .is_some_and(|since| since.elapsed() >= self.intake.settings.over_share)
    }

    /// Takes what has already arrived, in the sender's share and as fast as it is written, but
    /// not without end.
    async fn take_last(&mut self, stream: &TcpStream) -> io::Result<()> {
        let until = Instant::now() + LAST_FOR;
        // What has just arrived may not have been told of yet.
        let _ = tokio::time::timeout(JUST_ARRIVED, stream.readable()).await;
        let mut last = 0;
        while last < LAST && Instant::now() < until {
            if !self.pipeline.has_room() {
                // Out of time, the loop ends.
                let _ = tokio::time::timeout_at(until.into(), self.pipeline.written()).await;
                continue;
            }
            self.ask(0, 0);
            if self.spent || self.wait_until.is_some() {
                break;
            }
            match self.read(stream)? {
                Some(n) if n > 0 => last += n,
                _ => break,
            }
        }
        Ok(())
    }

    /// Reads what is there, one chunk at most; `None` when nothing is, `Some(0)` at the end.
    fn read(&mut self, stream: &TcpStream) -> io::Result<Option<usize>> {
        let most = if self.known { CHUNK } else { SIP };
        let n = match stream.try_read(&mut self.chunk[..most]) {
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
        self.ask(frames, n);
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
        let mut frames = 0;
        self.decoder.finish(|frame| {
            frames += 1;
            intake.take(load, &arrival(frame, peer, received_at), at_peer);
        });
        // Its bytes were counted as they came. One line a connection is a share, too.
        self.ask(frames, 0);
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
