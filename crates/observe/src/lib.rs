//! Listeners and pollers: reachability probes and syslog.
