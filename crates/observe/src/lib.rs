//! Listeners and pollers: reachability probes, syslog, and notices on their way out.

pub mod allowance;
pub mod machine;
pub mod notice;
pub mod probe;
pub mod seats;
pub mod syslog;
