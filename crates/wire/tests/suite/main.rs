//! Framing and lines of syslog.

mod forms;
mod framing;
mod properties;
mod relays;
mod senders;
mod support;
mod syslog_lines;
