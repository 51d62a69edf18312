//! Who may be connected at the same time. There are so many seats in all and so many for one
//! address; when none is free, whoever has kept quiet the longest gives up theirs.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

/// How many there are, and when one is given up.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    /// In all.
    pub all: usize,
    /// For one address.
    pub each: usize,
    /// Who has been quiet for less keeps the seat, whoever else wants one.
    pub quiet: Duration,
}

/// The seats of one listener, or of one class of its callers. Cheap to clone.
#[derive(Clone)]
pub struct Seats(Arc<Inner>);

struct Inner {
    places: Places,
    began: Instant,
    table: Mutex<Table>,
    refused: AtomicU64,
    given_up: AtomicU64,
}

#[derive(Default)]
struct Table {
    next: u64,
    taken: HashMap<u64, Arc<Sitting>>,
    by_peer: HashMap<IpAddr, usize>,
}

struct Sitting {
    peer: IpAddr,
    /// When it was last heard, milliseconds since the seats were set up.
    heard: AtomicU64,
    /// Something is being done for it.
    working: AtomicBool,
    /// What is being done waits for more from it.
    waiting: AtomicBool,
    leave: CancellationToken,
}

impl Sitting {
    /// Since when it has kept us waiting; none while we work for it.
    fn quiet_since(&self) -> Option<u64> {
        let ours = self.working.load(Ordering::Relaxed) && !self.waiting.load(Ordering::Relaxed);
        (!ours).then(|| self.heard.load(Ordering::Relaxed))
    }
}

impl Table {
    fn remove(&mut self, id: u64) -> Option<Arc<Sitting>> {
        let gone = self.taken.remove(&id)?;
        if let Some(count) = self.by_peer.get_mut(&gone.peer) {
            *count -= 1;
            if *count == 0 {
                self.by_peer.remove(&gone.peer);
            }
        }
        Some(gone)
    }

    fn quietest(&self, of: impl Fn(&Sitting) -> bool) -> Option<(u64, u64)> {
        let all = self.taken.iter().filter(|(_, sitting)| of(sitting));
        all.filter_map(|(id, sitting)| Some((sitting.quiet_since()?, *id)))
            .min()
            .map(|(since, id)| (id, since))
    }
}

/// Who stands for an address: of IPv6 its /64, of which one host has as many as it likes.
pub fn network(peer: IpAddr) -> IpAddr {
    match peer {
        IpAddr::V4(_) => peer,
        IpAddr::V6(v6) => {
            let net = u128::from(v6) & !u128::from(u64::MAX);
            IpAddr::from(net.to_be_bytes())
        }
    }
}

impl Seats {
    /// All free.
    pub fn new(places: Places) -> Self {
        Self(Arc::new(Inner {
            places,
            began: Instant::now(),
            table: Mutex::default(),
            refused: AtomicU64::new(0),
            given_up: AtomicU64::new(0),
        }))
    }

    /// How many there are.
    pub fn places(&self) -> Places {
        self.0.places
    }

    /// A seat for a caller from `peer`, if there is one or somebody quiet gives up theirs.
    /// Where `shared`, the address stands for many callers (a proxy of ours) and has no
    /// bound of its own.
    pub fn enter(&self, peer: IpAddr, shared: bool) -> Option<Seat> {
        let peer = network(peer);
        let Places { all, each, .. } = self.0.places;
        let mut table = self.0.lock();
        let own = table.by_peer.get(&peer).copied().unwrap_or_default();
        let room = if !shared && own >= each {
            self.free(&mut table, |sitting| sitting.peer == peer)
        } else {
            table.taken.len() < all || self.free(&mut table, |_| true)
        };
        if !room {
            self.0.refused.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        let id = table.next;
        table.next += 1;
        let sitting = Arc::new(Sitting {
            peer,
            heard: AtomicU64::new(self.0.now()),
            working: AtomicBool::new(false),
            waiting: AtomicBool::new(false),
            leave: CancellationToken::new(),
        });
        table.taken.insert(id, Arc::clone(&sitting));
        *table.by_peer.entry(peer).or_default() += 1;
        Some(Seat(Arc::new(Held {
            seats: self.clone(),
            id,
            sitting,
        })))
    }

    /// Frees the seat of whoever is quiet longest; whether there was any.
    pub fn make_room(&self) -> bool {
        self.free(&mut self.0.lock(), |_| true)
    }

    fn free(&self, table: &mut Table, of: impl Fn(&Sitting) -> bool) -> bool {
        let Some((id, since)) = table.quietest(of) else {
            return false;
        };
        let quiet = u64::try_from(self.0.places.quiet.as_millis()).unwrap_or(u64::MAX);
        if self.0.now().saturating_sub(since) < quiet {
            return false;
        }
        if let Some(gone) = table.remove(id) {
            gone.leave.cancel();
            self.0.given_up.fetch_add(1, Ordering::Relaxed);
        }
        true
    }

    /// How many are taken.
    pub fn taken(&self) -> usize {
        self.0.lock().taken.len()
    }

    /// Callers that found no seat, since the start.
    pub fn refused(&self) -> u64 {
        self.0.refused.load(Ordering::Relaxed)
    }

    /// Quiet ones that had to give up theirs, since the start.
    pub fn given_up(&self) -> u64 {
        self.0.given_up.load(Ordering::Relaxed)
    }
}

impl Inner {
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A seat; free again when the last clone is dropped.
#[derive(Clone)]
pub struct Seat(Arc<Held>);

struct Held {
    seats: Seats,
    id: u64,
    sitting: Arc<Sitting>,
}

impl Seat {
    /// The caller was heard.
    pub fn heard(&self) {
        let now = self.0.seats.0.now();
        self.0.sitting.heard.store(now, Ordering::Relaxed);
    }

    /// We begin or end to work for the caller: meanwhile it is not quiet, we are.
    pub fn working(&self, working: bool) {
        self.heard();
        self.0.sitting.working.store(working, Ordering::Relaxed);
    }

    /// Our work waits for more from the caller, or no longer does.
    pub fn waiting(&self, waiting: bool) {
        self.0.sitting.waiting.store(waiting, Ordering::Relaxed);
    }

    /// Ends when the seat is given to somebody else.
    pub async fn left(&self) {
        self.0.sitting.leave.cancelled().await;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.seats.0.lock().remove(self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seats(all: usize, each: usize, quiet_ms: u64) -> Seats {
        Seats::new(Places {
            all,
            each,
            quiet: Duration::from_millis(quiet_ms),
        })
    }

    fn peer(n: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, n])
    }

    fn gone(seat: &Seat) -> bool {
        seat.0.sitting.leave.is_cancelled()
    }

    #[test]
    fn the_quietest_makes_room_and_who_is_worked_for_does_not() {
        let seats = seats(3, 2, 0);
        let busy = seats.enter(peer(1), false).unwrap();
        busy.working(true);
        let first = seats.enter(peer(2), false).unwrap();
        let second = seats.enter(peer(3), false).unwrap();
        second.0.sitting.heard.store(9, Ordering::Relaxed);
        let third = seats.enter(peer(4), false).unwrap();
        assert!(gone(&first) && !gone(&second) && !gone(&busy));
        assert_eq!((seats.taken(), seats.given_up()), (3, 1));
        // Of one address only its own make room for it.
        third.working(true);
        let also = seats.enter(peer(4), false).unwrap();
        assert!(gone(&second));
        also.working(true);
        assert!(seats.enter(peer(4), false).is_none());
        // Work that waits for its caller is no work.
        also.waiting(true);
        assert!(seats.enter(peer(4), false).is_some());
        assert!(gone(&also));
        assert_eq!(seats.refused(), 1);
    }

    #[test]
    fn the_addresses_of_a_64_are_one() {
        let seats = seats(9, 2, 60_000);
        let enter = |text: &str| seats.enter(text.parse().unwrap(), false);
        let own = ["2001:db8::1", "2001:db8::2"].map(|text| enter(text).unwrap());
        assert!(enter("2001:db8::ffff").is_none());
        assert!(enter("2001:db8:0:1::1").is_some());
        drop(own);
    }

    #[test]
    fn who_was_just_heard_keeps_the_seat() {
        let seats = seats(2, 2, 60_000);
        let both = [1, 2].map(|n| seats.enter(peer(n), false).unwrap());
        assert!(seats.enter(peer(3), false).is_none());
        assert!(both.iter().all(|seat| !gone(seat)));
        drop(both);
        assert_eq!(seats.taken(), 0);
        assert!(seats.enter(peer(3), false).is_some());
    }

    #[test]
    fn a_shared_address_has_no_bound_of_its_own() {
        let seats = seats(4, 1, 60_000);
        let many: Vec<_> = (0..4).filter_map(|_| seats.enter(peer(1), true)).collect();
        assert_eq!(many.len(), 4);
        assert!(seats.enter(peer(1), true).is_none());
    }
}
