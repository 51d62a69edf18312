//! Listeners and pollers: reachability probes, syslog, and notices on their way out.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::await_holding_lock)
)]

pub mod allowance;
pub mod collect;
pub mod machine;
pub mod notice;
pub mod probe;
pub mod seats;
pub mod snmp;
pub mod syslog;
