//! Listeners and pollers: reachability probes, syslog, and notices on their way out.

pub mod notice;
pub mod probe;
pub mod syslog;
