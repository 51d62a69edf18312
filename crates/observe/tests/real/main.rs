//! Against real programs and real networks: hosts, firewalls, `logger`, `rsyslogd`.

mod probe;
mod world;
