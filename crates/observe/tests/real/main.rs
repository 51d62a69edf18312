//! Against real programs and real networks: hosts, firewalls, `logger`, `rsyslogd`.

mod notice;
mod probe;
mod world;
