//! How much may come from one address and from all together: so much a second, with a burst
//! of ten seconds' worth, and so many bytes a day.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A burst is what so many seconds bring.
const BURST: f64 = 10.0;
/// Addresses that are remembered; beyond them new ones share one account.
const ADDRESSES: usize = 10_000;

/// The bounds; zero bytes a day are no bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Things a second from one address.
    pub each_per_second: u32,
    /// Things a second from all.
    pub all_per_second: u32,
    /// Bytes a day from one address.
    pub each_per_day: u64,
    /// Bytes a day from all.
    pub all_per_day: u64,
}

impl Bounds {
    /// So many a second from each address, and no other bound.
    pub const fn each(each_per_second: u32) -> Self {
        Self {
            each_per_second,
            all_per_second: u32::MAX,
            each_per_day: 0,
            all_per_day: 0,
        }
    }
}

/// What becomes of more from an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// It is taken.
    Now,
    /// It is taken after a wait.
    After(Duration),
    /// Not today.
    Spent,
}

#[derive(Clone, Copy)]
struct Account {
    /// What is left of the burst; below zero a debt.
    left: f64,
    at: Instant,
    bytes: u64,
}

impl Account {
    fn new(rate: u32, at: Instant) -> Self {
        Self {
            left: f64::from(rate) * BURST,
            at,
            bytes: 0,
        }
    }

    fn refill(&mut self, rate: u32, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        let rate = f64::from(rate);
        self.left = (self.left + passed * rate).min(rate * BURST);
        self.at = now;
    }

    fn wait(&self, rate: u32) -> Duration {
        if self.left >= 0.0 {
            return Duration::ZERO;
        }
        Duration::try_from_secs_f64(-self.left / f64::from(rate.max(1))).unwrap_or(Duration::MAX)
    }
}

struct Books {
    bounds: Bounds,
    day: i64,
    all: Account,
    /// Of the addresses that are too many.
    rest: Account,
    each: HashMap<IpAddr, Account>,
}

/// The accounts of addresses.
pub struct Allowances(Mutex<Books>);

impl Allowances {
    /// Nobody has used anything yet.
    pub fn new(bounds: Bounds) -> Self {
        let now = Instant::now();
        Self(Mutex::new(Books {
            bounds,
            day: 0,
            all: Account::new(bounds.all_per_second, now),
            rest: Account::new(bounds.each_per_second, now),
            each: HashMap::new(),
        }))
    }

    /// Other bounds from now on.
    pub fn set(&self, bounds: Bounds) {
        self.lock().bounds = bounds;
    }

    /// Takes `things` of together `bytes` that have come from `peer` on day number `day`, and
    /// says whether more may come: at once, after a wait, or no more today.
    pub fn charge(&self, peer: IpAddr, things: u32, bytes: u64, now: Instant, day: i64) -> Grant {
        let mut books = self.lock();
        let bounds = books.bounds;
        books.turn(now, day);
        let things = f64::from(things);
        let (all, own) = books.accounts(peer, now);
        for account in [&mut *all, &mut *own] {
            account.left -= things;
            account.bytes += bytes;
        }
        if spent(own.bytes, bounds.each_per_day) || spent(all.bytes, bounds.all_per_day) {
            return Grant::Spent;
        }
        // Who waits asks before the next comes: so nobody owes more than came at once.
        let wait = own
            .wait(bounds.each_per_second)
            .max(all.wait(bounds.all_per_second));
        if wait.is_zero() {
            Grant::Now
        } else {
            Grant::After(wait)
        }
    }

    /// Whether what came from `peer` was over its own share when that was last asked; what
    /// others owe is not its fault.
    pub fn owes(&self, peer: IpAddr) -> bool {
        let books = self.lock();
        books.each.get(&peer).unwrap_or(&books.rest).left < 0.0
    }

    /// Takes `things` of together `bytes` if they may come from `peer` now.
    pub fn take(&self, peer: IpAddr, things: u32, bytes: u64, now: Instant, day: i64) -> bool {
        let mut books = self.lock();
        let bounds = books.bounds;
        books.turn(now, day);
        let (all, own) = books.accounts(peer, now);
        let things = f64::from(things);
        if own.left < things
            || all.left < things
            || spent(own.bytes, bounds.each_per_day)
            || spent(all.bytes, bounds.all_per_day)
        {
            return false;
        }
        for account in [all, own] {
            account.left -= things;
            account.bytes += bytes;
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn spent(bytes: u64, bound: u64) -> bool {
    bound > 0 && bytes >= bound
}

impl Books {
    /// A new day gives new bytes.
    fn turn(&mut self, now: Instant, day: i64) {
        if self.day != day {
            self.day = day;
            self.each.clear();
            let bounds = self.bounds;
            self.all = Account::new(bounds.all_per_second, now);
            self.rest = Account::new(bounds.each_per_second, now);
        }
    }

    fn accounts(&mut self, peer: IpAddr, now: Instant) -> (&mut Account, &mut Account) {
        let bounds = self.bounds;
        let known = self.each.len() < ADDRESSES || self.each.contains_key(&peer);
        let own = if known {
            let fresh = || Account::new(bounds.each_per_second, now);
            self.each.entry(peer).or_insert_with(fresh)
        } else {
            &mut self.rest
        };
        own.refill(bounds.each_per_second, now);
        self.all.refill(bounds.all_per_second, now);
        (&mut self.all, own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        each_per_second: 10,
        all_per_second: 30,
        each_per_day: 1_000,
        all_per_day: 1_500,
    };

    fn peer(n: u32) -> IpAddr {
        IpAddr::from(n.to_be_bytes())
    }

    #[test]
    fn an_address_has_a_burst_then_its_rate() {
        let (books, now) = (Allowances::new(BOUNDS), Instant::now());
        let taken = |at: Instant| {
            (0..500)
                .filter(|_| books.take(peer(1), 1, 1, at, 1))
                .count()
        };
        assert_eq!(taken(now), 100);
        assert_eq!(taken(now + Duration::from_secs(2)), 20);
        // Others are not touched, until all together are too many.
        let others = (2..100).filter(|n| (0..10).all(|_| books.take(peer(*n), 1, 1, now, 1)));
        assert_eq!(
            others.count(),
            24,
            "300 and two seconds' 60, less the 120 of the first"
        );
    }

    #[test]
    fn a_stream_waits_instead() {
        let (books, now) = (Allowances::new(BOUNDS), Instant::now());
        assert_eq!(books.charge(peer(1), 100, 0, now, 1), Grant::Now);
        assert_eq!(
            books.charge(peer(1), 20, 0, now, 1),
            Grant::After(Duration::from_secs(2))
        );
        let later = now + Duration::from_secs(2);
        assert_eq!(books.charge(peer(1), 0, 0, later, 1), Grant::Now);
    }

    #[test]
    fn bytes_are_spent_until_the_next_day() {
        let (books, now) = (Allowances::new(BOUNDS), Instant::now());
        assert_eq!(books.charge(peer(1), 1, 999, now, 1), Grant::Now);
        assert_eq!(books.charge(peer(1), 1, 1, now, 1), Grant::Spent);
        assert!(!books.take(peer(1), 1, 1, now, 1));
        assert_eq!(books.charge(peer(2), 1, 500, now, 1), Grant::Spent);
        assert!(!books.take(peer(3), 1, 1, now, 1), "all together");
        assert!(books.take(peer(1), 1, 1, now, 2));
        books.set(Bounds {
            each_per_day: 0,
            all_per_day: 0,
            ..BOUNDS
        });
        assert_eq!(books.charge(peer(1), 1, 9_999, now, 2), Grant::Now);
    }

    #[test]
    fn addresses_that_are_made_up_cost_no_memory() {
        let (books, now) = (Allowances::new(BOUNDS), Instant::now());
        for n in 0..50_000 {
            books.take(peer(n), 1, 1, now, 1);
        }
        assert_eq!(books.lock().each.len(), ADDRESSES);
    }
}
