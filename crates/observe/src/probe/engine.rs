//! The loop that sends, receives and gives up.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use domain::id::TargetId;
use domain::reachability::{Failure, Moment, Outcome, Sample};
use nix::errno::Errno;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::packet::{self, Mark};
use super::prober::{Counters, Settings, Shared};
use super::schedule::Schedule;
use super::socket::IcmpSocket;
use super::{Capability, Method, ProbeError, ProbeTarget, Timebase, Way, tcp};

/// The loop wakes at most this often. Answers are stamped by the kernel when
/// they arrive, so that looking for them only now and then costs no accuracy.
const BEAT: Duration = Duration::from_millis(20);
/// Most probes sent in one beat, so that no stall ends in a burst.
const BURST: usize = 200;
/// A target asked for while its TCP probe is under way is looked at again after this.
const AGAIN: Duration = Duration::from_secs(1);
/// Answers are fetched after so many probes, so that the socket does not overflow.
const BETWEEN_DRAINS: usize = 64;

#[derive(Debug)]
struct InFlight {
    target: TargetId,
    sent: Instant,
    moment: Moment,
}

struct TcpDone {
    target: ProbeTarget,
    moment: Moment,
    outcome: Option<Outcome>,
}

pub(super) struct Engine {
    settings: Settings,
    timebase: Timebase,
    shared: Arc<Shared>,
    sender: mpsc::Sender<Vec<Sample>>,
    sockets: [Option<IcmpSocket>; 2],
    mark: Mark,
    schedule: Schedule,
    next_number: u64,
    in_flight: HashMap<u64, InFlight>,
    expiry: BinaryHeap<Reverse<(Instant, u64)>>,
    finished: Vec<Sample>,
    permits: Arc<Semaphore>,
    /// Targets whose TCP probe waits for its turn or is under way: one each, so
    /// that slow targets cannot pile up.
    tcp_pending: HashSet<TargetId>,
    tcp_sender: mpsc::Sender<TcpDone>,
    tcp_results: mpsc::Receiver<TcpDone>,
}

impl Engine {
    pub(super) fn new(
        settings: Settings,
        timebase: Timebase,
        shared: Arc<Shared>,
        sender: mpsc::Sender<Vec<Sample>>,
    ) -> Result<(Self, Capability), ProbeError> {
        let mut random = [0; 10];
        getrandom::fill(&mut random).map_err(ProbeError::Random)?;
        let mark = Mark {
            identifier: u16::from_be_bytes([random[0], random[1]]),
            secret: u64::from_be_bytes(std::array::from_fn(|i| random[i + 2])),
        };
        let mut capability = settings.capability.clone();
        let sockets = [
            open(false, &mut capability.v4, mark.identifier),
            open(true, &mut capability.v6, mark.identifier),
        ];
        let (tcp_sender, tcp_results) = mpsc::channel(4_096);
        let engine = Self {
            permits: Arc::new(Semaphore::new(settings.tcp_at_once.max(1))),
            settings,
            timebase,
            shared,
            sender,
            sockets,
            mark,
            schedule: Schedule::default(),
            next_number: 0,
            in_flight: HashMap::new(),
            expiry: BinaryHeap::new(),
            finished: Vec::new(),
            tcp_pending: HashSet::new(),
            tcp_sender,
            tcp_results,
        };
        Ok((engine, capability))
    }

    pub(super) async fn run(mut self, cancel: CancellationToken) {
        loop {
            let beat = Instant::now();
            self.take_wishes(beat);
            self.drain();
            // Only after the socket is empty is a missing answer a missing answer:
            // this task may not have run for longer than a timeout.
            self.expire(beat);
            let more = self.send_due();
            self.drain();
            while let Ok(done) = self.tcp_results.try_recv() {
                self.tcp_done(&done);
            }
            self.hand_over();

            let next = self.next_event(beat, more);
            let sleep = async {
                match next {
                    Some(at) => tokio::time::sleep_until(at.max(beat + BEAT).into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = cancel.cancelled() => break,
                () = sleep => {}
                () = self.shared.wake.notified() => {}
                Some(done) = self.tcp_results.recv() => self.tcp_done(&done),
            }
        }
        self.drain();
        self.flush().await;
    }

    fn next_event(&self, beat: Instant, more: bool) -> Option<Instant> {
        // Answers under way and samples not yet taken want a look at the next beat.
        if more || !self.in_flight.is_empty() || !self.finished.is_empty() {
            return Some(beat + BEAT);
        }
        self.schedule.next_due()
    }

    fn take_wishes(&mut self, now: Instant) {
        let wishes = std::mem::take(&mut *self.shared.wishes());
        if let Some(targets) = wishes.targets {
            self.schedule.replace(targets, now);
            let count = self.schedule.len() as u64;
            self.shared.counters.targets.store(count, Ordering::Relaxed);
        }
        for (id, at) in wishes.probes {
            self.schedule.ask(id, at);
        }
    }

    /// Sends what is due; true when some had to wait for the next beat.
    fn send_due(&mut self) -> bool {
        for sent in 1..=BURST {
            let now = Instant::now();
            let Some(target) = self.schedule.pop(now) else {
                return false;
            };
            match (
                target.method,
                self.sockets[family(target.address)].is_some(),
            ) {
                (Method::Icmp, true) => {
                    if !self.send_echo(&target) {
                        self.defer(target.id);
                        return true;
                    }
                }
                (Method::Icmp, false) => self.start_tcp(target, None),
                (Method::Tcp(port), _) => self.start_tcp(target, Some(port)),
            }
            if sent % BETWEEN_DRAINS == 0 {
                self.drain();
            }
        }
        true
    }

    /// False when this machine has no room to send.
    fn send_echo(&mut self, target: &ProbeTarget) -> bool {
        let number = self.next_number;
        self.next_number += 1;
        let Some(socket) = &self.sockets[family(target.address)] else {
            return true;
        };
        let bytes = packet::request(socket.is_v6(), self.mark, number);
        let moment = self.timebase.now();
        let sent = Instant::now();
        let result = socket.send(target.address, &bytes);
        let failure = match result {
            Ok(()) => {
                Counters::add(&self.shared.counters.sent, 1);
                let timeout = Duration::from_millis(u64::from(target.pace.timeout_ms.max(1)));
                self.expiry.push(Reverse((sent + timeout, number)));
                let in_flight = InFlight {
                    target: target.id,
                    sent,
                    moment,
                };
                self.in_flight.insert(number, in_flight);
                return true;
            }
            Err(Errno::EAGAIN | Errno::ENOBUFS | Errno::ENOMEM | Errno::EINTR) => return false,
            // No way from here: that is about our own connection, which the fleet judges.
            Err(Errno::ENETUNREACH | Errno::EHOSTUNREACH | Errno::ENETDOWN) => Failure::NoRoute,
            // A rule of our own firewall, no address to send from: nothing was sent.
            Err(_) => {
                Counters::add(&self.shared.counters.unsent, 1);
                let outcome = Outcome::Failed(Failure::Forbidden);
                self.finished.push(Sample {
                    target: target.id,
                    sent: moment,
                    outcome,
                });
                return true;
            }
        };
        Counters::add(&self.shared.counters.sent, 1);
        self.finish(target.id, moment, Outcome::Failed(failure));
        true
    }

    fn start_tcp(&mut self, target: ProbeTarget, port: Option<u16>) {
        if !self.tcp_pending.insert(target.id) {
            self.schedule.ask(target.id, Instant::now() + AGAIN);
            return;
        }
        let permits = Arc::clone(&self.permits);
        let results = self.tcp_sender.clone();
        let timebase = self.timebase.clone();
        let shared = Arc::clone(&self.shared);
        let knock_ports = match port {
            Some(_) => Vec::new(),
            None => self.settings.knock_ports.clone(),
        };
        tokio::spawn(async move {
            let Ok(_permit) = permits.acquire_owned().await else {
                return;
            };
            let moment = timebase.now();
            let timeout = Duration::from_millis(u64::from(target.pace.timeout_ms.max(1)));
            Counters::add(&shared.counters.sent, 1);
            let outcome = match port {
                Some(port) => tcp::connect(target.address, port, timeout).await,
                None => tcp::knock(target.address, &knock_ports, timeout).await,
            };
            // Nobody listens any more once the engine has stopped.
            let _ = results
                .send(TcpDone {
                    target,
                    moment,
                    outcome,
                })
                .await;
        });
    }

    fn tcp_done(&mut self, done: &TcpDone) {
        self.tcp_pending.remove(&done.target.id);
        match done.outcome {
            Some(outcome) => self.finish(done.target.id, done.moment, outcome),
            None => self.defer(done.target.id),
        }
    }

    fn defer(&mut self, id: TargetId) {
        Counters::add(&self.shared.counters.deferred, 1);
        self.schedule.ask(id, Instant::now() + BEAT * 5);
    }

    fn drain(&mut self) {
        for socket in self.sockets.iter_mut().flatten() {
            let (v6, ip_header) = (socket.is_v6(), socket.has_ip_header());
            while let Some(received) = socket.receive() {
                let now = Instant::now();
                let Some(number) = packet::reply(received.bytes, v6, ip_header, self.mark.secret)
                else {
                    continue;
                };
                let Some(probe) = self.in_flight.remove(&number) else {
                    Counters::add(&self.shared.counters.late, 1);
                    continue;
                };
                let elapsed = now.saturating_duration_since(probe.sent);
                let rtt = elapsed.saturating_sub(received.waited);
                Counters::add(&self.shared.counters.answered, 1);
                let rtt_us = u32::try_from(rtt.as_micros()).unwrap_or(u32::MAX);
                self.finished.push(Sample {
                    target: probe.target,
                    sent: probe.moment,
                    outcome: Outcome::Answered { rtt_us },
                });
            }
        }
    }

    fn expire(&mut self, now: Instant) {
        while let Some(&Reverse((at, number))) = self.expiry.peek() {
            if at > now {
                return;
            }
            self.expiry.pop();
            if let Some(probe) = self.in_flight.remove(&number) {
                self.finish(
                    probe.target,
                    probe.moment,
                    Outcome::Failed(Failure::Timeout),
                );
            }
        }
    }

    fn finish(&mut self, target: TargetId, sent: Moment, outcome: Outcome) {
        let counters = &self.shared.counters;
        let counter = if outcome.answered() {
            &counters.answered
        } else {
            &counters.failed
        };
        Counters::add(counter, 1);
        self.finished.push(Sample {
            target,
            sent,
            outcome,
        });
    }

    /// Gives the samples to the receiver, or keeps them while it is busy.
    fn hand_over(&mut self) {
        let schedule = &self.schedule;
        self.finished.retain(|s| schedule.contains(s.target));
        if self.finished.is_empty() {
            return;
        }
        match self.sender.try_reserve() {
            Ok(room) => room.send(std::mem::take(&mut self.finished)),
            Err(mpsc::error::TrySendError::Full(())) => {
                let over = self
                    .finished
                    .len()
                    .saturating_sub(self.settings.samples_held);
                // The newest say more than the oldest.
                self.finished.drain(..over);
                Counters::add(&self.shared.counters.dropped, over as u64);
            }
            Err(mpsc::error::TrySendError::Closed(())) => {
                Counters::add(&self.shared.counters.dropped, self.finished.len() as u64);
                self.finished.clear();
            }
        }
    }

    /// At the end: what is finished goes out, if the receiver still takes it.
    async fn flush(&mut self) {
        let rest = std::mem::take(&mut self.finished);
        if !rest.is_empty() {
            let count = rest.len() as u64;
            let sent = tokio::time::timeout(Duration::from_secs(1), self.sender.send(rest)).await;
            if !matches!(sent, Ok(Ok(()))) {
                Counters::add(&self.shared.counters.dropped, count);
            }
        }
    }
}

fn family(address: IpAddr) -> usize {
    usize::from(address.is_ipv6())
}

/// Opens the socket of a family; when that fails after all, says so in `way`.
fn open(v6: bool, way: &mut Way, identifier: u16) -> Option<IcmpSocket> {
    let opened = IcmpSocket::open(v6, way).and_then(|socket| {
        if let Some(socket) = &socket {
            socket.filter(identifier)?;
        }
        Ok(socket)
    });
    match opened {
        Ok(socket) => socket,
        Err(e) => {
            *way = Way::None { why: e.to_string() };
            None
        }
    }
}
