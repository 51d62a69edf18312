//! How many tries to prove who one is are looked at, and how long the next one waits.
//!
//! A try counts before it is looked at, in a transaction that holds the count: of many at the
//! same moment no more are looked at than of as many one after the other.

use std::net::IpAddr;

use domain::{
    id::AccountId,
    label::Label,
    problem::{Problem, ProblemKind},
};
use store::{StoreError, Tx, throttle};

use super::secret::hash_of;

/// How tries are slowed down.
pub(super) struct Rule {
    /// So many wrong ones in a row cost nothing; then 10 s, 20 s, 40 s …
    free: i64,
    /// … up to this, milliseconds.
    longest_ms: i64,
    /// After such a quiet the count begins anew, milliseconds.
    quiet_ms: i64,
}

const MINUTE: i64 = 60_000;
const DAY: i64 = 1_440 * MINUTE;

/// An office shares one address: it may fail more often than one account.
pub(super) const ADDRESS: Rule = Rule {
    free: 20,
    longest_ms: 15 * MINUTE,
    quiet_ms: 60 * MINUTE,
};

/// A password of one account, from wherever it is tried; or on one known device.
pub(super) const PASSWORD: Rule = Rule {
    free: 5,
    longest_ms: 15 * MINUTE,
    quiet_ms: 60 * MINUTE,
};

/// A code of six digits, of which three fit at any moment: who knows the password gets about
/// 18 tries on the first day and one on each day after it. Time alone never wipes the count.
pub(super) const FACTOR: Rule = Rule {
    free: 5,
    longest_ms: DAY,
    quiet_ms: i64::MAX,
};

impl Rule {
    fn wait_ms(&self, failures: i64) -> i64 {
        if failures < self.free {
            return 0;
        }
        (10_000 << (failures - self.free).min(20)).min(self.longest_ms)
    }
}

/// Whether a try is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    /// It is; it was counted. `last`: should it be wrong, the next one waits for the first time.
    Open { last: bool },
    /// It is not: not before this moment, unix milliseconds.
    Waits(i64),
}

/// What is counted for the address of a caller. Who has an IPv6 network has all of its
/// addresses: these count as one.
pub(super) fn address(remote: &str) -> String {
    match remote.parse::<IpAddr>() {
        Ok(IpAddr::V6(v6)) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("address:{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        _ => format!("address:{remote}"),
    }
}

/// What is counted for a sign-in name, whether or not there is such an account. People type
/// their password into the wrong field: only a hash is kept.
pub(super) fn name(login: &str) -> String {
    format!("name:{}", hash_of(login))
}

/// What is counted for an account's second factor, on a known device or elsewhere.
pub(super) fn factor(account: AccountId, device: Option<&str>) -> String {
    format!("factor:{account}:{}", device.unwrap_or("elsewhere"))
}

/// How all begins that is counted for an account's codes.
pub(super) fn of_factors(account: AccountId) -> String {
    format!("factor:{account}:")
}

/// What is counted for an account's recovery codes.
pub(super) fn recovery(account: AccountId) -> String {
    format!("factor:{account}:recovery")
}

/// What is counted for the password of an account on a known device.
pub(super) fn device(account: AccountId, device: &str) -> String {
    format!("device:{account}:{device}")
}

/// Counts a try before it is looked at.
pub(super) async fn enter(
    tx: &mut Tx,
    subject: &str,
    rule: &Rule,
    now: i64,
) -> Result<Gate, StoreError> {
    let mut tries = throttle::hold(tx, subject).await?;
    if tries.until > now {
        return Ok(Gate::Waits(tries.until));
    }
    if now.saturating_sub(tries.last_at) > rule.quiet_ms {
        tries.failures = 0;
    }
    tries.failures += 1;
    tries.last_at = now;
    let wait = rule.wait_ms(tries.failures);
    tries.until = if wait > 0 { now + wait } else { 0 };
    throttle::put(tx, subject, tries).await?;
    Ok(Gate::Open {
        last: tries.failures == rule.free,
    })
}

/// Refuses what an account does more than `free` times without an hour's quiet, ever longer up to a
/// quarter of an hour: what calls on others, or would tell of them.
///
/// # Errors
/// Limit, unavailable.
pub(crate) async fn pace(
    tx: &mut Tx,
    (account, what): (AccountId, &str),
    free: i64,
    now: i64,
) -> Result<(), Problem> {
    let rule = Rule {
        free,
        longest_ms: 15 * MINUTE,
        quiet_ms: 60 * MINUTE,
    };
    match enter(tx, &format!("{what}:{account}"), &rule, now).await? {
        Gate::Open { .. } => Ok(()),
        Gate::Waits(until) => {
            let what = Label::new(
                "Bạn đã làm việc này quá nhiều lần",
                "You did this too often",
            );
            Err(too_often(what, until, now, &Label::same("")))
        }
    }
}

/// Takes back a try that was right: the wrong ones before it still count.
pub(super) async fn give_back(tx: &mut Tx, subject: &str, rule: &Rule) -> Result<(), StoreError> {
    let mut tries = throttle::hold(tx, subject).await?;
    tries.failures = (tries.failures - 1).max(0);
    if tries.failures < rule.free {
        tries.until = 0;
    }
    throttle::put(tx, subject, tries).await
}

/// What one is told who tried too often from one address, or too many codes.
pub(super) fn too_often(what: Label, until: i64, now: i64, else_: &Label) -> Problem {
    let seconds = (until - now) / 1000 + 1;
    let (vi, en) = if seconds < 120 {
        (format!("{seconds} giây"), format!("{seconds} seconds"))
    } else {
        let minutes = (seconds + 59) / 60;
        (format!("{minutes} phút"), format!("{minutes} minutes"))
    };
    let next = Label::new(
        format!("Thử lại sau {vi}{}.", else_.vi),
        format!("Try again in {en}{}.", else_.en),
    );
    let wait = u32::try_from(seconds).unwrap_or(u32::MAX);
    Problem::new(ProblemKind::Limit, what, "", next).after(wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_grows_and_is_bounded() {
        assert_eq!(PASSWORD.wait_ms(4), 0);
        assert_eq!(PASSWORD.wait_ms(5), 10_000);
        assert_eq!(PASSWORD.wait_ms(7), 40_000);
        assert_eq!(PASSWORD.wait_ms(500), 900_000);
        assert_eq!(ADDRESS.wait_ms(19), 0);
        assert_eq!(ADDRESS.wait_ms(20), 10_000);
    }

    #[test]
    fn a_second_factor_is_not_guessed_in_a_year() {
        let (mut elapsed, mut tries) = (0, 0);
        while elapsed < 365 * DAY {
            tries += 1;
            elapsed += FACTOR.wait_ms(tries);
        }
        // Three codes of a million fit at any moment.
        assert!(tries * 3 < 1_200, "{tries} tries in a year");
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        assert_eq!(address("2001:db8:1:2:3::4"), address("2001:db8:1:2:ffff::"));
        assert_ne!(address("2001:db8:1:2::1"), address("2001:db8:1:3::1"));
        assert_ne!(address("10.0.0.1"), address("10.0.0.2"));
    }
}
