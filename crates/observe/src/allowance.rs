//! How much may come from one address and from all together: so much a second, with a burst
//! of ten seconds' worth, and so many bytes a day.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A burst is what so many seconds bring.
const BURST: f64 = 10.0;
/// Addresses that are remembered, of IPv4 and of IPv6 each. Beyond them new ones of IPv6 have an
/// account for their /48, of which as many are remembered, and then all share one.
const ADDRESSES: usize = 10_000;
/// Accounts that nothing was taken of lately are looked for no more often than that.
const SWEEP: Duration = Duration::from_millis(100);

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

    /// Whether a new one would be the same. What is counted by the day is, until it is over.
    fn is_unused(&self, bounds: &Bounds, now: Instant) -> bool {
        let mut later = *self;
        later.refill(bounds.each_per_second, now);
        later.left >= f64::from(bounds.each_per_second) * BURST
            && (self.bytes == 0 || bounds.each_per_day == 0)
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
    v4: Table,
    v6: Table,
    /// Of the networks (/48) of addresses of IPv6 that are too many.
    wide: Table,
}

/// The accounts of one kind of address.
struct Table {
    each: HashMap<IpAddr, Account>,
    /// Of those that are too many.
    rest: Account,
    swept: Instant,
}

impl Table {
    fn new(rate: u32, now: Instant) -> Self {
        Self {
            each: HashMap::new(),
            rest: Account::new(rate, now),
            swept: now,
        }
    }

    /// Whether `peer` has an account here, or gets one.
    fn has_room(&mut self, peer: IpAddr, bounds: &Bounds, now: Instant) -> bool {
        if self.each.len() >= ADDRESSES
            && !self.each.contains_key(&peer)
            && now.saturating_duration_since(self.swept) >= SWEEP
        {
            self.forget(bounds, now);
        }
        self.each.len() < ADDRESSES || self.each.contains_key(&peer)
    }

    /// Forgets accounts that a new one would equal: who is at its bound stays there.
    fn forget(&mut self, bounds: &Bounds, now: Instant) {
        self.swept = now;
        self.each
            .retain(|_, account| !account.is_unused(bounds, now));
    }

    fn account(&mut self, peer: IpAddr, bounds: &Bounds, now: Instant) -> &mut Account {
        let own = if self.has_room(peer, bounds, now) {
            let fresh = || Account::new(bounds.each_per_second, now);
            self.each.entry(peer).or_insert_with(fresh)
        } else {
            &mut self.rest
        };
        own.refill(bounds.each_per_second, now);
        own
    }

    fn new_day(&mut self, bounds: &Bounds, now: Instant) {
        for account in self.each.values_mut().chain([&mut self.rest]) {
            account.bytes = 0;
        }
        self.forget(bounds, now);
    }
}

/// The /48 of an address of IPv6.
fn wide(peer: Ipv6Addr) -> IpAddr {
    let bits = peer.to_bits() & (u128::MAX << 80);
    IpAddr::V6(Ipv6Addr::from_bits(bits))
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
            v4: Table::new(bounds.each_per_second, now),
            v6: Table::new(bounds.each_per_second, now),
            wide: Table::new(bounds.each_per_second, now),
        }))
    }

    /// Other bounds from now on.
    pub fn set(&self, bounds: Bounds) {
        self.lock().bounds = bounds;
    }

    /// Takes `things` of together `bytes` that have come from `peer` on day number `day` (of which
    /// only the bounds of a day make use), and says whether more may come: at once, after a wait, or no more today.
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
        self.lock().known(peer).left < 0.0
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
            self.all.bytes = 0;
            let bounds = self.bounds;
            for table in [&mut self.v4, &mut self.v6, &mut self.wide] {
                table.new_day(&bounds, now);
            }
        }
    }

    fn accounts(&mut self, peer: IpAddr, now: Instant) -> (&mut Account, &mut Account) {
        let bounds = self.bounds;
        self.all.refill(bounds.all_per_second, now);
        let own = match peer {
            IpAddr::V4(_) => self.v4.account(peer, &bounds, now),
            IpAddr::V6(_) if self.v6.has_room(peer, &bounds, now) => {
                self.v6.account(peer, &bounds, now)
            }
            IpAddr::V6(v6) => self.wide.account(wide(v6), &bounds, now),
        };
        (&mut self.all, own)
    }

    /// The account of `peer` as it was last touched.
    fn known(&self, peer: IpAddr) -> &Account {
        match peer {
            IpAddr::V4(_) => self.v4.each.get(&peer).unwrap_or(&self.v4.rest),
            IpAddr::V6(v6) => {
                let wide = || self.wide.each.get(&wide(v6));
                let own = self.v6.each.get(&peer).or_else(wide);
                own.unwrap_or(&self.wide.rest)
            }
        }
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
        assert_eq!(books.lock().v4.each.len(), ADDRESSES);
    }

    /// Network `n` of 65,536 within a /48, of which there are as many.
    fn network(n: u32) -> IpAddr {
        let bits = 0x2001_0db8_u128 << 96 | u128::from(n) << 64;
        IpAddr::V6(Ipv6Addr::from_bits(bits))
    }

    const EACH: Bounds = Bounds::each(200);

    #[test]
    fn ten_thousand_networks_of_one_take_nothing_of_others() {
        let (books, start) = (Allowances::new(EACH), Instant::now());
        let ask = |peer, things, at| books.charge(peer, things, 0, at, 0);
        assert_eq!(ask(peer(9), 1, start), Grant::Now);
        // All at once, and one more that asks without end.
        for n in 0..10_001 {
            assert_eq!(ask(network(n), 2_000, start), Grant::Now);
        }
        assert_ne!(ask(network(20_000), 3_000, start), Grant::Now);
        // Who is of IPv4 asks for the first time or again; so does another network of IPv6.
        assert_eq!(ask(peer(8), 1, start), Grant::Now);
        assert_eq!(ask(peer(9), 1, start), Grant::Now);
        assert_eq!(ask(network(1 << 16), 1, start), Grant::Now);
        // Who asked a little is forgotten when there is need; who is at the bound is not.
        let later = start + Duration::from_millis(9_000);
        assert_ne!(ask(network(7), 2_000, later), Grant::Now);
        let later = start + Duration::from_secs(11);
        assert_eq!(ask(network(30_000), 1, later), Grant::Now);
        assert!(books.lock().v6.each.len() < 10);
        assert_ne!(ask(network(7), 300, later), Grant::Now);
    }

    #[test]
    fn a_new_day_gives_new_bytes_and_no_new_burst() {
        let (books, now) = (Allowances::new(BOUNDS), Instant::now());
        assert_eq!(books.charge(peer(1), 120, 1_000, now, 1), Grant::Spent);
        let wait = Grant::After(Duration::from_secs(2));
        assert_eq!(books.charge(peer(1), 0, 0, now, 2), wait);
    }
}
